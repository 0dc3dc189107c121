package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/source"
)

// Discover lists what a source has, with columns and keys, whether it is copied or not.
func (in *Ingest) Discover(ctx context.Context, s *project.Source) ([]source.Table, error) {
	var tables []source.Table
	err := in.with(ctx, s, func(src source.Source) error {
		var err error
		tables, err = src.Tables(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: discover source %s: %w", s.Pos, s.Name, err)
	}
	return tables, nil
}

// Expand returns the tables copied from a source: those its file names and, when it has a wildcard, every other table
// found in the source. Without a wildcard the source is not contacted.
func (in *Ingest) Expand(ctx context.Context, s *project.Source) ([]*project.SourceTable, error) {
	var named []*project.SourceTable
	var wild *project.SourceTable
	taken := map[string]bool{}
	for _, t := range s.Tables {
		if t.Name == project.Wildcard {
			wild = t
			continue
		}
		named = append(named, t)
		taken[strings.ToLower(t.Target)] = true
	}
	if wild == nil {
		return named, nil
	}
	found, err := in.Discover(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		t := *wild
		t.Name, t.Target = f.Name, project.TargetName(s.Into, f.Name)
		if key := strings.ToLower(t.Target); !taken[key] {
			taken[key] = true
			named = append(named, &t)
		}
	}
	return named, nil
}

// Tested is what [Ingest.Test] found out about one table.
type Tested struct {
	Table   *project.SourceTable
	Columns []schema.Column
	Key     []string // by which rows are merged; nil when they are not
	Rows    int64    // estimate; -1 when unknown
	Err     error    // why it cannot be copied; nil when it can
}

// Test connects to a source and looks at every table copied from it, without reading rows. The error says that the source
// itself is out of reach.
func (in *Ingest) Test(ctx context.Context, s *project.Source) ([]Tested, error) {
	tables, err := in.Expand(ctx, s)
	if err != nil {
		return nil, err
	}
	tested := make([]Tested, len(tables))
	err = in.with(ctx, s, func(src source.Source) error {
		for i, t := range tables {
			tested[i] = in.test(ctx, src, t)
			if errors.Is(tested[i].Err, source.ErrUnavailable) || errors.Is(tested[i].Err, source.ErrDenied) && i == 0 {
				return tested[i].Err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	var table *TableError
	switch {
	case err == nil:
		return tested, nil
	case errors.As(err, &table):
		return nil, fmt.Errorf("%s: test source %s: %w", s.Pos, s.Name, table.Err) // the table is not to blame
	default:
		return nil, fmt.Errorf("%s: test source %s: %w", s.Pos, s.Name, err)
	}
}

func (in *Ingest) test(ctx context.Context, src source.Source, t *project.SourceTable) Tested {
	c := &copier{Ingest: in, src: src, table: t, name: t.Name}
	described, err := c.describeTable(ctx)
	if err == nil {
		err = c.describe(ctx)
	}
	return Tested{Table: t, Columns: described.Columns, Key: c.key, Rows: described.Rows, Err: explain(ctx, t, err)}
}
