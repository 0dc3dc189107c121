package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/mattn/go-runewidth"
)

const (
	defaultSample = 1000
	// gap separates columns.
	gap = "  "
	// narrow is the width to which a column may be cut before columns are left out
	// instead. A number that is cut misleads, so numbers keep up to narrowNumber.
	narrow       = 8
	narrowNumber = 24
	// cellBytes bounds how much of one value a table looks at: enough for any screen.
	cellBytes = 4096
)

// grid is a table whose column widths are settled.
type grid struct {
	out     *bufio.Writer
	display *runewidth.Condition
	names   []string
	right   []bool // align right: numbers
	width   []int
	shown   int // leading columns that fit
	opts    Options
}

// cell is one value as a table shows it.
type cell struct {
	text string
	null bool
}

func writeTable(w io.Writer, reader array.RecordReader, opts Options) (int64, error) {
	if opts.Sample <= 0 {
		opts.Sample = defaultSample
	}
	g := &grid{
		out:     bufio.NewWriterSize(w, writeBuffer),
		display: &runewidth.Condition{},
		opts:    opts,
	}
	for _, field := range reader.Schema().Fields() {
		g.names = append(g.names, printable([]byte(field.Name)))
		g.right = append(g.right, numeric(field.Type))
	}
	var rows int64
	var sample [][]cell
	settled := false
	for reader.Next() {
		batch := reader.RecordBatch()
		cells := batchCells(batch, textCells)
		for row := range int(batch.NumRows()) {
			line := tableRow(batch, cells, row)
			rows++
			if settled {
				if err := g.write(line); err != nil {
					return rows, err
				}
				continue
			}
			sample = append(sample, line)
			if len(sample) == opts.Sample {
				if err := g.begin(sample); err != nil {
					return rows, err
				}
				sample, settled = nil, true
			}
		}
	}
	if err := reader.Err(); err != nil {
		return rows, err
	}
	if !settled {
		if err := g.begin(sample); err != nil {
			return rows, err
		}
	}
	return rows, g.end(rows)
}

func numeric(t arrow.DataType) bool {
	if dictionary, ok := t.(*arrow.DictionaryType); ok {
		t = dictionary.ValueType
	}
	return arrow.IsInteger(t.ID()) || arrow.IsFloating(t.ID()) || arrow.IsDecimal(t.ID())
}

func tableRow(batch arrow.RecordBatch, cells []cellFunc, row int) []cell {
	line := make([]cell, len(cells))
	var value []byte
	for c, appendCell := range cells {
		if batch.Column(c).IsNull(row) {
			line[c] = cell{text: "NULL", null: true}
			continue
		}
		value = appendCell(value[:0], row)
		text := printable(value)
		if text == "NULL" {
			text = `"NULL"` // the word, so that it differs from the absence of a value without colours
		}
		line[c] = cell{text: text}
	}
	return line
}

// printable makes control characters visible: a value must not be able to move the cursor.
func printable(value []byte) string {
	if len(value) > cellBytes {
		value = append(value[:cellBytes:cellBytes], "…"...)
	}
	text := strings.ToValidUTF8(string(value), "\uFFFD")
	if strings.IndexFunc(text, invisible) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case invisible(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// invisible runes are control characters and those that reorder text.
func invisible(r rune) bool {
	return unicode.IsControl(r) || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}

// begin settles the widths by the sample and writes the header and the sample.
func (g *grid) begin(sample [][]cell) error {
	g.width = make([]int, len(g.names))
	for c, name := range g.names {
		g.width[c] = g.display.StringWidth(name)
		for _, line := range sample {
			g.width[c] = max(g.width[c], g.display.StringWidth(line[c].text))
		}
	}
	g.fit()
	header := make([]cell, len(g.names))
	rule := make([]cell, len(g.names))
	for c, name := range g.names {
		header[c] = cell{text: name}
		rule[c] = cell{text: strings.Repeat("─", g.width[c])}
	}
	for _, line := range append([][]cell{header, rule}, sample...) {
		if err := g.write(line); err != nil {
			return err
		}
	}
	return nil
}

// fit cuts the widest columns until the row is as wide as the terminal, and leaves out from the right what does not
// fit with every column at its narrowest.
func (g *grid) fit() {
	g.shown = len(g.width)
	if g.opts.Width <= 0 {
		return
	}
	least := make([]int, len(g.width))
	total := -len(gap)
	for c, width := range g.width {
		least[c] = min(width, narrow)
		if g.right[c] {
			least[c] = min(width, narrowNumber)
		}
		total += least[c] + len(gap)
		if total > g.opts.Width && c > 0 {
			g.shown = c
			break
		}
	}
	over := len(gap)*(g.shown-1) - g.opts.Width
	for _, width := range g.width[:g.shown] {
		over += width
	}
	for ; over > 0; over-- {
		widest := -1
		for c, width := range g.width[:g.shown] {
			if width > least[c] && (widest < 0 || width > g.width[widest]) {
				widest = c
			}
		}
		if widest < 0 { // one column, wider than the terminal
			g.width[0] = min(g.width[0], g.opts.Width)
			return
		}
		g.width[widest]--
	}
}

func (g *grid) write(line []cell) error {
	for c, cell := range line[:g.shown] {
		if c > 0 {
			g.out.WriteString(gap)
		}
		shown := cell.text
		size := g.display.StringWidth(shown)
		if size > g.width[c] && g.opts.Width > 0 {
			shown = g.display.Truncate(shown, g.width[c], "…")
			size = g.display.StringWidth(shown)
		}
		pad := strings.Repeat(" ", max(g.width[c]-size, 0))
		if g.right[c] {
			g.out.WriteString(pad)
		}
		if cell.null && g.opts.Color {
			shown = "\x1b[2m" + shown + "\x1b[0m"
		}
		g.out.WriteString(shown)
		if !g.right[c] && c < g.shown-1 {
			g.out.WriteString(pad)
		}
	}
	if err := g.out.WriteByte('\n'); err != nil { // a bufio.Writer keeps its first error
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

func (g *grid) end(rows int64) error {
	footer := plural(rows, "row")
	if g.shown < len(g.names) {
		footer += fmt.Sprintf(", %d of %s shown", g.shown, plural(int64(len(g.names)), "column"))
	}
	fmt.Fprintf(g.out, "(%s)\n", footer)
	if err := g.out.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return group(n) + " " + noun + "s"
}

// group writes n with a comma between thousands.
func group(n int64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
