package inspect_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/engine/sandbox/sandboxtest"
	"github.com/hosu-io/hosu/internal/inspect"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/lake/laketest"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/scan"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// env is a lake that is looked at.
type env struct {
	*laketest.Lake
	*inspect.Service
	standings standings
}

// standings are what the orchestrator would tell.
type standings struct {
	status orchestrate.StatusInfo
	runs   []orchestrate.RunInfo
}

func (s *standings) Status(context.Context) (orchestrate.StatusInfo, error) { return s.status, nil }

func (s *standings) Runs(context.Context, int) ([]orchestrate.RunInfo, error) { return s.runs, nil }

func seoul(t testing.TB) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// newEnv opens an empty lake, with a workspace of the assets given.
func newEnv(t testing.TB, assets ...*project.Asset) *env {
	t.Helper()
	graph, err := project.NewGraph(assets)
	if err != nil {
		t.Fatal(err)
	}
	e := &env{Lake: laketest.Open(t)}
	ws := &project.Workspace{Name: "test", Graph: graph, Location: seoul(t), TimeZone: "Asia/Seoul"}
	for _, a := range assets {
		if a.Model != nil {
			ws.Models = append(ws.Models, a.Model)
		}
		e.standings.status.Assets = append(e.standings.status.Assets, orchestrate.AssetStatus{Asset: a.Name, Status: orchestrate.Fresh})
	}
	e.Service = inspect.New(inspect.Options{Catalog: e.Catalog, Workspace: ws, Query: e.door(t), State: e.DB, Runs: &e.standings})
	return e
}

// door is the way to the rows; its processes start when the first is asked for.
func (e *env) door(t testing.TB) *query.Service {
	pool := sandboxtest.Pool(t)
	silent := slog.New(slog.DiscardHandler)
	return query.New(query.Options{
		Resolver: scan.NewResolver(scan.Options{Catalog: e.Catalog, Store: e.Store, Planner: pool, TimeZone: "Asia/Seoul", Log: silent}),
		Executor: pool, TimeZone: "Asia/Seoul", Log: silent,
	})
}

func (e *env) write(name, sql string) {
	e.MustRun(lake.Spec{Table: e.Ident(name), Mode: lake.Append}, sql)
}
