package lineage

import (
	"cmp"
	"slices"
)

// View is a part of a [Graph].
type View struct {
	Nodes []ViewNode // by id
	Edges []Edge     // all those among the nodes
	Total int        // nodes of the whole graph
}

// ViewNode is a node of a view. MoreUp and MoreDown say that it is made from, or that others are made from it, what the view
// does not show.
type ViewNode struct {
	Node
	MoreUp, MoreDown bool
}

// Around is the neighbourhood of a node: what it is made from, up edges back, and what is made from it, down edges on; at most limit
// nodes, the nearest. ok is false when there is no such node.
func (g *Graph) Around(t Type, name string, up, down, limit int) (v View, ok bool) {
	focus := g.nodes[id(t, name)]
	if focus == nil {
		return View{}, false
	}
	shown := map[*vertex]bool{focus: true}
	walk := func(depth int, next func(*vertex) []*vertex) {
		layer := []*vertex{focus}
		for ; depth > 0 && len(layer) > 0; depth-- {
			var further []*vertex
			for _, at := range layer {
				for _, v := range next(at) {
					if !shown[v] && len(shown) < limit {
						shown[v] = true
						further = append(further, v)
					}
				}
			}
			layer = further
		}
	}
	walk(up, func(v *vertex) []*vertex { return v.up })
	walk(down, func(v *vertex) []*vertex { return v.down })
	return g.view(shown), true
}

// Whole is the whole graph, or when it has more than limit nodes those with the most edges.
func (g *Graph) Whole(limit int) View {
	list := slices.Clone(g.order)
	if len(list) > limit {
		slices.SortStableFunc(list, func(a, b *vertex) int {
			return cmp.Compare(len(b.up)+len(b.down), len(a.up)+len(a.down))
		})
		list = list[:limit]
	}
	shown := make(map[*vertex]bool, len(list))
	for _, v := range list {
		shown[v] = true
	}
	return g.view(shown)
}

func (g *Graph) view(shown map[*vertex]bool) View {
	hidden := func(v *vertex) bool { return !shown[v] }
	view := View{Nodes: []ViewNode{}, Edges: []Edge{}, Total: len(g.order)}
	for _, v := range g.order {
		if hidden(v) {
			continue
		}
		view.Nodes = append(view.Nodes, ViewNode{Node: v.Node, MoreUp: slices.ContainsFunc(v.up, hidden), MoreDown: slices.ContainsFunc(v.down, hidden)})
		for _, up := range v.up {
			if shown[up] {
				view.Edges = append(view.Edges, Edge{From: up.ID, To: v.ID})
			}
		}
	}
	return view
}
