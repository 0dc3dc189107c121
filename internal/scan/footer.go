package scan

import (
	"fmt"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/iceberg-go"
)

// byFieldID decides how the columns of a selection are found in its files: by Iceberg field id when a file differs
// from the schema, else by name, which is faster and is all that works for files without ids. Such files come from other
// systems, whose importers give the table a name mapping.
func (r *Resolver) byFieldID(v *version, found *selection) (bool, error) {
	shape := shapeOf(v.table.Metadata(), v.schema)
	if !shape.differs(found.files) {
		return false, r.checkPartitionColumns(v, found, false)
	}
	if v.table.NameMapping() != nil {
		byName, err := r.namesSuffice(v, found)
		if err != nil || byName {
			return false, err
		}
	}
	if shape.inner != "" {
		return false, fmt.Errorf("fields inside of the column %s were renamed or replaced after some of its files were written, "+
			"or have a default: rewrite the table (rewrite_data_files) with the engine that changed it", shape.inner)
	}
	return true, r.checkPartitionColumns(v, found, true)
}

// namesSuffice reports whether every file has every column under its present name. When it is false, every file has
// field ids.
func (r *Resolver) namesSuffice(v *version, found *selection) (bool, error) {
	mapped := map[int][]string{}
	for _, field := range v.table.NameMapping() {
		mapped[field.ID()] = field.Names
	}
	byName := true
	anonymous := ""
	for _, data := range found.files {
		footer, err := r.footers.read(data.path)
		if err != nil {
			return false, fmt.Errorf("data file %s: %w", data.path, err)
		}
		for _, field := range v.schema.Fields() {
			id, has := footer.columns[field.Name]
			same := id == field.ID || id < 0 && slices.Contains(mapped[field.ID], field.Name)
			byName = byName && has && same
		}
		if !footer.identified {
			anonymous = data.path
		}
	}
	if !byName && anonymous != "" {
		return false, fmt.Errorf("data file %s has no Iceberg field ids, and the table's columns have changed since it was imported: "+
			"rewrite the table (rewrite_data_files) with the engine that imported it", anonymous)
	}
	return byName, nil
}

// checkPartitionColumns refuses files that lack a column whose value is in their partition only, as files of imported Hive
// tables do. By field id they would read as NULL, so all are looked at; by name DuckDB would not find the
// column, so one of each partition spec is enough for a better message. The statistics of such files may
// mention the column.
func (r *Resolver) checkPartitionColumns(v *version, found *selection, all bool) error {
	sources := map[int32][]iceberg.NestedField{}
	for _, data := range found.files {
		fields, known := sources[data.spec]
		if known && !all {
			continue
		}
		if !known {
			fields = identitySources(v.table.Metadata().PartitionSpecByID(int(data.spec)), v.schema)
			sources[data.spec] = fields
		}
		for _, field := range fields {
			footer, err := r.footers.read(data.path)
			if err != nil {
				return fmt.Errorf("data file %s: %w", data.path, err)
			}
			if !footer.has(field) {
				return fmt.Errorf("data file %s lacks the column %s, whose value is in its partition only: "+
					"rewrite the table (rewrite_data_files) with the engine that imported it", data.path, field.Name)
			}
		}
	}
	return nil
}

// identitySources are the columns that a spec partitions by as they are.
func identitySources(spec *iceberg.PartitionSpec, s *iceberg.Schema) []iceberg.NestedField {
	var sources []iceberg.NestedField
	for _, part := range spec.Fields() {
		if _, identity := part.Transform.(iceberg.IdentityTransform); !identity {
			continue
		}
		for _, field := range s.Fields() { // parts of structs are never left out of files
			if field.ID == part.SourceID() {
				sources = append(sources, field)
			}
		}
	}
	return sources
}

// footer is what the footer of a Parquet file says about its columns.
type footer struct {
	identified bool           // every top-level column has a field id
	columns    map[string]int // field ids by name, negative for none
}

func (f footer) has(field iceberg.NestedField) bool {
	for name, id := range f.columns {
		if id == field.ID || id < 0 && name == field.Name {
			return true
		}
	}
	return false
}

// footerCache remembers the footers it read: data files never change.
type footerCache struct {
	mu    sync.Mutex
	known map[string]footer
}

// footersKept bounds the cache; it starts anew when it is full.
const footersKept = 20_000

func (c *footerCache) read(path string) (footer, error) {
	c.mu.Lock()
	found, known := c.known[path]
	c.mu.Unlock()
	if known {
		return found, nil
	}
	reader, err := file.OpenParquetFile(path, false)
	if err != nil {
		return footer{}, err
	}
	defer reader.Close()
	root := reader.MetaData().Schema.Root()
	found = footer{identified: root.NumFields() > 0, columns: map[string]int{}}
	for i := range root.NumFields() {
		column := root.Field(i)
		found.columns[column.Name()] = int(column.FieldID())
		found.identified = found.identified && column.FieldID() >= 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= footersKept {
		c.known = map[string]footer{}
	}
	c.known[path] = found
	return found, nil
}
