package scan

import (
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/iceberg-go"
	"github.com/google/uuid"
)

// parseLiteral reads a constant of a plan, in DuckDB's text form, as a value of
// an Iceberg column. It refuses everything it could get wrong; callers then do without the condition.
func parseLiteral(t iceberg.Type, text string) (iceberg.Literal, bool) {
	switch t := t.(type) {
	case iceberg.BooleanType:
		v, err := strconv.ParseBool(text)
		return iceberg.BoolLiteral(v), err == nil
	case iceberg.Int32Type:
		v, err := strconv.ParseInt(text, 10, 32)
		return iceberg.Int32Literal(v), err == nil
	case iceberg.Int64Type:
		v, err := strconv.ParseInt(text, 10, 64)
		return iceberg.Int64Literal(v), err == nil
	case iceberg.Float32Type:
		v, err := strconv.ParseFloat(text, 32)
		return iceberg.Float32Literal(v), err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
	case iceberg.Float64Type:
		v, err := strconv.ParseFloat(text, 64)
		return iceberg.Float64Literal(v), err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
	case iceberg.StringType:
		return iceberg.StringLiteral(text), true
	case iceberg.DecimalType:
		return parseDecimal(t, text)
	case iceberg.DateType:
		v, ok := parseTime(text, "2006-01-02")
		return iceberg.DateLiteral(v.Unix() / 86_400), ok
	case iceberg.TimeType:
		v, ok := parseTime(text, "15:04:05.999999")
		return iceberg.TimeLiteral(v.Sub(v.Truncate(24 * time.Hour)).Microseconds()), ok
	case iceberg.TimestampType:
		v, ok := parseTime(text, "2006-01-02 15:04:05.999999")
		return iceberg.TimestampLiteral(v.UnixMicro()), ok
	case iceberg.TimestampTzType:
		v, ok := parseTime(text, "2006-01-02 15:04:05.999999-07")
		return iceberg.TimestampLiteral(v.UnixMicro()), ok
	case iceberg.UUIDType:
		v, err := uuid.Parse(text)
		return iceberg.UUIDLiteral(v), err == nil
	case iceberg.BinaryType:
		v, ok := parseBlob(text)
		return iceberg.BinaryLiteral(v), ok
	case iceberg.FixedType:
		v, ok := parseBlob(text)
		return iceberg.FixedLiteral(v), ok && len(v) == t.Len()
	default:
		return nil, false
	}
}

// parseTime reads a date or time of the years 1 to 9999, the range in which DuckDB and Go write alike.
func parseTime(text, layout string) (time.Time, bool) {
	t, err := time.Parse(layout, text)
	return t, err == nil
}

func parseDecimal(t iceberg.DecimalType, text string) (iceberg.Literal, bool) {
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) > t.Scale() {
		return nil, false
	}
	digits := whole + fraction + strings.Repeat("0", t.Scale()-len(fraction))
	unscaled, ok := new(big.Int).SetString(digits, 10)
	if !ok || unscaled.BitLen() > 127 {
		return nil, false
	}
	return iceberg.DecimalLiteral{Val: decimal128.FromBigInt(unscaled), Scale: t.Scale()}, true
}

// parseBlob reads DuckDB's text form of a BLOB: printable ASCII as it is, other bytes as \xNN.
func parseBlob(text string) ([]byte, bool) {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		if text[0] != '\\' {
			out, text = append(out, text[0]), text[1:]
			continue
		}
		if len(text) < 4 || text[1] != 'x' {
			return nil, false
		}
		b, err := hex.DecodeString(text[2:4])
		if err != nil {
			return nil, false
		}
		out, text = append(out, b[0]), text[4:]
	}
	return out, true
}

// compareLiterals orders two values of one column; ok is false when they have different types or no order.
func compareLiterals(a, b iceberg.Literal) (order int, ok bool) {
	switch a := a.(type) {
	case iceberg.BoolLiteral:
		return compareTyped(a, b)
	case iceberg.Int32Literal:
		return compareTyped(a, b)
	case iceberg.Int64Literal:
		return compareTyped(a, b)
	case iceberg.Float32Literal:
		return compareTyped(a, b)
	case iceberg.Float64Literal:
		return compareTyped(a, b)
	case iceberg.StringLiteral:
		return compareTyped(a, b)
	case iceberg.DecimalLiteral:
		return compareTyped(a, b)
	case iceberg.DateLiteral:
		return compareTyped(a, b)
	case iceberg.TimeLiteral:
		return compareTyped(a, b)
	case iceberg.TimestampLiteral:
		return compareTyped(a, b)
	case iceberg.UUIDLiteral:
		return compareTyped(a, b)
	case iceberg.BinaryLiteral:
		return compareTyped(a, b)
	case iceberg.FixedLiteral:
		return compareTyped(a, b)
	default:
		return 0, false
	}
}

func compareTyped[V iceberg.LiteralType, L iceberg.TypedLiteral[V]](a L, b iceberg.Literal) (int, bool) {
	other, ok := b.(L)
	if !ok {
		return 0, false
	}
	return a.Comparator()(a.Value(), other.Value()), true
}

// notANumber reports a NaN bound, which says nothing about the other values.
func notANumber(l iceberg.Literal) bool {
	switch v := l.(type) {
	case iceberg.Float32Literal:
		return math.IsNaN(float64(v))
	case iceberg.Float64Literal:
		return math.IsNaN(float64(v))
	}
	return false
}
