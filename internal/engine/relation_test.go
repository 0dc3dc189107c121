package engine

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// write makes a Parquet file of sql, with the given FIELD_IDS, and returns its path.
func write(t *testing.T, e *Engine, path, sql, fieldIDs string) string {
	t.Helper()
	if fieldIDs != "" {
		fieldIDs = ", FIELD_IDS {" + fieldIDs + "}"
	}
	if err := e.Exec(t.Context(), "COPY ("+sql+") TO "+QuoteLiteral(path)+" (FORMAT parquet"+fieldIDs+")"); err != nil {
		t.Fatal(err)
	}
	return path
}

// rowsOf gives relations to sql and returns its rows, each joined with "|".
func rowsOf(t *testing.T, sql string, relations ...Relation) []string {
	t.Helper()
	e := open(t)
	statements, err := CreateRelations(relations)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if err := e.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s\n%v", s, err)
		}
	}
	var out []string
	for _, row := range query(t, e, sql) {
		out = append(out, strings.Join(row, "|"))
	}
	return out
}

func TestRelationSelect(t *testing.T) {
	t.Parallel()
	e := open(t)
	dir := t.TempDir()
	old := write(t, e, filepath.Join(dir, "old [1] day=5 '.parquet"), "select range::int as id, 'n' || range as nm, {'x': range} as s from range(3)",
		"id: 1, nm: 2, s: {__duckdb_field_id: 3, x: 4}")
	recent := write(t, e, filepath.Join(dir, "recent.parquet"), "select range + 10 as key, 'm' || range as \"이름\", {'x': range, 'y': range} as s, 2.5::decimal(9,2) as price from range(2)",
		`"key": 1, "이름": 2, s: {__duckdb_field_id: 3, x: 4, y: 5}, price: 6`)
	columns := []RelationColumn{
		{Name: "key", Type: "BIGINT", FieldID: 1}, {Name: "이름", Type: "VARCHAR", FieldID: 2},
		{Name: "s", Type: "STRUCT(x BIGINT, y BIGINT)", FieldID: 3}, {Name: "price", Type: "DECIMAL(9,2)", FieldID: 6, Default: "1.25"},
		{Name: "since", Type: "TIMESTAMPTZ", FieldID: 7, Default: "TIMESTAMPTZ '2024-01-01 00:00:00+00'"}, {Name: "gone", Type: "DATE", FieldID: 8},
	}
	for _, test := range []struct {
		name     string
		relation Relation
		sql      string
		want     []string
	}{
		{"one schema", Relation{Schema: "ns", Name: "표", Columns: columns[:4], Files: []string{recent}},
			`select * from ns.표 order by key`, []string{`10|m0|{'x': 0, 'y': 0}|2.50`, `11|m1|{'x': 1, 'y': 1}|2.50`}},
		{"evolved", Relation{Schema: "ns", Name: "표", Columns: columns, Files: []string{old, recent}, ByFieldID: true},
			`select * from "ns"."표" where key in (2, 10) order by key`, []string{
				`2|n2|{'x': 2, 'y': NULL}|1.25|2024-01-01 09:00:00+09|`, `10|m0|{'x': 0, 'y': 0}|2.50|2024-01-01 09:00:00+09|`}},
		{"no files", Relation{Name: "this", Columns: columns},
			`select count(*)::varchar, (select column_type from (describe this) where column_name = 'price') from this`, []string{"0|DECIMAL(9,2)"}},
		{"a pattern in a path", Relation{Name: "this", Columns: []RelationColumn{{Name: "id", Type: "INTEGER", FieldID: 1}}, Files: []string{old}},
			`select count(*)::varchar from this`, []string{"3"}},
		{"view", Relation{Schema: "v", Name: "w", View: "select 1 as a; -- end"}, `select a::varchar from v.w`, []string{"1"}},
	} {
		sql := "select columns(*)::varchar from (" + test.sql + ")"
		if diff := cmp.Diff(test.want, rowsOf(t, sql, test.relation)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestRelationDeletes(t *testing.T) {
	t.Parallel()
	e := open(t)
	dir := t.TempDir()
	var files []string
	for i := range 4 {
		files = append(files, write(t, e, filepath.Join(dir, fmt.Sprintf("data%d.parquet", i)),
			fmt.Sprintf("select %d + range as id, case when range < 3 then 'n' || range end as name, 'f' as filename from range(5)", 10*i),
			`id: 1, "name": 2, filename: 3`))
	}
	position := write(t, e, filepath.Join(dir, "position.parquet"), fmt.Sprintf(
		"select * from (values ('file://%s', 0::bigint), ('file:%s', 4), (%s, 2), ('/elsewhere', 1)) d(file_path, pos)", files[0], files[0], QuoteLiteral(files[1])), "")
	byName := write(t, e, filepath.Join(dir, "name.parquet"), "select unnest(['n1', null]) as old_name", "old_name: 2")
	byBoth := write(t, e, filepath.Join(dir, "both.parquet"), "select 'n0' as name, 20::int as id", "id: 1, \"name\": 2")

	columns := []RelationColumn{{Name: "id", Type: "BIGINT", FieldID: 1}, {Name: "name", Type: "VARCHAR", FieldID: 2}, {Name: "filename", Type: "VARCHAR", FieldID: 3}}
	deletes := []Delete{
		{Path: position, Applies: files[:2]},
		{Path: byName, Equality: []int{2}, Applies: files[1:3]},
		{Path: byBoth, Equality: []int{2, 1}, Applies: files[1:3]},
	}
	want := []string{"1", "2", "3", "10", "21", "22", "23", "24", "30", "31", "32", "33", "34"}
	want = slices.DeleteFunc(want, func(id string) bool { return id == "21" || id == "23" || id == "24" })
	for _, relation := range []Relation{
		{Schema: "ns", Name: "t", Columns: columns, Files: files, Deletes: deletes},                      // has a column named as read_parquet's own
		{Schema: "ns", Name: "t", Columns: columns[:2], Files: files, Deletes: deletes, ByFieldID: true}, // the files have more columns
		{Schema: "ns", Name: "t", Columns: columns[:2], Files: files, Deletes: deletes},
	} {
		if diff := cmp.Diff(want, rowsOf(t, "select id::varchar from ns.t order by id", relation)); diff != "" {
			t.Errorf("%d columns, by field id %t (-want +got):\n%s", len(relation.Columns), relation.ByFieldID, diff)
		}
	}

	_, err := Relation{Schema: "ns", Name: "t", Columns: columns[:1], Files: files, Deletes: deletes}.Select()
	if err == nil || !strings.Contains(err.Error(), "field id 2") {
		t.Errorf("deletes on a column that is not there: %v", err)
	}
	sql, err := Relation{Schema: "ns", Name: "t", Columns: columns, Files: files, Deletes: deletes}.Select()
	if err != nil || !strings.Contains(sql, "FROM read_parquet(["+QuoteLiteral(files[3])+"], hive_partitioning = false) AS data") || strings.HasSuffix(sql, files[3]) {
		t.Errorf("a file without deletes is not read plainly: %s, %v", sql, err)
	}
}

func TestCreateRelationsOrder(t *testing.T) {
	t.Parallel()
	got := rowsOf(t, "select a::varchar from c.top",
		Relation{Schema: "c", Name: "top", View: `select a from "B".middle`},
		Relation{Schema: "b", Name: "Middle", View: "select a from base where a > 0 -- c.top"},
		Relation{Name: "base", View: "select 1 as a, 2 as middle"},
		Relation{Schema: "x", Name: "a", View: "select 1 as b"}, // names that are columns elsewhere
		Relation{Schema: "x", Name: "b", View: "select b from x.a"},
	)
	if diff := cmp.Diff([]string{"1"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
