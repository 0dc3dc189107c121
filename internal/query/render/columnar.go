package render

import (
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// rowGroupRows is the number of rows in a Parquet row group, DuckDB's default.
const rowGroupRows = 122_880

func writeParquet(w io.Writer, reader array.RecordReader) (rows int64, err error) {
	for _, field := range reader.Schema().Fields() {
		if field.Type.ID() == arrow.INTERVAL_MONTH_DAY_NANO {
			return 0, fmt.Errorf("write Parquet: column %q is an interval, which Parquet readers do not share: cast it to varchar", field.Name)
		}
	}
	props := parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Zstd), parquet.WithMaxRowGroupLength(rowGroupRows))
	// The wrapper keeps the writer from closing w, which belongs to the caller.
	out, err := pqarrow.NewFileWriter(reader.Schema(), struct{ io.Writer }{w}, props,
		pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		return 0, fmt.Errorf("write Parquet: %w", err)
	}
	for reader.Next() {
		batch := reader.RecordBatch()
		if err := out.WriteBuffered(batch); err != nil {
			return rows, fmt.Errorf("write Parquet: %w", err)
		}
		rows += batch.NumRows()
	}
	if err := reader.Err(); err != nil {
		return rows, err
	}
	if err := out.Close(); err != nil {
		return rows, fmt.Errorf("write Parquet: %w", err)
	}
	return rows, nil
}

func writeArrow(w io.Writer, reader array.RecordReader) (int64, error) {
	out := ipc.NewWriter(w, ipc.WithSchema(reader.Schema()))
	var rows int64
	for reader.Next() {
		batch := reader.RecordBatch()
		if err := out.Write(batch); err != nil {
			return rows, fmt.Errorf("write Arrow stream: %w", err)
		}
		rows += batch.NumRows()
	}
	if err := reader.Err(); err != nil {
		return rows, err
	}
	if err := out.Close(); err != nil {
		return rows, fmt.Errorf("write Arrow stream: %w", err)
	}
	return rows, nil
}
