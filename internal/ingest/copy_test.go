package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/failpoint"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/ingest"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

func TestFull(t *testing.T) {
	t.Parallel()
	onEachSystem(t, func(t *testing.T, e *env) {
		e.exec(createOrders + `INSERT INTO orders VALUES
			(1, 12345678901234.55, '하나', '2024-02-29 12:00:00.123456'), (2, NULL, NULL, NULL)`)
		orders := e.table("orders", nil)
		var rows, calls int64
		copied, err := e.ingest.Copy(t.Context(), govern.Owner(), orders, catalog.Effects{}, func(p ingest.Progress) { rows = p.Rows; calls++ })
		if err != nil {
			t.Fatal(err)
		}
		if copied.Rows != 2 || copied.Unchanged || copied.Note != "first copy" || rows != 2 || calls == 0 {
			t.Errorf("%+v; progress %d rows in %d calls", copied, rows, calls)
		}
		e.rows("raw_shop.orders", "1|12345678901234.55|하나|2024-02-29 12:00:00.123456", "2|∅|∅|∅")
		e.idle(orders)

		e.exec(`DELETE FROM orders WHERE id = 2; UPDATE orders SET amount = 0.01, name = NULL; INSERT INTO orders VALUES (3, 7, 'x', NULL)`)
		if copied := e.copy(orders); copied.Note != "copied in full" {
			t.Errorf("%+v", copied)
		}
		e.rows("raw_shop.orders", "1|0.01|∅|2024-02-29 12:00:00.123456", "3|7.00|x|∅")
		e.idle(orders)
	})
}

func TestIncremental(t *testing.T) {
	t.Parallel()
	onEachSystem(t, func(t *testing.T, e *env) {
		e.exec(createOrders + `INSERT INTO orders VALUES
			(1, 1, 'a', '2024-01-01 00:00:00'), (2, 2, 'b', '2024-01-01 10:00:00'), (3, 3, 'c', '2024-01-01 10:30:00')`)
		orders := e.table("orders", incremental)
		e.copy(orders)
		e.rows("raw_shop.orders", "1|1.00|a|2024-01-01 00:00:00", "2|2.00|b|2024-01-01 10:00:00", "3|3.00|c|2024-01-01 10:30:00")
		e.idle(orders)

		// An update, a new row, and one that commits late with an older time inside the overlap.
		e.exec(`UPDATE orders SET amount = 20, updated_at = '2024-01-01 10:40:00' WHERE id = 2;
			INSERT INTO orders VALUES (4, 4, 'd', '2024-01-01 10:35:00'), (5, 5, 'late', '2024-01-01 10:21:00')`)
		if copied := e.copy(orders); copied.Changed != 3 {
			t.Errorf("%+v", copied)
		}
		want := []string{"1|1.00|a|2024-01-01 00:00:00", "2|20.00|b|2024-01-01 10:40:00", "3|3.00|c|2024-01-01 10:30:00",
			"4|4.00|d|2024-01-01 10:35:00", "5|5.00|late|2024-01-01 10:21:00"}
		e.rows("raw_shop.orders", want...)
		e.idle(orders)

		// What is deleted in the source stays, and what is far behind the cursor is not seen.
		e.exec(`DELETE FROM orders WHERE id = 4; INSERT INTO orders VALUES (6, 6, 'too late', '2023-12-31 00:00:00')`)
		e.copy(orders)
		e.rows("raw_shop.orders", want...)
	})
}

// TestLateCommit has a transaction open while a copy passes over the rows it is about to make visible.
func TestLateCommit(t *testing.T) {
	t.Parallel()
	e := newEnv(t, system{kind: "postgres", address: pgtest.Database(t)}, t.TempDir())
	e.exec(createOrders + `INSERT INTO orders VALUES (1, 1, 'a', '2024-01-01 10:00:00')`)
	ctx := t.Context()
	late, err := pgconn.Connect(ctx, e.system.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = late.Close(context.Background()) }()
	if _, err := late.Exec(ctx, `BEGIN; INSERT INTO orders VALUES (2, 2, 'late', '2024-01-01 10:01:00')`).ReadAll(); err != nil {
		t.Fatal(err)
	}
	e.exec(`INSERT INTO orders VALUES (3, 3, 'c', '2024-01-01 10:05:00')`)
	orders := e.table("orders", incremental)
	e.copy(orders)
	e.rows("raw_shop.orders", "1|1.00|a|2024-01-01 10:00:00", "3|3.00|c|2024-01-01 10:05:00")
	if _, err := late.Exec(ctx, `COMMIT`).ReadAll(); err != nil {
		t.Fatal(err)
	}
	e.copy(orders)
	e.rows("raw_shop.orders", "1|1.00|a|2024-01-01 10:00:00", "2|2.00|late|2024-01-01 10:01:00", "3|3.00|c|2024-01-01 10:05:00")
	e.idle(orders)
}

func TestColumnsComeAndGo(t *testing.T) {
	t.Parallel()
	onEachSystem(t, func(t *testing.T, e *env) {
		e.exec(createOrders + `INSERT INTO orders VALUES (1, 1, 'a', '2024-01-01 00:00:00'), (2, 2, 'b', '2024-01-02 00:00:00')`)
		partly, whole := e.table("orders", incremental), e.table("orders", func(t *project.SourceTable) { t.Target = "raw_shop.whole" })
		e.copy(partly)
		e.copy(whole)
		e.exec(`ALTER TABLE orders ADD COLUMN region text; UPDATE orders SET region = 'kr', updated_at = '2024-01-03 00:00:00' WHERE id = 2`)
		e.copy(partly)
		e.copy(whole)
		e.rows("raw_shop.orders", "1|1.00|a|2024-01-01 00:00:00|∅", "2|2.00|b|2024-01-03 00:00:00|kr")
		e.rows("raw_shop.whole", "1|1.00|a|2024-01-01 00:00:00|∅", "2|2.00|b|2024-01-03 00:00:00|kr")
		e.exec(`ALTER TABLE orders DROP COLUMN name; INSERT INTO orders (id, updated_at) VALUES (3, '2024-01-04 00:00:00')`)
		e.copy(partly)
		e.copy(whole)
		// Row 2 is in the overlap and was read again, row 1 was not.
		e.rows("raw_shop.orders", "1|1.00|a|2024-01-01 00:00:00|∅", "2|2.00|∅|2024-01-03 00:00:00|kr", "3|∅|∅|2024-01-04 00:00:00|∅")
		e.rows("raw_shop.whole", "1|1.00|∅|2024-01-01 00:00:00|∅", "2|2.00|∅|2024-01-03 00:00:00|kr", "3|∅|∅|2024-01-04 00:00:00|∅")
		e.idle(partly)
		e.idle(whole)
	})
}

func TestTypesChange(t *testing.T) {
	t.Parallel()
	e := newEnv(t, system{kind: "postgres", address: pgtest.Database(t)}, t.TempDir())
	e.exec(`CREATE TABLE t (id int PRIMARY KEY, n int, updated_at timestamp); INSERT INTO t VALUES (1, 1, '2024-01-01')`)
	table := e.table("t", incremental)
	e.copy(table)
	e.exec(`ALTER TABLE t ALTER n TYPE bigint; INSERT INTO t VALUES (2, 3000000000, '2024-01-02')`)
	e.copy(table)
	e.rows("raw_shop.t", "1|1|2024-01-01 00:00:00", "2|3000000000|2024-01-02 00:00:00")
	e.exec(`ALTER TABLE t ALTER n TYPE text; INSERT INTO t VALUES (3, 'three', '2024-01-03')`)
	err := e.fails(table, "sources/shop.yaml:6:3", "shop.t", `column "n" is long in raw_shop.t and string in the source`, `types: {n: "long"}`, "hosu backfill raw_shop.t")
	permanent(t, err, true)
	e.rows("raw_shop.t", "1|1|2024-01-01 00:00:00", "2|3000000000|2024-01-02 00:00:00")

	// Both ways out: copied anew the table has the source's types, and with types those that the author wants.
	copied, err := e.ingest.CopyAnew(t.Context(), govern.Owner(), table, catalog.Effects{}, nil)
	if err != nil || copied.Note != "started over: asked for" {
		t.Fatalf("%+v, %v", copied, err)
	}
	e.rows("raw_shop.t", "1|1|2024-01-01 00:00:00", "2|3000000000|2024-01-02 00:00:00", "3|three|2024-01-03 00:00:00")
	e.idle(table)
	e.exec(`UPDATE t SET n = '3' WHERE id = 3`)
	typed := e.table("t", func(t *project.SourceTable) {
		incremental(t)
		t.Types = map[string]schema.Column{"n": {Name: "n", Type: iceberg.PrimitiveTypes.Int64}}
	})
	e.copy(typed)
	e.rows("raw_shop.t", "1|1|2024-01-01 00:00:00", "2|3000000000|2024-01-02 00:00:00", "3|3|2024-01-03 00:00:00")
	loaded, err := e.lake.Catalog.Load(t.Context(), e.lake.Ident("raw_shop.t"))
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := loaded.Schema().FindFieldByName("n"); !ok || n.Type != iceberg.PrimitiveTypes.Int64 {
		t.Errorf("column n is %v", n)
	}
}

func permanent(t *testing.T, err error, want bool) {
	t.Helper()
	var failed *ingest.TableError
	if !errors.As(err, &failed) || failed.Permanent() != want {
		t.Errorf("permanent should be %t: %v", want, err)
	}
}

func TestStartsOver(t *testing.T) {
	t.Parallel()
	onEachSystem(t, func(t *testing.T, e *env) {
		e.exec(createOrders + `INSERT INTO orders VALUES (1, 1, 'a', '2024-01-01 00:00:00'), (2, 2, 'b', '2024-01-02 00:00:00')`)
		first := e.table("orders", incremental)
		e.copy(first)
		e.exec(`DELETE FROM orders WHERE id = 1`)

		other := e.table("orders", func(t *project.SourceTable) { incremental(t); t.Cursor = "id" })
		if copied := e.copy(other); copied.Note != "started over: the definition of the copy has changed" {
			t.Errorf("%+v", copied)
		}
		e.rows("raw_shop.orders", "2|2.00|b|2024-01-02 00:00:00")
		e.idle(other)

		table := e.lake.Ident("raw_shop.orders")
		if _, err := e.lake.Catalog.Commit(t.Context(), catalog.Commit{By: govern.Owner(), Changes: []catalog.Change{{Ident: table, Drop: true}}}); err != nil {
			t.Fatal(err)
		}
		if copied := e.copy(other); copied.Note != "started over: the table is gone" {
			t.Errorf("%+v", copied)
		}
		e.rows("raw_shop.orders", "2|2.00|b|2024-01-02 00:00:00")
		e.idle(other)
	})
}

// TestKeyThatIdentifiesNoRow gives a table that was copied already a key that several of its rows share: merging by it would
// replace them all by one.
func TestKeyThatIdentifiesNoRow(t *testing.T) {
	t.Parallel()
	onEachSystem(t, func(t *testing.T, e *env) {
		e.exec(createOrders + `INSERT INTO orders VALUES (1, 1, 'a', '2024-01-01 00:00:00'), (2, 2, 'a', '2024-01-02 00:00:00'), (3, 3, 'b', '2024-01-02 00:00:00')`)
		e.copy(e.table("orders", incremental))
		keyed := e.table("orders", func(t *project.SourceTable) { incremental(t); t.Key = []string{"name"} })
		e.fails(keyed, `the key ("name") = (a) is on 2 new rows that differ`)
		want := []string{"1|1.00|a|2024-01-01 00:00:00", "2|2.00|a|2024-01-02 00:00:00", "3|3.00|b|2024-01-02 00:00:00"}
		e.rows("raw_shop.orders", want...)
		if _, err := e.ingest.CopyAnew(t.Context(), govern.Owner(), keyed, catalog.Effects{}, nil); err == nil {
			t.Error("copied anew by a key that identifies no row")
		}
		e.rows("raw_shop.orders", want...)

		// One that does, although nothing enforces it, is fine.
		e.exec(`UPDATE orders SET name = 'c' WHERE id = 2`)
		e.copy(keyed)
		e.exec(`UPDATE orders SET amount = 20, updated_at = '2024-01-03 00:00:00' WHERE id = 2`)
		e.copy(keyed)
		e.rows("raw_shop.orders", "1|1.00|a|2024-01-01 00:00:00", "2|20.00|c|2024-01-03 00:00:00", "3|3.00|b|2024-01-02 00:00:00")
		e.idle(keyed)
	})
}

// TestTwoCopiesAtOnce has a second copy published while the first has read its rows.
func TestTwoCopiesAtOnce(t *testing.T) {
	t.Parallel()
	onEachSystem(t, func(t *testing.T, e *env) {
		e.exec(createOrders + `INSERT INTO orders VALUES (1, 1, 'a', '2024-01-01 00:00:00')`)
		orders := e.table("orders", incremental)
		e.copy(orders)
		e.exec(`INSERT INTO orders VALUES (2, 2, 'b', '2024-01-01 00:01:00')`)
		var reads atomic.Int32
		ctx := failpoint.With(t.Context(), failpoint.NewSet(map[string]failpoint.Action{ingest.StepRead: func(string) error {
			if reads.Add(1) == 1 {
				e.exec(`UPDATE orders SET name = 'newer', updated_at = '2024-01-01 00:02:00' WHERE id = 2`)
				e.copy(orders)
			}
			return nil
		}}))
		if _, err := e.ingest.Copy(ctx, govern.Owner(), orders, catalog.Effects{}, nil); err != nil {
			t.Fatal(err)
		}
		e.rows("raw_shop.orders", "1|1.00|a|2024-01-01 00:00:00", "2|2.00|newer|2024-01-01 00:02:00")
		e.idle(orders)

		// One that is overtaken again and again gives up, and has lost nothing.
		n := 10
		insert := func() {
			n++
			e.exec(fmt.Sprintf(`INSERT INTO orders VALUES (%d, 1, 'x', '2024-01-01 00:%d:00')`, n, n))
		}
		ctx = failpoint.With(t.Context(), failpoint.NewSet(map[string]failpoint.Action{ingest.StepRead: func(string) error {
			e.copy(orders)
			insert() // so that the next attempt finds something
			return nil
		}}))
		insert()
		_, err := e.ingest.Copy(ctx, govern.Owner(), orders, catalog.Effects{}, nil)
		if !errors.Is(err, catalog.ErrPositionMoved) {
			t.Errorf("an overtaken copy: %v", err)
		}
		permanent(t, err, false)
		e.copy(orders)
		if got := len(e.lake.Rows("raw_shop.orders")); got != 2+4 || n != 14 {
			t.Errorf("%d rows after %d inserts", got, n-10)
		}
	})
}

// TestEffects has what the caller wants committed appear exactly with the copy.
func TestEffects(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)
	onEachSystem(t, func(t *testing.T, e *env) {
		e.exec(createOrders + `INSERT INTO orders VALUES (1, 1, 'a', '2024-01-01 00:00:00')`)
		orders := e.table("orders", nil)
		filled := func() []state.Filled {
			t.Helper()
			var rows []state.Filled
			err := e.lake.DB.View(t.Context(), func(tx *state.Tx) error {
				var err error
				rows, err = tx.Filled("raw_shop.orders")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		copyAt := func(ctx context.Context, at time.Time) error {
			effects := catalog.Effects{Filled: []catalog.Filled{{Asset: "raw_shop.orders", Fingerprint: orders.Fingerprint(), At: at}}}
			_, err := e.ingest.Copy(ctx, govern.Owner(), orders, effects, nil)
			return err
		}
		broken := failpoint.With(t.Context(), failpoint.NewSet(map[string]failpoint.Action{
			ingest.StepRead: func(string) error { return errors.New("broken") },
		}))
		if err := copyAt(broken, at); err == nil || len(filled()) != 0 {
			t.Errorf("a failed copy: %v, ledger %v", err, filled())
		}
		for i := range 2 { // the second finds nothing new, and was made all the same
			at := at.Add(time.Duration(i) * time.Hour)
			if err := copyAt(t.Context(), at); err != nil {
				t.Fatal(err)
			}
			if rows := filled(); len(rows) != 1 || !rows[0].At.Equal(at) || rows[0].Fingerprint != orders.Fingerprint() {
				t.Errorf("ledger %+v", rows)
			}
		}
		if got := e.lake.Snapshots("raw_shop.orders"); got != 1 {
			t.Errorf("%d snapshots", got)
		}
	})
}

func TestWildcard(t *testing.T) {
	t.Parallel()
	onEachSystem(t, func(t *testing.T, e *env) {
		e.exec(createOrders + `CREATE TABLE "Stores" (id bigint PRIMARY KEY, name text); INSERT INTO "Stores" VALUES (1, '강남')`)
		e.source.Tables = []*project.SourceTable{e.table("orders", incremental), e.table(project.Wildcard, func(t *project.SourceTable) { t.Target = "" })}
		found, err := e.ingest.Discover(t.Context(), e.source)
		if err != nil || len(found) != 2 {
			t.Fatalf("discovered %+v, %v", found, err)
		}
		tables, err := e.ingest.Expand(t.Context(), e.source)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, table := range tables {
			names = append(names, fmt.Sprintf("%s→%s %s", table.Name, table.Target, table.Mode))
		}
		if got := strings.Join(names, ", "); got != "orders→raw_shop.orders incremental, Stores→raw_shop.Stores full" {
			t.Errorf("tables %s", got)
		}
		tested, err := e.ingest.Test(t.Context(), e.source)
		if err != nil || len(tested) != 2 || tested[0].Err != nil || len(tested[0].Columns) != 4 || tested[0].Key[0] != "id" {
			t.Errorf("tested %+v, %v", tested, err)
		}
		// A model may have named the table in another case before the source was asked.
		e.copy(e.table("stores", nil))
		e.rows("raw_shop.stores", "1|강남")
	})
}
