package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/source"
)

// TableError is why a table was not copied, with the place in the workspace that says how it is.
type TableError struct {
	Pos   project.Pos
	Table string // as the workspace names it: "shop.orders"
	Err   error
}

func (e *TableError) Error() string {
	return fmt.Sprintf("%s: copy table %s: %s", e.Pos, e.Table, e.Err)
}

// Unwrap is the error of the source, the lake or the catalog.
func (e *TableError) Unwrap() error { return e.Err }

// Permanent says that the copy fails again until a person changes the workspace, the source or its privileges.
func (e *TableError) Permanent() bool {
	var setting *settingError
	for _, kind := range []error{source.ErrNoSuchTable, source.ErrDenied, source.ErrValue, schema.ErrIncompatible, schema.ErrType} {
		if errors.Is(e.Err, kind) {
			return true
		}
	}
	var permanent interface{ Permanent() bool }
	return errors.As(e.Err, &setting) || errors.As(e.Err, &permanent) && permanent.Permanent()
}

// settingError is a setting of the workspace that does not fit what the source has.
type settingError struct {
	pos     project.Pos
	message string
}

func (e *settingError) Error() string { return e.message }

// explain turns an error of a copy into a [TableError]. Cancellation stays what it is.
func explain(ctx context.Context, t *project.SourceTable, err error) error {
	if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	wrapped := &TableError{Pos: t.Pos, Table: t.Source.Name + "." + t.Name, Err: err}
	var setting *settingError
	if errors.As(err, &setting) && setting.pos.File != "" {
		wrapped.Pos = setting.pos
	}
	var incompatible *schema.IncompatibleError
	if errors.As(err, &incompatible) {
		wrapped.Err = &changedError{incompatible, t.Target}
	}
	return wrapped
}

// changedError is a source whose columns do not fit the table any more.
type changedError struct {
	column *schema.IncompatibleError
	target string
}

func (e *changedError) Error() string {
	anew := fmt.Sprintf("copy the table anew with: hosu backfill %s", e.target)
	if e.column.Narrowing {
		return fmt.Sprintf("the source has changed: column %q, which is required in %s, is gone; %s", e.column.Column, e.target, anew)
	}
	return fmt.Sprintf("the source has changed: column %q is %s in %s and %s in the source; keep its type with types: {%s: %q} in the source file, or %s",
		e.column.Column, e.column.Have, e.target, e.column.Want, e.column.Column, e.column.Have, anew)
}

// Unwrap is what the table said.
func (e *changedError) Unwrap() error { return e.column }

// columnProblem says that a column named in the workspace is not in the source.
func columnProblem(pos project.Pos, what, name string, columns []schema.Column) error {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	message := fmt.Sprintf("the %s column %q is not in the source", what, name)
	if what == "types" {
		message = fmt.Sprintf("types has a column %q that is not in the source", name)
	}
	if near := project.Nearest(name, names); len(near) > 0 {
		message += fmt.Sprintf("; did you mean %q?", near[0])
	} else {
		message += "; it has " + strings.Join(names, ", ")
	}
	return &settingError{pos: pos, message: message}
}

func hasColumn(columns []schema.Column, name string) bool {
	return slices.ContainsFunc(columns, func(c schema.Column) bool { return c.Name == name })
}
