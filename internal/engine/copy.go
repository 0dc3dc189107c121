package engine

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/schema"
)

// CopySQL is the COPY statement that writes the rows of selectSQL as out says. result are the columns of selectSQL
// (from [Conn.Describe]); they are matched with out.Columns by name, without case. Every call names new files.
//
// With a partition there is one file or more per value: DuckDB cannot roll files by size then, and
// FileBytes is not used. With a sort, row groups are sorted; with FileBytes, threads may swap
// neighbours among them, so that the ranges of two files may overlap by a row group.
func CopySQL(selectSQL string, result []Column, out Output) (string, error) {
	columns, err := castColumns(result, out.Columns)
	if err != nil {
		return "", err
	}
	for _, name := range out.Sort {
		if !slices.ContainsFunc(out.Columns, func(c OutputColumn) bool { return equalName(c.Name, name) }) {
			return "", fmt.Errorf("write Parquet files: the sort column %q is not among the columns written", name)
		}
	}
	var sql strings.Builder
	sql.WriteString("COPY (\nSELECT *")
	names := partitionNames(out)
	for i, expression := range out.Partition {
		fmt.Fprintf(&sql, ", (%s) AS %s", expression, QuoteIdent(names[i]))
	}
	fmt.Fprintf(&sql, "\nFROM (\nSELECT %s\nFROM (\n%s\n) AS result\n) AS written", strings.Join(columns, ",\n  "), trimStatement(selectSQL))
	if len(out.Sort) > 0 {
		sql.WriteString("\nORDER BY " + quoteAll(out.Sort))
	}
	sql.WriteString("\n) TO " + copyTarget(out, names))
	return sql.String(), nil
}

// castColumns writes each output column as a cast of the result column of its name.
func castColumns(result []Column, want []OutputColumn) ([]string, error) {
	if len(want) == 0 {
		return nil, errors.New("write Parquet files: no columns are asked for")
	}
	given := map[string]Column{}
	for _, c := range result {
		if _, twice := given[schema.Fold(c.Name)]; twice {
			return nil, &StatementError{Kind: Bind, Position: -1, Message: fmt.Sprintf("the query yields two columns named %q; name one differently with AS", c.Name)}
		}
		given[schema.Fold(c.Name)] = c
	}
	casts := make([]string, len(want))
	for i, c := range want {
		cast := "CAST(NULL AS " + c.Type + ")"
		if source, ok := given[schema.Fold(c.Name)]; ok {
			cast = schema.CastSQL(QuoteIdent(source.Name), source.Type, c.Type)
			delete(given, schema.Fold(c.Name))
		}
		casts[i] = cast + " AS " + QuoteIdent(c.Name)
	}
	if len(given) > 0 {
		var extra []string
		for _, c := range result {
			if _, ok := given[schema.Fold(c.Name)]; ok {
				extra = append(extra, strconv.Quote(c.Name))
			}
		}
		return nil, &StatementError{Kind: Bind, Position: -1, Message: "the query yields columns that the table does not have: " + strings.Join(extra, ", ")}
	}
	return casts, nil
}

// copyTarget is what follows TO: the path and the options.
func copyTarget(out Output, partition []string) string {
	path := out.Dir
	options := []string{"FORMAT parquet", "COMPRESSION zstd", "RETURN_STATS true"}
	switch {
	case len(partition) > 0:
		// Flat files: a value in a folder's name could exceed the 255 bytes a name may have.
		options = append(options, "PARTITION_BY ("+quoteAll(partition)+")", "HIVE_FILE_PATTERN false",
			"FILENAME_PATTERN '{uuidv7}'", "OVERWRITE_OR_IGNORE true")
	case out.FileBytes > 0:
		options = append(options, "FILE_SIZE_BYTES "+strconv.FormatInt(out.FileBytes, 10),
			"FILENAME_PATTERN '{uuidv7}'", "OVERWRITE_OR_IGNORE true")
	default:
		path = filepath.Join(out.Dir, uuid.Must(uuid.NewV7()).String()+".parquet")
	}
	var ids []string
	for _, c := range out.Columns {
		if c.FieldID.ID != 0 {
			ids = append(ids, fieldID(c.Name, c.FieldID))
		}
	}
	if len(ids) > 0 {
		options = append(options, "FIELD_IDS {"+strings.Join(ids, ", ")+"}")
	}
	return QuoteLiteral(path) + " (" + strings.Join(options, ", ") + ")"
}

// fieldID writes one entry of COPY's FIELD_IDS.
func fieldID(name string, id FieldID) string {
	entry := QuoteIdent(name) + ": " + strconv.Itoa(id.ID)
	if len(id.Children) == 0 {
		return entry
	}
	children := make([]string, 0, len(id.Children))
	for child, childID := range id.Children {
		children = append(children, fieldID(child, childID))
	}
	slices.Sort(children)
	return fmt.Sprintf("%s: {__duckdb_field_id: %d, %s}", QuoteIdent(name), id.ID, strings.Join(children, ", "))
}

// partitionNames are the hidden columns that rows are partitioned by: names that no written column has.
func partitionNames(out Output) []string {
	prefix := "partition"
	for slices.ContainsFunc(out.Columns, func(c OutputColumn) bool { return strings.HasPrefix(schema.Fold(c.Name), prefix) }) {
		prefix = "_" + prefix
	}
	names := make([]string, len(out.Partition))
	for i := range names {
		names[i] = prefix + strconv.Itoa(i)
	}
	return names
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = QuoteIdent(name)
	}
	return strings.Join(quoted, ", ")
}

// ReadCopyStats reads the rows that a COPY made by [CopySQL] returns, one per file, also for files without rows.
func ReadCopyStats(rows array.RecordReader, out Output) ([]WrittenFile, error) {
	names := partitionNames(out)
	var files []WrittenFile
	for rows.Next() {
		batch := rows.RecordBatch()
		r, err := newCopyStats(batch)
		if err != nil {
			return nil, err
		}
		for i := range int(batch.NumRows()) {
			f := WrittenFile{
				Path:    strings.Clone(r.path.Value(i)),
				Rows:    int64(r.rows.Value(i)),
				Bytes:   int64(r.bytes.Value(i)),
				Columns: map[string]ColumnStats{},
			}
			columns := r.columns.entries(i)
			for j := columns.start; j < columns.end; j++ {
				stats, err := columnStats(r.stats.texts(j))
				if err != nil {
					return nil, fmt.Errorf("statistics of %s: %w", f.Path, err)
				}
				f.Columns[columnPath(r.columns.key(j))] = stats
			}
			if len(names) > 0 {
				values := r.partition.texts(i)
				for _, name := range names {
					f.Partition = append(f.Partition, values[name])
				}
			}
			files = append(files, f)
		}
	}
	return files, rows.Err()
}

// copyStats are the columns of a COPY's result that are used.
type copyStats struct {
	path                      *array.String
	rows, bytes               *array.Uint64
	columns, stats, partition textMap // stats are the values of columns
}

func newCopyStats(batch arrow.RecordBatch) (r copyStats, err error) {
	for i, field := range batch.Schema().Fields() {
		column, ok := batch.Column(i), true
		switch field.Name {
		case "filename":
			r.path, ok = column.(*array.String)
		case "count":
			r.rows, ok = column.(*array.Uint64)
		case "file_size_bytes":
			r.bytes, ok = column.(*array.Uint64)
		case "column_statistics":
			if r.columns, ok = newTextMap(column); ok {
				r.stats, ok = newTextMap(r.columns.m.Items())
			}
		case "partition_keys":
			r.partition, ok = newTextMap(column)
		}
		if !ok {
			return r, fmt.Errorf("read what COPY returned: column %s is %s", field.Name, field.Type)
		}
	}
	if r.path == nil || r.rows == nil || r.bytes == nil || r.columns.m == nil || r.partition.m == nil {
		return r, fmt.Errorf("read what COPY returned: columns are missing in %s", batch.Schema())
	}
	return r, nil
}

// textMap is an Arrow map with text keys.
type textMap struct {
	m    *array.Map
	keys *array.String
}

func newTextMap(column arrow.Array) (textMap, bool) {
	m, ok := column.(*array.Map)
	if !ok {
		return textMap{}, false
	}
	keys, ok := m.Keys().(*array.String)
	return textMap{m, keys}, ok
}

type span struct{ start, end int }

// entries are the positions of the keys and values of row i.
func (m textMap) entries(i int) span {
	if m.m.IsNull(i) {
		return span{}
	}
	start, end := m.m.ValueOffsets(i)
	return span{int(start), int(end)}
}

func (m textMap) key(j int) string { return strings.Clone(m.keys.Value(j)) }

// texts is row i when values are text too.
func (m textMap) texts(i int) map[string]*string {
	out := map[string]*string{}
	values, ok := m.m.Items().(*array.String)
	for s := m.entries(i); ok && s.start < s.end; s.start++ {
		out[m.key(s.start)] = nil
		if !values.IsNull(s.start) {
			v := strings.Clone(values.Value(s.start))
			out[m.key(s.start)] = &v
		}
	}
	return out
}

func columnStats(values map[string]*string) (s ColumnStats, err error) {
	count := func(key string) int64 {
		if values[key] == nil {
			return 0
		}
		n, e := strconv.ParseInt(*values[key], 10, 64)
		err = errors.Join(err, e)
		return n
	}
	s = ColumnStats{
		Min: values["min"], Max: values["max"],
		Nulls: count("null_count"), Values: count("num_values"), Bytes: count("column_size_bytes"),
	}
	s.HasNaN = values["has_nan"] != nil && *values["has_nan"] == "true"
	return s, err
}

// columnPath turns "a"."b" into a.b.
func columnPath(quoted string) string {
	var parts []string
	for _, t := range scanTokens(quoted) {
		if t.kind == tokenQuoted {
			parts = append(parts, unquote(quoted[t.start:t.end]))
		}
	}
	return strings.Join(parts, ".")
}
