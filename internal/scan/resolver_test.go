package scan_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/scan"
	"github.com/hosu-io/hosu/internal/schema"
)

// snapshots are the ids of a table's snapshots in the order in which they were made.
func (e *env) snapshots(t testing.TB, name string) []table.Snapshot {
	t.Helper()
	loaded, err := e.Catalog.Load(t.Context(), e.Ident(name))
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Metadata().Snapshots()
}

// change commits an iceberg-go transaction over a table.
func (e *env) change(t testing.TB, name string, fn func(*table.Transaction) error) {
	t.Helper()
	ctx := context.Background()
	loaded, err := e.Catalog.Load(ctx, e.Ident(name))
	if err != nil {
		t.Fatal(err)
	}
	requirements, updates, err := e.Catalog.Draft(ctx, loaded, fn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Catalog.Commit(ctx, catalog.Commit{By: govern.Owner(), Changes: []catalog.Change{
		{Ident: e.Ident(name), Requirements: requirements, Updates: updates},
	}}); err != nil {
		t.Fatal(err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.append(t, "raw_shop.orders", "select 1 as id, 'a' as name")
	e.append(t, "매출.일별 매출", "select 2 as id")
	e.append(t, "shop.eu.orders", "select 3 as id")
	e.append(t, `odd."quoted".t`, "select 4 as id")
	e.append(t, "main.t", "select 5 as id")
	e.append(t, "raw_shop.Select", "select 6 as id")
	for _, test := range []struct{ sql, want string }{
		{`select id from raw_shop.orders`, "1"},
		{`select orders.id from RAW_SHOP.Orders`, "1"},
		{`select raw_shop.orders.id from raw_shop.orders`, "1"},
		{`from raw_shop . /* c */ "orders" -- end`, "1|a"},
		{`select o.id from raw_shop.orders o, raw_shop.orders as "둘" where o.id = "둘".id`, "1"},
		{`select id from 매출."일별 매출"`, "2"},
		{`select "일별 매출".id from "매출"."일별 매출"`, "2"},
		{`select id from shop.eu.orders`, "3"},
		{`select orders.id from "shop.eu".orders`, "3"},
		{`select id from "odd.""quoted""".t`, "4"},
		{`select t.id from main.t`, "5"},
		{`select id from raw_shop."select"`, "6"},
		{`with orders as (select 7 as id) select id from orders`, "7"},
		{`select a.id + b.id from raw_shop.orders a join shop.eu.orders b on true`, "4"},
	} {
		if got := strings.Join(e.answer(t, test.sql), "\n"); got != test.want {
			t.Errorf("%s: %q, want %q", test.sql, got, test.want)
		}
	}
}

func TestMistakesInStatements(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.append(t, "raw_shop.orders", "select 1 as id")
	e.append(t, "staging.orders", "select 1 as id")
	e.append(t, "marts.daily_sales", "select 1 as id")
	e.view(t, "marts.v", "select id from raw_shop.orders", schema.Column{Name: "id", Type: iceberg.PrimitiveTypes.Int32})
	e.view(t, "marts.stale", "select id from raw_shop.gone", schema.Column{Name: "id", Type: iceberg.PrimitiveTypes.Int32})
	e.view(t, "marts.a", "select id from marts.b", schema.Column{Name: "id", Type: iceberg.PrimitiveTypes.Int32})
	e.view(t, "marts.b", "select id from marts.a", schema.Column{Name: "id", Type: iceberg.PrimitiveTypes.Int32})
	for _, test := range []struct {
		name, sql string
		at        string // the text at the error's position; empty: none
		want      []string
	}{
		{"no namespace", "select * from orders", "orders", []string{`table "orders" has no namespace`, "raw_shop.orders or staging.orders?"}},
		{"misspelled", "select * from raw_shop.oders", "raw_shop.oders", []string{"there is no table or view raw_shop.oders", "did you mean raw_shop.orders"}},
		{"no such namespace", "select 1 from mart.daily_sales", "mart.daily_sales", []string{"no namespace mart;", "did you mean marts.daily_sales?"}},
		{"nothing like it", "select 1 from x.y", "x.y", []string{"there is no table or view x.y, and no namespace x"}},
		{"column", "select idd from raw_shop.orders", "idd", []string{"idd"}},
		{"syntax", "select from where", "", []string{""}},
		{"view of a missing table", "select * from marts.stale", "marts.stale", []string{"view marts.stale: there is no table or view raw_shop.gone"}},
		{"view cycle", "select * from marts.a", "marts.a", []string{"marts.a → marts.b → marts.a"}},
		{"view at a version", "select * from marts.v at (version => 1)", "at (version => 1)", []string{"marts.v is a view, which has no versions"}},
		{"parameter without value", "select $x + 1", "", []string{"$x"}},
		{"unknown version", "select * from raw_shop.orders at (version => 12)", "at (version => 12)", []string{"raw_shop.orders has no version 12; it has snapshots ", "branch 'main'"}},
		{"unknown branch", "select * from raw_shop.orders at (version => 'dev')", "at (version => 'dev')", []string{"has no version dev"}},
		{"before the table", "select * from raw_shop.orders at (timestamp => '2001-02-03')", "at (timestamp => '2001-02-03')", []string{"no data as of 2001-02-03 00:00:00", "its history begins at 20"}},
		{"not a time", "select * from raw_shop.orders at (timestamp => 'soon')", "at (timestamp => 'soon')", []string{"'soon'"}},
		{"not a constant", "select * from raw_shop.orders at (version => (select max(id) from raw_shop.orders))", "", []string{"raw_shop.orders"}},
		{"null version", "select * from raw_shop.orders at (version => null)", "at (version => null)", []string{"not NULL"}},
	} {
		_, err := e.resolver.Resolve(t.Context(), govern.Owner(), scan.Request{SQL: test.sql})
		var statement *engine.StatementError
		if !errors.As(err, &statement) {
			t.Errorf("%s: error %v, want one of the statement", test.name, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q, want it to say %q", test.name, err, want)
			}
		}
		if test.at != "" && (statement.Position < 0 || !strings.HasPrefix(test.sql[statement.Position:], test.at)) {
			t.Errorf("%s: position %d, want that of %q", test.name, statement.Position, test.at)
		}
	}
	_, err := e.resolver.Resolve(t.Context(), govern.Owner(), scan.Request{SQL: "from raw_shop.oders"})
	if !errors.Is(err, catalog.ErrNoSuchTable) {
		t.Errorf("error %v does not wrap ErrNoSuchTable", err)
	}
}

func TestOthersMayNotRead(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.append(t, "raw_shop.orders", "select 1 as id")
	e.view(t, "marts.v", "select id from raw_shop.orders", schema.Column{Name: "id", Type: iceberg.PrimitiveTypes.Int32})
	guest := govern.Principal{Name: "guest"}
	for _, sql := range []string{"from raw_shop.orders", "from marts.v", "select (select count(*) from raw_shop.orders)"} {
		_, err := e.resolver.Resolve(t.Context(), guest, scan.Request{SQL: sql})
		var statement *engine.StatementError
		if !errors.As(err, &statement) || statement.Kind != engine.Denied || !strings.Contains(err.Error(), "guest may not read") {
			t.Errorf("%s: error %v, want a refusal", sql, err)
		}
	}
	if entries, err := e.resolver.Tables(t.Context(), guest); err != nil || len(entries) != 0 {
		t.Errorf("a guest sees %v, %v", entries, err)
	}
}

func TestTimeTravel(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.append(t, "raw_shop.orders", "select 1 as id", "select 2 as id", "select 3 as id, 'new column' as note")
	history := e.snapshots(t, "raw_shop.orders")
	e.change(t, "raw_shop.orders", func(tx *table.Transaction) error { return tx.SetProperties(iceberg.Properties{"a": "b"}) })
	loaded, err := e.Catalog.Load(t.Context(), e.Ident("raw_shop.orders"))
	if err != nil {
		t.Fatal(err)
	}
	refs := []table.Update{
		table.NewSetSnapshotRefUpdate("dev/진행", history[1].SnapshotID, table.BranchRef, 0, 0, 0),
		table.NewSetSnapshotRefUpdate("v1", history[0].SnapshotID, table.TagRef, 0, 0, 0),
	}
	if _, err := e.Catalog.Commit(t.Context(), catalog.Commit{By: govern.Owner(), Changes: []catalog.Change{
		{Ident: e.Ident("raw_shop.orders"), Requirements: []table.Requirement{
			table.AssertTableUUID(loaded.Metadata().TableUUID()),
			table.AssertRefSnapshotID("dev/진행", nil), table.AssertRefSnapshotID("v1", nil),
		}, Updates: refs},
	}}); err != nil {
		t.Fatal(err)
	}
	second := time.UnixMilli(history[1].TimestampMs)
	for _, test := range []struct{ name, sql, want string }{
		{"now", "from raw_shop.orders", "1|(null) 2|(null) 3|new column"},
		{"first snapshot has its own columns", fmt.Sprintf("from raw_shop.orders at (version => %d)", history[0].SnapshotID), "1"},
		{"id as text", fmt.Sprintf("from raw_shop.orders at (version => '%d')", history[1].SnapshotID), "1 2"},
		{"id as an expression", fmt.Sprintf("from raw_shop.orders at (version => %d + 1)", history[1].SnapshotID-1), "1 2"},
		{"branch has the present columns", "from raw_shop.orders at (version => 'dev/진행')", "1|(null) 2|(null)"},
		{"tag", "from raw_shop.orders at (version => 'v1')", "1"},
		{"main", "select id from raw_shop.orders at (version => 'main')", "1 2 3"},
		{"time", fmt.Sprintf("from raw_shop.orders at (timestamp => '%s')", second.UTC().Format("2006-01-02 15:04:05.000")), "1 2"},
		{"time with a zone", fmt.Sprintf("from raw_shop.orders at (timestamp => timestamptz '%s')", second.Format("2006-01-02 15:04:05.000-07:00")), "1 2"},
		{"a moment before", fmt.Sprintf("from raw_shop.orders at (timestamp => timestamp '%s' - interval 1 millisecond)", second.UTC().Format("2006-01-02 15:04:05.000")), "1"},
		{"a day in the future", "select id from raw_shop.orders at (timestamp => today() + 1)", "1 2 3"},
		{
			"two versions of one table",
			fmt.Sprintf(`select a.id, b.id /* at (version => 9) */
				from raw_shop.orders a at (version => %d) -- the first
				join RAW_SHOP.orders as "나중" at (version => %d) on true
				join raw_shop.orders b on b.id = "나중".id and b.id > a.id`, history[0].SnapshotID, history[1].SnapshotID),
			"1|2",
		},
		{
			"qualified by the table's name",
			fmt.Sprintf("select orders.id from raw_shop.orders at (version => %d) where orders.id = 1", history[0].SnapshotID),
			"1",
		},
		{
			"in a CTE, a subquery and a set operation",
			fmt.Sprintf(`with old as (from raw_shop.orders at (version => %[1]d))
				select id from old union all (select id from raw_shop.orders except select id from raw_shop.orders at (version => %[1]d))`, history[0].SnapshotID),
			"1 2 3",
		},
	} {
		if got := strings.Join(e.answer(t, test.sql), " "); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	for _, zone := range []string{"", "Asia/Seoul", "Asia/Kolkata"} { // the last is half an hour off
		resolved := e.resolve(t, scan.Request{
			SQL:      "select count(*) from raw_shop.orders at (timestamp => $when)",
			Params:   []engine.Param{{Name: "when", Literal: "TIMESTAMPTZ '" + second.Format("2006-01-02 15:04:05.000-07:00") + "'"}},
			TimeZone: zone,
		})
		if got := resolved.Tables[0].SnapshotID; got != history[1].SnapshotID {
			t.Errorf("a parameter as time, in zone %q, reads snapshot %d, want %d", zone, got, history[1].SnapshotID)
		}
	}
}

func TestViewsOverViews(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.append(t, "raw_shop.orders", "select i as id from range(5) t(i)")
	id := schema.Column{Name: "id", Type: iceberg.PrimitiveTypes.Int64}
	e.view(t, "staging.orders", "select id from raw_shop.orders where id > 0", id)
	e.view(t, "marts.orders", "with orders as (from staging.orders) select id * 10 as id from orders", id)
	resolved := e.resolve(t, scan.Request{SQL: "select m.id, s.id from marts.orders m join staging.orders s on m.id = s.id * 10"})
	if diff := cmp.Diff([]string{"10|1", "20|2", "30|3", "40|4"}, e.rows(t, resolved)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if len(resolved.Tables) != 1 {
		t.Errorf("tables %v, want raw_shop.orders once", resolved.Tables)
	}
}

func TestGivenRelations(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.append(t, "raw_shop.orders", "select 1 as id", "select 2 as id")
	given := e.resolve(t, scan.Request{SQL: "from raw_shop.orders where id = 2"}).Job.Relations[0]
	given.Schema, given.Name = "", "this"
	req := scan.Request{SQL: "select this.id, o.id from this join raw_shop.orders o on true", Relations: []engine.Relation{given}}
	if diff := cmp.Diff([]string{"2|1", "2|2"}, e.rows(t, e.resolve(t, req))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	// A full name given by the caller hides the catalog's table.
	given.Schema, given.Name = "raw_shop", "orders"
	req = scan.Request{SQL: "select id from raw_shop.orders", Relations: []engine.Relation{given}}
	if diff := cmp.Diff([]string{"2"}, e.rows(t, e.resolve(t, req))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestEvolvedTables(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.append(t, "raw_shop.orders", "select 1::int as id, 'a' as name, {'x': 1} as point")
	if relation := e.resolve(t, scan.Request{SQL: "from raw_shop.orders"}).Job.Relations[0]; relation.ByFieldID {
		t.Error("a table that never changed is read by field id, which is slower")
	}
	evolve := func(fn func(*table.UpdateSchema) *table.UpdateSchema) {
		t.Helper()
		e.change(t, "raw_shop.orders", func(tx *table.Transaction) error { return fn(tx.UpdateSchema(true, false)).Commit() })
	}
	evolve(func(u *table.UpdateSchema) *table.UpdateSchema {
		return u.RenameColumn([]string{"name"}, "label").
			UpdateColumn([]string{"id"}, table.ColumnUpdate{FieldType: iceberg.Optional[iceberg.Type]{Valid: true, Val: iceberg.PrimitiveTypes.Int64}})
	})
	if diff := cmp.Diff([]string{"1|a"}, e.answer(t, "select id, label from raw_shop.orders where id = 1::bigint")); diff != "" {
		t.Errorf("renamed and promoted (-want +got):\n%s", diff)
	}
	e.append(t, "raw_shop.orders", "select 3000000000 as id, 'b' as label, {'x': 2} as point, 'n' as name")
	want := []string{"1|a|(null)", "3000000000|b|n"}
	if diff := cmp.Diff(want, e.answer(t, "select id, label, name from raw_shop.orders")); diff != "" {
		t.Errorf("a new column with an old name (-want +got):\n%s", diff)
	}
	evolve(func(u *table.UpdateSchema) *table.UpdateSchema { return u.DeleteColumn([]string{"label"}) })
	if diff := cmp.Diff([]string{"1|(null)", "3000000000|n"}, e.answer(t, "select id, name from raw_shop.orders")); diff != "" {
		t.Errorf("dropped column (-want +got):\n%s", diff)
	}
	first := e.snapshots(t, "raw_shop.orders")[0].SnapshotID
	if diff := cmp.Diff([]string{"1|a"}, e.answer(t, fmt.Sprintf("select id, name from raw_shop.orders at (version => %d)", first))); diff != "" {
		t.Errorf("as it was before (-want +got):\n%s", diff)
	}
	if got := e.resolve(t, scan.Request{SQL: "from raw_shop.orders where id > 2999999999"}); got.Job.Relations[0].ByFieldID || got.Tables[0].Files != 1 {
		t.Errorf("files of the present columns only are read by field id: %+v", got.Tables)
	}
}

func TestEmptyTable(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	columns, err := schema.Assign([]schema.Column{{Name: "id", Type: iceberg.PrimitiveTypes.Int64}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Catalog.Commit(t.Context(), catalog.Commit{By: govern.Owner(), Changes: []catalog.Change{
		{Ident: e.Ident("raw_shop.orders"), Create: &catalog.CreateTable{Schema: columns}},
	}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"0"}, e.answer(t, "select count(*) from raw_shop.orders where id = 1")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestPositionDeletes(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.append(t, "매출.orders", "select i as id from range(10) t(i)", "select 10 + i as id from range(10) t(i)")
	before := e.snapshots(t, "매출.orders")[1].SnapshotID
	e.change(t, "매출.orders", func(tx *table.Transaction) error {
		return tx.SetProperties(iceberg.Properties{table.WriteDeleteModeKey: table.WriteModeMergeOnRead})
	})
	e.change(t, "매출.orders", func(tx *table.Transaction) error {
		return tx.Delete(t.Context(), iceberg.IsIn(iceberg.Reference("id"), int64(3), int64(4)), nil)
	})
	resolved := e.resolve(t, scan.Request{SQL: "select count(*), sum(id) from 매출.orders where id < 8"})
	if deletes := resolved.Job.Relations[0].Deletes; len(deletes) != 1 || len(deletes[0].Applies) != 1 || deletes[0].Equality != nil {
		t.Fatalf("deletes %+v, want one of positions", deletes)
	}
	if diff := cmp.Diff([]string{"6|21"}, e.rows(t, resolved)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"20"}, e.answer(t, fmt.Sprintf("select count(*) from 매출.orders at (version => %d)", before))); diff != "" {
		t.Errorf("before the delete (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"10"}, e.answer(t, "select count(*) from 매출.orders where id >= 10")); diff != "" {
		t.Errorf("a file without deleted rows (-want +got):\n%s", diff)
	}
}
