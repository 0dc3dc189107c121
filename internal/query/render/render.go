// Package render writes the rows of a query for a reader outside the program: people (table), spreadsheets
// and scripts (CSV, JSON), and other engines (Parquet, Arrow).
//
// # How values are written
//
//   - CSV follows RFC 4180 with LF line ends. NULL is an empty field and the empty string is "" (two quotes);
//     in a result with one column NULL is "" too, because readers drop empty lines. Dates and
//     timestamps look as DuckDB prints them ("2024-01-05 09:00:00.5", with an offset for timestamps with time zone), decimals
//     keep their scale, blobs are DuckDB's \xNN text, and nested values are JSON.
//   - JSON is one array of objects in column order; of columns with one name the second is "name_1". Integers of any size and decimals are numbers with all their
//     digits: a reader that parses numbers as float64 loses precision beyond 2^53, so such a reader casts
//     to text in SQL. Timestamps are ISO 8601, blobs are base64 (RFC 4648 with padding), lists are arrays, structs and maps with text keys are
//     objects, other maps are arrays of {"key", "value"}, and columns of type JSON are embedded as they are.
//     NaN and the infinities, which JSON lacks, are the strings "NaN", "Infinity" and "-Infinity".
//   - Parquet (zstd) and Arrow (an IPC stream) keep the Arrow types of the result.
package render

import (
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// Format is how rows are written.
type Format string

// The formats.
const (
	Table   Format = "table"
	CSV     Format = "csv"
	JSON    Format = "json"
	Parquet Format = "parquet"
	Arrow   Format = "arrow"
)

// Binary reports whether the format is unfit for a terminal.
func (f Format) Binary() bool { return f == Parquet || f == Arrow }

// Options tune the output of a [Format]; the zero value suits a file.
type Options struct {
	// Width is the terminal's width in cells; a table is cut to it. Zero is unlimited.
	Width int
	// Color lets a table use ANSI attributes (NULL is dimmed).
	Color bool
	// Sample is the number of rows from which a table's column widths are taken before anything is written;
	// zero is 1,000. Rows behind it stream at those widths.
	Sample int
}

// Write writes all rows of reader to w and returns how many there were. It reads to the end or to the first
// error, and leaves releasing the reader to the caller.
func Write(w io.Writer, reader array.RecordReader, format Format, opts Options) (int64, error) {
	switch format {
	case Table:
		return writeTable(w, reader, opts)
	case CSV:
		return writeCSV(w, reader)
	case JSON:
		return writeJSON(w, reader)
	case Parquet:
		return writeParquet(w, reader)
	case Arrow:
		return writeArrow(w, reader)
	default:
		return 0, fmt.Errorf("output format %q is not known", format)
	}
}
