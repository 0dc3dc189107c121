// Package sourcetest is the suite that every connector passes: what [source.Source] promises, tried
// on a real system of each kind.
package sourcetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/source"
)

// Copy is everything that one read yielded.
type Copy struct {
	Columns   []schema.Column
	Rows      [][]string // values as text, "NULL" for NULL, in the order they came
	Position  []byte
	Unchanged bool
	Replayed  bool
}

// Read reads a table to its end and fails t when that is not possible or when the batches do not have the columns announced.
func Read(t testing.TB, src source.Source, req source.Request) Copy {
	t.Helper()
	c, err := TryRead(t, src, req)
	if err != nil {
		t.Fatalf("read %s: %v", req.Table, err)
	}
	return c
}

// TryRead is Read for a copy that may fail.
func TryRead(t testing.TB, src source.Source, req source.Request) (Copy, error) {
	t.Helper()
	batch, err := src.Read(t.Context(), req)
	if err != nil {
		return Copy{}, err
	}
	c := Copy{Columns: batch.Columns, Unchanged: batch.Unchanged, Replayed: batch.Replayed}
	if batch.Unchanged {
		if batch.Rows != nil {
			t.Errorf("read %s: an unchanged table has rows", req.Table)
		}
		c.Position = req.After
		return c, nil
	}
	defer batch.Rows.Release()
	want, err := schema.ArrowSchema(batch.Columns)
	if err != nil {
		t.Fatalf("read %s: columns: %v", req.Table, err)
	}
	checkSchema(t, req.Table, batch.Rows.Schema(), want)
	if _, err := batch.Position(); err == nil {
		t.Errorf("read %s: a position before the last row", req.Table)
	}
	for batch.Rows.Next() {
		record := batch.Rows.RecordBatch()
		checkSchema(t, req.Table, record.Schema(), want)
		c.Rows = append(c.Rows, Texts(record)...)
	}
	if err := batch.Rows.Err(); err != nil {
		return Copy{}, err
	}
	if c.Position, err = batch.Position(); err != nil {
		t.Fatalf("read %s: position: %v", req.Table, err)
	}
	return c, nil
}

func checkSchema(t testing.TB, table string, got, want *arrow.Schema) {
	t.Helper()
	if got.NumFields() != want.NumFields() {
		t.Fatalf("read %s: batches have schema %s, columns say %s", table, got, want)
	}
	for i, f := range want.Fields() {
		if g := got.Field(i); g.Name != f.Name || !arrow.TypeEqual(g.Type, f.Type) {
			t.Fatalf("read %s: batches have column %s %s, columns say %s %s", table, g.Name, g.Type, f.Name, f.Type)
		}
	}
}

// Texts renders a record batch.
func Texts(record arrow.RecordBatch) [][]string {
	rows := make([][]string, record.NumRows())
	for i := range rows {
		row := make([]string, record.NumCols())
		for j, column := range record.Columns() {
			row[j] = text(column, i)
		}
		rows[i] = row
	}
	return rows
}

func text(column arrow.Array, i int) string {
	if column.IsNull(i) {
		return "NULL"
	}
	switch c := column.(type) {
	case *array.Binary:
		return fmt.Sprintf("\\x%x", c.Value(i))
	case *array.Decimal128:
		return c.Value(i).ToString(c.DataType().(*arrow.Decimal128Type).Scale)
	case *array.Timestamp:
		layout := "2006-01-02 15:04:05.999999"
		if c.DataType().(*arrow.TimestampType).TimeZone != "" {
			layout += "Z"
		}
		return c.Value(i).ToTime(arrow.Microsecond).Format(layout)
	case *array.List:
		start, end := c.ValueOffsets(i)
		var parts []string
		for k := start; k < end; k++ {
			parts = append(parts, text(c.ListValues(), int(k)))
		}
		return "[" + strings.Join(parts, " ") + "]"
	}
	// Values may live in memory that goes with the batch.
	return strings.Clone(column.ValueStr(i))
}

// Sorted returns rows in the order of their text.
func Sorted(rows [][]string) [][]string {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, slices.Compare)
	return rows
}

// Column returns the values of one column.
func (c Copy) Column(name string) []string {
	at := slices.IndexFunc(c.Columns, func(c schema.Column) bool { return c.Name == name })
	var values []string
	for _, row := range c.Rows {
		values = append(values, row[at])
	}
	return values
}

// Types renders the columns: "id long, name string".
func (c Copy) Types() string { return types(c.Columns) }

func types(columns []schema.Column) string {
	var parts []string
	for _, c := range columns {
		parts = append(parts, c.Name+" "+c.Type.String())
	}
	return strings.Join(parts, ", ")
}
