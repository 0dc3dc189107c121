package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/hosu-io/hosu/internal/app"
)

func (c *cli) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Make a new workspace",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := c.dir
			if len(args) == 1 {
				dir = args[0]
			}
			files, err := app.Init(dir)
			if err != nil {
				return err
			}
			for _, name := range files {
				fmt.Fprintln(c.stdout, "made", name)
			}
			fmt.Fprintf(c.stdout, "\nNext: describe a source in sources/, then\n  hosu -C %s source test\n  hosu -C %s run\n", dir, dir)
			return nil
		},
	}
}

func (c *cli) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check the files of the workspace; nothing is run",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ws, err := app.Load(cmd.Context(), c.appOptions())
			if err != nil {
				return err
			}
			summary := struct {
				Name    string `json:"name"`
				Sources int    `json:"sources"`
				Models  int    `json:"models"`
				Checks  int    `json:"checks"`
				Assets  int    `json:"assets"`
			}{ws.Name, len(ws.Sources), len(ws.Models), len(ws.Checks), len(ws.Graph.Assets())}
			if c.format == "json" {
				return c.json(summary)
			}
			fmt.Fprintf(c.stdout, "%s is fine: %s, %s, %s.\n", ws.Name, count(int64(summary.Sources), "source", "sources"),
				count(int64(summary.Models), "model", "models"), count(int64(summary.Checks), "check", "checks"))
			return nil
		},
	}
}

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info := struct {
				Version string `json:"version"`
				Go      string `json:"go"`
				Target  string `json:"target"`
			}{version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			if c.format == "json" {
				return c.json(info)
			}
			fmt.Fprintf(c.stdout, "hosu %s (%s, %s)\n", info.Version, info.Go, info.Target)
			return nil
		},
	}
}
