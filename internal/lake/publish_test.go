package lake_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/failpoint"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/lake"
	"github.com/hosu-io/hosu/internal/lake/laketest"
	"github.com/hosu-io/hosu/internal/state"
)

var errKilled = errors.New("killed here")

// version is how often a producer has committed.
func version(t *testing.T, l *laketest.Lake, producer string) int64 {
	t.Helper()
	var position state.Position
	err := l.DB.View(t.Context(), func(tx *state.Tx) (err error) {
		position, err = tx.ReadPosition(producer)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return position.Version
}

// TestCrash stops a write at every step, as a kill does: nothing is cleaned up. A producer that then reads its position and
// goes on from there ends with the rows of an undisturbed run, each once.
func TestCrash(t *testing.T) {
	t.Parallel()
	steps := []string{"publish.file_written", "publish.manifest_written", "commit.metadata_written", "commit.pointer_swapped"}
	modes := map[string]struct {
		spec    lake.Spec
		batches []string
	}{
		"append": {
			lake.Spec{Mode: lake.Append},
			[]string{"SELECT 1 AS id, 'a' AS v", "SELECT 2 AS id, 'b' AS v", "SELECT 3 AS id, 'c' AS v, 'more' AS extra"},
		},
		"replace": {
			lake.Spec{Mode: lake.Replace, DropMissing: true},
			[]string{"SELECT 1 AS id, 'a' AS v", "SELECT 2 AS id", "SELECT 'x' AS id, 'c' AS v"},
		},
		"overwrite": {
			lake.Spec{Mode: lake.Overwrite, Interval: interval(t, "day", "2024-01-02T00:00:00Z", "2024-01-04T00:00:00Z")},
			[]string{
				"SELECT DATE '2024-01-02' AS day, 1 AS v UNION ALL SELECT DATE '2024-01-03', 2",
				"SELECT DATE '2024-01-02' AS day, 3 AS v", "SELECT DATE '2024-01-03' AS day, 4 AS v",
			},
		},
		"merge": {
			lake.Spec{Mode: lake.Merge, Key: []string{"id"}},
			[]string{"SELECT 1 AS id, 'a' AS v UNION ALL SELECT 2, 'b'", "SELECT 2 AS id, 'B' AS v UNION ALL SELECT 3, 'c'", "SELECT 1 AS id, 'A' AS v"},
		},
	}
	for mode, tc := range modes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			calm := laketest.Open(t)
			tc.spec.Table = calm.Ident("a.t")
			for _, batch := range tc.batches {
				calm.MustRun(tc.spec, batch)
			}
			for _, step := range steps {
				for broken := range tc.batches {
					l := laketest.Open(t)
					for i, batch := range tc.batches {
						if i == broken {
							crash(t, l, step, tc.spec, batch, int64(i))
						}
						if version(t, l, "p") == int64(i) { // not committed by the write that was stopped
							if _, err := l.Run(t.Context(), tc.spec, batch, effectsAt(int64(i))); err != nil {
								t.Fatalf("%s at batch %d, run again: %v", step, broken, err)
							}
						}
					}
					if diff := cmp.Diff(calm.Rows("a.t"), l.Rows("a.t")); diff != "" {
						t.Errorf("%s at batch %d (-undisturbed +got):\n%s", step, broken, diff)
					}
				}
			}
		})
	}
}

func effectsAt(version int64) catalog.Effects {
	return catalog.Effects{Positions: []catalog.Position{{Producer: "p", Version: version, Value: []byte(fmt.Sprint(version + 1))}}}
}

func crash(t *testing.T, l *laketest.Lake, step string, spec lake.Spec, query string, version int64) {
	t.Helper()
	ctx := failpoint.With(t.Context(), failpoint.NewSet(map[string]failpoint.Action{
		step: func(string) error { return errKilled },
	}))
	_, err := l.Run(ctx, spec, query, effectsAt(version))
	if step == "commit.pointer_swapped" {
		if err != nil { // the commit did happen, and the lake finds that out
			t.Errorf("%s: %v", step, err)
		}
		return
	}
	if !errors.Is(err, errKilled) {
		t.Fatalf("%s: error = %v; want %v", step, err, errKilled)
	}
}

func TestDiscardLeavesNothing(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Merge, Key: []string{"id"}}
	l.MustRun(spec, "SELECT 1 AS id, 'a' AS v")
	for _, step := range []string{"publish.file_written", "publish.manifest_written", "commit.metadata_written"} {
		ctx := failpoint.With(t.Context(), failpoint.NewSet(map[string]failpoint.Action{step: func(string) error { return errKilled }}))
		staged, err := l.Stage(ctx, spec, "SELECT 1 AS id, 'b' AS v")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Publish(ctx, staged, catalog.Effects{}); !errors.Is(err, errKilled) {
			t.Fatalf("error = %v", err)
		}
		if err := l.Discard(ctx, staged); err != nil {
			t.Fatal(err)
		}
		if err := l.Discard(ctx, staged); err != nil {
			t.Errorf("the second time: %v", err)
		}
	}
	for _, orphan := range l.Orphans("a.t") {
		if strings.Contains(orphan, "/data/") {
			t.Errorf("a data file is left: %s", orphan)
		}
	}
	if scratch, _ := filepath.Glob(filepath.Join(strings.TrimPrefix(l.Store.Root(), "file://"), ".*", "*", "*.parquet")); len(scratch) > 0 {
		t.Errorf("scratch files are left: %v", scratch)
	}
	rowsOf(t, l, "a.t", "1|a")
}

func TestConcurrentAppends(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	const writers, each = 6, 3
	var group errgroup.Group
	for w := range writers {
		group.Go(func() error { // the first of them race to create the table
			for i := range each {
				_, err := l.Run(t.Context(), lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append},
					fmt.Sprintf("SELECT %d AS id", w*each+i), catalog.Effects{})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	want := l.Query(fmt.Sprintf("SELECT i FROM range(%d) r(i)", writers*each))
	rowsOf(t, l, "a.t", want...)
	tbl, err := l.Catalog.Load(t.Context(), l.Ident("a.t"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths(l, "a.t") {
		if !strings.HasPrefix(path, tbl.Location()+"/data/") {
			t.Errorf("data file %s is outside the table's folder %s", path, tbl.Location())
		}
	}
	if orphans := l.Orphans("a.t"); len(orphans) > 0 {
		t.Errorf("left behind: %v", orphans)
	}
}

// staged stages a write to be published after another one.
func staged(t *testing.T, l *laketest.Lake, spec lake.Spec, query string) *lake.Staged {
	t.Helper()
	s, err := l.Stage(t.Context(), spec, query)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestConflicts stages one write, lets another be first, and publishes the first one then.
func TestConflicts(t *testing.T) {
	t.Parallel()
	day := interval(t, "day", "2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z")
	const base = "SELECT DATE '2024-01-01' AS day, 1 AS id, 'a' AS v UNION ALL SELECT DATE '2024-01-02', 2, 'b'"
	row := func(day string, id int, v string) string {
		return fmt.Sprintf("SELECT DATE '%s' AS day, %d AS id, '%s' AS v", day, id, v)
	}
	for name, tc := range map[string]struct {
		spec  lake.Spec
		query string
		other lake.Spec
		first string
		want  []string
	}{
		"append after append": {
			spec: lake.Spec{Mode: lake.Append}, query: row("2024-01-05", 5, "e"),
			other: lake.Spec{Mode: lake.Append}, first: row("2024-01-06", 6, "f"),
			want: []string{"2024-01-01|1|a", "2024-01-02|2|b", "2024-01-05|5|e", "2024-01-06|6|f"},
		},
		"overwrite after append into the interval": {
			spec: lake.Spec{Mode: lake.Overwrite, Interval: day}, query: row("2024-01-02", 20, "new"),
			other: lake.Spec{Mode: lake.Append}, first: row("2024-01-02", 21, "late") + " UNION ALL " + row("2024-01-03", 3, "kept"),
			want: []string{"2024-01-01|1|a", "2024-01-02|20|new", "2024-01-03|3|kept"},
		},
		"append after overwrite": {
			spec: lake.Spec{Mode: lake.Append}, query: row("2024-01-05", 5, "e"),
			other: lake.Spec{Mode: lake.Overwrite, Interval: day}, first: row("2024-01-02", 20, "new"),
			want: []string{"2024-01-01|1|a", "2024-01-02|20|new", "2024-01-05|5|e"},
		},
		"merge after merge of the same key": {
			spec: lake.Spec{Mode: lake.Merge, Key: []string{"id"}}, query: row("2024-01-01", 1, "mine"),
			other: lake.Spec{Mode: lake.Merge, Key: []string{"id"}}, first: row("2024-01-01", 1, "theirs") + " UNION ALL " + row("2024-01-02", 2, "theirs"),
			want: []string{"2024-01-01|1|mine", "2024-01-02|2|theirs"},
		},
		"merge after the same merge": {
			spec: lake.Spec{Mode: lake.Merge, Key: []string{"id"}}, query: row("2024-01-01", 1, "same"),
			other: lake.Spec{Mode: lake.Merge, Key: []string{"id"}}, first: row("2024-01-01", 1, "same"),
			want: []string{"2024-01-01|1|same", "2024-01-02|2|b"},
		},
		"replace after append": {
			spec: lake.Spec{Mode: lake.Replace}, query: row("2024-01-05", 5, "e"),
			other: lake.Spec{Mode: lake.Append}, first: row("2024-01-06", 6, "f"),
			want: []string{"2024-01-05|5|e"},
		},
		"two writers that each add a column": {
			spec: lake.Spec{Mode: lake.Append}, query: row("2024-01-05", 5, "e") + ", 'm' AS mine",
			other: lake.Spec{Mode: lake.Append}, first: row("2024-01-06", 6, "f") + ", 't' AS theirs",
			want: []string{"2024-01-01|1|a|∅|∅", "2024-01-02|2|b|∅|∅", "2024-01-05|5|e|∅|m", "2024-01-06|6|f|t|∅"},
		},
		"append without a column that is dropped meanwhile": {
			spec: lake.Spec{Mode: lake.Append}, query: "SELECT 5 AS id, 'e' AS v",
			other: lake.Spec{Mode: lake.Replace, DropMissing: true}, first: "SELECT 6 AS id, 'f' AS v",
			want: []string{"5|e", "6|f"},
		},
		"merge after a widening": {
			spec: lake.Spec{Mode: lake.Merge, Key: []string{"id"}}, query: row("2024-01-01", 1, "mine"),
			other: lake.Spec{Mode: lake.Append}, first: "SELECT DATE '2024-01-06' AS day, 6000000000 AS id, 'f' AS v",
			want: []string{"2024-01-01|1|mine", "2024-01-02|2|b", "2024-01-06|6000000000|f"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := laketest.Open(t)
			tc.spec.Table, tc.other.Table = l.Ident("a.t"), l.Ident("a.t")
			l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append}, base)
			mine := staged(t, l, tc.spec, tc.query)
			l.MustRun(tc.other, tc.first)
			rechecked := 0
			published, err := l.Publish(t.Context(), mine, catalog.Effects{}, lake.Recheck(func(context.Context, *lake.Staged) error {
				rechecked++
				return nil
			}))
			if err != nil {
				t.Fatal(err)
			}
			if published.Attempts != 2 || rechecked != 1 {
				t.Errorf("%d attempts, checked again %d times; want 2 and 1", published.Attempts, rechecked)
			}
			rowsOf(t, l, "a.t", tc.want...)
			if orphans := l.Orphans("a.t"); len(orphans) > 0 {
				t.Errorf("left behind: %v", orphans)
			}
		})
	}
}

// TestColumnInAnotherCase has a column dropped and added anew in another spelling while rows for it wait to be published.
func TestColumnInAnotherCase(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	table := l.Ident("a.t")
	l.MustRun(lake.Spec{Table: table, Mode: lake.Append}, "SELECT 1 AS id, 'a' AS V")
	mine := staged(t, l, lake.Spec{Table: table, Mode: lake.Append}, "SELECT 2 AS id, 'b' AS V")
	l.MustRun(lake.Spec{Table: table, Mode: lake.Replace, DropMissing: true}, "SELECT 1 AS id")
	l.MustRun(lake.Spec{Table: table, Mode: lake.Replace}, "SELECT 1 AS id, 'c' AS v")
	if _, err := l.Publish(t.Context(), mine, catalog.Effects{}); err != nil {
		t.Fatal(err)
	}
	rowsOf(t, l, "a.t", "1|c", "2|b")
}

func TestLostCreateRace(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append}
	mine := staged(t, l, spec, "SELECT 'x' AS v, 1 AS id")
	l.MustRun(spec, "SELECT 2 AS id")
	if _, err := l.Publish(t.Context(), mine, catalog.Effects{}); err != nil {
		t.Fatal(err)
	}
	rowsOf(t, l, "a.t", "1|x", "2|∅")
	if orphans := l.Orphans("a.t"); len(orphans) > 0 {
		t.Errorf("left behind: %v", orphans)
	}
}

func TestRecheckCanStopAPublish(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append}
	l.MustRun(spec, "SELECT 1 AS id")
	mine := staged(t, l, spec, "SELECT 2 AS id")
	l.MustRun(spec, "SELECT 2 AS id")
	notUnique := errors.New("id is not unique")
	_, err := l.Publish(t.Context(), mine, catalog.Effects{}, lake.Recheck(func(_ context.Context, s *lake.Staged) error {
		rows, err := s.This.Select()
		if err != nil {
			return err
		}
		if got := l.Query("SELECT id FROM (" + rows + ")"); !slices.Equal(got, []string{"1", "2", "2"}) {
			t.Errorf("the table as it would be: %v", got)
		}
		return notUnique
	}))
	if !errors.Is(err, notUnique) {
		t.Errorf("error = %v", err)
	}
	rowsOf(t, l, "a.t", "1", "2")
}

func TestEffectsAlone(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Replace}
	l.MustRun(spec, "SELECT 1 AS id")
	published, err := l.Run(t.Context(), spec, "SELECT 1 AS id", effectsAt(0))
	if err != nil || published.SnapshotID != 0 {
		t.Errorf("published %+v, %v", published, err)
	}
	if v := version(t, l, "p"); v != 1 || l.Snapshots("a.t") != 1 {
		t.Errorf("position version %d, %d snapshots; want 1 and 1", v, l.Snapshots("a.t"))
	}
	_, err = l.Run(t.Context(), spec, "SELECT 2 AS id", effectsAt(0))
	if !errors.Is(err, catalog.ErrPositionMoved) {
		t.Errorf("a position that moved: %v", err)
	}
	rowsOf(t, l, "a.t", "1")
}

// TestUnchangedIsOfTheTableAsItIs: finding nothing to do is no reason to commit effects once somebody else has
// changed the table.
func TestUnchangedIsOfTheTableAsItIs(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Replace}
	l.MustRun(spec, "SELECT 1 AS id")
	mine := staged(t, l, spec, "SELECT 1 AS id")
	if mine.Changed {
		t.Fatal("the same content is a change")
	}
	l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append}, "SELECT 2 AS id")
	published, err := l.Publish(t.Context(), mine, effectsAt(0))
	if err != nil || published.SnapshotID == 0 || published.Attempts != 2 {
		t.Errorf("published %+v, %v; want a snapshot at the second attempt", published, err)
	}
	rowsOf(t, l, "a.t", "1")
}

func TestFencedWriter(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append}
	_, err := l.Run(t.Context(), spec, "SELECT 1 AS id", catalog.Effects{Fence: &catalog.Fence{Lease: "run", Token: 7}})
	if !errors.Is(err, catalog.ErrFenced) {
		t.Errorf("error = %v", err)
	}
	rowsOf(t, l, "a.t")
}

func TestSummary(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	effects := effectsAt(0)
	effects.Filled = []catalog.Filled{{Asset: "a.t", Start: instant(t, "2024-01-02T00:00:00Z"), End: instant(t, "2024-01-03T00:00:00Z"), Fingerprint: "f1", At: time.Unix(0, 0)}}
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append, By: govern.Principal{Name: "minji"}}
	if _, err := l.Run(t.Context(), spec, "SELECT 1 AS id", effects); err != nil {
		t.Fatal(err)
	}
	tbl, err := l.Catalog.Load(t.Context(), l.Ident("a.t"))
	if err != nil {
		t.Fatal(err)
	}
	summary := tbl.CurrentSnapshot().Summary.Properties
	for key, want := range map[string]string{
		"hosu.by": "minji", "hosu.mode": "append", "hosu.position.p": "1",
		"hosu.filled.a.t.interval": "2024-01-02T00:00:00Z/2024-01-03T00:00:00Z", "hosu.filled.a.t.fingerprint": "f1",
	} {
		if summary[key] != want {
			t.Errorf("summary %s = %q; want %q", key, summary[key], want)
		}
	}
}

func TestVersionThreeTablesNumberTheirRows(t *testing.T) {
	t.Parallel()
	l := laketest.Open(t)
	spec := lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append, Properties: iceberg.Properties{"format-version": "3"}}
	l.MustRun(spec, "SELECT i FROM range(10) r(i)")
	mine := staged(t, l, spec, "SELECT i FROM range(10, 15) r(i)")
	l.MustRun(spec, "SELECT i FROM range(15, 18) r(i)")
	if _, err := l.Publish(t.Context(), mine, catalog.Effects{}); err != nil {
		t.Fatal(err)
	}
	tbl, err := l.Catalog.Load(t.Context(), l.Ident("a.t"))
	if err != nil {
		t.Fatal(err)
	}
	if tbl.Metadata().Version() != 3 || tbl.Metadata().NextRowID() != 18 {
		t.Errorf("version %d, next row id %d; want 3 and 18", tbl.Metadata().Version(), tbl.Metadata().NextRowID())
	}
	tasks, err := tbl.Scan().PlanFiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	numbered := map[int64]int64{}
	for _, task := range tasks {
		if task.FirstRowID == nil {
			t.Fatalf("%s has no first row id", task.File.FilePath())
		}
		numbered[*task.FirstRowID] = task.File.Count()
	}
	if diff := cmp.Diff(map[int64]int64{0: 10, 10: 3, 13: 5}, numbered); diff != "" {
		t.Errorf("rows by first row id (-want +got):\n%s", diff)
	}
}

// TestForeignDeletes writes to a table in which another engine has deleted rows by merge-on-read.
func TestForeignDeletes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spec  lake.Spec
		query string
		want  []string
	}{
		"append": {lake.Spec{Mode: lake.Append}, "SELECT 9 AS id, DATE '2024-01-09' AS day", []string{"0|2024-01-01", "2|2024-01-03", "3|2024-01-04", "9|2024-01-09"}},
		"merge":  {lake.Spec{Mode: lake.Merge, Key: []string{"id"}}, "SELECT 1 AS id, DATE '2024-02-01' AS day UNION ALL SELECT 2, DATE '2024-02-02'", []string{"0|2024-01-01", "1|2024-02-01", "2|2024-02-02", "3|2024-01-04"}},
		"overwrite": {lake.Spec{Mode: lake.Overwrite, Interval: interval(t, "day", "2024-01-03T00:00:00Z", "2024-01-04T00:00:00Z")},
			"SELECT 7 AS id, DATE '2024-01-03' AS day", []string{"0|2024-01-01", "3|2024-01-04", "7|2024-01-03"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := laketest.Open(t)
			l.MustRun(lake.Spec{Table: l.Ident("a.t"), Mode: lake.Append},
				"SELECT i::INTEGER AS id, DATE '2024-01-01' + i::INTEGER AS day FROM range(4) r(i)")
			deleteForeign(t, l, "a.t", 1)
			tc.spec.Table = l.Ident("a.t")
			mine := staged(t, l, tc.spec, tc.query)
			rows, err := mine.This.Select()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, l.Query("SELECT * FROM ("+rows+")")); diff != "" {
				t.Errorf("the table as it would be (-want +got):\n%s", diff)
			}
			if _, err := l.Publish(t.Context(), mine, catalog.Effects{}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, scanRows(t, l, "a.t")); diff != "" {
				t.Errorf("read by iceberg-go (-want +got):\n%s", diff)
			}
		})
	}
}

// deleteForeign deletes the row of an id by a position delete file, as Iceberg's other writers do.
func deleteForeign(t *testing.T, l *laketest.Lake, name string, id int) {
	t.Helper()
	tbl, err := l.Catalog.Load(t.Context(), l.Ident(name))
	if err != nil {
		t.Fatal(err)
	}
	data := l.Files(name)[0].FilePath()
	location := tbl.Location() + "/data/deletes.parquet"
	var path [2]string
	for i, of := range []string{data, location} {
		if path[i], err = l.Store.LocalPath(of); err != nil {
			t.Fatal(err)
		}
	}
	// The field ids are those the Iceberg spec reserves (Position Delete Files).
	err = l.Engine.Exec(t.Context(), fmt.Sprintf(`COPY (SELECT '%s' AS file_path, file_row_number AS pos
		FROM read_parquet('%s', file_row_number = true) WHERE id = %d) TO '%s' (FORMAT parquet, FIELD_IDS {file_path: 2147483546, pos: 2147483545})`,
		data, path[0], id, path[1]))
	if err != nil {
		t.Fatal(err)
	}
	written, err := os.Stat(path[1])
	if err != nil {
		t.Fatal(err)
	}
	deletes, err := iceberg.NewDataFileBuilder(tbl.Spec(), iceberg.EntryContentPosDeletes, location, iceberg.ParquetFile,
		nil, nil, nil, 1, written.Size())
	if err != nil {
		t.Fatal(err)
	}
	requirements, updates, err := l.Catalog.Draft(t.Context(), tbl, func(tx *table.Transaction) error {
		return tx.NewRowDelta(nil).AddDeletes(deletes.Build()).Commit(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Catalog.Commit(t.Context(), catalog.Commit{By: govern.Principal{Name: "spark"},
		Changes: []catalog.Change{{Ident: l.Ident(name), Requirements: requirements, Updates: updates}}})
	if err != nil {
		t.Fatal(err)
	}
}

// scanRows reads a table with iceberg-go, which knows nothing of DuckDB.
func scanRows(t *testing.T, l *laketest.Lake, name string) []string {
	t.Helper()
	tbl, err := l.Catalog.Load(t.Context(), l.Ident(name))
	if err != nil {
		t.Fatal(err)
	}
	result, err := tbl.Scan().ToArrowTable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer result.Release()
	var rows []string
	for i := range int(result.NumRows()) {
		var cells []string
		for c := range int(result.NumCols()) {
			offset := i
			for _, chunk := range result.Column(c).Data().Chunks() {
				if offset < chunk.Len() {
					cells = append(cells, chunk.ValueStr(offset))
					break
				}
				offset -= chunk.Len()
			}
		}
		rows = append(rows, strings.Join(cells, "|"))
	}
	slices.Sort(rows)
	return rows
}
