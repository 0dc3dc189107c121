package pyiceberg

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Rows are rows of a script, as cells.py prints them. A cell is null, text, or a list or object of cells. Dates are
// days, times and timestamps microseconds since 1970, and those with a time zone end in Z; a map is a list of [key, value].
type Rows []json.RawMessage

// Sorted are the rows as text, one line each.
func (r Rows) Sorted() ([]string, error) {
	lines := make([]string, len(r))
	for i, row := range r {
		var cells []any
		if err := json.Unmarshal(row, &cells); err != nil {
			return nil, err
		}
		line, err := json.Marshal(cells) // in Go's way of writing JSON
		if err != nil {
			return nil, err
		}
		lines[i] = string(line)
	}
	slices.Sort(lines)
	return lines, nil
}

// ReadRows are the rows of a reader in the form of [Rows.Sorted].
func ReadRows(reader array.RecordReader) ([]string, error) {
	var lines []string
	for reader.Next() {
		batch := reader.RecordBatch()
		for i := range int(batch.NumRows()) {
			row := make([]any, batch.NumCols())
			for j, column := range batch.Columns() {
				var err error
				if row[j], err = cell(column, i); err != nil {
					return nil, fmt.Errorf("column %s: %w", batch.ColumnName(j), err)
				}
			}
			line, err := json.Marshal(row)
			if err != nil {
				return nil, err
			}
			lines = append(lines, string(line))
		}
	}
	slices.Sort(lines)
	return lines, reader.Err()
}

// cell is a value as cells.py prints it.
func cell(column arrow.Array, i int) (any, error) {
	if column.IsNull(i) {
		return nil, nil
	}
	switch c := column.(type) {
	case *array.Float32:
		return float(float64(c.Value(i))), nil
	case *array.Float64:
		return float(c.Value(i)), nil
	case *array.Decimal128:
		return c.Value(i).ToString(c.DataType().(*arrow.Decimal128Type).Scale), nil
	case *array.Date32:
		return strconv.Itoa(int(c.Value(i))), nil
	case *array.Time64:
		return strconv.FormatInt(int64(c.Value(i)), 10), nil
	case *array.Timestamp:
		text := strconv.FormatInt(int64(c.Value(i)), 10)
		if c.DataType().(*arrow.TimestampType).TimeZone != "" {
			text += "Z"
		}
		return text, nil
	case *array.Binary:
		return hex.EncodeToString(c.Value(i)), nil
	case *array.Boolean, *array.Int32, *array.Int64, *array.String:
		return strings.Clone(column.ValueStr(i)), nil // the batch's memory ends with it
	case *array.Map:
		return entries(c, i)
	case *array.List:
		start, end := c.ValueOffsets(i)
		return elements(c.ListValues(), start, end)
	case *array.Struct:
		fields := map[string]any{}
		for j, f := range c.DataType().(*arrow.StructType).Fields() {
			var err error
			if fields[f.Name], err = cell(c.Field(j), i); err != nil {
				return nil, err
			}
		}
		return fields, nil
	}
	return nil, fmt.Errorf("values of type %s have no form as a cell", column.DataType())
}

func elements(values arrow.Array, start, end int64) ([]any, error) {
	list := make([]any, 0, end-start)
	for j := start; j < end; j++ {
		element, err := cell(values, int(j))
		if err != nil {
			return nil, err
		}
		list = append(list, element)
	}
	return list, nil
}

func entries(m *array.Map, i int) ([]any, error) {
	start, end := m.ValueOffsets(i)
	keys, err := elements(m.Keys(), start, end)
	if err != nil {
		return nil, err
	}
	values, err := elements(m.Items(), start, end)
	for j := range keys {
		if err == nil {
			keys[j] = []any{keys[j], values[j]}
		}
	}
	return keys, err
}

// float is a number as C's %.17g prints it.
func float(v float64) string {
	switch {
	case math.IsNaN(v):
		return "nan"
	case math.IsInf(v, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(v, 'g', -1, 64), "+"))
	}
	return strconv.FormatFloat(v, 'g', 17, 64)
}
