package lake_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/lake/laketest"
	"github.com/hosu-io/hosu/internal/schema"
)

// rowsOf checks the rows of a table.
func rowsOf(t *testing.T, l *laketest.Lake, name string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, l.Rows(name)); diff != "" {
		t.Errorf("rows of %s (-want +got):\n%s", name, diff)
	}
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func interval(t *testing.T, column, start, end string) *lake.Interval {
	t.Helper()
	return &lake.Interval{Column: column, Start: instant(t, start), End: instant(t, end)}
}

// paths are the data files of a table.
func paths(l *laketest.Lake, name string) []string {
	var all []string
	for _, f := range l.Files(name) {
		all = append(all, f.FilePath())
	}
	return all
}

func TestAppendCreatesAndAdds(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append}
	first := l.MustRun(spec, "SELECT 1 AS id, 'one' AS name")
	if first.SnapshotID == 0 {
		t.Error("no snapshot was made")
	}
	l.MustRun(spec, "SELECT 2 AS id, NULL::VARCHAR AS name")
	rowsOf(t, l, "a.t", "1|one", "2|∅")

	staged, err := l.Stage(t.Context(), spec, "SELECT 3 AS id, 'x' AS name WHERE false")
	if err != nil {
		t.Fatal(err)
	}
	if staged.Changed {
		t.Error("appending nothing is a change")
	}
	published, err := l.Publish(t.Context(), staged, catalog.Effects{})
	if err != nil || published.SnapshotID != 0 || l.Snapshots("a.t") != 2 {
		t.Errorf("appending nothing: %+v, %v, %d snapshots", published, err, l.Snapshots("a.t"))
	}
}

func TestAppendingNothingCreatesTheTable(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append}, "SELECT 1 AS id WHERE false")
	if _, ok := l.Relation("a.t"); !ok || l.Snapshots("a.t") != 0 {
		t.Errorf("table exists: %v, snapshots: %d", ok, l.Snapshots("a.t"))
	}
	l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Merge, Key: []string{"id"}}, "SELECT 1 AS id")
	rowsOf(t, l, "a.t", "1")
}

func TestReplace(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Replace}
	l.MustRun(spec, "SELECT i AS id, i * 0.5::DOUBLE AS x FROM range(3) r(i)")
	l.MustRun(spec, "SELECT i AS id, i * 0.5::DOUBLE AS x FROM range(3) r(i) ORDER BY id DESC")
	if n := l.Snapshots("a.t"); n != 1 {
		t.Errorf("the same rows in another order made %d snapshots", n)
	}
	l.MustRun(spec, "SELECT i AS id, i * 0.25::DOUBLE AS x FROM range(3) r(i)")
	rowsOf(t, l, "a.t", "0|0.0", "1|0.25", "2|0.5")
	l.MustRun(spec, "SELECT 0::BIGINT AS id, 0.0::DOUBLE AS x WHERE false")
	rowsOf(t, l, "a.t")
	if n := l.Snapshots("a.t"); n != 3 {
		t.Errorf("%d snapshots; want 3", n)
	}
}

func TestReplaceTellsMultisetsApart(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Replace}
	l.MustRun(spec, "SELECT unnest([1, 1, 2]) AS id")
	l.MustRun(spec, "SELECT unnest([1, 2, 2]) AS id")
	rowsOf(t, l, "a.t", "1", "2", "2")
	l.MustRun(spec, "SELECT unnest([1, NULL, 2]) AS id")
	rowsOf(t, l, "a.t", "1", "2", "∅")
}

// DuckDB hashes an empty list as it does NULL, and a struct without any value too.
func TestReplaceTellsNullFromEmpty(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, after, want string }{
		"list":        {"NULL::VARCHAR[]", "[]::VARCHAR[]", "[]"},
		"nested list": {"[NULL]::INT[][]", "[[]]::INT[][]", "[[]]"},
		"struct":      {"NULL::STRUCT(a INT)", "{'a': NULL::INT}", "{'a': NULL}"},
		"map":         {"NULL::MAP(INT, INT)", "MAP {}::MAP(INT, INT)", "{}"},
		"list in one": {"{'a': NULL::INT[]}", "{'a': []::INT[]}", "{'a': []}"},
		"text":        {"['NULL']", "[NULL::VARCHAR]", "[NULL]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := laketest.Open(t)
			spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Replace}
			l.MustRun(spec, "SELECT 1 AS id, "+tc.before+" AS v")
			l.MustRun(spec, "SELECT 1 AS id, "+tc.after+" AS v")
			rowsOf(t, l, "a.t", "1|"+tc.want)
			l.MustRun(spec, "SELECT 1 AS id, "+tc.after+" AS v")
			if n := l.Snapshots("a.t"); n != 2 {
				t.Errorf("%d snapshots; want 2", n)
			}
		})
	}
}

func TestReplaceMayChangeColumns(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Replace, DropMissing: true}
	l.MustRun(spec, "SELECT 1 AS id, 'x' AS old, 'keep' AS k")
	l.MustRun(spec, "SELECT 'one' AS id, 'keep' AS k, 2.5::DOUBLE AS fresh")
	rowsOf(t, l, "a.t", "one|keep|2.5")
	tbl, err := l.Catalog.Load(t.Context(), l.Ident("a.t"))
	if err != nil {
		t.Fatal(err)
	}
	var ids []int
	for _, f := range tbl.Schema().Fields() {
		ids = append(ids, f.ID)
	}
	if !slices.Equal(ids, []int{4, 3, 5}) {
		t.Errorf("field ids %v; want a new one for id and fresh, the old one for k", ids)
	}
}

func TestSchemaEvolution(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append}
	l.MustRun(spec, "SELECT 1::INTEGER AS id, 1.5::DECIMAL(4,1) AS price, {'x': 1::INTEGER} AS o")
	l.MustRun(spec, "SELECT 5000000000 AS id, 'new' AS name, 12345.5::DECIMAL(8,1) AS price, {'y': 'yes', 'x': 6000000000} AS o")
	l.MustRun(spec, "SELECT 3::SMALLINT AS id")
	rowsOf(t, l, "a.t",
		"1|1.5|{'x': 1, 'y': NULL}|∅",
		"3|∅|∅|∅",
		"5000000000|12345.5|{'x': 6000000000, 'y': yes}|new")

	_, err := l.Run(t.Context(), spec, "SELECT 'text' AS id", catalog.Effects{})
	var incompatible *schema.IncompatibleError
	if !errors.As(err, &incompatible) || !strings.Contains(err.Error(), `write a.t: column "id" is long in the table and cannot become string`) {
		t.Errorf("an incompatible column: %v", err)
	}
	// The rewrite of files with three layouts.
	l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Merge, Key: []string{"id"}},
		"SELECT 1 AS id, 9.5 AS price, NULL::STRUCT(x INTEGER) AS o, 'n' AS name UNION ALL SELECT 3, NULL, NULL, 'm'")
	rowsOf(t, l, "a.t", "1|9.5|∅|n", "3|∅|∅|m", "5000000000|12345.5|{'x': 6000000000, 'y': yes}|new")
}

func TestRequiredColumns(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	columns := l.Columns("SELECT 1 AS id, 'a' AS name")
	columns[0].Required = true
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append, Columns: columns}
	l.MustRun(spec, "SELECT 1 AS id, 'a' AS name")
	if _, err := l.Run(t.Context(), spec, "SELECT NULL::INTEGER AS id, 'b' AS name", catalog.Effects{}); err == nil || !strings.Contains(err.Error(), `column "id" is required but NULL`) {
		t.Errorf("NULL in a required column: %v", err)
	}
	rowsOf(t, l, "a.t", "1|a")
}

func TestOverwrite(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	appending := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append}
	// Four files: before, inside, over the edge with a NULL, after.
	l.MustRun(appending, "SELECT DATE '2024-01-01' AS day, 'before' AS what")
	l.MustRun(appending, "SELECT DATE '2024-01-05' AS day, 'gone' AS what UNION ALL SELECT DATE '2024-01-06', 'gone'")
	l.MustRun(appending, "SELECT unnest([DATE '2024-01-04', DATE '2024-01-06', DATE '2024-01-07', NULL]) AS day, unnest(['stays', 'gone', 'stays', 'stays']) AS what")
	l.MustRun(appending, "SELECT DATE '2024-01-09' AS day, 'after' AS what")
	before := paths(l, "a.t")

	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Overwrite,
		Interval: interval(t, "day", "2024-01-05T00:00:00Z", "2024-01-07T00:00:00Z")}
	const rows = "SELECT DATE '2024-01-05' AS day, 'new' AS what"
	l.MustRun(spec, rows)
	want := []string{"2024-01-01|before", "2024-01-04|stays", "2024-01-05|new", "2024-01-07|stays", "2024-01-09|after", "∅|stays"}
	rowsOf(t, l, "a.t", want...)
	kept := 0
	for _, path := range paths(l, "a.t") {
		if slices.Contains(before, path) {
			kept++
		}
	}
	if kept != 2 || len(paths(l, "a.t")) != 4 {
		t.Errorf("%d of the old files kept, %d files now; want 2 kept, 4 in all", kept, len(paths(l, "a.t")))
	}

	l.MustRun(spec, rows)
	if n := l.Snapshots("a.t"); n != 5 {
		t.Errorf("filling the interval with the same rows made a snapshot: %d", n)
	}
	l.MustRun(spec, rows+" WHERE false")
	rowsOf(t, l, "a.t", slices.DeleteFunc(want, func(row string) bool { return strings.HasSuffix(row, "new") })...)
}

func TestOverwriteRefusesRowsOutside(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Overwrite,
		Interval: interval(t, "ts", "2024-01-05T00:00:00Z", "2024-01-06T00:00:00Z")}
	for query, say := range map[string]string{
		"SELECT unnest([TIMESTAMPTZ '2024-01-05 10:00:00+00', TIMESTAMPTZ '2024-01-06 00:00:00+00']) AS ts": "example one with 2024-01-06 00:00:00+00",
		"SELECT TIMESTAMPTZ '2024-01-04 23:59:59.999999+00' AS ts":                                          "2024-01-04 23:59:59.999999+00",
		"SELECT unnest([TIMESTAMPTZ '2024-01-05 10:00:00+00', NULL]) AS ts":                                 "NULL",
		"SELECT 5 AS ts": "want date, timestamp or timestamptz",
	} {
		_, err := l.Run(t.Context(), spec, query, catalog.Effects{})
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: error = %v; want %q", query, err, say)
		}
	}
	rowsOf(t, l, "a.t")
}

// TestOverwriteByLocalDay fills one day at a time, in zones far from UTC and over the days on which the clock
// changes, and expects exactly what one big write gives.
// midnight is the first instant of the day n days after first.
func midnight(first time.Time, n int) time.Time {
	at := first.AddDate(0, 0, n).Add(-4 * time.Hour)
	for at.Day() != first.AddDate(0, 0, n).Add(12*time.Hour).Day() {
		at = at.Add(15 * time.Minute)
	}
	return at
}

func TestOverwriteByLocalDay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ zone, typ, from string }{
		{"Asia/Seoul", "TIMESTAMPTZ", "2024-01-04"},
		{"America/New_York", "TIMESTAMPTZ", "2024-03-08"},
		{"America/New_York", "TIMESTAMPTZ", "2024-11-01"},
		{"America/New_York", "TIMESTAMP", "2024-11-01"},
		{"Asia/Seoul", "DATE", "2024-01-04"},
		{"America/Sao_Paulo", "DATE", "2018-11-01"},
		{"America/Sao_Paulo", "TIMESTAMP", "2018-11-01"},
		{"America/Havana", "DATE", "2023-11-02"},
	} {
		t.Run(fmt.Sprint(tc.zone, tc.typ, tc.from), func(t *testing.T) {
			t.Parallel()
			l := laketest.Open(t)
			loc, err := time.LoadLocation(tc.zone)
			if err != nil {
				t.Fatal(err)
			}
			first, err := time.ParseInLocation(time.DateOnly, tc.from, loc)
			if err != nil {
				t.Fatal(err)
			}
			// A row every 20 minutes of six local days, whatever the length of each.
			source := fmt.Sprintf(`SELECT (TIMESTAMPTZ '%s' + INTERVAL (i * 20) MINUTE) AS instant, i FROM range(%d) r(i)`,
				first.UTC().Format("2006-01-02 15:04:05+00"), int(midnight(first, 6).Sub(first)/(20*time.Minute)))
			value := map[string]string{
				"TIMESTAMPTZ": "instant",
				"TIMESTAMP":   "instant AT TIME ZONE '" + tc.zone + "'",
				"DATE":        "CAST(instant AT TIME ZONE '" + tc.zone + "' AS DATE)",
			}[tc.typ]
			whole := "SELECT " + value + " AS ts, i FROM (" + source + ")"
			// One write over the middle days leaves files that every later day straddles.
			l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append}, "SELECT ts, -i AS i FROM ("+whole+")")
			for day := range 6 {
				start, end := midnight(first, day), midnight(first, day+1)
				rows := fmt.Sprintf("SELECT %s AS ts, i FROM (%s) WHERE instant >= '%s' AND instant < '%s'", value, source,
					start.UTC().Format("2006-01-02 15:04:05+00"), end.UTC().Format("2006-01-02 15:04:05+00"))
				l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Overwrite, TimeZone: tc.zone,
					Interval: &lake.Interval{Column: "ts", Start: start, End: end}}, rows)
			}
			if diff := cmp.Diff(l.Query(whole), l.Rows("a.t")); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Merge, Key: []string{"id"}}
	for begin := 0; begin < 300; begin += 100 { // three files, by key
		l.MustRun(spec, fmt.Sprintf("SELECT i AS id, 'v' || i AS v FROM range(%d, %d) r(i)", begin, begin+100))
	}
	before := paths(l, "a.t")
	staged, err := l.Stage(t.Context(), spec, "SELECT 150 AS id, 'changed' AS v UNION ALL SELECT 151, 'v151' UNION ALL SELECT 1000, 'inserted'")
	if err != nil {
		t.Fatal(err)
	}
	if staged.Rows != 2 {
		t.Errorf("%d rows changed; want 2: one is stored as it is", staged.Rows)
	}
	if _, err := l.Publish(t.Context(), staged, catalog.Effects{}); err != nil {
		t.Fatal(err)
	}
	want := l.Query("SELECT i AS id, CASE i WHEN 150 THEN 'changed' ELSE 'v' || i END FROM range(300) r(i) UNION ALL SELECT 1000, 'inserted'")
	rowsOf(t, l, "a.t", want...)
	kept := 0
	for _, path := range paths(l, "a.t") {
		if slices.Contains(before, path) {
			kept++
		}
	}
	if kept != 2 {
		t.Errorf("%d files kept; want 2: only the one with key 150 is rewritten", kept)
	}
	snapshots := l.Snapshots("a.t")
	l.MustRun(spec, "SELECT 150 AS id, 'changed' AS v UNION ALL SELECT 299, 'v299'")
	if l.Snapshots("a.t") != snapshots {
		t.Error("merging stored rows made a snapshot")
	}
}

func TestMergeKeys(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Merge, Key: []string{"a", "b"}}
	l.MustRun(spec, "SELECT 1 AS a, 'x' AS b, 'old' AS v UNION ALL SELECT 1, 'y', 'old' UNION ALL SELECT 2, 'x', NULL")
	l.MustRun(spec, "SELECT 1 AS a, 'y' AS b, NULL AS v UNION ALL SELECT 2, 'x', 'new'")
	want := []string{"1|x|old", "1|y|∅", "2|x|new"}
	rowsOf(t, l, "a.t", want...)

	const repeated = "SELECT 3 AS a, 'z' AS b, 'same' AS v UNION ALL SELECT 3, 'z', 'same'"
	for query, say := range map[string]string{
		"SELECT 1 AS a, NULL::VARCHAR AS b, 'v' AS v": `NULL in the key column "b"`,
		repeated: `("a", "b") = (3, z) is on 2 new rows`,
		"SELECT 3 AS a, 'z' AS b, 'p' AS v UNION ALL SELECT 3, 'z', 'q'":      "that differ",
		"SELECT 3 AS a, 'z' AS b, NULL AS v UNION ALL SELECT 3, 'z', 'other'": "that differ",
	} {
		if _, err := l.Run(t.Context(), spec, query, catalog.Effects{}); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: error = %v; want %q", query, err, say)
		}
	}
	rowsOf(t, l, "a.t", want...)

	spec.Duplicates = lake.CollapseEqual
	l.MustRun(spec, repeated)
	rowsOf(t, l, "a.t", append(want, "3|z|same")...)
	if _, err := l.Run(t.Context(), spec, "SELECT 4 AS a, 'z' AS b, 'p' AS v UNION ALL SELECT 4, 'z', 'q'", catalog.Effects{}); err == nil || !strings.Contains(err.Error(), "that differ") {
		t.Errorf("rows that differ: %v", err)
	}
}

// TestMergeByAnyName merges by columns that are called as the lake calls some of its own.
func TestMergeByAnyName(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"file", "FILE_", "h", "n", "c", "stored", "delta", "fresh", "지역"} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			l := laketest.Open(t)
			quoted := engine.QuoteIdent(key)
			l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append}, "SELECT unnest([7, 8]) AS "+quoted+", 'old' AS v")
			l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append}, "SELECT unnest([9, 10]) AS "+quoted+", 'old' AS v")
			spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Merge, Key: []string{key}}
			l.MustRun(spec, "SELECT unnest([8, 9, 0]) AS "+quoted+", 'new' AS v")
			rowsOf(t, l, "a.t", "0|new", "10|old", "7|old", "8|new", "9|new")
			if _, err := l.Run(t.Context(), spec, "SELECT 1 AS "+quoted+", unnest(['x', 'y']) AS v", catalog.Effects{}); err == nil || !strings.Contains(err.Error(), "that differ") {
				t.Errorf("rows that differ under one key: %v", err)
			}
		})
	}
}

func TestReplaceIsHeldToAKey(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Replace, Key: []string{"id"}, Duplicates: lake.CollapseEqual}
	l.MustRun(spec, "SELECT unnest([1, 2]) AS id, 'x' AS v")
	if _, err := l.Run(t.Context(), spec, "SELECT 1 AS id, unnest(['x', 'y']) AS v", catalog.Effects{}); err == nil || !strings.Contains(err.Error(), "differ") {
		t.Errorf("rows that differ under one key: %v", err)
	}
	l.MustRun(spec, "SELECT unnest([1, 2, 2]) AS id, 'x' AS v")
	if n := l.Snapshots("a.t"); n != 1 {
		t.Errorf("a row that repeats made %d snapshots", n)
	}
	l.MustRun(spec, "SELECT unnest([3, 3]) AS id, 'x' AS v")
	rowsOf(t, l, "a.t", "3|x")
}

func TestMergeHealsStoredDuplicates(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append}, "SELECT unnest([1, 1, 2]) AS id, unnest(['a', 'b', 'c']) AS v")
	l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Merge, Key: []string{"id"}}, "SELECT 1 AS id, 'b' AS v")
	rowsOf(t, l, "a.t", "1|b", "2|c")
}

func TestPartitions(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append,
		Partition: []string{"day(ts)", "region", "truncate(2, sku)"}}
	l.MustRun(spec, `SELECT * FROM (VALUES
		(TIMESTAMPTZ '2024-01-05 01:00:00+09', '서울', 'ab1', 1),
		(TIMESTAMPTZ '2024-01-05 10:00:00+09', '서울', 'ab2', 2),
		(TIMESTAMPTZ '2024-01-05 11:00:00+09', '부산', 'ab2', 3),
		(TIMESTAMPTZ '1969-12-31 11:00:00+00', NULL, 'zz', 4)) v(ts, region, sku, n)`)
	var partitions []string
	for _, f := range l.Files("a.t") {
		p := f.Partition()
		partitions = append(partitions, fmt.Sprint(p[1000], p[1001], p[1002], f.Count()))
	}
	slices.Sort(partitions)
	// 01:00 in Seoul is still the 4th in UTC, which is what Iceberg's day() counts.
	want := []string{"-1<nil>zz1", "19726서울ab1", "19727부산ab1", "19727서울ab1"}
	for i, p := range partitions {
		partitions[i] = strings.ReplaceAll(p, " ", "")
	}
	if diff := cmp.Diff(want, partitions); diff != "" {
		t.Errorf("partitions (-want +got):\n%s", diff)
	}
	if got := l.Query("SELECT n FROM (" + mustSelect(t, l, "a.t") + ")"); !slices.Equal(got, []string{"1", "2", "3", "4"}) {
		t.Errorf("rows %v", got)
	}
	// A rewrite keeps the partitions apart.
	l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Merge, Key: []string{"n"}},
		"SELECT TIMESTAMPTZ '2024-01-05 11:30:00+09' AS ts, '부산' AS region, 'cd' AS sku, 3 AS n")
	if got := l.Query("SELECT sku, n FROM (" + mustSelect(t, l, "a.t") + ")"); !slices.Equal(got, []string{"ab1|1", "ab2|2", "cd|3", "zz|4"}) {
		t.Errorf("rows after the merge %v", got)
	}
}

func mustSelect(t *testing.T, l *laketest.Lake, name string) string {
	t.Helper()
	relation, ok := l.Relation(name)
	if !ok {
		t.Fatalf("there is no table %s", name)
	}
	sql, err := relation.Select()
	if err != nil {
		t.Fatal(err)
	}
	return sql
}

func TestPartitionTransforms(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	for _, tc := range []struct{ partition, value, want string }{
		{"year(v)", "DATE '1969-06-01'", "-1"},
		{"year(v)", "TIMESTAMP '2024-06-01 00:00:00'", "54"},
		{"month(v)", "DATE '1969-12-31'", "-1"},
		{"month(v)", "TIMESTAMPTZ '2024-02-01 00:00:00+09'", "648"},
		{"day(v)", "DATE '1970-01-02'", "1"},
		{"day(v)", "TIMESTAMP '1969-12-31 23:59:59'", "-1"},
		{"hour(v)", "TIMESTAMP '1969-12-31 23:59:59'", "-1"},
		{"hour(v)", "TIMESTAMPTZ '1970-01-01 10:30:00+09'", "1"},
		{"year(v)", "DATE 'infinity'", "5879610"},
		{"year(v)", "TIMESTAMPTZ 'infinity'", "292277"},
		{"month(v)", "DATE '-infinity'", "-70555327"},
		{"month(v)", "TIMESTAMP '-infinity'", "-3507325"},
		{"hour(v)", "TIMESTAMP 'infinity'", "2147483647"},
		{"year(v)", "NULL::TIMESTAMP", "<nil>"},
		{"truncate(10, v)", "-1", "-10"},
		{"truncate(10, v)", "(-10)::BIGINT", "-10"},
		{"truncate(10, v)", "19", "10"},
		{"truncate(2, v)", "'한글로'", "한글"},
		{"지역", "'서울'", "서울"},
		{"month(결제 시각)", "DATE '1970-03-01'", "2"},
		{"1월", "1", "1"},
		{"v", "DATE '2024-01-05'", "19727"},
		{"v", "true", "true"},
		{"v", "1.50::DECIMAL(9,2)", "1.50"},
		{"v", "TIMESTAMP '2024-01-05 00:00:01.5'", "1704412801500000"},
		{"v", "TIME '00:00:01'", "1000000"},
		{"v", "UUID '19ada004-c118-457d-813b-4fe2b4adb302'", "19ada004-c118-457d-813b-4fe2b4adb302"},
		{"v", "''", ""},
		{"v", "'\uFFFD'", "\uFFFD"}, // what wrong decoding leaves behind
		{"v", "'a/b=c d''\"%'", "a/b=c d'\"%"},
	} {
		name := "p.t" + fmt.Sprint(len(l.Query("SELECT 1")), strings.NewReplacer("(", "", ")", "", ",", "", " ", "").Replace(tc.partition), len(tc.value), len(tc.want))
		column := "v"
		if !strings.Contains(tc.partition, "v") {
			column = strings.TrimSuffix(tc.partition[strings.Index(tc.partition, "(")+1:], ")")
		}
		l.MustRun(lake.Spec{Table: l.Ident(name), Mode: lake.Replace, Partition: []string{tc.partition}}, "SELECT "+tc.value+" AS "+engine.QuoteIdent(column))
		files := l.Files(name)
		if len(files) != 1 {
			t.Errorf("%s of %s: %d files", tc.partition, tc.value, len(files))
			continue
		}
		value := files[0].Partition()[1000]
		got := fmt.Sprint(value)
		if s, ok := value.(fmt.Stringer); ok {
			got = s.String()
		}
		if got != tc.want {
			t.Errorf("%s of %s = %s (%T); want %s", tc.partition, tc.value, got, value, tc.want)
		}
	}
	for partition, say := range map[string]string{
		"bucket(4, v)":   "not one that can be written",
		"week(v)":        "want a column",
		"day(v":          "want a column",
		"day(x)":         `no column "x"`,
		"day(v)":         "does not work on int",
		"truncate(0, v)": "truncate",
	} {
		_, err := l.Run(t.Context(), lake.Spec{Table: l.Ident("p.bad"), Mode: lake.Append, Partition: []string{partition}}, "SELECT 1 AS v", catalog.Effects{})
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("partition %s: error = %v; want %q", partition, err, say)
		}
	}
}

func TestStatisticsPruneForeignScans(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append},
		"SELECT i::INTEGER AS i, CASE WHEN i = 3 THEN 'nan'::DOUBLE ELSE i END AS d, [i] AS l, {'x': i, 'y': NULL::VARCHAR} AS s, repeat('x', 300) || i AS long FROM range(5) r(i)")
	f := l.Files("a.t")[0]
	if got := fmt.Sprint(f.LowerBoundValues()[1], f.UpperBoundValues()[1]); got != "[0 0 0 0] [4 0 0 0]" {
		t.Errorf("bounds of i: %s", got)
	}
	if _, ok := f.UpperBoundValues()[2]; ok {
		t.Error("a column with NaN has an upper bound")
	}
	if got := string(f.UpperBoundValues()[5]); got != strings.Repeat("x", 15)+"y" {
		t.Errorf("upper bound of long: %q", got)
	}
	tbl, err := l.Catalog.Load(t.Context(), l.Ident("a.t"))
	if err != nil {
		t.Fatal(err)
	}
	nested, _ := tbl.Schema().FindFieldByName("s.y")
	if f.NullValueCounts()[nested.ID] != 5 || f.ValueCounts()[nested.ID] != 5 {
		t.Errorf("counts of s.y: %d of %d", f.NullValueCounts()[nested.ID], f.ValueCounts()[nested.ID])
	}
	element, _ := tbl.Schema().FindFieldByName("l.element")
	if _, ok := f.ValueCounts()[element.ID]; ok || f.ColumnSizes()[element.ID] == 0 {
		t.Errorf("a list's element has counts or no size: %v", f.ColumnSizes())
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Replace, Properties: map[string]string{"hosu.asset": "a.t"}}
	l.MustRun(spec, "SELECT 1 AS id")
	spec.Properties = map[string]string{"hosu.asset": "a.u"}
	l.MustRun(spec, "SELECT 1 AS id")
	tbl, err := l.Catalog.Load(context.Background(), l.Ident("a.t"))
	if err != nil {
		t.Fatal(err)
	}
	if got := tbl.Properties()["hosu.asset"]; got != "a.u" || l.Snapshots("a.t") != 1 {
		t.Errorf("hosu.asset = %q, %d snapshots", got, l.Snapshots("a.t"))
	}
}
