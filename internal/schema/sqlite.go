package schema

import (
	"strconv"
	"strings"

	"github.com/apache/iceberg-go"
)

// SQLiteNumeric is what a NUMERIC or DECIMAL without precision is stored as. A value that does not fit is an error.
var SQLiteNumeric = iceberg.DecimalTypeOf(38, 10)

// sqliteNames are declared type names with a meaning of their own, upper case.
var sqliteNames = map[string]iceberg.Type{
	"BOOLEAN": iceberg.PrimitiveTypes.Bool, "BOOL": iceberg.PrimitiveTypes.Bool,
	"DATE":     iceberg.PrimitiveTypes.Date,
	"TIME":     iceberg.PrimitiveTypes.Time,
	"DATETIME": iceberg.PrimitiveTypes.Timestamp, "TIMESTAMP": iceberg.PrimitiveTypes.Timestamp,
	"TIMESTAMP WITHOUT TIME ZONE": iceberg.PrimitiveTypes.Timestamp,
	"TIMESTAMPTZ":                 iceberg.PrimitiveTypes.TimestampTz,
	"TIMESTAMP WITH TIME ZONE":    iceberg.PrimitiveTypes.TimestampTz,
	"DATETIMEOFFSET":              iceberg.PrimitiveTypes.TimestampTz,
	"UUID":                        iceberg.PrimitiveTypes.UUID, "GUID": iceberg.PrimitiveTypes.UUID,
	"JSON": iceberg.PrimitiveTypes.String, "JSONB": iceberg.PrimitiveTypes.Binary,
	"BINARY": iceberg.PrimitiveTypes.Binary, "VARBINARY": iceberg.PrimitiveTypes.Binary, "BYTEA": iceberg.PrimitiveTypes.Binary,
	"NUMERIC": SQLiteNumeric, "DECIMAL": SQLiteNumeric, "DEC": SQLiteNumeric, "NUMBER": SQLiteNumeric, "MONEY": SQLiteNumeric,
}

// FromSQLite maps a declared SQLite type to the Iceberg type its values are stored as. SQLite lets any value into
// any column, so a value may still not fit: the reader checks each.
//
//	BOOLEAN                               boolean
//	…INT…                                 long
//	…REAL… …FLOA… …DOUB…                  double
//	DECIMAL(p,s) NUMERIC(p,s) NUMBER(p,s) decimal(p, s); more than 38 digits: string
//	DECIMAL NUMERIC                       decimal(38, 10)
//	DATE, TIME                            date, time
//	DATETIME TIMESTAMP                    timestamp
//	TIMESTAMPTZ                           timestamptz
//	UUID                                  uuid
//	…BLOB… BINARY JSONB                   binary
//	everything else and no type at all    string
func FromSQLite(declared string) iceberg.Type {
	name, arguments, _ := strings.Cut(strings.ToUpper(declared), "(")
	inside, after, closed := strings.Cut(arguments, ")")
	name = strings.Join(strings.Fields(name+" "+after), " ")
	if t, ok := sqliteNames[name]; ok {
		if _, decimal := t.(iceberg.DecimalType); decimal && closed {
			return sqliteDecimal(inside)
		}
		return t
	}
	for _, rule := range []struct {
		part string
		t    iceberg.Type
	}{
		{"BOOL", iceberg.PrimitiveTypes.Bool},
		{"INT", iceberg.PrimitiveTypes.Int64},
		{"CHAR", iceberg.PrimitiveTypes.String}, {"CLOB", iceberg.PrimitiveTypes.String}, {"TEXT", iceberg.PrimitiveTypes.String},
		{"BLOB", iceberg.PrimitiveTypes.Binary},
		{"REAL", iceberg.PrimitiveTypes.Float64}, {"FLOA", iceberg.PrimitiveTypes.Float64}, {"DOUB", iceberg.PrimitiveTypes.Float64},
	} {
		if strings.Contains(name, rule.part) && !strings.HasPrefix(name, "INTERVAL") && !strings.HasPrefix(name, "POINT") {
			return rule.t
		}
	}
	return iceberg.PrimitiveTypes.String
}

func sqliteDecimal(arguments string) iceberg.Type {
	first, second, scaled := strings.Cut(arguments, ",")
	precision, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || precision < 1 {
		return SQLiteNumeric
	}
	scale := 0
	if scaled {
		if scale, err = strconv.Atoi(strings.TrimSpace(second)); err != nil || scale < 0 {
			return SQLiteNumeric
		}
	}
	precision = max(precision, scale)
	if precision > 38 {
		return iceberg.PrimitiveTypes.String
	}
	return iceberg.DecimalTypeOf(precision, scale)
}
