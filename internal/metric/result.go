package metric

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hosu-io/hosu/internal/engine"
)

// result joins the parts: on a time axis without gaps, for every combination of dimensions that some part has.
func (c *compiler) result() string {
	all := append(append([]*part{}, c.current...), c.previous...)
	var spine, items []string
	axis, groups := "", ""
	if c.span.grain != Total {
		axis = engine.QuoteIdent(c.periods(c.span, ""))
		spine = append(spine, axis)
		items = append(items, axis+"."+engine.QuoteIdent(timeColumn))
	}
	switch {
	case len(c.query.By) == 0:
	case axis == "" && len(all) == 1:
		groups = engine.QuoteIdent(all[0].name)
	default:
		groups = engine.QuoteIdent(c.groups(all))
		spine = append(spine, groups)
	}
	for _, name := range c.query.By {
		items = append(items, groups+"."+engine.QuoteIdent(name))
	}
	from := strings.Join(spine, "\nCROSS JOIN ")
	for _, p := range all {
		from = c.join(from, p, axis, groups)
	}
	for _, m := range c.metrics {
		items = append(items, as(c.value(m, c.byLeaf), m.Name))
		if c.query.Compare {
			items = append(items, c.compared(c.value(m, c.byPrevious), axis)+" AS "+engine.QuoteIdent(previousName(m.Name)))
		}
	}
	answer := selectSQL{items: items, from: from, orderBy: c.orderBy(), limit: c.query.Limit}
	if c.query.Limit > 0 && axis != "" && groups != "" {
		answer.orderBy, answer.limit = nil, 0
		return c.top(answer.String())
	}
	return answer.String()
}

// join adds a part to the FROM clause: a row of it for each period and combination, if there is one.
func (c *compiler) join(from string, p *part, axis, groups string) string {
	name := engine.QuoteIdent(p.name)
	var on []string
	if axis != "" {
		on = append(on, fmt.Sprintf("%s.%s = %s.%s", name, engine.QuoteIdent(timeColumn), axis, engine.QuoteIdent(timeColumn)))
	}
	for _, dim := range c.query.By {
		dim = engine.QuoteIdent(dim)
		on = append(on, fmt.Sprintf("%s.%s IS NOT DISTINCT FROM %s.%s", name, dim, groups, dim))
	}
	switch {
	case from == "":
		return name
	case len(on) == 0: // each has one row
		return from + "\nCROSS JOIN " + name
	default:
		return from + "\nLEFT JOIN " + name + " ON " + strings.Join(on, " AND ")
	}
}

// groups are the combinations of dimensions that there are.
func (c *compiler) groups(all []*part) string {
	var dims, selects []string
	for _, name := range c.query.By {
		dims = append(dims, engine.QuoteIdent(name))
	}
	for _, p := range all {
		selects = append(selects, selectSQL{distinct: len(all) == 1, items: dims, from: engine.QuoteIdent(p.name)}.String())
	}
	c.add("groups", strings.Join(selects, "\nUNION\n"))
	return "groups"
}

// value is the SQL of a metric over the parts of a span.
func (c *compiler) value(m *Metric, parts map[*Metric]*part) string {
	leaf := func(m *Metric) string {
		sql := engine.QuoteIdent(parts[m].name) + "." + engine.QuoteIdent(m.Name)
		if m.fills() {
			return "coalesce(" + sql + ", 0)"
		}
		return sql
	}
	if m.Kind == Expression {
		return m.def.expression.sql(leaf)
	}
	return leaf(m)
}

// compared is the SQL of a previous value. Where the range has more periods than the one before, its last ones have none: a 0 there would
// say that nothing was sold on the 31st of February.
func (c *compiler) compared(value, axis string) string {
	last := c.span.previous().lastPeriod()
	if axis == "" || !last.Before(c.span.lastPeriod().Time) {
		return value
	}
	return fmt.Sprintf("CASE WHEN %s.%s <= %s THEN %s END", axis, engine.QuoteIdent(timeColumn), last.literal(), value)
}

// measure is the position of the first metric in the result, from 1.
func (c *compiler) measure() int {
	n := len(c.query.By) + 1
	if c.span.grain != Total {
		n++
	}
	return n
}

// orderBy is the order of the result's rows, which is total.
func (c *compiler) orderBy() []string {
	keys := positions(c.measure() - 1)
	first, descending := c.order, c.query.Descending
	if first == 0 && len(keys) > 0 && c.span.grain == Total {
		first, descending = c.measure(), true
	}
	if first == 0 {
		return keys
	}
	term := strconv.Itoa(first)
	if descending {
		term += " DESC"
	}
	order := []string{term + " NULLS LAST"}
	for i, key := range keys {
		if i+1 != first {
			order = append(order, key)
		}
	}
	return order
}

// top keeps the combinations of dimensions with the greatest values, all periods together, and all their periods.
func (c *compiler) top(answer string) string {
	c.add("answer", answer)
	by := c.metrics[0]
	if c.order >= c.measure() {
		by = c.set.byName[c.columns()[c.order-1].Metric]
	}
	total := "sum"
	if a := by.def.text.Aggregate; a == "min" || a == "max" {
		total = a // of what may be no number
	}
	direction := "DESC"
	if c.order >= c.measure() && !c.query.Descending {
		direction = "ASC"
	}
	var dims, on []string
	for _, name := range c.query.By {
		name = engine.QuoteIdent(name)
		dims = append(dims, name)
		on = append(on, fmt.Sprintf("\"ranks\".%s IS NOT DISTINCT FROM \"answer\".%s", name, name))
	}
	rank := fmt.Sprintf("row_number() OVER (ORDER BY %s(%s) %s NULLS LAST, %s) AS \"a rank\"", total, engine.QuoteIdent(by.Name), direction, strings.Join(dims, ", "))
	c.add("ranks", selectSQL{items: append(append([]string{}, dims...), rank), from: `"answer"`, groupBy: positions(len(dims))}.String())
	return selectSQL{
		items: []string{`"answer".*`},
		from:  "\"answer\"\nJOIN \"ranks\" ON " + strings.Join(on, " AND "),
		where: []string{fmt.Sprintf(`"a rank" <= %d`, c.query.Limit)}, orderBy: c.orderBy(),
	}.String()
}
