package metric

import (
	"fmt"
	"strconv"
	"time"
)

// day is a date, as midnight in UTC: the arithmetic of days knows no zone.
type day struct{ time.Time }

func dayOf(t time.Time) day {
	return day{time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)}
}

func (d day) add(days int) day { return day{d.AddDate(0, 0, days)} }

func (d day) addMonths(n int) day { return day{d.AddDate(0, n, 0)} }

// since is the number of days from an earlier one.
func (d day) since(earlier day) int { return int(d.Sub(earlier.Time) / (24 * time.Hour)) }

func (d day) months() int { return d.Year()*12 + int(d.Month()) - 1 }

func (d day) literal() string { return "DATE '" + d.Format(time.DateOnly) + "'" }

// days are the days from From to To, which is excluded.
type days struct{ from, to day }

// before is the period that a range is compared with.
func (r days) before() days {
	if r.from.Day() == 1 && r.to.Day() == 1 {
		return days{r.from.addMonths(r.from.months() - r.to.months()), r.from}
	}
	return days{r.from.add(-r.to.since(r.from)), r.from}
}

// start is the first day of the period of a grain that d is in.
func (g Grain) start(d day) day {
	switch g {
	case Week:
		return d.add(-(int(d.Weekday()) + 6) % 7)
	case Month:
		return d.add(1 - d.Day())
	default:
		return d
	}
}

// next is the first day of the period that follows one.
func (g Grain) next(start day) day {
	switch g {
	case Week:
		return start.add(7)
	case Month:
		return start.addMonths(1)
	default:
		return start.add(1)
	}
}

func (g Grain) interval() string {
	switch g {
	case Week:
		return "INTERVAL 7 DAY"
	case Month:
		return "INTERVAL 1 MONTH"
	default:
		return "INTERVAL 1 DAY"
	}
}

// period is the SQL of the first day of the period that a date is in.
func (g Grain) period(date string) string {
	switch g {
	case Week, Month:
		return fmt.Sprintf("CAST(date_trunc('%s', %s) AS DATE)", g, date)
	default:
		return date
	}
}

// span is a range of days and how its periods are placed on the time axis of the result.
type span struct {
	days
	grain Grain
	ahead int // how many days, or months when the grain is one, a period is moved on: 0 in the range itself, 28 in the one compared with
}

// lastPeriod is the first day of the last period, where it is on the axis.
func (s span) lastPeriod() day {
	start := s.grain.start(s.to.add(-1))
	if s.grain == Month {
		return start.addMonths(s.ahead)
	}
	return start.add(s.ahead)
}

// axis is the SQL of the time of the result for a date.
func (s span) axis(date string) string {
	return s.shifted(s.grain.period(date))
}

func (s span) shifted(start string) string {
	switch {
	case s.ahead == 0:
		return start
	case s.grain == Month:
		return fmt.Sprintf("CAST(%s + INTERVAL %d MONTH AS DATE)", start, s.ahead)
	default:
		return fmt.Sprintf("%s + %d", start, s.ahead)
	}
}

// previous is the span that is compared with, its periods placed on those of s: the first on the first.
func (s span) previous() span {
	p := span{days: s.before(), grain: s.grain}
	from, to := s.grain.start(p.from), s.grain.start(s.from)
	switch s.grain {
	case Total:
	case Month:
		p.ahead = to.months() - from.months()
	default:
		p.ahead = to.since(from)
	}
	return p
}

// bound is the SQL of the beginning of a day, to be compared with a time: DuckDB reads it as the type of the time, once for the
// statement and in the session's zone.
func (d day) bound() string { return "'" + d.Format(time.DateOnly) + "'" }

// midnights are the first and the last moment at which clocks show the beginning of a day. There are two where clocks are turned back over it,
// as in Havana and on the Azores.
func (d day) midnights(zone *time.Location) (first, last time.Time) {
	first = time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, zone)
	last = first
	begin, end := first.ZoneBounds() // of the offset that is in force then: one of the two, Go does not say which
	moment := func(offsetAt time.Time) time.Time {
		_, seconds := offsetAt.In(zone).Zone()
		return d.Add(-time.Duration(seconds) * time.Second).In(zone)
	}
	if !begin.IsZero() {
		if other := moment(begin.Add(-time.Second)); other.Before(begin) {
			first = other
		}
	}
	if !end.IsZero() {
		if other := moment(end); !other.Before(end) {
			last = other
		}
	}
	return first, last
}

// bounds are the conditions that a time is in a range of days, zero ends of which are open; date is the SQL of its day. A time is compared
// with the bound of a day alone, which files can be chosen by, unless that is two moments: then a day more is read, and the dates decide.
func (r days) bounds(timeSQL, date string, zone *time.Location) []string {
	twice := func(d day) bool {
		first, last := d.midnights(zone)
		return !first.Equal(last)
	}
	var list []string
	switch {
	case r.from.IsZero():
	case twice(r.from):
		list = append(list, timeSQL+" >= "+r.from.add(-1).bound(), date+" >= "+r.from.literal())
	default:
		list = append(list, timeSQL+" >= "+r.from.bound())
	}
	switch {
	case r.to.IsZero():
	case twice(r.to):
		list = append(list, timeSQL+" < "+r.to.add(1).bound(), date+" < "+r.to.literal())
	default:
		list = append(list, timeSQL+" < "+r.to.bound())
	}
	return list
}

// maxOffsets is the number of offsets from UTC up to which a statement spells them out.
const maxOffsets = 13

// date is the SQL of the day that a time in a range is on. A cast is that too, but takes a second for every few millions of
// TIMESTAMPTZ, where adding the offset from UTC takes a tenth. Which offset applies is known, since the range is.
func date(timeSQL string, r days, zone *time.Location, instant bool) string {
	offset, ok := offsetSQL(timeSQL, r, zone)
	if !ok {
		return "CAST(" + timeSQL + " AS DATE)"
	}
	if !instant {
		offset = fmt.Sprintf("if(typeof(%s) = 'TIMESTAMP WITH TIME ZONE', %s, 0)", timeSQL, offset)
	}
	return fmt.Sprintf("CAST(make_timestamp(epoch_us(%s) + %s) AS DATE)", timeSQL, offset)
}

// offsetSQL is the offset from UTC of a time in a range, in microseconds; false when it is not simple.
func offsetSQL(timeSQL string, r days, zone *time.Location) (string, bool) {
	if r.from.IsZero() || r.to.IsZero() {
		return "", false
	}
	t, _ := r.from.midnights(zone)
	_, end := r.to.midnights(zone)
	var offsets []int     // in seconds
	var until []time.Time // of all but the last
	for {
		_, seconds := t.Zone()
		offsets = append(offsets, seconds)
		_, next := t.ZoneBounds()
		if next.IsZero() || !next.Before(end) {
			break
		}
		until = append(until, next)
		t = next
	}
	unit, micros := 3600, "3600000000"
	for _, seconds := range offsets {
		if seconds%3600 != 0 {
			unit, micros = 60, "CAST(60000000 AS BIGINT)" // which alone would be an INTEGER
		}
		if seconds%60 != 0 || len(offsets) > maxOffsets { // mean time, before there were zones, or too long to read
			return "", false
		}
	}
	sql := strconv.Itoa(offsets[len(offsets)-1] / unit)
	if len(until) > 0 {
		cases := "CASE"
		for i, t := range until {
			cases += fmt.Sprintf(" WHEN %s < TIMESTAMPTZ '%s' THEN %d", timeSQL, t.Format("2006-01-02 15:04:05-07:00"), offsets[i]/unit)
		}
		sql = cases + " ELSE " + sql + " END"
	}
	return sql + " * " + micros, true
}
