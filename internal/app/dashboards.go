package app

import (
	"github.com/hosu-io/hosu/internal/dashboard"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/project"
)

// meaning reads what the metrics and dashboards of a workspace mean. The error of wrong ones is a *[project.Errors].
func meaning(ws *project.Workspace) (*metric.Set, []*dashboard.Board, error) {
	metrics, err := metric.Load(ws)
	if err != nil {
		return nil, nil, err
	}
	boards, err := dashboard.Load(ws, metrics)
	return metrics, boards, err
}

// Dashboards answers the dashboards and metrics of the workspace, as it was opened. Answers are kept in the cache; nil is one of
// its own.
func (a *App) Dashboards(cache *dashboard.Cache) (*dashboard.Service, error) {
	metrics, boards, err := meaning(a.Workspace)
	if err != nil {
		return nil, err
	}
	return dashboard.New(dashboard.Options{
		Boards: boards, Metrics: metrics, Query: querier{a}, Catalog: a.catalog,
		Location: a.Workspace.Location, TimeZone: a.Workspace.TimeZone, Cache: cache, Limits: engine.Limits{Time: tileTime, ResultBytes: tileBytes},
		Log: a.opts.Log,
	})
}
