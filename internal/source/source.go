// Package source is the port to the systems data is copied from. Each connector lives in a package of its own
// below this one, knows only its system, and passes source/sourcetest.
package source

import (
	"context"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/hosu-io/hosu/internal/schema"
)

// Source is an open connection to one system.
type Source interface {
	// Tables lists what can be copied, sorted by name, with columns and keys.
	Tables(ctx context.Context) ([]Table, error)
	// Table describes one table; [ErrNoSuchTable] when it is not there.
	Table(ctx context.Context, name string, opts TableOptions) (Table, error)
	// Read streams rows of a table as they are at one moment.
	Read(ctx context.Context, req Request) (*Batch, error)
	Close() error
}

// Table is one table of a source.
type Table struct {
	Name    string
	Columns []schema.Column
	Key     []string // primary key; nil when there is none
	Rows    int64    // estimate; -1 when unknown
}

// TableOptions are a table's settings in the source file that the connector itself understands
// (path, format, encoding, schema, column types), already validated against its [Spec].
type TableOptions struct {
	Values map[string]string
	// Types are column types the author gave, overriding discovery.
	Types map[string]schema.Column
}

// Request asks for rows.
type Request struct {
	Table   string
	Options TableOptions
	// Cursor is the column an incremental copy follows; empty reads the whole table.
	Cursor string
	// Incremental asks for what is new since After, by the cursor or, without one, by what the connector itself knows
	// to be new (files).
	Incremental bool
	// Key are the columns by which the copy will be merged; nil when it will be appended or replaced. A
	// connector that could only read rows of earlier copies again (a changed file) needs to know.
	Key []string
	// After is the value of [Batch.Position] of the last copy, nil for the first. An incremental read
	// yields every row whose cursor is at or above After less Overlap.
	After   []byte
	Overlap time.Duration
}

// Batch is a stream of rows and where it ends.
type Batch struct {
	Columns []schema.Column
	Rows    array.RecordReader
	// Expected is about how many rows there are, for displays of progress; 0 is unknown.
	Expected int64
	// Position is valid once Rows is exhausted: what to pass as After next time.
	// For a full copy it may be nil.
	Position func() ([]byte, error)
	// Unchanged says, without any row having been read, that the source holds nothing new since
	// After; Rows is then nil.
	Unchanged bool
	// Replayed says that Rows may hold rows of earlier copies again, so that they
	// must be merged by key; otherwise rows are new and may be appended.
	Replayed bool
}

// Spec describes a connector: how to open it and what its files may say.
type Spec struct {
	Type string // "postgres"
	// Options of the source, and of each of its tables, beyond those every source has.
	Options      []Option
	TableOptions []Option
	Open         func(ctx context.Context, opts map[string]string, env Env) (Source, error)
}

// Option is one key of a source file.
type Option struct {
	Name     string
	Required bool
	Secret   bool // never printed
	Doc      string
}

// Env is what a connector may need of its surroundings.
type Env struct {
	Dir      string         // the workspace folder: relative paths start here
	Location *time.Location // the workspace's time zone
	TempDir  string
}
