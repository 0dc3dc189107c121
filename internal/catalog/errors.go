package catalog

import "errors"

// Errors that callers branch on. All are returned wrapped, with the table and what was found.
var (
	ErrNoSuchTable = errors.New("no such table")
	ErrExists      = errors.New("already exists")
	// ErrConflict is the parent of every "somebody else was first": the caller reloads,
	// rebuilds what is stale and commits again.
	ErrConflict = errors.New("commit conflict")
	// ErrRequirement: a table requirement did not hold. Wraps ErrConflict.
	ErrRequirement error = &conflict{"requirement failed"}
	// ErrPositionMoved: another producer instance has moved the position. Wraps
	// ErrConflict, but redoing the commit is wrong: the source must be read again.
	ErrPositionMoved error = &conflict{"producer position moved"}
	// ErrFenced: the lease was lost to another worker. Never retried.
	ErrFenced = errors.New("fenced off: another worker holds the lease")
	// ErrUnknown: the state database did not say whether the commit happened. Callers find out by loading the
	// table, never by committing again.
	ErrUnknown = errors.New("commit state unknown")
)

type conflict struct{ msg string }

func (c *conflict) Error() string { return c.msg }
func (c *conflict) Unwrap() error { return ErrConflict }
