package postgres

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/source"
)

// copySignature begins a binary COPY; flags and the length of a header extension follow, 32 bits each.
const copySignature = "PGCOPY\n\xff\r\n\x00"

// copyReader is the io.Writer that a binary COPY is written to: it decodes tuples straight into Arrow
// builders and yields full batches.
type copyReader struct {
	table     *table
	batch     *array.RecordBuilder
	decoders  []decoder
	yield     func(arrow.RecordBatch) error
	rest      []byte   // an incomplete tuple, when the network cut one
	fields    [][]byte // of the current tuple; nil is NULL
	rows      int      // in the batch
	bytes     int      // of the batch, as sent
	total     int64
	failed    error // what Write returned
	started   bool
	ended     bool
	batchRows int
}

func newCopyReader(t *table, yield func(arrow.RecordBatch) error) (*copyReader, error) {
	r := &copyReader{
		table:    t,
		batch:    array.NewRecordBuilder(memory.DefaultAllocator, t.arrow),
		yield:    yield,
		fields:   make([][]byte, len(t.columns)),
		decoders: make([]decoder, len(t.columns)),
		// A batch of a very wide table has fewer rows: the space of all its rows is reserved at once.
		batchRows: max(1024, min(source.BatchRows, 1<<20/len(t.columns))),
	}
	for i, c := range t.columns {
		d, err := newDecoder(r.batch.Field(i), c.Type, c.wire, t.checkText)
		if err != nil {
			r.batch.Release()
			return nil, fmt.Errorf("table %s, column %s: %w", t.name, c.Name, err)
		}
		d.reserve(r.batchRows)
		r.decoders[i] = d
	}
	return r, nil
}

// Write decodes the tuples in p. The server sends one in each message, but that is no rule.
func (r *copyReader) Write(p []byte) (int, error) {
	if r.failed = r.decode(p); r.failed != nil {
		return 0, r.failed
	}
	return len(p), nil
}

func (r *copyReader) decode(p []byte) error {
	data := p
	if len(r.rest) > 0 {
		r.rest = append(r.rest, p...)
		data = r.rest
	}
	if !r.started {
		n, err := header(data)
		if err != nil {
			return fmt.Errorf("copy table %s: %w", r.table.name, err)
		}
		if n == 0 {
			r.rest = append(r.rest[:0], data...)
			return nil
		}
		data, r.started = data[n:], true
	}
	for len(data) > 0 && !r.ended {
		n, err := r.tuple(data)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		data = data[n:]
	}
	r.rest = append(r.rest[:0], data...)
	return nil
}

// header returns the length of the stream's header, 0 when more bytes are needed.
func header(b []byte) (int, error) {
	const head = len(copySignature) + 8
	if len(b) < head {
		return 0, nil
	}
	if !bytes.HasPrefix(b, []byte(copySignature)) {
		return 0, errMalformed
	}
	n := head + int(binary.BigEndian.Uint32(b[head-4:]))
	if len(b) < n {
		return 0, nil
	}
	return n, nil
}

// tuple decodes the tuple that b begins with and returns its length, 0 when more bytes are needed.
func (r *copyReader) tuple(b []byte) (int, error) {
	if len(b) < 2 {
		return 0, nil
	}
	count := int(int16(binary.BigEndian.Uint16(b)))
	if count == -1 {
		r.ended = true
		return 2, nil
	}
	if count != len(r.fields) {
		return 0, fmt.Errorf("copy table %s: a row has %d columns instead of %d: %w", r.table.name, count, len(r.fields), errMalformed)
	}
	at := 2
	for i := range r.fields {
		if len(b) < at+4 {
			return 0, nil
		}
		size := int(int32(binary.BigEndian.Uint32(b[at:])))
		at += 4
		if size < 0 {
			r.fields[i] = nil
			continue
		}
		if len(b) < at+size {
			return 0, nil
		}
		r.fields[i] = b[at : at+size : at+size]
		at += size
	}
	for i, d := range r.decoders {
		v := r.fields[i]
		if v == nil {
			d.null()
			continue
		}
		if err := d.value(v); err != nil {
			return 0, r.valueError(i, err)
		}
	}
	r.rows++
	r.total++
	r.bytes += at
	if r.rows >= r.batchRows || r.bytes >= source.BatchBytes {
		if err := r.flush(); err != nil {
			return 0, err
		}
		for _, d := range r.decoders {
			d.reserve(r.batchRows)
		}
	}
	return at, nil
}

// flush yields the rows gathered so far.
func (r *copyReader) flush() error {
	if r.rows == 0 {
		return nil
	}
	r.rows, r.bytes = 0, 0
	return r.yield(r.batch.NewRecordBatch())
}

// finish yields what is left once the server has said that the copy is complete.
func (r *copyReader) finish() error {
	if !r.ended {
		return fmt.Errorf("%w: copy of table %s ended in the middle", source.ErrUnavailable, r.table.name)
	}
	return r.flush()
}

func (r *copyReader) release() { r.batch.Release() }

// valueError names the row by its key, or by its place in the copy.
func (r *copyReader) valueError(column int, problem error) error {
	c := r.table.columns[column]
	var key []string
	for i, k := range r.table.columns {
		if k.key == 0 {
			continue
		}
		key = append(key, k.Name+"="+render(k.wire.name, r.fields[i]))
	}
	row := strings.Join(key, ", ")
	if row == "" {
		row = fmt.Sprintf("row %d of the copy", r.total+1)
	}
	e := &source.ValueError{
		Table: r.table.name, Column: c.Name, Row: row, Type: c.Type.String(),
		Value: render(c.wire.name, r.fields[column]), Problem: problem.Error(),
	}
	if scale, ok := scaleFor(e.Value); ok && (problem == errDigits || problem == errFraction) {
		e.Fix = fmt.Sprintf("give the column a type that holds it in the source file, for example types: {%s: \"decimal(38,%d)\"} or types: {%[1]s: string}", c.Name, scale)
	}
	return e
}

// scaleFor is the scale of a decimal of 38 digits that holds a number: 18 where there is room. False: none does.
func scaleFor(number string) (scale int, ok bool) {
	whole, fraction, _ := strings.Cut(strings.Trim(number, `-"`), ".")
	whole = strings.TrimLeft(whole, "0")
	if strings.Trim(whole+fraction, "0123456789") != "" || len(whole)+len(fraction) > 38 {
		return 0, false
	}
	return max(len(fraction), min(18, 38-len(whole))), true
}

// render shows a value in a message; "" when its type has no simple text.
func render(wire string, v []byte) string {
	switch {
	case v == nil:
		return "NULL"
	case wire == "int2" && len(v) == 2:
		return strconv.Itoa(int(int16(binary.BigEndian.Uint16(v))))
	case wire == "int4" && len(v) == 4:
		return strconv.Itoa(int(int32(binary.BigEndian.Uint32(v))))
	case wire == "int8" && len(v) == 8:
		return strconv.FormatInt(int64(binary.BigEndian.Uint64(v)), 10)
	case wire == "numeric":
		return numericText(v)
	case wire == "uuid" && len(v) == 16:
		return uuid.UUID(v).String()
	case wire == "text" || wire == "varchar" || wire == "name" || wire == "citext":
		return strconv.Quote(source.Shorten(strings.ToValidUTF8(string(v), "?"), 60))
	case wire == "date" || wire == "timestamp" || wire == "timestamptz":
		return renderTime(v)
	case wire == "time":
		return "24:00:00"
	case wire == "bytea":
		return "\\x" + hex.EncodeToString(v[:min(len(v), 16)])
	}
	return ""
}

// renderTime shows the two values that a date or timestamp has beyond the calendar.
func renderTime(v []byte) string {
	switch {
	case len(v) > 1 && v[0] == 0x7f && v[1] == 0xff && v[len(v)-1] == 0xff:
		return "infinity"
	case len(v) > 1 && v[0] == 0x80 && v[1] == 0 && v[len(v)-1] == 0:
		return "-infinity"
	}
	return ""
}
