package state

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
)

// Errors that callers branch on; returned wrapped.
var (
	// ErrNewer: a newer hosu has changed the database's schema.
	ErrNewer = errors.New("the state database is of a newer version of hosu")
	// ErrUnknown: the database was told to commit and did not answer; the transaction may
	// have happened or not. [DB.Update] never runs such a transaction again.
	ErrUnknown = errors.New("the state database did not say whether the transaction was committed")
	// ErrPositionMoved: the stored version of a position is not the expected one.
	ErrPositionMoved = errors.New("position moved")
	// ErrLeaseHeld: somebody else holds the lease; the error is a *[HeldError].
	ErrLeaseHeld = errors.New("lease is held")
	// ErrLeaseLost: the token is not that of the lease's holder.
	ErrLeaseLost = errors.New("lease is lost")
)

// HeldError says who holds a lease, and until when unless it is renewed.
type HeldError struct {
	Lease, Holder string
	Expires       time.Time
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("lease %q is held by %s until %s", e.Lease, e.Holder, e.Expires.Format(time.RFC3339))
}

// Unwrap makes errors.Is(err, ErrLeaseHeld) hold.
func (e *HeldError) Unwrap() error { return ErrLeaseHeld }

// openError says what to do about a database that cannot be opened.
func openError(err error) error {
	var refused *pgconn.PgError
	var connect *pgconn.ConnectError
	var file sqlite3.Error
	switch {
	case errors.As(err, &refused) && strings.HasPrefix(refused.Code, "28"): // invalid authorization
		return advice{err, refused.Message, "check the user and the password in state: of hosu.yaml"}
	case errors.As(err, &refused) && refused.Code == "3D000": // undefined database
		return advice{err, refused.Message, "create it, or name another one in state: of hosu.yaml"}
	case errors.As(err, &connect):
		// Its own text has every address that was tried, each on a line.
		text := "it cannot be connected to"
		if network := (*net.OpError)(nil); errors.As(err, &network) {
			text = network.Error()
		} else if refused != nil {
			text = refused.Message
		}
		return advice{err, text, "check that the server runs and can be reached from here"}
	case errors.As(err, &file) && (file.Code == sqlite3.ErrNotADB || file.Code == sqlite3.ErrCorrupt):
		return advice{err, file.Error(), "if state: of hosu.yaml names the right file it is damaged: put back a copy of it"}
	case errors.As(err, &file) && (file.SystemErrno == syscall.ENOSPC || file.Code == sqlite3.ErrFull):
		return advice{err, file.Error(), "free space on the disk it is on; nothing that is stored is lost"}
	}
	return err
}

// advice is an error in words of its own.
type advice struct {
	error
	text, fix string
}

func (e advice) Error() string { return e.text + "; " + e.fix }
func (e advice) Unwrap() error { return e.error }
