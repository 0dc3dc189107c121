package engine

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
)

// Instances that spill at the same time, into the same place, do not read each other's data, and leave nothing.
func TestSpillTogether(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	const rows = 2_000_000
	var wg sync.WaitGroup
	for seed := range 2 {
		wg.Go(func() {
			e, err := Open(Options{TempDir: temp, MemoryLimit: 100 << 20, Threads: 1})
			if err != nil {
				t.Error(err)
				return
			}
			defer e.Close()
			// Every row carries its instance's number; after a sort that does not fit into memory all still do.
			sql := fmt.Sprintf(`SELECT count(*)::BIGINT, count(*) FILTER (s = '%[2]d' || repeat('x', 40))::BIGINT, sum(k)::BIGINT
				FROM (SELECT i AS k, '%[2]d' || repeat('x', 40) AS s FROM range(%[1]d) r(i) ORDER BY hash(i + %[2]d))`, rows, seed)
			got, err := first(t.Context(), e, sql)
			if want := fmt.Sprint([]int64{rows, rows, rows * (rows - 1) / 2}); err != nil || fmt.Sprint(got) != want {
				t.Errorf("instance %d: %v, %v, want %v", seed, got, err, want)
			}
		})
	}
	wg.Wait()
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left in the folder for temporary files: %v, %v", left, err)
	}
}

// first is the first row of a query of BIGINTs.
func first(ctx context.Context, e *Engine, sql string) ([]int64, error) {
	reader, err := e.QueryArrow(ctx, sql)
	if err != nil {
		return nil, err
	}
	defer reader.Release()
	var row []int64
	for reader.Next() {
		for _, column := range reader.RecordBatch().Columns() {
			row = append(row, column.(interface{ Value(int) int64 }).Value(0))
		}
	}
	return row, reader.Err()
}
