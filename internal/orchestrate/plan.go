package orchestrate

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hosu-io/hosu/internal/project"
)

// PlannedTask is a task that a run would start now, and why.
type PlannedTask struct {
	Asset string `json:"asset"`
	Kind  string `json:"kind" enum:"source,view,full,append,interval,merge"`
	// Start and End are zero for an asset without intervals.
	Start     time.Time `json:"start,omitzero" doc:"Absent of an asset without intervals."`
	End       time.Time `json:"end,omitzero"`
	Intervals int       `json:"intervals,omitempty" doc:"How many lie between start and end."`
	Reasons   []Reason  `json:"reasons"`
	// IfChanged says that the task runs only if one of the tasks before it changes a table that it
	// reads: nothing else calls for it.
	IfChanged   bool   `json:"if_changed,omitempty" doc:"It runs only if a task before it changes a table that it reads."`
	Fingerprint string `json:"-"`
}

// Reason is why a task runs.
type Reason struct {
	Code ReasonCode `json:"code" enum:"never_built,definition_changed,input_changed,input_refilled,interval_missing,interval_open,lookback,due,each_run,last_failed,upstream,forced"`
	Text string     `json:"text" doc:"For people."`
	// Input is the table that has changed or may change, with the reasons that are about one.
	Input string `json:"input,omitempty" doc:"The table that has changed or may change."`
}

// ReasonCode names a kind of [Reason].
type ReasonCode string

// The reasons for a task.
const (
	NeverBuilt        ReasonCode = "never_built"
	DefinitionChanged ReasonCode = "definition_changed"
	InputChanged      ReasonCode = "input_changed"    // a table it reads has a new snapshot
	InputRefilled     ReasonCode = "input_refilled"   // a model it reads has filled the same interval again
	IntervalMissing   ReasonCode = "interval_missing" // never filled
	IntervalOpen      ReasonCode = "interval_open"    // filled before it had ended, and an input has changed
	LookbackInterval  ReasonCode = "lookback"         // filled while late rows were still expected, and an input has changed
	Due               ReasonCode = "due"              // every has elapsed since it was last read or built
	EachRun           ReasonCode = "each_run"         // a source table without every, which each run reads: it is never late
	LastFailed        ReasonCode = "last_failed"
	UpstreamRuns      ReasonCode = "upstream" // an asset it reads is planned too
	Forced            ReasonCode = "forced"   // asked for
)

// fill is one row of the ledger: what an asset holds for an interval.
type fill struct {
	start, end  time.Time // zero for an asset without intervals
	fingerprint string
	inputs      map[string]int64
	at          time.Time // when the inputs were looked at
}

// history is what is known of one asset when it is planned.
type history struct {
	fills []fill // oldest first
	// checked is when the last task that succeeded ended, and with which fingerprint.
	checked            time.Time
	checkedFingerprint string
	// failure is the message of the last task, if that failed and was of this definition.
	failure string
}

// last is the newest fill, if there is one.
func (h history) last() (fill, bool) {
	if len(h.fills) == 0 {
		return fill{}, false
	}
	return h.fills[len(h.fills)-1], true
}

// planner decides what one asset needs. It reads nothing: everything it knows is in its fields.
type planner struct {
	now time.Time
	loc *time.Location
	// snapshots are the current snapshots of tables; a table that is absent does not exist.
	snapshots map[string]int64
	// upcoming are tables that count as changed, because a task that makes them is planned.
	upcoming map[string]bool
	// upstream are the fills of the interval models that the asset reads, by name.
	upstream map[string][]fill
	// within, when not zero, forces every interval it overlaps, and force the whole asset.
	within slot
	force  bool
}

// asset plans one asset: no task when it is up to date. The error is for people.
func (p planner) asset(a *project.Asset, fingerprint string, h history) ([]PlannedTask, error) {
	var tasks []PlannedTask
	var err error
	switch {
	case a.SourceTable != nil:
		tasks = p.source(a.SourceTable, fingerprint, h)
	case a.Model.Intervals():
		tasks, err = p.intervals(a.Model, fingerprint, h)
	default:
		tasks = p.whole(a.Model, fingerprint, h)
	}
	for i := range tasks {
		tasks[i].Asset = a.Name
		tasks[i].Fingerprint = fingerprint
		if h.failure != "" {
			tasks[i].Reasons = append(tasks[i].Reasons, Reason{Code: LastFailed, Text: "the last attempt failed: " + firstLine(h.failure)})
		}
	}
	return tasks, err
}

// source plans a source table: it is due when it was never copied, when its definition has changed, and
// when every has elapsed since it was last read; without every it is due in each run.
func (p planner) source(t *project.SourceTable, fingerprint string, h history) []PlannedTask {
	due := func(code ReasonCode, text string) []PlannedTask {
		return []PlannedTask{{Kind: kindSource, Reasons: []Reason{{Code: code, Text: text}}}}
	}
	every := t.Every
	_, copied := h.last()
	switch {
	case p.force:
		return due(Forced, "asked for")
	case !copied:
		return due(NeverBuilt, "never copied")
	case h.checkedFingerprint != fingerprint:
		return due(DefinitionChanged, "its definition has changed")
	case every.Unit == "":
		return due(EachRun, "read on each run")
	}
	if next := nextDue(every, p.loc, h.checked); !p.now.Before(next) {
		return due(Due, fmt.Sprintf("last read %s, every %s", h.checked.In(p.loc).Format(time.DateTime), every))
	}
	return nil
}

// nextDue is when something done at last is due again: a fixed length later, or when the next day, week or month begins.
func nextDue(every project.Every, loc *time.Location, last time.Time) time.Time {
	if every.Unit == project.UnitFixed {
		return last.Add(every.Fixed)
	}
	c := newCalendar(every, loc, time.Time{})
	return c.add(c.floor(last), 1)
}

// whole plans a model without intervals: it is rebuilt when its definition or a table it reads has changed. One that reads no
// table is rebuilt when every has elapsed, if it has one.
//
// An append model differs in two ways. What it has appended cannot be taken back, so that a changed
// definition alone appends nothing; it applies when an input changes. And every, if given, is how often it appends at most.
func (p planner) whole(m *project.Model, fingerprint string, h history) []PlannedTask {
	var reasons []Reason
	last, built := h.last()
	appends := m.Write.Kind == project.WriteAppend
	elapsed := built && m.Every.Unit != "" && !p.now.Before(nextDue(m.Every, p.loc, last.at))
	switch {
	case !built:
		reasons = append(reasons, Reason{Code: NeverBuilt, Text: "never built"})
	case last.fingerprint != fingerprint && !appends:
		reasons = append(reasons, Reason{Code: DefinitionChanged, Text: "its definition has changed"})
	}
	if built && (!appends || m.Every.Unit == "" || elapsed) {
		reasons = append(reasons, p.changed(last.inputs)...)
	}
	if elapsed && len(last.inputs) == 0 && m.Write.Kind != project.WriteView {
		reasons = append(reasons, Reason{Code: Due, Text: fmt.Sprintf("last built %s, every %s", last.at.In(p.loc).Format(time.DateTime), m.Every)})
	}
	if p.force && !appends && len(reasons) == 0 {
		reasons = append(reasons, Reason{Code: Forced, Text: "asked for"})
	}
	if len(reasons) == 0 {
		return nil
	}
	return []PlannedTask{{Kind: string(m.Write.Kind), Reasons: reasons}}
}

// changed has a reason for each table whose current snapshot is not the one read before.
func (p planner) changed(inputs map[string]int64) []Reason {
	var reasons []Reason
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		switch {
		case p.snapshots[name] != inputs[name]:
			reasons = append(reasons, Reason{InputChanged, name + " has changed", name})
		case p.upcoming[name]:
			reasons = append(reasons, Reason{UpstreamRuns, name + " runs before it", name})
		}
	}
	return reasons
}

// due is an interval that must be filled.
type due struct {
	slot
	reasons []Reason
}

// intervals plans a model that is filled interval by interval. An interval runs when
//
//   - it was never filled, or with another definition;
//   - a table it read has a new snapshot, and it was not settled: it is settled when it was filled after
//     the end of the lookback intervals that follow it (of itself, with lookback 0), so that late rows
//     up to then are in. Each run thus fills the open interval and lookback intervals before it
//     again, and after a pause also those that were open or expected late rows when the pause began;
//   - an interval model that it reads has filled an overlapping interval since.
//
// For append models only intervals that have ended run, once, whatever changes later.
func (p planner) intervals(m *project.Model, fingerprint string, h history) ([]PlannedTask, error) {
	if m.Start.IsZero() {
		return nil, &planError{fmt.Errorf("%s: model %s has intervals and no start; add the first day to fill, e.g. start: 2024-01-01", m.Pos, m.Name)}
	}
	cal := newCalendar(m.Every, p.loc, m.Start)
	slots := cal.span(m.Start, p.now)
	if m.Write.Kind == project.WriteAppend && len(slots) > 0 {
		slots = slots[:len(slots)-1] // the last one has not ended
	}
	filled := cover(slots, h.fills)
	var dues []due
	for i, s := range slots {
		if reasons := p.interval(m, cal, s, filled[i], fingerprint); len(reasons) > 0 {
			dues = append(dues, due{s, reasons})
		}
	}
	return coalesce(dues, string(m.Write.Kind), m.Batch), nil
}

func (p planner) interval(m *project.Model, cal calendar, s slot, f *fill, fingerprint string) []Reason {
	if f == nil {
		return []Reason{{Code: IntervalMissing, Text: "interval missing"}}
	}
	if m.Write.Kind == project.WriteAppend {
		return nil
	}
	if f.fingerprint != fingerprint {
		return []Reason{{Code: DefinitionChanged, Text: "its definition has changed"}}
	}
	if p.within != (slot{}) && s.overlaps(p.within) || p.force && p.within == (slot{}) {
		return []Reason{{Code: Forced, Text: "asked for"}}
	}
	changed := p.changed(f.inputs)
	if len(changed) == 0 {
		return nil
	}
	if f.at.Before(s.end) {
		return because(changed, IntervalOpen, "interval was open when last filled")
	}
	if f.at.Before(cal.add(s.start, 1+m.Lookback)) {
		return because(changed, LookbackInterval, fmt.Sprintf("lookback of %d", m.Lookback))
	}
	for _, name := range slices.Sorted(maps.Keys(p.upstream)) {
		for _, up := range p.upstream[name] {
			if up.at.After(f.at) && s.overlaps(slot{up.start, up.end}) {
				return []Reason{{InputRefilled, name + " has filled this interval again", name}}
			}
		}
	}
	return nil
}

// because joins why an interval would be filled again with what has changed: one table is enough, and of those that only
// may change, all.
func because(changed []Reason, code ReasonCode, why string) []Reason {
	if i := slices.IndexFunc(changed, func(r Reason) bool { return r.Code == InputChanged }); i >= 0 {
		changed = changed[i : i+1]
	}
	reasons := make([]Reason, len(changed))
	for i, r := range changed {
		reasons[i] = Reason{code, why + ", and " + r.Text, r.Input}
	}
	return reasons
}

// cover finds, for each slot, the newest fill that holds all of it. A slot that a newer fill covers only in
// part (an asset whose grain has changed) counts as not filled. fills are oldest first.
func cover(slots []slot, fills []fill) []*fill {
	filled := make([]*fill, len(slots))
	for i := range fills {
		f := &fills[i]
		first, _ := slices.BinarySearchFunc(slots, f.start, func(s slot, t time.Time) int {
			if s.end.After(t) {
				return 1
			}
			return -1
		})
		for j := first; j < len(slots) && slots[j].start.Before(f.end); j++ {
			if !f.start.After(slots[j].start) && !f.end.Before(slots[j].end) {
				filled[j] = f
			} else {
				filled[j] = nil
			}
		}
	}
	return filled
}

// coalesce makes one task of neighbouring intervals, of at most batch intervals each when batch is not 0.
func coalesce(dues []due, kind string, batch int) []PlannedTask {
	var tasks []PlannedTask
	for _, d := range dues {
		n := len(tasks)
		if n == 0 || !tasks[n-1].End.Equal(d.start) || batch > 0 && tasks[n-1].Intervals >= batch {
			tasks = append(tasks, PlannedTask{Kind: kind, Start: d.start})
			n++
		}
		t := &tasks[n-1]
		t.End = d.end
		t.Intervals++
		for _, r := range d.reasons {
			if !slices.Contains(t.Reasons, r) {
				t.Reasons = append(t.Reasons, r)
			}
		}
	}
	return tasks
}

func (s slot) overlaps(o slot) bool { return s.start.Before(o.end) && o.start.Before(s.end) }

// planError is a mistake of the workspace found while planning; trying again cannot help.
type planError struct{ err error }

func (e *planError) Error() string   { return e.err.Error() }
func (e *planError) Unwrap() error   { return e.err }
func (e *planError) Permanent() bool { return true }
