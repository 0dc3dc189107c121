//go:build duckdb_arrow

package engine

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow/array"
)

var errUnfinished = errors.New("being written")

// Parse looks into one SELECT statement without binding it. The error of a statement that does not parse, or
// that is not exactly one SELECT, is a *[StatementError].
func (c *Conn) Parse(ctx context.Context, sql string) (*Statement, error) { return nil, errUnfinished }

// Parse is [Conn.Parse] on a connection that is kept for the next call.
func (e *Engine) Parse(ctx context.Context, sql string) (*Statement, error) {
	return nil, errUnfinished
}

// ParseMany parses many statements; the results and errors are by position.
func (e *Engine) ParseMany(ctx context.Context, sqls []string) ([]*Statement, []error) {
	return nil, nil
}

// Substitute replaces $name outside of strings, comments and quoted names with its literal in parentheses.
func Substitute(sql string, params []Param) (string, error) { return "", errUnfinished }

// RewriteRefs replaces the qualified name and AT clause of the given references (of sql, from Parse) by what
// replacement returns, keeping the alias and adding AS "name" where there was none. A reference for which
// replacement says false stays.
func RewriteRefs(sql string, refs []TableRef, replacement func(TableRef) (schema, name string, ok bool)) string {
	return ""
}

// Select is the query of a relation's rows.
func (r Relation) Select() (string, error) { return "", errUnfinished }

// CreateRelations are the CREATE SCHEMA and CREATE VIEW statements that give relations to a statement.
func CreateRelations(relations []Relation) ([]string, error) { return nil, errUnfinished }

// CopySQL is the COPY statement that writes selectSQL, whose result columns are given, as out says.
func CopySQL(selectSQL string, result []Column, out Output) (string, error) { return "", errUnfinished }

// ReadCopyStats reads the rows a COPY of CopySQL returns.
func ReadCopyStats(rows array.RecordReader, out Output) ([]WrittenFile, error) {
	return nil, errUnfinished
}

// CopyToParquet writes the rows of selectSQL as Parquet files into out.Dir and describes them.
func (c *Conn) CopyToParquet(ctx context.Context, selectSQL string, out Output) ([]WrittenFile, error) {
	return nil, errUnfinished
}

// StubStatements create empty tables and views for planning.
func StubStatements(stubs []Stub) []string { return nil }

// PlanSettings must be set in a session before PlanSQL runs in it.
func PlanSettings(timeZone string) []string { return nil }

// PlanSQL is the query whose single value is the plan that DecodePlan reads.
func PlanSQL(sql string) string { return "" }

// DecodePlan reads the value of PlanSQL.
func DecodePlan(json string, columns []Column, timeZone string) (*Plan, error) {
	return nil, errUnfinished
}

// Plan binds and optimizes sql over stubs in a transaction that is rolled back.
func (c *Conn) Plan(ctx context.Context, sql string, stubs []Stub, params []Param, timeZone string) (*Plan, error) {
	return nil, errUnfinished
}
