package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hosu-io/hosu/internal/source"
)

// Read copies a table. See the package comment for what an incremental read yields.
func (s *Source) Read(ctx context.Context, req source.Request) (*source.Batch, error) {
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	batch, err := s.read(ctx, conn, req)
	if err != nil || batch.Rows == nil {
		s.finish(ctx, conn)
		s.release(conn)
	}
	if err != nil {
		return nil, s.explain(err, "copy table "+req.Table)
	}
	return batch, nil
}

// read begins the transaction and looks whether there is anything to copy. The connection goes to the
// batch's stream when it returns one.
func (s *Source) read(ctx context.Context, conn *pgconn.PgConn, req source.Request) (*source.Batch, error) {
	if err := s.session(ctx, conn, req.Table); err != nil {
		return nil, err
	}
	t, err := s.describe(ctx, conn, req.Table, req.Options)
	if err != nil {
		return nil, err
	}
	last, err := source.ParseMark(req.After, req.Cursor)
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", t.name, err)
	}
	plan := &plan{source: s, conn: conn, table: t, last: last, mark: source.Mark{Columns: t.signature()}}
	if req.Cursor == "" {
		err = plan.full(ctx)
	} else {
		err = plan.incremental(ctx, req)
	}
	if err != nil {
		return nil, err
	}
	position := func() ([]byte, error) { return plan.mark.Encode() }
	if plan.unchanged {
		return &source.Batch{Columns: t.plainColumns(), Unchanged: true, Position: position}, nil
	}
	stream := source.NewStream(ctx, t.arrow, func(ctx context.Context, yield func(arrow.RecordBatch) error) error {
		defer s.release(conn)
		return s.copy(ctx, conn, t, plan.where, yield)
	})
	return &source.Batch{
		Columns: t.plainColumns(), Rows: stream, Position: stream.AtEnd(position),
		Replayed: req.Cursor != "" && len(req.After) > 0, Expected: plan.expected,
	}, nil
}

// plan is what one read has found out about its table.
type plan struct {
	source    *Source
	conn      *pgconn.PgConn
	table     *table
	last      *source.Mark
	mark      source.Mark // as of this read
	where     string      // condition of the rows to copy; empty for all
	expected  int64       // rows to copy, about; 0 is unknown
	unchanged bool
}

// same says that nothing but time has passed since the last read.
func (p *plan) same(rows int64, hash string) bool {
	return p.last != nil && p.last.Columns == p.mark.Columns && p.last.Rows == rows && p.last.Hash == hash
}

func (p *plan) full(ctx context.Context) error {
	rows, hash, _, err := p.digest(ctx, "", "")
	if err != nil {
		return err
	}
	p.mark.Rows, p.mark.Hash, p.expected = rows, hash, rows
	p.unchanged = p.same(rows, hash)
	return nil
}

func (p *plan) incremental(ctx context.Context, req source.Request) error {
	c, err := p.table.cursorOf(req.Cursor)
	if err != nil {
		return err
	}
	p.mark.Cursor = req.Cursor
	if typesOfCursors[c.typ.Name] {
		p.mark.Overlap = max(req.Overlap, 0)
	}
	name := quote(c.Name)
	window := func(from string) string {
		from = literal(from) + "::" + typeName(c.typ.Name)
		if p.mark.Overlap > 0 {
			from = fmt.Sprintf("(%s - interval '%d microseconds')", from, p.mark.Overlap.Microseconds())
		}
		return fmt.Sprintf("%s >= %s OR %s IS NULL", name, from, name)
	}
	greatest := "max(" + name + ")"
	if p.mark.Overlap > 0 || typesOfCursors[c.typ.Name] {
		greatest += " FILTER (WHERE isfinite(" + name + "))"
	}
	if p.last != nil && p.last.Max != nil {
		p.where = window(*p.last.Max)
		rows, hash, found, err := p.digest(ctx, p.where, greatest)
		if err != nil {
			return err
		}
		p.mark.Max, p.expected = p.last.Max, rows
		if p.last.Overlap == p.mark.Overlap && p.same(rows, hash) {
			p.mark.Rows, p.mark.Hash, p.unchanged = rows, hash, true
			return nil
		}
		if found != nil {
			p.mark.Max = found
		}
	} else {
		results, err := query(ctx, p.conn, "SELECT ("+greatest+")::text FROM "+p.table.relation)
		if err != nil {
			return err
		}
		p.mark.Max, p.expected = results[0].optional(0), max(p.table.rows, 0)
	}
	ends := name + " IS NULL"
	if p.mark.Max != nil {
		ends = window(*p.mark.Max)
	}
	p.mark.Rows, p.mark.Hash, _, err = p.digest(ctx, ends, "")
	if err == nil && p.mark.Max == nil && p.last != nil {
		p.unchanged = p.same(p.mark.Rows, p.mark.Hash)
	}
	return err
}

func (r row) optional(i int) *string {
	if r[i] == nil {
		return nil
	}
	text := string(r[i])
	return &text
}

func typeName(name string) string { return "pg_catalog." + name }

// digest counts the rows that a condition picks and hashes them without regard to their order. It
// also returns the value of an aggregate, as text, when one is given.
func (p *plan) digest(ctx context.Context, where, aggregate string) (rows int64, hash string, value *string, err error) {
	// The alias must not be the name of a column.
	alias := quote("row of " + p.table.relname)
	one := "pg_catalog.hashtextextended(" + alias + "::text, 0)"
	if p.table.hasRowVersions() {
		const version = "(tableoid::bigint << 32) # xmin::text::bigint"
		one = "pg_catalog.hashtextextended(ctid::text, " + version + ")"
		if major, _, _ := strings.Cut(p.conn.ParameterStatus("server_version"), "."); atLeast(major, 14) {
			one = "pg_catalog.hashtidextended(ctid, " + version + ")"
		}
	}
	if aggregate == "" {
		aggregate = "NULL"
	}
	sql := "SELECT count(*), coalesce(sum(" + one + "), 0), (" + aggregate + ")::text FROM " + p.table.relation + " " + alias
	if where != "" {
		sql += " WHERE " + where
	}
	results, err := query(ctx, p.conn, sql)
	if err != nil {
		return 0, "", nil, err
	}
	rows, err = strconv.ParseInt(results[0].text(0), 10, 64)
	return rows, results[0].text(1), results[0].optional(2), err
}

func atLeast(number string, least int) bool {
	n, err := strconv.Atoi(number)
	return err == nil && n >= least
}

// copy streams the rows that a condition picks.
func (s *Source) copy(ctx context.Context, conn *pgconn.PgConn, t *table, where string, yield func(arrow.RecordBatch) error) error {
	reader, err := newCopyReader(t, yield)
	if err != nil {
		return err
	}
	defer reader.release()
	if _, err := conn.CopyTo(ctx, reader, t.copySQL(where)); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if reader.failed != nil {
			return reader.failed
		}
		return s.explain(&driverError{err}, "copy table "+t.name)
	}
	s.finish(ctx, conn)
	return reader.finish()
}

func (t *table) copySQL(where string) string {
	exprs := make([]string, len(t.columns))
	for i, c := range t.columns {
		exprs[i] = c.expr
	}
	sql := "COPY (SELECT " + strings.Join(exprs, ", ") + " FROM " + t.relation
	if where != "" {
		sql += " WHERE " + where
	}
	return sql + ") TO STDOUT (FORMAT binary)"
}

// finish ends the transaction; when that fails, release closes the connection.
func (s *Source) finish(ctx context.Context, conn *pgconn.PgConn) {
	if !conn.IsClosed() && conn.TxStatus() != 'I' {
		_, _ = query(ctx, conn, "ROLLBACK")
	}
}
