package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/scan"
)

// Metrics are the metrics of the workspace. [Open] has found their files to be right.
func (a *App) Metrics() (*metric.Set, error) { return metric.Load(a.Workspace) }

// MetricQuery runs a statement about metrics for the owner of the workspace. The caller releases the rows.
func (a *App) MetricQuery(ctx context.Context, s *metric.Statement, limits engine.Limits) (*query.Rows, error) {
	rows, err := a.Query(ctx, query.Request{SQL: s.SQL, TimeZone: s.TimeZone, Limits: limits})
	var statement *engine.StatementError
	if errors.As(err, &statement) && statement.Kind == engine.Bind && !errors.As(err, new(*scan.UnknownTableError)) {
		return nil, fmt.Errorf("the SQL of the metric's definition in metrics/ does not fit its tables: %w", err)
	}
	return rows, err
}
