package transform_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/transform"
)

func TestModel(t *testing.T) {
	t.Parallel()
	day := transform.Interval{
		Start: time.Date(2024, 1, 1, 15, 0, 0, 0, time.UTC), End: time.Date(2024, 1, 2, 15, 0, 0, 123456000, time.UTC),
	}
	start := engine.Param{Name: "start", Literal: "TIMESTAMPTZ '2024-01-01 15:00:00+00:00'"}
	end := engine.Param{Name: "end", Literal: "TIMESTAMPTZ '2024-01-02 15:00:00.123456+00:00'"}
	for _, tc := range []struct {
		name   string
		kind   project.WriteKind
		params []string
		iv     transform.Interval
		want   []engine.Param
		fails  string
	}{
		{"interval", project.WriteInterval, []string{"start", "end"}, day, []engine.Param{start, end}, ""},
		{"only what is used", project.WriteMerge, []string{"start"}, day, []engine.Param{start}, ""},
		{"no parameters", project.WriteFull, nil, transform.Interval{}, nil, ""},
		{"case is the author's", project.WriteAppend, []string{"End"}, day, []engine.Param{{Name: "End", Literal: end.Literal}}, ""},
		{"another parameter", project.WriteInterval, []string{"start", "day"}, day, nil, "models/a.sql:1: model a: parameter $day: unknown"},
		{"not of a full model", project.WriteFull, []string{"start"}, day, nil, "parameter $start: has no value with write: full"},
		{"no interval given", project.WriteInterval, []string{"start", "end"}, transform.Interval{}, nil, "is filled by intervals"},
		{"backwards", project.WriteInterval, []string{"start", "end"}, transform.Interval{Start: day.End, End: day.Start}, nil, "is filled by intervals"},
		{"interval of a full model", project.WriteFull, nil, day, nil, "has no intervals"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			m := &project.Model{Name: "a", SQL: "select 1", Params: tc.params, Write: project.Write{Kind: tc.kind}, Pos: project.Pos{File: "models/a.sql", Line: 1}}
			st, err := transform.Model(m, tc.iv)
			if tc.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tc.fails) {
					t.Fatalf("error %v, want %q", err, tc.fails)
				}
				return
			}
			if err != nil || st.SQL != m.SQL {
				t.Fatalf("statement %+v, %v", st, err)
			}
			if diff := cmp.Diff(tc.want, st.Params); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What the package promises of comparisons is DuckDB's to keep: the instants around both ends of a local day, as
// timestamptz, timestamp and date, are in the interval exactly when they belong to that day.
func TestComparisons(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ zone, from, to string }{
		{"UTC", "2024-01-01", "2024-01-02"},
		{"Asia/Seoul", "2024-01-01", "2024-01-02"},
		{"Asia/Kathmandu", "2024-01-01", "2024-01-02"},
		{"America/New_York", "2024-03-10", "2024-03-11"}, // 23 hours
		{"America/New_York", "2024-11-03", "2024-11-04"}, // 25 hours
	} {
		t.Run(tc.zone+" "+tc.from, func(t *testing.T) {
			t.Parallel()
			loc, err := time.LoadLocation(tc.zone)
			if err != nil {
				t.Fatal(err)
			}
			iv := transform.Interval{Start: midnight(t, tc.from, loc), End: midnight(t, tc.to, loc)}
			eng, err := engine.Open(engine.Options{TimeZone: tc.zone, TempDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer eng.Close()
			for _, at := range []time.Time{
				iv.Start.Add(-time.Microsecond), iv.Start, iv.Start.Add(3 * time.Hour), iv.End.Add(-time.Microsecond), iv.End,
			} {
				want := !at.Before(iv.Start) && at.Before(iv.End)
				wall := at.Format("2006-01-02 15:04:05.999999")
				for _, value := range []string{transform.Literal(at), "TIMESTAMP '" + wall + "'", "DATE '" + at.Format(time.DateOnly) + "'"} {
					sql, err := engine.Substitute("SELECT x FROM (SELECT "+value+" AS x) WHERE x >= $start AND x < $end", []engine.Param{
						{Name: "start", Literal: transform.Literal(iv.Start)}, {Name: "end", Literal: transform.Literal(iv.End)},
					})
					if err != nil {
						t.Fatal(err)
					}
					if got := returnsRows(t, eng, sql); got != want {
						t.Errorf("%s in [%s, %s): %v, want %v", value, iv.Start, iv.End, got, want)
					}
				}
			}
		})
	}
}

func midnight(t *testing.T, day string, loc *time.Location) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(time.DateOnly, day, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// returnsRows runs a query.
func returnsRows(t *testing.T, eng *engine.Engine, sql string) bool {
	t.Helper()
	reader, err := eng.QueryArrow(context.Background(), sql)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", sql, err))
	}
	defer reader.Release()
	var rows int64
	for reader.Next() {
		rows += reader.RecordBatch().NumRows()
	}
	if err := reader.Err(); err != nil {
		t.Fatal(err)
	}
	return rows > 0
}
