package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hosu-io/hosu/internal/schema"
)

// Select is the query of a relation's rows: its columns, in order, under their names and nothing else. Rows
// that deletes remove are not there. For a view it is the view's SQL.
//
// With ByFieldID, top-level columns are found by field id, wherever a file has them and whatever it calls
// them; fields inside of structs are still matched by name, which is as far as DuckDB's read_parquet goes.
func (r Relation) Select() (string, error) {
	if r.View != "" {
		return trimStatement(r.View), nil
	}
	if len(r.Columns) == 0 {
		return "", fmt.Errorf("read %s: it has no columns", QuoteName(r.Schema, r.Name))
	}
	if len(r.Files) == 0 {
		columns := make([]string, len(r.Columns))
		for i, c := range r.Columns {
			columns[i] = fmt.Sprintf("CAST(NULL AS %s) AS %s", c.Type, QuoteIdent(c.Name))
		}
		return "SELECT " + strings.Join(columns, ", ") + " WHERE false", nil
	}
	var parts []string
	for _, g := range r.groups() {
		part, err := r.selectGroup(g)
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "\nUNION ALL\n"), nil
}

// fileGroup is data files that the same deletes apply to. A position delete names the rows' file itself, so files
// with any position deletes can share a group.
type fileGroup struct {
	files     []string
	positions []string     // position delete files
	equality  []equalities // by field ids
}

// equalities are equality delete files on the same columns.
type equalities struct {
	ids   []int
	files []string
}

// groups splits files by the deletes that apply to them: an anti-join makes reading many times slower, so that files
// without deletes must not take part in one.
func (r Relation) groups() []fileGroup {
	type deletes struct {
		positions, equality []int // indexes of r.Deletes
	}
	byFile := map[string]*deletes{}
	for i, d := range r.Deletes {
		for _, file := range d.Applies {
			of := byFile[file]
			if of == nil {
				of = &deletes{}
				byFile[file] = of
			}
			if len(d.Equality) > 0 {
				of.equality = append(of.equality, i)
			} else {
				of.positions = append(of.positions, i)
			}
		}
	}
	var groups []fileGroup
	index := map[string]int{}
	for _, file := range r.Files {
		of := byFile[file]
		if of == nil {
			of = &deletes{}
		}
		key := fmt.Sprint(len(of.positions) > 0, of.equality)
		at, ok := index[key]
		if !ok {
			at = len(groups)
			index[key] = at
			groups = append(groups, fileGroup{equality: r.equalities(of.equality)})
		}
		g := &groups[at]
		g.files = append(g.files, file)
		for _, i := range of.positions {
			if path := r.Deletes[i].Path; !slices.Contains(g.positions, path) {
				g.positions = append(g.positions, path)
			}
		}
	}
	return groups
}

func (r Relation) equalities(deletes []int) []equalities {
	var out []equalities
	for _, i := range deletes {
		d := r.Deletes[i]
		ids := slices.Sorted(slices.Values(d.Equality))
		at := slices.IndexFunc(out, func(e equalities) bool { return slices.Equal(e.ids, ids) })
		if at < 0 {
			at = len(out)
			out = append(out, equalities{ids: ids})
		}
		out[at].files = append(out[at].files, d.Path)
	}
	return out
}

func (r Relation) selectGroup(g fileGroup) (string, error) {
	// read_parquet adds columns of these names, which a table's own of the same name would hide.
	hidden := len(g.positions) > 0 && slices.ContainsFunc(r.Columns, func(c RelationColumn) bool {
		return equalName(c.Name, "filename") || equalName(c.Name, "file_row_number")
	})
	columns := make([]string, len(r.Columns))
	names := make([]string, len(r.Columns)) // in the reader
	for i, c := range r.Columns {
		names[i] = c.Name
		columns[i] = "data." + QuoteIdent(c.Name)
		if hidden {
			names[i] = "column" + strconv.Itoa(i)
			columns[i] = "data." + QuoteIdent(names[i]) + " AS " + QuoteIdent(c.Name)
		}
	}
	read := readParquet(g.files, "")
	if r.ByFieldID || len(g.positions) > 0 { // the files, too, may have such columns, even ones that the table dropped
		read = readParquet(g.files, schemaMap(r.Columns, names))
	}
	var sql strings.Builder
	fmt.Fprintf(&sql, "SELECT %s FROM %s AS data", strings.Join(columns, ", "), read)
	if len(g.positions) > 0 {
		// An Iceberg path may be a file: URL.
		fmt.Fprintf(&sql, ` ANTI JOIN (SELECT regexp_replace(file_path, '^file:(//)?', '') AS deleted_file, pos AS deleted_row FROM %s) AS deleted`+
			` ON data.filename = deleted.deleted_file AND data.file_row_number = deleted.deleted_row`, readParquet(g.positions, ""))
	}
	for i, e := range g.equality {
		keys := make([]RelationColumn, len(e.ids))
		keyNames := make([]string, len(e.ids))
		conditions := make([]string, len(e.ids))
		for j, id := range e.ids {
			at := slices.IndexFunc(r.Columns, func(c RelationColumn) bool { return c.FieldID == id })
			if at < 0 {
				return "", fmt.Errorf("read %s: rows are deleted by the column with field id %d, which is not among the columns", QuoteName(r.Schema, r.Name), id)
			}
			keys[j], keyNames[j] = r.Columns[at], "key"+strconv.Itoa(j)
			keys[j].Default = "" // of the delete file, where the column must be
			conditions[j] = fmt.Sprintf("data.%s IS NOT DISTINCT FROM equal%d.key%d", QuoteIdent(names[at]), i, j)
		}
		fmt.Fprintf(&sql, " ANTI JOIN %s AS equal%d ON %s", readParquet(e.files, schemaMap(keys, keyNames)), i, strings.Join(conditions, " AND "))
	}
	return sql.String(), nil
}

// readParquet reads files with a table of fields, or under their own names when schema is empty.
// Folders named like year=2024 are no columns: Iceberg keeps partition values in the files.
func readParquet(files []string, schema string) string {
	quoted := make([]string, len(files))
	for i, file := range files {
		quoted[i] = QuoteLiteral(escapeGlob(file))
	}
	if schema != "" {
		schema = ", schema = " + schema
	}
	return "read_parquet([" + strings.Join(quoted, ", ") + "], hive_partitioning = false" + schema + ")"
}

// escapeGlob makes a path mean itself where DuckDB expands patterns.
func escapeGlob(path string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]").Replace(path)
}

// schemaMap is read_parquet's schema: for each field id the name to use, the type and the value for files that lack it.
func schemaMap(columns []RelationColumn, names []string) string {
	entries := make([]string, len(columns))
	for i, c := range columns {
		missing := "NULL::VARCHAR" // one type for all entries of the map; DuckDB casts to the column's
		if c.Default != "" {
			missing = "CAST(" + c.Default + " AS VARCHAR)"
		}
		entries[i] = fmt.Sprintf("%d: {name: %s, type: %s, default_value: %s}", c.FieldID, QuoteLiteral(names[i]), QuoteLiteral(c.Type), missing)
	}
	return "MAP {" + strings.Join(entries, ", ") + "}"
}

// CreateRelations are the statements that give relations to a SQL text under its own names: CREATE SCHEMA and CREATE
// VIEW, a view after the relations it reads. A relation without schema goes to the main schema.
func CreateRelations(relations []Relation) ([]string, error) {
	named := make([]namedView, len(relations))
	for i, r := range relations {
		named[i] = namedView{r.Schema, r.Name, r.View}
	}
	statements := createSchemas(named)
	for _, i := range viewOrder(named) {
		body, err := relations[i].Select()
		if err != nil {
			return nil, err
		}
		statements = append(statements, "CREATE OR REPLACE VIEW "+mainName(relations[i].Schema, relations[i].Name)+" AS\n"+body)
	}
	return statements, nil
}

// StubStatements create empty tables, and views over them, for planning.
func StubStatements(stubs []Stub) []string {
	named := make([]namedView, len(stubs))
	for i, s := range stubs {
		named[i] = namedView{s.Schema, s.Name, s.View}
	}
	statements := createSchemas(named)
	for _, i := range viewOrder(named) {
		s := stubs[i]
		if s.View != "" {
			statements = append(statements, "CREATE OR REPLACE VIEW "+mainName(s.Schema, s.Name)+" AS\n"+trimStatement(s.View))
			continue
		}
		columns := make([]string, len(s.Columns))
		for j, c := range s.Columns {
			columns[j] = QuoteIdent(c.Name) + " " + c.Type
		}
		statements = append(statements, "CREATE OR REPLACE TABLE "+mainName(s.Schema, s.Name)+" ("+strings.Join(columns, ", ")+")")
	}
	return statements
}

// namedView is a relation or stub to create; view is empty for a table.
type namedView struct{ schema, name, view string }

// mainName qualifies a name without schema, so that it cannot become one of another schema or catalog.
func mainName(schema, name string) string {
	if schema == "" {
		schema = "main"
	}
	return QuoteName(schema, name)
}

func createSchemas(relations []namedView) []string {
	var statements []string
	for _, r := range relations {
		statement := "CREATE SCHEMA IF NOT EXISTS " + QuoteIdent(r.schema)
		if r.schema != "" && !slices.Contains(statements, statement) {
			statements = append(statements, statement)
		}
	}
	return statements
}

// viewOrder returns indexes of relations so that each comes after those its SQL may name. A name that is a column in fact
// only makes the order stricter; where such names would make a circle, the given order decides.
func viewOrder(relations []namedView) []int {
	order := make([]int, 0, len(relations))
	state := make([]int8, len(relations)) // 0 new, 1 open, 2 done
	var visit func(int)
	visit = func(i int) {
		if state[i] != 0 {
			return
		}
		state[i] = 1
		if view := relations[i].view; view != "" {
			names := namesIn(view)
			for j, other := range relations {
				if names[schema.Fold(other.schema)+"\x00"+schema.Fold(other.name)] {
					visit(j)
				}
			}
		}
		state[i] = 2
		order = append(order, i)
	}
	for i := range relations {
		visit(i)
	}
	return order
}

// namesIn are all names in a SQL text, in lower case: "\x00name", and "schema\x00name" for what stands before and behind a dot.
func namesIn(sql string) map[string]bool {
	l := newLocator(sql)
	names := map[string]bool{}
	for i := range l.tokens {
		if !l.isName(i) {
			continue
		}
		name := schema.Fold(unquote(l.text(i)))
		names["\x00"+name] = true
		if l.is(i-1, ".") && l.isName(i-2) {
			names[schema.Fold(unquote(l.text(i-2)))+"\x00"+name] = true
		}
	}
	return names
}
