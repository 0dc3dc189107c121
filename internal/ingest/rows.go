package ingest

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/hosu-io/hosu/internal/project"
)

// keyReader refuses rows without a key: they could never be found again.
type keyReader struct {
	array.RecordReader
	table *project.SourceTable
	names []string
	index []int // of the key columns
	rows  int64 // in earlier batches
	err   error
}

func newKeyReader(rows array.RecordReader, key []string, t *project.SourceTable) *keyReader {
	r := &keyReader{RecordReader: rows, table: t}
	for _, name := range key {
		for _, i := range rows.Schema().FieldIndices(name) {
			r.names, r.index = append(r.names, name), append(r.index, i)
		}
	}
	return r
}

func (r *keyReader) Next() bool {
	if r.err != nil || !r.RecordReader.Next() {
		return false
	}
	batch := r.RecordBatch()
	for k, i := range r.index {
		column := batch.Column(i)
		if column.NullN() == 0 {
			continue
		}
		row := 0
		for row < column.Len() && column.IsValid(row) {
			row++
		}
		r.err = &settingError{
			pos: place(r.table.KeyPos, r.table.Pos),
			message: fmt.Sprintf("key column %q is NULL in row %d of what was read, and rows are merged by it"+
				"; choose columns that are never NULL", r.names[k], r.rows+int64(row)+1),
		}
		return false
	}
	r.rows += batch.NumRows()
	return true
}

func (r *keyReader) Err() error {
	if r.err != nil {
		return r.err
	}
	return r.RecordReader.Err()
}
