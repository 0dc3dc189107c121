package project

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/hosu-io/hosu/internal/schema"
)

var (
	checkKeys       = []string{"name", "sql", "blocking", "description"}
	checkFileKeys   = []string{"name", "blocking", "description"}
	columnKeys      = []string{"type", "description", "checks"}
	columnCheckKeys = []string{"accepted_values", "references"}
	columnChecks    = []string{"not_null", "unique"}
)

// checks reads checks/*.sql.
func (l *loader) checks() {
	for _, rel := range l.list("checks") {
		if path.Ext(rel) != ".sql" {
			l.bad.add(Pos{File: rel}, "is no check", "expected checks/<name>.sql")
			continue
		}
		f, ok := l.read(rel)
		if !ok {
			continue
		}
		parsed, ok := l.splitSQL(f)
		c := &Check{Name: baseName(rel), Blocking: true, Pos: Pos{File: rel, Line: 1}}
		if parsed.header != nil {
			l.checkHeader(parsed.doc.mapping(parsed.header, "a check", checkFileKeys), c)
		}
		if ok {
			l.addCheck(c, parsed.sql)
			l.ws.Checks = append(l.ws.Checks, c)
		}
	}
}

func (l *loader) checkHeader(m *mapping, c *Check) {
	if m.has("name") {
		c.Name = m.text("name")
	}
	c.Description = m.text("description")
	c.Blocking = m.flag("blocking", true)
}

func (l *loader) addCheck(c *Check, sql sqlText) {
	c.SQL, c.SQLLine = sql.text, sql.line
	l.statements = append(l.statements, statement{sql: sql, check: c})
}

// modelCheck reads one of a model's checks.
func (l *loader) modelCheck(m *mapping, model *Model) {
	if len(m.entries) == 0 {
		return
	}
	m.require("a check", "name", "sql")
	c := &Check{Asset: model.Name, Pos: m.doc.pos(m.node)}
	l.checkHeader(m, c)
	for _, other := range model.Checks {
		if other.Name == c.Name {
			m.doc.bad.add(m.pos("name"), fmt.Sprintf("two checks have the name %q", c.Name), "rename one of them")
		}
	}
	if sql := m.sql("sql"); sql.text != "" {
		l.addCheck(c, sql)
		model.Checks = append(model.Checks, c)
	}
}

// contracts reads a model's columns.
func (l *loader) contracts(h *mapping, model *Model) {
	node := h.get("columns")
	if node == nil {
		return
	}
	for _, e := range h.doc.mapping(node, "columns", nil).entries {
		c := &ColumnContract{Name: e.key, Pos: h.doc.pos(e.name)}
		model.Columns = append(model.Columns, c)
		if isNull(e.value) {
			continue
		}
		m := h.doc.mapping(e.value, "column "+strconv.Quote(e.key), columnKeys)
		c.Type, c.Description = m.text("type"), m.text("description")
		if c.Type != "" {
			if _, err := schema.ParseType(c.Type); err != nil {
				m.doc.problem(m.get("type"), typeProblem(err), `expected a type such as "decimal(18,2)", "date" or "varchar"`)
			}
		}
		for _, item := range m.items("checks") {
			l.columnCheck(m.doc, item, c)
		}
	}
}

func (l *loader) columnCheck(doc *document, item *yaml.Node, c *ColumnContract) {
	if item.Kind == yaml.ScalarNode {
		switch item.Value {
		case "not_null":
			c.NotNull = true
		case "unique":
			c.Unique = true
		default:
			known := append(append([]string(nil), columnChecks...), columnCheckKeys...)
			doc.problem(item, fmt.Sprintf("column check %q is not known", item.Value),
				Hints("expected not_null, unique, {accepted_values: [value, …]} or {references: namespace.table.column}", DidYouMean(nearest(item.Value, known, 1))))
		}
		return
	}
	m := doc.mapping(item, "a column check", columnCheckKeys)
	if values := m.items("accepted_values"); values != nil {
		c.Accepted = []string{}
		for _, v := range values {
			c.Accepted = append(c.Accepted, literal(doc, v))
		}
	}
	if text := m.text("references"); text != "" {
		dot := strings.LastIndexByte(text, '.')
		if dot < 0 || strings.Count(text, ".") < 2 {
			doc.problem(m.get("references"), fmt.Sprintf("references is %q", text), "expected namespace.table.column")
			return
		}
		c.References = &Reference{Table: text[:dot], Column: text[dot+1:]}
		l.mentions = append(l.mentions, mention{
			pos: m.pos("references"), table: text[:dot],
			found: func(name string) { c.References.Table = name },
		})
	}
}

// literal is a YAML scalar as SQL.
func literal(doc *document, n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		doc.problem(n, "an accepted value is "+kindOf(n), "expected text, a number, true or false (nulls are accepted unless the column is not_null)")
		return "NULL"
	}
	bare := n.Tag == "!!bool"
	if _, err := strconv.ParseFloat(n.Value, 64); err == nil && (n.Tag == "!!int" || n.Tag == "!!float") {
		bare = true
	}
	if bare {
		return n.Value
	}
	return "'" + strings.ReplaceAll(n.Value, "'", "''") + "'"
}
