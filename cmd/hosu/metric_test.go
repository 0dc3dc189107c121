package main

import (
	"testing"
	"time"
)

func TestWholeRange(t *testing.T) {
	t.Parallel()
	seoul := time.FixedZone("KST", 9*60*60)
	early, late := time.Date(2026, 3, 10, 1, 0, 0, 0, seoul), time.Date(2026, 3, 10, 23, 0, 0, 0, seoul) // of one day, which begins on another in UTC
	day := func(text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		d, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, test := range []struct{ from, to, wantFrom, wantTo string }{
		{"", "", "2026-02-10", "2026-03-10"},
		{"", "2026-03-01", "2026-02-01", "2026-03-01"},
		{"2026-03-09", "", "2026-03-09", "2026-03-10"},
		{"2026-03-10", "", "2026-03-10", "2026-03-11"},
		{"2026-04-01", "", "2026-04-01", "2026-04-02"},
		{"2026-01-01", "2026-01-02", "2026-01-01", "2026-01-02"},
	} {
		for _, now := range []time.Time{early, late} {
			from, to := wholeRange(day(test.from), day(test.to), now)
			if from.Format(time.DateOnly) != test.wantFrom || to.Format(time.DateOnly) != test.wantTo {
				t.Errorf("from %q to %q at %s: got %s to %s", test.from, test.to, now, from, to)
			}
		}
	}
}
