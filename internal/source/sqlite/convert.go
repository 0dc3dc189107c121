package sqlite

import (
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/extensions"
	"github.com/apache/iceberg-go"
	"github.com/google/uuid"
)

// dayMicros is a day in microseconds.
const dayMicros = 24 * 3600 * 1_000_000

var (
	errKind     = errors.New("it is of another kind")
	errRange    = errors.New("it is out of range")
	errInexact  = errors.New("it has no exact form as one")
	errEncoding = errors.New("it is not UTF-8")
	errTime     = errors.New("it has a time of day")
)

// appender appends a value as the driver has it (int64, float64, string or []byte, never nil) to a column whose space is
// reserved.
type appender func(v driver.Value) error

// newAppender makes the appender of Iceberg type t to b.
func newAppender(b array.Builder, t iceberg.Type) (appender, error) {
	switch b := b.(type) {
	case *array.BooleanBuilder:
		return appends(b.UnsafeAppend, toBool), nil
	case *array.Int32Builder:
		return appends(b.UnsafeAppend, func(v driver.Value) (int32, error) {
			n, err := toInt(v)
			if err == nil && int64(int32(n)) != n {
				err = errRange
			}
			return int32(n), err
		}), nil
	case *array.Int64Builder:
		return appends(b.UnsafeAppend, toInt), nil
	case *array.Float32Builder:
		return appends(b.UnsafeAppend, func(v driver.Value) (float32, error) {
			f, err := toFloat(v)
			return float32(f), err
		}), nil
	case *array.Float64Builder:
		return appends(b.UnsafeAppend, toFloat), nil
	case *array.Decimal128Builder:
		d := t.(iceberg.DecimalType)
		precision, scale := d.Precision(), d.Scale()
		return func(v driver.Value) error {
			switch v := v.(type) {
			case int64:
				n, err := decimalOfInt(v, precision, scale)
				b.UnsafeAppend(n)
				return err
			case float64:
				n, err := parseDecimal(strconv.FormatFloat(v, 'e', -1, 64), precision, scale)
				b.UnsafeAppend(n)
				return err
			case string:
				n, err := parseDecimal(strings.TrimSpace(v), precision, scale)
				b.UnsafeAppend(n)
				return err
			}
			return errKind
		}, nil
	case *array.Date32Builder:
		return appends(b.UnsafeAppend, toDate), nil
	case *array.Time64Builder:
		return appends(b.UnsafeAppend, toTime), nil
	case *array.TimestampBuilder:
		_, zoned := t.(iceberg.TimestampTzType)
		return appends(b.UnsafeAppend, func(v driver.Value) (arrow.Timestamp, error) {
			text, ok := v.(string)
			if !ok {
				return 0, errKind
			}
			ts, err := parseTimestamp(text)
			if err == nil && ts.zoned && !zoned {
				err = errZoned
			}
			return arrow.Timestamp(ts.micros), err
		}), nil
	case *extensions.UUIDBuilder:
		storage := b.StorageBuilder().(*array.FixedSizeBinaryBuilder)
		return appends(func(u uuid.UUID) { storage.Append(u[:]) }, toUUID), nil
	case *array.StringBuilder:
		return appends(b.Append, toText), nil
	case *array.BinaryBuilder:
		return func(v driver.Value) error {
			switch v := v.(type) {
			case []byte:
				b.Append(v)
			case string:
				b.AppendString(v)
			default:
				return errKind
			}
			return nil
		}, nil
	}
	return nil, fmt.Errorf("no way to read SQLite values as %s", t)
}

func appends[T any](add func(T), convert func(driver.Value) (T, error)) appender {
	return func(v driver.Value) error {
		x, err := convert(v)
		if err != nil {
			return err
		}
		add(x)
		return nil
	}
}

func toBool(v driver.Value) (bool, error) {
	switch v := v.(type) {
	case int64:
		if v == 0 || v == 1 {
			return v == 1, nil
		}
		return false, errInexact
	case string:
		switch strings.ToLower(v) {
		case "true", "t", "1":
			return true, nil
		case "false", "f", "0":
			return false, nil
		}
		return false, errFormat
	}
	return false, errKind
}

func toInt(v driver.Value) (int64, error) {
	switch v := v.(type) {
	case int64:
		return v, nil
	case float64:
		// 2^63 itself is a float64 and too large.
		if v != math.Trunc(v) || v < math.MinInt64 || v >= math.MaxInt64 {
			return 0, errInexact
		}
		return int64(v), nil
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return 0, errFormat
		}
		return n, nil
	}
	return 0, errKind
}

func toFloat(v driver.Value) (float64, error) {
	switch v := v.(type) {
	case float64:
		return v, nil
	case int64:
		f := float64(v)
		if f >= math.MaxInt64 || int64(f) != v {
			return 0, errInexact
		}
		return f, nil
	}
	return 0, errKind
}

func toDate(v driver.Value) (arrow.Date32, error) {
	text, ok := v.(string)
	if !ok {
		return 0, errKind
	}
	ts, err := parseTimestamp(text)
	if err != nil {
		return 0, err
	}
	// Drivers without a date type write midnight; in UTC, it is the same date.
	if ts.micros%dayMicros != 0 || ts.zoned && !strings.HasPrefix(text[10:], "T00:00") && !strings.HasPrefix(text[10:], " 00:00") {
		return 0, errTime
	}
	return arrow.Date32(ts.micros / dayMicros), nil
}

func toTime(v driver.Value) (arrow.Time64, error) {
	text, ok := v.(string)
	if !ok {
		return 0, errKind
	}
	micros, rest, err := parseClock(text)
	if err == nil && rest != "" {
		err = errFormat
	}
	return arrow.Time64(micros), err
}

func toUUID(v driver.Value) (uuid.UUID, error) {
	switch v := v.(type) {
	case string:
		u, err := uuid.Parse(v)
		if err != nil {
			return u, errFormat
		}
		return u, nil
	case []byte:
		if len(v) == 16 {
			return uuid.UUID(v), nil
		}
		return uuid.UUID{}, errFormat
	}
	return uuid.UUID{}, errKind
}

func toText(v driver.Value) (string, error) {
	switch v := v.(type) {
	case string:
		if !utf8.ValidString(v) {
			return "", errEncoding
		}
		return v, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	}
	return "", errKind
}

// render shows a value in a message.
func render(v driver.Value) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return strconv.Quote(strings.ToValidUTF8(v, "?"))
	case []byte:
		return "x'" + hex.EncodeToString(v[:min(len(v), 16)]) + "'"
	}
	return ""
}
