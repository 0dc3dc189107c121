package project_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/project"
)

func TestStamp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("hosu.yaml", "name: shop\n")
	write("models/a/b.sql", "select 1")
	last := project.Stamp(dir)
	for _, step := range []struct {
		name    string
		change  func()
		differs bool
	}{
		{"nothing", func() {}, false},
		{"data", func() { write("warehouse/x.parquet", "PAR1"); write(".hosu/state.db", "x"); write("notes.txt", "x") }, false},
		{"a hidden file", func() { write("models/a/.b.sql.swp", "x") }, false},
		{"an empty folder", func() { _ = os.MkdirAll(filepath.Join(dir, "models", "c"), 0o755) }, false},
		{"longer text", func() { write("models/a/b.sql", "select 10") }, true},
		{"text as long", func() {
			write("models/a/b.sql", "select 11")
			later := time.Now().Add(time.Second)
			if err := os.Chtimes(filepath.Join(dir, "models/a/b.sql"), later, later); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"a new file", func() { write("dashboards/d.yaml", "x") }, true},
		{"a file of a kind that is not known yet", func() { write("ml/m.yaml", "x") }, true},
		{"a name", func() {
			if err := os.Rename(filepath.Join(dir, "dashboards/d.yaml"), filepath.Join(dir, "dashboards/e.yaml")); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"the configuration", func() { write("hosu.yaml", "name: shop2\n") }, true},
		{"a file less", func() { _ = os.Remove(filepath.Join(dir, "models/a/b.sql")) }, true},
	} {
		step.change()
		stamp := project.Stamp(dir)
		if (stamp != last) != step.differs {
			t.Errorf("after %s the stamp differs: %t", step.name, stamp != last)
		}
		last = stamp
	}
}
