package catalog_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/iceberg-go"
	icebergio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/storage"
	"github.com/hosu-io/hosu/internal/storage/storagetest"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

var orders = catalog.Ident{Namespace: "raw_shop", Name: "orders"}

// start is the time of every test's clock.
var start = time.Date(2024, 3, 1, 9, 30, 0, 123456000, time.UTC)

// env is a catalog over real files and a real database.
type env struct {
	*catalog.Catalog
	address string // of the state database
	db      *state.DB
	store   *storagetest.Faulty
}

// onEachState runs test over SQLite and PostgreSQL state.
func onEachState(t *testing.T, test func(t *testing.T, e *env)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newEnv(t, "sqlite:"+filepath.Join(t.TempDir(), "state", "state.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, newEnv(t, pgtest.Database(t)))
	})
}

func newEnv(t *testing.T, address string) *env {
	t.Helper()
	store, err := storage.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return openEnv(t, address, store)
}

// openEnv opens a state database once more, as another process would.
func openEnv(t *testing.T, address string, store storage.Store) *env {
	t.Helper()
	db, err := state.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	faulty := storagetest.NewFaulty(store)
	return &env{
		Catalog: catalog.New(db, faulty, catalog.Options{Clock: func() time.Time { return start }}),
		address: address, db: db, store: faulty,
	}
}

// another is a second catalog on the same state and warehouse.
func (e *env) another(t *testing.T) *env {
	t.Helper()
	return openEnv(t, e.address, e.store.Store)
}

func orderSchema() *iceberg.Schema {
	return iceberg.NewSchema(0,
		iceberg.NestedField{ID: 1, Name: "id", Type: iceberg.PrimitiveTypes.Int64, Required: true},
		iceberg.NestedField{ID: 2, Name: "이름", Type: iceberg.PrimitiveTypes.String},
	)
}

func commitOf(changes ...catalog.Change) catalog.Commit {
	return catalog.Commit{By: govern.Owner(), Changes: changes}
}

func create(ident catalog.Ident) catalog.Change {
	return catalog.Change{Ident: ident, Create: &catalog.CreateTable{Schema: orderSchema()}}
}

func setProperty(ident catalog.Ident, key, value string) catalog.Change {
	return catalog.Change{Ident: ident, Updates: []table.Update{table.NewSetPropertiesUpdate(iceberg.Properties{key: value})}}
}

func (e *env) mustCommit(t *testing.T, commit catalog.Commit) catalog.Result {
	t.Helper()
	result, err := e.Commit(t.Context(), commit)
	if err != nil {
		t.Fatalf("commit: %v", err)
	}
	return result
}

func (e *env) mustLoad(t *testing.T, ident catalog.Ident) *table.Table {
	t.Helper()
	tbl, err := e.Load(t.Context(), ident)
	if err != nil {
		t.Fatal(err)
	}
	return tbl
}

// appendOf drafts an append of one row per id to tbl.
func (e *env) appendOf(t *testing.T, tbl *table.Table, ids ...int64) catalog.Change {
	t.Helper()
	requirements, updates, err := e.Draft(t.Context(), tbl, func(tx *table.Transaction) error {
		rows := orderRows(ids)
		defer rows.Release()
		return tx.AppendTable(t.Context(), rows, 1024, nil)
	})
	if err != nil {
		t.Fatalf("draft an append: %v", err)
	}
	identifier := tbl.Identifier()
	return catalog.Change{Ident: catalog.Ident{Namespace: identifier[0], Name: identifier[1]},
		Requirements: requirements, Updates: updates}
}

func orderRows(ids []int64) arrow.Table {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "id", Type: arrow.PrimitiveTypes.Int64},
		{Name: "이름", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer builder.Release()
	for _, id := range ids {
		builder.Field(0).(*array.Int64Builder).Append(id)
		builder.Field(1).(*array.StringBuilder).Append("호수")
	}
	record := builder.NewRecordBatch()
	defer record.Release()
	return array.NewTableFromRecords(schema, []arrow.RecordBatch{record})
}

// ids reads a table's metadata file with nothing but iceberg-go and returns the ids of its rows.
func (e *env) ids(t *testing.T, ident catalog.Ident) map[int64]int {
	t.Helper()
	entry, err := e.Entry(t.Context(), ident)
	if err != nil {
		t.Fatal(err)
	}
	local := func(context.Context) (icebergio.IO, error) { return icebergio.LocalFS{}, nil }
	tbl, err := table.NewFromLocation(t.Context(), table.Identifier{"x", "y"}, entry.MetadataLocation, local, nil)
	if err != nil {
		t.Fatalf("read %s: %v", entry.MetadataLocation, err)
	}
	rows, err := tbl.Scan().ToArrowTable(t.Context())
	if err != nil {
		t.Fatalf("scan %s: %v", ident, err)
	}
	defer rows.Release()
	found := map[int64]int{}
	for _, chunk := range rows.Column(0).Data().Chunks() {
		for _, id := range chunk.(*array.Int64).Int64Values() {
			found[id]++
		}
	}
	return found
}

// metadataFiles are the metadata files in the warehouse, which may be referred to or not.
func (e *env) metadataFiles(t *testing.T) map[string]bool {
	t.Helper()
	files := map[string]bool{}
	for object, err := range e.store.List(t.Context(), e.store.Root()) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(object.Location, ".metadata.json") {
			files[object.Location] = true
		}
	}
	return files
}
