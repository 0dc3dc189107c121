package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hosu-io/hosu/internal/app"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/quality"
)

func (c *cli) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Make a new workspace",
		Long: `Make a new workspace: a folder with a hosu.yaml, and folders for sources, models, checks,
metrics and dashboards.
Nothing that is there already is changed.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := c.dir
			if len(args) == 1 {
				dir = args[0]
			}
			files, err := app.Init(dir)
			if err != nil {
				return err
			}
			if c.format != "table" {
				rows := make([][]string, len(files))
				for i, name := range files {
					rows[i] = []string{name}
				}
				return c.list([]column{{name: "FILE"}}, rows, struct {
					Files []string `json:"files"`
				}{files})
			}
			for _, name := range files {
				fmt.Fprintln(c.stdout, "made", name)
			}
			hosu := "hosu"
			if dir != "." {
				hosu += " -C " + dir
			}
			fmt.Fprintf(c.stdout, "\nNext: describe a source in %s, then\n  %s source test\n  %s run\n", filepath.Join(dir, "sources", "NAME.yaml"), hosu, hosu)
			return nil
		},
	}
}

func (c *cli) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check the files of the workspace; nothing is run",
		Long: `Check the files of the workspace and print everything that is wrong with them, each problem with
its file and line. Nothing is run and no source is asked.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ws, err := app.Load(cmd.Context(), c.appOptions())
			if problems := (*project.Errors)(nil); errors.As(err, &problems) && c.format != "table" {
				return errors.Join(c.printProblems(problems.Problems), errReported)
			} else if err != nil {
				return err
			}
			if c.format != "table" {
				return c.printProblems(nil)
			}
			if empty(ws) {
				fmt.Fprintf(c.stdout, "%s is fine, and empty. %s\n", ws.Name, nothingThere)
				return nil
			}
			parts := []string{
				count(int64(len(ws.Sources)), "source", "sources"), count(int64(len(ws.Models)), "model", "models"),
				count(int64(checks(ws)), "check", "checks"),
			}
			metrics := 0
			for _, file := range ws.Metrics {
				metrics += len(file.Metrics)
			}
			if metrics > 0 {
				parts = append(parts, count(int64(metrics), "metric", "metrics"))
			}
			if len(ws.Dashboards) > 0 {
				parts = append(parts, count(int64(len(ws.Dashboards)), "dashboard", "dashboards"))
			}
			fmt.Fprintf(c.stdout, "%s is fine: %s.\n", ws.Name, strings.Join(parts, ", "))
			return nil
		},
	}
}

// checks counts the queries that must return no rows, wherever they are written.
func checks(ws *project.Workspace) int {
	n := len(ws.Checks)
	for _, m := range ws.Models {
		n += len(quality.Checks(m))
	}
	return n
}

// printProblems is what is wrong with a workspace, for editors and other programs.
func (c *cli) printProblems(list []project.Problem) error {
	type problem struct {
		File    string `json:"file"`
		Line    int    `json:"line,omitempty"`
		Column  int    `json:"column,omitempty"`
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
	}
	value := struct {
		OK       bool      `json:"ok"`
		Problems []problem `json:"problems"`
	}{len(list) == 0, make([]problem, len(list))}
	rows := make([][]string, len(list))
	for i, p := range list {
		value.Problems[i] = problem{p.Pos.File, p.Pos.Line, p.Pos.Column, p.Message, p.Hint}
		rows[i] = []string{p.Pos.File, strconv.Itoa(p.Pos.Line), strconv.Itoa(p.Pos.Column), p.Message, p.Hint}
	}
	return c.list([]column{{name: "FILE"}, {name: "LINE"}, {name: "COLUMN"}, {name: "MESSAGE"}, {name: "HINT"}}, rows, value)
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
			if c.format != "table" {
				return c.list([]column{{name: "VERSION"}, {name: "GO"}, {name: "TARGET"}}, [][]string{{info.Version, info.Go, info.Target}}, info)
			}
			fmt.Fprintf(c.stdout, "hosu %s (%s, %s)\n", info.Version, info.Go, info.Target)
			return nil
		},
	}
}
