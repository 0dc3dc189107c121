package engine

import (
	"strings"
	"unicode/utf8"

	"github.com/hosu-io/hosu/internal/schema"
)

// tokenKind is the kind of a lexical element of SQL.
type tokenKind uint8

const (
	tokenWord   tokenKind = iota // identifier or keyword, as written
	tokenQuoted                  // "identifier"
	tokenString                  // 'text', E'text', X'…', $tag$text$tag$
	tokenNumber
	tokenParam // $name, $"name", $1
	tokenOther // one byte of an operator or punctuation
)

// token is a piece of SQL text: bytes start to end. White space and comments are no tokens.
type token struct {
	kind       tokenKind
	start, end int
}

// scanTokens splits SQL as DuckDB's scanner does where it matters: what is inside of strings, quoted names and
// comments, and where names end. Text that DuckDB rejects (an open string) ends in one last token.
func scanTokens(sql string) []token {
	tokens := make([]token, 0, len(sql)/4)
	for pos := skipSpace(sql, 0); pos < len(sql); pos = skipSpace(sql, pos) {
		t := scanToken(sql, pos)
		tokens = append(tokens, t)
		pos = t.end
	}
	return tokens
}

func scanToken(sql string, pos int) token {
	c := sql[pos]
	switch {
	case c == '\'':
		return token{tokenString, pos, closeQuote(sql, pos+1, '\'', false)}
	case c == '"':
		return token{tokenQuoted, pos, closeQuote(sql, pos+1, '"', false)}
	case c == '$':
		return scanDollar(sql, pos)
	case isDigit(c), c == '.' && pos+1 < len(sql) && isDigit(sql[pos+1]):
		return token{tokenNumber, pos, scanNumber(sql, pos)}
	case isWordStart(c):
		end := wordEnd(sql, pos)
		if end == pos+1 && end < len(sql) && sql[end] == '\'' && strings.IndexByte("eExXbBnN", c) >= 0 {
			return token{tokenString, pos, closeQuote(sql, end+1, '\'', c == 'e' || c == 'E')}
		}
		return token{tokenWord, pos, end}
	}
	return token{tokenOther, pos, pos + 1}
}

// scanDollar scans a dollar-quoted string, a parameter, or a lone "$". DuckDB accepts white space and a quoted
// name after the "$" of a parameter.
func scanDollar(sql string, pos int) token {
	next := pos + 1
	tagEnd := next
	if next < len(sql) && isWordStart(sql[next]) {
		for tagEnd < len(sql) && (isWordStart(sql[tagEnd]) || isDigit(sql[tagEnd])) {
			tagEnd++
		}
	}
	if tagEnd < len(sql) && sql[tagEnd] == '$' {
		tag := sql[pos : tagEnd+1]
		if i := strings.Index(sql[tagEnd+1:], tag); i >= 0 {
			return token{tokenString, pos, tagEnd + 1 + i + len(tag)}
		}
		return token{tokenString, pos, len(sql)}
	}
	if next < len(sql) && isDigit(sql[next]) {
		for next < len(sql) && isDigit(sql[next]) {
			next++
		}
		return token{tokenParam, pos, next}
	}
	name := skipSpace(sql, next)
	if name < len(sql) && isWordStart(sql[name]) {
		return token{tokenParam, pos, wordEnd(sql, name)}
	}
	if name < len(sql) && sql[name] == '"' {
		return token{tokenParam, pos, closeQuote(sql, name+1, '"', false)}
	}
	return token{tokenOther, pos, pos + 1}
}

// paramName is the name of a parameter token, without "$" and quotes.
func paramName(sql string, t token) string {
	start := skipSpace(sql, t.start+1)
	return unquote(sql[start:t.end])
}

// skipSpace returns the first byte at or after pos that is neither white space nor comment.
func skipSpace(sql string, pos int) int {
	for pos < len(sql) {
		switch {
		case strings.IndexByte(" \t\n\r\f\v", sql[pos]) >= 0:
			pos++
		case strings.HasPrefix(sql[pos:], "--"):
			end := strings.IndexAny(sql[pos:], "\n\r")
			if end < 0 {
				return len(sql)
			}
			pos += end
		case strings.HasPrefix(sql[pos:], "/*"):
			pos = commentEnd(sql, pos)
		default:
			n := unicodeSpace(sql[pos:])
			if n == 0 {
				return pos
			}
			pos += n
		}
	}
	return pos
}

// commentEnd returns the byte behind a block comment, which may hold others.
func commentEnd(sql string, pos int) int {
	depth := 0
	for pos < len(sql) {
		switch {
		case strings.HasPrefix(sql[pos:], "/*"):
			depth++
			pos += 2
		case strings.HasPrefix(sql[pos:], "*/"):
			depth--
			pos += 2
			if depth == 0 {
				return pos
			}
		default:
			pos++
		}
	}
	return pos
}

// closeQuote returns the byte behind a quoted text whose content starts at pos.
func closeQuote(sql string, pos int, quote byte, backslash bool) int {
	for pos < len(sql) {
		switch c := sql[pos]; {
		case backslash && c == '\\':
			pos += 2
		case c != quote:
			pos++
		case pos+1 < len(sql) && sql[pos+1] == quote:
			pos += 2
		default:
			return pos + 1
		}
	}
	return len(sql)
}

func scanNumber(sql string, pos int) int {
	for pos < len(sql) && (isDigit(sql[pos]) || sql[pos] == '.' || sql[pos] == '_') {
		pos++
	}
	exponent := pos
	if exponent < len(sql) && (sql[exponent] == 'e' || sql[exponent] == 'E') {
		exponent++
		if exponent < len(sql) && (sql[exponent] == '+' || sql[exponent] == '-') {
			exponent++
		}
		if exponent < len(sql) && isDigit(sql[exponent]) {
			for exponent < len(sql) && isDigit(sql[exponent]) {
				exponent++
			}
			return exponent
		}
	}
	return pos
}

// unicodeSpace is the length of the non-ASCII space s begins with, or 0. The set is the one that DuckDB's
// parser turns into blanks; every other byte above 127 is part of a name.
func unicodeSpace(s string) int {
	if s[0] < 0x80 {
		return 0
	}
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case r == 0xA0, r >= 0x2000 && r <= 0x200B, r == 0x202F, r == 0x205F, r == 0x2060, r == 0x3000, r == 0xFEFF:
		return n
	}
	return 0
}

// blankSpaces replaces non-ASCII spaces between tokens by as many blanks as they have bytes. DuckDB replaces
// each by one, which would shift the locations in its AST.
func blankSpaces(sql string) string {
	if strings.IndexFunc(sql, func(r rune) bool { return r >= 0x80 && unicodeSpace(string(r)) > 0 }) < 0 {
		return sql
	}
	out := []byte(sql)
	gap := 0
	for _, t := range append(scanTokens(sql), token{start: len(sql), end: len(sql)}) {
		for i := gap; i < t.start; {
			n := unicodeSpace(sql[i:])
			for range n {
				out[i] = ' '
				i++
			}
			if n == 0 {
				i++
			}
		}
		gap = t.end
	}
	return string(out)
}

func isDigit(c byte) bool     { return c >= '0' && c <= '9' }
func isWordStart(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 }

func wordEnd(sql string, pos int) int {
	for pos < len(sql) {
		c := sql[pos]
		if !isWordStart(c) && !isDigit(c) && c != '$' || c >= 0x80 && unicodeSpace(sql[pos:]) > 0 {
			break
		}
		if c < 0x80 {
			pos++
			continue
		}
		_, n := utf8.DecodeRuneInString(sql[pos:])
		pos += n
	}
	return pos
}

// unquote is the name or text that a word, quoted name or plain string token stands for.
func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		quote := s[:1]
		return strings.ReplaceAll(s[1:len(s)-1], quote+quote, quote)
	}
	return s
}

// equalName compares names as DuckDB does: ASCII letters without case.
func equalName(a, b string) bool { return schema.Fold(a) == schema.Fold(b) }

// trimStatement removes semicolons at the end, and comments behind the last token, so that the text can stand
// inside of parentheses.
func trimStatement(sql string) string {
	tokens := scanTokens(sql)
	for i := len(tokens) - 1; i >= 0; i-- {
		if t := tokens[i]; t.kind != tokenOther || sql[t.start] != ';' {
			return sql[:t.end]
		}
	}
	return ""
}
