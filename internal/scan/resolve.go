// Package scan turns the table names of a statement into exactly what to read: data files, deletes and a schema
// map, pruned by Iceberg statistics and partitions with the statement's own predicates.
package scan

import (
	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
)

// Request is a statement to resolve.
type Request struct {
	SQL    string
	Params []engine.Param
	// Relations are given by the caller instead of the catalog, e.g. "this" in
	// a check: the files a table would have, or the SQL of a view, whose tables are resolved too. Schema may be empty.
	Relations []engine.Relation
	TimeZone  string
	Limits    engine.Limits
}

// Resolved is a statement with everything it reads.
type Resolved struct {
	Job     engine.Job
	Columns []engine.Column // of the result
	Tables  []TableUse
}

// TableUse says what a statement reads of one table at one snapshot.
type TableUse struct {
	Ident      catalog.Ident
	SnapshotID int64 // 0: the table has no snapshot yet
	// Pinned says that the statement asks for this snapshot, or a moment, with AT: later ones do not change its rows.
	Pinned     bool
	Files      int // data files left after pruning
	FilesTotal int
	Rows       int64 // rows in Files, before any filter and before deletes
	RowsTotal  int64
	Bytes      int64 // of Files
	BytesTotal int64
}
