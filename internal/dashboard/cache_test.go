package dashboard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/query/render"
	"github.com/hosu-io/hosu/internal/scan"
)

// world is tables with versions, and a count of the statements run.
type world struct {
	version atomic.Int64
	runs    atomic.Int64
}

func (w *world) stamps() []scan.Stamp {
	return []scan.Stamp{{MetadataLocation: fmt.Sprint(w.version.Load())}}
}

func (w *world) valid(_ context.Context, a *answer) (bool, error) {
	return a.stamps[0] == w.stamps()[0], nil
}

func (w *world) answer(size int) *answer {
	return &answer{values: render.Values{JSON: make([]byte, size)}, stamps: w.stamps()}
}

func (w *world) run(context.Context) (*answer, error) {
	w.runs.Add(1)
	return w.answer(10), nil
}

func keyFor(sql string) key { return keyOf(govern.Owner(), statement{sql: sql}) }

func TestCacheAnswersUntilATableChanges(t *testing.T) {
	t.Parallel()
	w, c := &world{}, NewCache(0)
	ask := func(k key, wantRuns int64, wantCached bool) {
		t.Helper()
		a, cached, err := c.get(t.Context(), k, w.valid, w.run)
		if err != nil || cached != wantCached || w.runs.Load() != wantRuns || a.stamps[0] != w.stamps()[0] {
			t.Errorf("after %d runs: cached %v (%v), want %d runs and cached %v", w.runs.Load(), cached, err, wantRuns, wantCached)
		}
	}
	ask(keyFor("a"), 1, false)
	ask(keyFor("a"), 1, true)
	ask(keyFor("b"), 2, false)
	w.version.Add(1)
	ask(keyFor("a"), 3, false)
	ask(keyFor("a"), 3, true)
}

func TestCacheKeys(t *testing.T) {
	t.Parallel()
	base := statement{sql: "select 1", timeZone: "UTC", most: 1}
	seen := map[key]string{}
	for name, k := range map[string]key{
		"base":      keyOf(govern.Owner(), base),
		"guest":     keyOf(govern.Principal{Name: "guest"}, base),
		"owner":     keyOf(govern.Principal{Name: "guest", Owner: true}, base),
		"zone":      keyOf(govern.Owner(), statement{sql: "select 1", timeZone: "Asia/Seoul", most: 1}),
		"most":      keyOf(govern.Owner(), statement{sql: "select 1", timeZone: "UTC", most: 2}),
		"params":    keyOf(govern.Owner(), statement{sql: "select 1", timeZone: "UTC", most: 1, params: usedParams("$from", Days{})}),
		"other day": keyOf(govern.Owner(), statement{sql: "select 1", timeZone: "UTC", most: 1, params: usedParams("$from", Days{From: time.Unix(1e9, 0)})}),
	} {
		if other, ok := seen[k]; ok {
			t.Errorf("%s and %s share answers", name, other)
		}
		seen[k] = name
	}
}

func TestCacheKeepsNoMoreThanItsBytes(t *testing.T) {
	t.Parallel()
	w := &world{}
	one := w.answer(1000).bytes()
	c := NewCache(3 * one)
	put := func(i, size int) {
		t.Helper()
		if _, _, err := c.get(t.Context(), keyFor(fmt.Sprint(i)), w.valid, func(context.Context) (*answer, error) { return w.answer(size), nil }); err != nil {
			t.Fatal(err)
		}
	}
	has := func(i int) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.entries[keyFor(fmt.Sprint(i))] != nil
	}
	for i := range 3 {
		put(i, 1000)
	}
	put(0, 1000) // used again
	put(3, 1000)
	if !has(0) || has(1) || !has(2) || !has(3) {
		t.Errorf("kept 0: %v, 1: %v, 2: %v, 3: %v; want all but the least recently used, 1", has(0), has(1), has(2), has(3))
	}
	put(4, 1_000_000)
	if has(4) || !has(3) {
		t.Error("an answer larger than the cache was kept, or drove others out")
	}
	if c.size != 3*one || c.recent.Len() != 3 || len(c.entries) != 3 {
		t.Errorf("%d bytes in %d and %d entries, want %d in 3", c.size, c.recent.Len(), len(c.entries), 3*one)
	}
}

func TestCacheDoesNotKeepVolatileAnswersAndErrors(t *testing.T) {
	t.Parallel()
	w, c := &world{}, NewCache(0)
	broken := errors.New("broken")
	for range 2 {
		if _, cached, err := c.get(t.Context(), keyFor("now"), w.valid, func(context.Context) (*answer, error) {
			a := w.answer(1)
			a.once = true
			return a, nil
		}); err != nil || cached {
			t.Errorf("a volatile answer came from the cache (%v)", err)
		}
		if _, _, err := c.get(t.Context(), keyFor("bad"), w.valid, func(context.Context) (*answer, error) { return nil, broken }); !errors.Is(err, broken) {
			t.Errorf("error %v, want that of the statement", err)
		}
	}
}

// TestCacheRunsOnce has many ask for the same thing at the same time.
func TestCacheRunsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, c := &world{}, NewCache(0)
		proceed := make(chan struct{})
		run := func(ctx context.Context) (*answer, error) {
			<-proceed
			return w.run(ctx)
		}
		var group sync.WaitGroup
		var ran atomic.Int64
		for range 20 {
			group.Go(func() {
				_, cached, err := c.get(t.Context(), keyFor("a"), w.valid, run)
				if err != nil {
					t.Error(err)
				}
				if !cached {
					ran.Add(1)
				}
			})
		}
		synctest.Wait() // all wait for one flight
		close(proceed)
		group.Wait()
		if w.runs.Load() != 1 || ran.Load() != 1 {
			t.Errorf("%d runs, %d callers were told of one; want 1 and 1", w.runs.Load(), ran.Load())
		}
	})
}

// TestCacheFlightsAreNotOlderThanTheirPassengers commits to a table while a statement over it runs: whoever asks behind the commit
// must not get what was read before it.
func TestCacheFlightsAreNotOlderThanTheirPassengers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, c := &world{}, NewCache(0)
		proceed := make(chan struct{})
		run := func(ctx context.Context) (*answer, error) {
			a, err := w.run(ctx)
			<-proceed
			return a, err
		}
		go func() {
			if _, _, err := c.get(t.Context(), keyFor("a"), w.valid, run); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait()
		w.version.Add(1)
		var late *answer
		go func() {
			var err error
			if late, _, err = c.get(t.Context(), keyFor("a"), w.valid, run); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait()
		close(proceed)
		synctest.Wait()
		if late == nil || late.stamps[0] != w.stamps()[0] || w.runs.Load() != 2 {
			t.Errorf("got %+v after %d runs, want the answer behind the commit", late, w.runs.Load())
		}
	})
}

// TestCacheCallsOffWhatNobodyWaitsFor has the callers of a statement go away one by one.
func TestCacheCallsOffWhatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, c := &world{}, NewCache(0)
		ended := false
		run := func(ctx context.Context) (*answer, error) {
			<-ctx.Done()
			ended = true
			return nil, ctx.Err()
		}
		first, leave := context.WithCancel(t.Context())
		second, leaveToo := context.WithCancel(t.Context())
		for _, ctx := range []context.Context{first, second} {
			go func() {
				if _, _, err := c.get(ctx, keyFor("a"), w.valid, run); !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, want that of the context", err)
				}
			}()
			synctest.Wait()
		}
		leave()
		synctest.Wait()
		if ended {
			t.Error("the statement ended while somebody waited for it")
		}
		leaveToo()
		synctest.Wait()
		if !ended {
			t.Error("the statement goes on and nobody waits for it")
		}
		if _, cached, err := c.get(t.Context(), keyFor("a"), w.valid, w.run); err != nil || cached {
			t.Errorf("cached %v (%v) after a statement that was called off", cached, err)
		}
	})
}
