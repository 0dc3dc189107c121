package metric

import (
	"fmt"
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
	shift string // SQL to add to a period's first day: "" in the range itself, " + 28" in the one compared with
}

// axis is the SQL of the time of the result for a date.
func (s span) axis(date string) string {
	return s.shifted(s.grain.period(date))
}

func (s span) shifted(start string) string {
	if s.shift == "" || s.grain != Month {
		return start + s.shift
	}
	return "CAST(" + start + s.shift + " AS DATE)"
}

// previous is the span that is compared with, its periods placed on those of s: the first on the first.
func (s span) previous() span {
	p := span{days: s.before(), grain: s.grain}
	from, to := s.grain.start(p.from), s.grain.start(s.from)
	switch s.grain {
	case Total:
	case Month:
		p.shift = fmt.Sprintf(" + INTERVAL %d MONTH", to.months()-from.months())
	default:
		p.shift = fmt.Sprintf(" + %d", to.since(from))
	}
	return p
}

// instant is the SQL of the beginning of a day in a zone. The offset is written, so that a reader sees which moment it is.
func instant(d day, zone *time.Location) string {
	t := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, zone)
	if _, offset := t.Zone(); offset%60 != 0 {
		t = t.UTC() // local mean time, before there were zones
	}
	return "TIMESTAMPTZ '" + t.Format("2006-01-02 15:04:05-07:00") + "'"
}
