package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteWorkspace(t *testing.T) {
	t.Parallel()
	for _, postgres := range []bool{false, true} {
		dir := t.TempDir()
		if err := WriteWorkspace(dir, options(t), postgres); err != nil {
			t.Fatal(err)
		}
		shop, err := os.ReadFile(filepath.Join(dir, "sources", "shop.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(shop), "type: postgres"); got != postgres {
			t.Errorf("postgres %v: sources/shop.yaml says\n%s", postgres, shop)
		}
		models := 0
		err = filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if strings.Contains(string(text), "FIRST_DAY") {
				t.Errorf("%s: the first day was not filled in", path)
			}
			if filepath.Ext(path) == ".sql" && strings.Contains(path, "models") {
				models++
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if models < 12 {
			t.Errorf("%d models, want at least 12", models)
		}
	}
}
