package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/source"
)

// table is a table or view as a copy sees it.
type table struct {
	name      string // as asked for
	relation  string // quoted and qualified
	schema    string
	relname   string
	kind      byte // pg_class.relkind
	rows      int64
	identity  string // of the stored relation: it changes when rows get other places without having changed
	columns   []column
	arrow     *arrow.Schema
	checkText bool
}

type column struct {
	schema.Column
	key    int // place in the primary key, from 1; 0 when it is no part of it
	typ    schema.PostgresType
	expr   string // what is selected
	wire   wireType
	number int
	extra  string // what else decides the column's values: labels of an enum, how it is generated
}

// hasRowVersions says that every change of a row changes its (tableoid, ctid, xmin).
func (t *table) hasRowVersions() bool {
	if !strings.ContainsRune("rpm", rune(t.kind)) {
		return false
	}
	for _, c := range t.columns {
		if strings.HasPrefix(c.extra, "v:") { // generated when read
			return false
		}
	}
	return true
}

// signature identifies everything but the rows that decides what a copy yields.
func (t *table) signature() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", t.relation, t.identity)
	for _, c := range t.columns {
		fmt.Fprintf(h, "%d %q %s %s %s %q\n", c.number, c.Name, c.Type, c.expr, c.wire, c.extra)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (t *table) column(name string) (column, bool) {
	i := slices.IndexFunc(t.columns, func(c column) bool { return c.Name == name })
	if i < 0 {
		return column{}, false
	}
	return t.columns[i], true
}

func (t *table) public() source.Table {
	out := source.Table{Name: t.name, Columns: t.plainColumns(), Rows: t.rows}
	keys := slices.DeleteFunc(slices.Clone(t.columns), func(c column) bool { return c.key == 0 })
	slices.SortFunc(keys, func(a, b column) int { return a.key - b.key })
	for _, c := range keys {
		out.Key = append(out.Key, c.Name)
	}
	return out
}

func (t *table) plainColumns() []schema.Column {
	columns := make([]schema.Column, len(t.columns))
	for i, c := range t.columns {
		columns[i] = c.Column
	}
	return columns
}

// describeSQL lists the columns of the relations that the condition picks, a row each. Types are given with
// domains resolved to their base; partitions are part of their parents; what extensions own is theirs.
const describeSQL = `
SELECT n.nspname, c.relname, c.relkind,
  CASE WHEN c.relkind = 'p' THEN (SELECT coalesce(sum(greatest(p.reltuples, 0)), 0)
         FROM pg_catalog.pg_partition_tree(c.oid) tree JOIN pg_catalog.pg_class p ON p.oid = tree.relid WHERE tree.isleaf)
       WHEN c.relkind IN ('r', 'm') AND c.relpages > 0 THEN c.reltuples ELSE -1 END::bigint,
  c.oid || '/' || coalesce(CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_filenode(c.oid) END, 0),
  a.attnum, a.attname, b.mod, b.dims, t.typname, t.typtype, e.typname, e.typtype,
  coalesce(k.place, 0), pg_catalog.col_description(c.oid, a.attnum),
  a.attgenerated::text || ':' || coalesce((SELECT string_agg(l.enumlabel, ',' ORDER BY l.enumsortorder) FROM pg_catalog.pg_enum l
            WHERE l.enumtypid = coalesce(e.oid, t.oid)), '')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN LATERAL (
  WITH RECURSIVE base(oid, mod, dims) AS (
    SELECT a.atttypid, a.atttypmod, a.attndims::int
    UNION ALL
    SELECT d.typbasetype, d.typtypmod, d.typndims FROM base JOIN pg_catalog.pg_type d ON d.oid = base.oid AND d.typtype = 'd')
  SELECT base.* FROM base JOIN pg_catalog.pg_type d ON d.oid = base.oid WHERE d.typtype <> 'd') b
JOIN pg_catalog.pg_type t ON t.oid = b.oid
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' AND t.typlen = -1
LEFT JOIN LATERAL (
  SELECT p.place FROM pg_catalog.pg_index i, unnest(i.indkey) WITH ORDINALITY p(attnum, place)
  WHERE i.indrelid = c.oid AND i.indisprimary AND p.attnum = a.attnum) k ON true
WHERE `

const listCondition = `n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relispopulated
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = 'pg_catalog.pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e')
ORDER BY c.relname, a.attnum`

// list describes every table of the source's schema, but materialized views that were never filled: they cannot be read.
func (s *Source) list(ctx context.Context, conn *pgconn.PgConn) ([]*table, error) {
	rows, err := query(ctx, conn, describeSQL+fmt.Sprintf(listCondition, literal(s.schema)))
	if err != nil {
		return nil, err
	}
	var tables []*table
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].text(1) == rows[0].text(1) {
			n++
		}
		t, err := s.newTable(conn, rows[0].text(1), rows[:n], source.TableOptions{})
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
		rows = rows[n:]
	}
	return tables, nil
}

// relationName is a table's possible place.
type relationName struct{ schema, name string }

func (r relationName) String() string { return quote(r.schema) + "." + quote(r.name) }

// candidates are the relations that a name of a source file may mean, in order.
func (s *Source) candidates(name string) []relationName {
	plain := relationName{s.schema, name}
	if namespace, rest, ok := strings.Cut(name, "."); ok {
		return []relationName{{namespace, rest}, plain}
	}
	return []relationName{plain}
}

// describe describes one table.
func (s *Source) describe(ctx context.Context, conn *pgconn.PgConn, name string, opts source.TableOptions) (*table, error) {
	var pairs []string
	places := s.candidates(name)
	for _, r := range places {
		pairs = append(pairs, fmt.Sprintf("(%s, %s)", literal(r.schema), literal(r.name)))
	}
	rows, err := query(ctx, conn, describeSQL+"(n.nspname, c.relname) IN ("+strings.Join(pairs, ", ")+
		") AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY a.attnum")
	if err != nil {
		return nil, err
	}
	for _, r := range places {
		own := slices.DeleteFunc(slices.Clone(rows), func(row row) bool { return row.text(0) != r.schema || row.text(1) != r.name })
		if len(own) > 0 {
			return s.newTable(conn, name, own, opts)
		}
	}
	known, err := query(ctx, conn, `SELECT CASE WHEN n.nspname = `+literal(s.schema)+` THEN c.relname ELSE n.nspname || '.' || c.relname END
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND n.nspname !~ '^(pg_|information_schema$)' ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, k := range known {
		names = append(names, k.text(0))
	}
	return nil, fmt.Errorf("%s: %w", s, source.NoSuchTable(name, names))
}

// newTable reads the rows of describeSQL that belong to one relation.
func (s *Source) newTable(conn *pgconn.PgConn, name string, rows []row, opts source.TableOptions) (*table, error) {
	first := rows[0]
	t := &table{
		name: name, schema: first.text(0), relname: first.text(1), kind: first.text(2)[0], identity: first.text(4),
		relation: relationName{first.text(0), first.text(1)}.String(),
		// Every other encoding is converted by the server, or known to be UTF-8.
		checkText: conn.ParameterStatus("server_encoding") == "SQL_ASCII",
	}
	t.rows, _ = strconv.ParseInt(first.text(3), 10, 64)
	for _, r := range rows {
		c, err := newColumn(t, r, opts)
		if err != nil {
			return nil, err
		}
		t.columns = append(t.columns, c)
	}
	for name := range opts.Types {
		if _, ok := t.column(name); !ok {
			return nil, fmt.Errorf("table %s has no column %s, which types: mentions", t.name, name)
		}
	}
	var err error
	if t.arrow, err = schema.ArrowSchema(t.plainColumns()); err != nil {
		return nil, fmt.Errorf("table %s: %w", t.name, err)
	}
	return t, nil
}

func newColumn(t *table, r row, opts source.TableOptions) (column, error) {
	c := column{
		Column: schema.Column{Name: r.text(6), Doc: r.text(14)},
		typ:    schema.PostgresType{Name: r.text(9), Kind: r.text(10)[0], Mod: int32(r.int(7)), Dims: r.int(8)},
		number: r.int(5), key: r.int(13), extra: r.text(15),
	}
	if element := r.text(11); element != "" {
		c.typ.Element = &schema.PostgresType{Name: element, Kind: r.text(12)[0], Mod: -1}
	}
	var cast string
	c.Type, cast = schema.FromPostgres(c.typ)
	c.wire = wireType{name: c.typ.Name}
	if c.typ.Element != nil {
		c.wire.element = c.typ.Element.Name
	}
	casts := []string{cast}
	if want, ok := opts.Types[c.Name]; ok && !want.Type.Equals(c.Type) {
		var err error
		if casts, err = schema.PostgresCast(c.typ, want.Type); err != nil {
			return c, fmt.Errorf("table %s, column %s: %w", t.name, c.Name, err)
		}
		c.Type, c.Doc = want.Type, cmp.Or(want.Doc, c.Doc)
	}
	c.expr = quote(c.Name)
	for _, cast := range casts {
		if cast == "" {
			continue
		}
		c.expr += "::pg_catalog." + cast
		element, isArray := strings.CutSuffix(cast, "[]")
		c.wire = wireType{name: cast}
		if isArray {
			c.wire.element = element
		}
	}
	return c, nil
}

// row is a result row in text form; nil is NULL.
type row [][]byte

func (r row) text(i int) string { return string(r[i]) }

func (r row) int(i int) int {
	n, _ := strconv.Atoi(string(r[i]))
	return n
}

// query runs statements by the simple protocol, which every pooler passes on, and returns the rows of the last.
func query(ctx context.Context, conn *pgconn.PgConn, sql string) ([]row, error) {
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err == nil && len(results) == 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, &driverError{err}
	}
	var rows []row
	for _, r := range results[len(results)-1].Rows {
		rows = append(rows, row(r))
	}
	return rows, nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal writes text as a string literal; standard_conforming_strings is on in every session.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
