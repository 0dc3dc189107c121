// Package app is the composition root: it builds everything and knows everybody.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/hosu-io/hosu/internal/build"
	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/engine/sandbox"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/ingest"
	"github.com/hosu-io/hosu/internal/inspect"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/quality"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/scan"
	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/storage"
	"github.com/hosu-io/hosu/internal/tempdir"
)

// Options say which workspace to open.
type Options struct {
	Dir         string // of the workspace
	Environment string // of hosu.yaml; "" for none
	// Getenv looks up the variables that the workspace's files name; nil: none is set.
	Getenv func(string) (string, bool)
	// WithoutSources leaves the sources' options as they are written, so that no variable they name need be set. Nothing
	// can then be read from a source.
	WithoutSources bool
	// Observe, when set, is told what happens in a run; see [orchestrate.Config].
	Observe func(orchestrate.Event)
	Log     *slog.Logger // nil: discarded
}

// App is an open workspace. Its methods are safe for concurrent use; Close ends it.
type App struct {
	Workspace *project.Workspace

	opts         Options
	principal    govern.Principal
	state        *state.DB
	catalog      *catalog.Catalog
	engine       *engine.Engine
	pool         *sandbox.Pool
	query        *query.Service
	ingest       *ingest.Ingest
	builder      *build.Builder
	checker      *quality.Checker
	orchestrator *orchestrate.Orchestrator
	inspect      *inspect.Service
	scratch      *tempdir.Dir // of this process, in the workspace
	close        []func() error
}

// Memory of this process's DuckDB and of one confined process. Both spill to disk beyond it.
const (
	trustedMemory = 512 << 20
	sandboxMemory = 512 << 20
)

// Open opens a workspace. The error of wrong files is a *[project.Errors].
func Open(ctx context.Context, opts Options) (_ *App, err error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	a := &App{opts: opts, principal: govern.Owner()}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	if a.Workspace, err = Load(ctx, opts); err != nil {
		return nil, err
	}
	if a.scratch, err = makeScratch(a.Workspace); err != nil {
		return nil, err
	}
	a.close = append(a.close, a.scratch.Remove)
	if a.engine, err = engine.Open(engine.Options{MemoryLimit: trustedMemory, TempDir: a.scratch.Path(), TimeZone: a.Workspace.TimeZone, Unordered: true}); err != nil {
		return nil, err
	}
	a.close = append(a.close, a.engine.Close)
	if a.state, err = state.Open(ctx, a.Workspace.State); err != nil {
		return nil, fmt.Errorf("open the state database of workspace %s: %w", a.Workspace.Name, err)
	}
	a.close = append(a.close, a.state.Close)
	store, err := storage.Open(ctx, a.Workspace.Warehouse)
	if err != nil {
		return nil, fmt.Errorf("open the warehouse of workspace %s: %w", a.Workspace.Name, err)
	}
	a.catalog = catalog.New(a.state, store, catalog.Options{Log: opts.Log})
	a.pool, err = sandbox.NewPool(sandbox.Options{
		Engine: a.engine, Memory: sandboxMemory, ScratchDir: a.scratch.Path(), TimeZone: a.Workspace.TimeZone, Log: opts.Log,
	})
	if err != nil {
		return nil, err
	}
	a.close = append(a.close, a.pool.Close)
	return a, a.compose(store)
}

// makeScratch makes the process's folder for what it spills, and removes those of processes that were killed.
func makeScratch(ws *project.Workspace) (*tempdir.Dir, error) {
	parent := filepath.Join(ws.Dir, ".hosu", "scratch")
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("make the scratch folder of workspace %s: %w", ws.Name, err)
	}
	dir, err := tempdir.Make(parent, "process-")
	if err != nil {
		return nil, fmt.Errorf("open workspace %s: %w", ws.Name, err)
	}
	return dir, nil
}

func (a *App) compose(store storage.Store) (err error) {
	ws, log := a.Workspace, a.opts.Log
	resolver := scan.NewResolver(scan.Options{Catalog: a.catalog, Store: store, Planner: a.pool, TimeZone: ws.TimeZone, Log: log})
	tables := lake.New(lake.Options{Catalog: a.catalog, Store: store, Engine: a.engine, Log: log})
	a.query = query.New(query.Options{Resolver: resolver, Executor: a.pool, TimeZone: ws.TimeZone, Log: log})
	a.checker = quality.NewChecker(quality.Options{Resolver: resolver, Executor: a.pool, Location: ws.Location})
	a.builder = build.New(build.Options{
		Catalog: a.catalog, Lake: tables, Resolver: resolver, Executor: a.pool, Checker: a.checker, State: a.state, TimeZone: ws.TimeZone,
	})
	env := source.Env{Dir: ws.Dir, Location: ws.Location, TempDir: a.scratch.Path()}
	a.ingest, err = ingest.New(ingest.Options{
		Open: ingest.Opener(connectors(a.engine), env), Sink: tables, State: a.state, Catalog: a.catalog, Log: log,
	})
	if err != nil {
		return err
	}
	a.orchestrator, err = orchestrate.New(orchestrate.Config{
		Graph: ws.Graph, Location: ws.Location, State: a.state, Tables: a.catalog, Runner: runner{a}, By: a.principal,
		Observe: a.opts.Observe, Log: log,
	})
	if err != nil {
		return err
	}
	a.inspect = inspect.New(inspect.Options{Catalog: a.catalog, Workspace: ws, Query: a.query, State: a.state, Runs: a.orchestrator})
	return nil
}

// Query runs a statement for the owner of the workspace. The caller releases the rows.
func (a *App) Query(ctx context.Context, req query.Request) (*query.Rows, error) {
	rows, err := a.query.Run(ctx, a.principal, req)
	if err != nil {
		return nil, a.unbuilt(ctx, req.SQL, err)
	}
	return rows, nil
}

// Close ends everything that Open began.
func (a *App) Close() error {
	var errs []error
	for i := len(a.close) - 1; i >= 0; i-- {
		errs = append(errs, a.close[i]())
	}
	a.close = nil
	return errors.Join(errs...)
}

// Unconfined says what is missing when the kernel of this machine cannot hold people's SQL back; "" when it does.
func (a *App) Unconfined() string {
	if c := a.pool.Confinement(); !c.Complete() {
		return "SQL is not fully confined on this machine: " + c.String()
	}
	return ""
}
