package schema

import (
	"fmt"

	"github.com/apache/iceberg-go"
)

// PostgresType is a column's type as PostgreSQL's catalog describes it, domains replaced by what they are based on.
type PostgresType struct {
	Name string // pg_type.typname: "int4", "_text", "citext"
	Kind byte   // pg_type.typtype: b(ase), c(omposite), e(num), r(ange), m(ultirange)
	Mod  int32  // pg_attribute.atttypmod; -1 when there is none
	// Element is the type of an array's elements; nil for all others.
	Element *PostgresType
	Dims    int // declared dimensions of an array
}

// PostgresNumeric is what a numeric without precision is stored as. A value that does not fit is an error.
var PostgresNumeric = iceberg.DecimalTypeOf(38, 10)

// numericHeader is what PostgreSQL adds to a numeric's type modifier (VARHDRSZ).
const numericHeader = 4

// postgresScalars are the types that are read as they are.
var postgresScalars = map[string]iceberg.Type{
	"bool": iceberg.PrimitiveTypes.Bool,
	"int2": iceberg.PrimitiveTypes.Int32, "int4": iceberg.PrimitiveTypes.Int32,
	"int8": iceberg.PrimitiveTypes.Int64, "oid": iceberg.PrimitiveTypes.Int64,
	"float4": iceberg.PrimitiveTypes.Float32, "float8": iceberg.PrimitiveTypes.Float64,
	"text": iceberg.PrimitiveTypes.String, "varchar": iceberg.PrimitiveTypes.String,
	"name": iceberg.PrimitiveTypes.String, "citext": iceberg.PrimitiveTypes.String,
	"json": iceberg.PrimitiveTypes.String, "jsonb": iceberg.PrimitiveTypes.String,
	"bytea": iceberg.PrimitiveTypes.Binary, "uuid": iceberg.PrimitiveTypes.UUID,
	"date": iceberg.PrimitiveTypes.Date, "time": iceberg.PrimitiveTypes.Time,
	"timestamp": iceberg.PrimitiveTypes.Timestamp, "timestamptz": iceberg.PrimitiveTypes.TimestampTz,
}

// FromPostgres maps a PostgreSQL type to the Iceberg type its values are stored as, and the PostgreSQL type to cast them
// to when they are selected; an empty cast reads them as they are. Every PostgreSQL type has a mapping:
//
//	bool                          boolean
//	int2 int4                     int
//	int8 oid                      long
//	float4, float8                float, double
//	numeric(p,s)                  decimal(p, s), exactly; more than 38 digits: string
//	numeric                       decimal(38, 10); a value that does not fit is an error
//	money                         decimal(21, 2); a value with a third decimal is an error
//	text varchar name citext      string
//	char(n) "char"                string, without the padding, as PostgreSQL itself casts it
//	json jsonb, enums             string
//	interval                      string, ISO 8601 ("P1Y2M3DT4H5M6S")
//	bytea, uuid                   binary, uuid
//	date, time                    date, time
//	timestamp, timestamptz        timestamp, timestamptz
//	arrays of one dimension       list of the element's type
//	everything else               string, as PostgreSQL prints it (ranges, inet, composites, tsvector, geometry, …)
func FromPostgres(t PostgresType) (typ iceberg.Type, cast string) {
	if t.Element != nil {
		return fromPostgresArray(t)
	}
	if t.Kind == 'e' {
		return iceberg.PrimitiveTypes.String, ""
	}
	switch t.Name {
	case "numeric":
		return fromPostgresNumeric(t.Mod)
	case "money":
		return iceberg.DecimalTypeOf(21, 2), "numeric"
	}
	if scalar, ok := postgresScalars[t.Name]; ok {
		return scalar, ""
	}
	return iceberg.PrimitiveTypes.String, "text"
}

func fromPostgresNumeric(mod int32) (iceberg.Type, string) {
	if mod < numericHeader {
		return PostgresNumeric, ""
	}
	precision := int(mod-numericHeader) >> 16 & 0xffff
	// The scale is a signed number of 11 bits: numeric(3, -2) holds hundreds, numeric(2, 4) ten-thousandths.
	scale := int((mod-numericHeader)&0x7ff^1024) - 1024
	switch {
	case scale < 0:
		precision, scale = precision-scale, 0
	case scale > precision:
		precision = scale
	}
	if precision > 38 {
		return iceberg.PrimitiveTypes.String, "text"
	}
	return iceberg.DecimalTypeOf(precision, scale), ""
}

func fromPostgresArray(t PostgresType) (iceberg.Type, string) {
	if t.Dims > 1 {
		return iceberg.PrimitiveTypes.String, "text"
	}
	element := *t.Element
	element.Mod = t.Mod
	typ, cast := FromPostgres(element)
	if cast != "" {
		cast += "[]"
	}
	return &iceberg.ListType{Element: typ}, cast
}

// PostgresCast is the chain of PostgreSQL types through which a column of type t is cast, so that its values can be read
// as the type an author asked for; the last is what arrives. Errors wrap [ErrType].
//
// Numbers travel as numeric, or as text first when they are floating point, so that the reader and not the server decides
// whether one fits: PostgreSQL rounds silently.
func PostgresCast(t PostgresType, want iceberg.Type) ([]string, error) {
	switch want.(type) {
	case iceberg.BooleanType:
		return []string{"text", "bool"}, nil
	case iceberg.Int32Type, iceberg.Int64Type, iceberg.DecimalType:
		return []string{"text", "numeric"}, nil
	case iceberg.Float32Type:
		return []string{"float4"}, nil
	case iceberg.Float64Type:
		return []string{"float8"}, nil
	case iceberg.StringType:
		return []string{"text"}, nil
	case iceberg.BinaryType:
		return []string{"bytea"}, nil
	case iceberg.UUIDType:
		return []string{"text", "uuid"}, nil
	case iceberg.DateType:
		return []string{"date"}, nil
	case iceberg.TimeType:
		return []string{"time"}, nil
	case iceberg.TimestampType:
		return []string{"timestamp"}, nil
	case iceberg.TimestampTzType:
		return []string{"timestamptz"}, nil
	}
	return nil, fmt.Errorf("%w: PostgreSQL's %s cannot be copied as %s", ErrType, t.Name, want)
}
