package ingest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/failpoint"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/source"
)

// attempts is how often a copy is made when another copy of the same table gets ahead of it each time.
const attempts = 3

// Copied says what a copy did.
type Copied struct {
	Written
	// Unchanged: the source had nothing new, and no row was read.
	Unchanged bool
	// Note says in a few words how it was copied: "first copy", "rows since 2024-01-31 …", "started over: …".
	Note string
}

// Copy brings the table of t up to date with its source and commits effects with it.
//
// A full copy makes the table's rows those of the source. An incremental copy reads what the cursor says is new, and the
// overlap before it once more, and merges by key; without a key (files) new rows are appended. The first copy, and the
// first after the definition of the copy has changed, replaces the table by all rows of the source. Columns have the
// names and types of the source; a new one appears, one that is gone stays and is NULL in new rows.
//
// When the source has nothing new, nothing but the effects is committed. Errors are a *[TableError].
func (in *Ingest) Copy(ctx context.Context, by govern.Principal, t *project.SourceTable, effects catalog.Effects, progress func(Progress)) (Copied, error) {
	return in.copy(ctx, copier{by: by, table: t, effects: effects, progress: progress})
}

// CopyAnew is [Ingest.Copy] as if the table had never been copied: all rows of the source, with the types that it has now,
// replace those of the table, whatever its columns were.
func (in *Ingest) CopyAnew(ctx context.Context, by govern.Principal, t *project.SourceTable, effects catalog.Effects, progress func(Progress)) (Copied, error) {
	return in.copy(ctx, copier{by: by, table: t, effects: effects, progress: progress, anew: true})
}

// Progress is how far a copy is.
type Progress struct {
	Rows, Bytes int64 // so far
	Expected    int64 // about how many rows there will be; 0 is unknown
}

func (in *Ingest) copy(ctx context.Context, asked copier) (Copied, error) {
	effects, t := asked.effects, asked.table
	for i, filled := range effects.Filled {
		if filled.At.IsZero() {
			effects.Filled = slices.Clone(effects.Filled)
			effects.Filled[i].At = in.opts.Clock()
		}
	}
	for attempt := 1; ; attempt++ {
		var copied Copied
		err := in.with(ctx, t.Source, func(src source.Source) error {
			c := asked
			c.Ingest, c.src, c.name, c.effects = in, src, t.Name, effects
			var err error
			copied, err = c.run(ctx)
			return err
		})
		if err == nil {
			return copied, nil
		}
		if !errors.Is(err, catalog.ErrPositionMoved) || attempt == attempts {
			return Copied{}, explain(ctx, t, err)
		}
		in.opts.Log.WarnContext(ctx, "another copy of the table was published first; reading the source again",
			"table", t.Target, "attempt", attempt)
	}
}

// copier is one attempt to copy one table.
type copier struct {
	*Ingest
	src      source.Source
	by       govern.Principal
	table    *project.SourceTable
	name     string // in the source
	effects  catalog.Effects
	progress func(Progress)
	anew     bool // starts over

	ident  catalog.Ident
	exists bool // the target
	last   position
	key    []string // by which rows are merged; nil when they are not
	// primary says that the source itself keeps key unique.
	primary bool
	note    string
}

func (c *copier) run(ctx context.Context) (Copied, error) {
	var err error
	if c.ident, err = catalog.ParseIdent(c.table.Target); err != nil {
		return Copied{}, err
	}
	if err := c.target(ctx); err != nil {
		return Copied{}, err
	}
	if err := c.describe(ctx); err != nil {
		return Copied{}, err
	}
	if err := c.begin(ctx); err != nil {
		return Copied{}, err
	}
	batch, err := c.read(ctx)
	if err != nil {
		return Copied{}, err
	}
	if err := failpoint.Hit(ctx, StepOpened); err != nil {
		release(batch)
		return Copied{}, err
	}
	if batch.Unchanged {
		return c.unchanged(ctx, batch)
	}
	return c.write(ctx, batch)
}

func release(batch *source.Batch) {
	if batch.Rows != nil {
		batch.Rows.Release()
	}
}

// target finds out whether the table exists.
func (c *copier) target(ctx context.Context) error {
	_, err := c.opts.Catalog.Entry(ctx, c.ident)
	if errors.Is(err, catalog.ErrNoSuchTable) {
		return nil
	}
	c.exists = err == nil
	return err
}

// describe settles by which key rows are merged: the table's own setting, or else the primary key in the source.
func (c *copier) describe(ctx context.Context) error {
	t := c.table
	if t.Mode != project.Incremental {
		return nil
	}
	c.key = t.Key
	if t.Cursor == "" { // files; their columns are known when they are read
		return nil
	}
	described, err := c.describeTable(ctx)
	if err != nil {
		return err
	}
	if !hasColumn(described.Columns, t.Cursor) {
		return columnProblem(place(t.CursorPos, t.Pos), "cursor", t.Cursor, described.Columns)
	}
	if len(c.key) == 0 {
		c.key = described.Key
	}
	if len(c.key) == 0 {
		return &settingError{pos: t.Pos, message: "an incremental copy needs a key to merge rows by, and the table has no primary key" +
			"; add the columns that identify a row, for example key: id"}
	}
	c.primary = sameNames(c.key, described.Key)
	return c.checkKey(described.Columns)
}

func sameNames(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// place is pos, or other when a file does not say.
func place(pos, other project.Pos) project.Pos {
	if pos == (project.Pos{}) {
		return other
	}
	return pos
}

// describeTable asks the source for the table. A table behind a wildcard is known by the name of its copy, which may differ
// from its own in case and in the separator of its schema.
func (c *copier) describeTable(ctx context.Context) (source.Table, error) {
	described, err := c.src.Table(ctx, c.name, tableOptions(c.table))
	if !errors.Is(err, source.ErrNoSuchTable) {
		return described, c.diagnose(ctx, err)
	}
	tables, listErr := c.src.Tables(ctx)
	if listErr != nil {
		return source.Table{}, err
	}
	for _, found := range tables {
		if found.Name != c.name && strings.EqualFold(project.TargetName(c.table.Source.Into, found.Name), c.table.Target) {
			c.name = found.Name
			return c.src.Table(ctx, c.name, tableOptions(c.table))
		}
	}
	return source.Table{}, err
}

// begin reads how far the last copy came, and forgets it when this one cannot go on from there.
func (c *copier) begin(ctx context.Context) error {
	last, err := c.readPosition(ctx)
	if err != nil {
		return err
	}
	c.last = last
	restart := ""
	switch {
	case last.version == 0:
		c.note = "first copy"
		return nil
	case c.anew:
		restart = "asked for"
	case !c.exists:
		restart = "the table is gone"
	case last.Definition != c.table.Fingerprint():
		restart = "the definition of the copy has changed"
	case !slices.Equal(last.Key, c.key):
		restart = "the key has changed"
	default:
		return nil
	}
	c.note, c.anew = "started over: "+restart, true
	c.last.Source = nil
	c.opts.Log.InfoContext(ctx, "the copy starts over", "table", c.table.Target, "reason", restart)
	return nil
}

// read opens the stream of rows.
func (c *copier) read(ctx context.Context) (*source.Batch, error) {
	t := c.table
	request := func() source.Request {
		r := source.Request{Table: c.name, Options: tableOptions(t), Key: c.key, After: c.last.Source}
		if t.Mode == project.Incremental {
			r.Incremental, r.Cursor, r.Overlap = true, t.Cursor, t.Overlap
		}
		return r
	}
	batch, err := c.src.Read(ctx, request())
	if errors.Is(err, source.ErrNoSuchTable) {
		if _, err := c.describeTable(ctx); err != nil {
			return nil, err
		}
		batch, err = c.src.Read(ctx, request())
	}
	if err != nil {
		return nil, c.diagnose(ctx, err)
	}
	if batch.Unchanged {
		return batch, nil
	}
	if err := c.checkKey(batch.Columns); err != nil {
		release(batch)
		return nil, err
	}
	return batch, nil
}

// diagnose finds out whether a source refused a table because of the columns that the workspace gives types.
func (c *copier) diagnose(ctx context.Context, err error) error {
	if err == nil || len(c.table.Types) == 0 {
		return err
	}
	plain, plainErr := c.src.Table(ctx, c.name, source.TableOptions{Values: c.table.Options})
	if plainErr != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.table.Types)) {
		if !hasColumn(plain.Columns, name) {
			return columnProblem(c.table.Pos, "types", name, plain.Columns)
		}
	}
	return err
}

func (c *copier) checkKey(columns []schema.Column) error {
	for _, name := range c.key {
		if !hasColumn(columns, name) {
			return columnProblem(place(c.table.KeyPos, c.table.Pos), "key", name, columns)
		}
	}
	return nil
}

// unchanged commits what the caller wants committed with a copy that found nothing new.
func (c *copier) unchanged(ctx context.Context, batch *source.Batch) (Copied, error) {
	effects, err := c.withPosition(batch)
	if err != nil {
		return Copied{}, err
	}
	if effects.Fence != nil || len(effects.Positions) > 0 || len(effects.Filled) > 0 {
		if _, err := c.opts.Catalog.Commit(ctx, catalog.Commit{By: c.by, Effects: effects}); err != nil {
			return Copied{}, err
		}
	}
	return Copied{Unchanged: true, Note: "nothing new in the source"}, failpoint.Hit(ctx, StepCommitted)
}

// write hands the rows to the sink.
func (c *copier) write(ctx context.Context, batch *source.Batch) (Copied, error) {
	mode, err := c.mode(batch)
	if err != nil {
		release(batch)
		return Copied{}, err
	}
	rows := newRowReader(batch.Rows, c.key, c.table)
	var progress func(rows, bytes int64)
	if c.progress != nil {
		progress = func(rows, bytes int64) {
			c.progress(Progress{Rows: rows, Bytes: bytes, Expected: batch.Expected})
		}
	}
	key := c.key
	if mode == Replace && c.primary {
		key = nil // it is unique already
	}
	written, err := c.opts.Sink.Write(ctx, Write{
		By:       c.by,
		Table:    c.ident,
		Mode:     mode,
		Key:      key,
		Columns:  batch.Columns,
		Anew:     c.anew && mode == Replace,
		Rows:     rows,
		Progress: progress,
		Effects: func() (catalog.Effects, error) {
			if err := failpoint.Hit(ctx, StepRead); err != nil {
				return catalog.Effects{}, err
			}
			return c.withPosition(batch)
		},
	})
	if rows.err != nil {
		return Copied{}, rows.err
	}
	if err != nil {
		return Copied{}, err
	}
	note := c.note
	if note == "" && c.table.Mode == project.Full {
		note = "copied in full"
	}
	return Copied{Written: written, Note: note}, failpoint.Hit(ctx, StepCommitted)
}

// mode is what the rows of a batch do to the table.
func (c *copier) mode(batch *source.Batch) (Mode, error) {
	first := c.last.Source == nil
	switch {
	case c.table.Mode == project.Full:
		return Replace, nil
	case first && c.exists, first && c.primary, first && len(c.key) == 0:
		return Replace, nil
	case len(c.key) > 0:
		// Also for the first copy by a key that the source does not enforce: merging finds out
		// when it identifies no rows.
		return Merge, nil
	case batch.Replayed:
		return "", &settingError{pos: c.table.Pos, message: "the source has rows again that were copied before, and without a key they would be there twice" +
			"; add the columns that identify a row, for example key: id"}
	default:
		return Append, nil
	}
}
