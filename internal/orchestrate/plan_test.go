package orchestrate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/project"
)

// show writes tasks as "start..end reason,reason" in local time, days without a time of day.
func show(tasks []PlannedTask, loc *time.Location) string {
	var lines []string
	for _, t := range tasks {
		var codes []string
		for _, r := range t.Reasons {
			codes = append(codes, string(r.Code))
		}
		line := strings.Join(codes, ",")
		if !t.Start.IsZero() {
			layout := "01-02"
			if t.Start.In(loc).Hour() != 0 || t.End.In(loc).Hour() != 0 {
				layout = "01-02T15"
			}
			line = fmt.Sprintf("%s..%s(%d) %s", t.Start.In(loc).Format(layout), t.End.In(loc).Format(layout), t.Intervals, line)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

func TestPlanIntervals(t *testing.T) {
	t.Parallel()
	day := project.Every{Unit: project.UnitDay}
	type filled struct {
		from, to, at string
		fingerprint  string // default "f1"
		input        int64  // snapshot of raw.orders that was read
	}
	for _, tc := range []struct {
		name       string
		zone       string
		kind       project.WriteKind // default interval
		every      project.Every     // default day
		start, now string
		lookback   int
		batch      int
		fills      []filled // oldest first
		snapshot   int64    // current one of raw.orders
		upstream   []filled // of raw.orders, when that is an interval model
		within     [2]string
		want       string
	}{
		{name: "never built: one task for all", start: "2024-01-01", now: "2024-01-03 10:00", want: "01-01..01-04(3) interval_missing"},
		{name: "batches", start: "2024-01-01", now: "2024-01-05 10:00", batch: 2,
			want: "01-01..01-03(2) interval_missing; 01-03..01-05(2) interval_missing; 01-05..01-06(1) interval_missing"},
		{name: "Seoul: the day has begun while it is still yesterday in UTC", zone: "Asia/Seoul", start: "2024-01-01", now: "2024-01-03 00:30",
			want: "01-01..01-04(3) interval_missing"},
		{name: "New York over the change of clocks", zone: "America/New_York", start: "2024-03-09", now: "2024-03-11 10:00", batch: 1,
			want: "03-09..03-10(1) interval_missing; 03-10..03-11(1) interval_missing; 03-11..03-12(1) interval_missing"},
		{name: "start in the future", start: "2024-02-01", now: "2024-01-03 10:00", want: ""},
		{name: "nothing new, in the open interval", start: "2024-01-01", now: "2024-01-03 15:00", snapshot: 1,
			fills: []filled{{from: "2024-01-01", to: "2024-01-04", at: "2024-01-03 10:00", input: 1}}, want: ""},
		{name: "an input changed: the open interval", start: "2024-01-01", now: "2024-01-03 15:00", snapshot: 2,
			fills: []filled{{from: "2024-01-01", to: "2024-01-04", at: "2024-01-03 10:00", input: 1}}, want: "01-03..01-04(1) interval_open"},
		{name: "an input changed: lookback and the open interval", start: "2024-01-01", now: "2024-01-05 15:00", snapshot: 2, lookback: 2,
			fills: []filled{{from: "2024-01-01", to: "2024-01-06", at: "2024-01-05 10:00", input: 1}}, want: "01-03..01-06(3) lookback,interval_open"},
		{name: "the next day without new input: the new interval only", start: "2024-01-01", now: "2024-01-04 01:00", snapshot: 1, lookback: 2,
			fills: []filled{{from: "2024-01-01", to: "2024-01-04", at: "2024-01-03 10:00", input: 1}}, want: "01-04..01-05(1) interval_missing"},
		{name: "after a pause: what was unsettled when it began, and what is missing", start: "2024-01-01", now: "2024-01-10 01:00", snapshot: 2, lookback: 1,
			fills: []filled{{from: "2024-01-01", to: "2024-01-06", at: "2024-01-05 10:00", input: 1}},
			want:  "01-04..01-11(7) lookback,interval_open,interval_missing"},
		{name: "settled intervals stay", start: "2024-01-01", now: "2024-01-10 01:00", snapshot: 2,
			fills: []filled{{from: "2024-01-01", to: "2024-01-09", at: "2024-01-09 10:00", input: 1}, {from: "2024-01-09", to: "2024-01-11", at: "2024-01-10 00:10", input: 2}},
			want:  ""},
		{name: "a gap is filled", start: "2024-01-01", now: "2024-01-05 01:00",
			fills: []filled{{from: "2024-01-01", to: "2024-01-03", at: "2024-01-05 00:10"}, {from: "2024-01-04", to: "2024-01-06", at: "2024-01-05 00:20"}},
			want:  "01-03..01-04(1) interval_missing"},
		{name: "another definition: all of it again", start: "2024-01-01", now: "2024-01-03 10:00",
			fills: []filled{{from: "2024-01-01", to: "2024-01-04", at: "2024-01-03 09:00", fingerprint: "f0"}}, want: "01-01..01-04(3) definition_changed"},
		{name: "another definition, half done", start: "2024-01-01", now: "2024-01-03 10:00",
			fills: []filled{{from: "2024-01-02", to: "2024-01-04", at: "2024-01-03 09:00", fingerprint: "f0"}, {from: "2024-01-01", to: "2024-01-02", at: "2024-01-03 09:30"}},
			want:  "01-02..01-04(2) definition_changed"},
		{name: "a piece of an interval is not the interval", start: "2024-01-01", now: "2024-01-02 23:00", every: day,
			fills: []filled{{from: "2024-01-01", to: "2024-01-02 12:00", at: "2024-01-02 12:30"}}, want: "01-02..01-03(1) interval_missing"},
		{name: "earlier start: only what is missing", start: "2023-12-30", now: "2024-01-01 10:00", snapshot: 1,
			fills: []filled{{from: "2024-01-01", to: "2024-01-02", at: "2024-01-01 09:00", input: 1}}, want: "12-30..01-01(2) interval_missing"},
		{name: "asked for: the intervals that overlap", start: "2024-01-01", now: "2024-01-09 10:00", snapshot: 1, within: [2]string{"2024-01-03", "2024-01-05"},
			fills: []filled{{from: "2024-01-01", to: "2024-01-10", at: "2024-01-09 09:00", input: 1}}, want: "01-03..01-05(2) forced"},
		{name: "an input filled old intervals again", start: "2024-01-01", now: "2024-01-09 10:00", snapshot: 2,
			fills:    []filled{{from: "2024-01-01", to: "2024-01-09", at: "2024-01-09 00:10", input: 1}, {from: "2024-01-09", to: "2024-01-10", at: "2024-01-09 09:50", input: 2}},
			upstream: []filled{{from: "2024-01-01", to: "2024-01-10", at: "2024-01-09 00:05"}, {from: "2024-01-03", to: "2024-01-05", at: "2024-01-09 09:40"}},
			want:     "01-03..01-05(2) input_refilled"},
		{name: "append: only intervals that have ended", kind: project.WriteAppend, start: "2024-01-01", now: "2024-01-03 10:00",
			want: "01-01..01-03(2) interval_missing"},
		{name: "append: never twice", kind: project.WriteAppend, start: "2024-01-01", now: "2024-01-04 10:00", snapshot: 9, within: [2]string{"2024-01-01", "2024-01-05"},
			fills: []filled{{from: "2024-01-01", to: "2024-01-03", at: "2024-01-03 10:00", input: 1, fingerprint: "f0"}}, want: "01-03..01-04(1) interval_missing"},
		{name: "hours", every: project.Every{Unit: project.UnitFixed, Fixed: time.Hour}, start: "2024-01-01 22:00", now: "2024-01-02 00:10",
			want: "01-01T22..01-02T01(3) interval_missing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			zone := tc.zone
			if zone == "" {
				zone = "UTC"
			}
			loc := location(t, zone)
			ledger := func(list []filled) []fill {
				var all []fill
				for _, f := range list {
					fingerprint := f.fingerprint
					if fingerprint == "" {
						fingerprint = "f1"
					}
					all = append(all, fill{start: local(t, loc, f.from), end: local(t, loc, f.to), at: local(t, loc, f.at),
						fingerprint: fingerprint, inputs: map[string]int64{"raw.orders": f.input}})
				}
				return all
			}
			m := &project.Model{Name: "marts.daily", Start: local(t, loc, tc.start), Every: tc.every, Lookback: tc.lookback, Batch: tc.batch,
				Write: project.Write{Kind: tc.kind, Column: "day"}, Params: []string{"start", "end"}}
			if tc.kind == "" {
				m.Write.Kind = project.WriteInterval
			}
			p := planner{now: local(t, loc, tc.now), loc: loc, snapshots: map[string]int64{"raw.orders": tc.snapshot}}
			if tc.upstream != nil {
				p.upstream = map[string][]fill{"raw.orders": ledger(tc.upstream)}
			}
			if tc.within[0] != "" {
				p.within = slot{local(t, loc, tc.within[0]), local(t, loc, tc.within[1])}
			}
			tasks, err := p.asset(&project.Asset{Name: m.Name, Model: m}, "f1", history{fills: ledger(tc.fills)})
			if err != nil {
				t.Fatal(err)
			}
			if got := show(tasks, loc); got != tc.want {
				t.Errorf("planned %q\n   want %q", got, tc.want)
			}
		})
	}
}

func TestPlanWhole(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 1, 3, 10, 0, 0, 0, time.UTC)
	built := history{fills: []fill{{fingerprint: "f1", inputs: map[string]int64{"raw.orders": 7}, at: at}}}
	yesterday := history{fills: []fill{{fingerprint: "f1", inputs: map[string]int64{"raw.orders": 7}, at: at.Add(-24 * time.Hour)}}}
	const appendDaily, fullDaily = project.WriteAppend + " daily", project.WriteFull + " daily" // with every: day
	for _, tc := range []struct {
		name        string
		kind        project.WriteKind
		fingerprint string
		history     history
		snapshot    int64
		force       bool
		want        string
	}{
		{"never built", project.WriteFull, "f1", history{}, 7, false, "never_built"},
		{"up to date", project.WriteFull, "f1", built, 7, false, ""},
		{"definition", project.WriteMerge, "f2", built, 7, false, "definition_changed"},
		{"input", project.WriteMerge, "f1", built, 8, false, "input_changed"},
		{"both", project.WriteFull, "f2", built, 8, false, "definition_changed,input_changed"},
		{"view", project.WriteView, "f2", built, 7, false, "definition_changed"},
		{"append keeps what it has appended", project.WriteAppend, "f2", built, 7, false, ""},
		{"append, input", project.WriteAppend, "f2", built, 8, false, "input_changed"},
		{"forced", project.WriteFull, "f1", built, 7, true, "forced"},
		{"append, forced", project.WriteAppend, "f1", built, 7, true, ""},
		{"append at most every day", appendDaily, "f1", built, 8, false, ""},
		{"append every day", appendDaily, "f1", yesterday, 8, false, "input_changed"},
		{"append every day, nothing new", appendDaily, "f1", yesterday, 7, false, ""},
		{"no inputs, every day", fullDaily, "f1", history{fills: []fill{{fingerprint: "f1", at: at.Add(-24 * time.Hour)}}}, 7, false, "due"},
		{"no inputs, built today", fullDaily, "f1", history{fills: []fill{{fingerprint: "f1", at: at.Add(-time.Hour)}}}, 7, false, ""},
		{"failed before", project.WriteFull, "f1", history{failure: "boom\nmore"}, 7, false, "never_built,last_failed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			kind, daily := strings.CutSuffix(string(tc.kind), " daily")
			a := &project.Asset{Name: "marts.a", Model: &project.Model{Name: "marts.a", Write: project.Write{Kind: project.WriteKind(kind)}}}
			if daily {
				a.Model.Every.Unit = project.UnitDay
			}
			p := planner{now: at, loc: time.UTC, snapshots: map[string]int64{"raw.orders": tc.snapshot}, force: tc.force}
			tasks, err := p.asset(a, tc.fingerprint, tc.history)
			if err != nil {
				t.Fatal(err)
			}
			if got := show(tasks, time.UTC); got != tc.want {
				t.Errorf("planned %q, want %q", got, tc.want)
			}
		})
	}
}

func TestPlanSource(t *testing.T) {
	t.Parallel()
	seoul := location(t, "Asia/Seoul")
	hour, day := project.Every{Unit: project.UnitFixed, Fixed: time.Hour}, project.Every{Unit: project.UnitDay}
	copied := []fill{{fingerprint: "f1"}}
	for _, tc := range []struct {
		name    string
		every   project.Every
		fills   []fill
		checked string
		now     string
		print   string
		want    string
	}{
		{"never", hour, nil, "", "2024-01-03 10:00", "f1", "never_built"},
		{"each run", project.Every{}, copied, "2024-01-03 10:00", "2024-01-03 10:00", "f1", "each_run"},
		{"before the hour", hour, copied, "2024-01-03 09:01", "2024-01-03 10:00", "f1", ""},
		{"after the hour", hour, copied, "2024-01-03 09:00", "2024-01-03 10:00", "f1", "due"},
		{"same day in Seoul", day, copied, "2024-01-03 00:10", "2024-01-03 23:00", "f1", ""},
		{"next day in Seoul", day, copied, "2024-01-03 23:50", "2024-01-04 00:10", "f1", "due"},
		{"definition", hour, copied, "2024-01-03 09:50", "2024-01-03 10:00", "f2", "definition_changed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := history{fills: tc.fills, checkedFingerprint: "f1"}
			if tc.checked != "" {
				h.checked = local(t, seoul, tc.checked)
			}
			p := planner{now: local(t, seoul, tc.now), loc: seoul}
			a := &project.Asset{Name: "raw.a", SourceTable: &project.SourceTable{Every: tc.every}}
			tasks, err := p.asset(a, tc.print, h)
			if err != nil {
				t.Fatal(err)
			}
			if got := show(tasks, seoul); got != tc.want {
				t.Errorf("planned %q, want %q", got, tc.want)
			}
		})
	}
}

// A plan says of every table that it would make an interval run again, and not of the first alone.
func TestIntervalNamesAllInputs(t *testing.T) {
	t.Parallel()
	m := &project.Model{Name: "marts.a", Every: project.Every{Unit: project.UnitDay}, Start: local(t, time.UTC, "2024-01-01 00:00")}
	m.Write.Kind = project.WriteInterval
	inputs := map[string]int64{"raw.a": 1, "raw.b": 1, "raw.c": 1}
	h := history{fills: []fill{{
		start: m.Start, end: local(t, time.UTC, "2024-01-02 00:00"), fingerprint: "f1", at: local(t, time.UTC, "2024-01-01 09:00"), inputs: inputs,
	}}}
	for name, tc := range map[string]struct {
		changed int64
		want    []string
	}{
		"all may change":  {1, []string{"raw.a", "raw.b"}},
		"one has changed": {2, []string{"raw.c"}},
	} {
		p := planner{
			now: local(t, time.UTC, "2024-01-01 10:00"), loc: time.UTC, snapshots: map[string]int64{"raw.a": 1, "raw.b": 1, "raw.c": tc.changed},
			upcoming: map[string]bool{"raw.a": true, "raw.b": true},
		}
		tasks, err := p.intervals(m, "f1", h)
		if err != nil || len(tasks) != 1 {
			t.Fatalf("%s: planned %v, %v", name, tasks, err)
		}
		var got []string
		for _, r := range tasks[0].Reasons {
			got = append(got, r.Input)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: the reasons name %q, want %q: %v", name, got, tc.want, tasks[0].Reasons)
		}
	}
}

// What each run reads anyway is not late; what is called for by anything else is.
func TestStandings(t *testing.T) {
	t.Parallel()
	filled := local(t, time.UTC, "2024-01-03 10:00")
	for name, tc := range map[string]struct {
		status AssetStatus
		want   Standing
	}{
		"nothing to do":     {AssetStatus{Filled: filled}, Fresh},
		"read on each run":  {AssetStatus{Filled: filled, Due: []Reason{{Code: EachRun}}}, Fresh},
		"elapsed":           {AssetStatus{Filled: filled, Due: []Reason{{Code: Due}}}, Stale},
		"another reason":    {AssetStatus{Filled: filled, Due: []Reason{{Code: EachRun}, {Code: InputChanged}}}, Stale},
		"if inputs change":  {AssetStatus{Filled: filled, Due: []Reason{{Code: UpstreamRuns}}, Waits: true}, Fresh},
		"never":             {AssetStatus{Due: []Reason{{Code: NeverBuilt}}}, Never},
		"failed, each run":  {AssetStatus{Filled: filled, Due: []Reason{{Code: EachRun}, {Code: LastFailed}}, Last: &TaskInfo{Status: Failed}}, Standing(Failed)},
		"it has been built": {AssetStatus{Filled: filled, Last: &TaskInfo{Status: Succeeded}}, Fresh},
	} {
		if got := tc.status.standing(false); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	// A task of another definition, which has been taken back since, failed.
	failed := &TaskInfo{Status: Failed}
	for name, tc := range map[string]struct {
		status AssetStatus
		want   Standing
	}{
		"nothing to do":    {AssetStatus{Filled: filled, Last: failed}, Fresh},
		"if inputs change": {AssetStatus{Filled: filled, Last: failed, Due: []Reason{{Code: UpstreamRuns}}, Waits: true}, Fresh},
		"another reason":   {AssetStatus{Filled: filled, Last: failed, Due: []Reason{{Code: InputChanged}}}, Standing(Failed)},
		"never":            {AssetStatus{Last: failed}, Standing(Failed)},
	} {
		if got := tc.status.standing(true); got != tc.want {
			t.Errorf("taken back, %s: %s, want %s", name, got, tc.want)
		}
	}
}
