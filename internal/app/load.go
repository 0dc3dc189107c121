package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/ingest"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/source/files"
	"github.com/hosu-io/hosu/internal/source/postgres"
	"github.com/hosu-io/hosu/internal/source/sqlite"
)

// connectors are all systems that data can be copied from.
func connectors(trusted *engine.Engine) []source.Spec {
	return []source.Spec{postgres.Spec(), sqlite.Spec(), files.Spec(trusted)}
}

// Load reads and checks the files of a workspace; nothing is opened but a parser.
func Load(ctx context.Context, opts Options) (*project.Workspace, error) {
	trusted, err := engine.Open(engine.Options{})
	if err != nil {
		return nil, err
	}
	defer trusted.Close()
	return load(ctx, opts, trusted)
}

// load is Load with a parser that is open already.
func load(ctx context.Context, opts Options, trusted *engine.Engine) (*project.Workspace, error) {
	ws, err := project.Load(ctx, opts.Dir, project.Options{
		Parser: trusted, Connectors: ingest.ConnectorSpecs(connectors(trusted), "postgres", "sqlite"), Getenv: opts.Getenv, Env: opts.Environment, WithoutSecrets: opts.WithoutSources,
	})
	if err != nil {
		return nil, err
	}
	if _, _, err := meaning(ws); err != nil {
		return nil, err
	}
	return ws, nil
}

// Location is the time zone of a workspace.
func Location(ctx context.Context, opts Options) (*time.Location, error) {
	ws, err := Load(ctx, opts)
	if err != nil {
		return nil, err
	}
	return ws.Location, nil
}

// Init makes a workspace in dir, which must not be one already, and returns the names of the files made.
func Init(dir string) ([]string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("make a workspace in %s: %w", dir, err)
	}
	if _, err := os.Stat(filepath.Join(abs, "hosu.yaml")); err == nil {
		return nil, fmt.Errorf("%s is a workspace already: it has a hosu.yaml", abs)
	}
	content := []struct{ name, text string }{
		{"hosu.yaml", fmt.Sprintf("name: %s\nwarehouse: ./warehouse\nstate: sqlite:./.hosu/state.db\ntimezone: %s\n", workspaceName(abs), localZone())},
		{".gitignore", "/warehouse/\n/.hosu/\n"},
	}
	var made []string
	for _, folder := range []string{"sources", "models", "checks", "metrics", "dashboards"} {
		if err := os.MkdirAll(filepath.Join(abs, folder), 0o755); err != nil {
			return made, fmt.Errorf("make a workspace: %w", err)
		}
	}
	for _, f := range content {
		path := filepath.Join(abs, f.name)
		if err := os.WriteFile(path, []byte(f.text), 0o644); err != nil {
			return made, fmt.Errorf("make a workspace: %w", err)
		}
		made = append(made, filepath.Join(dir, f.name))
	}
	return made, nil
}

// workspaceName is the folder's name with whatever YAML might read otherwise left out.
func workspaceName(abs string) string {
	name := []rune{}
	for _, r := range filepath.Base(abs) {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7f {
			name = append(name, r)
		}
	}
	if len(name) == 0 || name[0] == '-' || name[0] >= '0' && name[0] <= '9' {
		name = append([]rune("lake"), name...)
	}
	return string(name)
}

// localZone is this machine's time zone by its IANA name, or UTC when it has none that can be told.
func localZone() string {
	name := zoneName()
	if name == "Etc/UTC" {
		return "UTC"
	}
	return name
}

func zoneName() string {
	if name := time.Local.String(); name != "Local" && name != "" {
		return name
	}
	target, err := filepath.EvalSymlinks("/etc/localtime")
	if err == nil {
		if _, name, ok := strings.Cut(target, "/zoneinfo/"); ok {
			if _, err := time.LoadLocation(name); err == nil {
				return name
			}
		}
	}
	return "UTC"
}
