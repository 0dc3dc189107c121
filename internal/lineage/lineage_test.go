package lineage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/dashboard"
	"github.com/hosu-io/hosu/internal/lineage"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/project"
)

// shop is: source shop → raw.orders → core.lines → marts.sales, which with outside.rates makes a metric that another metric
// is computed from; a dashboard shows one of them, and reads core.lines in SQL.
func shop(t *testing.T) (*project.Workspace, []*dashboard.Board) {
	t.Helper()
	source := &project.Source{Name: "shop", Type: "postgres", Into: "raw"}
	model := func(name string, upstream ...string) *project.Asset {
		return &project.Asset{Name: name, Upstream: upstream, Model: &project.Model{Name: name, Write: project.Write{Kind: project.WriteFull}, Tables: upstream}}
	}
	rates := model("marts.sales", "core.lines")
	rates.Model.Tables = []string{"core.lines", "outside.rates"}
	graph, err := project.NewGraph([]*project.Asset{
		{Name: "raw.orders", SourceTable: &project.SourceTable{Source: source, Name: "orders", Target: "raw.orders"}},
		model("core.lines", "raw.orders"), rates,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &project.Workspace{
			Graph: graph, Sources: []*project.Source{source}, Location: time.UTC, TimeZone: "UTC",
			Metrics: []*project.MetricsFile{{
				Activities: []*project.ActivityDef{{Name: "sale", Table: "marts.sales"}},
				Metrics: []*project.MetricDef{
					{Name: "revenue", From: project.Text{Value: "sale"}},
					{Name: "half", Expression: project.Text{Value: "revenue / 2"}},
				},
			}},
		}, []*dashboard.Board{{Name: "kpi", Tables: []string{"core.lines"}, Rows: []dashboard.Row{
			{Tiles: []*dashboard.Tile{{Type: dashboard.Line, Metrics: []string{"half"}}, {Type: dashboard.Number, Metrics: []string{"half"}}}},
		}}}
}

// graphOf is the lineage of a workspace.
func graphOf(t *testing.T, ws *project.Workspace, boards []*dashboard.Board) *lineage.Graph {
	t.Helper()
	set, err := metric.Load(ws)
	if err != nil {
		t.Fatal(err)
	}
	return lineage.New(ws, set, boards)
}

// text is a view in a line: nodes, with < and > where there is more, and edges.
func text(v lineage.View) string {
	var parts []string
	for _, n := range v.Nodes {
		name := n.ID
		if n.MoreUp {
			name = "<" + name
		}
		if n.MoreDown {
			name += ">"
		}
		parts = append(parts, name)
	}
	for _, e := range v.Edges {
		parts = append(parts, strings.SplitN(e.From, ":", 2)[1]+"→"+strings.SplitN(e.To, ":", 2)[1])
	}
	return strings.Join(parts, " ")
}

func TestNeighbourhoods(t *testing.T) {
	t.Parallel()
	ws, boards := shop(t)
	g := graphOf(t, ws, boards)
	for _, tc := range []struct {
		typ      lineage.Type
		name     string
		up, down int
		want     string
	}{
		{lineage.Table, "core.lines", 1, 1, "<dashboard:kpi table:core.lines <table:marts.sales> <table:raw.orders core.lines→kpi raw.orders→core.lines core.lines→marts.sales"},
		{lineage.Table, "CORE.Lines", 0, 0, "<table:core.lines>"},
		{lineage.Table, "marts.sales", 9, 0, "source:shop table:core.lines> table:marts.sales> table:outside.rates table:raw.orders" +
			" raw.orders→core.lines core.lines→marts.sales outside.rates→marts.sales shop→raw.orders"},
		{lineage.Metric, "half", 1, 1, "<dashboard:kpi metric:half <metric:revenue half→kpi revenue→half"},
		{lineage.Dashboard, "kpi", 1, 0, "dashboard:kpi <metric:half <table:core.lines> half→kpi core.lines→kpi"},
		{lineage.Source, "shop", 0, 1, "source:shop table:raw.orders> shop→raw.orders"},
	} {
		v, ok := g.Around(tc.typ, tc.name, tc.up, tc.down, 500)
		got := text(v)
		if !ok || got != tc.want {
			t.Errorf("%s %s, %d up, %d down:\n got %s\nwant %s", tc.typ, tc.name, tc.up, tc.down, got, tc.want)
		}
	}
	if _, ok := g.Around(lineage.Table, "half", 1, 1, 500); ok {
		t.Error("there is a table with the name of a metric")
	}
}

// A metric is made from the tables of objects, too, when its own definition says something of them.
func TestMetricsAreMadeFromObjects(t *testing.T) {
	t.Parallel()
	ws, boards := shop(t)
	file := ws.Metrics[0]
	field := func(name string) *project.FieldDef {
		return &project.FieldDef{Name: name, Value: project.Text{Value: name}}
	}
	file.Objects = []*project.ObjectDef{
		{Name: "user", Table: "core.users", Dimensions: []*project.FieldDef{field("grade")}},
		{Name: "store", Table: "core.stores", Dimensions: []*project.FieldDef{field("city")}},
	}
	file.Activities[0].Objects = []*project.FieldDef{field("user"), field("store")}
	sale := project.Text{Value: "sale"}
	file.Metrics = append(file.Metrics,
		&project.MetricDef{Name: "plain", From: sale, Argument: project.Text{Value: "user"}, Where: project.Text{Value: "x.user.grade = 'user.grade'"}},
		&project.MetricDef{Name: "gold", From: sale, Where: project.Text{Value: "user.grade = 'gold'"}},
		&project.MetricDef{Name: "cities", From: sale, Argument: project.Text{Value: "store.city"}},
		&project.MetricDef{Name: "first", From: sale, FirstPer: []project.Text{{Value: "user"}, {Value: "city"}}},
	)
	g := graphOf(t, ws, boards)
	for name, want := range map[string]string{
		"plain": "marts.sales", "gold": "core.users marts.sales", "cities": "core.stores marts.sales", "first": "core.stores marts.sales",
	} {
		v, _ := g.Around(lineage.Metric, name, 1, 0, 500)
		var from []string
		for _, e := range v.Edges {
			from = append(from, strings.TrimPrefix(e.From, "table:"))
		}
		slices.Sort(from)
		if got := strings.Join(from, " "); got != want {
			t.Errorf("%s is made from %s, want %s", name, got, want)
		}
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	ws, boards := shop(t)
	var got []string
	for _, n := range graphOf(t, ws, boards).Whole(500).Nodes {
		got = append(got, n.Name+"="+n.Kind)
	}
	want := []string{
		"kpi=", "half=expression", "revenue=aggregate", "shop=postgres", "core.lines=full", "marts.sales=full", "outside.rates=external", "raw.orders=source",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestLargeGraphsAreCut(t *testing.T) {
	t.Parallel()
	assets := []*project.Asset{{Name: "a.hub", Model: &project.Model{Name: "a.hub"}}}
	for i := range 1000 {
		assets = append(assets, &project.Asset{
			Name: fmt.Sprintf("b.m%04d", i), Upstream: []string{"a.hub"}, Model: &project.Model{Tables: []string{"a.hub"}},
		})
	}
	graph, err := project.NewGraph(assets)
	if err != nil {
		t.Fatal(err)
	}
	g := graphOf(t, &project.Workspace{Graph: graph, Location: time.UTC, TimeZone: "UTC"}, nil)
	whole := g.Whole(500)
	if len(whole.Nodes) != 500 || whole.Total != 1001 || whole.Nodes[0].Name != "a.hub" || !whole.Nodes[0].MoreDown || len(whole.Edges) != 499 {
		t.Errorf("%d of %d nodes, %d edges, first %+v", len(whole.Nodes), whole.Total, len(whole.Edges), whole.Nodes[0])
	}
	around, _ := g.Around(lineage.Table, "a.hub", 1, 1, 100)
	if len(around.Nodes) != 100 || !around.Nodes[0].MoreDown {
		t.Errorf("%d nodes", len(around.Nodes))
	}
}
