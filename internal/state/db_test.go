package state

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
)

// What is taken for certain not to have happened is undone: files that a commit refers to would be removed.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		want bool
	}{
		{&pgconn.PgError{SeverityUnlocalized: "ERROR", Severity: "오류", Code: "40001"}, true},
		{&pgconn.PgError{Severity: "ERROR", Code: "23505"}, true},
		{&pgconn.PgError{SeverityUnlocalized: "FATAL", Severity: "치명적오류", Code: "57P01"}, false},
		{&pgconn.PgError{SeverityUnlocalized: "PANIC", Code: "XX000"}, false},
		{sqlite3.Error{Code: sqlite3.ErrBusy}, true},
		{sqlite3.Error{Code: sqlite3.ErrIoErr}, false},
		{sql.ErrTxDone, true},
		{io.ErrUnexpectedEOF, false},
		{errors.New("other"), false},
	} {
		if got := refused(fmt.Errorf("commit: %w", tc.err)); got != tc.want {
			t.Errorf("refused(%#v) = %t", tc.err, got)
		}
	}
}
