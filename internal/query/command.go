package query

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/scan"
)

// verb is what a statement wants.
type verb int

const (
	sel verb = iota
	describe
	showTables
)

// command is a statement with the words in front of its SELECT taken off. DESCRIBE and SHOW TABLES are answered from
// the catalog, since the engine knows a statement's own tables only.
type command struct {
	verb verb
	sql  string
	// shift is what to add to a byte offset in sql to get one in the text as written; cut is the first
	// offset in sql that it is true for.
	shift, cut int
}

// parseCommand reads the leading words of a statement.
func parseCommand(text string) command {
	word, rest := leadingWord(text)
	switch word {
	case "describe", "desc":
		next, behind := leadingWord(rest)
		if next == "table" {
			rest, next = behind, ""
		}
		switch next {
		case "select", "with", "from", "values", "(":
			return command{verb: describe, sql: rest, shift: len(text) - len(rest)}
		}
		const prefix = "SELECT * FROM "
		return command{verb: describe, sql: prefix + rest, shift: len(text) - len(rest) - len(prefix), cut: len(prefix)}
	case "show":
		next, behind := leadingWord(rest)
		if next == "all" {
			next, behind = leadingWord(behind)
		}
		if end, _ := leadingWord(behind); next == "tables" && (end == "" || end == ";") {
			return command{verb: showTables}
		}
	}
	return command{verb: sel, sql: text}
}

// leadingWord splits off the first word of a text, in lower case, or its first other character. Blanks and comments
// in front of it are skipped.
func leadingWord(text string) (word, rest string) {
	for {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		comment, end := "", 0
		switch {
		case strings.HasPrefix(text, "--"):
			comment, end = "\n", 2
		case strings.HasPrefix(text, "/*"):
			comment, end = "*/", 2
		}
		if comment == "" {
			break
		}
		_, behind, closed := strings.Cut(text[end:], comment)
		if !closed {
			return "", ""
		}
		text = behind
	}
	end := strings.IndexFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	switch {
	case end < 0:
		end = len(text)
	case end == 0:
		end = 1
	}
	return strings.ToLower(text[:end]), text[end:]
}

// explain moves the position of an error to where it is in the text as written.
func (c command) explain(err error) error {
	var statement *engine.StatementError
	if c.shift == 0 || !errors.As(err, &statement) || statement.Position < 0 {
		return err
	}
	moved := *statement
	if moved.Position += c.shift; moved.Position < c.shift+c.cut {
		moved.Position = -1
	}
	return &moved
}

// describe lists the columns of a result that is not computed.
func (s *Service) describe(resolved *scan.Resolved, by govern.Principal, start time.Time) (*Rows, error) {
	var names, types []string
	for _, column := range resolved.Columns {
		names, types = append(names, column.Name), append(types, column.Type)
	}
	return s.listing(by, start, []string{"column_name", "column_type"}, names, types)
}

// showTables lists what the principal may read.
func (s *Service) showTables(ctx context.Context, by govern.Principal, start time.Time) (*Rows, error) {
	entries, err := s.resolver.Tables(ctx, by)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	var namespaces, names, kinds []string
	for _, entry := range entries {
		namespaces = append(namespaces, entry.Ident.Namespace)
		names = append(names, entry.Ident.Name)
		kinds = append(kinds, string(entry.Kind))
	}
	return s.listing(by, start, []string{"namespace", "name", "kind"}, namespaces, names, kinds)
}

// listing is a result of text columns made here.
func (s *Service) listing(by govern.Principal, start time.Time, names []string, columns ...[]string) (*Rows, error) {
	var fields []arrow.Field
	resolved := &scan.Resolved{}
	for _, name := range names {
		fields = append(fields, arrow.Field{Name: name, Type: arrow.BinaryTypes.String})
		resolved.Columns = append(resolved.Columns, engine.Column{Name: name, Type: "VARCHAR"})
	}
	builder := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer builder.Release()
	for i, values := range columns {
		builder.Field(i).(*array.StringBuilder).AppendValues(values, nil)
	}
	batch := builder.NewRecordBatch()
	defer batch.Release()
	reader, err := array.NewRecordReader(batch.Schema(), []arrow.RecordBatch{batch})
	if err != nil {
		return nil, fmt.Errorf("make a listing: %w", err)
	}
	return s.rows(reader, resolved, by, start), nil
}
