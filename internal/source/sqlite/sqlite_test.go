package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/mattn/go-sqlite3" // the application that writes the database

	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/source/sourcetest"
	"github.com/hosu-io/hosu/internal/source/sqlite"
)

// database makes a database and a connection of an application to it.
func database(t testing.TB, statements ...string) (path string, app *sql.DB) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "shop 100%?.db")
	app, err := sql.Open("sqlite3", "file:"+strings.NewReplacer("%", "%25", "?", "%3f").Replace(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Close() })
	for _, s := range statements {
		execute(t, app, s)
	}
	return path, app
}

func execute(t testing.TB, app *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := app.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func open(t testing.TB, path string) *sqlite.Source {
	t.Helper()
	src, err := sqlite.Open(map[string]string{"path": filepath.Base(path)}, source.Env{Dir: filepath.Dir(path)})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, journal := range []string{"wal", "delete"} {
		t.Run(journal, func(t *testing.T) {
			path, app := database(t, "pragma journal_mode = "+journal)
			sourcetest.Run(t, sourcetest.System{
				Open: func(t testing.TB) source.Source { return open(t, path) },
				Create: func(t testing.TB, table string) {
					execute(t, app, "create table "+table+" (id integer primary key, name varchar(20), amount decimal(12,2), updated_at datetime)")
				},
				Put: func(t testing.TB, table string, rows ...sourcetest.Row) {
					for _, r := range rows {
						var at any
						if !r.UpdatedAt.IsZero() {
							at = r.UpdatedAt.Format("2006-01-02 15:04:05.999999")
						}
						execute(t, app, "insert or replace into "+table+" values (?, ?, "+r.Amount()+", ?)", r.ID, r.Name, at)
					}
				},
				Delete: func(t testing.TB, table string, id int64) { execute(t, app, "delete from "+table+" where id = ?", id) },
				Generate: func(t testing.TB, table string, n int) {
					execute(t, app, `with recursive g(i) as (select 1 union all select i + 1 from g where i < ?)
						insert into `+table+` select i, 'a name that takes some room ' || i, i % 1000 / 8.0 - i % 1000 / 8.0 % 0.01, '2024-01-01 00:00:00' from g`, n)
				},
				AddColumn: func(t testing.TB, table, column, value string) {
					execute(t, app, fmt.Sprintf("alter table %s add %s text default '%s'", table, column, value))
				},
				Types:   "id long, name string, amount decimal(12, 2), updated_at timestamp",
				Options: func(string) source.TableOptions { return source.TableOptions{} },
				Cursor:  true,
				Down:    func(t testing.TB) source.Source { return open(t, filepath.Join(t.TempDir(), "gone.db")) },
				Where:   "gone.db",
			})
		})
	}
}

// TestTypes copies one value after the other of each type. A want of "refused" says that it must be an error.
func TestTypes(t *testing.T) {
	t.Parallel()
	path, app := database(t)
	src := open(t, path)
	for i, tc := range []struct{ declared, typ, value, want string }{
		{"integer", "long", "9223372036854775807", "9223372036854775807"},
		{"int", "long", "'12'", "12"},
		{"int", "long", "'twelve'", "refused"},
		{"int", "long", "1.5", "refused"},
		{"boolean", "boolean", "1", "true"},
		{"boolean", "boolean", "'FALSE'", "false"},
		{"boolean", "boolean", "2", "refused"},
		{"double", "double", "0.1", "0.1"},
		{"real", "double", "3", "3"},
		{"real", "double", "'x'", "refused"},
		{"text", "string", "'값'", "값"},
		{"text", "string", "12", "12"},
		{"text", "string", "x'00ff'", "refused"},
		{"", "string", "1.50", "1.5"},
		{"blob", "binary", "x'00ff'", `\x00ff`},
		{"blob", "binary", "5", "refused"},
		{"decimal(10,2)", "decimal(10, 2)", "12.5", "12.50"},
		{"decimal(10,2)", "decimal(10, 2)", "0.1", "0.10"},
		{"decimal(10,2)", "decimal(10, 2)", "-7", "-7.00"},
		{"decimal(10,2)", "decimal(10, 2)", "99999999.99", "99999999.99"},
		{"decimal(10,2)", "decimal(10, 2)", "100000000", "refused"},
		{"decimal(10,2)", "decimal(10, 2)", "0.125", "refused"},
		{"decimal(10,2)", "decimal(10, 2)", "'n/a'", "refused"},
		{"numeric", "decimal(38, 10)", "1e15", "1000000000000000.0000000000"},
		{"date", "date", "'2024-02-29'", "2024-02-29"},
		{"date", "date", "'2024-02-29 00:00:00+00:00'", "2024-02-29"},
		{"date", "date", "'2023-02-29'", "refused"},
		{"date", "date", "'2024-02-29 01:00:00'", "refused"},
		{"date", "date", "19782", "refused"},
		{"datetime", "timestamp", "'2024-02-29 12:34:56'", "2024-02-29 12:34:56"},
		{"timestamp", "timestamp", "'2024-02-29T12:34:56.000001'", "2024-02-29 12:34:56.000001"},
		{"timestamp", "timestamp", "'2024-02-29 12:34'", "2024-02-29 12:34:00"},
		{"datetime", "timestamptz", "'2024-02-29 12:00:00+09:00'", "2024-02-29 03:00:00Z"},
		{"datetime", "timestamptz", "'2024-02-29T12:00:00Z'", "2024-02-29 12:00:00Z"},
		{"timestamptz", "timestamptz", "'2024-02-29 12:00:00'", "2024-02-29 12:00:00Z"},
		{"timestamptz", "timestamptz", "'2024-02-29 12:00:00.123000000-0330'", "2024-02-29 15:30:00.123Z"},
		{"datetime", "timestamp", "'2024-02-29 12:00:00.1234567'", "refused"},
		{"datetime", "timestamp", "1709210096", "refused"},
		{"datetime", "timestamp", "'yesterday'", "refused"},
		{"time", "time", "'23:59:59.5'", "23:59:59.500000"},
		{"uuid", "uuid", "'0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f'", "0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f"},
		{"uuid", "uuid", "x'0b5a1e1c58b64e0c8f400d2cbd9e9e5f'", "0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f"},
		{"uuid", "uuid", "'none'", "refused"},
		{"json", "string", `'{"a":1}'`, `{"a":1}`},
	} {
		table := fmt.Sprintf("types_%d", i)
		execute(t, app, fmt.Sprintf("create table %s (id integer primary key, v %s)", table, tc.declared))
		execute(t, app, "insert into "+table+" values (41, null), (42, "+tc.value+")")
		c, err := sourcetest.TryRead(t, src, source.Request{Table: table})
		if tc.want == "refused" {
			for _, part := range []string{table, "column v", "id=42", "types: {v: "} {
				if !errors.Is(err, source.ErrValue) || !strings.Contains(err.Error(), part) {
					t.Errorf("%s %s: %v, %v; want ErrValue with %q", tc.declared, tc.value, c.Rows, err, part)
					break
				}
			}
			continue
		}
		if err != nil {
			t.Errorf("%s %s: %v", tc.declared, tc.value, err)
			continue
		}
		if got, want := c.Types(), "id long, v "+tc.typ; got != want {
			t.Errorf("%s %s: columns %s, want %s", tc.declared, tc.value, got, want)
		}
		if diff := cmp.Diff([][]string{{"41", "NULL"}, {"42", tc.want}}, c.Rows); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tc.declared, tc.value, diff)
		}
	}
}

func TestTypesTheAuthorGave(t *testing.T) {
	t.Parallel()
	path, _ := database(t, "create table given (v datetime, w text, x)", "insert into given values (1709210096, '12.505', 1)")
	src := open(t, path)
	given := map[string]schema.Column{}
	for name, text := range map[string]string{"V": "long", "w": "decimal(10,3)", "x": "int"} {
		typ, err := schema.ParseType(text)
		if err != nil {
			t.Fatal(err)
		}
		given[name] = schema.Column{Name: name, Type: typ}
	}
	c := sourcetest.Read(t, src, source.Request{Table: "GIVEN", Options: source.TableOptions{Types: given}})
	if got := c.Types(); got != "v long, w decimal(10, 3), x int" {
		t.Errorf("columns %s", got)
	}
	if diff := cmp.Diff([][]string{{"1709210096", "12.505", "1"}}, c.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	path, _ := database(t, `create table "Order Lines" ("Line" int, "Order" int, net real, gross real generated always as (net * 1.1) stored, primary key ("Order", "Line")) without rowid`,
		`insert into "Order Lines" values (1, 2, 10)`, "create view totals as select count(*) n, net from \"Order Lines\" group by net",
		"create virtual table words using fts4(body)", "insert into words values ('a fat cat')", "create table empty (a int)")
	src := open(t, path)
	tables, err := src.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, table := range tables {
		names = append(names, table.Name)
	}
	if diff := cmp.Diff([]string{"Order Lines", "empty", "totals", "words"}, names); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Order", "Line"}, tables[0].Key); diff != "" {
		t.Errorf("key (-want +got):\n%s", diff)
	}
	for table, want := range map[string][][]string{"Order Lines": {{"1", "2", "10", "11"}}, "totals": {{"1", "10"}}, "words": {{"a fat cat"}}, "empty": nil} {
		if diff := cmp.Diff(want, sourcetest.Read(t, src, source.Request{Table: table}).Rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", table, diff)
		}
	}
}

// TestLiveWriter writes all the while a table is read: rows come in pairs, and a copy must never hold half of one.
func TestLiveWriter(t *testing.T) {
	t.Parallel()
	path, app := database(t, "pragma journal_mode = wal", "create table pairs (id integer primary key, pair int)")
	src := open(t, path)
	ctx, stop := context.WithCancel(t.Context())
	written := make(chan int)
	go func() {
		n := 0
		defer func() { written <- n }()
		for ; ctx.Err() == nil; n++ {
			if _, err := app.Exec("begin; insert into pairs(pair) values (?); insert into pairs(pair) values (?); commit", n, n); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range 20 {
		if c := sourcetest.Read(t, src, source.Request{Table: "pairs"}); len(c.Rows)%2 != 0 {
			t.Errorf("%d rows: half a transaction", len(c.Rows))
		}
	}
	stop()
	n := <-written
	if c := sourcetest.Read(t, src, source.Request{Table: "pairs"}); len(c.Rows) != 2*n {
		t.Errorf("%d rows, want %d", len(c.Rows), 2*n)
	}
}

// TestUntouchedFile looks at a file that nobody wrote to for a while: no query is needed.
func TestUntouchedFile(t *testing.T) {
	t.Parallel()
	for _, journal := range []string{"wal", "delete"} {
		path, app := database(t, "pragma journal_mode = "+journal, "create table a (id int, at datetime)", "insert into a values (1, '2024-01-01 00:00:00')", "create table b (id int)")
		old := time.Now().Add(-time.Hour)
		age := func() {
			for _, suffix := range []string{"", "-wal"} {
				if err := os.Chtimes(path+suffix, old, old); err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
			}
		}
		age()
		src := open(t, path)
		for _, cursor := range []string{"", "at"} {
			req := source.Request{Table: "a", Cursor: cursor}
			req.After = sourcetest.Read(t, src, req).Position
			if !strings.Contains(string(req.After), `"version":"`) {
				t.Errorf("%s: position %s has no version of the file", journal, req.After)
			}
			if !sourcetest.Read(t, src, req).Unchanged {
				t.Errorf("%s, cursor %q: not unchanged", journal, cursor)
			}
			execute(t, app, "insert into b values (1)")
			if !sourcetest.Read(t, src, req).Unchanged {
				t.Errorf("%s, cursor %q: another table's change is taken for one of this", journal, cursor)
			}
			execute(t, app, "insert into a values (2, '2024-01-01 00:00:01')")
			age() // the time says nothing, the change counter does
			if sourcetest.Read(t, src, req).Unchanged {
				t.Errorf("%s, cursor %q: a new row was not found", journal, cursor)
			}
		}
	}
}

func TestCursorsOfManyKinds(t *testing.T) {
	t.Parallel()
	path, app := database(t)
	src := open(t, path)
	for i, tc := range []struct {
		declared, first, inside, outside string
	}{
		{"date", "'2024-01-10'", "'2024-01-09'", "'2024-01-08'"},
		{"datetime", "'2024-01-10T00:00:00Z'", "'2024-01-09T00:00:00Z'", "'2024-01-08T23:59:58Z'"},
		{"datetime", "'2024-01-10 00:00:00.5+09:00'", "'2024-01-09 00:00:00.5+09:00'", "'2024-01-08 23:59:58+09:00'"},
		{"datetime", "'2024-01-10 00:00'", "'2024-01-09 00:00'", "'2024-01-08 23:59'"},
		{"integer", "10", "10", "9"},
		{"real", "0.1", "0.1", "0.09999"},
		{"text", "'b''c'", "'b''c'", "'a'"},
	} {
		table := fmt.Sprintf("kinds_%d", i)
		execute(t, app, fmt.Sprintf("create table %s (id integer primary key, at %s)", table, tc.declared))
		execute(t, app, "insert into "+table+"(at) values ("+tc.first+")")
		req := source.Request{Table: table, Cursor: "at", Overlap: 24 * time.Hour}
		req.After = sourcetest.Read(t, src, req).Position
		execute(t, app, "insert into "+table+"(at) values ("+tc.outside+")")
		if !sourcetest.Read(t, src, req).Unchanged {
			t.Errorf("%s %s: %s is not outside the window", tc.declared, tc.first, tc.outside)
		}
		execute(t, app, "insert into "+table+"(at) values ("+tc.inside+")")
		if c := sourcetest.Read(t, src, req); len(c.Rows) != 2 {
			t.Errorf("%s %s: %d rows, want the first and %s", tc.declared, tc.first, len(c.Rows), tc.inside)
		}
	}
}

func TestFilesThatAreNoDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "notes.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("just some notes, long enough for a header ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, part := range map[string]string{path: "names a SQLite database", dir: "is a folder"} {
		_, err := open(t, path).Tables(t.Context())
		if err == nil || !strings.Contains(err.Error(), part) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v; want an error with %q", path, err, part)
		}
	}
	if _, err := sqlite.Open(nil, source.Env{}); err == nil {
		t.Error("a source without a path opened")
	}
}

// BenchmarkRead copies a narrow and a wide table and prints rows per second.
func BenchmarkRead(b *testing.B) {
	const rows = 1_000_000
	path, app := database(b, "pragma journal_mode = wal", "create table narrow (id integer primary key, n int, at datetime, amount decimal(10,2))",
		"create table wide (id integer primary key, a text, b text, c real, d real, e int, f datetime, g boolean, h decimal(10,2), i text)")
	for _, insert := range []string{
		"narrow select i, i % 7, '2024-01-01 12:34:56', i % 100",
		"wide select i, 'text ' || i, 'more text', i / 3.0, i / 7.0, i, '2024-01-01 12:34:56', i % 2, i % 100 + 0.25, 'Seoul'",
	} {
		execute(b, app, "with recursive g(i) as (select 1 union all select i + 1 from g where i < ?) insert into "+insert+" from g", rows)
	}
	src := open(b, path)
	for _, table := range []string{"narrow", "wide"} {
		b.Run(table, func(b *testing.B) {
			for b.Loop() {
				batch, err := src.Read(context.Background(), source.Request{Table: table})
				if err != nil {
					b.Fatal(err)
				}
				var n int64
				for batch.Rows.Next() {
					n += batch.Rows.RecordBatch().NumRows()
				}
				if err := batch.Rows.Err(); err != nil || n != rows {
					b.Fatal(n, err)
				}
				batch.Rows.Release()
			}
			b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
