package engine

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
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

// Error is the message. What is wrong with the text is marked as an error of SQL, because it may be shown far from it.
func (e *StatementError) Error() string {
	switch e.Kind {
	case Syntax, Bind:
		return "SQL: " + e.Message
	default:
		return e.Message
	}
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
	"Out of Memory Error":     Memory,
	"INTERRUPT Error":         Cancelled,
	"Permission Error":        Denied,
	"Missing Extension Error": Denied,
	"Not implemented Error":   Bind,
	"INTERNAL Error":          Crashed, // DuckDB refuses every later statement of the instance
	"FATAL Error":             Crashed,
}

// jsonError is an error message of DuckDB under its setting errors_as_json.
type jsonError struct {
	Type     string `json:"exception_type"`
	Message  string `json:"exception_message"`
	Subtype  string `json:"error_subtype"`
	Position string `json:"position"`
}

// NewStatementError reads an error message of DuckDB about sql, as JSON or as text. ctx is the statement's: it tells
// a timeout from a cancellation.
func NewStatementError(ctx context.Context, sql, message string) *StatementError {
	e := &StatementError{Kind: Runtime, Message: message, Position: -1}
	class, rest, ok := strings.Cut(message, ": ")
	if ok && !strings.Contains(class, "\n") && strings.HasSuffix(class, "Error") {
		e.Message = rest
	}
	var structured jsonError
	if strings.HasPrefix(e.Message, "{") && json.Unmarshal([]byte(e.Message), &structured) == nil && structured.Type != "" {
		class = structured.Type + " Error"
		e.Message, e.Position = structured.Message, errorPosition(sql, structured.Subtype, structured.Position)
	}
	e.Message, _, _ = strings.Cut(e.Message, "\n\nLINE ")
	// One line, as the messages of this program are: `… not found in FROM clause!` and a line of candidates.
	e.Message = strings.ReplaceAll(e.Message, "!\n", "; ")
	if kind := errorKinds[class]; kind != "" {
		e.Kind = kind
	}
	switch {
	case e.Kind == Cancelled && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return contextError(ctx)
	case e.Kind == Cancelled:
		e.Message = "the statement was cancelled"
	}
	return e
}

// contextError is the error of a statement whose context has ended.
func contextError(ctx context.Context) *StatementError {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &StatementError{Kind: Timeout, Message: "the statement ran longer than its time limit", Position: -1}
	}
	return &StatementError{Kind: Cancelled, Message: "the statement was cancelled", Position: -1}
}

// errorPosition is the byte offset of an error. DuckDB counts characters in syntax errors and bytes in all others.
func errorPosition(sql, subtype, position string) int {
	n, err := strconv.Atoi(position)
	if err != nil {
		return -1
	}
	if subtype == "SYNTAX_ERROR" {
		return runeOffset(sql, n)
	}
	return min(n, len(sql))
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
