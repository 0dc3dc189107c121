package source_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/hosu-io/hosu/internal/source"
)

var oneColumn = arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)

// counting yields batches of one row for as long as somebody takes them, or until it has yielded n.
func counting(mem memory.Allocator, n int64, ended chan<- error) func(context.Context, func(arrow.RecordBatch) error) error {
	return func(_ context.Context, yield func(arrow.RecordBatch) error) (err error) {
		defer func() { ended <- err }()
		b := array.NewRecordBuilder(mem, oneColumn)
		defer b.Release()
		for i := int64(0); n < 0 || i < n; i++ {
			b.Field(0).(*array.Int64Builder).Append(i)
			if err := yield(b.NewRecordBatch()); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestStreamEnds(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, tc := range map[string]struct {
		produce int64 // batches; endless when negative
		fail    error // of the producer, behind them
		cancel  bool  // after the first batch
		want    error
		rows    int64
	}{
		"all":       {produce: 3, rows: 3},
		"none":      {produce: 0, rows: 0},
		"failure":   {produce: 2, fail: boom, want: boom, rows: 2},
		"cancelled": {produce: -1, cancel: true, want: context.Canceled, rows: 1},
	} {
		mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		produce := counting(mem, tc.produce, ended)
		s := source.NewStream(ctx, oneColumn, func(ctx context.Context, yield func(arrow.RecordBatch) error) error {
			return errors.Join(produce(ctx, yield), tc.fail)
		})
		position := s.AtEnd(func() ([]byte, error) { return []byte("here"), nil })
		var rows int64
		for s.Next() {
			if got := s.RecordBatch().Column(0).(*array.Int64).Value(0); got != rows {
				t.Errorf("%s: row %d has value %d", name, rows, got)
			}
			rows++
			if tc.cancel {
				cancel()
			}
		}
		if rows != tc.rows || !errors.Is(s.Err(), tc.want) {
			t.Errorf("%s: %d rows, %v; want %d, %v", name, rows, s.Err(), tc.rows, tc.want)
		}
		if at, err := position(); (err == nil) != (tc.want == nil) || err == nil && string(at) != "here" {
			t.Errorf("%s: position %q, %v", name, at, err)
		}
		s.Release()
		<-ended
		mem.AssertSize(t, 0)
		cancel()
	}
}

// TestStreamOutlivesAPanic has a producer make a mistake: the stream fails, and says where.
func TestStreamOutlivesAPanic(t *testing.T) {
	t.Parallel()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	produce := counting(mem, 1, make(chan error, 1))
	s := source.NewStream(t.Context(), oneColumn, func(ctx context.Context, yield func(arrow.RecordBatch) error) error {
		if err := produce(ctx, yield); err != nil {
			return err
		}
		panic("no such column")
	})
	for s.Next() {
	}
	err := s.Err()
	var stacked interface{ Stack() string }
	if err == nil || !strings.Contains(err.Error(), "no such column") || !errors.As(err, &stacked) || !strings.Contains(stacked.Stack(), "TestStreamOutlivesAPanic") {
		t.Errorf("error %v", err)
	}
	s.Release()
	mem.AssertSize(t, 0)
}

// TestStreamIsAbandoned releases a stream of which more would come: the producer must have ended when Release returns.
func TestStreamIsAbandoned(t *testing.T) {
	t.Parallel()
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	ended := make(chan error, 1)
	s := source.NewStream(t.Context(), oneColumn, counting(mem, -1, ended))
	s.Retain()
	if !s.Next() {
		t.Fatal(s.Err())
	}
	s.Release()
	if !s.Next() {
		t.Fatalf("the stream ended with the first of two owners: %v", s.Err())
	}
	s.Release()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("an endless producer ended without an error")
		}
	default:
		t.Error("the producer goes on")
	}
	mem.AssertSize(t, 0)
}

func TestNoSuchTable(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		known []string
		want  string
	}{
		{"custmers", []string{"orders", "customers", "Customer"}, "did you mean customers or Customer?"},
		{"ORDERS", []string{"orders", "customers"}, "did you mean orders?"},
		{"회원들", []string{"회원", "주문"}, "did you mean 회원"},
		{"x", nil, "no tables"},
		{"invoices", []string{"a", "b"}, "it has a, b"},
	} {
		err := source.NoSuchTable(tc.name, tc.known)
		if !errors.Is(err, source.ErrNoSuchTable) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v; want %q", tc.name, err, tc.want)
		}
	}
}

func TestMarks(t *testing.T) {
	t.Parallel()
	text := "2024-01-01"
	stored, err := source.Mark{Cursor: "at", Max: &text, Overlap: time.Minute, Rows: 3, Hash: "-7"}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	m, err := source.ParseMark(stored, "at")
	if err != nil || m == nil || *m.Max != text || m.Overlap != time.Minute || m.Rows != 3 {
		t.Errorf("read back %+v, %v", m, err)
	}
	for _, cursor := range []string{"", "other"} {
		if m, err := source.ParseMark(stored, cursor); m != nil || err != nil {
			t.Errorf("with cursor %q: %+v, %v; want no mark", cursor, m, err)
		}
	}
	if m, err := source.ParseMark(nil, "at"); m != nil || err != nil {
		t.Errorf("of a first copy: %+v, %v", m, err)
	}
	if _, err := source.ParseMark([]byte("{"), "at"); err == nil {
		t.Error("a broken mark was read")
	}
}
