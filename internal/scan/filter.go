package scan

import (
	"math"
	"strings"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/schema"
)

// filterOf translates what a plan needs of a table into a condition over its Iceberg schema. What cannot be
// translated becomes "always true", so the result stays necessary: it holds for every row for which p holds.
// That is also why a negation is never translated: the negation of a necessary condition is not one.
func filterOf(p *engine.Predicate, s *iceberg.Schema) iceberg.BooleanExpression {
	if p == nil {
		return iceberg.AlwaysTrue{}
	}
	if p.Op != engine.And && p.Op != engine.Or {
		return comparison(p, s)
	}
	if len(p.Args) == 0 {
		return iceberg.AlwaysTrue{}
	}
	result := filterOf(p.Args[0], s)
	for _, arg := range p.Args[1:] {
		if p.Op == engine.And {
			result = iceberg.NewAnd(result, filterOf(arg, s))
		} else {
			result = iceberg.NewOr(result, filterOf(arg, s))
		}
	}
	return result
}

// operation is Iceberg's name of a comparison.
func operation(op engine.PredicateOp) (iceberg.Operation, bool) {
	switch op {
	case engine.Eq:
		return iceberg.OpEQ, true
	case engine.NotEq:
		return iceberg.OpNEQ, true
	case engine.Less:
		return iceberg.OpLT, true
	case engine.LessEq:
		return iceberg.OpLTEQ, true
	case engine.Greater:
		return iceberg.OpGT, true
	case engine.GreaterEq:
		return iceberg.OpGTEQ, true
	case engine.In:
		return iceberg.OpIn, true
	case engine.IsNull:
		return iceberg.OpIsNull, true
	case engine.NotNull:
		return iceberg.OpNotNull, true
	}
	return 0, false
}

func comparison(p *engine.Predicate, s *iceberg.Schema) iceberg.BooleanExpression {
	field, ok := s.FindFieldByName(p.Column)
	if !ok {
		return iceberg.AlwaysTrue{}
	}
	op, known := operation(p.Op)
	if _, primitive := field.Type.(iceberg.PrimitiveType); !known || !primitive {
		return iceberg.AlwaysTrue{}
	}
	column := iceberg.Reference(p.Column)
	if op == iceberg.OpIsNull || op == iceberg.OpNotNull {
		// The null counts of a nested field do not say which of its parents were NULL, and the files of a
		// required column may be older than the requirement.
		if strings.Contains(p.Column, ".") || field.Required {
			return iceberg.AlwaysTrue{}
		}
		return iceberg.UnaryPredicate(op, column)
	}
	values := make([]iceberg.Literal, 0, len(p.Values))
	for _, text := range p.Values {
		value, ok := constant(field.Type, text)
		if !ok {
			return iceberg.AlwaysTrue{}
		}
		values = append(values, value)
	}
	switch {
	case op == iceberg.OpIn && len(values) > 0:
		return iceberg.SetPredicate(op, column, values)
	case len(values) != 1:
		return iceberg.AlwaysTrue{}
	}
	compared := iceberg.LiteralPredicate(op, column, values[0])
	if isFloat(field.Type) && (op == iceberg.OpGT || op == iceberg.OpGTEQ) {
		// To DuckDB NaN is the greatest number; to Iceberg it is outside the bounds.
		return iceberg.NewOr(compared, iceberg.IsNaN(column))
	}
	return compared
}

// constant reads a constant of a plan as a value of a column's type. ok is false for what a condition cannot be made of:
// what [schema.ParseLiteral] refuses, NaN and the infinities, which bounds do not order as DuckDB does.
func constant(t iceberg.Type, text string) (value iceberg.Literal, ok bool) {
	value, err := schema.ParseLiteral(t, text)
	if err != nil {
		return nil, false
	}
	switch v := value.(type) {
	case iceberg.Float32Literal:
		return value, isFinite(float64(v))
	case iceberg.Float64Literal:
		return value, isFinite(float64(v))
	}
	return value, true
}

func isFinite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

func isFloat(t iceberg.Type) bool {
	switch t.(type) {
	case iceberg.Float32Type, iceberg.Float64Type:
		return true
	}
	return false
}
