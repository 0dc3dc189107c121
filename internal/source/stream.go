package source

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/hosu-io/hosu/internal/caught"
)

// Bounds of one record batch of a connector: whichever is reached first ends it, so that memory stays
// flat for narrow and for wide rows.
const (
	BatchRows  = 16 << 10
	BatchBytes = 8 << 20
)

// errReleased ends a producer whose reader was released before its end.
var errReleased = errors.New("reader was released")

// Stream is the record reader of a connector: a producer goroutine that is at most two
// batches ahead of its consumer. Cancelling the context it was made with ends both.
type Stream struct {
	schema  *arrow.Schema
	ctx     context.Context
	cancel  context.CancelCauseFunc
	batches chan arrow.RecordBatch
	ended   chan struct{}
	current arrow.RecordBatch
	refs    atomic.Int64
	failure error // of the producer; read after ended is closed

	mu        sync.Mutex
	err       error
	exhausted bool
}

// NewStream starts produce, which hands its record batches to yield and returns when there are no more. yield takes
// ownership of the batch, and fails once nobody will read further: produce then returns that error. Whatever produce holds
// (connections, files) it gives back before it returns.
func NewStream(ctx context.Context, s *arrow.Schema, produce func(ctx context.Context, yield func(arrow.RecordBatch) error) error) *Stream {
	ctx, cancel := context.WithCancelCause(ctx)
	r := &Stream{schema: s, ctx: ctx, cancel: cancel, batches: make(chan arrow.RecordBatch, 1), ended: make(chan struct{})}
	r.refs.Store(1)
	go func() {
		defer close(r.ended)
		defer close(r.batches)
		defer caught.Into(&r.failure, "read the source")
		r.failure = produce(ctx, func(b arrow.RecordBatch) error {
			select {
			case r.batches <- b:
				return nil
			case <-ctx.Done():
				b.Release()
				return context.Cause(ctx)
			}
		})
	}()
	return r
}

// Schema is the Arrow schema of every batch.
func (r *Stream) Schema() *arrow.Schema { return r.schema }

// Next waits for the next batch.
func (r *Stream) Next() bool {
	if r.current != nil {
		r.current.Release()
		r.current = nil
	}
	if r.ctx.Err() == nil {
		if b, ok := <-r.batches; ok {
			r.current = b
			return true
		}
	}
	err := context.Cause(r.ctx)
	if err == nil {
		<-r.ended
		err = r.failure
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil && !r.exhausted {
		r.err, r.exhausted = err, err == nil
	}
	return false
}

// RecordBatch is the batch that Next found; it is valid until the next call of Next.
func (r *Stream) RecordBatch() arrow.RecordBatch { return r.current }

// Record is RecordBatch under its old name.
func (r *Stream) Record() arrow.RecordBatch { return r.current }

// Err is why Next returned false; nil at the end of the rows.
func (r *Stream) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Retain adds an owner.
func (r *Stream) Retain() { r.refs.Add(1) }

// Release ends the stream with its last owner and waits until the producer has given back what it holds.
func (r *Stream) Release() {
	if r.refs.Add(-1) != 0 {
		return
	}
	r.cancel(errReleased)
	for b := range r.batches {
		b.Release()
	}
	<-r.ended
	if r.current != nil {
		r.current.Release()
		r.current = nil
	}
}

// AtEnd wraps a position so that it can only be had when every row was read.
func (r *Stream) AtEnd(position func() ([]byte, error)) func() ([]byte, error) {
	return func() ([]byte, error) {
		r.mu.Lock()
		exhausted := r.exhausted
		r.mu.Unlock()
		if !exhausted {
			return nil, errors.New("position of a copy whose rows were not all read")
		}
		return position()
	}
}
