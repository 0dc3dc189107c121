package lake

import (
	"strings"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/schema"
)

func TestSliceEnds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, typ, zone, start, end string
		inside                      string
	}{
		{"a day in Seoul over instants", "timestamptz", "Asia/Seoul", "2024-01-05T00:00:00+09:00", "2024-01-06T00:00:00+09:00",
			`("c" >= TIMESTAMPTZ '2024-01-04 15:00:00.000000+00' AND "c" < TIMESTAMPTZ '2024-01-05 15:00:00.000000+00')`},
		{"a day in Seoul over wall clocks", "timestamp", "Asia/Seoul", "2024-01-05T00:00:00+09:00", "2024-01-06T00:00:00+09:00",
			`("c" >= TIMESTAMP '2024-01-05 00:00:00.000000' AND "c" < TIMESTAMP '2024-01-06 00:00:00.000000')`},
		{"a day in Seoul over dates", "date", "Asia/Seoul", "2024-01-05T00:00:00+09:00", "2024-01-06T00:00:00+09:00",
			`("c" >= DATE '2024-01-05' AND "c" < DATE '2024-01-06')`},
		{"the short day in New York", "timestamptz", "America/New_York", "2024-03-10T00:00:00-05:00", "2024-03-11T00:00:00-04:00",
			`("c" >= TIMESTAMPTZ '2024-03-10 05:00:00.000000+00' AND "c" < TIMESTAMPTZ '2024-03-11 04:00:00.000000+00')`},
		{"the long day in New York over wall clocks", "timestamp", "America/New_York", "2024-11-03T00:00:00-04:00", "2024-11-04T00:00:00-05:00",
			`("c" >= TIMESTAMP '2024-11-03 00:00:00.000000' AND "c" < TIMESTAMP '2024-11-04 00:00:00.000000')`},
		{"before an hour that the clock skips", "timestamp", "America/New_York", "2024-03-10T01:00:00-05:00", "2024-03-10T03:00:00-04:00",
			`("c" >= TIMESTAMP '2024-03-10 01:00:00.000000' AND "c" < TIMESTAMP '2024-03-10 02:00:00.000000')`},
		{"behind an hour that the clock skips", "timestamp", "America/New_York", "2024-03-10T03:00:00-04:00", "2024-03-10T04:00:00-04:00",
			`("c" >= TIMESTAMP '2024-03-10 02:00:00.000000' AND "c" < TIMESTAMP '2024-03-10 04:00:00.000000')`},
		{"a day that begins at one, over dates", "date", "America/Sao_Paulo", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00",
			`("c" >= DATE '2018-11-04' AND "c" < DATE '2018-11-05')`},
		{"the day before it", "date", "America/Sao_Paulo", "2018-11-03T00:00:00-03:00", "2018-11-04T01:00:00-02:00",
			`("c" >= DATE '2018-11-03' AND "c" < DATE '2018-11-04')`},
		{"a day with two midnights", "date", "America/Havana", "2023-11-05T00:00:00-04:00", "2023-11-06T00:00:00-05:00",
			`("c" >= DATE '2023-11-05' AND "c" < DATE '2023-11-06')`},
		{"the day before a day left out", "date", "Pacific/Apia", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00",
			`("c" >= DATE '2011-12-29' AND "c" < DATE '2011-12-30')`},
		{"an hour over dates holds the day that begins in it", "date", "UTC", "2024-01-04T23:30:00Z", "2024-01-05T00:30:00Z",
			`("c" >= DATE '2024-01-05' AND "c" < DATE '2024-01-06')`},
		{"before 1970", "date", "UTC", "1969-12-30T00:00:00Z", "1969-12-31T00:00:00Z",
			`("c" >= DATE '1969-12-30' AND "c" < DATE '1969-12-31')`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, err := sliceOf(t, tc.typ, tc.zone, tc.start, tc.end)
			if err != nil {
				t.Fatal(err)
			}
			if s.inside() != tc.inside {
				t.Errorf("inside\n got %s\nwant %s", s.inside(), tc.inside)
			}
		})
	}
}

func sliceOf(t *testing.T, typ, zone, start, end string) (*slice, error) {
	t.Helper()
	column, err := schema.ParseType(typ)
	if err != nil {
		t.Fatal(err)
	}
	sch, err := schema.Assign([]schema.Column{{Name: "c", Type: column}})
	if err != nil {
		t.Fatal(err)
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return newSlice(&Interval{Column: "c", Start: instant(t, start), End: instant(t, end)}, sch, loc)
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestSliceRefusesWhatItCannotTell(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, typ, zone, start, end, say string }{
		{"the hour that comes twice, over wall clocks", "timestamp", "America/New_York",
			"2024-11-03T01:00:00-04:00", "2024-11-03T01:00:00-05:00", "put back"},
		{"not a time", "int", "UTC", "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "want date, timestamp or timestamptz"},
		{"nothing", "date", "UTC", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "is not before end"},
	} {
		if _, err := sliceOf(t, tc.typ, tc.zone, tc.start, tc.end); err == nil || !strings.Contains(err.Error(), tc.say) {
			t.Errorf("%s: error = %v; want %q", tc.name, err, tc.say)
		}
	}
}

func TestLocate(t *testing.T) {
	t.Parallel()
	s, err := sliceOf(t, "date", "UTC", "2024-01-05T00:00:00Z", "2024-01-08T00:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, lower, upper string
		nulls              int64
		want               place
	}{
		{"inside", "2024-01-05", "2024-01-07", 0, allInside},
		{"before", "2024-01-01", "2024-01-04", 0, allOutside},
		{"after", "2024-01-08", "2024-01-09", 0, allOutside},
		{"over the start", "2024-01-04", "2024-01-05", 0, unknown},
		{"over the end", "2024-01-07", "2024-01-08", 0, unknown},
		{"inside with NULLs", "2024-01-05", "2024-01-07", 1, unknown},
		{"inside, NULLs not counted", "2024-01-05", "2024-01-07", -1, unknown},
		{"before with NULLs", "2024-01-01", "2024-01-04", 3, allOutside},
		{"only NULLs", "", "", 10, allOutside},
		{"no bounds", "", "", 0, unknown},
		{"no upper bound", "2024-01-08", "", 0, allOutside},
		{"no lower bound", "", "2024-01-04", 0, allOutside},
	} {
		lower, _ := parseLiteral(s.field.Type, tc.lower)
		upper, _ := parseLiteral(s.field.Type, tc.upper)
		if tc.lower == "" {
			lower = nil
		}
		if tc.upper == "" {
			upper = nil
		}
		if got := s.locate(lower, upper, tc.nulls, 10); got != tc.want {
			t.Errorf("%s: %d; want %d", tc.name, got, tc.want)
		}
	}
}
