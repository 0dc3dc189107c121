// Package inspect answers what people ask of tables: what there is, how large, made of what and by whom, and how they have
// become so. It reads the catalog, the graph of assets and the state database, and changes nothing.
package inspect

import (
	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/project"
)

// Options of a [Service]. All are required.
type Options struct {
	Catalog   *catalog.Catalog
	Workspace *project.Workspace
}

// Service reads a workspace. It is safe for concurrent use.
type Service struct {
	catalog   *catalog.Catalog
	workspace *project.Workspace
}

// New returns a service that reads what opts name.
func New(opts Options) *Service {
	return &Service{catalog: opts.Catalog, workspace: opts.Workspace}
}
