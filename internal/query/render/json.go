package render

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// writeBuffer is the size of writes to the destination.
const writeBuffer = 64 << 10

func writeJSON(w io.Writer, reader array.RecordReader) (int64, error) {
	out := bufio.NewWriterSize(w, writeBuffer)
	var keys [][]byte
	for _, name := range distinctNames(reader.Schema()) {
		keys = append(keys, append(appendJSONString(nil, name), ':'))
	}
	var rows int64
	var line []byte
	if err := out.WriteByte('['); err != nil {
		return 0, fmt.Errorf("write JSON: %w", err)
	}
	for reader.Next() {
		batch := reader.RecordBatch()
		cells := batchCells(batch, jsonCells)
		for row := range int(batch.NumRows()) {
			line = line[:0]
			if rows > 0 {
				line = append(line, ',')
			}
			line = append(line, '\n', '{')
			for c, cell := range cells {
				if c > 0 {
					line = append(line, ',')
				}
				line = cell(append(line, keys[c]...), row)
			}
			line = append(line, '}')
			if _, err := out.Write(line); err != nil {
				return rows, fmt.Errorf("write JSON: %w", err)
			}
			rows++
		}
	}
	if err := reader.Err(); err != nil {
		return rows, err
	}
	end := "]\n"
	if rows > 0 {
		end = "\n]\n"
	}
	if _, err := out.WriteString(end); err != nil {
		return rows, fmt.Errorf("write JSON: %w", err)
	}
	if err := out.Flush(); err != nil {
		return rows, fmt.Errorf("write JSON: %w", err)
	}
	return rows, nil
}

// distinctNames are the names of columns with a number behind those that occur a second time.
func distinctNames(schema *arrow.Schema) []string {
	taken := map[string]bool{}
	for _, field := range schema.Fields() {
		taken[field.Name] = true
	}
	names := make([]string, schema.NumFields())
	seen := map[string]bool{}
	for i, field := range schema.Fields() {
		names[i] = field.Name
		for n := 1; seen[names[i]] || names[i] != field.Name && taken[names[i]]; n++ {
			names[i] = fmt.Sprintf("%s_%d", field.Name, n)
		}
		seen[names[i]] = true
	}
	return names
}

// JSONRow returns an appender of the rows of a batch as JSON arrays, in column order, with values as [Write] spells them in JSON.
func JSONRow(batch arrow.RecordBatch) func(dst []byte, row int) []byte {
	cells := batchCells(batch, jsonCells)
	return func(dst []byte, row int) []byte {
		dst = append(dst, '[')
		for c, cell := range cells {
			if c > 0 {
				dst = append(dst, ',')
			}
			dst = cell(dst, row)
		}
		return append(dst, ']')
	}
}

// jsonCells returns an appender of JSON values, which also writes null.
func jsonCells(arr arrow.Array) cellFunc {
	value := jsonValues(arr)
	return func(dst []byte, row int) []byte {
		if arr.IsNull(row) {
			return append(dst, "null"...)
		}
		return value(dst, row)
	}
}

func jsonValues(arr arrow.Array) cellFunc {
	if cells, of := scalarCells(arr, iso); cells != nil {
		if of != text {
			return cells
		}
		var scratch []byte
		return func(dst []byte, row int) []byte {
			scratch = cells(scratch[:0], row)
			return appendJSONString(dst, string(scratch))
		}
	}
	switch a := arr.(type) {
	case *array.Struct:
		return structValues(a)
	case *array.Map: // before ListLike, which it also is
		return mapValues(a)
	case array.ListLike:
		items := jsonCells(a.ListValues())
		return func(dst []byte, row int) []byte {
			start, end := a.ValueOffsets(row)
			dst = append(dst, '[')
			for i := start; i < end; i++ {
				if i > start {
					dst = append(dst, ',')
				}
				dst = items(dst, int(i))
			}
			return append(dst, ']')
		}
	case *array.Dictionary:
		values := jsonCells(a.Dictionary())
		return func(dst []byte, row int) []byte { return values(dst, a.GetValueIndex(row)) }
	case array.ExtensionArray:
		return jsonValues(a.Storage())
	case array.Union:
		return unionValues(a)
	default:
		return func(dst []byte, row int) []byte { return appendJSONString(dst, arr.ValueStr(row)) }
	}
}

func structValues(a *array.Struct) cellFunc {
	typ := a.DataType().(*arrow.StructType)
	keys := make([][]byte, a.NumField())
	fields := make([]cellFunc, a.NumField())
	for i := range fields {
		keys[i] = append(appendJSONString(nil, typ.Field(i).Name), ':')
		fields[i] = jsonCells(a.Field(i))
	}
	return func(dst []byte, row int) []byte {
		dst = append(dst, '{')
		for i, field := range fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = field(append(dst, keys[i]...), row)
		}
		return append(dst, '}')
	}
}

func mapValues(a *array.Map) cellFunc {
	keys, items := jsonCells(a.Keys()), jsonCells(a.Items())
	_, keyKind := scalarCells(a.Keys(), iso)
	object := keyKind == text
	return func(dst []byte, row int) []byte {
		start, end := a.ValueOffsets(row)
		dst = append(dst, open(object))
		for i := start; i < end; i++ {
			if i > start {
				dst = append(dst, ',')
			}
			if object {
				dst = append(keys(dst, int(i)), ':')
				dst = items(dst, int(i))
				continue
			}
			dst = keys(append(dst, `{"key":`...), int(i))
			dst = items(append(dst, `,"value":`...), int(i))
			dst = append(dst, '}')
		}
		return append(dst, open(object)+2) // '}' and ']' are two behind '{' and '['
	}
}

func open(object bool) byte {
	if object {
		return '{'
	}
	return '['
}

func unionValues(a array.Union) cellFunc {
	children := make([]cellFunc, a.NumFields())
	for i := range children {
		children[i] = jsonCells(a.Field(i))
	}
	dense, _ := a.(*array.DenseUnion)
	return func(dst []byte, row int) []byte {
		at := row
		if dense != nil {
			at = int(dense.ValueOffset(row))
		}
		return children[a.ChildID(row)](dst, at)
	}
}

// appendJSONString quotes s as RFC 8259 has it, leaving every printable character as it is.
func appendJSONString(dst []byte, s string) []byte {
	simple := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == 0x7f {
			simple = false
			break
		}
	}
	if simple && utf8.ValidString(s) {
		dst = append(dst, '"')
		dst = append(dst, s...)
		return append(dst, '"')
	}
	quoted, err := json.Marshal(s) // cannot fail for a string
	if err != nil {
		return append(dst, `""`...)
	}
	return append(dst, quoted...)
}
