//go:build duckdb_arrow

package engine

import (
	"context"
	"fmt"
	"os"
)

// CopyToParquet writes the rows of selectSQL as Parquet files directly in out.Dir and describes them; with no rows there
// is no file. Without out.Sort the order of the rows is not kept. After an error the folder may
// hold part of the files.
func (c *Conn) CopyToParquet(ctx context.Context, selectSQL string, out Output) ([]WrittenFile, error) {
	result, err := c.Describe(ctx, selectSQL)
	if err != nil {
		return nil, err
	}
	sql, err := CopySQL(selectSQL, result, out)
	if err != nil {
		return nil, err
	}
	rows, err := c.QueryArrow(ctx, sql)
	if err != nil {
		return nil, err
	}
	defer rows.Release()
	all, err := ReadCopyStats(rows, out)
	if err != nil {
		return nil, err
	}
	files := all[:0]
	for _, f := range all {
		if f.Rows > 0 {
			files = append(files, f)
		} else if err := os.Remove(f.Path); err != nil {
			return nil, fmt.Errorf("remove the empty file that COPY made: %w", err)
		}
	}
	return files, nil
}
