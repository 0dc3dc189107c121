package orchestrate

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
	"github.com/hosu-io/hosu/internal/testenv/stopwatch"
)

// worker is a Runner that does what builds and copies do to the state database, and nothing else: a commit moves
// the table's snapshot and records what was filled, under the fence.
type worker struct {
	db    *state.DB
	graph *project.Graph
	clock Clock
	// tables is the real catalog, over the rows that commit writes.
	tables *catalog.Catalog
	// source is the version of the data in all sources: copying moves a table only when it is new.
	source int64
	// before, when set, is called at the start of every task; its error is the task's.
	before func(ctx context.Context, t Task) error

	mu      sync.Mutex
	ran     []string // assets in the order they began
	running int
	most    int // tasks at a time
}

func (w *worker) Run(ctx context.Context, t Task, report Reporter) (Outcome, error) {
	w.mu.Lock()
	w.ran = append(w.ran, t.Asset)
	w.running++
	w.most = max(w.most, w.running)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.running--
		w.mu.Unlock()
	}()
	t.Log.Info("working", "asset", t.Asset)
	if w.before != nil {
		if err := w.before(ctx, t); err != nil {
			return Outcome{}, err
		}
	}
	report.Progress(Progress{Step: "write", Rows: 10})
	return w.commit(ctx, t)
}

func (w *worker) commit(ctx context.Context, t Task) (out Outcome, err error) {
	entries, err := w.tables.Tables(ctx, "")
	if err != nil {
		return Outcome{}, err
	}
	err = w.db.Update(ctx, func(tx *state.Tx) error {
		if err := tx.CheckFence(t.Fence.Lease, t.Fence.Token); err != nil {
			return fmt.Errorf("%w: %w", catalog.ErrFenced, err)
		}
		snapshots := map[string]int64{}
		for _, e := range entries {
			snapshots[e.Ident.String()] = e.SnapshotID
		}
		id := snapshots[t.Asset] + 1
		f := state.Filled{Asset: t.Asset, Start: t.Start, End: t.End, Fingerprint: t.Fingerprint, At: w.clock.Now(), Inputs: map[string]int64{}}
		asset, _ := w.graph.Asset(t.Asset)
		if asset.SourceTable != nil {
			if snapshots[t.Asset] == w.source {
				out = Outcome{Unchanged: true, Note: "nothing new"}
				return nil
			}
			id = w.source
		}
		for _, input := range w.graph.Inputs(t.Asset) {
			f.Inputs[input] = snapshots[input]
		}
		out = Outcome{Rows: 10, Bytes: 100, Files: 1, SnapshotID: id}
		namespace, name, _ := strings.Cut(t.Asset, ".")
		if _, err := tx.Exec("INSERT INTO namespaces (key, name, created_at) VALUES (?, ?, 0) ON CONFLICT (key) DO NOTHING", namespace, namespace); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO tables (key, namespace_key, namespace, name, kind, uuid, metadata_location, snapshot_id, updated_at)
			VALUES (?, ?, ?, ?, 'table', '', '', ?, 0)
			ON CONFLICT (key) DO UPDATE SET snapshot_id = excluded.snapshot_id`, t.Asset, namespace, namespace, name, id); err != nil {
			return err
		}
		return tx.RecordFilled(f)
	})
	return out, err
}

// order returns what ran since the last call.
func (w *worker) order() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ran := w.ran
	w.ran = nil
	return ran
}

func source(name string) *project.Asset {
	namespace, table, _ := strings.Cut(name, ".")
	return &project.Asset{Name: name, Fingerprint: "1", SourceTable: &project.SourceTable{
		Name: table, Target: name, Source: &project.Source{Name: namespace, Into: namespace},
	}}
}

func model(name string, upstream ...string) *project.Asset {
	return &project.Asset{Name: name, Fingerprint: "1", Upstream: upstream, Model: &project.Model{
		Name: name, Write: project.Write{Kind: project.WriteFull}, Retries: -1,
	}}
}

// shop is: raw.orders → core.lines → marts.sales → marts.kpi, and raw.members → core.people → marts.kpi.
func shop() []*project.Asset {
	return []*project.Asset{
		source("raw.orders"), source("raw.members"), model("core.lines", "raw.orders"), model("core.people", "raw.members"),
		model("marts.sales", "core.lines"), model("marts.kpi", "core.people", "marts.sales"),
	}
}

// bench is an orchestrator over a scripted worker.
type bench struct {
	*Orchestrator
	worker *worker
	db     *state.DB
	events *events
}

type events struct {
	mu   sync.Mutex
	list []Event
}

func (e *events) add(ev Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, ev)
}

func (e *events) count(kind EventKind) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range e.list {
		if ev.Kind == kind {
			n++
		}
	}
	return n
}

func newBench(t *testing.T, address string, assets []*project.Asset, change func(*Config)) *bench {
	t.Helper()
	db, err := state.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	graph, err := project.NewGraph(assets)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{db: db, events: &events{}}
	cfg := Config{Graph: graph, State: db, FirstPause: time.Microsecond, LongestPause: time.Millisecond, Observe: b.events.add}
	if change != nil {
		change(&cfg)
	}
	if cfg.Clock == nil {
		cfg.Clock = SystemClock{}
	}
	tables := catalog.New(db, nil, catalog.Options{})
	b.worker = &worker{db: db, graph: graph, clock: cfg.Clock, tables: tables, source: 1}
	cfg.Runner, cfg.Tables = b.worker, tables
	if b.Orchestrator, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	return b
}

func sqliteURL(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "state.db") }

// databases are the two kinds of state database.
func databases(t *testing.T, test func(t *testing.T, address string)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, sqliteURL(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, pgtest.Database(t)) })
}

func (b *bench) run(t *testing.T, selectors ...string) Result {
	t.Helper()
	result, err := b.Run(t.Context(), Request{Selectors: selectors})
	if err != nil {
		for _, task := range result.Tasks {
			t.Logf("%s %s: %s", task.Asset, task.Status, task.Error)
		}
		t.Fatalf("run: %v", err)
	}
	return result
}

func statuses(tasks []TaskInfo) string {
	var lines []string
	for _, t := range tasks {
		lines = append(lines, t.Asset+"="+string(t.Status))
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

func TestRunFollowsTheGraph(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, address string) {
		b := newBench(t, address, shop(), nil)
		first := b.run(t)
		if got := len(first.Tasks); got != 6 || first.Run.Status != Succeeded || first.Idle() {
			t.Fatalf("first run: %d tasks, %s, idle %v", got, first.Run.Status, first.Idle())
		}
		order := b.worker.order()
		for _, edge := range [][2]string{{"raw.orders", "core.lines"}, {"core.lines", "marts.sales"}, {"marts.sales", "marts.kpi"}, {"core.people", "marts.kpi"}} {
			if slices.Index(order, edge[0]) > slices.Index(order, edge[1]) {
				t.Errorf("%s ran before %s: %v", edge[1], edge[0], order)
			}
		}

		second := b.run(t)
		if got := b.worker.order(); len(got) != 2 || !second.Idle() || second.Fresh != 4 {
			t.Errorf("second run did %v, idle %v, %d fresh; want the two sources asked and nothing else", got, second.Idle(), second.Fresh)
		}

		b.worker.source = 2
		b.run(t, "+marts.sales")
		if got := b.worker.order(); !slices.Equal(got, []string{"raw.orders", "core.lines", "marts.sales"}) {
			t.Errorf("a run of +marts.sales did %v", got)
		}
		b.run(t, "marts.*")
		if got := b.worker.order(); !slices.Equal(got, []string{"marts.kpi"}) {
			t.Errorf("a run of marts.* did %v", got)
		}

		runs, err := b.Runs(t.Context(), 2)
		if err != nil || len(runs) != 2 || runs[0].Selectors[0] != "marts.*" || runs[0].Tasks[Succeeded] != 1 {
			t.Errorf("runs: %+v, %v", runs, err)
		}
		tasks, err := b.Tasks(t.Context(), first.Run.ID)
		if err != nil || len(tasks) != 6 {
			t.Fatalf("tasks of the first run: %v, %v", tasks, err)
		}
		for _, task := range tasks {
			if task.Rows != 10 || task.Attempt != 1 || task.Started.IsZero() || task.Finished.IsZero() || task.Reason == "" {
				t.Errorf("task %+v", task)
			}
		}
		lines, err := b.Logs(t.Context(), LogFilter{Run: first.Run.ID, Asset: "core.lines"})
		if err != nil || len(lines) != 1 || lines[0].Message != "working" || string(lines[0].Attrs) != `{"asset":"core.lines"}` {
			t.Errorf("log lines: %+v, %v", lines, err)
		}
	})
}

func TestPlanSaysWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t, sqliteURL(t), shop(), nil)
	b.run(t, "raw.*", "core.*")
	plan, err := b.Plan(t.Context(), Request{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range plan {
		got = append(got, fmt.Sprintf("%s %s %v", p.Asset, p.Reasons[0].Code, p.IfChanged))
	}
	want := []string{
		"raw.members each_run false", "raw.orders each_run false", "core.lines upstream true", "core.people upstream true",
		"marts.sales never_built false", "marts.kpi never_built false",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("planned %q\n   want %q", got, want)
	}
	status, err := b.Status(t.Context())
	if err != nil || len(status.Assets) != 6 || status.Run == nil {
		t.Fatalf("status %+v, %v", status, err)
	}
	for _, a := range status.Assets {
		if a.Waits != strings.HasPrefix(a.Asset, "core.") || a.Filled.IsZero() != strings.HasPrefix(a.Asset, "marts.") {
			t.Errorf("status %+v", a)
		}
		standing := map[string]Standing{"raw": Fresh, "core": Fresh, "marts": Never}[a.Asset[:strings.Index(a.Asset, ".")]]
		if a.Status != standing {
			t.Errorf("%s is %s, want %s", a.Asset, a.Status, standing)
		}
	}
}

// failing makes every task of an asset fail.
func failing(asset string) func(context.Context, Task) error {
	return func(_ context.Context, task Task) error {
		if task.Asset == asset {
			return errors.New("connection reset")
		}
		return nil
	}
}

// fatal is an error of a runner that another attempt would not change.
type fatal struct{ error }

func (fatal) Permanent() bool { return true }

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		fail func(task Task) error
		ok   bool
		// want has the tasks that are not succeeded at the first attempt.
		want     string
		attempts int // of core.lines
	}{
		{"comes good at the third attempt", func(task Task) error {
			if task.Asset == "core.lines" && task.Attempt < 3 {
				return errors.New("connection reset")
			}
			return nil
		}, true, "", 3},
		{"never does", func(task Task) error {
			if task.Asset == "core.lines" {
				return errors.New("connection reset")
			}
			return nil
		}, false, "core.lines=failed marts.kpi=skipped marts.sales=skipped", 3},
		{"cannot", func(task Task) error {
			if task.Asset == "core.lines" {
				return fmt.Errorf("build: %w", fatal{errors.New("no such column")})
			}
			return nil
		}, false, "core.lines=failed marts.kpi=skipped marts.sales=skipped", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, sqliteURL(t), shop(), nil)
			b.worker.before = func(_ context.Context, task Task) error { return tc.fail(task) }
			result, err := b.Run(t.Context(), Request{})
			if (err == nil) != tc.ok || err != nil && !errors.Is(err, ErrFailed) {
				t.Fatalf("run: %v", err)
			}
			var bad []TaskInfo
			for _, task := range result.Tasks {
				if task.Status != Succeeded {
					bad = append(bad, task)
				}
				if task.Asset == "core.lines" && task.Attempt != tc.attempts {
					t.Errorf("core.lines had %d attempts, want %d", task.Attempt, tc.attempts)
				}
				if task.Asset == "marts.kpi" && !tc.ok && task.Error != "core.lines, which it needs, failed" {
					t.Errorf("marts.kpi was skipped because %q", task.Error)
				}
			}
			if got := statuses(bad); got != tc.want {
				t.Errorf("tasks %q, want %q", got, tc.want)
			}
			if got := b.events.count(TaskRetrying); got != tc.attempts-1 {
				t.Errorf("%d retries were announced, want %d", got, tc.attempts-1)
			}
			b.worker.before = nil
			b.worker.order()
			b.run(t)
			want := 2 // the sources
			if !tc.ok {
				want = 5
			}
			if got := b.worker.order(); len(got) != want {
				t.Errorf("the next run did %v", got)
			}
		})
	}
}

// A commit that got no answer, and had happened, is not made again.
// A run that ends early leaves no task behind that seems to be at work: not those that were still to come, nor one whose end could not
// be recorded.
func TestNoTaskOutlivesItsRun(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(cancel func()) error{
		"cancelled": func(cancel func()) error { cancel(); return context.Canceled },
		"broken":    func(func()) error { return &stateError{errors.New("no answer")} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			b := newBench(t, sqliteURL(t), []*project.Asset{source("raw.orders"), daily("core.daily", "raw.orders")}, nil)
			first := true
			b.worker.before = func(_ context.Context, task Task) error {
				if task.Asset != "core.daily" || first {
					first = first && task.Asset != "core.daily"
					return nil
				}
				return end(cancel)
			}
			result, err := b.Run(ctx, Request{})
			if err == nil {
				t.Fatal("the run succeeded")
			}
			run, tasks, err := b.RunTasks(t.Context(), result.Run.ID)
			if err != nil || len(tasks) != 6 || run.Tasks[Succeeded] != 2 {
				t.Fatalf("%d tasks, %v, %v", len(tasks), run.Tasks, err)
			}
			for _, task := range tasks {
				if !task.Status.Finished() {
					t.Errorf("%s from %s is %s", task.Asset, task.Start, task.Status)
				}
			}
			b.worker.before = nil
			b.run(t)
		})
	}
}

// daily is a model that is filled day by day, for five days by now.
func daily(name, upstream string) *project.Asset {
	a := model(name, upstream)
	a.Model.Write = project.Write{Kind: project.WriteInterval, Column: "day"}
	a.Model.Every, a.Model.Start, a.Model.Batch = project.Every{Unit: project.UnitDay}, time.Now().UTC().AddDate(0, 0, -4).Truncate(24*time.Hour), 1
	return a
}

// What is filled again is told to who reads it, through a view too.
func TestRefilledBelowAView(t *testing.T) {
	t.Parallel()
	view := model("core.days", "core.daily")
	view.Model.Write.Kind = project.WriteView
	b := newBench(t, sqliteURL(t), []*project.Asset{source("raw.orders"), daily("core.daily", "raw.orders"), view, daily("marts.daily", "core.days")}, nil)
	b.run(t)
	from := time.Now().UTC().AddDate(0, 0, -3).Truncate(24 * time.Hour)
	if _, err := b.Run(t.Context(), Request{Selectors: []string{"core.daily"}, Force: true, From: from, To: from.AddDate(0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	var refilled []time.Time
	for _, task := range b.run(t, "marts.daily").Tasks {
		if strings.Contains(task.Reason, "core.daily has filled this interval again") {
			refilled = append(refilled, task.Start)
		}
	}
	if len(refilled) != 1 || !refilled[0].Equal(from) {
		t.Errorf("refilled %v, want %v", refilled, from)
	}
}

// A panic ends what it happened in: a task, whose log has the stack, or the run.
func TestPanics(t *testing.T) {
	t.Parallel()
	b := newBench(t, sqliteURL(t), shop(), nil)
	b.worker.before = func(_ context.Context, task Task) error {
		if task.Asset == "core.lines" {
			var none *project.Model
			_ = none.Name
		}
		return nil
	}
	result, err := b.Run(t.Context(), Request{})
	want := "core.lines=failed core.people=succeeded marts.kpi=skipped marts.sales=skipped raw.members=succeeded raw.orders=succeeded"
	if got := statuses(result.Tasks); !errors.Is(err, ErrFailed) || got != want {
		t.Fatalf("tasks %s, %v; want %s", got, err, want)
	}
	for _, task := range result.Tasks {
		if task.Asset != "core.lines" {
			continue
		}
		if !strings.Contains(task.Error, "nil pointer") || task.ErrorKind != kindPermanent || task.Attempt != 1 {
			t.Errorf("task %+v", task)
		}
		lines, err := b.Logs(t.Context(), LogFilter{Run: result.Run.ID, Task: task.ID})
		if err != nil || !slices.ContainsFunc(lines, func(l LogLine) bool { return strings.Contains(string(l.Attrs), "TestPanics") }) {
			t.Errorf("the log has no stack: %v, %v", lines, err)
		}
	}

	active, err := b.Begin(t.Context(), Request{})
	if err != nil {
		t.Fatal(err)
	}
	result, err = active.Work(t.Context(), Around{After: func(context.Context, bool) ([]string, error) { panic("after") }})
	if err == nil || result.Run.Status != Failed || !strings.Contains(result.Run.Error, "after") {
		t.Errorf("run %+v, %v", result.Run, err)
	}
	b.worker.before = nil
	b.run(t)
}

func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	b := newBench(t, sqliteURL(t), shop(), nil)
	b.worker.before = func(ctx context.Context, task Task) error {
		if task.Asset != "core.lines" {
			return nil
		}
		if _, err := b.worker.commit(ctx, task); err != nil {
			return err
		}
		return fmt.Errorf("publish: %w", catalog.ErrUnknown)
	}
	result := b.run(t)
	for _, task := range result.Tasks {
		if task.Asset == "core.lines" && (task.Attempt != 1 || !strings.Contains(task.Note, "had committed")) {
			t.Errorf("core.lines: %+v", task)
		}
	}
	if n := strings.Count(strings.Join(b.worker.order(), " "), "core.lines"); n != 1 {
		t.Errorf("core.lines ran %d times", n)
	}
}

func TestWorkersAreBounded(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name               string
		workers, perSource int
		want               int
		make               func(name string) *project.Asset
	}{
		{"workers", 3, 2, 3, func(name string) *project.Asset { return model("m." + name) }},
		{"one source", 4, 2, 2, func(name string) *project.Asset { return source("raw." + name) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var assets []*project.Asset
			for i := range 9 {
				assets = append(assets, tc.make(fmt.Sprintf("a%d", i)))
			}
			b := newBench(t, sqliteURL(t), assets, func(c *Config) { c.Workers, c.SourceWorkers = tc.workers, tc.perSource })
			// The first tasks wait until as many run as should: were it fewer, the test would hang.
			full := make(chan struct{})
			var once sync.Once
			b.worker.before = func(ctx context.Context, _ Task) error {
				b.worker.mu.Lock()
				reached := b.worker.running >= tc.want
				b.worker.mu.Unlock()
				if reached {
					once.Do(func() { close(full) })
				}
				select {
				case <-full:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			b.run(t)
			if b.worker.most != tc.want {
				t.Errorf("%d tasks ran at a time, want %d", b.worker.most, tc.want)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		retry bool // cancel in the pause between attempts
	}{{"while a task runs", false}, {"in the pause before a retry", true}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			b := newBench(t, sqliteURL(t), shop(), func(c *Config) {
				c.FirstPause, c.LongestPause = time.Hour, time.Hour
				c.Observe = func(e Event) {
					if e.Kind == TaskRetrying {
						cancel()
					}
				}
			})
			b.worker.before = func(ctx context.Context, task Task) error {
				if task.Asset != "core.lines" {
					return nil
				}
				if tc.retry {
					return errors.New("connection reset")
				}
				cancel()
				<-ctx.Done()
				return ctx.Err()
			}
			result, err := b.Run(ctx, Request{})
			if !errors.Is(err, context.Canceled) || result.Run.Status != Cancelled {
				t.Fatalf("run: %v, %s", err, result.Run.Status)
			}
			tasks, err := b.Tasks(t.Context(), result.Run.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, task := range tasks {
				if !task.Status.Finished() || task.Asset == "core.lines" && task.Status != Cancelled {
					t.Errorf("%s is %s", task.Asset, task.Status)
				}
			}
			b.worker.before = nil
			if next := b.run(t); next.Run.Status != Succeeded {
				t.Errorf("the next run: %s", next.Run.Status)
			}
		})
	}
}

// hasty is a clock that waits for nothing longer than a moment: heartbeats come soon, and a lease lasts as long as ever. With
// a short lease a busy machine may not renew it in time, and the run would rightly end.
type hasty struct{ SystemClock }

func (h hasty) After(d time.Duration) (<-chan time.Time, func()) {
	return h.SystemClock.After(min(d, 10*time.Millisecond))
}

// Cancel works from another process: it leaves a note that the run finds at its next heartbeat.
func TestCancelRequest(t *testing.T) {
	t.Parallel()
	b := newBench(t, sqliteURL(t), shop(), func(c *Config) { c.Clock = hasty{} })
	b.worker.before = func(ctx context.Context, task Task) error {
		if _, err := b.Cancel(ctx); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	}
	result, err := b.Run(t.Context(), Request{Selectors: []string{"raw.orders"}})
	if result.Run.Status != Cancelled || err == nil {
		t.Fatalf("run: %s, %v", result.Run.Status, err)
	}
	if _, err := b.Cancel(t.Context()); !errors.Is(err, ErrNotFound) {
		t.Errorf("cancel without a run: %v", err)
	}
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, address string) {
		b := newBench(t, address, shop(), nil)
		second := newBench(t, address, shop(), nil)
		b.worker.before = func(ctx context.Context, task Task) error {
			if task.Asset != "core.lines" {
				return nil
			}
			_, err := second.Run(ctx, Request{})
			var busy *BusyError
			if !errors.As(err, &busy) || busy.Run() != task.RunID || busy.PID() == 0 || !strings.Contains(err.Error(), "hosu cancel") {
				return fatal{fmt.Errorf("a second run was not refused as it should: %w", err)}
			}
			return nil
		}
		b.run(t)
		second.run(t)
	})
}

func TestBusySpeaksOfTheClocksOfTheWorkspace(t *testing.T) {
	t.Parallel()
	b := newBench(t, sqliteURL(t), shop(), nil)
	b.cfg.Location = location(t, "Pacific/Kiritimati") // of 14 hours: no machine of a test is there
	if _, err := takeLease(t.Context(), b.db, thisProcess("one", time.Now()), time.Minute, time.Now(), b.cfg.Location); err != nil {
		t.Fatal(err)
	}
	_, err := b.Run(t.Context(), Request{})
	var busy *BusyError
	if !errors.As(err, &busy) {
		t.Fatalf("run: %v, want a BusyError", err)
	}
	for _, want := range []string{busy.Since().In(b.cfg.Location).Format(time.DateTime), busy.Expires.In(b.cfg.Location).Format(time.TimeOnly)} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q has no %q", err, want)
		}
	}
}

// Who lost the lease commits nothing more, and says why it stopped.
func TestLostLease(t *testing.T) {
	t.Parallel()
	b := newBench(t, sqliteURL(t), shop(), nil)
	b.worker.before = func(ctx context.Context, task Task) error {
		if task.Asset != "core.lines" {
			return nil
		}
		return b.db.Update(ctx, func(tx *state.Tx) error {
			_, err := tx.Exec("UPDATE leases SET token = token + 1, holder = 'somebody'")
			return err
		})
	}
	result, err := b.Run(t.Context(), Request{})
	if !errors.Is(err, ErrLeaseLost) {
		t.Fatalf("run: %v", err)
	}
	if got := statuses(result.Tasks); strings.Contains(got, "core.lines=succeeded") || strings.Contains(got, "marts") {
		t.Errorf("tasks %s", got)
	}
	err = b.db.View(t.Context(), func(tx *state.Tx) error {
		rows, err := tx.Filled("core.lines")
		if err == nil && len(rows) > 0 {
			err = errors.New("core.lines was filled without the lease")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Ten dependent tasks that do nothing take less than a second, all bookkeeping included.
func TestChainIsQuick(t *testing.T) {
	databases := map[string]string{"sqlite": sqliteURL(t), "postgres": pgtest.Database(t)}
	for name, address := range databases {
		var assets []*project.Asset
		for i := range 10 {
			a := model(fmt.Sprintf("m.a%d", i))
			if i > 0 {
				a.Upstream = []string{assets[i-1].Name}
			}
			assets = append(assets, a)
		}
		b := newBench(t, address, assets, nil)
		took := stopwatch.Within(t, time.Second, name+": ten dependent tasks", func() time.Duration {
			start := time.Now()
			result, err := b.Run(t.Context(), Request{Force: true})
			took := time.Since(start)
			if err != nil || len(result.Tasks) != 10 {
				t.Fatalf("%d tasks, %v", len(result.Tasks), err)
			}
			return took
		})
		t.Logf("%s: ten dependent tasks in %v", name, took)
	}
}
