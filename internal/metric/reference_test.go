package metric_test

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/metric"
)

// This file answers questions about metrics the slow and obvious way: rows in memory, loops over periods and
// combinations of dimensions, and sets. It shares nothing with the package but the types of questions.

// value is NULL, an exact number, a float64, a string or a bool.
type value any

// row is a row of a table.
type row map[string]value

// event is a row of an activity.
type event struct {
	row
	date civil     // on the clocks of the workspace
	at   time.Time // the moment
}

// civil is a date.
type civil struct{ time.Time }

func on(t time.Time) civil {
	return civil{time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)}
}

func (c civil) plus(days int) civil { return civil{c.AddDate(0, 0, days)} }

func (c civil) String() string { return c.Format(time.DateOnly) }

// company is the data of a test, and what its metrics mean.
type company struct {
	zone       *time.Location
	activities map[string]*activityModel
	metrics    map[string]metricModel
}

// activityModel has its dimensions by every name that they may be called by.
type activityModel struct {
	events     []event
	dimensions map[string]func(event) value
}

// metricModel is one metric; exactly one of the groups of fields is set.
type metricModel struct {
	activity  string
	where     func(event) bool
	value     func(event) value // nil in count(*)
	aggregate string
	window    int
	firstPer  []func(event) value
	notNull   []int // of firstPer: those that are objects

	formula func(of func(string) value) value
	inputs  []string

	steps    []string
	by       func(event) value
	after    int
	within   int           // of a retention
	lasting  time.Duration // of a funnel
	isFunnel bool
}

// fillsZero says that the metric is 0 where nothing happened.
func (m metricModel) fillsZero() bool {
	return m.aggregate == "sum" || m.aggregate == "count" || m.aggregate == "distinct"
}

// period is a day, week or month of a result, or the whole range.
type period struct{ start, from, to civil }

// periodsOf cuts a range. Only the first and the last may be shorter than the grain.
func periodsOf(g metric.Grain, from, to civil) []period {
	if g == metric.Total {
		return []period{{from: from, to: to}}
	}
	start := func(d civil) civil {
		for g == metric.Week && d.Weekday() != time.Monday || g == metric.Month && d.Day() != 1 {
			d = d.plus(-1)
		}
		return d
	}
	var list []period
	for d := from; d.Before(to.Time); d = d.plus(1) {
		if n := len(list); n > 0 && list[n-1].start == start(d) {
			list[n-1].to = d.plus(1)
		} else {
			list = append(list, period{start(d), d, d.plus(1)})
		}
	}
	return list
}

func previousRange(from, to civil) (civil, civil) {
	if from.Day() == 1 && to.Day() == 1 {
		months := 0
		for d := from; d.Before(to.Time); d = (civil{d.AddDate(0, 1, 0)}) {
			months++
		}
		return civil{from.AddDate(0, -months, 0)}, from
	}
	days := 0
	for d := from; d.Before(to.Time); d = d.plus(1) {
		days++
	}
	return from.plus(-days), from
}

// answer is the rows of a result, as text, in order.
func (c *company) answer(q metric.Query) [][]string {
	from, to := on(q.From), on(q.To)
	periods := periodsOf(q.Grain, from, to)
	var before []period
	if q.Compare {
		before = periodsOf(q.Grain, first(previousRange(from, to)), from)
	}
	// A cell is a leaf's value for a period and a combination of dimensions.
	leaves := c.leaves(q.Metrics)
	groups := map[string][]value{}
	cells := map[string]value{}
	for span, list := range map[string][]period{"": periods, "previous": before} {
		for _, leaf := range leaves {
			for i, p := range list {
				for key, found := range c.compute(leaf, p, q, periods, list) {
					groups[key] = found.dims
					cells[fmt.Sprintf("%s %s %d %s", span, leaf, i, key)] = found.value
				}
			}
		}
	}
	if len(q.By) == 0 {
		groups = map[string][]value{"": nil}
	}
	var rows [][]value
	for i, p := range periods {
		for key, dims := range groups {
			var r []value
			if q.Grain != metric.Total {
				r = append(r, p.start.String())
			}
			r = append(r, dims...)
			for _, name := range q.Metrics {
				r = append(r, c.evaluate(name, func(leaf string) value { return c.cell(cells, leaf, fmt.Sprintf(" %s %d %s", leaf, i, key)) }))
				if q.Compare {
					if i >= len(before) {
						r = append(r, nil)
						continue
					}
					r = append(r, c.evaluate(name, func(leaf string) value { return c.cell(cells, leaf, fmt.Sprintf("previous %s %d %s", leaf, i, key)) }))
				}
			}
			rows = append(rows, r)
		}
	}
	return c.arrange(q, rows)
}

func first[A, B any](a A, _ B) A { return a }

func (c *company) cell(cells map[string]value, leaf, key string) value {
	v := cells[key]
	if v == nil && c.metrics[leaf].fillsZero() {
		return new(big.Rat)
	}
	return v
}

func (c *company) leaves(names []string) []string {
	var list []string
	for _, name := range names {
		if m := c.metrics[name]; m.formula != nil {
			list = append(list, c.leaves(m.inputs)...)
		} else {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (c *company) evaluate(name string, leaf func(string) value) value {
	if m := c.metrics[name]; m.formula != nil {
		return m.formula(func(input string) value { return c.evaluate(input, leaf) })
	}
	return leaf(name)
}

// found is a value for a combination of dimensions.
type found struct {
	dims  []value
	value value
}

// compute is a leaf in one period, for every combination of dimensions of which there are events.
func (c *company) compute(leaf string, p period, q metric.Query, _, _ []period) map[string]found {
	m := c.metrics[leaf]
	subject := m.activity
	if subject == "" {
		subject = m.steps[0]
	}
	a := c.activities[subject]
	window := p
	if m.window > 0 {
		window.from = p.to.plus(-m.window)
	}
	events := map[string][]event{}
	dims := map[string][]value{}
	for _, e := range c.qualifying(m, a) {
		if e.date.Before(window.from.Time) || !e.date.Before(window.to.Time) || !passes(a, e, q.Where) {
			continue
		}
		if m.by != nil && m.by(e) == nil {
			continue
		}
		if m.window > 0 && m.aggregate == "distinct" && q.Grain != metric.Total && m.value(e) == nil {
			continue
		}
		var combination []value
		for _, name := range q.By {
			combination = append(combination, a.dimensions[name](e))
		}
		key := text(combination)
		events[key], dims[key] = append(events[key], e), combination
	}
	if len(q.By) == 0 && q.Grain == metric.Total && len(events) == 0 {
		events[""] = nil
	}
	result := map[string]found{}
	for key, list := range events {
		var v value
		switch {
		case m.isFunnel:
			v = c.funnel(m, list)
		case m.steps != nil:
			v = c.retention(m, list)
		default:
			v = aggregate(m, list, q.Grain != metric.Total)
		}
		result[key] = found{dims[key], v}
	}
	return result
}

// qualifying are the events of an activity that a metric is about.
func (c *company) qualifying(m metricModel, a *activityModel) []event {
	var list []event
	for _, e := range a.events {
		if m.where == nil || m.where(e) {
			list = append(list, e)
		}
	}
	if m.firstPer == nil {
		return list
	}
	earliest := map[string]time.Time{}
	per := func(e event) (string, bool) {
		var key []value
		for i, of := range m.firstPer {
			v := of(e)
			if v == nil && slices.Contains(m.notNull, i) {
				return "", false
			}
			key = append(key, v)
		}
		return text(key), true
	}
	for _, e := range list {
		if key, ok := per(e); ok {
			if t, seen := earliest[key]; !seen || e.at.Before(t) {
				earliest[key] = e.at
			}
		}
	}
	return slices.DeleteFunc(list, func(e event) bool {
		key, ok := per(e)
		return !ok || !earliest[key].Equal(e.at)
	})
}

func passes(a *activityModel, e event, filters []metric.Filter) bool {
	for _, f := range filters {
		v := a.dimensions[f.Dimension](e)
		have := ""
		if v != nil {
			have = plain(v)
		}
		if !slices.Contains(f.In, have) {
			return false
		}
	}
	return true
}

func aggregate(m metricModel, events []event, sliding bool) value {
	var values []value
	for _, e := range events {
		if m.value == nil {
			values = append(values, true)
		} else if v := m.value(e); v != nil {
			values = append(values, v)
		}
	}
	switch m.aggregate {
	case "count":
		return rat(int64(len(values)))
	case "distinct":
		set := map[string]bool{}
		for _, v := range values {
			set[plain(v)] = true
		}
		return rat(int64(len(set)))
	}
	if len(values) == 0 {
		return nil
	}
	if f, isFloat := values[0].(float64); isFloat {
		total, least, most := 0.0, f, f
		for _, v := range values {
			total, least, most = total+v.(float64), min(least, v.(float64)), max(most, v.(float64))
		}
		return map[string]value{"sum": total, "min": least, "max": most, "avg": total / float64(len(values))}[m.aggregate]
	}
	total, least, most := new(big.Rat), values[0].(*big.Rat), values[0].(*big.Rat)
	for _, v := range values {
		n := v.(*big.Rat)
		total = new(big.Rat).Add(total, n)
		if n.Cmp(least) < 0 {
			least = n
		}
		if n.Cmp(most) > 0 {
			most = n
		}
	}
	switch m.aggregate {
	case "sum":
		return total
	case "min":
		return least
	case "max":
		return most
	default:
		return float(total) / float64(len(values))
	}
}

// retention is over the days on which an object took part: one for each object and day.
func (c *company) retention(m metricModel, events []event) value {
	type visit struct{ who, day string }
	when := map[visit]civil{}
	for _, e := range events {
		when[visit{plain(m.by(e)), e.date.String()}] = e.date
	}
	back := map[visit]bool{}
	for _, e := range c.activities[m.steps[1]].events {
		if who := m.by(e); who != nil {
			back[visit{plain(who), e.date.String()}] = true
		}
	}
	returned := 0
	for v, day := range when {
		came := m.after > 0 && back[visit{v.who, day.plus(m.after).String()}]
		for n := 1; n <= m.within; n++ {
			came = came || back[visit{v.who, day.plus(n).String()}]
		}
		if came {
			returned++
		}
	}
	return share(returned, len(when))
}

// funnel is over objects: whether one of the events was followed by all steps.
func (c *company) funnel(m metricModel, events []event) value {
	through := map[string]bool{}
	for _, e := range events {
		who := plain(m.by(e))
		through[who] = through[who] || c.follows(m, who, 1, e.at, e.at)
	}
	n := 0
	for _, ok := range through {
		if ok {
			n++
		}
	}
	return share(n, len(through))
}

// follows tries every event of a step.
func (c *company) follows(m metricModel, who string, step int, begun, last time.Time) bool {
	if step == len(m.steps) {
		return true
	}
	for _, e := range c.activities[m.steps[step]].events {
		if w := m.by(e); w == nil || plain(w) != who || e.at.Before(last) {
			continue
		}
		if m.steps[step] == m.steps[step-1] && e.at.Equal(last) {
			continue
		}
		if m.lasting > 0 && e.at.After(later(begun.In(c.zone), m.lasting)) {
			continue
		}
		if c.follows(m, who, step+1, begun, e.at) {
			return true
		}
	}
	return false
}

func later(t time.Time, d time.Duration) time.Time {
	if d%(24*time.Hour) == 0 {
		return t.AddDate(0, 0, int(d/(24*time.Hour)))
	}
	return t.Add(d)
}

func share(n, of int) value {
	if of == 0 {
		return nil
	}
	return float64(n) / float64(of)
}

func rat(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

func float(v value) float64 {
	switch x := v.(type) {
	case *big.Rat:
		f, _ := x.Float64()
		return f
	case float64:
		return x
	}
	panic(fmt.Sprintf("%T is no number", v))
}

// plain is a value as text; numbers without zeros at their end.
func plain(v value) string {
	switch x := v.(type) {
	case nil:
		return "∅"
	case *big.Rat:
		if x.IsInt() {
			return x.Num().String()
		}
		return strings.TrimRight(x.FloatString(10), "0")
	case float64:
		return strconv.FormatFloat(x, 'g', 12, 64)
	default:
		return fmt.Sprint(v)
	}
}

func text(values []value) string {
	var parts []string
	for _, v := range values {
		parts = append(parts, plain(v))
	}
	return strings.Join(parts, "\x00")
}
