package project

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"
)

// statement is a SQL text of the workspace and what it belongs to: exactly one of model, check and board, or note.
type statement struct {
	sql sqlText
	// prefix and suffix make a statement of an expression.
	prefix, suffix string
	model          *Model
	header         *mapping // of the model; nil when it has none
	check          *Check
	board          *Dashboard
	note           func(table string) // of an expression: called with the tables it reads, as the catalog has them

	// Filled in by parse.
	refs   []TableRef
	params []string
	err    *ParseError
}

// mention is a table named outside SQL.
type mention struct {
	pos   Pos
	table string
	found func(name string) // called with the table's name as the catalog has it
}

// This is what a model's checks may call the table they belong to.
const This = "this"

// Intervals says whether the model is filled interval by interval.
func (m *Model) Intervals() bool { return m.Write.Kind == WriteInterval || len(m.Params) > 0 }

// link parses all SQL and makes the graph. Only what is not the workspace's fault is an error.
func (l *loader) link(ctx context.Context) error {
	if l.opts.Parser == nil {
		return errors.New("no SQL parser was given")
	}
	if err := l.parse(ctx); err != nil {
		return err
	}
	k := &linker{loader: l, assets: map[string]*Asset{}, wildcards: map[string]*SourceTable{}, refs: map[[2]string]Pos{}}
	k.collect()
	for i := range l.statements {
		k.statement(&l.statements[i])
	}
	for _, m := range l.mentions {
		if a := k.resolve(m.table, m.pos, "", true); a != nil {
			m.found(a.Name)
		}
	}
	k.contracts()
	k.graph()
	return nil
}

// parse runs the parser over all statements.
func (l *loader) parse(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range l.statements {
		s := &l.statements[i]
		group.Go(func() error {
			refs, params, err := l.opts.Parser.Tables(ctx, s.prefix+s.sql.text+s.suffix)
			if errors.As(err, &s.err) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("parsing the SQL of %s: %w", s.sql.pos(0), err)
			}
			s.refs, s.params = refs, params
			return nil
		})
	}
	return group.Wait()
}

// linker turns names into assets.
type linker struct {
	*loader
	assets    map[string]*Asset       // by nameKey
	wildcards map[string]*SourceTable // by nameKey of the namespace
	refs      map[[2]string]Pos       // where an asset refers to another, for cycles
}

// collect makes the assets that files define.
func (k *linker) collect() {
	place := map[string]Pos{}
	define := func(a *Asset, pos Pos) {
		key := nameKey(a.Name)
		if k.assets[key] != nil {
			k.bad.add(pos, fmt.Sprintf("%s is defined twice", a.Name), "the other is at "+place[key].String())
			return
		}
		k.assets[key], place[key] = a, pos
	}
	for _, s := range k.ws.Sources {
		for _, t := range s.Tables {
			if t.Name != Wildcard {
				define(tableAsset(t), t.Pos)
				continue
			}
			key := nameKey(s.Into)
			if other := k.wildcards[key]; other != nil {
				k.bad.add(t.Pos, fmt.Sprintf(`"*" of two sources goes into %s`, s.Into), "give one of them another into; the other is at "+other.Pos.String())
			}
			k.wildcards[key] = t
		}
	}
	for _, m := range k.ws.Models {
		define(&Asset{Name: m.Name, Model: m}, m.Pos)
	}
}

// statement resolves what one SQL text reads.
func (k *linker) statement(s *statement) {
	if s.err != nil {
		pos := s.sql.pos(s.err.Offset - len(s.prefix))
		k.bad.add(pos, "SQL: "+s.err.Message, "")
		return
	}
	var tables []string
	for _, ref := range s.refs {
		name := norm.NFC.String(strings.Join(ref.Name, "."))
		if s.check != nil && s.check.Asset != "" && strings.EqualFold(name, This) {
			continue
		}
		pos := s.sql.pos(ref.Offset - len(s.prefix))
		a := k.resolve(name, pos, s.owner(), len(ref.Name) > 1)
		if a == nil {
			continue
		}
		tables = addName(tables, a.Name)
		if _, ok := k.refs[[2]string{s.owner(), a.Name}]; !ok {
			k.refs[[2]string{s.owner(), a.Name}] = pos
		}
	}
	k.parameters(s)
	switch {
	case s.model != nil:
		s.model.Tables, s.model.Params = tables, s.params
		k.intervals(s)
		k.assets[nameKey(s.model.Name)].Upstream = tables
	case s.check != nil:
		s.check.Tables = tables
		k.after(s.check.Asset, tables)
	case s.note != nil:
		for _, t := range tables {
			s.note(t)
		}
	default:
		for _, t := range tables {
			s.board.Tables = addName(s.board.Tables, t)
		}
	}
}

// owner is the asset that a statement belongs to; "" for none.
func (s *statement) owner() string {
	switch {
	case s.model != nil:
		return s.model.Name
	case s.check != nil:
		return s.check.Asset
	default:
		return ""
	}
}

func (k *linker) parameters(s *statement) {
	for _, p := range s.params {
		switch {
		case s.board != nil && (p == "from" || p == "to"): // the range of days that is shown
		case s.board != nil:
			k.bad.add(s.sql.pos(paramOffset(s.sql.text, p)), fmt.Sprintf("there is no parameter $%s", p), Choice("$"+p, []string{"$from", "$to"}))
		case s.model == nil:
			k.bad.add(s.sql.pos(paramOffset(s.sql.text, p)), fmt.Sprintf("a check has no parameter $%s", p), "write the value into the SQL")
		case p != "start" && p != "end":
			k.bad.add(s.sql.pos(paramOffset(s.sql.text, p)), fmt.Sprintf("there is no parameter $%s", p), Choice("$"+p, []string{"$start", "$end"}))
		}
	}
}

// paramOffset finds a parameter in a SQL text; -1 when it is written in an unusual way.
func paramOffset(sql, name string) int {
	for _, t := range tokens(sql) {
		if strings.EqualFold(sql[t.start:t.end], "$"+name) {
			return t.start
		}
	}
	return -1
}

// after records that an asset's checks read tables.
func (k *linker) after(asset string, tables []string) {
	a := k.assets[nameKey(asset)]
	if asset == "" || a == nil {
		return
	}
	for _, t := range tables {
		if t != a.Name {
			a.After = addName(a.After, t)
		}
	}
}

// contracts records what column contracts refer to.
func (k *linker) contracts() {
	for _, m := range k.ws.Models {
		for _, c := range m.Columns {
			if c.References == nil || k.assets[nameKey(c.References.Table)] == nil {
				continue
			}
			k.after(m.Name, []string{c.References.Table})
			if key := [2]string{m.Name, c.References.Table}; k.refs[key] == (Pos{}) {
				k.refs[key] = c.Pos
			}
		}
	}
}

// resolve finds the asset a name means, making it when a wildcard copies it; nil and a problem when there is none.
func (k *linker) resolve(name string, pos Pos, from string, qualified bool) *Asset {
	if a := k.assets[nameKey(name)]; a != nil && qualified {
		return a
	}
	if wild := k.wildcards[nameKey(namespaceOf(name))]; wild != nil && qualified {
		t := *wild
		t.Name = lastPart(name)
		t.Target = TargetName(wild.Source.Into, t.Name)
		k.assets[nameKey(t.Target)] = tableAsset(&t)
		return k.assets[nameKey(t.Target)]
	}
	known := k.names(from)
	if !qualified {
		switch {
		case strings.EqualFold(name, This):
			k.bad.add(pos, `"this" is known only in the checks of a model`, "write the table's name")
		case strings.ContainsAny(name, "./*"):
			k.bad.add(pos, fmt.Sprintf("%q is no table", name), "files are read through sources/, not from SQL")
		default:
			k.bad.add(pos, fmt.Sprintf("table %q has no namespace", name), Hints("expected namespace.table", DidYouMean(nearestTables(name, known))))
		}
		return nil
	}
	k.bad.add(pos, fmt.Sprintf("there is no table %s", name), k.tableHint(name, known))
	return nil
}

func (k *linker) tableHint(name string, known []string) string {
	if similar := nearestTables(name, known); len(similar) > 0 {
		return DidYouMean(similar)
	}
	var here []string
	for _, n := range known {
		if nameKey(namespaceOf(n)) == nameKey(namespaceOf(name)) {
			here = append(here, n)
		}
	}
	switch {
	case len(here) > 8:
		return fmt.Sprintf("%s has %d tables, none of a similar name", namespaceOf(name), len(here))
	case len(here) > 0:
		return "expected " + OneOf(here)
	default:
		return "expected a table of sources/ or a model of models/"
	}
}

// names are the assets that could be meant by a reference from an asset, sorted.
func (k *linker) names(from string) []string {
	list := make([]string, 0, len(k.assets))
	for _, a := range k.assets {
		if a.Name != from {
			list = append(list, a.Name)
		}
	}
	slices.Sort(list)
	return list
}

// graph orders the assets and gives models their fingerprints.
func (k *linker) graph() {
	assets := make([]*Asset, 0, len(k.assets))
	for _, a := range k.assets {
		a.After = slices.DeleteFunc(a.After, func(n string) bool { return slices.Contains(a.Upstream, n) })
		assets = append(assets, a)
	}
	g, err := NewGraph(assets)
	// Each cycle is reported and cut open, so that all of them come out at once.
	for ; err != nil; g, err = NewGraph(assets) {
		var cycle *CycleError
		if !errors.As(err, &cycle) {
			k.bad.add(Pos{File: configFile}, err.Error(), "")
			return
		}
		k.cycle(cycle.Path)
		k.cut(cycle.Path[0], cycle.Path[1])
	}
	for _, a := range g.Assets() {
		if a.Model == nil {
			continue
		}
		var views []string
		for _, up := range a.Upstream {
			if u, _ := g.Asset(up); u.Model != nil && u.Model.Write.Kind == WriteView {
				views = append(views, u.Fingerprint)
			}
		}
		a.Model.Fingerprint = modelFingerprint(a.Model, k.ws.TimeZone, views)
		a.Fingerprint = a.Model.Fingerprint
	}
	k.ws.Graph = g
}

// cycle reports assets that need each other.
func (k *linker) cycle(path []string) {
	steps := make([]string, len(path))
	hintText := "remove one of these references"
	for i, name := range path {
		steps[i] = name
		if i == len(path)-1 {
			break
		}
		pos := k.refs[[2]string{name, path[i+1]}]
		steps[i] += fmt.Sprintf(" (%s:%d)", pos.File, pos.Line)
		if !slices.Contains(k.assets[nameKey(name)].Upstream, path[i+1]) {
			hintText = "move a check that closes the circle to checks/"
		}
	}
	message := "these tables read each other: "
	if len(path) == 2 {
		message = "a model cannot read its own table: "
	}
	k.bad.add(k.refs[[2]string{path[0], path[1]}], message+strings.Join(steps, " → "), hintText)
}

func (k *linker) cut(from, to string) {
	a := k.assets[nameKey(from)]
	drop := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(n string) bool { return n == to })
	}
	a.Upstream, a.After = drop(a.Upstream), drop(a.After)
}
