package sandbox

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/engine"
)

// canary is in every place that SQL must not reach: if a statement returns it, something leaked.
const canary = "canary-7f3a9c"

// escapes are statements that reach, or try to reach, outside the relations of a job. {dir} is a folder the statement
// may not see, with files of every format; {address} is a web server; {parent} is the process id of the parent. Each
// is refused by the allowlist; without it, none may see or change anything.
var escapes = []string{
	// Every reader of files.
	"select * from read_csv('{dir}/secret.csv')",
	"select * from read_csv_auto('{dir}/secret.csv')",
	"select * from read_json('{dir}/secret.json')",
	"select * from read_json_auto('{dir}/secret.json')",
	"select * from read_json_objects('{dir}/secret.json')",
	"select * from read_ndjson('{dir}/secret.json')",
	"select * from read_ndjson_objects('{dir}/secret.json')",
	"select * from read_parquet('{dir}/secret.parquet')",
	"select * from parquet_scan('{dir}/secret.parquet')",
	"select * from parquet_metadata('{dir}/secret.parquet')",
	"select * from parquet_schema('{dir}/secret.parquet')",
	"select * from parquet_file_metadata('{dir}/secret.parquet')",
	"select * from parquet_kv_metadata('{dir}/secret.parquet')",
	"select * from parquet_bloom_probe('{dir}/secret.parquet', 'a', 'b')",
	"select * from read_text('{dir}/secret.txt')",
	"select * from read_blob('{dir}/secret.txt')",
	"select * from read_text(['{dir}/secret.txt'])",
	"select * from read_text('{dir}/*.txt')",
	"select * from read_duckdb('{dir}/secret.db', table_name := 't')",
	"select * from sniff_csv('{dir}/secret.csv')",
	"select * from glob('{dir}/*')",
	"select * from glob('/etc/*')",
	"select * from read_text('/etc/passwd')",
	"select * from read_csv('/etc/passwd', sep := ':')",
	"SELECT * FROM ReAd_TeXt('{dir}/secret.txt')",
	`select * from "read_text"('{dir}/secret.txt')`,
	"select * from system.main.read_text('{dir}/secret.txt')",
	"select * from main.read_text('{dir}/secret.txt')",

	// Files that are named like tables.
	"select * from '{dir}/secret.csv'",
	"select * from '{dir}/secret.parquet'",
	"from '{dir}/secret.json'",
	`select * from "{dir}/secret.csv"`,
	`select * from "{dir}/secret.parquet" as t`,
	"select * from '{dir}/*.parquet'",
	"select * from '../../../../../../../../../../{dir}/secret.csv'",
	"select * from 'file://{dir}/secret.csv'",
	"describe '{dir}/secret.csv'",
	"summarize '{dir}/secret.csv'",
	"describe select * from read_csv('{dir}/secret.csv')",

	// The network.
	"select * from 'http://{address}/secret.parquet'",
	"select * from 'https://{address}/secret.csv'",
	"select * from 's3://bucket/secret.parquet'",
	"select * from read_parquet('http://{address}/secret.parquet')",
	"select * from read_text('http://{address}/secret.txt')",
	"copy (select 1) to 'http://{address}/out.csv'",
	"attach 'http://{address}/db.duckdb'",

	// The process and its neighbours.
	"select * from read_text('/proc/self/environ')",
	"select * from read_blob('/proc/self/environ')",
	"select * from read_text('/proc/self/maps')",
	"select * from read_text('/proc/self/cmdline')",
	"select * from read_text('/proc/{parent}/environ')",
	"select * from read_blob('/proc/{parent}/mem')",
	"select * from read_text('/proc/1/environ')",
	"select * from glob('/proc/self/fd/*')",
	"select * from read_blob('/proc/self/fd/3')",
	"select * from read_text('/dev/stdin')",
	"select getenv('HOME')",

	// Hidden in other statements.
	"with t as (select * from read_text('{dir}/secret.txt')) select * from t",
	"with recursive t as (select content from read_text('{dir}/secret.txt') union all select content from t where false) select * from t",
	"select (select content from read_text('{dir}/secret.txt'))",
	"select * from range(1) where 'x' in (select content from read_text('{dir}/secret.txt'))",
	"select * from range(1) r, lateral (select content from read_text('{dir}/secret.txt'))",
	"select * from range(1) positional join read_text('{dir}/secret.txt')",
	"select exists (from read_text('{dir}/secret.txt') where content like 'canary%')",
	"select case when true then (from (select content from read_text('{dir}/secret.txt'))) end",
	"select [x for x in (select list(content) from read_text('{dir}/secret.txt'))]",
	"from (from read_text('{dir}/secret.txt')) pivot (count(*) for content in ('a'))",
	"unpivot (select content from read_text('{dir}/secret.txt')) on content",
	"select 1 union all select length(content) from read_text('{dir}/secret.txt')",
	"select 1 order by (select content from read_text('{dir}/secret.txt'))",
	"select 1 limit (select length(content) from read_text('{dir}/secret.txt'))",
	"select row_number() over (order by (select content from read_text('{dir}/secret.txt')))",
	"values ((select content from read_text('{dir}/secret.txt')))",
	"select /* harmless */ * from /* really */ read_text /* ! */ ('{dir}/secret.txt')",
	"select 1 -- nothing to see\n from read_text('{dir}/secret.txt')",

	// SQL in values.
	"select * from query('select * from read_text(''{dir}/secret.txt'')')",
	"select * from query_table('{dir}/secret.csv')",
	"select * from query_table(['{dir}/secret.csv'])",
	"select * from json_execute_serialized_sql(json_serialize_sql('select * from read_text(''{dir}/secret.txt'')'))",
	"select json_serialize_plan('select * from read_text(''{dir}/secret.txt'')')",
	"select * from histogram('{dir}/secret.csv', a)",

	// Not a query.
	"copy (select 1) to '{dir}/new.csv'",
	"copy (select 1) to '{dir}/secret.csv'",
	"copy (select 1) to '{dir}/new.parquet' (format parquet)",
	"copy (select 1) to '/tmp/{canary}.csv'",
	"copy t from '{dir}/secret.csv'",
	"create table t as select * from read_text('{dir}/secret.txt')",
	"create view v as select 1",
	"create macro read_it(f) as table select * from read_text(f)",
	"create or replace secret s (type s3)",
	"insert into t select 1",
	"attach '{dir}/secret.db' as stolen",
	"attach '{dir}/new.db'",
	"install httpfs",
	"load httpfs",
	"load '{dir}/evil.duckdb_extension'",
	"pragma database_list",
	"pragma enable_profiling = 'json'",
	"set memory_limit = '100GB'",
	"set enable_external_access = true",
	"set global lock_configuration = false",
	"reset all",
	"export database '{dir}/export'",
	"import database '{dir}/export'",
	"call pragma_version()",
	"call read_text('{dir}/secret.txt')",
	"explain select 1",
	"explain analyze select * from read_text('{dir}/secret.txt')",
	"prepare p as select * from read_text('{dir}/secret.txt')",
	"execute p",
	"begin",
	"checkpoint",
	"vacuum",
	"use system",
	"pivot '{dir}/secret.csv' on a",
	"show tables",
	"from (show databases)",

	// Several statements.
	"select 1; select * from read_text('{dir}/secret.txt')",
	"select 1; copy (select 1) to '{dir}/new.csv'",
	"select 1;; drop schema main",
	"rollback; attach '{dir}/secret.db' as stolen; select * from stolen.t",
	"select 1 /*; */ ; set threads = 100 --",
	"",
	"-- nothing",

	// What the engine knows.
	"select * from information_schema.tables",
	"select * from pg_catalog.pg_settings",
	"select * from pg_tables",
	"select * from duckdb_settings()",
	"select * from duckdb_secrets()",
	"select * from duckdb_views()",
	"select * from duckdb_logs",
	"select * from sqlite_master",
	"select * from pragma_database_size()",
	"select * from system.information_schema.columns",
	"select * from memory.main.t",
	"select current_setting('temp_directory')",
	"select current_query()",
	"select nextval('s')",
	"select write_log('x')",
	"select stats(1)",
	"select pg_sleep(1)",
	"select * from which_secret('s3://x', 's3')",
	"select * from test_all_types()",
}

// target is the outside world of the escape tests.
type target struct {
	dir, address string
	accepted     chan struct{} // one for each connection to the web server
}

func newTarget(t *testing.T) *target {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"secret.csv":  "a,b\n" + canary + ",1\n",
		"secret.json": `{"a": "` + canary + `"}` + "\n",
		"secret.txt":  canary,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	db := parser(t)
	for _, sql := range []string{
		"copy (select '" + canary + "' as a) to '" + dir + "/secret.parquet'",
		"attach '" + dir + "/secret.db' as secret; create table secret.t as select '" + canary + "' as a; detach secret",
	} {
		if err := db.Exec(context.Background(), sql); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &target{dir: dir, address: listener.Addr().String(), accepted: make(chan struct{}, len(escapes))}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Close()
			w.accepted <- struct{}{}
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return w
}

func (w *target) fill(sql string) string {
	return strings.NewReplacer("{dir}", w.dir, "{address}", w.address, "{parent}", fmt.Sprint(os.Getpid()), "{canary}", canary).Replace(sql)
}

// checkUnchanged fails the test when the folder or the web server saw anything.
func (w *target) checkUnchanged(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if got, want := strings.Join(names, " "), "secret.csv secret.db secret.json secret.parquet secret.txt"; got != want {
		t.Errorf("the folder outside now has %s, want %s", got, want)
	}
	if data, err := os.ReadFile(filepath.Join(w.dir, "secret.csv")); err != nil || !bytes.Contains(data, []byte(canary)) {
		t.Errorf("the file outside was changed to %q (%v)", data, err)
	}
	if _, err := os.Stat("/tmp/" + canary + ".csv"); err == nil {
		t.Error("a file was written to /tmp")
	}
	select {
	case <-w.accepted:
		t.Error("a connection was made to the network")
	default:
	}
}

// TestEscapesAreRefusedByTheAllowlist is the first wall: no escape gets as far as a process.
func TestEscapesAreRefusedByTheAllowlist(t *testing.T) {
	t.Parallel()
	if len(escapes) < 60 {
		t.Fatalf("%d escapes", len(escapes))
	}
	w := newTarget(t)
	pool := newTestPool(t, Options{Spares: -1})
	for _, escape := range escapes {
		sql := w.fill(escape)
		for way, run := range map[string]func() error{
			"parse": func() error { _, err := pool.Parse(context.Background(), sql); return err },
			"plan":  func() error { _, err := pool.Plan(context.Background(), sql, nil, nil, ""); return err },
			"query": func() error { return drain(pool.Query(context.Background(), engine.Job{SQL: sql})) },
			"build": func() error {
				_, err := pool.Build(context.Background(), engine.Job{SQL: sql}, engine.Output{Dir: t.TempDir()})
				return err
			},
			"view": func() error {
				view := engine.Relation{Name: "v", View: " " + sql} // without any text it would be no view
				return drain(pool.Query(context.Background(), engine.Job{SQL: "from v", Relations: []engine.Relation{view}}))
			},
		} {
			var refusal *engine.StatementError
			if err := run(); !errors.As(err, &refusal) || refusal.Kind != engine.Denied && refusal.Kind != engine.Syntax {
				t.Errorf("%s %q: %v, want a refusal", way, sql, err)
			}
		}
	}
	if n := started(pool); n != 0 {
		t.Errorf("%d processes were started for statements that are refused", n)
	}
	w.checkUnchanged(t)
}

// TestEscapesAreRefusedByTheKernel is the second wall alone: neither the allowlist nor DuckDB's own restrictions
// are there, and still nothing outside can be seen or changed.
func TestEscapesAreRefusedByTheKernel(t *testing.T) {
	if !confinementComplete(t) {
		return
	}
	w := newTarget(t)
	pool := newTestPool(t, Options{withoutAllowlist: true, withoutFence: true})
	permission := 0
	for _, escape := range escapes {
		sql := w.fill(escape)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		out, err := text(pool.Query(ctx, engine.Job{SQL: sql}))
		cancel()
		if strings.Contains(out, canary) && !strings.Contains(sql, canary) {
			t.Errorf("%q returned the secret: %s", sql, out)
		}
		if err != nil && strings.Contains(err.Error(), canary) && !strings.Contains(sql, canary) {
			t.Errorf("%q told the secret: %v", sql, err)
		}
		if err != nil && strings.Contains(err.Error(), "Permission denied") {
			permission++
		}
	}
	w.checkUnchanged(t)
	t.Logf("%d of %d statements ended in Permission denied", permission, len(escapes))
	if permission < 50 {
		t.Errorf("only %d statements met the kernel", permission)
	}
	// The control: the same processes read what they were given.
	job := engine.Job{SQL: "from s.t", Relations: []engine.Relation{{
		Schema: "s", Name: "t", Files: []string{filepath.Join(w.dir, "secret.parquet")},
		Columns: []engine.RelationColumn{{Name: "a", Type: "VARCHAR", FieldID: 1}},
	}}}
	out, err := text(pool.Query(context.Background(), job))
	if err != nil || !strings.Contains(out, canary) {
		t.Errorf("a file that was granted: %q, %v", out, err)
	}
}

// TestParametersAreNotSQL checks that the value of a parameter stays one.
func TestParametersAreNotSQL(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{Spares: -1})
	out, err := text(pool.Query(context.Background(), engine.Job{
		SQL:    "select $p as v",
		Params: []engine.Param{{Name: "p", Literal: engine.QuoteLiteral("x'; copy (select 1) to '/tmp/x'; select '")}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(records) != 1 || records[0][0] != "x'; copy (select 1) to '/tmp/x'; select '" {
		t.Errorf("got %q (%v)", out, err)
	}
}
