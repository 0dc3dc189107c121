// Package ingest copies tables of sources into tables of the lake: in full, or incrementally by a cursor and a key.
//
// How far a copy has come, its position, is stored by the commit that publishes its rows, and only if it is still
// where the copy began. So a copy that was interrupted anywhere is simply made again: either its commit happened, and
// the next copy goes on behind it, or it did not, and the same rows are read once more. See [Ingest.Copy].
package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/state"
)

// The failpoints of a copy.
const (
	// StepOpened: the source answered, no row has been read.
	StepOpened = "ingest.opened"
	// StepRead: all rows have been read and written to files, nothing is committed.
	StepRead = "ingest.rows_read"
	// StepCommitted: the copy is published.
	StepCommitted = "ingest.committed"
)

// Options of an [Ingest].
type Options struct {
	// Open connects to a source; what it returns is closed after each use. See [Opener].
	Open func(ctx context.Context, s *project.Source) (source.Source, error)
	// Sink takes the rows.
	Sink Sink
	// State holds the positions.
	State *state.DB
	// Catalog tells which tables exist, and commits the effects of a copy that found nothing new.
	Catalog *catalog.Catalog
	Clock   func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: discarded
}

// Ingest copies tables of sources. It is safe for concurrent use.
type Ingest struct {
	opts Options
}

// New checks and defaults the options.
func New(opts Options) (*Ingest, error) {
	if opts.Open == nil || opts.Sink == nil || opts.State == nil || opts.Catalog == nil {
		return nil, errors.New("ingest: Open, Sink, State and Catalog must be given")
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Ingest{opts: opts}, nil
}

// ConnectorSpecs is what a workspace needs to know of connectors. needsCursor names those whose incremental copies follow
// a cursor column.
func ConnectorSpecs(specs []source.Spec, needsCursor ...string) []project.ConnectorSpec {
	options := func(list []source.Option) []project.OptionSpec {
		out := make([]project.OptionSpec, len(list))
		for i, o := range list {
			out[i] = project.OptionSpec{Name: o.Name, Required: o.Required}
		}
		return out
	}
	out := make([]project.ConnectorSpec, len(specs))
	for i, s := range specs {
		out[i] = project.ConnectorSpec{Type: s.Type, Options: options(s.Options), TableOptions: options(s.TableOptions)}
		for _, name := range needsCursor {
			out[i].NeedsCursor = out[i].NeedsCursor || name == s.Type
		}
	}
	return out
}

// Opener opens sources with the connectors given.
func Opener(specs []source.Spec, env source.Env) func(context.Context, *project.Source) (source.Source, error) {
	byType := make(map[string]source.Spec, len(specs))
	for _, s := range specs {
		byType[s.Type] = s
	}
	return func(ctx context.Context, s *project.Source) (source.Source, error) {
		spec, ok := byType[s.Type]
		if !ok {
			return nil, fmt.Errorf("no connector for sources of type %q", s.Type)
		}
		return spec.Open(ctx, s.Options, env)
	}
}

// with opens a source for fn.
func (in *Ingest) with(ctx context.Context, s *project.Source, fn func(source.Source) error) error {
	src, err := in.opts.Open(ctx, s)
	if err != nil {
		return fmt.Errorf("open source %s: %w", s.Name, err)
	}
	return errors.Join(fn(src), src.Close())
}

func tableOptions(t *project.SourceTable) source.TableOptions {
	return source.TableOptions{Values: t.Options, Types: t.Types}
}
