//go:build duckdb_arrow

package engine

// #include <stdlib.h>
import "C"

import (
	"context"
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/cdata"
	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// RegisterReader makes the rows of reader readable as a view of the given name, by every connection of the
// engine, once. The caller keeps its own reference to reader and must call release when no
// statement reads the view any more; release drops the view. An error of the reader fails the
// statement that reads it.
func (c *Conn) RegisterReader(name string, reader array.RecordReader) (release func(), err error) {
	stream := C.calloc(1, C.size_t(unsafe.Sizeof(cdata.CArrowArrayStream{})))
	cdata.ExportRecordReader(reader, (*cdata.CArrowArrayStream)(stream))
	free := func() {
		cdata.ReleaseCArrowArrayStream((*cdata.CArrowArrayStream)(stream))
		C.free(stream)
	}
	if duckdb.ArrowScan(c.conn, name, duckdb.ArrowStream{Ptr: stream}) == duckdb.StateError {
		free()
		return nil, fmt.Errorf("register Arrow reader %s: DuckDB refused its schema %s", name, reader.Schema())
	}
	return func() {
		// The view holds a raw pointer to the stream: it goes first.
		_ = c.Exec(context.Background(), "DROP VIEW IF EXISTS "+QuoteIdent(name))
		free()
	}, nil
}
