//go:build duckdb_arrow

package engine

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// interruptEvery is how often a cancelled statement is interrupted until it ends: DuckDB clears the
// request when a statement starts, so one may be lost.
const interruptEvery = 5 * time.Millisecond

// Conn is one connection of an [Engine]. It serves one caller and one open reader at a time.
// Every failure of a statement is a *[StatementError].
type Conn struct {
	conn       duckdb.Connection
	serializer duckdb.PreparedStatement // of Parse; empty until it is needed
}

// Exec runs one or more statements and drops their rows.
func (c *Conn) Exec(ctx context.Context, sql string) error {
	stmts, n, err := c.extract(ctx, sql)
	if err != nil {
		return err
	}
	defer duckdb.DestroyExtracted(&stmts)
	return c.execute(ctx, sql, stmts, n)
}

// QueryArrow runs sql and streams its rows: memory stays flat however many they are. When sql is several
// statements, the rows are the last one's. The caller releases the reader before it uses the
// connection again; ctx covers the reading, and its end stops the statement.
func (c *Conn) QueryArrow(ctx context.Context, sql string) (array.RecordReader, error) {
	stmts, n, err := c.extract(ctx, sql)
	if err != nil {
		return nil, err
	}
	defer duckdb.DestroyExtracted(&stmts)
	if err := c.execute(ctx, sql, stmts, n-1); err != nil {
		return nil, err
	}
	stmt, err := c.prepare(ctx, sql, stmts, n-1)
	if err != nil {
		return nil, err
	}
	return c.stream(ctx, sql, stmt)
}

// Close ends the connection.
func (c *Conn) Close() error {
	duckdb.DestroyPrepare(&c.serializer)
	duckdb.Disconnect(&c.conn)
	return nil
}

// execute prepares and runs the first n statements of sql one after the other, for a later one may need what an earlier one
// made, and drops their rows.
func (c *Conn) execute(ctx context.Context, sql string, stmts duckdb.ExtractedStatements, n duckdb.IdxT) error {
	for i := range n {
		if err := c.executeOne(ctx, sql, stmts, i); err != nil {
			return err
		}
	}
	return nil
}

func (c *Conn) executeOne(ctx context.Context, sql string, stmts duckdb.ExtractedStatements, i duckdb.IdxT) error {
	stmt, err := c.prepare(ctx, sql, stmts, i)
	if err != nil {
		return err
	}
	defer duckdb.DestroyPrepare(&stmt)
	var res duckdb.Result
	defer duckdb.DestroyResult(&res)
	return c.interruptible(ctx, sql, func() string {
		if duckdb.ExecutePrepared(stmt, &res) == duckdb.StateError {
			return duckdb.ResultError(&res)
		}
		return ""
	})
}

func (c *Conn) extract(ctx context.Context, sql string) (duckdb.ExtractedStatements, duckdb.IdxT, error) {
	var stmts duckdb.ExtractedStatements
	n := duckdb.ExtractStatements(c.conn, sql, &stmts)
	if n == 0 {
		defer duckdb.DestroyExtracted(&stmts)
		message := duckdb.ExtractStatementsError(stmts)
		if message == "" {
			message = "Parser Error: there is no statement in the text"
		}
		return stmts, 0, NewStatementError(ctx, sql, message)
	}
	return stmts, n, nil
}

func (c *Conn) prepare(ctx context.Context, sql string, stmts duckdb.ExtractedStatements, i duckdb.IdxT) (duckdb.PreparedStatement, error) {
	var stmt duckdb.PreparedStatement
	err := c.interruptible(ctx, sql, func() string {
		if duckdb.PrepareExtractedStatement(c.conn, stmts, i, &stmt) == duckdb.StateError {
			return duckdb.PrepareError(stmt)
		}
		return ""
	})
	if err != nil {
		duckdb.DestroyPrepare(&stmt)
	}
	return stmt, err
}

// interruptible calls fn, which blocks in DuckDB and returns its error message, and interrupts it once
// ctx ends.
func (c *Conn) interruptible(ctx context.Context, sql string, fn func() string) error {
	if ctx.Err() != nil {
		return contextError(ctx)
	}
	var done atomic.Bool
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		for !done.Load() {
			duckdb.Interrupt(c.conn)
			time.Sleep(interruptEvery)
		}
	})
	message := fn()
	done.Store(true)
	if !stop() {
		<-ended // an interrupt must not reach the connection's next statement
	}
	if message == "" {
		return nil
	}
	return NewStatementError(ctx, sql, message)
}
