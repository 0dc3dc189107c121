// Package caught turns a panic into the error of the piece of work that it happened in. What runs in a goroutine of its own defers
// [Into] or [Logged]: there a panic that nobody catches ends the process, and with it all that others do in it.
package caught

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// Panic is a panic that was caught.
type Panic struct {
	doing string
	cause any
	stack string
}

// Error says what hosu did and what happened.
func (p *Panic) Error() string {
	return fmt.Sprintf("hosu made a mistake while it %s: %v; its log has more", p.doing, p.cause)
}

// Permanent reports that it would happen again.
func (p *Panic) Permanent() bool { return true }

// Stack is where in the program it happened.
func (p *Panic) Stack() string { return p.stack }

// LogValue is what a log tells of it: the cause and the stack.
func (p *Panic) LogValue() slog.Value {
	return slog.GroupValue(slog.String("error", p.Error()), slog.String("stack", p.stack))
}

// Into makes a panic the error of the function that defers it, as a *[Panic]. doing completes "hosu made a mistake while it …".
func Into(err *error, doing string) {
	if cause := recover(); cause != nil {
		*err = &Panic{doing, cause, string(debug.Stack())}
	}
}

// Logged is [Into] that also writes the panic to a log, for work whose caller does not.
func Logged(ctx context.Context, log *slog.Logger, err *error, doing string) {
	if cause := recover(); cause != nil {
		p := &Panic{doing, cause, string(debug.Stack())}
		log.ErrorContext(ctx, "panic", "cause", p)
		*err = p
	}
}
