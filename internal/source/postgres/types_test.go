package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/source/postgres"
	"github.com/hosu-io/hosu/internal/source/sourcetest"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

// TestTypes copies one value after the other of each type. A want of "" says that the value must be refused.
func TestTypes(t *testing.T) {
	t.Parallel()
	server := pgtest.Database(t)
	execute(t, server, `create type mood as enum ('sad', 'glad, or so'); create type point3 as (x int, y text);
		create domain price as numeric(8,2); create domain prices as price[]; create domain cheap as price check (value < 100)`)
	src := open(t, server)
	for i, tc := range []struct{ declared, typ, value, want string }{
		{"bool", "boolean", "true", "true"},
		{"int2", "int", "-32768", "-32768"},
		{"int4", "int", "-2147483648", "-2147483648"},
		{"int8", "long", "9223372036854775807", "9223372036854775807"},
		{"oid", "long", "4294967295", "4294967295"},
		{"float4", "float", "'1.1'", "1.1"},
		{"float8", "double", "'0.1'", "0.1"},
		{"float8", "double", "'-Infinity'", "-Inf"},
		{"numeric(12,2)", "decimal(12, 2)", "-9999999999.99", "-9999999999.99"},
		{"numeric(12,2)", "decimal(12, 2)", "0.01", "0.01"},
		{"numeric(12,2)", "decimal(12, 2)", "100000000", "100000000.00"},
		{"numeric(12,2)", "decimal(12, 2)", "0", "0.00"},
		{"numeric(12,2)", "decimal(12, 2)", "'NaN'", ""},
		{"numeric(7,3)", "decimal(7, 3)", "1000.001", "1000.001"},
		{"numeric(38,0)", "decimal(38, 0)", strings.Repeat("9", 38), strings.Repeat("9", 38)},
		{"numeric(38,0)", "decimal(38, 0)", "-1" + strings.Repeat("0", 37), "-1" + strings.Repeat("0", 37)},
		{"numeric(38,19)", "decimal(38, 19)", "1.0000000000000000001", "1.0000000000000000001"},
		{"numeric(38,38)", "decimal(38, 38)", "1e-38", "0.00000000000000000000000000000000000001"},
		{"numeric(3,-2)", "decimal(5, 0)", "12345", "12300"},
		{"numeric(2,4)", "decimal(4, 4)", "0.0012", "0.0012"},
		{"numeric(50,2)", "string", "1e40", "1" + strings.Repeat("0", 40) + ".00"},
		{"numeric", "decimal(38, 10)", "1234567890.0123456789", "1234567890.0123456789"},
		{"numeric", "decimal(38, 10)", "1e27", "1" + strings.Repeat("0", 27) + ".0000000000"},
		{"numeric", "decimal(38, 10)", "1e28", ""},
		{"numeric", "decimal(38, 10)", "1e-11", ""},
		{"numeric", "decimal(38, 10)", "'Infinity'", ""},
		{"price", "decimal(8, 2)", "12.50", "12.50"},
		{"cheap", "decimal(8, 2)", "12.50", "12.50"},
		{"money", "decimal(21, 2)", "'-12.34'", "-12.34"},
		{"text", "string", "'값 ''quoted'''", "값 'quoted'"},
		{"text", "string", "''", ""},
		{"varchar(10)", "string", "'a '", "a "},
		{"char(4)", "string", "'ab'", "ab"},
		{`"char"`, "string", "'x'", "x"},
		{"name", "string", "'n'", "n"},
		{"mood", "string", "'glad, or so'", "glad, or so"},
		{"bytea", "binary", `'\x00ff'`, `\x00ff`},
		{"uuid", "uuid", "'0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f'", "0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f"},
		{"json", "string", `'{"a" : 1}'`, `{"a" : 1}`},
		{"jsonb", "string", `'{"b":[1,2]}'`, `{"b": [1, 2]}`},
		{"date", "date", "'1969-12-31'", "1969-12-31"},
		{"date", "date", "'infinity'", ""},
		{"time", "time", "'23:59:59.999999'", "23:59:59.999999"},
		{"time", "time", "'24:00'", ""},
		{"timetz", "string", "'12:00:00+09'", "12:00:00+09"},
		{"interval", "string", "'1 year -2 days 3.5 seconds'", "P1Y-2DT3.5S"},
		{"timestamp", "timestamp", "'2024-02-29 12:34:56.000001'", "2024-02-29 12:34:56.000001"},
		{"timestamp", "timestamp", "'0001-01-01'", "0001-01-01 00:00:00"},
		{"timestamp", "timestamp", "'-infinity'", ""},
		{"timestamp", "timestamp", "'294276-12-31'", ""},
		{"timestamptz", "timestamptz", "'2024-02-29 12:00:00+09'", "2024-02-29 03:00:00Z"},
		{"timestamptz", "timestamptz", "'infinity'", ""},
		{"int4range", "string", "'[1,5)'", "[1,5)"},
		{"inet", "string", "'10.0.0.1/8'", "10.0.0.1/8"},
		{"tsvector", "string", "'a fat cat'", "'a' 'cat' 'fat'"},
		{"point", "string", "'(1,2)'", "(1,2)"},
		{"xml", "string", "'<a/>'", "<a/>"},
		{"bit(3)", "string", "'101'", "101"},
		{"point3", "string", "row(1,'b c')", `(1,"b c")`},
		{"text[]", "list<string>", "array['a','NULL',null]", "[a NULL NULL]"},
		{"int[]", "list<int>", "'{}'", "[]"},
		{"int[]", "list<int>", "'{{1,2},{3,4}}'", ""},
		{"int[][]", "string", "'{{1,2},{3,4}}'", "{{1,2},{3,4}}"},
		{"numeric(10,2)[]", "list<decimal(10, 2)>", "array[1.25,null,-2]", "[1.25 NULL -2.00]"},
		{"timestamptz[]", "list<timestamptz>", "array['2024-01-01 00:00+09'::timestamptz]", "[2023-12-31 15:00:00Z]"},
		{"uuid[]", "list<uuid>", "array['0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f'::uuid]", "[0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f]"},
		{"mood[]", "list<string>", "array['sad'::mood]", "[sad]"},
		{"inet[]", "list<string>", "array['10.0.0.1'::inet]", "[10.0.0.1/32]"},
		{"prices", "list<string>", "array[1.5::price]", "[1.50]"},
	} {
		table := fmt.Sprintf("types_%d", i)
		execute(t, server, fmt.Sprintf("create table %s (id int primary key, v %s); insert into %[1]s values (41, null), (42, %[3]s)", table, tc.declared, tc.value))
		c, err := sourcetest.TryRead(t, src, source.Request{Table: table})
		if tc.want == "" && tc.value != "''" {
			for _, part := range []string{table, "column v", "id=42", "types: {v: "} {
				if err == nil || !errors.Is(err, source.ErrValue) || !strings.Contains(err.Error(), part) {
					t.Errorf("%s %s: %v; want ErrValue with %q", tc.declared, tc.value, err, part)
					break
				}
			}
			continue
		}
		if err != nil {
			t.Errorf("%s %s: %v", tc.declared, tc.value, err)
			continue
		}
		if got, want := c.Types(), "id int, v "+tc.typ; got != want {
			t.Errorf("%s: columns %s, want %s", tc.declared, got, want)
		}
		if diff := cmp.Diff([][]string{{"41", "NULL"}, {"42", tc.want}}, sourcetest.Sorted(c.Rows)); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tc.declared, tc.value, diff)
		}
	}
}

func TestTypesTheAuthorGave(t *testing.T) {
	t.Parallel()
	server := pgtest.Database(t)
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	src, err := postgres.Open(map[string]string{"url": server}, source.Env{Location: seoul})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	for i, tc := range []struct{ declared, value, typ, want string }{
		{"numeric", "1e-18", "decimal(38,18)", "0.000000000000000001"},
		{"numeric", "'NaN'", "string", "NaN"},
		{"text", "'12.50'", "decimal(10,2)", "12.50"},
		{"text", "'12.505'", "decimal(10,2)", ""},
		{"text", "'twelve'", "decimal(10,2)", ""},
		{"float8", "0.1", "decimal(10,2)", "0.10"},
		{"float8", "0.123", "decimal(10,2)", ""},
		{"numeric(10,2)", "3.00", "int", "3"},
		{"numeric(10,2)", "3.5", "int", ""},
		{"int8", "2147483648", "int", ""},
		{"int4", "7", "long", "7"},
		{"int4", "1", "boolean", "true"},
		{"text", "'yes'", "boolean", "true"},
		{"timestamp", "'2024-01-01 09:00'", "timestamptz", "2024-01-01 00:00:00Z"},
		{"timestamptz", "'2024-01-01 00:00Z'", "timestamp", "2024-01-01 09:00:00"},
		{"timestamptz", "'infinity'", "string", "infinity"},
		{"int4", "42", "string", "42"},
		{"text", "'0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f'", "uuid", "0b5a1e1c-58b6-4e0c-8f40-0d2cbd9e9e5f"},
	} {
		table := fmt.Sprintf("given_%d", i)
		execute(t, server, fmt.Sprintf("create table %s (id int, v %s); insert into %[1]s values (1, %[3]s)", table, tc.declared, tc.value))
		typ, err := schema.ParseType(tc.typ)
		if err != nil {
			t.Fatal(err)
		}
		c, err := sourcetest.TryRead(t, src, source.Request{Table: table, Options: source.TableOptions{Types: map[string]schema.Column{"v": {Name: "v", Type: typ}}}})
		switch {
		case tc.want == "":
			if !errors.Is(err, source.ErrValue) || !strings.Contains(err.Error(), table) {
				t.Errorf("%s %s as %s: %v; want ErrValue that names %s", tc.declared, tc.value, tc.typ, err, table)
			}
		case err != nil:
			t.Errorf("%s %s as %s: %v", tc.declared, tc.value, tc.typ, err)
		case c.Rows[0][1] != tc.want || !c.Columns[1].Type.Equals(typ):
			t.Errorf("%s %s as %s: %s %s; want %s", tc.declared, tc.value, tc.typ, c.Types(), c.Rows[0][1], tc.want)
		}
	}
	_, err = src.Table(t.Context(), "given_0", source.TableOptions{Types: map[string]schema.Column{"w": {Type: iceberg.PrimitiveTypes.Int32}}})
	if err == nil || !strings.Contains(err.Error(), "no column w") {
		t.Errorf("a type for a column that is not there: %v", err)
	}
}

// The types that a refusal advises hold the value.
func TestAdvisedTypesHoldTheValue(t *testing.T) {
	t.Parallel()
	server := pgtest.Database(t)
	src := open(t, server)
	for i, tc := range []struct{ value, want string }{
		{"0.12345678901", "decimal(38,18)"},
		{"12345678901234567890123456789.1", "decimal(38,9)"},
		{"-0.1234567890123456789012", "decimal(38,22)"},
		{"12345678901234567890.1234567890123456789", "string"}, // 39 digits
		{"1e40", "string"},
	} {
		table := fmt.Sprintf("wide_%d", i)
		execute(t, server, fmt.Sprintf("create table %s (id int, v numeric); insert into %[1]s values (1, %[2]s)", table, tc.value))
		_, err := sourcetest.TryRead(t, src, source.Request{Table: table})
		var refused *source.ValueError
		if !errors.As(err, &refused) {
			t.Fatalf("%s: %v, want a ValueError", tc.value, err)
		}
		_, advice, _ := strings.Cut(refused.Error(), "types: {v: ")
		advice, _, _ = strings.Cut(advice, "}")
		if advice = strings.Trim(advice, `"`); advice != tc.want {
			t.Errorf("%s: advised is %s, want %s: %v", tc.value, advice, tc.want, err)
			continue
		}
		typ, err := schema.ParseType(advice)
		if err != nil {
			t.Fatal(err)
		}
		given := source.TableOptions{Types: map[string]schema.Column{"v": {Name: "v", Type: typ}}}
		if _, err := sourcetest.TryRead(t, src, source.Request{Table: table, Options: given}); err != nil {
			t.Errorf("%s as %s: %v", tc.value, advice, err)
		}
	}
}
