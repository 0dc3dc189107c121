package query_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine/sandbox/sandboxtest"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/lake/laketest"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/scan"
)

// benchRows is the size of the table that the speed of queries is measured on.
const benchRows = 20_000_000

// shapes are the queries that are measured; %s is the table. The reference is DuckDB itself, in this process, on the same files.
var shapes = []struct {
	name, sql string
	streamed  bool // a large result: the bound is a ratio alone
}{
	{name: "point", sql: "select * from %s where id = 12345678"},
	{name: "range", sql: "select count(*), sum(amount) from %s where ts >= timestamptz '2024-03-01 00:00:00+00' and ts < timestamptz '2024-03-08 00:00:00+00'"},
	{name: "group", sql: "select category, count(*), sum(amount) from %s group by category order by category"},
	{name: "join", sql: "select d.category, count(*) from %[1]s f join (select distinct category from %[1]s where id < 1000000) d using (category) where f.user_id < 50000 group by all order by all"},
	{name: "wide", sql: "select id, ts, user_id, amount, category from %s where id < 10000000", streamed: true},
}

// BenchmarkShapes prints, for each shape, the ratio of the median of hosu to the median of DuckDB, and for small results
// the ratio that is left when 15 ms are granted.
func BenchmarkShapes(b *testing.B) {
	l := laketest.Open(b)
	ident := catalog.Ident{Namespace: "bench", Name: "facts"}
	l.MustRun(lake.Spec{Table: ident, Mode: lake.Append}, fmt.Sprintf(`
		select i::bigint as id, timestamptz '2024-01-01 00:00:00+00' + interval (i) second as ts, (hash(i) %% 1000000)::bigint as user_id,
			((hash(i + 7) %% 10000000) / 100)::decimal(18, 2) as amount, 'category ' || (hash(i) %% 20)::varchar as category,
			'note ' || (hash(i) %% 5000)::varchar as note
		from range(%d) t(i)`, benchRows))
	relation, ok := l.Relation(ident.String())
	if !ok {
		b.Fatal("the table was not written")
	}
	relation.ByFieldID = false // as DuckDB reads files that it is given, which is faster
	plain, err := relation.Select()
	if err != nil {
		b.Fatal(err)
	}
	pool := sandboxtest.Pool(b)
	service := query.New(query.Options{
		Resolver: scan.NewResolver(scan.Options{Catalog: l.Catalog, Store: l.Store, Planner: pool}), Executor: pool,
	})
	for _, shape := range shapes {
		b.Run(shape.name, func(b *testing.B) {
			ours := func() (array.RecordReader, error) {
				return service.Run(context.Background(), govern.Owner(), query.Request{SQL: fmt.Sprintf(shape.sql, ident)})
			}
			reference := func() (array.RecordReader, error) {
				return l.Engine.QueryArrow(context.Background(), fmt.Sprintf(shape.sql, "("+plain+")"))
			}
			drain(b, ours) // warm both
			drain(b, reference)
			for b.Loop() {
				var mine, theirs []time.Duration
				for range 5 {
					theirs = append(theirs, drain(b, reference))
					mine = append(mine, drain(b, ours))
				}
				m, t := median(mine), median(theirs)
				b.ReportMetric(float64(m)/float64(t), "×duckdb")
				if !shape.streamed {
					b.ReportMetric(float64(max(0, m-15*time.Millisecond))/float64(t), "×duckdb-15ms")
				}
				b.ReportMetric(m.Seconds()*1000, "ms")
				b.ReportMetric(t.Seconds()*1000, "duckdb-ms")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func drain(b *testing.B, run func() (array.RecordReader, error)) time.Duration {
	b.Helper()
	started := time.Now()
	reader, err := run()
	if err != nil {
		b.Fatal(err)
	}
	defer reader.Release()
	for reader.Next() {
	}
	if err := reader.Err(); err != nil {
		b.Fatal(err)
	}
	return time.Since(started)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
