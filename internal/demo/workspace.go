package demo

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

//go:embed workspace
var workspaceFiles embed.FS

// Names inside the demo workspace.
const (
	ShopDatabase = "shop.db"    // of the SQLite source
	EventDir     = "app-events" // one file of app events a day
	// DatabaseVariable is the environment variable that a PostgreSQL shop's URL is read from.
	DatabaseVariable = "SHOP_DATABASE_URL"
)

// FirstDay is the first simulated day of a history that ends with lastDay.
func FirstDay(lastDay time.Time) time.Time { return lastDay.AddDate(0, 0, -(Days - 1)) }

// WriteWorkspace writes the demo's workspace files into dir. postgres says that the shop's database is a
// PostgreSQL named by [DatabaseVariable] instead of the SQLite file.
func WriteWorkspace(dir string, opts Options, postgres bool) error {
	keep, drop := "shop.sqlite.yaml", "shop.postgres.yaml"
	if postgres {
		keep, drop = drop, keep
	}
	return fs.WalkDir(workspaceFiles, "workspace", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == drop {
			return err
		}
		text, err := workspaceFiles.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, "workspace/")
		if entry.Name() == keep {
			name = filepath.Join(filepath.Dir(name), "shop.yaml")
		}
		target := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return fmt.Errorf("write the demo workspace: %w", err)
		}
		first := FirstDay(opts.LastDay).Format(time.DateOnly)
		if err := os.WriteFile(target, []byte(strings.ReplaceAll(string(text), "FIRST_DAY", first)), 0o644); err != nil {
			return fmt.Errorf("write the demo workspace: %w", err)
		}
		return nil
	})
}
