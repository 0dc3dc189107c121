package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hosu-io/hosu/"

// ranks lists every package in the order data passes them. A package may import packages of earlier
// lines, never of later ones or of its own line. A new package is a line here;
// when it does not fit anywhere, the design is the thing to change.
var ranks = [][]string{
	// kernel: files and values in, values out
	{"internal/failpoint"},
	{"internal/caught"},
	{"internal/tempdir"},
	{"internal/schema"},
	{"internal/project"},
	// infrastructure
	{"internal/state"},
	{"internal/storage"},
	{"internal/engine"},
	{"internal/engine/sandbox"},
	// across the stages
	{"internal/govern"},
	{"internal/catalog"},
	{"internal/scan"},
	// the stages, in the order data passes them
	{"internal/source"},
	{"internal/source/postgres", "internal/source/sqlite", "internal/source/files"},
	{"internal/ingest"},
	{"internal/lake"},
	{"internal/transform"},
	{"internal/quality"},
	{"internal/build"},
	{"internal/metric"},
	{"internal/query"},
	{"internal/query/render", "internal/query/history"},
	{"internal/dashboard"},
	{"internal/lineage"},
	// on top
	{"internal/orchestrate"},
	{"internal/inspect"},
	{"internal/server"},
	{"internal/webui"},
	{"internal/demo"},
	{"internal/app"},
	{"cmd/hosu"},
}

// drivers may be imported only by the packages named: a library that is everywhere cannot be replaced.
var drivers = map[string][]string{
	"github.com/duckdb/":                       {"internal/engine", "internal/engine/sandbox"},
	"github.com/landlock-lsm/go-landlock/":     {"internal/engine/sandbox"},
	"github.com/mattn/go-sqlite3":              {"internal/state", "internal/source/sqlite", "internal/demo"},
	"github.com/spf13/cobra":                   {"cmd/hosu"},
	"github.com/apache/iceberg-go/catalog/sql": {},
}

type goPackage struct {
	ImportPath string
	Imports    []string
	GoFiles    []string
}

func TestImportRanks(t *testing.T) {
	rank := map[string]int{}
	for i, line := range ranks {
		for _, name := range line {
			rank[name] = i
		}
	}
	for _, pkg := range listPackages(t) {
		name := strings.TrimPrefix(pkg.ImportPath, module)
		if testSupport(name) {
			continue
		}
		mine, known := rank[name]
		if !known {
			t.Errorf("%s has no rank: add it to the table where data passes it", name)
			continue
		}
		for _, path := range pkg.Imports {
			checkDriver(t, name, path)
			imported, ours := strings.CutPrefix(path, module)
			if !ours {
				continue
			}
			if testSupport(imported) {
				t.Errorf("%s imports %s, which is test support", name, imported)
			} else if theirs, ok := rank[imported]; ok && theirs >= mine {
				t.Errorf("%s imports %s, which comes after it", name, imported)
			}
		}
	}
}

// testSupport packages (statetest, laketest, …) serve tests of several packages and are ranked by
// nobody; only _test.go files and other test support may import them.
func testSupport(name string) bool {
	return strings.HasSuffix(name, "test") || strings.HasPrefix(name, "internal/testenv")
}

func checkDriver(t *testing.T, name, path string) {
	t.Helper()
	for driver, allowed := range drivers {
		if path == driver || strings.HasSuffix(driver, "/") && strings.HasPrefix(path, driver) {
			if !slices.Contains(allowed, name) {
				t.Errorf("%s imports %s; only %v may", name, path, allowed)
			}
		}
	}
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-tags", "duckdb_arrow", "-json=ImportPath,Imports,GoFiles", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg goPackage
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		if len(pkg.GoFiles) > 0 { // a folder of nothing but tests has no rank
			packages = append(packages, pkg)
		}
	}
}
