package app

import (
	"context"
	"maps"
	"sync"

	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/query"
	"github.com/hosu-io/hosu/internal/server"
)

// querier is the reading door with advice about tables that are not built yet.
type querier struct{ app *App }

func (q querier) Run(ctx context.Context, by govern.Principal, req query.Request) (*query.Rows, error) {
	rows, err := q.app.query.Run(ctx, by, req)
	if err != nil {
		return nil, q.app.unbuilt(ctx, req.SQL, err)
	}
	return rows, nil
}

// background is the runs that this process does for clients, who do not wait for them. Each loads the files of the workspace as they
// are when it begins.
type background struct {
	site *site
	work sync.WaitGroup

	ctx      context.Context // of the work, which does not end with a request
	starting sync.Mutex      // held while a run begins
	closed   bool            // none begins any more

	mu       sync.Mutex
	active   *activeRun                      // one at a time works on a workspace; nil when none of this process does
	progress map[string]orchestrate.Progress // of active, by task
	watching map[chan struct{}]string        // the run that somebody watches
}

// run waits for the end of ctx, stops what is at work then and waits until that has ended.
func (b *background) run(ctx context.Context) error {
	<-ctx.Done()
	b.starting.Lock()
	b.closed = true
	b.starting.Unlock()
	b.mu.Lock()
	if b.active != nil {
		b.active.Stop(server.ErrStopping)
	}
	b.mu.Unlock()
	b.work.Wait()
	return nil
}

// Start implements [server.Runs].
func (b *background) Start(ctx context.Context, req orchestrate.Request) (orchestrate.RunInfo, error) {
	a, err := b.site.load(ctx, false, b.observe)
	if err != nil {
		return orchestrate.RunInfo{}, err
	}
	b.starting.Lock()
	defer b.starting.Unlock()
	if b.closed {
		return orchestrate.RunInfo{}, server.ErrStopping
	}
	active, err := a.begin(ctx, req)
	if err != nil {
		return orchestrate.RunInfo{}, err
	}
	b.mu.Lock()
	b.active, b.progress = active, map[string]orchestrate.Progress{}
	b.mu.Unlock()
	info := active.Info()
	b.work.Go(func() {
		_, err := active.work(b.ctx)
		if err != nil {
			b.site.log.WarnContext(b.ctx, "run ended", "run", info.ID, "error", err)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.active == active {
			b.active = nil
		}
	})
	return info, nil
}

// Plan implements [server.Runs].
func (b *background) Plan(ctx context.Context, req orchestrate.Request) (server.Plan, error) {
	a, err := b.site.load(ctx, false, nil)
	if err != nil {
		return server.Plan{}, err
	}
	tasks, unreached, err := a.plan(ctx, req)
	if err != nil {
		return server.Plan{}, err
	}
	selected, err := a.Workspace.Graph.Select(req.Selectors...)
	if err != nil {
		return server.Plan{}, err
	}
	plan := server.Plan{Tasks: tasks, UpToDate: len(selected)}
	planned := map[string]bool{}
	for _, t := range tasks {
		if !planned[t.Asset] {
			planned[t.Asset] = true
			plan.UpToDate--
		}
	}
	for _, u := range unreached {
		plan.Unreached = append(plan.Unreached, server.Unreached{Source: u.Source, Error: u.Error})
	}
	return plan, nil
}

// Cancel implements [server.Runs].
func (b *background) Cancel(ctx context.Context, id string) (orchestrate.RunInfo, error) {
	info, err := b.site.current.Load().Orchestrator.CancelRun(ctx, id)
	if err != nil {
		return info, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.active != nil && b.active.Info().ID == id {
		b.active.Cancel() // others notice what is recorded; here it need not wait
	}
	return info, nil
}

// Progress implements [server.Runs].
func (b *background) Progress(run string) map[string]orchestrate.Progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.active == nil || b.active.Info().ID != run {
		return nil
	}
	return maps.Clone(b.progress)
}

// Watch implements [server.Runs].
func (b *background) Watch(run string) (changed <-chan struct{}, stop func()) {
	signal := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watching == nil {
		b.watching = map[chan struct{}]string{}
	}
	b.watching[signal] = run
	return signal, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.watching, signal)
	}
}

// observe keeps how far tasks are, and wakes those who watch.
func (b *background) observe(e orchestrate.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for signal, run := range b.watching {
		if run != e.Run {
			continue
		}
		select {
		case signal <- struct{}{}:
		default: // it is awake
		}
	}
	switch e.Kind {
	case orchestrate.TaskProgress:
		b.progress[e.Task.ID] = e.Progress
	case orchestrate.TaskFinished, orchestrate.TaskRetrying:
		delete(b.progress, e.Task.ID)
	}
}
