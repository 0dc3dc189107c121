package scan

import (
	"fmt"
	"sync"

	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/iceberg-go"
)

// byFieldID decides how the columns of a selection are found in its files: by Iceberg field
// id when a file differs from the schema, else by name, which is faster and is all that works for files
// without ids. Files come without ids from other systems, whose importers give the table a name mapping.
func (r *Resolver) byFieldID(v *version, found *selection) (bool, error) {
	meta := v.table.Metadata()
	differs := shapeOf(meta, v.schema).differs(found.files)
	if !differs || meta.NameMapping() == nil {
		return differs, nil
	}
	for _, data := range found.files {
		footer, err := r.footers.read(data.path)
		if err != nil {
			return false, fmt.Errorf("data file %s: %w", data.path, err)
		}
		if !footer.identified {
			return false, fmt.Errorf("data file %s has no Iceberg field ids, and the table's columns have changed since it was imported: "+
				"rewrite the table (rewrite_data_files) with the engine that imported it", data.path)
		}
	}
	return true, nil
}

// checkPartitionColumns refuses files that lack a column whose value is in their partition only, as files of Hive tables do:
// they would read as NULL.
func (r *Resolver) checkPartitionColumns(v *version, found *selection) error {
	sources := map[int32][]iceberg.NestedField{}
	for _, data := range found.files {
		fields, known := sources[data.spec]
		if !known {
			fields = identitySources(v.table.Metadata().PartitionSpecByID(int(data.spec)), v.schema)
			sources[data.spec] = fields
		}
		for _, field := range fields {
			if _, has := data.columns[field.ID]; has {
				continue
			}
			footer, err := r.footers.read(data.path)
			if err != nil {
				return fmt.Errorf("data file %s: %w", data.path, err)
			}
			if !footer.has(field) {
				return fmt.Errorf("data file %s lacks the column %s, whose value its partition has: "+
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
	identified bool // every top-level column has a field id
	ids        map[int]struct{}
	names      map[string]struct{}
}

func (f footer) has(field iceberg.NestedField) bool {
	_, byID := f.ids[field.ID]
	_, byName := f.names[field.Name]
	return byID || byName && !f.identified
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
	found = footer{identified: root.NumFields() > 0, ids: map[int]struct{}{}, names: map[string]struct{}{}}
	for i := range root.NumFields() {
		column := root.Field(i)
		found.names[column.Name()] = struct{}{}
		if column.FieldID() < 0 {
			found.identified = false
			continue
		}
		found.ids[int(column.FieldID())] = struct{}{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= footersKept {
		c.known = map[string]footer{}
	}
	c.known[path] = found
	return found, nil
}
