package project_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/text/unicode/norm"

	"github.com/hosu-io/hosu/internal/project"
)

var update = flag.Bool("update", false, "write what was found into the testdata files")

// connectors are shaped like the real ones.
var connectors = []project.ConnectorSpec{
	{
		Type:         "postgres",
		Options:      []project.OptionSpec{{Name: "url", Required: true}, {Name: "schema"}},
		TableOptions: []project.OptionSpec{{Name: "schema"}},
		NeedsCursor:  true,
	},
	{Type: "sqlite", Options: []project.OptionSpec{{Name: "path", Required: true}}, NeedsCursor: true},
	{
		Type:         "files",
		Options:      []project.OptionSpec{{Name: "path", Required: true}},
		TableOptions: []project.OptionSpec{{Name: "path", Required: true}, {Name: "format"}, {Name: "encoding"}},
	},
}

// TestWorkspaces loads every workspace of testdata. The comment of an archive may set "env: NAME",
// "var: NAME=value" and "without secrets"; its last file is what is found: the errors or the graph.
func TestWorkspaces(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives in testdata", err)
	}
	parser := newParser(t)
	for _, path := range archives {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			last := &archive.Files[len(archive.Files)-1]
			if last.Name != "want" {
				t.Fatalf("the last file is %s and not want", last.Name)
			}
			dir := unpack(t, archive.Files[:len(archive.Files)-1])
			ws, err := project.Load(t.Context(), dir, options(archive.Comment, parser))
			if bad := strings.HasPrefix(name, "bad_"); bad != (err != nil) {
				t.Errorf("error: %v", err)
			}
			got := describe(ws, err)
			got = strings.ReplaceAll(got, dir, "$DIR")
			if strings.Contains(got, "s3cret") {
				t.Errorf("a secret is shown:\n%s", got)
			}
			if *update {
				last.Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(last.Data), got); diff != "" {
				t.Errorf("-want +got (go test -update writes it):\n%s", diff)
			}
		})
	}
}

func unpack(t testing.TB, files []txtar.File) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func options(comment []byte, parser project.Parser) project.Options {
	opts := project.Options{Parser: parser, Connectors: connectors}
	vars := map[string]string{}
	for line := range strings.Lines(string(comment)) {
		if text, ok := strings.CutPrefix(line, "env: "); ok {
			opts.Env = strings.TrimSpace(text)
		}
		if strings.HasPrefix(line, "without secrets") {
			opts.WithoutSecrets = true
		}
		if text, ok := strings.CutPrefix(line, "var: "); ok {
			name, value, _ := strings.Cut(strings.TrimSpace(text), "=")
			vars[name] = value
		}
	}
	opts.Getenv = func(name string) (string, bool) {
		value, ok := vars[name]
		return value, ok
	}
	return opts
}

// describe writes down what Load made of a workspace.
func describe(ws *project.Workspace, err error) string {
	var wrong *project.Errors
	switch {
	case errors.As(err, &wrong):
		return wrong.Error() + "\n"
	case err != nil:
		return "not an *Errors: " + err.Error() + "\n"
	}
	var b bytes.Buffer
	state, _, _ := strings.Cut(ws.State, "@")
	if i := strings.LastIndexByte(state, ':'); strings.HasPrefix(state, "postgres") {
		state = state[:i]
	}
	fmt.Fprintf(&b, "workspace %s env=%q warehouse=%s state=%s zone=%s\n", ws.Name, ws.Env, ws.Warehouse, state, ws.Location)
	for _, s := range ws.Sources {
		fmt.Fprintf(&b, "source %s %s into=%s every=%s options=%d at %s\n", s.Name, s.Type, s.Into, s.Every, len(s.Options), s.Pos)
	}
	for _, a := range ws.Graph.Assets() {
		fmt.Fprintf(&b, "asset %s\n", a.Name)
		if t := a.SourceTable; t != nil {
			fmt.Fprintf(&b, "  table %q of %s: %s cursor=%q key=%q overlap=%s every=%s options=%v types=%d at %s\n",
				t.Name, t.Source.Name, t.Mode, t.Cursor, t.Key, t.Overlap, t.Every, t.Options, len(t.Types), t.Pos)
		}
		if m := a.Model; m != nil {
			fmt.Fprintf(&b, "  model %s column=%q key=%q every=%s start=%s lookback=%d batch=%d partition=%q retries=%d tags=%q owner=%q params=%q sql at %s:%d\n",
				m.Write.Kind, m.Write.Column, m.Write.Key, m.Every, m.Start.Format("2006-01-02T15:04:05Z07:00"), m.Lookback, m.Batch, m.Partition, m.Retries, m.Tags, m.Owner, m.Params, m.Pos.File, m.SQLLine)
			for _, c := range m.Columns {
				fmt.Fprintf(&b, "  column %s type=%q not_null=%t unique=%t accepted=%q references=%v at %s\n", c.Name, c.Type, c.NotNull, c.Unique, c.Accepted, c.References, c.Pos)
			}
			for _, c := range m.Checks {
				fmt.Fprintf(&b, "  check %s blocking=%t tables=%q sql at %s:%d\n", c.Name, c.Blocking, c.Tables, c.Pos.File, c.SQLLine)
			}
		}
		fmt.Fprintf(&b, "  upstream=%q after=%q downstream=%q inputs=%q\n", a.Upstream, a.After, a.Downstream, ws.Graph.Inputs(a.Name))
	}
	for _, c := range ws.Checks {
		fmt.Fprintf(&b, "check %s blocking=%t tables=%q at %s\n", c.Name, c.Blocking, c.Tables, c.Pos)
	}
	for _, m := range ws.Metrics {
		fmt.Fprintf(&b, "metrics %s objects=%d activities=%d metrics=%d tables=%q\n", m.Name, len(m.Objects), len(m.Activities), len(m.Metrics), m.Tables)
	}
	for _, d := range ws.Dashboards {
		fmt.Fprintf(&b, "dashboard %s keys=%d tables=%q\n", d.Name, len(d.Doc), d.Tables)
	}
	return b.String()
}

func TestUnreadableFiles(t *testing.T) {
	t.Parallel()
	dir := unpack(t, []txtar.File{{Name: "hosu.yaml", Data: []byte("name: shop\n")}, {Name: "models/a/b.sql", Data: []byte("select 1")}})
	for _, name := range []string{"sources", "checks"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"sources/gone.yaml", "models/a/gone.sql", "checks/gone.sql"} {
		if err := os.Symlink("nowhere", filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := project.Load(t.Context(), dir, options(nil, newParser(t)))
	want := "checks/gone.sql: cannot be read: no such file or directory\n" +
		"models/a/gone.sql: cannot be read: no such file or directory\n" +
		"sources/gone.yaml: cannot be read: no such file or directory"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Some file systems store Korean names decomposed, and SQL is typed composed.
func TestDecomposedNames(t *testing.T) {
	t.Parallel()
	dir := unpack(t, []txtar.File{
		{Name: "hosu.yaml", Data: []byte("name: shop\n")},
		{Name: norm.NFD.String("models/마트/매출.sql"), Data: []byte("select 1 as a")},
		{Name: "models/a/b.sql", Data: []byte(norm.NFC.String(`select * from 마트."매출"`))},
		{Name: "models/a/c.sql", Data: []byte(norm.NFD.String(`select * from 마트.매출`))},
	})
	ws, err := project.Load(t.Context(), dir, options(nil, newParser(t)))
	if err != nil {
		t.Fatal(err)
	}
	sales, found := ws.Graph.Asset("마트.매출")
	if !found || sales.Name != norm.NFC.String("마트.매출") {
		t.Fatalf("asset %+v", sales)
	}
	if diff := cmp.Diff([]string{"a.b", "a.c"}, sales.Downstream); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestCancelledLoad(t *testing.T) {
	t.Parallel()
	dir := unpack(t, manyModels(40))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := project.Load(ctx, dir, options(nil, newParser(t)))
	var wrong *project.Errors
	if !errors.Is(err, context.Canceled) || errors.As(err, &wrong) {
		t.Errorf("a cancelled load: %v", err)
	}
}
