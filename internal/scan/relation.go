package scan

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/schema"
)

// columnsOf are the columns of a schema as DuckDB sees them. DuckDB compares names
// without regard to case, so a name that differs from an earlier one in case only gets a number.
func columnsOf(s *iceberg.Schema) ([]engine.RelationColumn, error) {
	taken := map[string]bool{}
	var columns []engine.RelationColumn
	for _, field := range s.Fields() {
		name := field.Name
		for n := 1; taken[schema.Fold(name)]; n++ {
			name = field.Name + "_" + strconv.Itoa(n)
		}
		taken[schema.Fold(name)] = true
		literal, err := defaultLiteral(field)
		if err != nil {
			return nil, err
		}
		columns = append(columns, engine.RelationColumn{
			Name: name, Type: schema.DuckDB(field.Type), FieldID: field.ID, Default: literal,
		})
	}
	return columns, nil
}

// defaultLiteral is the SQL literal of a column's initial default: the value of the
// column in files that are older than it (Iceberg v3). Empty when there is none.
func defaultLiteral(field iceberg.NestedField) (string, error) {
	if field.InitialDefault == nil {
		return "", nil
	}
	switch value := field.InitialDefault.(type) {
	case bool:
		return strconv.FormatBool(value), nil
	case float64:
		if math.Abs(value) >= 1<<53 && !isFloat(field.Type) {
			return "", fmt.Errorf("initial default of column %s: numbers beyond 2^53 are not read exactly", field.Name)
		}
		return strconv.FormatFloat(value, 'f', -1, 64), nil
	case string:
		switch field.Type.(type) {
		case iceberg.BinaryType, iceberg.FixedType:
			raw, err := hex.DecodeString(value)
			if err != nil {
				return "", fmt.Errorf("initial default of column %s: %w", field.Name, err)
			}
			var text strings.Builder
			for _, b := range raw {
				fmt.Fprintf(&text, `\x%02X`, b)
			}
			value = text.String()
		}
		return "'" + strings.ReplaceAll(value, "'", "''") + "'", nil
	default:
		return "", fmt.Errorf("initial default of column %s: values of type %s cannot be read", field.Name, field.Type)
	}
}

// shape says how files that were written under the schemas a table has had relate to the one it is read with.
type shape struct {
	// layouts says of each schema id whether a file of that schema has every column that is read, under the same name
	// and type.
	layouts map[int]bool
	// schemas are the schema ids of the snapshots by sequence number.
	schemas map[int64]int
	// unknown is the answer for files of snapshots that have expired.
	unknown bool
	// added are the field ids of leaf columns that some schema lacks, as far as every file with statistics has some of them.
	added []int
	// inner is a column inside of which a field has changed in a way that executors, who match those by name, would read
	// wrong; empty when there is none.
	inner string
}

// shapeOf compares a schema with all that the table has had.
func shapeOf(meta table.Metadata, s *iceberg.Schema) shape {
	found := shape{layouts: map[int]bool{}, schemas: map[int64]int{}, unknown: true}
	now := leavesOf(s)
	for _, leaf := range now {
		if leaf.filled && leaf.inner() != "" {
			found.inner = leaf.path
		}
	}
	ids := map[string]int{}
	for id, leaf := range now {
		ids[leaf.path] = id
	}
	unique := uniqueNames(s)
	added := map[int]bool{}
	last := 0
	for _, old := range meta.Schemas() {
		last = max(last, old.ID)
		then := leavesOf(old)
		same := unique
		for id, leaf := range now {
			was, had := then[id]
			switch {
			case !had:
				added[id] = !leaf.repeated
				same = false
			case was != leaf:
				same = false // renamed, moved or promoted since
				if was.inner() != leaf.inner() {
					found.inner = leaf.path
				}
			}
		}
		for id, leaf := range then {
			if current, taken := ids[leaf.path]; taken && current != id {
				same = false // dropped, and another column of that name added
				if leaf.inner() != "" {
					found.inner = leaf.path
				}
			}
		}
		found.layouts[old.ID] = same
		found.unknown = found.unknown && same
	}
	// Schemas can be removed when no snapshot has them any more, although files still do.
	found.unknown = found.unknown && last+1 == len(meta.Schemas())
	for id, counted := range added {
		if counted {
			found.added = append(found.added, id)
		}
	}
	for _, snapshot := range meta.Snapshots() {
		if snapshot.SequenceNumber > 0 && snapshot.SchemaID != nil {
			found.schemas[snapshot.SequenceNumber] = *snapshot.SchemaID
		}
	}
	return found
}

// uniqueNames reports whether the names of a schema differ in more than case.
func uniqueNames(s *iceberg.Schema) bool {
	folded := map[string]bool{}
	for _, field := range s.Fields() {
		if folded[schema.Fold(field.Name)] {
			return false
		}
		folded[schema.Fold(field.Name)] = true
	}
	return true
}

// differs reports whether some file lacks a column of the schema, or may know it under another name or type.
func (s shape) differs(files []indexedFile) bool {
	for _, file := range files {
		same := s.unknown
		if id, known := s.schemas[file.sequence]; known {
			same = s.layouts[id]
		}
		if !same {
			return true
		}
		// A writer may commit files that it began before the newest column was there.
		for _, id := range s.added {
			if _, has := file.columns[id]; !has && file.columns != nil {
				return true
			}
		}
	}
	return false
}

// leaf is a column without parts, by its dotted path.
type leaf struct {
	path, typ string
	repeated  bool // part of a list or map, whose statistics writers may leave out
	filled    bool // has an initial default
}

// inner is the path below the top-level column.
func (l leaf) inner() string {
	_, inner, _ := strings.Cut(l.path, ".")
	return inner
}

func leavesOf(s *iceberg.Schema) map[int]leaf {
	leaves := map[int]leaf{}
	var walk func(at leaf, id int, t iceberg.Type)
	walk = func(at leaf, id int, t iceberg.Type) {
		below := func(name string, repeated bool) leaf {
			return leaf{path: at.path + "." + name, repeated: at.repeated || repeated, filled: at.filled}
		}
		switch t := t.(type) {
		case *iceberg.StructType:
			for _, field := range t.FieldList {
				part := below(field.Name, false)
				part.filled = part.filled || field.InitialDefault != nil
				walk(part, field.ID, field.Type)
			}
		case *iceberg.ListType:
			walk(below("element", true), t.ElementID, t.Element)
		case *iceberg.MapType:
			walk(below("key", true), t.KeyID, t.KeyType)
			walk(below("value", true), t.ValueID, t.ValueType)
		default:
			at.typ = t.String()
			leaves[id] = at
		}
	}
	for _, field := range s.Fields() {
		walk(leaf{path: field.Name, filled: field.InitialDefault != nil}, field.ID, field.Type)
	}
	return leaves
}

// relationOf is a version as a statement gets it, with the files of a selection.
func (r *Resolver) relationOf(v *version, name relationName, found *selection) (engine.Relation, error) {
	relation := engine.Relation{Schema: name.schema, Name: name.name, Columns: v.columns}
	for _, file := range found.files {
		relation.Files = append(relation.Files, file.path)
	}
	var err error
	relation.ByFieldID, err = r.byFieldID(v, found)
	if err != nil {
		return engine.Relation{}, fmt.Errorf("table %s: %w", v.ident, err)
	}
	applies := found.deletesOf()
	for _, file := range sortedDeletes(applies) {
		relation.Deletes = append(relation.Deletes, engine.Delete{
			Path: file.path, Equality: file.equality, Applies: applies[file],
		})
	}
	return relation, nil
}
