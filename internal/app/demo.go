package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/demo"
)

// DemoOptions say what simulated company to make.
type DemoOptions struct {
	Dir   string // made; must be empty or absent
	Scale float64
	Seed  uint64
	// Source is the URL of a PostgreSQL that becomes the shop's operational database; "" is a SQLite file.
	Source string
	// LastDay of the simulated history; zero is yesterday in Seoul.
	LastDay time.Time
}

// demoZone is the time zone of the demo's workspace.
const demoZone = "Asia/Seoul"

// MakeDemo simulates a company and writes the workspace that reads it.
func MakeDemo(ctx context.Context, opts DemoOptions) (demo.Generated, error) {
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return demo.Generated{}, fmt.Errorf("make the demo in %s: %w", opts.Dir, err)
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return demo.Generated{}, fmt.Errorf("make the demo in %s: the folder is not empty; remove it, or choose another with --dir", opts.Dir)
	}
	seoul, err := time.LoadLocation(demoZone)
	if err != nil {
		return demo.Generated{}, fmt.Errorf("make the demo: %w", err)
	}
	simulated := demo.Options{Scale: opts.Scale, Seed: opts.Seed, LastDay: opts.LastDay}
	if simulated.LastDay.IsZero() {
		simulated.LastDay = time.Now().In(seoul).AddDate(0, 0, -1)
	}
	database := opts.Source
	if database == "" {
		database = "sqlite:" + filepath.Join(dir, demo.ShopDatabase)
	} else if !strings.HasPrefix(database, "postgres://") && !strings.HasPrefix(database, "postgresql://") {
		return demo.Generated{}, fmt.Errorf("the demo's source must be a PostgreSQL URL (postgres://user:password@host/database)")
	}
	if err := demo.WriteWorkspace(dir, simulated, opts.Source != ""); err != nil {
		return demo.Generated{}, err
	}
	return demo.Generate(ctx, simulated, database, filepath.Join(dir, demo.EventDir))
}

// DemoVariable names the variable in which the demo's workspace expects the URL of its PostgreSQL, when it was made with one.
const DemoVariable = demo.DatabaseVariable

// DemoEnvironment is getenv with the variable by which the demo's workspace finds its PostgreSQL source.
func DemoEnvironment(source string, getenv func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if name == demo.DatabaseVariable && source != "" {
			return source, true
		}
		return getenv(name)
	}
}
