package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// The binary form of a numeric (numeric_send): four 16-bit words, then base-10000 digits, most significant first.
// The value is the sum of digit[i] × 10000^(weight−i), times −1 with signNegative.
const (
	numericHead     = 8
	signNegative    = 0x4000
	signNaN         = 0xC000
	signInfinity    = 0xD000
	signNegInfinity = 0xF000
)

var (
	errNotFinite = errors.New("NaN and Infinity have no exact decimal form")
	errDigits    = errors.New("it has more digits than the type")
	errFraction  = errors.New("it has more decimals than the type")
	errMalformed = errors.New("the server sent a malformed value")
)

// powersOfTen are 10^0 … 10^38.
var powersOfTen = func() (p [39]u128) {
	p[0] = u128{0, 1}
	for i := 1; i < len(p); i++ {
		p[i], _ = p[i-1].mulAdd(10, 0)
	}
	return p
}()

type u128 struct{ hi, lo uint64 }

// mulAdd returns u×m+a and whether it fits.
func (u u128) mulAdd(m, a uint64) (u128, bool) {
	over, hi := bits.Mul64(u.hi, m)
	carry, lo := bits.Mul64(u.lo, m)
	lo, c := bits.Add64(lo, a, 0)
	carry += c // cannot overflow: the high word of a product is at most 2^64-2
	hi, c = bits.Add64(hi, carry, 0)
	return u128{hi, lo}, over == 0 && c == 0
}

func (u u128) less(v u128) bool { return u.hi < v.hi || u.hi == v.hi && u.lo < v.lo }

// decimal reads a numeric as an integer number of 10^-scale, of at most precision digits; a value that is not one exactly is
// an error, never rounded.
func decimal(b []byte, precision, scale int) (decimal128.Num, error) {
	if len(b) < numericHead {
		return decimal128.Num{}, errMalformed
	}
	count := int(binary.BigEndian.Uint16(b))
	weight := int(int16(binary.BigEndian.Uint16(b[2:])))
	sign := binary.BigEndian.Uint16(b[4:])
	digits := b[numericHead:]
	if len(digits) != 2*count {
		return decimal128.Num{}, errMalformed
	}
	if sign == signNaN || sign == signInfinity || sign == signNegInfinity {
		return decimal128.Num{}, errNotFinite
	}
	var value u128
	// exponent is the power of ten of the last digit taken into value.
	exponent := 4 * (weight + 1)
	for ; len(digits) > 0; digits = digits[2:] {
		digit := uint64(binary.BigEndian.Uint16(digits))
		room := exponent + scale
		exponent -= 4
		fits := true
		switch {
		case room >= 4:
			value, fits = value.mulAdd(10000, digit)
		case room <= 0:
			if digit != 0 {
				return decimal128.Num{}, errFraction
			}
			exponent = -scale
		default: // only the first decimals of this digit are within the scale
			unit := powersOfTen[4-room].lo
			if digit%unit != 0 {
				return decimal128.Num{}, errFraction
			}
			value, fits = value.mulAdd(powersOfTen[room].lo, digit/unit)
			exponent = -scale
		}
		if !fits {
			return decimal128.Num{}, errDigits
		}
	}
	if value != (u128{}) {
		for missing := exponent + scale; missing > 0; {
			step := min(missing, 18)
			var fits bool
			if value, fits = value.mulAdd(powersOfTen[step].lo, 0); !fits {
				return decimal128.Num{}, errDigits
			}
			missing -= step
		}
	}
	if !value.less(powersOfTen[precision]) {
		return decimal128.Num{}, errDigits
	}
	n := decimal128.New(int64(value.hi), value.lo)
	if sign == signNegative {
		n = n.Negate()
	}
	return n, nil
}

// numericText prints the binary form of a numeric, for messages.
func numericText(b []byte) string {
	if len(b) < numericHead {
		return ""
	}
	count := int(binary.BigEndian.Uint16(b))
	weight := int(int16(binary.BigEndian.Uint16(b[2:])))
	scale := int(binary.BigEndian.Uint16(b[6:]))
	switch sign := binary.BigEndian.Uint16(b[4:]); {
	case sign == signNaN:
		return "NaN"
	case sign == signInfinity:
		return "Infinity"
	case sign == signNegInfinity:
		return "-Infinity"
	case len(b) != numericHead+2*count:
		return ""
	}
	digit := func(i int) int {
		if i < 0 || i >= count {
			return 0
		}
		return int(binary.BigEndian.Uint16(b[numericHead+2*i:]))
	}
	var text strings.Builder
	for i := 0; i <= weight; i++ {
		fmt.Fprintf(&text, "%04d", digit(i))
	}
	whole := strings.TrimLeft(text.String(), "0")
	if whole == "" {
		whole = "0"
	}
	text.Reset()
	for i := weight + 1; text.Len() < scale; i++ {
		fmt.Fprintf(&text, "%04d", digit(i))
	}
	if scale > 0 {
		whole += "." + text.String()[:scale]
	}
	if binary.BigEndian.Uint16(b[4:]) == signNegative {
		whole = "-" + whole
	}
	return whole
}
