package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"
)

// column is a column of a listing; right-aligned ones hold numbers.
type column struct {
	name  string
	right bool
}

// list prints rows as the -o flag asks: a table for people, value as JSON, or CSV. value is what
// JSON shows: typed, complete and stable, where the table is made for reading.
func (c *cli) list(columns []column, rows [][]string, value any) error {
	switch c.format {
	case "json":
		return c.json(value)
	case "csv":
		w := csv.NewWriter(c.stdout)
		header := make([]string, len(columns))
		for i, col := range columns {
			header[i] = strings.ReplaceAll(strings.ToLower(col.name), " ", "_")
		}
		if err := w.Write(header); err != nil {
			return err
		}
		if err := w.WriteAll(rows); err != nil {
			return err
		}
		w.Flush()
		return w.Error()
	case "table":
		return c.table(columns, rows)
	default:
		return misuse{fmt.Errorf("-o %s: want table, json or csv", c.format)}
	}
}

func (c *cli) json(value any) error {
	enc := json.NewEncoder(c.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

func (c *cli) table(columns []column, rows [][]string) error {
	widths := make([]int, len(columns))
	for i, col := range columns {
		widths[i] = runewidth.StringWidth(col.name)
		for _, row := range rows {
			widths[i] = max(widths[i], runewidth.StringWidth(row[i]))
		}
	}
	print := func(cells func(i int) string) error {
		var line strings.Builder
		for i, col := range columns {
			if i > 0 {
				line.WriteString("  ")
			}
			if col.right {
				line.WriteString(runewidth.FillLeft(cells(i), widths[i]))
			} else {
				line.WriteString(runewidth.FillRight(cells(i), widths[i]))
			}
		}
		_, err := fmt.Fprintln(c.stdout, strings.TrimRight(line.String(), " "))
		return err
	}
	if err := print(func(i int) string { return columns[i].name }); err != nil {
		return err
	}
	for _, row := range rows {
		if err := print(func(i int) string { return row[i] }); err != nil {
			return err
		}
	}
	return nil
}
