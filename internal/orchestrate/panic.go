package orchestrate

import (
	"fmt"
	"runtime/debug"
)

// panicError is a panic that ended a task, or a run, and not the process with all that others do in it.
type panicError struct {
	cause any
	stack string
}

func (e *panicError) Error() string {
	return fmt.Sprintf("hosu made a mistake: %v; its log has more", e.cause)
}

// Permanent reports that it would happen again.
func (e *panicError) Permanent() bool { return true }

// Stack is where it happened.
func (e *panicError) Stack() string { return e.stack }

// catch makes a panic the error of the function that defers it.
func catch(err *error) {
	if cause := recover(); cause != nil {
		*err = &panicError{cause, string(debug.Stack())}
	}
}

// stacked is an error that says where in the program it happened: a panic caught here, or by what a task calls.
type stacked interface {
	error
	Stack() string
}
