package project

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// SelectError says which selector means nothing.
type SelectError struct {
	Selector string
	Message  string
	Hint     string
}

func (e *SelectError) Error() string {
	text := fmt.Sprintf("selector %q: %s", e.Selector, e.Message)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Select returns the assets that any of the selectors names, each behind those it needs. Without selectors it is
// all assets. A selector is
//
//	marts.daily_sales   the asset of that name
//	daily_sales         the asset of that name in any namespace, when there is one
//	marts.*             every asset whose name matches (* and ? are wildcards)
//	tag:kpi             every model with the tag
//	source:shop         every table copied from the source
//	+x, x+, +x+         x and all that it needs, all that reads it, or both
//	x,y or x y          both
//
// A name with a space, a comma or a plus in it, as tables of a source may have, is that table when it is written as a whole.
// A selector that names nothing is a *[SelectError].
func (g *Graph) Select(selectors ...string) ([]string, error) {
	var terms []term
	for _, s := range selectors {
		terms = append(terms, g.terms(s)...)
	}
	if len(terms) == 0 {
		return g.Names(), nil
	}
	chosen := map[string]bool{}
	for _, t := range terms {
		if t.atom == "" {
			return nil, &SelectError{t.text, "names nothing", ""}
		}
		matches, err := g.match(t.atom)
		if err != nil {
			return nil, err
		}
		for _, a := range matches {
			chosen[a.Name] = true
			if t.up {
				g.walk(a, g.needs, chosen)
			}
			if t.down {
				g.walk(a, g.readers, chosen)
			}
		}
	}
	return slices.DeleteFunc(g.Names(), func(name string) bool { return !chosen[name] }), nil
}

// term is one part of a selector.
type term struct {
	text, atom string
	up, down   bool // with everything it needs, with everything that needs it
}

// terms takes a selector apart. What is an asset's name as it stands is no list.
func (g *Graph) terms(selector string) []term {
	whole := strings.TrimSpace(selector)
	if _, ok := g.Asset(whole); ok {
		return []term{{text: whole, atom: whole}}
	}
	if t := (term{text: whole, atom: strings.TrimPrefix(whole, "+"), up: true}); t.atom != whole {
		if _, ok := g.Asset(t.atom); ok {
			return []term{t}
		}
	}
	if t := plus(whole); t.down {
		if _, ok := g.Asset(t.atom); ok {
			return []term{t}
		}
	}
	var terms []term
	for _, text := range strings.FieldsFunc(selector, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
		terms = append(terms, plus(text))
	}
	return terms
}

// plus reads the signs around a name.
func plus(text string) term {
	t := term{text: text}
	t.atom, t.up = strings.CutPrefix(text, "+")
	t.atom, t.down = strings.CutSuffix(t.atom, "+")
	return t
}

// walk adds everything that next reaches from a.
func (g *Graph) walk(a *Asset, next func(*Asset) []*Asset, reached map[string]bool) {
	visited := map[*Asset]bool{a: true}
	queue := []*Asset{a}
	for len(queue) > 0 {
		a := queue[0]
		queue = queue[1:]
		for _, n := range next(a) {
			if !visited[n] {
				visited[n] = true
				reached[n.Name] = true
				queue = append(queue, n)
			}
		}
	}
}

func (g *Graph) readers(a *Asset) []*Asset {
	readers := make([]*Asset, len(a.Downstream))
	for i, name := range a.Downstream {
		readers[i] = g.assets[nameKey(name)]
	}
	return readers
}

// match finds the assets of a selector without "+".
func (g *Graph) match(atom string) ([]*Asset, error) {
	if a, ok := g.Asset(atom); ok {
		return []*Asset{a}, nil
	}
	kind, value, labelled := strings.Cut(atom, ":")
	switch {
	case labelled && kind == "tag":
		return g.filter(atom, value, "tag", func(a *Asset) []string {
			if a.Model == nil {
				return nil
			}
			return a.Model.Tags
		})
	case labelled && kind == "source":
		return g.filter(atom, value, "source", func(a *Asset) []string {
			if a.SourceTable == nil {
				return nil
			}
			return []string{a.SourceTable.Source.Name}
		})
	case labelled:
		return nil, &SelectError{atom, fmt.Sprintf("%q is not known", kind+":"), Choice(kind+":", []string{"tag:", "source:"})}
	case strings.ContainsAny(atom, "*?"):
		return g.glob(atom)
	default:
		return g.named(atom)
	}
}

// filter finds the assets one of whose labels is value.
func (g *Graph) filter(atom, value, what string, labels func(*Asset) []string) ([]*Asset, error) {
	var matches []*Asset
	var known []string
	for _, a := range g.Assets() {
		for _, label := range labels(a) {
			known = addName(known, label)
			if label == value {
				matches = append(matches, a)
			}
		}
	}
	if len(matches) == 0 {
		return nil, &SelectError{atom, fmt.Sprintf("nothing has the %s %q", what, value), DidYouMean(nearest(value, known, 2))}
	}
	return matches, nil
}

func (g *Graph) glob(pattern string) ([]*Asset, error) {
	// A name has no slash, so path.Match's * crosses dots.
	key := nameKey(strings.NewReplacer(`\`, `\\`, `[`, `\[`).Replace(pattern))
	var matches []*Asset
	for _, a := range g.Assets() {
		ok, err := path.Match(key, nameKey(a.Name))
		if err != nil {
			return nil, &SelectError{pattern, "is no pattern", ""}
		}
		if ok {
			matches = append(matches, a)
		}
	}
	if len(matches) == 0 {
		var suggestion string
		if namespace, ok := strings.CutSuffix(pattern, ".*"); ok {
			suggestion = DidYouMean(appendAll(nearest(namespace, g.namespaces(), 2), ".*"))
		}
		return nil, &SelectError{pattern, "no asset matches", suggestion}
	}
	return matches, nil
}

func appendAll(names []string, suffix string) []string {
	for i := range names {
		names[i] += suffix
	}
	return names
}

func (g *Graph) namespaces() []string {
	var list []string
	for _, a := range g.assets {
		list = addName(list, namespaceOf(a.Name))
	}
	return list
}

func (g *Graph) named(name string) ([]*Asset, error) {
	var matches []*Asset
	var found []string
	if !strings.Contains(name, ".") {
		for _, a := range g.Assets() {
			if nameKey(lastPart(a.Name)) == nameKey(name) {
				matches = append(matches, a)
				found = append(found, a.Name)
			}
		}
	}
	switch {
	case len(matches) == 1:
		return matches, nil
	case len(matches) > 1:
		return nil, &SelectError{name, "names several assets", "write " + OneOf(found)}
	case slices.Contains(g.namespaces(), name):
		return nil, &SelectError{name, "is a namespace", fmt.Sprintf("write %q for all of it", name+".*")}
	default:
		return nil, &SelectError{name, "there is no such asset", DidYouMean(nearestTables(name, g.Names()))}
	}
}

func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

func namespaceOf(name string) string {
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		return name[:dot]
	}
	return ""
}

// nearestTables are the tables a person most likely meant, best first: of the same or a similar name, in the same
// namespace before others.
func nearestTables(name string, known []string) []string {
	type match struct {
		name            string
		table, ofSpaces int // distances
	}
	space, table := []rune(nameKey(namespaceOf(name))), []rune(nameKey(lastPart(name)))
	limit := max(1, (len(table)+1)/3)
	var matches []match
	for _, k := range known {
		other := []rune(nameKey(lastPart(k)))
		if diff := len(other) - len(table); diff > limit || -diff > limit {
			continue
		}
		if d := distance(table, other); d <= limit {
			matches = append(matches, match{k, d, distance(space, []rune(nameKey(namespaceOf(k))))})
		}
	}
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.table, b.table), cmp.Compare(a.ofSpaces, b.ofSpaces), cmp.Compare(a.name, b.name))
	})
	var names []string
	for _, m := range matches[:min(len(matches), 3)] {
		// Beside an equal name a similar one is no help.
		if m.table == matches[0].table || m.ofSpaces == 0 && matches[0].table > 0 {
			names = append(names, m.name)
		}
	}
	return names
}
