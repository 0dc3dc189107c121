package orchestrate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hosu-io/hosu/internal/caught"
	"github.com/hosu-io/hosu/internal/failpoint"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/state"
)

// slots bound how many tasks run at a time, over all and per source.
type slots struct {
	workers   chan struct{}
	perSource int
	mu        sync.Mutex
	sources   map[string]chan struct{}
}

func newSlots(workers, perSource int) *slots {
	return &slots{workers: make(chan struct{}, workers), perSource: perSource, sources: map[string]chan struct{}{}}
}

// acquire waits for a place for a task of a; the caller must call release. The source's place is taken
// first, so that tables of a busy source do not keep workers waiting.
func (s *slots) acquire(ctx context.Context, a *project.Asset) (release func(), err error) {
	pool := s.pool(a)
	if pool != nil {
		select {
		case pool <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	select {
	case s.workers <- struct{}{}:
	case <-ctx.Done():
		if pool != nil {
			<-pool
		}
		return nil, context.Cause(ctx)
	}
	return func() {
		<-s.workers
		if pool != nil {
			<-pool
		}
	}, nil
}

func (s *slots) pool(a *project.Asset) chan struct{} {
	if a.SourceTable == nil || a.SourceTable.Source == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := a.SourceTable.Source.Name
	if s.sources[name] == nil {
		s.sources[name] = make(chan struct{}, s.perSource)
	}
	return s.sources[name]
}

// taskList gathers tasks as they end and gives out their ids.
type taskList struct {
	mu    sync.Mutex
	next  int
	ended []TaskInfo
	fresh int
}

func (l *taskList) id() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	return fmt.Sprintf("%05d", l.next)
}

func (l *taskList) add(t ...TaskInfo) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = append(l.ended, t...)
}

func (l *taskList) upToDate() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fresh++
}

func (l *taskList) has(status Status) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.ended, func(t TaskInfo) bool { return t.Status == status })
}

func (l *taskList) all() []TaskInfo {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]TaskInfo(nil), l.ended...)
}

// assetEnd is how an asset's turn in the run ended.
type assetEnd struct {
	name string
	// failed is the asset whose failure keeps what is downstream from running; "" is none.
	failed string
	// fatal ends the run: the state database failed, or the context ended.
	fatal error
}

// execute works through the selected assets: each gets its turn when all selected ones that it reads have had theirs, and is planned
// only then, so that it runs exactly when what it reads has changed.
func (r *run) execute(ctx context.Context, names []string, d demand) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	waiting := make(map[string]int, len(names))
	dependents := map[string][]string{}
	for _, name := range names {
		waiting[name] = 0 // in the order of the graph: what it needs is here already
		a := r.o.asset(name)
		for _, need := range slices.Concat(a.Upstream, a.After) {
			need = r.o.asset(need).Name
			if _, selected := waiting[need]; selected {
				waiting[name]++
				dependents[need] = append(dependents[need], name)
			}
		}
	}
	ends := make(chan assetEnd)
	active := 0
	start := func(name, failed string) {
		active++
		go func() { ends <- r.turn(ctx, r.o.asset(name), d, failed) }()
	}
	for _, name := range names {
		if waiting[name] == 0 {
			start(name, "")
		}
	}
	failedBelow := map[string]string{}
	var fatal error
	for active > 0 {
		end := <-ends
		active--
		if end.fatal != nil {
			if fatal == nil {
				fatal = end.fatal
				stop(fatal)
			}
			continue
		}
		for _, down := range dependents[end.name] {
			if end.failed != "" && failedBelow[down] == "" {
				failedBelow[down] = end.failed
			}
			if waiting[down]--; waiting[down] == 0 && fatal == nil {
				start(down, failedBelow[down])
			}
		}
	}
	return fatal
}

// turn plans an asset and does its tasks, one after the other. failed is the upstream asset because of which it is skipped instead.
func (r *run) turn(ctx context.Context, a *project.Asset, d demand, failed string) (end assetEnd) {
	end = assetEnd{name: a.Name, failed: failed}
	defer caught.Logged(ctx, r.o.cfg.Log, &end.fatal, "planned the tasks of "+a.Name)
	if failed != "" {
		end.fatal = r.skip(ctx, a, failed)
		return end
	}
	if err := ctx.Err(); err != nil {
		end.fatal = context.Cause(ctx)
		return end
	}
	planned, err := r.book.plan(r.o, a, d, r.o.cfg.Clock.Now())
	if err != nil {
		end.failed = a.Name
		end.fatal = r.planFailed(ctx, a, err)
		return end
	}
	if len(planned) == 0 {
		r.tasks.upToDate()
	} else {
		end.failed, end.fatal = r.doTasks(ctx, a, planned)
	}
	r.o.cfg.Observe(Event{Kind: AssetDone, At: r.o.cfg.Clock.Now(), Run: r.info.ID, Asset: a.Name})
	return end
}

// doTasks records the tasks of an asset and does them in order; after one has failed the others are skipped.
func (r *run) doTasks(ctx context.Context, a *project.Asset, planned []PlannedTask) (failed string, fatal error) {
	infos := make([]TaskInfo, len(planned))
	now := r.o.cfg.Clock.Now()
	for i, p := range planned {
		infos[i] = TaskInfo{
			RunID: r.info.ID, ID: r.tasks.id(), Asset: a.Name, Start: p.Start, End: p.End, Status: Queued,
			Reason: reasonText(p.Reasons), Forced: slices.ContainsFunc(p.Reasons, func(r Reason) bool { return r.Code == Forced }),
			Fingerprint: p.Fingerprint, Queued: now,
		}
	}
	if err := r.update(ctx, func(s store) error {
		for _, t := range infos {
			if err := s.insertTask(t); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return "", err
	}
	for i := range infos {
		t := &infos[i]
		if failed != "" {
			t.Status, t.Finished = Skipped, r.o.cfg.Clock.Now()
			t.Error, t.ErrorKind = "an earlier interval of "+a.Name+" failed", kindUpstream
			if err := r.finishTask(ctx, t, nil); err != nil {
				return "", err
			}
			continue
		}
		if err := r.doTask(ctx, a, t); err != nil {
			return "", err
		}
		if t.Status != Succeeded {
			failed = a.Name
		}
	}
	return failed, nil
}

// doTask attempts a task until it succeeds, cannot succeed, or has been tried often enough. An error ends the run.
func (r *run) doTask(ctx context.Context, a *project.Asset, t *TaskInfo) error {
	clock := r.o.cfg.Clock
	first := clock.Now().Truncate(time.Microsecond) // as the ledger's times are
	for {
		release, err := r.slots.acquire(ctx, a)
		if err != nil {
			return r.cancelled(ctx, t, nil, err)
		}
		if t.Attempt > 0 && r.alreadyFilled(ctx, a, t, first) {
			release()
			t.Status, t.Finished, t.Error, t.ErrorKind = Succeeded, clock.Now(), "", ""
			t.Note = "an attempt had committed before it failed"
			return r.finishTask(ctx, t, nil)
		}
		logs, outcome, err := r.attempt(ctx, a, t)
		release()
		if err == nil {
			return r.succeeded(ctx, a, t, outcome, logs)
		}
		if ctx.Err() != nil {
			return r.cancelled(ctx, t, logs, err)
		}
		if _, broken := errors.AsType[*stateError](err); broken {
			return err
		}
		t.Error, t.ErrorKind, t.Finished = err.Error(), kindTransient, clock.Now()
		if permanent(err) {
			t.ErrorKind = kindPermanent
		}
		if t.ErrorKind == kindPermanent || t.Attempt > r.o.retries(a) {
			t.Status = Failed
			logs.line(t.Finished, levelError, "failed: "+t.Error)
			return r.finishTask(ctx, t, logs)
		}
		pause := r.o.pause(t.Attempt)
		t.Status, t.Ready = Retrying, t.Finished.Add(pause)
		logs.line(t.Finished, levelWarn, fmt.Sprintf("attempt %d failed, trying again in %v: %s", t.Attempt, pause.Round(time.Millisecond), t.Error))
		if err := r.recordTask(ctx, t, logs); err != nil {
			return err
		}
		r.observe(TaskRetrying, *t)
		if err := r.wait(ctx, pause); err != nil {
			return r.cancelled(ctx, t, logs, err)
		}
	}
}

// attempt runs the task once.
func (r *run) attempt(ctx context.Context, a *project.Asset, t *TaskInfo) (*taskLog, Outcome, error) {
	t.Attempt++
	t.Status, t.Started, t.trying = Running, r.o.cfg.Clock.Now(), true
	t.Finished, t.Ready, t.Error, t.ErrorKind = time.Time{}, time.Time{}, "", ""
	logs := r.logs.open(t.ID, t.Attempt)
	if err := r.recordTask(ctx, t, nil); err != nil {
		return logs, Outcome{}, err
	}
	r.observe(TaskStarted, *t)
	outcome, err := r.call(ctx, Task{
		RunID: r.info.ID, TaskID: t.ID, Asset: a.Name, Attempt: t.Attempt, Start: t.Start, End: t.End,
		Forced: t.Forced, Fingerprint: t.Fingerprint, Fence: r.fence, Log: logs.logger(),
	}, reporter{r, *t})
	if panicked, ok := errors.AsType[*caught.Panic](err); ok {
		for _, log := range []*slog.Logger{logs.logger(), r.o.cfg.Log} {
			log.ErrorContext(ctx, "panic", "task", a.Name, "cause", panicked.Error(), "stack", panicked.Stack())
		}
	}
	return logs, outcome, err
}

// call has the runner do a task.
func (r *run) call(ctx context.Context, t Task, report Reporter) (_ Outcome, err error) {
	defer caught.Into(&err, "did the task")
	return r.o.cfg.Runner.Run(ctx, t, report)
}

func (r *run) succeeded(ctx context.Context, a *project.Asset, t *TaskInfo, out Outcome, logs *taskLog) error {
	t.Status, t.Finished = Succeeded, r.o.cfg.Clock.Now()
	t.Rows, t.Bytes, t.Files, t.SnapshotID = out.Rows, out.Bytes, out.Files, out.SnapshotID
	t.Unchanged, t.Note = out.Unchanged, out.Note
	// The commit is made: what is recorded of it must not depend on ctx any more.
	ctx = context.WithoutCancel(ctx)
	if err := r.finishTask(ctx, t, logs); err != nil {
		return err
	}
	if a.SourceTable != nil {
		r.book.mu.Lock()
		r.book.checked[a.Name] = checked{t.Started, t.Fingerprint}
		r.book.mu.Unlock()
	}
	if err := r.book.refresh(ctx, r.o, a.Name); err != nil {
		return &stateError{err}
	}
	return nil
}

// alreadyFilled finds out whether an attempt whose commit got no answer was committed after all.
func (r *run) alreadyFilled(ctx context.Context, a *project.Asset, t *TaskInfo, first time.Time) bool {
	if a.Model == nil {
		return false // a source's position does that
	}
	if err := r.book.refresh(ctx, r.o, a.Name); err != nil {
		return false
	}
	return r.book.filledSince(a.Name, slot{t.Start, t.End}, t.Fingerprint, first)
}

// cancelled records that ctx ended a task, and returns why it did.
func (r *run) cancelled(ctx context.Context, t *TaskInfo, logs *taskLog, err error) error {
	cause := context.Cause(ctx)
	if cause == nil {
		cause = err
	}
	t.Status, t.Finished = Cancelled, r.o.cfg.Clock.Now()
	t.Error, t.ErrorKind = cause.Error(), kindCancelled
	if errors.Is(cause, ErrLeaseLost) {
		return cause // who took over has recorded this task's end
	}
	return errors.Join(cause, r.finishTask(context.WithoutCancel(ctx), t, logs))
}

// finishTask records the end of a task.
func (r *run) finishTask(ctx context.Context, t *TaskInfo, logs *taskLog) error {
	if err := r.recordTask(ctx, t, logs); err != nil {
		return err
	}
	r.tasks.add(*t)
	r.observe(TaskFinished, *t)
	return failpoint.Hit(ctx, "task.row_written")
}

// recordTask stores a task's row, with the log lines that are waiting.
func (r *run) recordTask(ctx context.Context, t *TaskInfo, logs *taskLog) error {
	var lines []LogLine
	if logs != nil {
		r.logs.storing.Lock()
		defer r.logs.storing.Unlock()
		lines = logs.take()
	}
	err := r.update(ctx, func(s store) error {
		if err := s.updateTask(*t); err != nil {
			return err
		}
		if t.trying {
			if err := s.putAttempt(*t); err != nil {
				return err
			}
		}
		if t.Status == Succeeded && r.o.asset(t.Asset).SourceTable != nil {
			if err := s.setChecked(t.Asset, checked{t.Started, t.Fingerprint}); err != nil {
				return err
			}
		}
		return s.insertLogs(t.RunID, t.ID, lines)
	})
	t.trying = t.trying && t.Status == Running
	return err
}

// skip records that an asset did not get its turn.
func (r *run) skip(ctx context.Context, a *project.Asset, failed string) error {
	now := r.o.cfg.Clock.Now()
	return r.recordEnded(ctx, TaskInfo{
		RunID: r.info.ID, ID: r.tasks.id(), Asset: a.Name, Status: Skipped, Queued: now, Finished: now,
		Error: failed + ", which it needs, failed", ErrorKind: kindUpstream,
	})
}

// planFailed records that an asset could not be planned, as a failed task.
func (r *run) planFailed(ctx context.Context, a *project.Asset, err error) error {
	now := r.o.cfg.Clock.Now()
	return r.recordEnded(ctx, TaskInfo{
		RunID: r.info.ID, ID: r.tasks.id(), Asset: a.Name, Status: Failed, Queued: now, Finished: now,
		Error: err.Error(), ErrorKind: kindPermanent,
	})
}

func (r *run) recordEnded(ctx context.Context, t TaskInfo) error {
	if err := r.update(ctx, func(s store) error { return s.insertTask(t) }); err != nil {
		return err
	}
	r.tasks.add(t)
	r.observe(TaskFinished, t)
	return nil
}

// stateError is a failure of the state database: without it a run cannot go on.
type stateError struct{ err error }

func (e *stateError) Error() string { return e.err.Error() }
func (e *stateError) Unwrap() error { return e.err }

// update changes rows of this run, provided that it still holds the lease.
func (r *run) update(ctx context.Context, fn func(store) error) error {
	err := r.o.cfg.State.Update(ctx, func(tx *state.Tx) error {
		if err := tx.CheckFence(r.fence.Lease, r.fence.Token); err != nil {
			return err
		}
		return fn(store{tx})
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, state.ErrLeaseLost):
		return &stateError{fmt.Errorf("%w: %w", ErrLeaseLost, err)}
	case ctx.Err() != nil:
		return context.Cause(ctx)
	default:
		return &stateError{err}
	}
}

func (r *run) wait(ctx context.Context, d time.Duration) error {
	c, stop := r.o.cfg.Clock.After(d)
	defer stop()
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (r *run) observe(kind EventKind, t TaskInfo) {
	r.o.cfg.Observe(Event{Kind: kind, At: r.o.cfg.Clock.Now(), Run: r.info.ID, Asset: t.Asset, Task: t})
}

// reporter passes a runner's progress on.
type reporter struct {
	run  *run
	task TaskInfo
}

// Progress implements [Reporter].
func (p reporter) Progress(progress Progress) {
	p.run.o.cfg.Observe(Event{
		Kind: TaskProgress, At: p.run.o.cfg.Clock.Now(), Run: p.run.info.ID, Asset: p.task.Asset, Task: p.task, Progress: progress,
	})
}

func reasonText(reasons []Reason) string {
	texts := make([]string, len(reasons))
	for i, r := range reasons {
		texts[i] = r.Text
	}
	return strings.Join(texts, "; ")
}
