// Package pgtest gives tests databases in a real PostgreSQL server.
//
// [Database] is all a test needs:
//
//	url := pgtest.Database(t) // an empty database, dropped when t ends
//
// The server is the one HOSU_TEST_POSTGRES names (a superuser's URL), or else
// a private one, started once per test binary from the PostgreSQL programs of
// this machine. Nothing is ever skipped: without either, the test fails and
// says which package to install.
package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Env is the environment variable with the URL of a superuser of the server to
// use, e.g. "postgres://postgres:secret@localhost:5432/postgres".
const Env = "HOSU_TEST_POSTGRES"

// startTimeout bounds connecting to the server and making a database in it.
const startTimeout = 60 * time.Second

// shared is the server of this test binary. It outlives every single test and
// a testing.TB has no hook for the end of the process, hence one per process;
// see [startServer] for how it is stopped.
var shared = sync.OnceValues(func() (*server, error) {
	if given := os.Getenv(Env); given != "" {
		return &server{url: given}, nil
	}
	return startServer(freePort)
})

// Database makes an empty UTF-8 database and returns its URL
// (postgres://user:password@host:port/name); user is a superuser and password
// is really checked (scram-sha-256). The database is dropped when t ends, with
// whatever is still connected to it.
func Database(t testing.TB) string {
	t.Helper()
	running, err := shared()
	if err != nil {
		t.Fatalf("a real PostgreSQL server is needed: %v", err)
	}
	server := running.url
	name := "hosu_test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	// The name is made of hexadecimal digits: it needs no quoting.
	if err := execute(server, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		t.Fatalf("create a test database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop test database %s: %v", name, err)
		}
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("the URL in %s cannot be parsed; want postgres://user:password@host:port/database", Env)
	}
	u.Path = "/" + name
	return u.String()
}

// execute runs one statement in a connection of its own.
func execute(server, sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return fmt.Errorf("connect to the server: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, sql)
	return err
}
