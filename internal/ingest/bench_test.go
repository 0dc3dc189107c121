package ingest_test

import (
	"context"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/ingest"
	"github.com/hosu-io/hosu/internal/lake/laketest"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

// BenchmarkFullCopy copies a million orders from PostgreSQL into an Iceberg table and prints the row rate as a ratio of
// psql's \copy to /dev/null (the text form of COPY, thrown away).
func BenchmarkFullCopy(b *testing.B) {
	const rows = 1_000_000
	ctx := b.Context()
	url := pgtest.Database(b)
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(ctx, `CREATE TABLE orders AS SELECT i::bigint AS id, (i % 20000)::int AS member_id, (i % 1000)::int AS product_id,
		(i % 100000)::numeric(18,2) / 100 AS amount, 'order ' || i AS note, (ARRAY['paid','cancelled','refunded'])[i % 3 + 1] AS status,
		timestamptz '2024-01-01' + i * interval '10 seconds' AS ordered_at, now() AS updated_at FROM generate_series(1, 1000000) i; ANALYZE orders`).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	plain := func() time.Duration {
		start := time.Now()
		if _, err := conn.CopyTo(ctx, io.Discard, "COPY orders TO STDOUT"); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	plain() // into the cache
	reference := min(plain(), plain())
	s := &project.Source{Name: "shop", Type: "postgres", Into: "raw_shop", Options: map[string]string{"url": url}}
	table := &project.SourceTable{Source: s, Name: "orders", Target: "raw_shop.orders", Mode: project.Full}
	var took time.Duration
	for b.Loop() {
		dir := b.TempDir()
		l := laketest.OpenAt(b, filepath.Join(dir, "warehouse"), "sqlite:"+filepath.Join(dir, "state.db"))
		in, err := ingest.New(ingest.Options{
			Open: ingest.Opener(connectors, source.Env{Dir: dir, Location: time.UTC}), Sink: l, State: l.DB, Catalog: l.Catalog,
		})
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		copied, err := in.Copy(ctx, govern.Owner(), table, catalog.Effects{}, nil)
		if err != nil || copied.Rows != rows {
			b.Fatalf("%+v, %v", copied, err)
		}
		took += time.Since(start)
	}
	perCopy := took / time.Duration(b.N)
	b.ReportMetric(rows/perCopy.Seconds(), "rows/s")
	b.ReportMetric(reference.Seconds()/perCopy.Seconds(), "of_psql_copy")
}
