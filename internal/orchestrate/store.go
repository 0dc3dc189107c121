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

// The queries over runs, tasks, task_logs and asset_state. All are methods on a transaction so that callers
// decide what happens together.
type store struct{ tx *state.Tx }

// leaseRun is the lease that lets one run at a time change the workspace's tables.
const leaseRun = "run"

func (s store) insertRun(r RunInfo, options string) error {
	selectors, err := json.Marshal(r.Selectors)
	if err != nil {
		return err
	}
	_, err = s.tx.Exec(`INSERT INTO runs (id, requested_by, selector, options, status, created_at, started_at, holder)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.By, string(selectors), options, r.Status, state.Micros(r.Created), state.NullMicros(r.Started), r.Holder)
	if err != nil {
		return fmt.Errorf("record run %s: %w", r.ID, err)
	}
	return nil
}

func (s store) finishRun(id string, status Status, message string, now time.Time) error {
	_, err := s.tx.Exec("UPDATE runs SET status = ?, error = ?, finished_at = ? WHERE id = ?",
		status, message, state.Micros(now), id)
	if err != nil {
		return fmt.Errorf("record the end of run %s: %w", id, err)
	}
	return nil
}

func (s store) runStatus(id string) (Status, error) {
	var status Status
	err := s.tx.QueryRow("SELECT status FROM runs WHERE id = ?", id).Scan(&status)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("%w: run %s", ErrNotFound, id)
	}
	return status, err
}

// unfinished are the runs whose process has not recorded their end.
func (s store) unfinished() ([]RunInfo, error) {
	return s.runs("WHERE status IN ('running', 'cancelling') ORDER BY created_at")
}

// interruptedMessage is the error of what was at work when its process ended.
const interruptedMessage = "its process ended before it did; the next run continues"

// interrupt records that a run's process is gone: whatever it had not finished is left to the next run.
func (s store) interrupt(id string, now time.Time) error {
	if _, err := s.endTasks(id, Interrupted, interruptedMessage, kindInterrupted, now); err != nil {
		return err
	}
	return s.finishRun(id, Interrupted, interruptedMessage, now)
}

// endTasks ends the tasks of a run that are not finished, and says how many there were.
func (s store) endTasks(run string, status Status, message, kind string, now time.Time) (ended int64, err error) {
	ended, err = s.tx.Exec(`UPDATE tasks SET status = ?, finished_at = ?, error = ?, error_kind = ?
		WHERE run_id = ? AND status IN ('queued', 'running', 'retrying')`,
		status, state.Micros(now), message, kind, run)
	if err != nil {
		return 0, fmt.Errorf("record that tasks of run %s were %s: %w", run, status, err)
	}
	if _, err := s.tx.Exec("UPDATE task_attempts SET status = ?, finished_at = ?, error = ?, error_kind = ? WHERE run_id = ? AND status = ?",
		status, state.Micros(now), message, kind, run, Running); err != nil {
		return 0, fmt.Errorf("record that attempts of run %s were %s: %w", run, status, err)
	}
	return ended, nil
}

func (s store) runs(clauses string, args ...any) ([]RunInfo, error) {
	rows, err := s.tx.Query(`SELECT id, requested_by, selector, status, created_at, started_at, finished_at, holder, error
		FROM runs `+clauses, args...)
	if err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	defer rows.Close()
	var found []RunInfo
	for rows.Next() {
		var r RunInfo
		var selectors string
		var created int64
		var started, finished sql.NullInt64
		if err := rows.Scan(&r.ID, &r.By, &selectors, &r.Status, &created, &started, &finished, &r.Holder, &r.Error); err != nil {
			return nil, fmt.Errorf("read runs: %w", err)
		}
		if err := json.Unmarshal([]byte(selectors), &r.Selectors); err != nil {
			return nil, fmt.Errorf("read selectors of run %s: %w", r.ID, err)
		}
		r.Created, r.Started, r.Finished = state.Time(created), state.NullTime(started), state.NullTime(finished)
		found = append(found, r)
	}
	return found, rows.Err()
}

// countTasks fills in Tasks of every run.
func (s store) countTasks(runs []RunInfo) error {
	for i := range runs {
		rows, err := s.tx.Query("SELECT status, count(*) FROM tasks WHERE run_id = ? GROUP BY status", runs[i].ID)
		if err != nil {
			return fmt.Errorf("count tasks of run %s: %w", runs[i].ID, err)
		}
		counts := map[Status]int{}
		for rows.Next() {
			var status Status
			var n int
			if err := rows.Scan(&status, &n); err != nil {
				return errors.Join(err, rows.Close())
			}
			counts[status] = n
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		runs[i].Tasks = counts
	}
	return nil
}

func (s store) insertTask(t TaskInfo) error {
	_, err := s.tx.Exec(`INSERT INTO tasks (run_id, id, asset, start_at, end_at, status, reason, attempt, fingerprint,
			queued_at, started_at, finished_at, note, error, error_kind)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.RunID, t.ID, t.Asset, state.Micros(t.Start), state.Micros(t.End), t.Status, t.Reason, t.Attempt, t.Fingerprint,
		state.NullMicros(t.Queued), state.NullMicros(t.Started), state.NullMicros(t.Finished), t.Note, t.Error, t.ErrorKind)
	if err != nil {
		return fmt.Errorf("record task %s of %s: %w", t.ID, t.Asset, err)
	}
	return nil
}

// updateTask stores everything of t that changes.
func (s store) updateTask(t TaskInfo) error {
	unchanged := 0
	if t.Unchanged {
		unchanged = 1
	}
	_, err := s.tx.Exec(`UPDATE tasks SET status = ?, attempt = ?, ready_at = ?, started_at = ?, finished_at = ?,
			rows = ?, bytes = ?, files = ?, snapshot_id = ?, unchanged = ?, note = ?, error = ?, error_kind = ?
		WHERE run_id = ? AND id = ?`,
		t.Status, t.Attempt, state.NullMicros(t.Ready), state.NullMicros(t.Started), state.NullMicros(t.Finished),
		t.Rows, t.Bytes, t.Files, t.SnapshotID, unchanged, t.Note, t.Error, t.ErrorKind,
		t.RunID, t.ID)
	if err != nil {
		return fmt.Errorf("record task %s of %s: %w", t.ID, t.Asset, err)
	}
	return nil
}

// putAttempt stores the attempt that t is at.
func (s store) putAttempt(t TaskInfo) error {
	status := t.Status
	if status == Retrying {
		status = Failed
	}
	_, err := s.tx.Exec(`INSERT INTO task_attempts (run_id, task_id, attempt, status, started_at, finished_at, error, error_kind)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (run_id, task_id, attempt) DO UPDATE SET status = excluded.status, finished_at = excluded.finished_at,
			error = excluded.error, error_kind = excluded.error_kind`,
		t.RunID, t.ID, t.Attempt, status, state.Micros(t.Started), state.NullMicros(t.Finished), t.Error, t.ErrorKind)
	if err != nil {
		return fmt.Errorf("record attempt %d of task %s: %w", t.Attempt, t.ID, err)
	}
	return nil
}

func (s store) tasks(clauses string, args ...any) ([]TaskInfo, error) {
	rows, err := s.tx.Query(`SELECT run_id, id, asset, start_at, end_at, status, reason, attempt, fingerprint, queued_at, ready_at,
			started_at, finished_at, rows, bytes, files, snapshot_id, unchanged, note, error, error_kind
		FROM tasks `+clauses, args...)
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	defer rows.Close()
	var found []TaskInfo
	for rows.Next() {
		var t TaskInfo
		var start, end int64
		var queued, ready, started, finished sql.NullInt64
		var unchanged int
		if err := rows.Scan(&t.RunID, &t.ID, &t.Asset, &start, &end, &t.Status, &t.Reason, &t.Attempt, &t.Fingerprint,
			&queued, &ready, &started, &finished, &t.Rows, &t.Bytes, &t.Files, &t.SnapshotID, &unchanged,
			&t.Note, &t.Error, &t.ErrorKind); err != nil {
			return nil, fmt.Errorf("read tasks: %w", err)
		}
		if start != end {
			t.Start, t.End = time.UnixMicro(start).UTC(), time.UnixMicro(end).UTC()
		}
		t.Queued, t.Ready = state.NullTime(queued), state.NullTime(ready)
		t.Started, t.Finished = state.NullTime(started), state.NullTime(finished)
		t.Unchanged = unchanged != 0
		found = append(found, t)
	}
	return found, rows.Err()
}

// lastTasks is the newest task of every asset, found in as many steps as there are assets, however many tasks they have had.
func (s store) lastTasks() (map[string]TaskInfo, error) {
	tasks, err := s.tasks(`WHERE (run_id, id) IN (
		WITH RECURSIVE assets (asset) AS (
			SELECT min(asset) FROM tasks
			UNION ALL SELECT (SELECT min(asset) FROM tasks WHERE asset > assets.asset) FROM assets WHERE assets.asset IS NOT NULL
		)
		SELECT t.run_id, t.id FROM assets JOIN tasks t ON t.asset = assets.asset AND (t.run_id, t.id) = (
			SELECT n.run_id, n.id FROM tasks n WHERE n.asset = assets.asset AND n.status <> 'skipped' ORDER BY n.run_id DESC, n.id DESC LIMIT 1))`)
	if err != nil {
		return nil, err
	}
	last := make(map[string]TaskInfo, len(tasks))
	for _, t := range tasks {
		last[t.Asset] = t
	}
	return last, nil
}

func (s store) insertLogs(runID, taskID string, lines []LogLine) error {
	for _, l := range lines {
		if _, err := s.tx.Exec(`INSERT INTO task_logs (run_id, task_id, attempt, seq, at, level, message, attrs, line)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			runID, taskID, l.Attempt, l.Seq, state.Micros(l.At), l.Level, l.Message, string(l.Attrs), l.Line); err != nil {
			return fmt.Errorf("record log lines of task %s: %w", taskID, err)
		}
	}
	return nil
}

// checked is when, and with which definition, a source table was last asked for something new.
type checked struct {
	at          time.Time
	fingerprint string
}

func (s store) allChecked() (map[string]checked, error) {
	rows, err := s.tx.Query("SELECT asset, checked_at, fingerprint FROM asset_state")
	if err != nil {
		return nil, fmt.Errorf("read when sources were checked: %w", err)
	}
	defer rows.Close()
	all := map[string]checked{}
	for rows.Next() {
		var asset string
		var at int64
		var c checked
		if err := rows.Scan(&asset, &at, &c.fingerprint); err != nil {
			return nil, fmt.Errorf("read when sources were checked: %w", err)
		}
		c.at = state.Time(at)
		all[asset] = c
	}
	return all, rows.Err()
}

func (s store) setChecked(asset string, c checked) error {
	_, err := s.tx.Exec(`INSERT INTO asset_state (asset, checked_at, fingerprint) VALUES (?, ?, ?)
		ON CONFLICT (asset) DO UPDATE SET checked_at = excluded.checked_at, fingerprint = excluded.fingerprint`,
		asset, state.Micros(c.at), c.fingerprint)
	if err != nil {
		return fmt.Errorf("record that %s was checked: %w", asset, err)
	}
	return nil
}

// fills turns ledger rows into fills, oldest first.
func fills(rows []state.Filled) []fill {
	all := make([]fill, len(rows))
	for i, r := range rows {
		all[i] = fill{start: r.Start, end: r.End, fingerprint: r.Fingerprint, inputs: r.Inputs, at: r.At}
	}
	slices.SortStableFunc(all, func(a, b fill) int { return a.at.Compare(b.at) })
	return all
}

// takeLease gets the run lease for h. A lease whose holder is certain to be dead is taken over at once; a live or
// unknown one is a *[BusyError], in which times are of zone.
func takeLease(ctx context.Context, db *state.DB, h holder, ttl time.Duration, now time.Time, zone *time.Location) (token int64, err error) {
	err = db.Update(ctx, func(tx *state.Tx) error {
		token, err = tx.AcquireLease(leaseRun, h.String(), ttl, now)
		var held *state.HeldError
		if !errors.As(err, &held) {
			return err
		}
		by, ok := parseHolder(held.Holder)
		if !ok || !by.dead() {
			return &BusyError{holder: by, raw: held.Holder, Expires: held.Expires, zone: zone}
		}
		// Expire what the dead process held, unless somebody was faster.
		if _, err := tx.Exec("UPDATE leases SET expires_at = 0 WHERE name = ? AND holder = ?", leaseRun, held.Holder); err != nil {
			return fmt.Errorf("take over lease %q: %w", leaseRun, err)
		}
		token, err = tx.AcquireLease(leaseRun, h.String(), ttl, now)
		return err
	})
	return token, err
}
