package pgtest_test

import (
	"bufio"
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func TestDatabasesAreSeparate(t *testing.T) {
	t.Parallel()
	one, two := connect(t, pgtest.Database(t)), connect(t, pgtest.Database(t))
	if _, err := one.Exec(t.Context(), `create table "호수" (a int)`); err != nil {
		t.Fatal(err)
	}
	var tables int
	if err := two.QueryRow(t.Context(), `select count(*) from pg_tables where schemaname = 'public'`).Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if tables != 0 {
		t.Errorf("a fresh database has %d tables", tables)
	}
}

func TestDatabaseIsDropped(t *testing.T) {
	t.Parallel()
	var address string
	t.Run("use", func(t *testing.T) {
		address = pgtest.Database(t)
		if _, err := pgx.Connect(t.Context(), address); err != nil { // left open on purpose
			t.Fatal(err)
		}
	})
	_, err := pgx.Connect(t.Context(), address)
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "3D000" {
		t.Errorf("connecting after the test ended: %v, want invalid_catalog_name", err)
	}
}

func TestPasswordIsChecked(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), "wrong")
	_, err = pgx.Connect(t.Context(), u.String())
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "28P01" {
		t.Errorf("connecting with a wrong password: %v, want invalid_password", err)
	}
}

// TestServerEndsWithProcess kills a process that started a server and waits for
// the server to be gone.
func TestServerEndsWithProcess(t *testing.T) {
	t.Parallel()
	const child = "HOSU_PGTEST_CHILD"
	if os.Getenv(child) != "" {
		address := pgtest.Database(t)
		if _, err := os.Stdout.WriteString("\nserver " + address + "\n"); err != nil {
			t.Fatal(err)
		}
		select {} // until killed
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestServerEndsWithProcess$")
	cmd.Env = append(os.Environ(), child+"=1", pgtest.Env+"=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var address string
	for lines := bufio.NewScanner(out); address == "" && lines.Scan(); {
		if line := lines.Text(); len(line) > 7 && line[:7] == "server " {
			address = line[7:]
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if address == "" {
		t.Fatal("the child process did not start a server")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		conn, err := pgx.Connect(ctx, address)
		if err != nil {
			return
		}
		_ = conn.Close(ctx)
	}
	t.Error("the server still answers 30 s after its process was killed")
}
