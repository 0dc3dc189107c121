package lake

import (
	"fmt"
	"time"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/schema"
)

// slice is the part of a table that an overwrite replaces: the rows whose column is in [lo, hi).
type slice struct {
	field    iceberg.NestedField
	lo, hi   iceberg.Literal
	loS, hiS string // as SQL literals
}

// newSlice makes the slice of an interval. Over timestamptz its ends are instants. Over date and timestamp they are what a clock on
// the wall in loc shows at those instants; see [wall].
func newSlice(iv *Interval, sch *iceberg.Schema, loc *time.Location) (*slice, error) {
	field, ok := schema.Find(sch, iv.Column)
	if !ok {
		return nil, fmt.Errorf("interval column %q: the new rows have no such column", iv.Column)
	}
	if !iv.Start.Before(iv.End) {
		return nil, fmt.Errorf("interval over %q: start %s is not before end %s", iv.Column, iv.Start, iv.End)
	}
	s := &slice{field: field}
	switch field.Type.(type) {
	case iceberg.TimestampTzType:
		lo, hi := ceil(iv.Start.UTC(), time.Microsecond), ceil(iv.End.UTC(), time.Microsecond)
		s.lo, s.hi = timestamp(lo), timestamp(hi)
		s.loS, s.hiS = "TIMESTAMPTZ '"+lo.Format(sqlTimestamp)+"+00'", "TIMESTAMPTZ '"+hi.Format(sqlTimestamp)+"+00'"
	case iceberg.TimestampType:
		lo, hi := ceil(wall(iv.Start, loc), time.Microsecond), ceil(wall(iv.End, loc), time.Microsecond)
		s.lo, s.hi = timestamp(lo), timestamp(hi)
		s.loS, s.hiS = "TIMESTAMP '"+lo.Format(sqlTimestamp)+"'", "TIMESTAMP '"+hi.Format(sqlTimestamp)+"'"
		if !lo.Before(hi) {
			return nil, fmt.Errorf("interval [%s, %s) over %q: the clock in %s was put back within it, so a timestamp "+
				"without time zone cannot tell its rows; make the column a timestamptz or the interval a day",
				iv.Start.Format(time.RFC3339), iv.End.Format(time.RFC3339), iv.Column, loc)
		}
	case iceberg.DateType:
		lo, hi := ceil(wall(iv.Start, loc), 24*time.Hour), ceil(wall(iv.End, loc), 24*time.Hour)
		s.lo, s.hi = iceberg.NewLiteral(iceberg.Date(lo.Unix()/86400)), iceberg.NewLiteral(iceberg.Date(hi.Unix()/86400))
		s.loS, s.hiS = "DATE '"+lo.Format(time.DateOnly)+"'", "DATE '"+hi.Format(time.DateOnly)+"'"
	default:
		return nil, fmt.Errorf("interval column %q is %s: want date, timestamp or timestamptz", iv.Column, field.Type)
	}
	return s, nil
}

const sqlTimestamp = "2006-01-02 15:04:05.000000"

// wall is what a clock in loc shows at t, as a time in UTC. Where clocks are put forward at t it is what they show without that: times
// that they leave out count as t, as they do when SQL compares them with t. So a day whose midnight is left out begins with its date.
func wall(t time.Time, loc *time.Location) time.Time {
	t = t.In(loc)
	_, offset := t.Zone()
	if began, _ := t.ZoneBounds(); began.Equal(t) {
		_, before := t.Add(-1).Zone()
		offset = min(offset, before)
	}
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// ceil rounds up to a multiple of d since the epoch: a value of that grain is at or after t exactly when it is at or after ceil(t).
func ceil(t time.Time, d time.Duration) time.Time {
	floor := t.Truncate(d) // multiples since year 1, which began a day
	if floor.Before(t) {
		return floor.Add(d)
	}
	return floor
}

func timestamp(t time.Time) iceberg.Literal {
	return iceberg.NewLiteral(iceberg.Timestamp(t.UnixMicro()))
}

func (s *slice) inside() string {
	c := quote(s.field.Name)
	return "(" + c + " >= " + s.loS + " AND " + c + " < " + s.hiS + ")"
}

func (s *slice) outside() string {
	c := quote(s.field.Name)
	return "(" + c + " IS NULL OR " + c + " < " + s.loS + " OR " + c + " >= " + s.hiS + ")"
}

// place says where the rows of a file are, as far as its statistics tell.
type place int

const (
	unknown place = iota // some may be inside, some outside
	allInside
	allOutside // NULL is outside
)

// locate places a file by its bounds, whose literals are nil when unknown.
func (s *slice) locate(lower, upper iceberg.Literal, nulls, rows int64) place {
	if nulls == rows {
		return allOutside
	}
	if lower != nil {
		if c, ok := compare(lower, s.hi); ok && c >= 0 {
			return allOutside
		}
	}
	if upper != nil {
		if c, ok := compare(upper, s.lo); ok && c < 0 {
			return allOutside
		}
	}
	if lower == nil || upper == nil || nulls != 0 {
		return unknown
	}
	low, ok1 := compare(lower, s.lo)
	high, ok2 := compare(upper, s.hi)
	if ok1 && ok2 && low >= 0 && high < 0 {
		return allInside
	}
	return unknown
}
