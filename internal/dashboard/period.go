package dashboard

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/metric"
)

// Days are calendar days of the workspace's time zone, from one up to and without another. Both are midnights in UTC: what is
// meant are the dates.
type Days struct{ From, To time.Time }

// Count is the number of days.
func (d Days) Count() int { return int(d.To.Sub(d.From) / (24 * time.Hour)) }

// The steps of time that tiles show.
const (
	Day   = "day"
	Week  = "week" // from Monday
	Month = "month"
	Auto  = "auto" // as many of them as a chart can show well
)

var grains = []string{Day, Week, Month}

// Up to these lengths a chart shows days, and weeks; beyond, it shows months.
const (
	mostDays  = 92
	mostWeeks = 184
)

// GrainFor is the step in which a range is shown when nobody asks for another.
func GrainFor(d Days) string {
	switch n := d.Count(); {
	case n <= mostDays:
		return Day
	case n <= mostWeeks:
		return Week
	default:
		return Month
	}
}

// floor is the beginning of the step that a day is in.
func floor(day time.Time, grain string) time.Time {
	switch grain {
	case Week:
		return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	case Month:
		return time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
	default:
		return day
	}
}

// Preset is a range of days by its name. Every preset ends with the last complete day, which is yesterday: a day that is
// still going on would make every comparison a fall.
//
//   - "28d", "4w", "12m": so many days, times seven days, or calendar months of which the last is that of the last complete day
//   - "this_week", "this_month", "this_quarter", "this_year": what has passed of the one that the last complete day is in
//   - "last_week", "last_month", "last_quarter", "last_year": the whole one before that
type Preset string

// Presets that a dashboard offers when its file says nothing, and the one it begins with.
var (
	defaultPresets        = []Preset{"7d", "28d", "90d", "this_month", "last_month", "12m"}
	defaultPreset  Preset = "28d"
)

// namedPresets are those that are not a number.
var namedPresets = []string{
	"this_week", "last_week", "this_month", "last_month", "this_quarter", "last_quarter", "this_year", "last_year",
}

var rolling = regexp.MustCompile(`^([1-9][0-9]{0,3})([dwm])$`)

var errPreset = errors.New(`expected a number of days, weeks or months such as "28d", "12w" or "12m", or one of ` +
	strings.Join(namedPresets, ", "))

// parsePreset reads the name of a range.
func parsePreset(name string) (Preset, error) {
	if rolling.MatchString(name) || slices.Contains(namedPresets, name) {
		return Preset(name), nil
	}
	return "", fmt.Errorf("there is no range %q: %w", name, errPreset)
}

// Days are the days of the preset at a moment.
func (p Preset) Days(now time.Time, zone *time.Location) Days {
	year, month, day := now.In(zone).Date()
	to := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	last := to.AddDate(0, 0, -1)
	if m := rolling.FindStringSubmatch(string(p)); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			n = 1 // the expression lets digits through only
		}
		switch m[2] {
		case "d":
			return Days{to.AddDate(0, 0, -n), to}
		case "w":
			return Days{to.AddDate(0, 0, -7*n), to}
		default:
			return Days{floor(last, Month).AddDate(0, 1-n, 0), to}
		}
	}
	which, unit, _ := strings.Cut(string(p), "_")
	var begin, before time.Time
	switch unit {
	case "week":
		begin = floor(last, Week)
		before = begin.AddDate(0, 0, -7)
	case "month":
		begin = floor(last, Month)
		before = begin.AddDate(0, -1, 0)
	case "quarter":
		begin = time.Date(last.Year(), (last.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
		before = begin.AddDate(0, -3, 0)
	default:
		begin = time.Date(last.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		before = begin.AddDate(-1, 0, 0)
	}
	if which == "last" {
		return Days{before, begin}
	}
	return Days{begin, to}
}

// Label names the preset for people.
func (p Preset) Label() metric.Label {
	english, korean := p.names()
	return metric.Label{"en": english, "ko": korean}
}

func (p Preset) names() (english, korean string) {
	if m := rolling.FindStringSubmatch(string(p)); m != nil {
		unit := map[string][2]string{"d": {"days", "일"}, "w": {"weeks", "주"}, "m": {"months", "개월"}}[m[2]]
		if m[1] == "1" {
			return "Last " + strings.TrimSuffix(unit[0], "s"), "최근 1" + unit[1]
		}
		return "Last " + m[1] + " " + unit[0], "최근 " + m[1] + unit[1]
	}
	which, unit, _ := strings.Cut(string(p), "_")
	if unit == "year" {
		return strings.ToUpper(which[:1]) + which[1:] + " year", map[string]string{"this": "올해", "last": "작년"}[which]
	}
	return strings.ToUpper(which[:1]) + which[1:] + " " + unit,
		map[string]string{"this": "이번 ", "last": "지난 "}[which] + map[string]string{"week": "주", "month": "달", "quarter": "분기"}[unit]
}
