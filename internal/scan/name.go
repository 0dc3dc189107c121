package scan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/schema"
)

// relationName is how a resolved statement calls a relation.
type relationName struct{ schema, name string }

// folded is the name as DuckDB compares it: letters of ASCII are equal in both cases, others are not.
func (n relationName) folded() relationName {
	return relationName{schema.Fold(n.schema), schema.Fold(n.name)}
}

// identOf is the catalog name a reference stands for. In "a.b.orders" the parser sees the catalog "a" and
// the schema "b"; here they are the levels of the namespace "a.b".
func identOf(ref engine.TableRef) catalog.Ident {
	namespace := ref.Schema
	if ref.Catalog != "" {
		namespace = ref.Catalog + "." + ref.Schema
	}
	return catalog.Ident{Namespace: namespace, Name: ref.Name}
}

// taken are schema names that mean something to DuckDB already.
var taken = []string{"main", "memory", "temp", "system", "information_schema", "pg_catalog"}

// nameFor is the relation name of a table or view at a version. It is the name as written wherever that
// works, so that columns can be qualified with it.
func nameFor(ident catalog.Ident, label string) relationName {
	name := relationName{ident.Namespace, ident.Name}
	switch {
	case label != "":
		name.schema += "@" + label
	case slices.Contains(taken, strings.ToLower(ident.Namespace)):
		name.schema += "@"
	}
	return name
}

// written reports whether the text of a reference names the relation as it is.
func written(ref engine.TableRef, name relationName) bool {
	return ref.Catalog == "" && ref.At == nil && (relationName{ref.Schema, ref.Name}).folded() == name.folded()
}

// unknownTable is the error of a reference that names nothing, with what it may have meant.
func (r *Resolver) unknownTable(ctx context.Context, ref engine.TableRef) error {
	entries, err := r.catalog.Tables(ctx, "")
	if err != nil {
		return err
	}
	wanted := ref.Name
	problem := fmt.Sprintf("table %q has no namespace; write namespace.table", ref.Name)
	if ref.Schema != "" {
		wanted = identOf(ref).String()
		problem = fmt.Sprintf("there is no table or view %s", wanted)
		if known := namespaces(entries); !slices.ContainsFunc(known, func(name string) bool {
			return strings.EqualFold(name, identOf(ref).Namespace)
		}) {
			problem += fmt.Sprintf(", and no namespace %s", identOf(ref).Namespace)
		}
	}
	if near := nearest(wanted, entries); len(near) > 0 {
		problem += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return &UnknownTableError{Name: wanted, Position: ref.Start, message: problem}
}

// UnknownTableError: a statement names a table that does not exist. It wraps [catalog.ErrNoSuchTable], and errors.As
// finds an [engine.StatementError] in it.
type UnknownTableError struct {
	Name     string // as written
	Position int    // byte offset in the SQL text; negative when it is in a view's
	message  string
}

func (e *UnknownTableError) Error() string { return e.message }

// Unwrap is [catalog.ErrNoSuchTable].
func (e *UnknownTableError) Unwrap() error { return catalog.ErrNoSuchTable }

// As lets callers treat the error as any other that a statement causes.
func (e *UnknownTableError) As(target any) bool {
	statement, ok := target.(**engine.StatementError)
	if ok {
		*statement = &engine.StatementError{Kind: engine.Bind, Message: e.message, Position: e.Position}
	}
	return ok
}

// mistake is an error that whoever wrote a statement made, at a byte of its text.
func mistake(position int, format string, args ...any) error {
	return &engine.StatementError{Kind: engine.Bind, Message: fmt.Sprintf(format, args...), Position: position}
}

// inView is an error in the SQL of a view, which ref reads: its position is in a text that the reader does not see.
func inView(ident catalog.Ident, ref engine.TableRef, err error) error {
	var unknown *UnknownTableError
	if errors.As(err, &unknown) {
		return &UnknownTableError{Name: unknown.Name, Position: ref.Start, message: fmt.Sprintf("view %s: %s", ident, unknown.message)}
	}
	var statement *engine.StatementError
	if errors.As(err, &statement) {
		return &engine.StatementError{
			Kind: statement.Kind, Position: ref.Start, Message: fmt.Sprintf("view %s: %s", ident, statement.Message),
		}
	}
	return fmt.Errorf("view %s: %w", ident, err)
}

func namespaces(entries []catalog.Entry) []string {
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Ident.Namespace)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// shownNames is how many names an error suggests.
const shownNames = 3

// nearest lists the tables whose name resembles wanted, the most similar first: those of that very name in
// other namespaces, then those a few letters away.
func nearest(wanted string, entries []catalog.Entry) []string {
	type candidate struct {
		name     string
		distance int
	}
	wanted = strings.ToLower(wanted)
	table := wanted[strings.LastIndexByte(wanted, '.')+1:]
	var near []candidate
	for _, entry := range entries {
		full, name := strings.ToLower(entry.Ident.String()), strings.ToLower(entry.Ident.Name)
		distance := schema.EditDistance(wanted, full)
		if byName := schema.EditDistance(table, name); byName <= len(table)/3 {
			distance = min(distance, byName)
		}
		if distance <= max(1, len(wanted)/3) {
			near = append(near, candidate{entry.Ident.String(), distance})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var names []string
	for _, c := range near[:min(len(near), shownNames)] {
		names = append(names, c.name)
	}
	return names
}

// missing reports whether an error of the catalog means that there is no such table or view.
func missing(err error) bool { return errors.Is(err, catalog.ErrNoSuchTable) }
