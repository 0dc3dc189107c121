package sandbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/hosu-io/hosu/internal/caught"
	"github.com/hosu-io/hosu/internal/engine"
)

const (
	// interruptGrace is how long a process has to give up a statement; after it, it is killed. Both are
	// within the 200 ms in which a cancelled statement must be gone.
	interruptGrace = 100 * time.Millisecond
	// framesAhead is how many frames of batches are decoded before the reader asks for them.
	framesAhead = 4
)

// Query streams the rows of job. It returns when the first rows are there, so that most errors of a statement
// are its own and not the reader's. The caller releases the reader, which ends the statement if it still runs. What
// refers to a batch, as the strings in it do, is valid until the batch is released: other rows come into its memory.
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
	q := &queryReader{
		ctx: ctx, cancel: cancel, child: child, limits: job.Limits, log: p.opts.Log, batches: make(chan []arrow.RecordBatch, framesAhead),
	}
	q.refs.Store(1)
	done := func() {
		p.release(child, q.reusable)
		free()
		cancel(nil)
	}
	started := false
	defer func() {
		if !started { // also when start panics
			done()
		}
	}()
	if err := q.start(job); err != nil {
		return nil, err
	}
	started = true
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
	log    *slog.Logger

	schema  *arrow.Schema
	stream  *ipc.Reader
	arrows  *arrowFrames
	batches chan []arrow.RecordBatch // those of one frame together
	err     error                    // of the statement; set before batches is closed
	// reusable is set by the pump when the child finished the statement and said so.
	reusable bool

	refs    atomic.Int64
	mu      sync.Mutex // guards what follows
	current arrow.RecordBatch
	next    []arrow.RecordBatch // behind current, of the same frame
	ended   bool
}

// start sends job and waits for the schema of its result.
func (q *queryReader) start(job engine.Job) error {
	q.arrows = &arrowFrames{frames: &q.child.frames}
	q.child.frames.memory = &q.arrows.memory
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
	wake := q.wakeOnEnd()
	err := q.attempt(q.move)
	wake()
	if err == nil {
		err = q.explain(q.stream.Err())
	}
	// The consumer learns of the end before the child is asked to stop.
	q.err = err
	close(q.batches)
	if _, mistake := errors.AsType[*caught.Panic](err); mistake {
		return // nobody knows how far the stream was read: the process is of no use any more
	}
	_ = q.attempt(func() error {
		q.reusable = q.settle()
		q.stream.Release()
		return nil
	})
}

// attempt makes a panic an error of this statement.
func (q *queryReader) attempt(do func() error) (err error) {
	defer caught.Logged(q.ctx, q.log, &err, "read the rows of the statement")
	return do()
}

// move moves batches until there is none left or something goes wrong.
func (q *queryReader) move() error {
	for {
		batches, more, err := q.readFrame()
		if handed := q.hand(batches); err == nil {
			err = handed
		}
		if err != nil || !more {
			return err
		}
	}
}

// readFrame reads the batches of one frame, as far as they are within the limits of the result.
func (q *queryReader) readFrame() (batches []arrow.RecordBatch, more bool, err error) {
	for q.stream.Next() {
		batch := q.stream.RecordBatch()
		q.arrows.rows += batch.NumRows()
		if limit := q.limits.ResultRows; limit > 0 && q.arrows.rows > limit {
			return batches, false, tooLargeError(fmt.Sprintf("more than %d rows", limit))
		}
		if limit := q.limits.ResultBytes; limit > 0 && q.arrows.bytes > limit {
			return batches, false, tooLargeError(fmt.Sprintf("more than %d bytes", limit))
		}
		batch.Retain()
		batches = append(batches, batch)
		if len(q.arrows.rest) == 0 {
			return batches, true, nil
		}
	}
	return batches, false, nil
}

// hand gives batches to the consumer.
func (q *queryReader) hand(batches []arrow.RecordBatch) error {
	if len(batches) == 0 {
		return nil
	}
	select {
	case q.batches <- batches:
		return nil
	case <-q.ctx.Done():
		release(batches)
		return contextError(q.ctx)
	}
}

func release(batches []arrow.RecordBatch) {
	for _, batch := range batches {
		batch.Release()
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
	defer q.arrows.close()
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
	if len(q.next) == 0 {
		q.next = <-q.batches
	}
	if q.ended = len(q.next) == 0; q.ended {
		return false
	}
	q.current, q.next = q.next[0], q.next[1:]
	return true
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
	release(q.next)
	q.next = nil
	for batches := range q.batches {
		release(batches)
	}
}

var errReleased = errors.New("the result was released before its end")

// arrowFrames is the messages of a child's answer to a query.
type arrowFrames struct {
	frames *frameReader
	memory recycler       // of frames
	frame  *memory.Buffer // whose messages are being read; nil between frames
	rest   []byte         // of frame, behind last
	last   *ipc.Message   // the one that was read
	ended  bool           // the child finished the statement
	failed error          // what it said went wrong with it
	broken bool           // it said that it is of no use any more
	bytes  int64          // of all messages
	rows   int64
}

// Message implements [ipc.MessageReader]. It slices a frame into messages without trusting a length in it. A message is
// valid until the next.
func (a *arrowFrames) Message() (*ipc.Message, error) {
	a.dropMessage()
	if len(a.rest) == 0 {
		a.dropFrame()
		var err error
		if a.rest, err = a.next(); err != nil {
			return nil, err
		}
		a.frame = memory.NewBufferWithAllocator(a.rest, &a.memory)
	}
	message, length, err := sliceMessage(a.frame, len(a.frame.Bytes())-len(a.rest))
	if err != nil {
		return nil, err
	}
	a.last = message
	a.rest = a.rest[length:]
	a.bytes += int64(length)
	return message, nil
}

func (a *arrowFrames) dropMessage() {
	if a.last != nil {
		a.last.Release()
		a.last = nil
	}
}

func (a *arrowFrames) dropFrame() {
	if a.frame != nil {
		a.frame.Release()
		a.frame, a.rest = nil, nil
	}
}

// close gives the memory back that the frames were read into; batches keep their own.
func (a *arrowFrames) close() {
	a.dropMessage()
	a.dropFrame()
	a.frames.memory = nil
}

// next reads a frame of messages, or the end of the statement.
func (a *arrowFrames) next() ([]byte, error) {
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
		return f.payload, nil
	}
	return nil, fmt.Errorf("the sandbox process answered a query with a %s frame", f.kind)
}

// Retain implements [ipc.MessageReader]; memory is the garbage collector's.
func (a *arrowFrames) Retain() {}

// Release implements [ipc.MessageReader].
func (a *arrowFrames) Release() {}

const (
	messageHeader = 8 // lengths of metadata and body
	// messageAlign is where messages and their bodies begin in a frame's payload: Arrow wants buffers on cache lines.
	messageAlign = 64
)

func align(n int64) int64 { return (n + messageAlign - 1) / messageAlign * messageAlign }

// appendMessage appends an Arrow message to a frame: the lengths of its metadata and its body, the metadata, zeros up to
// a multiple of messageAlign, the body, and zeros again.
func appendMessage(frame *bytes.Buffer, payload ipc.Payload) error {
	meta := payload.Meta()
	defer meta.Release()
	start := frame.Len()
	pad := func() {
		length := int64(frame.Len() - start)
		frame.Write(make([]byte, align(length)-length))
	}
	frame.Write(make([]byte, messageHeader))
	frame.Write(meta.Bytes())
	pad()
	bodyStart := frame.Len()
	if err := payload.SerializeBody(frame); err != nil {
		return err
	}
	header := frame.Bytes()[start:]
	binary.BigEndian.PutUint32(header, uint32(meta.Len()))
	binary.BigEndian.PutUint32(header[4:], uint32(frame.Len()-bodyStart))
	pad()
	return nil
}

var errMalformed = errors.New("the sandbox process sent an Arrow message that is malformed")

// sliceMessage is the reverse of appendMessage, without copies: it returns the message at offset of a frame and its length.
func sliceMessage(frame *memory.Buffer, offset int) (message *ipc.Message, length int, err error) {
	defer func() {
		if recover() != nil { // the metadata is no flatbuffer
			message, length, err = nil, 0, errMalformed
		}
	}()
	data := frame.Bytes()[offset:]
	if len(data) < messageHeader {
		return nil, 0, errMalformed
	}
	metaEnd := messageHeader + int64(binary.BigEndian.Uint32(data))
	bodyStart := align(metaEnd)
	bodyEnd := bodyStart + int64(binary.BigEndian.Uint32(data[4:]))
	end := align(bodyEnd)
	if end > int64(len(data)) {
		return nil, 0, errMalformed
	}
	meta := memory.SliceBuffer(frame, offset+messageHeader, int(metaEnd)-messageHeader)
	defer meta.Release()
	body := memory.SliceBuffer(frame, offset+int(bodyStart), int(bodyEnd-bodyStart))
	defer body.Release()
	message = ipc.NewMessage(meta, body)
	if message.BodyLen() != bodyEnd-bodyStart {
		return nil, 0, errMalformed
	}
	return message, int(end), nil
}
