package orchestrate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/caught"
	"github.com/hosu-io/hosu/internal/state"
)

// Request is what a run is asked to do.
type Request struct {
	Selectors []string // see Select of [github.com/hosu-io/hosu/internal/project.Graph]; none is everything
	// Force fills again what is filled already: whole assets, or with From and To only the
	// intervals that overlap [From, To). Append models never append twice what they have.
	Force    bool
	From, To time.Time
}

func (r Request) demand() demand {
	if r.From.IsZero() && r.To.IsZero() {
		return demand{force: r.Force}
	}
	to := r.To
	if to.IsZero() {
		to = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return demand{force: r.Force, within: slot{r.From, to}}
}

// Result is what a run has done.
type Result struct {
	Run    RunInfo    `json:"run"`
	Assets int        `json:"assets"` // looked at
	Fresh  int        `json:"fresh"`  // of those, up to date without any task
	Tasks  []TaskInfo `json:"tasks"`  // in the order they ended
}

// Idle reports that the run found nothing new: it committed nothing to any table.
func (r Result) Idle() bool {
	return !slices.ContainsFunc(r.Tasks, func(t TaskInfo) bool { return t.Status != Succeeded || !t.Unchanged })
}

// A lease is renewed at least heartbeats times in its time to live, and at least every longestBeat: that is also how soon a request
// to cancel is noticed.
const (
	heartbeats  = 3
	longestBeat = 2 * time.Second
)

// Run brings the selected assets up to date and returns when everything it could do is done.
//
// One run at a time works on a workspace: another one is a [*BusyError]. What a run that was killed
// had filled stays filled, and the next run does the rest. When tasks fail the others go on, those downstream of
// them are skipped, and the error wraps [ErrFailed]. When ctx ends, running tasks are cancelled and the error
// is that of ctx.
func (o *Orchestrator) Run(ctx context.Context, req Request) (Result, error) {
	if _, err := o.cfg.Graph.Select(req.Selectors...); err != nil {
		return Result{}, err
	}
	active, err := o.Begin(ctx, req)
	if err != nil {
		return Result{}, err
	}
	return active.Work(ctx, Around{})
}

// Active is a run that has begun and holds the lease: nobody else can begin one. Who began it calls Work, once.
type Active struct {
	run  *run
	info RunInfo // as it began
	req  Request
	// stop ends the work; it may be called before that begins.
	ctx  context.Context
	stop context.CancelCauseFunc
}

// Around is what belongs to a run besides its tasks.
type Around struct {
	// Before, when set, is called before assets are selected, under the lease. It may add assets to the graph. When it fails the
	// run ends as failed.
	Before func(ctx context.Context) error
	// After, when set, is called when all tasks have ended; failed says that some have failed. What it finds wrong, in a few words each,
	// makes the run a failed one.
	After func(ctx context.Context, failed bool) (wrong []string, err error)
}

// Begin takes the lease, closes the books of runs whose process is gone, and records a new run. While another one is at work the
// error is a [*BusyError].
func (o *Orchestrator) Begin(ctx context.Context, req Request) (*Active, error) {
	r, err := o.begin(ctx, req)
	if err != nil {
		return nil, err
	}
	a := &Active{run: r, info: r.info, req: req}
	a.ctx, a.stop = context.WithCancelCause(context.Background())
	return a, nil
}

// Info is the run as it began.
func (a *Active) Info() RunInfo { return a.info }

// Stop ends the work; cause is why, as the run records it.
func (a *Active) Stop(cause error) { a.stop(cause) }

// Cancel ends the work as [Orchestrator.CancelRun] does, at once.
func (a *Active) Cancel() { a.stop(errCancelRequested) }

// Work does what was requested, as [Orchestrator.Run] says, and gives the lease back.
func (a *Active) Work(ctx context.Context, around Around) (Result, error) {
	r := a.run
	workCtx, stop := context.WithCancelCause(ctx)
	defer context.AfterFunc(a.ctx, func() { stop(context.Cause(a.ctx)) })()
	heart := r.startHeartbeat(workCtx, stop)
	logs := r.startLogs(context.WithoutCancel(ctx))
	err := r.work(workCtx, a.req, around)
	if workCtx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = context.Cause(workCtx)
	}
	stopped := ctx.Err() != nil || a.ctx.Err() != nil
	logs()
	stop(nil)
	heart()
	a.stop(nil)
	return r.end(context.WithoutCancel(ctx), err, stopped)
}

func (r *run) work(ctx context.Context, req Request, around Around) (err error) {
	defer caught.Logged(ctx, r.o.cfg.Log, &err, "worked on run "+r.info.ID)
	if around.Before != nil {
		if err := around.Before(ctx); err != nil {
			return err
		}
	}
	names, err := r.o.cfg.Graph.Select(req.Selectors...)
	if err != nil {
		return err
	}
	r.counted = len(names)
	if r.book, err = r.o.readBook(ctx); err != nil {
		return err
	}
	r.o.cfg.Observe(Event{Kind: RunStarted, At: r.info.Started, Run: r.info.ID, Assets: len(names)})
	if err := r.execute(ctx, names, req.demand()); err != nil {
		return err
	}
	if around.After != nil {
		r.wrong, err = around.After(ctx, r.tasks.has(Failed))
	}
	return err
}

// run is one run at work.
type run struct {
	o     *Orchestrator
	info  RunInfo
	fence catalog.Fence
	book  *book

	logs  *logBuffer
	slots *slots

	tasks   *taskList
	counted int
	wrong   []string // besides tasks
}

// options is what is recorded of a request besides its selectors.
type options struct {
	Force bool      `json:"force,omitempty"`
	From  time.Time `json:",omitzero"`
	To    time.Time `json:",omitzero"`
}

// newRunID is an id that sorts behind those of runs that began earlier: the second, its fraction in 4096ths, and three random digits.
func newRunID(now time.Time) string {
	now = now.UTC()
	return now.Format("20060102-150405-") + fmt.Sprintf("%03x", now.Nanosecond()/(int(time.Second)/4096+1)) + uuid.NewString()[:3]
}

func (o *Orchestrator) begin(ctx context.Context, req Request) (*run, error) {
	now := o.cfg.Clock.Now()
	id := newRunID(now)
	h := thisProcess(id, now)
	token, err := takeLease(ctx, o.cfg.State, h, o.cfg.LeaseTTL, now, o.cfg.Location)
	if err != nil {
		return nil, fmt.Errorf("start a run: %w", err)
	}
	r := &run{
		o:     o,
		info:  RunInfo{ID: id, By: o.cfg.By.Name, Selectors: req.Selectors, Status: Running, Created: now, Started: now, Holder: h.String()},
		fence: catalog.Fence{Lease: leaseRun, Token: token},
		logs:  newLogBuffer(o.cfg.Clock),
		slots: newSlots(o.cfg.Workers, o.cfg.SourceWorkers),
		tasks: &taskList{},
	}
	recorded, err := json.Marshal(options{req.Force, req.From, req.To})
	if err == nil {
		err = o.cfg.State.Update(ctx, func(tx *state.Tx) error {
			s := store{tx}
			gone, err := s.unfinished()
			if err != nil {
				return err
			}
			for _, g := range gone {
				if err := s.interrupt(g.ID, now); err != nil {
					return err
				}
			}
			return s.insertRun(r.info, string(recorded))
		})
	}
	if err != nil {
		_, endErr := r.end(context.WithoutCancel(ctx), err, ctx.Err() != nil)
		return nil, fmt.Errorf("start run %s: %w", id, endErr)
	}
	return r, nil
}

// startHeartbeat renews the lease until the returned function is called, which waits for it to have stopped. When the lease is lost,
// or could not be renewed before it expired, the run's work is ended.
func (r *run) startHeartbeat(ctx context.Context, stop context.CancelCauseFunc) (wait func()) {
	done := make(chan struct{})
	quit := make(chan struct{})
	go func() {
		defer close(done)
		clock, ttl := r.o.cfg.Clock, r.o.cfg.LeaseTTL
		expires := r.info.Started.Add(ttl)
		for {
			tick, stopTimer := clock.After(min(ttl/heartbeats, longestBeat))
			select {
			case <-quit:
				stopTimer()
				return
			case <-tick:
			}
			now := clock.Now()
			requested, err := r.renew(context.WithoutCancel(ctx), now)
			switch {
			case err == nil && requested:
				stop(errCancelRequested)
				expires = now.Add(ttl)
			case err == nil:
				expires = now.Add(ttl)
			case errors.Is(err, state.ErrLeaseLost):
				stop(fmt.Errorf("%w: %w", ErrLeaseLost, err))
				return
			case !now.Before(expires):
				stop(fmt.Errorf("the lease could not be renewed in time: %w", err))
				return
			default:
				r.o.cfg.Log.Warn("renew the lease of the run", "run", r.info.ID, "error", err)
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// renew prolongs the lease, and tells whether somebody has asked for the run to be cancelled.
func (r *run) renew(ctx context.Context, now time.Time) (cancelRequested bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.o.cfg.LeaseTTL/heartbeats)
	defer cancel()
	err = r.o.cfg.State.Update(ctx, func(tx *state.Tx) error {
		if err := tx.RenewLease(leaseRun, r.fence.Token, r.o.cfg.LeaseTTL, now); err != nil {
			return err
		}
		status, err := store{tx}.runStatus(r.info.ID)
		cancelRequested = status == Cancelling
		return err
	})
	return cancelRequested, err
}

// end records how the run ended and gives the lease back. cause is why it ended early, if it did, and stopped says that somebody
// wanted it to.
func (r *run) end(ctx context.Context, cause error, stopped bool) (Result, error) {
	o := r.o
	tasks := r.tasks.all()
	r.info.Tasks = map[Status]int{}
	for _, t := range tasks {
		r.info.Tasks[t.Status]++
	}
	failed, skipped := r.info.Tasks[Failed], r.info.Tasks[Skipped]
	switch {
	case cause != nil && !errors.Is(cause, ErrLeaseLost) && (stopped || errors.Is(cause, errCancelRequested)):
		r.info.Status, r.info.Error = Cancelled, cause.Error()
	case cause != nil:
		r.info.Status, r.info.Error = Failed, cause.Error()
	case failed > 0 || len(r.wrong) > 0:
		parts := r.wrong
		if failed > 0 {
			parts = append([]string{failures(tasks, failed, skipped)}, parts...)
		}
		cause = fmt.Errorf("%w: %s", ErrFailed, strings.Join(parts, "; "))
		r.info.Status, r.info.Error = Failed, cause.Error()
	default:
		r.info.Status = Succeeded
	}
	r.info.Finished = o.cfg.Clock.Now()
	// What was still to come, or could not be recorded, ends with the run.
	left, kind, leftover := Interrupted, kindInterrupted, int64(0)
	if r.info.Status == Cancelled {
		left, kind = Cancelled, kindCancelled
	}
	err := o.cfg.State.Update(ctx, func(tx *state.Tx) (err error) {
		if errors.Is(cause, ErrLeaseLost) {
			return nil // who took over has recorded this run's end
		}
		if leftover, err = (store{tx}).endTasks(r.info.ID, left, r.info.Error, kind, r.info.Finished); err != nil {
			return err
		}
		if err := (store{tx}).finishRun(r.info.ID, r.info.Status, r.info.Error, r.info.Finished); err != nil {
			return err
		}
		return tx.ReleaseLease(leaseRun, r.fence.Token)
	})
	if leftover > 0 {
		r.info.Tasks[left] += int(leftover)
	}
	o.cfg.Observe(Event{Kind: RunFinished, At: r.info.Finished, Run: r.info.ID})
	return Result{Run: r.info, Assets: r.counted, Fresh: r.tasks.fresh, Tasks: tasks}, errors.Join(cause, err)
}

// failures is "2 tasks failed (marts.a, marts.b), 3 skipped".
func failures(tasks []TaskInfo, failed, skipped int) string {
	const most = 3
	var names []string
	for _, t := range tasks {
		if t.Status == Failed && !slices.Contains(names, t.Asset) {
			names = append(names, t.Asset)
		}
	}
	slices.SortFunc(names, cmp.Compare[string])
	list := ""
	for i, n := range names {
		switch {
		case i == most:
			list += fmt.Sprintf(" and %d more", len(names)-most)
		case i > most:
		case i > 0:
			list += ", " + n
		default:
			list = n
		}
	}
	noun := "tasks"
	if failed == 1 {
		noun = "task"
	}
	text := fmt.Sprintf("%d %s failed (%s)", failed, noun, list)
	if skipped > 0 {
		text += fmt.Sprintf(", %d skipped", skipped)
	}
	return text
}

// Cancel asks the run at work, in whichever process, to stop; it does so within two seconds. The
// error is [ErrNotFound] when none is at work.
func (o *Orchestrator) Cancel(ctx context.Context) (RunInfo, error) { return o.CancelRun(ctx, "") }

// CancelRun is [Orchestrator.Cancel] of the run named, if that is the one at work.
func (o *Orchestrator) CancelRun(ctx context.Context, id string) (RunInfo, error) {
	var info RunInfo
	err := o.cfg.State.Update(ctx, func(tx *state.Tx) error {
		s := store{tx}
		running, err := s.unfinished()
		if err != nil {
			return err
		}
		if len(running) == 0 {
			return notFound("no run is at work")
		}
		info = running[len(running)-1]
		if id != "" && id != info.ID {
			return notFound(fmt.Sprintf("run %s is not at work", id))
		}
		info.Status = Cancelling
		_, err = tx.Exec("UPDATE runs SET status = ? WHERE id = ?", Cancelling, info.ID)
		return err
	})
	return info, err
}
