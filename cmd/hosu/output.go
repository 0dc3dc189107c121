package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
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
		return fmt.Errorf("-o %s is not for lists", c.format) // refused before
	}
}

// width of the terminal that data goes to, in cells; 0 when it is none.
func (c *cli) width() int {
	file, ok := c.stdout.(*os.File)
	if !ok || !isTerminal(file) {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

func (c *cli) json(value any) error {
	enc := json.NewEncoder(c.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

// table prints aligned columns; on a terminal lines are cut to its width.
func (c *cli) table(columns []column, rows [][]string) error {
	width := c.width()
	widths := make([]int, len(columns))
	for i, col := range columns {
		widths[i] = cells(col.name)
		for _, row := range rows {
			widths[i] = max(widths[i], cells(row[i]))
		}
	}
	print := func(cell func(i int) string) error {
		var line strings.Builder
		for i, col := range columns {
			if i > 0 {
				line.WriteString("  ")
			}
			if col.right {
				line.WriteString(padLeft(cell(i), widths[i]))
			} else {
				line.WriteString(padRight(cell(i), widths[i]))
			}
		}
		text := strings.TrimRight(line.String(), " ")
		if width > 0 {
			text = cut(text, width)
		}
		_, err := fmt.Fprintln(c.stdout, text)
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
