package app

import (
	"context"

	"github.com/hosu-io/hosu/internal/inspect"
)

// Tables lists the tables and views of a namespace, or of all for "".
func (a *App) Tables(ctx context.Context, namespace string) ([]inspect.TableSummary, error) {
	if err := a.remember(ctx); err != nil {
		return nil, err
	}
	return a.inspect.Tables(ctx, namespace)
}

// Table describes one table or view.
func (a *App) Table(ctx context.Context, name string) (inspect.TableDetail, error) {
	if err := a.remember(ctx); err != nil {
		return inspect.TableDetail{}, err
	}
	return a.inspect.Table(ctx, name)
}

// Snapshots lists the versions of a table, newest first.
func (a *App) Snapshots(ctx context.Context, name string) ([]inspect.Snapshot, error) {
	return a.inspect.Snapshots(ctx, name)
}

// Files lists the data files of a table's current snapshot.
func (a *App) Files(ctx context.Context, name string) ([]inspect.DataFile, error) {
	files, _, err := a.inspect.Files(ctx, name, 0)
	return files, err
}
