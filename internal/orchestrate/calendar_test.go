package orchestrate

import (
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/project"
)

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func local(t *testing.T, loc *time.Location, text string) time.Time {
	t.Helper()
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", "2006-01-02 15:04 -07:00"} {
		if at, err := time.ParseInLocation(layout, text, loc); err == nil {
			return at
		}
	}
	t.Fatalf("time %q", text)
	return time.Time{}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	fixed := func(d time.Duration) project.Every { return project.Every{Unit: project.UnitFixed, Fixed: d} }
	day, week, month := project.Every{Unit: project.UnitDay}, project.Every{Unit: project.UnitWeek}, project.Every{Unit: project.UnitMonth}
	for _, tc := range []struct {
		name     string
		zone     string
		every    project.Every
		from, to string
		want     []string // starts, and the last end, in UTC
	}{
		{"days in Seoul begin at 15:00 UTC", "Asia/Seoul", day, "2024-01-01", "2024-01-02 00:00",
			[]string{"2023-12-31T15:00Z", "2024-01-01T15:00Z", "2024-01-02T15:00Z"}},
		{"no grain is a day", "UTC", project.Every{}, "2024-01-01", "2024-01-01 13:00", []string{"2024-01-01T00:00Z", "2024-01-02T00:00Z"}},
		{"New York, clocks go forward: 23 hours", "America/New_York", day, "2024-03-09", "2024-03-11",
			[]string{"2024-03-09T05:00Z", "2024-03-10T05:00Z", "2024-03-11T04:00Z", "2024-03-12T04:00Z"}},
		{"New York, clocks go back: 25 hours", "America/New_York", day, "2024-11-02", "2024-11-04",
			[]string{"2024-11-02T04:00Z", "2024-11-03T04:00Z", "2024-11-04T05:00Z", "2024-11-05T05:00Z"}},
		{"Sao Paulo, midnight skipped", "America/Sao_Paulo", day, "2018-11-03", "2018-11-05",
			[]string{"2018-11-03T03:00Z", "2018-11-04T03:00Z", "2018-11-05T02:00Z", "2018-11-06T02:00Z"}},
		{"Havana, midnight twice: the day begins at the first", "America/Havana", day, "2023-11-04", "2023-11-05 12:00",
			[]string{"2023-11-04T04:00Z", "2023-11-05T04:00Z", "2023-11-06T05:00Z"}},
		{"Samoa, a day left out", "Pacific/Apia", day, "2011-12-29", "2011-12-31 12:00",
			[]string{"2011-12-29T10:00Z", "2011-12-30T10:00Z", "2011-12-31T10:00Z"}},
		{"weeks begin on Monday", "Asia/Seoul", week, "2024-01-03", "2024-01-08",
			[]string{"2023-12-31T15:00Z", "2024-01-07T15:00Z", "2024-01-14T15:00Z"}},
		{"months", "America/New_York", month, "2024-02-10", "2024-03-31 23:00",
			[]string{"2024-02-01T05:00Z", "2024-03-01T05:00Z", "2024-04-01T04:00Z"}},
		{"fixed lengths are exact across a change of clocks", "America/New_York", fixed(12 * time.Hour), "2024-03-10", "2024-03-10 23:59",
			[]string{"2024-03-10T05:00Z", "2024-03-10T17:00Z", "2024-03-11T05:00Z"}},
		{"nothing before the start", "UTC", day, "2024-01-02", "2024-01-01", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			loc := location(t, tc.zone)
			from, to := local(t, loc, tc.from), local(t, loc, tc.to)
			var got []string
			slots := newCalendar(tc.every, loc, from).span(from, to)
			for i, s := range slots {
				got = append(got, s.start.UTC().Format("2006-01-02T15:04Z"))
				if i == len(slots)-1 {
					got = append(got, s.end.UTC().Format("2006-01-02T15:04Z"))
				}
			}
			if len(got) != len(tc.want) {
				t.Fatalf("got %v, want %v", got, tc.want)
			}
			for i := range got {
				if got[i] != tc.want[i] {
					t.Fatalf("got %v, want %v", got, tc.want)
				}
			}
		})
	}
}

// A day holds exactly the instants whose local date it is, in zones with every kind of change.
func TestDaysHoldTheirDates(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Asia/Seoul", "America/New_York", "America/Sao_Paulo", "America/Havana", "Africa/Cairo",
		"Asia/Beirut", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Atlantic/Azores", "UTC"} {
		loc := location(t, zone)
		c := newCalendar(project.Every{}, loc, time.Time{})
		at := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)
		day := slot{c.floor(at), c.add(c.floor(at), 1)}
		for ; at.Year() < 2025; at = at.Add(30 * time.Minute) {
			for !at.Before(day.end) {
				day = slot{day.end, c.add(day.end, 1)}
			}
			y, m, d := at.In(loc).Date()
			wy, wm, wd := day.start.In(loc).Date()
			// Where midnight happens twice the day has begun although the clock says 23:xx of the day before once more.
			if (y != wy || m != wm || d != wd) && day.start.In(loc).Hour() == 0 && at.In(loc).Hour() != 23 {
				t.Fatalf("%s: %s is in the day that begins at %s", zone, at.In(loc), day.start.In(loc))
			}
			if floor := c.floor(at); !floor.Equal(day.start) && at.In(loc).Hour() != 23 {
				t.Fatalf("%s: floor(%s) = %s, want %s", zone, at.In(loc), floor, day.start.In(loc))
			}
		}
	}
}
