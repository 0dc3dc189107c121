package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hosu-io/hosu/internal/schema"
)

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

// ValueError is one value that cannot be stored exactly. It is an [ErrValue].
type ValueError struct {
	Table  string
	Column string
	// Row is where the value is, as people can find it: "id=42", "row 17", "invoices.csv line 3". Empty when unknown.
	Row string
	// Value is the value as text, cut short when long. Empty when it cannot be shown.
	Value string
	// Type is the type it does not fit.
	Type string
	// Problem says why when "does not fit" is not enough; may be empty.
	Problem string
	// Fix is what to do; empty gives the usual advice to set the column's type.
	Fix string
}

func (e *ValueError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "table %s, column %s", e.Table, e.Column)
	if e.Row != "" {
		fmt.Fprintf(&b, ", %s", e.Row)
	}
	b.WriteString(": ")
	if e.Value != "" {
		fmt.Fprintf(&b, "value %s ", Shorten(e.Value, 80))
	} else {
		b.WriteString("a value ")
	}
	fmt.Fprintf(&b, "does not fit %s exactly", e.Type)
	if e.Problem != "" {
		fmt.Fprintf(&b, " (%s)", e.Problem)
	}
	fix := e.Fix
	if fix == "" {
		fix = fmt.Sprintf("give the column another type in the source file, for example types: {%s: string}", e.Column)
	}
	return b.String() + "; " + fix
}

// BrokenError is content of a source that cannot be read (a line of a file, a damaged database), or an option of its file that says
// how to read it and cannot be right. Trying again does not help.
type BrokenError struct{ text string }

// Broken is a [BrokenError] with a message.
func Broken(format string, args ...any) error { return &BrokenError{fmt.Sprintf(format, args...)} }

func (e *BrokenError) Error() string { return e.text }

// Permanent reports that reading it again fails again.
func (e *BrokenError) Permanent() bool { return true }

// Unwrap makes a ValueError an [ErrValue].
func (e *ValueError) Unwrap() error { return ErrValue }

// Shorten cuts text to at most n runes, marking the cut.
func Shorten(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i] + "…"
		}
		n--
	}
	return text
}

// NoSuchTable is an [ErrNoSuchTable] that names the known tables most like the one asked for.
func NoSuchTable(name string, known []string) error {
	near := nearest(name, known, 3)
	switch {
	case len(known) == 0:
		return fmt.Errorf("%w: %s; the source has no tables", ErrNoSuchTable, name)
	case len(near) == 0:
		shown := known[:min(len(known), 10)]
		return fmt.Errorf("%w: %s; it has %s", ErrNoSuchTable, name, listed(shown, len(known)))
	}
	return fmt.Errorf("%w: %s; did you mean %s?", ErrNoSuchTable, name, strings.Join(near, " or "))
}

func listed(shown []string, total int) string {
	text := strings.Join(shown, ", ")
	if total > len(shown) {
		text += fmt.Sprintf(" and %d more", total-len(shown))
	}
	return text
}

// nearest returns up to n of names at a small edit distance of name, nearest first, ignoring case.
func nearest(name string, names []string, n int) []string {
	type candidate struct {
		name     string
		distance int
	}
	limit := max(2, len([]rune(name))/3)
	var found []candidate
	for _, k := range names {
		if d := schema.EditDistance(strings.ToLower(name), strings.ToLower(k)); d <= limit {
			found = append(found, candidate{k, d})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return a.distance - b.distance })
	var out []string
	for _, c := range found[:min(n, len(found))] {
		out = append(out, c.name)
	}
	return out
}
