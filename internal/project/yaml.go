package project

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// document is one YAML text of the workspace: a file, or the header comment of a SQL file.
type document struct {
	file  string
	bad   *problems
	lines []string // of the file, to place text inside scalars
}

// parseYAML reads one YAML document. Text must have the lines of the file it comes from, so that nodes have the file's
// line numbers. The node is nil when the text is empty or unreadable.
func parseYAML(file, text string, bad *problems) (*document, *yaml.Node) {
	doc := &document{file: file, bad: bad, lines: strings.Split(text, "\n")}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var root yaml.Node
	if err := decoder.Decode(&root); err != nil {
		if err.Error() != "EOF" {
			bad.add(yamlErrorPos(file, err), "unreadable YAML: "+yamlErrorText(err), "check indentation, quotes and brackets")
		}
		return doc, nil
	}
	var second yaml.Node
	if err := decoder.Decode(&second); err == nil {
		bad.add(doc.pos(&second), "a second YAML document", `expected one document: remove the "---" line`)
	}
	if len(root.Content) == 0 || root.Content[0].Tag == "!!null" {
		return doc, nil
	}
	return doc, root.Content[0]
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// yamlCountsFromZero matches the errors whose line the YAML package counts from 0: those of its parser, not of its scanner.
var yamlCountsFromZero = regexp.MustCompile(`did not find expected (key|node content|'-' indicator|',' or|<)`)

func yamlErrorPos(file string, err error) Pos {
	pos := Pos{File: file, Line: 1}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		pos.Line, _ = strconv.Atoi(m[1])
		if yamlCountsFromZero.MatchString(err.Error()) {
			pos.Line++
		}
	}
	return pos
}

func yamlErrorText(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	return yamlLine.ReplaceAllString(text, "")
}

func (d *document) pos(n *yaml.Node) Pos {
	return Pos{File: d.file, Line: max(n.Line, 1), Column: n.Column}
}

func (d *document) problem(n *yaml.Node, message, hint string) {
	d.bad.add(d.pos(n), message, hint)
}

// resolve follows an alias to its anchor.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// kindOf names what a node is, for messages.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "keys with values"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	default:
		return strconv.Quote(n.Value)
	}
}

// entry is one key of a mapping with its value, aliases resolved.
type entry struct {
	key   string
	name  *yaml.Node
	value *yaml.Node
}

// mapping is a YAML mapping whose keys have been checked.
type mapping struct {
	doc     *document
	node    *yaml.Node
	entries []entry  // in file order, each key once
	meant   []string // known keys that unknown ones look like
}

// mapping reads node as a mapping of the known keys; known is nil when any key is allowed. What names the mapping in
// messages ("a source"). The result is never nil.
func (d *document) mapping(node *yaml.Node, what string, known []string) *mapping {
	m := &mapping{doc: d, node: node}
	node = resolve(node)
	if node.Kind != yaml.MappingNode {
		d.problem(node, what+" is "+kindOf(node), "expected keys with values")
		return m
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], resolve(node.Content[i+1])
		e := entry{key: name.Value, name: name, value: value}
		switch {
		case name.Kind != yaml.ScalarNode:
			d.problem(name, "a key of "+what+" is "+kindOf(name), "expected a word")
		case known != nil && !slices.Contains(known, e.key):
			d.problem(name, fmt.Sprintf("unknown key %q in %s", e.key, what), Choice(e.key, known))
			m.meant = append(m.meant, nearest(e.key, known, 1)...)
		case slices.ContainsFunc(m.entries, func(o entry) bool { return o.key == e.key }):
			d.problem(name, fmt.Sprintf("key %q appears twice in %s", e.key, what), "remove one of them")
		default:
			m.entries = append(m.entries, e)
		}
	}
	return m
}

// get returns the value of a key; nil when the key is absent. A key without a value is a problem.
func (m *mapping) get(key string) *yaml.Node {
	for _, e := range m.entries {
		if e.key != key {
			continue
		}
		if isNull(e.value) {
			m.doc.problem(e.name, fmt.Sprintf("%q has no value", key), "give it one or remove the key")
			return nil
		}
		return e.value
	}
	return nil
}

// has says whether a key is written, with or without a value.
func (m *mapping) has(key string) bool {
	return slices.ContainsFunc(m.entries, func(e entry) bool { return e.key == key })
}

// pos is where the value of key is; the mapping's own place when the key is absent.
func (m *mapping) pos(key string) Pos {
	for _, e := range m.entries {
		if e.key == key {
			return m.doc.pos(e.value)
		}
	}
	return m.doc.pos(m.node)
}

// lacks says whether a key is neither written nor likely meant by an unknown one.
func (m *mapping) lacks(key string) bool { return !m.has(key) && !slices.Contains(m.meant, key) }

// require reports keys that are absent.
func (m *mapping) require(what string, keys ...string) {
	for _, key := range keys {
		if m.lacks(key) {
			m.doc.problem(m.node, fmt.Sprintf("%s has no %q", what, key), "expected the key "+strconv.Quote(key))
		}
	}
}

// text reads a scalar; "" when absent.
func (m *mapping) text(key string) string {
	n := m.get(key)
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		m.doc.problem(n, fmt.Sprintf("%q is %s", key, kindOf(n)), "expected text")
		return ""
	}
	return n.Value
}

// label checks a text for people: one for all languages, or one each.
func (m *mapping) label(key string) {
	n := m.get(key)
	if n == nil || n.Kind == yaml.ScalarNode {
		return
	}
	texts := m.doc.mapping(n, key, labelKeys)
	for _, e := range texts.entries {
		texts.text(e.key)
	}
}

// word reads one of the known words; "" when absent or wrong.
func (m *mapping) word(key string, known ...string) string {
	text := m.text(key)
	if text != "" && !slices.Contains(known, text) {
		m.doc.problem(m.get(key), fmt.Sprintf("%s %q is not known", key, text), Choice(text, known))
		return ""
	}
	return text
}

// list reads a list of scalars, or one scalar as a list of one; nil when absent.
func (m *mapping) list(key string) []string {
	n := m.get(key)
	if n == nil {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	if n.Kind != yaml.SequenceNode {
		m.doc.problem(n, fmt.Sprintf("%q is %s", key, kindOf(n)), "expected a name or a list of names")
		return nil
	}
	var list []string
	for _, item := range n.Content {
		item = resolve(item)
		if item.Kind != yaml.ScalarNode || isNull(item) {
			m.doc.problem(item, fmt.Sprintf("an item of %q is %s", key, kindOf(item)), "expected text")
			continue
		}
		list = append(list, item.Value)
	}
	return list
}

// items reads a list of anything; nil when absent.
func (m *mapping) items(key string) []*yaml.Node {
	n := m.get(key)
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		m.doc.problem(n, fmt.Sprintf("%q is %s", key, kindOf(n)), "expected a list")
		return nil
	}
	items := make([]*yaml.Node, len(n.Content))
	for i, item := range n.Content {
		items[i] = resolve(item)
	}
	return items
}

// whole reads a number from 0; absent when the key is.
func (m *mapping) whole(key string, absent int) int {
	text := m.text(key)
	if text == "" {
		return absent
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		m.doc.problem(m.get(key), fmt.Sprintf("%s is %q", key, text), "expected a whole number, 0 or more")
		return absent
	}
	return n
}

// flag reads true or false; absent when the key is.
func (m *mapping) flag(key string, absent bool) bool {
	switch text := m.text(key); text {
	case "":
		return absent
	case "true":
		return true
	case "false":
		return false
	default:
		m.doc.problem(m.get(key), fmt.Sprintf("%s is %q", key, text), "expected true or false")
		return absent
	}
}

func (m *mapping) every(key string) Every {
	text := m.text(key)
	if text == "" {
		return Every{}
	}
	every, err := parseEvery(text)
	if err != nil {
		suggestion := DidYouMean(nearest(text, []string{"hour", "day", "week", "month"}, 1))
		m.doc.problem(m.get(key), fmt.Sprintf("%s is %q", key, text), Hints(err.Error(), suggestion))
	}
	return every
}

// length reads a length of time; absent when the key is.
func (m *mapping) length(key string, absent time.Duration) time.Duration {
	text := m.text(key)
	if text == "" {
		return absent
	}
	d, err := parseLength(text)
	if err != nil {
		m.doc.problem(m.get(key), fmt.Sprintf("%s is %q", key, text), err.Error())
		return absent
	}
	return d
}

// sql reads a statement and where its text begins in the file.
func (m *mapping) sql(key string) sqlText {
	text := m.text(key)
	if text == "" {
		return sqlText{}
	}
	return m.doc.sqlText(m.get(key))
}

// sqlText places the text of a scalar: exactly where it is plain, quoted on one line or a literal block, by its line otherwise.
func (d *document) sqlText(n *yaml.Node) sqlText {
	s := sqlText{file: d.file, text: n.Value, line: n.Line, column: n.Column}
	switch n.Style {
	case yaml.LiteralStyle, yaml.FoldedStyle:
		s.line++
		s.column = 1
		if s.line <= len(d.lines) {
			line := d.lines[s.line-1]
			s.indent = len(line) - len(strings.TrimLeft(line, " "))
			s.column += s.indent
		}
	case yaml.SingleQuotedStyle, yaml.DoubleQuotedStyle:
		s.column++
	}
	return s
}
