package lake

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/engine"
)

// withRelations puts relations in front of a query, which calls them by name. They are never materialized,
// so that filters reach the files and memory stays flat.
func withRelations(sql string, relations []engine.Relation) (string, error) {
	var tables []string
	for _, r := range relations {
		rows, err := r.Select()
		if err != nil {
			return "", fmt.Errorf("read the files of %s: %w", r.Name, err)
		}
		tables = append(tables, engine.QuoteIdent(r.Name)+" AS NOT MATERIALIZED ("+rows+")")
	}
	return "WITH " + strings.Join(tables, ", ") + " " + sql, nil
}

// query runs the lake's own SQL for a small result, whose values come as text; nil is NULL.
func (l *Lake) query(ctx context.Context, sql string, relations ...engine.Relation) ([][]*string, error) {
	sql, err := withRelations("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ("+sql+")", relations)
	if err != nil {
		return nil, err
	}
	reader, err := l.engine.QueryArrow(ctx, sql)
	if err != nil {
		return nil, err
	}
	defer reader.Release()
	var rows [][]*string
	for reader.Next() {
		batch := reader.RecordBatch()
		for i := range int(batch.NumRows()) {
			row := make([]*string, batch.NumCols())
			for j, column := range batch.Columns() {
				text, ok := column.(*array.String)
				if !ok {
					return nil, fmt.Errorf("column %d of the result is %s, not text", j, column.DataType())
				}
				if !text.IsNull(i) {
					value := strings.Clone(text.Value(i)) // the batch's memory ends with it
					row[j] = &value
				}
			}
			rows = append(rows, row)
		}
	}
	return rows, reader.Err()
}

// write writes the rows of the lake's own SQL as Parquet files.
func (l *Lake) write(ctx context.Context, sql string, out engine.Output, relations ...engine.Relation) ([]engine.WrittenFile, error) {
	sql, err := withRelations(sql, relations)
	if err != nil {
		return nil, err
	}
	return l.engine.CopyToParquet(ctx, sql, out)
}

// copyRows streams an Arrow reader into the files of a target. The reader stays the caller's to release.
func (l *Lake) copyRows(ctx context.Context, rows array.RecordReader, t *Target) ([]engine.WrittenFile, error) {
	view := "rows_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	release, err := l.engine.RegisterReader(view, rows)
	if err != nil {
		return nil, err
	}
	defer release()
	files, err := l.engine.CopyToParquet(ctx, "SELECT * FROM "+engine.QuoteIdent(view), t.Output)
	if err == nil {
		err = rows.Err() // an error at the very end may look like an end of rows
	}
	return files, err
}
