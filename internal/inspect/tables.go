package inspect

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/apache/iceberg-go/table"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/schema"
)

// TableHead is what is told of a table or view wherever it is told of.
type TableHead struct {
	Name        string    `json:"name" example:"marts.daily_sales" doc:"With its namespace."`
	Namespace   string    `json:"namespace" example:"marts"`
	Kind        string    `json:"kind" enum:"table,view"`
	Rows        int64     `json:"rows" doc:"0 of a view."`
	Bytes       int64     `json:"bytes" doc:"Of its current data files."`
	Files       int64     `json:"files" doc:"Current data files."`
	SnapshotID  int64     `json:"snapshot,omitempty,string" doc:"The current version."`
	UpdatedAt   time.Time `json:"updated_at" doc:"When it was last changed."`
	Description string    `json:"description"`
	Owner       string    `json:"owner"`
	Tags        []string  `json:"tags"`
	Made        string    `json:"made" enum:"source,model," doc:"What makes it; empty when the workspace does not."`
	Write       string    `json:"write" doc:"How a model is written: view, full, append, interval or merge. How a source table is copied: full or incremental."`
	Status      string    `json:"status" doc:"Where the asset that makes it stands, as in the list of assets; empty when there is none."`
}

// TableSummary is one line about a table or view.
type TableSummary struct {
	TableHead
	Columns []ColumnSummary `json:"columns"`
}

// ColumnSummary is what a list tells of a column.
type ColumnSummary struct {
	Name string `json:"name"`
	Type string `json:"type" doc:"In Iceberg's spelling." example:"decimal(18, 2)"`
	Doc  string `json:"doc"`
}

// TableDetail is everything a person asks of one table.
type TableDetail struct {
	TableHead
	Location   string            `json:"location"`
	Format     int               `json:"format_version,omitempty" doc:"Of the Iceberg table."`
	Columns    []TableColumn     `json:"columns"`
	Partition  []string          `json:"partition" example:"[\"day: day\"]" doc:"Field and transform."`
	Properties map[string]string `json:"properties"`
	MadeBy     *MadeBy           `json:"made_by" doc:"Null when the workspace does not make it."`
	SQL        string            `json:"sql,omitempty" doc:"Of a view."`
	Reads      []string          `json:"reads" doc:"Assets whose rows decide its own."`
	ReadBy     []string          `json:"read_by" doc:"Assets that read it."`
	// Asset is where the asset that makes it stands.
	Asset *orchestrate.AssetStatus `json:"asset,omitempty"`
}

// MadeBy says what makes a table.
type MadeBy struct {
	File   string `json:"file" example:"models/marts/daily_sales.sql"`
	Line   int    `json:"line"`
	Write  string `json:"write" example:"interval(day)"`
	Every  string `json:"every,omitempty" example:"day"`
	SQL    string `json:"sql,omitempty" doc:"Of a model, without its header."`
	Source string `json:"source,omitempty" doc:"The source that it is copied from."`
	Type   string `json:"type,omitempty" doc:"Of the source." example:"postgres"`
	Table  string `json:"table,omitempty" doc:"The name of the table in the source."`
}

// TableColumn is a column of a table.
type TableColumn struct {
	ID       int      `json:"id" doc:"The Iceberg field id, which outlives a rename."`
	Name     string   `json:"name"`
	Type     string   `json:"type" doc:"In Iceberg's spelling." example:"decimal(18, 2)"`
	Required bool     `json:"required,omitempty"`
	Doc      string   `json:"doc,omitempty"`
	Checks   []string `json:"checks,omitempty" doc:"What is promised of it." example:"[\"not_null\", \"unique\"]"`
}

// Tables lists the tables and views of a namespace, or of all for "".
func (s *Service) Tables(ctx context.Context, namespace string) ([]TableSummary, error) {
	entries, err := s.catalog.Tables(ctx, namespace)
	if err != nil {
		return nil, err
	}
	found, err := s.allFacts(ctx, entries, namespace == "")
	if err != nil {
		return nil, err
	}
	status, err := s.status(ctx)
	if err != nil {
		return nil, err
	}
	standings := make(map[string]orchestrate.Standing, len(status.Assets))
	for _, a := range status.Assets {
		standings[schema.Fold(a.Asset)] = a.Status
	}
	summaries := make([]TableSummary, 0, len(entries))
	for i, e := range entries {
		if found[i] == nil {
			continue // dropped meanwhile
		}
		summary := s.summary(e, found[i])
		summary.Status = string(standings[schema.Fold(summary.Name)])
		summaries = append(summaries, summary)
	}
	return summaries, nil
}

// Size is how large a table or view is, and when it was changed.
type Size struct {
	Name      string
	Kind      catalog.Kind
	Rows      int64
	UpdatedAt time.Time
}

// Sizes are those of all tables and views, sorted by namespace and name.
func (s *Service) Sizes(ctx context.Context) ([]Size, error) {
	entries, err := s.catalog.Tables(ctx, "")
	if err != nil {
		return nil, err
	}
	found, err := s.allFacts(ctx, entries, true)
	if err != nil {
		return nil, err
	}
	sizes := make([]Size, 0, len(entries))
	for i, e := range entries {
		if f := found[i]; f != nil {
			sizes = append(sizes, Size{Name: e.Ident.String(), Kind: e.Kind, Rows: f.rows, UpdatedAt: e.UpdatedAt})
		}
	}
	return sizes, nil
}

func (s *Service) summary(e catalog.Entry, f *facts) TableSummary {
	t := TableSummary{
		TableHead: TableHead{
			Name: e.Ident.String(), Namespace: e.Ident.Namespace, Kind: string(e.Kind), Rows: f.rows, Bytes: f.bytes, Files: f.files,
			SnapshotID: f.snapshot, UpdatedAt: e.UpdatedAt, Description: f.comment, Tags: []string{},
		},
		Columns: make([]ColumnSummary, len(f.columns)),
	}
	for i, c := range f.columns {
		t.Columns[i] = ColumnSummary{Name: c.Name, Type: c.Type, Doc: c.Doc}
	}
	asset, ok := s.workspace.Graph.Asset(t.Name)
	switch {
	case !ok:
	case asset.Model != nil:
		m := asset.Model
		t.Made, t.Write, t.Owner = madeModel, string(m.Write.Kind), m.Owner
		if m.Description != "" {
			t.Description = m.Description
		}
		if m.Tags != nil {
			t.Tags = m.Tags
		}
		for i := range t.Columns {
			if contract := contractOf(m, t.Columns[i].Name); contract != nil && t.Columns[i].Doc == "" {
				t.Columns[i].Doc = contract.Description
			}
		}
	case asset.SourceTable != nil:
		t.Made, t.Write = madeSource, string(asset.SourceTable.Mode)
	}
	return t
}

// What makes a table.
const (
	madeSource = "source"
	madeModel  = "model"
)

func contractOf(m *project.Model, column string) *project.ColumnContract {
	for _, c := range m.Columns {
		if schema.Fold(c.Name) == schema.Fold(column) {
			return c
		}
	}
	return nil
}

// Table describes one table or view. The error of one that does not exist is a *[NotFoundError].
func (s *Service) Table(ctx context.Context, name string) (TableDetail, error) {
	entry, err := s.entry(ctx, name)
	if err != nil {
		return TableDetail{}, err
	}
	d := TableDetail{Partition: []string{}, Properties: map[string]string{}, Reads: []string{}, ReadBy: []string{}}
	var f *facts
	if entry.Kind == catalog.KindView {
		v, err := s.catalog.LoadView(ctx, entry.Ident)
		if err != nil {
			return TableDetail{}, err
		}
		d.SQL, d.Location = v.SQL, v.Location
		for key, value := range v.Properties {
			d.Properties[key] = value
		}
		f = &facts{columns: columnsOf(v.Schema), comment: v.Properties["comment"]}
	} else {
		t, err := s.catalog.Load(ctx, entry.Ident)
		if err != nil {
			return TableDetail{}, err
		}
		d.Location, d.Format = t.Location(), t.Metadata().Version()
		for key, value := range t.Properties() {
			d.Properties[key] = value
		}
		spec := t.Spec()
		for _, field := range spec.Fields() {
			d.Partition = append(d.Partition, fmt.Sprintf("%s: %s", field.Name, field.Transform))
		}
		f = tableFacts(t)
	}
	d.TableHead = s.summary(entry, f).TableHead
	d.Columns = f.columns
	if asset, ok := s.workspace.Graph.Asset(d.Name); ok {
		d.describe(asset)
		return d, s.stand(ctx, &d, asset.Name)
	}
	return d, nil
}

// describe adds what the workspace's files say.
func (d *TableDetail) describe(asset *project.Asset) {
	if asset.Upstream != nil {
		d.Reads = asset.Upstream
	}
	if asset.Downstream != nil {
		d.ReadBy = asset.Downstream
	}
	switch {
	case asset.Model != nil:
		m := asset.Model
		d.MadeBy = &MadeBy{File: m.Pos.File, Line: m.SQLLine, Write: writeText(m.Write), Every: m.Every.String(), SQL: m.SQL}
		for i := range d.Columns {
			c := &d.Columns[i]
			contract := contractOf(m, c.Name)
			if contract == nil {
				continue
			}
			if c.Doc == "" {
				c.Doc = contract.Description
			}
			c.Checks = promises(contract)
		}
	case asset.SourceTable != nil:
		t := asset.SourceTable
		d.MadeBy = &MadeBy{File: t.Pos.File, Line: t.Pos.Line, Write: string(t.Mode), Every: t.Every.String(), Table: t.Name}
		if t.Source != nil {
			d.MadeBy.Source, d.MadeBy.Type = t.Source.Name, t.Source.Type
		}
	}
}

// writeText is a write as files spell it.
func writeText(w project.Write) string {
	switch {
	case w.Column != "":
		return fmt.Sprintf("%s(%s)", w.Kind, w.Column)
	case len(w.Key) > 0:
		return fmt.Sprintf("%s(%s)", w.Kind, strings.Join(w.Key, ", "))
	default:
		return string(w.Kind)
	}
}

// promises are the parts of a column's contract, in the words of the files.
func promises(c *project.ColumnContract) []string {
	var list []string
	if c.NotNull {
		list = append(list, "not_null")
	}
	if c.Unique {
		list = append(list, "unique")
	}
	if c.Accepted != nil {
		list = append(list, "accepted_values")
	}
	if c.References != nil {
		list = append(list, "references "+c.References.Table+"."+c.References.Column)
	}
	return list
}

// stand adds where the asset stands.
func (s *Service) stand(ctx context.Context, d *TableDetail, asset string) error {
	status, err := s.status(ctx)
	if err != nil {
		return err
	}
	for i := range status.Assets {
		if status.Assets[i].Asset == asset {
			d.Asset, d.Status = &status.Assets[i], string(status.Assets[i].Status)
		}
	}
	return nil
}

// table loads a table that is no view.
func (s *Service) table(ctx context.Context, name string) (*table.Table, error) {
	entry, err := s.entry(ctx, name)
	if err != nil {
		return nil, err
	}
	if entry.Kind != catalog.KindTable {
		return nil, &IsViewError{View: entry.Ident.String()}
	}
	return s.catalog.Load(ctx, entry.Ident)
}
