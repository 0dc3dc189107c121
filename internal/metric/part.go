package metric

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/project"
)

// part is a SELECT that yields the values of some metrics over a span: a row for each period and combination of
// dimensions of which there are rows.
type part struct {
	*compiler
	span    span
	metrics []*Metric
	name    string
}

// takes says whether a metric can be computed together with those of the part: from the same rows.
func (p *part) takes(m *Metric) bool {
	first := p.metrics[0]
	plain := func(m *Metric) bool {
		return m.Kind == Aggregate && len(m.def.firstPer) == 0 && (m.def.text.Window == 0 || m.def.text.Aggregate != "distinct")
	}
	return plain(m) && plain(first) && m.def.activity == first.def.activity && m.def.where.sql == first.def.where.sql &&
		m.def.text.Window == first.def.text.Window
}

// write adds the part, and what it needs, to the statement.
func (p *part) write(suffix string) {
	first := p.metrics[0]
	switch {
	case first.Kind == Retention:
		p.retention(first, suffix)
	case first.Kind == Funnel:
		p.funnel(first, suffix)
	case first.def.text.Window > 0 && p.span.grain != Total && first.def.text.Aggregate == "distinct":
		p.slidingDistinct(first, suffix)
	case first.def.text.Window > 0 && p.span.grain != Total:
		p.sliding(first.def.text.Window, suffix)
	default:
		p.plain(suffix)
	}
}

// rows are the rows that metrics are computed of: those of an activity, or the first of them.
type rows struct {
	from  string   // the FROM clause without its first word
	where []string // conditions
	time  string   // SQL of the time
	date  string   // and of its day
	value func(*Metric) string
	dims  []string
}

// source is the rows of an activity in a range of days, zero ends of which are open, with what the conditions and dimensions need joined.
func (p *part) source(a *activity, r days, withDimensions bool, extra ...fragment) rows {
	time := column(a.Time)
	src := rows{
		time: time, date: date(time, r, p.set.location, false),
		value: func(m *Metric) string { return m.def.value.sql },
	}
	src.where = r.bounds(time, src.date, p.set.location)
	var needs []need
	if a.Where.Value != "" {
		src.where = append(src.where, column(a.Where))
	}
	for _, d := range p.dims[a] {
		if !withDimensions {
			break
		}
		src.dims = append(src.dims, d.sql)
		needs = append(needs, d.needs...)
	}
	for _, f := range extra {
		needs = append(needs, f.needs...)
	}
	from := []string{p.table(a.Table)}
	var joined []*object
	for _, n := range needs {
		name := p.object(n)
		if !slices.Contains(joined, n.object) {
			joined = append(joined, n.object)
			ref, _ := a.reference(n.Name)
			from = append(from, fmt.Sprintf("LEFT JOIN %s ON %s = %s", engine.QuoteIdent(name), engine.QuoteIdent(n.keyColumn()), column(ref.value)))
		}
	}
	src.from = strings.Join(from, "\n")
	for _, also := range a.Also {
		p.tables[also] = true
	}
	return src
}

// table is the SQL of a table's name.
func (c *compiler) table(name string) string {
	c.tables[name] = true
	return tableName(name)
}

func tableName(name string) string {
	namespace, table := "", name
	if at := strings.LastIndexByte(name, '.'); at >= 0 {
		namespace, table = name[:at], name[at+1:]
	}
	return engine.QuoteName(namespace, table)
}

// object is the name of the relation that has an object's key and the dimension needed. [compiler.objectSQL] makes it.
func (c *compiler) object(n need) string {
	name := n.Name + "_object"
	at := slices.IndexFunc(c.ctes, func(other cte) bool { return other.name == name })
	if at < 0 {
		c.ctes = append(c.ctes, cte{name: name, object: n.object})
		at = len(c.ctes) - 1
	}
	if !slices.Contains(c.ctes[at].dimensions, n.dimension) {
		c.ctes[at].dimensions = append(c.ctes[at].dimensions, n.dimension)
	}
	return name
}

// objectSQL is a row for each key of an object. Its columns have names that no table's columns have, so that the SQL of an
// activity means the activity's columns.
func (c *compiler) objectSQL(o *object, dimensions []*project.FieldDef) string {
	sql := selectSQL{items: []string{column(o.Key) + " AS " + engine.QuoteIdent(o.keyColumn())}, from: c.table(o.Table)}
	for _, d := range dimensions {
		value := column(d.Value)
		if !o.unique {
			value = "min(" + value + ")"
		}
		sql.items = append(sql.items, value+" AS "+engine.QuoteIdent(o.column(d.Name)))
	}
	if !o.unique {
		sql.groupBy = []string{column(o.Key)}
	}
	return sql.String()
}

// conditions are the metric's and the query's.
func (p *part) conditions(m *Metric) (all []fragment) {
	if m.def.where.sql != "" {
		all = append(all, fragment{"(" + m.def.where.sql + ")", m.def.where.needs})
	}
	return append(all, p.filters[m.subject()]...)
}

// aggregated is the source of the part's metrics in a range of days.
func (p *part) aggregated(r days) rows {
	m := p.metrics[0]
	if len(m.def.firstPer) > 0 {
		return p.first(m, r)
	}
	conditions := p.conditions(m)
	extra := slices.Clone(conditions)
	for _, m := range p.metrics {
		extra = append(extra, m.def.value)
		for _, table := range m.def.text.Also {
			p.tables[table] = true
		}
	}
	src := p.source(m.def.activity, r, true, extra...)
	for _, f := range conditions {
		src.where = append(src.where, f.sql)
	}
	return src
}

// first is the rows that are the first of their kind in all of history. Rows of the same moment are first together, so that
// the answer does not depend on the order of rows.
func (p *part) first(m *Metric, r days) rows {
	a := m.def.activity
	extra := []fragment{m.def.value, m.def.where}
	for _, d := range m.def.firstPer {
		extra = append(extra, d.fragment)
	}
	extra = append(extra, p.filters[a]...)
	src := p.source(a, days{to: r.to}, true, extra...)
	if m.def.where.sql != "" {
		src.where = append(src.where, "("+m.def.where.sql+")")
	}
	var per []string
	for _, d := range m.def.firstPer {
		per = append(per, d.sql)
		if _, is := a.reference(d.Name); is {
			src.where = append(src.where, d.sql+" IS NOT NULL")
		}
	}
	for _, table := range m.def.text.Also {
		p.tables[table] = true
	}
	items := []string{src.time + " AS " + engine.QuoteIdent("first time")}
	out := rows{time: engine.QuoteIdent("first time"), value: func(*Metric) string { return engine.QuoteIdent("first value") }}
	out.date = date(out.time, r, p.set.location, false)
	for i, sql := range src.dims {
		name := engine.QuoteIdent(p.query.By[i])
		items, out.dims = append(items, sql+" AS "+name), append(out.dims, name)
	}
	if m.def.value.sql != "" {
		items = append(items, m.def.value.sql+" AS "+engine.QuoteIdent("first value"))
	}
	for i, f := range p.filters[a] {
		name := engine.QuoteIdent(fmt.Sprintf("filter %d", i+1))
		items, out.where = append(items, f.sql+" AS "+name), append(out.where, name)
	}
	name := p.compiler.name(m.Name + "_first")
	p.add(name, selectSQL{
		items: items, from: src.from, where: src.where,
		qualify: fmt.Sprintf("rank() OVER (PARTITION BY %s ORDER BY %s) = 1", strings.Join(per, ", "), src.time),
	}.String())
	out.from = engine.QuoteIdent(name)
	out.where = append(days{from: r.from}.bounds(out.time, out.date, p.set.location), out.where...)
	return out
}

// plain is one aggregation. Over a whole range a window is the days before its end.
func (p *part) plain(suffix string) {
	m := p.metrics[0]
	r := p.span.days
	p.name = p.compiler.name(p.basis() + suffix)
	if w := m.def.text.Window; w > 0 {
		r.from = r.to.add(-w)
	}
	src := p.aggregated(r)
	items := p.keys(src, p.span.axis(src.date))
	keys := len(items)
	for _, m := range p.metrics {
		items = append(items, aggregate(m, src.value(m))+" AS "+engine.QuoteIdent(m.Name))
	}
	p.add(p.name, selectSQL{items: items, from: src.from, where: src.where, groupBy: positions(keys)}.String())
}

// basis is what the name of a part is made of: its activity, or its only metric.
func (p *part) basis() string {
	m := p.metrics[0]
	switch {
	case m.Kind != Aggregate || len(m.def.firstPer) > 0:
		return m.Name
	case m.def.text.Window > 0:
		return fmt.Sprintf("%s_%dd", m.def.activity.Name, m.def.text.Window)
	default:
		return m.def.activity.Name
	}
}

// keys are the columns that a part's rows are told apart by.
func (p *part) keys(src rows, period string) []string {
	var items []string
	if p.span.grain != Total {
		items = append(items, period+" AS "+engine.QuoteIdent(timeColumn))
	}
	for i, sql := range src.dims {
		items = append(items, as(sql, p.query.By[i]))
	}
	return items
}

// as names a value, unless it has the name already.
func as(sql, name string) string {
	if quoted := engine.QuoteIdent(name); sql == quoted || strings.HasSuffix(sql, `".`+quoted) {
		return sql
	}
	return sql + " AS " + engine.QuoteIdent(name)
}

// aggregate is the SQL of a metric's aggregate.
func aggregate(m *Metric, value string) string {
	switch {
	case m.def.text.Aggregate == "distinct":
		return "count(DISTINCT " + value + ")"
	case m.def.value.sql == "":
		return "count(*)"
	default:
		return m.def.text.Aggregate + "(" + value + ")"
	}
}

// sliding aggregates every day once, and then the days of each period's window.
func (p *part) sliding(window int, suffix string) {
	periods := p.periods(p.span, suffix)
	p.name = p.compiler.name(p.basis() + suffix)
	daily := p.compiler.name(p.name + "_days")
	src := p.aggregated(days{p.lastDay().add(1 - window), p.span.to})
	items := []string{src.date + ` AS "a day"`}
	var keys, values []string
	keys = append(keys, engine.QuoteIdent(periods)+"."+engine.QuoteIdent(timeColumn))
	for i, sql := range src.dims {
		items, keys = append(items, as(sql, p.query.By[i])), append(keys, engine.QuoteIdent(p.query.By[i]))
	}
	group := positions(len(items))
	for _, m := range p.metrics {
		name, value := engine.QuoteIdent(m.Name), src.value(m)
		switch m.def.text.Aggregate {
		case "avg":
			total, number := engine.QuoteIdent(m.Name+" sum"), engine.QuoteIdent(m.Name+" count")
			items = append(items, "sum("+value+") AS "+total, "count("+value+") AS "+number)
			values = append(values, fmt.Sprintf("CAST(sum(%s) AS DOUBLE) / nullif(sum(%s), 0) AS %s", total, number, name))
		case "count":
			items = append(items, aggregate(m, value)+" AS "+name)
			values = append(values, fmt.Sprintf("CAST(sum(%s) AS BIGINT) AS %s", name, name))
		default: // sums of sums, least of least
			items = append(items, aggregate(m, value)+" AS "+name)
			values = append(values, fmt.Sprintf("%s(%s) AS %s", m.def.text.Aggregate, name, name))
		}
	}
	p.add(daily, selectSQL{items: items, from: src.from, where: src.where, groupBy: group}.String())
	p.add(p.name, selectSQL{
		items:   append(slices.Clone(keys), values...),
		from:    fmt.Sprintf("%s\nJOIN %s ON \"a day\" > \"last day\" - %d AND \"a day\" <= \"last day\"", engine.QuoteIdent(periods), engine.QuoteIdent(daily), window),
		groupBy: positions(len(keys)),
	}.String())
}

// slidingDistinct counts what is there in each period's window. Every value is in the count from a day on which it occurs
// until its window has passed or it occurs again, so that the number of those that come and go on a day is enough.
func (p *part) slidingDistinct(m *Metric, suffix string) {
	window := m.def.text.Window
	periods := p.periods(p.span, suffix)
	p.name = p.compiler.name(m.Name + suffix)
	daily, stays, changes := p.compiler.name(p.name+"_days"), p.compiler.name(p.name+"_stays"), p.compiler.name(p.name+"_changes")
	src := p.aggregated(days{p.lastDay().add(1 - window), p.span.to})
	value := src.value(m)
	items := []string{src.date + ` AS "a day"`}
	var dims []string
	for i, sql := range src.dims {
		items, dims = append(items, as(sql, p.query.By[i])), append(dims, engine.QuoteIdent(p.query.By[i]))
	}
	p.add(daily, selectSQL{
		distinct: true, items: append(items, value+` AS "a value"`), from: src.from, where: append(src.where, value+" IS NOT NULL"),
	}.String())
	p.add(stays, selectSQL{
		items: append(slices.Clone(dims), `"a day" AS "comes on"`,
			fmt.Sprintf(`least("a day" + %d, lead("a day") OVER (PARTITION BY %s ORDER BY "a day")) AS "goes on"`, window, strings.Join(append(slices.Clone(dims), `"a value"`), ", "))),
		from: engine.QuoteIdent(daily),
	}.String())
	change := func(day, count string) string {
		return selectSQL{
			items: append(slices.Clone(dims), day+` AS "a day"`, count+` AS "net change"`), from: engine.QuoteIdent(stays),
			groupBy: positions(len(dims) + 1),
		}.String()
	}
	p.add(changes, change(`"comes on"`, "count(*)")+"\nUNION ALL\n"+change(`"goes on"`, "-count(*)"))
	keys := append([]string{engine.QuoteIdent(periods) + "." + engine.QuoteIdent(timeColumn)}, dims...)
	p.add(p.name, selectSQL{
		items:   append(slices.Clone(keys), `CAST(sum("net change") AS BIGINT) AS `+engine.QuoteIdent(m.Name)),
		from:    fmt.Sprintf("%s\nJOIN %s ON \"a day\" <= \"last day\"", engine.QuoteIdent(periods), engine.QuoteIdent(changes)),
		groupBy: positions(len(keys)),
		having:  `sum("net change") > 0`,
	}.String())
}

// lastDay is the last day of the span's first period.
func (p *part) lastDay() day {
	next := p.span.grain.next(p.span.grain.start(p.span.from))
	if next.After(p.span.to.Time) {
		next = p.span.to
	}
	return next.add(-1)
}

// periods is the name of the relation of a span's periods: "time", where they are on the axis of the result, and, when a
// metric has a window, the "last day" of each.
func (c *compiler) periods(s span, suffix string) string {
	name := "periods" + suffix
	if slices.ContainsFunc(c.ctes, func(other cte) bool { return other.name == name }) {
		return name
	}
	start := "CAST(range AS DATE)"
	items := []string{s.shifted(start) + " AS " + engine.QuoteIdent(timeColumn)}
	if slices.ContainsFunc(c.leaves, func(m *Metric) bool { return m.def.text.Window > 0 }) {
		items = append(items, fmt.Sprintf(`least(CAST(range + %s AS DATE), %s) - 1 AS "last day"`, s.grain.interval(), s.to.literal()))
	}
	c.add(name, selectSQL{
		items: items,
		from:  fmt.Sprintf("range(%s, %s, %s)", s.grain.start(s.from).literal(), s.to.literal(), s.grain.interval()),
	}.String())
	return name
}
