package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

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
A table as it was: FROM ns.t AT (VERSION => 123) or AT (TIMESTAMP => '2024-06-01 09:00:00');
its versions are listed by: hosu table history ns.t
With - the SQL is read from standard input.`,
		Example: `  hosu query "select day, revenue from marts.daily_sales order by day desc limit 7"
  hosu query -o parquet "from raw_shop.orders" > orders.parquet
  hosu query - < report.sql`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			format := render.Format(c.format)
			if format.Binary() && isTerminal(c.stdout) {
				return misuse{fmt.Errorf("-o %s is not for a terminal; write it to a file: hosu query -o %s … > FILE", format, format)}
			}
			if err := checkTimeout(cmd, limit); err != nil {
				return err
			}
			if memory < 0 || memory == 0 && cmd.Flags().Changed("memory") {
				return misuse{fmt.Errorf("--memory %d: want a number of MB above 0", memory)}
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

// checkTimeout refuses times that are none. What runs statements takes them for no limit at all.
func checkTimeout(cmd *cobra.Command, limit time.Duration) error {
	if limit < 0 || limit == 0 && cmd.Flags().Changed("timeout") {
		return misuse{fmt.Errorf("--timeout %s: want a time above 0, such as 30s", limit)}
	}
	return nil
}

func (c *cli) answer(cmd *cobra.Command, sql string, format render.Format, limits engine.Limits) error {
	ctx, a, err := c.open(cmd.Context())
	if err != nil {
		return err
	}
	defer a.Close()
	c.warnUnconfined(a)
	return c.rows(format, sql, limits, func() (*query.Rows, error) { return a.Query(ctx, query.Request{SQL: sql, Limits: limits}) })
}

// rows prints what run returns. Errors are explained in sql, the text that a person wrote; "" when nobody did.
func (c *cli) rows(format render.Format, sql string, limits engine.Limits, run func() (*query.Rows, error)) error {
	started := time.Now()
	rows, err := run()
	if err != nil {
		return explainQuery(err, sql, limits)
	}
	defer rows.Release()
	if _, err := render.Write(c.stdout, rows, format, c.renderOptions()); err != nil {
		return explainQuery(err, sql, limits)
	}
	if format == render.Table {
		fmt.Fprintln(c.stderr, footer(time.Since(started), rows))
	}
	return nil
}

// renderOptions suit where the output goes.
func (c *cli) renderOptions() render.Options {
	opts := render.Options{}
	if width := c.width(); width > 0 {
		opts.Color, opts.Width = os.Getenv("NO_COLOR") == "", width
	}
	return opts
}

// explainQuery says where in the text an error is, and which limit was exceeded.
func explainQuery(err error, sql string, limits engine.Limits) error {
	var statement *engine.StatementError
	switch {
	case !errors.As(err, &statement):
		return err
	case statement.Kind == engine.Timeout && limits.Time > 0:
		return fmt.Errorf("the query ran longer than --timeout %s, and was ended", limits.Time)
	case statement.Position < 0 || statement.Position > len(sql) || strings.TrimSpace(sql) == "":
		return err
	}
	before, after := sql[:statement.Position], sql[statement.Position:]
	start := before[strings.LastIndexByte(before, '\n')+1:]
	rest, _, _ := strings.Cut(after, "\n")
	line := 1 + strings.Count(before, "\n")
	place := ""
	if strings.Contains(strings.TrimSpace(sql), "\n") {
		place = fmt.Sprintf("line %d: ", line)
	}
	// A tab is as wide in the line of the mark as in the one above it.
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, start)
	indent += strings.Repeat(" ", max(0, cells(start)-len([]rune(start))))
	return fmt.Errorf("%w\n  %s%s%s\n  %s%s^", err, place, start, rest, strings.Repeat(" ", len(place)), indent)
}

// footer says what an answer took.
func footer(took time.Duration, rows *query.Rows) string {
	var files, total int
	for _, t := range rows.Tables {
		files += t.Files
		total += t.FilesTotal
	}
	var b strings.Builder
	b.WriteString(seconds(took))
	if total > 0 {
		fmt.Fprintf(&b, ", read %s of %s", thousands(int64(files)), count(int64(total), "file", "files"))
	}
	return b.String()
}
