package render

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

func writeCSV(w io.Writer, reader array.RecordReader) (int64, error) {
	out := bufio.NewWriterSize(w, writeBuffer)
	var line []byte
	for i, field := range reader.Schema().Fields() {
		if i > 0 {
			line = append(line, ',')
		}
		line = appendField(line, []byte(field.Name))
	}
	if _, err := out.Write(append(line, '\n')); err != nil {
		return 0, fmt.Errorf("write CSV: %w", err)
	}
	var rows int64
	var value []byte
	for reader.Next() {
		batch := reader.RecordBatch()
		cells := batchCells(batch, textCells)
		for row := range int(batch.NumRows()) {
			line = line[:0]
			for c, cell := range cells {
				if c > 0 {
					line = append(line, ',')
				}
				if batch.Column(c).IsNull(row) {
					if len(cells) == 1 {
						line = append(line, `""`...)
					}
					continue
				}
				value = cell(value[:0], row)
				line = appendField(line, value)
			}
			if _, err := out.Write(append(line, '\n')); err != nil {
				return rows, fmt.Errorf("write CSV: %w", err)
			}
			rows++
		}
	}
	if err := reader.Err(); err != nil {
		return rows, err
	}
	if err := out.Flush(); err != nil {
		return rows, fmt.Errorf("write CSV: %w", err)
	}
	return rows, nil
}

// textCells returns an appender of plain text; nested values are JSON.
func textCells(arr arrow.Array) cellFunc {
	if cells, _ := scalarCells(arr, plain); cells != nil {
		return cells
	}
	return jsonValues(arr)
}

func appendField(dst, value []byte) []byte {
	quote := len(value) == 0 || bytes.ContainsAny(value, "\",\r\n") ||
		value[0] == ' ' || value[len(value)-1] == ' '
	if !quote {
		return append(dst, value...)
	}
	dst = append(dst, '"')
	for _, b := range value {
		if b == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, b)
	}
	return append(dst, '"')
}
