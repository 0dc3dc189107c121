package sqlite

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/source"
)

// sampleRows is how many rows are looked at to learn whether a timestamp column is written with offsets.
const sampleRows = 100

// table is a table or view as a copy sees it.
type table struct {
	name    string
	columns []column
	arrow   *arrow.Schema
	rowid   bool // it has a rowid, by which it is stored
}

type column struct {
	schema.Column
	key      int // place in the primary key, from 1; 0 when it is no part of it
	declared string
}

func (t *table) plainColumns() []schema.Column {
	columns := make([]schema.Column, len(t.columns))
	for i, c := range t.columns {
		columns[i] = c.Column
	}
	return columns
}

func (t *table) public() source.Table {
	out := source.Table{Name: t.name, Columns: t.plainColumns(), Rows: -1}
	keys := slices.DeleteFunc(slices.Clone(t.columns), func(c column) bool { return c.key == 0 })
	slices.SortFunc(keys, func(a, b column) int { return a.key - b.key })
	for _, c := range keys {
		out.Key = append(out.Key, c.Name)
	}
	return out
}

// signature identifies names and types of the columns.
func (t *table) signature() string {
	h := sha256.New()
	for _, c := range t.columns {
		fmt.Fprintf(h, "%q %s\n", c.Name, c.Type)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}

// Tables lists the tables and views of the database, without those that SQLite or an extension keeps for itself.
func (s *Source) Tables(ctx context.Context) ([]source.Table, error) {
	c, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	names, err := c.names(ctx)
	if err != nil {
		return nil, s.explain(err, "list tables")
	}
	var tables []source.Table
	for _, name := range names {
		t, err := c.describe(ctx, name, source.TableOptions{})
		if err != nil {
			return nil, err
		}
		public := t.public()
		public.Rows = c.estimate(ctx, t)
		tables = append(tables, public)
	}
	return tables, nil
}

// Table describes one table. Its name may be written in any case, as in SQLite.
func (s *Source) Table(ctx context.Context, name string, opts source.TableOptions) (source.Table, error) {
	c, err := s.begin(ctx)
	if err != nil {
		return source.Table{}, err
	}
	defer func() { _ = c.Close() }()
	t, err := c.describe(ctx, name, opts)
	if err != nil {
		return source.Table{}, err
	}
	public := t.public()
	public.Rows = c.estimate(ctx, t)
	return public, nil
}

// estimate is the greatest rowid: what a table without deletions has as rows. It costs one step down the tree.
func (c *conn) estimate(ctx context.Context, t *table) int64 {
	if !t.rowid {
		return -1
	}
	rows := int64(0)
	err := c.each(ctx, func(row []driver.Value) error {
		rows, _ = row[0].(int64)
		return nil
	}, "SELECT max(rowid) FROM "+quote(t.name))
	if err != nil || rows < 0 {
		return -1
	}
	return rows
}

func (c *conn) names(ctx context.Context) ([]string, error) {
	var names []string
	err := c.each(ctx, func(row []driver.Value) error {
		names = append(names, row[0].(string))
		return nil
	}, `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'view', 'virtual')
		AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
	return names, err
}

func (c *conn) describe(ctx context.Context, name string, opts source.TableOptions) (*table, error) {
	t := &table{}
	err := c.each(ctx, func(row []driver.Value) error {
		t.name = row[0].(string)
		t.rowid = row[6] == "table" && row[7] == int64(0)
		col := column{Column: schema.Column{Name: row[1].(string)}, declared: row[2].(string)}
		if key, ok := row[3].(int64); ok {
			col.key = int(key)
		}
		col.Type = schema.FromSQLite(col.declared)
		t.columns = append(t.columns, col)
		return nil
	}, `SELECT l.name, x.name, x.type, x.pk, x.hidden, x.cid, l.type, l.wr FROM pragma_table_list l, pragma_table_xinfo(l.name) x
		WHERE l.schema = 'main' AND l.name = ? COLLATE NOCASE AND x.hidden <> 1 ORDER BY x.cid`, name)
	if err != nil {
		return nil, c.source.explain(err, "describe table "+name)
	}
	if len(t.columns) == 0 {
		names, err := c.names(ctx)
		if err != nil {
			return nil, c.source.explain(err, "list tables")
		}
		return nil, fmt.Errorf("%s: %w", c.source, source.NoSuchTable(name, names))
	}
	if err := c.types(ctx, t, opts); err != nil {
		return nil, err
	}
	if t.arrow, err = schema.ArrowSchema(t.plainColumns()); err != nil {
		return nil, fmt.Errorf("table %s: %w", t.name, err)
	}
	return t, nil
}

// types applies the author's types, and finds the timestamp columns that are written with offsets.
func (c *conn) types(ctx context.Context, t *table, opts source.TableOptions) error {
	given := map[string]bool{}
	for name, want := range opts.Types {
		i := slices.IndexFunc(t.columns, func(c column) bool { return strings.EqualFold(c.Name, name) })
		if i < 0 {
			return fmt.Errorf("table %s has no column %s, which types: mentions", t.name, name)
		}
		if _, primitive := want.Type.(iceberg.PrimitiveType); !primitive {
			return fmt.Errorf("table %s, column %s: %w: SQLite has no values of type %s", t.name, name, schema.ErrType, want.Type)
		}
		t.columns[i].Type, t.columns[i].Doc = want.Type, cmp.Or(want.Doc, t.columns[i].Doc)
		given[t.columns[i].Name] = true
	}
	var exprs []string
	var places []int
	for i, col := range t.columns {
		if _, ok := col.Type.(iceberg.TimestampType); ok && !given[col.Name] {
			exprs = append(exprs, "+"+quote(col.Name))
			places = append(places, i)
		}
	}
	if len(exprs) == 0 {
		return nil
	}
	err := c.each(ctx, func(row []driver.Value) error {
		for i, v := range row {
			if text, ok := v.(string); ok {
				if ts, err := parseTimestamp(text); err == nil && ts.zoned {
					t.columns[places[i]].Type = iceberg.PrimitiveTypes.TimestampTz
				}
			}
		}
		return nil
	}, fmt.Sprintf("SELECT %s FROM %s LIMIT %d", strings.Join(exprs, ", "), quote(t.name), sampleRows))
	if err != nil {
		return c.source.explain(err, "look at timestamps of table "+t.name)
	}
	return nil
}
