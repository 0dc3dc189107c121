package dashboard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/dashboard"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/engine/sandbox/sandboxtest"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/lake/laketest"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/scan"
	"github.com/hosu-io/hosu/internal/schema"
)

func TestMain(m *testing.M) { sandboxtest.Main(m) }

const files = `
-- hosu.yaml --
name: shop
timezone: Asia/Seoul
-- models/shop/orders.sql --
select 1
-- models/shop/paid.sql --
/*--- {write: view} ---*/
select * from shop.orders where paid
-- models/shop/visits.sql --
select 1
-- metrics/shop.yaml --
activities:
  order: {table: shop.paid, time: moment, dimensions: [channel], facts: [amount]}
  visit: {table: shop.visits, time: moment}
metrics:
  revenue: {from: order, value: sum(amount), label: {en: Revenue, ko: 매출}, format: krw}
  visits:  {from: visit, value: count, format: count}
-- dashboards/sales.yaml --
range: 7d
filters: [channel]
rows:
  - tiles:
      - {type: number, metric: revenue, compare: previous, sparkline: true}
      - {type: line, metric: revenue, by: channel, format: usd, columns: {channel: {label: {en: Channel, ko: 채널}}}}
      - {type: number, metric: visits}
      - {type: table, sql: "select channel, sum(amount) as total from shop.orders where moment >= $from and moment < $to and '$from' <> 'x' group by all order by all", columns: {total: {format: krw}}}
      - {type: number, sql: "select count(*), 4 from shop.orders"}
      - {type: text, text: Hello}
      - {type: heatmap, sql: "select 1 as a, 2 as b, 0.5 as c", columns: {a: {format: weekday}}}
      - {type: number, sql: "select channel from shop.orders limit 1"}
      - {type: number, sql: "select random()"}
      - {type: number, sql: "select count(*) from shop.orders where moment < current_date"}
      - {type: line, metric: revenue, grain: month}
      - {type: number, sql: "select count(*) filter (paid) / count(*), 1 / count(*) from shop.orders where channel = 'fax'"}
`

// env is a lake with dashboards over it.
type env struct {
	*laketest.Lake
	service *dashboard.Service
	opts    dashboard.Options
	ran     atomic.Int64 // statements that reached the reading door
	hold    chan struct{}
	now     atomic.Pointer[time.Time]
}

// door counts the statements that pass it.
type door struct {
	*query.Service
	env *env
}

func (d door) Run(ctx context.Context, by govern.Principal, req query.Request) (*query.Rows, error) {
	d.env.ran.Add(1)
	if d.env.hold != nil {
		<-d.env.hold
	}
	return d.Service.Run(ctx, by, req)
}

func newEnv(t *testing.T) *env {
	t.Helper()
	ws, set, boards, err := loadFiles(t, txtar.Parse([]byte(files)).Files)
	if err != nil {
		t.Fatal(err)
	}
	l := laketest.Open(t)
	pool := sandboxtest.Pool(t)
	silent := slog.New(slog.DiscardHandler)
	e := &env{Lake: l}
	e.at(t, "2024-03-08T09:00:00+09:00")
	service := query.New(query.Options{
		Resolver: scan.NewResolver(scan.Options{Catalog: l.Catalog, Store: l.Store, Planner: pool, Log: silent}), Executor: pool, Log: silent,
	})
	e.opts = dashboard.Options{
		Boards: boards, Metrics: set, Query: door{service, e}, Catalog: l.Catalog, Location: ws.Location, TimeZone: ws.TimeZone,
		Clock: func() time.Time { return *e.now.Load() },
	}
	if e.service, err = dashboard.New(e.opts); err != nil {
		t.Fatal(err)
	}
	e.order("2024-03-01 00:00:00+09", "app", 100, true)
	e.order("2024-03-07 23:59:59+09", "web", 20, true)
	e.order("2024-03-05 12:00:00+09", "app", 7, false)   // not paid
	e.order("2024-03-08 00:00:00+09", "app", 1000, true) // today
	e.order("2024-02-29 23:59:59+09", "app", 60, true)   // the week before
	e.MustRun(lake.Spec{Table: e.Ident("shop.visits"), Mode: lake.Append}, "select timestamptz '2024-03-02 00:00:00+09' as moment")
	e.view(t, "shop.paid", "select * from shop.orders where paid")
	return e
}

func (e *env) at(t *testing.T, now string) {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, now)
	if err != nil {
		t.Fatal(err)
	}
	e.now.Store(&parsed)
}

func (e *env) order(moment, channel string, amount int, paid bool) {
	e.MustRun(lake.Spec{Table: e.Ident("shop.orders"), Mode: lake.Append}, fmt.Sprintf(
		"select timestamptz '%s' as moment, '%s' as channel, %d as amount, %v as paid", moment, channel, amount, paid))
}

func (e *env) view(t *testing.T, name, sql string) {
	t.Helper()
	columns, err := schema.Assign([]schema.Column{
		{Name: "moment", Type: iceberg.PrimitiveTypes.TimestampTz}, {Name: "channel", Type: iceberg.PrimitiveTypes.String},
		{Name: "amount", Type: iceberg.PrimitiveTypes.Int32}, {Name: "paid", Type: iceberg.PrimitiveTypes.Bool},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Catalog.Commit(t.Context(), catalog.Commit{By: govern.Owner(), Changes: []catalog.Change{
		{Ident: e.Ident(name), View: &catalog.PutView{SQL: sql, Schema: columns}},
	}}); err != nil {
		t.Fatal(err)
	}
}

func (e *env) tile(t *testing.T, index int, view dashboard.View) *dashboard.TileResult {
	t.Helper()
	result, err := e.service.Tile(t.Context(), govern.Owner(), "sales", index, view)
	if err != nil {
		t.Fatalf("tile %d: %v", index, err)
	}
	return result
}

func value(f *float64) any {
	if f == nil {
		return nil
	}
	return *f
}

func TestNumberTile(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := e.tile(t, 0, dashboard.View{})
	if value(r.Value) != 120.0 || value(r.Previous) != 60.0 || value(r.Change) != 1.0 || r.Format != "krw" {
		t.Errorf("value %v, previous %v, change %v, format %s; want 120, 60, 1, krw", value(r.Value), value(r.Previous), value(r.Change), r.Format)
	}
	want := `[["2024-03-01",100],["2024-03-02",0],["2024-03-03",0],["2024-03-04",0],["2024-03-05",0],["2024-03-06",0],["2024-03-07",20]]`
	if diff := cmp.Diff(want, string(r.Spark.Rows)); diff != "" || r.Grain != "day" {
		t.Errorf("sparkline by %s (-want +got):\n%s", r.Grain, diff)
	}
	if len(r.Tables) != 1 || r.Tables[0].Table != "shop.orders" || r.Tables[0].SnapshotID == 0 || !r.FreshAt.Equal(r.Tables[0].UpdatedAt) || r.FreshAt.IsZero() {
		t.Errorf("tables %+v, fresh at %s; want the table below the view", r.Tables, r.FreshAt)
	}
	r = e.tile(t, 0, dashboard.View{Filters: []metric.Filter{{Dimension: "channel", In: []string{"web"}}, {Dimension: "x", In: []string{"y"}}}})
	if value(r.Value) != 20.0 || value(r.Previous) != 0.0 || r.Change != nil || !slices.Equal(r.Ignored, []string{"x"}) {
		t.Errorf("filtered: value %v, previous %v, change %v, ignored %v; want 20, 0, none, x", value(r.Value), value(r.Previous), value(r.Change), r.Ignored)
	}
	r = e.tile(t, 2, dashboard.View{Filters: []metric.Filter{{Dimension: "channel", In: []string{"web"}}}})
	if value(r.Value) != 1.0 || !slices.Equal(r.Ignored, []string{"channel"}) || r.Spark != nil {
		t.Errorf("a metric without the dimension: value %v, ignored %v", value(r.Value), r.Ignored)
	}
}

func TestMetricTile(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	view := dashboard.View{From: time.Date(2024, 2, 28, 0, 0, 0, 0, time.UTC), To: time.Date(2024, 3, 4, 0, 0, 0, 0, time.UTC), Grain: "week"}
	r := e.tile(t, 1, view)
	if diff := cmp.Diff(`[["2024-02-26","app",160]]`, string(r.Result.Rows)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var columns []string
	for _, c := range r.Result.Columns {
		columns = append(columns, fmt.Sprintf("%s %s %s %s %q", c.Name, c.Role, c.Label.In("ko"), c.Type, c.Format))
	}
	want := []string{`time time 기간 DATE ""`, `channel dimension 채널 VARCHAR ""`, `revenue measure 매출 HUGEINT "usd"`}
	if diff := cmp.Diff(want, columns); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if !r.PartialFirst || r.PartialLast || r.Grain != "week" {
		t.Errorf("partial: first %v, last %v by %s; want the first week to be partial", r.PartialFirst, r.PartialLast, r.Grain)
	}
	// A tile's own grain is not changed by the view.
	if r := e.tile(t, 10, view); r.Grain != "month" || string(r.Result.Rows) != `[["2024-02-01",60],["2024-03-01",100]]` {
		t.Errorf("by %s: %s", r.Grain, r.Result.Rows)
	}
}

func TestSQLTiles(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := e.tile(t, 3, dashboard.View{})
	if got, want := string(r.Result.Rows), `[["app",107],["web",20]]`; got != want {
		t.Errorf("rows %s, want %s", got, want)
	}
	for _, want := range []string{"moment >= DATE '2024-03-01'", "moment < DATE '2024-03-08'", "'$from' <> 'x'"} {
		if !strings.Contains(r.SQL, want) {
			t.Errorf("the SQL that is shown lacks %s:\n%s", want, r.SQL)
		}
	}
	if total := r.Result.Columns[1]; total.Format != "krw" || total.Role != metric.RoleMeasure {
		t.Errorf("column %+v, want a measure in won", total)
	}
	if r := e.tile(t, 4, dashboard.View{}); value(r.Value) != 5.0 || value(r.Previous) != 4.0 || value(r.Change) != 0.25 {
		t.Errorf("value %v, previous %v, change %v; want 5, 4, 0.25", value(r.Value), value(r.Previous), value(r.Change))
	}
	if r := e.tile(t, 11, dashboard.View{}); r.Value != nil || r.Previous != nil || r.Change != nil {
		t.Errorf("0 of 0: value %v, previous %v, change %v; want none", value(r.Value), value(r.Previous), value(r.Change))
	}
	r = e.tile(t, 6, dashboard.View{})
	var roles []string
	for _, c := range r.Result.Columns {
		roles = append(roles, string(c.Role)+" "+c.Format)
	}
	if diff := cmp.Diff([]string{"dimension weekday", "dimension ", "measure number"}, roles); diff != "" {
		t.Errorf("columns of a heat map (-want +got):\n%s", diff)
	}
	if r := e.tile(t, 5, dashboard.View{}); r.Result != nil || r.SQL != "" || r.Type != dashboard.Text {
		t.Errorf("a text has %+v", r)
	}
	var statement *engine.StatementError
	if _, err := e.service.Tile(t.Context(), govern.Owner(), "sales", 7, dashboard.View{}); !errors.As(err, &statement) || !strings.Contains(err.Error(), "dashboards/sales.yaml:") || !strings.Contains(err.Error(), "shows a number") {
		t.Errorf("a text as a number: error %v", err)
	}
}

// TestAnswersAreKept sees what is run again, and what is not.
func TestAnswersAreKept(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	ran := func(what string, want int64, do func()) {
		t.Helper()
		before := e.ran.Load()
		do()
		if got := e.ran.Load() - before; got != want {
			t.Errorf("%s: %d statements ran, want %d", what, got, want)
		}
	}
	ask := func(want float64, cached bool) func() {
		return func() {
			t.Helper()
			r := e.tile(t, 0, dashboard.View{})
			if value(r.Value) != want || r.Cached != cached || r.Spark.Cached != cached {
				t.Errorf("value %v, cached %v and %v; want %v, %v", value(r.Value), r.Cached, r.Spark.Cached, want, cached)
			}
		}
	}
	ran("first", 2, ask(120, false))
	ran("again", 0, ask(120, true))
	e.order("2024-03-07 12:00:00+09", "app", 5, true)
	ran("behind a commit", 2, ask(125, false))
	ran("again", 0, ask(125, true))
	e.MustRun(lake.Spec{Table: e.Ident("shop.visits"), Mode: lake.Append}, "select timestamptz '2024-03-02 00:00:00+09' as moment")
	ran("another table has changed", 0, ask(125, true))
	e.view(t, "shop.paid", "select moment, channel, amount * 2 as amount, paid from shop.orders where paid")
	ran("the view has changed", 2, ask(250, false))
	ran("random", 2, func() { e.tile(t, 8, dashboard.View{}); e.tile(t, 8, dashboard.View{}) })
	ran("with the day", 1, func() { e.tile(t, 9, dashboard.View{}); e.tile(t, 9, dashboard.View{}) })
	e.at(t, "2024-03-09T00:00:00+09:00")
	ran("on the next day", 1, func() { e.tile(t, 9, dashboard.View{}) })
	ran("another range", 2, ask(2050, false))
	ran("a range of SQL without one", 1, func() {
		e.tile(t, 4, dashboard.View{})
		e.tile(t, 4, dashboard.View{From: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)})
	})
}

// TestAnswersAreForTheirPrincipal sees that what the owner was told is not told to others.
func TestAnswersAreForTheirPrincipal(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.tile(t, 0, dashboard.View{})
	for _, guest := range []govern.Principal{{Name: "guest"}, {Name: govern.Owner().Name}} {
		_, err := e.service.Tile(t.Context(), guest, "sales", 0, dashboard.View{})
		var statement *engine.StatementError
		if !errors.As(err, &statement) || statement.Kind != engine.Denied {
			t.Errorf("principal %+v: error %v, want a refusal", guest, err)
		}
	}
}

func TestAnswersAreComputedOnce(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.hold = make(chan struct{})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if r, err := e.service.Tile(t.Context(), govern.Owner(), "sales", 2, dashboard.View{}); err != nil || value(r.Value) != 1.0 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
	close(e.hold)
	group.Wait()
	if ran := e.ran.Load(); ran != 1 {
		t.Errorf("%d statements ran for eight who asked the same, want 1", ran)
	}
}

func TestMetricQuery(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	q := metric.Query{
		Metrics: []string{"revenue"}, By: []string{"channel"},
		From: time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2024, 3, 8, 0, 0, 0, 0, time.UTC),
	}
	r, err := e.service.MetricQuery(t.Context(), govern.Owner(), q)
	if err != nil || string(r.Rows) != `[["app",100],["web",20]]` || r.Cached {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err = e.service.MetricQuery(t.Context(), govern.Owner(), q); err != nil || !r.Cached {
		t.Errorf("%+v, %v; want it from the cache", r, err)
	}
	q.Metrics = []string{"revenu"}
	var wrong *metric.QueryError
	if _, err := e.service.MetricQuery(t.Context(), govern.Owner(), q); !errors.As(err, &wrong) || !strings.Contains(wrong.Hint, "revenue") {
		t.Errorf("error %v, want one that says what was meant", err)
	}
}

func TestFilterValues(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, test := range []struct {
		search string
		limit  int
		want   []dashboard.Value
	}{
		{"", 10, []dashboard.Value{{"app", 3}, {"web", 1}}},
		{"", 1, []dashboard.Value{{"app", 3}}},
		{"WE", 10, []dashboard.Value{{"web", 1}}},
		{"none", 10, []dashboard.Value{}},
	} {
		got, err := e.service.FilterValues(t.Context(), govern.Owner(), "sales", "channel", test.search, test.limit)
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%q, at most %d: %v (-want +got):\n%s", test.search, test.limit, err, diff)
		}
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	ask := func(board string, index int) error {
		_, err := e.service.Tile(t.Context(), govern.Owner(), board, index, dashboard.View{})
		return err
	}
	_, filter := e.service.FilterValues(t.Context(), govern.Owner(), "sales", "grade", "", 1)
	for what, err := range map[string]error{"board": ask("sale", 0), "tile": ask("sales", 99), "before the first": ask("sales", -1), "filter": filter} {
		var missing *dashboard.NotFoundError
		if !errors.As(err, &missing) {
			t.Errorf("%s: error %v", what, err)
		}
	}
	if err := ask("sale", 0); !strings.Contains(err.Error(), `did you mean "sales"?`) {
		t.Errorf("error %q does not say what was meant", err)
	}
	var wrong *metric.QueryError
	view := dashboard.View{From: time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)}
	if _, err := e.service.Tile(t.Context(), govern.Owner(), "sales", 0, view); !errors.As(err, &wrong) {
		t.Errorf("a range without days: error %v", err)
	}
	if _, err := e.service.Tile(t.Context(), govern.Owner(), "sales", 0, dashboard.View{Grain: "hour"}); !errors.As(err, &wrong) {
		t.Errorf("a grain that is none: error %v", err)
	}
}

// TestRowsAreJSON sees that the rows of a result are what they are said to be.
func TestRowsAreJSON(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for i := range e.opts.Boards[0].Tiles() {
		r, err := e.service.Tile(t.Context(), govern.Owner(), "sales", i, dashboard.View{})
		if err != nil || r.Result == nil {
			continue
		}
		var rows [][]any
		if err := json.Unmarshal(r.Result.Rows, &rows); err != nil {
			t.Errorf("tile %d: %v", i, err)
		}
		for _, row := range rows {
			if len(row) != len(r.Result.Columns) {
				t.Errorf("tile %d: a row of %d values in %d columns", i, len(row), len(r.Result.Columns))
			}
		}
	}
}

// moving is a reading door behind which the tables change as soon as a statement is on its way.
type moving struct {
	dashboard.Runner
	change func()
}

func (m moving) Run(ctx context.Context, by govern.Principal, req query.Request) (*query.Rows, error) {
	rows, err := m.Runner.Run(ctx, by, req)
	m.change()
	return rows, err
}

// An answer is as fresh as what was read for it, and not as what the tables have become meanwhile.
func TestFreshnessIsOfWhatWasRead(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	var changed time.Time
	opts := e.opts
	opts.Query = moving{opts.Query, func() {
		changed = time.Now().Truncate(time.Millisecond)
		time.Sleep(2 * time.Millisecond) // versions have the time in milliseconds
		e.order("2024-03-07 12:00:00+09", "web", 5, true)
	}}
	service, err := dashboard.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	tile := func() *dashboard.TileResult {
		t.Helper()
		r, err := service.Tile(t.Context(), govern.Owner(), "sales", 4, dashboard.View{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := tile()
	if first.FreshAt.After(changed) || !first.FreshAt.Equal(first.Tables[0].UpdatedAt) {
		t.Errorf("fresh at %s, and changed after %s", first.FreshAt, changed)
	}
	if next := tile(); next.Cached || !next.FreshAt.After(first.FreshAt) || next.FreshAt.After(changed) {
		t.Errorf("then cached %v, fresh at %s, and changed after %s", next.Cached, next.FreshAt, changed)
	}
}

// panicking is a reading door that is broken.
type panicking struct{}

func (panicking) Run(context.Context, govern.Principal, query.Request) (*query.Rows, error) {
	panic("nobody expected this")
}

// A panic is the error of the answer, and of all who wait for it; the service goes on, and asks again the next time.
func TestPanicsAreErrorsOfTheAnswer(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	var log bytes.Buffer
	opts := e.opts
	opts.Query, opts.Log, opts.Cache = panicking{}, slog.New(slog.NewTextHandler(&log, nil)), dashboard.NewCache(0)
	broken, err := dashboard.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, tile := range []int{0, 1, 3, 0} { // a number with its sparkline, metrics, SQL
		if _, err := broken.Tile(t.Context(), govern.Owner(), "sales", tile, dashboard.View{}); err == nil || !strings.Contains(err.Error(), "made a mistake") {
			t.Errorf("tile %d: %v", tile, err)
		}
	}
	if text := log.String(); !strings.Contains(text, "nobody expected this") || !strings.Contains(text, "panicking.Run") {
		t.Errorf("the log lacks the cause or where it was:\n%s", text)
	}
	opts.Query = e.opts.Query
	mended, err := dashboard.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mended.Tile(t.Context(), govern.Owner(), "sales", 1, dashboard.View{}); err != nil {
		t.Errorf("with the same cache afterwards: %v", err)
	}
}
