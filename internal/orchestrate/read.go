package orchestrate

import (
	"context"
	"database/sql"
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
	Kind   string   `json:"kind" enum:"source,view,full,append,interval,merge"`
	Status Standing `json:"status" enum:"fresh,due,never_built,queued,running,retrying,failed,cancelled,interrupted"`
	// Filled is when it was last made, zero when never; From and Through, in the workspace's
	// time zone, bound what is filled of an asset with intervals.
	Filled  time.Time `json:"filled_at,omitzero" doc:"When it was last made; absent when never."`
	From    time.Time `json:"filled_from,omitzero" doc:"Of an asset with intervals: the first that is filled."`
	Through time.Time `json:"filled_to,omitzero" doc:"The end of the last one."`
	// Checked is when a source table was last asked for something new.
	Checked time.Time `json:"checked_at,omitzero" doc:"When a source was last asked for something new."`
	// Last is its newest task, nil when there was none.
	Last *TaskInfo `json:"last,omitempty" doc:"Its newest task."`
	// Due are the reasons why a run would work on it now; none when it is up to date.
	Due []Reason `json:"reasons,omitempty" doc:"Why a run would work on it now; absent when it is up to date."`
	// Waits says that it is due only if something that it reads changes first.
	Waits bool `json:"if_changed,omitempty" doc:"A run would only if something that it reads changes first."`
}

// Standing says in a word where an asset stands: one of those below, or the [Status] of its newest task when that has
// not succeeded.
type Standing string

// The standings of assets whose newest task has succeeded, or that have none.
const (
	// Fresh is what a run would not touch, or only if something that it reads changes; and what each run asks for something new
	// anyway.
	Fresh Standing = "fresh"
	Stale Standing = "due"
	Never Standing = "never_built"
)

// standing is in a word where the asset stands. When its newest task was of another definition (bygone), that this task has not
// succeeded counts only as long as there is something to do: who takes a change back that failed has a table that is as it should be.
func (st AssetStatus) standing(bygone bool) Standing {
	done := !st.Filled.IsZero() && (len(st.Due) == 0 || st.Waits)
	switch {
	case st.Last != nil && st.Last.Status != Succeeded && !(bygone && done):
		return Standing(st.Last.Status)
	case st.Filled.IsZero():
		return Never
	case !st.Waits && slices.ContainsFunc(st.Due, func(r Reason) bool { return r.Code != EachRun }):
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
	var gone []RunInfo
	err = o.cfg.State.View(ctx, func(tx *state.Tx) (err error) {
		s := store{tx}
		if last, err = s.lastTasks(); err != nil {
			return err
		}
		if gone, err = s.unfinished(); err != nil {
			return err
		}
		runs, err := s.runs("ORDER BY created_at DESC, id DESC LIMIT 1")
		if err != nil || len(runs) == 0 {
			return err
		}
		info.Run = &runs[0]
		return s.countTasks(runs)
	})
	if err != nil {
		return StatusInfo{}, fmt.Errorf("read the status: %w", err)
	}
	if info.Run != nil {
		info.Run.presume(nil)
	}
	gone = slices.DeleteFunc(gone, func(r RunInfo) bool { r.presume(nil); return !r.Status.Finished() })
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
		var bygone bool
		if t, ok := last[a.Name]; ok {
			bygone = t.Status.Finished() && t.Fingerprint != a.Fingerprint
			if slices.ContainsFunc(gone, func(r RunInfo) bool { return r.ID == t.RunID }) {
				t.interrupt()
			}
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
		st.Status = st.standing(bygone)
		info.Assets = append(info.Assets, st)
	}
	return info, nil
}

// Runs returns the newest runs, newest first; limit 0 is all of them.
func (o *Orchestrator) Runs(ctx context.Context, limit int) ([]RunInfo, error) {
	return o.RunsBefore(ctx, "", limit)
}

// RunsBefore returns the runs that began before the one named ("": all), newest first, at most limit of them (0: all). The error is
// [ErrNotFound] when there is no run of that name.
func (o *Orchestrator) RunsBefore(ctx context.Context, id string, limit int) ([]RunInfo, error) {
	if limit <= 0 {
		limit = 1 << 31
	}
	var runs []RunInfo
	err := o.cfg.State.View(ctx, func(tx *state.Tx) (err error) {
		s := store{tx}
		if id == "" {
			runs, err = s.runs("ORDER BY created_at DESC, id DESC LIMIT ?", limit)
		} else if _, err = s.resolveRun(id); err == nil {
			runs, err = s.runs("WHERE (created_at, id) < (SELECT created_at, id FROM runs WHERE id = ?) ORDER BY created_at DESC, id DESC LIMIT ?", id, limit)
		}
		if err != nil {
			return err
		}
		return s.countTasks(runs)
	})
	for i := range runs {
		runs[i].presume(nil)
	}
	return runs, err
}

// RunTasks returns a run and its tasks in the order they began; "" is the newest run. The error is [ErrNotFound] when there is no
// such run.
func (o *Orchestrator) RunTasks(ctx context.Context, id string) (RunInfo, []TaskInfo, error) {
	changes, err := o.Changes(ctx, Watch{Run: id, WithoutLog: true}, Mark{})
	return changes.Run, changes.Tasks, err
}

// Tasks returns the tasks of a run in the order they began; "" is the newest run. The error is [ErrNotFound] when there is no such run.
func (o *Orchestrator) Tasks(ctx context.Context, runID string) ([]TaskInfo, error) {
	_, tasks, err := o.RunTasks(ctx, runID)
	return tasks, err
}

// presume tells of a run, and of its tasks, what is known of its process: when that is certain to be gone they were interrupted, although nobody
// has recorded it. The next run will.
func (r *RunInfo) presume(tasks []TaskInfo) {
	if r.Status.Finished() {
		return
	}
	if h, ok := parseHolder(r.Holder); !ok || !h.dead() {
		return
	}
	r.Status, r.Error = Interrupted, interruptedMessage
	counts := map[Status]int{}
	for status, n := range r.Tasks {
		if !status.Finished() {
			status = Interrupted
		}
		counts[status] += n
	}
	r.Tasks = counts
	for i := range tasks {
		tasks[i].interrupt()
	}
}

// interrupt tells of a task that its process is gone.
func (t *TaskInfo) interrupt() {
	if !t.Status.Finished() {
		t.Status, t.Error, t.ErrorKind = Interrupted, interruptedMessage, kindInterrupted
	}
}

// Attempts returns the attempts of a task, the first one first.
func (o *Orchestrator) Attempts(ctx context.Context, run, task string) ([]Attempt, error) {
	var attempts []Attempt
	err := o.cfg.State.View(ctx, func(tx *state.Tx) error {
		attempts = nil
		rows, err := tx.Query(`SELECT attempt, status, started_at, finished_at, error, error_kind
			FROM task_attempts WHERE run_id = ? AND task_id = ? ORDER BY attempt`, run, task)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a Attempt
			var started int64
			var finished sql.NullInt64
			if err := rows.Scan(&a.Attempt, &a.Status, &started, &finished, &a.Error, &a.ErrorKind); err != nil {
				return err
			}
			a.Started, a.Finished = state.Time(started), state.NullTime(finished)
			attempts = append(attempts, a)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read the attempts of task %s of run %s: %w", task, run, err)
	}
	return attempts, nil
}

// Retry is the request that does again what did not succeed in a run ("": the newest): the assets that failed, were cancelled or waited
// for such a one, with the force and the interval of the run's own request. A run that failed although every task of it succeeded
// (a check of the checks folder, a source out of reach) is requested as it was. The error is [ErrNotFound] when there is no such
// run, and [ErrNothingFailed] when nothing of it has failed.
func (o *Orchestrator) Retry(ctx context.Context, id string) (Request, error) {
	run, tasks, err := o.RunTasks(ctx, id)
	if err != nil {
		return Request{}, err
	}
	var recorded string
	err = o.cfg.State.View(ctx, func(tx *state.Tx) error {
		return tx.QueryRow("SELECT options FROM runs WHERE id = ?", run.ID).Scan(&recorded)
	})
	if err != nil {
		return Request{}, fmt.Errorf("read what was requested of run %s: %w", run.ID, err)
	}
	var opts options
	if err := json.Unmarshal([]byte(recorded), &opts); err != nil {
		return Request{}, fmt.Errorf("read what was requested of run %s: %w", run.ID, err)
	}
	req := Request{Force: opts.Force, From: opts.From, To: opts.To}
	for _, t := range tasks {
		if t.Status != Succeeded && !slices.Contains(req.Selectors, t.Asset) {
			req.Selectors = append(req.Selectors, t.Asset)
		}
	}
	if len(req.Selectors) > 0 {
		return req, nil
	}
	if run.Status == Succeeded || !run.Status.Finished() {
		return Request{}, fmt.Errorf("%w of run %s", ErrNothingFailed, run.ID)
	}
	req.Selectors = run.Selectors
	return req, nil
}

// LogFilter chooses log lines.
type LogFilter struct {
	Run   string // id; "" is the newest run
	Asset string // "" is all
	Task  string // id; "" is all
	// Limit, when not 0, is the most lines returned: those with the smallest numbers above After, by number.
	Limit int
	After int64
	// bytes, when not 0, is after how many of them no further line is read.
	bytes int
}

// Logs returns what the tasks of a run logged, oldest first, or with a limit by number. The error is [ErrNotFound] when there is no such run.
func (o *Orchestrator) Logs(ctx context.Context, f LogFilter) ([]LogLine, error) {
	var lines []LogLine
	err := o.cfg.State.View(ctx, func(tx *state.Tx) error {
		lines = nil
		id, err := store{tx}.resolveRun(f.Run)
		if err != nil {
			return err
		}
		f.Run = id
		lines, err = store{tx}.logs(f)
		return err
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("read log lines: %w", err)
	}
	return lines, err
}

func (s store) logs(f LogFilter) ([]LogLine, error) {
	order, limit := "l.at, l.task_id, l.attempt, l.seq", 1<<31
	if f.Limit > 0 {
		order, limit = "l.line", f.Limit
	}
	rows, err := s.tx.Query(`SELECT l.run_id, l.task_id, t.asset, l.attempt, l.seq, l.line, l.at, l.level, l.message, l.attrs
		FROM task_logs l JOIN tasks t ON t.run_id = l.run_id AND t.id = l.task_id
		WHERE l.run_id = ? AND l.line > ? AND (? = '' OR t.asset = ?) AND (? = '' OR l.task_id = ?)
		ORDER BY `+order+" LIMIT ?", f.Run, f.After, f.Asset, f.Asset, f.Task, f.Task, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lines []LogLine
	size := 0
	for rows.Next() {
		var l LogLine
		var at int64
		var attrs string
		if err := rows.Scan(&l.RunID, &l.TaskID, &l.Asset, &l.Attempt, &l.Seq, &l.Line, &at, &l.Level, &l.Message, &attrs); err != nil {
			return nil, err
		}
		l.At, l.Attrs = state.Time(at), json.RawMessage(attrs)
		lines = append(lines, l)
		if size += len(l.Message) + len(l.Attrs); f.bytes > 0 && size >= f.bytes {
			break
		}
	}
	return lines, rows.Err()
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
