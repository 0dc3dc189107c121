package engine

import (
	"slices"
	"strings"
)

// RewriteRefs replaces the qualified name and AT clause of references, which [Conn.Parse] found in sql, by the name
// that replacement returns. A reference's alias stays; where there is none, AS and its own table name are
// added, so that columns qualified with it still resolve. (A qualifier with the schema, as in ns.t.c, does not resolve
// any more when the new name has another schema.) A reference for which replacement says false is left alone.
func RewriteRefs(sql string, refs []TableRef, replacement func(TableRef) (schema, name string, ok bool)) string {
	refs = slices.SortedFunc(slices.Values(refs), func(a, b TableRef) int { return a.Start - b.Start })
	var out strings.Builder
	last := 0
	for _, ref := range refs {
		schema, name, ok := replacement(ref)
		if !ok {
			continue
		}
		out.WriteString(sql[last:ref.Start])
		out.WriteString(QuoteName(schema, name))
		if ref.Alias == "" {
			out.WriteString(" AS " + QuoteIdent(ref.Name))
		}
		last = ref.NameEnd
		if ref.At != nil {
			if between := sql[ref.NameEnd:ref.At.Start]; strings.TrimSpace(between) != "" {
				out.WriteString(between) // the alias, or a comment
			}
			last = ref.At.End
		}
	}
	out.WriteString(sql[last:])
	return out.String()
}
