package scan_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/engine/sandbox/sandboxtest"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/lake/laketest"
	"github.com/hosu-io/hosu/internal/scan"
	"github.com/hosu-io/hosu/internal/schema"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// planExecutor is what a sandbox pool offers.
type planExecutor interface {
	scan.Planner
	scan.Executor
}

// env is a lake with a resolver and a sandbox over it.
type env struct {
	*laketest.Lake
	pool     planExecutor
	resolver *scan.Resolver
}

func newEnv(t testing.TB) *env {
	t.Helper()
	l := laketest.Open(t)
	pool := sandboxtest.Pool(t)
	return &env{Lake: l, pool: pool, resolver: newResolver(l, pool)}
}

func newResolver(l *laketest.Lake, planner scan.Planner) *scan.Resolver {
	return scan.NewResolver(scan.Options{
		Catalog: l.Catalog, Store: l.Store, Planner: planner, Log: slog.New(slog.DiscardHandler),
	})
}

// append adds the rows of each query to a table as a file of its own.
func (e *env) append(t testing.TB, name string, queries ...string) {
	t.Helper()
	for _, query := range queries {
		e.MustRun(lake.Spec{Table: e.Ident(name), Mode: lake.Append}, query)
	}
}

// view makes a view, or replaces it.
func (e *env) view(t testing.TB, name, sql string, columns ...schema.Column) {
	t.Helper()
	assigned, err := schema.Assign(columns)
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Catalog.Commit(context.Background(), catalog.Commit{By: govern.Owner(), Changes: []catalog.Change{
		{Ident: e.Ident(name), View: &catalog.PutView{SQL: sql, Schema: assigned}},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// resolve resolves a statement that must be right.
func (e *env) resolve(t testing.TB, req scan.Request) *scan.Resolved {
	t.Helper()
	resolved, err := e.resolver.Resolve(t.Context(), govern.Owner(), req)
	if err != nil {
		t.Fatalf("resolve %s: %v", req.SQL, err)
	}
	return resolved
}

// rows runs a resolved statement and returns its rows as text, sorted.
func (e *env) rows(t testing.TB, resolved *scan.Resolved) []string {
	t.Helper()
	reader, err := e.pool.Query(t.Context(), resolved.Job)
	if err != nil {
		t.Fatalf("run %s: %v", resolved.Job.SQL, err)
	}
	defer reader.Release()
	rows := []string{}
	for reader.Next() {
		batch := reader.RecordBatch()
		for i := range int(batch.NumRows()) {
			row := ""
			for c, column := range batch.Columns() {
				if c > 0 {
					row += "|"
				}
				row += column.ValueStr(i)
			}
			rows = append(rows, row)
		}
	}
	if err := reader.Err(); err != nil {
		t.Fatalf("read %s: %v", resolved.Job.SQL, err)
	}
	slices.Sort(rows)
	return rows
}

// answer resolves and runs a statement.
func (e *env) answer(t testing.TB, sql string) []string {
	t.Helper()
	return e.rows(t, e.resolve(t, scan.Request{SQL: sql}))
}

// wholePlanner plans as if no table had a filter.
type wholePlanner struct{ scan.Planner }

func (p wholePlanner) Plan(ctx context.Context, sql string, stubs []engine.Stub, params []engine.Param, zone string) (*engine.Plan, error) {
	plan, err := p.Planner.Plan(ctx, sql, stubs, params, zone)
	if err == nil {
		plan.Scans = nil
	}
	return plan, err
}
