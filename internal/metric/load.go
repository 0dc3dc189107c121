package metric

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/text/currency"

	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/schema"
)

// definition is how a metric is computed; which fields are set depends on the metric's kind.
type definition struct {
	text *project.MetricDef

	// Aggregate.
	activity *activity
	value    fragment // the argument; empty SQL in count
	where    fragment // empty SQL when there is none
	firstPer []dimension

	// Expression.
	expression node

	// Retention and Funnel: by is an object, steps are its activities.
	steps []*activity
	by    string
}

// object is who or what takes part in activities.
type object struct {
	*project.ObjectDef
	label Label
	// unique says that the table has no two rows of one key.
	unique bool
}

// activity is what happens.
type activity struct {
	*project.ActivityDef
	objects []reference
}

// reference is an object that takes part in an activity.
type reference struct {
	*object
	value project.Text // the object's key, of the activity's table
}

// Load gives the metrics files of a workspace their meaning. Its error is a *[project.Errors] with all that is wrong.
func Load(ws *project.Workspace) (*Set, error) {
	l := &loader{
		ws:      ws,
		objects: map[string]*object{}, activities: map[string]*activity{}, seen: map[string]*Metric{},
		set: &Set{byName: map[string]*Metric{}, location: ws.Location, zone: ws.TimeZone},
	}
	for _, file := range ws.Metrics {
		for _, def := range file.Objects {
			l.objects[def.Name] = &object{ObjectDef: def, label: label(def.Label, def.Name), unique: l.unique(def)}
		}
	}
	for _, file := range ws.Metrics {
		for _, def := range file.Activities {
			l.activity(def)
		}
	}
	for _, file := range ws.Metrics {
		for _, def := range file.Metrics {
			l.declare(def)
		}
	}
	for _, m := range l.set.metrics {
		l.define(m)
	}
	for _, m := range l.set.metrics {
		l.acyclic(m, nil)
	}
	if err := project.NewErrors(l.bad); err != nil {
		return nil, err
	}
	for _, m := range l.set.metrics {
		describe(m)
	}
	return l.set, nil
}

type loader struct {
	ws         *project.Workspace
	set        *Set
	objects    map[string]*object
	activities map[string]*activity
	seen       map[string]*Metric // by name without case, as SQL compares names
	checked    []*Metric          // known to be free of cycles
	bad        []project.Problem
}

func (l *loader) problem(pos project.Pos, hint, format string, args ...any) {
	l.bad = append(l.bad, project.Problem{Pos: pos, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// unique says whether the workspace promises that an object's key is unique in its table. Without a promise statements
// make it so, which costs an aggregation over the table.
func (l *loader) unique(o *project.ObjectDef) bool {
	asset, ok := l.ws.Graph.Asset(o.Table)
	if !ok || !o.Key.Word() {
		return false
	}
	only := func(key []string) bool { return len(key) == 1 && schema.Fold(key[0]) == schema.Fold(o.Key.Value) }
	switch {
	case asset.Model != nil && asset.Model.Write.Kind != project.WriteView:
		return only(asset.Model.Write.Key) || slices.ContainsFunc(asset.Model.Columns, func(c *project.ColumnContract) bool {
			return c.Unique && only([]string{c.Name})
		})
	case asset.SourceTable != nil:
		return asset.SourceTable.Mode == project.Incremental && only(asset.SourceTable.Key)
	}
	return false
}

// timeColumn is the name of the column of periods in a result.
const timeColumn = "time"

func (l *loader) activity(def *project.ActivityDef) {
	a := &activity{ActivityDef: def}
	for _, ref := range def.Objects {
		if o := l.objects[ref.Name]; o != nil {
			a.objects = append(a.objects, reference{o, ref.Value})
		}
	}
	for _, d := range def.Dimensions {
		if schema.Fold(d.Name) == timeColumn {
			l.problem(d.Pos, "give it another name", "a dimension cannot be called %q: results have a column of that name", d.Name)
		}
	}
	l.activities[def.Name] = a
}

// declare makes a metric known by its name.
func (l *loader) declare(def *project.MetricDef) {
	m := &Metric{
		Name: def.Name, Label: label(def.Label, def.Name), Description: description(def.Description), Format: def.Format.Value,
		Owner: def.Owner, Tags: def.Tags, Pos: def.Pos, def: &definition{text: def}, Dimensions: []Dimension{}, Tables: []string{},
	}
	if m.Tags == nil {
		m.Tags = []string{}
	}
	key := schema.Fold(def.Name)
	if other := l.seen[key]; other != nil {
		l.problem(def.Pos, "the other is at "+other.Pos.String(), "metrics %q and %q have one name to SQL", other.Name, def.Name)
		return
	}
	if key == timeColumn {
		l.problem(def.Pos, "give it another name", "a metric cannot be called %q: results have a column of that name", def.Name)
		return
	}
	l.seen[key], l.set.byName[def.Name] = m, m
	l.set.metrics = append(l.set.metrics, m)
	if f := def.Format; f.Value != "" && !KnownFormat(f.Value) {
		l.problem(f.Pos(), project.Hints(`expected "number", "count", "percent" or a currency such as "krw"`, project.DidYouMean(project.Nearest(f.Value, Formats()))), "format %q is not known", f.Value)
	}
}

// Formats are how values of metrics can be shown; of the currencies, which are all that ISO 4217 has, the most likely ones.
func Formats() []string { return []string{"number", "count", "percent", "krw", "usd", "eur", "jpy"} }

// KnownFormat says whether values can be shown in a format.
func KnownFormat(format string) bool {
	if slices.Contains(Formats(), format) {
		return true
	}
	_, err := currency.ParseISO(format)
	return err == nil && format == strings.ToLower(format)
}

// define resolves what a metric refers to.
func (l *loader) define(m *Metric) {
	d := m.def
	text := d.text
	switch {
	case text.From.Value != "":
		m.Kind = Aggregate
		if d.activity = l.activities[text.From.Value]; d.activity == nil {
			return
		}
		d.value = l.fragment(d.activity, text.Argument)
		d.where = l.fragment(d.activity, text.Where)
		for _, per := range text.FirstPer {
			dim, err := d.activity.dimension(per.Value)
			if err != nil {
				l.problem(per.Pos(), err.Hint, "%s", err.Message)
				continue
			}
			d.firstPer = append(d.firstPer, dim)
		}
	case text.Expression.Value != "":
		m.Kind = Expression
		bad := len(l.bad)
		d.expression = l.parseExpression(text.Expression)
		if len(m.Inputs()) == 0 && len(l.bad) == bad {
			l.problem(text.Expression.Pos(), "expected arithmetic over other metrics", "the expression %q names no metric", text.Expression.Value)
		}
	case text.Retention != nil:
		m.Kind, d.by = Retention, text.Retention.By.Value
		l.steps(d, text.Retention.By, text.Retention.First, text.Retention.Then)
	case text.Funnel != nil:
		m.Kind, d.by = Funnel, text.Funnel.By.Value
		l.steps(d, text.Funnel.By, text.Funnel.Steps...)
	}
}

// steps resolves activities in which an object must take part.
func (l *loader) steps(d *definition, by project.Text, steps ...project.Text) {
	for _, step := range steps {
		a := l.activities[step.Value]
		if a == nil || l.objects[by.Value] == nil {
			continue
		}
		if _, ok := a.reference(by.Value); !ok {
			l.problem(step.Pos(), project.Hints(expected(a.objectNames()), fmt.Sprintf("or add %q to its objects", by.Value)), "activity %q has no object %q", a.Name, by.Value)
			continue
		}
		d.steps = append(d.steps, a)
	}
}

// acyclic reports a metric that is computed from itself.
func (l *loader) acyclic(m *Metric, path []*Metric) {
	if at := slices.Index(path, m); at >= 0 {
		var steps []string
		for _, step := range append(path[at:], m) {
			steps = append(steps, fmt.Sprintf("%s (%s:%d)", step.Name, step.Pos.File, step.Pos.Line))
		}
		l.problem(m.def.text.Expression.Pos(), "remove one of these references", "metrics are computed from each other: %s", strings.Join(steps, " → "))
		return
	}
	if slices.Contains(l.checked, m) {
		return
	}
	path = append(slices.Clone(path), m)
	for _, input := range m.Inputs() {
		l.acyclic(input, path)
	}
	l.checked = append(l.checked, m)
}

// Inputs are the metrics that an expression names, each once, in order; none of other metrics.
func (m *Metric) Inputs() []*Metric {
	var list []*Metric
	if m.def.expression != nil {
		m.def.expression.metrics(func(input *Metric) {
			if !slices.Contains(list, input) {
				list = append(list, input)
			}
		})
	}
	return list
}

// OwnTables are the tables that decide the metric's values when nobody breaks it down, sorted: those of its activities, of what its own
// SQL reads, and of the objects whose dimensions that SQL names. An expression has none: its Inputs do.
func (m *Metric) OwnTables() []string {
	tables := map[string]bool{}
	for _, a := range m.activities() {
		addTables(tables, a.Table)
		addTables(tables, a.Also...)
	}
	addTables(tables, m.def.text.Also...)
	fragments := []fragment{m.def.value, m.def.where}
	for _, per := range m.def.firstPer {
		fragments = append(fragments, per.fragment)
	}
	for _, f := range fragments {
		for _, n := range f.needs {
			addTables(tables, n.Table)
		}
	}
	return slices.Sorted(maps.Keys(tables))
}

func addTables(tables map[string]bool, names ...string) {
	for _, name := range names {
		tables[name] = true
	}
}

// activities are those whose rows a metric is computed from; an expression has none.
func (m *Metric) activities() []*activity {
	if m.Kind == Aggregate {
		return []*activity{m.def.activity}
	}
	return m.def.steps
}

// leaves are the metrics that are computed from rows of which m is made; m itself unless it is an expression.
func (m *Metric) leaves() []*Metric {
	if m.Kind != Expression {
		return []*Metric{m}
	}
	var list []*Metric
	for _, input := range m.Inputs() {
		for _, leaf := range input.leaves() {
			if !slices.Contains(list, leaf) {
				list = append(list, leaf)
			}
		}
	}
	return list
}

// subject is the activity whose dimensions a leaf has.
func (m *Metric) subject() *activity { return m.activities()[0] }

// describe fills in what follows from the definitions.
func describe(m *Metric) {
	leaves := m.leaves()
	tables := map[string]bool{}
	for i, leaf := range leaves {
		dims := leaf.subject().dimensions()
		if i == 0 {
			m.Dimensions = append(m.Dimensions, dims...)
		} else {
			m.Dimensions = slices.DeleteFunc(m.Dimensions, func(d Dimension) bool {
				return !slices.ContainsFunc(dims, func(o Dimension) bool { return o.Name == d.Name })
			})
		}
		addTables(tables, leaf.OwnTables()...)
		for _, a := range leaf.activities() {
			for _, o := range a.objects {
				if len(o.Dimensions) > 0 {
					addTables(tables, o.Table)
				}
			}
		}
	}
	m.Tables = slices.Sorted(maps.Keys(tables))
	m.Additive = m.additive()
	if m.Format == "" {
		m.Format = defaultFormat(m)
	}
}

func (m *Metric) additive() bool {
	if m.Kind == Expression {
		return m.def.expression.additive()
	}
	a := m.def.text.Aggregate
	return m.Kind == Aggregate && m.def.text.Window == 0 && (a == "sum" || a == "count")
}

// fills says that the metric is 0 where nothing happened.
func (m *Metric) fills() bool {
	if m.Kind != Aggregate {
		return false
	}
	switch m.def.text.Aggregate {
	case "sum", "count", "distinct":
		return true
	}
	return false
}

func defaultFormat(m *Metric) string {
	switch {
	case m.Kind == Retention || m.Kind == Funnel:
		return "percent"
	case m.Kind == Aggregate && (m.def.text.Aggregate == "count" || m.def.text.Aggregate == "distinct"):
		return "count"
	default:
		return "number"
	}
}

// label completes a text for people, so that every language has one.
func label(texts map[string]string, name string) Label {
	all := Label{}
	english := cmp.Or(texts["en"], texts[""], name)
	for _, language := range []string{"en", "ko"} {
		all[language] = cmp.Or(texts[language], english)
	}
	return all
}

// description is a text in every language, in that which there is where one is missing; nil for none.
func description(texts map[string]string) Label {
	if len(texts) == 0 {
		return nil
	}
	english := cmp.Or(texts["en"], texts[""], texts["ko"])
	return Label{"en": english, "ko": cmp.Or(texts["ko"], english)}
}

// choice is the hint for a name that is not among those known: what was meant, or else which there are when they are few.
func choice(name string, known []string) string {
	if meant := project.DidYouMean(project.Nearest(name, known)); meant != "" || len(known) > 12 {
		return meant
	}
	return expected(known)
}

func expected(known []string) string {
	if len(known) == 0 {
		return ""
	}
	return "expected " + project.OneOf(known)
}
