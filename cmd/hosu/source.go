package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hosu-io/hosu/internal/app"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/schema"
)

func (c *cli) sourceCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "source", Short: "Look at the systems that data is copied from"}
	cmd.AddCommand(c.sourceTestCommand(), c.sourceDiscoverCommand())
	return cmd
}

type sourceResult struct {
	Source string `json:"source"`
	Type   string `json:"type"`
	OK     bool   `json:"ok"`
	Tables int    `json:"tables"`
	Error  string `json:"error,omitempty"`
}

func (c *cli) sourceTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test [SOURCE...]",
		Short: "Connect to sources and check that their tables are there",
		Long: `Connect to sources and look at every table that is copied from them, without reading rows:
is it there, may it be read, are its cursor and key among its columns?`,
		Args: cobra.ArbitraryArgs,
		RunE: c.over(c.openSources, func(ctx context.Context, a *app.App, names []string) error {
			sources, err := chosenSources(a.Workspace, names)
			if err != nil {
				return err
			}
			results := make([]sourceResult, len(sources))
			rows := make([][]string, len(sources))
			failed := false
			for i, s := range sources {
				tables, err := a.TestSource(ctx, s)
				for _, t := range tables {
					err = errors.Join(err, t.Err)
				}
				results[i] = sourceResult{Source: s.Name, Type: s.Type, OK: err == nil, Tables: len(tables)}
				verdict := "ok"
				if err != nil {
					failed = true
					results[i].Error, verdict = err.Error(), oneLine(err.Error())
				}
				rows[i] = []string{s.Name, s.Type, c.number(int64(len(tables))), verdict}
			}
			err = c.list([]column{{name: "SOURCE"}, {name: "TYPE"}, {name: "TABLES", right: true}, {name: "RESULT"}}, rows, results)
			if err == nil && failed {
				err = errReported
			}
			return err
		}),
	}
}

type discoveredTable struct {
	Source  string             `json:"source"`
	Table   string             `json:"table"`
	Target  string             `json:"target,omitempty"` // the table it is copied to; empty: it is not copied
	Key     []string           `json:"key,omitempty"`
	Rows    int64              `json:"rows"` // an estimate; -1: unknown
	Columns []discoveredColumn `json:"columns"`
}

type discoveredColumn struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Required bool   `json:"required,omitempty"`
}

func (c *cli) sourceDiscoverCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "discover [SOURCE...]",
		Short: "List what sources hold: tables, keys, columns",
		Long: `List what sources hold, whether it is copied or not: tables with their keys, about how many rows,
and the columns with the types that they will have. The whole list of columns is in -o json.`,
		Args: cobra.ArbitraryArgs,
		RunE: c.over(c.openSources, func(ctx context.Context, a *app.App, names []string) error {
			sources, err := chosenSources(a.Workspace, names)
			if err != nil {
				return err
			}
			found := []discoveredTable{}
			for _, s := range sources {
				tables, err := a.DiscoverSource(ctx, s)
				if err != nil {
					return err
				}
				for _, t := range tables {
					d := discoveredTable{Source: s.Name, Table: t.Name, Target: t.Target, Key: t.Key, Rows: t.Rows}
					for _, col := range t.Columns {
						d.Columns = append(d.Columns, discoveredColumn{Name: col.Name, Type: schema.Text(col.Type), Required: col.Required})
					}
					found = append(found, d)
				}
			}
			rows := make([][]string, len(found))
			for i, d := range found {
				estimate := ""
				if d.Rows >= 0 {
					estimate = c.number(d.Rows)
				}
				columns := make([]string, len(d.Columns))
				for j, col := range d.Columns {
					columns[j] = col.Name + " " + col.Type
				}
				rows[i] = []string{d.Source, d.Table, d.Target, strings.Join(d.Key, ", "), estimate, strings.Join(columns, ", ")}
			}
			return c.list([]column{
				{name: "SOURCE"}, {name: "TABLE"}, {name: "COPIED TO"}, {name: "KEY"}, {name: "ROWS", right: true}, {name: "COLUMNS"},
			}, rows, found)
		}),
	}
}

func chosenSources(ws *project.Workspace, names []string) ([]*project.Source, error) {
	if len(ws.Sources) == 0 {
		return nil, errors.New("the workspace has no sources: describe one in sources/<name>.yaml")
	}
	if len(names) == 0 {
		return ws.Sources, nil
	}
	var chosen []*project.Source
	known := make([]string, len(ws.Sources))
	for i, s := range ws.Sources {
		known[i] = s.Name
	}
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, misuse{fmt.Errorf("there is no source %q; there are: %s", name, strings.Join(known, ", "))}
		}
		chosen = append(chosen, ws.Sources[i])
	}
	return chosen, nil
}
