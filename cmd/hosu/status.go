package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hosu-io/hosu/internal/app"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
)

func (c *cli) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say where every asset stands",
		Long: `Say where every asset stands: when it was made and of which intervals, what its last task did,
and what the next run will do with it. An asset is fresh when the next run leaves it alone
unless what it reads changes, or only looks whether its source has something new, as each run does.`,
		Args: cobra.NoArgs,
		RunE: c.over(c.open, func(ctx context.Context, a *app.App, _ []string) error {
			status, err := a.Status(ctx)
			if err != nil {
				return err
			}
			if c.format == "table" {
				c.lastRun(status.Run)
			}
			rows := make([][]string, len(status.Assets))
			for i, asset := range status.Assets {
				rows[i] = []string{
					asset.Asset, asset.Kind, strings.ReplaceAll(string(asset.Status), "_", " "), c.timeText(asset.Filled), filledRange(asset),
					c.lastRows(asset), reasons(asset.Due, asset.Waits),
				}
			}
			if empty(a.Workspace) && c.format == "table" {
				fmt.Fprintln(c.stdout, nothingThere)
				return nil
			}
			err = c.list([]column{
				{name: "ASSET"}, {name: "KIND"}, {name: "STATUS"}, {name: "FILLED AT"}, {name: "INTERVALS"}, {name: "LAST ROWS", right: true}, {name: "NEXT"},
			}, rows, status)
			if c.format == "table" {
				c.lastFailures(status)
			}
			return err
		}),
	}
}

func (c *cli) lastRun(run *orchestrate.RunInfo) {
	if run == nil {
		fmt.Fprintln(c.stdout, "Nothing has been run yet. Start with: hosu run")
		fmt.Fprintln(c.stdout)
		return
	}
	fmt.Fprintf(c.stdout, "Last run: %s, %s, %s", run.ID, run.Status, c.timeText(run.Created))
	if run.Error != "" {
		fmt.Fprintf(c.stdout, " (%s)", oneLine(run.Error))
	}
	fmt.Fprint(c.stdout, "\n\n")
}

// lastFailures says what went wrong with the assets that are not well.
func (c *cli) lastFailures(status orchestrate.StatusInfo) {
	failed := false
	for _, a := range status.Assets {
		if a.Last != nil && a.Status == orchestrate.Standing(orchestrate.Failed) {
			failed = true
			fmt.Fprintf(c.stdout, "\n%s failed:\n%s\n", a.Asset, indent(a.Last.Error))
		}
	}
	if failed {
		fmt.Fprint(c.stdout, "\nCorrect the cause, then: hosu run\n")
	}
}

func filledRange(a orchestrate.AssetStatus) string {
	if a.From.IsZero() {
		return ""
	}
	return intervalText(a.From, a.Through)
}

// lastRows is what the newest task wrote; "" when it wrote nothing.
func (c *cli) lastRows(a orchestrate.AssetStatus) string {
	if a.Last == nil || a.Last.Status != orchestrate.Succeeded || a.Last.Unchanged || a.Kind == string(project.WriteView) {
		return ""
	}
	return c.number(a.Last.Rows)
}

func (c *cli) logsCommand() *cobra.Command {
	var asset string
	cmd := &cobra.Command{
		Use:   "logs [RUN]",
		Short: "Print what the tasks of a run logged (default: the last run)",
		Args:  cobra.MaximumNArgs(1),
		RunE: c.over(c.open, func(ctx context.Context, a *app.App, args []string) error {
			filter := orchestrate.LogFilter{Asset: asset}
			if len(args) == 1 {
				filter.Run = args[0]
			}
			lines, err := a.Logs(ctx, filter)
			if err != nil {
				return err
			}
			if c.format == "table" {
				if len(lines) == 0 {
					return c.noLines(a, asset)
				}
				for _, l := range lines {
					fmt.Fprintf(c.stdout, "%s  %-5s  %s  %s%s\n", c.timeText(l.At), l.Level, l.Asset, strings.ReplaceAll(l.Message, "\n", "\n    "), attributes(l.Attrs))
				}
				return nil
			}
			rows := make([][]string, len(lines))
			for i, l := range lines {
				rows[i] = []string{c.timeText(l.At), l.Level, l.Asset, l.Message, string(l.Attrs)}
			}
			return c.list([]column{{name: "AT"}, {name: "LEVEL"}, {name: "ASSET"}, {name: "MESSAGE"}, {name: "ATTRIBUTES"}}, rows, lines)
		}),
	}
	cmd.Flags().StringVar(&asset, "asset", "", "only the lines of `ASSET`")
	return cmd
}

// noLines explains logs without a line.
func (c *cli) noLines(a *app.App, asset string) error {
	if asset == "" {
		fmt.Fprintln(c.stdout, "The run logged nothing.")
		return nil
	}
	if _, err := a.Workspace.Graph.Select(asset); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "The run logged nothing of %s.\n", asset)
	return nil
}

// attributes is a JSON object as key=value, sorted by key.
func attributes(object json.RawMessage) string {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(object, &values); err != nil || len(values) == 0 {
		return ""
	}
	var text strings.Builder
	text.WriteByte(' ')
	for _, key := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&text, " %s=%s", key, values[key])
	}
	return text.String()
}
