package source

import "errors"

// Errors that callers branch on; returned wrapped.
var (
	ErrNoSuchTable = errors.New("no such table in the source")
	// ErrUnavailable: the system is down or unreachable; trying again later may help.
	ErrUnavailable = errors.New("source is not available")
	// ErrDenied: the system refused the credentials or the privilege.
	ErrDenied = errors.New("source refused access")
	// ErrValue: a value cannot be stored exactly as the column's type.
	ErrValue = errors.New("value does not fit the column type")
)
