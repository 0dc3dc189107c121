package metric

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/engine"
)

// Retention and funnels are written with windows over the activities of all steps together. Joins with the next moment (ASOF)
// would be shorter, but in DuckDB 1.5 a moment that is NULL, which is a step not taken, joins the earliest row.

// participation is when an object took part in an activity: a SELECT of the object, at the name of the column given, and the
// dimensions of the question, which are those of the first step.
func (p *part) participation(m *Metric, step int, r days, at func(src rows) string, name string) selectSQL {
	a := m.def.steps[step]
	ref, _ := a.reference(m.def.by)
	object := column(ref.value)
	var filters []fragment
	if step == 0 {
		filters = p.filters[a]
	}
	src := p.source(a, r, step == 0, filters...)
	items := []string{at(src) + " AS " + engine.QuoteIdent(name), object + ` AS "an object"`}
	for i, dim := range p.query.By {
		if step == 0 {
			items = append(items, as(src.dims[i], dim))
		} else {
			items = append(items, as("NULL", dim))
		}
	}
	for _, f := range filters {
		src.where = append(src.where, f.sql)
	}
	return selectSQL{items: items, from: src.from, where: append(src.where, object+" IS NOT NULL")}
}

// dimensionNames are the columns of the question's dimensions.
func (c *compiler) dimensionNames() []string {
	var names []string
	for _, name := range c.query.By {
		names = append(names, engine.QuoteIdent(name))
	}
	return names
}

// retention is, of the objects that took part in the first activity on a day, the share that took part in the second a
// number of days later. Days whose time to come back is not over are left out.
func (p *part) retention(m *Metric, suffix string) {
	def := m.def.text.Retention
	p.name = p.compiler.name(m.Name + suffix)
	days, returns := p.compiler.name(p.name+"_days"), p.compiler.name(p.name+"_returns")
	first := p.participation(m, 0, p.span.days, func(src rows) string { return src.date }, "a day")
	then := p.participation(m, 1, p.later(def.Days), func(src rows) string { return src.date }, "a day")
	first.items, then.items = append([]string{`1 AS "a step"`}, first.items...), append([]string{`2 AS "a step"`}, then.items...)
	first.distinct, then.distinct = true, true
	p.add(days, first.String()+"\nUNION ALL\n"+then.String())
	begin := def.Days
	if def.Within {
		begin = 1
	}
	p.add(returns, selectSQL{
		items: append(append([]string{`"a step"`, `"a day"`}, p.dimensionNames()...),
			fmt.Sprintf("count(*) FILTER (WHERE \"a step\" = 2) OVER (\n    PARTITION BY \"an object\" ORDER BY \"a day\" RANGE BETWEEN INTERVAL %d DAY FOLLOWING AND INTERVAL %d DAY FOLLOWING\n  ) > 0 AS \"comes back\"", begin, def.Days)),
		from: engine.QuoteIdent(days),
	}.String())
	p.share(m, returns, `"a day"`, `count(*) FILTER (WHERE "comes back")`, "count(*)",
		`"a step" = 1`, fmt.Sprintf("\"a day\" + %d < current_date", def.Days))
}

// later is the range in which something that follows within days of one in the span can be.
func (p *part) later(n int) days { return days{p.span.from, p.span.to.add(n)} }

// share adds a part that divides two counts of rows of a relation that has the question's dimensions.
func (p *part) share(m *Metric, from, date, part, whole string, where ...string) {
	items := p.keys(rows{dims: p.dimensionNames()}, p.span.axis(date))
	keys := len(items)
	items = append(items, fmt.Sprintf("CAST(%s AS DOUBLE) / nullif(%s, 0) AS %s", part, whole, engine.QuoteIdent(m.Name)))
	p.add(p.name, selectSQL{items: items, from: engine.QuoteIdent(from), where: where, groupBy: positions(keys)}.String())
}

// funnel is, of the objects that took the first step in a period, the share that took all the others too, one after the other.
//
// From the last step back to the first, each row learns when the steps that follow it are done at the earliest.
func (p *part) funnel(m *Metric, suffix string) {
	def := m.def.text.Funnel
	p.name = p.compiler.name(m.Name + suffix)
	last := len(m.def.steps)
	var selects []string
	for i := range m.def.steps {
		r := p.span.days
		switch {
		case i > 0 && def.Within == 0:
			r.to = day{} // any time later
		case i > 0:
			r = p.later(int((def.Within + 24*time.Hour - 1) / (24 * time.Hour)))
		}
		step := p.participation(m, i, r, func(src rows) string { return "CAST(" + src.time + " AS TIMESTAMPTZ)" }, "at")
		done := `CAST(NULL AS TIMESTAMPTZ) AS "done at"`
		if i+1 == last {
			done = strings.TrimSuffix(step.items[0], `AS "at"`) + `AS "done at"`
		}
		step.items = append(append([]string{fmt.Sprintf("%d AS \"a step\"", i+1)}, step.items...), done)
		selects = append(selects, step.String())
	}
	from := p.compiler.name(p.name + "_steps")
	p.add(from, strings.Join(selects, "\nUNION ALL\n"))
	for i := last - 1; i > 0; i-- {
		follows := "CURRENT ROW"
		if m.def.steps[i] == m.def.steps[i-1] {
			follows = "INTERVAL 1 MICROSECOND FOLLOWING"
		}
		columns := append([]string{`"a step"`, `"at"`, `"an object"`}, p.dimensionNames()...)
		done := fmt.Sprintf("CASE WHEN \"a step\" = %d THEN min(\"done at\") FILTER (WHERE \"a step\" = %d) OVER (\n    PARTITION BY \"an object\" ORDER BY \"at\" RANGE BETWEEN %s AND UNBOUNDED FOLLOWING\n  ) ELSE \"done at\" END AS \"done at\"", i, i+1, follows)
		sql := selectSQL{items: append(slices.Clone(columns), done), from: engine.QuoteIdent(from)}
		if i == 1 {
			from = p.compiler.name(p.name + "_journeys")
		} else {
			from = p.compiler.name(fmt.Sprintf("%s_from_step%d", p.name, i))
		}
		p.add(from, sql.String())
	}
	through := `"done at" IS NOT NULL`
	if def.Within > 0 {
		through = `"done at" <= "at" + ` + length(def.Within)
	}
	p.share(m, from, date(`"at"`, p.span.days, p.set.location, true),
		fmt.Sprintf("count(DISTINCT \"an object\") FILTER (WHERE %s)", through), `count(DISTINCT "an object")`, `"a step" = 1`)
}

// length is the SQL of a length of time. Days are those of the calendar.
func length(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("INTERVAL %d DAY", d/(24*time.Hour))
	}
	return fmt.Sprintf("INTERVAL %d SECOND", d/time.Second)
}
