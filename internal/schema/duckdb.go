package schema

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/apache/iceberg-go"
)

// ErrType is the parent of the errors about a type that cannot be stored.
var ErrType = errors.New("type cannot be stored in a table")

// scalars are the type names, upper case, of DuckDB, Iceberg and common SQL dialects, without those that take
// arguments or have fields.
var scalars = map[string]iceberg.Type{
	"BOOLEAN": iceberg.PrimitiveTypes.Bool, "BOOL": iceberg.PrimitiveTypes.Bool,
	"LOGICAL": iceberg.PrimitiveTypes.Bool,

	"TINYINT": iceberg.PrimitiveTypes.Int32, "INT1": iceberg.PrimitiveTypes.Int32,
	"SMALLINT": iceberg.PrimitiveTypes.Int32, "INT2": iceberg.PrimitiveTypes.Int32,
	"SHORT": iceberg.PrimitiveTypes.Int32, "INT16": iceberg.PrimitiveTypes.Int32,
	"INTEGER": iceberg.PrimitiveTypes.Int32, "INT": iceberg.PrimitiveTypes.Int32,
	"INT4": iceberg.PrimitiveTypes.Int32, "INT32": iceberg.PrimitiveTypes.Int32,
	"SIGNED": iceberg.PrimitiveTypes.Int32, "INTEGRAL": iceberg.PrimitiveTypes.Int32,
	"UTINYINT": iceberg.PrimitiveTypes.Int32, "UINT8": iceberg.PrimitiveTypes.Int32,
	"USMALLINT": iceberg.PrimitiveTypes.Int32, "UINT16": iceberg.PrimitiveTypes.Int32,

	"UINTEGER": iceberg.PrimitiveTypes.Int64, "UINT32": iceberg.PrimitiveTypes.Int64,
	"BIGINT": iceberg.PrimitiveTypes.Int64, "LONG": iceberg.PrimitiveTypes.Int64,
	"INT8": iceberg.PrimitiveTypes.Int64, "INT64": iceberg.PrimitiveTypes.Int64,
	"OID": iceberg.PrimitiveTypes.Int64,

	"UBIGINT": iceberg.DecimalTypeOf(20, 0), "UINT64": iceberg.DecimalTypeOf(20, 0),
	"HUGEINT": iceberg.DecimalTypeOf(38, 0), "INT128": iceberg.DecimalTypeOf(38, 0),
	"UHUGEINT": iceberg.DecimalTypeOf(38, 0), "UINT128": iceberg.DecimalTypeOf(38, 0),

	"FLOAT": iceberg.PrimitiveTypes.Float32, "REAL": iceberg.PrimitiveTypes.Float32,
	"FLOAT4": iceberg.PrimitiveTypes.Float32,
	"DOUBLE": iceberg.PrimitiveTypes.Float64, "FLOAT8": iceberg.PrimitiveTypes.Float64,
	"DOUBLE PRECISION": iceberg.PrimitiveTypes.Float64,

	"DATE": iceberg.PrimitiveTypes.Date,
	"TIME": iceberg.PrimitiveTypes.Time, "TIME_NS": iceberg.PrimitiveTypes.Time,
	"TIME WITHOUT TIME ZONE": iceberg.PrimitiveTypes.Time,

	"TIMESTAMP": iceberg.PrimitiveTypes.Timestamp, "DATETIME": iceberg.PrimitiveTypes.Timestamp,
	"TIMESTAMP_S": iceberg.PrimitiveTypes.Timestamp, "TIMESTAMP_MS": iceberg.PrimitiveTypes.Timestamp,
	"TIMESTAMP_US": iceberg.PrimitiveTypes.Timestamp, "TIMESTAMP_NS": iceberg.PrimitiveTypes.Timestamp,
	"TIMESTAMP WITHOUT TIME ZONE": iceberg.PrimitiveTypes.Timestamp,
	"TIMESTAMP WITH TIME ZONE":    iceberg.PrimitiveTypes.TimestampTz,
	"TIMESTAMPTZ":                 iceberg.PrimitiveTypes.TimestampTz,

	"VARCHAR": iceberg.PrimitiveTypes.String, "STRING": iceberg.PrimitiveTypes.String,
	"TEXT": iceberg.PrimitiveTypes.String, "CHAR": iceberg.PrimitiveTypes.String,
	"BPCHAR": iceberg.PrimitiveTypes.String, "NVARCHAR": iceberg.PrimitiveTypes.String,
	"CHARACTER VARYING": iceberg.PrimitiveTypes.String, "CHARACTER": iceberg.PrimitiveTypes.String,
	"JSON": iceberg.PrimitiveTypes.String, "ENUM": iceberg.PrimitiveTypes.String,
	"BIT": iceberg.PrimitiveTypes.String, "BITSTRING": iceberg.PrimitiveTypes.String,
	"BIGNUM": iceberg.PrimitiveTypes.String, "VARINT": iceberg.PrimitiveTypes.String,
	"INTERVAL":            iceberg.PrimitiveTypes.String,
	"TIME WITH TIME ZONE": iceberg.PrimitiveTypes.String, "TIMETZ": iceberg.PrimitiveTypes.String,
	"NULL": iceberg.PrimitiveTypes.String,

	"UUID": iceberg.PrimitiveTypes.UUID, "GUID": iceberg.PrimitiveTypes.UUID,
	"BLOB": iceberg.PrimitiveTypes.Binary, "BINARY": iceberg.PrimitiveTypes.Binary,
	"BYTEA": iceberg.PrimitiveTypes.Binary, "VARBINARY": iceberg.PrimitiveTypes.Binary,
}

// refused are types with no Iceberg type that holds their values, and what to write instead.
var refused = map[string]string{
	"UNION":          "take one member with union_extract, or cast it to VARCHAR",
	"VARIANT":        "cast it to JSON or to the type its values have",
	"GEOMETRY":       "cast it to VARCHAR (WKT) or to BLOB (WKB)",
	"TYPE":           "cast it to VARCHAR",
	"TIMESTAMPTZ_NS": "use timestamptz, which holds microseconds",
	"UNKNOWN":        "give the column a type",
}

// FromDuckDB maps the text of a DuckDB type, as typeof and DESCRIBE print it, to the Iceberg type its values are
// stored as, and the DuckDB type to cast them to before they are written. Errors wrap [ErrType].
//
// A plain cast is exact or fails for every pair but those from TIMESTAMP_NS and TIME_NS: use [CastSQL].
func FromDuckDB(text string) (t iceberg.Type, castTo string, err error) {
	expr, err := parseTypeExpr(text)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrType, err)
	}
	t, err = expr.iceberg(text)
	if err != nil {
		return nil, "", err
	}
	return t, DuckDB(t), nil
}

// ParseType reads a type as people write it in workspace files, in DuckDB's or Iceberg's spelling and any case:
// "decimal(18,2)", "bigint", "varchar", "timestamptz", "list<int>", "int[]", "struct<a: int>", "STRUCT(a INT)". Errors wrap [ErrType].
func ParseType(text string) (iceberg.Type, error) {
	expr, err := parseTypeExpr(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrType, err)
	}
	return expr.iceberg(text)
}

func (e typeExpr) iceberg(text string) (iceberg.Type, error) {
	if advice, ok := refused[e.name]; ok {
		return nil, fmt.Errorf("%w: %s: %s", ErrType, text, advice)
	}
	switch e.name {
	case "DECIMAL", "NUMERIC", "DEC":
		return e.decimal(text)
	case "FIXED":
		if len(e.ints) != 1 || e.ints[0] < 1 {
			return nil, fmt.Errorf("%w: %s: want a length, fixed[16]", ErrType, text)
		}
		return iceberg.FixedTypeOf(e.ints[0]), nil
	case "LIST", "ARRAY":
		if len(e.fields) != 1 {
			return nil, fmt.Errorf("%w: %s: want one element type, list<int>", ErrType, text)
		}
		element, err := e.fields[0].typ.iceberg(text)
		if err != nil {
			return nil, err
		}
		return &iceberg.ListType{Element: element}, nil
	case "MAP":
		return e.mapType(text)
	case "STRUCT", "ROW":
		return e.structType(text)
	}
	t, ok := scalars[e.name]
	if !ok || len(e.fields) > 0 {
		return nil, fmt.Errorf("%w: unknown type %s", ErrType, text)
	}
	return t, nil
}

func (e typeExpr) decimal(text string) (iceberg.Type, error) {
	var precision, scale int
	switch len(e.ints) {
	case 1:
		precision = e.ints[0]
	case 2:
		precision, scale = e.ints[0], e.ints[1]
	default:
		return nil, fmt.Errorf("%w: %s: want precision and scale, decimal(18, 2)", ErrType, text)
	}
	if precision < 1 || precision > 38 || scale > precision {
		return nil, fmt.Errorf("%w: %s: precision is 1 to 38 and scale at most the precision", ErrType, text)
	}
	return iceberg.DecimalTypeOf(precision, scale), nil
}

func (e typeExpr) mapType(text string) (iceberg.Type, error) {
	if len(e.fields) != 2 {
		return nil, fmt.Errorf("%w: %s: want key and value types, map<string, int>", ErrType, text)
	}
	key, err := e.fields[0].typ.iceberg(text)
	if err != nil {
		return nil, err
	}
	value, err := e.fields[1].typ.iceberg(text)
	if err != nil {
		return nil, err
	}
	return &iceberg.MapType{KeyType: key, ValueType: value}, nil
}

func (e typeExpr) structType(text string) (iceberg.Type, error) {
	if len(e.fields) == 0 {
		return nil, fmt.Errorf("%w: %s: a struct needs a field, struct<a: int>", ErrType, text)
	}
	fields := make([]iceberg.NestedField, len(e.fields))
	for i, f := range e.fields {
		t, err := f.typ.iceberg(text)
		if err != nil {
			return nil, err
		}
		fields[i] = iceberg.NestedField{Name: f.name, Type: t}
	}
	return &iceberg.StructType{FieldList: fields}, nil
}

// Text spells a type as people read and write it, which [ParseType] reads: without the field ids of a table.
func Text(t iceberg.Type) string {
	switch t := t.(type) {
	case *iceberg.ListType:
		return "list<" + Text(t.Element) + ">"
	case *iceberg.MapType:
		return "map<" + Text(t.KeyType) + ", " + Text(t.ValueType) + ">"
	case *iceberg.StructType:
		parts := make([]string, len(t.FieldList))
		for i, f := range t.FieldList {
			parts[i] = fieldName(f.Name) + ": " + Text(f.Type)
		}
		return "struct<" + strings.Join(parts, ", ") + ">"
	default:
		return t.String()
	}
}

// fieldName quotes the name of a field that is not a plain word.
func fieldName(name string) string {
	for i, r := range name {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return quote(name)
		}
	}
	if name == "" {
		return quote(name)
	}
	return name
}

// DuckDB spells the one DuckDB type whose values are those of t. Struct field names are always quoted.
func DuckDB(t iceberg.Type) string {
	switch t := t.(type) {
	case iceberg.BooleanType:
		return "BOOLEAN"
	case iceberg.Int32Type:
		return "INTEGER"
	case iceberg.Int64Type:
		return "BIGINT"
	case iceberg.Float32Type:
		return "FLOAT"
	case iceberg.Float64Type:
		return "DOUBLE"
	case iceberg.DecimalType:
		return fmt.Sprintf("DECIMAL(%d,%d)", t.Precision(), t.Scale())
	case iceberg.DateType:
		return "DATE"
	case iceberg.TimeType:
		return "TIME"
	case iceberg.TimestampType:
		return "TIMESTAMP"
	case iceberg.TimestampTzType:
		return "TIMESTAMP WITH TIME ZONE"
	case iceberg.TimestampNsType:
		return "TIMESTAMP_NS"
	case iceberg.TimestampTzNsType: // a foreign v3 table: DuckDB reads such Parquet columns in microseconds
		return "TIMESTAMP WITH TIME ZONE"
	case iceberg.UUIDType:
		return "UUID"
	case iceberg.BinaryType, iceberg.FixedType:
		return "BLOB"
	case *iceberg.ListType:
		return DuckDB(t.Element) + "[]"
	case *iceberg.MapType:
		return "MAP(" + DuckDB(t.KeyType) + ", " + DuckDB(t.ValueType) + ")"
	case *iceberg.StructType:
		parts := make([]string, len(t.FieldList))
		for i, f := range t.FieldList {
			parts[i] = quote(f.Name) + " " + DuckDB(f.Type)
		}
		return "STRUCT(" + strings.Join(parts, ", ") + ")"
	default: // string, and Iceberg v3's unknown, which holds only NULL
		return "VARCHAR"
	}
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// CastSQL is the SQL expression that casts expr, of DuckDB type from, to DuckDB type to, and fails where a plain
// cast would lose digits without a word: DuckDB cuts nanoseconds off when it casts to microseconds.
func CastSQL(expr, from, to string) string {
	plain := "CAST(" + expr + " AS " + to + ")"
	if from == to {
		return expr
	}
	if !strings.Contains(from, "TIMESTAMP_NS") && !strings.Contains(from, "TIME_NS") {
		return plain
	}
	// The texts differ exactly when digits were lost. They are compared because TIME does not cast back to TIME_NS.
	return "CASE WHEN CAST(" + plain + " AS VARCHAR) IS DISTINCT FROM CAST(" + expr + " AS VARCHAR)" +
		" THEN error('a value of type " + strings.ReplaceAll(from, "'", "''") +
		" is finer than a microsecond: round it with date_trunc first') ELSE " + plain + " END"
}
