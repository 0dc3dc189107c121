package schema

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/extensions"
	"github.com/apache/iceberg-go"
)

// FromArrow maps an Arrow type to the Iceberg type that holds its values exactly: unsigned integers widen, large and view
// variants are their plain forms, binary of a fixed length is binary (Iceberg's fixed is not written), dictionaries their
// values. Time stamps of nanoseconds become
// microseconds, which fails at the write when a value is finer. Errors wrap [ErrType].
func FromArrow(t arrow.DataType) (iceberg.Type, error) {
	switch t := t.(type) {
	case *arrow.Decimal32Type:
		return arrowDecimal(t)
	case *arrow.Decimal64Type:
		return arrowDecimal(t)
	case *arrow.Decimal128Type:
		return arrowDecimal(t)
	case *arrow.Decimal256Type:
		return arrowDecimal(t)
	case *arrow.TimestampType:
		if t.TimeZone != "" {
			return iceberg.PrimitiveTypes.TimestampTz, nil
		}
		return iceberg.PrimitiveTypes.Timestamp, nil
	case *extensions.UUIDType:
		return iceberg.PrimitiveTypes.UUID, nil
	case arrow.ExtensionType:
		return FromArrow(t.StorageType())
	case *arrow.DictionaryType:
		return FromArrow(t.ValueType)
	case *arrow.StructType:
		return arrowStruct(t)
	case *arrow.MapType:
		key, err := FromArrow(t.KeyType())
		if err != nil {
			return nil, err
		}
		value, err := FromArrow(t.ItemType())
		if err != nil {
			return nil, err
		}
		return &iceberg.MapType{KeyType: key, ValueType: value}, nil
	case arrow.ListLikeType:
		element, err := FromArrow(t.Elem())
		if err != nil {
			return nil, err
		}
		return &iceberg.ListType{Element: element}, nil
	}
	return arrowScalar(t)
}

func arrowScalar(t arrow.DataType) (iceberg.Type, error) {
	switch t.ID() {
	case arrow.NULL, arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW:
		return iceberg.PrimitiveTypes.String, nil
	case arrow.BOOL:
		return iceberg.PrimitiveTypes.Bool, nil
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.UINT8, arrow.UINT16:
		return iceberg.PrimitiveTypes.Int32, nil
	case arrow.INT64, arrow.UINT32:
		return iceberg.PrimitiveTypes.Int64, nil
	case arrow.UINT64:
		return iceberg.DecimalTypeOf(20, 0), nil
	case arrow.FLOAT16, arrow.FLOAT32:
		return iceberg.PrimitiveTypes.Float32, nil
	case arrow.FLOAT64:
		return iceberg.PrimitiveTypes.Float64, nil
	case arrow.DATE32, arrow.DATE64:
		return iceberg.PrimitiveTypes.Date, nil
	case arrow.TIME32, arrow.TIME64:
		return iceberg.PrimitiveTypes.Time, nil
	case arrow.BINARY, arrow.LARGE_BINARY, arrow.BINARY_VIEW, arrow.FIXED_SIZE_BINARY:
		return iceberg.PrimitiveTypes.Binary, nil
	}
	return nil, fmt.Errorf("%w: Arrow type %s", ErrType, t)
}

func arrowDecimal(t arrow.DecimalType) (iceberg.Type, error) {
	precision, scale := int(t.GetPrecision()), int(t.GetScale())
	if precision > 38 || scale < 0 || scale > precision {
		return nil, fmt.Errorf("%w: Arrow type %s: at most 38 digits, with a scale of 0 or more", ErrType, t)
	}
	return iceberg.DecimalTypeOf(precision, scale), nil
}

func arrowStruct(t *arrow.StructType) (iceberg.Type, error) {
	fields := make([]iceberg.NestedField, t.NumFields())
	for i, f := range t.Fields() {
		typ, err := FromArrow(f.Type)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", f.Name, err)
		}
		fields[i] = iceberg.NestedField{Name: f.Name, Type: typ}
	}
	return &iceberg.StructType{FieldList: fields}, nil
}

// ToArrow is the Arrow type connectors build rows of t in, and DuckDB reads without loss: decimals are
// Decimal128, times and timestamps microseconds, timestamptz is in UTC, uuid the canonical extension over 16 bytes.
func ToArrow(t iceberg.Type) (arrow.DataType, error) {
	switch t := t.(type) {
	case iceberg.BooleanType:
		return arrow.FixedWidthTypes.Boolean, nil
	case iceberg.Int32Type:
		return arrow.PrimitiveTypes.Int32, nil
	case iceberg.Int64Type:
		return arrow.PrimitiveTypes.Int64, nil
	case iceberg.Float32Type:
		return arrow.PrimitiveTypes.Float32, nil
	case iceberg.Float64Type:
		return arrow.PrimitiveTypes.Float64, nil
	case iceberg.DecimalType:
		return &arrow.Decimal128Type{Precision: int32(t.Precision()), Scale: int32(t.Scale())}, nil
	case iceberg.DateType:
		return arrow.FixedWidthTypes.Date32, nil
	case iceberg.TimeType:
		return arrow.FixedWidthTypes.Time64us, nil
	case iceberg.TimestampType:
		return &arrow.TimestampType{Unit: arrow.Microsecond}, nil
	case iceberg.TimestampTzType:
		return arrow.FixedWidthTypes.Timestamp_us, nil
	case iceberg.StringType:
		return arrow.BinaryTypes.String, nil
	case iceberg.BinaryType:
		return arrow.BinaryTypes.Binary, nil
	case iceberg.FixedType:
		return &arrow.FixedSizeBinaryType{ByteWidth: t.Len()}, nil
	case iceberg.UUIDType:
		return extensions.NewUUIDType(), nil
	case *iceberg.ListType:
		element, err := ToArrow(t.Element)
		if err != nil {
			return nil, err
		}
		return arrow.ListOf(element), nil
	case *iceberg.MapType:
		key, err := ToArrow(t.KeyType)
		if err != nil {
			return nil, err
		}
		value, err := ToArrow(t.ValueType)
		if err != nil {
			return nil, err
		}
		return arrow.MapOf(key, value), nil
	case *iceberg.StructType:
		fields := make([]arrow.Field, len(t.FieldList))
		for i, f := range t.FieldList {
			typ, err := ToArrow(f.Type)
			if err != nil {
				return nil, fmt.Errorf("field %q: %w", f.Name, err)
			}
			fields[i] = arrow.Field{Name: f.Name, Type: typ, Nullable: true}
		}
		return arrow.StructOf(fields...), nil
	}
	return nil, fmt.Errorf("%w: %s has no Arrow form here", ErrType, t)
}

// ArrowSchema is the Arrow schema of a reader over columns. Every field is nullable: whether a column may
// hold NULL is checked where rows are written.
func ArrowSchema(columns []Column) (*arrow.Schema, error) {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		t, err := ToArrow(c.Type)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", c.Name, err)
		}
		fields[i] = arrow.Field{Name: c.Name, Type: t, Nullable: true}
	}
	return arrow.NewSchema(fields, nil), nil
}
