package build

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/schema"
)

// view checks and publishes the model as a view. The statement has been bound by resolving it.
func (b *building) view(ctx context.Context, existing *catalog.Entry) error {
	sch, err := schema.Assign(b.columns)
	if err != nil {
		return permanently(fmt.Errorf("%s: %w", b.Model.Pos, err))
	}
	for i, c := range b.columns {
		// A view is its query's text: there is no cast that could make a contract true.
		if found, _, err := schema.FromDuckDB(b.resolved.Columns[i].Type); err == nil && schema.DuckDB(found) != schema.DuckDB(c.Type) {
			return permanently(fmt.Errorf("%s: column %q of the view is %s, its contract says %s; cast it in the query",
				b.Model.Pos, c.Name, schema.DuckDB(found), schema.DuckDB(c.Type)))
		}
	}
	b.Progress("check", 0, 0)
	if err := b.check(ctx, engine.Relation{View: b.Model.SQL}); err != nil {
		return err
	}
	b.Progress("publish", 0, 0)
	change := catalog.Change{Ident: b.ident}
	if existing != nil && existing.Kind != catalog.KindView {
		if err := b.mayReplace(ctx); err != nil {
			return err
		}
		b.Log.Info("the view takes the place of a table")
		change.Instead = existing
	}
	change.View = &catalog.PutView{SQL: strings.TrimSpace(b.Model.SQL), Schema: sch, Properties: iceberg.Properties{propertyModel: b.Model.Name}}
	result, err := b.Catalog.Commit(ctx, catalog.Commit{By: b.By, Changes: []catalog.Change{change}, Effects: b.effects()})
	if err != nil {
		return err
	}
	b.outcome.Unchanged = result.ID == 0
	b.Log.Info("published the view", "unchanged", b.outcome.Unchanged)
	return nil
}

// mayReplace refuses to put a view in the place of a table that this model did not make, or whose rows its query cannot make again.
func (b *building) mayReplace(ctx context.Context) error {
	table, err := b.Catalog.Load(ctx, b.ident)
	if err != nil {
		return err
	}
	properties := table.Properties()
	switch {
	case properties[propertyModel] != b.Model.Name:
		return permanently(fmt.Errorf("%s: there is a table %s that this model did not make; give the model another name", b.Model.Pos, b.ident))
	case properties[propertyWrite] != string(project.WriteFull):
		return permanently(fmt.Errorf("%s: the table %s was made with write: %s, and a view would lose its rows; "+
			"build it once with write: full, or give the model another name", b.Model.Pos, b.ident, properties[propertyWrite]))
	}
	return nil
}
