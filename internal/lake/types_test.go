package lake_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/lake/laketest"
	"github.com/hosu-io/hosu/internal/schema"
)

// storedType is a DuckDB type: values of it, and what they are when they are read back.
type storedType struct {
	values []string // SQL
	typ    string   // Iceberg
	// fails are values that cannot be stored, so that the write must fail.
	fails []string
	// refused: no value can be stored.
	refused string
}

// storedTypes has every logical type of duckdb_types().
var storedTypes = map[string]storedType{
	"BOOLEAN":   {values: []string{"true", "false"}, typ: "boolean"},
	"TINYINT":   {values: []string{"(-128)::TINYINT", "127::TINYINT"}, typ: "int"},
	"SMALLINT":  {values: []string{"(-32768)::SMALLINT", "32767::SMALLINT"}, typ: "int"},
	"INTEGER":   {values: []string{"(-2147483648)::INTEGER", "2147483647"}, typ: "int"},
	"BIGINT":    {values: []string{"(-9223372036854775808)::BIGINT", "9223372036854775807"}, typ: "long"},
	"UTINYINT":  {values: []string{"255::UTINYINT"}, typ: "int"},
	"USMALLINT": {values: []string{"65535::USMALLINT"}, typ: "int"},
	"UINTEGER":  {values: []string{"4294967295::UINTEGER"}, typ: "long"},
	"UBIGINT":   {values: []string{"18446744073709551615::UBIGINT", "0::UBIGINT"}, typ: "decimal(20, 0)"},
	"HUGEINT": {values: []string{"99999999999999999999999999999999999999::HUGEINT", "(-99999999999999999999999999999999999999)::HUGEINT"},
		typ: "decimal(38, 0)", fails: []string{"170141183460469231731687303715884105727::HUGEINT"}},
	"UHUGEINT": {values: []string{"99999999999999999999999999999999999999::UHUGEINT"},
		typ: "decimal(38, 0)", fails: []string{"340282366920938463463374607431768211455::UHUGEINT"}},
	"FLOAT":   {values: []string{"0.1::FLOAT", "'nan'::FLOAT", "'-inf'::FLOAT"}, typ: "float"},
	"DOUBLE":  {values: []string{"0.1::DOUBLE", "'nan'::DOUBLE", "1.7976931348623157e308"}, typ: "double"},
	"DECIMAL": {values: []string{"12345678901234567890123456789012345.678::DECIMAL(38,3)", "(-0.001)::DECIMAL(38,3)"}, typ: "decimal(38, 3)"},
	"DATE":    {values: []string{"DATE '2024-02-29'", "DATE '1969-12-31'", "DATE '0001-01-01'"}, typ: "date"},
	"TIME":    {values: []string{"TIME '23:59:59.999999'"}, typ: "time"},
	"TIME_NS": {values: []string{"TIME_NS '23:59:59.999999'"}, typ: "time", fails: []string{"TIME_NS '00:00:00.000000001'"}},
	"TIMESTAMP": {values: []string{"TIMESTAMP '2024-01-01 00:00:00.000001'", "TIMESTAMP '1969-12-31 23:59:59'"},
		typ: "timestamp"},
	"TIMESTAMP_S":  {values: []string{"TIMESTAMP_S '2024-01-01 00:00:01'"}, typ: "timestamp"},
	"TIMESTAMP_MS": {values: []string{"TIMESTAMP_MS '2024-01-01 00:00:00.001'"}, typ: "timestamp"},
	"TIMESTAMP_NS": {values: []string{"TIMESTAMP_NS '2024-01-01 00:00:00.000001'"}, typ: "timestamp",
		fails: []string{"TIMESTAMP_NS '2024-01-01 00:00:00.000000001'", "[TIMESTAMP_NS '2024-01-01 00:00:00.000000001']"}},
	"TIMESTAMP WITH TIME ZONE": {values: []string{"TIMESTAMPTZ '2024-01-01 00:00:00.000001+09'"}, typ: "timestamptz"},
	"TIME WITH TIME ZONE":      {values: []string{"TIMETZ '01:02:03+09'"}, typ: "string"},
	"INTERVAL":                 {values: []string{"INTERVAL '1 month 2 days 3 hours'"}, typ: "string"},
	"VARCHAR":                  {values: []string{"'호수'", "''", "'a\"b|c'"}, typ: "string"},
	"ENUM":                     {values: []string{"'작음'::ENUM('작음', 'b''c')"}, typ: "string"},
	"BIT":                      {values: []string{"'0101'::BIT"}, typ: "string"},
	"BIGNUM":                   {values: []string{"'123456789012345678901234567890123456789012345'::BIGNUM"}, typ: "string"},
	"NULL":                     {values: []string{"NULL"}, typ: "int"}, // as a column, DuckDB calls it INTEGER
	"UUID":                     {values: []string{"UUID '19ada004-c118-457d-813b-4fe2b4adb302'"}, typ: "uuid"},
	"BLOB":                     {values: []string{`'\x00\xFF'::BLOB`, "''::BLOB"}, typ: "binary"},
	"LIST":                     {values: []string{"[1, NULL, 3]", "[]::INTEGER[]"}, typ: "list<int>"},
	"ARRAY":                    {values: []string{"[1, 2]::INTEGER[2]"}, typ: "list<int>"},
	"STRUCT":                   {values: []string{"{'a': 1, 'b c': [{'x': 2::UBIGINT}]}"}},
	"MAP":                      {values: []string{"MAP {'k': 1::HUGEINT}"}, typ: "map<string, decimal(38, 0)>"},
	"UNION":                    {values: []string{"union_value(x := 1)"}, refused: "union_extract"},
	"VARIANT":                  {values: []string{"1::VARIANT"}, refused: "JSON"},
	"GEOMETRY":                 {values: []string{"NULL::GEOMETRY"}, refused: "WKT"},
	"TYPE":                     {refused: "VARCHAR"},
}

func TestEveryDuckDBTypeIsListed(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	var listed []string
	for name := range storedTypes {
		listed = append(listed, name)
	}
	slices.Sort(listed)
	if diff := cmp.Diff(listed, l.Query("SELECT DISTINCT logical_type FROM duckdb_types()")); diff != "" {
		t.Errorf("DuckDB's types are not those in this test (-listed +DuckDB): decide how each new one is stored\n%s", diff)
	}
}

func TestEveryDuckDBTypeIsStored(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	for name, tc := range storedTypes {
		if tc.refused != "" {
			_, _, err := schema.FromDuckDB(name)
			if err == nil || !strings.Contains(err.Error(), tc.refused) {
				t.Errorf("%s: error = %v; want %q", name, err, tc.refused)
			}
			continue
		}
		target := "types." + strings.ReplaceAll(strings.ToLower(name), " ", "_")
		var rows []string
		for i, value := range tc.values {
			rows = append(rows, fmt.Sprintf("SELECT %d AS n, %s AS v, [%s] AS l, {'f': %s} AS s", i, value, value, value))
		}
		query := strings.Join(rows, " UNION ALL ") + fmt.Sprintf(" UNION ALL SELECT %d, NULL, NULL, NULL", len(rows))
		spec := lake.Spec{Table: l.Ident(target), Mode: lake.Append}
		if _, err := l.Run(t.Context(), spec, query, catalog.Effects{}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		tbl, err := l.Catalog.Load(t.Context(), l.Ident(target))
		if err != nil {
			t.Fatal(err)
		}
		if field, _ := tbl.Schema().FindFieldByName("v"); tc.typ != "" && field.Type.String() != tc.typ {
			t.Errorf("%s is stored as %s; want %s", name, field.Type, tc.typ)
		}
		if diff := cmp.Diff(l.Query(query), l.Rows(target)); diff != "" {
			t.Errorf("%s read back (-written +read):\n%s", name, diff)
		}
		for _, value := range tc.fails {
			snapshots := l.Snapshots(target)
			_, err := l.Run(t.Context(), lake.Spec{Table: l.Ident(target + "_bad"), Mode: lake.Append}, "SELECT "+value+" AS v", catalog.Effects{})
			if err == nil || l.Snapshots(target) != snapshots {
				t.Errorf("%s: %s was stored: %v", name, value, l.Rows(target+"_bad"))
			}
		}
	}
}

// TestSumsOfIntegersStayExact: sum() is HUGEINT, which DuckDB writes to Parquet as DOUBLE unless it is cast.
func TestSumsOfIntegersStayExact(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Replace},
		"SELECT sum(i) AS total, count(*) AS n FROM (SELECT 9007199254740993 AS i UNION ALL SELECT 9223372036854775807)")
	rowsOf(t, l, "a.t", "9232379236109516800|2")
}

// TestTypesThatAreNotWritten: DuckDB would write them as something else, without a word.
func TestTypesThatAreNotWritten(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	for text, want := range map[string]string{
		"fixed[4]":             `column "v" is fixed[4], which can be read but not written: make it binary`,
		"list<fixed[4]>":       `column "v.element" is fixed[4]`,
		"struct<a: fixed[16]>": `column "v.a" is fixed[16]`,
	} {
		typ, err := schema.ParseType(text)
		if err != nil {
			t.Fatal(err)
		}
		spec := lake.Spec{By: govern.Owner(), Table: l.Ident("a.t"), Mode: lake.Append, Columns: []schema.Column{{Name: "v", Type: typ}}}
		if _, err := l.Prepare(t.Context(), spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error = %v; want %q", text, err, want)
		}
	}
}
