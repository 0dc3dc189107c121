package project

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

var modelKeys = []string{
	"write", "every", "start", "lookback", "batch", "partition", "columns", "checks",
	"owner", "description", "tags", "retries",
}

// models reads models/**/*.sql.
func (l *loader) models() {
	for _, rel := range l.list("models") {
		switch path.Ext(rel) {
		case ".sql":
			l.model(rel)
		case ".py":
			l.bad.add(Pos{File: rel}, "this version of hosu has no Python models yet", "expected models/<namespace>/<name>.sql")
		default:
			l.bad.add(Pos{File: rel}, "is no model", "expected models/<namespace>/<name>.sql")
		}
	}
}

func (l *loader) model(rel string) {
	f, ok := l.read(rel)
	if !ok {
		return
	}
	name, ok := l.modelName(rel)
	if !ok {
		return
	}
	parsed, ok := l.splitSQL(f)
	m := &Model{
		Name:    name,
		SQL:     parsed.sql.text,
		SQLLine: parsed.sql.line,
		Write:   Write{Kind: WriteFull},
		Retries: -1,
		Pos:     Pos{File: rel, Line: 1},
	}
	var header *mapping
	if parsed.header != nil {
		header = parsed.doc.mapping(parsed.header, "a model", modelKeys)
		l.modelHeader(header, m)
	}
	if ok {
		l.statements = append(l.statements, statement{sql: parsed.sql, model: m, header: header})
	}
	l.ws.Models = append(l.ws.Models, m)
}

// modelName makes the catalog name of a path below models/.
func (l *loader) modelName(rel string) (string, bool) {
	parts := strings.Split(norm.NFC.String(strings.TrimSuffix(strings.TrimPrefix(rel, "models/"), ".sql")), "/")
	if len(parts) < 2 {
		l.bad.add(Pos{File: rel}, "the model has no namespace", "move it into a folder, which is the namespace: models/marts/"+parts[0]+".sql")
		return "", false
	}
	for i, part := range parts {
		check, what := l.checkNamespace, "folder name"
		if i == len(parts)-1 {
			check, what = l.checkName, "file name"
		}
		if !check(Pos{File: rel}, what, part) {
			return "", false
		}
	}
	return strings.Join(parts, "."), true
}

func (l *loader) modelHeader(h *mapping, m *Model) {
	l.write(h, m)
	m.Every = h.every("every")
	m.Lookback = h.whole("lookback", 0)
	m.Batch = h.whole("batch", 0)
	m.Retries = h.whole("retries", -1)
	m.Owner, m.Description, m.Tags = h.text("owner"), h.text("description"), h.list("tags")
	l.start(h, m)
	l.partition(h, m)
	l.contracts(h, m)
	for _, item := range h.items("checks") {
		l.modelCheck(h.doc.mapping(item, "a check", checkKeys), m)
	}
	if m.Write.Kind == WriteView {
		for _, key := range []string{"partition", "start", "lookback", "batch"} {
			if h.has(key) {
				h.doc.bad.add(h.pos(key), "a view has no "+key, "remove it or choose another write")
			}
		}
	}
}

const writeForms = "expected view, full, append, interval(column) or merge(key, …)"

var writeCall = regexp.MustCompile(`^\s*(\w+)\s*(?:\((.*)\))?\s*$`)

func (l *loader) write(h *mapping, m *Model) {
	text := h.text("write")
	if text == "" {
		return
	}
	wrong := func(message, hint string) { h.doc.problem(h.get("write"), message, hint) }
	call := writeCall.FindStringSubmatch(text)
	if call == nil {
		wrong(fmt.Sprintf("write is %q", text), writeForms)
		return
	}
	kind, args := WriteKind(call[1]), columnList(call[2])
	hasArgs := strings.Contains(text, "(")
	switch kind {
	case WriteView, WriteFull, WriteAppend:
		if hasArgs {
			wrong(fmt.Sprintf("write %s takes no columns", kind), "expected "+string(kind))
		}
	case WriteInterval:
		if len(args) != 1 {
			wrong(fmt.Sprintf("write %s names %d columns", kind, len(args)), "expected interval(column): the date or timestamp that places a row in time")
			return
		}
		m.Write.Column = args[0]
	case WriteMerge:
		if len(args) == 0 {
			wrong("write merge names no key", "expected merge(key, …): the columns that identify a row")
			return
		}
		m.Write.Key = args
	default:
		kinds := []string{"view", "full", "append", "interval", "merge"}
		wrong(fmt.Sprintf("write %q is not known", call[1]), Hints(writeForms, DidYouMean(nearest(call[1], kinds, 1))))
		return
	}
	m.Write.Kind = kind
}

// columnList splits "a, "b c"" into names without quotes.
func columnList(text string) []string {
	var names []string
	var name strings.Builder
	for _, t := range tokens(text) {
		word := text[t.start:t.end]
		switch {
		case t.kind != tokenOther:
		case word == ",":
			names = append(names, name.String())
			name.Reset()
		case strings.HasPrefix(word, `"`):
			name.WriteString(strings.ReplaceAll(strings.Trim(word, `"`), `""`, `"`))
		default:
			name.WriteString(word)
		}
	}
	if name.Len() > 0 || len(names) > 0 {
		names = append(names, name.String())
	}
	return names
}

func (l *loader) start(h *mapping, m *Model) {
	text := h.text("start")
	if text == "" {
		return
	}
	location := l.ws.Location
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, location); err == nil {
			m.Start = t.In(location)
			return
		}
	}
	h.doc.problem(h.get("start"), fmt.Sprintf("start is %q", text), "expected a date such as 2024-01-31, or a time such as 2024-01-31 09:00")
}

// intervals checks what a model's intervals need, once it is known which parameters its SQL has.
func (l *loader) intervals(s *statement) {
	h, m := s.header, s.model
	if m.Write.Kind != WriteInterval && len(m.Params) == 0 {
		if h != nil && m.Write.Kind != WriteView {
			for _, key := range []string{"lookback", "batch"} {
				if h.has(key) {
					h.doc.bad.add(h.pos(key), key+" needs intervals, and this model has none", "add write: interval(column) or remove "+key)
				}
			}
		}
		return
	}
	switch {
	case m.Write.Kind == WriteView || m.Write.Kind == WriteFull:
		l.bad.add(s.sql.pos(paramOffset(m.SQL, m.Params[0])), fmt.Sprintf("the SQL has $%s, but write %s has no intervals", m.Params[0], m.Write.Kind),
			"expected write: interval(column), append or merge(key)")
		return
	case m.Write.Kind == WriteInterval && len(m.Params) < 2:
		l.bad.add(s.sql.pos(0), "an interval model reads more than its interval: its SQL does not have both $start and $end",
			"add a condition such as: where "+m.Write.Column+" >= $start and "+m.Write.Column+" < $end")
	}
	if m.Every.Unit == "" {
		m.Every = Every{Unit: UnitDay}
	}
	if h == nil || !h.has("start") {
		pos := m.Pos
		if h != nil {
			pos = h.pos("write")
		}
		l.bad.add(pos, "the model has intervals and no start", `expected "start": the first day it can be filled for, such as 2024-01-01`)
		return
	}
	if !m.Start.IsZero() && !m.Every.aligned(m.Start) {
		h.doc.bad.add(h.pos("start"), fmt.Sprintf("start %s is inside a %s", m.Start.Format("Mon 2006-01-02 15:04"), m.Every),
			"expected the beginning of one (weeks begin on Monday)")
	}
	if m.Write.Kind == WriteAppend && m.Lookback > 0 {
		h.doc.bad.add(h.pos("lookback"), "lookback would append the same rows again", "expected write: interval(column) or merge(key)")
	}
}

var partitionForm = regexp.MustCompile(`^\s*(?:(year|month|day|hour|identity)\s*\(\s*([^(),]+?)\s*\)|(truncate)\s*\(\s*(\d+)\s*,\s*([^(),]+?)\s*\)|([^(),\s]+))\s*$`)

// partition reads Iceberg transforms and writes them one way: "day(ts)", "truncate(4, id)", "region".
func (l *loader) partition(h *mapping, m *Model) {
	for _, text := range h.list("partition") {
		p := partitionForm.FindStringSubmatch(text)
		switch {
		case p == nil:
			what := "is not known"
			if strings.HasPrefix(strings.TrimSpace(text), "bucket") {
				what = "can be read and not written"
			}
			h.doc.problem(h.get("partition"), fmt.Sprintf("partition %q %s", text, what),
				"expected a column, year(c), month(c), day(c), hour(c) or truncate(4, c)")
		case p[1] == "identity":
			m.Partition = append(m.Partition, p[2])
		case p[1] != "":
			m.Partition = append(m.Partition, p[1]+"("+p[2]+")")
		case p[3] != "":
			if n, err := strconv.Atoi(p[4]); err != nil || n == 0 {
				h.doc.problem(h.get("partition"), fmt.Sprintf("partition %q has the width %s", text, p[4]), "expected a number from 1")
				continue
			}
			m.Partition = append(m.Partition, p[3]+"("+p[4]+", "+p[5]+")")
		default:
			m.Partition = append(m.Partition, p[6])
		}
	}
}
