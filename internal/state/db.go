package state

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"github.com/hosu-io/hosu/internal/failpoint"
)

// How long, and how often, a transaction that lost to another one is run again.
const (
	retryFor      = 30 * time.Second
	firstPause    = time.Millisecond
	longestPause  = 200 * time.Millisecond
	committedStep = "state.committed"
)

// DB is an open state database. It is safe for concurrent use.
type DB struct {
	dialect dialect
	path    string // of the file of a SQLite database
	write   *sql.DB
	read    *sql.DB
}

// Close waits for running transactions and closes the database.
func (db *DB) Close() error {
	err := db.write.Close()
	if db.read != db.write {
		err = errors.Join(err, db.read.Close())
	}
	return err
}

// Dialect is "sqlite" or "postgres".
func (db *DB) Dialect() string { return string(db.dialect) }

// Update runs fn in a writing transaction and commits it unless fn returns an error.
//
// When the transaction loses to a concurrent one it is rolled back and fn is called
// again, so fn must not have effects outside of the database and must not call Update
// or View. An error of the commit itself is [ErrUnknown] unless the database
// said that nothing happened.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	return db.retry(ctx, func() error { return db.update(ctx, "", fn) })
}

// UpdateInOrder is [DB.Update] for transactions that must not run side by side: each begins when the one before
// it has ended, so that what they number is numbered in the order it became visible.
func (db *DB) UpdateInOrder(ctx context.Context, fn func(*Tx) error) error {
	first := ""
	if db.dialect == postgres {
		// The first statement of the transaction: its snapshot is taken after the lock was
		// obtained, so waiting here never ends in a serialization failure.
		first = "LOCK TABLE commits IN SHARE ROW EXCLUSIVE MODE"
	}
	return db.retry(ctx, func() error { return db.update(ctx, first, fn) })
}

// View runs fn in a transaction that only reads, over one consistent snapshot.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	return db.retry(ctx, func() error {
		opts := &sql.TxOptions{ReadOnly: true}
		if db.dialect == postgres {
			opts.Isolation = sql.LevelRepeatableRead
		} else {
			opts = nil // the connections of db.read refuse to write
		}
		tx, err := db.read.BeginTx(ctx, opts)
		if err != nil {
			return fmt.Errorf("begin reading the state database: %w", err)
		}
		defer func() { _ = tx.Rollback() }()
		return fn(&Tx{ctx: ctx, tx: tx, dialect: db.dialect})
	})
}

func (db *DB) update(ctx context.Context, first string, fn func(*Tx) error) error {
	opts := &sql.TxOptions{}
	if db.dialect == postgres {
		opts.Isolation = sql.LevelSerializable
	}
	tx, err := db.write.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("begin writing to the state database: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if first != "" {
		if _, err := tx.ExecContext(ctx, first); err != nil {
			return fmt.Errorf("wait for other commits: %w", err)
		}
	}
	if err := fn(&Tx{ctx: ctx, tx: tx, dialect: db.dialect}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		if refused(err) {
			return fmt.Errorf("commit to the state database: %w", err)
		}
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if err := failpoint.Hit(ctx, committedStep); err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return nil
}

// retry calls attempt again while it loses to concurrent transactions.
func (db *DB) retry(ctx context.Context, attempt func() error) error {
	deadline := time.Now().Add(retryFor)
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := attempt()
		if err == nil || !lostRace(err) || errors.Is(err, ErrUnknown) {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the state database is busy, gave up after %v: %w", retryFor, err)
		}
		// Jitter, so that the same transactions do not meet again.
		timer := time.NewTimer(rand.N(pause) + pause/2)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// lostRace says that a transaction failed only because of another one.
func lostRace(err error) bool {
	var fromPostgres *pgconn.PgError
	if errors.As(err, &fromPostgres) {
		return fromPostgres.Code == "40001" || fromPostgres.Code == "40P01" // serialization failure, deadlock
	}
	var fromSQLite sqlite3.Error
	if errors.As(err, &fromSQLite) {
		return fromSQLite.Code == sqlite3.ErrBusy || fromSQLite.Code == sqlite3.ErrLocked
	}
	return false
}

// refused says that a failed commit certainly had no effect. An error that ends the session of PostgreSQL says nothing
// of it: one that waits for its replicas, for example, is committed already when the server shuts down.
func refused(err error) bool {
	var fromPostgres *pgconn.PgError
	var fromSQLite sqlite3.Error
	if errors.As(err, &fromPostgres) {
		severity := cmp.Or(fromPostgres.SeverityUnlocalized, fromPostgres.Severity)
		return severity != "FATAL" && severity != "PANIC"
	}
	return errors.As(err, &fromSQLite) && fromSQLite.Code != sqlite3.ErrIoErr ||
		errors.Is(err, pgx.ErrTxCommitRollback) || errors.Is(err, sql.ErrTxDone)
}
