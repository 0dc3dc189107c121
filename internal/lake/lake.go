package lake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/apache/iceberg-go"
	icebergio "github.com/apache/iceberg-go/io"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/storage"
)

// fileBytes is the size at which a new data file is begun, when the table's property
// write.target-file-size-bytes does not say otherwise.
const fileBytes = 256 << 20

// Lake writes tables. It is safe for concurrent use.
type Lake struct {
	catalog *catalog.Catalog
	store   storage.Store
	engine  *engine.Engine
	log     *slog.Logger
}

// Options of a [Lake].
type Options struct {
	Catalog *catalog.Catalog
	Store   storage.Store
	// Engine runs the lake's own SQL: rewrites and comparisons of files.
	Engine *engine.Engine
	Log    *slog.Logger // nil: discarded
}

// New returns a lake over the tables of a catalog.
func New(opts Options) *Lake {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Lake{catalog: opts.Catalog, store: opts.Store, engine: opts.Engine, log: opts.Log}
}

// fileSystem is how iceberg-go reaches the files of a table.
func (l *Lake) fileSystem(context.Context) (icebergio.IO, error) { return l.store, nil }

// Prepare decides what the table of spec will look like and where its new rows are to be written. The caller
// ends the target with [Lake.Stage] or [Lake.Abandon]. Nothing is changed yet; in particular a missing table is
// created, and columns are added, by the commit that publishes the rows.
//
// A column that cannot become what spec wants is a *[schema.IncompatibleError].
func (l *Lake) Prepare(ctx context.Context, spec Spec) (*Target, error) {
	t, err := l.plan(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", spec.Table, err)
	}
	if t.Output.Dir, err = l.store.Scratch(ctx); err != nil {
		return nil, fmt.Errorf("write %s: %w", spec.Table, err)
	}
	return t, nil
}

// plan is Prepare without a folder, over the table as it is now.
func (l *Lake) plan(ctx context.Context, spec Spec) (*Target, error) {
	loc, err := checkSpec(spec)
	if err != nil {
		return nil, err
	}
	t := &Target{Spec: spec}
	switch entry, err := l.catalog.Entry(ctx, spec.Table); {
	case errors.Is(err, catalog.ErrNoSuchTable), err == nil && entry.Kind == catalog.KindView && spec.Instead != nil && spec.Instead.UUID == entry.UUID:
		if err := t.planCreate(); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case entry.Kind != catalog.KindTable:
		return nil, fmt.Errorf("%w as a %s: drop it first, or give the table another name", catalog.ErrExists, entry.Kind)
	default:
		if err := l.planEvolve(ctx, t); err != nil {
			return nil, err
		}
	}
	t.Spec.Key = nil // as the table spells it
	for _, name := range spec.Key {
		field, ok := schema.Find(t.schema, name)
		if !ok {
			return nil, fmt.Errorf("key column %q: the new rows have no such column", name)
		}
		t.Spec.Key = append(t.Spec.Key, field.Name)
	}
	if spec.Mode == Overwrite {
		if t.slice, err = newSlice(spec.Interval, t.schema, loc); err != nil {
			return nil, err
		}
	}
	return t, t.describeOutput()
}

func checkSpec(spec Spec) (*time.Location, error) {
	loc, err := time.LoadLocation(spec.TimeZone)
	switch {
	case err != nil:
		return nil, fmt.Errorf("time zone %q: %w", spec.TimeZone, err)
	case len(spec.Columns) == 0:
		return nil, errors.New("no columns given")
	case spec.DropMissing && spec.Mode != Replace:
		return nil, fmt.Errorf("columns can only be dropped by %s, not by %s", Replace, spec.Mode)
	case spec.Mode == Overwrite && spec.Interval == nil:
		return nil, errors.New("overwrite needs an interval")
	case spec.Mode == Merge && len(spec.Key) == 0:
		return nil, errors.New("merge needs a key")
	}
	switch spec.Mode {
	case Append, Replace, Overwrite, Merge:
		return loc, nil
	}
	return nil, fmt.Errorf("unknown mode %q", spec.Mode)
}

func (l *Lake) planEvolve(ctx context.Context, t *Target) error {
	base, err := l.catalog.Load(ctx, t.Spec.Table)
	if err != nil {
		return err
	}
	t.base, t.spec = base, base.Spec()
	t.schema, t.changes, err = schema.Evolve(base.Schema(), t.Spec.Columns, schema.EvolveOptions{
		LastColumnID: base.Metadata().LastColumnID(),
		DropMissing:  t.Spec.DropMissing,
		// All rows are replaced, so a column may start again under a new id.
		Retype: t.Spec.Mode == Replace && t.Spec.DropMissing,
	})
	if err != nil {
		return err
	}
	for _, field := range t.spec.Fields() {
		if _, ok := t.schema.FindFieldByID(field.SourceID()); !ok {
			return fmt.Errorf("column %q partitions the table and cannot be dropped or change its type: "+
				"keep it, or drop the table", field.Name)
		}
	}
	return nil
}

func (t *Target) planCreate() error {
	var err error
	if t.schema, err = schema.Assign(t.Spec.Columns); err != nil {
		return err
	}
	if t.spec, err = partitionSpec(t.Spec.Partition, t.schema); err != nil {
		return err
	}
	t.create = &catalog.CreateTable{Schema: t.schema, Partition: &t.spec, Properties: t.Spec.Properties}
	return nil
}

func (t *Target) describeOutput() error {
	t.Output.Columns = nil
	for _, f := range t.schema.Fields() {
		if err := checkWritable(f.Name, f.Type); err != nil {
			return err
		}
		t.Output.Columns = append(t.Output.Columns, engine.OutputColumn{
			Name: f.Name, Type: schema.DuckDB(f.Type), FieldID: fieldID(f),
		})
	}
	var err error
	t.Output.Partition, err = partitionExpressions(t.spec, t.schema)
	properties := t.Spec.Properties
	if t.base != nil {
		properties = t.base.Properties()
	}
	t.Output.FileBytes = properties.GetInt64("write.target-file-size-bytes", fileBytes)
	return err
}

// checkWritable fails for types that DuckDB reads but cannot write as the Iceberg spec (Appendix A, Parquet) demands: it
// has no binary type of fixed length and no timestamptz of nanoseconds. Other engines refuse what it writes instead.
func checkWritable(path string, t iceberg.Type) error {
	switch t := t.(type) {
	case iceberg.FixedType:
		return fmt.Errorf("column %q is %s, which can be read but not written: make it binary", path, t)
	case iceberg.TimestampTzNsType:
		return fmt.Errorf("column %q is %s, which can be read but not written: make it timestamptz", path, t)
	case iceberg.NestedType:
		for _, f := range t.Fields() {
			if err := checkWritable(path+"."+f.Name, f.Type); err != nil {
				return err
			}
		}
	}
	return nil
}

// fieldID is a field's id with those of the fields in it.
func fieldID(f iceberg.NestedField) engine.FieldID {
	id := engine.FieldID{ID: f.ID}
	if nested, ok := f.Type.(iceberg.NestedType); ok {
		id.Children = map[string]engine.FieldID{}
		for _, child := range nested.Fields() {
			id.Children[child.Name] = fieldID(child)
		}
	}
	return id
}
