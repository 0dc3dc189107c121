package ingest

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/schema"
)

// Sink is where copied rows go. The lake is one.
type Sink interface {
	// Write writes all rows of w.Rows and publishes them in one commit with w.Effects; it
	// releases the reader. When there is nothing to change (no rows to append, every merged row already
	// there, a replace by equal content) no table is touched and only the effects are committed.
	Write(ctx context.Context, w Write) (Written, error)
}

// Write is one batch of rows for one table.
type Write struct {
	By    govern.Principal
	Table catalog.Ident
	Mode  Mode
	// Key are columns that identify a row and are never null: of a Merge those it goes by, of a Replace those that later
	// merges will go by, if the source does not itself keep them unique.
	Key []string
	// Columns are the wanted columns; the table is created or evolved (columns added, types widened) to have
	// them. Columns of the table that are missing here are filled with NULL.
	Columns []schema.Column
	// Anew, with Replace: Columns are all that the table has from now on, whatever types they had.
	Anew bool
	Rows array.RecordReader
	// Effects is called when all rows have been read, right before the commit.
	Effects func() (catalog.Effects, error)
	// Progress, when set, is called with rows and bytes written so far.
	Progress func(rows, bytes int64)
}

// Mode says what rows do to a table.
type Mode string

// The modes of a [Write].
const (
	Append  Mode = "append"
	Replace Mode = "replace" // the table holds exactly these rows
	Merge   Mode = "merge"   // by key: update or insert
)

// Written says what a [Write] did.
type Written struct {
	Rows       int64 // read from Rows
	Changed    int64 // rows inserted or updated
	Bytes      int64 // of new data files
	Files      int   // new data files
	SnapshotID int64 // 0: nothing was committed to the table
}
