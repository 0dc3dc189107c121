package engine

import (
	"math/big"
	"slices"
	"strings"
	"time"
)

// column is where an output column of an operator comes from: a column of a scan, or a field of one.
type column struct {
	scan *Scan
	path string // dotted; empty when a name has a dot itself and a path would mean something else
	typ  logicalType
}

// field is the column of a struct's field.
func (c *column) field(name string) *column {
	f := &column{scan: c.scan, typ: c.typ.field(name)}
	if c.path != "" && name != "" && !strings.Contains(name, ".") {
		f.path = c.path + "." + name
	}
	return f
}

// filterReader turns DuckDB's filters into predicates. Its rule: a predicate is nil ("every row may matter") unless
// it is certain that it holds wherever the filter does.
type filterReader struct {
	zone *time.Location // the session's; nil when unknown
}

func and(args ...*Predicate) *Predicate {
	var out []*Predicate
	for _, p := range args {
		switch {
		case p == nil:
		case p.Op == And:
			out = append(out, p.Args...)
		default:
			out = append(out, p)
		}
	}
	return join(And, out)
}

func or(args ...*Predicate) *Predicate {
	var out []*Predicate
	for _, p := range args {
		switch {
		case p == nil:
			return nil
		case p.Op == Or:
			out = append(out, p.Args...)
		default:
			out = append(out, p)
		}
	}
	return join(Or, mergeIn(out))
}

// join drops repeated operands and one-armed conjunctions.
func join(op PredicateOp, args []*Predicate) *Predicate {
	var out []*Predicate
	for _, p := range args {
		if !slices.ContainsFunc(out, p.equal) {
			out = append(out, p)
		}
	}
	switch len(out) {
	case 0:
		return nil
	case 1:
		return out[0]
	}
	return &Predicate{Op: op, Args: out}
}

func (p *Predicate) equal(q *Predicate) bool {
	return p.Op == q.Op && p.Column == q.Column && slices.Equal(p.Values, q.Values) && slices.EqualFunc(p.Args, q.Args, (*Predicate).equal)
}

// mergeIn makes one In of the equalities of a column.
func mergeIn(args []*Predicate) []*Predicate {
	var out []*Predicate
	in := map[string]*Predicate{}
	for _, p := range args {
		if p.Op != Eq && p.Op != In {
			out = append(out, p)
			continue
		}
		merged := in[p.Column]
		if merged == nil {
			merged = &Predicate{Op: p.Op, Column: p.Column}
			in[p.Column] = merged
			out = append(out, merged)
		}
		for _, v := range p.Values {
			if !slices.Contains(merged.Values, v) {
				merged.Values = append(merged.Values, v)
			}
		}
		if len(merged.Values) > 1 {
			merged.Op = In
		}
	}
	return out
}

// tableFilter reads a filter that a scan applies to column c.
func (r filterReader) tableFilter(f tableFilter, c *column) *Predicate {
	switch f.Type {
	case "CONSTANT_COMPARISON":
		return r.compare(c, comparisons[f.Comparison], f.Constant)
	case "CONJUNCTION_AND", "CONJUNCTION_OR":
		args := make([]*Predicate, len(f.Children))
		for i, child := range f.Children {
			args[i] = r.tableFilter(child, c)
		}
		if f.Type == "CONJUNCTION_AND" {
			return and(args...)
		}
		return or(args...)
	case "IN_FILTER":
		args := make([]*Predicate, len(f.Values))
		for i, v := range f.Values {
			args[i] = r.compare(c, Eq, v)
		}
		return or(args...)
	case "OPTIONAL_FILTER": // need not be applied, but holds
		if f.Child != nil {
			return r.tableFilter(*f.Child, c)
		}
	case "STRUCT_EXTRACT":
		if f.Child != nil {
			return r.tableFilter(*f.Child, c.field(f.ChildName))
		}
	case "IS_NULL":
		return nullTest(c, IsNull)
	case "IS_NOT_NULL":
		return nullTest(c, NotNull)
	case "EXPRESSION_FILTER":
		if f.Expression != nil {
			return r.expression(*f.Expression, func(int) *column { return c })
		}
	}
	return nil
}

var comparisons = map[string]PredicateOp{
	"COMPARE_EQUAL": Eq, "COMPARE_NOTEQUAL": NotEq, "COMPARE_LESSTHAN": Less, "COMPARE_LESSTHANOREQUALTO": LessEq,
	"COMPARE_GREATERTHAN": Greater, "COMPARE_GREATERTHANOREQUALTO": GreaterEq, "COMPARE_NOT_DISTINCT_FROM": Eq,
}

var flipped = map[PredicateOp]PredicateOp{
	Eq: Eq, NotEq: NotEq, Less: Greater, LessEq: GreaterEq, Greater: Less, GreaterEq: LessEq,
}

// compare is "column op constant" of the column's own type.
func (r filterReader) compare(c *column, op PredicateOp, v constant) *Predicate {
	text, ok := v.text()
	if !ok || op == "" || c.path == "" || c.typ.ID != v.Type.ID || kind(c.typ) == kindDecimal && c.typ.Info.Scale != v.Type.Info.Scale {
		return nil
	}
	return &Predicate{Op: op, Column: c.path, Values: []string{text}}
}

// nullTest is for top-level columns: statistics of a struct's fields do not say whether the struct was NULL.
func nullTest(c *column, op PredicateOp) *Predicate {
	if c == nil || c.path == "" || strings.Contains(c.path, ".") {
		return nil
	}
	return &Predicate{Op: op, Column: c.path}
}

// expression reads a boolean expression; input gives the columns it refers to, or nil for a computed one.
func (r filterReader) expression(e expression, input func(int) *column) *Predicate {
	switch e.Class {
	case "BOUND_COMPARISON":
		op := comparisons[e.Type]
		if e.Left == nil || e.Right == nil || op == "" {
			return nil
		}
		if e.Left.Value != nil {
			return r.test(*e.Right, flipped[op], *e.Left.Value, input)
		}
		if e.Right.Value != nil {
			return r.test(*e.Left, op, *e.Right.Value, input)
		}
	case "BOUND_BETWEEN":
		return r.between(e, input)
	case "BOUND_CONJUNCTION":
		args := make([]*Predicate, len(e.Children))
		for i, child := range e.Children {
			args[i] = r.expression(child, input)
		}
		if e.Type == "CONJUNCTION_AND" {
			return and(args...)
		}
		return or(args...)
	case "BOUND_OPERATOR":
		return r.operator(e, input)
	case "BOUND_REF", "BOUND_FUNCTION":
		return r.truth(e, "true", input)
	}
	return nil
}

// truth is a boolean column by itself, or behind NOT.
func (r filterReader) truth(e expression, value string, input func(int) *column) *Predicate {
	if c := reference(e, input); c != nil && c.path != "" && c.typ.ID == "BOOLEAN" {
		return &Predicate{Op: Eq, Column: c.path, Values: []string{value}}
	}
	return nil
}

func (r filterReader) between(e expression, input func(int) *column) *Predicate {
	if e.Input == nil || e.Lower == nil || e.Upper == nil {
		return nil
	}
	lower, upper := Greater, Less
	if e.LowerIn {
		lower = GreaterEq
	}
	if e.UpperIn {
		upper = LessEq
	}
	var bounds []*Predicate
	if e.Lower.Value != nil {
		bounds = append(bounds, r.test(*e.Input, lower, *e.Lower.Value, input))
	}
	if e.Upper.Value != nil {
		bounds = append(bounds, r.test(*e.Input, upper, *e.Upper.Value, input))
	}
	return and(bounds...)
}

func (r filterReader) operator(e expression, input func(int) *column) *Predicate {
	if len(e.Children) == 0 {
		return nil
	}
	first := e.Children[0]
	switch e.Type {
	case "OPERATOR_IS_NULL":
		return nullTest(reference(first, input), IsNull)
	case "OPERATOR_IS_NOT_NULL":
		return nullTest(reference(first, input), NotNull)
	case "OPERATOR_NOT":
		return r.truth(first, "false", input)
	case "COMPARE_IN", "COMPARE_NOT_IN":
		args := make([]*Predicate, len(e.Children)-1)
		for i, v := range e.Children[1:] {
			switch {
			case v.Value == nil:
			case e.Type == "COMPARE_IN":
				args[i] = r.test(first, Eq, *v.Value, input)
			default:
				args[i] = r.test(first, NotEq, *v.Value, input)
			}
		}
		if e.Type == "COMPARE_IN" {
			return or(args...)
		}
		return and(args...)
	}
	return nil
}

// reference is the column that e is, or nil when e computes something.
func reference(e expression, input func(int) *column) *column {
	switch {
	case e.Class == "BOUND_REF":
		return input(e.Index)
	case e.Class == "BOUND_FUNCTION" && e.Name == "struct_extract" && len(e.Children) == 2 && e.Children[1].Value != nil:
		if of := reference(e.Children[0], input); of != nil {
			name, _ := e.Children[1].Value.text()
			return of.field(name)
		}
	}
	return nil
}

// test is "e op v", where e is a column or something computed from one in a way that keeps the order.
func (r filterReader) test(e expression, op PredicateOp, v constant, input func(int) *column) *Predicate {
	if c := reference(e, input); c != nil {
		return r.compare(c, op, v)
	}
	n, ok := v.number()
	if !ok || kind(v.Type) != kind(e.ReturnType) {
		return nil
	}
	iv, ok := comparison(op, n)
	if !ok {
		return nil
	}
	c, iv, ok := r.invert(e, iv, input)
	if !ok || c.path == "" {
		return nil
	}
	return iv.predicate(c)
}

// invert follows e down to its column and returns what that must be in for e to be in iv.
func (r filterReader) invert(e expression, iv interval, input func(int) *column) (*column, interval, bool) {
	if c := reference(e, input); c != nil {
		return c, iv, true
	}
	switch {
	case e.Class == "BOUND_CAST" && e.Child != nil:
		iv, ok := iv.invertCast(e.Child.typeOf(input), e.ReturnType, r.zone)
		if !ok {
			return nil, iv, false
		}
		return r.invert(*e.Child, iv, input)
	case e.Class == "BOUND_FUNCTION" && e.Name == "timezone" && len(e.Children) == 2 && e.Children[0].Value != nil:
		name, _ := e.Children[0].Value.text()
		zone, err := time.LoadLocation(name)
		from := e.Children[1].typeOf(input)
		if err != nil || name == "" || kind(from) != kindInstant && kind(from) != kindTimestamp {
			return nil, iv, false
		}
		iv, ok := iv.invertCast(from, e.ReturnType, zone)
		if !ok {
			return nil, iv, false
		}
		return r.invert(e.Children[1], iv, input)
	case e.Class == "BOUND_FUNCTION" && e.Name == "year" && len(e.Children) == 1:
		iv, ok := iv.yearsToDays()
		if !ok {
			return nil, iv, false
		}
		if iv, ok = iv.invertCast(e.Children[0].typeOf(input), logicalType{ID: "DATE"}, r.zone); !ok {
			return nil, iv, false
		}
		return r.invert(e.Children[0], iv, input)
	}
	return nil, iv, false
}

// typeOf is the type of an expression.
func (e *expression) typeOf(input func(int) *column) logicalType {
	if c := reference(*e, input); c != nil {
		return c.typ
	}
	return e.ReturnType
}

// predicate is "column in interval" for a column whose values are spaced: integers, decimals, dates and times.
func (iv interval) predicate(c *column) *Predicate {
	scale := 0
	switch kind(c.typ) {
	case kindDecimal:
		scale = c.typ.Info.Scale
	case kindInteger, kindDate, kindTimestamp, kindInstant:
	default:
		return nil
	}
	rounded := iv.round(scale)
	if rounded.lo != nil && rounded.hi != nil && rounded.lo.Cmp(rounded.hi) == 0 {
		if text, ok := formatNumber(rounded.lo, c.typ); ok {
			return &Predicate{Op: Eq, Column: c.path, Values: []string{text}}
		}
		return nil
	}
	bound := func(b, inside *big.Rat, open bool, strict, inclusive PredicateOp) *Predicate {
		if b == nil {
			return nil
		}
		op := inclusive
		if open && new(big.Rat).Mul(b, powerOfTen(scale)).IsInt() { // "< midnight" reads better than "<= a microsecond before"
			inside, op = b, strict
		}
		text, ok := formatNumber(inside, c.typ)
		if !ok {
			return nil
		}
		return &Predicate{Op: op, Column: c.path, Values: []string{text}}
	}
	return and(bound(iv.lo, rounded.lo, iv.loOpen, Greater, GreaterEq), bound(iv.hi, rounded.hi, iv.hiOpen, Less, LessEq))
}
