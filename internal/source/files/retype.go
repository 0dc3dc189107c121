package files

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// retype gives a batch of DuckDB's the types that the columns announce: the same bytes under another name (a time zone, 16 bytes as a UUID).
func retype(batch arrow.RecordBatch, s *arrow.Schema) (arrow.RecordBatch, error) {
	columns := make([]arrow.Array, s.NumFields())
	defer func() {
		for _, c := range columns {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i, f := range s.Fields() {
		column, err := retypeArray(batch.Column(i), f.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", f.Name, err)
		}
		columns[i] = column
	}
	return array.NewRecordBatch(s, columns, batch.NumRows()), nil
}

func retypeArray(column arrow.Array, to arrow.DataType) (arrow.Array, error) {
	if arrow.TypeEqual(column.DataType(), to) {
		column.Retain()
		return column, nil
	}
	if bytes, ok := column.(*array.Binary); ok && to.ID() == arrow.EXTENSION {
		return fixedUUIDs(bytes, to)
	}
	data, err := retypeData(column.Data(), to)
	if err != nil {
		return nil, err
	}
	defer data.Release()
	return array.MakeFromData(data), nil
}

// retypeData renames the type of data whose layout is the same.
func retypeData(data arrow.ArrayData, to arrow.DataType) (arrow.ArrayData, error) {
	from := data.DataType()
	if from.ID() == to.ID() && !isNested(to) {
		return array.NewData(to, data.Len(), data.Buffers(), nil, data.NullN(), data.Offset()), nil
	}
	nestedTo, ok := to.(arrow.NestedType)
	if !ok || from.ID() != to.ID() || len(nestedTo.Fields()) != len(data.Children()) {
		return nil, fmt.Errorf("%s arrived instead of %s", from, to)
	}
	children := make([]arrow.ArrayData, len(data.Children()))
	for i, child := range data.Children() {
		renamed, err := retypeData(child, nestedTo.Fields()[i].Type)
		if err != nil {
			return nil, err
		}
		defer renamed.Release()
		children[i] = renamed
	}
	return array.NewData(to, data.Len(), data.Buffers(), children, data.NullN(), data.Offset()), nil
}

func isNested(t arrow.DataType) bool {
	_, ok := t.(arrow.NestedType)
	return ok
}

// fixedUUIDs makes values of 16 bytes into UUIDs.
func fixedUUIDs(bytes *array.Binary, to arrow.DataType) (arrow.Array, error) {
	storage := array.NewFixedSizeBinaryBuilder(memory.DefaultAllocator, &arrow.FixedSizeBinaryType{ByteWidth: 16})
	defer storage.Release()
	storage.Reserve(bytes.Len())
	for i := range bytes.Len() {
		if bytes.IsNull(i) {
			storage.AppendNull()
			continue
		}
		if len(bytes.Value(i)) != 16 {
			return nil, fmt.Errorf("%d bytes arrived instead of a UUID", len(bytes.Value(i)))
		}
		storage.Append(bytes.Value(i))
	}
	values := storage.NewArray()
	defer values.Release()
	return array.NewExtensionArrayWithStorage(to.(arrow.ExtensionType), values), nil
}
