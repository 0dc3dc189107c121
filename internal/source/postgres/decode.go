package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/extensions"
	"github.com/apache/iceberg-go"
)

// PostgreSQL counts dates and timestamps from 2000-01-01.
const (
	epochDays   = 10957
	epochMicros = epochDays * 24 * 3600 * 1_000_000
	dayMicros   = 24 * 3600 * 1_000_000
)

var (
	errInfinity   = errors.New("infinity has no place on a calendar")
	errOutOfRange = errors.New("it is out of range")
	errMidnight   = errors.New("24:00:00 is not a time of day")
	errEncoding   = errors.New("it is not UTF-8")
	errDimensions = errors.New("the array has more than one dimension")
)

// decoder appends values in PostgreSQL's binary form to a column. The space of a whole batch is reserved before (reserve), so
// that fixed-width decoders append without looking.
type decoder interface {
	reserve(n int)
	// value appends one value; b is only valid during the call.
	value(b []byte) error
	null()
}

// newDecoder makes the decoder that appends what arrives as PostgreSQL type wire to b, as Iceberg type t. checkText makes
// it refuse text that is not UTF-8.
func newDecoder(b array.Builder, t iceberg.Type, wire wireType, checkText bool) (decoder, error) {
	if list, ok := t.(*iceberg.ListType); ok {
		if wire.element == "" {
			return nil, fmt.Errorf("no way to read %s as %s", wire.name, t)
		}
		builder := b.(*array.ListBuilder)
		elements, err := newDecoder(builder.ValueBuilder(), list.Element, wireType{name: wire.element}, checkText)
		if err != nil {
			return nil, err
		}
		return &lists{builder, elements}, nil
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		return &booleans{b}, nil
	case *array.Int32Builder:
		return newInt32s(b, wire.name)
	case *array.Int64Builder:
		return newInt64s(b, wire.name)
	case *array.Float32Builder:
		return &fixed[float32]{b, 4, func(v []byte) (float32, error) {
			return math.Float32frombits(binary.BigEndian.Uint32(v)), nil
		}}, nil
	case *array.Float64Builder:
		return &fixed[float64]{b, 8, func(v []byte) (float64, error) {
			return math.Float64frombits(binary.BigEndian.Uint64(v)), nil
		}}, nil
	case *array.Decimal128Builder:
		d := t.(iceberg.DecimalType)
		return &decimals{b, d.Precision(), d.Scale()}, nil
	case *array.Date32Builder:
		return &fixed[arrow.Date32]{b, 4, date}, nil
	case *array.Time64Builder:
		return &fixed[arrow.Time64]{b, 8, timeOfDay}, nil
	case *array.TimestampBuilder:
		return &fixed[arrow.Timestamp]{b, 8, timestamp}, nil
	case *extensions.UUIDBuilder:
		return &uuids{b.StorageBuilder().(*array.FixedSizeBinaryBuilder)}, nil
	case *array.StringBuilder:
		return &texts{b.BinaryBuilder, checkText, wire.name == "jsonb"}, nil
	case *array.BinaryBuilder:
		return &bytesColumn{b}, nil
	}
	return nil, fmt.Errorf("no way to read %s as %s", wire.name, t)
}

// wireType is what a selected value arrives as.
type wireType struct {
	name    string
	element string // of an array
}

func newInt32s(b *array.Int32Builder, wire string) (decoder, error) {
	switch wire {
	case "int2":
		return &fixed[int32]{b, 2, func(v []byte) (int32, error) {
			return int32(int16(binary.BigEndian.Uint16(v))), nil
		}}, nil
	case "int4":
		return &fixed[int32]{b, 4, func(v []byte) (int32, error) {
			return int32(binary.BigEndian.Uint32(v)), nil
		}}, nil
	case "numeric":
		return &integers[int32]{b, math.MinInt32, math.MaxInt32}, nil
	}
	return nil, fmt.Errorf("no way to read %s as int", wire)
}

func newInt64s(b *array.Int64Builder, wire string) (decoder, error) {
	switch wire {
	case "int2":
		return &fixed[int64]{b, 2, func(v []byte) (int64, error) {
			return int64(int16(binary.BigEndian.Uint16(v))), nil
		}}, nil
	case "int4":
		return &fixed[int64]{b, 4, func(v []byte) (int64, error) {
			return int64(int32(binary.BigEndian.Uint32(v))), nil
		}}, nil
	case "oid":
		return &fixed[int64]{b, 4, func(v []byte) (int64, error) {
			return int64(binary.BigEndian.Uint32(v)), nil
		}}, nil
	case "int8":
		return &fixed[int64]{b, 8, func(v []byte) (int64, error) {
			return int64(binary.BigEndian.Uint64(v)), nil
		}}, nil
	case "numeric":
		return &integers[int64]{b, math.MinInt64, math.MaxInt64}, nil
	}
	return nil, fmt.Errorf("no way to read %s as long", wire)
}

func date(v []byte) (arrow.Date32, error) {
	days := int32(binary.BigEndian.Uint32(v))
	switch {
	case days == math.MaxInt32 || days == math.MinInt32:
		return 0, errInfinity
	case days > math.MaxInt32-epochDays:
		return 0, errOutOfRange
	}
	return arrow.Date32(days + epochDays), nil
}

func timeOfDay(v []byte) (arrow.Time64, error) {
	micros := int64(binary.BigEndian.Uint64(v))
	if micros >= dayMicros {
		return 0, errMidnight
	}
	return arrow.Time64(micros), nil
}

func timestamp(v []byte) (arrow.Timestamp, error) {
	micros := int64(binary.BigEndian.Uint64(v))
	switch {
	case micros == math.MaxInt64 || micros == math.MinInt64:
		return 0, errInfinity
	case micros > math.MaxInt64-epochMicros:
		return 0, errOutOfRange
	}
	return arrow.Timestamp(micros + epochMicros), nil
}

// fixedBuilder is a builder of values of one width.
type fixedBuilder[T any] interface {
	UnsafeAppend(T)
	AppendNull()
	Reserve(int)
}

// fixed reads values of one width.
type fixed[T any] struct {
	b     fixedBuilder[T]
	width int
	read  func([]byte) (T, error)
}

func (d *fixed[T]) reserve(n int) { d.b.Reserve(n) }
func (d *fixed[T]) null()         { d.b.AppendNull() }
func (d *fixed[T]) value(v []byte) error {
	if len(v) != d.width {
		return errMalformed
	}
	x, err := d.read(v)
	if err != nil {
		return err
	}
	d.b.UnsafeAppend(x)
	return nil
}

type booleans struct{ b *array.BooleanBuilder }

func (d *booleans) reserve(n int) { d.b.Reserve(n) }
func (d *booleans) null()         { d.b.AppendNull() }
func (d *booleans) value(v []byte) error {
	if len(v) != 1 {
		return errMalformed
	}
	d.b.UnsafeAppend(v[0] != 0)
	return nil
}

type decimals struct {
	b                *array.Decimal128Builder
	precision, scale int
}

func (d *decimals) reserve(n int) { d.b.Reserve(n) }
func (d *decimals) null()         { d.b.AppendNull() }
func (d *decimals) value(v []byte) error {
	n, err := decimal(v, d.precision, d.scale)
	if err != nil {
		return err
	}
	d.b.UnsafeAppend(n)
	return nil
}

// integers reads whole numbers that travel as numeric.
type integers[T int32 | int64] struct {
	b        fixedBuilder[T]
	min, max int64
}

func (d *integers[T]) reserve(n int) { d.b.Reserve(n) }
func (d *integers[T]) null()         { d.b.AppendNull() }
func (d *integers[T]) value(v []byte) error {
	n, err := decimal(v, 38, 0)
	if err != nil {
		return err
	}
	low := int64(n.LowBits())
	if n.HighBits() != low>>63 || low < d.min || low > d.max {
		return errOutOfRange
	}
	d.b.UnsafeAppend(T(low))
	return nil
}

type uuids struct{ b *array.FixedSizeBinaryBuilder }

func (d *uuids) reserve(n int) { d.b.Reserve(n) }
func (d *uuids) null()         { d.b.AppendNull() }
func (d *uuids) value(v []byte) error {
	if len(v) != 16 {
		return errMalformed
	}
	d.b.Append(v)
	return nil
}

type texts struct {
	b     *array.BinaryBuilder
	check bool
	jsonb bool
}

func (d *texts) reserve(n int) { d.b.Reserve(n) }
func (d *texts) null()         { d.b.AppendNull() }
func (d *texts) value(v []byte) error {
	if d.jsonb { // a version byte comes first; there has only ever been version 1
		if len(v) == 0 || v[0] != 1 {
			return errMalformed
		}
		v = v[1:]
	}
	if d.check && !utf8.Valid(v) {
		return errEncoding
	}
	d.b.Append(v)
	return nil
}

type bytesColumn struct{ b *array.BinaryBuilder }

func (d *bytesColumn) reserve(n int) { d.b.Reserve(n) }
func (d *bytesColumn) null()         { d.b.AppendNull() }
func (d *bytesColumn) value(v []byte) error {
	d.b.Append(v)
	return nil
}

// lists reads arrays of one dimension (array_send).
type lists struct {
	b        *array.ListBuilder
	elements decoder
}

func (d *lists) reserve(n int) { d.b.Reserve(n) }
func (d *lists) null()         { d.b.AppendNull() }
func (d *lists) value(v []byte) error {
	if len(v) < 12 {
		return errMalformed
	}
	switch binary.BigEndian.Uint32(v) {
	case 0:
		d.b.Append(true)
		return nil
	case 1:
	default:
		return errDimensions
	}
	if len(v) < 20 {
		return errMalformed
	}
	count := int(int32(binary.BigEndian.Uint32(v[12:])))
	v = v[20:]
	if count < 0 || count > len(v)/4 {
		return errMalformed
	}
	d.b.Append(true)
	d.elements.reserve(count)
	for range count {
		if len(v) < 4 {
			return errMalformed
		}
		size := int(int32(binary.BigEndian.Uint32(v)))
		v = v[4:]
		if size < 0 {
			d.elements.null()
			continue
		}
		if size > len(v) {
			return errMalformed
		}
		if err := d.elements.value(v[:size]); err != nil {
			return err
		}
		v = v[size:]
	}
	return nil
}
