//go:build duckdb_arrow

package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// stream starts a prepared statement, which it owns, and returns its rows as they are made. The
// driver's own Arrow reader holds the whole result in memory first; DuckDB's streaming result
// holds about a megabyte (its streaming_buffer_size).
func (c *Conn) stream(ctx context.Context, sql string, stmt duckdb.PreparedStatement) (_ array.RecordReader, err error) {
	r := &reader{conn: c, ctx: ctx, sql: sql, stmt: stmt}
	r.refs.Store(1)
	defer func() {
		if err != nil {
			r.Release()
		}
	}()
	var pending duckdb.PendingResult
	defer duckdb.DestroyPending(&pending)
	if duckdb.PendingPreparedStreaming(stmt, &pending) == duckdb.StateError {
		return nil, NewStatementError(ctx, sql, duckdb.PendingError(pending))
	}
	err = c.interruptible(ctx, sql, func() string {
		if duckdb.ExecutePending(pending, &r.res) == duckdb.StateError {
			if message := duckdb.ResultError(&r.res); message != "" {
				return message
			}
			return duckdb.PendingError(pending)
		}
		return ""
	})
	if err != nil {
		return nil, err
	}
	r.streaming = duckdb.ResultIsStreaming(r.res)
	r.options = duckdb.ResultGetArrowOptions(&r.res)
	r.schema, err = arrowSchema(&r.res, r.options)
	if err != nil {
		return nil, &StatementError{Kind: Runtime, Message: err.Error(), Position: -1}
	}
	return r, nil
}

// arrowSchema is the Arrow schema of a result.
func arrowSchema(res *duckdb.Result, options duckdb.ArrowOptions) (*arrow.Schema, error) {
	n := duckdb.ColumnCount(res)
	names := make([]string, n)
	types := make([]duckdb.LogicalType, n)
	for i := range n {
		names[i] = duckdb.ColumnName(res, i)
		types[i] = duckdb.ColumnLogicalType(res, i)
	}
	schema, data := duckdb.NewArrowSchema(options, types, names)
	for i := range types {
		duckdb.DestroyLogicalType(&types[i])
	}
	if err := takeError(&data); err != nil {
		return nil, fmt.Errorf("the result has a type that Arrow lacks: %w", err)
	}
	return schema, nil
}

// takeError frees DuckDB's error data and returns what it says.
func takeError(data *duckdb.ErrorData) error {
	defer duckdb.DestroyErrorData(data)
	if duckdb.ErrorDataHasError(*data) {
		return errors.New(duckdb.ErrorDataMessage(*data))
	}
	return nil
}

// reader is the rows of one statement, a record batch per DuckDB chunk (at most 2,048 rows).
type reader struct {
	refs atomic.Int64

	conn    *Conn
	ctx     context.Context
	sql     string
	onClose func()

	stmt      duckdb.PreparedStatement
	res       duckdb.Result
	streaming bool
	options   duckdb.ArrowOptions
	schema    *arrow.Schema

	current arrow.RecordBatch
	done    bool
	err     error
}

func (r *reader) Retain() { r.refs.Add(1) }

func (r *reader) Release() {
	if r.refs.Add(-1) != 0 {
		return
	}
	r.drop()
	r.done = true
	duckdb.DestroyArrowOptions(&r.options)
	duckdb.DestroyResult(&r.res)
	duckdb.DestroyPrepare(&r.stmt)
	if r.onClose != nil {
		r.onClose()
	}
}

func (r *reader) Schema() *arrow.Schema          { return r.schema }
func (r *reader) RecordBatch() arrow.RecordBatch { return r.current }
func (r *reader) Record() arrow.RecordBatch      { return r.current }
func (r *reader) Err() error                     { return r.err }

func (r *reader) drop() {
	if r.current != nil {
		r.current.Release()
		r.current = nil
	}
}

func (r *reader) Next() bool {
	r.drop()
	if r.done {
		return false
	}
	var chunk duckdb.DataChunk
	err := r.conn.interruptible(r.ctx, r.sql, func() string {
		if !r.streaming {
			chunk = duckdb.FetchChunk(r.res)
			return ""
		}
		if duckdb.StreamFetchChunk(r.res, &chunk) == duckdb.StateError {
			return duckdb.ResultError(&r.res)
		}
		return ""
	})
	if err != nil {
		return r.fail(err)
	}
	if chunk.Ptr == nil {
		r.done = true
		return false
	}
	defer duckdb.DestroyDataChunk(&chunk)
	if duckdb.DataChunkGetSize(chunk) == 0 {
		r.done = true
		return false
	}
	batch, data := duckdb.DataChunkToArrowArray(r.options, r.schema, chunk)
	if err := takeError(&data); err != nil {
		return r.fail(&StatementError{Kind: Runtime, Message: err.Error(), Position: -1})
	}
	r.current = batch
	return true
}

func (r *reader) fail(err error) bool {
	r.err, r.done = err, true
	return false
}
