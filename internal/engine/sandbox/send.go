package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/hosu-io/hosu/internal/engine"
)

// DuckDB makes batches of at most 2,048 rows. A frame for each would cost both processes more in switches between threads
// than in bytes, so those that come fast share one.
const (
	// fullFrame is how many bytes of batches share a frame; one that is larger has its own.
	fullFrame = 1 << 20
	// fullLot is how many bytes may wait for the socket before DuckDB does.
	fullLot = 4 << 20
	// lotInterval is the least time between lots. The first rows of a result do not wait, nor do its last, nor any of a
	// result that yields more slowly than this.
	lotInterval = time.Millisecond
)

// lot is batches that wait for the socket.
type lot struct {
	batches []arrow.RecordBatch
	bytes   uint64
}

func (l lot) release() {
	for _, batch := range l.batches {
		batch.Release()
	}
}

// send sends rows to the parent. DuckDB makes the next lot while the last one is encoded and sent: its streaming results
// are made by the thread that asks for them.
func (c *child) send(ctx context.Context, cancel context.CancelFunc, rows array.RecordReader) error {
	lots := make(chan lot, 1)
	fetched := make(chan struct{})
	go func() {
		defer close(lots)
		defer close(fetched)
		fetch(ctx, rows, lots)
	}()
	frames := arrowSender{socket: c.socket, buffer: &c.writing}
	writer := ipc.NewWriterWithPayloadWriter(frames, ipc.WithSchema(rows.Schema()))
	interval := time.NewTimer(lotInterval)
	defer interval.Stop()
	var failed error
	for lot := range lots { // to its end: then nobody uses the connection any more
		if failed == nil {
			if failed = frames.sendLot(writer, lot); failed != nil {
				cancel()
			}
		}
		lot.release()
		interval.Reset(lotInterval)
		select {
		case <-interval.C:
		case <-fetched:
		}
	}
	if failed != nil || rows.Err() != nil {
		return failed
	}
	return errors.Join(writer.Close(), frames.flush()) // a result without rows has a schema
}

// fetch puts the batches of rows into lots, a channel with room for one. A lot that was not taken yet grows.
func fetch(ctx context.Context, rows array.RecordReader, lots chan lot) {
	for rows.Next() {
		batch := rows.RecordBatch()
		batch.Retain()
		var next lot
		select {
		case waiting := <-lots:
			if waiting.bytes < fullLot {
				next = waiting
			} else {
				lots <- waiting // into the room that it left, which nobody else fills
			}
		default:
		}
		next.batches = append(next.batches, batch)
		next.bytes += sizeOf(batch)
		select {
		case lots <- next:
		case <-ctx.Done():
			next.release()
			return
		}
	}
}

func sizeOf(batch arrow.RecordBatch) uint64 {
	var size uint64
	for _, column := range batch.Columns() {
		size += column.Data().SizeInBytes()
	}
	return size
}

// arrowSender is an [ipc.PayloadWriter] that gathers messages in frames.
type arrowSender struct {
	socket io.Writer
	buffer *bytes.Buffer // the frame so far; empty without a message
}

// sendLot sends a lot in as few frames as hold it.
func (s arrowSender) sendLot(writer *ipc.Writer, lot lot) error {
	for _, batch := range lot.batches {
		if uint64(s.buffer.Len())+sizeOf(batch) > fullFrame {
			if err := s.flush(); err != nil {
				return err
			}
		}
		if err := writer.Write(batch); err != nil {
			return err
		}
	}
	return s.flush()
}

// Start implements [ipc.PayloadWriter].
func (arrowSender) Start() error { return nil }

// Close implements [ipc.PayloadWriter].
func (arrowSender) Close() error { return nil }

// WritePayload implements [ipc.PayloadWriter].
func (s arrowSender) WritePayload(payload ipc.Payload) error {
	if s.buffer.Len() == 0 {
		s.buffer.Write(make([]byte, frameHeader))
	}
	return appendMessage(s.buffer, payload)
}

// flush sends the frame.
func (s arrowSender) flush() error {
	if s.buffer.Len() == 0 {
		return nil
	}
	err := writeFilledFrame(s.socket, frameArrow, s.buffer.Bytes())
	s.buffer.Reset()
	var size *frameSizeError
	switch {
	case errors.As(err, &size):
		return &engine.StatementError{
			Kind:     engine.TooLarge,
			Message:  fmt.Sprintf("a few rows of the result are %d MiB, more than can be sent at once; select less of their texts and lists", size.length>>20),
			Position: noPosition,
		}
	case err != nil:
		return &socketError{err}
	}
	return nil
}
