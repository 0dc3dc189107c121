package state

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// Tx is a transaction. It ends with the function it was given to, and so does its context.
//
// Statements are written once for both databases: parameters are "?", and what
// SQLite and PostgreSQL both understand (INSERT … ON CONFLICT and RETURNING among it) may be used.
type Tx struct {
	ctx     context.Context
	tx      *sql.Tx
	dialect dialect
}

// Context is that of the transaction.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Exec runs a statement and returns the number of rows it changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	result, err := tx.tx.ExecContext(tx.ctx, tx.dialect.rewrite(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Query runs a statement that yields rows. The caller closes them before the next statement.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	return tx.tx.QueryContext(tx.ctx, tx.dialect.rewrite(query), args...)
}

// QueryRow runs a statement that yields at most one row.
func (tx *Tx) QueryRow(query string, args ...any) *sql.Row {
	return tx.tx.QueryRowContext(tx.ctx, tx.dialect.rewrite(query), args...)
}

// dialect is the kind of database behind a DB.
type dialect string

const (
	sqlite   dialect = "sqlite"
	postgres dialect = "postgres"
)

// rewrite turns the "?" parameters of a statement into what the database wants.
func (d dialect) rewrite(query string) string {
	if d == sqlite || !strings.Contains(query, "?") {
		return query
	}
	var out strings.Builder
	out.Grow(len(query) + 16)
	for param, i := 1, 0; i < len(query); {
		if query[i] == '?' {
			out.WriteByte('$')
			out.WriteString(strconv.Itoa(param))
			param++
			i++
			continue
		}
		end := i + opaque(query[i:])
		out.WriteString(query[i:end])
		i = end
	}
	return out.String()
}

// opaque is the length of the string literal, quoted name or comment that s begins with; 1 for
// anything else.
func opaque(s string) int {
	closing := ""
	switch {
	case s[0] == '\'' || s[0] == '"': // a doubled quote is two adjacent literals to us
		closing = s[:1]
	case strings.HasPrefix(s, "--"):
		closing = "\n"
	case strings.HasPrefix(s, "/*"):
		closing = "*/"
	default:
		return 1
	}
	if i := strings.Index(s[1:], closing); i >= 0 {
		return 1 + i + len(closing)
	}
	return len(s)
}
