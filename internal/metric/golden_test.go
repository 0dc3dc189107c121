package metric_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/engine/sandbox"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/project"
)

// TestSQL compares the statements made of the questions in testdata (query/NAME.json) with those written there
// (want/NAME.sql). Each is also allowed by the sandbox and run over the tables of tables.sql.
func TestSQL(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/sql/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			e := openEngine(t, "Asia/Seoul")
			var workspace, out []txtar.File
			want := map[string]string{}
			for _, f := range archive.Files {
				switch {
				case strings.HasPrefix(f.Name, "want/"):
					want[f.Name] = string(f.Data)
					continue
				case f.Name == "tables.sql":
					if err := e.Exec(t.Context(), string(f.Data)); err != nil {
						t.Fatal(err)
					}
				case !strings.HasPrefix(f.Name, "query/"):
					workspace = append(workspace, f)
				}
				out = append(out, f)
			}
			set, err := load(t, e, workspace)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range archive.Files {
				name, is := strings.CutPrefix(f.Name, "query/")
				if !is {
					continue
				}
				name = "want/" + strings.TrimSuffix(name, ".json") + ".sql"
				got := compiled(t, e, set, parseQuery(t, f.Data))
				if diff := cmp.Diff(want[name], got); diff != "" && !*update {
					t.Errorf("%s: -want +got (go test -update writes it):\n%s", name, diff)
				}
				out = append(out, txtar.File{Name: name, Data: []byte(got)})
			}
			if *update {
				archive.Files = out
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// compiled is the statement of a question, or what is wrong with it.
func compiled(t *testing.T, e *engine.Engine, set *metric.Set, q metric.Query) string {
	t.Helper()
	statement, err := set.Compile(q)
	var wrong *metric.QueryError
	if errors.As(err, &wrong) {
		return "error: " + wrong.Error() + "\n"
	}
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := e.Parse(t.Context(), statement.SQL)
	if err != nil {
		t.Fatalf("%v\n%s", err, statement.SQL)
	}
	if err := sandbox.Allow(parsed); err != nil {
		t.Errorf("%v\n%s", err, statement.SQL)
	}
	columns, err := e.Describe(t.Context(), statement.SQL)
	if err != nil {
		t.Errorf("%v\n%s", err, statement.SQL)
		return statement.SQL + "\n"
	}
	if err := e.Exec(t.Context(), statement.SQL); err != nil {
		t.Errorf("%v\n%s", err, statement.SQL)
	}
	if len(columns) != len(statement.Columns) {
		t.Errorf("%d columns, and %d are described\n%s", len(columns), len(statement.Columns), statement.SQL)
		return statement.SQL + "\n"
	}
	for i, c := range statement.Columns {
		if c.Name != columns[i].Name || c.Type != "" && c.Type != columns[i].Type {
			t.Errorf("column %d is %v, and %v is described\n%s", i, columns[i], c, statement.SQL)
		}
	}
	return statement.SQL + "\n"
}

// TestMistakes compares what is said about wrong files.
func TestMistakes(t *testing.T) {
	t.Parallel()
	const path = "testdata/mistakes.txtar"
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := &archive.Files[len(archive.Files)-1]
	_, err = load(t, openEngine(t, "UTC"), archive.Files[:len(archive.Files)-1])
	if wrong := (*project.Errors)(nil); !errors.As(err, &wrong) {
		t.Fatalf("got %v", err)
	}
	got := []byte(err.Error() + "\n")
	if *update {
		last.Data = got
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got, last.Data) {
		t.Errorf("-want +got (go test -update writes it):\n%s", cmp.Diff(string(last.Data), string(got)))
	}
}
