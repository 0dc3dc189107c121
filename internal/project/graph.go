package project

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Graph is the assets of a workspace and who reads whom. Names are looked up as SQL does: without regard to case.
type Graph struct {
	assets map[string]*Asset // by nameKey
	order  []string          // topological, ties by name
	// added are the keys of the tables that nothing in the files names: [Graph.AddTables] brought them.
	added map[string]bool
}

// Asset is anything that makes a table: a model or a copied source table.
type Asset struct {
	Name string // catalog name of the table it makes
	// Exactly one of Model and SourceTable is set.
	Model       *Model
	SourceTable *SourceTable
	Upstream    []string // assets whose rows decide its own, sorted
	Downstream  []string // assets that read it, sorted
	// After are assets that only its checks and column contracts read: they must be built before it but
	// are no input of its rows. Sorted, without those of Upstream.
	After       []string
	Fingerprint string
}

// CycleError is a set of assets that need each other.
type CycleError struct {
	Path []string // the first is also the last
}

func (e *CycleError) Error() string {
	return "assets need each other: " + strings.Join(e.Path, " → ")
}

// nameKey is what names are compared by.
func nameKey(name string) string { return strings.ToLower(norm.NFC.String(name)) }

// NewGraph links assets by their Upstream and After, which must name assets given; Downstream is filled in.
// Assets that need each other are a *[CycleError].
func NewGraph(assets []*Asset) (*Graph, error) {
	g := &Graph{assets: make(map[string]*Asset, len(assets))}
	for _, a := range assets {
		if g.assets[nameKey(a.Name)] != nil {
			return nil, fmt.Errorf("asset %s is given twice", a.Name)
		}
		g.assets[nameKey(a.Name)] = a
	}
	if err := g.relink(); err != nil {
		return nil, err
	}
	return g, nil
}

// Asset returns the asset that makes a table.
func (g *Graph) Asset(name string) (*Asset, bool) {
	a, ok := g.assets[nameKey(name)]
	return a, ok
}

// Assets returns all assets, each behind those it needs; ties by name.
func (g *Graph) Assets() []*Asset {
	assets := make([]*Asset, len(g.order))
	for i, name := range g.order {
		assets[i] = g.assets[nameKey(name)]
	}
	return assets
}

// Names returns the names of [Graph.Assets].
func (g *Graph) Names() []string { return slices.Clone(g.order) }

// Inputs returns the tables whose rows decide those of an asset: its upstream, with the upstream of each view in the view's
// place. Sorted.
func (g *Graph) Inputs(name string) []string {
	var inputs []string
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		a, ok := g.Asset(name)
		if !ok || seen[a.Name] {
			return
		}
		seen[a.Name] = true
		for _, up := range a.Upstream {
			if u, ok := g.Asset(up); ok && u.Model != nil && u.Model.Write.Kind == WriteView {
				visit(up)
			} else {
				inputs = addName(inputs, up)
			}
		}
	}
	visit(name)
	return inputs
}

// AddTables adds assets for source tables that were discovered behind a wildcard. Tables that the graph has already are
// left as they are, but for those that SQL named before they were discovered: they get the spelling of the source.
func (g *Graph) AddTables(tables []*SourceTable) error {
	for _, t := range tables {
		if t.Name == Wildcard {
			continue
		}
		known, ok := g.Asset(t.Target)
		switch {
		case !ok:
			g.assets[nameKey(t.Target)] = tableAsset(t)
			if g.added == nil {
				g.added = map[string]bool{}
			}
			g.added[nameKey(t.Target)] = true
		case known.SourceTable != nil && known.SourceTable.Pos == t.Pos && known.SourceTable.Name != t.Name:
			g.rename(known, t)
		}
	}
	return g.relink()
}

// DropTables takes out what was added of a source and is not among its tables, which are all that it has now. What the files of the
// workspace name stays, for it is missed.
func (g *Graph) DropTables(s *Source, tables []*SourceTable) error {
	there := map[string]bool{}
	for _, t := range tables {
		there[nameKey(t.Target)] = true
	}
	for key := range g.added {
		if g.assets[key].SourceTable.Source == s && !there[key] {
			delete(g.assets, key)
			delete(g.added, key)
		}
	}
	return g.relink()
}

// rename makes t the source table of an asset, whose name then is another spelling of the one it had.
func (g *Graph) rename(a *Asset, t *SourceTable) {
	old := a.Name
	a.Name, a.SourceTable, a.Fingerprint = t.Target, t, t.Fingerprint()
	for _, reader := range g.assets {
		reader.Upstream = renamed(reader.Upstream, old, a.Name)
		reader.After = renamed(reader.After, old, a.Name)
		if reader.Model != nil {
			reader.Model.Tables = renamed(reader.Model.Tables, old, a.Name)
		}
	}
}

// renamed is a sorted list of names with one of them replaced.
func renamed(names []string, old, name string) []string {
	at, found := slices.BinarySearch(names, old)
	if !found {
		return names
	}
	return addName(slices.Delete(slices.Clone(names), at, at+1), name)
}

func tableAsset(t *SourceTable) *Asset {
	return &Asset{Name: t.Target, SourceTable: t, Fingerprint: t.Fingerprint()}
}

// needs are the assets that must be built before a.
func (g *Graph) needs(a *Asset) []*Asset {
	needs := make([]*Asset, 0, len(a.Upstream)+len(a.After))
	for _, names := range [][]string{a.Upstream, a.After} {
		for _, name := range names {
			needs = append(needs, g.assets[nameKey(name)])
		}
	}
	return needs
}

// relink fills in Downstream and the order.
func (g *Graph) relink() error {
	names := make([]string, 0, len(g.assets))
	for _, a := range g.assets {
		names = append(names, a.Name)
		a.Downstream = nil
	}
	slices.Sort(names)
	waiting := make(map[*Asset]int, len(names))
	dependents := make(map[*Asset][]*Asset, len(names))
	for _, name := range names {
		a := g.assets[nameKey(name)]
		for _, up := range slices.Concat(a.Upstream, a.After) {
			if _, ok := g.Asset(up); !ok {
				return fmt.Errorf("asset %s needs %s, which is no asset", a.Name, up)
			}
		}
		for _, up := range a.Upstream {
			u := g.assets[nameKey(up)]
			u.Downstream = append(u.Downstream, a.Name)
		}
		needs := g.needs(a)
		waiting[a] = len(needs)
		for _, need := range needs {
			dependents[need] = append(dependents[need], a)
		}
	}
	g.order = g.order[:0]
	var ready []*Asset
	for _, name := range names {
		if a := g.assets[nameKey(name)]; waiting[a] == 0 {
			ready = append(ready, a)
		}
	}
	for len(ready) > 0 {
		slices.SortFunc(ready, func(a, b *Asset) int { return cmp.Compare(a.Name, b.Name) })
		var next []*Asset
		for _, a := range ready {
			g.order = append(g.order, a.Name)
			for _, d := range dependents[a] {
				if waiting[d]--; waiting[d] == 0 {
					next = append(next, d)
				}
			}
		}
		ready = next
	}
	if len(g.order) < len(names) {
		return &CycleError{Path: g.cycle(names, waiting)}
	}
	return nil
}

// cycle is a shortest path from an asset back to itself, the first such asset by name.
func (g *Graph) cycle(names []string, waiting map[*Asset]int) []string {
	for _, name := range names {
		start := g.assets[nameKey(name)]
		if waiting[start] == 0 {
			continue
		}
		from := map[*Asset]*Asset{}
		queue := []*Asset{start}
		for len(queue) > 0 {
			a := queue[0]
			queue = queue[1:]
			for _, need := range g.needs(a) {
				if need == start {
					path := []string{start.Name}
					for at := a; at != start; at = from[at] {
						path = append(path, at.Name)
					}
					path = append(path, start.Name)
					slices.Reverse(path[1 : len(path)-1])
					return path
				}
				if from[need] == nil && waiting[need] > 0 {
					from[need] = a
					queue = append(queue, need)
				}
			}
		}
	}
	return nil
}

// addName inserts a name into a sorted list that does not have it yet.
func addName(list []string, name string) []string {
	at, found := slices.BinarySearch(list, name)
	if found {
		return list
	}
	return slices.Insert(list, at, name)
}
