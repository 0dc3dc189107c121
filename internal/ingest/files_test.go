package ingest_test

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/hosu-io/hosu/internal/ingest"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/source/files"
)

// newFilesEnv is a lake that copies from a folder.
func newFilesEnv(t *testing.T) *env {
	t.Helper()
	e := newEnv(t, system{kind: "files", address: t.TempDir()}, t.TempDir())
	var err error
	e.ingest, err = ingest.New(ingest.Options{
		Open: ingest.Opener([]source.Spec{files.Spec(e.lake.Engine)}, source.Env{Dir: e.dir, TempDir: t.TempDir()}),
		Sink: e.lake, State: e.lake.DB, Catalog: e.lake.Catalog,
	})
	if err != nil {
		t.Fatal(err)
	}
	e.source.Options = map[string]string{"path": e.system.address}
	return e
}

// drop writes a file of the source, compressed when its name says so.
func (e *env) drop(name, content string) {
	e.Helper()
	path := filepath.Join(e.system.address, name)
	if filepath.Ext(name) != ".gz" {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			e.Fatal(err)
		}
		return
	}
	f, err := os.Create(path)
	if err != nil {
		e.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z := gzip.NewWriter(f)
	if _, err := z.Write([]byte(content)); err != nil {
		e.Fatal(err)
	}
	if err := z.Close(); err != nil {
		e.Fatal(err)
	}
}

func TestFilesLandOnce(t *testing.T) {
	t.Parallel()
	e := newFilesEnv(t)
	e.drop("2024-01.csv.gz", "id,amount\n1,1.50\n2,2.50\n")
	invoices := e.table("invoices", func(t *project.SourceTable) {
		t.Mode, t.Options = project.Incremental, map[string]string{"path": "*.csv*", "format": "csv"}
	})
	e.copy(invoices)
	e.idle(invoices)
	e.drop("2024-02.csv", "id,amount\n3,3.50\n")
	if copied := e.copy(invoices); copied.Rows != 1 || copied.Files != 1 {
		t.Errorf("%+v", copied)
	}
	e.idle(invoices)
	if rows := e.lake.Query("SELECT count(*), sum(amount) FROM (" + selectAll(e, "raw_shop.invoices") + ")"); rows[0] != "3|7.5" {
		t.Errorf("rows %q", rows)
	}
	// A file that changes would be there twice.
	e.drop("2024-02.csv", "id,amount\n3,3.50\n4,4.50\n")
	permanent(t, e.fails(invoices, "sources/shop.yaml:6:3", "2024-02.csv", "key"), true)

	// A full copy is what the files are now.
	whole := e.table("whole", func(t *project.SourceTable) { t.Options = map[string]string{"path": "*.csv*", "format": "csv"} })
	if copied := e.copy(whole); copied.Rows != 4 {
		t.Errorf("%+v", copied)
	}
	e.idle(whole)
}

func selectAll(e *env, name string) string {
	e.Helper()
	relation, ok := e.lake.Relation(name)
	if !ok {
		e.Fatalf("no table %s", name)
	}
	text, err := relation.Select()
	if err != nil {
		e.Fatal(err)
	}
	return text
}

// TestFilesWithKey merges rows of later files into those of earlier ones.
func TestFilesWithKey(t *testing.T) {
	t.Parallel()
	e := newFilesEnv(t)
	e.drop("a.csv", "id,name\n1,one\n2,two\n")
	members := e.table("members", func(t *project.SourceTable) {
		t.Mode, t.Key, t.Options = project.Incremental, []string{"id"}, map[string]string{"path": "*.csv"}
	})
	e.copy(members)
	e.drop("b.csv", "id,name\n2,둘\n3,three\n")
	e.copy(members)
	e.rows("raw_shop.members", "1|one", "2|둘", "3|three")
	e.drop("b.csv", "id,name\n2,TWO\n3,three\n")
	e.copy(members)
	e.rows("raw_shop.members", "1|one", "2|TWO", "3|three")
	e.idle(members)
	wrong := e.table("members", func(t *project.SourceTable) {
		t.Mode, t.Key, t.Options = project.Incremental, []string{"member"}, map[string]string{"path": "*.csv"}
	})
	permanent(t, e.fails(wrong, `the key column "member" is not in the source`, "it has id, name"), true)
}
