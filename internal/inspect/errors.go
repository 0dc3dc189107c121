package inspect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/project"
)

// NotFoundError is a table that does not exist, or does not exist yet. It wraps [catalog.ErrNoSuchTable].
type NotFoundError struct {
	Table   string
	Unbuilt bool     // the workspace describes it, and it was not made yet
	Near    []string // tables of similar names
}

func (e *NotFoundError) Error() string {
	switch {
	case e.Unbuilt:
		return fmt.Sprintf("%s has not been built yet; build it with: hosu run +%s", e.Table, e.Table)
	case len(e.Near) > 0:
		return fmt.Sprintf("there is no table %s; did you mean %s? Or list what there is with: hosu table ls", e.Table, strings.Join(e.Near, " or "))
	default:
		return fmt.Sprintf("there is no table %s; list what there is with: hosu table ls", e.Table)
	}
}

// Unwrap makes errors.Is(err, catalog.ErrNoSuchTable) hold.
func (e *NotFoundError) Unwrap() error { return catalog.ErrNoSuchTable }

// IsViewError says that a view was asked for what only tables have.
type IsViewError struct{ View string }

func (e *IsViewError) Error() string {
	return fmt.Sprintf("%s is a view: it has no files and no versions of its own; see: hosu table show %s", e.View, e.View)
}

// NoSnapshotError is a version that a table does not have, or not any more.
type NoSnapshotError struct {
	Table    string
	Snapshot int64
}

func (e *NoSnapshotError) Error() string {
	return fmt.Sprintf("%s has no version %d; list those that it has with: hosu table history %s", e.Table, e.Snapshot, e.Table)
}

// NameError is a name that no table can have.
type NameError struct{ error }

// Unwrap is what is wrong with it.
func (e *NameError) Unwrap() error { return e.error }

// entry finds a table, and says what to do about one that is not there.
func (s *Service) entry(ctx context.Context, name string) (catalog.Entry, error) {
	ident, err := catalog.ParseIdent(name)
	if err != nil {
		return catalog.Entry{}, &NameError{err}
	}
	entry, err := s.catalog.Entry(ctx, ident)
	if !errors.Is(err, catalog.ErrNoSuchTable) {
		return entry, err
	}
	missing := &NotFoundError{Table: name}
	if asset, planned := s.workspace.Graph.Asset(name); planned {
		missing.Table, missing.Unbuilt = asset.Name, true
		return entry, missing
	}
	entries, err := s.catalog.Tables(ctx, "")
	if err != nil {
		return entry, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Ident.String()
	}
	missing.Near = project.Nearest(name, names)
	return entry, missing
}
