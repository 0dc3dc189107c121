package scan_test

import (
	"bytes"
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

	"github.com/apache/arrow-go/v18/arrow/array"
	icebergio "github.com/apache/iceberg-go/io"
	"github.com/apache/iceberg-go/table"
	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/engine/sandbox/sandboxtest"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/query/render"
	"github.com/hosu-io/hosu/internal/scan"
)

// foreignTable is a table that another engine wrote, somewhere else: the locations in its
// metadata are relative or those of another machine.
type foreignTable struct {
	name     string
	dir      string // where its files are
	metadata string // the newest metadata file
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
		top, _, _ := strings.Cut(rel, string(filepath.Separator))
		tables = append(tables, foreignTable{name: rel, dir: filepath.Join(root, top), metadata: dir + name})
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

// foreignCatalog has one table, spark.t.
type foreignCatalog struct{ table *table.Table }

func (f foreignCatalog) Entry(_ context.Context, ident catalog.Ident) (catalog.Entry, error) {
	if ident.String() != "spark.t" {
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
	loaded, err := table.NewFromLocation(ctx, table.Identifier{"spark", "t"}, f.metadata,
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

// foreignTrouble are the tables of the test data that cannot be read, by what the error says. Reading is refused rather than
// wrong.
var foreignTrouble = map[string]string{
	// Not to be read by iceberg-go 0.7, which has 64-bit snapshot ids, its own reading of the manifest list's schema and
	// doubles for defaults, and demands next-row-id of v3.
	"equality_delete_cross_partition/warehouse/ns/t": "snapshot-id",
	"equality_delete_extra_column/warehouse/ns/t":    "snapshot-id",
	"big_query_error": "manifest_path",
	"timestamptz_ns":  "next-row-id",
	"add_columns_with_defaults/default.db/add_columns_with_defaults": "col_long: numbers beyond 2^53",

	"add_columns_with_defaults_in_struct/default.db/add_columns_with_defaults_in_struct": "fields inside of the column",
	"generated_bounds": "file does not exist", // of its data files there is none
	"legacy_bare_deletion_vector/warehouse/default/legacy_bare_deletion_vector": "deletion vectors",
}

// hiveTables are imports whose files lack their partition columns.
var hiveTables = regexp.MustCompile(`^(hive_partitioned_table|partition_)`)

// Tables that Spark and others wrote hold for hosu what they hold for iceberg-go.
func TestForeignTables(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("HOSU_TEST_DATA")
	if dir == "" {
		t.Log("HOSU_TEST_DATA is not set: tables of other engines are not read")
		return
	}
	root := filepath.Join(dir, "iceberg")
	pool := sandboxtest.Pool(t)
	found := foreignTables(t, root)
	if len(found) < 30 {
		t.Fatalf("%d tables in %s, want those of the test data", len(found), root)
	}
	for _, f := range found {
		t.Run(f.name, func(t *testing.T) {
			got, err := f.read(t, pool)
			want, troubled := foreignTrouble[f.name]
			if hiveTables.MatchString(f.name) {
				want, troubled = "whose value is in its partition only", true
			}
			if troubled {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Fatalf("error %v, want one with %q", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			reference, err := f.reference(t)
			if err != nil {
				t.Fatalf("iceberg-go: %v; hosu: %d rows, the first %q", err, len(got), got[:min(3, len(got))])
			}
			// DuckDB tells names apart by more than case.
			reference[0] = strings.Replace(reference[0], "user_id,uSeR_Id", "user_id,uSeR_Id_1", 1)
			if diff := cmp.Diff(reference, got); diff != "" {
				t.Errorf("rows (-iceberg-go +hosu):\n%.2000s", diff)
			}
		})
	}
}

// read reads a table through the resolver and the sandbox, as sorted lines of CSV.
func (f foreignTable) read(t *testing.T, pool planExecutor) ([]string, error) {
	t.Helper()
	loaded, files, err := f.open(t.Context())
	if err != nil {
		return nil, err
	}
	resolver := scan.NewResolver(scan.Options{Catalog: foreignCatalog{loaded}, Store: files, Planner: pool})
	resolved, err := resolver.Resolve(t.Context(), govern.Owner(), scan.Request{SQL: "from spark.t"})
	if err != nil {
		return nil, err
	}
	reader, err := pool.Query(t.Context(), resolved.Job)
	if err != nil {
		return nil, err
	}
	defer reader.Release()
	return csvLines(reader)
}

// reference reads a table with iceberg-go alone.
func (f foreignTable) reference(t *testing.T) ([]string, error) {
	t.Helper()
	loaded, _, err := f.open(t.Context())
	if err != nil {
		return nil, err
	}
	rows, err := loaded.Scan().ToArrowTable(t.Context())
	if err != nil {
		return nil, err
	}
	defer rows.Release()
	reader := array.NewTableReader(rows, 0)
	defer reader.Release()
	return csvLines(reader)
}

func csvLines(reader array.RecordReader) ([]string, error) {
	var out bytes.Buffer
	if _, err := render.Write(&out, reader, render.CSV, render.Options{}); err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	slices.Sort(lines[1:])
	return lines, nil
}
