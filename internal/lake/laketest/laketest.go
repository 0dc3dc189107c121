// Package laketest opens a lake in a test's own folder: a real catalog over SQLite, real files and DuckDB.
package laketest

import (
	"context"
	"fmt"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/storage"
)

// Lake is a lake and what it is made of.
type Lake struct {
	*lake.Lake
	DB      *state.DB
	Catalog *catalog.Catalog
	Store   storage.Store
	Engine  *engine.Engine

	t testing.TB
}

// Open makes a new empty lake that ends with the test.
func Open(t testing.TB) *Lake {
	t.Helper()
	dir := t.TempDir()
	return OpenAt(t, filepath.Join(dir, "warehouse"), "sqlite:"+filepath.Join(dir, "state.db"))
}

// OpenAt opens the lake of a warehouse folder and a state database, which may exist already.
func OpenAt(t testing.TB, warehouse, stateURL string) *Lake {
	t.Helper()
	ctx := context.Background()
	store, err := storage.Open(ctx, warehouse)
	if err != nil {
		t.Fatal(err)
	}
	db, err := state.Open(ctx, stateURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	eng, err := engine.Open(engine.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = eng.Close() })
	cat := catalog.New(db, store, catalog.Options{})
	return &Lake{
		Lake: lake.New(lake.Options{Catalog: cat, Store: store, Engine: eng}),
		DB:   db, Catalog: cat, Store: store, Engine: eng, t: t,
	}
}

// Ident reads "namespace.table".
func (l *Lake) Ident(name string) catalog.Ident {
	l.t.Helper()
	ident, err := catalog.ParseIdent(name)
	if err != nil {
		l.t.Fatal(err)
	}
	return ident
}

// Columns are the columns that the rows of a query are stored as.
func (l *Lake) Columns(query string) []schema.Column {
	l.t.Helper()
	described, err := l.Engine.Describe(context.Background(), query)
	if err != nil {
		l.t.Fatalf("describe %s: %v", query, err)
	}
	columns := make([]schema.Column, len(described))
	for i, c := range described {
		typ, _, err := schema.FromDuckDB(c.Type)
		if err != nil {
			l.t.Fatal(err)
		}
		columns[i] = schema.Column{Name: c.Name, Type: typ}
	}
	return columns
}

// Stage writes the rows of a query as spec says, whose principal and columns are filled in when they are
// missing, and stages them.
func (l *Lake) Stage(ctx context.Context, spec lake.Spec, query string) (*lake.Staged, error) {
	l.t.Helper()
	if spec.By.Name == "" {
		spec.By = govern.Owner()
	}
	if spec.Columns == nil {
		spec.Columns = l.Columns(query)
	}
	target, err := l.Prepare(ctx, spec)
	if err != nil {
		return nil, err
	}
	files, err := l.Engine.CopyToParquet(ctx, query, target.Output)
	if err != nil {
		_ = l.Abandon(target)
		return nil, err
	}
	return l.Lake.Stage(ctx, target, files)
}

// Run stages and publishes the rows of a query. When it fails, what is left is left, as after a crash.
func (l *Lake) Run(ctx context.Context, spec lake.Spec, query string, effects catalog.Effects) (lake.Published, error) {
	l.t.Helper()
	staged, err := l.Stage(ctx, spec, query)
	if err != nil {
		return lake.Published{}, err
	}
	return l.Publish(ctx, staged, effects)
}

// MustRun is Run without effects that ends the test when it fails.
func (l *Lake) MustRun(spec lake.Spec, query string) lake.Published {
	l.t.Helper()
	published, err := l.Run(context.Background(), spec, query, catalog.Effects{})
	if err != nil {
		l.t.Fatal(err)
	}
	return published
}

// Rows are the rows of a table as text, columns separated by "|" and NULL as "∅", sorted. Columns are
// found by field id. A table that does not exist has no rows.
func (l *Lake) Rows(name string) []string {
	l.t.Helper()
	relation, ok := l.Relation(name)
	if !ok {
		return nil
	}
	rows, err := relation.Select()
	if err != nil {
		l.t.Fatal(err)
	}
	return l.Query("SELECT * FROM (" + rows + ")")
}

// Query is the result of a statement in the form of [Lake.Rows].
func (l *Lake) Query(sql string) []string {
	l.t.Helper()
	reader, err := l.Engine.QueryArrow(context.Background(), "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ("+sql+")")
	if err != nil {
		l.t.Fatal(err)
	}
	defer reader.Release()
	var rows []string
	for reader.Next() {
		batch := reader.RecordBatch()
		for i := range int(batch.NumRows()) {
			var cells []string
			for _, column := range batch.Columns() {
				if column.IsNull(i) {
					cells = append(cells, "∅")
				} else {
					cells = append(cells, strings.Clone(column.(*array.String).Value(i)))
				}
			}
			rows = append(rows, strings.Join(cells, "|"))
		}
	}
	if err := reader.Err(); err != nil {
		l.t.Fatal(err)
	}
	sort.Strings(rows)
	return rows
}

// Relation is the whole of a table, read by field id; false when there is no such table.
func (l *Lake) Relation(name string) (engine.Relation, bool) {
	l.t.Helper()
	ctx := context.Background()
	if _, err := l.Catalog.Entry(ctx, l.Ident(name)); err != nil {
		return engine.Relation{}, false
	}
	tbl, err := l.Catalog.Load(ctx, l.Ident(name))
	if err != nil {
		l.t.Fatal(err)
	}
	relation := engine.Relation{Name: "t", ByFieldID: true}
	for _, f := range tbl.Schema().Fields() {
		relation.Columns = append(relation.Columns, engine.RelationColumn{Name: f.Name, Type: schema.DuckDB(f.Type), FieldID: f.ID})
	}
	for _, f := range l.Files(name) {
		path, err := l.Store.LocalPath(f.FilePath())
		if err != nil {
			l.t.Fatal(err)
		}
		relation.Files = append(relation.Files, path)
	}
	return relation, true
}

// Files are the data files of a table's current snapshot, by path.
func (l *Lake) Files(name string) []iceberg.DataFile {
	l.t.Helper()
	ctx := context.Background()
	tbl, err := l.Catalog.Load(ctx, l.Ident(name))
	if err != nil {
		l.t.Fatal(err)
	}
	tasks, err := tbl.Scan().PlanFiles(ctx)
	if err != nil {
		l.t.Fatal(err)
	}
	var files []iceberg.DataFile
	for _, task := range tasks {
		files = append(files, task.File)
	}
	sort.Slice(files, func(i, j int) bool { return files[i].FilePath() < files[j].FilePath() })
	return files
}

// Snapshots is how many snapshots a table has; 0 when it does not exist.
func (l *Lake) Snapshots(name string) int {
	l.t.Helper()
	ctx := context.Background()
	if _, err := l.Catalog.Entry(ctx, l.Ident(name)); err != nil {
		return 0
	}
	tbl, err := l.Catalog.Load(ctx, l.Ident(name))
	if err != nil {
		l.t.Fatal(err)
	}
	return len(tbl.Metadata().Snapshots())
}

// Orphans are the data and manifest files in a table's folder that no snapshot refers to.
func (l *Lake) Orphans(name string) []string {
	l.t.Helper()
	ctx := context.Background()
	tbl, err := l.Catalog.Load(ctx, l.Ident(name))
	if err != nil {
		l.t.Fatal(err)
	}
	known := map[string]bool{}
	for _, snapshot := range tbl.Metadata().Snapshots() {
		known[snapshot.ManifestList] = true
		manifests, err := snapshot.Manifests(l.Store)
		if err != nil {
			l.t.Fatal(err)
		}
		for _, m := range manifests {
			known[m.FilePath()] = true
			for entry, err := range m.Entries(l.Store, false) {
				if err != nil {
					l.t.Fatal(err)
				}
				known[entry.DataFile().FilePath()] = true
			}
		}
	}
	var orphans []string
	for object, err := range l.Store.List(ctx, tbl.Location()) {
		if err != nil {
			l.t.Fatal(fmt.Errorf("list %s: %w", tbl.Location(), err))
		}
		if !known[object.Location] && !strings.HasSuffix(object.Location, ".metadata.json") {
			orphans = append(orphans, object.Location)
		}
	}
	return orphans
}
