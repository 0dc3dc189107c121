package ingest

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/hosu-io/hosu/internal/project"
)

// rowReader passes on the rows of a source. It refuses rows without a key, which could never be found again, and
// remembers why it ended: on the way through a sink's engine an error becomes a text.
type rowReader struct {
	array.RecordReader
	table *project.SourceTable
	names []string
	index []int // of the key columns
	rows  int64 // in earlier batches
	err   error
}

func newRowReader(rows array.RecordReader, key []string, t *project.SourceTable) *rowReader {
	r := &rowReader{RecordReader: rows, table: t}
	for _, name := range key {
		for _, i := range rows.Schema().FieldIndices(name) {
			r.names, r.index = append(r.names, name), append(r.index, i)
		}
	}
	return r
}

func (r *rowReader) Next() bool {
	if r.err != nil {
		return false
	}
	if !r.RecordReader.Next() {
		r.err = r.RecordReader.Err()
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

// Err is why Next returned false; nil at the end of the rows.
func (r *rowReader) Err() error { return r.err }
