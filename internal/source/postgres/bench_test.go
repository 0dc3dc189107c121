package postgres_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/source/postgres"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

// BenchmarkRead copies a table of a usual shape, from the first query to the last Arrow batch, and prints how its row rate
// compares with that of a client that throws away what a text COPY sends (what psql's \copy to /dev/null does), and the same for the look
// at a table in which nothing has changed.
func BenchmarkRead(b *testing.B) {
	const rows = 1_000_000
	url := pgtest.Database(b)
	ctx := context.Background()
	execute(b, url, `create table orders as
		select i as id, i % 20000 as member_id, ('2024-01-01'::timestamptz + i * interval '7 seconds') as ordered_at,
		  (i % 100000)::numeric(12,2) / 7 as amount, 'status-' || i % 5 as status, i % 3 = 0 as gift,
		  'Seoul, Gangnam-gu ' || i as address, '2024-01-01'::date + i % 365 as day
		from generate_series(1, 1000000) i; alter table orders alter amount type numeric(12,2), add primary key (id)`)
	execute(b, url, `vacuum analyze orders`)
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	src, err := postgres.Open(map[string]string{"url": url}, source.Env{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = src.Close() }()
	var drain, read, probe time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := conn.CopyTo(ctx, io.Discard, "copy orders to stdout"); err != nil {
			b.Fatal(err)
		}
		drain += time.Since(start)
		start = time.Now()
		batch, err := src.Read(ctx, source.Request{Table: "orders"})
		if err != nil {
			b.Fatal(err)
		}
		var n int64
		for batch.Rows.Next() {
			n += batch.Rows.RecordBatch().NumRows()
		}
		if err := batch.Rows.Err(); err != nil || n != rows {
			b.Fatal(n, err)
		}
		position, err := batch.Position()
		if err != nil {
			b.Fatal(err)
		}
		batch.Rows.Release()
		read += time.Since(start)
		start = time.Now()
		if batch, err = src.Read(ctx, source.Request{Table: "orders", After: position}); err != nil || !batch.Unchanged {
			b.Fatal("not unchanged", err)
		}
		probe += time.Since(start)
	}
	b.ReportMetric(float64(b.N)*rows/read.Seconds(), "rows/s")
	b.ReportMetric(drain.Seconds()/read.Seconds(), "×drain-rate")
	b.ReportMetric(probe.Seconds()/read.Seconds(), "probe/read")
}
