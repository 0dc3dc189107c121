package sandbox_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/engine/sandbox"
)

func TestFunctions(t *testing.T) {
	t.Parallel()
	trusted, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trusted.Close()
	functions, err := sandbox.Functions(t.Context(), trusted)
	if err != nil {
		t.Fatal(err)
	}
	find := func(name string, kind sandbox.FunctionKind) sandbox.Function {
		i := slices.IndexFunc(functions, func(f sandbox.Function) bool { return f.Name == name && f.Kind == kind })
		if i < 0 {
			t.Fatalf("%s is not listed as %s", name, kind)
		}
		return functions[i]
	}
	if f := find("lower", sandbox.Scalar); !slices.Equal(f.Signatures, []string{"lower(string VARCHAR) → VARCHAR"}) || f.Description == "" || len(f.Examples) == 0 {
		t.Errorf("%+v", f)
	}
	if f := find("lag", sandbox.Window); len(f.Signatures) != 3 {
		t.Errorf("%+v", f)
	}
	find("sum", sandbox.Aggregate)
	find("generate_series", sandbox.Table)
	if len(functions) < 500 || !slices.IsSortedFunc(functions, func(a, b sandbox.Function) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("%d functions, or not by name", len(functions))
	}
	// What is listed may be called: Allow looks at names, so a call with any arguments says so.
	for _, f := range functions {
		statement := &engine.Statement{Functions: []string{f.Name}}
		switch f.Kind {
		case sandbox.Table:
			statement = &engine.Statement{TableFunctions: []string{f.Name}}
		case sandbox.Window:
			continue // part of the grammar
		}
		if err := sandbox.Allow(statement); err != nil {
			t.Errorf("%s is listed and refused: %v", f.Name, err)
		}
	}
}

// Window functions are called as they are listed.
func TestWindowFunctionsAreDuckDBs(t *testing.T) {
	t.Parallel()
	trusted, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer trusted.Close()
	functions, err := sandbox.Functions(t.Context(), trusted)
	if err != nil {
		t.Fatal(err)
	}
	arguments := map[string]string{"ntile": "2", "nth_value": "i, 1", "fill": "i", "first_value": "i", "last_value": "i", "lag": "i", "lead": "i"}
	for _, f := range functions {
		if f.Kind != sandbox.Window {
			continue
		}
		sql := "select " + f.Name + "(" + arguments[f.Name] + ") over (order by i) from range(3) t(i)"
		statement, err := trusted.Parse(t.Context(), sql)
		if err == nil {
			err = sandbox.Allow(statement)
		}
		if err == nil {
			_, err = trusted.Describe(t.Context(), sql)
		}
		if err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
