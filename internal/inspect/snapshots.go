package inspect

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Snapshot is one version of a table.
type Snapshot struct {
	ID        int64             `json:"id,string"` // strings, because many readers of JSON round numbers of this size
	ParentID  int64             `json:"parent,omitempty,string"`
	At        time.Time         `json:"at"`
	Operation string            `json:"operation" example:"append"`
	Added     int64             `json:"added_rows"`
	Deleted   int64             `json:"deleted_rows"`
	Rows      int64             `json:"rows" doc:"Of the table then."`
	Bytes     int64             `json:"bytes" doc:"Of the table's data files then."`
	Files     int64             `json:"files" doc:"Of the table then."`
	Current   bool              `json:"current,omitempty"`
	Summary   map[string]string `json:"summary" doc:"As it is stored with the version (Iceberg spec, appendix F)."`
}

// DataFile is one data file of a table.
type DataFile struct {
	Path      string            `json:"path"`
	Format    string            `json:"format" example:"PARQUET"`
	Rows      int64             `json:"rows"`
	Bytes     int64             `json:"bytes"`
	Deletes   int               `json:"deletes,omitempty" doc:"Delete files that apply to it."`
	Partition map[string]string `json:"partition,omitempty" doc:"Partition field to value."`
}

// Snapshots lists the versions of a table, newest first.
func (s *Service) Snapshots(ctx context.Context, name string) ([]Snapshot, error) {
	t, err := s.table(ctx, name)
	if err != nil {
		return nil, err
	}
	var versions []Snapshot
	current := t.CurrentSnapshot()
	for _, snapshot := range slices.Backward(t.Metadata().Snapshots()) {
		v := Snapshot{
			ID: snapshot.SnapshotID, At: time.UnixMilli(snapshot.TimestampMs),
			Added: total(&snapshot, "added-records"), Deleted: total(&snapshot, "deleted-records"),
			Rows: total(&snapshot, "total-records"), Bytes: total(&snapshot, "total-files-size"), Files: total(&snapshot, "total-data-files"),
			Current: current != nil && current.SnapshotID == snapshot.SnapshotID, Summary: map[string]string{},
		}
		if snapshot.ParentSnapshotID != nil {
			v.ParentID = *snapshot.ParentSnapshotID
		}
		if snapshot.Summary != nil {
			v.Operation = string(snapshot.Summary.Operation)
			for key, value := range snapshot.Summary.Properties {
				v.Summary[key] = value
			}
		}
		versions = append(versions, v)
	}
	return versions, nil
}

// Files lists the data files of a version of a table, by path; version 0 is the current one. It returns the version, too; 0 of a
// table that never had one.
func (s *Service) Files(ctx context.Context, name string, version int64) ([]DataFile, int64, error) {
	t, err := s.table(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	if version == 0 {
		if current := t.CurrentSnapshot(); current != nil {
			version = current.SnapshotID
		}
	} else if t.Metadata().SnapshotByID(version) == nil {
		return nil, 0, &NoSnapshotError{Table: name, Snapshot: version}
	}
	if version == 0 {
		return nil, 0, nil
	}
	tasks, err := t.Scan(table.WithSnapshotID(version)).PlanFiles(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("list the files of %s: %w", name, err)
	}
	files := make([]DataFile, len(tasks))
	for i, task := range tasks {
		f := task.File
		files[i] = DataFile{
			Path: f.FilePath(), Format: string(f.FileFormat()), Rows: f.Count(), Bytes: f.FileSizeBytes(),
			Deletes: len(task.DeleteFiles) + len(task.EqualityDeleteFiles) + len(task.DeletionVectorFiles),
		}
		if spec := t.Metadata().PartitionSpecByID(int(f.SpecID())); spec != nil {
			files[i].Partition = partition(t, spec, f.Partition())
		}
	}
	slices.SortFunc(files, func(a, b DataFile) int { return cmp.Compare(a.Path, b.Path) })
	return files, version, nil
}

// partition are the values of a file's partition, as people read them: a day as a date.
func partition(t *table.Table, spec *iceberg.PartitionSpec, values map[int]any) map[string]string {
	types := map[int]iceberg.Type{}
	for _, f := range spec.PartitionType(t.Schema()).FieldList {
		types[f.ID] = f.Type
	}
	var texts map[string]string
	for _, field := range spec.Fields() {
		if texts == nil {
			texts = map[string]string{}
		}
		if typ := types[field.FieldID]; typ != nil {
			texts[field.Name] = field.Transform.ToHumanStrType(typ, values[field.FieldID])
		} else {
			texts[field.Name] = fmt.Sprint(values[field.FieldID])
		}
	}
	return texts
}
