package files

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/source"
)

// The formats.
const (
	formatCSV     = "csv"
	formatJSONL   = "jsonl"
	formatJSON    = "json"
	formatParquet = "parquet"
)

// extensions are the formats of files by the end of their names, without ".gz".
var extensions = map[string]string{
	".csv": formatCSV, ".tsv": formatCSV, ".tbl": formatCSV, ".txt": formatCSV,
	".jsonl": formatJSONL, ".ndjson": formatJSONL, ".json": formatJSON,
	".parquet": formatParquet, ".pq": formatParquet,
}

// table is a table of the source file with its options read.
type table struct {
	name    string
	pattern string // relative to the source's folder
	format  string
	// Options of CSV. delimiter, quote and header are "" and nil when not given.
	delimiter string
	quote     string
	noQuote   bool
	header    *bool
	null      string
	encoding  string // "" is UTF-8
	types     map[string]schema.Column
	signature string // of everything above
}

// table reads the options of a table.
func (s *Source) table(name string, opts source.TableOptions) (*table, error) {
	v := opts.Values
	t := &table{name: name, pattern: v["path"], format: v["format"], delimiter: v["delimiter"], quote: `"`, null: v["null"], encoding: v["encoding"], types: opts.Types}
	if t.pattern == "" {
		found, err := s.byName(name)
		if err != nil {
			return nil, err
		}
		t.pattern = found
	}
	if t.format == "" {
		t.format = formatOf(t.pattern)
	}
	if !slices.Contains([]string{formatCSV, formatJSONL, formatJSON, formatParquet}, t.format) {
		if v["format"] != "" {
			return nil, source.Broken("table %s: unknown format %q: use csv, jsonl, json or parquet", name, t.format)
		}
		return nil, source.Broken("table %s: the name %s does not tell the format of its files; add format: csv, jsonl, json or parquet", name, t.pattern)
	}
	if err := t.csvOptions(v); err != nil {
		return nil, source.Broken("table %s: %s", name, err)
	}
	if _, err := decoderOf(t.encoding); err != nil {
		return nil, source.Broken("table %s: %s", name, err)
	}
	var types []string
	for column, c := range opts.Types {
		types = append(types, fmt.Sprintf("%q %s", column, c.Type))
	}
	slices.Sort(types)
	t.signature = fmt.Sprintf("%q %q %q %q %v %q %q %q", t.pattern, t.format, t.delimiter, t.quote, t.noQuote, v["header"], t.null+"/"+t.encoding, types)
	return t, nil
}

func (t *table) csvOptions(v map[string]string) error {
	switch t.delimiter {
	case `\t`, "tab":
		t.delimiter = "\t"
	}
	if len(t.delimiter) > 1 || t.delimiter != "" && strings.ContainsAny(t.delimiter, "\r\n\"") {
		return fmt.Errorf("delimiter %q: give one character, for example \";\", or tab", t.delimiter)
	}
	if quote, given := v["quote"]; given {
		t.quote, t.noQuote = quote, quote == "" || quote == "none"
		if !t.noQuote && (len(quote) != 1 || quote == t.delimiter) {
			return fmt.Errorf("quote %q: give one character, or none", quote)
		}
	}
	if text, given := v["header"]; given && text != "" {
		header, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("header %q: say true or false", text)
		}
		t.header = &header
	}
	return nil
}

// formatOf tells a file's format by its name; "" when it does not.
func formatOf(name string) string {
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	return extensions[path.Ext(name)]
}

// tableName is the name of the table that a file makes by itself; "" when its format is unknown.
func tableName(file string) string {
	if formatOf(file) == "" || strings.HasPrefix(file, ".") {
		return ""
	}
	stem := file
	if strings.HasSuffix(strings.ToLower(stem), ".gz") {
		stem = stem[:len(stem)-len(".gz")]
	}
	return strings.TrimSuffix(stem, path.Ext(stem))
}

// byName finds the file of a table that has no path option: the one whose name is the table's.
func (s *Source) byName(name string) (string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return "", s.unavailable(err)
	}
	var known, found []string
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		if stem := tableName(e.Name()); stem != "" {
			known = append(known, stem)
			if stem == name {
				found = append(found, e.Name())
			}
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("%s: %w; say with path: where its files are", s, source.NoSuchTable(name, known))
	case 1:
		return escape(found[0]), nil
	}
	return "", fmt.Errorf("%s: table %s may be any of %s; say with path: which one", s, name, strings.Join(found, ", "))
}

// escape writes a name as a pattern that matches only it.
func escape(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// match lists the files of a table.
func (s *Source) match(t *table) ([]*file, error) {
	if _, err := os.Stat(s.dir); err != nil {
		return nil, s.unavailable(err)
	}
	found, err := glob(s.dir, t.pattern)
	if err != nil {
		return nil, fmt.Errorf("table %s: look for %s: %w", t.name, filepath.Join(s.dir, t.pattern), err)
	}
	return found, nil
}

func (s *Source) unavailable(err error) error {
	return fmt.Errorf("%s: %w: %w; check the path of the source", s, source.ErrUnavailable, err)
}

// noFiles is the error of a table none of whose files is there.
func (s *Source) noFiles(t *table) error {
	err := fmt.Errorf("%w: %s: no file matches %s", source.ErrNoSuchTable, t.name, filepath.Join(s.dir, t.pattern))
	folder := filepath.Dir(filepath.Join(s.dir, t.pattern))
	entries, listErr := os.ReadDir(folder)
	if listErr != nil {
		return fmt.Errorf("%w; there is no folder %s", err, folder)
	}
	var names []string
	for _, e := range entries[:min(len(entries), 5)] {
		names = append(names, e.Name())
	}
	if len(entries) == 0 {
		return fmt.Errorf("%w; the folder is empty", err)
	}
	return fmt.Errorf("%w; the folder has %s", err, strings.Join(names, ", "))
}
