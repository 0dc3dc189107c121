package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/source"
)

// Read copies a table. See the package comment for what an incremental read yields.
func (s *Source) Read(ctx context.Context, req source.Request) (*source.Batch, error) {
	version := s.version(time.Now())
	c, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	batch, err := c.read(ctx, req, version)
	if err != nil || batch.Rows == nil {
		_ = c.Close()
	}
	return batch, err
}

func (c *conn) read(ctx context.Context, req source.Request, version string) (*source.Batch, error) {
	t, err := c.describe(ctx, req.Table, req.Options)
	if err != nil {
		return nil, err
	}
	last, err := source.ParseMark(req.After, req.Cursor)
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", t.name, err)
	}
	p := &plan{conn: c, table: t, last: last, mark: source.Mark{Cursor: req.Cursor, Columns: t.signature(), Version: version}}
	if req.Cursor == "" {
		err = p.full(ctx)
	} else {
		err = p.incremental(ctx, req)
	}
	if err != nil {
		return nil, c.source.explain(err, "copy table "+t.name)
	}
	position := func() ([]byte, error) { return p.mark.Encode() }
	if !p.unchanged && p.expected == 0 && p.where == "" {
		p.expected = p.greatestRowID(ctx)
	}
	if p.unchanged {
		return &source.Batch{Columns: t.plainColumns(), Unchanged: true, Position: position}, nil
	}
	stream := source.NewStream(ctx, t.arrow, func(ctx context.Context, yield func(arrow.RecordBatch) error) error {
		defer func() { _ = c.Close() }()
		return p.copy(ctx, yield)
	})
	return &source.Batch{
		Columns: t.plainColumns(), Rows: stream, Position: stream.AtEnd(position),
		Replayed: req.Cursor != "" && len(req.After) > 0, Expected: p.expected,
	}, nil
}

// plan is what one read has found out about its table.
type plan struct {
	conn  *conn
	table *table
	last  *source.Mark
	mark  source.Mark // as of this read
	where string      // condition of the rows to copy; empty for all
	// hash says that the copy itself makes the mark's rows and hash.
	hash      bool
	expected  int64 // rows to copy, about; 0 is unknown
	unchanged bool
}

// sameFile says that nothing was written to the database since the last read of the same columns.
func (p *plan) sameFile() bool {
	return p.last != nil && p.mark.Version != "" && p.last.Version == p.mark.Version && p.last.Columns == p.mark.Columns &&
		p.last.Overlap == p.mark.Overlap
}

// full finds out whether a table has changed: by the file, by the number of rows, and last by their hash, which the copy makes
// along the way.
func (p *plan) full(ctx context.Context) error {
	p.hash = true
	if p.sameFile() {
		p.mark.Rows, p.mark.Hash, p.unchanged = p.last.Rows, p.last.Hash, true
		return nil
	}
	if p.last == nil || p.last.Columns != p.mark.Columns {
		return nil
	}
	var rows int64
	err := p.conn.each(ctx, func(row []driver.Value) error {
		rows, _ = row[0].(int64)
		return nil
	}, "SELECT count(*) FROM "+quote(p.table.name))
	p.expected = rows
	if err != nil || rows != p.last.Rows {
		return err
	}
	rows, hash, err := p.digest(ctx, "")
	if err == nil && rows == p.last.Rows && hash == p.last.Hash {
		p.mark.Rows, p.mark.Hash, p.unchanged = rows, hash, true
	}
	return err
}

func (p *plan) incremental(ctx context.Context, req source.Request) error {
	i := slices.IndexFunc(p.table.columns, func(c column) bool { return strings.EqualFold(c.Name, req.Cursor) })
	if i < 0 {
		var names []string
		for _, c := range p.table.columns {
			names = append(names, c.Name)
		}
		return fmt.Errorf("there is no column %s to follow (cursor:); the table has %s", req.Cursor, strings.Join(names, ", "))
	}
	c := p.table.columns[i]
	if temporal(c.Type) {
		p.mark.Overlap = max(req.Overlap, 0)
	}
	if p.sameFile() {
		version := p.mark.Version
		p.mark, p.unchanged = *p.last, true
		p.mark.Version = version
		return nil
	}
	name := quote(c.Name)
	if p.last != nil && p.last.Max != nil {
		from, err := p.lower(c, *p.last.Max)
		if err != nil {
			return err
		}
		p.where = from
		rows, hash, err := p.digest(ctx, from)
		if err != nil {
			return err
		}
		if p.last.Columns == p.mark.Columns && p.last.Overlap == p.mark.Overlap && p.last.Rows == rows && p.last.Hash == hash {
			p.mark.Max, p.mark.Rows, p.mark.Hash, p.unchanged = p.last.Max, rows, hash, true
			return nil
		}
		p.expected = rows
	}
	// quote writes any value as the SQL literal of exactly it.
	err := p.conn.each(ctx, func(row []driver.Value) error {
		if literal, ok := row[0].(string); ok && literal != "NULL" {
			p.mark.Max = &literal
		}
		return nil
	}, "SELECT quote(max("+name+")) FROM "+quote(p.table.name))
	if err != nil {
		return err
	}
	if p.mark.Max == nil && p.last != nil {
		p.mark.Max = p.last.Max
	}
	window := name + " IS NULL"
	if p.mark.Max != nil {
		if window, err = p.lower(c, *p.mark.Max); err != nil {
			return err
		}
	}
	p.mark.Rows, p.mark.Hash, err = p.digest(ctx, window)
	if err == nil && p.mark.Max == nil && p.last != nil {
		p.unchanged = p.last.Columns == p.mark.Columns && p.last.Rows == p.mark.Rows && p.last.Hash == p.mark.Hash
	}
	return err
}

func temporal(t iceberg.Type) bool {
	switch t.(type) {
	case iceberg.DateType, iceberg.TimestampType, iceberg.TimestampTzType:
		return true
	}
	return false
}

// lower is the condition of the rows at or above a cursor value, less the overlap, or without one. Text is compared as
// text, so the bound is written like the value, up to whole seconds: that is never above a value with a fraction or an offset.
func (p *plan) lower(c column, literal string) (string, error) {
	if text, ok := strings.CutPrefix(literal, "'"); ok && p.mark.Overlap > 0 {
		text = strings.TrimSuffix(text, "'")
		ts, err := parseTimestamp(text)
		if err != nil {
			return "", &source.ValueError{Table: p.table.name, Column: c.Name, Value: literal, Type: c.Type.String(), Problem: "a cursor that is followed must be one"}
		}
		const minute, second = len("2006-01-02 15:04"), len("2006-01-02 15:04:05")
		kept := second
		switch {
		case ts.date:
			kept = len("2006-01-02")
		case len(text) < second || text[minute] != ':':
			kept = minute
		}
		// The offset is left out of the bound: it shows the clock of the value it was made from.
		clock := ts.micros + ts.offset - p.mark.Overlap.Microseconds()
		bound := time.UnixMicro(clock).UTC().Format("2006-01-02 15:04:05")[:kept]
		if !ts.date {
			bound = bound[:10] + text[10:11] + bound[11:]
		}
		literal = "'" + bound + "'"
	}
	return fmt.Sprintf("%s >= %s OR %[1]s IS NULL", quote(c.Name), literal), nil
}

// greatestRowID is about the number of rows of a table that was mostly added to, without counting them; 0 for
// views and for tables without row ids.
func (p *plan) greatestRowID(ctx context.Context) (greatest int64) {
	err := p.conn.each(ctx, func(row []driver.Value) error {
		greatest, _ = row[0].(int64)
		return nil
	}, "SELECT max(_rowid_) FROM "+quote(p.table.name))
	if err != nil {
		return 0
	}
	return max(greatest, 0)
}

// digest counts the rows that a condition picks and hashes them without regard to their order.
func (p *plan) digest(ctx context.Context, where string) (int64, string, error) {
	var h rowHash
	err := p.conn.each(ctx, func(row []driver.Value) error {
		h.add(row)
		return nil
	}, p.table.selectSQL(where))
	return h.rows, h.String(), err
}

// rowHash is the sum of the hashes of rows.
type rowHash struct {
	rows      int64
	high, low uint64
	buffer    []byte
}

func (h *rowHash) add(row []driver.Value) {
	b := h.buffer[:0]
	for _, v := range row {
		switch v := v.(type) {
		case nil:
			b = append(b, 0)
		case int64:
			b = binary.LittleEndian.AppendUint64(append(b, 1), uint64(v))
		case float64:
			b = binary.LittleEndian.AppendUint64(append(b, 2), math.Float64bits(v))
		case string:
			b = append(binary.AppendUvarint(append(b, 3), uint64(len(v))), v...)
		case []byte:
			b = append(binary.AppendUvarint(append(b, 4), uint64(len(v))), v...)
		}
	}
	h.buffer = b
	sum := sha256.Sum256(b)
	h.rows++
	h.high += binary.LittleEndian.Uint64(sum[:])
	h.low += binary.LittleEndian.Uint64(sum[8:])
}

func (h *rowHash) String() string { return fmt.Sprintf("%016x%016x", h.high, h.low) }

// selectSQL reads the columns as stored: the plus sign takes away their declared type, by which the driver would convert values.
func (t *table) selectSQL(where string) string {
	exprs := make([]string, len(t.columns))
	for i, c := range t.columns {
		exprs[i] = "+" + quote(c.Name)
	}
	sql := "SELECT " + strings.Join(exprs, ", ") + " FROM " + quote(t.name)
	if where != "" {
		sql += " WHERE " + where
	}
	return sql
}

// copy streams the rows of the plan.
func (p *plan) copy(ctx context.Context, yield func(arrow.RecordBatch) error) error {
	rows, err := p.conn.query(ctx, p.table.selectSQL(p.where))
	if err != nil {
		return p.failed(ctx, err)
	}
	defer func() { _ = rows.Close() }()
	batch := array.NewRecordBuilder(memory.DefaultAllocator, p.table.arrow)
	defer batch.Release()
	columns := make([]appender, len(p.table.columns))
	for i, c := range p.table.columns {
		if columns[i], err = newAppender(batch.Field(i), c.Type); err != nil {
			return fmt.Errorf("table %s, column %s: %w", p.table.name, c.Name, err)
		}
	}
	var (
		hash      rowHash
		row       = make([]driver.Value, len(columns))
		batchRows = max(1024, min(source.BatchRows, 1<<20/len(columns)))
	)
	for more := true; more; {
		batch.Reserve(batchRows)
		n, size := 0, 0
		for n < batchRows && size < source.BatchBytes {
			err := rows.Next(row)
			if errors.Is(err, io.EOF) {
				more = false
				break
			}
			if err != nil {
				return p.failed(ctx, err)
			}
			if p.hash {
				hash.add(row)
			}
			for i, v := range row {
				if v == nil {
					batch.Field(i).AppendNull()
					continue
				}
				if err := columns[i](v); err != nil {
					return p.valueError(row, i, hash.rows, err)
				}
				size += width(v)
			}
			n++
		}
		if n == 0 {
			break
		}
		if err := yield(batch.NewRecordBatch()); err != nil {
			return err
		}
	}
	if p.hash {
		p.mark.Rows, p.mark.Hash = hash.rows, hash.String()
	}
	return nil
}

func width(v driver.Value) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	}
	return 8
}

// failed prefers the reason of an ended context to what it made SQLite say.
func (p *plan) failed(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return p.conn.source.explain(err, "copy table "+p.table.name)
}

// valueError names the row by its key, or by its place in the copy.
func (p *plan) valueError(row []driver.Value, column int, before int64, problem error) error {
	c := p.table.columns[column]
	var key []string
	for i, k := range p.table.columns {
		if k.key > 0 {
			key = append(key, k.Name+"="+render(row[i]))
		}
	}
	at := strings.Join(key, ", ")
	if at == "" && p.hash {
		at = fmt.Sprintf("row %d of the copy", before)
	}
	e := &source.ValueError{Table: p.table.name, Column: c.Name, Row: at, Value: render(row[column]), Type: c.Type.String(), Problem: problem.Error()}
	switch row[column].(type) {
	case int64:
		if temporal(c.Type) {
			e.Fix = fmt.Sprintf("if it is a count of seconds, give the column that type in the source file, types: {%s: long}, and convert it in a model", c.Name)
		}
	case []byte:
		e.Fix = fmt.Sprintf("give the column that type in the source file, types: {%s: binary}", c.Name)
	}
	if errors.Is(problem, errZoned) {
		e.Fix = fmt.Sprintf("say in the source file that the column has a zone, types: {%s: timestamptz}; text without an offset is then UTC", c.Name)
	}
	return e
}
