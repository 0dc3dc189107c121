package lake_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/lake/laketest"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/testenv/pyiceberg"
)

// foreignCase is a table that hosu writes and pyiceberg reads.
type foreignCase struct {
	name string
	// write makes the table.
	write func(t *testing.T, l *laketest.Lake, name string)
	// want is the query of the rows that the table must have. It reads no file.
	want string
	// probe are the columns to filter by, as dotted paths; "*" is all outside of lists and maps. By each, some file
	// must be skipped.
	probe []string
}

// foreignRequest and foreignTable are what read_table.py reads and prints.
type foreignRequest struct {
	Name     string   `json:"name"`
	Metadata string   `json:"metadata"`
	Probe    []string `json:"probe"`
}

type foreignTable struct {
	Columns []struct{ Name, Type string }
	Rows    pyiceberg.Rows
	Probes  map[string]struct {
		Filters int
		Skipped int // files that did not have to be read, over all filters
		Wrong   []string
	}
}

// TestForeignReader has pyiceberg read tables of every kind, and filter them by many values of many columns: a
// bound or a partition value that is wrong loses rows without a word.
func TestForeignReader(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	// As in a workspace there. DuckDB prints instants of before 1908 with an offset of +08:27, leaving out its 52 seconds.
	if err := l.Engine.Exec(t.Context(), "SET GLOBAL TimeZone = 'Asia/Seoul'"); err != nil {
		t.Fatal(err)
	}
	cases := slices.Concat(foreignCases(), partitionCases())
	var requests []foreignRequest
	for _, tc := range cases {
		tc.write(t, l, tc.name)
		entry, err := l.Catalog.Entry(t.Context(), l.Ident(tc.name))
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, foreignRequest{tc.name, entry.MetadataLocation, tc.probe})
	}
	var read map[string]foreignTable
	pyiceberg.Run(t, "testdata/read_table.py", requests, &read)
	filters := 0
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			got := read[tc.name]
			want := cells(t, l, tc.want)
			rows, err := got.Rows.Sorted()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, rows, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("rows of pyiceberg (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want, cells(t, l, mustSelect(t, l, tc.name)), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("rows of hosu (-want +got):\n%s", diff)
			}
			var columns []struct{ Name, Type string }
			for _, c := range columnsOf(t, l, tc.name) {
				columns = append(columns, struct{ Name, Type string }{c.Name, c.Type.String()})
			}
			if diff := cmp.Diff(columns, got.Columns); diff != "" {
				t.Errorf("columns (-catalog +pyiceberg):\n%s", diff)
			}
			for path, probe := range got.Probes {
				filters += probe.Filters
				for _, wrong := range probe.Wrong {
					t.Error(wrong)
				}
				if probe.Skipped == 0 {
					t.Errorf("%d filters on %s skipped no file", probe.Filters, path)
				}
			}
			if len(got.Probes) < len(tc.probe) {
				t.Errorf("%d of %d columns were probed", len(got.Probes), len(tc.probe))
			}
		})
	}
	t.Logf("%d filters on %d tables", filters, len(cases))
}

func columnsOf(t *testing.T, l *laketest.Lake, name string) []schema.Column {
	t.Helper()
	tbl, err := l.Catalog.Load(t.Context(), l.Ident(name))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Columns(tbl.Schema())
}

// appendEach appends the rows of each query as a file of its own.
func appendEach(queries ...string) func(*testing.T, *laketest.Lake, string) {
	return func(t *testing.T, l *laketest.Lake, name string) {
		for _, query := range queries {
			l.MustRun(lake.Spec{Table: l.Ident(name), Mode: lake.Append}, query)
		}
	}
}

func foreignCases() []foreignCase {
	return []foreignCase{
		{
			name: "f.types",
			write: func(t *testing.T, l *laketest.Lake, name string) {
				for n := 0; n < 12; n += 3 {
					appendEach(fmt.Sprintf("SELECT * FROM (%s) WHERE n BETWEEN %d AND %d", everyType(), n, n+2))(t, l, name)
				}
			},
			want:  everyType(),
			probe: []string{"*"},
		},
		{
			name: "f.never_written",
			write: func(t *testing.T, l *laketest.Lake, name string) {
				l.MustRun(lake.Spec{Table: l.Ident(name), Mode: lake.Append}, everyType()+" LIMIT 0")
			},
			want: everyType() + " LIMIT 0",
		},
		{
			name: "f.emptied",
			write: func(t *testing.T, l *laketest.Lake, name string) {
				l.MustRun(lake.Spec{Table: l.Ident(name), Mode: lake.Replace}, everyType())
				l.MustRun(lake.Spec{Table: l.Ident(name), Mode: lake.Replace}, everyType()+" LIMIT 0")
			},
			want: everyType() + " LIMIT 0",
		},
		{
			name: "f.replaced",
			write: func(t *testing.T, l *laketest.Lake, name string) {
				spec := lake.Spec{Table: l.Ident(name), Mode: lake.Replace, DropMissing: true}
				l.MustRun(spec, "SELECT 1 AS id, 'gone' AS dropped, 2.5::DOUBLE AS retyped")
				l.MustRun(spec, "SELECT i::INTEGER AS id, 'v' || i AS retyped, DATE '2024-01-01' + i::INTEGER AS fresh FROM range(1000) r(i)")
			},
			want:  "SELECT i::INTEGER AS id, 'v' || i AS retyped, DATE '2024-01-01' + i::INTEGER AS fresh FROM range(1000) r(i)",
			probe: []string{"id", "retyped", "fresh"},
		},
		{
			name: "f.evolved",
			write: appendEach(
				"SELECT -1::INTEGER AS id, 0.1::FLOAT AS x, -1234567.89::DECIMAL(9,2) AS p, {'a': -5::INTEGER} AS s, [1::INTEGER, NULL] AS l",
				"SELECT 2147483647::INTEGER AS id, NULL::FLOAT AS x, 9999999.99::DECIMAL(9,2) AS p, NULL::STRUCT(a INTEGER) AS s, []::INTEGER[] AS l",
				"SELECT 9007199254740993 AS id, 1e300::DOUBLE AS x, -1234567890123456.78::DECIMAL(18,2) AS p, {'a': 5000000000, 'b': '넷'} AS s, [5000000000] AS l, '새 열' AS added",
				"SELECT -9223372036854775808 AS id, 'nan'::DOUBLE AS x, 123456789012345678901234567890123456.78::DECIMAL(38,2) AS p, DATE '1969-12-31' AS later",
				"SELECT 3::SMALLINT AS id",
			),
			want: `SELECT -1::BIGINT AS id, 0.1::FLOAT::DOUBLE AS x, -1234567.89::DECIMAL(38,2) AS p, {'a': -5::BIGINT, 'b': NULL::VARCHAR} AS s, [1::BIGINT, NULL] AS l, NULL::VARCHAR AS added, NULL::DATE AS later
				UNION ALL SELECT 2147483647, NULL, 9999999.99, NULL, [], NULL, NULL
				UNION ALL SELECT 9007199254740993, 1e300, -1234567890123456.78, {'a': 5000000000, 'b': '넷'}, [5000000000], '새 열', NULL
				UNION ALL SELECT -9223372036854775808, 'nan'::DOUBLE, 123456789012345678901234567890123456.78::DECIMAL(38,2), NULL, NULL, NULL, DATE '1969-12-31'
				UNION ALL SELECT 3, NULL, NULL, NULL, NULL, NULL, NULL`,
			probe: []string{"*"},
		},
		{
			name: "f.merged",
			write: func(t *testing.T, l *laketest.Lake, name string) {
				spec := lake.Spec{Table: l.Ident(name), Mode: lake.Merge, Key: []string{"region", "id"}}
				l.MustRun(spec, "SELECT i AS id, CASE WHEN i % 2 = 0 THEN '서울' ELSE '부산' END AS region, (i * 0.25)::DECIMAL(9,2) AS amount FROM range(100) r(i)")
				l.MustRun(spec, "SELECT i AS id, '서울' AS region, 0.01::DECIMAL(9,2) AS amount FROM range(50, 60) r(i)") // half new
				l.MustRun(spec, "SELECT 1000 AS id, '제주' AS region, NULL::DECIMAL(9,2) AS amount")
				l.MustRun(spec, "SELECT 52 AS id, '서울' AS region, -99999.99::DECIMAL(9,2) AS amount, TIMESTAMPTZ '2024-01-01 00:00:00+09' AS seen")
			},
			want: `SELECT id, region, amount, CASE WHEN id = 52 AND region = '서울' THEN TIMESTAMPTZ '2024-01-01 00:00:00+09' END AS seen FROM (
				SELECT i AS id, CASE WHEN i % 2 = 0 THEN '서울' ELSE '부산' END AS region,
					(CASE WHEN i = 52 THEN -99999.99 WHEN i IN (50, 54, 56, 58) THEN 0.01 ELSE i * 0.25 END)::DECIMAL(9,2) AS amount FROM range(100) r(i)
				UNION ALL SELECT unnest([51, 53, 55, 57, 59]), '서울', 0.01
				UNION ALL SELECT 1000, '제주', NULL)`,
			probe: []string{"*"},
		},
		{
			name: "f.interval",
			write: func(t *testing.T, l *laketest.Lake, name string) {
				l.MustRun(lake.Spec{Table: l.Ident(name), Mode: lake.Append}, everyHour("old", 0, 96))
				before := paths(l, name)
				l.MustRun(lake.Spec{Table: l.Ident(name), Mode: lake.Overwrite, TimeZone: "Asia/Seoul",
					Interval: interval(t, "at", "2024-01-03T00:00:00+09:00", "2024-01-04T00:00:00+09:00")}, everyHour("new", 24, 48))
				if slices.Contains(paths(l, name), before[0]) {
					t.Error("the file with rows inside and outside of the interval was not rewritten")
				}
				l.MustRun(lake.Spec{Table: l.Ident(name), Mode: lake.Overwrite, TimeZone: "Asia/Seoul",
					Interval: interval(t, "at", "2024-01-05T00:00:00+09:00", "2024-01-06T00:00:00+09:00")}, everyHour("none", 0, 0))
			},
			want:  everyHour("old", 0, 24) + " UNION ALL " + everyHour("new", 24, 48) + " UNION ALL " + everyHour("old", 48, 72),
			probe: []string{"*"},
		},
	}
}

// everyHour has a row for each hour from one to before another, counted from the 2nd of January 2024 in Seoul.
func everyHour(what string, from, to int) string {
	return fmt.Sprintf("SELECT TIMESTAMPTZ '2024-01-02 00:00:00+09' + INTERVAL (i) HOUR AS at, '%s' AS what FROM range(%d, %d) r(i)", what, from, to)
}

// everyType is a query with a column for each type that can be stored, and 12 rows. Lists and maps of structs are not NULL:
// pyiceberg reads those as empty.
func everyType() string {
	columns := []struct{ name, typ, values string }{
		{"n", "INTEGER", "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"},
		{"b", "BOOLEAN", "false, false, false, true, true, true, NULL, NULL, NULL, true, false, NULL"},
		{"i", "INTEGER", "-2147483648, -2147483647, -7, -1, 0, 1, 7, 8, NULL, NULL, 2147483646, 2147483647"},
		{"l", "BIGINT", "-9223372036854775808, -9007199254740993, -7, -1, 0, 1, 7, NULL, NULL, 9007199254740992, 9007199254740993, 9223372036854775807"},
		{"f", "FLOAT", "'-inf', -3.4028235e38, -1e-45, '-0.0', 0, 0.1, 1e-45, NULL, 'nan', 16777217, 3.4028235e38, 'inf'"},
		{"d", "DOUBLE", "'-inf', -1.7976931348623157e308, -5e-324, '-0.0', 0, 0.1, NULL, 'nan', 2, 9007199254740993, 1.7976931348623157e308, 'inf'"},
		{"dec9", "DECIMAL(9,2)", "-9999999.99, -1.28, -1.27, -0.01, 0, 0.01, 1.27, 1.28, NULL, 327.68, 327.67, 9999999.99"},
		{"dec18", "DECIMAL(18,3)", "-999999999999999.999, -2147483.649, -0.129, -0.001, 0, 0.001, NULL, NULL, 0.128, 2147483.647, 9007199254740.993, 999999999999999.999"},
		{"dec38", "DECIMAL(38,10)", "-9999999999999999999999999999.9999999999, -922337203.6854775809, -1, '-0.0000000001', 0, '0.0000000001', NULL, NULL, 1, 922337203.6854775808, 12345678901234567890.0123456789, 9999999999999999999999999999.9999999999"},
		{"whole38", "DECIMAL(38,0)", "-99999999999999999999999999999999999999, -9223372036854775809, -256, -129, -128, 0, 127, 128, 255, NULL, 18446744073709551616, 99999999999999999999999999999999999999"},
		{"day", "DATE", "'0001-01-01', '1582-10-04', '1582-10-15', '1969-12-31', '1970-01-01', '1970-01-02', NULL, NULL, NULL, '2000-02-29', '2024-12-31', '9999-12-31'"},
		{"clock", "TIME", "'00:00:00', '00:00:00.000001', '00:00:01', '09:59:59.5', '10:00:00', '12:00:00', NULL, NULL, NULL, '23:59:59', '23:59:59.999998', '23:59:59.999999'"},
		{"ts", "TIMESTAMP", "'0001-01-01 00:00:00', '1582-10-15 00:00:00', '1900-01-01 00:00:00.000001', '1969-12-31 23:59:59.999999', '1970-01-01 00:00:00', '1970-01-01 00:00:00.000001', NULL, NULL, NULL, '2024-02-29 12:34:56.789012', '2024-03-10 02:30:00', '9999-12-31 23:59:59.999999'"},
		{"at", "TIMESTAMPTZ", "'0001-01-01 00:00:00+00', '1900-01-01 00:00:00.000001+09', '1908-03-31 23:59:59.5+00', '1969-12-31 23:59:59.999999+00', '1970-01-01 00:00:00+00', '1970-01-01 09:00:00.000001+09', NULL, NULL, NULL, '2024-02-29 12:34:56.789012+09', '2024-03-10 07:00:00+00', '9999-12-31 23:59:59.999999+00'"},
		{"s", "VARCHAR", "'', ' ', 'a', 'ab', 'sixteen letters!', 'sixteen letters!!', '호수', '아주 긴 한국어 문장은 열여섯 글자를 넘는다', NULL, '\uFFFE\uFFFF', '😀 이모지', repeat('\U0010FFFF', 20)"},
		{"odd", "VARCHAR", "'a\"b|c', 'line\nbreak', 'tab\t', chr(0) || 'nul', '\u2028', '\\', NULL, '''', 'NULL', '∅', '가\u0301', '\uFFFD'"},
		{"u", "UUID", "'00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000001', '19ada004-c118-457d-813b-4fe2b4adb302', '7fffffff-ffff-ffff-ffff-ffffffffffff', '80000000-0000-0000-0000-000000000000', '80000000-0000-0000-8000-000000000000', NULL, NULL, NULL, '9fffffff-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'"},
		{"bin", "BLOB", `'', '\x00', '\x00\x01', '\x7F', '\x80', 'plain', NULL, NULL, NULL, '\xED\x98\xB8', '\xFF', '\xFF\xFF'`},
		{"ints", "INTEGER[]", "[], [1], [NULL], [1, NULL, -1], NULL, NULL, [2147483647], [0], [0, 0], [5], [6], [7]"},
		{"decs", "DECIMAL(20,4)[]", "[], [-0.0001], [NULL], NULL, [1234567890123456.7891], [], [], [], [], [], [], [0]"},
		{"deep", "TIMESTAMPTZ[][]", "[], [[]], [NULL], [[NULL]], NULL, [['1969-12-31 23:59:59.999999+00'], []], [['2024-01-01 00:00:00+09', NULL]], [], [], [], [], []"},
		{"m", "MAP(VARCHAR, DOUBLE)", "MAP {}, MAP {'가': 1.5, '나': NULL}, MAP {'': 'nan'::DOUBLE}, NULL, MAP {'k': 'inf'::DOUBLE}, MAP {}, MAP {}, MAP {}, MAP {}, MAP {}, MAP {}, MAP {'z': 0}"},
		{"mi", "MAP(INTEGER, STRUCT(x DATE, y BLOB[]))", `MAP {}, MAP {1: {'x': DATE '1969-12-31', 'y': ['\xFF'::BLOB, NULL]}}, MAP {2: NULL}, MAP {}, MAP {-1: {'x': NULL, 'y': NULL}, 0: {'x': DATE '2024-01-01', 'y': []}}, MAP {}, MAP {}, MAP {}, MAP {}, MAP {}, MAP {}, MAP {}`},
		{"st", `STRUCT(a INTEGER, "값" VARCHAR, "in" STRUCT(t TIMESTAMP, d DECIMAL(38,5)))`, `{'a': -2, '값': '하나', 'in': {'t': TIMESTAMP '1969-12-31 23:59:59.999999', 'd': -0.00001}}, {'a': NULL, '값': NULL, 'in': NULL}, NULL, {'a': 1, '값': '', 'in': {'t': NULL, 'd': NULL}}, {'a': 2, '값': '둘', 'in': {'t': TIMESTAMP '2024-01-01 00:00:00', 'd': 1}}, {'a': 3, '값': '셋', 'in': NULL}, NULL, NULL, NULL, {'a': 9, '값': '넷', 'in': {'t': TIMESTAMP '2025-01-01 00:00:00', 'd': 123456789012345678901234567890123.45678}}, NULL, NULL`},
		{"structs", "STRUCT(k VARCHAR, v BIGINT[])[]", "[], [{'k': 'a', 'v': [1, NULL]}, NULL], [{'k': NULL, 'v': NULL}], [], [], [], [], [], [], [], [], [{'k': 'z', 'v': []}]"},
		{"nothing", "VARCHAR", "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL"},
	}
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = fmt.Sprintf("unnest(CAST([%s] AS %s[])) AS %q", c.values, c.typ, c.name)
	}
	return "SELECT " + strings.Join(parts, ",\n")
}

// partitionCases have a table for each partition transform and each type it works on.
func partitionCases() []foreignCase {
	var cases []foreignCase
	// The ends are left out: there is no multiple of 10 below the least integer, and no day after the last for pyiceberg.
	rows := "SELECT * FROM (" + everyType() + ") WHERE n BETWEEN 2 AND 10"
	add := func(probe string, partitions ...string) {
		name := "p." + strings.NewReplacer("(", "_", ")", "", ", ", "_").Replace(strings.Join(partitions, "_"))
		rows := rows
		cases = append(cases, foreignCase{
			name: name,
			write: func(t *testing.T, l *laketest.Lake, name string) {
				l.MustRun(lake.Spec{Table: l.Ident(name), Mode: lake.Append, Partition: partitions}, rows)
			},
			want:  rows,
			probe: strings.Fields(probe),
		})
	}
	for _, column := range []string{"b", "i", "l", "dec9", "dec18", "dec38", "day", "clock", "ts", "at", "s", "odd"} {
		add(column, column)
	}
	add("", "u") // pyiceberg cannot compare the values of such a partition
	for _, column := range []string{"day", "ts", "at"} {
		for _, unit := range []string{"year", "month", "day", "hour"} {
			if column != "day" || unit != "hour" {
				add(column, unit+"("+column+")")
			}
		}
	}
	add("i", "truncate(10, i)")
	add("l", "truncate(1000, l)")
	add("s", "truncate(2, s)")
	add("at s i", "month(at)", "truncate(1, s)", "b")
	// Without the ends that are left out above, no string is empty.
	rows = "SELECT * FROM (VALUES ('', 1), ('a', 2), ('b', 3), (NULL, 4)) v(e, n)"
	add("e", "e")
	add("e", "truncate(3, e)")
	rows = `SELECT * FROM (VALUES ('서울', 1), ('부산', 2)) v("지역", n)`
	add("지역", "지역")
	return cases
}

// cells are the rows of a query in the form of those of pyiceberg.
func cells(t *testing.T, l *laketest.Lake, sql string) []string {
	t.Helper()
	reader, err := l.Engine.QueryArrow(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	rows, err := pyiceberg.ReadRows(reader)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
