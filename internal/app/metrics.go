package app

import (
	"context"

	"github.com/hosu-io/hosu/internal/dashboard"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/query"
)

// Metrics are the metrics of the workspace. [Open] has found their files to be right.
func (a *App) Metrics() (*metric.Set, error) { return metric.Load(a.Workspace) }

// MetricQuery runs a statement about metrics for the owner of the workspace. The caller releases the rows.
func (a *App) MetricQuery(ctx context.Context, s *metric.Statement, limits engine.Limits) (*query.Rows, error) {
	rows, err := a.Query(ctx, query.Request{SQL: s.SQL, TimeZone: s.TimeZone, Limits: limits})
	if err != nil {
		return nil, dashboard.ExplainMetrics(s, err)
	}
	return rows, nil
}
