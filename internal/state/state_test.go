package state_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/state/statetest"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

func sqliteAddress(t *testing.T) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "폴더 #1?", "state.db")
}

func postgresAddress(t *testing.T) string { return pgtest.Database(t) }

func TestConformance(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { statetest.Run(t, sqliteAddress) })
	t.Run("postgres", func(t *testing.T) { statetest.Run(t, postgresAddress) })
}

// TestOpenAtOnceOften repeats the race for a new SQLite database, which is lost only now and then: each of its
// migrations is a transaction, and another process may come between any two.
func TestOpenAtOnceOften(t *testing.T) {
	t.Parallel()
	for range 20 {
		address := sqliteAddress(t)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				db, err := state.Open(t.Context(), address)
				if err != nil {
					t.Error(err)
					return
				}
				_ = db.Close()
			})
		}
		wg.Wait()
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	server, err := url.Parse(pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	wrong, gone := *server, *server
	wrong.User = url.UserPassword(server.User.Username(), "s3cret-wrong")
	gone.Path = "/no_such_database"
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("this is text and no database, and long enough to be read as a header of one …"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ address, want string }{
		{"", "sqlite:path"},
		{"mysql://s3cret@x", "sqlite:path"},
		{"sqlite:", "path"},
		{"sqlite:" + file, "file is not a database; if state: of hosu.yaml names the right file"},
		{"sqlite:" + file + "/state.db", "not a directory"},
		{"postgres://u:s3cret@host:notaport/db", "state database"},
		{"postgres://u:s3cret@127.0.0.1:1/db", "127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused; check that the server runs"},
		{wrong.String(), `password authentication failed for user "hosu"; check the user and the password in state: of hosu.yaml`},
		{gone.String(), `"no_such_database" does not exist; create it`},
	} {
		_, err := state.Open(t.Context(), test.address)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("open %q: %v, want something about %q", test.address, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the error of %q shows a password: %v", test.address, err)
		}
	}
}

func TestNewerSchema(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{"sqlite": sqliteAddress(t), "postgres": postgresAddress(t)} {
		db, err := state.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(t.Context(), func(tx *state.Tx) error {
			_, err := tx.Exec("INSERT INTO schema_version (version_id, is_applied) VALUES (?, ?)", 9000, true)
			return err
		})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		_, err = state.Open(t.Context(), address)
		if !errors.Is(err, state.ErrNewer) || !strings.Contains(err.Error(), "9000") || !strings.Contains(err.Error(), "upgrade hosu") {
			t.Errorf("%s: open a newer database: %v", name, err)
		}
	}
}

// TestKilledInTransaction kills a process in the middle of an Update: nothing of it is there, and nothing
// is locked.
func TestKilledInTransaction(t *testing.T) {
	t.Parallel()
	const child = "HOSU_STATE_CHILD"
	if address := os.Getenv(child); address != "" {
		killedChild(t, address)
	}
	for name, address := range map[string]string{"sqlite": sqliteAddress(t), "postgres": postgresAddress(t)} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledInTransaction$")
		cmd.Env = append(os.Environ(), child+"="+address)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() && lines.Text() != "ready" {
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()

		db, err := state.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(t.Context(), func(tx *state.Tx) error {
			kept, err := tx.ReadPosition("kept")
			if err != nil || kept.Version != 1 {
				t.Errorf("%s: what was committed before the kill: %+v", name, kept)
			}
			return errors.Join(err, tx.SwapPosition("lost", 0, nil, time.Now()))
		})
		if err := errors.Join(err, db.Close()); err != nil {
			t.Errorf("%s: after the kill: %v", name, err)
		}
	}
}

// killedChild commits one position, then waits for its end within a transaction.
func killedChild(t *testing.T, address string) {
	db, err := state.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	swap := func(producer string) func(tx *state.Tx) error {
		return func(tx *state.Tx) error { return tx.SwapPosition(producer, 0, nil, time.Now()) }
	}
	if err := db.Update(t.Context(), swap("kept")); err != nil {
		t.Fatal(err)
	}
	t.Fatal(db.Update(t.Context(), func(tx *state.Tx) error {
		if err := swap("lost")(tx); err != nil {
			return err
		}
		if _, err := os.Stdout.WriteString("ready\n"); err != nil {
			return err
		}
		select {}
	}))
}

// TestCancelled ends an Update that waits for another process's transaction.
func TestCancelled(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{"sqlite": sqliteAddress(t), "postgres": postgresAddress(t)} {
		one, err := state.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		two, err := state.Open(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		err = one.UpdateInOrder(t.Context(), func(*state.Tx) error {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			begun := time.Now()
			err := two.UpdateInOrder(ctx, func(*state.Tx) error {
				t.Errorf("%s: two transactions at once", name)
				return nil
			})
			if err == nil || time.Since(begun) > 5*time.Second {
				t.Errorf("%s: a cancelled wait ended with %v after %v", name, err, time.Since(begun))
			}
			return nil
		})
		if err := errors.Join(err, one.Close(), two.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestLostConnection cuts the connection of a PostgreSQL transaction before its commit: the caller
// is told that the outcome is unknown, or that it failed, never that it succeeded.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	address := postgresAddress(t)
	db, err := state.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	killer, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(t.Context(), func(tx *state.Tx) error {
		var pid int
		if err := tx.QueryRow("SELECT pg_backend_pid()").Scan(&pid); err != nil {
			return err
		}
		if err := tx.SwapPosition("p", 0, nil, time.Now()); err != nil {
			return err
		}
		_, err := killer.ExecContext(t.Context(), "SELECT pg_terminate_backend($1, 5000)", pid)
		return err
	})
	if err == nil {
		t.Error("a transaction whose connection was cut succeeded")
	}
	err = db.Update(t.Context(), func(tx *state.Tx) error { return tx.SwapPosition("p", 0, nil, time.Now()) })
	if err := errors.Join(err, db.Close(), killer.Close()); err != nil {
		t.Errorf("on a new connection: %v", err)
	}
}

func BenchmarkUpdate(b *testing.B) {
	db, err := state.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "state.db"))
	if err != nil {
		b.Fatal(err)
	}
	var version int64
	for b.Loop() {
		if err := db.Update(b.Context(), func(tx *state.Tx) error {
			return tx.SwapPosition("p", version, []byte("x"), time.Now())
		}); err != nil {
			b.Fatal(err)
		}
		version++
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}
