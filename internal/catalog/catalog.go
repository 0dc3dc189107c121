package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/apache/iceberg-go"
	icebergio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"
	"github.com/apache/iceberg-go/view"

	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/storage"
)

// Catalog is the tables and views of a workspace. It is safe for concurrent use, also by several
// processes over the same state database.
type Catalog struct {
	db    *state.DB
	store storage.Store
	now   func() time.Time
	log   *slog.Logger
	cache *metadataCache
}

// Options of a [Catalog].
type Options struct {
	Clock func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: slog.Default
}

// New returns the catalog whose pointers are in db and whose files are in store.
func New(db *state.DB, store storage.Store, opts Options) *Catalog {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	return &Catalog{db: db, store: store, now: opts.Clock, log: opts.Log, cache: newMetadataCache()}
}

// Store is where the files of the tables are.
func (c *Catalog) Store() storage.Store { return c.store }

// Kind says what an [Entry] is.
type Kind string

// The kinds of entry.
const (
	KindTable Kind = "table"
	KindView  Kind = "view"
)

// Entry is what the state database knows of a table or view without reading a file.
type Entry struct {
	Ident            Ident // as it was spelled on creation
	Kind             Kind
	UUID             string
	MetadataLocation string
	// SnapshotID is the current snapshot of a table's main branch; 0 when there is none.
	SnapshotID int64
	UpdatedAt  time.Time
}

// Namespaces lists all namespaces, sorted.
func (c *Catalog) Namespaces(ctx context.Context) ([]string, error) {
	var names []string
	err := c.db.View(ctx, func(tx *state.Tx) error {
		var err error
		names, err = selectNamespaces(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list namespaces: %w", err)
	}
	return names, nil
}

// Tables lists the tables and views of a namespace, or of all for "", sorted by
// namespace and name. It reads the state database only, in one query.
func (c *Catalog) Tables(ctx context.Context, namespace string) ([]Entry, error) {
	var entries []Entry
	err := c.db.View(ctx, func(tx *state.Tx) error {
		var err error
		entries, err = selectEntries(tx, namespace)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	return entries, nil
}

// Entry finds a table or view; ASCII letters match in either case, as in DuckDB. The error of a
// missing one wraps [ErrNoSuchTable].
func (c *Catalog) Entry(ctx context.Context, ident Ident) (Entry, error) {
	var entry Entry
	err := c.db.View(ctx, func(tx *state.Tx) error {
		found, err := selectEntry(tx, ident)
		if err != nil {
			return err
		}
		if found == nil {
			return fmt.Errorf("%s: %w", ident, ErrNoSuchTable)
		}
		entry = *found
		return nil
	})
	return entry, err
}

// Outside finds a table or view that is not in the warehouse, and cannot be read: Iceberg metadata holds the full locations of
// its files, so that a warehouse stays where it was made. It is nil when there is none.
func (c *Catalog) Outside(ctx context.Context) (*Entry, error) {
	var entry *Entry
	err := c.db.View(ctx, func(tx *state.Tx) (err error) {
		entry, err = selectOutside(tx, c.store.Root())
		return err
	})
	return entry, err
}

// Load returns a table as it is now. What is returned never changes; its own
// Commit is refused: see [Catalog.Draft].
func (c *Catalog) Load(ctx context.Context, ident Ident) (*table.Table, error) {
	for {
		entry, err := c.Entry(ctx, ident)
		if err != nil {
			return nil, err
		}
		if entry.Kind != KindTable {
			return nil, fmt.Errorf("%s: %w: it is a view", ident, ErrNoSuchTable)
		}
		tbl, err := c.loadTable(ctx, entry)
		if !errors.Is(err, fs.ErrNotExist) {
			return tbl, err
		}
		// Old metadata files are removed: the table may have moved on, far, since its pointer was read.
		if again, entryErr := c.Entry(ctx, ident); entryErr != nil || again.MetadataLocation == entry.MetadataLocation {
			return nil, err
		}
	}
}

// View is a stored query.
type View struct {
	Ident      Ident
	SQL        string // DuckDB dialect; names in it are qualified
	Schema     *iceberg.Schema
	Properties iceberg.Properties
	VersionID  int64 // grows with every new definition
	Metadata   view.Metadata
	Location   string // of the metadata file
}

// LoadView returns a view as it is now.
func (c *Catalog) LoadView(ctx context.Context, ident Ident) (*View, error) {
	entry, err := c.Entry(ctx, ident)
	if err != nil {
		return nil, err
	}
	if entry.Kind != KindView {
		return nil, fmt.Errorf("%s: %w: it is a table, not a view", ident, ErrNoSuchTable)
	}
	return c.loadView(ctx, entry)
}

// LogEntry is one change of one table in the commit log.
type LogEntry struct {
	CommitID         int64 // grows in commit order; equal for changes committed together
	At               time.Time
	Principal        string
	Ident            Ident
	UUID             string
	Operation        Operation
	SnapshotID       int64 // of main, after the change; 0: none
	MetadataLocation string
	PreviousLocation string
}

// Operation is what a change did to a table.
type Operation string

// The operations of a [LogEntry].
const (
	OpCreate  Operation = "create"
	OpUpdate  Operation = "update"
	OpPutView Operation = "put_view"
	OpDrop    Operation = "drop"
)

// History returns the newest changes of a table or view, newest first, at most limit of them (0: all). It
// includes those of dropped tables of the same name.
func (c *Catalog) History(ctx context.Context, ident Ident, limit int) ([]LogEntry, error) {
	var entries []LogEntry
	err := c.db.View(ctx, func(tx *state.Tx) error {
		var err error
		entries, err = selectLog(tx, ident, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", ident, err)
	}
	return entries, nil
}

// fileSystem is how iceberg-go reaches the files of a table.
func (c *Catalog) fileSystem(context.Context) (icebergio.IO, error) { return c.store, nil }

func (c *Catalog) loadTable(ctx context.Context, entry Entry) (*table.Table, error) {
	if cached, ok := c.cache.get(entry.MetadataLocation).(*table.Table); ok {
		return cached, nil
	}
	identifier := table.Identifier{entry.Ident.Namespace, entry.Ident.Name}
	tbl, err := table.NewFromLocation(ctx, identifier, entry.MetadataLocation, c.fileSystem, readOnly{c})
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", entry.Ident, err)
	}
	c.cache.put(entry.MetadataLocation, tbl)
	return tbl, nil
}

func (c *Catalog) loadView(ctx context.Context, entry Entry) (*View, error) {
	if cached, ok := c.cache.get(entry.MetadataLocation).(*View); ok {
		return cached, nil
	}
	identifier := table.Identifier{entry.Ident.Namespace, entry.Ident.Name}
	loaded, err := view.NewFromLocation(ctx, identifier, entry.MetadataLocation, c.fileSystem)
	if err != nil {
		return nil, fmt.Errorf("load view %s: %w", entry.Ident, err)
	}
	v, err := newView(entry.Ident, loaded.Metadata(), entry.MetadataLocation)
	if err != nil {
		return nil, fmt.Errorf("load view %s: %w", entry.Ident, err)
	}
	c.cache.put(entry.MetadataLocation, v)
	return v, nil
}
