package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hosu-io/hosu/internal/app"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
)

func (c *cli) planCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "plan [SELECTOR...]",
		Short: "Say what a run would do, and why",
		Long: `Say which assets a run would bring up to date, for which intervals, and why. Nothing is run.

` + selectorHelp,
		Args: cobra.ArbitraryArgs,
		RunE: c.over(c.openSources, func(ctx context.Context, a *app.App, selectors []string) error {
			tasks, err := a.Plan(ctx, orchestrate.Request{Selectors: selectors})
			if err != nil && len(tasks) == 0 {
				return err
			}
			if len(tasks) == 0 && c.format == "table" {
				if err == nil && empty(a.Workspace) {
					fmt.Fprintln(c.stdout, nothingThere)
				} else if err == nil {
					fmt.Fprintln(c.stdout, "Everything is up to date.")
				}
				return err
			}
			rows := make([][]string, len(tasks))
			for i, t := range tasks {
				interval := ""
				if !t.Start.IsZero() {
					interval = intervalText(t.Start, t.End)
				}
				rows[i] = []string{t.Asset, t.Kind, interval, reasons(t.Reasons, t.IfChanged)}
			}
			return errors.Join(c.list([]column{{name: "ASSET"}, {name: "KIND"}, {name: "INTERVAL"}, {name: "WHY"}}, rows, tasks), err)
		}),
	}
}

// empty says that a workspace describes nothing to run.
func empty(ws *project.Workspace) bool { return len(ws.Sources)+len(ws.Models) == 0 }

// nothingThere is said of an empty workspace.
const nothingThere = "The workspace has nothing to run yet: describe a source in sources/NAME.yaml, or write a model as models/NAMESPACE/NAME.sql."

const selectorHelp = `A selector is a name (marts.daily_sales), a pattern (marts.*), a tag (tag:kpi), a source
(source:shop: its tables), or one of these with + before it (and everything it needs) or
behind it (and everything that needs it). Several selectors add up; none is everything.`

// reasons is why an asset is worked on, in a few words: what went wrong the last time is told elsewhere.
func reasons(list []orchestrate.Reason, ifChanged bool) string {
	var texts []string
	add := func(text string) {
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if ifChanged {
		for _, r := range list {
			if r.Input != "" {
				add(r.Input)
			}
		}
		if len(texts) > 0 {
			return "if " + strings.Join(texts, " or ") + " changes"
		}
	}
	for _, r := range list {
		if r.Code == orchestrate.LastFailed {
			add("the last attempt failed")
		} else {
			add(r.Text)
		}
	}
	return strings.Join(texts, "; ")
}

func (c *cli) runCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run [SELECTOR...]",
		Short: "Bring assets up to date",
		Long: `Copy what is new from the sources, build what depends on it, check it and publish it.
A run that was killed is continued by the next one; nothing that is done is done again.

` + selectorHelp,
		Example: `  hosu run
  hosu run +marts.daily_sales        # and everything it needs
  hosu run source:shop`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, selectors []string) error {
			return c.bringUpToDate(cmd, orchestrate.Request{Selectors: selectors})
		},
	}
}

func (c *cli) backfillCommand() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "backfill SELECTOR...",
		Short: "Fill intervals again, or whole assets",
		Long: `Fill again what is filled already: the intervals between --from and --to, or without
them the assets as a whole. Source tables are copied anew, with the types that the source
has now. Models that append do not append again what they have.

` + selectorHelp,
		Example: `  hosu backfill marts.daily_sales --from 2024-01-01 --to 2024-02-01
  hosu backfill raw_shop.orders`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, selectors []string) error {
			req := orchestrate.Request{Selectors: selectors, Force: true}
			var err error
			if req.From, err = c.parseDay(cmd, "from", from); err != nil {
				return err
			}
			if req.To, err = c.parseDay(cmd, "to", to); err != nil {
				return err
			}
			if from != "" && to != "" && !req.From.Before(req.To) {
				return misuse{fmt.Errorf("--from %s is not before --to %s; --to is the day behind the last one", from, to)}
			}
			return c.bringUpToDate(cmd, req)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the first `DAY` to fill again, in the workspace's time zone")
	cmd.Flags().StringVar(&to, "to", "", "the `DAY` behind the last one to fill again")
	return cmd
}

// parseDay reads a day or a moment in the workspace's time zone.
func (c *cli) parseDay(cmd *cobra.Command, flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime, time.RFC3339} {
		if _, err := time.Parse(layout, text); err != nil {
			continue
		}
		location, err := app.Location(cmd.Context(), c.appOptions())
		if err != nil {
			return time.Time{}, err
		}
		return time.ParseInLocation(layout, text, location)
	}
	return time.Time{}, misuse{fmt.Errorf("--%s %q: want a day such as 2024-01-31, or a time such as \"2024-01-31 09:00\"", flag, text)}
}

func (c *cli) retryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "retry",
		Short: "Run again what failed in the last run, and what waited for it",
		Long: `Run again the assets that failed in the last run, were cancelled, or waited for such a one. Correct the
cause first: what fails for good was not tried again by the run itself.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, a, err := c.open(cmd.Context())
			if err != nil {
				return err
			}
			req, err := a.Retry(cmd.Context())
			a.Close()
			nothing := errors.Is(err, orchestrate.ErrNothingFailed) || errors.Is(err, orchestrate.ErrNotFound)
			if err != nil && !nothing {
				return err
			}
			if nothing {
				if c.format != "table" {
					return c.printRun(app.RunResult{})
				}
				fmt.Fprintln(c.stdout, "Nothing failed in the last run.")
				return nil
			}
			return c.bringUpToDate(cmd, req)
		},
	}
}

func (c *cli) bringUpToDate(cmd *cobra.Command, req orchestrate.Request) error {
	show := newProgress(c.stderr)
	opts := c.appOptions()
	opts.Observe = show.observe
	ctx, a, err := c.openApp(cmd.Context(), opts)
	if err != nil {
		show.close()
		return err
	}
	defer a.Close()
	c.warnUnconfined(a)
	show.zone = c.zone
	result, err := a.Run(ctx, req)
	show.close()
	if err != nil && !errors.Is(err, orchestrate.ErrFailed) {
		return err
	}
	switch {
	case c.format != "table":
		if err := c.printRun(result); err != nil {
			return err
		}
	case err == nil && req.Force && result.Run.Status == orchestrate.Succeeded && len(result.Tasks) == 0:
		reason := "a model that appends keeps what it has"
		if !req.From.IsZero() || !req.To.IsZero() {
			reason = "none of the intervals is between --from and --to"
		}
		fmt.Fprintf(c.stdout, "Nothing was filled again: %s.\n", reason)
	case err == nil && req.Force && result.Run.Status == orchestrate.Succeeded && result.Idle():
		fmt.Fprintf(c.stdout, "Filled again, and every row is as it was: no table was changed (%s).\n", seconds(result.Run.Finished.Sub(result.Run.Started)))
	default:
		c.summarize(result)
	}
	if err != nil {
		return errReported
	}
	return nil
}

// printRun prints a run for programs: its tasks, or with JSON everything.
func (c *cli) printRun(result app.RunResult) error {
	if result.Tasks == nil {
		result.Tasks = []orchestrate.TaskInfo{}
	}
	rows := make([][]string, len(result.Tasks))
	for i, t := range result.Tasks {
		interval := ""
		if !t.Start.IsZero() {
			interval = intervalText(t.Start, t.End)
		}
		rows[i] = []string{t.Asset, interval, verdict(t), strconv.FormatInt(t.Rows, 10), strconv.FormatInt(t.Bytes, 10), t.Note, t.Error}
	}
	return c.list([]column{
		{name: "ASSET"}, {name: "INTERVAL"}, {name: "STATUS"}, {name: "ROWS"}, {name: "BYTES"}, {name: "NOTE"}, {name: "ERROR"},
	}, rows, result)
}

func (c *cli) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel",
		Short: "Stop the run at work, in whichever process",
		Long: `Ask the run at work to stop, in whichever process it is; it does within a few seconds. What it has
published stays, and the next run continues.`,
		Args: cobra.NoArgs,
		RunE: c.over(c.open, func(ctx context.Context, a *app.App, _ []string) error {
			run, err := a.Cancel(ctx)
			if err != nil {
				return err
			}
			if c.format != "table" {
				return c.list([]column{{name: "RUN"}, {name: "STATUS"}}, [][]string{{run.ID, string(run.Status)}}, run)
			}
			fmt.Fprintf(c.stdout, "Run %s was asked to stop.\n", run.ID)
			return nil
		}),
	}
}

// warnUnconfined says so when the kernel does not hold people's SQL back.
func (c *cli) warnUnconfined(a *app.App) {
	if missing := a.Unconfined(); missing != "" {
		fmt.Fprintln(c.stderr, "hosu: warning:", missing)
	}
}

func (c *cli) summarize(result app.RunResult) {
	took := result.Run.Finished.Sub(result.Run.Started)
	if result.Assets == 0 && result.Run.Status == orchestrate.Succeeded {
		fmt.Fprintln(c.stdout, nothingThere)
		return
	}
	if result.Run.Status == orchestrate.Succeeded && result.Idle() && len(result.Checks) == 0 && len(result.Unreached) == 0 {
		all := "the asset is"
		if result.Assets != 1 {
			all = "all " + count(int64(result.Assets), "asset", "assets") + " are"
		}
		fmt.Fprintf(c.stdout, "Nothing new: %s up to date, no table was changed (%s).\n", all, seconds(took))
		return
	}
	counts := map[orchestrate.Status]int{}
	var rows int64
	for _, t := range result.Tasks {
		counts[t.Status]++
		rows += t.Rows
	}
	fmt.Fprintf(c.stdout, "Run %s %s in %s: %d done", result.Run.ID, result.Run.Status, seconds(took), counts[orchestrate.Succeeded])
	for _, status := range []orchestrate.Status{orchestrate.Failed, orchestrate.Skipped, orchestrate.Cancelled} {
		if n := counts[status]; n > 0 {
			fmt.Fprintf(c.stdout, ", %d %s", n, status)
		}
	}
	fmt.Fprintf(c.stdout, ", %d up to date already, %s written.\n", result.Fresh, count(rows, "row", "rows"))
	for _, t := range result.Tasks {
		switch {
		case t.Status == orchestrate.Failed:
			fmt.Fprintf(c.stdout, "\n%s failed:\n%s\n", t.Asset, indent(t.Error))
		case strings.Contains(t.Note, "\n"):
			fmt.Fprintf(c.stdout, "\n%s:\n%s\n", t.Asset, indent(t.Note))
		}
	}
	for _, s := range result.Unreached {
		fmt.Fprintf(c.stdout, "\nWhat is behind the \"*\" of source %s is not known:\n%s\n", s.Source, indent(s.Error))
	}
	for _, check := range result.Checks {
		if !check.Passed {
			fmt.Fprintf(c.stdout, "\n%s\n", check.Message)
		}
	}
	switch {
	case result.Run.Status == orchestrate.Succeeded:
	case counts[orchestrate.Succeeded] == len(result.Tasks): // no log knows more than was just said
		fmt.Fprint(c.stdout, "\nCorrect it, then: hosu retry\n")
	default:
		fmt.Fprintf(c.stdout, "\nSee: hosu logs %s    Then: hosu retry\n", result.Run.ID)
	}
}

func indent(s string) string { return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ") }
