package server_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/inspect"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/server"
	"github.com/hosu-io/hosu/internal/testenv/stopwatch"
)

func TestProblemsWithTables(t *testing.T) {
	t.Parallel()
	l := newLab(t, sqliteURL(t), model("core.planned"))
	l.create("raw.orders")
	for path, want := range map[string]string{
		"/tables/raw.order":                      "404 table_not_found did you mean raw.orders?",
		"/tables/core.planned":                   "404 table_not_built run +core.planned",
		"/tables/orders":                         "400 invalid ",
		"/tables/raw.orders/files?snapshot=7":    "404 snapshot_not_found versions expire; see those that it has",
		"/tables/raw.orders/files?snapshot=x":    "400 invalid ids are listed by /tables/{name}/snapshots",
		"/tables/raw.orders/snapshots?cursor=12": "400 invalid begin without a cursor",
		"/lineage?focus=nowhere.x":               "404 not_found ",
	} {
		var problem server.Problem
		status := l.call("GET", path, "", &problem)
		if got := fmt.Sprintf("%d %s %s", status, problem.Code, problem.Hint); got != want {
			t.Errorf("%s: %s, want %s (%s)", path, got, want, problem.Detail)
		}
	}
	var lineage struct {
		Focus string
		Nodes []struct{ ID, Kind, Status string }
	}
	l.get("/lineage?focus=raw.orders", &lineage)
	if lineage.Focus != "table:raw.orders" || len(lineage.Nodes) != 1 || lineage.Nodes[0].Kind != "external" {
		t.Errorf("%+v", lineage)
	}
}

// manyTables is a lab with so many models, all built, and their tables.
func manyTables(t testing.TB, n int) *lab {
	t.Helper()
	assets := make([]*project.Asset, n)
	names := make([]string, n)
	for i := range assets {
		names[i] = fmt.Sprintf("space_%d.table_%04d", i%20, i)
		assets[i] = model(names[i])
		if i >= 20 {
			assets[i] = model(names[i], names[i-20])
		}
	}
	l := newLab(t, sqliteURL(t), assets...)
	l.create(names...)
	active, err := l.services.Orchestrator.Begin(t.Context(), orchestrate.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := active.Work(t.Context(), orchestrate.Around{}); err != nil {
		t.Fatal(err)
	}
	return l
}

// fetch reads an answer as a client does, and returns how long that took.
func (l *lab) fetch(path string) time.Duration {
	l.t.Helper()
	started := time.Now()
	response, err := http.Get(l.url + path)
	if err != nil {
		l.t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		l.t.Fatalf("%s: %d, %v", path, response.StatusCode, err)
	}
	return time.Since(started)
}

// Lists of many tables are quick when they have been asked for before.
func TestManyTables(t *testing.T) {
	const many, bound = 500, 100 * time.Millisecond
	l := manyTables(t, many)
	cold := l.fetch("/tables")
	var tables struct{ Items []inspect.TableSummary }
	l.get("/tables", &tables)
	if len(tables.Items) != many || tables.Items[0].Status != "fresh" || len(tables.Items[0].Columns) != 20 {
		t.Fatalf("%d tables, the first is %+v", len(tables.Items), tables.Items[0])
	}
	for _, path := range []string{"/tables", "/overview", "/assets", "/lineage"} {
		l.fetch(path)
		warm := stopwatch.Within(t, bound, fmt.Sprintf("%s of %d tables", path, many), func() time.Duration { return l.fetch(path) })
		t.Logf("%d tables: %s in %v (the first time %v)", many, path, warm, cold)
	}
}

func BenchmarkManyTables(b *testing.B) {
	const many = 2000
	l := manyTables(b, many)
	for _, path := range []string{"/tables", "/overview", "/assets", "/lineage"} {
		b.Run(path[1:], func(b *testing.B) {
			l.fetch(path)
			for b.Loop() {
				l.fetch(path)
			}
		})
	}
}
