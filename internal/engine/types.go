package engine

import "time"

// Statement is what the parser sees in one SELECT statement, before binding.
type Statement struct {
	// Tables are the base tables referred to, in the order of the text,
	// without common table expressions. The same table may appear often.
	Tables []TableRef
	// Functions are the lower-case names of all scalar, aggregate and
	// window functions called (operators excluded).
	Functions []string
	// TableFunctions are the lower-case names of functions used as tables.
	TableFunctions []string
	// Calls are the byte offsets in the SQL text of the first call of each of these functions whose place is known.
	Calls map[string]int
	// Params are the names of $name parameters, each once.
	Params []string
	// Nodes are the distinct kinds of AST node met ("SELECT_NODE",
	// "BASE_TABLE", "SHOW_REF", "PIVOT", "COLUMN_REF", …): the allowlist reads them.
	Nodes []string
}

// TableRef is one reference to a base table.
type TableRef struct {
	Catalog, Schema, Name string // as written, unquoted; empty when absent
	Alias                 string // empty when absent
	// Start and End are byte offsets in the SQL text of the whole reference,
	// from the first byte of its qualified name to the last of its AT clause or
	// alias, whichever is later.
	Start, End int
	// NameEnd is the byte offset just behind the qualified name.
	NameEnd int
	At      *At // nil without an AT clause
}

// At is a time-travel clause: AT (VERSION => 12) or AT (TIMESTAMP => '…').
type At struct {
	Unit       string // "VERSION" or "TIMESTAMP"
	Expr       string // the SQL text of the value
	Start, End int    // byte offsets of the clause, "AT" to ")"
}

// Column is a named value with a DuckDB type as DuckDB spells it, e.g.
// "DECIMAL(18,2)", "STRUCT(a INTEGER, b VARCHAR)[]".
type Column struct {
	Name string
	Type string
}

// Stub is a table that planning sees: its columns and no rows, or a view.
type Stub struct {
	Schema, Name string
	Columns      []Column
	View         string // SQL of a view; Columns is then nil
}

// Plan is what the optimizer makes of a statement over stubs.
type Plan struct {
	// Columns are the names and types of the result.
	Columns []Column
	// Scans has one entry per table scan that is left in the optimized plan.
	// A stub without an entry was optimized away or could not be attributed:
	// callers must then read it whole.
	Scans []Scan
}

// Scan is one scan of a stub, with what the plan is certain to need of it.
type Scan struct {
	Schema, Name string
	Columns      []string
	// Filter holds for every row of the table that can affect the result;
	// nil means every row may. It is a necessary condition, never more.
	Filter *Predicate
}

// Predicate is a condition over one table's columns. Comparisons are DuckDB's: text by its UTF-8 bytes, and a floating-point
// NaN equals itself and is greater than everything else, so that "x > 5" holds for it although bounds in
// file statistics leave NaN out.
type Predicate struct {
	Op PredicateOp
	// Args are the operands of And and Or, two or more.
	Args []*Predicate
	// Column is the column compared, for the other operators. Fields of structs are
	// separated by dots; a name that has a dot itself never appears.
	Column string
	// Values are the constants compared with, in the column's own type as
	// DuckDB prints it: one for comparisons, one or more for In, none for the null tests.
	// Timestamps with time zone are in UTC ("2024-01-04 15:00:00+00").
	Values []string
}

// PredicateOp names the operator of a [Predicate].
type PredicateOp string

// The operators of a Predicate.
const (
	And       PredicateOp = "and"
	Or        PredicateOp = "or"
	Eq        PredicateOp = "="
	NotEq     PredicateOp = "<>"
	Less      PredicateOp = "<"
	LessEq    PredicateOp = "<="
	Greater   PredicateOp = ">"
	GreaterEq PredicateOp = ">="
	In        PredicateOp = "in"
	IsNull    PredicateOp = "is_null"
	NotNull   PredicateOp = "not_null"
)

// Param is a named parameter's value, as SQL text would write it
// ("TIMESTAMPTZ '2024-01-01 00:00:00+09'"), made by this program, never by a person.
type Param struct {
	Name    string
	Literal string
}

// Relation is a table as a statement gets it: resolved to exact files, or a view
// over other relations.
type Relation struct {
	Schema, Name string // how the SQL calls it
	Columns      []RelationColumn
	Files        []string // absolute local paths of Parquet data files
	// ByFieldID says that some file was written under another schema than
	// Columns, so that columns must be found by Iceberg field id. It costs up to 1.7× on
	// scans over strings, so it is false when every file has the table's schema.
	ByFieldID bool
	Deletes   []Delete
	// View is the SQL of a view; all other fields but the name are then empty.
	View string
}

// RelationColumn is one column of a [Relation].
type RelationColumn struct {
	Name    string
	Type    string // DuckDB spelling
	FieldID int
	// Default is a SQL literal for files that lack the column (Iceberg
	// initial-default); empty means NULL.
	Default string
}

// Delete is one Iceberg v2 delete file that applies to a relation.
type Delete struct {
	Path string // absolute local path of the Parquet delete file
	// Equality are the field ids of an equality delete; nil for position deletes.
	Equality []int
	// Applies are the data files (entries of Relation.Files) it applies to.
	Applies []string
}

// Limits bound one statement.
type Limits struct {
	Time        time.Duration // wall clock; zero is unlimited
	Memory      int64         // bytes; zero is the executor's default
	ResultBytes int64         // Arrow bytes of a result; zero is unlimited
	ResultRows  int64         // rows of a result; zero is unlimited
	Threads     int           // zero is the executor's default
}

// Job is a resolved statement, ready for an executor: it names every file it
// may read.
type Job struct {
	SQL       string
	Params    []Param
	Relations []Relation
	Limits    Limits
	TimeZone  string // IANA name; the session's TimeZone
	// Principal is who the statement runs as. A sandbox process never serves two; empty is one of them.
	Principal string
}

// Output says how the rows of a build are written.
type Output struct {
	// Dir is an existing, empty scratch folder; files are made directly in it.
	Dir string
	// Columns are the columns to write, in order. A column that the statement does not
	// yield is written as NULL; a column that it yields and is not here is an error.
	Columns []OutputColumn
	// Partition are SQL expressions over Columns, one per partition field;
	// rows with different values go to different files.
	Partition []string
	// Sort are column names the rows are sorted by before writing; may be nil.
	Sort []string
	// FileBytes is the size at which a new file is begun; zero is one file. It has no effect with a partition.
	FileBytes int64
}

// OutputColumn is one column of an [Output]. Values are cast to Type, an exact DuckDB
// type that maps one to one to the Iceberg type; a value out of range fails the build.
type OutputColumn struct {
	Name    string
	Type    string
	FieldID FieldID
}

// FieldID is a column's Iceberg field id, with those of nested fields by name:
// struct fields by theirs, "element" of a list, "key" and "value" of a map.
type FieldID struct {
	ID       int
	Children map[string]FieldID
}

// WrittenFile is a Parquet data file that exists and that no table knows yet.
type WrittenFile struct {
	Path  string // absolute local path
	Rows  int64
	Bytes int64
	// Columns are statistics by dotted column path ("a", "l.element", "s.x").
	Columns map[string]ColumnStats
	// Partition has one value per Output.Partition expression, as CAST(… AS VARCHAR) prints it in the
	// session's time zone; nil is NULL.
	Partition []*string
}

// ColumnStats are one column's statistics in one file. Min and Max are DuckDB's text
// form of the value, in UTC whatever the session's time zone, and nil when unknown: without values,
// with only NaN, for strings longer than 256 bytes, for lists' and maps' own paths. A bound is never tighter than the
// data, except that NaN is not in them. The forms: true is "1" and false "0"; "2024-01-05"; "12:30:00.5";
// "2024-01-04 15:00:00.123"; with a time zone "2024-01-04 15:00:00+00"; decimals with their scale, "1.50"; doubles
// "1e+300", "-0.0"; UUIDs with dashes; BLOB in upper-case hexadecimal, and when it is longer
// than 256 bytes shortened, the upper bound rounded up.
type ColumnStats struct {
	Min, Max *string
	Nulls    int64
	Values   int64 // including nulls
	Bytes    int64
	HasNaN   bool
}
