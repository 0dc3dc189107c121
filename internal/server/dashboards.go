package server

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hosu-io/hosu/internal/dashboard"
	"github.com/hosu-io/hosu/internal/metric"
)

func (s *Server) registerDashboards(api huma.API) {
	tagged := func(op huma.Operation, description string) huma.Operation {
		op.Tags, op.Description = []string{"dashboards"}, description
		return op
	}
	register(api, tagged(get("/dashboards", "listDashboards", "All dashboards"), "In the order of their names."), s.listDashboards)
	register(api, tagged(get("/dashboards/{name}", "getDashboard", "One dashboard"),
		"Its ranges, filters and tiles, without numbers."), s.getDashboard)
	register(api, tagged(get("/dashboards/{name}/tiles/{index}", "getTile", "What a tile shows"),
		"Of type `number`: `value`, and `previous`, `change` and `spark` as its file asks for them. Of type `text`: nothing. Of other types: `result`. "+
			"A `bar` without a dimension and without time has one row, with a bar for each measure."), s.getTile)
	register(api, tagged(get("/dashboards/{name}/filters/{dimension}", "listFilterValues", "Values that a filter offers"),
		"The most frequent first."), s.listFilterValues)
}

// dashboardItem is a dashboard in a list.
type dashboardItem struct {
	Name        string    `json:"name"`
	Label       labelText `json:"label"`
	Description labelText `json:"description"`
	Owner       string    `json:"owner"`
	Tags        []string  `json:"tags"`
	Tiles       int       `json:"tiles" doc:"How many there are."`
	File        string    `json:"file"`
	Line        int       `json:"line"`
}

func (s *Server) listDashboards(context.Context, *struct{}) (*answer[list[dashboardItem]], error) {
	var items []dashboardItem
	for _, b := range s.services().Dashboards.Boards() {
		items = append(items, dashboardItem{
			Name: b.Name, Label: labelOf(b.Label), Description: labelOf(b.Description), Owner: b.Owner, Tags: orEmpty(b.Tags), Tiles: len(b.Tiles()),
			File: b.Pos.File, Line: b.Pos.Line,
		})
	}
	return listOf(items, ""), nil
}

// dashboardInfo is a dashboard without its numbers.
type dashboardInfo struct {
	Name        string            `json:"name"`
	Label       labelText         `json:"label"`
	Description labelText         `json:"description"`
	Owner       string            `json:"owner"`
	Tags        []string          `json:"tags"`
	Range       dashboardRange    `json:"range"`
	Grain       string            `json:"grain" enum:"auto,day,week,month" doc:"Of tiles whose own is auto; auto follows the length of the range."`
	Filters     []dashboardFilter `json:"filters"`
	Rows        []dashboardRow    `json:"rows"`
	File        string            `json:"file"`
	Line        int               `json:"line"`
}

// dashboardRange is what days a dashboard can show.
type dashboardRange struct {
	Default string        `json:"default" doc:"The name of one of the options."`
	Options []rangeOption `json:"options"`
}

// rangeOption is a range by name. All end with the last complete day in the workspace's time zone, or before.
type rangeOption struct {
	Name  string    `json:"name" doc:"28d, 12m, this_month and the like."`
	Label labelText `json:"label"`
	From  string    `json:"from" format:"date" doc:"The first day, as of now."`
	To    string    `json:"to" format:"date" doc:"The day behind the last."`
	Grain string    `json:"grain" enum:"day,week,month" doc:"In which the range is shown when the dashboard's is auto."`
}

// dashboardFilter is a dimension by which tiles can be narrowed.
type dashboardFilter struct {
	Dimension string    `json:"dimension"`
	Label     labelText `json:"label"`
}

// dashboardRow is tiles side by side.
type dashboardRow struct {
	Label *labelText      `json:"label,omitempty"`
	Tiles []dashboardTile `json:"tiles"`
}

// dashboardTile is a tile without its numbers.
type dashboardTile struct {
	Index       int        `json:"index"`
	Type        string     `json:"type" enum:"number,line,bar,stacked,table,heatmap,text"`
	Label       labelText  `json:"label"`
	Description *labelText `json:"description,omitempty"`
	Metrics     []string   `json:"metrics" doc:"Empty in tiles of SQL and text."`
	By          []string   `json:"by"`
	Grain       string     `json:"grain" enum:"auto,day,week,month," doc:"Empty in tiles without time."`
	Format      string     `json:"format,omitempty" doc:"Of the measures, when the tile has its own."`
	Width       int        `json:"width" doc:"In twelfths of the row."`
	Limit       int        `json:"limit,omitempty"`
	Compare     bool       `json:"compare" doc:"With the period before."`
	Sparkline   bool       `json:"sparkline"`
	Text        *labelText `json:"text,omitempty" doc:"Markdown."`
	SQL         string     `json:"sql,omitempty" doc:"Of a tile of SQL, as its file has it."`
	Filters     []string   `json:"filters" doc:"The dashboard's filters that the tile follows."`
	Line        int        `json:"line" doc:"In the dashboard's file."`
}

// DashboardName is which dashboard is meant.
type DashboardName struct {
	Name string `path:"name" maxLength:"200"`
}

func (s *Server) getDashboard(_ context.Context, in *DashboardName) (*answer[dashboardInfo], error) {
	service := s.services().Dashboards
	b, err := service.Board(in.Name)
	if err != nil {
		return nil, metricProblem(err)
	}
	info := dashboardInfo{
		Name: b.Name, Label: labelOf(b.Label), Description: labelOf(b.Description), Owner: b.Owner, Tags: orEmpty(b.Tags),
		Range: dashboardRange{Default: string(b.Range)}, Grain: b.Grain, Filters: []dashboardFilter{}, Rows: []dashboardRow{},
		File: b.Pos.File, Line: b.Pos.Line,
	}
	for _, p := range b.Ranges {
		days := service.Days(p)
		info.Range.Options = append(info.Range.Options, rangeOption{
			Name: string(p), Label: labelOf(p.Label()), From: days.From.Format(time.DateOnly), To: days.To.Format(time.DateOnly),
			Grain: dashboard.GrainFor(days),
		})
	}
	for _, f := range b.Filters {
		info.Filters = append(info.Filters, dashboardFilter{f.Dimension, labelOf(f.Label)})
	}
	for _, row := range b.Rows {
		r := dashboardRow{Label: labelOrNone(row.Label), Tiles: []dashboardTile{}}
		for _, t := range row.Tiles {
			r.Tiles = append(r.Tiles, dashboardTile{
				Index: t.Index, Type: string(t.Type), Label: labelOf(t.Label), Description: labelOrNone(t.Description), Metrics: orEmpty(t.Metrics),
				By: orEmpty(t.By), Grain: t.Grain, Format: t.Format, Width: t.Width, Limit: t.Limit, Compare: t.Compare,
				Sparkline: t.Sparkline, Text: labelOrNone(t.Text), SQL: t.SQL, Filters: orEmpty(t.Filters), Line: t.Pos.Line,
			})
		}
		info.Rows = append(info.Rows, r)
	}
	return &answer[dashboardInfo]{Body: info}, nil
}

func labelOrNone(l metric.Label) *labelText {
	if l == nil {
		return nil
	}
	text := labelOf(l)
	return &text
}

// tileInput is which tile is meant, and how it is looked at.
type tileInput struct {
	DashboardName
	Index   int      `path:"index" minimum:"0"`
	From    string   `query:"from" doc:"The first day (2024-01-31); without from and to it is the dashboard's range."`
	To      string   `query:"to" doc:"The day behind the last."`
	Grain   string   `query:"grain" enum:"auto,day,week,month," doc:"Of tiles whose own is auto."`
	Filters []string `query:"filter,explode" maxItems:"200" doc:"dimension:value, once for each value; an empty value stands for none. Values of one dimension widen, dimensions narrow."`
}

// tileResult is what a tile shows.
type tileResult struct {
	Type     string        `json:"type" enum:"number,line,bar,stacked,table,heatmap,text"`
	From     string        `json:"from" format:"date"`
	To       string        `json:"to" format:"date"`
	Grain    string        `json:"grain,omitempty" enum:"day,week,month" doc:"Of the time in result or spark."`
	Partial  *partialTimes `json:"partial,omitempty" doc:"Set when the range has only a part of the first or the last period."`
	Ignored  []string      `json:"ignored" doc:"Filters that were asked for and that the tile does not follow."`
	Result   *metricResult `json:"result,omitempty"`
	Value    *float64      `json:"value,omitempty"`
	Previous *float64      `json:"previous,omitempty"`
	Change   *float64      `json:"change,omitempty" doc:"How much value is above previous, as a share of it."`
	Format   string        `json:"format,omitempty" doc:"Of value and previous."`
	Spark    *metricResult `json:"spark,omitempty"`
	Provenance
}

// partialTimes says which periods are not whole.
type partialTimes struct {
	First bool `json:"first"`
	Last  bool `json:"last"`
}

func (s *Server) getTile(ctx context.Context, in *tileInput) (*answer[tileResult], error) {
	days, err := daysOf(in.From, in.To)
	if err != nil {
		return nil, err
	}
	view := dashboard.View{From: days.From, To: days.To, Grain: in.Grain}
	if view.Filters, err = filtersOf(in.Filters); err != nil {
		return nil, err
	}
	r, err := s.services().Dashboards.Tile(ctx, principal(ctx), in.Name, in.Index, view)
	if err != nil {
		return nil, metricProblem(err)
	}
	body := tileResult{
		Type: string(r.Type), From: r.Days.From.Format(time.DateOnly), To: r.Days.To.Format(time.DateOnly), Grain: r.Grain,
		Ignored: orEmpty(r.Ignored), Result: metricResultOf(r.Result), Value: r.Value, Previous: r.Previous, Change: r.Change,
		Format: r.Format, Spark: metricResultOf(r.Spark), Provenance: provenanceOf(r.Source),
	}
	if r.PartialFirst || r.PartialLast {
		body.Partial = &partialTimes{r.PartialFirst, r.PartialLast}
	}
	return &answer[tileResult]{Body: body}, nil
}

// filtersOf reads "dimension:value" texts; those of one dimension go together.
func filtersOf(texts []string) ([]metric.Filter, error) {
	var filters []metric.Filter
	for _, text := range texts {
		dimension, value, ok := strings.Cut(text, ":")
		if !ok || dimension == "" {
			return nil, invalid("the filter "+text+" has no dimension", "expected dimension:value")
		}
		at := slices.IndexFunc(filters, func(f metric.Filter) bool { return f.Dimension == dimension })
		if at < 0 {
			at, filters = len(filters), append(filters, metric.Filter{Dimension: dimension})
		}
		filters[at].In = append(filters[at].In, value)
	}
	return filters, nil
}

// filterInput is which filter is meant.
type filterInput struct {
	DashboardName
	Dimension string `path:"dimension" maxLength:"200"`
	Search    string `query:"search" maxLength:"200" doc:"Only values that contain this text, in either case."`
	Limit     int    `query:"limit" minimum:"1" maximum:"1000" default:"50"`
}

// filterValue is one that a filter offers.
type filterValue struct {
	Value string `json:"value" doc:"An empty one stands for no value."`
	Count int64  `json:"count" doc:"How many rows have it."`
}

func (s *Server) listFilterValues(ctx context.Context, in *filterInput) (*answer[list[filterValue]], error) {
	values, err := s.services().Dashboards.FilterValues(ctx, principal(ctx), in.Name, in.Dimension, in.Search, in.Limit)
	if err != nil {
		return nil, metricProblem(err)
	}
	var items []filterValue
	for _, v := range values {
		items = append(items, filterValue{v.Value, v.Count})
	}
	return listOf(items, ""), nil
}
