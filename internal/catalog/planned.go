package catalog

import (
	"fmt"
	"strings"

	"github.com/apache/iceberg-go/table"
)

// Planned returns the table that a [Commit] with create would make, so that files and a first snapshot can be
// prepared for it, and sets create.Location when it is empty. Nothing is written. The table's UUID is
// not the one it will have.
func (c *Catalog) Planned(ident Ident, create *CreateTable) (*table.Table, error) {
	if create.Location == "" {
		create.Location = c.newLocation(ident)
	}
	meta, err := newMetadata(create, strings.TrimRight(create.Location, "/"))
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", ident, err)
	}
	return table.New(table.Identifier{ident.Namespace, ident.Name}, meta, "", c.fileSystem, readOnly{c}), nil
}
