package server

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hosu-io/hosu/internal/dashboard"
	"github.com/hosu-io/hosu/internal/metric"
)

func (s *Server) registerMetrics(api huma.API) {
	all := get("/metrics", "listMetrics", "All metrics")
	all.Tags = []string{"metrics"}
	register(api, all, s.listMetrics)
	op := post("/metrics/query", "queryMetrics", "Ask for values of metrics over time and by dimensions")
	op.Tags = []string{"metrics"}
	op.Description = "The answer is kept for as long as no table that it was read from changes. Its SQL can be run as it is."
	register(api, op, s.queryMetrics)
}

// labelText is a text for people in each language of the interface.
type labelText struct {
	English string `json:"en"`
	Korean  string `json:"ko"`
}

func labelOf(l metric.Label) labelText { return labelText{English: l.In("en"), Korean: l.In("ko")} }

// metricInfo describes a metric.
type metricInfo struct {
	Name        string          `json:"name"`
	Label       labelText       `json:"label"`
	Description labelText       `json:"description"`
	Format      string          `json:"format" doc:"How values are shown: number, count, percent (a share: 0.1 is 10 %), or a currency in lower case such as krw."`
	Owner       string          `json:"owner"`
	Tags        []string        `json:"tags"`
	Kind        string          `json:"kind" enum:"aggregate,expression,retention,funnel"`
	Dimensions  []dimensionInfo `json:"dimensions" doc:"What it can be broken down and filtered by."`
	Tables      []string        `json:"tables" doc:"What it is computed from."`
	File        string          `json:"file"`
	Line        int             `json:"line"`
	Additive    bool            `json:"additive" doc:"Whether the values of parts add up to that of the whole."`
}

// dimensionInfo is what a metric can be broken down by.
type dimensionInfo struct {
	Name  string    `json:"name"`
	Label labelText `json:"label"`
}

func (s *Server) listMetrics(context.Context, *struct{}) (*answer[list[metricInfo]], error) {
	var items []metricInfo
	for _, m := range s.services().Metrics.Metrics() {
		info := metricInfo{
			Name: m.Name, Label: labelOf(m.Label), Description: labelOf(m.Description), Format: m.Format, Owner: m.Owner,
			Tags: orEmpty(m.Tags), Kind: string(m.Kind), Dimensions: []dimensionInfo{}, Tables: orEmpty(m.Tables),
			File: m.Pos.File, Line: m.Pos.Line, Additive: m.Additive,
		}
		for _, d := range m.Dimensions {
			info.Dimensions = append(info.Dimensions, dimensionInfo{d.Name, labelOf(d.Label)})
		}
		items = append(items, info)
	}
	return listOf(items, ""), nil
}

// orEmpty is a list that is written as [] when there is none.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// metricQuestion is a question about metrics.
type metricQuestion struct {
	Body struct {
		Metrics []string       `json:"metrics" minItems:"1" maxItems:"20"`
		By      []string       `json:"by,omitempty" maxItems:"8" doc:"Dimensions, by their full name or the last part of it."`
		Grain   string         `json:"grain,omitempty" enum:"day,week,month" doc:"The periods of the answer; none is one value for the range."`
		From    string         `json:"from" format:"date" doc:"The first day, in the workspace's time zone."`
		To      string         `json:"to" format:"date" doc:"The day behind the last."`
		Where   []metricFilter `json:"where,omitempty" maxItems:"20"`
		Compare string         `json:"compare,omitempty" enum:"previous" doc:"Adds to every metric its value in the period before."`
		Limit   int            `json:"limit,omitempty" minimum:"0" maximum:"10000" doc:"The most rows or, over time, the most combinations of dimensions."`
		Order   string         `json:"order,omitempty" doc:"A metric, a dimension or time; with a minus in front from the greatest down."`
	}
}

// metricFilter keeps what has one of the values.
type metricFilter struct {
	Dimension string   `json:"dimension"`
	In        []string `json:"in" minItems:"1" maxItems:"1000" doc:"Values as text; an empty one stands for no value."`
}

func (s *Server) queryMetrics(ctx context.Context, in *metricQuestion) (*answer[metricResult], error) {
	days, err := daysOf(in.Body.From, in.Body.To)
	if err != nil {
		return nil, err
	}
	q := metric.Query{
		Metrics: in.Body.Metrics, By: in.Body.By, Grain: metric.Grain(in.Body.Grain), From: days.From, To: days.To,
		Compare: in.Body.Compare != "", Limit: in.Body.Limit, Order: in.Body.Order,
	}
	if q.Order != "" && q.Order[0] == '-' {
		q.Order, q.Descending = q.Order[1:], true
	}
	for _, f := range in.Body.Where {
		q.Where = append(q.Where, metric.Filter{Dimension: f.Dimension, In: f.In})
	}
	result, err := s.services().Dashboards.MetricQuery(ctx, principal(ctx), q)
	if err != nil {
		return nil, metricProblem(err)
	}
	return &answer[metricResult]{Body: *metricResultOf(result)}, nil
}

// daysOf reads a range of days; both "" is the zero range.
func daysOf(from, to string) (dashboard.Days, error) {
	if from == "" && to == "" {
		return dashboard.Days{}, nil
	}
	first, err := time.Parse(time.DateOnly, from)
	if err == nil {
		var behind time.Time
		if behind, err = time.Parse(time.DateOnly, to); err == nil && first.Before(behind) {
			return dashboard.Days{From: first, To: behind}, nil
		}
	}
	return dashboard.Days{}, invalid("the range from "+strconv.Quote(from)+" to "+strconv.Quote(to)+" has no days",
		"give from and to, a later day, as 2024-01-31")
}

// metricProblem tells errors of metrics and dashboards apart from those that every handler may have.
func metricProblem(err error) error {
	var (
		wrong   *metric.QueryError
		missing *dashboard.NotFoundError
	)
	switch {
	case errors.As(err, &wrong):
		return invalid(wrong.Message, wrong.Hint)
	case errors.As(err, &missing):
		return notFound(err.Error(), "")
	default:
		return err
	}
}

// metricResult is values of metrics.
type metricResult struct {
	Columns   []resultColumn `json:"columns"`
	Rows      ResultRows     `json:"rows"`
	Truncated bool           `json:"truncated,omitempty" doc:"There are more rows than are returned."`
	Provenance
}

// ResultRows are rows as they were read: a JSON array of arrays.
type ResultRows json.RawMessage

// MarshalJSON implements [json.Marshaler].
func (r ResultRows) MarshalJSON() ([]byte, error) { return r, nil }

// Schema implements [huma.SchemaProvider].
func (ResultRows) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeArray, Description: "Values in the order of the columns. Numbers have all their digits.",
		Items: &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{}},
	}
}

// resultColumn is a column of metricResult.
type resultColumn struct {
	Name   string    `json:"name"`
	Label  labelText `json:"label"`
	Type   string    `json:"type" doc:"As DuckDB spells it."`
	Format string    `json:"format,omitempty" doc:"As in metrics; also weekday (1 is Monday) and hour."`
	Role   string    `json:"role" enum:"time,dimension,measure,previous"`
	Metric string    `json:"metric,omitempty" doc:"Of a measure and of its previous value."`
}

// Provenance is where a number comes from.
type Provenance struct {
	SQL       string      `json:"sql" doc:"Gives the same rows when it is run by itself."`
	Tables    []tableRead `json:"tables" doc:"All tables that were read, also below views."`
	FreshAt   *time.Time  `json:"fresh_at" doc:"When the oldest of these versions was committed; null when none was read."`
	ElapsedMS float64     `json:"elapsed_ms"`
	Cached    bool        `json:"cached" doc:"Nothing was run, because nothing has changed."`
}

// tableRead is a table in the version that was read.
type tableRead struct {
	Table     string    `json:"table"`
	Snapshot  string    `json:"snapshot"`
	UpdatedAt time.Time `json:"updated_at"`
}

func provenanceOf(source dashboard.Source) Provenance {
	p := Provenance{SQL: source.SQL, Tables: []tableRead{}, ElapsedMS: millis(source.Elapsed), Cached: source.Cached}
	for _, t := range source.Tables {
		p.Tables = append(p.Tables, tableRead{t.Table, strconv.FormatInt(t.SnapshotID, 10), t.UpdatedAt})
	}
	if !source.FreshAt.IsZero() {
		p.FreshAt = &source.FreshAt
	}
	return p
}

// metricResultOf is nil for nil.
func metricResultOf(r *dashboard.Result) *metricResult {
	if r == nil {
		return nil
	}
	result := &metricResult{Columns: []resultColumn{}, Rows: ResultRows(r.Rows), Truncated: r.Truncated, Provenance: provenanceOf(r.Source)}
	for _, c := range r.Columns {
		result.Columns = append(result.Columns, resultColumn{c.Name, labelOf(c.Label), c.Type, c.Format, string(c.Role), c.Metric})
	}
	return result
}
