package orchestrate

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/state"
)

// Config is what an [Orchestrator] is made of. Graph, State, Tables and Runner are required.
type Config struct {
	Graph    *project.Graph
	Location *time.Location // the workspace's; default UTC
	State    *state.DB
	Tables   Tables
	Runner   Runner
	By       govern.Principal // who runs; default the owner

	Workers       int // tasks at a time; default 4
	SourceWorkers int // tasks at a time per source; default 2
	// Retries is how often a failed task is tried again, for assets that do not say; default 2, and -1 is never.
	Retries int
	// FirstPause before the first retry, doubled for each further one up to LongestPause, with jitter
	// of ±25 %; defaults 1 s and 1 min.
	FirstPause, LongestPause time.Duration
	// LeaseTTL is after how long without a sign of life a run on another machine counts as dead; default 30 s.
	LeaseTTL time.Duration

	Clock Clock // default the system's
	// Observe, when set, is told what happens. It is called from many goroutines and must be quick.
	Observe func(Event)
	Log     *slog.Logger // default none
}

// Orchestrator brings the assets of one workspace up to date. It is safe for concurrent use, and has nothing running
// between calls.
type Orchestrator struct {
	cfg Config
	// jitter scales a pause; replaced in tests.
	jitter func(time.Duration) time.Duration
}

// Tables tells which snapshots tables have. The catalog is one.
type Tables interface {
	// Tables lists the tables and views of a namespace, or of all for "".
	Tables(ctx context.Context, namespace string) ([]catalog.Entry, error)
	// Entry is one table or view; [catalog.ErrNoSuchTable] when it does not exist.
	Entry(ctx context.Context, ident catalog.Ident) (catalog.Entry, error)
}

// Clock is the time.
type Clock interface {
	Now() time.Time
	// After delivers the time once, d from now, unless stop is called first.
	After(d time.Duration) (c <-chan time.Time, stop func())
}

// SystemClock is the machine's.
type SystemClock struct{}

// Now is [time.Now].
func (SystemClock) Now() time.Time { return time.Now() }

// After is a [time.Timer].
func (SystemClock) After(d time.Duration) (<-chan time.Time, func()) {
	timer := time.NewTimer(d)
	return timer.C, func() { timer.Stop() }
}

// New checks cfg and fills in its defaults.
func New(cfg Config) (*Orchestrator, error) {
	if cfg.Graph == nil || cfg.State == nil || cfg.Tables == nil || cfg.Runner == nil {
		return nil, errors.New("orchestrate: a graph, a state database, a catalog and a runner are required")
	}
	setDefault(&cfg.Workers, 4)
	setDefault(&cfg.SourceWorkers, 2)
	setDefault(&cfg.Retries, 2)
	setDefault(&cfg.FirstPause, time.Second)
	setDefault(&cfg.LongestPause, time.Minute)
	setDefault(&cfg.LeaseTTL, 30*time.Second)
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	if cfg.By.Name == "" {
		cfg.By = govern.Owner()
	}
	if cfg.Clock == nil {
		cfg.Clock = SystemClock{}
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Event) {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	o := &Orchestrator{
		cfg:    cfg,
		jitter: func(d time.Duration) time.Duration { return d*3/4 + rand.N(d/2+1) },
	}
	return o, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// asset is one that the graph is known to have.
func (o *Orchestrator) asset(name string) *project.Asset {
	a, ok := o.cfg.Graph.Asset(name)
	if !ok {
		panic("orchestrate: the graph names " + name + " and does not have it")
	}
	return a
}

// retries is how often a failed task of a is tried again.
func (o *Orchestrator) retries(a *project.Asset) int {
	if a.Model != nil && a.Model.Retries >= 0 {
		return a.Model.Retries
	}
	return max(0, o.cfg.Retries)
}

// pause is how long to wait after a failed attempt (from 1).
func (o *Orchestrator) pause(attempt int) time.Duration {
	pause := o.cfg.FirstPause
	for range attempt - 1 {
		pause = min(2*pause, o.cfg.LongestPause)
	}
	return o.jitter(pause)
}
