package dashboard

import (
	"testing"
	"time"
)

func TestPresets(t *testing.T) {
	t.Parallel()
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ preset, now, want string }{
		{"7d", "2024-03-05T00:30:00+09:00", "2024-02-27 2024-03-05"},
		{"7d", "2024-03-04T15:30:00Z", "2024-02-27 2024-03-05"},
		{"1d", "2024-03-04T14:30:00Z", "2024-03-03 2024-03-04"},
		{"2w", "2024-03-05T09:00:00+09:00", "2024-02-20 2024-03-05"},
		{"12m", "2024-03-05T09:00:00+09:00", "2023-04-01 2024-03-05"},
		{"1m", "2024-03-01T09:00:00+09:00", "2024-02-01 2024-03-01"}, // yesterday was February
		{"this_month", "2024-03-05T09:00:00+09:00", "2024-03-01 2024-03-05"},
		{"this_month", "2024-03-01T09:00:00+09:00", "2024-02-01 2024-03-01"},
		{"last_month", "2024-03-05T09:00:00+09:00", "2024-02-01 2024-03-01"},
		{"last_month", "2024-03-31T09:00:00+09:00", "2024-02-01 2024-03-01"},
		{"this_week", "2024-03-05T09:00:00+09:00", "2024-03-04 2024-03-05"}, // a Tuesday
		{"this_week", "2024-03-04T09:00:00+09:00", "2024-02-26 2024-03-04"}, // a Monday
		{"last_week", "2024-03-05T09:00:00+09:00", "2024-02-26 2024-03-04"},
		{"this_quarter", "2024-06-30T09:00:00+09:00", "2024-04-01 2024-06-30"},
		{"last_quarter", "2024-01-15T09:00:00+09:00", "2023-10-01 2024-01-01"},
		{"this_year", "2024-01-01T09:00:00+09:00", "2023-01-01 2024-01-01"},
		{"last_year", "2024-06-30T09:00:00+09:00", "2023-01-01 2024-01-01"},
	} {
		now, err := time.Parse(time.RFC3339, test.now)
		if err != nil {
			t.Fatal(err)
		}
		preset, err := parsePreset(test.preset)
		if err != nil {
			t.Error(err)
			continue
		}
		days := preset.Days(now, seoul)
		if got := days.From.Format(time.DateOnly) + " " + days.To.Format(time.DateOnly); got != test.want {
			t.Errorf("%s at %s: %s, want %s", test.preset, test.now, got, test.want)
		}
	}
	for _, wrong := range []string{"", "7", "0d", "7x", "d", "this_day", "28D", "99999d"} {
		if _, err := parsePreset(wrong); err == nil {
			t.Errorf("%q is read as a range", wrong)
		}
	}
}

func TestGrainFor(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 3, 5, 12, 0, 0, 0, time.UTC)
	for preset, want := range map[Preset]string{
		"7d": Day, "28d": Day, "90d": Day, "13w": Day, "16w": Week, "6m": Week, "12m": Month, "last_year": Month, "last_month": Day,
	} {
		if got := GrainFor(preset.Days(now, time.UTC)); got != want {
			t.Errorf("%s is shown by %s, want %s", preset, got, want)
		}
	}
}

func TestPresetLabels(t *testing.T) {
	t.Parallel()
	for preset, want := range map[Preset]string{
		"7d": "Last 7 days / 최근 7일", "1d": "Last day / 최근 1일", "12m": "Last 12 months / 최근 12개월", "this_month": "This month / 이번 달",
		"last_quarter": "Last quarter / 지난 분기", "this_year": "This year / 올해", "last_year": "Last year / 작년", "2w": "Last 2 weeks / 최근 2주",
	} {
		english, korean := preset.names()
		if got := english + " / " + korean; got != want {
			t.Errorf("%s: %q, want %q", preset, got, want)
		}
	}
}
