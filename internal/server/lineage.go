package server

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/inspect"
	"github.com/hosu-io/hosu/internal/lineage"
	"github.com/hosu-io/hosu/internal/schema"
)

func (s *Server) registerLineage(api huma.API) {
	op := get("/lineage", "getLineage", "Who is made from what")
	op.Tags = []string{"lineage"}
	op.Description = "The neighbourhood of a table, metric, dashboard or source; without a focus the whole graph, or of a large one the nodes with the most edges."
	register(api, op, s.getLineage)
}

// maxNodes is how many nodes a lineage shows.
const maxNodes = 500

// lineageView is a part of the graph of who is made from what.
type lineageView struct {
	Focus string        `json:"focus,omitempty" doc:"The id of the node that was asked for."`
	Nodes []lineageNode `json:"nodes"`
	Edges []lineageEdge `json:"edges"`
	Total int           `json:"total" doc:"Nodes of the whole graph."`
}

// lineageNode is something that is made, or that others are made from.
type lineageNode struct {
	ID        string     `json:"id" example:"table:marts.daily_sales"`
	Type      string     `json:"type" enum:"source,table,metric,dashboard"`
	Name      string     `json:"name" example:"marts.daily_sales"`
	Label     *labelText `json:"label,omitempty" doc:"What people call it."`
	Kind      string     `json:"kind" doc:"The connector of a source; of a table source, the write of its model, or external; how a metric is computed."`
	Status    string     `json:"status" doc:"Where the asset stands, as in the list of assets; empty of what is none."`
	Rows      *int64     `json:"rows,omitempty" doc:"Of a table that exists."`
	UpdatedAt time.Time  `json:"updated_at,omitzero" doc:"Of a table that exists."`
	MoreUp    bool       `json:"more_up" doc:"It is made from something that is not shown."`
	MoreDown  bool       `json:"more_down" doc:"Something that is not shown is made from it."`
}

// lineageEdge says that one node is made from another.
type lineageEdge struct {
	From string `json:"from"`
	To   string `json:"to" doc:"What is made."`
}

func (s *Server) getLineage(ctx context.Context, in *struct {
	Focus string `query:"focus" doc:"The name of the node in the middle." example:"marts.daily_sales"`
	Type  string `query:"type" enum:"table,metric,dashboard,source" default:"table" doc:"Of the focus."`
	Up    int    `query:"up" minimum:"0" maximum:"50" default:"1" doc:"How many edges back."`
	Down  int    `query:"down" minimum:"0" maximum:"50" default:"1" doc:"How many edges on."`
}) (*answer[lineageView], error) {
	services := s.services()
	tables, err := services.Inspect.Sizes(ctx)
	if err != nil {
		return nil, err
	}
	var view lineage.View
	focus := ""
	if in.Focus == "" {
		view = services.Lineage.Whole(maxNodes)
	} else {
		found := false
		view, found = services.Lineage.Around(lineage.Type(in.Type), in.Focus, in.Up, in.Down, maxNodes)
		if !found {
			view, found = stranger(in.Type, in.Focus, tables)
		}
		if !found {
			return nil, notFound("there is no "+in.Type+" "+in.Focus, "")
		}
		for _, n := range view.Nodes {
			if string(n.Type) == in.Type && (n.Name == in.Focus || n.Type == lineage.Table && schema.Fold(n.Name) == schema.Fold(in.Focus)) {
				focus = n.ID
			}
		}
	}
	assets, err := services.Inspect.Assets(ctx)
	if err != nil {
		return nil, err
	}
	return &answer[lineageView]{Body: withFacts(services, view, focus, tables, assets)}, nil
}

// stranger is the view of a table that the catalog has and the workspace knows nothing of.
func stranger(typ, name string, tables []inspect.Size) (lineage.View, bool) {
	for _, t := range tables {
		if typ == string(lineage.Table) && strings.EqualFold(t.Name, name) {
			return lineage.View{Nodes: []lineage.ViewNode{{Node: lineage.Node{
				ID: "table:" + t.Name, Type: lineage.Table, Name: t.Name, Kind: lineage.KindExternal,
			}}}}, true
		}
	}
	return lineage.View{}, false
}

// withFacts adds to a view what things are called, how large tables are and where assets stand.
func withFacts(services *Services, view lineage.View, focus string, tables []inspect.Size, assets []inspect.Asset) lineageView {
	facts := make(map[string]inspect.Size, len(tables))
	for _, t := range tables {
		facts[schema.Fold(t.Name)] = t
	}
	standings := make(map[string]string, len(assets))
	for _, a := range assets {
		standings[schema.Fold(a.Asset)] = string(a.Status)
	}
	shown := lineageView{Focus: focus, Nodes: []lineageNode{}, Edges: []lineageEdge{}, Total: view.Total}
	for _, n := range view.Nodes {
		node := lineageNode{ID: n.ID, Type: string(n.Type), Name: n.Name, Kind: n.Kind, MoreUp: n.MoreUp, MoreDown: n.MoreDown}
		switch n.Type {
		case lineage.Metric:
			if m, ok := services.Metrics.Metric(n.Name); ok {
				node.Label = labelOrNone(m.Label)
			}
		case lineage.Dashboard:
			if b, err := services.Dashboards.Board(n.Name); err == nil {
				node.Label = labelOrNone(b.Label)
			}
		case lineage.Table:
			node.Status = standings[schema.Fold(n.Name)]
			if t, ok := facts[schema.Fold(n.Name)]; ok {
				node.UpdatedAt = t.UpdatedAt
				if t.Kind == catalog.KindTable {
					node.Rows = &t.Rows
				}
			}
		}
		shown.Nodes = append(shown.Nodes, node)
	}
	for _, e := range view.Edges {
		shown.Edges = append(shown.Edges, lineageEdge(e))
	}
	return shown
}
