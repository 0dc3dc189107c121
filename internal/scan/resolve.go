// Package scan turns the table names of a statement into exactly what to read: data files, deletes and a schema
// map, pruned by Iceberg statistics and partitions with the statement's own predicates.
package scan

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	// While the catalog has every one of them in that state, the statement has the same rows, as far as its Volatility allows.
	Stamps []Stamp
	// Volatility is that of the functions which the statement, or a view below it, calls.
	Volatility Volatility
}

// Volatility says when a statement may have other rows although no table has changed.
type Volatility int

// The volatilities.
const (
	Stable    Volatility = iota
	Daily                // on another day in the session's time zone: it calls current_date
	Momentary            // each time: it calls now() or random()
)

// Stamp is a table or view in one of its states.
type Stamp struct {
	Ident            catalog.Ident
	MetadataLocation string // as [catalog.Entry] has it: every commit gives another
}

// Entries says in which state a table or view is now. The error of a missing one wraps [catalog.ErrNoSuchTable].
type Entries interface {
	Entry(ctx context.Context, ident catalog.Ident) (catalog.Entry, error)
}

// Current says whether everything is still in the state of its stamp.
func Current(ctx context.Context, now Entries, stamps []Stamp) (bool, error) {
	for _, stamp := range stamps {
		entry, err := now.Entry(ctx, stamp.Ident)
		if errors.Is(err, catalog.ErrNoSuchTable) {
			return false, nil
		} else if err != nil {
			return false, fmt.Errorf("look up %s: %w", stamp.Ident, err)
		}
		if entry.MetadataLocation != stamp.MetadataLocation {
			return false, nil
		}
	}
	return true, nil
}

// TableUse says what a statement reads of one table at one snapshot.
type TableUse struct {
	Ident      catalog.Ident
	SnapshotID int64 // 0: the table has no snapshot yet
	// CommittedAt is when that snapshot was committed; of a table without one, when that last changed.
	CommittedAt time.Time
	// Pinned says that the statement asks for this snapshot, or a moment, with AT: later ones do not change its rows.
	Pinned     bool
	Files      int // data files left after pruning
	FilesTotal int
	Rows       int64 // rows in Files, before any filter and before deletes
	RowsTotal  int64
	Bytes      int64 // of Files
	BytesTotal int64
}

// volatileFunctions are those whose value changes with the day, age() with one argument among them, and DuckDB's volatile
// functions and those of the present moment.
var volatileFunctions = map[string]Volatility{
	"age": Daily, "current_date": Daily, "today": Daily,

	"ago": Momentary, "current_connection_id": Momentary, "current_localtime": Momentary, "current_localtimestamp": Momentary,
	"current_query_id": Momentary, "current_time": Momentary, "current_timestamp": Momentary, "current_transaction_id": Momentary,
	"currval": Momentary, "gen_random_uuid": Momentary, "get_current_time": Momentary, "get_current_timestamp": Momentary,
	"localtime": Momentary, "localtimestamp": Momentary, "nextval": Momentary, "now": Momentary, "random": Momentary,
	"setseed": Momentary, "transaction_timestamp": Momentary, "txid_current": Momentary, "uuid": Momentary, "uuidv4": Momentary,
	"uuidv7": Momentary,
}
