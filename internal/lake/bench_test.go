package lake_test

import (
	"fmt"
	"testing"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/ingest"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/lake/laketest"
)

// BenchmarkSmallWrite is the fixed cost of a write: one row, committed.
func BenchmarkSmallWrite(b *testing.B) {
	for _, mode := range []lake.Mode{lake.Append, lake.Replace, lake.Merge} {
		b.Run(string(mode), func(b *testing.B) {
			l := laketest.Open(b)
			spec := lake.Spec{Table: l.Ident("a.t"), Mode: mode, Key: []string{"id"}}
			i := 0
			for b.Loop() {
				if _, err := l.Run(b.Context(), spec, fmt.Sprintf("SELECT %d AS id, 'v' AS v", i), catalog.Effects{}); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

// BenchmarkMerge merges 10,000 rows into a table of 2 million.
func BenchmarkMerge(b *testing.B) {
	l := laketest.Open(b)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Merge, Key: []string{"id"}}
	l.MustRun(spec, "SELECT i AS id, 'name ' || i AS name, i * 1.5 AS x, TIMESTAMP '2024-01-01' + INTERVAL (i) SECOND AS ts FROM range(2000000) r(i)")
	round := 0
	for b.Loop() {
		round++
		l.MustRun(spec, fmt.Sprintf("SELECT i * 200 AS id, 'name %d ' || i AS name, i * 1.5 AS x, TIMESTAMP '2024-01-01' + INTERVAL (i) SECOND AS ts FROM range(10000) r(i)", round))
	}
}

// BenchmarkCopy streams Arrow batches of 1 million rows into a table, as an ingest does.
func BenchmarkCopy(b *testing.B) {
	l := laketest.Open(b)
	const query = "SELECT i AS id, 'name ' || i AS name, i * 1.5 AS x, TIMESTAMP '2024-01-01' + INTERVAL (i) SECOND AS ts FROM range(1000000) r(i)"
	columns := l.Columns(query)
	for b.Loop() {
		rows, err := l.Engine.QueryArrow(b.Context(), query)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := l.Write(b.Context(), ingest.Write{By: govern.Owner(), Table: l.Ident("a.t"), Mode: ingest.Append, Columns: columns, Rows: rows}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*1e6/b.Elapsed().Seconds(), "rows/s")
}
