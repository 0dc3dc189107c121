package query_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/engine/sandbox"
	"github.com/hosu-io/hosu/internal/engine/sandbox/sandboxtest"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/lake/laketest"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/query/render"
	"github.com/hosu-io/hosu/internal/scan"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/testenv/stopwatch"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

// env is a lake that can be asked.
type env struct {
	*laketest.Lake
	service *query.Service
	pool    *sandbox.Pool
}

func newEnv(t testing.TB, limits engine.Limits) *env {
	t.Helper()
	l := laketest.Open(t)
	pool := sandboxtest.Pool(t)
	silent := slog.New(slog.DiscardHandler)
	return &env{
		Lake: l, pool: pool,
		service: query.New(query.Options{
			Resolver: scan.NewResolver(scan.Options{Catalog: l.Catalog, Store: l.Store, Planner: pool, Log: silent}),
			Executor: pool, Limits: limits, TimeZone: "Asia/Seoul", Log: silent,
		}),
	}
}

func (e *env) append(name string, queries ...string) {
	for _, sql := range queries {
		e.MustRun(lake.Spec{Table: e.Ident(name), Mode: lake.Append}, sql)
	}
}

// csv runs a statement and returns its result as CSV.
func (e *env) csv(t testing.TB, req query.Request) string {
	t.Helper()
	rows, err := e.service.Run(t.Context(), govern.Owner(), req)
	if err != nil {
		t.Fatalf("%s: %v", req.SQL, err)
	}
	defer rows.Release()
	var out bytes.Buffer
	if _, err := render.Write(&out, rows, render.CSV, render.Options{}); err != nil {
		t.Fatalf("%s: %v", req.SQL, err)
	}
	return out.String()
}

func TestRun(t *testing.T) {
	t.Parallel()
	e := newEnv(t, engine.Limits{})
	e.append("raw_shop.orders",
		"select 1 as id, '강남' as store, 10.50::decimal(18,2) as amount, timestamptz '2024-01-04 15:30:00+00' as sold_at",
		"select 2 as id, null::varchar as store, 0.25::decimal(18,2) as amount, timestamptz '2024-01-05 15:30:00+00' as sold_at")
	for _, test := range []struct{ name, sql, want string }{
		{"no table", "select 1 as one, 'x' as two", "one,two\n1,x\n"},
		{"rows", "select * from raw_shop.orders order by id", "id,store,amount,sold_at\n1,강남,10.50,2024-01-05 00:30:00+09\n2,,0.25,2024-01-06 00:30:00+09\n"},
		{"FROM first", "from raw_shop.orders select count(*) as n;", "n\n2\n"},
		{"exact sums", "select sum(amount) as s, sum(id) as i from raw_shop.orders", "s,i\n10.75,3\n"},
		{"session time zone", "select sold_at::date as day from raw_shop.orders where sold_at >= '2024-01-06'", "day\n2024-01-06\n"},
		{"no rows", "select id from raw_shop.orders where id > 5", "id\n"},
		{"describe a table", "describe raw_shop.orders", "column_name,column_type\nid,INTEGER\nstore,VARCHAR\namount,\"DECIMAL(18,2)\"\nsold_at,TIMESTAMP WITH TIME ZONE\n"},
		{"describe a statement", "/* c */ DESC -- d\n select count(*) as n from raw_shop.orders;", "column_name,column_type\nn,BIGINT\n"},
		{"show tables", "show all tables;", "namespace,name,kind\nraw_shop,orders,table\n"},
	} {
		if diff := cmp.Diff(test.want, e.csv(t, query.Request{SQL: test.sql})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	got := e.csv(t, query.Request{
		SQL: "select sold_at from raw_shop.orders where id = $id", TimeZone: "UTC",
		Params: []engine.Param{{Name: "id", Literal: "1"}},
	})
	if diff := cmp.Diff("sold_at\n2024-01-04 15:30:00+00\n", got); diff != "" {
		t.Errorf("time zone and parameter of the request (-want +got):\n%s", diff)
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	e := newEnv(t, engine.Limits{})
	e.append("raw_shop.orders", "select i as id from range(10) t(i)", "select 10 + i as id from range(10) t(i)", "select 20 + i as id from range(10) t(i)")
	rows, err := e.service.Run(t.Context(), govern.Owner(), query.Request{SQL: "select id from raw_shop.orders where id >= 15"})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Release()
	for rows.Next() {
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	stats := rows.Stats()
	if stats.Rows != 15 || stats.Files != 2 || stats.FilesTotal != 3 || stats.Bytes >= stats.BytesTotal || stats.Bytes <= 0 {
		t.Errorf("stats %+v, want 15 rows from 2 of 3 files", stats)
	}
	if stats.Elapsed <= 0 || stats.Wait > stats.Elapsed {
		t.Errorf("elapsed %s, of which waiting %s", stats.Elapsed, stats.Wait)
	}
	if diff := cmp.Diff([]engine.Column{{Name: "id", Type: "BIGINT"}}, rows.Columns); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	table, err := e.Catalog.Load(t.Context(), e.Ident("raw_shop.orders"))
	if err != nil {
		t.Fatal(err)
	}
	version := table.CurrentSnapshot()
	want := []scan.TableUse{{Ident: e.Ident("raw_shop.orders"), SnapshotID: version.SnapshotID, CommittedAt: time.UnixMilli(version.TimestampMs).UTC(), Files: 2, FilesTotal: 3, Rows: 20, RowsTotal: 30, Bytes: stats.Bytes, BytesTotal: stats.BytesTotal}}
	if diff := cmp.Diff(want, rows.Tables); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
}

func TestErrorsOfStatements(t *testing.T) {
	t.Parallel()
	e := newEnv(t, engine.Limits{})
	e.append("raw_shop.orders", "select 1 as id, 'a' as name")
	for _, test := range []struct {
		name, sql string
		kind      engine.ErrorKind
		at, want  string
	}{
		{"syntax", "select * frm raw_shop.orders", engine.Syntax, "", ""},
		{"unknown table", "select * from raw_shop.order", engine.Bind, "raw_shop.order", "did you mean raw_shop.orders?"},
		{"unknown column", "select nam from raw_shop.orders", engine.Bind, "nam", "nam"},
		{"unknown table in DESCRIBE", "describe raw_shop.order", engine.Bind, "raw_shop.order", "did you mean raw_shop.orders?"},
		{"bad value", "select name::int from raw_shop.orders", engine.Runtime, "", "'a'"},
		{"not a SELECT", "delete from raw_shop.orders", engine.Syntax, "", ""},
		{"a file", "select * from read_csv('/etc/passwd')", engine.Denied, "", "read_csv"},
		{"engine settings", "show databases", engine.Denied, "", ""},
		{"engine tables", "from information_schema.tables", engine.Denied, "", "hosu table ls"},
	} {
		rows, err := e.service.Run(t.Context(), govern.Owner(), query.Request{SQL: test.sql})
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
			rows.Release()
		}
		var statement *engine.StatementError
		if !errors.As(err, &statement) {
			t.Errorf("%s: error %v, want one of the statement", test.name, err)
			continue
		}
		if statement.Kind != test.kind || !strings.Contains(statement.Message, test.want) {
			t.Errorf("%s: %s error %q, want a %s error with %q", test.name, statement.Kind, statement.Message, test.kind, test.want)
		}
		if test.at != "" && (statement.Position < 0 || !strings.HasPrefix(test.sql[statement.Position:], test.at)) {
			t.Errorf("%s: position %d, want that of %q", test.name, statement.Position, test.at)
		}
	}
}

func TestOthersMayNotAsk(t *testing.T) {
	t.Parallel()
	e := newEnv(t, engine.Limits{})
	e.append("raw_shop.orders", "select 1 as id")
	guest := govern.Principal{Name: "guest"}
	_, err := e.service.Run(t.Context(), guest, query.Request{SQL: "from raw_shop.orders"})
	var statement *engine.StatementError
	if !errors.As(err, &statement) || statement.Kind != engine.Denied {
		t.Errorf("error %v, want a refusal", err)
	}
	rows, err := e.service.Run(t.Context(), guest, query.Request{SQL: "show tables"})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Release()
	for rows.Next() {
		if n := rows.RecordBatch().NumRows(); n != 0 {
			t.Errorf("a guest sees %d tables", n)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	e := newEnv(t, engine.Limits{Time: time.Minute, ResultRows: 1000})
	endless := "select sum(a.i * b.i) from range(10000000) a(i), range(10000000) b(i)"
	for _, test := range []struct {
		name, sql string
		limits    engine.Limits
		kind      engine.ErrorKind
	}{
		{"time", endless, engine.Limits{Time: 200 * time.Millisecond}, engine.Timeout},
		{"time is over before it begins", "select 1", engine.Limits{Time: 1}, engine.Timeout},
		{"rows, by the service", "from range(5000)", engine.Limits{}, engine.TooLarge},
		{"bytes", "select repeat('x', 1000) from range(500)", engine.Limits{ResultBytes: 100_000}, engine.TooLarge},
		{"memory", "select count(*) from (select distinct i::varchar || repeat('x', 200) from range(3000000) t(i))", engine.Limits{Memory: 32 << 20}, engine.Memory},
	} {
		rows, err := e.service.Run(t.Context(), govern.Owner(), query.Request{SQL: test.sql, Limits: test.limits})
		if err == nil {
			for rows.Next() {
			}
			err = rows.Err()
			rows.Release()
		}
		var statement *engine.StatementError
		if !errors.As(err, &statement) || statement.Kind != test.kind {
			t.Errorf("%s: error %v, want kind %s", test.name, err, test.kind)
		}
	}
	if got := e.csv(t, query.Request{SQL: "select count(*) as n from range(5000)", Limits: engine.Limits{ResultRows: 1}}); got != "n\n5000\n" {
		t.Errorf("a result within its limit: %q", got)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	e := newEnv(t, engine.Limits{})
	stopwatch.Within(t, 400*time.Millisecond, "the end of a cancelled statement", func() time.Duration {
		ctx, cancel := context.WithCancel(t.Context())
		rows, err := e.service.Run(ctx, govern.Owner(), query.Request{SQL: "select i from range(10000000000) t(i)"})
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Release()
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		start := time.Now()
		cancel()
		for rows.Next() {
		}
		took := time.Since(start)
		if !errors.Is(rows.Err(), context.Canceled) {
			t.Errorf("error %v, want that of the context", rows.Err())
		}
		return took
	})
}

func TestAtOnce(t *testing.T) {
	t.Parallel()
	e := newEnv(t, engine.Limits{})
	e.append("raw_shop.orders", "select i as id from range(1000) t(i)")
	e.view(t, "marts.v", "select id from raw_shop.orders where id % 2 = 0")
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			sql := fmt.Sprintf("select count(*) as n from %s where id < %d", []string{"marts.v", "raw_shop.orders"}[i%2], 100*(i+1)%1000)
			rows, err := e.service.Run(t.Context(), govern.Owner(), query.Request{SQL: sql})
			if err != nil {
				t.Errorf("%s: %v", sql, err)
				return
			}
			defer rows.Release()
			for rows.Next() {
			}
			if err := rows.Err(); err != nil {
				t.Errorf("%s: %v", sql, err)
			}
		})
	}
	group.Wait()
}

func (e *env) view(t testing.TB, name, sql string) {
	t.Helper()
	columns, err := schema.Assign([]schema.Column{{Name: "id", Type: iceberg.PrimitiveTypes.Int64}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Catalog.Commit(t.Context(), catalog.Commit{By: govern.Owner(), Changes: []catalog.Change{
		{Ident: e.Ident(name), View: &catalog.PutView{SQL: sql, Schema: columns}},
	}}); err != nil {
		t.Fatal(err)
	}
}
