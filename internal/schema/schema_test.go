package schema_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/schema"
)

func TestFromDuckDB(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ duckdb, iceberg, cast string }{
		{"BOOLEAN", "boolean", "BOOLEAN"},
		{"UTINYINT", "int", "INTEGER"},
		{"UINTEGER", "long", "BIGINT"},
		{"UBIGINT", "decimal(20, 0)", "DECIMAL(20,0)"},
		{"HUGEINT", "decimal(38, 0)", "DECIMAL(38,0)"},
		{"DECIMAL(18,2)", "decimal(18, 2)", "DECIMAL(18,2)"},
		{"TIMESTAMP WITH TIME ZONE", "timestamptz", "TIMESTAMP WITH TIME ZONE"},
		{"TIME WITH TIME ZONE", "string", "VARCHAR"},
		{"TIMESTAMP_NS", "timestamp", "TIMESTAMP"},
		{`"NULL"`, "string", "VARCHAR"},
		{"ENUM('a', 'b''c', 'd, (e')", "string", "VARCHAR"},
		{"INTEGER[3][]", "list<list<int>>", "INTEGER[][]"},
		{`STRUCT(a INTEGER[], "b ""c" STRUCT(d DECIMAL(4,1)))`, "", `STRUCT("a" INTEGER[], "b ""c" STRUCT("d" DECIMAL(4,1)))`},
		{"MAP(VARCHAR, TIMESTAMP WITH TIME ZONE[])", "map<string, list<timestamptz>>", "MAP(VARCHAR, TIMESTAMP WITH TIME ZONE[])"},
		{`STRUCT("값" ENUM('x'))[]`, "", `STRUCT("값" VARCHAR)[]`},
	} {
		got, cast, err := schema.FromDuckDB(tc.duckdb)
		if err != nil {
			t.Errorf("FromDuckDB(%s): %v", tc.duckdb, err)
			continue
		}
		if cast != tc.cast || (tc.iceberg != "" && got.String() != tc.iceberg) {
			t.Errorf("FromDuckDB(%s) = %s, %s; want %s, %s", tc.duckdb, got, cast, tc.iceberg, tc.cast)
		}
	}
}

func TestTypesThatAreRefused(t *testing.T) {
	t.Parallel()
	for text, advice := range map[string]string{
		"UNION(x INTEGER)":         "union_extract",
		"VARIANT":                  "JSON",
		"GEOMETRY":                 "WKT",
		"STRUCT(INTEGER, VARCHAR)": "must have names",
		"MAP(VARCHAR, GEOMETRY)":   "WKT",
		"decimal":                  "precision and scale",
		"decimal(39,0)":            "1 to 38",
		"decimal(4,5)":             "at most the precision",
		"list<int":                 `want ">"`,
		"int[":                     `want "]"`,
		"integr":                   "unknown type",
		"int int":                  "unexpected",
		"":                         "want a type",
	} {
		_, err := schema.ParseType(text)
		if !errors.Is(err, schema.ErrType) || !strings.Contains(err.Error(), advice) {
			t.Errorf("ParseType(%q) error = %v; want ErrType with %q", text, err, advice)
		}
	}
}

func TestParseType(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"decimal(18, 2)":              "decimal(18, 2)",
		"numeric(10)":                 "decimal(10, 0)",
		"bigint":                      "long",
		"timestamptz":                 "timestamptz",
		"timestamp(6) with time zone": "timestamptz",
		"varchar(20)":                 "string",
		"Character Varying(20)":       "string",
		"double precision":            "double",
		"list<int>":                   "list<int>",
		"int[]":                       "list<int>",
		"map<string, list<long>>":     "map<string, list<long>>",
		"fixed[16]":                   "fixed[16]",
		"date":                        "date",
		"string":                      "string",
	} {
		got, err := schema.ParseType(text)
		if err != nil || got.String() != want {
			t.Errorf("ParseType(%q) = %v, %v; want %s", text, got, err, want)
		}
	}
	nested, err := schema.ParseType("struct<a: int, b: struct<c: string>>")
	if err != nil || schema.DuckDB(nested) != `STRUCT("a" INTEGER, "b" STRUCT("c" VARCHAR))` {
		t.Errorf("struct: %v, %v", nested, err)
	}
}

// column builds a column from type text.
func TestText(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"timestamptz":    "timestamptz",
		"decimal(18,2)":  "decimal(18, 2)",
		"struct<a: int>": "struct<a: int>",
		`STRUCT("가격" DOUBLE, "a b" STRUCT("0" INTEGER), "say ""hi""" BLOB)[]`: `list<struct<가격: double, "a b": struct<"0": int>, "say ""hi""": binary>>`,
		"map<string, struct<x: list<uuid>>>":                                  `map<string, struct<x: list<uuid>>>`,
	} {
		columns := schema.Columns(assign(t, column(t, "c", given))) // with the field ids of a table
		got := schema.Text(columns[0].Type)
		if got != want {
			t.Errorf("Text(%s) = %s; want %s", given, got, want)
		}
		if again, err := schema.ParseType(got); err != nil || schema.Text(again) != want {
			t.Errorf("ParseType(%s) = %v, %v; a type that is shown must be one that can be written", got, again, err)
		}
	}
}

func column(t *testing.T, name, text string) schema.Column {
	t.Helper()
	typ, err := schema.ParseType(text)
	if err != nil {
		t.Fatal(err)
	}
	return schema.Column{Name: name, Type: typ}
}

func assign(t *testing.T, columns ...schema.Column) *iceberg.Schema {
	t.Helper()
	s, err := schema.Assign(columns)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestToArrow(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"boolean": "bool", "int": "int32", "long": "int64", "float": "float32", "double": "float64", "decimal(38,10)": "decimal(38, 10)",
		"date": "date32", "time": "time64[us]", "timestamp": "timestamp[us]", "timestamptz": "timestamp[us, tz=UTC]",
		"string": "utf8", "binary": "binary", "uuid": "extension<arrow.uuid>",
		"list<int>": "list<item: int32, nullable>", "map<string,decimal(4,1)>": "map<utf8, decimal(4, 1), items_nullable>",
	} {
		typ, err := schema.ParseType(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := schema.ToArrow(typ)
		if err != nil || got.String() != want {
			t.Errorf("ToArrow(%s) = %v, %v; want %s", text, got, err, want)
		}
	}
	// Binary of a fixed length is read from tables, but not written.
	if got, err := schema.ToArrow(iceberg.FixedTypeOf(5)); err != nil || got.String() != "fixed_size_binary[5]" {
		t.Errorf("ToArrow(fixed[5]) = %v, %v", got, err)
	}
}

func TestAssign(t *testing.T) {
	t.Parallel()
	s := assign(t, column(t, "a", "struct<x: int, y: list<string>>"), column(t, "b", "int"))
	want := "1: a: optional struct<3: x: optional int, 4: y: optional list<string>>, 2: b: optional int"
	var got []string
	for _, f := range s.Fields() {
		got = append(got, f.String())
	}
	if strings.Join(got, ", ") != want {
		t.Errorf("got %s", got)
	}
	if s.HighestFieldID() != 5 {
		t.Errorf("highest id = %d; want 5, the list's element", s.HighestFieldID())
	}
	if _, err := schema.Assign([]schema.Column{column(t, "a", "int"), column(t, "A", "int")}); err == nil {
		t.Error("a repeated column was accepted")
	}
}

func TestEvolve(t *testing.T) {
	t.Parallel()
	base := assign(t, column(t, "id", "int"), column(t, "price", "decimal(10,2)"), column(t, "o", "struct<x: int>"))
	for name, tc := range map[string]struct {
		want    []schema.Column
		opts    schema.EvolveOptions
		fields  string
		changes string
	}{
		"same": {
			want:   schema.Columns(base),
			fields: "1 id int, 2 price decimal(10, 2), 3 o STRUCT(\"x\" INTEGER)",
		},
		"narrower fits": {
			want:   []schema.Column{column(t, "id", "smallint"), column(t, "price", "decimal(4,1)")},
			fields: "1 id int, 2 price decimal(10, 2), 3 o STRUCT(\"x\" INTEGER)",
		},
		"add and widen": {
			want:    []schema.Column{column(t, "new", "int[]"), column(t, "id", "long"), column(t, "price", "decimal(12,2)"), column(t, "o", "struct<x: long, y: int>")},
			opts:    schema.EvolveOptions{LastColumnID: 9},
			fields:  "1 id long, 2 price decimal(12, 2), 3 o STRUCT(\"x\" BIGINT, \"y\" INTEGER), 11 new list<int>",
			changes: "id: widened int to long; price: widened decimal(10, 2) to decimal(12, 2); o.x: widened int to long; o.y: added int; new: added list<int>",
		},
		"another case": {
			want:   []schema.Column{column(t, "ID", "int"), column(t, "Price", "decimal(10,2)"), column(t, "O", "struct<X: int>")},
			fields: "1 id int, 2 price decimal(10, 2), 3 o STRUCT(\"x\" INTEGER)",
		},
		"drop": {
			want:    []schema.Column{column(t, "price", "decimal(10,2)")},
			opts:    schema.EvolveOptions{DropMissing: true},
			fields:  "2 price decimal(10, 2)",
			changes: "id: dropped; o: dropped",
		},
		"retype": {
			want:    []schema.Column{column(t, "id", "string"), column(t, "price", "decimal(10,2)"), column(t, "o", "struct<x: int>")},
			opts:    schema.EvolveOptions{Retype: true},
			fields:  "5 id string, 2 price decimal(10, 2), 3 o STRUCT(\"x\" INTEGER)",
			changes: "id: rebuilt int as string",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, changes, err := schema.Evolve(base, tc.want, tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			if fields := describe(got); fields != tc.fields {
				t.Errorf("fields\n got %s\nwant %s", fields, tc.fields)
			}
			var said []string
			for _, c := range changes {
				said = append(said, c.String())
			}
			if strings.Join(said, "; ") != tc.changes {
				t.Errorf("changes\n got %s\nwant %s", strings.Join(said, "; "), tc.changes)
			}
		})
	}
}

func describe(s *iceberg.Schema) string {
	var parts []string
	for _, f := range s.Fields() {
		spelled := f.Type.String()
		if _, ok := f.Type.(*iceberg.StructType); ok {
			spelled = schema.DuckDB(f.Type)
		}
		parts = append(parts, strings.Join([]string{strconv.Itoa(f.ID), f.Name, spelled}, " "))
	}
	return strings.Join(parts, ", ")
}

func TestEvolveRefuses(t *testing.T) {
	t.Parallel()
	base := assign(t, column(t, "id", "long"), column(t, "price", "decimal(10,2)"))
	for _, tc := range []struct{ name, typ, say string }{
		{"id", "string", `column "id" is long in the table and cannot become string`},
		{"price", "decimal(10,4)", "cannot become decimal(10, 4)"},
		{"price", "double", "cannot become double"},
		{"id", "int[]", "cannot become list<int>"},
	} {
		_, _, err := schema.Evolve(base, []schema.Column{column(t, tc.name, tc.typ)}, schema.EvolveOptions{})
		if !errors.Is(err, schema.ErrIncompatible) || !strings.Contains(err.Error(), tc.say) {
			t.Errorf("%s %s: error = %v; want %q", tc.name, tc.typ, err, tc.say)
		}
	}
	required := column(t, "id", "int")
	required.Required = true
	_, _, err := schema.Evolve(assign(t, required), []schema.Column{column(t, "x", "int")}, schema.EvolveOptions{})
	if !errors.Is(err, schema.ErrIncompatible) {
		t.Errorf("a missing required column: error = %v", err)
	}
}
