package metric

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/schema"
)

// maxPeriods bounds the time axis of a result: more cannot be looked at.
const maxPeriods = 20_000

// Compile makes the statement that answers a query. The error of a question that is wrong is a *[QueryError].
func (s *Set) Compile(q Query) (*Statement, error) {
	c := &compiler{set: s, query: q, tables: map[string]bool{}, names: map[string]bool{}}
	c.reserve()
	for _, step := range []func() *QueryError{c.resolveRange, c.resolveMetrics, c.resolveDimensions, c.resolveOrder} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	c.parts(c.span, "")
	if q.Compare {
		c.parts(c.span.previous(), "_previous")
	}
	sql := c.with(c.result())
	return &Statement{
		SQL: sql, TimeZone: s.zone, Columns: c.columns(), Tables: slices.Sorted(maps.Keys(c.tables)), Definitions: c.leaves,
	}, nil
}

// compiler makes one statement.
type compiler struct {
	set     *Set
	query   Query
	span    span
	metrics []*Metric
	leaves  []*Metric
	// dims are the query's By, and filters its Where, for each activity.
	dims    map[*activity][]dimension
	filters map[*activity][]fragment

	order      int // of the columns of the result, from 1; 0 for the default
	names      map[string]bool
	ctes       []cte
	tables     map[string]bool
	current    []*part
	previous   []*part
	byLeaf     map[*Metric]*part // of the span that is being written
	byPrevious map[*Metric]*part
}

// cte is a named SELECT in front of the result, or an object's, which is written when all that is needed of it is known.
type cte struct {
	name, sql  string
	object     *object
	dimensions []*project.FieldDef
}

func (c *compiler) resolveRange() *QueryError {
	q := c.query
	if !slices.Contains([]Grain{Total, Day, Week, Month}, q.Grain) {
		return &QueryError{Message: fmt.Sprintf("grain %q is not known", q.Grain), Hint: choice(string(q.Grain), []string{"day", "week", "month"})}
	}
	from, to := dayOf(q.From), dayOf(q.To)
	switch {
	case q.From.IsZero() || q.To.IsZero():
		return &QueryError{Message: "the question has no range of days", Hint: "expected from and to"}
	case !from.Before(to.Time):
		return &QueryError{Message: fmt.Sprintf("from %s is not before to %s", from.Format(time.DateOnly), to.Format(time.DateOnly)), Hint: "to is the first day that is not in the range any more"}
	case days{from, to}.before().from.Year() < 1 || to.Year() > 9999:
		return &QueryError{Message: "the range of days, or the one before it, is outside of the years 1 to 9999"}
	case q.Grain == Day && to.since(from) > maxPeriods || q.Grain == Week && to.since(from)/7 > maxPeriods:
		return &QueryError{Message: fmt.Sprintf("the range has more than %d periods", maxPeriods), Hint: "expected a shorter range or a longer grain"}
	case q.Limit < 0:
		return &QueryError{Message: fmt.Sprintf("limit is %d", q.Limit), Hint: "expected a positive number, or 0 for no limit"}
	}
	c.span = span{days: days{from, to}, grain: q.Grain}
	return nil
}

func (c *compiler) resolveMetrics() *QueryError {
	if len(c.query.Metrics) == 0 {
		return &QueryError{Message: "the question names no metric"}
	}
	for _, name := range c.query.Metrics {
		m, err := c.set.find(name)
		if err != nil {
			return err
		}
		if slices.Contains(c.metrics, m) {
			return &QueryError{Message: fmt.Sprintf("metric %q is asked for twice", name)}
		}
		c.metrics = append(c.metrics, m)
		for _, leaf := range m.leaves() {
			if !slices.Contains(c.leaves, leaf) {
				c.leaves = append(c.leaves, leaf)
			}
		}
	}
	return nil
}

func (s *Set) find(name string) (*Metric, *QueryError) {
	if m, ok := s.byName[name]; ok {
		return m, nil
	}
	var known []string
	for _, m := range s.metrics {
		known = append(known, m.Name)
	}
	return nil, &QueryError{Message: fmt.Sprintf("there is no metric %q", name), Hint: choice(name, known)}
}

// resolveDimensions finds the dimensions of By and Where in the activity of every metric.
func (c *compiler) resolveDimensions() *QueryError {
	c.dims, c.filters = map[*activity][]dimension{}, map[*activity][]fragment{}
	for i, name := range c.query.By {
		same := func(other string) bool { return schema.Fold(other) == schema.Fold(name) }
		if slices.ContainsFunc(c.query.By[:i], same) {
			return &QueryError{Message: fmt.Sprintf("dimension %q is asked for twice", name)}
		}
		if same(timeColumn) {
			return &QueryError{Message: "time is no dimension", Hint: `expected a grain: "day", "week" or "month"`}
		}
		if slices.ContainsFunc(append(c.leaves, c.metrics...), func(m *Metric) bool { return same(m.Name) }) {
			return &QueryError{Message: fmt.Sprintf("%q is a metric and a dimension in one question", name), Hint: "give one of them another name in metrics/"}
		}
	}
	for _, leaf := range c.leaves {
		a := leaf.subject()
		if _, done := c.dims[a]; done {
			continue
		}
		c.dims[a] = []dimension{}
		for _, name := range c.query.By {
			d, err := c.dimension(leaf, name)
			if err != nil {
				return err
			}
			c.dims[a] = append(c.dims[a], d)
		}
		for _, f := range c.query.Where {
			d, err := c.dimension(leaf, f.Dimension)
			if err != nil {
				return err
			}
			condition, err := filterSQL(d, f)
			if err != nil {
				return err
			}
			c.filters[a] = append(c.filters[a], fragment{condition, d.needs})
		}
	}
	return nil
}

func (c *compiler) dimension(leaf *Metric, name string) (dimension, *QueryError) {
	d, err := leaf.subject().dimension(name)
	if err != nil {
		err.Message = fmt.Sprintf("metric %q: %s", leaf.Name, err.Message)
	}
	return d, err
}

// filterSQL is the condition of a filter. Values are text; DuckDB reads them as the dimension's type.
func filterSQL(d dimension, f Filter) (string, *QueryError) {
	if len(f.In) == 0 {
		return "", &QueryError{Message: fmt.Sprintf("the filter on %q has no values", f.Dimension), Hint: "expected one or more"}
	}
	var values, either []string
	for _, v := range f.In {
		if v == "" {
			either = []string{d.sql + " IS NULL", "CAST(" + d.sql + " AS VARCHAR) = ''"}
			continue
		}
		if !plainText(v) {
			return "", &QueryError{Message: fmt.Sprintf("a value of the filter on %q is no text", f.Dimension)}
		}
		values = append(values, engine.QuoteLiteral(v))
	}
	if len(values) > 0 {
		either = append([]string{d.sql + " IN (" + strings.Join(values, ", ") + ")"}, either...)
	}
	if len(either) == 1 {
		return either[0], nil
	}
	return "(" + strings.Join(either, " OR ") + ")", nil
}

func (c *compiler) resolveOrder() *QueryError {
	order := c.query.Order
	if order == "" {
		return nil
	}
	var known []string
	for i, col := range c.columns() {
		if col.Role == RolePrevious {
			continue
		}
		if col.Name == order {
			c.order = i + 1
			return nil
		}
		known = append(known, col.Name)
	}
	return &QueryError{Message: fmt.Sprintf("the order %q is no column of the result", order), Hint: choice(order, known)}
}

// columns are those of the result, in order.
func (c *compiler) columns() []Column {
	var list []Column
	if c.span.grain != Total {
		list = append(list, Column{Name: timeColumn, Label: Label{"en": "Time", "ko": "기간"}, Type: "DATE", Role: RoleTime})
	}
	for i, name := range c.query.By {
		list = append(list, Column{Name: name, Label: c.dims[c.leaves[0].subject()][i].Label, Role: RoleDimension})
	}
	for _, m := range c.metrics {
		col := Column{Name: m.Name, Label: m.Label, Type: m.duckType(), Format: m.Format, Role: RoleMeasure, Metric: m.Name}
		list = append(list, col)
		if c.query.Compare {
			col.Name, col.Role = previousName(m.Name), RolePrevious
			list = append(list, col)
		}
	}
	return list
}

func previousName(metric string) string { return metric + ".previous" }

// duckType is the type of a metric's values where it does not depend on columns.
func (m *Metric) duckType() string {
	switch m.Kind {
	case Retention, Funnel:
		return "DOUBLE"
	case Aggregate:
		if a := m.def.text.Aggregate; a == "count" || a == "distinct" {
			return "BIGINT"
		}
	}
	return ""
}

// parts makes the parts that compute the leaves over a span. Metrics over the same rows share one.
func (c *compiler) parts(s span, suffix string) {
	var list []*part
	byLeaf := map[*Metric]*part{}
	for _, leaf := range c.leaves {
		at := slices.IndexFunc(list, func(p *part) bool { return p.takes(leaf) })
		if at < 0 {
			list = append(list, &part{compiler: c, span: s})
			at = len(list) - 1
		}
		list[at].metrics = append(list[at].metrics, leaf)
		byLeaf[leaf] = list[at]
	}
	for _, p := range list {
		p.write(suffix)
	}
	if suffix == "" {
		c.current, c.byLeaf = list, byLeaf
	} else {
		c.previous, c.byPrevious = list, byLeaf
	}
}

// reserve keeps names that parts cannot have.
func (c *compiler) reserve() {
	for _, name := range []string{"periods", "periods_previous", "groups", "answer", "ranks"} {
		c.names[name] = true
	}
	for _, m := range c.set.metrics {
		if m.Kind != Expression {
			for _, o := range m.subject().objects {
				c.names[strings.ToLower(o.Name+"_object")] = true
			}
		}
	}
}

// name makes a name for a part that no other has.
func (c *compiler) name(wanted string) string {
	name := wanted
	for i := 2; c.names[strings.ToLower(name)]; i++ {
		name = fmt.Sprintf("%s_%d", wanted, i)
	}
	c.names[strings.ToLower(name)] = true
	return name
}

func (c *compiler) add(name, sql string) { c.ctes = append(c.ctes, cte{name: name, sql: sql}) }

// with puts the parts in front of the result.
func (c *compiler) with(result string) string {
	var b strings.Builder
	for i, part := range c.ctes {
		if i == 0 {
			b.WriteString("WITH ")
		} else {
			b.WriteString(", ")
		}
		if part.object != nil {
			part.sql = c.objectSQL(part.object, part.dimensions)
		}
		b.WriteString(engine.QuoteIdent(part.name) + " AS (\n" + indent(part.sql) + "\n)")
	}
	if len(c.ctes) > 0 {
		b.WriteString("\n")
	}
	return b.String() + result
}

// indent moves SQL two columns to the right. Lines within a text of several lines stay as they are.
func indent(sql string) string {
	var b strings.Builder
	inText := false
	for i, line := range strings.Split(sql, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		if !inText {
			b.WriteString("  ")
		}
		b.WriteString(line)
		if strings.Count(line, "'")%2 == 1 {
			inText = !inText
		}
	}
	return b.String()
}
