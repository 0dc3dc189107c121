package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

// While a run is at work another is refused, and told by whom; when it has ended the other may run.
func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	for _, database := range stateDatabases {
		t.Run(database.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			url := pgtest.Database(t)
			shop := connect(ctx, t, url)
			execute(ctx, t, shop, "CREATE TABLE orders AS SELECT generate_series(1, 100) AS id")
			w := newWorkspace(t, database.name, map[string]string{
				"sources/shop.yaml": "type: postgres\nurl: " + url + "\ninto: raw\ntables: {orders: {mode: full}}\n",
			})

			// The first run waits for this transaction.
			execute(ctx, t, shop, "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
			first := w.start("", "run")
			watch := connect(ctx, t, url)
			await(ctx, t, "the first run to wait for the source", func() bool {
				var waiting int
				// Of this database alone: other tests wait for locks in theirs, and would have the second run begin too early.
				if err := watch.QueryRow(ctx, `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass
					AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&waiting); err != nil {
					t.Fatal(err)
				}
				return waiting > 0
			})

			// While it lives so do its sandboxes: this is what the kill suites look for after a kill.
			await(ctx, t, "sandboxes", func() bool { return len(w.children()) > 0 })

			second := w.end(w.start("", "run"))
			if second.status.ExitStatus() != exitFailed {
				t.Fatalf("the second run: %v", second)
			}
			for _, want := range []string{"another run is at work", fmt.Sprintf("process %d", first.Process.Pid), "wait for it"} {
				if !strings.Contains(second.stderr, want) {
					t.Errorf("the second run does not say %q: %v", want, second)
				}
			}
			if status := w.hosu("status"); !strings.Contains(status, "raw.orders") {
				t.Errorf("status beside a run at work:\n%s", status)
			}

			execute(ctx, t, shop, "COMMIT")
			if done := w.end(first); done.status != 0 {
				t.Fatalf("the first run: %v", done)
			}
			w.idle()
			if rows := w.hosu("query", "-o", "csv", "select count(*) as n, sum(id)::bigint as total from raw.orders"); rows != "n,total\n100,5050\n" {
				t.Errorf("the table has %q", rows)
			}
		})
	}
}

// The lease of a run that was killed is free at once, and what it was at is done by the next.
func TestLeaseOfKilledRun(t *testing.T) {
	t.Parallel()
	for _, database := range stateDatabases {
		t.Run(database.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, database.name, killModels())
			newShop(t, w.dir, 3).grow(20)
			// The program stops itself as a whole, with its lease, and does not get to know of its end.
			first := w.start("commit.metadata_written=kill@2", "run")
			killed := w.end(first)
			if !killed.killed() {
				t.Fatal(killed)
			}
			began := time.Now()
			w.hosu("run")
			begun, err := strconv.ParseInt(w.strings("SELECT max(created_at) FROM runs")[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			// Half of what the lease would have lasted. How long the run takes then is not the question.
			if waited := time.UnixMicro(begun).Sub(began); waited > 15*time.Second {
				t.Errorf("the next run began after %v: it waited for the lease", waited)
			}
			if interrupted := w.strings("SELECT status FROM runs ORDER BY created_at"); strings.Join(interrupted, " ") != "interrupted succeeded" {
				t.Errorf("runs are recorded as %q", interrupted)
			}
		})
	}
}

// A sandbox that is in the middle of a statement ends with the command that was killed.
func TestKilledQuery(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "sqlite", nil)
	p := w.prepare("", "query", "-o", "csv", "select i from range(1_000_000_000_000) r(i)")
	p.Stdout = nil
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if len(w.children()) == 0 {
		t.Error("no sandbox is found while one is at work")
	}
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if done := w.end(p); !done.killed() {
		t.Fatal(done)
	}
	w.orphansEnd()
	w.hosu("query", "select 1")
	w.clean()
}

func connect(ctx context.Context, t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(ctx)) })
	return conn
}

func execute(ctx context.Context, t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}
