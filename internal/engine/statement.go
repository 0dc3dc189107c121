package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/hosu-io/hosu/internal/schema"
)

// ast is the JSON of DuckDB's json_serialize_sql.
type ast struct {
	Error      bool             `json:"error"`
	Kind       string           `json:"error_type"`
	Message    string           `json:"error_message"`
	Subtype    string           `json:"error_subtype"`
	Position   string           `json:"position"`
	Statements []map[string]any `json:"statements"`
}

const notSelect = "only a SELECT statement is accepted here; of PIVOT, the one with an IN list of values"

// decodeStatement reads the AST of sql, which is the text DuckDB parsed; refs are located in original.
func decodeStatement(sql, original, serialized string) (*Statement, error) {
	var tree ast
	if err := json.Unmarshal(quoteNumbers([]byte(serialized)), &tree); err != nil {
		return nil, fmt.Errorf("read DuckDB's parse tree: %w", err)
	}
	switch {
	case tree.Error && tree.Kind == "not implemented":
		return nil, &StatementError{Kind: Syntax, Message: notSelect, Position: -1}
	case tree.Error:
		return nil, &StatementError{Kind: Syntax, Message: tree.Message, Position: errorPosition(sql, tree.Subtype, tree.Position)}
	case len(tree.Statements) == 0:
		return nil, &StatementError{Kind: Syntax, Message: "there is no statement in the text", Position: -1}
	case len(tree.Statements) > 1:
		return nil, &StatementError{
			Kind: Syntax, Position: -1,
			Message: fmt.Sprintf("the text is %d statements; give one SELECT", len(tree.Statements)),
		}
	}
	w := walker{
		nodes: map[string]bool{}, functions: map[string]bool{}, tables: map[string]bool{}, calls: map[string]int{},
		original: original, locate: newLocator(original),
	}
	if err := w.walk(tree.Statements[0], nil); err != nil {
		return nil, err
	}
	slices.SortFunc(w.refs, func(a, b TableRef) int { return a.Start - b.Start })
	return &Statement{
		Tables:         w.refs,
		Functions:      slices.Sorted(maps.Keys(w.functions)),
		TableFunctions: slices.Sorted(maps.Keys(w.tables)),
		Calls:          w.calls,
		Params:         paramNames(tree.Statements[0]["named_param_map"]),
		Nodes:          slices.Sorted(maps.Keys(w.nodes)),
	}, nil
}

// paramNames reads DuckDB's parameter map in the order of the parameters' numbers.
func paramNames(v any) []string {
	entries, _ := v.([]any)
	slices.SortFunc(entries, func(a, b any) int {
		return int(number(a.(map[string]any)["value"]) - number(b.(map[string]any)["value"]))
	})
	var names []string
	for _, e := range entries {
		names = append(names, str(e.(map[string]any), "key"))
	}
	return names
}

func number(v any) float64 { n, _ := v.(float64); return n }

func str(m map[string]any, key string) string { s, _ := m[key].(string); return s }

// scope is the chain of common table expressions that a place in the text sees; nil sees none.
type scope struct {
	name  string // lower case
	outer *scope
}

func (s *scope) has(name string) bool {
	for ; s != nil; s = s.outer {
		if s.name == name {
			return true
		}
	}
	return false
}

// walker collects what is in an AST. It visits every object and array, known or not, so that
// nothing callable is missed; only the scopes of common table expressions need knowledge of the tree.
type walker struct {
	nodes, functions, tables map[string]bool
	calls                    map[string]int
	refs                     []TableRef
	original                 string
	locate                   *locator
}

func (w *walker) walk(v any, in *scope) error {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if err := w.walk(e, in); err != nil {
				return err
			}
		}
	case map[string]any:
		return w.object(v, in)
	}
	return nil
}

func (w *walker) object(m map[string]any, in *scope) error {
	kind := str(m, "type")
	if kind != "" && !strings.HasSuffix(kind, "_TYPE_INFO") { // those describe the types of casts
		w.nodes[kind] = true
	}
	switch kind {
	case "BASE_TABLE":
		if err := w.table(m, in); err != nil {
			return err
		}
	case "SHOW_REF":
		w.nodes[str(m, "show_type")] = true
	case "TABLE_FUNCTION":
		if f, ok := m["function"].(map[string]any); ok && str(f, "function_name") != "" {
			w.nodes[str(f, "type")] = true
			w.tables[strings.ToLower(str(f, "function_name"))] = true
			w.called(strings.ToLower(str(f, "function_name")), f)
			m = withoutKey(m, "function")
			if err := w.children(withoutKey(f, "function_name"), in); err != nil {
				return err
			}
		}
	case "COLUMN_REF":
		w.valueFunction(m)
	}
	w.function(m)
	return w.children(m, in)
}

// children visits what is below m. Common table expressions come first and each sees those before it; the rest of the
// node sees them all. The name of a recursive one is seen by its recursive arm only: in the first arm it means a table.
func (w *walker) children(m map[string]any, in *scope) error {
	recursive := in
	if name := str(m, "cte_name"); name != "" && str(m, "type") == "RECURSIVE_CTE_NODE" {
		recursive = &scope{name: schema.Fold(name), outer: in}
	}
	if ctes, ok := m["cte_map"].(map[string]any); ok {
		entries, _ := ctes["map"].([]any)
		for _, e := range entries {
			entry, _ := e.(map[string]any)
			if err := w.walk(entry["value"], in); err != nil {
				return err
			}
			name := schema.Fold(str(entry, "key"))
			in, recursive = &scope{name: name, outer: in}, &scope{name: name, outer: recursive}
		}
	}
	for key, v := range m {
		sees := in
		switch key {
		case "cte_map":
			continue
		case "right":
			sees = recursive
		}
		if err := w.walk(v, sees); err != nil {
			return err
		}
	}
	return nil
}

// function notes a call. DuckDB marks operators, but a name with a letter in it (SIMILAR TO is regexp_full_match) is a
// function whatever the mark says.
func (w *walker) function(m map[string]any) {
	name := str(m, "function_name")
	if name == "" {
		return
	}
	operator, _ := m["is_operator"].(bool)
	if !operator || strings.IndexFunc(name, func(r rune) bool { return unicode.IsLetter(r) || r == '_' }) >= 0 {
		w.functions[strings.ToLower(name)] = true
		w.called(strings.ToLower(name), m)
	}
}

// called notes where a function is called first, if the text has its name there: DuckDB may have put it in place of other syntax.
func (w *walker) called(name string, m map[string]any) {
	location, known := m["query_location"].(float64)
	at := int(location)
	if !known || at < 0 || at+len(name) > len(w.original) || !strings.EqualFold(w.original[at:at+len(name)], name) {
		return
	}
	if first, ok := w.calls[name]; !ok || at < first {
		w.calls[name] = at
	}
}

// valueFunctions are called without parentheses: in the tree they look like columns, and they are called when
// no column has the name.
var valueFunctions = map[string]bool{
	"current_catalog": true, "current_date": true, "current_role": true, "current_schema": true, "current_time": true,
	"current_timestamp": true, "current_user": true, "localtime": true, "localtimestamp": true, "session_user": true, "user": true,
}

func (w *walker) valueFunction(m map[string]any) {
	if names, ok := m["column_names"].([]any); ok && len(names) == 1 {
		if name, _ := names[0].(string); valueFunctions[strings.ToLower(name)] {
			w.functions[strings.ToLower(name)] = true
		}
	}
}

func (w *walker) table(m map[string]any, in *scope) error {
	ref := TableRef{
		Catalog: str(m, "catalog_name"), Schema: str(m, "schema_name"), Name: str(m, "table_name"), Alias: str(m, "alias"),
		Start: int(number(m["query_location"])),
	}
	unqualified := ref.Catalog == "" && (ref.Schema == "" || equalName(ref.Schema, "recurring"))
	if unqualified && in.has(schema.Fold(ref.Name)) {
		return nil
	}
	_, at := m["at_clause"]
	if !w.locate.complete(&ref, at) {
		return &StatementError{
			Kind: Syntax, Position: ref.Start,
			Message: fmt.Sprintf("the reference to table %s is written in a way that is not understood", QuoteName(ref.Schema, ref.Name)),
		}
	}
	w.refs = append(w.refs, ref)
	return nil
}

func withoutKey(m map[string]any, key string) map[string]any {
	m = maps.Clone(m)
	delete(m, key)
	return m
}

// parseWith parses sql with serialize, which is DuckDB's json_serialize_sql.
func parseWith(ctx context.Context, sql string, serialize func(context.Context, string) (string, error)) (*Statement, error) {
	text := blankSpaces(sql)
	serialized, err := serialize(ctx, text)
	if err != nil {
		return nil, err
	}
	statement, err := decodeStatement(text, sql, serialized)
	if err == nil {
		return statement, nil
	}
	moved, ok := newLocator(text).aliasFirst()
	if !ok {
		return nil, err
	}
	if serialized, err = serialize(ctx, moved); err != nil {
		return nil, err
	}
	return decodeStatement(moved, sql, serialized)
}
