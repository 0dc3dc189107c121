package sandbox

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/hosu-io/hosu/internal/engine"
)

// BenchmarkWarm is the price of a small statement in a process that is there, and the parts of it.
func BenchmarkWarm(b *testing.B) {
	pool := newTestPool(b, Options{Spares: -1})
	orders := table(b, "s", "orders", "select range as id, range % 7 as k from range(1000)")
	for _, bench := range []struct {
		name string
		run  func() error
	}{
		{"Parse", func() error {
			_, err := pool.Parse(context.Background(), "select count(*) from s.orders where id > 5")
			return err
		}},
		{"Select1", func() error { return drain(pool.Query(context.Background(), engine.Job{SQL: "select 1"})) }},
		{"Table", func() error {
			return drain(pool.Query(context.Background(), engine.Job{SQL: "select k, count(*) from s.orders group by k", Relations: []engine.Relation{orders}}))
		}},
		{"Plan", func() error {
			stubs := []engine.Stub{{Schema: "s", Name: "orders", Columns: []engine.Column{{Name: "id", Type: "BIGINT"}, {Name: "k", Type: "BIGINT"}}}}
			_, err := pool.Plan(context.Background(), "select k, count(*) from s.orders where id > 5 group by k", stubs, nil, "Asia/Seoul")
			return err
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				if err := bench.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCold is the price of a process: started for the statement, and taken from the spares.
func BenchmarkCold(b *testing.B) {
	for _, bench := range []struct {
		name   string
		spares int
	}{{"Started", -1}, {"Spare", 2}} {
		b.Run(bench.name, func(b *testing.B) {
			pool := newTestPool(b, Options{Spares: bench.spares})
			for i := 0; b.Loop(); i++ {
				// Nobody else's process will do.
				job := engine.Job{SQL: "select 1", Principal: string(rune('a'+i%26)) + b.Name() + string(rune(i))}
				if err := drain(pool.Query(context.Background(), job)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStream compares the rows of a large result with those of DuckDB in this process.
func BenchmarkStream(b *testing.B) {
	file := filepath.Join(b.TempDir(), "big.parquet")
	db := parser(b)
	const rows = 5_000_000
	if err := db.Exec(context.Background(), "copy (select range as id, range % 1000 as k, 'name' || (range % 100000) as name from range(5000000)) to '"+file+"'"); err != nil {
		b.Fatal(err)
	}
	in, err := engine.Open(engine.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	pool := newTestPool(b, Options{Spares: -1, withoutAllowlist: true, withoutFence: true})
	relation := engine.Relation{Schema: "s", Name: "t", Files: []string{file}, Columns: []engine.RelationColumn{
		{Name: "id", Type: "BIGINT", FieldID: 1}, {Name: "k", Type: "BIGINT", FieldID: 2}, {Name: "name", Type: "VARCHAR", FieldID: 3}}}
	read := func(b *testing.B, open func() (interface {
		Next() bool
		Release()
		Err() error
	}, error)) {
		for b.Loop() {
			reader, err := open()
			if err != nil {
				b.Fatal(err)
			}
			for reader.Next() {
			}
			if err := reader.Err(); err != nil {
				b.Fatal(err)
			}
			reader.Release()
		}
		b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
	}
	type reader = interface {
		Next() bool
		Release()
		Err() error
	}
	b.Run("InProcess", func(b *testing.B) {
		read(b, func() (reader, error) { return in.QueryArrow(context.Background(), "from '"+file+"'") })
	})
	b.Run("Sandbox", func(b *testing.B) {
		read(b, func() (reader, error) {
			return pool.Query(context.Background(), engine.Job{SQL: "from s.t", Relations: []engine.Relation{relation}})
		})
	})
}
