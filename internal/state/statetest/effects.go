package statetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hosu-io/hosu/internal/state"
)

// now is a time with microseconds, and without more.
var now = time.Date(2024, 2, 29, 23, 59, 59, 123456000, time.UTC)

func day(n int) time.Time { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC) }

func testPositions(t *testing.T, address string) {
	db := open(t, address)
	swap := func(producer string, expected int64, value string) error {
		return db.Update(t.Context(), func(tx *state.Tx) error { return tx.SwapPosition(producer, expected, []byte(value), now) })
	}
	for _, step := range []struct {
		producer string
		expected int64
		want     error
	}{
		{"a", 1, state.ErrPositionMoved}, {"a", 0, nil}, {"a", 0, state.ErrPositionMoved},
		{"a", 1, nil}, {"b", 0, nil}, {"a", 1, state.ErrPositionMoved}, {"a", 3, state.ErrPositionMoved}, {"a", 2, nil},
	} {
		if err := swap(step.producer, step.expected, fmt.Sprint(step.expected)); !errors.Is(err, step.want) {
			t.Errorf("swap %s from %d: %v, want %v", step.producer, step.expected, err, step.want)
		}
	}
	view(t, db, func(tx *state.Tx) error {
		p, err := tx.ReadPosition("a")
		if diff := cmp.Diff(state.Position{Producer: "a", Version: 3, Value: []byte("2"), At: now}, p); diff != "" {
			t.Errorf("position (-want +got):\n%s", diff)
		}
		return err
	})
}

// testPositionHasOneWinner has instances of one producer race for every version.
func testPositionHasOneWinner(t *testing.T, address string) {
	const instances, versions = 4, 10
	won := make([]atomic.Int64, versions)
	var wg sync.WaitGroup
	for i := range instances {
		db := open(t, address)
		wg.Go(func() {
			for version := range int64(versions) {
				err := db.Update(t.Context(), func(tx *state.Tx) error {
					return tx.SwapPosition("p", version, []byte{byte(i)}, now)
				})
				if err == nil {
					won[version].Add(1)
				} else if !errors.Is(err, state.ErrPositionMoved) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for version := range won {
		if n := won[version].Load(); n != 1 {
			t.Errorf("version %d was won by %d instances", version, n)
		}
	}
}

func testFilled(t *testing.T, address string) {
	db := open(t, address)
	type row struct {
		From, To    int // days; 0, 0: the whole asset
		Fingerprint string
	}
	for _, test := range []struct {
		name string
		old  []row
		new  row
		want []row
	}{
		{"first", nil, row{1, 2, "n"}, []row{{1, 2, "n"}}},
		{"beside", []row{{1, 2, "a"}, {3, 4, "b"}}, row{2, 3, "n"}, []row{{1, 2, "a"}, {2, 3, "n"}, {3, 4, "b"}}},
		{"the same", []row{{1, 2, "a"}}, row{1, 2, "n"}, []row{{1, 2, "n"}}},
		{"within", []row{{1, 9, "a"}}, row{3, 5, "n"}, []row{{1, 3, "a"}, {3, 5, "n"}, {5, 9, "a"}}},
		{"at the start", []row{{1, 9, "a"}}, row{1, 5, "n"}, []row{{1, 5, "n"}, {5, 9, "a"}}},
		{"at the end", []row{{1, 9, "a"}}, row{5, 9, "n"}, []row{{1, 5, "a"}, {5, 9, "n"}}},
		{"over many", []row{{1, 3, "a"}, {3, 4, "b"}, {5, 9, "c"}}, row{2, 6, "n"}, []row{{1, 2, "a"}, {2, 6, "n"}, {6, 9, "c"}}},
		{"whole over all", []row{{1, 3, "a"}, {5, 9, "c"}}, row{0, 0, "n"}, []row{{0, 0, "n"}}},
		{"whole over whole", []row{{0, 0, "a"}}, row{0, 0, "n"}, []row{{0, 0, "n"}}},
		{"over whole", []row{{0, 0, "a"}}, row{1, 2, "n"}, []row{{1, 2, "n"}}},
	} {
		filled := func(r row) state.Filled {
			f := state.Filled{Asset: test.name, Fingerprint: r.Fingerprint, Inputs: map[string]int64{"raw.매장": 1 << 60}, SnapshotID: 5, At: now}
			if r.To > 0 {
				f.Start, f.End = day(r.From), day(r.To)
			}
			return f
		}
		update(t, db, func(tx *state.Tx) error {
			for _, r := range append(test.old, test.new) {
				if err := tx.RecordFilled(filled(r)); err != nil {
					return err
				}
			}
			return nil
		})
		var want []state.Filled
		for _, r := range test.want {
			want = append(want, filled(r))
		}
		view(t, db, func(tx *state.Tx) error {
			got, err := tx.Filled(test.name)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
			return err
		})
	}
	// An interval around 1970, where stored times are 0, is no whole asset.
	update(t, db, func(tx *state.Tx) error {
		if err := tx.RecordFilled(state.Filled{Asset: "1970", Start: time.Unix(0, 0), End: time.Unix(60, 0)}); err != nil {
			return err
		}
		return tx.RecordFilled(state.Filled{Asset: "1970", Start: time.Unix(-60, 0), End: time.Unix(0, 0)})
	})
	view(t, db, func(tx *state.Tx) error {
		got, err := tx.Filled("1970")
		if len(got) != 2 || got[0].Whole() || got[1].Whole() || !got[1].Start.Equal(time.Unix(0, 0)) {
			t.Errorf("around 1970: %+v", got)
		}
		return err
	})
	update(t, db, func(tx *state.Tx) error {
		if err := tx.RecordFilled(state.Filled{Asset: "1969"}); err != nil {
			return err
		}
		return tx.RecordFilled(state.Filled{Asset: "1969", Start: time.Unix(-60, 0), End: time.Unix(60, 0)})
	})
	view(t, db, func(tx *state.Tx) error {
		got, err := tx.Filled("1969")
		if len(got) != 1 || !got[0].End.Equal(time.Unix(60, 0)) {
			t.Errorf("an interval over 1970 over a whole asset: %+v", got)
		}
		return err
	})
	update(t, db, func(tx *state.Tx) error {
		if err := tx.ForgetFilled("1969"); err != nil {
			return err
		}
		if err := tx.RecordFilled(state.Filled{Asset: "1970", Start: day(2), End: day(1)}); err == nil {
			t.Error("an interval that ends before it starts was recorded")
		}
		return tx.ForgetFilled("1970")
	})
	view(t, db, func(tx *state.Tx) error {
		all, err := tx.AllFilled()
		if len(all) != 18 || all[0].Asset > all[len(all)-1].Asset {
			t.Errorf("the ledger has %d rows, from %s to %s", len(all), all[0].Asset, all[len(all)-1].Asset)
		}
		return err
	})
}

// testFilledConcurrently fills random intervals from several sides: no time is ever covered twice.
func testFilledConcurrently(t *testing.T, address string) {
	var wg sync.WaitGroup
	for i := range 4 {
		db := open(t, address)
		random := rand.New(rand.NewPCG(1, uint64(i)))
		wg.Go(func() {
			for range 10 {
				from := 1 + random.IntN(20)
				to := from + 1 + random.IntN(8)
				err := db.Update(t.Context(), func(tx *state.Tx) error {
					return tx.RecordFilled(state.Filled{Asset: "a", Start: day(from), End: day(to), Fingerprint: fmt.Sprint(i), At: now})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	view(t, open(t, address), func(tx *state.Tx) error {
		rows, err := tx.Filled("a")
		for i := 1; i < len(rows); i++ {
			if rows[i].Start.Before(rows[i-1].End) {
				t.Errorf("covered twice: %+v and %+v", rows[i-1], rows[i])
			}
		}
		return err
	})
}

func acquire(t *testing.T, db *state.DB, holder string, at time.Time) (token int64, err error) {
	t.Helper()
	err = db.Update(t.Context(), func(tx *state.Tx) error {
		var err error
		token, err = tx.AcquireLease("run", holder, time.Minute, at)
		return err
	})
	return token, err
}

func testLeases(t *testing.T, address string) {
	db := open(t, address)
	do := func(fn func(tx *state.Tx) error) error { return db.Update(t.Context(), fn) }
	check := func(token int64) error {
		return do(func(tx *state.Tx) error { return tx.CheckFence("run", token) })
	}
	renew := func(token int64, at time.Time) error {
		return do(func(tx *state.Tx) error { return tx.RenewLease("run", token, time.Minute, at) })
	}
	if err := check(1); !errors.Is(err, state.ErrLeaseLost) {
		t.Errorf("check a lease nobody ever held: %v", err)
	}
	first, err := acquire(t, db, "one", now)
	if err != nil {
		t.Fatal(err)
	}
	for _, holder := range []string{"one", "two"} {
		_, err := acquire(t, db, holder, now.Add(59*time.Second))
		var held *state.HeldError
		if !errors.Is(err, state.ErrLeaseHeld) || !errors.As(err, &held) || held.Holder != "one" || !held.Expires.Equal(now.Add(time.Minute)) {
			t.Errorf("%s acquires a held lease: %v (%+v)", holder, err, held)
		}
	}
	if err := renew(first, now.Add(50*time.Second)); err != nil {
		t.Errorf("renew: %v", err)
	}
	if _, err := acquire(t, db, "two", now.Add(109*time.Second)); !errors.Is(err, state.ErrLeaseHeld) {
		t.Errorf("acquire a renewed lease: %v", err)
	}
	if err := renew(first, now.Add(time.Hour)); err != nil {
		t.Errorf("renew an expired lease that nobody took: %v", err)
	}
	second, err := acquire(t, db, "two", now.Add(2*time.Hour))
	if err != nil || second <= first {
		t.Errorf("acquire an expired lease: token %d after %d, %v", second, first, err)
	}
	for name, err := range map[string]error{"renew": renew(first, now.Add(2*time.Hour)), "check": check(first)} {
		if !errors.Is(err, state.ErrLeaseLost) {
			t.Errorf("%s with an old token: %v, want ErrLeaseLost", name, err)
		}
	}
	if err := check(second); err != nil {
		t.Errorf("check: %v", err)
	}
	release := func(token int64) error {
		return do(func(tx *state.Tx) error { return tx.ReleaseLease("run", token) })
	}
	if err := errors.Join(release(first), check(second)); err != nil {
		t.Errorf("release by a former holder: %v", err)
	}
	if err := release(second); err != nil {
		t.Errorf("release: %v", err)
	}
	if err := check(second); !errors.Is(err, state.ErrLeaseLost) {
		t.Errorf("check a released lease: %v", err)
	}
	third, err := acquire(t, db, "one", now.Add(2*time.Hour))
	if err != nil || third <= second {
		t.Errorf("acquire a released lease: token %d after %d, %v", third, second, err)
	}
	if _, err := acquire(t, db, "", now.Add(9*time.Hour)); err == nil {
		t.Error("a lease was given to nobody")
	}
}

func testLeaseHasOneHolder(t *testing.T, address string) {
	var holders atomic.Int64
	var wg sync.WaitGroup
	for i := range 6 {
		db := open(t, address)
		wg.Go(func() {
			_, err := acquire(t, db, fmt.Sprint("worker-", i), now)
			if err == nil {
				holders.Add(1)
			} else if !errors.Is(err, state.ErrLeaseHeld) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := holders.Load(); n != 1 {
		t.Errorf("%d workers got the lease", n)
	}
}

// testFenceHoldsUntilTheEnd lets a takeover begin between the check and the commit of a transaction: the
// commit must come first, or fail.
func testFenceHoldsUntilTheEnd(t *testing.T, address string) {
	worker, thief := open(t, address), open(t, address)
	token, err := acquire(t, worker, "worker", now)
	if err != nil {
		t.Fatal(err)
	}
	var stolen atomic.Bool
	var wg sync.WaitGroup
	started := false
	err = worker.Update(t.Context(), func(tx *state.Tx) error {
		if err := tx.CheckFence("run", token); err != nil {
			return err
		}
		if stolen.Load() {
			t.Error("the check passed after the lease was stolen")
		}
		if !started {
			started = true
			wg.Go(func() {
				if _, err := acquire(t, thief, "thief", now.Add(time.Hour)); err != nil {
					t.Error(err)
				}
				stolen.Store(true)
			})
		}
		// Some work during which the thief would get through if it could.
		for range 50 {
			if _, err := tx.ReadPosition("p"); err != nil {
				return err
			}
		}
		if stolen.Load() {
			t.Error("the lease was stolen between check and commit")
		}
		return tx.SwapPosition("p", 0, []byte("worker"), now)
	})
	if err != nil && !errors.Is(err, state.ErrLeaseLost) {
		t.Error(err)
	}
	wg.Wait()
	if err := worker.Update(t.Context(), func(tx *state.Tx) error { return tx.CheckFence("run", token) }); !errors.Is(err, state.ErrLeaseLost) {
		t.Errorf("check after the takeover: %v", err)
	}
}
