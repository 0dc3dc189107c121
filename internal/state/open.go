package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
)

const (
	// sqliteReaders is how many connections read a SQLite database at a time.
	sqliteReaders = 8
	// postgresConnections bounds the connections of one process.
	postgresConnections = 16
)

// Open opens the state database of a workspace and brings its schema up to date.
// The URL is "sqlite:path" (a file, made with its folder when it is missing) or
// "postgres://user:password@host:port/database". No error contains a password.
func Open(ctx context.Context, address string) (*DB, error) {
	scheme, rest, _ := strings.Cut(address, ":")
	var db *DB
	var err error
	switch scheme {
	case "sqlite":
		db, err = openSQLite(rest)
		rest = "state database " + rest
	case "postgres", "postgresql":
		db, rest, err = openPostgres(address)
	default:
		return nil, errors.New("state database: want sqlite:path or postgres://user:password@host/database")
	}
	if err != nil {
		return nil, err
	}
	if err := db.migrate(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("%s: %w", rest, openError(err))
	}
	return db, nil
}

func openSQLite(path string) (*DB, error) {
	if path == "" {
		return nil, errors.New("state database: sqlite: has no path; want e.g. sqlite:./.hosu/state.db")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("state database: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("state database: make its folder: %w", err)
	}
	open := func(params url.Values) (*sql.DB, error) {
		params.Set("_journal_mode", "WAL")
		params.Set("_foreign_keys", "on")
		// Short: waiting is up to DB.retry, which a context ends.
		params.Set("_busy_timeout", "200")
		// A commit that was reported must survive a power failure: metadata
		// files and positions outside rely on it.
		params.Set("_synchronous", "FULL")
		return sql.Open("sqlite3", (&url.URL{Scheme: "file", Path: path, RawQuery: params.Encode()}).String())
	}
	write, err := open(url.Values{"_txlock": {"immediate"}})
	if err != nil {
		return nil, fmt.Errorf("state database %s: %w", path, err)
	}
	// SQLite has one writer: a queue here is fairer than its locks.
	write.SetMaxOpenConns(1)
	read, err := open(url.Values{"_query_only": {"true"}})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("state database %s: %w", path, err), write.Close())
	}
	read.SetMaxOpenConns(sqliteReaders)
	read.SetMaxIdleConns(sqliteReaders)
	return &DB{dialect: sqlite, path: path, write: write, read: read}, nil
}

// openPostgres also returns how to call the database in messages.
func openPostgres(address string) (*DB, string, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, "", fmt.Errorf("state database: %w", err) // pgx takes the password out
	}
	if _, given := config.RuntimeParams["application_name"]; !given {
		config.RuntimeParams["application_name"] = "hosu"
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(postgresConnections)
	pool.SetMaxIdleConns(postgresConnections)
	name := fmt.Sprintf("state database %s on %s:%d", config.Database, config.Host, config.Port)
	return &DB{dialect: postgres, write: pool, read: pool}, name, nil
}
