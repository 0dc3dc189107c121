package render

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/extensions"
	"github.com/google/uuid"
)

// cellFunc appends the text of one row's value, which is not NULL, to dst.
type cellFunc func(dst []byte, row int) []byte

// batchCells makes the cellFunc of every column of a batch.
func batchCells(batch arrow.RecordBatch, of func(arrow.Array) cellFunc) []cellFunc {
	cells := make([]cellFunc, batch.NumCols())
	for c := range cells {
		cells[c] = of(batch.Column(c))
	}
	return cells
}

// notation is how scalars are spelled.
type notation int

const (
	plain notation = iota // as DuckDB prints values: tables and CSV
	iso                   // as JSON readers expect them
)

// kind says what a scalar's text is in JSON.
type kind int

const (
	text    kind = iota // needs quotes
	number              // a JSON number or, for NaN and infinities, a quoted word
	literal             // true, false, or JSON already
)

// scalarCells returns the appender for an array of scalars, or nil when the array is nested.
func scalarCells(arr arrow.Array, as notation) (cellFunc, kind) {
	if cells := integerCells(arr); cells != nil {
		return cells, number
	}
	if cells := decimalCells(arr); cells != nil {
		return cells, number
	}
	switch a := arr.(type) {
	case *array.Boolean:
		return func(dst []byte, i int) []byte { return strconv.AppendBool(dst, a.Value(i)) }, literal
	case *array.Float16:
		return func(dst []byte, i int) []byte { return appendFloat(dst, float64(a.Value(i).Float32()), 32, as) }, number
	case *array.Float32:
		return func(dst []byte, i int) []byte { return appendFloat(dst, float64(a.Value(i)), 32, as) }, number
	case *array.Float64:
		return func(dst []byte, i int) []byte { return appendFloat(dst, a.Value(i), 64, as) }, number
	case *array.String:
		return func(dst []byte, i int) []byte { return append(dst, a.Value(i)...) }, text
	case *array.LargeString:
		return func(dst []byte, i int) []byte { return append(dst, a.Value(i)...) }, text
	case *array.StringView:
		return func(dst []byte, i int) []byte { return append(dst, a.Value(i)...) }, text
	case *array.Binary:
		return func(dst []byte, i int) []byte { return appendBlob(dst, a.Value(i), as) }, text
	case *array.LargeBinary:
		return func(dst []byte, i int) []byte { return appendBlob(dst, a.Value(i), as) }, text
	case *array.BinaryView:
		return func(dst []byte, i int) []byte { return appendBlob(dst, a.Value(i), as) }, text
	case *array.FixedSizeBinary:
		return func(dst []byte, i int) []byte { return appendBlob(dst, a.Value(i), as) }, text
	case *array.Null:
		return func(dst []byte, _ int) []byte { return dst }, text
	case *array.Dictionary:
		values, of := scalarCells(a.Dictionary(), as)
		if values == nil {
			return nil, text
		}
		return func(dst []byte, i int) []byte { return values(dst, a.GetValueIndex(i)) }, of
	case *extensions.UUIDArray:
		return func(dst []byte, i int) []byte { return appendUUID(dst, a.Value(i)) }, text
	case *extensions.JSONArray:
		storage, _ := scalarCells(a.Storage(), as)
		return storage, literal
	case array.ExtensionArray:
		return scalarCells(a.Storage(), as)
	}
	return timeCells(arr, as), text
}

func integerCells(arr arrow.Array) cellFunc {
	switch a := arr.(type) {
	case *array.Int8:
		return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(a.Value(i)), 10) }
	case *array.Int16:
		return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(a.Value(i)), 10) }
	case *array.Int32:
		return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(a.Value(i)), 10) }
	case *array.Int64:
		return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, a.Value(i), 10) }
	case *array.Uint8:
		return func(dst []byte, i int) []byte { return strconv.AppendUint(dst, uint64(a.Value(i)), 10) }
	case *array.Uint16:
		return func(dst []byte, i int) []byte { return strconv.AppendUint(dst, uint64(a.Value(i)), 10) }
	case *array.Uint32:
		return func(dst []byte, i int) []byte { return strconv.AppendUint(dst, uint64(a.Value(i)), 10) }
	case *array.Uint64:
		return func(dst []byte, i int) []byte { return strconv.AppendUint(dst, a.Value(i), 10) }
	}
	return nil
}

func decimalCells(arr arrow.Array) cellFunc {
	decimal, ok := arr.DataType().(arrow.DecimalType)
	if !ok {
		return nil
	}
	scale := int(decimal.GetScale())
	var digits []byte
	scaled := func(dst []byte) []byte { return appendScaled(dst, digits, scale) }
	switch a := arr.(type) {
	case *array.Decimal32:
		return func(dst []byte, i int) []byte {
			digits = strconv.AppendInt(digits[:0], int64(a.Value(i)), 10)
			return scaled(dst)
		}
	case *array.Decimal64:
		return func(dst []byte, i int) []byte {
			digits = strconv.AppendInt(digits[:0], int64(a.Value(i)), 10)
			return scaled(dst)
		}
	case *array.Decimal128:
		return func(dst []byte, i int) []byte {
			v := a.Value(i)
			if low := int64(v.LowBits()); v.HighBits() == low>>63 {
				digits = strconv.AppendInt(digits[:0], low, 10)
			} else {
				digits = v.BigInt().Append(digits[:0], 10)
			}
			return scaled(dst)
		}
	case *array.Decimal256:
		return func(dst []byte, i int) []byte {
			digits = a.Value(i).BigInt().Append(digits[:0], 10)
			return scaled(dst)
		}
	}
	return nil
}

// appendScaled writes an integer's digits with a point before the last scale of them.
func appendScaled(dst, digits []byte, scale int) []byte {
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	whole := len(digits) - scale
	if whole <= 0 {
		dst = append(dst, '0')
	} else {
		dst = append(dst, digits[:whole]...)
		digits = digits[whole:]
	}
	if scale <= 0 {
		return dst
	}
	dst = append(dst, '.')
	for ; whole < 0; whole++ {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

func timeCells(arr arrow.Array, as notation) cellFunc {
	switch a := arr.(type) {
	case *array.Date32:
		return func(dst []byte, i int) []byte { return appendDate(dst, int64(a.Value(i)), as) }
	case *array.Date64:
		return func(dst []byte, i int) []byte { return appendDate(dst, int64(a.Value(i))/86_400_000, as) }
	case *array.Time32:
		unit := a.DataType().(*arrow.Time32Type).Unit
		return func(dst []byte, i int) []byte { return appendClock(dst, int64(a.Value(i))*int64(unit.Multiplier())) }
	case *array.Time64:
		unit := a.DataType().(*arrow.Time64Type).Unit
		return func(dst []byte, i int) []byte { return appendClock(dst, int64(a.Value(i))*int64(unit.Multiplier())) }
	case *array.Timestamp:
		typ := a.DataType().(*arrow.TimestampType)
		zone, zoned := location(typ.TimeZone)
		return func(dst []byte, i int) []byte {
			return appendTimestamp(dst, int64(a.Value(i)), typ.Unit, zone, zoned, as)
		}
	case *array.MonthDayNanoInterval:
		return func(dst []byte, i int) []byte { return appendInterval(dst, a.Value(i), as) }
	case *array.Duration:
		unit := a.DataType().(*arrow.DurationType).Unit
		return func(dst []byte, i int) []byte {
			return appendInterval(dst, arrow.MonthDayNanoInterval{Nanoseconds: int64(a.Value(i)) * int64(unit.Multiplier())}, as)
		}
	}
	return nil
}

// appendFloat writes the shortest text that reads back as the same value.
func appendFloat(dst []byte, v float64, bits int, as notation) []byte {
	word := ""
	switch {
	case math.IsNaN(v):
		word = [...]string{plain: "nan", iso: `"NaN"`}[as]
	case math.IsInf(v, 1):
		word = [...]string{plain: "inf", iso: `"Infinity"`}[as]
	case math.IsInf(v, -1):
		word = [...]string{plain: "-inf", iso: `"-Infinity"`}[as]
	}
	if word != "" {
		return append(dst, word...)
	}
	if abs := math.Abs(v); abs != 0 && (abs < 1e-5 || abs >= 1e16) {
		return strconv.AppendFloat(dst, v, 'e', -1, bits)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'f', -1, bits)
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

func appendUUID(dst []byte, id uuid.UUID) []byte {
	text, err := id.MarshalText()
	if err != nil {
		return dst // a uuid.UUID always has a text form
	}
	return append(dst, text...)
}

func appendBlob(dst, value []byte, as notation) []byte {
	if as == iso {
		return base64.StdEncoding.AppendEncode(dst, value)
	}
	const hex = "0123456789ABCDEF"
	for _, b := range value {
		if b >= ' ' && b <= '~' && b != '\\' && b != '"' && b != '\'' {
			dst = append(dst, b)
			continue
		}
		dst = append(dst, '\\', 'x', hex[b>>4], hex[b&15])
	}
	return dst
}

// DuckDB stores infinite dates and timestamps as the extremes of the integer.
func infinity(v, limit int64) string {
	switch v {
	case limit:
		return "infinity"
	case -limit:
		return "-infinity"
	}
	return ""
}

func appendDate(dst []byte, days int64, as notation) []byte {
	if word := infinity(days, math.MaxInt32); word != "" {
		return append(dst, word...)
	}
	return appendDay(dst, time.Unix(days*86_400, 0).UTC(), as)
}

// appendDay writes the date of t; years before 1 are marked as DuckDB does, or
// counted astronomically in ISO 8601.
func appendDay(dst []byte, t time.Time, as notation) []byte {
	if year := t.Year(); as == plain && year <= 0 {
		dst = append(dst, strconv.AppendInt(nil, int64(10_001-year), 10)[1:]...)
		return append(t.AppendFormat(dst, "-01-02"), " (BC)"...)
	}
	return t.AppendFormat(dst, "2006-01-02")
}

func location(name string) (zone *time.Location, zoned bool) {
	if name == "" {
		return time.UTC, false
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC, true
	}
	return zone, true
}

func appendTimestamp(dst []byte, v int64, unit arrow.TimeUnit, zone *time.Location, zoned bool, as notation) []byte {
	if word := infinity(v, math.MaxInt64); word != "" {
		return append(dst, word...)
	}
	t := instant(v, unit).In(zone)
	if _, offset := t.Zone(); as == iso && offset%60 != 0 {
		t = t.UTC() // ISO 8601 has no seconds in offsets: the text would be of another moment
	}
	dst = append(appendDay(dst, t, as), [...]byte{plain: ' ', iso: 'T'}[as])
	dst = t.AppendFormat(dst, "15:04:05.999999999")
	if !zoned {
		return dst
	}
	if as == iso {
		return t.AppendFormat(dst, "Z07:00")
	}
	if _, offset := t.Zone(); offset%3600 != 0 {
		return t.AppendFormat(dst, "-07:00")
	}
	return t.AppendFormat(dst, "-07")
}

func instant(v int64, unit arrow.TimeUnit) time.Time {
	switch unit {
	case arrow.Second:
		return time.Unix(v, 0)
	case arrow.Millisecond:
		return time.UnixMilli(v)
	case arrow.Microsecond:
		return time.UnixMicro(v)
	default:
		return time.Unix(v/1e9, v%1e9)
	}
}

// appendClock writes a time of day, given in nanoseconds since midnight. SQL allows 24:00:00.
func appendClock(dst []byte, nanos int64) []byte {
	seconds, fraction := nanos/1e9, nanos%1e9
	dst = appendTwo(dst, seconds/3600)
	dst = appendTwo(append(dst, ':'), seconds/60%60)
	dst = appendTwo(append(dst, ':'), seconds%60)
	return appendFraction(dst, fraction)
}

func appendTwo(dst []byte, v int64) []byte {
	if v < 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, v, 10)
}

func appendFraction(dst []byte, nanos int64) []byte {
	if nanos == 0 {
		return dst
	}
	digits := strconv.AppendInt(nil, 1e9+nanos, 10)[1:]
	for digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	return append(append(dst, '.'), digits...)
}

// appendInterval writes months, days and a clock; ISO 8601 durations in JSON.
func appendInterval(dst []byte, v arrow.MonthDayNanoInterval, as notation) []byte {
	if as == iso {
		return appendDuration(dst, v)
	}
	start := len(dst)
	for _, part := range []struct {
		n    int32
		unit string
	}{{v.Months / 12, "year"}, {v.Months % 12, "month"}, {v.Days, "day"}} {
		if part.n == 0 {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		dst = strconv.AppendInt(dst, int64(part.n), 10)
		dst = append(append(dst, ' '), part.unit...)
		if part.n != 1 && part.n != -1 {
			dst = append(dst, 's')
		}
	}
	if v.Nanoseconds == 0 && len(dst) > start {
		return dst
	}
	if len(dst) > start {
		dst = append(dst, ' ')
	}
	nanos := v.Nanoseconds
	if nanos < 0 {
		dst, nanos = append(dst, '-'), -nanos
	}
	return appendClock(dst, nanos)
}

func appendDuration(dst []byte, v arrow.MonthDayNanoInterval) []byte {
	dst = append(dst, 'P')
	if v.Months != 0 {
		dst = append(strconv.AppendInt(dst, int64(v.Months), 10), 'M')
	}
	if v.Days != 0 {
		dst = append(strconv.AppendInt(dst, int64(v.Days), 10), 'D')
	}
	if v.Nanoseconds == 0 && (v.Months != 0 || v.Days != 0) {
		return dst
	}
	dst = append(dst, 'T')
	nanos := v.Nanoseconds
	if nanos < 0 {
		dst, nanos = append(dst, '-'), -nanos
	}
	dst = appendFraction(strconv.AppendInt(dst, nanos/1e9, 10), nanos%1e9)
	return append(dst, 'S')
}
