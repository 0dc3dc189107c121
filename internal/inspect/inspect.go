// Package inspect answers what people ask of tables: what there is, how large, made of what and by whom, what their columns
// hold, and how they have become so. It reads the catalog, the graph of assets and the state database, and changes nothing.
package inspect

import (
	"context"
	"time"

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
	standing  standing
}

// New returns a service that reads what opts name.
func New(opts Options) *Service {
	if opts.Cache == nil {
		opts.Cache = NewCache()
	}
	return &Service{
		catalog: opts.Catalog, workspace: opts.Workspace, query: opts.Query, state: opts.State, runs: opts.Runs, cache: opts.Cache,
		standing: standing{turn: make(chan struct{}, 1)},
	}
}

// standing is where assets stood a moment ago.
type standing struct {
	turn chan struct{} // held while somebody looks
	info orchestrate.StatusInfo
	good time.Time // until when info is not looked at again
}

// quickLook is how long a look may take without being kept.
const quickLook = 50 * time.Millisecond

// status tells where assets stand. In a workspace so large that finding out takes long, an answer is good for as long as it took, so that
// any number of pages costs no more than every other moment.
func (s *Service) status(ctx context.Context) (orchestrate.StatusInfo, error) {
	select {
	case s.standing.turn <- struct{}{}:
	case <-ctx.Done():
		return orchestrate.StatusInfo{}, context.Cause(ctx)
	}
	defer func() { <-s.standing.turn }()
	started := time.Now()
	if started.Before(s.standing.good) {
		return s.standing.info, nil
	}
	info, err := s.runs.Status(ctx)
	if err != nil {
		return info, err
	}
	if took := time.Since(started); took > quickLook {
		s.standing.info, s.standing.good = info, time.Now().Add(took)
	}
	return info, nil
}
