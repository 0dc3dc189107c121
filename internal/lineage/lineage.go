// Package lineage knows who was made from what: sources, their tables, models, tables that nothing of the workspace makes, metrics
// and dashboards.
package lineage

import (
	"cmp"
	"slices"

	"github.com/hosu-io/hosu/internal/dashboard"
	"github.com/hosu-io/hosu/internal/metric"
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

// New is the lineage of a workspace, its metrics and its dashboards.
func New(ws *project.Workspace, metrics *metric.Set, boards []*dashboard.Board) *Graph {
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
	for _, m := range metrics.Metrics() {
		g.metric(m)
	}
	for _, b := range boards {
		g.dashboard(b)
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

// metric adds a metric behind the tables and metrics that it is computed from.
func (g *Graph) metric(m *metric.Metric) {
	into := g.add(Node{Type: Metric, Name: m.Name, Kind: string(m.Kind)})
	for _, table := range m.OwnTables() {
		g.link(g.table(table), into)
	}
	for _, input := range m.Inputs() {
		g.link(g.add(Node{Type: Metric, Name: input.Name, Kind: string(input.Kind)}), into)
	}
}

// dashboard adds a dashboard behind the metrics of its tiles and the tables that their SQL reads.
func (g *Graph) dashboard(b *dashboard.Board) {
	into := g.add(Node{Type: Dashboard, Name: b.Name})
	for _, table := range b.Tables {
		g.link(g.table(table), into)
	}
	for _, name := range b.Metrics() {
		if m := g.nodes[id(Metric, name)]; m != nil {
			g.link(m, into)
		}
	}
}
