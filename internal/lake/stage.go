// Package lake is everything that is done to the rows of tables: append, replace, overwrite of an interval, merge.
//
// A write has three steps. [Lake.Prepare] decides the schema the table will have and where files go;
// whoever has the rows writes Parquet files there; [Lake.Stage] works out which files the table
// would consist of, which a caller may check; [Staged.Publish] commits them, once.
package lake

import (
	"time"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/schema"
)

// Mode says what new rows do to a table.
type Mode string

// The modes of a [Spec].
const (
	Append  Mode = "append"
	Replace Mode = "replace"
	// Overwrite replaces the rows whose Interval.Column is in [Start, End); new rows outside it are an error.
	Overwrite Mode = "overwrite"
	// Merge updates rows with an equal key and inserts the others.
	Merge Mode = "merge"
)

// Spec is what a write wants.
type Spec struct {
	By       govern.Principal
	Table    catalog.Ident
	Mode     Mode
	Key      []string  // Merge
	Interval *Interval // Overwrite
	Columns  []schema.Column
	// DropMissing removes table columns that Columns lacks (a model's table has the columns of its query);
	// without it they stay and are filled with NULL. Only with Replace.
	DropMissing bool
	// Partition applies when the table is created: Iceberg transforms such as "day(ts)", "region",
	// "bucket(16, id)". TimeZone is that of day() over timestamptz in SQL; Iceberg's own transforms are UTC.
	Partition []string
	// Properties are set on the table when it is created or when they differ.
	Properties iceberg.Properties
	TimeZone   string // IANA name; the meaning of Interval over date and timestamp columns
}

// Interval is a half-open slice of time over one column of type date, timestamp or timestamptz.
type Interval struct {
	Column     string
	Start, End time.Time
}

// Target is where the rows of a prepared write go.
type Target struct {
	Spec Spec
	// Output is ready for a build: scratch folder, columns with field ids, partition expressions.
	Output engine.Output
	// unexported: base table metadata, new schema, …
}

// Staged is the table as it would be once published. Nothing is committed; dropping it leaves only
// unreferenced files, which [Staged.Discard] removes.
type Staged struct {
	// This is the relation a check reads: the kept, rewritten and new files.
	This engine.Relation
	// Rows, Bytes and Files count what is new.
	Rows, Bytes int64
	Files       int
	// Changed is false when publishing would change nothing.
	Changed bool
}
