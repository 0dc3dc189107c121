package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hosu-io/hosu/internal/dashboard"
	"github.com/hosu-io/hosu/internal/engine/sandbox"
	"github.com/hosu-io/hosu/internal/lineage"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/query/history"
	"github.com/hosu-io/hosu/internal/server"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/webui"
)

// lookEvery is how often the files of a workspace that is served are looked at, at most.
const lookEvery = time.Second

// tileTime is how long the query of a tile may take, and tileBytes how large what is read of its result may be: it is in memory, and kept.
const (
	tileTime  = time.Minute
	tileBytes = 32 << 20
)

// Serve answers requests that come to listener, which it closes, until ctx ends. A run that was started meanwhile is then cancelled, and is waited for.
func (a *App) Serve(ctx context.Context, listener net.Listener, version string) error {
	s, err := newSite(ctx, a)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	web, err := server.New(server.Options{Services: s.services, UI: webui.Handler(), Version: version, Log: a.opts.Log})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	return runParts(ctx,
		part{"history", s.history.Run},
		part{"runs", s.runs.run},
		part{"web server", func(ctx context.Context) error { return web.Run(ctx, listener) }},
	)
}

// site is a workspace that is served. What depends on its files is made anew when they change, and exchanged as a whole: requests
// and runs that have begun keep what they began with.
type site struct {
	core      *core
	ctx       context.Context // of serving: with it ends what no single request waits for
	log       *slog.Logger
	history   *history.Store
	runs      *background
	answers   *dashboard.Cache
	functions func(ctx context.Context) ([]sandbox.Function, error)

	current atomic.Pointer[server.Services]

	mu     sync.Mutex // held while the files are looked at
	looked time.Time
	stamp  string  // of the files looked at last
	fixed  string  // what cannot change while a workspace is served
	loaded *served // that current was made of
}

// served is a loaded workspace with what only a server needs of it.
type served struct {
	*App
	metrics    *metric.Set
	dashboards *dashboard.Service
}

func newSite(ctx context.Context, a *App) (*site, error) {
	s := &site{
		core: a.core, ctx: ctx, log: a.opts.Log,
		answers:   dashboard.NewCache(0),
		history:   history.New(history.Options{State: a.state, Log: a.opts.Log}),
		functions: once(func(ctx context.Context) ([]sandbox.Function, error) { return sandbox.Functions(ctx, a.engine) }),
		fixed:     fixed(a.Workspace), looked: time.Now(),
	}
	s.runs = &background{site: s, ctx: context.WithoutCancel(ctx)}
	stamp, err := s.stampNow(ctx, a.Workspace)
	if err != nil {
		return nil, err
	}
	// The workspace that was opened may have been run before it is served, so that its graph is not only of its files.
	fresh, err := s.loadServed(ctx)
	if err != nil {
		return nil, err
	}
	s.stamp, s.loaded = stamp, fresh
	s.current.Store(s.servicesOf(fresh, nil))
	return s, nil
}

// once is get, asked until it succeeds for the first time.
func once[T any](get func(context.Context) (T, error)) func(context.Context) (T, error) {
	var mu sync.Mutex
	var known *T
	return func(ctx context.Context) (T, error) {
		mu.Lock()
		defer mu.Unlock()
		if known == nil {
			value, err := get(ctx)
			if err != nil {
				return value, err
			}
			known = &value
		}
		return *known, nil
	}
}

// fixed is what of a workspace is opened once: changing it takes a new process.
func fixed(ws *project.Workspace) string {
	return strings.Join([]string{ws.State, ws.Warehouse, ws.TimeZone}, "\n")
}

// load loads the files of the workspace. With only what is known here nothing is asked of a source, and its credentials need not be there.
func (s *site) load(ctx context.Context, known bool, observe func(orchestrate.Event)) (*App, error) {
	opts := s.core.opts
	opts.WithoutSources = known
	ws, err := load(ctx, opts, s.core.engine)
	if err != nil {
		return nil, err
	}
	if fixed(ws) != s.fixed {
		return nil, &project.Errors{Problems: []project.Problem{{
			Pos: project.Pos{File: "hosu.yaml"}, Message: "state, warehouse or timezone has changed", Hint: "start hosu again",
		}}}
	}
	return s.core.compose(ws, observe)
}

// loadServed loads what is served from now on. Its graph is read by many at once and does not change any more.
func (s *site) loadServed(ctx context.Context) (*served, error) {
	a, err := s.load(ctx, true, nil)
	if err != nil {
		return nil, err
	}
	if err := a.remember(ctx); err != nil {
		return nil, err
	}
	metrics, _, err := meaning(a.Workspace)
	if err != nil {
		return nil, err
	}
	dashboards, err := a.Dashboards(s.answers)
	if err != nil {
		return nil, err
	}
	return &served{a, metrics, dashboards}, nil
}

// servicesOf is what the server uses of a loaded workspace.
func (s *site) servicesOf(a *served, problems []project.Problem) *server.Services {
	return &server.Services{
		Workspace: a.Workspace, Problems: problems, Unconfined: a.Unconfined(),
		Query: querier{a.App}, History: s.history, Functions: s.functions, Ready: s.ready,
		Inspect: a.inspect, Metrics: a.metrics, Dashboards: a.dashboards, Lineage: lineage.New(a.Workspace, a.metrics, a.dashboards.Boards()),
		Orchestrator: a.orchestrator, Runs: s.runs,
	}
}

// ready asks the state database for nothing.
func (s *site) ready(ctx context.Context) error {
	return s.core.state.View(ctx, func(tx *state.Tx) error {
		var one int
		return tx.QueryRow("SELECT 1").Scan(&one)
	})
}

// services is what serves a request now. Every now and then a request looks whether the files have changed, and waits until they are loaded; others
// go on meanwhile with what there is.
func (s *site) services() *server.Services {
	if s.mu.TryLock() {
		defer s.mu.Unlock()
		if time.Since(s.looked) >= lookEvery {
			// Not the request's context: what is loaded is for all.
			s.look(s.ctx)
			s.looked = time.Now()
		}
	}
	return s.current.Load()
}

// look loads the workspace when its files have changed. Files that are wrong leave what is served as it is, with their problems beside it.
func (s *site) look(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	stamp, err := s.stampNow(ctx, s.loaded.Workspace)
	if err != nil {
		s.log.WarnContext(ctx, "look at the files of the workspace", "error", err)
		return
	}
	if stamp == s.stamp {
		return
	}
	fresh, err := s.loadServed(ctx)
	var wrong *project.Errors
	switch {
	case err == nil:
		s.stamp, s.loaded = stamp, fresh
		s.current.Store(s.servicesOf(fresh, nil))
		s.log.InfoContext(ctx, "the workspace has changed")
	case errors.As(err, &wrong):
		s.stamp = stamp
		s.current.Store(s.servicesOf(s.loaded, wrong.Problems))
		s.log.WarnContext(ctx, "the files of the workspace are wrong; what was loaded before is served", "error", err)
	default:
		s.log.WarnContext(ctx, "load the workspace", "error", err)
	}
}

// stampNow differs when what a workspace is loaded from does: its files, and the tables that were copied from behind wildcards.
func (s *site) stampNow(ctx context.Context, ws *project.Workspace) (string, error) {
	stamp := project.Stamp(ws.Dir)
	for _, source := range ws.Sources {
		if !slices.ContainsFunc(source.Tables, func(t *project.SourceTable) bool { return t.Name == project.Wildcard }) {
			continue
		}
		entries, err := s.core.catalog.Tables(ctx, source.Into)
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			stamp += "\n" + e.Ident.String()
		}
	}
	return stamp, nil
}
