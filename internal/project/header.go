package project

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const (
	headerOpen  = "/*---"
	headerClose = "---*/"
)

// sqlFile is a SQL file taken apart.
type sqlFile struct {
	doc    *document
	header *yaml.Node // nil when there is none
	sql    sqlText    // of one statement, without a ";" behind it
}

// splitSQL separates the header comment of a SQL file from its statement. Problems are collected; false means that there
// is no statement.
func (l *loader) splitSQL(f file) (sqlFile, bool) {
	before := len(l.bad.list)
	parsed := sqlFile{doc: &document{file: f.rel, bad: &l.bad, lines: strings.Split(f.text, "\n")}}
	start := len(f.text) - len(strings.TrimLeft(f.text, " \t\n"))
	body := start
	if strings.HasPrefix(f.text[start:], headerOpen) {
		open := start + len(headerOpen)
		length := strings.Index(f.text[open:], headerClose)
		if length < 0 {
			l.bad.add(place(f, start), "the header comment is not closed", "expected "+headerClose)
			return parsed, false
		}
		// Lines above the header become empty, and what is left of a header of one line becomes spaces, so
		// that the YAML parser counts as the file does.
		lead := strings.Repeat("\n", strings.Count(f.text[:start], "\n"))
		if header := f.text[open : open+length]; strings.TrimSpace(header) != "" {
			if !strings.HasPrefix(header, "\n") && !strings.Contains(strings.TrimSpace(header), "\n") {
				lead += strings.Repeat(" ", open-lineStart(f.text, open))
			}
			parsed.doc, parsed.header = parseYAML(f.rel, lead+header, &l.bad)
		}
		body = open + length + len(headerClose)
	}
	l.strayHeader(f, body)
	parsed.sql = l.statementText(f, body)
	if parsed.sql.text == "" {
		if len(l.bad.list) == before {
			l.bad.add(place(f, body), "there is no SQL", "expected one SELECT statement")
		}
		return parsed, false
	}
	return parsed, true
}

// strayHeader reports a header comment that is not the first thing in its file and so would not be read.
func (l *loader) strayHeader(f file, body int) {
	for _, t := range tokens(f.text[body:]) {
		if t.kind == tokenComment && strings.HasPrefix(f.text[body+t.start:], headerOpen) {
			l.bad.add(place(f, body+t.start), "a header comment behind other text is not read", "move it to the top of the file")
		}
	}
}

// statementText is the one statement of f.text[body:], without white space before it and without comments, white space
// and a semicolon behind it; empty when there is none.
func (l *loader) statementText(f file, body int) sqlText {
	text := f.text[body:]
	first, end := -1, 0
	ended := false
	for _, t := range tokens(text) {
		if t.kind == tokenSpace {
			continue
		}
		if first < 0 {
			first = t.start
		}
		if t.kind == tokenComment {
			continue
		}
		switch {
		case text[t.start] == ';':
			ended = true
		case !ended:
			end = t.end
		default:
			l.bad.add(place(f, body+t.start), "a second statement", "expected one SELECT statement: remove this or move it to a file of its own")
			return sqlText{}
		}
	}
	if end == 0 {
		return sqlText{}
	}
	pos := place(f, body+first)
	return sqlText{file: f.rel, text: text[first:end], line: pos.Line, column: pos.Column}
}

// place is the position of a byte of a file.
func place(f file, offset int) Pos {
	return Pos{
		File:   f.rel,
		Line:   1 + strings.Count(f.text[:offset], "\n"),
		Column: 1 + utf8.RuneCountInString(f.text[lineStart(f.text, offset):offset]),
	}
}

func lineStart(text string, offset int) int {
	return strings.LastIndexByte(text[:offset], '\n') + 1
}
