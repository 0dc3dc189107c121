package orchestrate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/catalog"
)

// Errors that callers branch on; returned wrapped.
var (
	// ErrFailed: the run has ended, and some of its tasks have failed.
	ErrFailed = errors.New("run failed")
	// ErrNotFound: there is no such run or task.
	ErrNotFound = errors.New("not found")
	// ErrNothingFailed: there is nothing to do again.
	ErrNothingFailed = errors.New("nothing failed")
	// ErrLeaseLost: another run has taken over, because this one could not renew its lease in time.
	// Nothing that it did after that was committed.
	ErrLeaseLost = errors.New("another run has taken over")
	// errCancelRequested is the cause of a context that [Orchestrator.Cancel] ended.
	errCancelRequested = errors.New("cancelled on request")
)

// notFound is an [ErrNotFound] in words of its own.
type notFound string

func (e notFound) Error() string        { return string(e) }
func (e notFound) Is(target error) bool { return target == ErrNotFound }

// BusyError says that another run is at work in the workspace.
type BusyError struct {
	holder  holder
	raw     string
	Expires time.Time // when its lease ends unless it is renewed
	zone    *time.Location
}

// PID and Host name the process; 0 and "" when unknown.
func (e *BusyError) PID() int { return e.holder.PID }

// Host is the machine of the process that runs.
func (e *BusyError) Host() string { return e.holder.Host }

// Run is the id of the run at work.
func (e *BusyError) Run() string { return e.holder.Run }

// Since is when it began.
func (e *BusyError) Since() time.Time { return e.holder.Since }

func (e *BusyError) Error() string {
	if e.holder.PID == 0 {
		return fmt.Sprintf("another run is at work: held by %q until %s; wait for it, or try again after that",
			e.raw, e.Expires.In(e.zone).Format(time.RFC3339))
	}
	return fmt.Sprintf("another run is at work: %s; wait for it, stop it with `hosu cancel`, or, "+
		"if that process is gone, try again after %s",
		e.holder.describe(e.zone), e.Expires.In(e.zone).Format(time.TimeOnly))
}

// The kinds of error that are recorded with a task.
const (
	kindPermanent   = "permanent"
	kindTransient   = "transient"
	kindCancelled   = "cancelled"
	kindUpstream    = "upstream"
	kindInterrupted = "interrupted"
)

const kindSource = "source"

// permanent reports that another attempt cannot help: the error says so itself, or the lease is gone.
func permanent(err error) bool {
	var p Permanent
	if errors.As(err, &p) {
		return p.Permanent()
	}
	return errors.Is(err, catalog.ErrFenced) || errors.Is(err, context.Canceled)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
