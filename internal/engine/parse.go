//go:build duckdb_arrow

package engine

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/array"
	duckdb "github.com/duckdb/duckdb-go-bindings"
)

const serializeSQL = "SELECT json_serialize_sql(?::VARCHAR, skip_null := true, skip_empty := true, skip_default := true)"

// Parse looks into one SELECT statement without binding it. The error of a text that does not parse, or
// that is not exactly one SELECT, is a *[StatementError] of kind [Syntax].
func (c *Conn) Parse(ctx context.Context, sql string) (*Statement, error) {
	return parseWith(ctx, sql, c.serialize)
}

// serialize is DuckDB's json_serialize_sql(sql), through a statement that is prepared once.
func (c *Conn) serialize(ctx context.Context, sql string) (string, error) {
	if ctx.Err() != nil {
		return "", contextError(ctx)
	}
	if c.serializer.Ptr == nil {
		if duckdb.Prepare(c.conn, serializeSQL, &c.serializer) == duckdb.StateError {
			defer duckdb.DestroyPrepare(&c.serializer)
			return "", fmt.Errorf("prepare DuckDB's parser: %s", duckdb.PrepareError(c.serializer))
		}
	}
	if duckdb.BindVarcharLength(c.serializer, 1, sql, duckdb.IdxT(len(sql))) == duckdb.StateError {
		return "", &StatementError{Kind: Syntax, Message: "the text is not valid UTF-8", Position: -1}
	}
	var res duckdb.Result
	defer duckdb.DestroyResult(&res)
	if duckdb.ExecutePrepared(c.serializer, &res) == duckdb.StateError {
		return "", NewStatementError(ctx, sql, duckdb.ResultError(&res))
	}
	options := duckdb.ResultGetArrowOptions(&res)
	defer duckdb.DestroyArrowOptions(&options)
	schema, err := arrowSchema(&res, options)
	if err != nil {
		return "", err
	}
	chunk := duckdb.FetchChunk(res)
	defer duckdb.DestroyDataChunk(&chunk)
	batch, data := duckdb.DataChunkToArrowArray(options, schema, chunk)
	if err := takeError(&data); err != nil {
		return "", err
	}
	defer batch.Release()
	text, ok := batch.Column(0).(array.StringLike)
	if !ok {
		return "", fmt.Errorf("DuckDB's parser returned %s", batch.Column(0).DataType())
	}
	return strings.Clone(text.Value(0)), nil // the batch frees its memory
}

// Parse is [Conn.Parse] on a connection that is kept for later calls.
func (e *Engine) Parse(ctx context.Context, sql string) (*Statement, error) {
	c, err := e.parser(ctx)
	if err != nil {
		return nil, err
	}
	defer e.giveBack(c)
	return c.Parse(ctx, sql)
}

// ParseMany parses many statements in parallel; results and errors are by position.
func (e *Engine) ParseMany(ctx context.Context, sqls []string) ([]*Statement, []error) {
	statements, errs := make([]*Statement, len(sqls)), make([]error, len(sqls))
	workers := min(runtime.GOMAXPROCS(0), len(sqls))
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			c, err := e.parser(ctx)
			for i := w; i < len(sqls); i += workers {
				if errs[i] = err; err == nil {
					statements[i], errs[i] = c.Parse(ctx, sqls[i])
				}
			}
			if err == nil {
				e.giveBack(c)
			}
		})
	}
	group.Wait()
	return statements, errs
}

// parser takes an idle parsing connection, or opens one.
func (e *Engine) parser(ctx context.Context) (*Conn, error) {
	e.mu.Lock()
	if n := len(e.idle); n > 0 {
		c := e.idle[n-1]
		e.idle = e.idle[:n-1]
		e.mu.Unlock()
		return c, nil
	}
	e.mu.Unlock()
	return e.Conn(ctx)
}

func (e *Engine) giveBack(c *Conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || len(e.idle) >= runtime.GOMAXPROCS(0) {
		_ = c.Close()
		return
	}
	e.idle = append(e.idle, c)
}
