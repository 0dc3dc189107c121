package server

import (
	"context"

	"github.com/hosu-io/hosu/internal/dashboard"
	"github.com/hosu-io/hosu/internal/engine/sandbox"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/inspect"
	"github.com/hosu-io/hosu/internal/lineage"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/query/history"
)

// Services is everything that handlers use of one loaded workspace. A request uses one of them from beginning to end.
type Services struct {
	Workspace *project.Workspace
	// Problems are those of newer files on disk, which do not load; this is then the workspace before them.
	Problems []project.Problem
	// Unconfined says what this machine lacks to hold people's SQL back; "" when nothing.
	Unconfined string

	Query     Querier
	History   *history.Store
	Functions func(ctx context.Context) ([]sandbox.Function, error) // that statements may call
	Ready     func(ctx context.Context) error                       // whether the state database answers

	Inspect      *inspect.Service
	Lineage      *lineage.Graph
	Metrics      *metric.Set
	Dashboards   *dashboard.Service
	Orchestrator *orchestrate.Orchestrator // for reading
	Runs         Runs
}

// Querier runs statements; see [query.Service].
type Querier interface {
	Run(ctx context.Context, by govern.Principal, req query.Request) (*query.Rows, error)
}

// Runs starts runs, which go on when the request that asked for them has ended, and stops them.
type Runs interface {
	// Start begins a run and returns when it is recorded. While another is at work, in whichever process, the error is an
	// *[orchestrate.BusyError].
	Start(ctx context.Context, req orchestrate.Request) (orchestrate.RunInfo, error)
	// Plan says what a run would do.
	Plan(ctx context.Context, req orchestrate.Request) (Plan, error)
	// Cancel asks the run at work to stop, in whichever process; [orchestrate.ErrNotFound] when the one named is not at work.
	Cancel(ctx context.Context, run string) (orchestrate.RunInfo, error)
	// Progress is how far the tasks of a run are, by task id: those at work in this process.
	Progress(run string) map[string]orchestrate.Progress
	// Watch tells when something happens in a run at work in this process. The channel holds one signal, however much happens, and
	// nothing ever comes of a run of another process. Call stop when nobody listens any more.
	Watch(run string) (changed <-chan struct{}, stop func())
}

// Plan is what a run would do.
type Plan struct {
	Tasks     []orchestrate.PlannedTask
	UpToDate  int         // assets that were looked at and have no task
	Unreached []Unreached // sources whose tables could not be looked up
}

// Unreached is a source that could not be asked which tables it has.
type Unreached struct {
	Source string `json:"source"`
	Error  string `json:"error"`
}
