// Package sqlite copies tables out of a SQLite database file.
//
// The file is opened read-only, and each read is one transaction: the table at one moment, while others write. (With SQLite's older
// rollback journal, which is not WAL, a long read makes writers wait: PRAGMA journal_mode = WAL on the
// application's side avoids it.)
//
// Declared types become exact types by [schema.FromSQLite]. SQLite accepts any value in any column, so each value is checked:
// one of another kind that does not convert exactly is an error that names table, column and row. A column declared DATETIME or TIMESTAMP is a
// timestamptz when its values are written with an offset or Z (the first rows tell), and a timestamp when not; in a
// timestamptz column, text without an offset is UTC, as in SQLite's own functions.
//
// An incremental read yields the rows whose cursor is at or above the greatest one seen, less the overlap, and the rows whose
// cursor is NULL. The overlap applies to dates and timestamps, compared as the text they are: a cursor column must be written in one format.
// A run with nothing new moves no row: when the file has not been written to, or else when the window's rows hash to the
// same value, the read is Unchanged (see [source.Mark]).
package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/hosu-io/hosu/internal/source"
)

// busyTimeout is how long a writer is waited for.
const busyTimeout = 30 * time.Second

// Spec describes the connector.
func Spec() source.Spec {
	return source.Spec{
		Type:    "sqlite",
		Options: []source.Option{{Name: "path", Required: true, Doc: "the database file, relative to the workspace"}},
		Open: func(_ context.Context, opts map[string]string, env source.Env) (source.Source, error) {
			return Open(opts, env)
		},
	}
}

// Source is a SQLite database file. Every read opens it for itself; a Source is safe for concurrent use.
type Source struct {
	path string
}

// Open checks the options; it does not touch the file.
func Open(opts map[string]string, env source.Env) (*Source, error) {
	path := opts["path"]
	if path == "" {
		return nil, errors.New("a sqlite source needs a path: the database file, relative to the workspace")
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(env.Dir, path)
	}
	return &Source{path: path}, nil
}

// Close has nothing to close.
func (s *Source) Close() error { return nil }

func (s *Source) String() string { return "SQLite database " + s.path }

// conn is one connection in a read transaction.
type conn struct {
	driver.Conn
	source *Source
}

// begin opens the file and starts a transaction; what it reads is fixed by its first statement.
func (s *Source) begin(ctx context.Context) (*conn, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", s, ctx.Err())
	}
	if info, err := os.Stat(s.path); err != nil {
		return nil, fmt.Errorf("%s: %w: %w; check the path of the source", s, source.ErrUnavailable, err)
	} else if info.IsDir() {
		return nil, fmt.Errorf("%s: %w: it is a folder; the path of the source must name the database file", s, source.ErrUnavailable)
	}
	location := url.URL{Path: s.path}
	dsn := fmt.Sprintf("file:%s?mode=ro&_query_only=1&_mutex=no&_busy_timeout=%d", location.EscapedPath(), busyTimeout.Milliseconds())
	opened, err := new(sqlite3.SQLiteDriver).Open(dsn)
	if err != nil {
		return nil, s.explain(err, "open")
	}
	c := &conn{opened, s}
	if err := c.exec(ctx, "BEGIN"); err != nil {
		_ = c.Close()
		return nil, s.explain(err, "open")
	}
	return c, nil
}

// explain says what to do about an error of SQLite.
func (s *Source) explain(err error, doing string) error {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("%s: %s: %w", s, doing, err)
	}
	switch e.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return fmt.Errorf("%s: %s: %w: another program holds a write lock for more than %s (%s); try again, or set PRAGMA journal_mode = WAL in that program",
			s, doing, source.ErrUnavailable, busyTimeout, e.Error())
	case sqlite3.ErrPerm, sqlite3.ErrAuth:
		return fmt.Errorf("%s: %s: %w: %s", s, doing, source.ErrDenied, e.Error())
	case sqlite3.ErrCantOpen, sqlite3.ErrReadonly:
		return fmt.Errorf("%s: %s: %w: %s; hosu must be able to read the file and, when it is in WAL mode, to write the -shm file next to it",
			s, doing, source.ErrUnavailable, e.Error())
	case sqlite3.ErrNotADB, sqlite3.ErrCorrupt:
		return source.Broken("%s: %s: %s; check that the path names a SQLite database, and the database with PRAGMA integrity_check", s, doing, e.Error())
	case sqlite3.ErrIoErr:
		return fmt.Errorf("%s: %s: %w: %s", s, doing, source.ErrUnavailable, e.Error())
	}
	return fmt.Errorf("%s: %s: %w", s, doing, err)
}

func (c *conn) exec(ctx context.Context, sql string) error {
	_, err := c.Conn.(driver.ExecerContext).ExecContext(ctx, sql, nil)
	return err
}

// query starts a statement.
func (c *conn) query(ctx context.Context, sql string, args ...string) (driver.Rows, error) {
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, sql, named)
}

// each calls fn with every row of a statement; a row is only valid during the call.
func (c *conn) each(ctx context.Context, fn func(row []driver.Value) error, sql string, args ...string) error {
	rows, err := c.query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // a read leaves nothing to fail
	row := make([]driver.Value, len(rows.Columns()))
	for {
		switch err := rows.Next(row); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := fn(row); err != nil {
			return err
		}
	}
}

// changeCounter is the place of the file change counter in a database file's header, and walSalt that of the salts in a
// WAL file's (SQLite file format, sections 1.3.7 and 4.1).
const (
	changeCounter = 24
	walSalt       = 16
)

// racy is how young a file's modification time may not be for it to tell that nothing was written since: file systems
// give writes that follow each other closely the same time.
const racy = 2 * time.Second

// version identifies the state of the database's files; empty when that is not certain. It must be taken before a transaction
// begins: what is written in between then belongs to the transaction and makes the next version differ.
func (s *Source) version(now time.Time) string {
	var parts []string
	for _, part := range []struct {
		suffix string
		at     int64
	}{{"", changeCounter}, {"-wal", walSalt}} {
		f, err := os.Open(s.path + part.suffix)
		if err != nil {
			if part.suffix != "" && errors.Is(err, os.ErrNotExist) {
				continue
			}
			return ""
		}
		info, err := f.Stat()
		var mark [8]byte
		if err == nil && info.Size() > 0 {
			_, err = f.ReadAt(mark[:], part.at)
		}
		_ = f.Close()
		if err != nil || now.Sub(info.ModTime()) < racy && info.Size() > 0 {
			return ""
		}
		if info.Size() > 0 {
			parts = append(parts, fmt.Sprintf("%d/%d/%x", info.Size(), info.ModTime().UnixNano(), mark))
		}
	}
	return strings.Join(parts, "+")
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

var _ source.Source = (*Source)(nil)
