package quality_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/quality"
	"github.com/hosu-io/hosu/internal/schema"
)

func TestColumns(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		found, contract string
		want            string // "" is a mismatch
	}{
		{"DECIMAL(38,2)", "", "decimal(38, 2)"},
		{"DECIMAL(38,2)", "decimal(18,2)", "decimal(18, 2)"},
		{"DECIMAL(10,2)", "decimal(18,4)", "decimal(18, 4)"},
		{"DECIMAL(10,4)", "decimal(18,2)", ""}, // would round
		{"HUGEINT", "", "decimal(38, 0)"},
		{"HUGEINT", "bigint", "long"},
		{"BIGINT", "int", "int"},
		{"BIGINT", "decimal(18,2)", "decimal(18, 2)"},
		{"DECIMAL(10,2)", "bigint", ""},
		{"UBIGINT", "bigint", "long"},
		{"DOUBLE", "decimal(18,2)", ""},
		{"DECIMAL(18,2)", "double", ""},
		{"INTEGER", "double", "double"},
		{"BIGINT", "double", ""}, // not every bigint is a double
		{"FLOAT", "double", "double"},
		{"DOUBLE", "float", ""},
		{"VARCHAR", "string", "string"},
		{"VARCHAR", "date", ""},
		{"INTEGER", "varchar", ""},
		{"TIMESTAMP", "timestamptz", ""}, // another meaning
		{"TIMESTAMP WITH TIME ZONE", "timestamptz", "timestamptz"},
		{"TIMESTAMP WITH TIME ZONE", "TIMESTAMP", ""},
		{"DATE", "timestamp", ""},
		{"STRUCT(a INTEGER, b VARCHAR[])", "struct<a: int, b: list<string>>", `STRUCT("a" INTEGER, "b" VARCHAR[])`},
		{"STRUCT(a INTEGER)", "struct<a: bigint>", ""},
	} {
		m := &project.Model{Name: "marts.m", Pos: project.Pos{File: "models/m.sql", Line: 1}}
		if tc.contract != "" {
			m.Columns = []*project.ColumnContract{{Name: "C", Type: tc.contract, Description: "a number", Pos: project.Pos{File: "models/m.sql", Line: 3}}}
		}
		columns, err := quality.Columns(m, []engine.Column{{Name: "c", Type: tc.found}})
		if tc.want == "" {
			var mismatch *quality.ContractError
			if !errors.As(err, &mismatch) || mismatch.Expected != tc.contract || !strings.HasPrefix(err.Error(), "models/m.sql:3: ") || !mismatch.Permanent() {
				t.Errorf("%s as %s: %v, want a mismatch", tc.found, tc.contract, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s as %s: %v", tc.found, tc.contract, err)
			continue
		}
		if got := columns[0].Type; spell(got) != tc.want || columns[0].Name != "c" || tc.contract != "" && columns[0].Doc != "a number" {
			t.Errorf("%s as %s: %+v, want %s", tc.found, tc.contract, columns[0], tc.want)
		}
	}
}

// spell is Iceberg's spelling, and DuckDB's for nested types, which has no field ids.
func spell(t iceberg.Type) string {
	if _, nested := t.(iceberg.NestedType); nested {
		return schema.DuckDB(t)
	}
	return t.String()
}

func TestColumnsRefuses(t *testing.T) {
	t.Parallel()
	m := &project.Model{Name: "marts.m", Pos: project.Pos{File: "models/m.sql", Line: 1},
		Columns: []*project.ColumnContract{{Name: "gone", Pos: project.Pos{File: "models/m.sql", Line: 4}}}}
	_, err := quality.Columns(m, []engine.Column{{Name: "a", Type: "INTEGER"}, {Name: "A", Type: "INTEGER"}, {Name: "u", Type: "UNION(x INTEGER)"}})
	for _, want := range []string{
		`models/m.sql:1: marts.m, column "A": the query has two columns of this name; give one of them another name with AS`,
		`models/m.sql:1: marts.m, column "u": its type is UNION(x INTEGER)`,
		`models/m.sql:4: marts.m, column "gone": the query has no such column; it has a, A, u`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
