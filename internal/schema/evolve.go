package schema

import (
	"errors"
	"fmt"
	"strings"

	"github.com/apache/iceberg-go"
)

// ErrIncompatible is wrapped by every [IncompatibleError].
var ErrIncompatible = errors.New("incompatible column change")

// IncompatibleError says that a table's column cannot become what is wanted while it keeps its data.
type IncompatibleError struct {
	Column    string // dotted path
	Have      string // type of the table's column
	Want      string
	Narrowing bool // a required column that the wanted columns lack
}

func (e *IncompatibleError) Error() string {
	if e.Narrowing {
		return fmt.Sprintf("column %q is required in the table but missing from the new rows: "+
			"add it, or make it optional", e.Column)
	}
	return fmt.Sprintf("column %q is %s in the table and cannot become %s: cast it to %s, "+
		"give it another name, or rebuild the table", e.Column, e.Have, e.Want, e.Have)
}

func (e *IncompatibleError) Unwrap() error { return ErrIncompatible }

// Change is one difference that [Evolve] made, for people to read.
type Change struct {
	Column string // dotted path
	What   string // "added int", "widened int to long", "made optional", "dropped", "rebuilt int as string"
}

func (c Change) String() string { return c.Column + ": " + c.What }

// EvolveOptions settle what [Evolve] may do.
type EvolveOptions struct {
	// LastColumnID is the highest field id the table ever gave out; ids of dropped columns are never used again.
	LastColumnID int
	// DropMissing removes columns that are not wanted; without it they stay and become optional.
	DropMissing bool
	// Retype replaces a column whose type cannot widen to the wanted one by a new column of the
	// same name, with a new field id. It loses the column's values, so it is only for tables whose rows are all replaced.
	Retype bool
}

// Evolve returns current changed so that rows of want can be written to it, and what was changed; the
// same schema and no changes when it is fit already. Columns and struct fields are matched by name; a name that differs
// only in the case of ASCII letters is the same, as in DuckDB, and keeps the table's spelling. New ones are
// added at the end and are optional. Types only widen as Iceberg allows (int to long, float to double, a decimal's precision); a wanted type
// that is narrower than the table's changes nothing. Any other difference is an [IncompatibleError].
func Evolve(current *iceberg.Schema, want []Column, opts EvolveOptions) (*iceberg.Schema, []Change, error) {
	e := &evolution{opts: opts, ids: counter(max(opts.LastColumnID, current.HighestFieldID()))}
	wanted := make([]iceberg.NestedField, len(want))
	seen := make(map[string]bool, len(want))
	for i, c := range want {
		if err := checkColumn(c); err != nil {
			return nil, nil, err
		}
		if seen[Fold(c.Name)] {
			return nil, nil, repeated(c.Name)
		}
		seen[Fold(c.Name)] = true
		wanted[i] = iceberg.NestedField{Name: c.Name, Type: c.Type, Required: c.Required, Doc: c.Doc}
	}
	fields, err := e.fields("", current.Fields(), wanted)
	if err != nil {
		return nil, nil, err
	}
	if len(e.changes) == 0 {
		return current, nil, nil
	}
	kept := map[int]bool{}
	for _, f := range fields {
		kept[f.ID] = true
	}
	var identifiers []int
	for _, id := range current.IdentifierFieldIDs {
		if kept[id] {
			identifiers = append(identifiers, id)
		}
	}
	return iceberg.NewSchemaWithIdentifiers(current.ID, identifiers, fields...), e.changes, nil
}

type evolution struct {
	opts    EvolveOptions
	ids     counter
	changes []Change
}

func (e *evolution) note(path, format string, args ...any) {
	e.changes = append(e.changes, Change{Column: path, What: fmt.Sprintf(format, args...)})
}

// fields evolves one level of a schema.
func (e *evolution) fields(parent string, have, want []iceberg.NestedField) ([]iceberg.NestedField, error) {
	wanted := make(map[string]iceberg.NestedField, len(want))
	for _, f := range want {
		wanted[Fold(f.Name)] = f
	}
	known := make(map[string]bool, len(have))
	var out []iceberg.NestedField
	for _, field := range have {
		path := join(parent, field.Name)
		known[Fold(field.Name)] = true
		w, ok := wanted[Fold(field.Name)]
		switch {
		case ok:
			evolved, err := e.field(path, field, w)
			if err != nil {
				return nil, err
			}
			out = append(out, evolved)
		case e.opts.DropMissing:
			e.note(path, "dropped")
		case field.Required && parent == "":
			return nil, &IncompatibleError{Column: path, Have: Text(field.Type), Narrowing: true}
		default:
			out = append(out, field)
		}
	}
	for _, w := range want {
		if !known[Fold(w.Name)] {
			e.note(join(parent, w.Name), "added %s", Text(w.Type))
			out = append(out, e.added(w))
		}
	}
	return out, nil
}

// added is a new field. It is optional whatever is wanted: files written so far do not have it.
func (e *evolution) added(w iceberg.NestedField) iceberg.NestedField {
	id := e.ids.next()
	return iceberg.NestedField{ID: id, Name: w.Name, Doc: w.Doc, Type: e.ids.renumber(w.Type)}
}

func (e *evolution) field(path string, have, want iceberg.NestedField) (iceberg.NestedField, error) {
	t, err := e.typ(path, have.Type, want.Type)
	var incompatible *IncompatibleError
	if errors.As(err, &incompatible) && e.opts.Retype && !strings.Contains(path, ".") {
		e.note(path, "rebuilt %s as %s", Text(have.Type), Text(want.Type))
		return e.added(want), nil
	}
	if err != nil {
		return have, err
	}
	have.Type = t
	if have.Required && !want.Required {
		e.note(path, "made optional")
		have.Required = false
	}
	if want.Doc != "" && want.Doc != have.Doc {
		e.note(path, "described")
		have.Doc = want.Doc
	}
	return have, nil
}

func (e *evolution) typ(path string, have, want iceberg.Type) (iceberg.Type, error) {
	switch h := have.(type) {
	case *iceberg.StructType:
		if w, ok := want.(*iceberg.StructType); ok {
			fields, err := e.fields(path, h.FieldList, w.FieldList)
			if err != nil {
				return nil, err
			}
			return &iceberg.StructType{FieldList: fields}, nil
		}
	case *iceberg.ListType:
		if w, ok := want.(*iceberg.ListType); ok {
			element, err := e.typ(path+".element", h.Element, w.Element)
			if err != nil {
				return nil, err
			}
			return &iceberg.ListType{ElementID: h.ElementID, Element: element, ElementRequired: h.ElementRequired}, nil
		}
	case *iceberg.MapType:
		if w, ok := want.(*iceberg.MapType); ok {
			return e.mapType(path, h, w)
		}
	default:
		if fits(want, have) {
			return have, nil
		}
		if widens(have, want) {
			e.note(path, "widened %s to %s", have, want)
			return want, nil
		}
	}
	return nil, &IncompatibleError{Column: path, Have: Text(have), Want: Text(want)}
}

func (e *evolution) mapType(path string, have, want *iceberg.MapType) (iceberg.Type, error) {
	key, err := e.typ(path+".key", have.KeyType, want.KeyType)
	if err != nil {
		return nil, err
	}
	value, err := e.typ(path+".value", have.ValueType, want.ValueType)
	if err != nil {
		return nil, err
	}
	return &iceberg.MapType{
		KeyID: have.KeyID, KeyType: key,
		ValueID: have.ValueID, ValueType: value, ValueRequired: have.ValueRequired,
	}, nil
}

// widens reports whether the Iceberg spec (v2, "Schema Evolution") lets a column of type from become to.
func widens(from, to iceberg.Type) bool {
	switch f := from.(type) {
	case iceberg.Int32Type:
		_, ok := to.(iceberg.Int64Type)
		return ok
	case iceberg.Float32Type:
		_, ok := to.(iceberg.Float64Type)
		return ok
	case iceberg.DecimalType:
		t, ok := to.(iceberg.DecimalType)
		return ok && t.Scale() == f.Scale() && t.Precision() >= f.Precision()
	}
	return false
}

// fits reports whether every value of type t can be stored in a column of type column as the same value.
func fits(t, column iceberg.Type) bool {
	if t.Equals(column) || widens(t, column) {
		return true
	}
	c, ok := column.(iceberg.DecimalType)
	if !ok {
		return false
	}
	whole := c.Precision() - c.Scale() // digits before the point
	switch t := t.(type) {
	case iceberg.Int32Type:
		return whole >= 10
	case iceberg.Int64Type:
		return whole >= 19
	case iceberg.DecimalType:
		return t.Scale() <= c.Scale() && t.Precision()-t.Scale() <= whole
	}
	return false
}

func join(parent, name string) string {
	if parent == "" {
		return name
	}
	return parent + "." + name
}
