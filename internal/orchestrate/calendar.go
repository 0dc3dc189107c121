package orchestrate

import (
	"time"

	"github.com/hosu-io/hosu/internal/project"
)

// calendar cuts time into an asset's intervals.
//
// Days, weeks (from Monday) and months are those of the workspace's time zone, so they
// have 23 or 25 hours where clocks change. A day begins at its first instant: 01:00 where midnight is
// skipped, the first midnight where it happens twice. Fixed intervals have exactly their length
// and are counted from the anchor, the asset's start.
type calendar struct {
	every  project.Every
	loc    *time.Location
	anchor time.Time
}

func newCalendar(every project.Every, loc *time.Location, anchor time.Time) calendar {
	if every.Unit == "" {
		every.Unit = project.UnitDay
	}
	return calendar{every: every, loc: loc, anchor: anchor}
}

// floor is the start of the interval that t is in.
func (c calendar) floor(t time.Time) time.Time {
	if c.every.Unit == project.UnitFixed {
		since := t.Sub(c.anchor)
		n := since / c.every.Fixed
		if since%c.every.Fixed < 0 {
			n--
		}
		return c.anchor.Add(n * c.every.Fixed).In(c.loc)
	}
	y, m, d := t.In(c.loc).Date()
	switch c.every.Unit {
	case project.UnitWeek:
		return c.day(y, m, d-daysSinceMonday(y, m, d))
	case project.UnitMonth:
		return c.day(y, m, 1)
	default:
		return c.day(y, m, d)
	}
}

// add is the start of the interval n intervals after the one that starts at start; n may be negative.
func (c calendar) add(start time.Time, n int) time.Time {
	if c.every.Unit == project.UnitFixed {
		return start.Add(time.Duration(n) * c.every.Fixed)
	}
	y, m, d := start.In(c.loc).Date()
	var t time.Time
	switch c.every.Unit {
	case project.UnitWeek:
		t = c.day(y, m, d+7*n)
	case project.UnitMonth:
		t = c.day(y, m+time.Month(n), 1)
	default:
		t = c.day(y, m, d+n)
	}
	if n > 0 && !t.After(start) { // a day the zone left out altogether
		return c.add(start, n+1)
	}
	return t
}

// span lists the intervals from the one that from is in up to the one that to is in, both included; none when to is
// before from.
func (c calendar) span(from, to time.Time) []slot {
	var slots []slot
	for start := c.floor(from); !start.After(to); {
		end := c.add(start, 1)
		slots = append(slots, slot{start, end})
		start = end
	}
	return slots
}

// day is the first instant of a date, normalized as [time.Date] does.
func (c calendar) day(y int, m time.Month, d int) time.Time {
	y, m, d = time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, c.loc)
	zoneStart, zoneEnd := t.ZoneBounds()
	if t.Hour() != 0 || t.Minute() != 0 || t.Second() != 0 || t.Day() != d {
		// Midnight does not happen: the day begins when the clocks have moved. time.Date answers with
		// either offset.
		if ty, tm, td := t.Date(); time.Date(ty, tm, td, 0, 0, 0, 0, time.UTC).Before(time.Date(y, m, d, 0, 0, 0, 0, time.UTC)) {
			return zoneEnd.In(c.loc)
		}
		return zoneStart.In(c.loc)
	}
	if zoneStart.IsZero() {
		return t
	}
	// Midnight may have happened once before, with the offset that held until zoneStart.
	_, offset := t.Zone()
	_, before := zoneStart.Add(-time.Second).Zone()
	if earlier := t.Add(time.Duration(offset-before) * time.Second); earlier.Before(zoneStart) && earlier.Before(t) {
		return earlier
	}
	return t
}

func daysSinceMonday(y int, m time.Month, d int) int {
	return (int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Weekday()) + 6) % 7
}

// slot is one interval, [start, end).
type slot struct{ start, end time.Time }
