// Package lineage knows who was made from what: sources, their tables, models, tables that nothing of the workspace makes, metrics
// and dashboards.
package lineage

import (
	"cmp"
	"slices"

	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/schema"
)

// Type says what a [Node] is.
type Type string

// The types of node.
const (
	Source    Type = "source"
	Table     Type = "table"
	Metric    Type = "metric"
	Dashboard Type = "dashboard"
)

// Node is something that is made, or that others are made from.
type Node struct {
	ID   string // "table:marts.sales"
	Type Type
	Name string
	// Kind is the connector of a source; of a table "source", the write of its model, or "external"; of a metric how it
	// is computed.
	Kind string
}

// Kinds of node that no file spells.
const (
	KindSource   = "source"   // a copied table
	KindExternal = "external" // a table that the workspace reads and does not make
)

// Edge says that To is made from From. Both are ids.
type Edge struct{ From, To string }

// Graph is who was made from what in a workspace. It does not change.
type Graph struct {
	nodes map[string]*vertex // by id
	order []*vertex          // by id
}

type vertex struct {
	Node
	up, down []*vertex // sorted by id
}

// id is that of a name as all spellings of it share it. Only tables have several.
func id(t Type, name string) string {
	if t == Table {
		name = schema.Fold(name)
	}
	return string(t) + ":" + name
}

// New reads the lineage of a workspace.
func New(ws *project.Workspace) *Graph {
	g := &Graph{nodes: map[string]*vertex{}}
	for _, s := range ws.Sources {
		g.add(Node{Type: Source, Name: s.Name, Kind: s.Type})
	}
	for _, a := range ws.Graph.Assets() {
		n := Node{Type: Table, Name: a.Name, Kind: KindSource}
		if a.Model != nil {
			n.Kind = string(a.Model.Write.Kind)
		}
		g.add(n)
	}
	for _, a := range ws.Graph.Assets() {
		into := g.nodes[id(Table, a.Name)]
		if t := a.SourceTable; t != nil && t.Source != nil {
			g.link(g.add(Node{Type: Source, Name: t.Source.Name, Kind: t.Source.Type}), into)
		}
		if a.Model != nil {
			for _, table := range a.Model.Tables {
				g.link(g.table(table), into)
			}
		}
		for _, table := range a.Upstream {
			g.link(g.table(table), into)
		}
	}
	g.metrics(ws.Metrics)
	for _, d := range ws.Dashboards {
		g.dashboard(d)
	}
	for _, v := range g.nodes {
		g.order = append(g.order, v)
		sortVertices(v.up)
		sortVertices(v.down)
	}
	sortVertices(g.order)
	return g
}

func sortVertices(list []*vertex) {
	slices.SortFunc(list, func(a, b *vertex) int { return cmp.Compare(a.ID, b.ID) })
}

// add returns the node with this type and name, which it makes when there is none.
func (g *Graph) add(n Node) *vertex {
	n.ID = id(n.Type, n.Name)
	v := g.nodes[n.ID]
	if v == nil {
		n.ID = string(n.Type) + ":" + n.Name
		v = &vertex{Node: n}
		g.nodes[id(n.Type, n.Name)] = v
	}
	return v
}

func (g *Graph) table(name string) *vertex {
	return g.add(Node{Type: Table, Name: name, Kind: KindExternal})
}

func (g *Graph) link(from, to *vertex) {
	if from == to || slices.Contains(to.up, from) {
		return
	}
	to.up, from.down = append(to.up, from), append(from.down, to)
}

// metrics adds metrics behind the tables and metrics that they are computed from.
func (g *Graph) metrics(files []*project.MetricsFile) {
	objects, activities := map[string]*project.ObjectDef{}, map[string]*project.ActivityDef{}
	for _, f := range files {
		for _, o := range f.Objects {
			objects[o.Name] = o
		}
		for _, a := range f.Activities {
			activities[a.Name] = a
		}
		for _, m := range f.Metrics {
			g.add(Node{Type: Metric, Name: m.Name, Kind: metricKind(m)})
		}
	}
	for _, f := range files {
		for _, m := range f.Metrics {
			into := g.nodes[id(Metric, m.Name)]
			for _, name := range activitiesOf(m) {
				if a := activities[name]; a != nil {
					g.link(g.table(a.Table), into)
					for _, table := range a.Also {
						g.link(g.table(table), into)
					}
				}
			}
			for _, o := range objectsOf(m, activities[m.From.Value], objects) {
				g.link(g.table(o.Table), into)
			}
			for _, table := range m.Also {
				g.link(g.table(table), into)
			}
			for _, token := range m.Expression.Tokens() {
				if of := g.nodes[id(Metric, m.Expression.Value[token.Start:token.End])]; of != nil {
					g.link(of, into)
				}
			}
		}
	}
}

func activitiesOf(m *project.MetricDef) []string {
	switch {
	case m.Retention != nil:
		return []string{m.Retention.First.Value, m.Retention.Then.Value}
	case m.Funnel != nil:
		var names []string
		for _, step := range m.Funnel.Steps {
			names = append(names, step.Value)
		}
		return names
	default:
		return []string{m.From.Value}
	}
}

// objectsOf are the objects whose properties decide the values of a metric: "user.grade" in its own SQL, and also "grade" alone in
// what it is the first of.
func objectsOf(m *project.MetricDef, a *project.ActivityDef, objects map[string]*project.ObjectDef) []*project.ObjectDef {
	if a == nil {
		return nil
	}
	named := func(list []*project.FieldDef, name string) bool {
		return slices.ContainsFunc(list, func(f *project.FieldDef) bool { return f.Name == name })
	}
	var found []*project.ObjectDef
	for _, text := range append([]project.Text{m.Argument, m.Where}, m.FirstPer...) {
		tokens := text.Tokens()
		word := func(i int) string {
			if i < 0 || i >= len(tokens) {
				return ""
			}
			return text.Value[tokens[i].Start:tokens[i].End]
		}
		for i := range tokens {
			if o := objects[word(i)]; o != nil && named(a.Objects, o.Name) && word(i+1) == "." && word(i-1) != "." {
				found = append(found, o)
			}
		}
	}
	for _, per := range m.FirstPer {
		for _, ref := range a.Objects {
			if o := objects[ref.Name]; o != nil && named(o.Dimensions, per.Value) && !named(a.Dimensions, per.Value) {
				found = append(found, o)
			}
		}
	}
	return found
}

func metricKind(m *project.MetricDef) string {
	switch {
	case m.Retention != nil:
		return "retention"
	case m.Funnel != nil:
		return "funnel"
	case m.Expression.Value != "":
		return "expression"
	default:
		return "aggregate"
	}
}

// dashboard adds a dashboard behind the metrics of its tiles and the tables that their SQL reads.
func (g *Graph) dashboard(d *project.Dashboard) {
	into := g.add(Node{Type: Dashboard, Name: d.Name})
	for _, table := range d.Tables {
		g.link(g.table(table), into)
	}
	for _, row := range items(d.Doc["rows"]) {
		fields, _ := row.(map[string]any)
		for _, tile := range items(fields["tiles"]) {
			shown, _ := tile.(map[string]any)
			for _, name := range append(items(shown["metrics"]), items(shown["metric"])...) {
				if text, ok := name.(string); ok {
					if m := g.nodes[id(Metric, text)]; m != nil {
						g.link(m, into)
					}
				}
			}
		}
	}
}

// items are the elements of a list, or one value that stands for a list of it.
func items(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	default:
		return []any{value}
	}
}
