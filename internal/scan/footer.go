package scan

import (
	"fmt"
	"sync"

	"github.com/apache/arrow-go/v18/parquet/file"
)

// byFieldID decides how the columns of a selection are found in its files: by Iceberg field
// id when a file differs from the schema, else by name, which is faster and is all that works for files
// without ids. Files come without ids from other systems, whose importers give the table a name mapping.
func (r *Resolver) byFieldID(v *version, found *selection) (bool, error) {
	meta := v.table.Metadata()
	shape := shapeOf(meta, v.schema)
	differs := shape.differs(found.files)
	if meta.NameMapping() == nil {
		return differs, nil
	}
	if !differs {
		return false, nil
	}
	for _, data := range found.files {
		has, err := r.footers.hasFieldIDs(data.path)
		if err != nil {
			return false, fmt.Errorf("data file %s: %w", data.path, err)
		}
		if !has {
			return false, fmt.Errorf("data file %s has no Iceberg field ids, and the table's columns have changed since it was imported: "+
				"rewrite the table (rewrite_data_files) with the engine that imported it", data.path)
		}
	}
	return true, nil
}

// footerCache remembers of Parquet files whether their columns have field ids. Data
// files never change.
type footerCache struct {
	mu    sync.Mutex
	known map[string]bool
}

// footersKept bounds the cache; it starts anew when it is full.
const footersKept = 100_000

func (c *footerCache) hasFieldIDs(path string) (bool, error) {
	c.mu.Lock()
	has, known := c.known[path]
	c.mu.Unlock()
	if known {
		return has, nil
	}
	reader, err := file.OpenParquetFile(path, false)
	if err != nil {
		return false, err
	}
	defer reader.Close()
	root := reader.MetaData().Schema.Root()
	has = root.NumFields() > 0
	for i := range root.NumFields() {
		has = has && root.Field(i).FieldID() >= 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= footersKept {
		c.known = map[string]bool{}
	}
	c.known[path] = has
	return has, nil
}
