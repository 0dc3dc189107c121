package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hosu-io/hosu/internal/app"
)

func (c *cli) tableCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "table", Short: "Look at tables: list, columns, versions, files"}
	cmd.AddCommand(c.tableListCommand(), c.tableShowCommand(), c.tableHistoryCommand(), c.tableFilesCommand())
	return cmd
}

func (c *cli) tableListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "ls [NAMESPACE]",
		Aliases: []string{"list"},
		Short:   "List tables and views",
		Args:    cobra.MaximumNArgs(1),
		RunE: c.over(c.open, func(ctx context.Context, a *app.App, args []string) error {
			tables, err := a.Tables(ctx, strings.Join(args, ""))
			if err != nil {
				return err
			}
			if len(tables) == 0 && len(args) > 0 {
				return fmt.Errorf("there are no tables in namespace %s; list all with: hosu table ls", args[0])
			}
			if len(tables) == 0 && c.format == "table" {
				fmt.Fprintln(c.stdout, "There are no tables yet. Fill them with: hosu run")
				return nil
			}
			rows := make([][]string, len(tables))
			for i, t := range tables {
				rows[i] = []string{t.Name, t.Kind, "", "", "", c.timeText(t.UpdatedAt)}
				if t.Kind == "table" {
					rows[i][2], rows[i][3], rows[i][4] = c.number(t.Rows), c.size(t.Bytes), c.number(t.Files)
				}
			}
			return c.list([]column{
				{name: "TABLE"}, {name: "KIND"}, {name: "ROWS", right: true}, {name: "SIZE", right: true}, {name: "FILES", right: true}, {name: "UPDATED"},
			}, rows, tables)
		}),
	}
}

func (c *cli) tableShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show TABLE",
		Short: "Describe a table: columns, size, where it comes from and who reads it",
		Args:  cobra.ExactArgs(1),
		RunE: c.over(c.open, func(ctx context.Context, a *app.App, args []string) error {
			d, err := a.Table(ctx, args[0])
			if err != nil {
				return err
			}
			if c.format == "table" {
				fact := func(name, value string) {
					if value != "" {
						fmt.Fprintf(c.stdout, "%-12s %s\n", name, value)
					}
				}
				fmt.Fprintf(c.stdout, "%s (%s)\n", d.Name, d.Kind)
				fact("", d.Description)
				if d.Kind == "table" {
					fact("rows", thousands(d.Rows))
					fact("size", fmt.Sprintf("%s in %s", bytesText(d.Bytes), count(d.Files, "file", "files")))
				}
				fact("updated", c.timeText(d.UpdatedAt))
				fact("owner", d.Owner)
				if d.MadeBy != nil {
					fact("made by", d.MadeBy.File)
				}
				fact("reads", strings.Join(d.Reads, ", "))
				fact("read by", strings.Join(d.ReadBy, ", "))
				fact("partition", strings.Join(d.Partition, ", "))
				fact("location", d.Location)
				fmt.Fprintln(c.stdout)
			}
			rows := make([][]string, len(d.Columns))
			for i, col := range d.Columns {
				required := ""
				if col.Required {
					required = "yes"
				}
				rows[i] = []string{col.Name, col.Type, required, col.Doc}
			}
			return c.list([]column{{name: "COLUMN"}, {name: "TYPE"}, {name: "REQUIRED"}, {name: "DESCRIPTION"}}, rows, d)
		}),
	}
}

func (c *cli) tableHistoryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "history TABLE",
		Short: "List the versions of a table, newest first",
		Long: `List the versions of a table, newest first. Query one of them with
  FROM namespace.table AT (VERSION => ID)
or the table as it was at a time with
  FROM namespace.table AT (TIMESTAMP => '2024-06-01 09:00:00')
Times without a zone are, here and there, those of the workspace's time zone.`,
		Args: cobra.ExactArgs(1),
		RunE: c.over(c.open, func(ctx context.Context, a *app.App, args []string) error {
			versions, err := a.Snapshots(ctx, args[0])
			if err != nil {
				return err
			}
			rows := make([][]string, len(versions))
			for i, v := range versions {
				current := ""
				if v.Current {
					current = "yes"
				}
				rows[i] = []string{fmt.Sprint(v.ID), c.timeAs(v.At, "2006-01-02 15:04:05.000"), v.Operation, c.number(v.Added), c.number(v.Deleted), c.number(v.Rows), current}
			}
			return c.list([]column{
				{name: "VERSION"}, {name: "AT"}, {name: "OPERATION"}, {name: "ADDED", right: true}, {name: "DELETED", right: true}, {name: "ROWS", right: true}, {name: "CURRENT"},
			}, rows, versions)
		}),
	}
}

func (c *cli) tableFilesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "files TABLE",
		Short: "List the data files of a table",
		Args:  cobra.ExactArgs(1),
		RunE: c.over(c.open, func(ctx context.Context, a *app.App, args []string) error {
			files, err := a.Files(ctx, args[0])
			if err != nil {
				return err
			}
			rows := make([][]string, len(files))
			for i, f := range files {
				rows[i] = []string{f.Path, c.number(f.Rows), c.size(f.Bytes)}
			}
			return c.list([]column{{name: "FILE"}, {name: "ROWS", right: true}, {name: "SIZE", right: true}}, rows, files)
		}),
	}
}
