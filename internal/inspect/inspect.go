// Package inspect answers what people ask of tables: what there is, how large, made of what and by whom, what their columns
// hold, and how they have become so. It reads the catalog, the graph of assets and the state database, and changes nothing.
package inspect

import (
	"context"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/state"
)

// Options of a [Service]. All but Cache are required.
type Options struct {
	Catalog   *catalog.Catalog
	Workspace *project.Workspace
	Query     *query.Service
	State     *state.DB
	Runs      Runs
	// Cache is what services over the same catalog share; nil is a cache of the service's own.
	Cache *Cache
}

// Runs tells where assets stand and what was run; *[orchestrate.Orchestrator] is one.
type Runs interface {
	Status(ctx context.Context) (orchestrate.StatusInfo, error)
	Runs(ctx context.Context, limit int) ([]orchestrate.RunInfo, error)
}

// Service reads a workspace. It is safe for concurrent use.
type Service struct {
	catalog   *catalog.Catalog
	workspace *project.Workspace
	query     *query.Service
	state     *state.DB
	runs      Runs
	cache     *Cache
}

// New returns a service that reads what opts name.
func New(opts Options) *Service {
	if opts.Cache == nil {
		opts.Cache = NewCache()
	}
	return &Service{
		catalog: opts.Catalog, workspace: opts.Workspace, query: opts.Query, state: opts.State, runs: opts.Runs, cache: opts.Cache,
	}
}
