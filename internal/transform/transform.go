// Package transform turns a model and an interval into the statement that makes
// its rows.
//
// The statement is the author's text, unchanged. The only thing added is the value of
// the two parameters a model may use, $start and $end.
//
// # What a comparison with $start means
//
// Both are TIMESTAMPTZ literals: one instant each, written in UTC. DuckDB compares
//
//   - a TIMESTAMPTZ column with them as instants;
//   - a DATE or TIMESTAMP column by reading it as wall-clock time of the session's
//     TimeZone, which is the workspace's. `day >= $start` with $start at midnight of
//     2024-01-01 in Asia/Seoul therefore holds for DATE '2024-01-01' and not for the
//     day before, and `ts < $end` for TIMESTAMP '2024-01-01 23:59:59.999999' and not for
//     the next midnight.
//
// So the same half-open condition is right for all three types, on days of 23 and 25
// hours too, as long as the job carries the workspace's time zone. A wall-clock time that
// happens twice (the hour after clocks go back) counts as its later occurrence, one that
// does not happen as the first instant after the gap. A column of text or numbers is a binding error:
// it must be cast.
package transform

import (
	"fmt"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/project"
)

// The parameters a model may use.
const (
	ParamStart = "start"
	ParamEnd   = "end"
)

// Interval is the half-open slice of time [Start, End) that a statement fills. The
// zero Interval belongs to assets without intervals.
type Interval struct {
	Start, End time.Time
}

// IsZero reports that there is no interval.
func (i Interval) IsZero() bool { return i.Start.IsZero() && i.End.IsZero() }

// Statement is a model's query with the values of its parameters.
type Statement struct {
	SQL    string
	Params []engine.Param
}

// ParamError says that a model uses a parameter it cannot have.
type ParamError struct {
	Pos    project.Pos
	Model  string
	Param  string
	Reason string
}

func (e *ParamError) Error() string {
	return fmt.Sprintf("%s:%d: model %s: parameter $%s: %s", e.Pos.File, e.Pos.Line, e.Model, e.Param, e.Reason)
}

// Permanent reports that trying again cannot help.
func (e *ParamError) Permanent() bool { return true }

// Model returns the statement that makes m's rows for iv: the zero Interval unless m has intervals. It gives a value to
// exactly the parameters in m.Params, because DuckDB refuses values that nothing asks for. A parameter that m cannot have
// is a [*ParamError].
func Model(m *project.Model, iv Interval) (Statement, error) {
	st := Statement{SQL: m.SQL}
	for _, name := range m.Params {
		literal, err := value(m, iv, name)
		if err != nil {
			return Statement{}, err
		}
		st.Params = append(st.Params, engine.Param{Name: name, Literal: literal})
	}
	switch {
	case m.Intervals() && !iv.Start.Before(iv.End):
		return Statement{}, fmt.Errorf("model %s is filled by intervals, and [%s, %s) is none", m.Name,
			iv.Start.Format(time.RFC3339), iv.End.Format(time.RFC3339))
	case !m.Intervals() && !iv.IsZero():
		return Statement{}, fmt.Errorf("model %s has no intervals, and [%s, %s) was asked for", m.Name,
			iv.Start.Format(time.RFC3339), iv.End.Format(time.RFC3339))
	}
	return st, nil
}

// value is the literal of one parameter. DuckDB matches parameter names without regard to case.
func value(m *project.Model, iv Interval, name string) (string, error) {
	switch lower := strings.ToLower(name); {
	case lower != ParamStart && lower != ParamEnd:
		return "", &ParamError{Pos: m.Pos, Model: m.Name, Param: name, Reason: "unknown; a model may use $start and $end"}
	case m.Write.Kind == project.WriteView || m.Write.Kind == project.WriteFull:
		return "", &ParamError{Pos: m.Pos, Model: m.Name, Param: name,
			Reason: fmt.Sprintf("has no value with write: %s; use write: interval(column), append or merge(key)", m.Write.Kind)}
	case lower == ParamStart:
		return Literal(iv.Start), nil
	default:
		return Literal(iv.End), nil
	}
}

// Literal is t as a SQL literal of type TIMESTAMPTZ, in UTC with microseconds, DuckDB's
// resolution. UTC has no ambiguous times, so the literal is one instant in every session.
func Literal(t time.Time) string {
	return "TIMESTAMPTZ '" + t.UTC().Format("2006-01-02 15:04:05.999999") + "+00:00'"
}
