package lake

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/schema"
)

// boundRunes is how many code points of a string a bound keeps, as Iceberg's truncate(16) metrics mode does.
const boundRunes = 16

// parseLiteral reads DuckDB's text form of a value of type t for what files are told apart by. It says false for text
// it is not sure of, besides what [schema.ParseLiteral] refuses: a missing bound costs speed, a wrong one costs rows.
func parseLiteral(t iceberg.Type, text string) (iceberg.Literal, bool) {
	l, err := schema.ParseLiteral(t, text)
	if err != nil {
		return nil, false
	}
	switch v := l.(type) {
	case iceberg.Float32Literal:
		return l, !math.IsNaN(float64(v))
	case iceberg.Float64Literal:
		return l, !math.IsNaN(float64(v))
	case iceberg.StringLiteral:
		return l, utf8.ValidString(text) && !strings.ContainsRune(text, utf8.RuneError)
	case iceberg.BinaryLiteral, iceberg.FixedLiteral:
		return nil, false
	}
	return l, true
}

// lowerBound and upperBound serialize a bound by the Iceberg spec (Appendix D, binary single-value
// serialization); nil when there is no bound that fits.
func lowerBound(l iceberg.Literal) []byte {
	if s, ok := l.(iceberg.StringLiteral); ok {
		l = iceberg.NewLiteral(firstRunes(string(s), boundRunes))
	}
	return marshal(l)
}

func upperBound(l iceberg.Literal) []byte {
	if s, ok := l.(iceberg.StringLiteral); ok {
		short := firstRunes(string(s), boundRunes)
		if len(short) < len(s) {
			if short, ok = nextString(short); !ok {
				return nil
			}
		}
		l = iceberg.NewLiteral(short)
	}
	return marshal(l)
}

func marshal(l iceberg.Literal) []byte {
	data, err := l.MarshalBinary()
	if err != nil {
		return nil
	}
	return data
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// nextString is the smallest string that is above every string that begins with s, or one a little above it: the last
// code point that has a successor is replaced by it and what follows is cut.
func nextString(s string) (string, bool) {
	runes := []rune(s)
	for i := len(runes) - 1; i >= 0; i-- {
		next := runes[i] + 1
		if next == 0xD800 { // surrogates are no code points of a string
			next = 0xE000
		}
		if next <= utf8.MaxRune {
			return string(append(runes[:i:i], next)), true
		}
	}
	return "", false
}

// compare orders two literals of one type; it says false for types without an order here. Floats have none: the
// bounds of a file leave its NaN out.
func compare(a, b iceberg.Literal) (int, bool) {
	switch a.(type) {
	case iceberg.Float32Literal, iceberg.Float64Literal:
		return 0, false
	}
	return schema.CompareLiterals(a, b)
}
