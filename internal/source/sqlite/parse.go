package sqlite

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

var (
	errFormat   = errors.New("it is not written as one")
	errDigits   = errors.New("it has more digits than the type")
	errFraction = errors.New("it has more decimals than the type")
	errFiner    = errors.New("it is finer than a microsecond")
	errZoned    = errors.New("it has an offset from UTC, and the column's first rows have none")
)

// zonedTime is a point in time as text has it.
type zonedTime struct {
	micros int64 // since 1970, in UTC when zoned and otherwise as the clock on the wall
	offset int64 // of the clock on the wall from UTC, in microseconds
	zoned  bool  // the text has an offset or Z
	date   bool  // the text is only a date
}

// parseTimestamp reads ISO 8601 as SQLite and its drivers write it: "2006-01-02", "2006-01-02 15:04",
// "2006-01-02T15:04:05.999999Z", "2006-01-02 15:04:05+09:00". (time.Parse takes layouts, not a choice, and many times as long.)
func parseTimestamp(text string) (zonedTime, error) {
	if len(text) < 10 || text[4] != '-' || text[7] != '-' {
		return zonedTime{}, errFormat
	}
	year, ok1 := digits(text[0:4])
	month, ok2 := digits(text[5:7])
	day, ok3 := digits(text[8:10])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return zonedTime{}, errFormat
	}
	midnight := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix() * 1_000_000
	if len(text) == 10 {
		return zonedTime{micros: midnight, date: true}, nil
	}
	if text[10] != ' ' && text[10] != 'T' && text[10] != 't' {
		return zonedTime{}, errFormat
	}
	clock, rest, err := parseClock(text[11:])
	if err != nil {
		return zonedTime{}, err
	}
	offset, zoned, err := parseOffset(rest)
	if err != nil {
		return zonedTime{}, err
	}
	return zonedTime{micros: midnight + clock - offset, offset: offset, zoned: zoned}, nil
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// digits reads an unsigned number of only digits.
func digits(text string) (int, bool) {
	n := 0
	for i := range len(text) {
		d := text[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int(d)
	}
	return n, true
}

// parseClock reads "15:04", "15:04:05" or "15:04:05.999" in microseconds and returns what follows.
func parseClock(text string) (micros int64, rest string, err error) {
	if len(text) < 5 || text[2] != ':' {
		return 0, "", errFormat
	}
	hour, ok1 := digits(text[0:2])
	minute, ok2 := digits(text[3:5])
	if !ok1 || !ok2 || hour > 23 || minute > 59 {
		return 0, "", errFormat
	}
	micros = int64(hour*3600+minute*60) * 1_000_000
	text = text[5:]
	if len(text) < 3 || text[0] != ':' {
		return micros, text, nil
	}
	second, ok := digits(text[1:3])
	if !ok || second > 59 {
		return 0, "", errFormat
	}
	micros += int64(second) * 1_000_000
	text = text[3:]
	if text == "" || text[0] != '.' {
		return micros, text, nil
	}
	unit := int64(100_000)
	i := 1
	for ; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		if unit == 0 && text[i] != '0' {
			return 0, "", errFiner
		}
		micros += unit * int64(text[i]-'0')
		unit /= 10
	}
	if i == 1 {
		return 0, "", errFormat
	}
	return micros, text[i:], nil
}

// parseOffset reads "", "Z", "+09", "+0900" or "+09:00", with a space before it or not.
func parseOffset(text string) (micros int64, zoned bool, err error) {
	if text == "" {
		return 0, false, nil
	}
	if text[0] == ' ' {
		text = text[1:]
	}
	if text == "Z" || text == "z" {
		return 0, true, nil
	}
	if len(text) < 3 || text[0] != '+' && text[0] != '-' {
		return 0, false, errFormat
	}
	hours, ok := digits(text[1:3])
	rest := text[3:]
	minutes, ok2 := 0, true
	if rest != "" {
		if rest[0] == ':' {
			rest = rest[1:]
		}
		if len(rest) != 2 {
			return 0, false, errFormat
		}
		minutes, ok2 = digits(rest)
	}
	if !ok || !ok2 || hours > 15 || minutes > 59 {
		return 0, false, errFormat
	}
	micros = int64(hours*3600+minutes*60) * 1_000_000
	if text[0] == '-' {
		micros = -micros
	}
	return micros, true, nil
}

// powersOfTen are 10^0 … 10^38.
var powersOfTen = func() (p [39]decimal128.Num) {
	p[0] = decimal128.FromU64(1)
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1].Mul(decimal128.FromU64(10))
	}
	return p
}()

// decimalOfInt is v as a number of 10^-scale with at most precision digits.
func decimalOfInt(v int64, precision, scale int) (decimal128.Num, error) {
	if precision-scale < 19 {
		limit := powersOfTen[precision-scale].LowBits()
		if v >= 0 && uint64(v) >= limit || v < 0 && uint64(-v) >= limit {
			return decimal128.Num{}, errDigits
		}
	}
	return decimal128.FromI64(v).Mul(powersOfTen[scale]), nil
}

// parseDecimal reads a decimal number ("-12.50", "1e3") as a number of 10^-scale with at most precision digits, exactly.
func parseDecimal(text string, precision, scale int) (decimal128.Num, error) {
	rest := text
	negative := rest != "" && rest[0] == '-'
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		rest = rest[1:]
	}
	// significant are the digits without point and leading zeros; point is how many of them are decimals.
	significant := make([]byte, 0, 48)
	point, seenPoint, seenDigit, i := 0, false, false, 0
loop:
	for ; i < len(rest); i++ {
		switch c := rest[i]; {
		case c >= '0' && c <= '9':
			seenDigit = true
			if len(significant) > 0 || c != '0' {
				significant = append(significant, c)
			}
			if seenPoint {
				point++
			}
		case c == '.' && !seenPoint:
			seenPoint = true
		default:
			break loop
		}
	}
	if !seenDigit {
		return decimal128.Num{}, errFormat
	}
	if i < len(rest) {
		if rest[i] != 'e' && rest[i] != 'E' {
			return decimal128.Num{}, errFormat
		}
		exponent, err := strconv.Atoi(rest[i+1:])
		if err != nil || exponent > math.MaxInt16 || exponent < math.MinInt16 {
			return decimal128.Num{}, errFormat
		}
		point -= exponent
	}
	for len(significant) > 0 && significant[len(significant)-1] == '0' {
		significant = significant[:len(significant)-1]
		point--
	}
	zeros := scale - point
	switch {
	case len(significant) == 0:
		return decimal128.Num{}, nil
	case zeros < 0:
		return decimal128.Num{}, errFraction
	case len(significant)+zeros > precision:
		return decimal128.Num{}, errDigits
	}
	n := decimal128.Num{}
	for len(significant) > 0 {
		step := min(len(significant), 18)
		part, err := strconv.ParseUint(string(significant[:step]), 10, 64)
		if err != nil {
			return decimal128.Num{}, errFormat
		}
		n = n.Mul(powersOfTen[step]).Add(decimal128.FromU64(part))
		significant = significant[step:]
	}
	n = n.Mul(powersOfTen[zeros])
	if negative {
		n = n.Negate()
	}
	return n, nil
}
