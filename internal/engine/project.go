package engine

import (
	"context"
	"errors"

	"github.com/hosu-io/hosu/internal/project"
)

// Tables makes an engine a [project.Parser]: what the SQL of a workspace's files reads, and the parameters it has.
func (e *Engine) Tables(ctx context.Context, sql string) ([]project.TableRef, []string, error) {
	statement, err := e.Parse(ctx, sql)
	if bad := (*StatementError)(nil); errors.As(err, &bad) && bad.Kind == Syntax {
		return nil, nil, &project.ParseError{Message: bad.Message, Offset: bad.Position}
	} else if err != nil {
		return nil, nil, err
	}
	refs := make([]project.TableRef, len(statement.Tables))
	for i, t := range statement.Tables {
		refs[i].Offset = t.Start
		for _, part := range []string{t.Catalog, t.Schema, t.Name} {
			if part != "" {
				refs[i].Name = append(refs[i].Name, part)
			}
		}
	}
	return refs, statement.Params, nil
}
