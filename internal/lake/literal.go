package lake

import (
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/iceberg-go"
	"github.com/google/uuid"
)

// boundRunes is how many code points of a string a bound keeps, as Iceberg's truncate(16) metrics mode does.
const boundRunes = 16

// parseLiteral reads DuckDB's text form of a value of type t. It says false for text it is not
// sure of (infinities, years beyond 9999, NaN): a missing bound costs speed, a wrong one costs rows.
func parseLiteral(t iceberg.Type, text string) (iceberg.Literal, bool) {
	switch t := t.(type) {
	case iceberg.BooleanType:
		v, err := strconv.ParseBool(text) // statistics say 0 and 1
		return iceberg.NewLiteral(v), err == nil
	case iceberg.Int32Type:
		v, err := strconv.ParseInt(text, 10, 32)
		return iceberg.NewLiteral(int32(v)), err == nil
	case iceberg.Int64Type:
		v, err := strconv.ParseInt(text, 10, 64)
		return iceberg.NewLiteral(v), err == nil
	case iceberg.Float32Type:
		v, err := strconv.ParseFloat(text, 32)
		return iceberg.NewLiteral(float32(v)), err == nil && !math.IsNaN(v)
	case iceberg.Float64Type:
		v, err := strconv.ParseFloat(text, 64)
		return iceberg.NewLiteral(v), err == nil && !math.IsNaN(v)
	case iceberg.DecimalType:
		return parseDecimal(t, text)
	case iceberg.DateType:
		v, err := time.Parse(time.DateOnly, text)
		return iceberg.NewLiteral(iceberg.Date(v.Unix() / 86400)), err == nil
	case iceberg.TimeType:
		v, err := time.Parse("15:04:05.999999", text)
		micros := int64(v.Hour()*3600+v.Minute()*60+v.Second())*1e6 + int64(v.Nanosecond()/1e3)
		return iceberg.NewLiteral(iceberg.Time(micros)), err == nil
	case iceberg.TimestampType:
		v, err := time.Parse("2006-01-02 15:04:05.999999", text)
		return iceberg.NewLiteral(iceberg.Timestamp(v.UnixMicro())), err == nil
	case iceberg.TimestampTzType:
		v, err := time.Parse("2006-01-02 15:04:05.999999-07", text)
		if err != nil {
			v, err = time.Parse("2006-01-02 15:04:05.999999-07:00", text)
		}
		return iceberg.NewLiteral(iceberg.Timestamp(v.UnixMicro())), err == nil
	case iceberg.UUIDType:
		v, err := uuid.Parse(text)
		return iceberg.NewLiteral(v), err == nil
	case iceberg.StringType:
		return iceberg.NewLiteral(text), utf8.ValidString(text) && !strings.ContainsRune(text, utf8.RuneError)
	}
	return nil, false
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
	return iceberg.NewLiteral(iceberg.Decimal{Val: decimal128.FromBigInt(unscaled), Scale: t.Scale()}), true
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

// bound decodes a serialized bound of a column that now has type t and may have been narrower when it was written.
func bound(t iceberg.Type, data []byte) (iceberg.Literal, bool) {
	if data == nil {
		return nil, false
	}
	switch t.(type) {
	case iceberg.Int64Type:
		if len(data) == 4 {
			return iceberg.NewLiteral(int64(int32(binary.LittleEndian.Uint32(data)))), true
		}
	case iceberg.Float64Type:
		if len(data) == 4 {
			return iceberg.NewLiteral(float64(math.Float32frombits(binary.LittleEndian.Uint32(data)))), true
		}
	}
	l, err := iceberg.LiteralFromBytes(t, data)
	return l, err == nil
}

// compare orders two literals of one type; it says false for types without an order here.
func compare(a, b iceberg.Literal) (int, bool) {
	switch a.(type) {
	case iceberg.BoolLiteral:
		return compareAs[bool](a, b)
	case iceberg.Int32Literal:
		return compareAs[int32](a, b)
	case iceberg.Int64Literal:
		return compareAs[int64](a, b)
	case iceberg.DateLiteral:
		return compareAs[iceberg.Date](a, b)
	case iceberg.TimeLiteral:
		return compareAs[iceberg.Time](a, b)
	case iceberg.TimestampLiteral:
		return compareAs[iceberg.Timestamp](a, b)
	case iceberg.StringLiteral:
		return compareAs[string](a, b)
	case iceberg.UUIDLiteral:
		return compareAs[uuid.UUID](a, b)
	case iceberg.DecimalLiteral:
		return compareAs[iceberg.Decimal](a, b)
	}
	return 0, false
}

func compareAs[T iceberg.LiteralType](a, b iceberg.Literal) (int, bool) {
	x, okX := a.(iceberg.TypedLiteral[T])
	y, okY := b.(iceberg.TypedLiteral[T])
	if !okX || !okY {
		return 0, false
	}
	return x.Comparator()(x.Value(), y.Value()), true
}
