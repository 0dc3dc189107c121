package project

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/hosu-io/hosu/internal/schema"
)

// Wildcard stands for every table of a source that its file does not name.
const Wildcard = "*"

// DefaultOverlap is how far behind its cursor an incremental copy reads again when its table does not say: long
// enough for transactions that commit after rows with newer cursor values were copied.
const DefaultOverlap = 10 * time.Minute

var (
	sourceKeys = []string{"type", "into", "every", "tables"}
	tableKeys  = []string{"mode", "cursor", "key", "every", "overlap", "types"}
)

// sources reads sources/*.yaml.
func (l *loader) sources() {
	for _, rel := range l.yamlFiles("sources") {
		f, ok := l.read(rel)
		if !ok {
			continue
		}
		doc, node := parseYAML(f.rel, f.text, &l.bad)
		if node == nil {
			l.emptyFile(f, `"type" and "tables"`)
			continue
		}
		if s := l.source(doc, node, baseName(rel)); s != nil {
			l.ws.Sources = append(l.ws.Sources, s)
		}
	}
}

// emptyFile reports a YAML file without content, unless it has been reported as unreadable.
func (l *loader) emptyFile(f file, expected string) {
	for _, p := range l.bad.list {
		if p.Pos.File == f.rel {
			return
		}
	}
	l.bad.add(Pos{File: f.rel, Line: 1}, "is empty", "expected "+expected)
}

// source reads one file; nil when not even its connector is known.
func (l *loader) source(doc *document, node *yaml.Node, name string) *Source {
	pos := doc.pos(node)
	l.checkName(Pos{File: doc.file}, "file name", name)
	// The connector decides which keys are known, so it is looked up before they are checked.
	spec, ok := l.connector(doc, node)
	if !ok {
		return nil
	}
	m := doc.mapping(node, "a "+spec.Type+" source", withOptions(sourceKeys, spec.Options))
	s := &Source{
		Name:    name,
		Type:    spec.Type,
		Options: l.options(m, "a "+spec.Type+" source", spec.Options, !l.opts.WithoutSecrets),
		Into:    m.text("into"),
		Every:   m.every("every"),
		Pos:     pos,
	}
	if s.Into == "" {
		s.Into = "raw_" + name
	}
	for part := range strings.SplitSeq(s.Into, ".") {
		l.checkNamespace(m.pos("into"), "namespace", part)
	}
	m.require("a source", "tables")
	tables := m.get("tables")
	if tables == nil {
		return s
	}
	for _, e := range doc.mapping(tables, "tables", nil).entries {
		if t := l.sourceTable(doc, s, spec, e); t != nil {
			s.Tables = append(s.Tables, t)
		}
	}
	return s
}

// connector finds the connector that a source file names.
func (l *loader) connector(doc *document, node *yaml.Node) (ConnectorSpec, bool) {
	var types []string
	for _, spec := range l.opts.Connectors {
		types = append(types, spec.Type)
	}
	if node.Kind != yaml.MappingNode {
		doc.mapping(node, "a source", sourceKeys)
		return ConnectorSpec{}, false
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value != "type" {
			continue
		}
		value := resolve(node.Content[i+1])
		for _, spec := range l.opts.Connectors {
			if value.Kind == yaml.ScalarNode && spec.Type == value.Value {
				return spec, true
			}
		}
		doc.problem(value, "source type "+kindOf(value)+" is not known", Choice(value.Value, types))
		return ConnectorSpec{}, false
	}
	doc.problem(node, `a source has no "type"`, Choice("", types))
	return ConnectorSpec{}, false
}

func withOptions(keys []string, options []OptionSpec) []string {
	all := append([]string(nil), keys...)
	for _, o := range options {
		all = append(all, o.Name)
	}
	return all
}

// options reads the values of a connector's own keys.
func (l *loader) options(m *mapping, what string, specs []OptionSpec, expand bool) map[string]string {
	values := map[string]string{}
	for _, spec := range specs {
		if spec.Required {
			m.require(what, spec.Name)
		}
		switch {
		case m.has(spec.Name) && expand:
			values[spec.Name] = l.secretText(m, spec.Name)
		case m.has(spec.Name):
			values[spec.Name] = m.text(spec.Name)
		}
	}
	return values
}

func (l *loader) sourceTable(doc *document, s *Source, spec ConnectorSpec, e entry) *SourceTable {
	t := &SourceTable{
		Source:  s,
		Name:    e.key,
		Mode:    Full,
		Overlap: DefaultOverlap,
		Every:   s.Every,
		Options: map[string]string{},
		Pos:     doc.pos(e.name),
	}
	if t.Name == "" {
		doc.problem(e.name, "a table has no name", "expected the name it has in the source")
		return nil
	}
	if t.Name != Wildcard {
		t.Target = TargetName(s.Into, t.Name)
	}
	if isNull(e.value) { // "orders:" is a full copy with all defaults
		return t
	}
	what := "table " + strconv.Quote(e.key)
	m := doc.mapping(e.value, what, withOptions(tableKeys, spec.TableOptions))
	t.Options = l.options(m, what, spec.TableOptions, true)
	t.Cursor, t.Key = m.text("cursor"), m.list("key")
	t.Overlap = m.length("overlap", DefaultOverlap)
	t.Types = l.columnTypes(m)
	if m.has("every") {
		t.Every = m.every("every")
	}
	if m.has("key") {
		t.KeyPos = m.pos("key")
	}
	if m.has("cursor") {
		t.CursorPos = m.pos("cursor")
	}
	l.mode(m, t, what, spec)
	return t
}

// mode reads how a table is copied and what only goes with it.
func (l *loader) mode(m *mapping, t *SourceTable, what string, spec ConnectorSpec) {
	if m.text("mode") == "cdc" {
		m.doc.problem(m.get("mode"), "change capture (mode cdc) is not in this version of hosu",
			"use mode: incremental with a cursor and a key")
		return
	}
	mode := m.word("mode", string(Full), string(Incremental))
	if mode != "" {
		t.Mode = CopyMode(mode)
	} else if m.has("mode") {
		return // what goes with it cannot be judged
	}
	if t.Mode == Incremental {
		if spec.NeedsCursor && m.lacks("cursor") {
			m.doc.problem(m.get("mode"), what+" is incremental and has no cursor",
				`expected "cursor": the column that grows whenever a row changes, such as updated_at`)
		}
		return
	}
	for _, key := range []string{"cursor", "overlap"} {
		if m.has(key) {
			m.doc.bad.add(m.pos(key), fmt.Sprintf("%s sets %s but is copied in full", what, key),
				"add mode: incremental or remove the "+key)
		}
	}
}

func (l *loader) columnTypes(m *mapping) map[string]schema.Column {
	node := m.get("types")
	if node == nil {
		return nil
	}
	types := map[string]schema.Column{}
	named := m.doc.mapping(node, "types", nil)
	for _, e := range named.entries {
		text := named.text(e.key)
		if text == "" {
			continue
		}
		typ, err := schema.ParseType(text)
		if err != nil {
			m.doc.problem(e.value, fmt.Sprintf("column %q: %s", e.key, typeProblem(err)), `expected a type such as "decimal(18,2)", "timestamptz" or "string"`)
			continue
		}
		types[e.key] = schema.Column{Name: e.key, Type: typ}
	}
	return types
}

// typeProblem is what is wrong with the spelling of a type.
func typeProblem(err error) string {
	return strings.TrimPrefix(err.Error(), schema.ErrType.Error()+": ")
}

// TargetName is the catalog name of a source table copied into a namespace. Names stay as they are in the source, but
// for the dot behind a schema: "sales.orders" becomes "sales_orders".
func TargetName(into, name string) string {
	return into + "." + strings.ReplaceAll(name, ".", "_")
}
