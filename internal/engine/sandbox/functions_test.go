package sandbox

import (
	"context"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/engine"
)

var update = flag.Bool("update", false, "rewrite functions.txt from the DuckDB that is linked; review the difference")

// isName matches what can be called as a function; the rest of DuckDB's list are operators.
var isName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// TestFunctionList holds functions.txt to what DuckDB has without the denied families: with another version of DuckDB
// it fails until somebody has looked at every new function.
func TestFunctionList(t *testing.T) {
	t.Parallel()
	var want []string
	for _, name := range functionNames(t, "scalar", "aggregate", "macro") {
		if isName.MatchString(name) && !isDenied(name) {
			want = append(want, name)
		}
	}
	if *update {
		if err := os.WriteFile("functions.txt", []byte(strings.Join(want, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile("functions.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, strings.Fields(string(data))); diff != "" {
		t.Errorf("functions.txt is not what DuckDB has (-DuckDB +file); review each new function, add what is not harmless "+
			"to deniedFunctions, and run go test -run %s -update:\n%s", t.Name(), diff)
	}
}

// TestTableFunctions sees that every table function of DuckDB is either on the short list or refused with a reason.
func TestTableFunctions(t *testing.T) {
	t.Parallel()
	// These are in no family: one makes histograms of a table named in a string, the other is the engine's own.
	unknown := []string{"arrow_scan_dumb", "histogram"}
	for _, name := range functionNames(t, "table", "table_macro") {
		err := Allow(&engine.Statement{TableFunctions: []string{name}})
		allowed := slices.Contains(allowedTableFunctions, name)
		if (err == nil) != allowed {
			t.Errorf("%s: on the list %v, refused with %v", name, allowed, err)
		}
		if !allowed && isDenied(name) == slices.Contains(unknown, name) {
			t.Errorf("%s: in a denied family %v; every new table function wants a review", name, isDenied(name))
		}
	}
}

// TestSyntaxFunctions sees that names the parser makes up are not a way around the list.
func TestSyntaxFunctions(t *testing.T) {
	t.Parallel()
	for _, name := range syntaxFunctions {
		if isDenied(name) {
			t.Errorf("%s is allowed as syntax and denied as a function", name)
		}
	}
}

func isDenied(name string) bool {
	return slices.ContainsFunc(deniedFunctions, func(f deniedFamily) bool { return f.pattern.MatchString(name) })
}

// functionNames lists DuckDB's functions of the given types, sorted, in lower case.
func functionNames(t *testing.T, types ...string) []string {
	t.Helper()
	db, err := engine.Open(engine.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryArrow(context.Background(), `SELECT DISTINCT lower(function_name) AS name FROM duckdb_functions()
		WHERE function_type IN ('`+strings.Join(types, "', '")+`') ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Release()
	var names []string
	for rows.Next() {
		column := rows.RecordBatch().Column(0).(*array.String)
		for i := range column.Len() {
			names = append(names, strings.Clone(column.Value(i)))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}
