package project

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// sqlText is a SQL text and where it stands in a file.
type sqlText struct {
	file   string
	text   string
	line   int // of the file, on which text begins
	column int // of text's first character
	indent int // characters before every further line, which text does not have
}

// pos is the place of a byte of the text in its file.
func (s sqlText) pos(offset int) Pos {
	if offset < 0 || offset > len(s.text) {
		return Pos{File: s.file, Line: s.line}
	}
	before := s.text[:offset]
	pos := Pos{File: s.file, Line: s.line + strings.Count(before, "\n"), Column: s.column}
	if newline := strings.LastIndexByte(before, '\n'); newline >= 0 {
		before = before[newline+1:]
		pos.Column = 1 + s.indent
	}
	pos.Column += utf8.RuneCountInString(before)
	return pos
}

// tokenKind is the kind of a token of SQL.
type tokenKind int

const (
	tokenSpace tokenKind = iota
	tokenComment
	tokenOther // a word, number, string, quoted name or one character of an operator
)

// token is a piece of a SQL text, text[start:end].
type token struct {
	kind       tokenKind
	start, end int
}

// tokens splits SQL just well enough to tell comments and white space from everything else. Text that is not SQL still
// splits; an open quote or comment reaches to the end.
func tokens(sql string) []token {
	var list []token
	for at := 0; at < len(sql); {
		kind, end := nextToken(sql, at)
		list = append(list, token{kind, at, end})
		at = end
	}
	return list
}

func nextToken(sql string, at int) (tokenKind, int) {
	rest := sql[at:]
	r, size := utf8.DecodeRuneInString(rest)
	switch {
	case unicode.IsSpace(r):
		end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsSpace(r) })
		return tokenSpace, within(sql, at, end)
	case strings.HasPrefix(rest, "--"):
		return tokenComment, within(sql, at, strings.IndexByte(rest, '\n'))
	case strings.HasPrefix(rest, "/*"):
		return tokenComment, blockComment(sql, at)
	case r == '\'':
		escapes := at > 0 && (sql[at-1] == 'e' || sql[at-1] == 'E') && (at < 2 || !isWord(rune(sql[at-2])))
		return tokenOther, quotedEnd(sql, at, '\'', escapes)
	case r == '"':
		return tokenOther, quotedEnd(sql, at, '"', false)
	case r == '$':
		return tokenOther, dollarEnd(sql, at)
	case isWord(r):
		end := strings.IndexFunc(rest, func(r rune) bool { return !isWord(r) })
		return tokenOther, within(sql, at, end)
	default:
		return tokenOther, at + size
	}
}

func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// within is at+length, or the end of the text when length is negative.
func within(sql string, at, length int) int {
	if length < 0 {
		return len(sql)
	}
	return at + length
}

// blockComment finds the end of a comment; comments nest.
func blockComment(sql string, at int) int {
	depth := 0
	for i := at; i+1 < len(sql); i++ {
		switch sql[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(sql)
}

func quotedEnd(sql string, at int, quote byte, escapes bool) int {
	for i := at + 1; i < len(sql); i++ {
		switch {
		case escapes && sql[i] == '\\':
			i++
		case sql[i] != quote:
		case i+1 < len(sql) && sql[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return len(sql)
}

// dollarEnd finds the end of $tag$ text $tag$, or of a $parameter.
func dollarEnd(sql string, at int) int {
	end := at + 1
	for end < len(sql) {
		r, size := utf8.DecodeRuneInString(sql[end:])
		if !isWord(r) {
			break
		}
		end += size
	}
	if end < len(sql) && sql[end] == '$' {
		tag := sql[at : end+1]
		closing := strings.Index(sql[end+1:], tag)
		if closing < 0 {
			return len(sql)
		}
		return end + 1 + closing + len(tag)
	}
	return end
}

// canonicalSQL is the text without comments and without white space that means nothing: equal for texts that differ
// in layout only.
func canonicalSQL(sql string) string {
	var b strings.Builder
	last := 0
	for _, t := range tokens(sql) {
		if t.kind != tokenOther {
			continue
		}
		if b.Len() > 0 && t.start != last && separates(sql[last-1], sql[t.start]) {
			b.WriteByte(' ')
		}
		b.WriteString(sql[t.start:t.end])
		last = t.end
	}
	return b.String()
}

// separates says whether white space between two bytes means something: "a b" is not "ab", "> >" is not ">>".
func separates(before, after byte) bool {
	const alone = "(),;.[]"
	if strings.IndexByte(alone, before) >= 0 || strings.IndexByte(alone, after) >= 0 {
		return false
	}
	return inWord(before) == inWord(after)
}

func inWord(c byte) bool {
	return c >= utf8.RuneSelf || isWord(rune(c)) || c == '"' || c == '\'' || c == '$'
}
