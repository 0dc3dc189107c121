package orchestrate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/hosu-io/hosu/internal/catalog"
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
	names, err := o.cfg.Graph.Select(req.Selectors...)
	if err != nil {
		return Result{}, err
	}
	r, err := o.begin(ctx, req, len(names))
	if err != nil {
		return Result{}, err
	}
	workCtx, stop := context.WithCancelCause(ctx)
	heart := r.startHeartbeat(workCtx, stop)
	logs := r.startLogs(context.WithoutCancel(ctx))
	err = r.execute(workCtx, names, req.demand())
	if err == nil && workCtx.Err() != nil {
		err = context.Cause(workCtx)
	}
	logs()
	stop(nil)
	heart()
	return r.end(context.WithoutCancel(ctx), err)
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
}

// begin takes the lease, closes the books of runs whose process is gone, and records the new one.
func (o *Orchestrator) begin(ctx context.Context, req Request, assets int) (*run, error) {
	now := o.cfg.Clock.Now()
	id := now.UTC().Format("20060102-150405-") + uuid.NewString()[:6]
	h := thisProcess(id, now)
	token, err := takeLease(ctx, o.cfg.State, h, o.cfg.LeaseTTL, now)
	if err != nil {
		return nil, fmt.Errorf("start a run: %w", err)
	}
	r := &run{
		o:     o,
		info:  RunInfo{ID: id, By: o.cfg.By.Name, Selectors: req.Selectors, Status: Running, Created: now, Started: now, Holder: h.String()},
		fence: catalog.Fence{Lease: leaseRun, Token: token},
		logs:  newLogBuffer(o.cfg.Clock),
		slots: newSlots(o.cfg.Workers, o.cfg.SourceWorkers),
		tasks: &taskList{}, counted: assets,
	}
	options, err := json.Marshal(struct {
		Force    bool      `json:"force,omitempty"`
		From, To time.Time `json:",omitzero"`
	}{req.Force, req.From, req.To})
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
			return s.insertRun(r.info, string(options))
		})
	}
	if err == nil {
		r.book, err = o.readBook(ctx)
	}
	if err != nil {
		_, endErr := r.end(context.WithoutCancel(ctx), err)
		return nil, fmt.Errorf("start run %s: %w", id, endErr)
	}
	o.cfg.Observe(Event{Kind: RunStarted, At: now, Run: id, Assets: assets})
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

// end records how the run ended and gives the lease back. cause is why it ended early, if it did.
func (r *run) end(ctx context.Context, cause error) (Result, error) {
	o := r.o
	tasks := r.tasks.all()
	r.info.Tasks = map[Status]int{}
	for _, t := range tasks {
		r.info.Tasks[t.Status]++
	}
	failed, skipped := r.info.Tasks[Failed], r.info.Tasks[Skipped]
	switch {
	case cause != nil && (errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) || errors.Is(cause, errCancelRequested)):
		r.info.Status, r.info.Error = Cancelled, cause.Error()
	case cause != nil:
		r.info.Status, r.info.Error = Failed, cause.Error()
	case failed > 0:
		cause = fmt.Errorf("%w: %s", ErrFailed, failures(tasks, failed, skipped))
		r.info.Status, r.info.Error = Failed, cause.Error()
	default:
		r.info.Status = Succeeded
	}
	r.info.Finished = o.cfg.Clock.Now()
	err := o.cfg.State.Update(ctx, func(tx *state.Tx) error {
		if errors.Is(cause, ErrLeaseLost) {
			return nil // who took over has recorded this run's end
		}
		if err := (store{tx}).finishRun(r.info.ID, r.info.Status, r.info.Error, r.info.Finished); err != nil {
			return err
		}
		return tx.ReleaseLease(leaseRun, r.fence.Token)
	})
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
func (o *Orchestrator) Cancel(ctx context.Context) (RunInfo, error) {
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
		info.Status = Cancelling
		_, err = tx.Exec("UPDATE runs SET status = ? WHERE id = ?", Cancelling, info.ID)
		return err
	})
	return info, err
}
