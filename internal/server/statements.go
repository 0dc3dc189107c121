package server

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/query/history"
)

// Limits bound statements that are run through the API.
type Limits struct {
	QueryTime     time.Duration // of a query that asks for no limit of its own; default 5 min
	LongestQuery  time.Duration // that one may ask for; default 1 h
	QueryBytes    int64         // of the result of a query, in Arrow; default 1 GiB
	DownloadTime  time.Duration // default 1 h
	DownloadBytes int64         // default 64 GiB
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&l.QueryTime, 5 * time.Minute}, {&l.LongestQuery, time.Hour}, {&l.DownloadTime, time.Hour}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if l.QueryBytes == 0 {
		l.QueryBytes = 1 << 30
	}
	if l.DownloadBytes == 0 {
		l.DownloadBytes = 64 << 30
	}
	return l
}

// ErrStopping is why work that a client asked for ends before its time, or does not begin, when the server stops.
var ErrStopping = errors.New("the server is stopping")

var errCancelled = errors.New("the statement was cancelled on request")

// statements are those that run in this process, so that they can be watched and cancelled.
type statements struct {
	mu      sync.Mutex
	running map[statementKey]*statement
	closed  bool
}

// statementKey names a statement: ids are the clients' to choose, so those of different principals are apart.
type statementKey struct{ principal, id string }

// statement is one that runs. It is an Arrow reader of its rows; what was read so far can be asked for meanwhile.
type statement struct {
	server  *Server
	history *history.Store
	rows    *query.Rows
	cancel  context.CancelCauseFunc
	ctx     context.Context
	most    int64 // rows that are returned; 0 is all

	current   arrow.RecordBatch
	prefetch  arrow.RecordBatch // the first batch, read before the answer began
	exhausted bool
	ended     bool

	mu   sync.Mutex
	info history.QueryInfo
}

// statementRequest is what a client asks to run.
type statementRequest struct {
	id    string // "" is a new one
	sql   string
	zone  string // "" is the workspace's
	most  int64  // rows that are returned; 0 is all
	time  time.Duration
	bytes int64 // of the result; more is an error
}

// begin starts a statement and waits for its first rows, so that an error in those too is the status of the answer. The caller ends it.
func (s *Server) begin(ctx context.Context, services *Services, req statementRequest) (*statement, error) {
	by := principal(ctx)
	if req.id == "" {
		req.id = uuid.NewString()
	}
	if req.zone != "" {
		if _, err := time.LoadLocation(req.zone); err != nil || req.zone == "Local" {
			return nil, invalid("there is no time zone "+req.zone, "use an IANA name such as Asia/Seoul")
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	st := &statement{
		server: s, history: services.History, ctx: ctx, cancel: cancel, most: req.most,
		info: history.QueryInfo{
			ID: req.id, Principal: by.Name, SQL: req.sql, Status: history.Running, Started: s.now().UTC(),
			Detail: history.Detail{Tables: []history.TableUse{}},
		},
	}
	if err := s.statements.add(st); err != nil {
		cancel(nil)
		return nil, err
	}
	begun := false
	defer func() {
		if !begun {
			st.abandon()
		}
	}()
	rows, err := services.Query.Run(ctx, by, query.Request{
		SQL: req.sql, TimeZone: req.zone, Limits: engine.Limits{Time: req.time, ResultBytes: req.bytes},
	})
	if err != nil {
		return nil, st.end(err)
	}
	st.rows = rows
	if rows.Next() {
		st.prefetch = rows.RecordBatch()
	} else {
		st.exhausted = true
		if err := rows.Err(); err != nil {
			return nil, st.end(err)
		}
	}
	st.account()
	begun = true
	return st, nil
}

func (all *statements) add(st *statement) error {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.closed {
		return classify(ErrStopping)
	}
	key := statementKey{st.info.Principal, st.info.ID}
	if all.running[key] != nil {
		return fail(http.StatusConflict, "query_exists", "a query with the id "+key.id+" is running", "choose a new UUID for each query")
	}
	if all.running == nil {
		all.running = map[statementKey]*statement{}
	}
	all.running[key] = st
	return nil
}

func (all *statements) remove(st *statement) {
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.running, statementKey{st.info.Principal, st.info.ID})
}

func (all *statements) get(principal, id string) *statement {
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.running[statementKey{principal, id}]
}

// of are those of a principal.
func (all *statements) of(principal string) []*statement {
	all.mu.Lock()
	defer all.mu.Unlock()
	return slices.DeleteFunc(slices.Collect(maps.Values(all.running)), func(st *statement) bool { return st.info.Principal != principal })
}

func (all *statements) count() int {
	all.mu.Lock()
	defer all.mu.Unlock()
	return len(all.running)
}

// close cancels all statements and lets no more begin.
func (all *statements) close() {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.closed = true
	for _, st := range all.running {
		st.cancel(ErrStopping)
	}
}

// Schema implements array.RecordReader.
func (st *statement) Schema() *arrow.Schema { return st.rows.Schema() }

// Next implements array.RecordReader. It ends after the most rows that were asked for.
func (st *statement) Next() bool {
	st.drop()
	batch := st.prefetch
	if st.prefetch = nil; batch == nil {
		if st.exhausted || !st.rows.Next() {
			st.exhausted = true
			return false
		}
		batch = st.rows.RecordBatch()
	}
	st.mu.Lock()
	left := st.most - st.info.Rows
	st.mu.Unlock()
	cut := st.most > 0 && batch.NumRows() > left
	if cut {
		st.exhausted = true
		batch = batch.NewSlice(0, left)
	} else {
		batch.Retain()
	}
	st.mu.Lock()
	st.info.Rows += batch.NumRows()
	st.info.Truncated = cut
	st.mu.Unlock()
	st.account()
	st.current = batch
	return batch.NumRows() > 0 || !cut
}

func (st *statement) drop() {
	if st.current != nil {
		st.current.Release()
		st.current = nil
	}
}

// RecordBatch implements array.RecordReader.
func (st *statement) RecordBatch() arrow.RecordBatch { return st.current }

// Record implements array.RecordReader.
//
// Deprecated: as there.
func (st *statement) Record() arrow.RecordBatch { return st.current }

// Err implements array.RecordReader.
func (st *statement) Err() error {
	if !st.exhausted {
		return nil
	}
	return st.rows.Err()
}

// Retain and Release implement array.RecordReader; a statement is ended by end.
func (st *statement) Retain()  {}
func (st *statement) Release() {}

// account notes what was read so far.
func (st *statement) account() {
	stats := st.rows.Stats()
	st.mu.Lock()
	defer st.mu.Unlock()
	d := &st.info.Detail
	d.WaitMS, d.ElapsedMS = millis(stats.Wait), millis(stats.Elapsed)
	d.Files, d.FilesTotal, d.Bytes, d.BytesTotal = stats.Files, stats.FilesTotal, stats.Bytes, stats.BytesTotal
	if len(d.Tables) == 0 {
		for _, use := range st.rows.Tables {
			d.Tables = append(d.Tables, history.TableUse{
				Table: use.Ident.String(), Snapshot: use.SnapshotID, Files: use.Files, FilesTotal: use.FilesTotal, Bytes: use.Bytes,
			})
		}
	}
}

// now is the account of the statement, at this moment while it runs. One that was told to end counts as ended, although its client may
// have to be told yet.
func (st *statement) now() history.QueryInfo {
	st.mu.Lock()
	defer st.mu.Unlock()
	info := st.info
	if info.Status == history.Running {
		info.ElapsedMS = millis(st.server.now().Sub(info.Started))
		if p := st.cancelled(); p != nil {
			info.Status, info.Error = history.Cancelled, &history.Failure{Code: p.Code, Message: p.Detail}
		}
	}
	return info
}

// cancelled is what a statement that was told to end ends with; nil when it was not.
func (st *statement) cancelled() *Problem {
	switch cause := context.Cause(st.ctx); {
	case cause == nil:
		return nil
	case errors.Is(cause, ErrStopping):
		return classify(ErrStopping)
	case errors.Is(cause, errCancelled):
		return fail(statusCancelled, "cancelled", errCancelled.Error(), "")
	default:
		return clientGone()
	}
}

func clientGone() *Problem {
	return fail(statusCancelled, "cancelled", "the client closed the connection", "")
}

// end finishes a statement: it frees what it holds and records it. err is why it ended early, and the problem returned is what is to be told
// of that; nil when all is well.
func (st *statement) end(err error) *Problem {
	st.ended = true
	defer st.server.statements.remove(st) // whatever happens here: its id must not stay taken
	if cancelled := st.cancelled(); err != nil && cancelled != nil {
		err = cancelled
	} else if errors.As(err, new(goneError)) {
		err = clientGone()
	}
	st.drop()
	if st.rows != nil {
		st.account()
		st.rows.Release()
	}
	st.cancel(nil)
	var told *Problem
	st.mu.Lock()
	st.info.Finished = st.server.now().UTC()
	st.info.ElapsedMS = millis(st.info.Finished.Sub(st.info.Started))
	st.info.Status = history.Succeeded
	if err != nil {
		told = problem(st.ctx, err)
		if told.Position == nil {
			told.Position = positionOf(st.info.SQL, err)
		}
		st.info.Status = history.Failed
		if told.Code == "cancelled" || told.Code == "stopping" {
			st.info.Status = history.Cancelled
		}
		st.info.Error = &history.Failure{Code: told.Code, Message: told.Detail, Hint: told.Hint, Position: told.Position}
	}
	info := st.info
	st.mu.Unlock()
	st.history.Add(info)
	st.server.metrics.query(info)
	return told
}

var errMistake = errors.New("the server made a mistake while it answered")

// abandon ends a statement that nobody has ended: whoever was to do it panics. It is deferred, and leaves the panic to go on.
func (st *statement) abandon() {
	if !st.ended {
		st.end(errMistake)
	}
}

// goneError is an error of writing to a client.
type goneError struct{ error }

// clientWriter marks the errors of writing to a client, who is gone then.
type clientWriter struct {
	http.ResponseWriter
	controller *http.ResponseController
}

func newClientWriter(w http.ResponseWriter) clientWriter {
	return clientWriter{w, http.NewResponseController(w)}
}

func (w clientWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	if err != nil {
		err = goneError{err}
	}
	return n, err
}

// flush sends what was written.
func (w clientWriter) flush() error {
	if err := w.controller.Flush(); err != nil {
		return goneError{err}
	}
	return nil
}

// serve gives a client the time of its statement to read what this writes, or a moment when the statement is cancelled: a client that stops
// reading must not hold it. The function that is returned is called when the rows are written.
func (w clientWriter) serve(st *statement, limit time.Duration) (done func()) {
	_ = w.controller.SetWriteDeadline(time.Now().Add(limit + writeGrace))
	set := make(chan struct{})
	stop := context.AfterFunc(st.ctx, func() {
		defer close(set)
		_ = w.controller.SetWriteDeadline(time.Now().Add(cancelGrace))
	})
	return func() {
		if !stop() {
			<-set // behind the answer the connection belongs to the next request
		}
	}
}

// positionOf is where in a statement its error is, if the error says so.
func positionOf(sql string, err error) *history.Position {
	var at *engine.StatementError
	if !errors.As(err, &at) {
		return nil
	}
	return positionIn(sql, at.Position)
}

// statementText is the message of an error of a statement, which is shown beside it.
func statementText(err error) string { return strings.TrimPrefix(err.Error(), "SQL: ") }

// millis is a duration in milliseconds, to the hundredth.
func millis(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond).Microseconds()) / 1000
}
