package engine

import (
	"slices"
	"sort"
	"strings"
)

// locator finds the ends of table references in the text: DuckDB's AST gives only their starts.
type locator struct {
	sql    string
	tokens []token
}

func newLocator(sql string) *locator { return &locator{sql: sql, tokens: scanTokens(sql)} }

func (l *locator) text(i int) string {
	if i < 0 || i >= len(l.tokens) {
		return ""
	}
	return l.sql[l.tokens[i].start:l.tokens[i].end]
}

func (l *locator) is(i int, word string) bool {
	return i >= 0 && i < len(l.tokens) && l.tokens[i].kind != tokenQuoted && l.tokens[i].kind != tokenString &&
		strings.EqualFold(l.text(i), word)
}

// isName says whether token i can be a name, unquoted.
func (l *locator) isName(i int) bool {
	if i < 0 || i >= len(l.tokens) {
		return false
	}
	kind := l.tokens[i].kind
	return kind == tokenWord || kind == tokenQuoted || kind == tokenString
}

// at returns the index of the token that starts at a byte, or -1.
func (l *locator) at(start int) int {
	i := sort.Search(len(l.tokens), func(i int) bool { return l.tokens[i].start >= start })
	if i < len(l.tokens) && l.tokens[i].start == start {
		return i
	}
	return -1
}

// complete fills NameEnd, End and At of a reference whose names, alias and Start are known. It says false when the text
// at Start is not that reference.
func (l *locator) complete(ref *TableRef, at bool) bool {
	i := l.at(ref.Start)
	for k, name := range slices.DeleteFunc([]string{ref.Catalog, ref.Schema, ref.Name}, func(s string) bool { return s == "" }) {
		if k > 0 {
			if !l.is(i, ".") {
				return false
			}
			i++
		}
		if !l.isName(i) || !equalName(unquote(l.text(i)), name) {
			return false
		}
		i++
	}
	ref.NameEnd = l.tokens[i-1].end
	ref.End = ref.NameEnd
	if l.is(i, "*") && (at || ref.Alias != "") { // "t * AS x": the old way to say with descendants
		i++
	}
	for {
		switch next := l.afterAlias(i, ref.Alias); {
		case next > i:
			i = next
		case at && ref.At == nil && l.is(i, "at") && l.is(i+1, "("):
			i = l.atClause(i, ref)
			if i < 0 {
				return false
			}
		default:
			return !at || ref.At != nil
		}
		ref.End = l.tokens[i-1].end
	}
}

// afterAlias returns the token behind the given alias and its column list at i, or i when it is not there.
func (l *locator) afterAlias(i int, alias string) int {
	name := i
	if l.is(i, "as") {
		name++
	}
	if alias == "" || !l.isName(name) || !equalName(unquote(l.text(name)), alias) {
		return i
	}
	name++
	if l.is(name, "(") {
		if end := l.closing(name); end > 0 {
			return end + 1
		}
	}
	return name
}

// atClause reads AT (unit => value) at token i into ref and returns the token behind it, or -1.
func (l *locator) atClause(i int, ref *TableRef) int {
	end := l.closing(i + 1)
	if end < 0 || !l.is(i+3, "=") || !l.is(i+4, ">") || end < i+6 {
		return -1
	}
	ref.At = &At{
		Unit:  strings.ToUpper(l.text(i + 2)),
		Expr:  l.sql[l.tokens[i+5].start:l.tokens[end-1].end],
		Start: l.tokens[i].start,
		End:   l.tokens[end].end,
	}
	return end + 1
}

// closing returns the token that closes the parenthesis at token i, or -1.
func (l *locator) closing(i int) int {
	depth := 0
	for ; i < len(l.tokens); i++ {
		switch {
		case l.is(i, "("):
			depth++
		case l.is(i, ")"):
			depth--
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// aliasFirst moves aliases in front of the AT clauses they follow, without changing the length of the text.
// DuckDB's grammar wants "t AS x AT (…)"; users of other engines write "t AT (…) AS x". It says
// false when there was nothing to move.
func (l *locator) aliasFirst() (string, bool) {
	out := []byte(l.sql)
	moved := false
	for i := range l.tokens {
		if !l.is(i, "at") || !l.is(i+1, "(") || !l.is(i+2, "version") && !l.is(i+2, "timestamp") || !l.is(i+3, "=") || !l.is(i+4, ">") {
			continue
		}
		end := l.closing(i + 1)
		if end < 0 {
			continue
		}
		name := end + 1
		if l.is(name, "as") {
			name++
		} else if l.is(name, l.text(name)) && slices.Contains(notAliases, strings.ToLower(l.text(name))) {
			continue
		}
		if !l.isName(name) || l.tokens[end].end == l.tokens[end+1].start {
			continue
		}
		last := name
		if l.is(name+1, "(") {
			if last = l.closing(name + 1); last < 0 {
				continue
			}
		}
		clause := l.sql[l.tokens[i].start:l.tokens[end].end]
		gap := l.sql[l.tokens[end].end:l.tokens[end+1].start]
		alias := l.sql[l.tokens[end+1].start:l.tokens[last].end]
		copy(out[l.tokens[i].start:], alias+gap+clause)
		moved = true
	}
	return string(out), moved
}

// notAliases are the words that cannot be an alias without AS: DuckDB's keywords of the categories "reserved" and
// "type_function".
var notAliases = strings.Fields(`all analyse analyze and anti any array as asc asof asymmetric at authorization
	binary both by case cast check collate collation column columns concurrently constraint create cross default
	deferrable desc describe distinct do else end except false fetch for foreign freeze from full generated glob group
	having ilike in initially inner intersect into is isnull join lambda lateral leading left like limit map natural not
	notnull null offset on only or order outer overlaps pivot pivot_longer pivot_wider placing positional primary
	qualify references returning right select semi show similar some struct summarize symmetric table tablesample
	then to trailing true try_cast union unique unpack unpivot using variadic verbose when where window with`)
