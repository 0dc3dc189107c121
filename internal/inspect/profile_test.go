package inspect_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/iceberg-go"
	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/inspect"
)

func (e *env) profile(t *testing.T, name string, version int64) *inspect.Profile {
	t.Helper()
	p, err := e.Profile(t.Context(), govern.Owner(), name, version)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// line is a column's profile in one line.
func line(c inspect.ColumnProfile) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s nulls=%d", c.Name, c.Type, c.Nulls)
	if c.Distinct != nil {
		fmt.Fprintf(&b, " distinct=%d", *c.Distinct)
	}
	for name, value := range map[string]*string{"min": c.Min} {
		if value != nil {
			fmt.Fprintf(&b, " %s=%s", name, *value)
		}
	}
	if c.Max != nil {
		fmt.Fprintf(&b, " max=%s", *c.Max)
	}
	if c.Mean != nil {
		fmt.Fprintf(&b, " mean=%s", *c.Mean)
	}
	for _, h := range c.Histogram {
		fmt.Fprintf(&b, " [%s..%s]=%d", h.Low, h.High, h.Count)
	}
	for _, v := range c.Top {
		fmt.Fprintf(&b, " %s×%d", v.Value, v.Count)
	}
	return b.String()
}

func TestProfileOfEveryKindOfColumn(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.write("raw.kinds", `
		select i::bigint as "the id", (i % 3)::int as few, case when i > 0 then (i / 4)::decimal(18,2) end as price, (i * 1.5)::double as ratio,
			case when i % 2 = 0 then '서울' else 'O''Brien' end as city, i % 4 = 0 as flag, date '2024-01-01' + (i % 5)::int as day,
			timestamptz '2024-01-01 00:00:00+09' + interval (i) hour as at, timestamp '2024-01-01 00:00:00' as same, [i] as list,
			uuid '00000000-0000-0000-0000-000000000001' as u, time '10:00:00' as clock, null::varchar as nothing
		from range(101) t(i)`)
	p := e.profile(t, "raw.kinds", 0)
	if p.Rows != 101 || p.Sampled != 101 || p.Estimated || p.Snapshot == 0 {
		t.Errorf("rows %d, sampled %d, estimated %t, version %d", p.Rows, p.Sampled, p.Estimated, p.Snapshot)
	}
	got := map[string]string{}
	for _, c := range p.Columns {
		got[c.Name] = line(c)
	}
	for name, want := range map[string]string{
		"few":     "few INTEGER nulls=0 distinct=3 min=0 max=2 mean=0.99 [0..0]=34 [1..1]=34 [2..2]=33",
		"city":    "city VARCHAR nulls=0 distinct=2 min=O'Brien max=서울 서울×51 O'Brien×50",
		"flag":    "flag BOOLEAN nulls=0 distinct=2 min=false max=true false×75 true×26",
		"day":     "day DATE nulls=0 distinct=5 min=2024-01-01 max=2024-01-05 [2024-01-01..2024-01-01]=21 [2024-01-02..2024-01-02]=20 [2024-01-03..2024-01-03]=20 [2024-01-04..2024-01-04]=20 [2024-01-05..2024-01-05]=20",
		"same":    "same TIMESTAMP nulls=0 distinct=1 min=2024-01-01 00:00:00 max=2024-01-01 00:00:00 [2024-01-01 00:00:00..2024-01-01 00:00:00]=101",
		"list":    "list BIGINT[] nulls=0",
		"u":       "u UUID nulls=0 distinct=1 min=00000000-0000-0000-0000-000000000001 max=00000000-0000-0000-0000-000000000001",
		"clock":   "clock TIME nulls=0 distinct=1 min=10:00:00 max=10:00:00",
		"nothing": "nothing VARCHAR nulls=101 distinct=0",
	} {
		if got[name] != want {
			t.Errorf("got  %s\nwant %s", got[name], want)
		}
	}
	for name, want := range map[string][3]string{ // the line's beginning, its first and its last bucket
		"the id": {"the id BIGINT nulls=0 distinct=101 min=0 max=100 mean=50.00 ", " [0..5]=6 [6..11]=6 ", " [96..100]=5"},
		"price":  {"price DECIMAL(18,2) nulls=1 distinct=100 min=0.25 max=25.00 mean=12.6250 ", " [0.25..1.49]=5 [1.49..2.73]=5 ", "..25.00]=5"},
		"ratio":  {"ratio DOUBLE nulls=0 distinct=101 min=0.0 max=150.0 mean=75.000000 ", " [0.0..7.5]=5 [7.5..15]=5 ", " [142.5..150.0]=6"},
		"at": {"at TIMESTAMP WITH TIME ZONE nulls=0 distinct=101 min=2024-01-01 00:00:00+09 max=2024-01-05 04:00:00+09",
			" [2024-01-01 00:00:00+09..2024-01-01 05:00:00+09]=5 ", "..2024-01-05 04:00:00+09]=6"},
	} {
		for _, part := range want {
			if !strings.Contains(got[name]+" ", part) {
				t.Errorf("%s lacks %q:\n%s", name, part, got[name])
			}
		}
	}
	for _, c := range p.Columns {
		var n int64
		for _, b := range c.Histogram {
			n += b.Count
		}
		if len(c.Histogram) > 20 || len(c.Histogram) > 0 && n+c.Nulls != 101 {
			t.Errorf("%s: %d buckets with %d values: %s", c.Name, len(c.Histogram), n, line(c))
		}
	}
}

func TestProfileOfOddNumbers(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.write("raw.odd", `select * from (values
		('nan'::double, 9223372036854775807::bigint, 99999999999999999999999999999999999999::decimal(38,0), 'infinity'::date),
		('inf'::double, -9223372036854775807::bigint, -1::decimal(38,0), '2024-01-01'::date),
		(1.0::double, 0::bigint, 0::decimal(38,0), null)) t(f, big, huge, d)`)
	p := e.profile(t, "raw.odd", 0)
	for _, c := range p.Columns {
		t.Log(line(c))
	}
	sum := func(c inspect.ColumnProfile) (n int64) {
		for _, b := range c.Histogram {
			n += b.Count
		}
		return n
	}
	if f := p.Columns[0]; sum(f) != 1 || *f.Max != "nan" {
		t.Errorf("doubles: %s", line(f))
	}
	if big := p.Columns[1]; sum(big) != 3 || *big.Max != "9223372036854775807" || big.Histogram[len(big.Histogram)-1].High != "9223372036854775807" {
		t.Errorf("integers: %s", line(big))
	}
	if huge := p.Columns[2]; sum(huge) != 3 {
		t.Errorf("decimals: %s", line(huge))
	}
	if d := p.Columns[3]; sum(d) != 1 || *d.Max != "infinity" {
		t.Errorf("dates: %s", line(d))
	}
}

func TestProfileOfVersions(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.write("raw.t", "select 1 as a")
	first := e.profile(t, "raw.t", 0)
	e.write("raw.t", "select 2 as a")
	second := e.profile(t, "raw.t", 0)
	if first.Rows != 1 || second.Rows != 2 {
		t.Errorf("rows %d, then %d", first.Rows, second.Rows)
	}
	if again := e.profile(t, "raw.t", first.Snapshot); again != first {
		t.Error("the profile of a version was computed twice")
	}
	var missing *inspect.NoSnapshotError
	if _, err := e.Profile(t.Context(), govern.Owner(), "raw.t", 5); !errors.As(err, &missing) {
		t.Errorf("a version that is not there: %v", err)
	}
	var unknown *inspect.NotFoundError
	if _, err := e.Profile(t.Context(), govern.Owner(), "raw.x", 0); !errors.As(err, &unknown) || cmp.Diff(unknown.Near, []string{"raw.t"}) != "" {
		t.Errorf("a table that is not there: %v", err)
	}
}

// A profile of a view is as old as what the view reads, whether the workspace knows of it or not.
func TestProfileOfAView(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.write("raw.t", "select i as a from range(3) t(i)")
	e.view(t, "marts.inner", "select a from raw.t", "a", iceberg.PrimitiveTypes.Int64)
	e.view(t, "marts.outer", "select a from marts.inner", "a", iceberg.PrimitiveTypes.Int64)
	most := func() string { return *e.profile(t, "marts.outer", 0).Columns[0].Max }
	first := e.profile(t, "marts.outer", 0)
	if got := most(); got != "2" {
		t.Errorf("at first the greatest is %s", got)
	}
	if e.profile(t, "marts.outer", 0) != first {
		t.Error("nothing has changed, and the profile was computed again")
	}
	e.view(t, "marts.inner", "select a + 10 as a from raw.t", "a", iceberg.PrimitiveTypes.Int64)
	if got := most(); got != "12" {
		t.Errorf("when the view below has changed the greatest is %s", got)
	}
	e.write("raw.t", "select 5 as a")
	if got := most(); got != "15" {
		t.Errorf("when the table has changed the greatest is %s", got)
	}
	e.view(t, "marts.inner", "select a from raw.t where now() is not null", "a", iceberg.PrimitiveTypes.Int64)
	now := e.profile(t, "marts.outer", 0)
	if e.profile(t, "marts.outer", 0) == now {
		t.Error("rows that change by themselves were not read again")
	}
}

func TestProfileOfManyRowsIsSampled(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.write("raw.many", "select i as a, 'x' as b from range(3000000) t(i)")
	p := e.profile(t, "raw.many", 0)
	t.Logf("%d of %d rows in %d ms", p.Sampled, p.Rows, p.ElapsedMS)
	if p.Rows != 3_000_000 || p.Sampled < 700_000 || p.Sampled > 1_300_000 || !p.Estimated {
		t.Errorf("%d rows, of which %d were read", p.Rows, p.Sampled)
	}
	if len(p.Columns[0].Histogram) != 20 || len(p.Columns[1].Top) != 1 {
		t.Errorf("%s\n%s", line(p.Columns[0]), line(p.Columns[1]))
	}
}
