package metric

import (
	"fmt"
	"time"

	"github.com/hosu-io/hosu/internal/engine"
)

// participation is when an object took part in an activity: a SELECT of the object, at the name of the column given.
func (p *part) participation(m *Metric, step int, r days, at func(src rows) string, name string, where ...string) string {
	a := m.def.steps[step]
	ref, _ := a.reference(m.def.by)
	var filters []fragment
	if step == 0 {
		filters = p.filters[a]
	}
	src := p.source(a, r, filters...)
	if step > 0 {
		src.dims = nil
		src.from = p.table(a.Table)
	}
	object := column(ref.value)
	items := []string{at(src) + " AS " + engine.QuoteIdent(name), object + ` AS "an object"`}
	for i, sql := range src.dims {
		items = append(items, as(sql, p.query.By[i]))
	}
	for _, f := range filters {
		src.where = append(src.where, f.sql)
	}
	src.where = append(append(src.where, where...), object+" IS NOT NULL")
	return selectSQL{distinct: m.Kind == Retention, items: items, from: src.from, where: src.where}.String()
}

// retention is, of the objects that took part in the first activity on a day, the share that took part in the second a
// number of days later. Days whose time to come back is not over are left out.
func (p *part) retention(m *Metric, suffix string) {
	def := m.def.text.Retention
	p.name = p.compiler.name(m.Name + suffix)
	first, then := p.compiler.name(p.name+"_first"), p.compiler.name(p.name+"_then")
	on := func(src rows) string { return src.date }
	begin := def.Days
	if def.Within {
		begin = 1
	}
	p.add(first, p.participation(m, 0, p.span.days, on, "a day"))
	p.add(then, p.participation(m, 1, days{p.span.from.add(begin), p.span.to.add(def.Days)}, on, "a day"))
	one, two := engine.QuoteIdent(first), engine.QuoteIdent(then)
	join := fmt.Sprintf("LEFT JOIN %s ON %s.\"an object\" = %s.\"an object\" AND %s.\"a day\" = %s.\"a day\" + %d", two, two, one, two, one, def.Days)
	returned := fmt.Sprintf("count(%s.\"an object\")", two)
	if def.Within {
		join = fmt.Sprintf("ASOF LEFT JOIN %s ON %s.\"an object\" = %s.\"an object\" AND %s.\"a day\" > %s.\"a day\"", two, two, one, two, one)
		returned = fmt.Sprintf("count(*) FILTER (WHERE %s.\"a day\" <= %s.\"a day\" + %d)", two, one, def.Days)
	}
	p.share(m, one, one+`."a day"`, one+"\n"+join, returned, "count(*)",
		fmt.Sprintf("%s.\"a day\" + %d < current_date", one, def.Days))
}

// share adds a part that divides two counts.
func (p *part) share(m *Metric, first, date, from, part, whole string, where ...string) {
	src := rows{}
	for _, name := range p.query.By {
		src.dims = append(src.dims, first+"."+engine.QuoteIdent(name))
	}
	items := p.keys(src, p.span.axis(date))
	keys := len(items)
	items = append(items, fmt.Sprintf("CAST(%s AS DOUBLE) / nullif(%s, 0) AS %s", part, whole, engine.QuoteIdent(m.Name)))
	p.add(p.name, selectSQL{items: items, from: from, where: where, groupBy: positions(keys)}.String())
}

// funnel is, of the objects that took the first step in a period, the share that took all the others too, one after the other.
func (p *part) funnel(m *Metric, suffix string) {
	def := m.def.text.Funnel
	p.name = p.compiler.name(m.Name + suffix)
	at := func(src rows) string { return "CAST(" + src.time + " AS TIMESTAMPTZ)" }
	var names []string
	from := ""
	for i := range m.def.steps {
		r := p.span.days
		switch {
		case i > 0 && def.Within == 0:
			r.to = day{} // any time later
		case i > 0:
			r.to = r.to.add(int((def.Within + 24*time.Hour - 1) / (24 * time.Hour)))
		}
		name := p.compiler.name(fmt.Sprintf("%s_step%d", p.name, i+1))
		p.add(name, p.participation(m, i, r, at, "at"))
		name = engine.QuoteIdent(name)
		names = append(names, name)
		if i == 0 {
			from = name
			continue
		}
		order := ">="
		if m.def.steps[i] == m.def.steps[i-1] {
			order = ">"
		}
		last := names[i-1] + `."at"`
		if i > 1 {
			// DuckDB 1.5 joins a NULL, which is a step not taken, with the earliest row.
			last = "coalesce(" + last + ", TIMESTAMPTZ 'infinity')"
		}
		from += fmt.Sprintf("\nASOF LEFT JOIN %s ON %s.\"an object\" = %s.\"an object\" AND %s.\"at\" %s %s", name, name, names[0], name, order, last)
	}
	first, last := names[0], names[len(names)-1]
	through := fmt.Sprintf("%s.\"at\" IS NOT NULL", last)
	if def.Within > 0 {
		through = fmt.Sprintf("%s.\"at\" <= %s.\"at\" + %s", last, first, length(def.Within))
	}
	p.share(m, first, "CAST("+first+`."at" AS DATE)`, from,
		fmt.Sprintf("count(DISTINCT %s.\"an object\") FILTER (WHERE %s)", first, through), fmt.Sprintf("count(DISTINCT %s.\"an object\")", first))
}

// length is the SQL of a length of time. Days are those of the calendar.
func length(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("INTERVAL %d DAY", d/(24*time.Hour))
	}
	return fmt.Sprintf("INTERVAL %d SECOND", d/time.Second)
}
