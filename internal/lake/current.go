package lake

import (
	"context"
	"fmt"
	"strconv"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/schema"
)

// currentFile is a data file of a table's current snapshot.
type currentFile struct {
	iceberg.DataFile
	path string // local
	// sameLayout: the file was written under a schema with the columns the table has now.
	sameLayout bool
	deletes    []deleteFile
}

// deleteFile is a delete that applies to a data file.
type deleteFile struct {
	path     string // local
	equality []int
}

// bounds are the file's bounds of a column; nil when unknown.
func (f currentFile) bounds(field iceberg.NestedField) (lower, upper iceberg.Literal) {
	if l, err := schema.DecodeBound(field.Type, f.LowerBoundValues()[field.ID]); err == nil {
		lower = l
	}
	if u, err := schema.DecodeBound(field.Type, f.UpperBoundValues()[field.ID]); err == nil {
		upper = u
	}
	return lower, upper
}

// nulls is the number of NULLs of a column, -1 when unknown.
func (f currentFile) nulls(field iceberg.NestedField) int64 {
	if n, ok := f.NullValueCounts()[field.ID]; ok {
		return n
	}
	return -1
}

// currentFiles lists the data files of a table's main branch, with the deletes that apply to each. now is
// the schema the files will be read with.
func (l *Lake) currentFiles(ctx context.Context, tbl *table.Table, now *iceberg.Schema) ([]currentFile, error) {
	if tbl == nil || tbl.CurrentSnapshot() == nil {
		return nil, nil
	}
	manifests, err := tbl.CurrentSnapshot().Manifests(l.store)
	if err != nil {
		return nil, fmt.Errorf("read the manifest list of %s: %w", tbl.CurrentSnapshot().ManifestList, err)
	}
	layouts := layoutsBySnapshot(tbl.Metadata(), now)
	var files []currentFile
	hasDeletes := false
	for _, m := range manifests {
		if m.ManifestContent() == iceberg.ManifestContentDeletes {
			hasDeletes = true
			continue
		}
		for entry, err := range m.Entries(l.store, true) {
			if err != nil {
				return nil, fmt.Errorf("read manifest %s: %w", m.FilePath(), err)
			}
			file := currentFile{DataFile: entry.DataFile(), sameLayout: layouts[entry.SnapshotID()]}
			if file.FileFormat() != iceberg.ParquetFile {
				return nil, fmt.Errorf("data file %s is %s: only Parquet tables can be written", file.FilePath(), file.FileFormat())
			}
			if file.path, err = l.store.LocalPath(file.FilePath()); err != nil {
				return nil, fmt.Errorf("data file %s: %w", file.FilePath(), err)
			}
			files = append(files, file)
		}
	}
	if hasDeletes {
		if err := l.attachDeletes(ctx, tbl, files); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// layoutsBySnapshot says of each snapshot still known whether its files have the columns of now: same
// order, names, types and field ids. Files of snapshots that expired are read by field id.
func layoutsBySnapshot(meta table.Metadata, now *iceberg.Schema) map[int64]bool {
	same := map[int]bool{}
	for _, sch := range meta.Schemas() {
		same[sch.ID] = sameLayout(sch, now)
	}
	layouts := map[int64]bool{}
	for _, s := range meta.Snapshots() {
		if s.SchemaID != nil {
			layouts[s.SnapshotID] = same[*s.SchemaID]
		}
	}
	return layouts
}

func sameLayout(a, b *iceberg.Schema) bool {
	x, y := a.Fields(), b.Fields()
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i].ID != y[i].ID || x[i].Name != y[i].Name || !x[i].Type.Equals(y[i].Type) {
			return false
		}
	}
	return true
}

// attachDeletes finds the delete files that apply to each data file.
func (l *Lake) attachDeletes(ctx context.Context, tbl *table.Table, files []currentFile) error {
	tasks, err := tbl.Scan().PlanFiles(ctx)
	if err != nil {
		return fmt.Errorf("plan the delete files of %s: %w", tbl.Location(), err)
	}
	deletes := make(map[string][]deleteFile, len(tasks))
	for _, task := range tasks {
		data := task.File.FilePath()
		if len(task.DeletionVectorFiles) > 0 {
			return fmt.Errorf("data file %s has a deletion vector, which cannot be rewritten here: compact the table with the engine that wrote it", data)
		}
		for _, d := range task.DeleteFiles {
			path, err := l.store.LocalPath(d.FilePath())
			if err != nil {
				return fmt.Errorf("delete file %s: %w", d.FilePath(), err)
			}
			deletes[data] = append(deletes[data], deleteFile{path: path})
		}
		for _, d := range task.EqualityDeleteFiles {
			path, err := l.store.LocalPath(d.FilePath())
			if err != nil {
				return fmt.Errorf("delete file %s: %w", d.FilePath(), err)
			}
			deletes[data] = append(deletes[data], deleteFile{path: path, equality: d.EqualityFieldIDs()})
		}
	}
	for i := range files {
		files[i].deletes = deletes[files[i].FilePath()]
	}
	return nil
}

// relation is a table of files as SQL gets it: current ones and ones not yet published, which always have the layout of sch.
func relation(name string, sch *iceberg.Schema, current []currentFile, fresh []newFile) engine.Relation {
	r := engine.Relation{Name: name}
	for _, f := range sch.Fields() {
		r.Columns = append(r.Columns, relationColumn(f))
	}
	deletes := map[string]int{}
	for _, f := range current {
		r.Files = append(r.Files, f.path)
		r.ByFieldID = r.ByFieldID || !f.sameLayout
		for _, d := range f.deletes {
			i, ok := deletes[d.path]
			if !ok {
				i = len(r.Deletes)
				deletes[d.path] = i
				r.Deletes = append(r.Deletes, engine.Delete{Path: d.path, Equality: d.equality})
			}
			r.Deletes[i].Applies = append(r.Deletes[i].Applies, f.path)
		}
	}
	for _, f := range fresh {
		r.Files = append(r.Files, f.Path)
	}
	return r
}

func relationColumn(f iceberg.NestedField) engine.RelationColumn {
	c := engine.RelationColumn{Name: f.Name, Type: schema.DuckDB(f.Type), FieldID: f.ID}
	// Single-value defaults in metadata are JSON numbers, booleans and strings that DuckDB's casts read
	// (Iceberg spec, Appendix C, JSON single-value serialization).
	switch value := f.InitialDefault.(type) {
	case nil:
	case float64:
		c.Default = "CAST(" + engine.QuoteLiteral(strconv.FormatFloat(value, 'f', -1, 64)) + " AS " + c.Type + ")"
	default:
		c.Default = "CAST(" + engine.QuoteLiteral(fmt.Sprint(value)) + " AS " + c.Type + ")"
	}
	return c
}
