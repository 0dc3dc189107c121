package lake

import (
	"strings"
	"testing"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/schema"
)

func TestBoundsReadBack(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ typ, text string }{
		{"int", "-2"}, {"long", "9007199254740993"}, {"date", "1969-12-30"}, {"timestamp", "1969-12-30 01:02:03.5"},
		{"timestamptz", "2024-01-01 00:00:00.000001+00"}, {"time", "10:00:00.123456"}, {"decimal(10,2)", "-3.00"},
		{"decimal(38,0)", "99999999999999999999999999999999999999"}, {"boolean", "1"}, {"float", "0.5"},
		{"double", "-1.5"}, {"double", "inf"}, {"uuid", "19ada004-c118-457d-813b-4fe2b4adb302"}, {"string", "호수"},
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
			back, err := schema.DecodeBound(typ, data)
			if err != nil || !back.Equals(l) {
				t.Errorf("%s bound of %s %q came back as %v, %v", side, tc.typ, tc.text, back, err)
			}
		}
	}
}

func TestDoubtfulTextHasNoBound(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ typ, text string }{
		{"date", "infinity"}, {"timestamp", "-infinity"}, {"double", "nan"}, {"float", "nan"}, {"decimal(10,2)", "1.234"},
		{"binary", "00FF"}, {"string", "\xff"}, {"string", "a\uFFFD"}, {"int", "3000000000"},
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

func TestFloatsHaveNoOrder(t *testing.T) {
	t.Parallel()
	if c, ok := compare(iceberg.Int32Literal(1), iceberg.Int32Literal(2)); !ok || c >= 0 {
		t.Errorf("1 and 2 compare as %d, %v", c, ok)
	}
	if _, ok := compare(iceberg.Float32Literal(1), iceberg.Float32Literal(2)); ok {
		t.Error("floats have an order")
	}
	if _, ok := compare(iceberg.Float64Literal(1), iceberg.Float64Literal(2)); ok {
		t.Error("doubles have an order")
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
