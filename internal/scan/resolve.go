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
	// Stamps are all tables and views that are read, also those below views, in the state in which they are read.
	// While the catalog has every one of them in that state, the statement has the same rows, unless it is Volatile.
	Stamps []Stamp
	// Volatile says that the statement, or a view below it, calls a function such as now() or random(), whose
	// value changes while no table does.
	Volatile bool
}

// Stamp is a table or view in one of its states.
type Stamp struct {
	Ident            catalog.Ident
	MetadataLocation string // as [catalog.Entry] has it: every commit gives another
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

// volatileFunctions have another value at each call, or with each moment: DuckDB's volatile functions and those of the
// present time. age() counts with one argument up to today.
var volatileFunctions = map[string]bool{
	"age": true, "ago": true, "current_connection_id": true, "current_date": true, "current_localtime": true,
	"current_localtimestamp": true, "current_query_id": true, "current_time": true, "current_timestamp": true,
	"current_transaction_id": true, "currval": true, "gen_random_uuid": true, "get_current_time": true,
	"get_current_timestamp": true, "localtime": true, "localtimestamp": true, "nextval": true, "now": true, "random": true,
	"setseed": true, "today": true, "transaction_timestamp": true, "txid_current": true, "uuid": true, "uuidv4": true,
	"uuidv7": true,
}

func volatileFunction(name string) bool { return volatileFunctions[name] }
