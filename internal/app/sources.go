package app

import (
	"context"

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

// expand adds the tables behind the wildcards of sources to the graph. A source that is out of reach is left to its own
// tasks, which say so.
func (a *App) expand(ctx context.Context) error {
	for _, s := range a.Workspace.Sources {
		tables, err := a.ingest.Expand(ctx, s)
		if err != nil {
			a.opts.Log.WarnContext(ctx, "tables behind a wildcard are not known", "source", s.Name, "error", err)
			continue
		}
		if err := a.Workspace.Graph.AddTables(tables); err != nil {
			return err
		}
	}
	return nil
}
