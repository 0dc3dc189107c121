package sandbox

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/testenv/stopwatch"
)

// numbers is a reader of batches of consecutive numbers, which waits before each of them.
type numbers struct {
	array.RecordReader
	schema  *arrow.Schema
	batches int
	rows    int
	wait    func(batch int)

	made    int
	current arrow.RecordBatch
}

func (n *numbers) Schema() *arrow.Schema          { return n.schema }
func (n *numbers) RecordBatch() arrow.RecordBatch { return n.current }
func (n *numbers) Err() error                     { return nil }

func (n *numbers) Next() bool {
	if n.made == n.batches {
		return false
	}
	n.wait(n.made)
	builder := array.NewRecordBuilder(memory.DefaultAllocator, n.schema)
	for i := range n.rows {
		builder.Field(0).(*array.Int64Builder).Append(int64(n.made*n.rows + i))
	}
	n.current = builder.NewRecordBatch()
	n.made++
	return true
}

// sendNumbers sends n as a child does, and returns the parent's end.
func sendNumbers(t *testing.T, n *numbers) *arrowFrames {
	t.Helper()
	n.schema = arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	ours, theirs := net.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	sent := make(chan error, 1)
	go func() {
		sent <- errors.Join((&child{socket: theirs}).send(ctx, cancel, n), theirs.Close())
	}()
	t.Cleanup(func() {
		ours.Close()
		cancel()
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
	return &arrowFrames{frames: &frameReader{r: ours}}
}

// TestFastRows counts the frames of a result that comes faster than it is sent, and reads the rows in it.
func TestFastRows(t *testing.T) {
	t.Parallel()
	const batches, rows = 2000, 2048
	frames := sendNumbers(t, &numbers{batches: batches, rows: rows, wait: func(int) {}})
	frames.frames.memory = &frames.memory
	reader, err := ipc.NewReaderFromMessageReader(frames)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	defer frames.close()
	next, count, largest := int64(0), 1, 0
	var kept []arrow.RecordBatch // some, to see that what is kept is not overwritten
	for read := 0; reader.Next(); read++ {
		batch := reader.RecordBatch()
		column := batch.Column(0).(*array.Int64)
		if column.Len() != rows || column.Value(0) != next || column.Value(rows-1) != next+rows-1 {
			t.Fatalf("batch %d: %d rows from %d", read, column.Len(), column.Value(0))
		}
		next += rows
		if read%100 == 0 {
			batch.Retain()
			kept = append(kept, batch)
		}
		if len(frames.rest) == 0 {
			largest = max(largest, frames.frame.Len())
			count++
		}
	}
	if reader.Err() != nil && !errors.Is(reader.Err(), io.ErrClosedPipe) || next != batches*rows {
		t.Errorf("%d rows: %v", next, reader.Err())
	}
	if bytes := batches * rows * 8; count > 4*bytes/fullFrame {
		t.Errorf("%d bytes came in %d frames", bytes, count)
	}
	if largest > maxRecycled {
		t.Errorf("a frame had %d bytes", largest)
	}
	for i, batch := range kept {
		column := batch.Column(0).(*array.Int64)
		for row := range rows {
			if want := int64(i*100*rows + row); column.Value(row) != want {
				t.Fatalf("a batch that was kept has %d where %d was", column.Value(row), want)
			}
		}
		batch.Release()
	}
}

// TestSlowRows reads a result whose batches are only made when those before them have arrived.
func TestSlowRows(t *testing.T) {
	t.Parallel()
	stopwatch.Within(t, time.Second, "five batches", func() time.Duration {
		arrived := make(chan struct{}, 1)
		frames := sendNumbers(t, &numbers{batches: 5, rows: 10, wait: func(batch int) {
			if batch > 0 {
				<-arrived
			}
		}})
		reader, err := ipc.NewReaderFromMessageReader(frames)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Release()
		start := time.Now()
		for reader.Next() {
			arrived <- struct{}{}
		}
		return time.Since(start)
	})
}

// TestRecycler lends memory again, and only such as it lent.
func TestRecycler(t *testing.T) {
	t.Parallel()
	var r recycler
	first := r.lend(minRecycled)
	r.Free(first)
	if second := r.lend(maxRecycled); &second[0] != &first[0] || len(second) != maxRecycled {
		t.Error("memory that was given back is not lent again")
	}
	if third := r.lend(minRecycled); &third[0] == &first[0] {
		t.Error("memory is lent twice")
	}
	for _, n := range []int{0, minRecycled - 1, maxRecycled + 1} {
		b := r.lend(n)
		if r.Free(b); len(b) != n || len(r.free) != 0 {
			t.Errorf("%d bytes are kept", n)
		}
	}
}

// TestLongResults compares long results of many types with what DuckDB says of them.
func TestLongResults(t *testing.T) {
	t.Parallel()
	pool := newTestPool(t, Options{})
	const sql = `select i, 'text ' || i as s, [i, null, i + 1] as l, {'a': i, 'b': i::varchar} as st,
		case when i % 3 = 0 then null else i::decimal(18, 2) end as d, (i % 2 = 0) as b, ('x' || i % 3)::enum('x0', 'x1', 'x2') as e,
		timestamptz '2024-01-01 00:00:00+00' + interval (i) second as ts from range(50000) t(i)`
	got, err := text(pool.Query(context.Background(), engine.Job{SQL: sql}))
	if err != nil {
		t.Fatal(err)
	}
	want, err := text(parser(t).QueryArrow(context.Background(), sql))
	if err != nil {
		t.Fatal(err)
	}
	if got != want || len(got) < 4<<20 {
		t.Errorf("%d bytes differ from the %d that DuckDB has", len(got), len(want))
	}
}
