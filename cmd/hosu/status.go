package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
)

func (c *cli) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say where every asset stands",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, a, err := c.open(cmd.Context())
			if err != nil {
				return err
			}
			defer a.Close()
			status, err := a.Status(ctx)
			if err != nil {
				return err
			}
			if c.format == "table" {
				c.lastRun(status.Run)
			}
			rows := make([][]string, len(status.Assets))
			for i, asset := range status.Assets {
				rows[i] = []string{asset.Asset, asset.Kind, standing(asset), c.timeText(asset.Filled), filledRange(asset), lastRows(asset), why(asset)}
			}
			return c.list([]column{
				{name: "ASSET"}, {name: "KIND"}, {name: "STATUS"}, {name: "FILLED AT"}, {name: "INTERVALS"}, {name: "LAST ROWS", right: true}, {name: "NEXT"},
			}, rows, status)
		},
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

func standing(a orchestrate.AssetStatus) string {
	switch {
	case a.Last != nil && a.Last.Status != orchestrate.Succeeded:
		return string(a.Last.Status)
	case a.Filled.IsZero():
		return "never built"
	case len(a.Due) > 0 && !a.Waits:
		return "due"
	default:
		return "fresh"
	}
}

func filledRange(a orchestrate.AssetStatus) string {
	if a.From.IsZero() {
		return ""
	}
	return intervalText(a.From, a.Through)
}

func lastRows(a orchestrate.AssetStatus) string {
	if a.Last == nil || a.Kind == string(project.WriteView) {
		return ""
	}
	return thousands(a.Last.Rows)
}

func why(a orchestrate.AssetStatus) string {
	texts := make([]string, len(a.Due))
	for i, r := range a.Due {
		texts[i] = r.Text
	}
	return strings.Join(texts, "; ")
}

func (c *cli) logsCommand() *cobra.Command {
	var asset string
	cmd := &cobra.Command{
		Use:   "logs [RUN]",
		Short: "Print what the tasks of a run logged (default: the last run)",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, a, err := c.open(cmd.Context())
			if err != nil {
				return err
			}
			defer a.Close()
			filter := orchestrate.LogFilter{Asset: asset}
			if len(args) == 1 {
				filter.Run = args[0]
			}
			lines, err := a.Logs(ctx, filter)
			if err != nil {
				return err
			}
			if c.format == "table" {
				for _, l := range lines {
					fmt.Fprintf(c.stdout, "%s  %-5s  %s  %s%s\n", c.timeText(l.At), l.Level, l.Asset, l.Message, attributes(string(l.Attrs)))
				}
				return nil
			}
			rows := make([][]string, len(lines))
			for i, l := range lines {
				rows[i] = []string{c.timeText(l.At), l.Level, l.Asset, l.Message, string(l.Attrs)}
			}
			return c.list([]column{{name: "AT"}, {name: "LEVEL"}, {name: "ASSET"}, {name: "MESSAGE"}, {name: "ATTRIBUTES"}}, rows, lines)
		},
	}
	cmd.Flags().StringVar(&asset, "asset", "", "only the lines of `ASSET`")
	return cmd
}

func attributes(object string) string {
	if object == "" || object == "{}" {
		return ""
	}
	return "  " + object
}
