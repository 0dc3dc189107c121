package build_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/build"
	"github.com/hosu-io/hosu/internal/engine/sandbox/sandboxtest"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/lake/laketest"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/quality"
	"github.com/hosu-io/hosu/internal/scan"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/transform"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// env is a builder over a real lake and a real sandbox.
type env struct {
	*build.Builder
	t    *testing.T
	lake *laketest.Lake
	zone string
}

func newEnv(t *testing.T, zone string) *env {
	t.Helper()
	l := laketest.Open(t)
	pool := sandboxtest.Pool(t)
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	resolver := scan.NewResolver(scan.Options{Catalog: l.Catalog, Store: l.Store, Planner: pool, TimeZone: zone})
	return &env{t: t, lake: l, zone: zone, Builder: build.New(build.Options{
		Catalog: l.Catalog, Lake: l.Lake, Resolver: resolver, Executor: pool, State: l.DB, TimeZone: zone,
		Checker: quality.NewChecker(quality.Options{Resolver: resolver, Executor: pool, Location: location}),
	})}
}

// put makes a table hold the rows of a query.
func (e *env) put(name, query string) {
	e.t.Helper()
	e.lake.MustRun(lake.Spec{Table: e.lake.Ident(name), Mode: lake.Replace, DropMissing: true}, query)
}

func model(name string, write project.Write, sql string) *project.Model {
	path := "models/" + strings.ReplaceAll(name, ".", "/") + ".sql"
	m := &project.Model{Name: name, SQL: sql, SQLLine: 4, Write: write, Retries: -1, Pos: project.Pos{File: path, Line: 1}}
	for _, param := range []string{"start", "end"} {
		if strings.Contains(sql, "$"+param) {
			m.Params = append(m.Params, param)
		}
	}
	return m
}

func full(name, sql string) *project.Model {
	return model(name, project.Write{Kind: project.WriteFull}, sql)
}

func (e *env) request(m *project.Model) build.Request {
	return build.Request{By: govern.Owner(), Model: m, Fingerprint: "f1", Task: quality.Task{Run: "r1", ID: "1", Attempt: 1}}
}

// days is the interval of the local days [from, to).
func (e *env) days(from, to string) transform.Interval {
	e.t.Helper()
	location, err := time.LoadLocation(e.zone)
	if err != nil {
		e.t.Fatal(err)
	}
	at := func(text string) time.Time {
		day, err := time.ParseInLocation(time.DateOnly, text, location)
		if err != nil {
			e.t.Fatal(err)
		}
		return day
	}
	return transform.Interval{Start: at(from), End: at(to)}
}

func (e *env) must(m *project.Model) build.Outcome {
	e.t.Helper()
	return e.mustDays(m, transform.Interval{})
}

func (e *env) mustDays(m *project.Model, iv transform.Interval) build.Outcome {
	e.t.Helper()
	req := e.request(m)
	req.Interval = iv
	outcome, err := e.Build(e.t.Context(), req)
	if err != nil {
		e.t.Fatalf("build: %v", err)
	}
	return outcome
}

// fails builds and returns the error, which must be permanent and say all of want.
func (e *env) fails(req build.Request, want ...string) error {
	e.t.Helper()
	_, err := e.Build(e.t.Context(), req)
	if err == nil {
		e.t.Fatal("the build did not fail")
	}
	var p interface{ Permanent() bool }
	if failed, ok := err.(*build.Error); !ok || !failed.Permanent() {
		e.t.Errorf("%T %v is not permanent: %v", err, p, err)
	}
	for _, text := range want {
		if !strings.Contains(err.Error(), text) {
			e.t.Errorf("the error does not say %q: %v", text, err)
		}
	}
	return err
}

func (e *env) rows(name string, want ...string) {
	e.t.Helper()
	slices.Sort(want)
	if got := e.lake.Rows(name); !slices.Equal(got, want) {
		e.t.Errorf("%s has %q, want %q", name, got, want)
	}
}

func (e *env) filled(asset string) []state.Filled {
	e.t.Helper()
	var rows []state.Filled
	err := e.lake.DB.View(e.t.Context(), func(tx *state.Tx) (err error) {
		rows, err = tx.Filled(asset)
		return err
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return rows
}

func (e *env) snapshot(name string) int64 {
	e.t.Helper()
	entry, err := e.lake.Catalog.Entry(e.t.Context(), e.lake.Ident(name))
	if err != nil {
		e.t.Fatal(err)
	}
	return entry.SnapshotID
}

// kind is "table", "view", or "" when there is no such thing.
func (e *env) kind(name string) string {
	e.t.Helper()
	entry, err := e.lake.Catalog.Entry(e.t.Context(), e.lake.Ident(name))
	if err != nil {
		return ""
	}
	return fmt.Sprint(entry.Kind)
}
