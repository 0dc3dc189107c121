//go:build duckdb_arrow

package engine

import (
	"context"
	"errors"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// Describe binds selectSQL and returns the names and types of its result; no row is read.
func (c *Conn) Describe(ctx context.Context, selectSQL string) ([]Column, error) {
	prefix, sql := "DESCRIBE ", trimStatement(selectSQL)
	rows, err := c.texts(ctx, prefix+sql)
	var failed *StatementError
	if errors.As(err, &failed) && failed.Kind == Syntax {
		// DESCRIBE does not take DESCRIBE, SHOW or SUMMARIZE; a sub-query does.
		prefix = "DESCRIBE FROM (\n"
		rows, err = c.texts(ctx, prefix+sql+"\n)")
	}
	if errors.As(err, &failed) {
		failed.Position = max(failed.Position-len(prefix), -1)
	}
	if err != nil {
		return nil, err
	}
	columns := make([]Column, len(rows))
	for i, row := range rows {
		columns[i] = Column{Name: row[0], Type: row[1]}
	}
	return columns, nil
}

// texts runs sql and returns all its rows as text, NULL as "". It is for small results.
func (c *Conn) texts(ctx context.Context, sql string) ([][]string, error) {
	reader, err := c.QueryArrow(ctx, sql)
	if err != nil {
		return nil, err
	}
	defer reader.Release()
	var rows [][]string
	for reader.Next() {
		batch := reader.RecordBatch()
		for i := range int(batch.NumRows()) {
			row := make([]string, batch.NumCols())
			for j, column := range batch.Columns() {
				if text, ok := column.(*array.String); ok && !column.IsNull(i) {
					row[j] = strings.Clone(text.Value(i)) // the batch frees its memory
				} else if !column.IsNull(i) {
					row[j] = column.ValueStr(i)
				}
			}
			rows = append(rows, row)
		}
	}
	return rows, reader.Err()
}
