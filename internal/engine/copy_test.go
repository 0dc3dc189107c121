package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// query returns the rows of sql as text.
func query(t testing.TB, e *Engine, sql string) [][]string {
	t.Helper()
	c, err := e.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	rows, err := c.texts(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return rows
}

func text(s *string) string {
	if s == nil {
		return "unknown"
	}
	return *s
}

func TestCopyToParquet(t *testing.T) {
	t.Parallel()
	e := open(t)
	dir := t.TempDir()
	out := Output{
		Dir: dir,
		Columns: []OutputColumn{
			{"id", "BIGINT", FieldID{ID: 1}},
			{"이름", "VARCHAR", FieldID{ID: 2}},
			{`q"x`, "DECIMAL(38,0)", FieldID{ID: 3}},
			{"missing", "INTEGER", FieldID{ID: 4}},
			{"l", "STRUCT(a INTEGER)[]", FieldID{5, map[string]FieldID{"element": {6, map[string]FieldID{"a": {ID: 7}}}}}},
			{"m", "MAP(VARCHAR, DOUBLE)", FieldID{8, map[string]FieldID{"key": {ID: 9}, "value": {ID: 10}}}},
			{"at", "TIMESTAMPTZ", FieldID{ID: 11}},
			{"f", "DOUBLE", FieldID{ID: 12}},
		},
		Sort: []string{"id"},
	}
	files, err := e.CopyToParquet(t.Context(), `
		select 3 - range::int as ID, case when range > 0 then '값' || range end as "이름", sum(range) over () as "q""x",
			[{'a': range}] as l, map {'k': 1.5} as m, '2024-01-05'::date as at, if(range = 0, 'nan'::double, range) as f
		from range(3); -- three rows`, out)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || files[0].Rows != 3 || files[0].Partition != nil || filepath.Dir(files[0].Path) != dir {
		t.Fatalf("files: %+v", files)
	}
	info, err := os.Stat(files[0].Path)
	if err != nil || info.Size() != files[0].Bytes {
		t.Errorf("size %d, the file has %d (%v)", files[0].Bytes, info.Size(), err)
	}
	stats := map[string]string{}
	for path, s := range files[0].Columns {
		if s.Bytes <= 0 {
			t.Errorf("%s: %d bytes", path, s.Bytes)
		}
		stats[path] = fmt.Sprintf("%s..%s nulls %d of %d nan %t", text(s.Min), text(s.Max), s.Nulls, s.Values, s.HasNaN)
	}
	want := map[string]string{
		"id":          "1..3 nulls 0 of 3 nan false",
		"이름":          "값1..값2 nulls 1 of 3 nan false",
		`q"x`:         "3..3 nulls 0 of 3 nan false",
		"missing":     "unknown..unknown nulls 3 of 3 nan false",
		"l.element.a": "0..2 nulls 0 of 3 nan false",
		"m.key":       "k..k nulls 0 of 3 nan false",
		"m.value":     "1.5..1.5 nulls 0 of 3 nan false",
		"at":          "2024-01-04 15:00:00+00..2024-01-04 15:00:00+00 nulls 0 of 3 nan false",
		"f":           "1.0..2.0 nulls 0 of 3 nan true",
	}
	if diff := cmp.Diff(want, stats); diff != "" {
		t.Errorf("statistics (-want +got):\n%s", diff)
	}
	file := QuoteLiteral(files[0].Path)
	ids := map[string]string{}
	for _, row := range query(t, e, "select name, coalesce(field_id, 0)::varchar from parquet_schema("+file+") where name not in ('duckdb_schema', 'list', 'key_value')") {
		ids[row[0]] += row[1]
	}
	wantIDs := map[string]string{
		"id": "1", "이름": "2", `q"x`: "3", "missing": "4", "l": "5", "element": "6", "a": "7", "m": "8", "key": "9", "value": "10", "at": "11", "f": "12",
	}
	if diff := cmp.Diff(wantIDs, ids); diff != "" {
		t.Errorf("field ids (-want +got):\n%s", diff)
	}
	rows := query(t, e, `select string_agg(id || coalesce("이름", '-') || "q""x" || l[1].a, ' ') from `+file)
	if rows[0][0] != "1값232 2값131 3-30" {
		t.Errorf("rows %q", rows[0][0])
	}
}

func TestCopyPartitioned(t *testing.T) {
	t.Parallel()
	e := open(t)
	out := Output{
		Dir: t.TempDir(),
		Columns: []OutputColumn{
			{"partition0", "VARCHAR", FieldID{ID: 1}}, // would clash with a hidden column named plainly
			{"at", "TIMESTAMPTZ", FieldID{ID: 2}},
			{"id", "INTEGER", FieldID{ID: 3}},
		},
		Partition: []string{"partition0", `date_diff('day', date '1970-01-01', ("at" at time zone 'UTC')::date)`},
		Sort:      []string{"id"},
	}
	long := strings.Repeat("가", 200)
	files, err := e.CopyToParquet(t.Context(), `
		select case range % 3 when 0 then 'a/b=c' when 1 then '`+long+`' end as partition0,
			timestamptz '2024-01-05 08:00:00+09' + to_hours(range // 10000) as at, (29999 - range) as id
		from range(30000)`, out)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, f := range files {
		if len(f.Partition) != 2 {
			t.Fatalf("partition values %v", f.Partition)
		}
		got[text(f.Partition[0])+" "+text(f.Partition[1])] += f.Rows
		if f.Columns["partition0"].Values != f.Rows || len(f.Columns) != 3 {
			t.Errorf("statistics: %v", f.Columns)
		}
		columns := query(t, e, "select string_agg(name, ',') from parquet_schema("+QuoteLiteral(f.Path)+") where field_id is not null")
		if columns[0][0] != "partition0,at,id" {
			t.Errorf("columns of the file: %s", columns[0][0])
		}
		if rows := query(t, e, "select count(*)::varchar from (select id - lag(id) over () as step from "+QuoteLiteral(f.Path)+") where step < 0"); rows[0][0] != "0" {
			t.Errorf("%s is not sorted: %s steps down", f.Path, rows[0][0])
		}
	}
	// 08:00+09 of the 5th is the 4th in UTC, whatever the session's time zone.
	want := map[string]int64{
		"a/b=c 19726": 3334, "a/b=c 19727": 6666,
		long + " 19726": 3333, long + " 19727": 6667,
		"unknown 19726": 3333, "unknown 19727": 6667,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows by partition (-want +got):\n%s", diff)
	}
}

func TestCopyFileBytes(t *testing.T) {
	t.Parallel()
	for _, unordered := range []bool{false, true} {
		e, err := Open(Options{TempDir: t.TempDir(), Unordered: unordered, Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		out := Output{Dir: t.TempDir(), FileBytes: 500_000, Sort: []string{"v"}, Columns: []OutputColumn{{"v", "DOUBLE", FieldID{ID: 1}}}}
		files, err := e.CopyToParquet(t.Context(), "select hash(range)::double as v from range(1000000)", out)
		if err != nil {
			t.Fatal(err)
		}
		var rows int64
		var spans []string
		for _, f := range files {
			rows += f.Rows
			spans = append(spans, text(f.Columns["v"].Max)+"::double - "+text(f.Columns["v"].Min)+"::double")
			down := query(t, e, `select count(*) filter (where step < 0) < count(*) / 100000 + 1 from (
				select v - lag(v) over (order by file_row_number) as step from read_parquet(`+QuoteLiteral(f.Path)+`, file_row_number = true))`)
			if down[0][0] != "true" {
				t.Errorf("unordered %t: the row groups of a file are not sorted", unordered)
			}
		}
		// Files that overlap fully would span the range of hash() each.
		if narrow := query(t, e, "select "+strings.Join(spans, " + ")+" < 1.8 * 18446744073709551615::double"); narrow[0][0] != "true" {
			t.Errorf("unordered %t: the files are not ranges of the sorted rows", unordered)
		}
		if len(files) < 3 || rows != 1000000 {
			t.Errorf("%d rows in %d files", rows, len(files))
		}
	}
}

func TestCopyNoRows(t *testing.T) {
	t.Parallel()
	e := open(t)
	for name, change := range map[string]func(*Output){
		"plain":       func(*Output) {},
		"rolled":      func(o *Output) { o.FileBytes = 1 << 20 },
		"partitioned": func(o *Output) { o.Partition = []string{"a % 2"} },
		"sorted":      func(o *Output) { o.Sort = []string{"a"} },
	} {
		out := Output{Dir: t.TempDir(), Columns: []OutputColumn{{"a", "INTEGER", FieldID{ID: 1}}}}
		change(&out)
		files, err := e.CopyToParquet(t.Context(), "select 1 as a where false", out)
		if err != nil || len(files) != 0 {
			t.Errorf("%s: %v, %v", name, files, err)
		}
		if left, err := os.ReadDir(out.Dir); err != nil || len(left) > 0 {
			t.Errorf("%s: the folder has %v (%v)", name, left, err)
		}
	}
}

func TestCopyErrors(t *testing.T) {
	t.Parallel()
	e := open(t)
	for _, test := range []struct {
		sql  string
		sort []string
		kind ErrorKind
		want string
	}{
		{"select 1 as a, 2 as b, 3 as c", nil, Bind, `does not have: "b", "c"`},
		{"select 1 as a, 2 as A", nil, Bind, `two columns named "A"`},
		{"select 300 as a", nil, Runtime, "out of range"},
		{"select 'x' as a", nil, Runtime, "'x'"},
		{"select nope as a", nil, Bind, `"nope"`},
		{"selec 1", nil, Syntax, "syntax error"},
		{"select 1 as a", []string{"z"}, "", `sort column "z"`},
	} {
		out := Output{Dir: t.TempDir(), Columns: []OutputColumn{{"a", "TINYINT", FieldID{}}}, Sort: test.sort}
		_, err := e.CopyToParquet(t.Context(), test.sql, out)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.sql, err, test.want)
		}
		if statement := (*StatementError)(nil); errors.As(err, &statement) && statement.Kind != test.kind {
			t.Errorf("%s: kind %s, want %s", test.sql, statement.Kind, test.kind)
		}
	}
	_, err := e.CopyToParquet(t.Context(), "select 1 as a", Output{Dir: filepath.Join(t.TempDir(), "none"), Columns: []OutputColumn{{"a", "TINYINT", FieldID{}}}})
	if err == nil {
		t.Error("writing to a folder that does not exist succeeded")
	}
}

// TestDescribe covers texts that DESCRIBE does not take as they are.
func TestDescribe(t *testing.T) {
	t.Parallel()
	e := open(t)
	for sql, want := range map[string]string{
		"select 1::decimal(9,2) as a, {'x': [1]} as s; -- end": "[{a DECIMAL(9,2)} {s STRUCT(x INTEGER[])}]",
		"with t as (select 1 a) from t":                        "[{a INTEGER}]",
		"from range(3)":                                        "[{range BIGINT}]",
		"values (1)":                                           "[{col0 INTEGER}]",
		"select 1 a, 2 a":                                      "[{a INTEGER} {a INTEGER}]",
		"pivot (select 1 a, 2 b) on a in (1) using max(b)":     "[{1 INTEGER}]",
	} {
		got, err := e.Describe(t.Context(), sql)
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: got %v, %v; want %s", sql, got, err, want)
		}
	}
	for _, sql := range []string{"summarize select 1 a", "describe select 1 a", "show tables"} {
		if got, err := e.Describe(t.Context(), sql); err != nil || len(got) == 0 {
			t.Errorf("%s: got %v, %v", sql, got, err)
		}
	}
	_, err := e.Describe(t.Context(), "select 한글, 1")
	var statement *StatementError
	if !errors.As(err, &statement) || statement.Kind != Bind || statement.Position != 7 {
		t.Errorf("unknown column: %#v", err)
	}
}
