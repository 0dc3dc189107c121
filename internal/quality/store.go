package quality

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/state"
)

// Task says in which task checks ran.
type Task struct {
	Run, ID string // empty outside of a run
	Attempt int
}

// Recorded is a check's result as the state database keeps it.
type Recorded struct {
	Asset    string    `json:"asset"`
	Name     string    `json:"name"`
	Run      string    `json:"run,omitempty"`
	Task     string    `json:"task,omitempty"`
	Attempt  int       `json:"attempt,omitempty"`
	At       time.Time `json:"at"`
	Passed   bool      `json:"passed"`
	Blocking bool      `json:"blocking"`
	Rows     int64     `json:"rows"`
	// Columns and Sample are as in [Result].
	Columns []string   `json:"columns,omitempty"`
	Sample  [][]string `json:"sample,omitempty"`
	Message string     `json:"message,omitempty"`
}

// sample is how sample rows are stored. Those of early versions are objects, column to text, which have no order.
type sample struct {
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

func readSample(stored string) (sample, error) {
	var s sample
	if !strings.HasPrefix(stored, "[") {
		err := json.Unmarshal([]byte(stored), &s)
		return s, err
	}
	var objects []map[string]string
	if err := json.Unmarshal([]byte(stored), &objects); err != nil || len(objects) == 0 {
		return s, err
	}
	s.Columns = slices.Sorted(maps.Keys(objects[0]))
	for _, object := range objects {
		row := make([]string, len(s.Columns))
		for i, column := range s.Columns {
			row[i] = object[column]
		}
		s.Rows = append(s.Rows, row)
	}
	return s, nil
}

// The stored names of severities.
const (
	severityError = "error"
	severityWarn  = "warn"
)

// Record keeps the results of an asset's checks. A check that runs again in the same attempt replaces its result.
func Record(ctx context.Context, db *state.DB, asset string, task Task, results []Result) error {
	if len(results) == 0 {
		return nil
	}
	err := db.Update(ctx, func(tx *state.Tx) error {
		for _, r := range results {
			if err := insert(tx, asset, task, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record the checks of %s: %w", asset, err)
	}
	return nil
}

func insert(tx *state.Tx, asset string, task Task, r Result) error {
	var shown sample
	if len(r.Sample) > 0 {
		shown = sample{Columns: r.Columns, Rows: r.Sample}
	}
	stored, err := json.Marshal(shown)
	if err != nil {
		return err
	}
	severity, passed := severityWarn, 0
	if r.Check.Blocking {
		severity = severityError
	}
	if r.Passed {
		passed = 1
	}
	_, err = tx.Exec(`INSERT INTO check_results (asset, name, run_id, task_id, attempt, at, passed, severity, rows_failing, sample, message)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (asset, name, run_id, task_id, attempt) DO UPDATE SET at = excluded.at, passed = excluded.passed,
			severity = excluded.severity, rows_failing = excluded.rows_failing, sample = excluded.sample, message = excluded.message`,
		asset, r.Check.Name, task.Run, task.ID, task.Attempt, state.Micros(r.At), passed, severity, r.Rows, string(stored), r.Message())
	return err
}

// Latest returns the newest result of every check of an asset, by name.
func Latest(ctx context.Context, db *state.DB, asset string) ([]Recorded, error) {
	return History(ctx, db, asset, 1)
}

// Key names a check: the asset that it belongs to ("": none), and its own name.
type Key struct{ Asset, Name string }

// Standing is what came of a check the last time.
type Standing struct{ Passed, Blocking bool }

// Standings are those of the checks given, without those that never ran. It takes as many steps as there are checks, however often they
// have run.
func Standings(ctx context.Context, db *state.DB, keys []Key) (map[Key]Standing, error) {
	const batch = 400 // databases limit the parameters of a statement
	standings := make(map[Key]Standing, len(keys))
	err := db.View(ctx, func(tx *state.Tx) error {
		for some := range slices.Chunk(keys, batch) {
			args := make([]any, 0, 2*len(some))
			for _, k := range some {
				args = append(args, k.Asset, k.Name)
			}
			if err := readStandings(tx, "(?, ?)"+strings.Repeat(", (?, ?)", len(some)-1), args, standings); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the newest checks: %w", err)
	}
	return standings, nil
}

func readStandings(tx *state.Tx, values string, args []any, into map[Key]Standing) error {
	rows, err := tx.Query(`WITH wanted (asset, name) AS (VALUES `+values+`)
		SELECT w.asset, w.name, c.passed, c.severity FROM wanted w JOIN check_results c ON c.asset = w.asset AND c.name = w.name
			AND c.at = (SELECT max(n.at) FROM check_results n WHERE n.asset = w.asset AND n.name = w.name)
		ORDER BY c.attempt`, args...) // of several at the same time the last one stays
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k Key
		var passed int
		var severity string
		if err := rows.Scan(&k.Asset, &k.Name, &passed, &severity); err != nil {
			return err
		}
		into[k] = Standing{Passed: passed != 0, Blocking: severity == severityError}
	}
	return rows.Err()
}

// History returns the newest results of every check of an asset, at most limit of each: by name, and newest first.
func History(ctx context.Context, db *state.DB, asset string, limit int) ([]Recorded, error) {
	found, err := read(ctx, db, numbered+"WHERE asset = ? AND newest <= ? ORDER BY name, newest", asset, limit)
	if err != nil {
		return nil, fmt.Errorf("read the checks of %s: %w", asset, err)
	}
	return found, nil
}

// OfRun returns the results of a run's checks, by the time they ran: those of one task, or, with task "", those that belong to
// no task.
func OfRun(ctx context.Context, db *state.DB, run, task string) ([]Recorded, error) {
	found, err := read(ctx, db, "check_results WHERE run_id = ? AND task_id = ? ORDER BY attempt, at, name", run, task)
	if err != nil {
		return nil, fmt.Errorf("read the checks of run %s: %w", run, err)
	}
	return found, nil
}

// numbered is check_results with the number of each result among those of its check, newest first.
const numbered = `(SELECT c.*, row_number() OVER (PARTITION BY asset, name ORDER BY at DESC, attempt DESC) AS newest
	FROM check_results c) numbered `

// read returns recorded results; from is all that follows the word in a SELECT.
func read(ctx context.Context, db *state.DB, from string, args ...any) ([]Recorded, error) {
	var found []Recorded
	err := db.View(ctx, func(tx *state.Tx) error {
		found = nil
		rows, err := tx.Query(`SELECT asset, name, run_id, task_id, attempt, at, passed, severity, rows_failing, sample, message
			FROM `+from, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r Recorded
			var at int64
			var passed int
			var severity, stored string
			if err := rows.Scan(&r.Asset, &r.Name, &r.Run, &r.Task, &r.Attempt, &at, &passed, &severity, &r.Rows, &stored, &r.Message); err != nil {
				return err
			}
			r.At, r.Passed, r.Blocking = state.Time(at), passed != 0, severity == severityError
			shown, err := readSample(stored)
			if err != nil {
				return fmt.Errorf("sample rows of check %s: %w", r.Name, err)
			}
			r.Columns, r.Sample = shown.Columns, shown.Rows
			found = append(found, r)
		}
		return rows.Err()
	})
	return found, err
}
