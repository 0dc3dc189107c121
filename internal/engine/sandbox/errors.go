package sandbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hosu-io/hosu/internal/engine"
)

// noPosition is a [engine.StatementError]'s Position when nothing is known.
const noPosition = -1

// failed is the payload of an error frame.
type failed struct {
	// Statement is what was wrong with the statement; nil when something else was.
	Statement *engine.StatementError `json:"statement,omitempty"`
	Message   string                 `json:"message,omitempty"`
	// Broken says that the child must not get another statement.
	Broken bool `json:"broken,omitempty"`
}

func encodeError(err error) failed {
	var f failed
	var broken *brokenError
	f.Broken = errors.As(err, &broken)
	if !errors.As(err, &f.Statement) {
		f.Message = err.Error()
	}
	return f
}

// decodeError reads an error frame; broken says that the child that sent it is of no use any more.
func decodeError(f frame) (err error, broken bool) {
	var message failed
	switch err := f.decode(&message); {
	case err != nil:
		return err, true
	case message.Statement != nil:
		return message.Statement, message.Broken
	}
	return fmt.Errorf("in the sandbox process: %s", message.Message), message.Broken
}

// contextError is the error of a statement whose context ended: the cause, when that is about the statement.
func contextError(ctx context.Context) error {
	cause := context.Cause(ctx)
	var statement *engine.StatementError
	switch {
	case errors.As(cause, &statement):
		return statement
	case errors.Is(cause, errClosed):
		return errClosed
	case errors.Is(cause, context.DeadlineExceeded):
		return &engine.StatementError{Kind: engine.Timeout, Message: "the statement ran longer than its caller waits", Position: noPosition}
	}
	return &engine.StatementError{Kind: engine.Cancelled, Message: "the statement was cancelled", Position: noPosition}
}

func timeoutError(limit time.Duration) *engine.StatementError {
	return &engine.StatementError{
		Kind:     engine.Timeout,
		Message:  fmt.Sprintf("the statement ran longer than its time limit of %s", limit.Round(time.Millisecond)),
		Position: noPosition,
	}
}

func tooLargeError(limit string) *engine.StatementError {
	return &engine.StatementError{
		Kind:     engine.TooLarge,
		Message:  fmt.Sprintf("the result has %s, the most that is allowed; aggregate it, filter it or save it as a table", limit),
		Position: noPosition,
	}
}

// statementFailure is the error of a statement whose process could not be talked to, after which that is dead.
func (p *process) statementFailure(ctx context.Context, err error) error {
	err = p.failure(ctx, "run the statement in", err)
	var death *deathError
	if !errors.As(err, &death) {
		return err
	}
	if death.outOfMemory() {
		return &engine.StatementError{
			Kind:     engine.Memory,
			Message:  "the statement needed more memory than its process may have",
			Position: noPosition,
		}
	}
	return &engine.StatementError{
		Kind:     engine.Crashed,
		Message:  "the process that ran the statement died, nothing else was affected; " + death.Error(),
		Position: noPosition,
	}
}
