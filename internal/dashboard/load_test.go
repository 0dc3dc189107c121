package dashboard_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/hosu-io/hosu/internal/dashboard"
	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/project"
)

var update = flag.Bool("update", false, "write the expected results of testdata anew")

// loadFiles reads a workspace from files.
func loadFiles(t testing.TB, files []txtar.File) (*project.Workspace, *metric.Set, []*dashboard.Board, error) {
	t.Helper()
	e, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ws, err := project.Load(t.Context(), dir, project.Options{Parser: e})
	if err != nil {
		t.Fatal(err)
	}
	set, err := metric.Load(ws)
	if err != nil {
		t.Fatal(err)
	}
	boards, err := dashboard.Load(ws, set)
	return ws, set, boards, err
}

// TestLoad compares what the workspaces of testdata mean, or what is wrong with them, with what is written there.
func TestLoad(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no files", err)
	}
	for _, path := range archives {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			last := &archive.Files[len(archive.Files)-1]
			_, _, boards, err := loadFiles(t, archive.Files[:len(archive.Files)-1])
			var got string
			var bad *project.Errors
			switch {
			case errors.As(err, &bad):
				got = err.Error() + "\n"
			case err != nil:
				t.Fatal(err)
			default:
				got = describe(boards)
			}
			if (bad != nil) != strings.HasPrefix(name, "bad") {
				t.Errorf("error: %v", err)
			}
			if *update {
				last.Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(last.Data), got); diff != "" {
				t.Errorf("-want +got (go test -update writes it):\n%s", diff)
			}
		})
	}
}

func describe(boards []*dashboard.Board) string {
	var b strings.Builder
	for _, board := range boards {
		fmt.Fprintf(&b, "dashboard %s %s\n", board.Name, both(board.Label))
		fmt.Fprintf(&b, "  description %s owner %q tags %q range %s of %s grain %s at %s\n",
			both(board.Description), board.Owner, board.Tags, board.Range, board.Ranges, board.Grain, board.Pos)
		for _, f := range board.Filters {
			fmt.Fprintf(&b, "  filter %s %s\n", f.Dimension, both(f.Label))
		}
		for _, row := range board.Rows {
			fmt.Fprintf(&b, "  row %s\n", both(row.Label))
			for _, t := range row.Tiles {
				fmt.Fprintf(&b, "    %d %s %s\n", t.Index, t.Type, both(t.Label))
				for _, part := range []struct {
					name  string
					value any
					is    bool
				}{
					{"metrics", t.Metrics, t.Metrics != nil},
					{"sql", t.SQL, t.SQL != ""},
					{"text", both(t.Text), t.Text != nil},
					{"description", both(t.Description), t.Description != nil},
					{"by", t.By, t.By != nil},
					{"grain", t.Grain, t.Grain != ""},
					{"where", t.Where, t.Where != nil},
					{"order", t.Order, t.Order != ""},
					{"descending", t.Descending, t.Descending},
					{"limit", t.Limit, t.Limit != 0},
					{"compare", t.Compare, t.Compare},
					{"sparkline", t.Sparkline, t.Sparkline},
					{"format", t.Format, t.Format != ""},
					{"filters", t.Filters, t.Filters != nil},
				} {
					if part.is {
						fmt.Fprintf(&b, "      %s %v\n", part.name, part.value)
					}
				}
				for _, name := range slices.Sorted(maps.Keys(t.Columns)) {
					fmt.Fprintf(&b, "      column %s %s %s\n", name, both(t.Columns[name].Label), t.Columns[name].Format)
				}
				fmt.Fprintf(&b, "      width %d at %s\n", t.Width, t.Pos)
			}
		}
	}
	return b.String()
}

func both(l metric.Label) string {
	if l == nil {
		return "-"
	}
	return l.In("en") + "/" + l.In("ko")
}
