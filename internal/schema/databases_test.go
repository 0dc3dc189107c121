package schema_test

import (
	"errors"
	"testing"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/schema"
)

func TestFromPostgres(t *testing.T) {
	t.Parallel()
	numeric := func(precision, scale int32) schema.PostgresType {
		return schema.PostgresType{Name: "numeric", Kind: 'b', Mod: (precision<<16 | scale&0x7ff) + 4}
	}
	base := func(name string) schema.PostgresType { return schema.PostgresType{Name: name, Kind: 'b', Mod: -1} }
	array := func(element schema.PostgresType, dims int) schema.PostgresType {
		mod := element.Mod
		return schema.PostgresType{Name: "_" + element.Name, Kind: 'b', Mod: mod, Element: &element, Dims: dims}
	}
	for _, tc := range []struct {
		in         schema.PostgresType
		want, cast string
	}{
		{base("int2"), "int", ""},
		{base("int8"), "long", ""},
		{base("oid"), "long", ""},
		{numeric(18, 2), "decimal(18, 2)", ""},
		{numeric(38, 38), "decimal(38, 38)", ""},
		{numeric(3, -2), "decimal(5, 0)", ""},
		{numeric(2, 4), "decimal(4, 4)", ""},
		{numeric(39, 0), "string", "text"},
		{base("numeric"), "decimal(38, 10)", ""},
		{base("money"), "decimal(21, 2)", "numeric"},
		{base("timestamptz"), "timestamptz", ""},
		{base("timetz"), "string", "text"},
		{base("bpchar"), "string", "text"},
		{base("interval"), "string", "text"},
		{base("tsvector"), "string", "text"},
		{schema.PostgresType{Name: "mood", Kind: 'e', Mod: -1}, "string", ""},
		{schema.PostgresType{Name: "int4range", Kind: 'r', Mod: -1}, "string", "text"},
		{array(base("text"), 1), "list<string>", ""},
		{array(numeric(10, 3), 0), "list<decimal(10, 3)>", ""},
		{array(base("inet"), 1), "list<string>", "text[]"},
		{array(base("int4"), 2), "string", "text"},
	} {
		typ, cast := schema.FromPostgres(tc.in)
		if typ.String() != tc.want || cast != tc.cast {
			t.Errorf("FromPostgres(%+v) = %s, %q; want %s, %q", tc.in, typ, cast, tc.want, tc.cast)
		}
	}
	if _, err := schema.PostgresCast(base("text"), &iceberg.ListType{Element: iceberg.PrimitiveTypes.Int32}); !errors.Is(err, schema.ErrType) {
		t.Errorf("casting text to a list: %v, want ErrType", err)
	}
}

func TestFromSQLite(t *testing.T) {
	t.Parallel()
	for declared, want := range map[string]string{
		"INTEGER": "long", "int": "long", "UNSIGNED BIG INT": "long", "TINYINT(1)": "long",
		"boolean": "boolean", "REAL": "double", "double precision": "double", "FLOAT": "double",
		"VARCHAR(20)": "string", "NATIVE CHARACTER(70)": "string", "CLOB": "string", "": "string", "whatever": "string",
		"BLOB": "binary", "DECIMAL(10,2)": "decimal(10, 2)", "numeric( 5 )": "decimal(5, 0)", "NUMERIC": "decimal(38, 10)",
		"DECIMAL(40,2)": "string", "DATE": "date", "DATETIME": "timestamp", "TIMESTAMP(6) WITH TIME ZONE": "timestamptz",
		"TIMESTAMPTZ": "timestamptz", "UUID": "uuid", "JSON": "string", "TIME": "time", "INTERVAL": "string", "POINT": "string",
	} {
		if got := schema.FromSQLite(declared).String(); got != want {
			t.Errorf("FromSQLite(%q) = %s, want %s", declared, got, want)
		}
	}
}
