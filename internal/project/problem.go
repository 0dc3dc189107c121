package project

import (
	"cmp"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a workspace, and where.
type Problem struct {
	Pos     Pos
	Message string // what is wrong
	Hint    string // what was expected or meant; may be empty
}

// String is "file:line:column: message; hint".
func (p Problem) String() string {
	text := p.Pos.String() + ": " + p.Message
	if p.Hint != "" {
		text += "; " + p.Hint
	}
	return text
}

// Errors is everything that is wrong with a workspace, sorted by file and line.
type Errors struct {
	Problems []Problem
}

// Error has one line per problem.
func (e *Errors) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// problems collects what is wrong. It is not safe for concurrent use.
type problems struct {
	list []Problem
}

func (p *problems) add(pos Pos, message, hint string) {
	p.list = append(p.list, Problem{Pos: pos, Message: message, Hint: hint})
}

// err is nil when nothing was collected.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return &Errors{Problems: slices.Compact(p.list)}
}

// NewErrors is an [*Errors] of the problems, or nil when there are none. Packages that give files their meaning report
// with it as Load does.
func NewErrors(list []Problem) error { return (&problems{list: list}).err() }
