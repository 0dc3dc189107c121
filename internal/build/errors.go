package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/project"
)

// Error is a build that did not publish. Its message begins with a place in the workspace. The cause is one of
//
//   - a *[quality.ContractError] or *[transform.ParamError]: the model does not fit its own header;
//   - an [engine.StatementError]: its SQL is wrong, failed on a value, or exceeded its limits;
//   - a *[quality.FailedError]: blocking checks failed;
//   - an error of the catalog or the lake.
type Error struct {
	Model string
	Pos   project.Pos // of the model
	Err   error
}

func (e *Error) Error() string {
	text := e.Err.Error()
	var statement *engine.StatementError
	switch {
	case strings.HasPrefix(text, e.Pos.File+":"):
		return text // says exactly where
	case errors.As(e.Err, &statement):
		return fmt.Sprintf("%s: %s", e.Pos, text)
	default:
		return fmt.Sprintf("%s: build %s: %s", e.Pos, e.Model, text)
	}
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Permanent reports that the same build would fail again, so that a scheduler need not try it.
func (e *Error) Permanent() bool {
	var statement *engine.StatementError
	if errors.As(e.Err, &statement) {
		switch statement.Kind {
		case engine.Syntax, engine.Bind, engine.Runtime, engine.Denied, engine.TooLarge:
			return true
		default:
			return false // memory, time and crashes depend on what else runs
		}
	}
	var known interface{ Permanent() bool }
	if errors.As(e.Err, &known) {
		return known.Permanent()
	}
	return errors.Is(e.Err, catalog.ErrFenced)
}

// permanentError marks a cause as one that stays.
type permanentError struct{ error }

func (e permanentError) Permanent() bool { return true }
func (e permanentError) Unwrap() error   { return e.error }

func permanently(err error) error {
	if err == nil {
		return nil
	}
	return permanentError{err}
}

// transient reports an error of the surroundings: files, the state database, other writers.
func transient(err error) bool {
	var path *fs.PathError
	var link *os.LinkError
	var syscall *os.SyscallError
	return errors.As(err, &path) || errors.As(err, &link) || errors.As(err, &syscall) ||
		errors.Is(err, catalog.ErrConflict) || errors.Is(err, catalog.ErrUnknown) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
