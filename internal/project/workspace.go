// Package project reads a workspace, a folder of files, into a checked graph of assets.
//
// It knows SQL only through the [Parser] port and connectors only through their
// [ConnectorSpec], so it needs neither a database nor a network.
package project

import (
	"context"
	"strconv"
	"time"

	"github.com/hosu-io/hosu/internal/schema"
)

// Workspace is everything a workspace's files say, valid as a whole.
type Workspace struct {
	Dir       string // absolute
	Name      string
	Env       string         // the environment chosen; "" for none
	Warehouse string         // absolute local path or URI
	State     string         // "sqlite:/abs/path" or "postgres://…"
	Location  *time.Location // time zone of days, weeks and months; default UTC
	TimeZone  string         // its IANA name

	Sources    []*Source
	Models     []*Model
	Checks     []*Check // of checks/*.sql
	Metrics    []*MetricsFile
	Dashboards []*Dashboard

	Graph *Graph
}

// Pos is a place in a workspace file.
type Pos struct {
	File   string // relative to the workspace
	Line   int    // from 1
	Column int    // in characters, from 1; 0 when unknown
}

// String is "file:line:column", without what is unknown.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return p.File + ":" + strconv.Itoa(p.Line)
	default:
		return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
	}
}

// Source is sources/<name>.yaml.
type Source struct {
	Name    string
	Type    string            // connector: "postgres", "sqlite", "files"
	Options map[string]string // connector options, ${VARS} expanded; may hold secrets
	Into    string            // namespace
	Every   Every
	Tables  []*SourceTable // in file order; "*" stands for every other table
	Pos     Pos
}

// SourceTable is one entry of a source's tables.
type SourceTable struct {
	Source  *Source
	Name    string // in the source; "*" is a wildcard
	Target  string // "<into>.<name>"; "" for a wildcard
	Mode    CopyMode
	Cursor  string
	Key     []string
	Overlap time.Duration // incremental: how far behind the cursor is read again
	Every   Every         // the table's own or else its source's
	Options map[string]string
	Types   map[string]schema.Column // column types the author gave
	// KeyPos and CursorPos are where key and cursor are written; the zero Pos when they are not.
	KeyPos, CursorPos Pos
	Pos               Pos
}

// CopyMode says how a source table is copied.
type CopyMode string

// The copy modes.
const (
	Full        CopyMode = "full"
	Incremental CopyMode = "incremental"
)

// Model is models/**/*.sql; its name is its path.
type Model struct {
	Name        string // "marts.daily_sales"
	SQL         string // the file without its header comment
	SQLLine     int    // line of the file on which SQL begins
	Write       Write
	Every       Every     // grain of the intervals of an interval model, and the schedule
	Start       time.Time // first interval; zero when not given
	Lookback    int       // intervals filled again when inputs have changed
	Batch       int       // most intervals in one task; 0 is no limit
	Partition   []string  // Iceberg transforms: "day(ts)", "region"
	Columns     []*ColumnContract
	Checks      []*Check
	Owner       string
	Description string
	Tags        []string
	Retries     int      // -1 when not given
	Tables      []string // tables its SQL reads, sorted, as catalog names
	Params      []string // $parameters of its SQL: "start", "end"
	Fingerprint string   // hash of everything that decides its rows
	Pos         Pos
}

// Write is how a model's rows get into its table.
type Write struct {
	Kind   WriteKind
	Column string   // interval(column)
	Key    []string // merge(key, …)
}

// WriteKind names a [Write].
type WriteKind string

// The kinds of write.
const (
	WriteView     WriteKind = "view"
	WriteFull     WriteKind = "full"
	WriteAppend   WriteKind = "append"
	WriteInterval WriteKind = "interval"
	WriteMerge    WriteKind = "merge"
)

// ColumnContract is what a model promises of one column.
type ColumnContract struct {
	Name        string
	Type        string // DuckDB or Iceberg spelling; "" when not given
	Description string
	NotNull     bool
	Unique      bool
	Accepted    []string   // accepted values, as SQL literals; nil for any
	References  *Reference // every non-null value is in this column
	Pos         Pos
}

// Reference is a column of another table.
type Reference struct{ Table, Column string }

// Check is a query that must return no rows. It may call the table it belongs to "this".
type Check struct {
	Name        string
	Description string
	Asset       string // the table checked; "" for a check of its own (checks/*.sql)
	SQL         string
	SQLLine     int      // line of the file on which SQL begins
	Blocking    bool     // a failure stops publishing (default) or only warns
	Tables      []string // tables its SQL reads, sorted, as catalog names, without "this"
	Pos         Pos
}

// Dashboard is dashboards/<name>.yaml, kept as a validated document; package dashboard gives it meaning.
type Dashboard struct {
	Name   string
	Doc    map[string]any // of maps, lists, texts as they are written, and nil; nil itself when something is wrong
	Places map[string]Pos // of the values of Doc, by path: "rows.0.tiles.2.metric"
	Tables []string       // tables the SQL of its tiles reads, sorted, as catalog names
	Pos    Pos
}

// Parser finds what a SELECT statement reads. It is called from several goroutines at once.
type Parser interface {
	// Tables returns the references to tables, without common table expressions, in order of appearance (the same
	// table may appear often), and the names of $parameters, each once. A syntax error, and a text that is
	// not one SELECT statement, is a *ParseError.
	Tables(ctx context.Context, sql string) (refs []TableRef, params []string, err error)
}

// TableRef is a reference to a table in a SQL text.
type TableRef struct {
	Name   []string // the parts of the name as written, without quotes: [schema table]
	Offset int      // byte in the SQL text at which the name begins
}

// ParseError is a SQL syntax error.
type ParseError struct {
	Message string
	Offset  int // byte in the SQL text; -1 when unknown
}

func (e *ParseError) Error() string { return e.Message }

// ConnectorSpec is what project needs to know of a connector to check its source files.
type ConnectorSpec struct {
	Type         string
	Options      []OptionSpec
	TableOptions []OptionSpec
	// NeedsCursor says that an incremental copy follows a cursor column. Connectors without it know by
	// themselves what is new.
	NeedsCursor bool
}

// OptionSpec is one allowed key.
type OptionSpec struct {
	Name     string
	Required bool
}
