package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// Generated says what a simulation put where.
type Generated struct {
	Stores, Members, Products, Orders, Items, Events int64
	Elapsed                                          time.Duration
}

// shopWriter is the shop's operational database.
type shopWriter interface {
	begin(ctx context.Context, s *simulation) error // tables, stores, members, products
	day(ctx context.Context, d *day) error
	finish(ctx context.Context) error
	close() error
}

// Generate simulates a shop: its operational database at databaseURL ("sqlite:/path" or "postgres://…", whose
// schema "shop" is made anew) and its app's event files, one gzipped JSON-lines file a day, in eventDir.
func Generate(ctx context.Context, opts Options, databaseURL, eventDir string) (Generated, error) {
	started := time.Now()
	s := newSimulation(opts)
	shop, err := openShop(ctx, databaseURL)
	if err != nil {
		return Generated{}, err
	}
	defer shop.close()
	if err := os.MkdirAll(eventDir, 0o755); err != nil {
		return Generated{}, fmt.Errorf("make the folder of event files: %w", err)
	}
	if err := shop.begin(ctx, s); err != nil {
		return Generated{}, fmt.Errorf("fill the shop database: %w", err)
	}
	made := Generated{Stores: int64(len(s.stores)), Members: int64(len(s.members)), Products: int64(len(s.products))}

	// Days are made once and written twice, at the same time; a day in each hand bounds the memory.
	toShop, toEvents := make(chan *day, 1), make(chan *day, 1)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(toShop)
		defer close(toEvents)
		for i := range Days {
			d := s.day(i)
			for _, to := range []chan<- *day{toShop, toEvents} {
				select {
				case to <- &d:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		return nil
	})
	g.Go(func() error {
		for d := range toShop {
			made.Orders += int64(len(d.orders))
			for i := range d.orders {
				made.Items += int64(len(d.orders[i].items))
			}
			if err := shop.day(ctx, d); err != nil {
				return fmt.Errorf("fill the shop database: %w", err)
			}
		}
		return shop.finish(ctx)
	})
	g.Go(func() error {
		for d := range toEvents {
			made.Events += int64(len(d.events))
			file := filepath.Join(eventDir, d.start.Format(time.DateOnly)+".jsonl.gz")
			if err := writeEvents(file, d.events); err != nil {
				return fmt.Errorf("write app events: %w", err)
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return Generated{}, err
	}
	made.Elapsed = time.Since(started)
	return made, nil
}
