package orchestrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/state"
)

// Every attempt of a task is kept, with its own end and error.
func TestAttempts(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, address string) {
		b := newBench(t, address, shop(), nil)
		b.worker.before = func(_ context.Context, task Task) error {
			if task.Asset == "core.lines" && task.Attempt < 3 {
				return fmt.Errorf("reset %d", task.Attempt)
			}
			return nil
		}
		done := b.run(t)
		i := slices.IndexFunc(done.Tasks, func(t TaskInfo) bool { return t.Asset == "core.lines" })
		attempts, err := b.Attempts(t.Context(), done.Run.ID, done.Tasks[i].ID)
		if err != nil || len(attempts) != 3 {
			t.Fatalf("%+v, %v", attempts, err)
		}
		for n, a := range attempts {
			want, text := Failed, fmt.Sprintf("reset %d", n+1)
			if n == 2 {
				want, text = Succeeded, ""
			}
			if a.Attempt != n+1 || a.Status != want || a.Error != text || a.Started.IsZero() || a.Finished.Before(a.Started) {
				t.Errorf("attempt %d: %+v", n+1, a)
			}
		}
	})
}

// An attempt that failed stays so when the run is cancelled in the pause behind it, and one that is at work is cancelled.
func TestAttemptsOfCancelledTasks(t *testing.T) {
	t.Parallel()
	for name, retry := range map[string]bool{"in a pause": true, "at work": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			b := newBench(t, sqliteURL(t), shop(), func(c *Config) {
				c.FirstPause, c.LongestPause = time.Hour, time.Hour
				c.Observe = func(e Event) {
					if e.Kind == TaskRetrying {
						cancel()
					}
				}
			})
			b.worker.before = func(ctx context.Context, task Task) error {
				if retry {
					return errors.New("reset")
				}
				cancel()
				<-ctx.Done()
				return ctx.Err()
			}
			done, err := b.Run(ctx, Request{Selectors: []string{"raw.orders"}})
			if err == nil {
				t.Fatal("the run was not cancelled")
			}
			attempts, err := b.Attempts(t.Context(), done.Run.ID, done.Tasks[0].ID)
			if err != nil || len(attempts) != 1 {
				t.Fatalf("%+v, %v", attempts, err)
			}
			if want := map[bool]Status{true: Failed, false: Cancelled}[retry]; attempts[0].Status != want {
				t.Errorf("the attempt is %s, want %s", attempts[0].Status, want)
			}
		})
	}
}

// Whoever follows a run from mark to mark sees every line once, in the order of numbers, and in the end what the run's result says.
func TestFollowing(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, address string) {
		b := newBench(t, address, shop(), nil)
		const chatter = 50
		b.worker.before = func(_ context.Context, task Task) error {
			for i := range chatter {
				task.Log.Info("line", "of", i)
			}
			if task.Asset == "core.lines" && task.Attempt == 1 {
				return errors.New("reset")
			}
			return nil
		}
		active, err := b.Begin(t.Context(), Request{})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := active.Work(t.Context(), Around{})
			ended <- err
		}()
		var mark Mark
		var last, looks int64
		seen := map[string]int64{} // last sequence number by task and attempt
		tasks := map[string]TaskInfo{}
		var run RunInfo
		for finished := false; !finished; looks++ {
			select {
			case err := <-ended:
				if err != nil {
					t.Fatal(err)
				}
				finished = true // one look more
			default:
			}
			for more := true; more; {
				c, err := b.Changes(t.Context(), Watch{Run: active.Info().ID}, mark)
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range c.Lines {
					key := fmt.Sprint(l.TaskID, l.Attempt)
					if l.Line <= last || l.Seq != seen[key]+1 {
						t.Fatalf("line %d (%s, %d) after line %d (%d)", l.Line, key, l.Seq, last, seen[key])
					}
					last, seen[key] = l.Line, l.Seq
				}
				for _, task := range c.Tasks {
					tasks[task.ID] = task
				}
				run, mark, more = c.Run, c.Mark, c.More
			}
		}
		if len(tasks) != 6 || run.Status != Succeeded || run.Tasks[Succeeded] != 6 || len(seen) != 7 {
			t.Errorf("%d tasks, %d attempts with lines, run %+v", len(tasks), len(seen), run)
		}
		for _, task := range tasks {
			if task.Status != Succeeded {
				t.Errorf("%s was seen last as %s", task.Asset, task.Status)
			}
		}
		var lines int
		for _, n := range seen {
			lines += int(n)
		}
		if want := 7*(chatter+1) + 1; lines != want { // "working" in each attempt, and that it is tried again
			t.Errorf("%d lines in %d looks, want %d", lines, looks, want)
		}
		if _, err := b.Changes(t.Context(), Watch{Run: run.ID, Task: "nope"}, Mark{}); !errors.Is(err, ErrNotFound) {
			t.Errorf("a task that is not there: %v", err)
		}
		page, err := b.Logs(t.Context(), LogFilter{Run: run.ID, After: last - 2, Limit: 100})
		if err != nil || len(page) != 2 || page[1].Line != last {
			t.Errorf("the last lines: %+v, %v", page, err)
		}
	})
}

func TestWhatIsAroundARun(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, address string) {
		b := newBench(t, address, shop(), nil)
		begin := func() *Active {
			t.Helper()
			active, err := b.Begin(t.Context(), Request{})
			if err != nil {
				t.Fatal(err)
			}
			return active
		}
		recorded := func() RunInfo {
			t.Helper()
			runs, err := b.Runs(t.Context(), 1)
			if err != nil || len(runs) != 1 {
				t.Fatal(runs, err)
			}
			return runs[0]
		}
		after := func(wrong ...string) func(context.Context, bool) ([]string, error) {
			return func(context.Context, bool) ([]string, error) { return wrong, nil }
		}

		_, err := begin().Work(t.Context(), Around{After: after("check a", "source b")})
		if run := recorded(); !errors.Is(err, ErrFailed) || run.Status != Failed || run.Error != "run failed: check a; source b" {
			t.Errorf("wrong after its tasks: %v, recorded %+v", err, run)
		}
		if req, err := b.Retry(t.Context(), ""); err != nil || len(req.Selectors) != 0 {
			t.Errorf("its retry: %+v, %v", req, err)
		}

		_, err = begin().Work(t.Context(), Around{Before: func(context.Context) error { return errors.New("no source") }})
		if run := recorded(); err == nil || run.Status != Failed || run.Error != "no source" {
			t.Errorf("wrong before its tasks: %v, recorded %+v", err, run)
		}

		b.worker.before = func(_ context.Context, task Task) error {
			if task.Asset == "core.people" {
				return fatal{errors.New("bad row")}
			}
			return nil
		}
		b.worker.source = 2
		var failed atomic.Bool
		_, err = begin().Work(t.Context(), Around{After: func(_ context.Context, f bool) ([]string, error) {
			failed.Store(f)
			return []string{"source b"}, nil
		}})
		if run := recorded(); !errors.Is(err, ErrFailed) || !failed.Load() || run.Error != "run failed: 1 task failed (core.people), 1 skipped; source b" {
			t.Errorf("failed tasks, and wrong after them: %v, recorded %+v", err, run)
		}

		reason := errors.New("the server was stopped")
		stopping := begin()
		b.worker.before = func(ctx context.Context, _ Task) error {
			stopping.Stop(reason)
			<-ctx.Done()
			return ctx.Err()
		}
		_, err = stopping.Work(t.Context(), Around{})
		if run := recorded(); !errors.Is(err, reason) || run.Status != Cancelled || run.Error != reason.Error() {
			t.Errorf("stopped: %v, recorded %+v", err, run)
		}
		early := begin()
		early.Cancel()
		if _, err := early.Work(t.Context(), Around{}); err == nil || recorded().Status != Cancelled {
			t.Errorf("cancelled before its work: %v, recorded %+v", err, recorded())
		}
		if _, err := b.CancelRun(t.Context(), early.Info().ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("cancelling a run that has ended: %v", err)
		}
		b.worker.before = nil
		b.run(t)
	})
}

func TestRetryAsksForWhatFailed(t *testing.T) {
	t.Parallel()
	b := newBench(t, sqliteURL(t), shop(), nil)
	if _, err := b.Retry(t.Context(), ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("without a run: %v", err)
	}
	b.run(t)
	if _, err := b.Retry(t.Context(), ""); !errors.Is(err, ErrNothingFailed) {
		t.Errorf("of a run without failures: %v", err)
	}
	b.worker.before = func(_ context.Context, task Task) error {
		if task.Asset == "core.lines" {
			return fatal{errors.New("bad row")}
		}
		return nil
	}
	from := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	result, err := b.Run(t.Context(), Request{Selectors: []string{"core.lines+"}, Force: true})
	if err == nil {
		t.Fatal("it did not fail")
	}
	req, err := b.Retry(t.Context(), result.Run.ID)
	slices.Sort(req.Selectors)
	if err != nil || !req.Force || strings.Join(req.Selectors, " ") != "core.lines marts.kpi marts.sales" {
		t.Errorf("%+v, %v", req, err)
	}
	// The interval of a backfill is kept, too.
	active, err := b.Begin(t.Context(), Request{Selectors: []string{"core.lines"}, Force: true, From: from})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := active.Work(t.Context(), Around{}); err == nil {
		t.Fatal("it did not fail")
	}
	if req, err := b.Retry(t.Context(), ""); err != nil || !req.From.Equal(from) || !req.To.IsZero() {
		t.Errorf("%+v, %v", req, err)
	}
}

func TestPagesOfRuns(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, address string) {
		b := newBench(t, address, shop(), nil)
		var want []string
		for range 5 {
			want = append([]string{b.run(t).Run.ID}, want...)
		}
		var got []string
		for before := ""; ; before = got[len(got)-1] {
			page, err := b.RunsBefore(t.Context(), before, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page {
				got = append(got, r.ID)
			}
			if len(page) < 2 {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// A run whose process is gone is told as interrupted before anybody has recorded it.
func TestARunWhoseProcessIsGone(t *testing.T) {
	t.Parallel()
	b := newBench(t, sqliteURL(t), shop(), nil)
	active, err := b.Begin(t.Context(), Request{})
	if err != nil {
		t.Fatal(err)
	}
	gone := thisProcess(active.Info().ID, time.Now())
	gone.Started = "1" // its number was given out again since
	err = b.db.Update(t.Context(), func(tx *state.Tx) error {
		s := store{tx}
		if _, err := tx.Exec("UPDATE runs SET holder = ?", gone.String()); err != nil {
			return err
		}
		return s.insertTask(TaskInfo{RunID: active.Info().ID, ID: "00001", Asset: "raw.orders", Status: Running, Attempt: 1, Started: time.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	run, tasks, err := b.RunTasks(t.Context(), "")
	if err != nil || run.Status != Interrupted || tasks[0].Status != Interrupted || run.Tasks[Interrupted] != 1 {
		t.Errorf("%+v %+v %v", run, tasks, err)
	}
	status, err := b.Status(t.Context())
	if err != nil || status.Run.Status != Interrupted {
		t.Fatalf("%+v, %v", status.Run, err)
	}
	for _, a := range status.Assets {
		if a.Asset == "raw.orders" && a.Status != Standing(Interrupted) {
			t.Errorf("%s is %s", a.Asset, a.Status)
		}
	}
}
