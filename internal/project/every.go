package project

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Every is how often an asset is due and how long its intervals are.
type Every struct {
	Unit  Unit          // "" when not given
	Fixed time.Duration // for UnitFixed: "15m", "1h"
}

// Unit is the calendar unit of an [Every].
type Unit string

// The units.
const (
	UnitFixed Unit = "fixed"
	UnitDay   Unit = "day"
	UnitWeek  Unit = "week" // begins on Monday
	UnitMonth Unit = "month"
)

// String is the form that files use: "15m", "day"; empty when not given.
func (e Every) String() string {
	if e.Unit != UnitFixed {
		return string(e.Unit)
	}
	text := e.Fixed.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

const everyForms = `"hour", "day", "week", "month" or a length such as "15m" or "6h"`

func parseEvery(text string) (Every, error) {
	switch text {
	case "hour":
		return Every{Unit: UnitFixed, Fixed: time.Hour}, nil
	case "day", "week", "month":
		return Every{Unit: Unit(text)}, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second {
		return Every{}, errors.New("expected " + everyForms)
	}
	return Every{Unit: UnitFixed, Fixed: d}, nil
}

// aligned says whether an interval can begin at t, a time in the workspace's time zone.
func (e Every) aligned(t time.Time) bool {
	midnight := t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
	switch e.Unit {
	case UnitDay:
		return midnight
	case UnitWeek:
		return midnight && t.Weekday() == time.Monday
	case UnitMonth:
		return midnight && t.Day() == 1
	default:
		return true
	}
}

// parseLength reads a length of time in which days may be written: "10m", "1h30m", "7d".
func parseLength(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && n >= 0 && n < 100_000 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, errors.New(`expected a length of time such as "10m", "2h" or "7d"`)
	}
	return d, nil
}
