package project

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// MetricsFile is metrics/<name>.yaml. What it says is checked for its shape, the names of objects, activities and tables
// and the syntax of its SQL; package metric gives it meaning.
type MetricsFile struct {
	Name       string
	Objects    []*ObjectDef
	Activities []*ActivityDef
	Metrics    []*MetricDef
	Tables     []string // tables it reads, sorted, as catalog names
	Pos        Pos
}

// Text is a scalar of a YAML file and where it is written.
type Text struct {
	Value string
	at    sqlText
}

// Pos is where the text is.
func (t Text) Pos() Pos { return t.at.pos(0) }

// At is where a byte of the text is.
func (t Text) At(offset int) Pos { return t.at.pos(offset) }

// Token is a piece of SQL that is neither white space nor a comment: a word, number, string or quoted name, or one character
// of anything else. It is the bytes from Start to End.
type Token struct{ Start, End int }

// Tokens splits the text as SQL.
func (t Text) Tokens() []Token {
	var list []Token
	for _, token := range tokens(t.Value) {
		if token.kind == tokenOther {
			list = append(list, Token{token.start, token.end})
		}
	}
	return list
}

// Word says whether the text is one word that SQL could take for a name.
func (t Text) Word() bool {
	first, _ := utf8.DecodeRuneInString(t.Value)
	return isWord(first) && !unicode.IsDigit(first) && strings.IndexFunc(t.Value, func(r rune) bool { return !isWord(r) }) < 0
}

// FieldDef is a named value of an object or activity.
type FieldDef struct {
	Name        string
	Value       Text              // a column, or a SQL expression over the table's columns
	Label       map[string]string // by language; "" is for every language
	Description map[string]string // as Label
	Pos         Pos
}

// ObjectDef is who or what takes part in activities: a user, a product.
type ObjectDef struct {
	Name        string
	Table       string // as the catalog has it
	Key         Text
	Dimensions  []*FieldDef
	Label       map[string]string
	Description map[string]string // as Label
	Pos         Pos
}

// ActivityDef is what happens at a time: a view, a purchase.
type ActivityDef struct {
	Name        string
	Table       string // as the catalog has it
	Where       Text
	Time        Text
	Objects     []*FieldDef // named as the objects; their values are the objects' keys
	Dimensions  []*FieldDef
	Facts       []*FieldDef
	Also        []string // other tables that its SQL reads, sorted
	Label       map[string]string
	Description map[string]string // as Label
	Pos         Pos
}

// MetricDef is a metric: From with an aggregate, an Expression, a Retention or a Funnel.
type MetricDef struct {
	Name        string
	From        Text
	Aggregate   string // "sum", "count", "avg", "min", "max" or "distinct"
	Argument    Text   // of the aggregate; empty in "count"
	Where       Text
	Window      int // days; 0 for none
	FirstPer    []Text
	Expression  Text
	Retention   *RetentionDef
	Funnel      *FunnelDef
	Also        []string // tables that its own SQL reads, sorted
	Label       map[string]string
	Format      Text
	Description map[string]string // as Label
	Owner       string
	Tags        []string
	Pos         Pos
}

// RetentionDef is the share of objects that come back.
type RetentionDef struct {
	By, First, Then Text
	// Days is how many days after the first activity the second counts, or the last on which it does.
	Days   int
	Within bool
}

// FunnelDef is the share of objects that get from the first step to the last.
type FunnelDef struct {
	By     Text
	Steps  []Text
	Within time.Duration // zero when not given
}

var (
	metricsKeys  = []string{"objects", "activities", "metrics"}
	objectKeys   = []string{"table", "key", "dimensions", "label", "description"}
	activityKeys = []string{"table", "where", "time", "objects", "dimensions", "facts", "label", "description"}
	metricKeys   = []string{
		"from", "value", "where", "window", "first_per", "expression", "retention", "funnel",
		"label", "format", "description", "owner", "tags",
	}
	fieldKeys     = []string{"value", "label", "description"}
	retentionKeys = []string{"by", "first", "then", "after", "within"}
	funnelKeys    = []string{"by", "steps", "within"}
	aggregates    = []string{"sum", "count", "avg", "min", "max", "distinct"}
	// aggregateOnly are the keys of metrics that belong to "from".
	aggregateOnly = []string{"value", "where", "window", "first_per"}
)

func (l *loader) metricsFile(m *mapping, n *names, file *MetricsFile) {
	each(m, "objects", "object", objectKeys, func(e entry, def *mapping) {
		n.define(l, "object", m.doc, e)
		file.Objects = append(file.Objects, l.object(def, e, file))
	})
	each(m, "activities", "activity", activityKeys, func(e entry, def *mapping) {
		n.define(l, "activity", m.doc, e)
		file.Activities = append(file.Activities, l.activity(def, n, e, file))
	})
	each(m, "metrics", "metric", metricKeys, func(e entry, def *mapping) {
		n.define(l, "metric", m.doc, e)
		file.Metrics = append(file.Metrics, l.metric(def, n, e, file))
	})
}

func (l *loader) object(m *mapping, e entry, file *MetricsFile) *ObjectDef {
	m.require("object "+quoted(e), "table", "key")
	o := &ObjectDef{
		Name: e.key, Label: m.labels("label"), Description: m.labels("description"), Pos: m.doc.pos(e.name),
	}
	note := readsOf(file, nil)
	l.table(m, note, &o.Table)
	o.Key = l.expression(m, "key", note)
	o.Dimensions = l.fields(m, "dimensions", "dimension", note)
	return o
}

func (l *loader) activity(m *mapping, n *names, e entry, file *MetricsFile) *ActivityDef {
	m.require("activity "+quoted(e), "table", "time")
	a := &ActivityDef{
		Name: e.key, Label: m.labels("label"), Description: m.labels("description"), Pos: m.doc.pos(e.name),
	}
	l.table(m, readsOf(file, nil), &a.Table)
	note := readsOf(file, &a.Also)
	a.Where = l.expression(m, "where", note)
	a.Time = l.expression(m, "time", note)
	if node := m.get("objects"); node != nil {
		for _, o := range m.doc.mapping(node, "objects", nil).entries {
			n.used = append(n.used, use{m.doc.pos(o.name), "object", o.key})
			a.Objects = append(a.Objects, &FieldDef{Name: o.key, Value: l.scalar(m.doc, o, note), Pos: m.doc.pos(o.name)})
		}
	}
	a.Dimensions = l.fields(m, "dimensions", "dimension", note)
	a.Facts = l.fields(m, "facts", "fact", note)
	return a
}

// readsOf returns what notes a table that a file reads, in a definition of it too.
func readsOf(file *MetricsFile, also *[]string) func(string) {
	return func(table string) {
		file.Tables = addName(file.Tables, table)
		if also != nil {
			*also = addName(*also, table)
		}
	}
}

// table reads the table of an object or activity; its name in the catalog is known when the workspace is linked.
func (l *loader) table(m *mapping, note func(string), name *string) {
	if table := m.text("table"); table != "" {
		l.mentions = append(l.mentions, mention{
			pos: m.pos("table"), table: table, found: func(found string) { *name = found; note(found) },
		})
	}
}

// fields reads a list of columns, or named values: a column, an expression, or a mapping with a label.
func (l *loader) fields(m *mapping, key, kind string, note func(string)) []*FieldDef {
	node := m.get(key)
	if node == nil {
		return nil
	}
	var fields []*FieldDef
	add := func(name *yaml.Node, f *FieldDef) {
		f.Name, f.Pos = name.Value, m.doc.pos(name)
		switch {
		case !l.checkName(f.Pos, kind, f.Name):
		case slices.ContainsFunc(fields, func(o *FieldDef) bool { return nameKey(o.Name) == nameKey(f.Name) }):
			m.doc.problem(name, fmt.Sprintf("%s %q is defined twice", kind, f.Name), "remove one of them")
		default:
			fields = append(fields, f)
		}
	}
	if node.Kind != yaml.MappingNode {
		if node.Kind == yaml.ScalarNode {
			node = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{node}}
		}
		for _, item := range node.Content {
			item = resolve(item)
			if item.Kind != yaml.ScalarNode || isNull(item) {
				m.doc.problem(item, fmt.Sprintf("an item of %q is %s", key, kindOf(item)), "expected the name of a column; values with a name of their own are written as name: value")
				continue
			}
			add(item, &FieldDef{Value: m.doc.textOf(item)})
		}
		return fields
	}
	for _, e := range m.doc.mapping(node, key, nil).entries {
		switch {
		case isNull(e.value):
			add(e.name, &FieldDef{Value: m.doc.textOf(e.name)})
		case e.value.Kind == yaml.MappingNode:
			def := m.doc.mapping(e.value, kind+" "+quoted(e), fieldKeys)
			f := &FieldDef{Value: m.doc.textOf(e.name), Label: def.labels("label"), Description: def.labels("description")}
			if def.has("value") {
				f.Value = l.expression(def, "value", note)
			}
			add(e.name, f)
		default:
			add(e.name, &FieldDef{Value: l.scalar(m.doc, e, note)})
		}
	}
	return fields
}

// metric reads a metric, which is of exactly one kind.
func (l *loader) metric(m *mapping, n *names, e entry, file *MetricsFile) *MetricDef {
	what := "metric " + quoted(e)
	def := &MetricDef{
		Name: e.key, Label: m.labels("label"), Format: m.located("format"), Description: m.labels("description"),
		Owner: m.text("owner"), Tags: m.list("tags"), Pos: m.doc.pos(e.name),
	}
	kinds := []string{"from", "expression", "retention", "funnel"}
	var written []string
	for _, kind := range kinds {
		if m.has(kind) {
			written = append(written, kind)
		}
	}
	if len(written) != 1 {
		m.doc.problem(m.node, fmt.Sprintf("%s has %d of the keys that say how it is computed", what, len(written)), "expected exactly one of "+OneOf(kinds))
		return def
	}
	if written[0] != "from" {
		for _, key := range aggregateOnly {
			if m.has(key) {
				m.doc.problem(m.get(key), fmt.Sprintf("%s has %q, which goes with \"from\" only", what, key), "remove it, or put it into the metrics that this one is made of")
			}
		}
	}
	note := readsOf(file, &def.Also)
	switch written[0] {
	case "from":
		m.require(what, "value")
		n.use("activity", m, "from")
		def.From = m.located("from")
		l.aggregate(m, def, note)
		def.Where = l.expression(m, "where", note)
		def.Window = m.days("window")
		def.FirstPer = m.texts("first_per")
	case "expression":
		def.Expression = m.located("expression")
	case "retention":
		if node := m.get("retention"); node != nil {
			r := m.doc.mapping(node, "retention", retentionKeys)
			r.require("retention", "by", "first", "then")
			n.use("object", r, "by")
			n.use("activity", r, "first")
			n.use("activity", r, "then")
			def.Retention = &RetentionDef{By: r.located("by"), First: r.located("first"), Then: r.located("then"), Days: max(r.days("after"), r.days("within")), Within: r.has("within")}
			if r.has("after") == r.has("within") && len(r.meant) == 0 {
				m.doc.problem(node, "a retention has "+map[bool]string{true: "both", false: "neither"}[r.has("after")]+` of "after" and "within"`, `expected after: 7d, for the seventh day after, or within: 7d, for any of the seven`)
			}
		}
	case "funnel":
		if node := m.get("funnel"); node != nil {
			f := m.doc.mapping(node, "funnel", funnelKeys)
			f.require("funnel", "by", "steps")
			n.use("object", f, "by")
			steps := f.texts("steps")
			for _, step := range steps {
				n.used = append(n.used, use{step.Pos(), "activity", step.Value})
			}
			if f.has("steps") && len(steps) == 1 {
				m.doc.problem(f.get("steps"), "a funnel has one step", "expected two activities or more")
			}
			def.Funnel = &FunnelDef{By: f.located("by"), Steps: steps, Within: f.length("within", 0)}
		}
	}
	return def
}

// aggregate reads a metric's value: sum(…), count, distinct(…) and so on.
func (l *loader) aggregate(m *mapping, def *MetricDef, note func(string)) {
	value := m.located("value")
	if value.Value == "" || !l.wellFormed(value) {
		return
	}
	const forms = `expected one of sum(…), count, avg(…), min(…), max(…) and distinct(…)`
	list := value.Tokens()
	text := func(i int) string { return value.Value[list[i].Start:list[i].End] }
	name := strings.ToLower(text(0))
	closing := len(list) - 1
	switch {
	case name == "count" && len(list) == 1:
		def.Aggregate = name
		return
	case len(list) < 3 || text(1) != "(" || text(closing) != ")":
		l.bad.add(value.Pos(), fmt.Sprintf("value is %q", value.Value), forms+"; arithmetic over them is an expression of other metrics")
		return
	case !slices.Contains(aggregates, name):
		l.bad.add(value.Pos(), fmt.Sprintf("the aggregate %q is not known", text(0)), Hints(forms, DidYouMean(nearest(name, aggregates, 1))))
		return
	}
	depth := 0
	for i := 1; i < closing; i++ {
		switch text(i) {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth == 0 {
			l.bad.add(value.At(list[i].End), fmt.Sprintf("value is %q", value.Value), "expected one aggregate; arithmetic over them is an expression of other metrics")
			return
		}
	}
	def.Aggregate = name
	if name == "count" && (closing == 2 || closing == 3 && text(2) == "*") {
		return
	}
	if closing == 2 {
		l.bad.add(value.At(list[closing].Start), fmt.Sprintf("%s has nothing to compute", name), "expected a fact, an object or a column in the parentheses")
		return
	}
	def.Argument = value.part(list[2].Start, list[closing-1].End)
	switch {
	case text(2) == "*" && closing == 3:
		l.bad.add(def.Argument.Pos(), name+"(*) cannot be computed", "expected a fact, an object or a column")
	case l.wellFormed(def.Argument):
		l.parsed(def.Argument, note)
	}
}

// expression reads a SQL expression; the zero Text when the key is absent or what it says is none.
func (l *loader) expression(m *mapping, key string, note func(string)) Text {
	text := m.located(key)
	if text.Value == "" || !l.wellFormed(text) {
		return Text{}
	}
	l.parsed(text, note)
	return text
}

// scalar reads the SQL expression that is an entry's value.
func (l *loader) scalar(doc *document, e entry, note func(string)) Text {
	if e.value.Kind != yaml.ScalarNode || isNull(e.value) {
		doc.problem(e.value, fmt.Sprintf("%q is %s", e.key, kindOf(e.value)), "expected a column or an expression")
		return Text{}
	}
	text := doc.textOf(e.value)
	if !l.wellFormed(text) {
		return Text{}
	}
	l.parsed(text, note)
	return text
}

// wellFormed reports text that could end the expression it is put into: it is written into larger statements.
func (l *loader) wellFormed(text Text) bool {
	depth := 0
	for _, t := range tokens(text.Value) {
		piece := text.Value[t.start:t.end]
		message, instead := "", ""
		switch {
		case t.kind == tokenComment:
			message, instead = "a comment in SQL", "write it as a comment of YAML, behind #"
		case piece == "(" || piece == "[" || piece == "{":
			depth++
		case piece == ")" || piece == "]" || piece == "}":
			if depth--; depth < 0 {
				message, instead = fmt.Sprintf("%q closes nothing", piece), "check the parentheses"
			}
		case piece == "," && depth == 0:
			message, instead = "two expressions in the place of one", "put what belongs together into parentheses"
		case piece == ";":
			message, instead = `";" in an expression`, "remove it"
		case piece[0] == '$' && !strings.HasSuffix(piece, "$"):
			message, instead = fmt.Sprintf("a metric has no parameter %s", piece), "write the value into the SQL"
		}
		if message != "" {
			l.bad.add(text.At(t.start), message, instead)
			return false
		}
	}
	if depth > 0 || strings.TrimSpace(text.Value) == "" {
		l.bad.add(text.Pos(), fmt.Sprintf("%q is no expression", text.Value), "check the parentheses")
		return false
	}
	return true
}

// parsed has an expression's syntax checked and its tables noted when the workspace is linked. A word is a column.
func (l *loader) parsed(text Text, note func(string)) {
	if !text.Word() {
		l.statements = append(l.statements, statement{sql: text.at, prefix: "SELECT (", suffix: ")", note: note})
	}
}

// part is a piece of a text.
func (t Text) part(start, end int) Text {
	pos := t.at.pos(start)
	at := t.at
	at.text, at.line, at.column = t.Value[start:end], pos.Line, pos.Column
	return Text{Value: t.Value[start:end], at: at}
}

func (d *document) textOf(n *yaml.Node) Text { return Text{Value: n.Value, at: d.sqlText(n)} }

// located reads a scalar and where it is; the zero Text when absent.
func (m *mapping) located(key string) Text {
	if m.text(key) == "" {
		return Text{}
	}
	return m.doc.textOf(m.get(key))
}

// texts reads a list of scalars, or one, and where they are; nil when absent.
func (m *mapping) texts(key string) []Text {
	values := m.list(key)
	node := m.get(key)
	switch {
	case len(values) == 0:
		return nil
	case node.Kind == yaml.ScalarNode:
		return []Text{m.doc.textOf(node)}
	}
	var list []Text
	for _, item := range node.Content {
		if item = resolve(item); item.Kind == yaml.ScalarNode && !isNull(item) {
			list = append(list, m.doc.textOf(item))
		}
	}
	return list
}

// days reads a length of whole days; 0 when absent.
func (m *mapping) days(key string) int {
	const day = 24 * time.Hour
	d := m.length(key, day)
	if d < day || d%day != 0 {
		m.doc.problem(m.get(key), fmt.Sprintf("%s is %q", key, m.text(key)), `expected whole days, such as "7d"`)
	}
	if !m.has(key) {
		return 0
	}
	return int(d / day)
}

// labels reads a text for people; "" is the language of one for all.
func (m *mapping) labels(key string) map[string]string {
	m.label(key)
	n := m.get(key)
	if n == nil {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		return map[string]string{"": n.Value}
	}
	texts := map[string]string{}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			texts[n.Content[i].Value] = resolve(n.Content[i+1]).Value
		}
	}
	return texts
}

func quoted(e entry) string { return fmt.Sprintf("%q", e.key) }
