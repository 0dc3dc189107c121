package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/app"
	"github.com/hosu-io/hosu/internal/orchestrate"
)

// write makes the files of a folder, by their paths.
func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// What a run must copy is not known when a source with a wildcard is out of reach: it has not succeeded then, however little else
// there was to do.
func TestRunFailsWithoutSourceOfWildcard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"hosu.yaml":          "name: lake\n",
		"sources/drops.yaml": "type: files\npath: drops\ntables:\n  \"*\": {}\n",
		"models/m/one.sql":   "select 1 as n",
		"drops/Orders.csv":   "id,amount\n1,2.50\n",
	})
	w := openWorkspace(t, dir, nil)
	if _, err := w.Run(t.Context(), orchestrate.Request{}); err != nil {
		t.Fatal(err)
	}

	if err := os.Rename(filepath.Join(dir, "drops"), filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		selectors []string
		fails     bool
	}{
		{"everything", nil, true},
		{"the source", []string{"source:drops"}, true},
		{"its namespace", []string{"raw_*.*"}, true},
		{"a table of it", []string{"raw_drops.orders"}, true},
		{"a model that does not read it", []string{"m.one"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := openWorkspace(t, dir, nil)
			tasks, err := w.Plan(t.Context(), orchestrate.Request{Selectors: test.selectors})
			if (err != nil) != test.fails || test.fails && len(tasks) == 0 {
				t.Errorf("plan: %d tasks and error %v, want an error: %t, beside what is planned", len(tasks), err, test.fails)
			}
		})
	}

	w = openWorkspace(t, dir, nil)
	if _, err := w.Run(t.Context(), orchestrate.Request{Selectors: []string{"m.one"}}); err != nil {
		t.Errorf("run of a model that does not read the source: %v", err)
	}
	result, err := w.Run(t.Context(), orchestrate.Request{})
	if !errors.Is(err, orchestrate.ErrFailed) || len(result.Unreached) != 1 || len(result.Tasks) != 1 || result.Tasks[0].Asset != "raw_drops.Orders" {
		t.Errorf("run: unreached %v, tasks %v and error %v; want the source, the table copied before and %v", result.Unreached, result.Tasks, err, orchestrate.ErrFailed)
	}
}

// What is not behind a wildcard any more is no work of it: a run does what the plan says. What the workspace reads is missed all the same.
func TestTableGoneFromBehindWildcard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"hosu.yaml":          "name: lake\n",
		"sources/drops.yaml": "type: files\npath: drops\ntables:\n  \"*\": {}\n",
		"models/m/total.sql": "select sum(amount) as amount from raw_drops.orders",
		"drops/Orders.csv":   "id,amount\n1,2.50\n",
		"drops/other.csv":    "id\n1\n",
		"drops/last.csv":     "id\n1\n",
	})
	if _, err := openWorkspace(t, dir, nil).Run(t.Context(), orchestrate.Request{}); err != nil {
		t.Fatal(err)
	}
	remove := func(name string) {
		t.Helper()
		if err := os.Remove(filepath.Join(dir, "drops", name)); err != nil {
			t.Fatal(err)
		}
	}

	remove("other.csv")
	w := openWorkspace(t, dir, nil)
	result, err := w.Run(t.Context(), orchestrate.Request{})
	if err != nil || len(result.Tasks) != 2 {
		t.Errorf("run: tasks %v and error %v, want those of the two files that are there", result.Tasks, err)
	}
	if table, err := w.Table(t.Context(), "raw_drops.other"); err != nil || table.Rows != 1 {
		t.Errorf("the copy has %d rows, error %v; want it as it was", table.Rows, err)
	}

	remove("Orders.csv")
	result, err = openWorkspace(t, dir, nil).Run(t.Context(), orchestrate.Request{})
	if !errors.Is(err, orchestrate.ErrFailed) {
		t.Errorf("run: tasks %v and error %v, want %v: a model reads the table", result.Tasks, err, orchestrate.ErrFailed)
	}
}

// Before anything was copied from such a source there is not even a task that could fail.
func TestFirstRunFailsWithoutSourceOfWildcard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"hosu.yaml":          "name: lake\n",
		"sources/drops.yaml": "type: files\npath: nowhere\ntables:\n  \"*\": {}\n",
	})
	w := openWorkspace(t, dir, nil)
	result, err := w.Run(t.Context(), orchestrate.Request{})
	if !errors.Is(err, orchestrate.ErrFailed) || len(result.Unreached) != 1 || result.Unreached[0].Source != "drops" {
		t.Errorf("run: unreached %v and error %v, want source drops and %v", result.Unreached, err, orchestrate.ErrFailed)
	}
}

// A namespace keeps the spelling it was made with, also when the folder of its models gets another.
func TestCheckOfATableSpelledOtherwise(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"hosu.yaml": "name: lake\n", "models/Marts/a.sql": "select 1 as a"})
	if _, err := openWorkspace(t, dir, nil).Run(t.Context(), orchestrate.Request{}); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "models", "Marts"), filepath.Join(dir, "models", "marts")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"checks/none.sql": "select * from marts.a"})
	result, err := openWorkspace(t, dir, nil).Run(t.Context(), orchestrate.Request{})
	if !errors.Is(err, orchestrate.ErrFailed) || len(result.Checks) != 1 || result.Checks[0].Passed {
		t.Errorf("checks %+v and error %v, want one that failed", result.Checks, err)
	}
}

func TestTablesBehindWildcard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"hosu.yaml":          "name: lake\n",
		"sources/drops.yaml": "type: files\npath: drops\ntables:\n  \"*\": {}\n",
		"models/m/total.sql": "select sum(amount) as amount from raw_drops.orders", // not as the file is spelled
		"checks/some.sql":    "select 1 from raw_drops.ORDERS having count(*) = 0",
		"drops/Orders.csv":   "id,amount\n1,2.50\n",
		"drops/other.csv":    "id\n1\n",
	})
	w := openWorkspace(t, dir, nil)
	result, err := w.Run(t.Context(), orchestrate.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Checks) != 1 || !result.Checks[0].Passed {
		t.Errorf("checks %v, want one that passed", result.Checks)
	}
	want := []string{"raw_drops.Orders", "raw_drops.other", "m.total"}

	// The source is asked in runs only: another process knows the tables by what was copied.
	status, err := openWorkspace(t, dir, nil).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, a := range status.Assets {
		listed = append(listed, a.Asset)
		if a.Filled.IsZero() {
			t.Errorf("%s is said not to be filled", a.Asset)
		}
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("assets of the status (-want +got):\n%s", diff)
	}

	tables, err := w.Tables(t.Context(), "raw_drops")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, table := range tables {
		names = append(names, table.Name)
	}
	if diff := cmp.Diff([]string{"raw_drops.Orders", "raw_drops.other"}, names); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}

	var again app.RunResult
	if again, err = openWorkspace(t, dir, nil).Run(t.Context(), orchestrate.Request{}); err != nil || !again.Idle() {
		t.Errorf("second run: %v, %v; want nothing new", again.Tasks, err)
	}
}
