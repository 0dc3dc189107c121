package sandbox

import (
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/project"
)

// functionList names the functions that may be called, one per line, sorted, in lower case. It is what DuckDB
// has without deniedFunctions; a test holds it to that, so that a new version of DuckDB brings a review.
//
//go:embed functions.txt
var functionList string

// allowedTableFunctions make rows out of their arguments and look at nothing else.
var allowedTableFunctions = []string{"generate_series", "json_each", "json_tree", "range", "repeat", "repeat_row", "unnest"}

// deniedFamily is a set of functions that are not for people's SQL.
type deniedFamily struct {
	why     string
	pattern *regexp.Regexp // of the whole name
}

// deniedFunctions are reviewed families of DuckDB's functions: the first that matches is the reason given. What
// matches none and is not in functionList either is unknown, and denied as that.
var deniedFunctions = []deniedFamily{
	{"reads files", whole(`read_.*|.*_scan|scan_.*|glob|sniff_csv|parquet_.*|st_read.*|open_.*`)},
	{"reads the environment", whole(`getenv|get_env`)},
	{"runs SQL that is hidden in a value", whole(`query|query_table|json_execute_serialized_sql|json_serialize_plan|json_serialize_sql|json_deserialize_sql|sql_auto_complete|check_peg_parser|from_substrait.*|get_substrait.*`)},
	{"reads or changes the settings of the session", whole(`current_setting|set_config|getvariable|setseed|in_search_path|get_block_size|add_parquet_key`)},
	{"looks into the engine", whole(`duckdb_.*|pragma_.*|sqlite_.*|pg_.*|has_.*_privilege|inet_.*|.*_description|format_pg_type|format_type|map_to_pg_oid|which_secret|summary|test_.*|stats|vector_type|write_log|parse_duckdb_log_message|enable_.*|disable_.*|truncate_duckdb_logs|checkpoint|force_checkpoint|histogram_values|icu_calendar_names`)},
	// The statement that runs is not the one that was written: it holds the filters of policies.
	{"shows how the statement is run", whole(`current_(connection_id|query|query_id|transaction_id)|txid_current`)},
	{"changes state", whole(`nextval|currval`)},
	{"only holds a process", whole(`sleep_ms`)},
	{"is the engine's own", whole(`__internal_.*|combine|finalize|remap_struct|create_sort_key|variant_bytes_to_variant|variant_normalize|variant_to_parquet_variant|timetz_byte_comparable|python_map_function|icu_sort_key`)},
}

func whole(pattern string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + pattern + `)$`) }

// allowedNodes are the kinds of node in the parser's tree of a SELECT. With SHOW_REF comes the kind of SHOW: DESCRIBE
// and SUMMARIZE are queries over a relation, the others list what the engine has.
var allowedNodes = strings.Fields(`
	SELECT_NODE SET_OPERATION_NODE RECURSIVE_CTE_NODE CTE_NODE
	DISTINCT_MODIFIER LIMIT_MODIFIER LIMIT_PERCENT_MODIFIER ORDER_MODIFIER ASCENDING DESCENDING ORDER_DEFAULT
	BASE_TABLE EMPTY EXPRESSION_LIST JOIN PIVOT SUBQUERY TABLE_FUNCTION SHOW_REF DESCRIBE SUMMARY
	COLUMN_REF POSITIONAL_REFERENCE STAR LAMBDA FUNCTION CASE_EXPR COLLATE
	VALUE_CONSTANT VALUE_DEFAULT VALUE_PARAMETER
	ARRAY_CONSTRUCTOR ARRAY_EXTRACT ARRAY_SLICE STRUCT_EXTRACT
	COMPARE_BETWEEN COMPARE_NOT_BETWEEN COMPARE_IN COMPARE_NOT_IN COMPARE_EQUAL COMPARE_NOTEQUAL
	COMPARE_LESSTHAN COMPARE_LESSTHANOREQUALTO COMPARE_GREATERTHAN COMPARE_GREATERTHANOREQUALTO
	COMPARE_DISTINCT_FROM COMPARE_NOT_DISTINCT_FROM CONJUNCTION_AND CONJUNCTION_OR
	OPERATOR_CAST OPERATOR_COALESCE OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_NOT OPERATOR_NULLIF OPERATOR_TRY
	OPERATOR_UNPACK GROUPING_FUNCTION
	WINDOW_AGGREGATE WINDOW_CUME_DIST WINDOW_FILL WINDOW_FIRST_VALUE WINDOW_LAG WINDOW_LAST_VALUE WINDOW_LEAD
	WINDOW_NTH_VALUE WINDOW_NTILE WINDOW_PERCENT_RANK WINDOW_RANK WINDOW_RANK_DENSE WINDOW_ROW_NUMBER
`)

// syntaxFunctions are the names that the parser gives to syntax and that the catalog of functions lacks.
var syntaxFunctions = []string{
	"!__postfix", "coalesce", "current_time", "current_timestamp", "grouping", "grouping_id", "if", "ifnull", "localtime", "localtimestamp", "unnest",
}

// systemSchemas hold what the engine knows about itself and its files.
var systemSchemas = []string{"information_schema", "pg_catalog", "system", "temp"}

// systemCatalogs are the databases every session has; a table of hosu's is in none of them by name.
var systemCatalogs = []string{"memory", "system", "temp"}

// systemTable matches the views that DuckDB finds without a schema.
var systemTable = regexp.MustCompile(`^(duckdb_|sqlite_|pg_|pragma_)`)

// fileLike matches what DuckDB takes for a file or an address when no table has the name. A table whose name
// ends like that of a data file could not be told from it.
var fileLike = regexp.MustCompile(`[/\\:*?]|\.(csv|tsv|txt|parquet|jsonl?|ndjson|db|duckdb|sqlite3?|arrow|feather|xlsx|gz|zst)$`)

// allowlist is the parsed form of the lists above.
type allowlist struct {
	functions, tableFunctions, nodes map[string]struct{}
}

func newAllowlist() *allowlist {
	set := func(lists ...[]string) map[string]struct{} {
		all := map[string]struct{}{}
		for _, list := range lists {
			for _, name := range list {
				all[name] = struct{}{}
			}
		}
		return all
	}
	return &allowlist{
		functions:      set(strings.Fields(functionList), syntaxFunctions),
		tableFunctions: set(allowedTableFunctions),
		nodes:          set(allowedNodes),
	}
}

// Allow refuses, with an [engine.StatementError] of kind denied, a statement that has anything in it that is not known
// to be harmless: a kind of clause, a function, a table function, or a name of a table that DuckDB would look
// up outside the relations of a job. It is the first wall and not the last: see the package comment.
func Allow(statement *engine.Statement) error { return newAllowlist().allow(statement) }

func (a *allowlist) allow(statement *engine.Statement) error {
	for _, node := range statement.Nodes {
		if _, ok := a.nodes[node]; !ok {
			return denied("%s is not part of the SQL that may be run here; write a SELECT over tables", nodeName(node))
		}
	}
	for _, name := range statement.TableFunctions {
		if _, ok := a.tableFunctions[name]; !ok {
			return deniedAt(position(statement, name), "the table function %s() may not be called: it %s; read tables of the catalog by name", name, reason(name))
		}
	}
	for _, name := range statement.Functions {
		if _, ok := a.functions[name]; !ok {
			return deniedAt(position(statement, name), "the function %s() may not be called: it %s%s", name, reason(name), a.meant(name))
		}
	}
	for _, table := range statement.Tables {
		if err := allowTable(table); err != nil {
			return err
		}
	}
	return nil
}

// position is where a function is called first.
func position(statement *engine.Statement, function string) int {
	if at, ok := statement.Calls[function]; ok {
		return at
	}
	return noPosition
}

func allowTable(table engine.TableRef) error {
	catalog, schema, name := strings.ToLower(table.Catalog), strings.ToLower(table.Schema), strings.ToLower(table.Name)
	switch {
	case fileLike.MatchString(name) || fileLike.MatchString(schema) || fileLike.MatchString(catalog):
		return deniedAt(table.Start, "%q names a file or an address, not a table; copy it in as a source and read its table", written(table))
	case slices.Contains(systemCatalogs, catalog) || slices.Contains(systemSchemas, schema):
		return deniedAt(table.Start, "%q is one of the engine's own tables; tables of the catalog are listed by `hosu table ls`", written(table))
	case slices.Contains(systemCatalogs, schema):
		return deniedAt(table.Start, "%q is in the engine's own database; name the table with its namespace", written(table))
	case schema == "" && systemTable.MatchString(name):
		return deniedAt(table.Start, "%q is one of the engine's own tables; tables of the catalog are listed by `hosu table ls`", written(table))
	}
	return nil
}

func written(table engine.TableRef) string {
	parts := slices.DeleteFunc([]string{table.Catalog, table.Schema, table.Name}, func(s string) bool { return s == "" })
	return strings.Join(parts, ".")
}

// nodeName is a kind of node in the words of SQL, as far as people meet them.
func nodeName(node string) string {
	if strings.HasPrefix(node, "SHOW_") {
		return "SHOW"
	}
	return node
}

func reason(function string) string {
	for _, family := range deniedFunctions {
		if family.pattern.MatchString(function) {
			return family.why
		}
	}
	return "is unknown, or not among the functions known to be safe"
}

// meant is a suggestion for the name of a function that is unknown; "" when none is near, or the function is known and denied.
func (a *allowlist) meant(function string) string {
	for _, family := range deniedFunctions {
		if family.pattern.MatchString(function) {
			return ""
		}
	}
	near := project.Nearest(function, slices.Sorted(maps.Keys(a.functions)))
	if len(near) == 0 {
		return ""
	}
	return fmt.Sprintf("; did you mean %s()?", strings.Join(near, "() or "))
}

func denied(format string, args ...any) error { return deniedAt(noPosition, format, args...) }

func deniedAt(position int, format string, args ...any) error {
	return &engine.StatementError{Kind: engine.Denied, Message: fmt.Sprintf(format, args...), Position: position}
}
