package main

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

// TestSourceOutage takes a PostgreSQL source away in two ways. Each run fails, says what and where, never shows the password, and
// leaves what was copied as it is; when the source is back the next run goes on.
func TestSourceOutage(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	database := pgtest.Database(t)
	conn := connect(ctx, t, database)
	execute(ctx, t, conn, `CREATE TABLE orders (id bigint PRIMARY KEY, amount numeric(12,2) NOT NULL, updated_at timestamptz NOT NULL DEFAULT now())`)
	execute(ctx, t, conn, `INSERT INTO orders SELECT i, i * 1.25 FROM generate_series(1, 100) i`)
	w := newWorkspace(t, "sqlite", map[string]string{
		"sources/shop.yaml":   "type: postgres\nurl: ${SHOP_DATABASE_URL}\ninto: raw\ntables:\n  orders: {mode: incremental, cursor: updated_at, key: id}\n",
		"models/m/totals.sql": "select count(*) as orders, sum(amount)::decimal(18, 2) as amount from raw.orders",
	})
	run := func(source string) outcome {
		p := w.prepare("", "run")
		p.Env = append(p.Env, "SHOP_DATABASE_URL="+source)
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		return w.end(p)
	}
	if first := run(database); first.status != 0 {
		t.Fatal(first)
	}
	before := w.rows("raw.orders", "m.totals")
	execute(ctx, t, conn, `INSERT INTO orders SELECT i, i * 1.25 FROM generate_series(101, 150) i`)

	const secret = "not-the-p%40ssword"
	for _, outage := range []struct {
		name   string
		source string
		says   []string
	}{
		{"down", withHost(t, withPassword(t, database, secret), closedPort), []string{"sources/shop.yaml:5", "source is not available", "connection refused"}},
		{"wrong password", withPassword(t, database, secret), []string{"sources/shop.yaml:5", "refused"}},
	} {
		failed := run(outage.source)
		if failed.status.ExitStatus() != exitFailed {
			t.Errorf("%s: %s; want exit status 1", outage.name, failed)
		}
		said := failed.stdout + failed.stderr
		for _, want := range outage.says {
			if !strings.Contains(said, want) {
				t.Errorf("%s: the run does not say %q: %s", outage.name, want, failed)
			}
		}
		said += w.hosu("logs") + w.hosu("status", "-o", "json") + strings.Join(w.recorded(), "\n")
		for _, spelling := range []string{secret, "not-the-p@ssword"} {
			if strings.Contains(said, spelling) {
				t.Errorf("%s: the password is shown or stored:\n%s", outage.name, said)
			}
		}
		if after := w.rows("raw.orders", "m.totals"); after != before {
			t.Errorf("%s: the outage changed tables:\nbefore %s\nafter  %s", outage.name, before, after)
		}
	}

	if back := run(database); back.status != 0 {
		t.Fatal(back)
	}
	if got := w.hosu("query", "-o", "csv", "select orders, amount from m.totals"); !strings.Contains(got, "150,14156.25") {
		t.Errorf("after the outage m.totals is %s", got)
	}
}

// TestNewerWorkspace opens a state database that a later version has changed.
func TestNewerWorkspace(t *testing.T) {
	t.Parallel()
	for _, database := range stateDatabases {
		t.Run(database.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, database.name, map[string]string{"models/m/one.sql": "select 1 as n"})
			w.hosu("run")
			// This connection stays open: the changed database cannot be opened any more.
			db, err := state.Open(t.Context(), w.state)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			change := func(statement string, args ...any) {
				t.Helper()
				err := db.Update(t.Context(), func(tx *state.Tx) error {
					_, err := tx.Exec(statement, args...)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			change("INSERT INTO schema_version (version_id, is_applied) VALUES (9999, ?)", true)
			failed := w.end(w.start("", "run"))
			if failed.status.ExitStatus() != exitFailed || !strings.Contains(failed.stderr, "9999") || !strings.Contains(failed.stderr, "newer") {
				t.Errorf("a newer state database: %s; want a failure that names the version and says that it is newer", failed)
			}
			change("DELETE FROM schema_version WHERE version_id = 9999")
			if got := w.hosu("query", "-o", "csv", "from m.one"); got != "n\n1\n" {
				t.Errorf("after the refusal m.one is %q", got)
			}
		})
	}
}

// recorded is all text that the state database keeps of tasks and their logs.
func (w *workspace) recorded() []string {
	return append(w.strings("SELECT coalesce(error, '') || ' ' || coalesce(note, '') FROM tasks"),
		w.strings("SELECT message || ' ' || attrs FROM task_logs")...)
}

func withPassword(t *testing.T, address, password string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := url.PathUnescape(password)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), plain)
	return u.String()
}

func withHost(t *testing.T, address, host string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = host
	return u.String()
}

// closedPort is an address at which nobody listens. The kernel gives such a low port to nobody; one that it had given out and got back may
// soon be another program's.
const closedPort = "127.0.0.1:1"
