package metric

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// selectSQL is a SELECT laid out for people.
type selectSQL struct {
	distinct bool
	items    []string
	from     string
	where    []string
	groupBy  []string
	having   string
	qualify  string
	orderBy  []string
	limit    int
}

func (s selectSQL) String() string {
	var b strings.Builder
	b.WriteString("SELECT")
	if s.distinct {
		b.WriteString(" DISTINCT")
	}
	separator := ", "
	if width := len(strings.Join(s.items, ", ")); width > 80 || strings.Contains(strings.Join(s.items, ""), "\n") {
		separator = ",\n  "
		b.WriteString("\n  ")
	} else {
		b.WriteString(" ")
	}
	b.WriteString(strings.Join(s.items, separator))
	clause := func(words, text string) {
		if text != "" {
			b.WriteString("\n" + words + " " + text)
		}
	}
	clause("FROM", s.from)
	clause("WHERE", strings.Join(s.where, "\n  AND "))
	clause("GROUP BY", strings.Join(s.groupBy, ", "))
	clause("HAVING", s.having)
	clause("QUALIFY", s.qualify)
	clause("ORDER BY", strings.Join(s.orderBy, ", "))
	if s.limit > 0 {
		clause("LIMIT", strconv.Itoa(s.limit))
	}
	return b.String()
}

// positions are 1 to n, as GROUP BY and ORDER BY take them.
func positions(n int) []string {
	var list []string
	for i := range n {
		list = append(list, strconv.Itoa(i+1))
	}
	return list
}

// plainText says whether a value can stand in a SQL text.
func plainText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
