package state

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	versionTable = "schema_version"
	// migrationLock is the key of the PostgreSQL advisory lock held while migrating ("hosu").
	migrationLock = 0x686f7375
)

// migrate brings the schema up to date; [ErrNewer] when it is ahead of us. Processes that open a database at
// the same time take turns.
func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	dialect := goose.DialectSQLite3
	if db.dialect == postgres {
		dialect = goose.DialectPostgres
	}
	lock := db.lockFile
	if db.dialect == postgres {
		lock = db.lockSession
	}
	unlock, err := lock(ctx)
	if err != nil {
		return fmt.Errorf("wait for another process to migrate: %w", err)
	}
	defer unlock()
	return db.retry(ctx, func() error { return upgrade(ctx, dialect, db.write, files) })
}

// lockFile takes the lock under which the schema of a SQLite database is changed: a file beside it. SQLite's own locks
// end with a transaction, and every migration is one. The database itself cannot be the file: closing it would give up the
// locks that SQLite holds on it in this process.
func (db *DB) lockFile(ctx context.Context) (unlock func(), err error) {
	file, err := os.OpenFile(db.path+"-migrate", os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(&fs.PathError{Op: "lock", Path: file.Name(), Err: err}, file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		case <-time.After(longestPause / 4):
		}
	}
}

// lockSession takes the lock under which the schema of a PostgreSQL database is changed.
func (db *DB) lockSession(ctx context.Context) (unlock func(), err error) {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() {
		// The lock is the session's, and the session goes back to the pool.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock)
		_ = conn.Close()
	}, nil
}

// upgrade applies what is pending. A goose provider is good for one try: it looks for its own table once.
func upgrade(ctx context.Context, dialect goose.Dialect, db *sql.DB, files fs.FS) error {
	provider, err := goose.NewProvider(dialect, db, files,
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema version: %w", err)
	}
	if current > target {
		return fmt.Errorf("%w: its schema has version %d, this hosu knows version %d; upgrade hosu", ErrNewer, current, target)
	}
	if current == target {
		return nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}
