package project

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// The keys of dashboards. What their values mean is the business of package dashboard; here they are checked as far as a
// name can be wrong.
var (
	dashboardKeys = []string{"label", "description", "range", "grain", "filters", "rows", "owner", "tags"}
	rangeKeys     = []string{"default", "options"}
	filterKeys    = []string{"dimension", "label"}
	rowKeys       = []string{"label", "tiles"}
	tileKeys      = []string{
		"type", "metric", "metrics", "sql", "text", "by", "grain", "where", "order", "limit",
		"compare", "sparkline", "label", "description", "format", "columns", "width",
	}
	tileColumnKeys = []string{"label", "format"}
	labelKeys      = []string{"en", "ko"}
	tileTypes      = []string{"number", "line", "bar", "stacked", "table", "heatmap", "text"}
)

// names are the objects, activities and metrics of all metrics files, and who refers to them.
type names struct {
	defined map[string]map[string]Pos // kind, name
	used    []use
}

type use struct {
	pos        Pos
	kind, name string
}

func (n *names) define(l *loader, kind string, doc *document, e entry) {
	pos := doc.pos(e.name)
	if l.checkName(pos, kind+" name", e.key) {
		if first, twice := n.defined[kind][e.key]; twice {
			l.bad.add(pos, fmt.Sprintf("%s %q is defined twice", kind, e.key), "the other is at "+first.String())
			return
		}
	}
	if n.defined[kind] == nil {
		n.defined[kind] = map[string]Pos{}
	}
	n.defined[kind][e.key] = pos
}

func (n *names) use(kind string, m *mapping, key string) {
	for _, name := range m.list(key) {
		n.used = append(n.used, use{m.pos(key), kind, name})
	}
}

// check reports uses of what is not defined.
func (n *names) check(l *loader) {
	for _, u := range n.used {
		if _, ok := n.defined[u.kind][u.name]; ok {
			continue
		}
		var known []string
		for name := range n.defined[u.kind] {
			known = append(known, name)
		}
		slices.Sort(known)
		suggestion := DidYouMean(nearest(u.name, known, 2))
		if suggestion == "" && len(known) > 0 && len(known) <= 8 {
			suggestion = "expected " + OneOf(known)
		}
		l.bad.add(u.pos, fmt.Sprintf("there is no %s %q", u.kind, u.name), suggestion)
	}
}

// documents reads metrics/*.yaml and dashboards/*.yaml.
func (l *loader) documents() {
	n := &names{defined: map[string]map[string]Pos{}}
	for _, rel := range l.yamlFiles("metrics") {
		doc, node, ok := l.document(rel, `"objects", "activities" or "metrics"`)
		if !ok {
			continue
		}
		file := &MetricsFile{Name: baseName(rel), Pos: doc.pos(node)}
		l.metricsFile(doc.mapping(node, "a metrics file", metricsKeys), n, file)
		l.ws.Metrics = append(l.ws.Metrics, file)
	}
	for _, rel := range l.yamlFiles("dashboards") {
		doc, node, ok := l.document(rel, `"rows"`)
		if !ok {
			continue
		}
		board := &Dashboard{Name: baseName(rel), Pos: doc.pos(node)}
		l.dashboard(doc.mapping(node, "a dashboard", dashboardKeys), n, board)
		board.Doc, board.Places = plain(doc, node), places(doc, node)
		l.ws.Dashboards = append(l.ws.Dashboards, board)
	}
	n.check(l)
}

func (l *loader) document(rel, expected string) (*document, *yaml.Node, bool) {
	f, ok := l.read(rel)
	if !ok {
		return nil, nil, false
	}
	doc, node := parseYAML(f.rel, f.text, &l.bad)
	if node == nil {
		l.emptyFile(f, expected)
		return nil, nil, false
	}
	return doc, node, true
}

// plain is a node as Go values; nil when something is wrong with its file.
func plain(doc *document, node *yaml.Node) map[string]any {
	for _, p := range doc.bad.list {
		if p.Pos.File == doc.file {
			return nil
		}
	}
	values, _ := asWritten(node).(map[string]any)
	return values
}

// asWritten is a node as maps, lists and texts; nothing is nil. Scalars are not given the types that YAML finds in them: 0012 is the code
// of a shop and 2.10 a version, and not the numbers 10 and 2.1.
func asWritten(node *yaml.Node) any {
	switch node = resolve(node); {
	case node.Kind == yaml.MappingNode:
		values := map[string]any{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			values[node.Content[i].Value] = asWritten(node.Content[i+1])
		}
		return values
	case node.Kind == yaml.SequenceNode:
		items := []any{}
		for _, item := range node.Content {
			items = append(items, asWritten(item))
		}
		return items
	case isNull(node):
		return nil
	default:
		return node.Value
	}
}

// places are the positions of all values below a node by their paths: "rows.0.tiles.2.metric". The node's own path is "".
func places(doc *document, node *yaml.Node) map[string]Pos {
	found := map[string]Pos{}
	var visit func(path string, n *yaml.Node)
	visit = func(path string, n *yaml.Node) {
		found[strings.TrimPrefix(path, ".")] = doc.pos(n)
		switch n = resolve(n); n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				visit(path+"."+n.Content[i].Value, n.Content[i+1])
			}
		case yaml.SequenceNode:
			for i, item := range n.Content {
				visit(path+"."+strconv.Itoa(i), item)
			}
		}
	}
	visit("", node)
	return found
}

// each calls read for every named definition below a key.
func each(m *mapping, key, kind string, known []string, read func(e entry, def *mapping)) {
	node := m.get(key)
	if node == nil {
		return
	}
	for _, e := range m.doc.mapping(node, key, nil).entries {
		read(e, m.doc.mapping(e.value, kind+" "+strconv.Quote(e.key), known))
	}
}

func (l *loader) dashboard(m *mapping, n *names, board *Dashboard) {
	m.require("a dashboard", "rows")
	m.label("label")
	m.label("description")
	m.text("grain")
	m.text("owner")
	m.list("tags")
	if node := m.get("range"); node != nil && node.Kind != yaml.ScalarNode {
		r := m.doc.mapping(node, "a range", rangeKeys)
		r.require("a range", "default")
		r.text("default")
		r.list("options")
	}
	for _, item := range m.items("filters") {
		if item.Kind == yaml.ScalarNode {
			continue
		}
		f := m.doc.mapping(item, "a filter", filterKeys)
		f.require("a filter", "dimension")
		f.text("dimension")
		f.label("label")
	}
	for _, item := range m.items("rows") {
		row := m.doc.mapping(item, "a row", rowKeys)
		row.require("a row", "tiles")
		row.label("label")
		for _, node := range row.items("tiles") {
			l.tile(m.doc.mapping(node, "a tile", tileKeys), n, board)
		}
	}
}

func (l *loader) tile(t *mapping, n *names, board *Dashboard) {
	if len(t.entries) == 0 {
		return
	}
	t.require("a tile", "type")
	kind := t.word("type", tileTypes...)
	var content []string
	for _, key := range []string{"metric", "metrics", "sql", "text"} {
		if t.has(key) {
			content = append(content, key)
		}
	}
	switch {
	case len(content) != 1:
		t.doc.problem(t.node, fmt.Sprintf("a tile has %d of the keys that say what it shows", len(content)), `expected exactly one of "metric", "metrics", "sql" or "text"`)
	case kind != "" && (kind == "text") != (content[0] == "text"):
		t.doc.problem(t.get("type"), fmt.Sprintf("a tile of type %s shows %s", kind, content[0]), `expected "text" in tiles of type text only`)
	}
	n.use("metric", t, "metric")
	n.use("metric", t, "metrics")
	for _, key := range []string{"label", "description", "text"} {
		t.label(key)
	}
	for _, key := range []string{"grain", "order", "format"} {
		t.text(key)
	}
	t.list("by")
	t.word("compare", "previous")
	t.flag("sparkline", false)
	for _, key := range []string{"limit", "width"} {
		t.whole(key, 0)
	}
	each(t, "columns", "column", tileColumnKeys, func(_ entry, column *mapping) {
		column.label("label")
		column.text("format")
	})
	if where := t.get("where"); where != nil {
		conditions := t.doc.mapping(where, "where", nil)
		for _, e := range conditions.entries {
			conditions.list(e.key)
		}
	}
	if sql := t.sql("sql"); sql.text != "" {
		l.statements = append(l.statements, statement{sql: sql, board: board})
	}
}
