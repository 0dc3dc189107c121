package metric_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/metric"
)

// stubs are the tables of testdata/sql/shop.txtar as planning sees them, with the time of each activity of a type.
func stubs(timeType string) []engine.Stub {
	return []engine.Stub{
		{Schema: "marts", Name: "users", Columns: []engine.Column{{Name: "user_id", Type: "BIGINT"}, {Name: "region", Type: "VARCHAR"}, {Name: "grade", Type: "VARCHAR"}, {Name: "age", Type: "INTEGER"}}},
		{Schema: "marts", Name: "products", Columns: []engine.Column{{Name: "product_id", Type: "BIGINT"}, {Name: "category", Type: "VARCHAR"}, {Name: "brand", Type: "VARCHAR"}}},
		{Schema: "marts", Name: "purchases", Columns: []engine.Column{
			{Name: "id", Type: "BIGINT"}, {Name: "user_id", Type: "BIGINT"}, {Name: "product_id", Type: "BIGINT"}, {Name: "paid_at", Type: timeType},
			{Name: "amount", Type: "DECIMAL(18,2)"}, {Name: "discount", Type: "DECIMAL(18,2)"},
		}},
		{Schema: "events", Name: "app", Columns: []engine.Column{
			{Name: "type", Type: "VARCHAR"}, {Name: "ts", Type: timeType}, {Name: "user_id", Type: "BIGINT"}, {Name: "product_id", Type: "BIGINT"},
			{Name: "service", Type: "VARCHAR"}, {Name: "platform", Type: "VARCHAR"},
		}},
	}
}

// TestPruning plans the questions of testdata as queries are planned before files are chosen: every scan of an activity must
// be bounded in time, whatever the type of its column, or else every file of the table is read.
func TestPruning(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/sql/shop.txtar")
	if err != nil {
		t.Fatal(err)
	}
	e := openEngine(t, "Asia/Seoul")
	var workspace []txtar.File
	for _, f := range archive.Files {
		if !strings.Contains(f.Name, "want/") && !strings.Contains(f.Name, "query/") && f.Name != "tables.sql" {
			workspace = append(workspace, f)
		}
	}
	set, err := load(t, e, workspace)
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, f := range archive.Files {
		if !strings.HasPrefix(f.Name, "query/") {
			continue
		}
		statement, err := set.Compile(parseQuery(t, f.Data))
		if err != nil {
			continue // a mistake that is there on purpose
		}
		// A first is the first of all time, and a funnel without an end is open.
		ends := 2
		if strings.Contains(f.Name, "first") || strings.Contains(f.Name, "funnel_of_three") {
			ends = 1
		}
		for _, timeType := range []string{"TIMESTAMPTZ", "TIMESTAMP", "DATE"} {
			plan, err := c.Plan(t.Context(), statement.SQL, stubs(timeType), nil, statement.TimeZone)
			if err != nil {
				t.Fatalf("%s: %v\n%s", f.Name, err, statement.SQL)
			}
			bounded := 0
			for _, scan := range plan.Scans {
				column := map[string]string{"purchases": "paid_at", "app": "ts"}[scan.Name]
				if column == "" {
					continue
				}
				bounded++
				if n := bounds(scan.Filter, column); n < ends {
					t.Errorf("%s over %s: %s is scanned with %d of %d ends of the range: %v\n%s", f.Name, timeType, scan.Name, n, ends, describe(scan.Filter), statement.SQL)
				}
			}
			if bounded == 0 {
				t.Errorf("%s over %s: the plan shows no scan\n%s", f.Name, timeType, statement.SQL)
			}
		}
	}
}

// bounds counts the comparisons of a column that hold for every row of a scan.
func bounds(p *engine.Predicate, column string) int {
	switch {
	case p == nil:
		return 0
	case p.Op == engine.And:
		n := 0
		for _, arg := range p.Args {
			n += bounds(arg, column)
		}
		return n
	case p.Column == column && slices.Contains([]engine.PredicateOp{engine.Less, engine.LessEq, engine.Greater, engine.GreaterEq}, p.Op):
		return 1
	}
	return 0
}

func describe(p *engine.Predicate) string {
	if p == nil {
		return "all rows"
	}
	return fmt.Sprintf("%s %s %v %v", p.Column, p.Op, p.Values, p.Args)
}

// BenchmarkMAU measures the active users of trailing 30 days, for each of 90 days, by a dimension.
func BenchmarkMAU(b *testing.B) {
	archive, err := txtar.ParseFile("testdata/sql/shop.txtar")
	if err != nil {
		b.Fatal(err)
	}
	e := openEngine(b, "Asia/Seoul")
	if err := e.Exec(b.Context(), `CREATE SCHEMA marts; CREATE SCHEMA events; CREATE TABLE events.app AS
		SELECT 'product_viewed' AS type, TIMESTAMPTZ '2026-01-01 00:00:00+09' + INTERVAL (i) SECOND AS ts, (hash(i) % 300000)::BIGINT AS user_id, 1::BIGINT AS product_id, 'web' AS service, 'p' || (hash(i + 5) % 3)::VARCHAR AS platform
		FROM range(10000000) t(i)`); err != nil {
		b.Fatal(err)
	}
	set, err := load(b, e, archive.Files[:6])
	if err != nil {
		b.Fatal(err)
	}
	statement, err := set.Compile(metric.Query{
		Metrics: []string{"mau"}, By: []string{"platform"}, Grain: metric.Day, From: date(b, "2026-01-28"), To: date(b, "2026-04-25"),
	})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := e.Exec(b.Context(), statement.SQL); err != nil {
			b.Fatal(err)
		}
	}
}
