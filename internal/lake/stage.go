package lake

import (
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

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
	By    govern.Principal
	Table catalog.Ident
	Mode  Mode
	// Key are columns that identify a row, and never NULL: Merge goes by them, and with Replace the new rows are held to them.
	Key []string
	// Duplicates says what is done with several new rows of one key.
	Duplicates Duplicates
	Interval   *Interval // Overwrite
	Columns    []schema.Column
	// DropMissing removes table columns that Columns lacks (a model's table has the columns of its query);
	// without it they stay and are filled with NULL. Only with Replace.
	DropMissing bool
	// Instead is a view that the table takes the place of when it is published.
	Instead *catalog.Entry
	// Partition applies when the table is created: Iceberg transforms such as "day(ts)", "region",
	// "truncate(4, id)". TimeZone is that of day() over timestamptz in SQL; Iceberg's own transforms are UTC.
	Partition []string
	// Properties are set on the table when it is created or when they differ.
	Properties iceberg.Properties
	TimeZone   string // IANA name; the meaning of Interval over date and timestamp columns
}

// Duplicates says what becomes of several new rows with one key.
type Duplicates string

// The values of [Duplicates].
const (
	RejectDuplicates Duplicates = ""         // an error that names the key
	CollapseEqual    Duplicates = "collapse" // equal rows become one; rows that differ are an error
)

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

	// base is the table as it was; nil when it is to be created.
	base   *table.Table
	create *catalog.CreateTable // set when base is nil
	// schema is what the table will have; its field ids are those in the files.
	schema  *iceberg.Schema
	changes []schema.Change
	spec    iceberg.PartitionSpec
	slice   *slice // Overwrite
}

// Staged is the table as it would be once published. Nothing is committed; dropping it leaves only
// unreferenced files, which [Staged.Discard] removes.
type Staged struct {
	// This is the relation a check reads: the kept, rewritten and new files.
	This engine.Relation
	// Rows, Bytes and Files count what is new: for a merge the rows inserted or updated; for the files, also those of
	// rows that are rewritten because they share a file with others that change.
	Rows, Bytes int64
	Files       int
	// Changed is false when publishing would change nothing.
	Changed bool

	target *Target
	// written are the files of the new rows as [Lake.Stage] got them. What becomes of them depends
	// on the table, so staging can be done again over a newer version of it.
	written []newFile
	removed []iceberg.DataFile // data files of base that will be gone
	added   []newFile          // files that will be new
	// scratch are folders that end with the staged write.
	scratch []string
	// settled: published, or nobody knows; the files are not ours to remove any more.
	settled bool
}

// newFile is a data file that no table has yet.
type newFile struct {
	engine.WrittenFile
	// location is where the file is in the table; empty while it is still in a scratch folder.
	location string
}

// Published says what a publish did.
type Published struct {
	SnapshotID int64 // 0: nothing was committed to the table
	Attempts   int   // commits tried; more than one after conflicts
}
