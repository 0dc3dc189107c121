package inspect

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"golang.org/x/sync/errgroup"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/caught"
	"github.com/hosu-io/hosu/internal/schema"
)

// Cache keeps what was read of tables, so that a list of thousands of them costs one query. It is safe for concurrent use.
type Cache struct {
	mu sync.Mutex
	// facts are by the location of the metadata file that they were read from: a file never changes.
	facts    map[string]*facts
	profiles profiles
}

// NewCache returns an empty cache.
func NewCache() *Cache {
	return &Cache{facts: map[string]*facts{}, profiles: newProfiles()}
}

// facts is what a list tells of a table, out of its metadata file. It never changes.
type facts struct {
	snapshot           int64
	rows, bytes, files int64
	added              int64 // rows, by the current snapshot
	columns            []TableColumn
	comment            string
	// sizes are how large the table was, oldest first.
	sizes []size
}

// size is how large a table was from a time on.
type size struct {
	at          time.Time
	rows, bytes int64
}

// loaders is how many metadata files are read at a time.
const loaders = 8

// allFacts are the facts of every entry, in the order of entries; nil for one that was dropped meanwhile. What the cache has of
// tables that are not among the entries is forgotten when all says that these are all there are.
func (s *Service) allFacts(ctx context.Context, entries []catalog.Entry, all bool) ([]*facts, error) {
	found := make([]*facts, len(entries))
	s.cache.mu.Lock()
	for i, e := range entries {
		found[i] = s.cache.facts[e.MetadataLocation]
	}
	s.cache.mu.Unlock()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(loaders)
	for i, e := range entries {
		if found[i] != nil {
			continue
		}
		group.Go(func() (err error) {
			defer caught.Into(&err, "listed tables")
			found[i], err = s.readFacts(ctx, e)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		if mistake, ok := errors.AsType[*caught.Panic](err); ok {
			panic(mistake) // it goes on where the caller may catch it, with its stack
		}
		return nil, err
	}
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	if all {
		clear(s.cache.facts)
	}
	for i, e := range entries {
		if found[i] != nil {
			s.cache.facts[e.MetadataLocation] = found[i]
		}
	}
	return found, nil
}

// readFacts reads the metadata of a table or view as it is now, which may be newer than entry; nil when it is gone.
func (s *Service) readFacts(ctx context.Context, entry catalog.Entry) (*facts, error) {
	if entry.Kind == catalog.KindView {
		v, err := s.catalog.LoadView(ctx, entry.Ident)
		if errors.Is(err, catalog.ErrNoSuchTable) {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
		return &facts{columns: columnsOf(v.Schema), comment: v.Properties["comment"]}, nil
	}
	t, err := s.catalog.Load(ctx, entry.Ident)
	if errors.Is(err, catalog.ErrNoSuchTable) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return tableFacts(t), nil
}

func tableFacts(t *table.Table) *facts {
	f := &facts{columns: columnsOf(t.Schema()), comment: t.Properties()["comment"]}
	current := t.CurrentSnapshot()
	if current != nil {
		f.snapshot = current.SnapshotID
	}
	f.rows, f.bytes, f.files = total(current, "total-records"), total(current, "total-files-size"), total(current, "total-data-files")
	f.added = total(current, "added-records")
	for _, snapshot := range t.Metadata().Snapshots() {
		f.sizes = append(f.sizes, size{
			at: time.UnixMilli(snapshot.TimestampMs), rows: total(&snapshot, "total-records"), bytes: total(&snapshot, "total-files-size"),
		})
	}
	return f
}

func columnsOf(s *iceberg.Schema) []TableColumn {
	fields := s.Fields()
	columns := make([]TableColumn, len(fields))
	for i, f := range fields {
		columns[i] = TableColumn{ID: f.ID, Name: f.Name, Type: schema.Text(f.Type), Required: f.Required, Doc: f.Doc}
	}
	return columns
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
