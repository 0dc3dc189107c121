// Package project reads a workspace, a folder of files, into a checked graph of assets.
//
// It knows SQL only through the [Parser] port and connectors only through their
// [ConnectorSpec], so it needs neither a database nor a network.
package project

import (
	"time"

	"github.com/hosu-io/hosu/internal/schema"
)

// Workspace is everything a workspace's files say, valid as a whole.
type Workspace struct {
	Dir       string // absolute
	Name      string
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
	Column int    // from 1; 0 when unknown
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
	Every   Every
	Options map[string]string
	Types   map[string]schema.Column // column types the author gave
	Pos     Pos
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
	Name     string
	Asset    string // the table checked; "" for a check of its own (checks/*.sql)
	SQL      string
	Blocking bool // a failure stops publishing (default) or only warns
	Tables   []string
	Pos      Pos
}

// MetricsFile and Dashboard are kept as validated documents; metric and dashboard give them meaning.
type MetricsFile struct {
	Name string
	Pos  Pos
	Doc  map[string]any
}

// Dashboard is dashboards/<name>.yaml.
type Dashboard struct {
	Name string
	Pos  Pos
	Doc  map[string]any
}

// Every is how often an asset is due and how long its intervals are.
type Every struct {
	Unit  Unit          // "" when not given
	Fixed time.Duration // for UnitFixed: "15m", "1h"
}

// Unit is the calendar unit of an [Every].
type Unit string

// The units.
const (
	UnitFixed Unit = "fixed"
	UnitDay   Unit = "day"
	UnitWeek  Unit = "week" // begins on Monday
	UnitMonth Unit = "month"
)

// Parser finds what a SELECT statement reads.
type Parser interface {
	// Tables returns the distinct tables referred to, without common table expressions, as
	// written and unquoted ("schema.table" or "table"), in order of appearance, and $parameters.
	// A syntax error is a *ParseError.
	Tables(sql string) (tables []string, params []string, err error)
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
}

// OptionSpec is one allowed key.
type OptionSpec struct {
	Name     string
	Required bool
}
