package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hosu-io/hosu/internal/app"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/query/render"
)

func (c *cli) metricCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "metric", Short: "List metrics and ask for their values"}
	cmd.AddCommand(c.metricListCommand(), c.metricQueryCommand())
	return cmd
}

func (c *cli) metricListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list"},
		Short:   "List metrics and their dimensions",
		Args:    cobra.NoArgs,
		RunE: c.over(c.open, func(_ context.Context, a *app.App, _ []string) error {
			set, err := a.Metrics()
			if err != nil {
				return err
			}
			if len(set.Metrics()) == 0 && c.format == "table" {
				fmt.Fprintln(c.stdout, "There are no metrics yet. Define some in metrics/NAME.yaml")
				return nil
			}
			type entry struct {
				*metric.Metric
				File string `json:"file"`
				Line int    `json:"line"`
			}
			list := []entry{}
			var rows [][]string
			for _, m := range set.Metrics() {
				list = append(list, entry{m, m.Pos.File, m.Pos.Line})
				var dims []string
				for _, d := range m.Dimensions {
					dims = append(dims, d.Name)
				}
				rows = append(rows, []string{m.Name, m.Label.In("en"), string(m.Kind), m.Format, strings.Join(dims, " "), fmt.Sprintf("%s:%d", m.Pos.File, m.Pos.Line)})
			}
			return c.list([]column{{name: "METRIC"}, {name: "LABEL"}, {name: "KIND"}, {name: "FORMAT"}, {name: "DIMENSIONS"}, {name: "DEFINED AT"}}, rows, list)
		}),
	}
}

// metricFlags are those of hosu metric query.
type metricFlags struct {
	by       []string
	grain    string
	from, to string
	where    []string
	compare  bool
	order    string
	desc     bool
	limit    int
	sql      bool
	timeout  time.Duration
}

// defaultDays is how many days before today are asked about when no range is given.
const defaultDays = 28

func (c *cli) metricQueryCommand() *cobra.Command {
	var f metricFlags
	cmd := &cobra.Command{
		Use:   "query METRIC...",
		Short: "Ask for the values of metrics",
		Long: `Ask for the values of metrics over a range of days, broken down by dimensions and by day, week or
month. Weeks begin on Monday; all are those of the workspace's time zone. The metrics and their
dimensions are listed by: hosu metric ls`,
		Example: `  hosu metric query revenue orders --by product.category --grain month --from 2026-01-01 --to 2026-04-01
  hosu metric query revenue --where region=서울 --where region=부산 --compare
  hosu metric query mau --grain day --sql`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			format := render.Format(c.format)
			if format.Binary() && isTerminal(c.stdout) {
				return misuse{fmt.Errorf("-o %s is not for a terminal; write it to a file: hosu metric query -o %s … > FILE", format, format)}
			}
			if err := checkTimeout(cmd, f.timeout); err != nil {
				return err
			}
			q, err := f.query(args)
			if err != nil {
				return err
			}
			return c.answerMetrics(cmd, f, q, format)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.by, "by", nil, "break down by this `DIMENSION`; may be given more than once")
	flags.StringVar(&f.grain, "grain", "", "a row for each `PERIOD`: day, week or month (default: one for the whole range)")
	flags.StringVar(&f.from, "from", "", fmt.Sprintf("the first `DAY` (default: %d days before --to)", defaultDays))
	flags.StringVar(&f.to, "to", "", "the `DAY` after the last (default: today)")
	flags.StringArrayVar(&f.where, "where", nil, "only rows with `DIMENSION=VALUE`; several values of one dimension are alternatives, and DIMENSION= is no value")
	flags.BoolVar(&f.compare, "compare", false, "add the values of the period before: the months before whole months, as many days otherwise")
	flags.StringVar(&f.order, "order", "", "order by this `COLUMN` of the result")
	flags.BoolVar(&f.desc, "desc", false, "with --order: the greatest first")
	flags.IntVar(&f.limit, "limit", 0, "at most `N` rows; with --grain and --by the N greatest combinations")
	flags.BoolVar(&f.sql, "sql", false, "print the SQL instead of running it")
	flags.DurationVar(&f.timeout, "timeout", 0, "end the query after this `TIME` (default: no limit)")
	return cmd
}

// query is the question that the flags put; days that are not given are left out.
func (f metricFlags) query(metrics []string) (metric.Query, error) {
	q := metric.Query{
		Metrics: metrics, By: f.by, Grain: metric.Grain(f.grain), Compare: f.compare, Order: f.order, Descending: f.desc, Limit: f.limit,
	}
	for _, end := range []struct {
		flag, text string
		day        *time.Time
	}{{"from", f.from, &q.From}, {"to", f.to, &q.To}} {
		if end.text == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, end.text)
		if err != nil {
			return q, misuse{fmt.Errorf("--%s %q: want a day such as 2024-01-31", end.flag, end.text)}
		}
		*end.day = day
	}
	for _, text := range f.where {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return q, misuse{fmt.Errorf("--where %q: want DIMENSION=VALUE", text)}
		}
		at := slices.IndexFunc(q.Where, func(w metric.Filter) bool { return w.Dimension == name })
		if at < 0 {
			q.Where = append(q.Where, metric.Filter{Dimension: name})
			at = len(q.Where) - 1
		}
		q.Where[at].In = append(q.Where[at].In, value)
	}
	if f.desc && f.order == "" {
		return q, misuse{errors.New("--desc wants --order")}
	}
	return q, nil
}

// wholeRange completes a range of days, which are midnights in UTC, by what the flags say that it is when an end is not given. Of a
// range that begins today or later it is the first day.
func wholeRange(from, to, now time.Time) (time.Time, time.Time) {
	if to.IsZero() {
		to = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
		if !from.Before(to) {
			to = from.AddDate(0, 0, 1)
		}
	}
	if from.IsZero() {
		from = to.AddDate(0, 0, -defaultDays)
	}
	return from, to
}

func (c *cli) answerMetrics(cmd *cobra.Command, f metricFlags, q metric.Query, format render.Format) error {
	ctx, a, err := c.open(cmd.Context())
	if err != nil {
		return err
	}
	defer a.Close()
	q.From, q.To = wholeRange(q.From, q.To, time.Now().In(c.zone))
	set, err := a.Metrics()
	if err != nil {
		return err
	}
	statement, err := set.Compile(q)
	if wrong := (*metric.QueryError)(nil); errors.As(err, &wrong) {
		return misuse{wrong}
	} else if err != nil {
		return err
	}
	if f.sql {
		_, err := fmt.Fprintln(c.stdout, statement.SQL)
		return err
	}
	c.warnUnconfined(a)
	limits := engine.Limits{Time: f.timeout}
	return c.rows(format, "", limits, func() (*query.Rows, error) { return a.MetricQuery(ctx, statement, limits) })
}
