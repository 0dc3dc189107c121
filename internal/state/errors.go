package state

import (
	"errors"
	"fmt"
	"time"
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
