package schema_test

import (
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/iceberg-go"
	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/schema"
)

func TestParseLiteral(t *testing.T) {
	t.Parallel()
	types := iceberg.PrimitiveTypes
	decimal := func(unscaled int64) iceberg.Literal {
		return iceberg.DecimalLiteral{Val: decimal128.FromI64(unscaled), Scale: 2}
	}
	widest, err := decimal128.FromString(strings.Repeat("9", 38), 38, 0)
	if err != nil {
		t.Fatal(err)
	}
	id := "19ada004-c118-457d-813b-4fe2b4adb302"
	for _, tc := range []struct {
		typ  iceberg.Type
		text string
		want iceberg.Literal // nil: an error
	}{
		{types.Bool, "true", iceberg.BoolLiteral(true)},
		{types.Bool, "0", iceberg.BoolLiteral(false)},
		{types.Bool, "yes", nil},
		{types.Int32, "-2147483648", iceberg.Int32Literal(math.MinInt32)},
		{types.Int32, "2147483648", nil},
		{types.Int64, "9223372036854775807", iceberg.Int64Literal(math.MaxInt64)},
		{types.Int64, "9007199254740993", iceberg.Int64Literal(9007199254740993)},
		{types.Int64, "1.0", nil},
		{types.Float32, "0.1", iceberg.Float32Literal(0.1)},
		{types.Float32, "1e300", nil},
		{types.Float64, "1e300", iceberg.Float64Literal(1e300)},
		{types.Float64, "-inf", iceberg.Float64Literal(math.Inf(-1))},
		{iceberg.DecimalTypeOf(9, 2), "-0.05", decimal(-5)},
		{iceberg.DecimalTypeOf(9, 2), "12", decimal(1200)},
		{iceberg.DecimalTypeOf(3, 2), "1234.50", decimal(123450)},
		{iceberg.DecimalTypeOf(9, 2), "0.005", nil},
		{iceberg.DecimalTypeOf(9, 2), "nan", nil},
		{iceberg.DecimalTypeOf(38, 0), strings.Repeat("9", 38), iceberg.DecimalLiteral{Val: widest}},
		{iceberg.DecimalTypeOf(38, 0), strings.Repeat("9", 39), nil},
		{types.Date, "1969-12-31", iceberg.DateLiteral(-1)},
		{types.Date, "infinity", nil},
		{types.Date, "0045-03-15 (BC)", nil},
		{types.Date, "10000-01-01", nil},
		{types.Time, "10:00:00.123456", iceberg.TimeLiteral(36_000_123_456)},
		{types.Time, "23:59:59.999999", iceberg.TimeLiteral(86_399_999_999)},
		{types.Time, "23:59:59.9999999", nil},
		{types.Time, "24:00:00", nil},
		{types.Timestamp, "1969-12-31 23:59:59.5", iceberg.TimestampLiteral(-500_000)},
		{types.Timestamp, "1970-01-01 00:00:00.000001000", iceberg.TimestampLiteral(1)},
		{types.Timestamp, "1970-01-01 00:00:00.000000001", nil},
		{types.Timestamp, "-infinity", nil},
		{types.TimestampTz, "2024-01-01 00:00:00.000001+00", iceberg.TimestampLiteral(1704067200_000001)},
		{types.TimestampTz, "2024-01-01 09:00:00+09", iceberg.TimestampLiteral(1704067200_000000)},
		{types.TimestampTz, "2024-01-01 05:30:00+05:30", iceberg.TimestampLiteral(1704067200_000000)},
		{types.TimestampTz, "2023-12-31 20:30:00-03:30", iceberg.TimestampLiteral(1704067200_000000)},
		{types.TimestampTz, "1900-01-01 05:21:10+05:21", nil}, // Kolkata's offset was +05:21:10
		{types.TimestampTz, "2024-01-01 00:00:00", nil},
		{types.UUID, id, iceberg.UUIDLiteral(uuid.MustParse(id))},
		{types.UUID, "not a uuid", nil},
		{types.String, "서울's", iceberg.StringLiteral("서울's")},
		{types.String, "\xff", iceberg.StringLiteral("\xff")},
		{types.Binary, `a\x00\xFF`, iceberg.BinaryLiteral{'a', 0, 255}},
		{types.Binary, `\y`, nil},
		{types.Binary, `\xZZ`, nil},
		{iceberg.FixedTypeOf(2), "ab", iceberg.FixedLiteral("ab")},
		{iceberg.FixedTypeOf(2), "abc", nil},
		{&iceberg.StructType{}, "{}", nil},
	} {
		got, err := schema.ParseLiteral(tc.typ, tc.text)
		if (err != nil) != (tc.want == nil) || (got == nil) != (tc.want == nil) || got != nil && !got.Equals(tc.want) {
			t.Errorf("%s %q: %v, %v; want %v", tc.typ, tc.text, got, err, tc.want)
		}
		if err != nil && !strings.Contains(err.Error(), tc.typ.String()) {
			t.Errorf("%s %q: the error does not name the type: %v", tc.typ, tc.text, err)
		}
	}
	if got, err := schema.ParseLiteral(types.Float64, "nan"); err != nil || !math.IsNaN(float64(got.(iceberg.Float64Literal))) {
		t.Errorf("nan: %v, %v", got, err)
	}
}

func TestDecodeBound(t *testing.T) {
	t.Parallel()
	types := iceberg.PrimitiveTypes
	for _, tc := range []struct {
		name    string
		written iceberg.Literal
		now     iceberg.Type
		want    iceberg.Literal // nil: an error
	}{
		{"long", iceberg.Int64Literal(-7), types.Int64, iceberg.Int64Literal(-7)},
		{"int that became long", iceberg.Int32Literal(-7), types.Int64, iceberg.Int64Literal(-7)},
		{"float that became double", iceberg.Float32Literal(1.5), types.Float64, iceberg.Float64Literal(1.5)},
		{"text of four bytes", iceberg.StringLiteral("four"), types.String, iceberg.StringLiteral("four")},
		{"long that became int", iceberg.Int64Literal(1), types.Int32, nil},
	} {
		data, err := tc.written.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		got, err := schema.DecodeBound(tc.now, data)
		if (err != nil) != (tc.want == nil) || got != nil && !got.Equals(tc.want) {
			t.Errorf("%s: %v, %v; want %v", tc.name, got, err, tc.want)
		}
	}
	if got, err := schema.DecodeBound(types.Int64, nil); err == nil {
		t.Errorf("no bound was decoded as %s", got)
	}
}

func TestCompareLiterals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ typ, less, more string }{
		{"boolean", "false", "true"}, {"int", "-2", "1"}, {"long", "-2", "1"}, {"float", "-2", "1"}, {"double", "nan", "-inf"},
		{"decimal(9,2)", "-3.00", "2.50"}, {"date", "1969-12-31", "1970-01-01"}, {"time", "09:59:59", "10:00:00"},
		{"timestamp", "1969-12-31 23:59:59", "1970-01-01 00:00:00"},
		{"timestamptz", "2024-01-01 08:00:00+09", "2024-01-01 00:00:00+00"},
		{"uuid", "19ada004-c118-457d-813b-4fe2b4adb302", "f9ada004-c118-457d-813b-4fe2b4adb302"},
		{"string", "Z", "가"}, {"binary", "a", `\xFF`}, {"fixed[1]", "a", `\xFF`},
	} {
		typ, err := schema.ParseType(tc.typ)
		if err != nil {
			t.Fatal(err)
		}
		less, err := schema.ParseLiteral(typ, tc.less)
		if err != nil {
			t.Fatal(err)
		}
		more, err := schema.ParseLiteral(typ, tc.more)
		if err != nil {
			t.Fatal(err)
		}
		for _, pair := range []struct {
			a, b iceberg.Literal
			want int
		}{{less, more, -1}, {more, less, 1}, {less, less, 0}} {
			if got, ok := schema.CompareLiterals(pair.a, pair.b); !ok || got != pair.want {
				t.Errorf("%s: %s against %s is %d, %v; want %d", tc.typ, pair.a, pair.b, got, ok, pair.want)
			}
		}
	}
	if _, ok := schema.CompareLiterals(iceberg.Int32Literal(1), iceberg.Int64Literal(1)); ok {
		t.Error("an int was compared with a long")
	}
}
