package catalog_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/failpoint"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/storage/storagetest"
)

// effects are a set of effects that hold in a fresh state database.
func effects() catalog.Effects {
	return catalog.Effects{
		Positions: []catalog.Position{{Producer: "source:shop.orders", Value: []byte("cursor-1")}},
		Filled:    []catalog.Filled{{Asset: orders.String(), Fingerprint: "f1", Inputs: map[string]int64{"raw.a": 7}}},
	}
}

// effectsStored says whether those effects are in the database: all, or none of them.
func (e *env) effectsStored(t *testing.T) bool {
	t.Helper()
	var position state.Position
	var filled []state.Filled
	err := e.db.View(t.Context(), func(tx *state.Tx) error {
		var err error
		if position, err = tx.ReadPosition("source:shop.orders"); err != nil {
			return err
		}
		filled, err = tx.Filled(orders.String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if (position.Version == 1) != (len(filled) == 1) {
		t.Errorf("half of the effects are stored: position %+v, filled %+v", position, filled)
	}
	return position.Version == 1
}

func TestEffectsAreStoredWithTheChange(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		e.mustCommit(t, commitOf(create(orders)))
		commit := commitOf(e.appendOf(t, e.mustLoad(t, orders), 1))
		commit.Effects = effects()
		snapshot := e.mustCommit(t, commit).Tables[orders].CurrentSnapshot().SnapshotID
		var filled []state.Filled
		if err := e.db.View(t.Context(), func(tx *state.Tx) (err error) {
			filled, err = tx.Filled(orders.String())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		want := []state.Filled{{Asset: orders.String(), Fingerprint: "f1", Inputs: map[string]int64{"raw.a": 7}, SnapshotID: snapshot, At: start}}
		if diff := cmp.Diff(want, filled); diff != "" {
			t.Errorf("filled (-want +got):\n%s", diff)
		}
		entry, err := e.Entry(t.Context(), orders)
		if err != nil || entry.SnapshotID != snapshot {
			t.Errorf("entry %+v, %v; want snapshot %d", entry, err, snapshot)
		}
	})
}

func TestEffectsThatDoNotHoldLeaveTheTableUnchanged(t *testing.T) {
	t.Parallel()
	day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name    string
		effects func(*catalog.Effects)
		want    error
	}{
		{"position moved", func(e *catalog.Effects) { e.Positions[0].Version = 4 }, catalog.ErrPositionMoved},
		{"second position moved", func(e *catalog.Effects) {
			e.Positions = append(e.Positions, catalog.Position{Producer: "other", Version: 1})
		}, catalog.ErrPositionMoved},
		{"no such lease", func(e *catalog.Effects) { e.Fence = &catalog.Fence{Lease: "run", Token: 1} }, catalog.ErrFenced},
		{"empty interval", func(e *catalog.Effects) { e.Filled[0].Start, e.Filled[0].End = day, day }, nil},
	}
	onEachState(t, func(t *testing.T, e *env) {
		e.mustCommit(t, commitOf(create(orders)))
		base := e.mustLoad(t, orders)
		files := e.metadataFiles(t)
		for _, test := range tests {
			commit := commitOf(e.appendOf(t, base, 1))
			commit.Effects = effects()
			test.effects(&commit.Effects)
			_, err := e.Commit(t.Context(), commit)
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("%s: %v, want %v", test.name, err, test.want)
			}
			if e.mustLoad(t, orders).MetadataLocation() != base.MetadataLocation() {
				t.Errorf("%s: the table has changed", test.name)
			}
			if e.effectsStored(t) {
				t.Errorf("%s: effects are stored", test.name)
			}
			if diff := cmp.Diff(files, e.metadataFiles(t)); diff != "" {
				t.Errorf("%s: metadata files (-before +after):\n%s", test.name, diff)
			}
		}
		// And the other way round: a requirement that fails keeps the effects out.
		commit := commitOf(e.appendOf(t, base, 1))
		commit.Effects = effects()
		e.mustCommit(t, commitOf(e.appendOf(t, base, 2)))
		if _, err := e.Commit(t.Context(), commit); !errors.Is(err, catalog.ErrRequirement) {
			t.Errorf("a stale append: %v", err)
		}
		if e.effectsStored(t) {
			t.Error("the effects of a failed commit are stored")
		}
	})
}

// TestFence has a worker that lost its lease fail to commit, and the new holder succeed.
func TestFence(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		e.mustCommit(t, commitOf(create(orders)))
		acquire := func(holder string, at time.Time) *catalog.Fence {
			fence := &catalog.Fence{Lease: "run"}
			if err := e.db.Update(t.Context(), func(tx *state.Tx) (err error) {
				fence.Token, err = tx.AcquireLease("run", holder, time.Minute, at)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return fence
		}
		commit := func(fence *catalog.Fence, key string) error {
			c := commitOf(setProperty(orders, key, "x"))
			c.Effects.Fence = fence
			_, err := e.Commit(t.Context(), c)
			return err
		}
		old := acquire("old", start)
		if err := commit(old, "first"); err != nil {
			t.Errorf("with the lease: %v", err)
		}
		current := acquire("new", start.Add(time.Hour))
		if err := commit(old, "stale"); !errors.Is(err, catalog.ErrFenced) || errors.Is(err, catalog.ErrConflict) {
			t.Errorf("after losing the lease: %v, want ErrFenced and no conflict", err)
		}
		if err := commit(current, "second"); err != nil {
			t.Errorf("with the new lease: %v", err)
		}
		properties := maps.Clone(e.mustLoad(t, orders).Properties())
		if properties["first"] != "x" || properties["second"] != "x" || properties["stale"] != "" {
			t.Errorf("properties: %v", properties)
		}
	})
}

func TestEffectsAlone(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		commit := catalog.Commit{By: govern.Owner(), Effects: effects()}
		if result := e.mustCommit(t, commit); result.ID != 0 || !e.effectsStored(t) {
			t.Errorf("result %+v", result)
		}
		if _, err := e.Commit(t.Context(), commit); !errors.Is(err, catalog.ErrPositionMoved) {
			t.Errorf("the same again: %v, want ErrPositionMoved", err)
		}
	})
}

// TestFaults breaks a commit at every step: afterwards the table is readable and the commit, with its effects, is
// wholly in or wholly out.
func TestFaults(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fail := func(string) error { return broken }
	tests := []struct {
		name      string
		failpoint string
		fault     *storagetest.Fault
		wantErr   error // nil: the commit succeeds
		wantIn    bool
	}{
		{name: "metadata not created", fault: &storagetest.Fault{Op: storagetest.Create, Err: storagetest.ErrDiskFull}, wantErr: storagetest.ErrDiskFull},
		{name: "metadata torn", fault: &storagetest.Fault{Op: storagetest.Write, Torn: true, Err: storagetest.ErrDiskFull}, wantErr: storagetest.ErrDiskFull},
		{name: "metadata not renamed", fault: &storagetest.Fault{Op: storagetest.Close}, wantErr: storagetest.ErrInjected},
		{name: "after the metadata", failpoint: "commit.metadata_written", wantErr: broken},
		{name: "answer of the database lost", failpoint: "state.committed", wantIn: true},
		{name: "after the pointer", failpoint: "commit.pointer_swapped", wantErr: catalog.ErrUnknown, wantIn: true},
		{name: "garbage cannot be removed", fault: &storagetest.Fault{Op: storagetest.Remove}, failpoint: "commit.metadata_written", wantErr: broken},
	}
	onEachState(t, func(t *testing.T, e *env) {
		e.mustCommit(t, commitOf(create(orders)))
		for i, test := range tests {
			base := e.mustLoad(t, orders)
			before := e.ids(t, orders)
			id, producer := int64(i), fmt.Sprintf("producer-%d", i)
			commit := commitOf(e.appendOf(t, base, id))
			commit.Effects.Positions = []catalog.Position{{Producer: producer, Value: []byte("x")}}
			ctx := failpoint.With(t.Context(), failpoint.NewSet(map[string]failpoint.Action{test.failpoint: fail}))
			if test.fault != nil {
				e.store.Inject(*test.fault)
			}
			_, err := e.Commit(ctx, commit)
			e.store.Inject()
			if !errors.Is(err, test.wantErr) {
				t.Errorf("%s: %v, want %v", test.name, err, test.wantErr)
			}
			want := maps.Clone(before)
			if test.wantIn {
				want[id] = 1
			}
			if diff := cmp.Diff(want, e.ids(t, orders)); diff != "" {
				t.Errorf("%s: rows (-want +got):\n%s", test.name, diff)
			}
			var position state.Position
			if err := e.db.View(t.Context(), func(tx *state.Tx) (err error) {
				position, err = tx.ReadPosition(producer)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if stored := position.Version == 1; stored != test.wantIn {
				t.Errorf("%s: position stored: %v, want %v", test.name, stored, test.wantIn)
			}
			// Trying again does what is still to do, once.
			if !test.wantIn {
				again := commitOf(e.appendOf(t, e.mustLoad(t, orders), id))
				again.Effects = commit.Effects
				e.mustCommit(t, again)
			} else if _, err := e.Commit(t.Context(), commit); !errors.Is(err, catalog.ErrConflict) {
				t.Errorf("%s: the same commit again: %v, want ErrConflict", test.name, err)
			}
		}
		want := map[int64]int{}
		for i := range tests {
			want[int64(i)] = 1
		}
		if diff := cmp.Diff(want, e.ids(t, orders)); diff != "" {
			t.Errorf("rows in the end (-want +got):\n%s", diff)
		}
	})
}

// TestLostAnswerOfEffectsAlone: whether a position moved can be read from the position.
func TestLostAnswerOfEffectsAlone(t *testing.T) {
	t.Parallel()
	onEachState(t, func(t *testing.T, e *env) {
		ctx := failpoint.With(t.Context(), failpoint.NewSet(map[string]failpoint.Action{
			"state.committed": func(string) error { return errors.New("connection reset") },
		}))
		if _, err := e.Commit(ctx, catalog.Commit{By: govern.Owner(), Effects: effects()}); err != nil {
			t.Errorf("a commit that happened: %v", err)
		}
		if !e.effectsStored(t) {
			t.Error("the effects are not stored")
		}
		commit := catalog.Commit{By: govern.Owner(), Effects: catalog.Effects{Filled: []catalog.Filled{{Asset: "a.b"}}}}
		if _, err := e.Commit(ctx, commit); !errors.Is(err, catalog.ErrUnknown) {
			t.Errorf("a commit without a trace: %v, want ErrUnknown", err)
		}
	})
}
