package catalog_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/storage"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		if _, err := e.Load(t.Context(), orders); !errors.Is(err, catalog.ErrNoSuchTable) {
			t.Errorf("load before create: %v, want ErrNoSuchTable", err)
		}
		result := e.mustCommit(t, commitOf(create(orders)))
		tbl := e.mustLoad(t, orders)
		if got := result.Tables[orders]; got.MetadataLocation() != tbl.MetadataLocation() {
			t.Errorf("the result is at %s, the table at %s", got.MetadataLocation(), tbl.MetadataLocation())
		}
		if v := tbl.Metadata().Version(); v != 2 {
			t.Errorf("format version %d, want 2", v)
		}
		for key, want := range map[string]string{
			"write.delete.mode":            "copy-on-write",
			"write.update.isolation-level": "snapshot",
		} {
			if got := tbl.Properties()[key]; got != want {
				t.Errorf("property %s is %q, want %q", key, got, want)
			}
		}
		if !strings.HasPrefix(tbl.Location(), e.store.Root()+"/raw_shop/orders-") {
			t.Errorf("the table is at %s", tbl.Location())
		}
		if got := e.ids(t, orders); len(got) != 0 {
			t.Errorf("a new table has rows: %v", got)
		}
		_, err := e.Commit(t.Context(), commitOf(create(catalog.Ident{Namespace: "RAW_shop", Name: "Orders"})))
		if !errors.Is(err, catalog.ErrExists) {
			t.Errorf("create a table that DuckDB cannot tell apart: %v, want ErrExists", err)
		}
		entry, err := e.Entry(t.Context(), catalog.Ident{Namespace: "RAW_SHOP", Name: "ORDERS"})
		if err != nil || entry.Ident != orders {
			t.Errorf("looking up in capitals: %v, %v; want %v", entry.Ident, err, orders)
		}
	})
}

// TestCreateKeepsFieldIDs: data files that carry ids may be written before the table is created.
func TestCreateKeepsFieldIDs(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		schema := iceberg.NewSchema(0,
			iceberg.NestedField{ID: 7, Name: "id", Type: iceberg.PrimitiveTypes.Int64},
			iceberg.NestedField{ID: 3, Name: "day", Type: iceberg.PrimitiveTypes.Date},
		)
		spec := iceberg.NewPartitionSpec(iceberg.PartitionField{SourceIDs: []int{3}, FieldID: 1000, Name: "day", Transform: iceberg.IdentityTransform{}})
		e.mustCommit(t, commitOf(catalog.Change{Ident: orders, Create: &catalog.CreateTable{
			Schema: schema, Partition: &spec, Properties: iceberg.Properties{"owner": "sales", "write.delete.mode": "merge-on-read"},
		}}))
		tbl := e.mustLoad(t, orders)
		if !tbl.Schema().Equals(schema) {
			t.Errorf("schema %v, want %v", tbl.Schema(), schema)
		}
		if tableSpec := tbl.Spec(); tableSpec.NumFields() != 1 || tableSpec.Field(0).SourceID() != 3 {
			t.Errorf("partition spec %v, want %v", tableSpec, spec)
		}
		if tbl.Metadata().LastColumnID() != 7 {
			t.Errorf("last column id %d, want 7", tbl.Metadata().LastColumnID())
		}
		if got := tbl.Properties()["write.delete.mode"]; got != "merge-on-read" {
			t.Errorf("the creator's property did not win: %q", got)
		}
	})
}

func TestCreateWithRowsInOneCommit(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		// A first append is drafted over a table made elsewhere with the same schema.
		other := catalog.Ident{Namespace: "scratch", Name: "orders"}
		e.mustCommit(t, commitOf(create(other)))
		draft := e.appendOf(t, e.mustLoad(t, other), 1, 2)
		change := create(orders)
		change.Requirements = []table.Requirement{table.AssertCreate()}
		change.Updates = draft.Updates
		result := e.mustCommit(t, commitOf(change))
		if diff := cmp.Diff(map[int64]int{1: 1, 2: 1}, e.ids(t, orders)); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		if got := result.Tables[orders].CurrentSnapshot(); got == nil {
			t.Error("the created table has no snapshot")
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "sqlite:"+t.TempDir()+"/state.db")
	for _, name := range []catalog.Ident{
		{Namespace: "매장", Name: "주문 내역"}, {Namespace: "a.b", Name: "c"}, {Namespace: "a", Name: `q"uo'te%20?#`},
	} {
		e.mustCommit(t, commitOf(create(name)))
		e.mustCommit(t, commitOf(e.appendOf(t, e.mustLoad(t, name), 1)))
		if got := e.ids(t, name); got[1] != 1 {
			t.Errorf("%s: rows %v", name, got)
		}
		for _, r := range e.mustLoad(t, name).Location()[len(e.store.Root()):] {
			if r > '~' || strings.ContainsRune("%?# ", r) {
				t.Errorf("%s: location %s is not spelled alike by every engine", name, e.mustLoad(t, name).Location())
			}
		}
	}
	for _, name := range []catalog.Ident{
		{}, {Namespace: "a"}, {Name: "b"}, {Namespace: "a", Name: "b.c"}, {Namespace: "a", Name: "b/c"},
		{Namespace: "a..b", Name: "c"}, {Namespace: "a", Name: " b"}, {Namespace: "a", Name: "b\n"},
		{Namespace: "a", Name: "\xff"}, {Namespace: "a", Name: strings.Repeat("x", 300)},
	} {
		if _, err := e.Commit(t.Context(), commitOf(create(name))); err == nil {
			t.Errorf("the name %q was accepted", name)
		}
	}
}

// TestNamespaceKeepsItsSpelling: a table made in "RAW_SHOP" goes where "raw_shop" is.
func TestNamespaceKeepsItsSpelling(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		e.mustCommit(t, commitOf(create(orders)))
		e.mustCommit(t, commitOf(create(catalog.Ident{Namespace: "RAW_SHOP", Name: "Items"})))
		var names []string
		entries, err := e.Tables(t.Context(), "Raw_Shop")
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			names = append(names, entry.Ident.String())
		}
		if diff := cmp.Diff([]string{"raw_shop.Items", "raw_shop.orders"}, names); diff != "" {
			t.Errorf("tables (-want +got):\n%s", diff)
		}
	})
}

// TestManyAppends commits more often than old metadata and small manifests are kept.
func TestManyAppends(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "sqlite:"+t.TempDir()+"/state.db")
	e.mustCommit(t, commitOf(create(orders)))
	const appends = 45
	want := map[int64]int{}
	for i := range int64(appends) {
		e.mustCommit(t, commitOf(e.appendOf(t, e.mustLoad(t, orders), i)))
		want[i] = 1
	}
	if diff := cmp.Diff(want, e.ids(t, orders)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	manifests, err := e.mustLoad(t, orders).CurrentSnapshot().Manifests(e.store)
	if err != nil || len(manifests) > appends/2 {
		t.Errorf("%d manifests (%v): they are not merged", len(manifests), err)
	}
	if n := len(e.metadataFiles(t)); n != 21 {
		t.Errorf("%d metadata files are kept, want the current one and 20", n)
	}
}

func TestEvolve(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		e.mustCommit(t, commitOf(create(orders)))
		e.mustCommit(t, commitOf(e.appendOf(t, e.mustLoad(t, orders), 1)))
		tbl := e.mustLoad(t, orders)
		requirements, updates, err := e.Draft(t.Context(), tbl, func(tx *table.Transaction) error {
			return tx.UpdateSchema(true, false).AddColumn([]string{"amount"}, iceberg.DecimalTypeOf(18, 2), "", false, nil).Commit()
		})
		if err != nil {
			t.Fatal(err)
		}
		e.mustCommit(t, commitOf(catalog.Change{Ident: orders, Requirements: requirements, Updates: updates}))
		after := e.mustLoad(t, orders)
		if field, ok := after.Schema().FindFieldByName("amount"); !ok || field.ID != 3 {
			t.Errorf("the added column is %v", field)
		}
		if after.CurrentSnapshot().SnapshotID != tbl.CurrentSnapshot().SnapshotID {
			t.Error("a schema change made a snapshot")
		}
		if got := e.ids(t, orders); got[1] != 1 {
			t.Errorf("rows after the schema change: %v", got)
		}
	})
}

func TestLoadedTableRefusesToCommit(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "sqlite:"+t.TempDir()+"/state.db")
	e.mustCommit(t, commitOf(create(orders)))
	before := e.mustLoad(t, orders)
	tx := before.NewTransaction()
	if err := tx.SetProperties(iceberg.Properties{"a": "b"}); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), "catalog.Commit") {
		t.Errorf("commit through iceberg-go: %v, want a refusal that names catalog.Commit", err)
	}
	if after := e.mustLoad(t, orders); after.MetadataLocation() != before.MetadataLocation() {
		t.Error("the table has changed")
	}
}

// TestAppendRace has two catalogs append to one table from the same base: the second must hear of
// it, and lands after it has drafted anew. Nothing is lost.
func TestAppendRace(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, one *env) {
		one.mustCommit(t, commitOf(create(orders)))
		two := one.another(t)
		first, second := one.appendOf(t, one.mustLoad(t, orders), 1), two.appendOf(t, two.mustLoad(t, orders), 2)
		one.mustCommit(t, commitOf(first))
		_, err := two.Commit(t.Context(), commitOf(second))
		if !errors.Is(err, catalog.ErrRequirement) || !errors.Is(err, catalog.ErrConflict) {
			t.Fatalf("a stale append: %v, want ErrRequirement, which is an ErrConflict", err)
		}
		two.mustCommit(t, commitOf(two.appendOf(t, two.mustLoad(t, orders), 2)))
		if diff := cmp.Diff(map[int64]int{1: 1, 2: 1}, one.ids(t, orders)); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// TestConcurrentAppends has writers that redraft on conflict, as the lake does: every row lands exactly once.
func TestConcurrentAppends(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		e.mustCommit(t, commitOf(create(orders)))
		const writers, each = 3, 4
		want := map[int64]int{}
		var wg sync.WaitGroup
		for w := range writers {
			own := e.another(t)
			for i := range each {
				want[int64(w*each+i)] = 1
			}
			wg.Go(func() {
				for i := range each {
					for {
						tbl, err := own.Load(t.Context(), orders)
						if err != nil {
							t.Error(err)
							return
						}
						_, err = own.Commit(t.Context(), commitOf(own.appendOf(t, tbl, int64(w*each+i))))
						if err == nil {
							break
						}
						if !errors.Is(err, catalog.ErrConflict) {
							t.Errorf("writer %d: %v", w, err)
							return
						}
					}
				}
			})
		}
		wg.Wait()
		if diff := cmp.Diff(want, e.ids(t, orders)); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

// TestConcurrentUpdatesThatDoNotConflict has writers whose changes require nothing: all land, by being made again on
// the newer table.
func TestConcurrentUpdatesThatDoNotConflict(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		e.mustCommit(t, commitOf(create(orders)))
		const writers, each = 4, 5
		var wg sync.WaitGroup
		for w := range writers {
			own := e.another(t)
			wg.Go(func() {
				for i := range each {
					if _, err := own.Commit(t.Context(), commitOf(setProperty(orders, fmt.Sprintf("p.%d.%d", w, i), "x"))); err != nil {
						t.Errorf("writer %d: %v", w, err)
					}
				}
			})
		}
		wg.Wait()
		properties, found := e.mustLoad(t, orders).Properties(), 0
		for key := range properties {
			if strings.HasPrefix(key, "p.") {
				found++
			}
		}
		if found != writers*each {
			t.Errorf("%d of %d properties are there", found, writers*each)
		}
		log, err := e.History(t.Context(), orders, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, entry := range log[:len(log)-1] {
			if entry.PreviousLocation != log[i+1].MetadataLocation || entry.CommitID != log[i+1].CommitID+1 {
				t.Errorf("the log is not one chain at %d: %+v after %+v", i, entry, log[i+1])
			}
		}
		// Lost attempts leave no files, and old ones go.
		referred := map[string]bool{e.mustLoad(t, orders).MetadataLocation(): true}
		for entry := range e.mustLoad(t, orders).Metadata().PreviousFiles() {
			referred[entry.MetadataFile] = true
		}
		if diff := cmp.Diff(referred, e.metadataFiles(t)); diff != "" {
			t.Errorf("metadata files (-referred to +there):\n%s", diff)
		}
	})
}

func TestMovingABranchBlindlyIsRefused(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "sqlite:"+t.TempDir()+"/state.db")
	e.mustCommit(t, commitOf(create(orders)))
	change := e.appendOf(t, e.mustLoad(t, orders), 1)
	change.Requirements = nil
	if _, err := e.Commit(t.Context(), commitOf(change)); err == nil || !strings.Contains(err.Error(), "assert-ref-snapshot-id") {
		t.Errorf("moving main without a requirement: %v", err)
	}
}

func TestSeveralTablesAllOrNothing(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		customers := catalog.Ident{Namespace: "raw_shop", Name: "customers"}
		e.mustCommit(t, commitOf(create(orders), create(customers)))
		stale := e.appendOf(t, e.mustLoad(t, customers), 9)
		e.mustCommit(t, commitOf(e.appendOf(t, e.mustLoad(t, customers), 1)))

		_, err := e.Commit(t.Context(), commitOf(e.appendOf(t, e.mustLoad(t, orders), 1), stale))
		if !errors.Is(err, catalog.ErrConflict) || !strings.Contains(err.Error(), customers.String()) {
			t.Fatalf("one stale change of two: %v, want an ErrConflict about %s", err, customers)
		}
		if got := e.ids(t, orders); len(got) != 0 {
			t.Errorf("the other table has changed: %v", got)
		}
		result := e.mustCommit(t, commitOf(e.appendOf(t, e.mustLoad(t, orders), 1), e.appendOf(t, e.mustLoad(t, customers), 2)))
		if len(result.Tables) != 2 {
			t.Errorf("the result has tables %v", result.Tables)
		}
		for _, ident := range []catalog.Ident{orders, customers} {
			log, err := e.History(t.Context(), ident, 1)
			if err != nil || log[0].CommitID != result.ID || log[0].Principal != "owner" || !log[0].At.Equal(start) {
				t.Errorf("log of %s: %+v, %v; want commit %d", ident, log, err, result.ID)
			}
		}
		if _, err := e.Commit(t.Context(), commitOf(setProperty(orders, "a", "b"), setProperty(orders, "c", "d"))); err == nil {
			t.Error("two changes of one table were accepted")
		}
	})
}

func TestDrop(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		e.mustCommit(t, commitOf(create(orders)))
		first := e.mustLoad(t, orders)
		e.mustCommit(t, commitOf(catalog.Change{Ident: orders, Drop: true,
			Requirements: []table.Requirement{table.AssertTableUUID(first.Metadata().TableUUID())}}))
		if _, err := e.Load(t.Context(), orders); !errors.Is(err, catalog.ErrNoSuchTable) {
			t.Errorf("load after drop: %v", err)
		}
		if _, err := e.Commit(t.Context(), commitOf(catalog.Change{Ident: orders, Drop: true})); !errors.Is(err, catalog.ErrNoSuchTable) {
			t.Errorf("drop after drop: %v", err)
		}
		e.mustCommit(t, commitOf(create(orders)))
		if again := e.mustLoad(t, orders); again.Location() == first.Location() {
			t.Errorf("the new table is where the dropped one was: %s", again.Location())
		}
		var operations []catalog.Operation
		log, err := e.History(t.Context(), orders, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range log {
			operations = append(operations, entry.Operation)
		}
		if diff := cmp.Diff([]catalog.Operation{catalog.OpCreate, catalog.OpDrop, catalog.OpCreate}, operations); diff != "" {
			t.Errorf("operations (-want +got):\n%s", diff)
		}
	})
}

func TestViews(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		big := catalog.Ident{Namespace: "marts", Name: "큰_주문"}
		put := func(sql string, properties iceberg.Properties) catalog.Change {
			return catalog.Change{Ident: big, View: &catalog.PutView{SQL: sql, Schema: orderSchema(), Properties: properties}}
		}
		e.mustCommit(t, commitOf(put("select 1", iceberg.Properties{"model": "a", "old": "x"})))
		e.mustCommit(t, commitOf(put("select 2", iceberg.Properties{"model": "b"})))
		v, err := e.LoadView(t.Context(), big)
		if err != nil {
			t.Fatal(err)
		}
		if v.SQL != "select 2" || v.VersionID != 2 || !v.Schema.Equals(orderSchema()) || v.Properties["model"] != "b" || v.Properties["old"] != "" {
			t.Errorf("the view is %+v", v)
		}
		same := e.mustCommit(t, commitOf(put("select 2", iceberg.Properties{"model": "b"})))
		if same.ID != 0 || same.Views[big].Location != v.Location {
			t.Errorf("an equal definition was committed: %+v", same)
		}
		// Back to an earlier definition is a version of its own.
		e.mustCommit(t, commitOf(put("select 1", nil)))
		if v, err = e.LoadView(t.Context(), big); err != nil || v.SQL != "select 1" || v.VersionID != 3 || len(v.Properties) != 0 {
			t.Errorf("going back: %+v, %v", v, err)
		}
		if _, err := e.Load(t.Context(), big); !errors.Is(err, catalog.ErrNoSuchTable) {
			t.Errorf("load a view as a table: %v", err)
		}
		if _, err := e.Commit(t.Context(), commitOf(create(big))); !errors.Is(err, catalog.ErrExists) {
			t.Errorf("create a table over a view: %v", err)
		}
		e.mustCommit(t, commitOf(create(orders)))
		if _, err := e.Commit(t.Context(), commitOf(catalog.Change{Ident: orders, View: put("select 1", nil).View})); !errors.Is(err, catalog.ErrExists) {
			t.Errorf("create a view over a table: %v", err)
		}
		entries, err := e.Tables(t.Context(), "")
		if err != nil || len(entries) != 2 || entries[0].Kind != catalog.KindView || entries[1].Kind != catalog.KindTable {
			t.Errorf("tables: %+v, %v", entries, err)
		}
		if namespaces, err := e.Namespaces(t.Context()); err != nil || !cmp.Equal(namespaces, []string{"marts", "raw_shop"}) {
			t.Errorf("namespaces: %v, %v", namespaces, err)
		}
		e.mustCommit(t, commitOf(catalog.Change{Ident: big, Drop: true}))
		if _, err := e.LoadView(t.Context(), big); !errors.Is(err, catalog.ErrNoSuchTable) {
			t.Errorf("load a dropped view: %v", err)
		}
	})
}

func TestLocationOutsideTheWarehouseIsRefused(t *testing.T) {
	t.Parallel()
	e := newEnv(t, "sqlite:"+t.TempDir()+"/state.db")
	change := create(orders)
	change.Create.Location = "file:///etc/hosu"
	if _, err := e.Commit(t.Context(), commitOf(change)); err == nil || !strings.Contains(err.Error(), "/etc/hosu") {
		t.Errorf("create outside the warehouse: %v", err)
	}
	e.mustCommit(t, commitOf(create(orders)))
	move := catalog.Change{Ident: orders, Updates: []table.Update{table.NewSetLocationUpdate("file:///etc/hosu")}}
	if _, err := e.Commit(t.Context(), commitOf(move)); err == nil {
		t.Error("a table was moved outside the warehouse")
	}
}

func TestOutsideFindsTablesOfAnotherWarehouse(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		e.mustCommit(t, commitOf(create(orders)))
		if found, err := e.Outside(t.Context()); err != nil || found != nil {
			t.Errorf("in its own warehouse: %v, %v", found, err)
		}
		// A folder whose name only begins like that of the warehouse.
		moved, err := storage.Open(t.Context(), strings.TrimPrefix(e.store.Root(), "file://")+"-호수")
		if err != nil {
			t.Fatal(err)
		}
		found, err := openEnv(t, e.address, moved).Outside(t.Context())
		if err != nil || found == nil || found.Ident != orders {
			t.Errorf("in another warehouse: %v, %v", found, err)
		}
	})
}

func BenchmarkCommit(b *testing.B) {
	store, err := storage.Open(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	db, err := state.Open(b.Context(), "sqlite:"+b.TempDir()+"/state.db")
	if err != nil {
		b.Fatal(err)
	}
	c := catalog.New(db, store, catalog.Options{})
	if _, err := c.Commit(b.Context(), commitOf(create(orders))); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := c.Commit(b.Context(), commitOf(setProperty(orders, "a", "b"))); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}
