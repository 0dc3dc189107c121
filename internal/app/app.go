// Package app is the composition root: it builds everything and knows everybody.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

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

// App is an open workspace: its files as they were when it was opened, and what works with them. Its methods are safe for concurrent
// use; Close ends it.
type App struct {
	*core
	Workspace *project.Workspace

	ingest       *ingest.Ingest
	builder      *build.Builder
	checker      *quality.Checker
	orchestrator *orchestrate.Orchestrator
	inspect      *inspect.Service
}

// core is what stays when the files of a workspace change and it is loaded anew.
type core struct {
	opts      Options
	principal govern.Principal
	scratch   *tempdir.Dir // of this process, in the workspace
	engine    *engine.Engine
	state     *state.DB
	store     storage.Store
	catalog   *catalog.Catalog
	pool      *sandbox.Pool
	resolver  *scan.Resolver
	tables    *lake.Lake
	query     *query.Service
	inspected *inspect.Cache
	close     []func() error
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
	ws, err := Load(ctx, opts)
	if err != nil {
		return nil, err
	}
	c := &core{opts: opts, principal: govern.Owner(), inspected: inspect.NewCache()}
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	if err := c.open(ctx, ws); err != nil {
		return nil, err
	}
	return c.compose(ws, opts.Observe)
}

// open opens what a workspace is kept in and worked on with.
func (c *core) open(ctx context.Context, ws *project.Workspace) (err error) {
	log := c.opts.Log
	if c.scratch, err = makeScratch(ws); err != nil {
		return err
	}
	c.close = append(c.close, c.scratch.Remove)
	if c.engine, err = engine.Open(engine.Options{MemoryLimit: trustedMemory, TempDir: c.scratch.Path(), TimeZone: ws.TimeZone, Unordered: true}); err != nil {
		return err
	}
	c.close = append(c.close, c.engine.Close)
	if c.state, err = state.Open(ctx, ws.State); err != nil {
		return fmt.Errorf("open the state database of workspace %s: %w", ws.Name, err)
	}
	c.close = append(c.close, c.state.Close)
	if c.store, err = storage.Open(ctx, ws.Warehouse); err != nil {
		return fmt.Errorf("open the warehouse of workspace %s: %w", ws.Name, err)
	}
	c.catalog = catalog.New(c.state, c.store, catalog.Options{Log: log})
	if err := c.checkPlace(ctx, ws); err != nil {
		return err
	}
	c.pool, err = sandbox.NewPool(sandbox.Options{
		Engine: c.engine, Memory: sandboxMemory, ScratchDir: c.scratch.Path(), TimeZone: ws.TimeZone, Log: log,
	})
	if err != nil {
		return err
	}
	c.close = append(c.close, c.pool.Close)
	c.resolver = scan.NewResolver(scan.Options{Catalog: c.catalog, Store: c.store, Planner: c.pool, TimeZone: ws.TimeZone, Log: log})
	c.tables = lake.New(lake.Options{Catalog: c.catalog, Store: c.store, Engine: c.engine, Log: log})
	c.query = query.New(query.Options{Resolver: c.resolver, Executor: c.pool, TimeZone: ws.TimeZone, Log: log})
	return nil
}

// checkPlace refuses a workspace that was moved, or whose warehouse was: every statement would fail on its own.
func (c *core) checkPlace(ctx context.Context, ws *project.Workspace) error {
	outside, err := c.catalog.Outside(ctx)
	if err != nil || outside == nil {
		return err
	}
	return fmt.Errorf("open workspace %s: its table %s is at %s, which is not in its warehouse %s: Iceberg tables hold the full locations of their files, "+
		"so a warehouse cannot be moved; put it back where it was, or remove the state database and the warehouse here and make the tables again with hosu run",
		ws.Name, outside.Ident, strings.SplitN(outside.MetadataLocation, "/metadata/", 2)[0], c.store.Root())
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

// compose makes what depends on the files of a workspace.
func (c *core) compose(ws *project.Workspace, observe func(orchestrate.Event)) (_ *App, err error) {
	a := &App{core: c, Workspace: ws}
	a.checker = quality.NewChecker(quality.Options{Resolver: c.resolver, Executor: c.pool, Location: ws.Location})
	a.builder = build.New(build.Options{
		Catalog: c.catalog, Lake: c.tables, Resolver: c.resolver, Executor: c.pool, Checker: a.checker, State: c.state, TimeZone: ws.TimeZone,
	})
	env := source.Env{Dir: ws.Dir, Location: ws.Location, TempDir: c.scratch.Path()}
	a.ingest, err = ingest.New(ingest.Options{
		Open: ingest.Opener(connectors(c.engine), env), Sink: c.tables, State: c.state, Catalog: c.catalog, Log: c.opts.Log,
	})
	if err != nil {
		return nil, err
	}
	a.orchestrator, err = orchestrate.New(orchestrate.Config{
		Graph: ws.Graph, Location: ws.Location, State: c.state, Tables: c.catalog, Runner: runner{a}, By: c.principal,
		Observe: observe, Log: c.opts.Log,
	})
	if err != nil {
		return nil, err
	}
	a.inspect = inspect.New(inspect.Options{
		Catalog: c.catalog, Workspace: ws, Query: c.query, State: c.state, Runs: a.orchestrator, Cache: c.inspected,
	})
	return a, nil
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
func (c *core) Close() error {
	var errs []error
	for i := len(c.close) - 1; i >= 0; i-- {
		errs = append(errs, c.close[i]())
	}
	c.close = nil
	return errors.Join(errs...)
}

// Unconfined says what is missing when the kernel of this machine cannot hold people's SQL back; "" when it does.
func (c *core) Unconfined() string {
	if confined := c.pool.Confinement(); !confined.Complete() {
		return "SQL is not fully confined on this machine: " + confined.String()
	}
	return ""
}
