package scan_test

import (
	"slices"
	"testing"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/scan"
	"github.com/hosu-io/hosu/internal/schema"
)

// TestStamps sees that whatever can change the rows of a statement changes its stamps.
func TestStamps(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	id := schema.Column{Name: "id", Type: iceberg.PrimitiveTypes.Int32}
	e.append(t, "raw.a", "select 1 as id")
	e.append(t, "raw.b", "select 1 as id")
	e.view(t, "marts.inner", "select id from raw.a", id)
	e.view(t, "marts.outer", "select id from marts.inner", id)
	stamps := func() []scan.Stamp {
		return e.resolve(t, scan.Request{SQL: "select id from marts.outer union all from marts.OUTER"}).Stamps
	}
	before := stamps()
	if len(before) != 3 || !slices.Equal(before, stamps()) {
		t.Fatalf("stamps %v, want one each of raw.a, marts.inner and marts.outer, twice the same", before)
	}
	for _, change := range []struct {
		name    string
		do      func()
		changes bool
	}{
		{"another table", func() { e.append(t, "raw.b", "select 2 as id") }, false},
		{"the table", func() { e.append(t, "raw.a", "select 2 as id") }, true},
		{"a view below", func() { e.view(t, "marts.inner", "select id + 1 as id from raw.a", id) }, true},
		{"the same view again", func() { e.view(t, "marts.inner", "select id + 1 as id from raw.a", id) }, false},
	} {
		change.do()
		after := stamps()
		if changed := !slices.Equal(before, after); changed != change.changes {
			t.Errorf("%s: stamps changed: %v, want %v", change.name, changed, change.changes)
		}
		before = after
	}
}

func TestVolatility(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	day := schema.Column{Name: "day", Type: iceberg.PrimitiveTypes.Date}
	e.view(t, "marts.yesterday", "select today() - 1 as day", day)
	e.append(t, "raw.a", "select 1 as id")
	e.view(t, "marts.fixed", "select date '2024-01-01' as day", day)
	for sql, want := range map[string]scan.Volatility{
		"select day from marts.fixed":                           scan.Stable,
		"select day from marts.yesterday":                       scan.Daily,
		"select current_date":                                   scan.Daily,
		"select current_date, now()":                            scan.Momentary,
		"from raw.a at (timestamp => today() + 1)":              scan.Daily,
		"from raw.a at (timestamp => now() + interval 1 day)":   scan.Momentary,
		"select random()":                                       scan.Momentary,
		"select 1 where timestamptz '2024-01-01' < NOW()":       scan.Momentary,
		"select date_trunc('day', timestamptz '2024-01-01')":    scan.Stable,
		"select * from marts.fixed where day > current_date":    scan.Daily,
		"with f as (select uuid() as u) select count(*) from f": scan.Momentary,
	} {
		if got := e.resolve(t, scan.Request{SQL: sql}).Volatility; got != want {
			t.Errorf("%s: volatility %v, want %v", sql, got, want)
		}
	}
}
