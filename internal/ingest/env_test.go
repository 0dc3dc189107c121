package ingest_test

import (
	"context"
	"database/sql"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/mattn/go-sqlite3"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/ingest"
	"github.com/hosu-io/hosu/internal/lake/laketest"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/source"
	"github.com/hosu-io/hosu/internal/source/postgres"
	"github.com/hosu-io/hosu/internal/source/sqlite"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

var connectors = []source.Spec{postgres.Spec(), sqlite.Spec()}

// system is a real database to copy from.
type system struct {
	kind    string // connector
	address string // URL or path
}

// onEachSystem runs test over SQLite and PostgreSQL.
func onEachSystem(t *testing.T, test func(t *testing.T, e *env)) {
	t.Helper()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := system{kind: kind, address: filepath.Join(t.TempDir(), "shop.db")}
			if kind == "postgres" {
				s.address = pgtest.Database(t)
			}
			test(t, newEnv(t, s, t.TempDir()))
		})
	}
}

// env is a lake that copies from a system.
type env struct {
	*testing.T
	dir    string // of the lake
	system system
	lake   *laketest.Lake
	ingest *ingest.Ingest
	source *project.Source
}

// newEnv opens the lake in dir, which may exist already.
func newEnv(t *testing.T, s system, dir string) *env {
	t.Helper()
	e := &env{T: t, dir: dir, system: s}
	e.lake = laketest.OpenAt(t, filepath.Join(dir, "warehouse"), "sqlite:"+filepath.Join(dir, "state.db"))
	var err error
	e.ingest, err = ingest.New(ingest.Options{
		Open: ingest.Opener(connectors, source.Env{Dir: dir, Location: time.UTC, TempDir: t.TempDir()}),
		Sink: e.lake, State: e.lake.DB, Catalog: e.lake.Catalog,
	})
	if err != nil {
		t.Fatal(err)
	}
	option := map[string]string{"postgres": "url", "sqlite": "path"}[s.kind]
	e.source = &project.Source{
		Name: "shop", Type: s.kind, Into: "raw_shop", Options: map[string]string{option: s.address},
		Pos: project.Pos{File: "sources/shop.yaml", Line: 1, Column: 1},
	}
	return e
}

// table is an entry of the source file; change may complete it.
func (e *env) table(name string, change func(t *project.SourceTable)) *project.SourceTable {
	t := &project.SourceTable{
		Source: e.source, Name: name, Target: project.TargetName(e.source.Into, name), Mode: project.Full,
		Overlap: project.DefaultOverlap, Pos: project.Pos{File: "sources/shop.yaml", Line: 6, Column: 3},
	}
	if change != nil {
		change(t)
	}
	return t
}

func incremental(t *project.SourceTable) {
	t.Mode, t.Cursor = project.Incremental, "updated_at"
}

// exec runs statements in the source system.
func (e *env) exec(statements string) {
	e.Helper()
	switch e.system.kind {
	case "sqlite":
		db, err := sql.Open("sqlite3", e.system.address)
		if err != nil {
			e.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if _, err := db.Exec(statements); err != nil {
			e.Fatal(err)
		}
	case "postgres":
		ctx := context.Background()
		conn, err := pgconn.Connect(ctx, e.system.address)
		if err != nil {
			e.Fatal(err)
		}
		defer func() { _ = conn.Close(ctx) }()
		if _, err := conn.Exec(ctx, statements).ReadAll(); err != nil {
			e.Fatal(err)
		}
	}
}

// copy copies a table and ends the test when that fails.
func (e *env) copy(t *project.SourceTable) ingest.Copied {
	e.Helper()
	copied, err := e.ingest.Copy(e.Context(), govern.Owner(), t, catalog.Effects{}, nil)
	if err != nil {
		e.Fatal(err)
	}
	return copied
}

// rows checks the rows of a table.
func (e *env) rows(name string, want ...string) {
	e.Helper()
	if diff := cmp.Diff(want, e.lake.Rows(name)); diff != "" {
		e.Errorf("rows of %s (-want +got):\n%s", name, diff)
	}
}

// files lists everything in the warehouse.
func (e *env) files() []string {
	e.Helper()
	var list []string
	err := filepath.WalkDir(filepath.Join(e.dir, "warehouse"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		e.Fatal(err)
	}
	return list
}

// idle copies a table and expects that there was nothing to do.
func (e *env) idle(t *project.SourceTable) {
	e.Helper()
	files, snapshots := e.files(), e.lake.Snapshots(t.Target)
	copied := e.copy(t)
	if !copied.Unchanged || copied.SnapshotID != 0 || copied.Files != 0 {
		e.Errorf("a copy without news: %+v", copied)
	}
	if got := e.lake.Snapshots(t.Target); got != snapshots {
		e.Errorf("a copy without news made %d snapshots", got-snapshots)
	}
	if diff := cmp.Diff(files, e.files()); diff != "" {
		e.Errorf("a copy without news changed files (-before +after):\n%s", diff)
	}
}

// fails copies a table and checks parts of the error.
func (e *env) fails(t *project.SourceTable, parts ...string) error {
	e.Helper()
	_, err := e.ingest.Copy(e.Context(), govern.Owner(), t, catalog.Effects{}, nil)
	if err == nil {
		e.Errorf("the copy succeeded; want an error with %q", parts)
		return nil
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			e.Errorf("error %q has no %q", err, part)
		}
	}
	return err
}

const createOrders = `CREATE TABLE orders (id bigint PRIMARY KEY, amount decimal(18,2), name text, updated_at timestamp);`
