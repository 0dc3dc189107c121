package app

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/ingest"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/source"
)

// TestSource connects to a source and looks at every table copied from it.
func (a *App) TestSource(ctx context.Context, s *project.Source) ([]ingest.Tested, error) {
	return a.ingest.Test(ctx, s)
}

// Discovered is a table of a source, and the table it is copied to.
type Discovered struct {
	source.Table
	Target string // "" when it is not copied
}

// DiscoverSource lists what a source has, whether it is copied or not.
func (a *App) DiscoverSource(ctx context.Context, s *project.Source) ([]Discovered, error) {
	found, err := a.ingest.Discover(ctx, s)
	if err != nil {
		return nil, err
	}
	copied, err := a.ingest.Expand(ctx, s)
	if err != nil {
		return nil, err
	}
	targets := map[string]string{}
	for _, t := range copied {
		targets[t.Name] = t.Target
	}
	tables := make([]Discovered, len(found))
	for i, t := range found {
		tables[i] = Discovered{Table: t, Target: targets[t.Name]}
	}
	return tables, nil
}

// Unreached is a source whose tables behind its wildcard could not be looked up, so that what a run has to copy from it is not
// known.
type Unreached struct {
	Source string `json:"source"`
	Error  string `json:"error"`
	into   string
}

// expand makes the tables behind the wildcards of sources those of the graph. In place of those of a source that is out of reach it
// adds the ones that were copied from it before.
func (a *App) expand(ctx context.Context) ([]Unreached, error) {
	var unreached []Unreached
	for _, s := range a.Workspace.Sources {
		tables, err := a.ingest.Expand(ctx, s)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			unreached = append(unreached, Unreached{Source: s.Name, Error: err.Error(), into: s.Into})
			if tables, err = a.copied(ctx, s); err != nil {
				return nil, err
			}
		} else if err := a.Workspace.Graph.DropTables(s, tables); err != nil {
			return nil, err
		}
		if err := a.addTables(tables); err != nil {
			return nil, err
		}
	}
	return unreached, nil
}

// remember adds the tables that were copied from behind wildcards to the graph, without asking their sources.
func (a *App) remember(ctx context.Context) error {
	for _, s := range a.Workspace.Sources {
		tables, err := a.copied(ctx, s)
		if err != nil {
			return err
		}
		if err := a.addTables(tables); err != nil {
			return err
		}
	}
	return nil
}

// copied are the tables in the namespace of a source with a wildcard that no file of the workspace names: those that were copied
// from behind the wildcard.
func (a *App) copied(ctx context.Context, s *project.Source) ([]*project.SourceTable, error) {
	i := slices.IndexFunc(s.Tables, func(t *project.SourceTable) bool { return t.Name == project.Wildcard })
	if i < 0 {
		return nil, nil
	}
	entries, err := a.catalog.Tables(ctx, s.Into)
	if err != nil {
		return nil, err
	}
	var tables []*project.SourceTable
	for _, e := range entries {
		t := *s.Tables[i]
		t.Name, t.Target = e.Ident.Name, e.Ident.String()
		if e.Kind == catalog.KindTable && project.TargetName(s.Into, t.Name) == t.Target {
			tables = append(tables, &t)
		}
	}
	return tables, nil
}

// addTables adds source tables to the graph. Checks of the checks folder then have the names that tables have there.
func (a *App) addTables(tables []*project.SourceTable) error {
	graph := a.Workspace.Graph
	if err := graph.AddTables(tables); err != nil {
		return err
	}
	for _, check := range a.Workspace.Checks {
		for i, name := range check.Tables {
			if asset, ok := graph.Asset(name); ok {
				check.Tables[i] = asset.Name
			}
		}
	}
	return nil
}

// concern are those of the sources whose tables a run of the selectors copies.
func concern(selectors []string, sources []Unreached) []Unreached {
	terms := strings.FieldsFunc(strings.Join(selectors, " "), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	if len(terms) == 0 {
		return sources
	}
	var concerned []Unreached
	for _, s := range sources {
		if slices.ContainsFunc(terms, func(term string) bool { return names(strings.Trim(term, "+"), s) }) {
			concerned = append(concerned, s)
		}
	}
	return concerned
}

// names says whether a selector without its "+" may mean tables of a source.
func names(selector string, s Unreached) bool {
	if kind, value, labelled := strings.Cut(selector, ":"); labelled {
		return kind == "source" && value == s.Source
	}
	namespace := selector
	if dot := strings.LastIndexByte(selector, '.'); dot >= 0 {
		namespace = selector[:dot]
	}
	matches, err := path.Match(strings.ToLower(namespace), strings.ToLower(s.into))
	return err == nil && matches
}

// unreachedError says of every source what is wrong with it.
func unreachedError(sources []Unreached) error {
	problems := make([]error, len(sources))
	for i, s := range sources {
		problems[i] = errors.New(s.Error)
	}
	return errors.Join(problems...)
}
