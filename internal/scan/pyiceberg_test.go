package scan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hosu-io/hosu/internal/engine/sandbox/sandboxtest"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/scan"
	"github.com/hosu-io/hosu/internal/testenv/pyiceberg"
)

// pyicebergFilters are conditions by table of write_table.py, with the number of its files that each needs at most.
var pyicebergFilters = map[string][]struct {
	where string
	files int
}{
	"types": {
		{"n = 7", 1}, {"n < 0", 0}, {"n between 4 and 5", 2}, {"l >= 8 * (1::bigint << 58)", 1}, {"d < -3", 1}, {"f = 'nan'", 4}, {"f = 'inf'", 4},
		{"dec9 = 0.08", 1}, {"dec18 < -123456789009", 1}, {"dec38 > 70000000000000000000000001", 1}, {"dec38 = -100000000000000000000000000.0000000001", 1},
		{"day = date '1969-12-31'", 1}, {"clock = time '00:00:00.000005'", 2}, {"ts < timestamp '1970-01-01'", 1}, {"seen >= timestamptz '1970-04-20 00:00:00+09'", 1},
		{"s = '호수1'", 4}, {"s = 'sixteen letters and more18'", 4}, {`bin = '\xFF\x00'::blob`, 4}, {`fix = '\x07\x01\x02\x03'::blob`, 4},
		{"u = uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff'", 1}, {"l is null", 4}, {"n in (0, 19)", 2},
		// It keeps no bounds inside of structs.
		{"st.a = 12", 4},
	},
	"evolved": {
		{"id > 1000", 1}, {"id = 2", 1}, {"x = 0.5", 1}, {"price = 1000000000000000", 1}, {"price = 1", 1}, {`"이름" = 'n1'`, 1},
		// It does not count NaN, which DuckDB has above every number.
		{"x > 1e200", 2},
		// Files that lack the column say nothing of it.
		{"gone is null", 3}, {"gone = 'not the old one'", 3}, {"added = date '2024-01-02'", 2}, {"added is null", 3},
	},
	"changed": {{"id = 5", 2}, {"id < 3", 0}, {"name = '다섯'", 1}},
	"partitioned": {
		{"region = '서울'", 8}, {"region is null", 8}, {"seen < timestamptz '2024-01-01 00:00:00+00'", 6}, {"seen = timestamptz '2024-01-03 07:00:00+00'", 1},
		{"name = '나라'", 6}, {"name like '가%'", 6}, {"day = date '1969-12-30'", 8}, {"id = 9", 1}, {"id = 3", 1}, {"id in (0, 11)", 2},
	},
}

// TestTablesOfPyiceberg reads tables that pyiceberg wrote, whole and by filters.
func TestTablesOfPyiceberg(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var written map[string]struct {
		Metadata string
		Rows     pyiceberg.Rows
	}
	pyiceberg.Run(t, "testdata/write_table.py", map[string]string{"dir": dir}, &written)
	pool := sandboxtest.Pool(t)
	for name, wrote := range written {
		t.Run(name, func(t *testing.T) {
			loaded, files, err := foreignTable{name: name, dir: dir, metadata: wrote.Metadata}.open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			pruning := scan.NewResolver(scan.Options{Catalog: foreignCatalog{loaded}, Store: files, Planner: pool})
			whole := scan.NewResolver(scan.Options{Catalog: foreignCatalog{loaded}, Store: files, Planner: wholePlanner{pool}})
			want, err := wrote.Rows.Sorted()
			if err != nil {
				t.Fatal(err)
			}
			got, _ := exactRows(t, pool, pruning, "from spark.t")
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("rows (-pyiceberg +hosu):\n%s", diff)
			}
			for _, filter := range pyicebergFilters[name] {
				sql := "from spark.t where " + filter.where
				want, _ := exactRows(t, pool, whole, sql)
				got, read := exactRows(t, pool, pruning, sql)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: rows (-without pruning +with):\n%s", sql, diff)
				}
				if read > filter.files {
					t.Errorf("%s reads %d files, want at most %d", sql, read, filter.files)
				}
				if len(want) == 0 && filter.files > 0 {
					t.Errorf("%s finds no row", sql)
				}
			}
		})
	}
}

// exactRows are the rows of a statement in the form of pyiceberg's, and the number of data files it reads.
func exactRows(t *testing.T, pool planExecutor, resolver *scan.Resolver, sql string) (rows []string, files int) {
	t.Helper()
	resolved, err := resolver.Resolve(t.Context(), govern.Owner(), scan.Request{SQL: sql})
	if err != nil {
		t.Fatalf("resolve %s: %v", sql, err)
	}
	reader, err := pool.Query(t.Context(), resolved.Job)
	if err != nil {
		t.Fatalf("run %s: %v", sql, err)
	}
	defer reader.Release()
	if rows, err = pyiceberg.ReadRows(reader); err != nil {
		t.Fatalf("read %s: %v", sql, err)
	}
	return rows, resolved.Tables[0].Files
}
