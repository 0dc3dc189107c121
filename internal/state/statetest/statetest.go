// Package statetest is the conformance suite of the state database: the same
// tests over SQLite and PostgreSQL.
package statetest

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/failpoint"
	"github.com/hosu-io/hosu/internal/state"
)

// Run runs the suite; address gives the URL of a database that does not exist yet
// or is empty.
func Run(t *testing.T, address func(t *testing.T) string) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, address string)
	}{
		{"OpenTwice", testOpenTwice},
		{"OpenAtOnce", testOpenAtOnce},
		{"Statements", testStatements},
		{"RollBack", testRollBack},
		{"ViewIsReadOnly", testViewIsReadOnly},
		{"ViewIsOneSnapshot", testViewIsOneSnapshot},
		{"UpdatesAreSerial", testUpdatesAreSerial},
		{"UpdatesInOrder", testUpdatesInOrder},
		{"LostAnswer", testLostAnswer},
		{"Positions", testPositions},
		{"PositionHasOneWinner", testPositionHasOneWinner},
		{"Filled", testFilled},
		{"FilledConcurrently", testFilledConcurrently},
		{"Leases", testLeases},
		{"LeaseHasOneHolder", testLeaseHasOneHolder},
		{"FenceHoldsUntilTheEnd", testFenceHoldsUntilTheEnd},
		{"Tables", testTables},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, address(t))
		})
	}
}

func open(t *testing.T, address string) *state.DB {
	t.Helper()
	db, err := state.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func update(t *testing.T, db *state.DB, fn func(tx *state.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T, db *state.DB, fn func(tx *state.Tx) error) {
	t.Helper()
	if err := db.View(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func testOpenTwice(t *testing.T, address string) {
	one := open(t, address)
	update(t, one, func(tx *state.Tx) error { return tx.SwapPosition("p", 0, []byte{0, 255}, now) })
	two := open(t, address)
	view(t, two, func(tx *state.Tx) error {
		p, err := tx.ReadPosition("p")
		if p.Version != 1 || string(p.Value) != "\x00\xff" || !p.At.Equal(now) {
			t.Errorf("position %+v", p)
		}
		return err
	})
}

// testOpenAtOnce opens a new database from many sides: one makes the schema, the others wait, and every migration
// is applied once.
func testOpenAtOnce(t *testing.T, address string) {
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			db, err := state.Open(t.Context(), address)
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	view(t, open(t, address), func(tx *state.Tx) error {
		var applied, distinct int
		err := tx.QueryRow("SELECT count(*), count(DISTINCT version_id) FROM schema_version").Scan(&applied, &distinct)
		if applied != distinct || applied < 2 {
			t.Errorf("%d migrations applied, %d of them different", applied, distinct)
		}
		return err
	})
}

func testStatements(t *testing.T, address string) {
	db := open(t, address)
	update(t, db, func(tx *state.Tx) error {
		n, err := tx.Exec(`INSERT INTO namespaces (key, name, created_at) -- is ? a parameter?
			VALUES (?, 'what?', ?), /* ? */ (?, 'it''s "?"', 2)`, "a", 1, "b")
		if n != 2 {
			t.Errorf("%d rows inserted, want 2", n)
		}
		return err
	})
	view(t, db, func(tx *state.Tx) error {
		var names []string
		rows, err := tx.Query(`SELECT name AS "n?" FROM namespaces WHERE key >= ? ORDER BY created_at`, "a")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			names = append(names, name)
		}
		if diff := cmp.Diff([]string{"what?", `it's "?"`}, names); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
		return rows.Err()
	})
	err := db.Update(t.Context(), func(tx *state.Tx) error {
		_, err := tx.Exec("INSERT INTO tables (key, namespace_key, namespace, name, kind, uuid, metadata_location, updated_at) VALUES ('x', 'missing', 'm', 'x', 'table', '', '', 0)")
		return err
	})
	if err == nil {
		t.Error("foreign keys are not enforced")
	}
}

func testRollBack(t *testing.T, address string) {
	db := open(t, address)
	stop := errors.New("stop")
	err := db.Update(t.Context(), func(tx *state.Tx) error {
		if err := tx.SwapPosition("p", 0, nil, now); err != nil {
			return err
		}
		return fmt.Errorf("wrapped: %w", stop)
	})
	if !errors.Is(err, stop) {
		t.Errorf("Update returned %v, want what fn returned", err)
	}
	view(t, db, func(tx *state.Tx) error {
		p, err := tx.ReadPosition("p")
		if p.Version != 0 {
			t.Errorf("what was rolled back is stored: %+v", p)
		}
		return err
	})
}

func testViewIsReadOnly(t *testing.T, address string) {
	db := open(t, address)
	err := db.View(t.Context(), func(tx *state.Tx) error { return tx.SwapPosition("p", 0, nil, now) })
	if err == nil {
		t.Error("View let a write through")
	}
}

func testViewIsOneSnapshot(t *testing.T, address string) {
	db := open(t, address)
	view(t, db, func(tx *state.Tx) error {
		before, err := tx.ReadPosition("p")
		if err != nil {
			return err
		}
		update(t, open(t, address), func(tx *state.Tx) error { return tx.SwapPosition("p", 0, nil, now) })
		after, err := tx.ReadPosition("p")
		if before.Version != 0 || after.Version != 0 {
			t.Errorf("the position moved from %d to %d within a View", before.Version, after.Version)
		}
		return err
	})
}

// testUpdatesAreSerial has transactions that read what others write, with nothing
// in common that a database would lock: two accounts may go below zero one by one, never their sum.
func testUpdatesAreSerial(t *testing.T, address string) {
	first := open(t, address)
	update(t, first, func(tx *state.Tx) error {
		for _, account := range []string{"a", "b"} {
			if _, err := tx.Exec("INSERT INTO namespaces (key, name, created_at) VALUES (?, '', 50)", account); err != nil {
				return err
			}
		}
		return nil
	})
	var wg sync.WaitGroup
	for i := range 8 {
		db := open(t, address)
		account := []string{"a", "b"}[i%2]
		wg.Go(func() {
			err := db.Update(t.Context(), func(tx *state.Tx) error {
				var sum int64
				if err := tx.QueryRow("SELECT sum(created_at) FROM namespaces").Scan(&sum); err != nil {
					return err
				}
				if sum < 60 {
					return nil
				}
				_, err := tx.Exec("UPDATE namespaces SET created_at = created_at - 60 WHERE key = ?", account)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	view(t, first, func(tx *state.Tx) error {
		var sum int64
		err := tx.QueryRow("SELECT sum(created_at) FROM namespaces").Scan(&sum)
		if sum != 40 {
			t.Errorf("the sum is %d, want 40: one withdrawal", sum)
		}
		return err
	})
}

func testUpdatesInOrder(t *testing.T, address string) {
	var inside, most, calls atomic.Int64
	const writers, each = 4, 5
	var wg sync.WaitGroup
	for range writers {
		db := open(t, address)
		wg.Go(func() {
			for range each {
				err := db.UpdateInOrder(t.Context(), func(tx *state.Tx) error {
					calls.Add(1)
					most.Store(max(most.Load(), inside.Add(1)))
					defer inside.Add(-1)
					_, err := tx.Exec(`INSERT INTO commits (id, seq, uid, at, principal, key, namespace, name, uuid, operation, metadata_location)
						SELECT coalesce(max(id), 0) + 1, 0, '', 0, '', '', '', '', '', '', '' FROM commits`)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if most.Load() != 1 || calls.Load() != writers*each {
		t.Errorf("%d at a time, want 1; %d calls, want %d without one in vain", most.Load(), calls.Load(), writers*each)
	}
	view(t, open(t, address), func(tx *state.Tx) error {
		var rows, last int64
		err := tx.QueryRow("SELECT count(*), max(id) FROM commits").Scan(&rows, &last)
		if rows != writers*each || last != rows {
			t.Errorf("%d commits, the last is number %d; want %d", rows, last, writers*each)
		}
		return err
	})
}

// testLostAnswer: when the answer to a commit is lost the caller is told so, and fn does not run again.
func testLostAnswer(t *testing.T, address string) {
	db := open(t, address)
	ctx := failpoint.With(t.Context(), failpoint.NewSet(map[string]failpoint.Action{
		"state.committed": func(string) error { return errors.New("connection reset") },
	}))
	calls := 0
	err := db.Update(ctx, func(tx *state.Tx) error {
		calls++
		return tx.SwapPosition("p", 0, nil, now)
	})
	if !errors.Is(err, state.ErrUnknown) || calls != 1 {
		t.Errorf("Update: %v after %d calls, want ErrUnknown after 1", err, calls)
	}
}

// testTables reads and writes every table once, so that a column that one of the databases stores
// differently is found.
func testTables(t *testing.T, address string) {
	db := open(t, address)
	update(t, db, func(tx *state.Tx) error {
		for _, statement := range []string{
			"INSERT INTO runs (id, requested_by, selector, status, created_at) VALUES ('r', 'owner', '*', 'running', 1)",
			"INSERT INTO tasks (run_id, id, asset, status, rows, bytes) VALUES ('r', 't', 'a.b', 'done', 9223372036854775807, 5)",
			"INSERT INTO task_logs (run_id, task_id, attempt, seq, at, level, message) VALUES ('r', 't', 1, 1, 1, 'INFO', '호수')",
			"INSERT INTO asset_state (asset, checked_at) VALUES ('a.b', 1)",
			"INSERT INTO check_results (asset, name, run_id, task_id, attempt, at, passed, severity) VALUES ('a.b', 'c', 'r', 't', 1, 1, 0, 'error')",
		} {
			if _, err := tx.Exec(statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	})
	view(t, db, func(tx *state.Tx) error {
		var rows int64
		var finished sql.NullInt64
		var message string
		err := tx.QueryRow(`SELECT tasks.rows, tasks.finished_at, task_logs.message FROM runs
			JOIN tasks ON tasks.run_id = runs.id JOIN task_logs ON task_logs.task_id = tasks.id`).Scan(&rows, &finished, &message)
		if rows != 1<<63-1 || !state.NullTime(finished).IsZero() || message != "호수" {
			t.Errorf("read back %d, %v, %q", rows, finished, message)
		}
		return err
	})
	update(t, db, func(tx *state.Tx) error {
		_, err := tx.Exec("DELETE FROM runs WHERE id = ?", "r")
		return err
	})
	view(t, db, func(tx *state.Tx) error {
		var left int64
		err := tx.QueryRow("SELECT (SELECT count(*) FROM tasks) + (SELECT count(*) FROM task_logs)").Scan(&left)
		if left != 0 {
			t.Errorf("%d rows are left of a deleted run", left)
		}
		return err
	})
}
