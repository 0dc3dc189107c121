package schema

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/iceberg-go"
	"github.com/google/uuid"
)

// ParseLiteral reads DuckDB's text form of a value, as a cast to VARCHAR, a plan or the statistics of a written
// file have it, as a value of t:
//
//	boolean      true and false; statistics say 1 and 0
//	int long     decimal digits, within the type's range
//	float double as [strconv.ParseFloat]: also inf, -inf and nan
//	decimal      digits with at most the type's scale after the point; its precision does not bind what
//	             a column is only compared with
//	date         2006-01-02, of the years 0 to 9999
//	time         15:04:05.999999, below 24:00:00
//	timestamp    2006-01-02 15:04:05.999999, of those years
//	timestamptz  the same with an offset: +09, -03, or from 1973 on +05:30
//	uuid         19ada004-c118-457d-813b-4fe2b4adb302
//	string       the text itself, whatever its bytes
//	binary fixed printable ASCII as it is, other bytes as \xNN; a fixed has its length
//
// Everything else is an error, among it what DuckDB writes in a way that does not say the value: infinite dates, years
// before Christ or beyond 9999, fractions finer than a microsecond, and minutes of an offset before 1973, when
// some zones had seconds in theirs, which the text leaves out. Nested types have no literals.
func ParseLiteral(t iceberg.Type, text string) (iceberg.Literal, error) {
	value, err := parseLiteral(t, text)
	if err != nil {
		return nil, fmt.Errorf("read %q as %s: %w", text, t, err)
	}
	return value, nil
}

func parseLiteral(t iceberg.Type, text string) (iceberg.Literal, error) {
	switch t := t.(type) {
	case iceberg.BooleanType:
		v, err := strconv.ParseBool(text)
		return iceberg.BoolLiteral(v), err
	case iceberg.Int32Type:
		v, err := strconv.ParseInt(text, 10, 32)
		return iceberg.Int32Literal(v), err
	case iceberg.Int64Type:
		v, err := strconv.ParseInt(text, 10, 64)
		return iceberg.Int64Literal(v), err
	case iceberg.Float32Type:
		v, err := strconv.ParseFloat(text, 32)
		return iceberg.Float32Literal(v), err
	case iceberg.Float64Type:
		v, err := strconv.ParseFloat(text, 64)
		return iceberg.Float64Literal(v), err
	case iceberg.DecimalType:
		return parseDecimal(t, text)
	case iceberg.DateType:
		v, err := time.Parse(time.DateOnly, text)
		return iceberg.DateLiteral(v.Unix() / 86_400), err
	case iceberg.TimeType:
		v, err := parseTime(text, "15:04:05.999999")
		return iceberg.TimeLiteral(v.Sub(v.Truncate(24 * time.Hour)).Microseconds()), err
	case iceberg.TimestampType:
		v, err := parseTime(text, "2006-01-02 15:04:05.999999")
		return iceberg.TimestampLiteral(v.UnixMicro()), err
	case iceberg.TimestampTzType:
		v, err := parseInstant(text)
		return iceberg.TimestampLiteral(v.UnixMicro()), err
	case iceberg.UUIDType:
		v, err := uuid.Parse(text)
		return iceberg.UUIDLiteral(v), err
	case iceberg.StringType:
		return iceberg.StringLiteral(text), nil
	case iceberg.BinaryType:
		v, err := parseBlob(text)
		return iceberg.BinaryLiteral(v), err
	case iceberg.FixedType:
		v, err := parseBlob(text)
		if err == nil && len(v) != t.Len() {
			err = fmt.Errorf("it has %d bytes", len(v))
		}
		return iceberg.FixedLiteral(v), err
	}
	return nil, errors.New("values of this type have no text form")
}

func parseDecimal(t iceberg.DecimalType, text string) (iceberg.Literal, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) > t.Scale() {
		return nil, fmt.Errorf("it has %d digits after the point", len(fraction))
	}
	digits := whole + fraction + strings.Repeat("0", t.Scale()-len(fraction))
	unscaled, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return nil, errors.New("it is not a number of digits")
	}
	if unscaled.BitLen() > 127 {
		return nil, errors.New("it has more digits than a decimal holds")
	}
	return iceberg.DecimalLiteral{Val: decimal128.FromBigInt(unscaled), Scale: t.Scale()}, nil
}

// parseTime reads a time to the microsecond. Go's layout would let finer fractions pass and cut them.
func parseTime(text, layout string) (time.Time, error) {
	v, err := time.Parse(layout, text)
	if err == nil && v.Nanosecond()%1000 != 0 {
		err = errors.New("it is finer than a microsecond")
	}
	return v, err
}

// parseInstant reads a time with its offset from UTC.
func parseInstant(text string) (time.Time, error) {
	if v, err := parseTime(text, "2006-01-02 15:04:05.999999-07"); err == nil {
		return v, nil
	}
	v, err := parseTime(text, "2006-01-02 15:04:05.999999-07:00")
	if err == nil && v.Year() < 1973 {
		err = errors.New("its offset may lack seconds")
	}
	return v, err
}

func parseBlob(text string) ([]byte, error) {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		if text[0] != '\\' {
			out, text = append(out, text[0]), text[1:]
			continue
		}
		if len(text) < 4 || text[1] != 'x' {
			return nil, errors.New(`a backslash is not followed by xNN`)
		}
		b, err := hex.DecodeString(text[2:4])
		if err != nil {
			return nil, err
		}
		out, text = append(out, b[0]), text[4:]
	}
	return out, nil
}

// DecodeBound reads a lower or upper bound of a data file (Iceberg spec, Appendix D, binary single-value
// serialization) as a value of the type its column has now. A bound of four bytes may have been written when
// a long was an int still, or a double a float.
func DecodeBound(t iceberg.Type, data []byte) (iceberg.Literal, error) {
	if len(data) == 4 {
		bits := binary.LittleEndian.Uint32(data)
		switch t.(type) {
		case iceberg.Int64Type:
			return iceberg.Int64Literal(int32(bits)), nil
		case iceberg.Float64Type:
			return iceberg.Float64Literal(math.Float32frombits(bits)), nil
		}
	}
	value, err := iceberg.LiteralFromBytes(t, data)
	if err != nil {
		return nil, fmt.Errorf("decode a bound of %d bytes as %s: %w", len(data), t, err)
	}
	return value, nil
}

// CompareLiterals orders two values of one column as Iceberg does, which puts NaN below every number; ok is false when
// they have different types or no order.
func CompareLiterals(a, b iceberg.Literal) (order int, ok bool) {
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
	}
	return 0, false
}

func compareTyped[V iceberg.LiteralType, L iceberg.TypedLiteral[V]](a L, b iceberg.Literal) (int, bool) {
	other, ok := b.(L)
	if !ok {
		return 0, false
	}
	return a.Comparator()(a.Value(), other.Value()), true
}
