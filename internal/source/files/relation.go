package files

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/schema"
)

// relation is the files of a table as DuckDB reads them, before types are decided.
type relation struct {
	table    *table
	files    []*file
	from     string // a SELECT of the raw columns and fileColumn
	columns  []rawColumn
	dialects map[*file]dialect // CSV
	// thousands says that a comma inside a number separates thousands, for it separates no decimals.
	thousands bool
}

// rawColumn is a column as it is read.
type rawColumn struct {
	name string
	// duckdb is its type as DuckDB spells it.
	duckdb string
	// text says that its type is found out from its values, and classes which of them count.
	text    bool
	classes int64
}

// quoteList writes paths as a list of patterns that match only them.
func quoteList(files []*file) string {
	quoted := make([]string, len(files))
	for i, f := range files {
		quoted[i] = engine.QuoteLiteral(strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]").Replace(f.read))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

func columnsSQL(columns []rawColumn) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = engine.QuoteLiteral(c.name) + ": " + engine.QuoteLiteral(c.duckdb)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (t *table) relation(ctx context.Context, c *engine.Conn, files []*file) (*relation, error) {
	r := &relation{table: t, files: files}
	switch t.format {
	case formatCSV:
		return r, r.csv()
	case formatParquet:
		r.from = "SELECT * FROM read_parquet(" + quoteList(files) + ", union_by_name = true, hive_partitioning = false, filename = " + engine.QuoteLiteral(fileColumn) + ")"
		columns, err := c.Describe(ctx, r.from)
		if err != nil {
			return nil, err
		}
		for _, column := range columns {
			if column.Name != fileColumn {
				r.columns = append(r.columns, rawColumn{name: column.Name, duckdb: column.Type})
			}
		}
		return r, nil
	default:
		return r, r.json(ctx, c)
	}
}

// csv groups files by how they are written. Every option of the reader is given: what DuckDB would guess from a part of a
// file may leave out rows.
func (r *relation) csv() error {
	r.dialects, r.thousands = map[*file]dialect{}, true
	groups := map[string][]*file{}
	var order []string
	for _, f := range r.files {
		d, err := r.table.dialect(f)
		if err != nil {
			return err
		}
		r.dialects[f] = d
		r.thousands = r.thousands && d.delimiter == ','
		key := fmt.Sprintf("%c%c%v%q", d.delimiter, d.quote, d.header, d.columns)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], f)
		for _, name := range d.columns {
			if !slices.ContainsFunc(r.columns, func(c rawColumn) bool { return strings.EqualFold(c.name, name) }) {
				r.columns = append(r.columns, rawColumn{name: name, duckdb: "VARCHAR", text: true, classes: ^0})
			}
		}
	}
	var parts []string
	for _, key := range order {
		files := groups[key]
		d := r.dialects[files[0]]
		own := make([]rawColumn, len(d.columns))
		for i, name := range d.columns {
			own[i] = rawColumn{name: name, duckdb: "VARCHAR"}
		}
		quote := ""
		if d.quote != 0 {
			quote = string(d.quote)
		}
		nulls := "['']"
		if r.table.null != "" {
			nulls = "['', " + engine.QuoteLiteral(r.table.null) + "]"
		}
		parts = append(parts, fmt.Sprintf("SELECT * FROM read_csv(%s, auto_detect = false, delim = %s, quote = %s, escape = %[3]s, header = %[4]v, "+
			"columns = %[5]s, nullstr = %[6]s, strict_mode = true, null_padding = false, comment = '', compression = 'auto', hive_partitioning = false, filename = %[7]s)",
			quoteList(files), engine.QuoteLiteral(string(d.delimiter)), engine.QuoteLiteral(quote), d.header, columnsSQL(own), nulls, engine.QuoteLiteral(fileColumn)))
	}
	r.from = strings.Join(parts, " UNION ALL BY NAME ")
	return nil
}

// json finds out the columns of JSON objects. Strings are read as such: what DuckDB takes for a timestamp has lost its offset.
func (r *relation) json(ctx context.Context, c *engine.Conn) error {
	format := "newline_delimited"
	if r.table.format == formatJSON {
		format = "auto"
	}
	read := func(options string) string {
		return "SELECT * FROM read_json(" + quoteList(r.files) + ", format = '" + format + "', records = 'true', hive_partitioning = false, " + options + ")"
	}
	columns, err := c.Describe(ctx, read("sample_size = -1, union_by_name = true"))
	if err != nil {
		return err
	}
	for _, column := range columns {
		raw := rawColumn{name: column.Name, duckdb: column.Type}
		switch column.Type {
		case "VARCHAR", "DATE", "TIME", "TIMESTAMP", "UUID":
			raw.duckdb, raw.text, raw.classes = "VARCHAR", true, temporal
		default:
			t, _, err := schema.FromDuckDB(column.Type)
			if err != nil {
				return fmt.Errorf("table %s, column %s: %w", r.table.name, column.Name, err)
			}
			if nested(t) {
				raw.duckdb = schema.DuckDB(replaceLeaves(t, onlyText))
			}
		}
		r.columns = append(r.columns, raw)
	}
	r.from = read("columns = " + columnsSQL(r.columns) + ", filename = " + engine.QuoteLiteral(fileColumn))
	return nil
}

func nested(t iceberg.Type) bool {
	switch t.(type) {
	case *iceberg.ListType, *iceberg.MapType, *iceberg.StructType:
		return true
	}
	return false
}

// replaceLeaves is a type with every type in it that is not nested replaced by what leaf makes of it.
func replaceLeaves(t iceberg.Type, leaf func(iceberg.Type) iceberg.Type) iceberg.Type {
	switch t := t.(type) {
	case *iceberg.ListType:
		return &iceberg.ListType{Element: replaceLeaves(t.Element, leaf)}
	case *iceberg.MapType:
		return &iceberg.MapType{KeyType: replaceLeaves(t.KeyType, leaf), ValueType: replaceLeaves(t.ValueType, leaf)}
	case *iceberg.StructType:
		fields := slices.Clone(t.FieldList)
		for i := range fields {
			fields[i].Type = replaceLeaves(fields[i].Type, leaf)
		}
		return &iceberg.StructType{FieldList: fields}
	}
	return leaf(t)
}

// onlyText is string for what JSON writes as strings.
func onlyText(t iceberg.Type) iceberg.Type {
	switch t.(type) {
	case iceberg.DateType, iceberg.TimeType, iceberg.TimestampType, iceberg.TimestampTzType, iceberg.UUIDType:
		return iceberg.PrimitiveTypes.String
	}
	return t
}

// typed is a column with its type decided.
type typed struct {
	schema.Column
	expr  string
	found bool // its type was found out from text
}

// types decides every column's type: given by the author, kept from before, or found out by one pass over all the values. A column
// without any value has the type it had before, when before knows it.
func (r *relation) types(ctx context.Context, c *engine.Conn, kept, before map[string]iceberg.Type, zone *time.Location) ([]typed, error) {
	for name := range r.table.types {
		if !slices.ContainsFunc(r.columns, func(c rawColumn) bool { return strings.EqualFold(c.name, name) }) {
			return nil, fmt.Errorf("table %s has no column %s, which types: mentions; its files have %s", r.table.name, name, r.names())
		}
	}
	out := make([]typed, len(r.columns))
	var unknown []int
	for i, raw := range r.columns {
		out[i].Name = raw.name
		want, given := r.given(raw.name)
		if !given {
			want.Type, given = kept[raw.name], kept[raw.name] != nil
			out[i].found = given
		}
		out[i].Doc = want.Doc
		var err error
		switch {
		case given && raw.duckdb == "VARCHAR":
			out[i].Type = want.Type
			out[i].expr, err = guardedSQL(raw.name, want.Type, r.thousands, zone)
		case given:
			out[i].Type, out[i].expr, err = castSQL(raw, want.Type)
		case raw.text:
			unknown = append(unknown, i)
		default:
			if out[i].Type, out[i].expr, err = nativeSQL(raw); errors.Is(err, schema.ErrType) {
				err = fmt.Errorf("%w; give the column a type in the source file, for example types: {%s: string}", err, raw.name)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("table %s, column %s: %w", r.table.name, raw.name, err)
		}
	}
	return out, r.classify(ctx, c, out, unknown, before)
}

func (r *relation) names() string {
	names := make([]string, len(r.columns))
	for i, c := range r.columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

func (r *relation) given(name string) (schema.Column, bool) {
	for given, c := range r.table.types {
		if strings.EqualFold(given, name) {
			return c, true
		}
	}
	return schema.Column{}, false
}

// classify finds the types of text columns.
func (r *relation) classify(ctx context.Context, c *engine.Conn, columns []typed, unknown []int, before map[string]iceberg.Type) error {
	if len(unknown) == 0 {
		return nil
	}
	classes, trimmed := make([]string, len(unknown)), make([]string, len(unknown))
	for i, at := range unknown {
		t := fmt.Sprintf("t%d", i)
		classes[i] = "coalesce(bit_or(" + classSQL(t, r.thousands) + "), 0)::BIGINT"
		trimmed[i] = "trim(" + engine.QuoteIdent(columns[at].Name) + ") AS " + t
	}
	masks, err := numbers(ctx, c, "SELECT "+strings.Join(classes, ", ")+" FROM (SELECT "+strings.Join(trimmed, ", ")+" FROM ("+r.from+"))")
	if err != nil {
		return err
	}
	for i, at := range unknown {
		name := columns[at].Name
		mask := masks[i]
		if mask&^r.columns[at].classes != 0 {
			mask = classText
		}
		t, err := textType(mask, func() (whole, fraction int, err error) {
			text := "replace(trim(" + engine.QuoteIdent(name) + "), '-', '')"
			lengths, err := numbers(ctx, c, fmt.Sprintf("SELECT max(length(split_part(%s, '.', 1)))::BIGINT, max(length(split_part(%[1]s, '.', 2)))::BIGINT FROM (%s)", text, r.from))
			if err != nil {
				return 0, 0, err
			}
			return int(lengths[0]), int(lengths[1]), nil
		})
		if err != nil {
			return err
		}
		if known := before[name]; mask == 0 && known != nil {
			t = known
		}
		columns[at].Type, columns[at].found = t, true
		columns[at].expr = plainSQL(name, t, mask&(classThousands|classThousandsPoint) != 0)
	}
	return nil
}

// numbers runs a query of one row of BIGINT columns.
func numbers(ctx context.Context, c *engine.Conn, sql string) ([]int64, error) {
	rows, err := c.QueryArrow(ctx, sql)
	if err != nil {
		return nil, err
	}
	defer rows.Release()
	var out []int64
	for rows.Next() {
		batch := rows.RecordBatch()
		out = make([]int64, batch.NumCols())
		for i, column := range batch.Columns() {
			if column.IsValid(0) {
				out[i] = column.(*array.Int64).Value(0)
			}
		}
	}
	return out, rows.Err()
}

// nativeSQL reads a column as the type it has.
func nativeSQL(raw rawColumn) (iceberg.Type, string, error) {
	t, castTo, err := schema.FromDuckDB(raw.duckdb)
	if err != nil {
		return nil, "", err
	}
	name := engine.QuoteIdent(raw.name)
	if t.Equals(iceberg.PrimitiveTypes.UUID) {
		return t, uuidSQL(name), nil
	}
	if nested(t) {
		t = replaceLeaves(t, noUUID)
		castTo = schema.DuckDB(t)
	}
	return t, schema.CastSQL(name, raw.duckdb, castTo), nil
}

// uuidSQL reads a UUID as its 16 bytes, for its Arrow form here is text.
func uuidSQL(expr string) string { return "unhex(replace(CAST(" + expr + " AS VARCHAR), '-', ''))" }

// noUUID is string for UUIDs.
func noUUID(t iceberg.Type) iceberg.Type {
	if t.Equals(iceberg.PrimitiveTypes.UUID) {
		return iceberg.PrimitiveTypes.String
	}
	return t
}

// castSQL reads a column that has a type as another. A value that does not survive the way there and back fails the statement.
func castSQL(raw rawColumn, want iceberg.Type) (iceberg.Type, string, error) {
	own, expr, err := nativeSQL(raw)
	if err == nil && own.Equals(want) {
		return own, expr, nil
	}
	name, to := engine.QuoteIdent(raw.name), schema.DuckDB(want)
	if want.Equals(iceberg.PrimitiveTypes.String) {
		return want, "CAST(" + name + " AS VARCHAR)", nil
	}
	if nested(want) || want.Equals(iceberg.PrimitiveTypes.UUID) {
		return nil, "", fmt.Errorf("%w: %s cannot be read as %s", schema.ErrType, raw.duckdb, want)
	}
	there := "TRY_CAST(" + name + " AS " + to + ")"
	return want, fmt.Sprintf("CASE WHEN TRY_CAST(%s AS %s) IS NOT DISTINCT FROM %s THEN %[1]s ELSE %[4]s END", there, raw.duckdb, name, failSQL(raw.name, name)), nil
}

// selectSQL is the statement whose rows are those of the table.
func (r *relation) selectSQL(columns []typed) string {
	exprs := make([]string, len(columns))
	for i, c := range columns {
		expr := c.expr
		if c.Type.Equals(iceberg.PrimitiveTypes.UUID) && r.columns[i].duckdb != "UUID" {
			expr = uuidSQL(expr)
		}
		exprs[i] = expr + " AS " + engine.QuoteIdent(c.Name)
	}
	return "SELECT " + strings.Join(exprs, ", ") + " FROM (" + r.from + ")"
}
