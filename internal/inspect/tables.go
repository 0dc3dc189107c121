package inspect

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/apache/iceberg-go/table"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/project"
)

// TableSummary is one line about a table or view.
type TableSummary struct {
	Name       string    `json:"name"`
	Kind       string    `json:"kind"` // "table" or "view"
	Rows       int64     `json:"rows"`
	Bytes      int64     `json:"bytes"`
	Files      int64     `json:"files"`
	SnapshotID int64     `json:"snapshot,omitempty,string"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// TableDetail is everything a person asks of one table.
type TableDetail struct {
	TableSummary
	Location    string            `json:"location"`
	Format      int               `json:"format_version,omitempty"`
	Columns     []TableColumn     `json:"columns"`
	Partition   []string          `json:"partition,omitempty"`
	Properties  map[string]string `json:"properties,omitempty"`
	Description string            `json:"description,omitempty"`
	Owner       string            `json:"owner,omitempty"`
	MadeBy      string            `json:"made_by,omitempty"` // the file of the model or source
	SQL         string            `json:"sql,omitempty"`     // of a view
	Reads       []string          `json:"reads,omitempty"`   // assets it is made of
	ReadBy      []string          `json:"read_by,omitempty"` // assets made of it
}

// TableColumn is a column of a table.
type TableColumn struct {
	ID       int    `json:"id"`
	Name     string `json:"name"`
	Type     string `json:"type"` // Iceberg's spelling
	Required bool   `json:"required,omitempty"`
	Doc      string `json:"doc,omitempty"`
}

// Snapshot is one version of a table.
type Snapshot struct {
	ID        int64             `json:"id,string"` // strings, because many readers of JSON round numbers of this size
	ParentID  int64             `json:"parent,omitempty,string"`
	At        time.Time         `json:"at"`
	Operation string            `json:"operation"`
	Added     int64             `json:"added_rows"`
	Deleted   int64             `json:"deleted_rows"`
	Rows      int64             `json:"rows"`
	Current   bool              `json:"current,omitempty"`
	Summary   map[string]string `json:"summary"`
}

// DataFile is one data file of a table.
type DataFile struct {
	Path      string         `json:"path"`
	Rows      int64          `json:"rows"`
	Bytes     int64          `json:"bytes"`
	Partition map[string]any `json:"partition,omitempty"`
}

// Tables lists the tables and views of a namespace, or of all for "".
func (s *Service) Tables(ctx context.Context, namespace string) ([]TableSummary, error) {
	entries, err := s.catalog.Tables(ctx, namespace)
	if err != nil {
		return nil, err
	}
	summaries := make([]TableSummary, len(entries))
	for i, entry := range entries {
		summaries[i] = TableSummary{Name: entry.Ident.String(), Kind: string(entry.Kind), SnapshotID: entry.SnapshotID, UpdatedAt: entry.UpdatedAt}
		if entry.Kind != catalog.KindTable {
			continue
		}
		t, err := s.catalog.Load(ctx, entry.Ident)
		if errors.Is(err, catalog.ErrNoSuchTable) {
			continue // dropped meanwhile
		} else if err != nil {
			return nil, err
		}
		summaries[i].count(t.CurrentSnapshot())
	}
	return summaries, nil
}

func (t *TableSummary) count(snapshot *table.Snapshot) {
	t.Rows, t.Bytes, t.Files = total(snapshot, "total-records"), total(snapshot, "total-files-size"), total(snapshot, "total-data-files")
}

// total reads a count of a snapshot's summary (Iceberg spec, Appendix F); 0 when it is not there.
func total(snapshot *table.Snapshot, key string) int64 {
	if snapshot == nil || snapshot.Summary == nil {
		return 0
	}
	n, err := strconv.ParseInt(snapshot.Summary.Properties[key], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Table describes one table or view.
func (s *Service) Table(ctx context.Context, name string) (TableDetail, error) {
	entry, err := s.entry(ctx, name)
	if err != nil {
		return TableDetail{}, err
	}
	d := TableDetail{TableSummary: TableSummary{
		Name: entry.Ident.String(), Kind: string(entry.Kind), SnapshotID: entry.SnapshotID, UpdatedAt: entry.UpdatedAt,
	}}
	if entry.Kind == catalog.KindView {
		v, err := s.catalog.LoadView(ctx, entry.Ident)
		if err != nil {
			return TableDetail{}, err
		}
		d.SQL, d.Location, d.Properties = v.SQL, v.Location, v.Properties
		for _, f := range v.Schema.Fields() {
			d.Columns = append(d.Columns, TableColumn{f.ID, f.Name, f.Type.String(), f.Required, f.Doc})
		}
	} else {
		t, err := s.catalog.Load(ctx, entry.Ident)
		if err != nil {
			return TableDetail{}, err
		}
		d.count(t.CurrentSnapshot())
		d.Location, d.Format, d.Properties = t.Location(), t.Metadata().Version(), t.Properties()
		for _, f := range t.Schema().Fields() {
			d.Columns = append(d.Columns, TableColumn{f.ID, f.Name, f.Type.String(), f.Required, f.Doc})
		}
		spec := t.Spec()
		for _, field := range spec.Fields() {
			d.Partition = append(d.Partition, fmt.Sprintf("%s: %s", field.Name, field.Transform))
		}
	}
	if asset, ok := s.workspace.Graph.Asset(d.Name); ok {
		d.describe(asset)
	}
	return d, nil
}

func (d *TableDetail) describe(asset *project.Asset) {
	d.Reads, d.ReadBy = asset.Upstream, asset.Downstream
	switch {
	case asset.Model != nil:
		d.MadeBy, d.Description, d.Owner = asset.Model.Pos.File, asset.Model.Description, asset.Model.Owner
		for _, contract := range asset.Model.Columns {
			for i := range d.Columns {
				if d.Columns[i].Name == contract.Name && d.Columns[i].Doc == "" {
					d.Columns[i].Doc = contract.Description
				}
			}
		}
	case asset.SourceTable != nil:
		d.MadeBy = asset.SourceTable.Pos.File
	}
}

// Snapshots lists the versions of a table, newest first.
func (s *Service) Snapshots(ctx context.Context, name string) ([]Snapshot, error) {
	t, err := s.table(ctx, name)
	if err != nil {
		return nil, err
	}
	var versions []Snapshot
	current := t.CurrentSnapshot()
	for _, snapshot := range t.Metadata().Snapshots() {
		v := Snapshot{
			ID: snapshot.SnapshotID, At: time.UnixMilli(snapshot.TimestampMs), Rows: total(&snapshot, "total-records"),
			Added: total(&snapshot, "added-records"), Deleted: total(&snapshot, "deleted-records"),
			Current: current != nil && current.SnapshotID == snapshot.SnapshotID,
		}
		if snapshot.ParentSnapshotID != nil {
			v.ParentID = *snapshot.ParentSnapshotID
		}
		if snapshot.Summary != nil {
			v.Operation, v.Summary = string(snapshot.Summary.Operation), snapshot.Summary.Properties
		}
		versions = append([]Snapshot{v}, versions...)
	}
	return versions, nil
}

// Files lists the data files of a table's current snapshot.
func (s *Service) Files(ctx context.Context, name string) ([]DataFile, error) {
	t, err := s.table(ctx, name)
	if err != nil {
		return nil, err
	}
	tasks, err := t.Scan().PlanFiles(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the files of %s: %w", name, err)
	}
	files := make([]DataFile, len(tasks))
	spec := t.Spec()
	for i, task := range tasks {
		files[i] = DataFile{Path: task.File.FilePath(), Rows: task.File.Count(), Bytes: task.File.FileSizeBytes()}
		for _, field := range spec.Fields() {
			if files[i].Partition == nil {
				files[i].Partition = map[string]any{}
			}
			files[i].Partition[field.Name] = task.File.Partition()[field.FieldID]
		}
	}
	return files, nil
}

func (s *Service) table(ctx context.Context, name string) (*table.Table, error) {
	entry, err := s.entry(ctx, name)
	if err != nil {
		return nil, err
	}
	if entry.Kind != catalog.KindTable {
		return nil, fmt.Errorf("%s is a view: it has no files and no versions of its own; see: hosu table show %s", name, name)
	}
	return s.catalog.Load(ctx, entry.Ident)
}

// entry finds a table, and says what to do about one that is not there.
func (s *Service) entry(ctx context.Context, name string) (catalog.Entry, error) {
	ident, err := catalog.ParseIdent(name)
	if err != nil {
		return catalog.Entry{}, err
	}
	entry, err := s.catalog.Entry(ctx, ident)
	if errors.Is(err, catalog.ErrNoSuchTable) {
		if _, planned := s.workspace.Graph.Asset(name); planned {
			return entry, fmt.Errorf("%s has not been built yet; build it with: hosu run +%s", name, name)
		}
		return entry, fmt.Errorf("there is no table %s; %s", name, s.meant(ctx, name))
	}
	return entry, err
}

// meant says how to find the table that was meant by a name that is none.
func (s *Service) meant(ctx context.Context, name string) string {
	const list = "list what there is with: hosu table ls"
	entries, err := s.catalog.Tables(ctx, "")
	if err != nil {
		return list
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Ident.String()
	}
	near := project.Nearest(name, names)
	if len(near) == 0 {
		return list
	}
	return "did you mean " + strings.Join(near, " or ") + "? Or " + list
}
