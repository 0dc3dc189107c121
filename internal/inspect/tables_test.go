package inspect_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/inspect"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/quality"
)

// shop is a source table and two models over it.
func shop() []*project.Asset {
	daily := &project.Model{
		Name: "marts.daily", SQL: "select 1", SQLLine: 7, Write: project.Write{Kind: project.WriteInterval, Column: "day"},
		Every: project.Every{Unit: project.UnitDay}, Description: "Revenue by day.", Owner: "sales", Tags: []string{"kpi"},
		Tables: []string{"raw.orders"}, Pos: project.Pos{File: "models/marts/daily.sql", Line: 1},
		Columns: []*project.ColumnContract{{
			Name: "day", Description: "The day.", NotNull: true, Unique: true, References: &project.Reference{Table: "raw.orders", Column: "day"},
		}},
		Checks: []*project.Check{{Name: "no_negative", Description: "Nobody is paid to buy.", SQL: "from this where n < 0"}},
	}
	return []*project.Asset{
		{Name: "raw.orders", SourceTable: &project.SourceTable{
			Source: &project.Source{Name: "shop", Type: "postgres"}, Name: "orders", Target: "raw.orders", Mode: project.Incremental,
			Pos: project.Pos{File: "sources/shop.yaml", Line: 4},
		}},
		{Name: "marts.daily", Model: daily, Upstream: []string{"raw.orders"}},
		{Name: "marts.view", Model: &project.Model{Name: "marts.view", Write: project.Write{Kind: project.WriteView}}, Upstream: []string{"marts.daily"}},
	}
}

// fill writes the tables of the shop, and one that the workspace does not know.
func (e *env) fill(t *testing.T) {
	t.Helper()
	e.write("raw.orders", "select i as id, date '2024-01-01' + i::int as day from range(3) t(i)")
	e.write("raw.orders", "select i as id, date '2024-01-01' + i::int as day from range(3, 5) t(i)")
	e.MustRun(lake.Spec{Table: e.Ident("marts.daily"), Mode: lake.Append, Partition: []string{"month(day)"}},
		"select date '2024-01-31' + i::int as day, 1 as n from range(2) t(i)")
	e.write("other.stranger", "select 1 as a")
	e.view(t, "marts.view", "select day from marts.daily", "day", iceberg.PrimitiveTypes.Date)
}

// view makes a view of one column, or changes it.
func (e *env) view(t *testing.T, name, sql, column string, of iceberg.Type) {
	t.Helper()
	_, err := e.Catalog.Commit(t.Context(), catalog.Commit{By: govern.Owner(), Changes: []catalog.Change{{
		Ident: e.Ident(name), View: &catalog.PutView{SQL: sql, Schema: iceberg.NewSchema(0, iceberg.NestedField{ID: 1, Name: column, Type: of})},
	}}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	e := newEnv(t, shop()...)
	e.fill(t)
	e.standings.status.Assets[0].Status = orchestrate.Stale
	tables, err := e.Tables(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range tables {
		got = append(got, fmt.Sprintf("%s %s rows=%d files=%d made=%s write=%s %s owner=%s %v %d columns %q",
			s.Name, s.Kind, s.Rows, s.Files, s.Made, s.Write, s.Status, s.Owner, s.Tags, len(s.Columns), s.Description))
		if s.Kind == "table" && (s.SnapshotID == 0 || s.Bytes == 0) || s.Tags == nil {
			t.Errorf("%s: %+v", s.Name, s)
		}
	}
	want := []string{
		`marts.daily table rows=2 files=2 made=model write=interval fresh owner=sales [kpi] 2 columns "Revenue by day."`,
		`marts.view view rows=0 files=0 made=model write=view fresh owner= [] 1 columns ""`,
		`other.stranger table rows=1 files=1 made= write=  owner= [] 1 columns ""`,
		`raw.orders table rows=5 files=2 made=source write=incremental due owner= [] 2 columns ""`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if tables[0].Columns[0].Doc != "The day." {
		t.Errorf("the column's description: %+v", tables[0].Columns[0])
	}
	if some, err := e.Tables(t.Context(), "raw"); err != nil || len(some) != 1 {
		t.Errorf("of one namespace: %+v, %v", some, err)
	}
	// What has changed is seen, although the rest comes from memory.
	e.write("raw.orders", "select 9::bigint as id, date '2024-02-01' as day")
	if tables, err = e.Tables(t.Context(), ""); err != nil || tables[3].Rows != 6 {
		t.Errorf("after another commit: %+v, %v", tables, err)
	}
}

func TestTableDetail(t *testing.T) {
	t.Parallel()
	e := newEnv(t, shop()...)
	var missing *inspect.NotFoundError
	if _, err := e.Table(t.Context(), "marts.DAILY"); !errors.As(err, &missing) || !missing.Unbuilt || missing.Table != "marts.daily" {
		t.Errorf("before it is built: %v", err)
	}
	e.fill(t)
	d, err := e.Table(t.Context(), "MARTS.daily")
	if err != nil {
		t.Fatal(err)
	}
	if m := d.MadeBy; m == nil || m.File != "models/marts/daily.sql" || m.Line != 7 || m.Write != "interval(day)" || m.Every != "day" || m.SQL != "select 1" {
		t.Errorf("made by %+v", d.MadeBy)
	}
	if c := d.Columns[0]; c.ID != 1 || c.Type != "date" || c.Doc != "The day." || !slices.Equal(c.Checks, []string{"not_null", "unique", "references raw.orders.day"}) {
		t.Errorf("column %+v", c)
	}
	if !slices.Equal(d.Reads, []string{"raw.orders"}) || !slices.Equal(d.ReadBy, []string{"marts.view"}) || !slices.Equal(d.Partition, []string{"day_month: month"}) {
		t.Errorf("reads %v, read by %v, partition %v", d.Reads, d.ReadBy, d.Partition)
	}
	if d.Asset == nil || d.Status != "fresh" || d.Format != 2 {
		t.Errorf("%+v", d)
	}
	if source, err := e.Table(t.Context(), "raw.orders"); err != nil || source.MadeBy.Source != "shop" || source.MadeBy.Type != "postgres" || source.MadeBy.Table != "orders" {
		t.Errorf("of a source: %+v, %v", source.MadeBy, err)
	}
	if view, err := e.Table(t.Context(), "marts.view"); err != nil || view.SQL != "select day from marts.daily" || view.Kind != "view" {
		t.Errorf("of a view: %+v, %v", view, err)
	}
	if stranger, err := e.Table(t.Context(), "other.stranger"); err != nil || stranger.MadeBy != nil || stranger.Asset != nil || stranger.Reads == nil {
		t.Errorf("of nobody's: %+v, %v", stranger, err)
	}
}

func TestVersionsAndFiles(t *testing.T) {
	t.Parallel()
	e := newEnv(t, shop()...)
	e.fill(t)
	versions, err := e.Service.Snapshots(t.Context(), "raw.orders")
	if err != nil || len(versions) != 2 || versions[0].Added != 2 || versions[0].Rows != 5 || !versions[0].Current || versions[1].Rows != 3 || versions[0].ParentID != versions[1].ID {
		t.Errorf("versions %+v, %v", versions, err)
	}
	files, version, err := e.Service.Files(t.Context(), "raw.orders", 0)
	if err != nil || len(files) != 2 || version != versions[0].ID || files[0].Format != "PARQUET" {
		t.Errorf("files %+v of %d, %v", files, version, err)
	}
	if files, _, err := e.Service.Files(t.Context(), "raw.orders", versions[1].ID); err != nil || len(files) != 1 || files[0].Rows != 3 {
		t.Errorf("files of the first version %+v, %v", files, err)
	}
	files, _, err = e.Service.Files(t.Context(), "marts.daily", 0)
	if err != nil || len(files) != 2 || files[0].Partition["day_month"]+files[1].Partition["day_month"] != "2024-012024-02" && files[0].Partition["day_month"]+files[1].Partition["day_month"] != "2024-022024-01" {
		t.Errorf("files of a partitioned table %+v, %v", files, err)
	}
	var view *inspect.IsViewError
	if _, err := e.Service.Snapshots(t.Context(), "marts.view"); !errors.As(err, &view) {
		t.Errorf("versions of a view: %v", err)
	}
	var unknown *inspect.NoSnapshotError
	if _, _, err := e.Service.Files(t.Context(), "raw.orders", 3); !errors.As(err, &unknown) {
		t.Errorf("files of a version that is not there: %v", err)
	}
}

func (e *env) record(t *testing.T, asset, name, run string, at time.Time, passed, blocking bool) {
	t.Helper()
	err := quality.Record(t.Context(), e.DB, asset, quality.Task{Run: run, ID: "00001", Attempt: 1}, []quality.Result{{
		Check: quality.Check{Name: name, Blocking: blocking}, Passed: passed, Rows: 1, Columns: []string{"n", "day"}, Sample: [][]string{{"-1", "2024-01-02"}}, At: at,
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	e := newEnv(t, shop()...)
	e.fill(t)
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 30 {
		e.record(t, "marts.daily", "no_negative", fmt.Sprintf("r%02d", i), start.Add(time.Duration(i)*time.Hour), i != 29, true)
	}
	checks, err := e.Checks(t.Context(), "marts.daily")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range checks {
		names = append(names, fmt.Sprintf("%s/%s/%d", c.Name, c.Kind, len(c.History)))
	}
	if want := []string{"day_not_null/contract/0", "day_unique/contract/0", "day_references/contract/0", "no_negative/check/20"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	last := checks[3].Last
	if last == nil || last.Run != "r29" || last.Passed || last.Sample[0]["n"] != "-1" || !slices.Equal(last.Columns, []string{"n", "day"}) || checks[3].History[1].Run != "r28" || checks[3].Description != "Nobody is paid to buy." {
		t.Errorf("%+v", checks[3])
	}
	if results, err := e.TaskChecks(t.Context(), "r29", "00001"); err != nil || len(results) != 1 {
		t.Errorf("of a task: %+v, %v", results, err)
	}
	if none, err := e.Checks(t.Context(), "other.stranger"); err != nil || len(none) != 0 {
		t.Errorf("of nobody's table: %+v, %v", none, err)
	}
}

func TestOverview(t *testing.T) {
	t.Parallel()
	e := newEnv(t, shop()...)
	e.fill(t)
	e.record(t, "marts.daily", "no_negative", "r", time.Now(), false, true)
	e.record(t, "marts.daily", "day_unique", "r", time.Now(), true, true)
	e.record(t, "marts.daily", "forgotten", "r", time.Now(), false, true) // the file has it no more
	failed := &orchestrate.TaskInfo{RunID: "r", ID: "00001", Asset: "marts.daily", Status: orchestrate.Failed, Error: "bad row", Finished: time.Now()}
	e.standings = standings{status: orchestrate.StatusInfo{Assets: []orchestrate.AssetStatus{
		{Asset: "raw.orders", Status: orchestrate.Fresh},
		{Asset: "marts.view", Status: orchestrate.Never},
		{Asset: "marts.daily", Status: orchestrate.Standing(orchestrate.Failed), Last: failed},
	}}}
	o, err := e.Overview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o.Assets != (inspect.AssetCounts{Total: 3, Fresh: 1, Failed: 1, NeverBuilt: 1}) {
		t.Errorf("assets %+v", o.Assets)
	}
	if len(o.Late) != 2 || o.Late[0].Asset != "marts.daily" || o.Late[0].Owner != "sales" || o.Late[1].Asset != "marts.view" {
		t.Errorf("late %+v", o.Late)
	}
	if len(o.Failures) != 1 || o.Failures[0].Error != "bad row" {
		t.Errorf("failures %+v", o.Failures)
	}
	if s := o.Storage; s.Tables != 3 || s.Views != 1 || s.Rows != 8 || s.Files != 5 || s.Bytes == 0 {
		t.Errorf("storage %+v", s)
	}
	if len(o.Updated) != 3 || o.Updated[0].Table != "other.stranger" || o.Updated[2].Table != "raw.orders" || o.Updated[2].Added != 2 {
		t.Errorf("updated %+v", o.Updated)
	}
	if o.Checks != (inspect.CheckCounts{Passed: 1, Failed: 1}) {
		t.Errorf("checks %+v", o.Checks)
	}
	if n := len(o.Growth); n != 60 || o.Growth[0].Rows != 3 || o.Growth[n-1].Rows != 8 || o.Growth[n-1].Bytes != o.Storage.Bytes {
		t.Errorf("growth: %d points, %+v … %+v", n, o.Growth[0], o.Growth[n-1])
	}
	for i := 1; i < len(o.Growth); i++ {
		if o.Growth[i].Rows < o.Growth[i-1].Rows || o.Growth[i].At.Before(o.Growth[i-1].At) {
			t.Errorf("growth shrinks at %d", i)
		}
	}
	empty, err := newEnv(t).Overview(t.Context())
	if err != nil || empty.Growth == nil || empty.Late == nil || empty.Runs == nil || empty.Updated == nil {
		t.Errorf("of nothing: %+v, %v", empty, err)
	}
}
