package orchestrate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hosu-io/hosu/internal/state"
)

// AssetStatus is where one asset stands.
type AssetStatus struct {
	Asset  string   `json:"asset"`
	Kind   string   `json:"kind"` // "source" or the model's write: "view", "full", …
	Status Standing `json:"status" enum:"fresh,due,never_built,queued,running,retrying,failed,cancelled,interrupted"`
	// Filled is when it was last made, zero when never; From and Through, in the workspace's
	// time zone, bound what is filled of an asset with intervals.
	Filled  time.Time `json:"filled_at,omitzero"`
	From    time.Time `json:"filled_from,omitzero"`
	Through time.Time `json:"filled_to,omitzero"`
	// Checked is when a source table was last asked for something new.
	Checked time.Time `json:"checked_at,omitzero"`
	// Last is its newest task, nil when there was none.
	Last *TaskInfo `json:"last,omitempty"`
	// Due are the reasons why a run would work on it now; none when it is up to date.
	Due []Reason `json:"reasons,omitempty"`
	// Waits says that it is due only if something that it reads changes first.
	Waits bool `json:"if_changed,omitempty"`
}

// Standing says in a word where an asset stands: one of those below, or the [Status] of its newest task when that has
// not succeeded.
type Standing string

// The standings of assets whose newest task has succeeded, or that have none.
const (
	Fresh Standing = "fresh" // a run would not touch it, or only if something that it reads changes
	Stale Standing = "due"
	Never Standing = "never_built"
)

func (st AssetStatus) standing() Standing {
	switch {
	case st.Last != nil && st.Last.Status != Succeeded:
		return Standing(st.Last.Status)
	case st.Filled.IsZero():
		return Never
	case len(st.Due) > 0 && !st.Waits:
		return Stale
	default:
		return Fresh
	}
}

// StatusInfo is where the workspace stands.
type StatusInfo struct {
	Run    *RunInfo      `json:"run,omitempty"` // the run at work, or else the last one
	Assets []AssetStatus `json:"assets"`        // in the order of the graph
}

// Status tells where every asset stands.
func (o *Orchestrator) Status(ctx context.Context) (StatusInfo, error) {
	b, err := o.readBook(ctx)
	if err != nil {
		return StatusInfo{}, err
	}
	var info StatusInfo
	var last map[string]TaskInfo
	err = o.cfg.State.View(ctx, func(tx *state.Tx) (err error) {
		s := store{tx}
		if last, err = s.lastTasks(); err != nil {
			return err
		}
		runs, err := s.runs("ORDER BY created_at DESC LIMIT 1")
		if err != nil || len(runs) == 0 {
			return err
		}
		info.Run = &runs[0]
		return s.countTasks(runs)
	})
	if err != nil {
		return StatusInfo{}, fmt.Errorf("read the status: %w", err)
	}
	now := o.cfg.Clock.Now()
	for _, a := range o.cfg.Graph.Assets() {
		st := AssetStatus{Asset: a.Name, Kind: kindSource, Checked: b.checked[a.Name].at}
		if a.Model != nil {
			st.Kind = string(a.Model.Write.Kind)
		}
		for _, f := range b.fills[a.Name] {
			st.Filled = f.at
			if f.start.IsZero() {
				continue
			}
			if st.From.IsZero() || f.start.Before(st.From) {
				st.From = f.start.In(o.cfg.Location)
			}
			if f.end.After(st.Through) {
				st.Through = f.end.In(o.cfg.Location)
			}
		}
		if t, ok := last[a.Name]; ok {
			st.Last = &t
		}
		tasks, err := b.planAhead(o, a, demand{}, now)
		if err != nil {
			return StatusInfo{}, err
		}
		st.Waits = len(tasks) > 0
		for _, t := range tasks {
			st.Waits = st.Waits && t.IfChanged
			for _, reason := range t.Reasons {
				if !slices.Contains(st.Due, reason) {
					st.Due = append(st.Due, reason)
				}
			}
		}
		st.Status = st.standing()
		info.Assets = append(info.Assets, st)
	}
	return info, nil
}

// Runs returns the newest runs, newest first; limit 0 is all of them.
func (o *Orchestrator) Runs(ctx context.Context, limit int) ([]RunInfo, error) {
	if limit <= 0 {
		limit = 1 << 31
	}
	var runs []RunInfo
	err := o.cfg.State.View(ctx, func(tx *state.Tx) (err error) {
		s := store{tx}
		if runs, err = s.runs("ORDER BY created_at DESC, id DESC LIMIT ?", limit); err != nil {
			return err
		}
		return s.countTasks(runs)
	})
	return runs, err
}

// Tasks returns the tasks of a run in the order they began; "" is the newest run. The error is [ErrNotFound] when there is no such run.
func (o *Orchestrator) Tasks(ctx context.Context, runID string) ([]TaskInfo, error) {
	var tasks []TaskInfo
	err := o.cfg.State.View(ctx, func(tx *state.Tx) error {
		s := store{tx}
		id, err := s.resolveRun(runID)
		if err != nil {
			return err
		}
		tasks, err = s.tasks("WHERE run_id = ?", id)
		return err
	})
	slices.SortStableFunc(tasks, func(a, b TaskInfo) int {
		return cmp.Or(cmp.Compare(state.Micros(a.Started), state.Micros(b.Started)), cmp.Compare(a.ID, b.ID))
	})
	return tasks, err
}

// LogFilter chooses log lines.
type LogFilter struct {
	Run   string // id; "" is the newest run
	Asset string // "" is all
	Task  string // id; "" is all
}

// Logs returns what the tasks of a run logged, oldest first. The error is [ErrNotFound] when there is no such run.
func (o *Orchestrator) Logs(ctx context.Context, f LogFilter) ([]LogLine, error) {
	var lines []LogLine
	err := o.cfg.State.View(ctx, func(tx *state.Tx) error {
		lines = nil
		id, err := store{tx}.resolveRun(f.Run)
		if err != nil {
			return err
		}
		rows, err := tx.Query(`SELECT l.run_id, l.task_id, t.asset, l.attempt, l.seq, l.at, l.level, l.message, l.attrs
			FROM task_logs l JOIN tasks t ON t.run_id = l.run_id AND t.id = l.task_id
			WHERE l.run_id = ? AND (? = '' OR t.asset = ?) AND (? = '' OR l.task_id = ?)
			ORDER BY l.at, l.task_id, l.attempt, l.seq`, id, f.Asset, f.Asset, f.Task, f.Task)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var l LogLine
			var at int64
			var attrs string
			if err := rows.Scan(&l.RunID, &l.TaskID, &l.Asset, &l.Attempt, &l.Seq, &at, &l.Level, &l.Message, &attrs); err != nil {
				return err
			}
			l.At, l.Attrs = state.Time(at), json.RawMessage(attrs)
			lines = append(lines, l)
		}
		return rows.Err()
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("read log lines: %w", err)
	}
	return lines, err
}

// resolveRun is the id of an existing run; "" stands for the newest.
func (s store) resolveRun(id string) (string, error) {
	clauses, args := "ORDER BY created_at DESC, id DESC LIMIT 1", []any(nil)
	if id != "" {
		clauses, args = "WHERE id = ?", []any{id}
	}
	runs, err := s.runs(clauses, args...)
	switch {
	case err != nil:
		return "", err
	case len(runs) == 0 && id == "":
		return "", notFound("nothing has been run yet; start with: hosu run")
	case len(runs) == 0:
		return "", notFound(fmt.Sprintf("there is no run %s; the last one is named by: hosu status", id))
	}
	return runs[0].ID, nil
}
