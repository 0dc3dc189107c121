package sandbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/hosu-io/hosu/internal/engine"
)

const (
	// interruptGrace is how long a process has to give up a statement; after it, it is killed. Both are
	// within the 200 ms in which a cancelled statement must be gone.
	interruptGrace = 100 * time.Millisecond
	// batchesAhead is how many batches are decoded before the reader asks for them.
	batchesAhead = 8
)

// Query streams the rows of job. It returns when the first rows are there, so that most errors of a statement
// are its own and not the reader's. The caller releases the reader, which ends the statement if it still runs.
//
// Limits.Time covers reading too: a reader that stops reading holds a process until then.
func (p *Pool) Query(ctx context.Context, job engine.Job) (array.RecordReader, error) {
	if err := p.check(ctx, job); err != nil {
		return nil, err
	}
	dirs, err := readDirs(job.Relations)
	if err != nil {
		return nil, err
	}
	ctx, cancel := p.statementContext(ctx, job.Limits.Time)
	free, err := p.hold(ctx)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	child, err := p.acquire(ctx, p.keyOf(job), dirs, "")
	if err != nil {
		free()
		cancel(nil)
		return nil, err
	}
	q := &queryReader{ctx: ctx, cancel: cancel, child: child, limits: job.Limits, batches: make(chan arrow.RecordBatch, batchesAhead)}
	q.refs.Store(1)
	done := func() {
		p.release(child, q.reusable)
		free()
		cancel(nil)
	}
	if err := q.start(job); err != nil {
		done()
		return nil, err
	}
	p.wg.Go(func() {
		defer done()
		q.pump()
	})
	return q, nil
}

// statementContext ends with ctx, with the pool, or with a timeout error after limit, when that is not zero.
func (p *Pool) statementContext(ctx context.Context, limit time.Duration) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(p.ctx, func() { cancel(errClosed) })
	stopTimer := func() bool { return false }
	if limit > 0 {
		stopTimer = time.AfterFunc(limit, func() { cancel(timeoutError(limit)) }).Stop
	}
	return ctx, func(cause error) {
		stop()
		stopTimer()
		cancel(cause)
	}
}

// queryReader is the result of a statement that runs in child. Its pump reads what the child sends; the consumer
// takes batches from a channel, so that a consumer that is slow or gone never keeps the pump from ending
// the statement.
type queryReader struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	child  *process
	limits engine.Limits

	schema  *arrow.Schema
	stream  *ipc.Reader
	arrows  *arrowFrames
	batches chan arrow.RecordBatch
	err     error // of the statement; set before batches is closed
	// reusable is set by the pump when the child finished the statement and said so.
	reusable bool

	refs    atomic.Int64
	mu      sync.Mutex // guards current and ended
	current arrow.RecordBatch
	ended   bool
}

// start sends job and waits for the schema of its result.
func (q *queryReader) start(job engine.Job) error {
	q.arrows = &arrowFrames{frames: &q.child.frames}
	wake := q.wakeOnEnd()
	err := writeMessage(q.child.conn, frameQuery, job)
	if err == nil {
		q.stream, err = ipc.NewReaderFromMessageReader(q.arrows)
	}
	wake()
	if err != nil {
		err = q.explain(err)
		q.reusable = q.settle()
		return err
	}
	q.schema = q.stream.Schema()
	return nil
}

// wakeOnEnd makes a read of the child's socket fail when the statement's context ends, until the returned
// function is called.
func (q *queryReader) wakeOnEnd() (stop func()) {
	woken := make(chan struct{})
	cancel := context.AfterFunc(q.ctx, func() {
		defer close(woken)
		_ = q.child.conn.SetDeadline(time.Unix(1, 0)) // a closed socket fails reads as well
	})
	return func() {
		if !cancel() {
			<-woken
		}
	}
}

// pump moves batches from the child to the channel until the statement ends.
func (q *queryReader) pump() {
	defer q.stream.Release()
	wake := q.wakeOnEnd()
	var err error
	for err == nil && q.stream.Next() {
		err = q.hand(q.stream.RecordBatch())
	}
	wake()
	if err == nil {
		err = q.explain(q.stream.Err())
	}
	// The consumer learns of the end before the child is asked to stop.
	q.err = err
	close(q.batches)
	q.reusable = q.settle()
}

// hand gives batch to the consumer, within the limits of the result.
func (q *queryReader) hand(batch arrow.RecordBatch) error {
	q.arrows.rows += batch.NumRows()
	if limit := q.limits.ResultRows; limit > 0 && q.arrows.rows > limit {
		return tooLargeError(fmt.Sprintf("more than %d rows", limit))
	}
	if limit := q.limits.ResultBytes; limit > 0 && q.arrows.bytes > limit {
		return tooLargeError(fmt.Sprintf("more than %d bytes", limit))
	}
	batch.Retain()
	select {
	case q.batches <- batch:
		return nil
	case <-q.ctx.Done():
		batch.Release()
		return contextError(q.ctx)
	}
}

// explain says how a statement went whose frames ended with err.
func (q *queryReader) explain(err error) error {
	switch {
	case q.arrows.ended:
		return q.arrows.failed
	case q.ctx.Err() != nil:
		return contextError(q.ctx)
	case err == nil:
		err = io.ErrUnexpectedEOF
	}
	return q.child.statementFailure(q.ctx, err)
}

// settle makes the child give up the statement if it still runs, and reports whether the child can have another.
func (q *queryReader) settle() bool {
	conn := q.child.conn
	if !q.arrows.ended {
		if conn.SetDeadline(time.Now().Add(interruptGrace)) != nil || writeFrame(conn, frameInterrupt, nil) != nil {
			return false
		}
	}
	for !q.arrows.ended {
		if _, err := q.arrows.Message(); err != nil && !q.arrows.ended {
			return false
		}
	}
	return !q.arrows.broken && conn.SetDeadline(time.Time{}) == nil
}

// Schema implements [array.RecordReader].
func (q *queryReader) Schema() *arrow.Schema { return q.schema }

// Next implements [array.RecordReader].
func (q *queryReader) Next() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropCurrent()
	if q.ended {
		return false
	}
	batch, more := <-q.batches
	q.current, q.ended = batch, !more
	return more
}

func (q *queryReader) dropCurrent() {
	if q.current != nil {
		q.current.Release()
		q.current = nil
	}
}

// RecordBatch implements [array.RecordReader].
func (q *queryReader) RecordBatch() arrow.RecordBatch { return q.current }

// Record implements [array.RecordReader].
//
// Deprecated: as there.
func (q *queryReader) Record() arrow.RecordBatch { return q.current }

// Err implements [array.RecordReader]. It is meaningful when Next returned false.
func (q *queryReader) Err() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.ended {
		return nil
	}
	return q.err
}

// Retain implements [array.RecordReader].
func (q *queryReader) Retain() { q.refs.Add(1) }

// Release implements [array.RecordReader].
func (q *queryReader) Release() {
	if q.refs.Add(-1) != 0 {
		return
	}
	q.cancel(errReleased)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	q.dropCurrent()
	for batch := range q.batches {
		batch.Release()
	}
}

var errReleased = errors.New("the result was released before its end")

// arrowFrames is the messages of a child's answer to a query.
type arrowFrames struct {
	frames *frameReader
	ended  bool  // the child finished the statement
	failed error // what it said went wrong with it
	broken bool  // it said that it is of no use any more
	bytes  int64 // of all messages
	rows   int64
}

// Message implements [ipc.MessageReader]. It slices a frame into a message without trusting a length in it.
func (a *arrowFrames) Message() (message *ipc.Message, err error) {
	f, err := a.frames.next()
	if err != nil {
		return nil, err
	}
	switch f.kind {
	case frameEnd:
		a.ended = true
		return nil, io.EOF
	case frameError:
		a.ended = true
		a.failed, a.broken = decodeError(f)
		return nil, a.failed
	case frameArrow:
		a.bytes += int64(len(f.payload))
		return sliceMessage(f.payload)
	}
	return nil, fmt.Errorf("the sandbox process answered a query with a %s frame", f.kind)
}

// Retain implements [ipc.MessageReader]; memory is the garbage collector's.
func (a *arrowFrames) Retain() {}

// Release implements [ipc.MessageReader].
func (a *arrowFrames) Release() {}

// messageAlign is where the body of a message begins in a frame's payload: Arrow wants buffers on cache lines.
const messageAlign = 64

// appendMessage appends an Arrow message: the length of its metadata, the metadata, zeros up to a multiple of
// messageAlign, and the body.
func appendMessage(buffer *bytes.Buffer, payload ipc.Payload) error {
	meta := payload.Meta()
	defer meta.Release()
	start := buffer.Len()
	buffer.Write(binary.BigEndian.AppendUint32(nil, uint32(meta.Len())))
	buffer.Write(meta.Bytes())
	if over := (buffer.Len() - start) % messageAlign; over != 0 {
		buffer.Write(make([]byte, messageAlign-over))
	}
	return payload.SerializeBody(buffer)
}

var errMalformed = errors.New("the sandbox process sent an Arrow message that is malformed")

// sliceMessage is the reverse of appendMessage, without copies.
func sliceMessage(data []byte) (message *ipc.Message, err error) {
	defer func() {
		if recover() != nil { // the metadata is no flatbuffer
			message, err = nil, errMalformed
		}
	}()
	if len(data) < 4 {
		return nil, errMalformed
	}
	metaEnd := 4 + int64(binary.BigEndian.Uint32(data))
	bodyStart := (metaEnd + messageAlign - 1) / messageAlign * messageAlign
	if bodyStart > int64(len(data)) {
		return nil, errMalformed
	}
	message = ipc.NewMessage(memory.NewBufferBytes(data[4:metaEnd]), memory.NewBufferBytes(data[bodyStart:]))
	if message.BodyLen() != int64(len(data))-bodyStart {
		return nil, errMalformed
	}
	return message, nil
}
