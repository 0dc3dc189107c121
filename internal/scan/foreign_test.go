package scan_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	icebergio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"

	"github.com/hosu-io/hosu/internal/catalog"
)

// foreignTable is a table that another engine wrote, somewhere else: the locations in its
// metadata are relative or those of another machine.
type foreignTable struct {
	name, dir string // dir has the folder metadata
	metadata  string // the newest metadata file
}

var metadataVersion = regexp.MustCompile(`^v?(\d+)[.-]`)

// foreignTables finds the tables below a folder.
func foreignTables(t *testing.T, root string) []foreignTable {
	t.Helper()
	newest := map[string]string{} // folder to file name
	version := func(name string) int {
		if m := metadataVersion.FindStringSubmatch(name); m != nil {
			n, _ := strconv.Atoi(m[1])
			return n
		}
		return 1 << 20 // "vfinal.metadata.json"
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".metadata.json") && !strings.HasSuffix(path, ".metadata.json.gz") {
			return err
		}
		dir, name := filepath.Split(path)
		if have := newest[dir]; have == "" || version(name) > version(have) {
			newest[dir] = name
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var tables []foreignTable
	for dir, name := range newest {
		parent := filepath.Dir(filepath.Clean(dir))
		rel, err := filepath.Rel(root, parent)
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, foreignTable{name: rel, dir: parent, metadata: dir + name})
	}
	slices.SortFunc(tables, func(a, b foreignTable) int { return strings.Compare(a.name, b.name) })
	return tables
}

// relocated finds the files of a foreign table: the longest end of a location that is a path in its folder.
type relocated struct{ dir string }

func (r relocated) LocalPath(location string) (string, error) {
	parts := strings.Split(location, "/")
	for i := range parts {
		path := filepath.Join(r.dir, filepath.Join(parts[i:]...))
		if _, err := os.Stat(path); err == nil && i < len(parts)-1 {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", location, fs.ErrNotExist)
}

func (r relocated) Open(location string) (icebergio.File, error) {
	path, err := r.LocalPath(location)
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}

func (relocated) Remove(string) error { return errors.New("read-only") }

// foreignCatalog has one table, foreign.t.
type foreignCatalog struct{ table *table.Table }

func (f foreignCatalog) Entry(_ context.Context, ident catalog.Ident) (catalog.Entry, error) {
	if ident.String() != "foreign.t" {
		return catalog.Entry{}, catalog.ErrNoSuchTable
	}
	return catalog.Entry{Ident: ident, Kind: catalog.KindTable}, nil
}

func (f foreignCatalog) Load(context.Context, catalog.Ident) (*table.Table, error) {
	return f.table, nil
}

func (foreignCatalog) LoadView(context.Context, catalog.Ident) (*catalog.View, error) {
	return nil, catalog.ErrNoSuchTable
}

func (foreignCatalog) Tables(context.Context, string) ([]catalog.Entry, error) { return nil, nil }

func (f foreignTable) open(ctx context.Context) (*table.Table, relocated, error) {
	files := relocated{f.dir}
	loaded, err := table.NewFromLocation(ctx, table.Identifier{"foreign", "t"}, f.metadata,
		func(context.Context) (icebergio.IO, error) { return openAny{files}, nil }, nil)
	return loaded, files, err
}

// openAny also opens the metadata file, by its real path.
type openAny struct{ relocated }

func (o openAny) Open(location string) (icebergio.File, error) {
	if file, err := os.Open(location); err == nil {
		return file, nil
	}
	return o.relocated.Open(location)
}

func TestSpikeForeign(t *testing.T) {
	root := filepath.Join(os.Getenv("HOSU_TEST_DATA"), "iceberg")
	for _, f := range foreignTables(t, root) {
		tbl, _, err := f.open(t.Context())
		if err != nil {
			fmt.Println(f.name, filepath.Base(f.metadata), "LOAD ERR", err)
			continue
		}
		tasks, err := tbl.Scan().PlanFiles(t.Context())
		pos, eq, dv := 0, 0, 0
		for _, k := range tasks {
			pos += len(k.DeleteFiles)
			eq += len(k.EqualityDeleteFiles)
			dv += len(k.DeletionVectorFiles)
		}
		n := "?"
		if at, err2 := tbl.Scan().ToArrowTable(t.Context()); err2 == nil {
			n = fmt.Sprint(at.NumRows())
		} else {
			n = err2.Error()
		}
		fmt.Println(f.name, filepath.Base(f.metadata), "v", tbl.Metadata().Version(), "schemas", len(tbl.Metadata().Schemas()), "tasks", len(tasks), "pos", pos, "eq", eq, "dv", dv, "nm", tbl.NameMapping() != nil, "planerr", err, "rows", n)
	}
}
