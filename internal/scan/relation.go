package scan

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
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
		for n := 1; taken[fold(name)]; n++ {
			name = field.Name + "_" + strconv.Itoa(n)
		}
		taken[fold(name)] = true
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

// shape says how the files of a table relate to the schema it is read with.
type shape struct {
	// evolved: some file may have other names or types for the schema's columns, as
	// far as the history of the table's schemas tells.
	evolved bool
	// added are the field ids of leaf columns that some earlier schema lacks: a file may be older than they are.
	added []int
}

// shapeOf compares a schema with all that the table ever had.
func shapeOf(meta table.Metadata, s *iceberg.Schema) shape {
	var found shape
	now := leavesOf(s)
	ids := map[string]int{}
	for id, leaf := range now {
		ids[leaf.path] = id
	}
	folded := map[string]bool{}
	for _, field := range s.Fields() {
		found.evolved = found.evolved || folded[fold(field.Name)]
		folded[fold(field.Name)] = true
	}
	last, added := 0, map[int]bool{}
	for _, old := range meta.Schemas() {
		last = max(last, old.ID)
		then := leavesOf(old)
		for id := range now {
			if _, had := then[id]; !had {
				added[id] = true
			}
		}
		for id, leaf := range then {
			if current, kept := now[id]; kept && current != leaf {
				found.evolved = true // renamed, moved or promoted
			}
			if current, reused := ids[leaf.path]; reused && current != id {
				found.evolved = true // dropped, and another column of that name added
			}
		}
	}
	found.added = slices.Sorted(maps.Keys(added))
	// Schemas can be removed when no snapshot has them any more, although files still do.
	found.evolved = found.evolved || last+1 > len(meta.Schemas())
	return found
}

// differs reports whether some file lacks a column of the schema, or may know it under another name or type.
func (s shape) differs(files []indexedFile) bool {
	if s.evolved {
		return len(files) > 0
	}
	for _, file := range files {
		for _, id := range s.added {
			if _, has := file.columns[id]; !has {
				return true
			}
		}
	}
	return false
}

// leaf is a column without parts, by its dotted path.
type leaf struct {
	path, typ string
}

func leavesOf(s *iceberg.Schema) map[int]leaf {
	leaves := map[int]leaf{}
	var walk func(path string, id int, t iceberg.Type)
	walk = func(path string, id int, t iceberg.Type) {
		switch t := t.(type) {
		case *iceberg.StructType:
			for _, field := range t.FieldList {
				walk(path+"."+field.Name, field.ID, field.Type)
			}
		case *iceberg.ListType:
			walk(path+".element", t.ElementID, t.Element)
		case *iceberg.MapType:
			walk(path+".key", t.KeyID, t.KeyType)
			walk(path+".value", t.ValueID, t.ValueType)
		default:
			leaves[id] = leaf{path: path, typ: t.String()}
		}
	}
	for _, field := range s.Fields() {
		walk(field.Name, field.ID, field.Type)
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
