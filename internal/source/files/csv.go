package files

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/hosu-io/hosu/internal/source"
)

const (
	// sampleRecords and sampleBytes bound what is looked at to find out how a CSV file is written.
	sampleRecords = 100
	sampleBytes   = 1 << 20
	// mostColumns is where a header is taken for a mistake.
	mostColumns = 20_000
)

// dialect is how a CSV file is written.
type dialect struct {
	delimiter byte
	quote     byte // 0: none
	header    bool
	columns   []string // names, distinct
}

// records reads the records of a CSV file (RFC 4180, any line end), with the lines they are on.
type records struct {
	in        *bufio.Reader
	delimiter byte
	quote     byte
	line      int // from 1, of the record that next returned
	at        int // of the next one
	raw       []byte
}

func newRecords(r io.Reader, delimiter, quote byte) *records {
	in := bufio.NewReaderSize(r, 1<<16)
	if mark, err := in.Peek(3); err == nil && bytes.Equal(mark, []byte("\xEF\xBB\xBF")) {
		_, _ = in.Discard(3) // it was just seen
	}
	return &records{in: in, delimiter: delimiter, quote: quote, at: 1}
}

// next returns the fields of the next record; io.EOF after the last. Blank lines are no records.
func (r *records) next() ([]string, error) {
	for {
		fields, err := r.record()
		if err != nil {
			return nil, err
		}
		if len(fields) > 1 || fields[0] != "" || len(r.raw) > 0 {
			return fields, nil
		}
	}
}

func (r *records) record() ([]string, error) {
	var (
		fields  []string
		field   []byte
		inside  bool // quotes
		begun   bool // the field has a byte, or was quoted
		started bool
	)
	r.line, r.raw = r.at, r.raw[:0]
	for {
		c, err := r.in.ReadByte()
		if errors.Is(err, io.EOF) {
			if !started {
				return nil, io.EOF
			}
			return append(fields, string(field)), nil
		}
		if err != nil {
			return nil, err
		}
		started = true
		if c == '\n' || c == '\r' {
			if c == '\r' {
				if next, err := r.in.Peek(1); err == nil && next[0] == '\n' {
					if inside {
						field = append(field, c)
					}
					c, _ = r.in.ReadByte() // it was just seen
				}
			}
			r.at++
			if !inside {
				return append(fields, string(field)), nil
			}
			field = append(field, c)
			continue
		}
		r.raw = append(r.raw, c)
		switch {
		case inside && c == r.quote:
			if next, err := r.in.Peek(1); err == nil && next[0] == r.quote {
				_, _ = r.in.Discard(1) // it was just seen
				field = append(field, c)
			} else {
				inside = false
			}
		case inside:
			field = append(field, c)
		case c == r.quote && r.quote != 0 && !begun:
			inside, begun = true, true
		case c == r.delimiter:
			fields, field, begun = append(fields, string(field)), field[:0], false
			if len(fields) > mostColumns {
				return nil, fmt.Errorf("line %d has more than %d columns", r.line, mostColumns)
			}
		default:
			begun = true
			field = append(field, c)
		}
	}
}

// dialect finds out how a CSV file is written: the delimiter with which most records have as many fields as the first,
// and the names of the columns.
func (t *table) dialect(f *file) (d dialect, err error) {
	in, err := f.content()
	if err != nil {
		return d, fmt.Errorf("table %s: %w", t.name, err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	start, err := io.ReadAll(io.LimitReader(in, sampleBytes))
	if err != nil {
		return d, fmt.Errorf("table %s: read %s: %w", t.name, f.Name, err)
	}
	if !t.noQuote {
		d.quote = t.quote[0]
	}
	var first []string
	if t.delimiter != "" {
		d.delimiter = t.delimiter[0]
		first, _, err = sample(start, d.delimiter, d.quote)
	} else {
		d.delimiter, first, err = bestDelimiter(start, d.quote)
	}
	if err != nil {
		return d, fmt.Errorf("table %s: %s: %w", t.name, f.Name, err)
	}
	d.header = t.header == nil || *t.header
	if !d.header {
		for i := range first {
			d.columns = append(d.columns, "column"+strconv.Itoa(i))
		}
		return d, nil
	}
	if t.header == nil && looksLikeData(first) {
		return d, source.Broken("table %s: %s line 1 looks like data, not like the names of columns: %s; say header: false, or header: true if they are names",
			t.name, f.Name, shown(start))
	}
	d.columns, err = columnNames(first)
	if err != nil {
		return d, fmt.Errorf("table %s: %s: %w", t.name, f.Name, err)
	}
	return d, nil
}

// shown is the first line of text, for a message.
func shown(text []byte) string {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	const most = 60
	out := strings.ToValidUTF8(strings.TrimRight(string(line[:min(len(line), 4*most)]), "\r"), "?")
	if runes := []rune(out); len(runes) > most {
		out = string(runes[:most]) + "…"
	}
	return strconv.Quote(out)
}

// sample returns the first record and how many of those that follow it have as many fields.
func sample(start []byte, delimiter, quote byte) (first []string, alike int, err error) {
	r := newRecords(bytes.NewReader(start), delimiter, quote)
	if first, err = r.next(); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file has only blank lines")
		}
		return nil, 0, err
	}
	for range sampleRecords {
		fields, err := r.next()
		if err != nil {
			break // the end of the sample, not of the file
		}
		if len(fields) == len(first) {
			alike++
		}
	}
	return first, alike, nil
}

func bestDelimiter(start []byte, quote byte) (best byte, first []string, err error) {
	most := -1
	for _, delimiter := range []byte{',', ';', '\t', '|'} {
		fields, alike, err := sample(start, delimiter, quote)
		if err != nil && delimiter == ',' {
			return 0, nil, err
		}
		// A delimiter that does not occur in the first record makes every record alike, in one field.
		score := 0
		if len(fields) > 1 {
			score = alike*1000 + len(fields)
		}
		if err == nil && score > most {
			most, best, first = score, delimiter, fields
		}
	}
	return best, first, nil
}

// looksLikeData says that every field is a number or empty.
func looksLikeData(fields []string) bool {
	numbers := 0
	for _, f := range fields {
		f = strings.TrimSpace(f)
		if f == "" {
			continue
		}
		if _, err := strconv.ParseFloat(f, 64); err != nil {
			return false
		}
		numbers++
	}
	return numbers > 0
}

// columnNames makes the fields of a header into distinct names: trimmed, those without one by their place, those that
// came before (DuckDB does not tell case) with a number.
func columnNames(fields []string) ([]string, error) {
	names := make([]string, len(fields))
	taken := map[string]bool{}
	for i, f := range fields {
		name := strings.TrimSpace(f)
		if strings.ContainsRune(name, 0) {
			return nil, fmt.Errorf("the name of column %d has a NUL byte; is the file in another encoding (encoding:)?", i+1)
		}
		if name == "" {
			name = "column" + strconv.Itoa(i)
		}
		distinct := name
		for n := 2; taken[strings.ToLower(distinct)]; n++ {
			distinct = name + "_" + strconv.Itoa(n)
		}
		taken[strings.ToLower(distinct)] = true
		names[i] = distinct
	}
	return names, nil
}

// findLine returns the line of a file that begins with text, and whether there is exactly one; with several, the
// one at or behind guess.
func (f *file) findLine(text string, guess int) int {
	in, err := f.content()
	if err != nil {
		return guess
	}
	defer func() { _ = in.Close() }()
	want, _, _ := strings.Cut(text, "\n")
	want = strings.TrimRight(want, "\r")
	lines := bufio.NewReaderSize(in, 1<<16)
	found := 0
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if strings.TrimRight(line, "\r\n") == want {
			if found == 0 || found < guess {
				found = n
			}
			if n >= guess {
				return n
			}
		}
		if err != nil {
			break
		}
	}
	if found > 0 {
		return found
	}
	return guess
}

// findValue returns the line of the first record with a value in a column; 0 when there is none.
func (f *file) findValue(d dialect, column, value string) int {
	place := -1
	for i, name := range d.columns {
		if name == column {
			place = i
		}
	}
	in, err := f.content()
	if place < 0 || err != nil {
		return 0
	}
	defer func() { _ = in.Close() }()
	r := newRecords(in, d.delimiter, d.quote)
	for first := true; ; first = false {
		fields, err := r.next()
		if err != nil {
			return 0
		}
		if (!first || !d.header) && place < len(fields) && fields[place] == value {
			return r.line
		}
	}
}
