package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/query/render"
)

func (c *cli) queryCommand() *cobra.Command {
	var limit time.Duration
	var memory int64
	cmd := &cobra.Command{
		Use:   "query SQL",
		Short: "Answer a question in SQL",
		Long: `Answer a question in DuckDB's SQL over the tables of the catalog, by their full names.
A table as it was: FROM ns.t AT (VERSION => 123) or AT (TIMESTAMP => '2024-06-01 09:00:00').
With - the SQL is read from standard input.`,
		Example: `  hosu query "select day, revenue from marts.daily_sales order by day desc limit 7"
  hosu query -o parquet "from raw_shop.orders" > orders.parquet`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := render.ParseFormat(c.format)
			if err != nil {
				return misuse{err}
			}
			if (format == render.Parquet || format == render.Arrow) && isTerminal(c.stdout) {
				return misuse{fmt.Errorf("-o %s is not for a terminal; write it to a file: hosu query -o %s … > FILE", format, format)}
			}
			sql := args[0]
			if sql == "-" {
				text, err := io.ReadAll(cmd.InOrStdin())
				if err != nil {
					return fmt.Errorf("read the SQL from standard input: %w", err)
				}
				sql = string(text)
			}
			return c.answer(cmd, sql, format, engine.Limits{Time: limit, Memory: memory << 20})
		},
	}
	cmd.Flags().DurationVar(&limit, "timeout", 0, "end the query after this `TIME` (default: no limit)")
	cmd.Flags().Int64Var(&memory, "memory", 0, "the query's memory in `MB`")
	return cmd
}

func (c *cli) answer(cmd *cobra.Command, sql string, format render.Format, limits engine.Limits) error {
	ctx, a, err := c.open(cmd.Context())
	if err != nil {
		return err
	}
	defer a.Close()
	c.warnUnconfined(a)
	started := time.Now()
	rows, err := a.Query(ctx, query.Request{SQL: sql, Limits: limits})
	if err != nil {
		return err
	}
	defer rows.Release()
	opts := render.Options{}
	if file, ok := c.stdout.(*os.File); ok && isTerminal(file) {
		opts.Color = os.Getenv("NO_COLOR") == ""
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			opts.Width = width
		}
	}
	n, err := render.Write(c.stdout, rows, format, opts)
	if err != nil {
		return err
	}
	if format == render.Table {
		fmt.Fprintln(c.stderr, footer(n, time.Since(started), rows))
	}
	return nil
}

// footer says what an answer took.
func footer(n int64, took time.Duration, rows *query.Rows) string {
	var files, total int
	for _, t := range rows.Tables {
		files += t.Files
		total += t.FilesTotal
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s", count(n, "row", "rows"), seconds(took))
	if total > 0 {
		fmt.Fprintf(&b, ", %d of %s read", files, count(int64(total), "file", "files"))
	}
	return b.String()
}
