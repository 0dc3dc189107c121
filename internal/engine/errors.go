package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrorKind says what became of a statement that did not succeed.
type ErrorKind string

// The kinds of a [StatementError].
const (
	Syntax    ErrorKind = "syntax"    // the text does not parse, or is not one SELECT
	Bind      ErrorKind = "bind"      // a name or type in it does not exist or does not fit
	Runtime   ErrorKind = "runtime"   // it failed on a value: a cast, an overflow, a file
	Memory    ErrorKind = "memory"    // it needed more than its memory limit
	Timeout   ErrorKind = "timeout"   // it ran longer than its time limit
	Cancelled ErrorKind = "cancelled" // its context ended
	Denied    ErrorKind = "denied"    // it asked for something that is not allowed
	Crashed   ErrorKind = "crashed"   // the process that ran it died
	TooLarge  ErrorKind = "too_large" // its result exceeds the limit on rows or bytes
)

// StatementError is the failure of one statement; the engine itself is well.
type StatementError struct {
	Kind    ErrorKind
	Message string // without DuckDB's "Binder Error:" prefix and source excerpt
	// Position is a byte offset in the SQL text; negative when unknown.
	Position int
}

// Error implements error.
func (e *StatementError) Error() string {
	return string(e.Kind) + " error: " + e.Message
}

// Is makes cancelled and timed-out statements match the context's errors.
func (e *StatementError) Is(target error) bool {
	switch target {
	case context.Canceled:
		return e.Kind == Cancelled
	case context.DeadlineExceeded:
		return e.Kind == Timeout
	}
	return false
}

// errorKinds maps the class DuckDB puts in front of a message. What is not here is a runtime error.
var errorKinds = map[string]ErrorKind{
	"Parser Error":            Syntax,
	"Syntax Error":            Syntax,
	"Binder Error":            Bind,
	"Catalog Error":           Bind,
	"Parameter Not Resolved":  Bind,
	"Out of Memory Error":     Memory,
	"INTERRUPT Error":         Cancelled,
	"Permission Error":        Denied,
	"Parameter Not Allowed":   Denied,
	"Missing Extension Error": Denied,
}

// NewStatementError reads an error message of DuckDB about sql. ctx is the statement's: it tells
// a timeout from a cancellation.
func NewStatementError(ctx context.Context, sql, message string) *StatementError {
	e := &StatementError{Kind: Runtime, Message: message, Position: -1}
	if class, rest, ok := strings.Cut(message, ": "); ok && !strings.Contains(class, "\n") {
		if strings.HasSuffix(class, "Error") || errorKinds[class] != "" {
			e.Message = rest
			if kind := errorKinds[class]; kind != "" {
				e.Kind = kind
			}
		}
	}
	if before, excerpt, ok := strings.Cut(e.Message, "\n\nLINE "); ok {
		e.Message, e.Position = before, excerptPosition(sql, excerpt)
	}
	if e.Kind == Cancelled && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		e.Kind = Timeout
	}
	switch e.Kind {
	case Cancelled:
		e.Message = "the statement was cancelled"
	case Timeout:
		e.Message = "the statement ran longer than its time limit"
	}
	return e
}

// excerptPosition finds the byte that "3: select foo\n        ^" points at, or -1. DuckDB shortens
// long lines with "..."; then the excerpt is looked up in its line.
func excerptPosition(sql, excerpt string) int {
	head, caret, ok := strings.Cut(excerpt, "\n")
	if !ok {
		return -1
	}
	number, text, ok := strings.Cut(head, ": ")
	var line int
	if _, err := fmt.Sscanf(number, "%d", &line); err != nil || !ok || line < 1 {
		return -1
	}
	start := 0
	for range line - 1 {
		next := strings.IndexByte(sql[start:], '\n')
		if next < 0 {
			return -1
		}
		start += next + 1
	}
	whole := sql[start:]
	if end := strings.IndexByte(whole, '\n'); end >= 0 {
		whole = whole[:end]
	}
	column := strings.IndexByte(caret, '^') - len("LINE "+number+": ")
	shown := text
	if strings.HasPrefix(shown, "...") {
		shown, column = shown[3:], column-3
	}
	shown = strings.TrimSuffix(shown, "...")
	at := strings.Index(whole, shown)
	if at < 0 || column < 0 || column > utf8.RuneCountInString(shown) {
		return -1
	}
	return start + at + runeOffset(shown, column)
}

// runeOffset turns a count of characters into a byte offset.
func runeOffset(s string, runes int) int {
	for i := range s {
		if runes == 0 {
			return i
		}
		runes--
	}
	return len(s)
}
