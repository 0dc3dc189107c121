package project_test

import (
	"context"
	"errors"
	"testing"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/project"
)

// parser is DuckDB's.
type parser struct{ engine *engine.Engine }

func newParser(t testing.TB) project.Parser {
	t.Helper()
	e, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return parser{e}
}

func (p parser) Tables(ctx context.Context, sql string) (refs []project.TableRef, params []string, err error) {
	statement, err := p.engine.Parse(ctx, sql)
	var wrong *engine.StatementError
	if errors.As(err, &wrong) && wrong.Kind == engine.Syntax {
		return nil, nil, &project.ParseError{Message: wrong.Message, Offset: wrong.Position}
	}
	if err != nil {
		return nil, nil, err
	}
	for _, t := range statement.Tables {
		ref := project.TableRef{Offset: t.Start}
		for _, part := range []string{t.Catalog, t.Schema, t.Name} {
			if part != "" {
				ref.Name = append(ref.Name, part)
			}
		}
		refs = append(refs, ref)
	}
	return refs, statement.Params, nil
}
