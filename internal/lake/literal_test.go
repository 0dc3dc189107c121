package lake

import (
	"strings"
	"testing"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/schema"
)

func TestBoundsOfLiterals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ typ, text, want string }{
		{"int", "-2", "-2"},
		{"long", "9007199254740993", "9007199254740993"},
		{"date", "1969-12-30", "1969-12-30"},
		{"timestamp", "1969-12-30 01:02:03.5", "-169076500000"},
		{"timestamptz", "2024-01-01 00:00:00.000001+00", "1704067200000001"},
		{"timestamptz", "2024-01-01 09:00:00+09", "1704067200000000"},
		{"timestamptz", "2024-01-01 05:30:00+05:30", "1704067200000000"},
		{"time", "10:00:00.123456", "36000123456"},
		{"decimal(10,2)", "-3.00", "-3.00"},
		{"decimal(38,0)", "99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
		{"boolean", "1", "true"},
		{"float", "0.5", "0.5"},
		{"double", "-1.5", "-1.5"},
		{"uuid", "19ada004-c118-457d-813b-4fe2b4adb302", "19ada004-c118-457d-813b-4fe2b4adb302"},
		{"string", "호수", "호수"},
	} {
		typ, err := schema.ParseType(tc.typ)
		if err != nil {
			t.Fatal(err)
		}
		l, ok := parseLiteral(typ, tc.text)
		if !ok {
			t.Errorf("%s %q was not read", tc.typ, tc.text)
			continue
		}
		for side, data := range map[string][]byte{"lower": lowerBound(l), "upper": upperBound(l)} {
			back, ok := bound(typ, data)
			if !ok {
				t.Errorf("%s bound of %s %q cannot be decoded", side, tc.typ, tc.text)
				continue
			}
			if order, ok := compare(l, back); tc.typ != "float" && tc.typ != "double" && (!ok || order != 0) {
				t.Errorf("%s bound of %s %q came back as %s", side, tc.typ, tc.text, back)
			}
		}
		if got := l.String(); got != tc.want && !strings.Contains(tc.typ, "time") {
			t.Errorf("%s %q = %s; want %s", tc.typ, tc.text, got, tc.want)
		}
		if ts, ok := l.(iceberg.TimestampLiteral); ok && itoa(int64(ts)) != tc.want {
			t.Errorf("%s %q = %d; want %s", tc.typ, tc.text, int64(ts), tc.want)
		}
		if tm, ok := l.(iceberg.TimeLiteral); ok && itoa(int64(tm)) != tc.want {
			t.Errorf("%s %q = %d; want %s", tc.typ, tc.text, int64(tm), tc.want)
		}
	}
}

func itoa(n int64) string { return iceberg.NewLiteral(n).String() }

func TestDoubtfulTextHasNoBound(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ typ, text string }{
		{"date", "infinity"}, {"date", "0044-03-15 (BC)"}, {"date", "12024-01-01"},
		{"timestamp", "-infinity"}, {"double", "nan"}, {"decimal(10,2)", "1.234"}, {"binary", "00FF"},
		{"string", "\xff"}, {"int", "3000000000"},
	} {
		typ, err := schema.ParseType(tc.typ)
		if err != nil {
			t.Fatal(err)
		}
		if l, ok := parseLiteral(typ, tc.text); ok {
			t.Errorf("%s %q was read as %s", tc.typ, tc.text, l)
		}
	}
}

func TestStringBoundsAreCut(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, lower, upper string }{
		{"short", "short", "short"},
		{"sixteen letters!", "sixteen letters!", "sixteen letters!"},
		{"seventeen letters", "seventeen letter", "seventeen lettes"},
		{strings.Repeat("한", 20), strings.Repeat("한", 16), strings.Repeat("한", 15) + "핝"},
		{strings.Repeat("\U0010FFFF", 20), strings.Repeat("\U0010FFFF", 16), ""},
		{"a" + strings.Repeat("\U0010FFFF", 20), "a" + strings.Repeat("\U0010FFFF", 15), "b"},
		{strings.Repeat("\uD7FF", 17), strings.Repeat("\uD7FF", 16), strings.Repeat("\uD7FF", 15) + "\uE000"},
	} {
		l := iceberg.NewLiteral(tc.text)
		if lower, upper := string(lowerBound(l)), string(upperBound(l)); lower != tc.lower || upper != tc.upper {
			t.Errorf("bounds of %q = %q, %q; want %q, %q", tc.text, lower, upper, tc.lower, tc.upper)
		}
	}
}

func TestBoundsOfWidenedColumns(t *testing.T) {
	t.Parallel()
	narrow, _ := parseLiteral(iceberg.PrimitiveTypes.Int32, "-7")
	if l, ok := bound(iceberg.PrimitiveTypes.Int64, lowerBound(narrow)); !ok || l.String() != "-7" {
		t.Errorf("int bound read as long: %v, %v", l, ok)
	}
	single, _ := parseLiteral(iceberg.PrimitiveTypes.Float32, "1.5")
	if l, ok := bound(iceberg.PrimitiveTypes.Float64, lowerBound(single)); !ok || l.String() != "1.5" {
		t.Errorf("float bound read as double: %v, %v", l, ok)
	}
}
