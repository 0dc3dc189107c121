package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/mattn/go-sqlite3" // the SQLite driver of database/sql

	"github.com/hosu-io/hosu/internal/app"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/engine/sandbox/sandboxtest"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/query/render"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// workspace is an open workspace of a test.
type workspace struct {
	*app.App
	dir string
	// day is the day, in the workspace's time zone, of the last run: models with daily intervals have work again on the next.
	day string
}

// openWorkspace opens the workspace in dir, whose files may name the variables given.
func openWorkspace(t *testing.T, dir string, variables map[string]string) *workspace {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Dir: dir, Getenv: func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}})
	if err != nil {
		t.Fatalf("open workspace %s: %v", dir, err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("close workspace %s: %v", dir, err)
		}
	})
	return &workspace{App: a, dir: dir}
}

func (w *workspace) today() string { return time.Now().In(w.Workspace.Location).Format(time.DateOnly) }

// fill runs everything for the first time.
func (w *workspace) fill(t *testing.T) {
	t.Helper()
	w.day = w.today()
	result, err := w.Run(t.Context(), orchestrate.Request{})
	if err != nil {
		t.Fatalf("first run: %v", err)
	}
	if result.Idle() || len(result.Tasks) < len(w.Workspace.Graph.Assets()) {
		t.Errorf("the first run had %d tasks for %d assets", len(result.Tasks), len(w.Workspace.Graph.Assets()))
	}
	for _, task := range result.Tasks {
		if task.Status != orchestrate.Succeeded || task.Note != "" && strings.Contains(task.Note, "warn") {
			t.Errorf("task %s: %s %s %s", task.Asset, task.Status, task.Note, task.Error)
		}
	}
	var ran, failed int
	w.state(t, "select count(*), count(*) filter (where passed = 0) from check_results", &ran, &failed)
	if ran == 0 || failed > 0 {
		t.Errorf("%d of %d checks failed", failed, ran)
	}
}

// checkIdle runs everything again, with nothing new in the sources, and checks that no table was touched.
func (w *workspace) checkIdle(t *testing.T) {
	t.Helper()
	if w.day != w.today() { // midnight has passed, and with it an interval has begun
		w.day = w.today()
		if _, err := w.Run(t.Context(), orchestrate.Request{}); err != nil {
			t.Fatal(err)
		}
	}
	var before, after int
	files := w.files(t)
	w.state(t, "select count(*) from commits", &before)
	result, err := w.Run(t.Context(), orchestrate.Request{})
	if err != nil {
		t.Fatalf("second run: %v", err)
	}
	if !result.Idle() {
		for _, task := range result.Tasks {
			if !task.Unchanged {
				t.Errorf("the second run was not idle: %s (%s): %s", task.Asset, task.Reason, task.Note)
			}
		}
	}
	w.state(t, "select count(*) from commits", &after)
	if before == 0 || after != before {
		t.Errorf("%d commits became %d in a run with nothing new", before, after)
	}
	if diff := cmp.Diff(files, w.files(t)); diff != "" {
		t.Errorf("a run with nothing new changed files of the warehouse (-before +after):\n%s", diff)
	}
}

// files lists the warehouse: name, size and time of change.
func (w *workspace) files(t *testing.T) []string {
	t.Helper()
	var files []string
	root := filepath.Join(w.dir, "warehouse")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			files = append(files, fmt.Sprintf("%s %d %s", strings.TrimPrefix(path, root), info.Size(), info.ModTime().UTC()))
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("list the warehouse: %d files, %v", len(files), err)
	}
	return files
}

// state reads one row of the state database, beside hosu.
func (w *workspace) state(t *testing.T, query string, into ...any) {
	t.Helper()
	queryRow(t, filepath.Join(w.dir, ".hosu", "state.db"), query, into...)
}

// queryRow reads one row of a SQLite database.
func queryRow(t *testing.T, file, query string, into ...any) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(into...); err != nil {
		t.Fatalf("%s in %s: %v", query, file, err)
	}
}

// csv is the result of a statement through the reading door, with the names of its columns.
func (w *workspace) csv(t *testing.T, statement string) string {
	t.Helper()
	rows, err := w.Query(t.Context(), query.Request{SQL: statement})
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	defer rows.Release()
	var out bytes.Buffer
	if _, err := render.Write(&out, rows, render.CSV, render.Options{}); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return out.String()
}

// values are the values of queries with one each, asked in one statement.
func (w *workspace) values(t *testing.T, queries ...string) []string {
	t.Helper()
	statement := "select (" + strings.Join(queries, "), (") + ")"
	records, err := csv.NewReader(strings.NewReader(w.csv(t, statement))).ReadAll()
	if err != nil || len(records) != 2 {
		t.Fatalf("%s: want one row, got %d lines (%v)", statement, len(records), err)
	}
	return records[1]
}

// plainDuckDB is a DuckDB with nothing of hosu around it, to compare tables in.
type plainDuckDB struct{ *engine.Engine }

func openPlain(t *testing.T, zone string) plainDuckDB {
	t.Helper()
	e, err := engine.Open(engine.Options{TimeZone: zone})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return plainDuckDB{e}
}

func (p plainDuckDB) exec(t *testing.T, statement string) {
	t.Helper()
	if err := p.Exec(t.Context(), statement); err != nil {
		t.Fatalf("%s\n%v", statement, err)
	}
}

// load copies every table of a workspace out of its data files, as schema."namespace.table".
func (p plainDuckDB) load(t *testing.T, schema string, w *workspace) {
	t.Helper()
	p.exec(t, "create schema "+schema)
	tables, err := w.Tables(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if table.Kind != "table" {
			continue
		}
		files, err := w.Files(t.Context(), table.Name)
		if err != nil {
			t.Fatal(err)
		}
		var quoted []string
		for _, f := range files {
			quoted = append(quoted, engine.QuoteLiteral(strings.TrimPrefix(f.Path, "file://")))
		}
		p.exec(t, fmt.Sprintf("create table %s as from read_parquet([%s])", engine.QuoteName(schema, table.Name), strings.Join(quoted, ", ")))
	}
}

// checkEqual checks that two schemas have the same rows in a table, each as often.
func (p plainDuckDB) checkEqual(t *testing.T, table, left, right string) {
	t.Helper()
	columns := p.columns(t, left, table)
	if diff := cmp.Diff(columns, p.columns(t, right, table)); diff != "" {
		t.Errorf("columns of %s differ (-%s +%s):\n%s", table, left, right, diff)
		return
	}
	var quoted []string
	for _, c := range columns {
		quoted = append(quoted, engine.QuoteIdent(c))
	}
	list := strings.Join(quoted, ", ")
	// Rows of one count up, the same rows of the other count down; EXCEPT ALL in both directions takes four times as long.
	differences := p.csv(t, fmt.Sprintf(
		"select sum(n) as more_in_%[1]s, %[3]s from (select 1 as n, %[3]s from %[4]s union all select -1, %[3]s from %[5]s) group by %[3]s having sum(n) <> 0 limit 10",
		left, right, list, engine.QuoteName(left, table), engine.QuoteName(right, table)))
	if strings.Count(differences, "\n") != 1 {
		t.Errorf("rows of %s differ in %s and %s:\n%s", table, left, right, differences)
	}
}

// columns are the names of a table's columns, sorted.
func (p plainDuckDB) columns(t *testing.T, schema, table string) []string {
	t.Helper()
	described, err := p.Describe(t.Context(), "from "+engine.QuoteName(schema, table))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, c := range described {
		names[c.Name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func (p plainDuckDB) csv(t *testing.T, statement string) string {
	t.Helper()
	rows, err := p.QueryArrow(t.Context(), statement)
	if err != nil {
		t.Fatalf("%s\n%v", statement, err)
	}
	defer rows.Release()
	var out bytes.Buffer
	if _, err := render.Write(&out, rows, render.CSV, render.Options{}); err != nil {
		t.Fatalf("%s\n%v", statement, err)
	}
	return out.String()
}

// copyFolder copies a folder of the repository into a fresh one.
func copyFolder(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// background is for cleaning up when the test's own context has ended.
func background(t *testing.T) context.Context { return context.WithoutCancel(t.Context()) }
