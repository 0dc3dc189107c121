package history_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/query/history"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

var databases = []struct {
	name    string
	address func(t *testing.T) string
}{
	{"sqlite", func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "state.db") }},
	{"postgres", func(t *testing.T) string { return pgtest.Database(t) }},
}

// onBoth runs a test over each kind of state database.
func onBoth(t *testing.T, test func(t *testing.T, db *state.DB)) {
	t.Helper()
	t.Parallel()
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			t.Parallel()
			db, err := state.Open(t.Context(), database.address(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, db)
		})
	}
}

var first = time.Date(2024, 3, 1, 9, 0, 0, 123456000, time.UTC)

func entry(principal string, n int) history.QueryInfo {
	return history.QueryInfo{
		ID: fmt.Sprintf("%s-%04d", principal, n), Principal: principal, SQL: fmt.Sprintf("select %d -- 호수", n), Status: history.Succeeded,
		Started: first.Add(time.Duration(n) * time.Second), Finished: first.Add(time.Duration(n)*time.Second + time.Millisecond),
		Detail: history.Detail{
			ElapsedMS: 1.25, WaitMS: .5, Rows: 1, Files: 1, FilesTotal: 2, Bytes: 3, BytesTotal: 4,
			Tables: []history.TableUse{{Table: "marts.sold", Snapshot: 7558454017196848483, Files: 1, FilesTotal: 2, Bytes: 3}},
			Error:  &history.Failure{Code: "bind_error", Message: "no", Hint: "yes", Position: &history.Position{Offset: 1, Line: 1, Column: 2}},
		},
	}
}

// stored runs a store for as long as it takes to store what was added.
func stored(t *testing.T, s *history.Store) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

func ids(queries []history.QueryInfo) string {
	var names []string
	for _, q := range queries {
		names = append(names, q.ID[strings.LastIndexByte(q.ID, '-')+1:])
	}
	return strings.Join(names, " ")
}

func TestHistory(t *testing.T) {
	onBoth(t, func(t *testing.T, db *state.DB) {
		s := history.New(history.Options{State: db, Kept: 4})
		list := func(limit int, before history.QueryInfo) string {
			t.Helper()
			found, err := s.List(t.Context(), "kim", limit, before.Started, before.ID)
			if err != nil {
				t.Fatal(err)
			}
			return ids(found)
		}
		check := func(when string) {
			t.Helper()
			if got := list(3, history.QueryInfo{}); got != "0003 0002 0001" {
				t.Errorf("%s: the newest three are %s", when, got)
			}
			if got := list(10, entry("kim", 2)); got != "0001 0000" {
				t.Errorf("%s: behind the third are %s", when, got)
			}
			got, err := s.Get(t.Context(), "kim", "kim-0001")
			if diff := cmp.Diff(entry("kim", 1), got); err != nil || diff != "" {
				t.Errorf("%s: %v (-want +got):\n%s", when, err, diff)
			}
			if _, err := s.Get(t.Context(), "lee", "kim-0001"); !errors.Is(err, history.ErrNotFound) {
				t.Errorf("%s: somebody else's query: %v", when, err)
			}
		}
		for n := range 4 {
			s.Add(entry("kim", n))
			s.Add(entry("lee", n))
		}
		check("before it is stored")
		stored(t, s)
		check("when it is stored")
		s = history.New(history.Options{State: db, Kept: 4})
		check("in another process")

		changed := entry("kim", 3)
		changed.SQL = "select 'again'"
		s.Add(changed)
		for n := 4; n < 7; n++ {
			s.Add(entry("kim", n))
		}
		if got := list(100, history.QueryInfo{}); got != "0006 0005 0004 0003 0002 0001 0000" {
			t.Errorf("part of it stored: %s", got)
		}
		stored(t, s)
		if got := list(100, history.QueryInfo{}); got != "0006 0005 0004 0003" {
			t.Errorf("the four newest are kept, got %s", got)
		}
		if got, err := s.Get(t.Context(), "kim", "kim-0003"); err != nil || got.SQL != changed.SQL {
			t.Errorf("the id used again: %q, %v", got.SQL, err)
		}
		if found, err := s.List(t.Context(), "lee", 100, time.Time{}, ""); err != nil || len(found) != 4 {
			t.Errorf("somebody else has %d, %v", len(found), err)
		}
	})
}

// Few long texts are kept, rather than many.
func TestHistoryIsBoundedByItsText(t *testing.T) {
	onBoth(t, func(t *testing.T, db *state.DB) {
		s := history.New(history.Options{State: db})
		for n := range 10 {
			q := entry("kim", n)
			q.SQL = strings.Repeat("x", 10<<20)
			s.Add(q)
		}
		// Not as Run does it at the end, which gives up after some seconds: 64 MB may take a slow disk longer.
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if found, err := s.List(t.Context(), "kim", 100, time.Time{}, ""); err != nil || ids(found) != "0009 0008 0007 0006 0005 0004" {
			t.Errorf("%s, %v", ids(found), err)
		}
	})
}

// What is no text to a database is stored as far as it is, with all that is behind it.
func TestHistoryOfWhatIsNoText(t *testing.T) {
	onBoth(t, func(t *testing.T, db *state.DB) {
		s := history.New(history.Options{State: db})
		odd := entry("kim", 0)
		odd.SQL = "select '호\x00\xff'"
		s.Add(odd)
		s.Add(entry("kim", 1))
		stored(t, s)
		if got, err := history.New(history.Options{State: db}).Get(t.Context(), "kim", odd.ID); err != nil || got.SQL != "select '호\ufffd\ufffd'" {
			t.Errorf("%q, %v", got.SQL, err)
		}
		saved, err := s.Save(t.Context(), govern.Owner(), history.SavedQuery{Name: "a\x00b", SQL: odd.SQL})
		if err != nil || saved.Name != "a\ufffdb" {
			t.Errorf("%+v, %v", saved, err)
		}
	})
}

// While nothing can be stored, memory holds so much and no more.
func TestHistoryWaitsWithinBounds(t *testing.T) {
	t.Parallel()
	db, err := state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := history.New(history.Options{State: db})
	long := strings.Repeat("x", 1<<20)
	for n := range 70 {
		q := entry("kim", n)
		q.SQL = long
		s.Add(q)
	}
	if found, err := s.List(t.Context(), "kim", 100, time.Time{}, ""); err != nil || len(found) != 64 || found[63].ID != "kim-0006" {
		t.Errorf("%d statements of 1 MiB are in memory, %v", len(found), err)
	}
}

func TestSavedQueries(t *testing.T) {
	onBoth(t, func(t *testing.T, db *state.DB) {
		now := first
		s := history.New(history.Options{State: db, Clock: func() time.Time { return now }})
		save := func(q history.SavedQuery) history.SavedQuery {
			t.Helper()
			saved, err := s.Save(t.Context(), govern.Owner(), q)
			if err != nil {
				t.Fatal(err)
			}
			return saved
		}
		b := save(history.SavedQuery{Name: "매출", SQL: "from marts.sold"})
		a := save(history.SavedQuery{Name: "Active", SQL: "select 1", Description: "of all"})
		now = now.Add(time.Hour)
		b.SQL = "from marts.sold limit 1"
		b = save(b)
		if !b.UpdatedAt.Equal(now) {
			t.Errorf("changed at %s", b.UpdatedAt)
		}
		got, err := s.Saved(t.Context())
		if diff := cmp.Diff([]history.SavedQuery{a, b}, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if err := s.Delete(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(t.Context(), a.ID); !errors.Is(err, history.ErrNotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		if _, err := s.Save(t.Context(), govern.Owner(), a); !errors.Is(err, history.ErrNotFound) {
			t.Errorf("changed what is deleted: %v", err)
		}
	})
}
