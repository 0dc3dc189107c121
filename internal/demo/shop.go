package demo

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/mattn/go-sqlite3" // the SQLite driver of database/sql
)

// shopTable is one table of the operational database; both databases understand the types as written.
type shopTable struct {
	name    string
	columns string
}

var shopTables = []shopTable{
	{"stores", `id INTEGER PRIMARY KEY, name TEXT NOT NULL, region TEXT NOT NULL, opened_on DATE NOT NULL, size_m2 INTEGER NOT NULL`},
	{"members", `id INTEGER PRIMARY KEY, name TEXT NOT NULL, gender TEXT, birth_year INTEGER, region TEXT NOT NULL, grade TEXT NOT NULL,
		joined_at TIMESTAMPTZ NOT NULL`},
	{"products", `id INTEGER PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, brand TEXT NOT NULL, price DECIMAL(12,0) NOT NULL,
		cost DECIMAL(12,0) NOT NULL, launched_on DATE NOT NULL`},
	{"orders", `id BIGINT PRIMARY KEY, member_id INTEGER, store_id INTEGER, channel TEXT NOT NULL, status TEXT NOT NULL,
		ordered_at TIMESTAMPTZ NOT NULL, discount DECIMAL(14,0) NOT NULL, amount DECIMAL(14,0) NOT NULL, updated_at TIMESTAMPTZ NOT NULL`},
	{"order_items", `id BIGINT PRIMARY KEY, order_id BIGINT NOT NULL, product_id INTEGER NOT NULL, quantity INTEGER NOT NULL,
		unit_price DECIMAL(12,0) NOT NULL, updated_at TIMESTAMPTZ NOT NULL`},
}

func openShop(ctx context.Context, url string) (shopWriter, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return openSQLiteShop(path)
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect to the shop database: %w", err)
	}
	return &postgresShop{conn: conn}, nil
}

// rows lists what a simulation starts with, table by table.
func (s *simulation) rows(table string) [][]any {
	var rows [][]any
	switch table {
	case "stores":
		for _, x := range s.stores {
			rows = append(rows, []any{x.id, x.name, x.region, date(x.openedOn), x.sizeM2})
		}
	case "members":
		for _, x := range s.members {
			rows = append(rows, []any{x.id, x.name, x.gender, x.birthYear, x.region, x.grade, x.joinedAt})
		}
	case "products":
		for _, x := range s.products {
			rows = append(rows, []any{x.id, x.name, x.category, x.brand, x.price, x.cost, date(x.launchedOn)})
		}
	}
	return rows
}

func (o *order) row() []any {
	return []any{o.id, nullable(o.memberID), nullable(o.storeID), o.channel, o.status, o.orderedAt, o.discount, o.amount, o.updatedAt}
}

func (i *item) row(o *order) []any {
	return []any{i.id, o.id, i.productID, i.quantity, i.unitPrice, o.orderedAt}
}

func nullable(id int) any {
	if id == 0 {
		return nil
	}
	return id
}

// date drops the zone: both databases store a calendar date.
func date(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// sqliteShop writes everything in one transaction.
type sqliteShop struct {
	db            *sql.DB
	tx            *sql.Tx
	orders, items *inserter
}

// inserter collects rows for statements of many rows: calls into SQLite cost more than the rows.
type inserter struct {
	tx    *sql.Tx
	table shopTable
	full  *sql.Stmt // of insertRows rows
	args  []any
	rows  int
}

const insertRows = 64

func newInserter(ctx context.Context, tx *sql.Tx, table shopTable) (*inserter, error) {
	full, err := tx.PrepareContext(ctx, insert(table, insertRows))
	return &inserter{tx: tx, table: table, full: full}, err
}

func (in *inserter) add(ctx context.Context, row []any) error {
	in.args = append(in.args, sqliteValues(row)...)
	if in.rows++; in.rows < insertRows {
		return nil
	}
	_, err := in.full.ExecContext(ctx, in.args...)
	in.args, in.rows = in.args[:0], 0
	return err
}

func (in *inserter) flush(ctx context.Context) error {
	if in.rows == 0 {
		return nil
	}
	_, err := in.tx.ExecContext(ctx, insert(in.table, in.rows), in.args...)
	in.args, in.rows = in.args[:0], 0
	return err
}

func openSQLiteShop(path string) (*sqliteShop, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the shop database: %w", err)
	}
	// The file is made anew: a crash halfway costs nothing, so it need not be synced.
	db, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=OFF&_synchronous=OFF")
	if err != nil {
		return nil, fmt.Errorf("open the shop database: %w", err)
	}
	return &sqliteShop{db: db}, nil
}

func (w *sqliteShop) begin(ctx context.Context, s *simulation) (err error) {
	if w.tx, err = w.db.BeginTx(ctx, nil); err != nil {
		return err
	}
	for _, t := range shopTables {
		ddl := fmt.Sprintf("DROP TABLE IF EXISTS %s; CREATE TABLE %s (%s)", t.name, t.name, t.columns)
		if _, err := w.tx.ExecContext(ctx, ddl); err != nil {
			return err
		}
		into, err := newInserter(ctx, w.tx, t)
		if err != nil {
			return err
		}
		switch t.name {
		case "orders":
			w.orders = into
		case "order_items":
			w.items = into
		}
		for _, row := range s.rows(t.name) {
			if err := into.add(ctx, row); err != nil {
				return err
			}
		}
		if err := into.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

func insert(t shopTable, rows int) string {
	// The comma in DECIMAL(12,0) separates no columns.
	marks := strings.Repeat(", ?", strings.Count(t.columns, ",")-strings.Count(t.columns, ",0)")+1)[2:]
	return fmt.Sprintf("INSERT INTO %s VALUES %s", t.name, strings.Repeat(", ("+marks+")", rows)[2:])
}

// sqliteValues spells times as text: the driver would drop their zone.
func sqliteValues(row []any) []any {
	for i, v := range row {
		if t, ok := v.(time.Time); ok {
			if t.Location() == time.UTC {
				row[i] = t.Format(time.DateOnly)
			} else {
				row[i] = sqlTime(t)
			}
		}
	}
	return row
}

func (w *sqliteShop) day(ctx context.Context, d *day) error {
	for i := range d.orders {
		o := &d.orders[i]
		if err := w.orders.add(ctx, o.row()); err != nil {
			return err
		}
		for j := range o.items {
			if err := w.items.add(ctx, o.items[j].row(o)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *sqliteShop) finish(ctx context.Context) error {
	for _, into := range []*inserter{w.orders, w.items} {
		if err := into.flush(ctx); err != nil {
			return err
		}
	}
	return w.tx.Commit()
}

func (w *sqliteShop) close() error { return w.db.Close() }

// postgresShop keeps its tables in the schema "shop".
type postgresShop struct{ conn *pgx.Conn }

func (w *postgresShop) begin(ctx context.Context, s *simulation) error {
	if _, err := w.conn.Exec(ctx, "DROP SCHEMA IF EXISTS shop CASCADE; CREATE SCHEMA shop; SET search_path = shop"); err != nil {
		return err
	}
	for _, t := range shopTables {
		if _, err := w.conn.Exec(ctx, fmt.Sprintf("CREATE TABLE %s (%s)", t.name, t.columns)); err != nil {
			return err
		}
		if err := w.copy(ctx, t.name, s.rows(t.name)); err != nil {
			return err
		}
	}
	return nil
}

func (w *postgresShop) copy(ctx context.Context, table string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	columns := make([]string, 0, len(rows[0]))
	found, err := w.conn.Query(ctx, "SELECT * FROM "+table+" LIMIT 0")
	if err != nil {
		return err
	}
	for _, f := range found.FieldDescriptions() {
		columns = append(columns, f.Name)
	}
	found.Close()
	_, err = w.conn.CopyFrom(ctx, pgx.Identifier{"shop", table}, columns, pgx.CopyFromRows(rows))
	return err
}

func (w *postgresShop) day(ctx context.Context, d *day) error {
	var orders, items [][]any
	for i := range d.orders {
		o := &d.orders[i]
		orders = append(orders, o.row())
		for j := range o.items {
			items = append(items, o.items[j].row(o))
		}
	}
	if err := w.copy(ctx, "orders", orders); err != nil {
		return err
	}
	return w.copy(ctx, "order_items", items)
}

func (w *postgresShop) finish(ctx context.Context) error {
	_, err := w.conn.Exec(ctx, "CREATE INDEX ON orders (updated_at); CREATE INDEX ON order_items (updated_at); ANALYZE")
	return err
}

func (w *postgresShop) close() error { return w.conn.Close(context.Background()) }
