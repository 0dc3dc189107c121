package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hosu-io/hosu/internal/build"
	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/ingest"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/quality"
	"github.com/hosu-io/hosu/internal/schema"
	"github.com/hosu-io/hosu/internal/transform"
)

// Plan says what a run would do, and why; nothing is run. Tables behind a source's wildcard are looked up first. When that was not
// possible the error says so, and the tasks are those for the tables known from before.
func (a *App) Plan(ctx context.Context, req orchestrate.Request) ([]orchestrate.PlannedTask, error) {
	tasks, unreached, err := a.plan(ctx, req)
	if err != nil {
		return nil, err
	}
	return tasks, unreachedError(unreached)
}

// plan is Plan with the sources apart that could not be asked.
func (a *App) plan(ctx context.Context, req orchestrate.Request) ([]orchestrate.PlannedTask, []Unreached, error) {
	unreached, err := a.expand(ctx)
	if err != nil {
		return nil, nil, err
	}
	unreached = concern(req.Selectors, unreached)
	tasks, err := a.orchestrator.Plan(ctx, req)
	if err != nil { // of what is not known, maybe because of a source
		return nil, nil, errors.Join(err, unreachedError(unreached))
	}
	return tasks, unreached, nil
}

// RunResult is what a run has done, and what the checks of the workspace's checks folder found in it.
type RunResult struct {
	orchestrate.Result
	Checks    []CheckResult `json:"checks,omitempty"`
	Unreached []Unreached   `json:"unreached,omitempty"` // sources that the run is about
}

// CheckResult is what came of a check of the checks folder.
type CheckResult struct {
	Name     string `json:"name"`
	Passed   bool   `json:"passed"`
	Blocking bool   `json:"blocking"`
	Rows     int64  `json:"rows"` // returned, which is how many are wrong
	Message  string `json:"message,omitempty"`
}

// Run brings the selected assets up to date, and then runs the checks that belong to no asset and are due. When some of it failed the error wraps [orchestrate.ErrFailed] and the result says what.
func (a *App) Run(ctx context.Context, req orchestrate.Request) (RunResult, error) {
	run, err := a.begin(ctx, req)
	if err != nil {
		return RunResult{}, err
	}
	return run.work(ctx)
}

// activeRun is a run that has begun; see [orchestrate.Active].
type activeRun struct {
	*orchestrate.Active
	app *App
	req orchestrate.Request
	// expanded says that the tables behind wildcards have been looked up, and unreached where that was not possible.
	expanded  bool
	unreached []Unreached
}

// begin checks a request and begins the run. Sources are asked nothing yet, unless the selectors name what only they can know.
func (a *App) begin(ctx context.Context, req orchestrate.Request) (*activeRun, error) {
	run := &activeRun{app: a, req: req}
	if err := a.remember(ctx); err != nil {
		return nil, err
	}
	if _, err := a.Workspace.Graph.Select(req.Selectors...); err != nil {
		if err := run.expand(ctx); err != nil {
			return nil, err
		}
		if _, err := a.Workspace.Graph.Select(req.Selectors...); err != nil {
			return nil, errors.Join(err, unreachedError(run.unreached))
		}
	}
	var err error
	run.Active, err = a.orchestrator.Begin(ctx, req)
	return run, err
}

// expand looks up the tables behind wildcards, once.
func (r *activeRun) expand(ctx context.Context) error {
	if r.expanded {
		return nil
	}
	unreached, err := r.app.expand(ctx)
	if err != nil {
		return err
	}
	r.expanded, r.unreached = true, concern(r.req.Selectors, unreached)
	return nil
}

// work does the run.
func (r *activeRun) work(ctx context.Context) (RunResult, error) {
	var checks []CheckResult
	done, err := r.Work(ctx, orchestrate.Around{
		Before: r.expand,
		After: func(ctx context.Context, failed bool) (wrong []string, err error) {
			if !failed {
				if checks, err = r.app.runChecks(ctx, r.Info().ID); err != nil {
					return nil, err
				}
			}
			var names []string
			for _, c := range checks {
				if !c.Passed && c.Blocking {
					names = append(names, c.Name)
				}
			}
			if len(names) > 0 {
				wrong = append(wrong, "check "+strings.Join(names, ", "))
			}
			for _, s := range r.unreached {
				wrong = append(wrong, s.Error)
			}
			return wrong, nil
		},
	})
	return RunResult{Result: done, Checks: checks, Unreached: r.unreached}, err
}

// runChecks runs the checks of the checks folder that are due.
func (a *App) runChecks(ctx context.Context, run string) ([]CheckResult, error) {
	due, err := a.dueChecks(ctx)
	if err != nil {
		return nil, err
	}
	var checks []CheckResult
	for _, c := range due {
		results, err := a.checker.Run(ctx, a.principal, []quality.Check{quality.FromProject(c)})
		if err != nil {
			return checks, err
		}
		if err := quality.Record(ctx, a.state, "", quality.Task{Run: run}, results); err != nil {
			return checks, err
		}
		for _, r := range results {
			checked := CheckResult{Name: c.Name, Passed: r.Passed, Blocking: c.Blocking, Rows: r.Rows}
			if !r.Passed {
				checked.Message = r.Message()
			}
			checks = append(checks, checked)
		}
	}
	return checks, nil
}

// dueChecks are the checks of the checks folder whose tables all exist, and of which one has changed since the check ran last, or the
// check failed: it goes on failing runs until somebody acts.
func (a *App) dueChecks(ctx context.Context) ([]*project.Check, error) {
	if len(a.Workspace.Checks) == 0 {
		return nil, nil
	}
	entries, err := a.catalog.Tables(ctx, "")
	if err != nil {
		return nil, err
	}
	updated := map[string]time.Time{}
	for _, e := range entries {
		updated[schema.Fold(e.Ident.String())] = e.UpdatedAt // it may be spelled as its asset was once
	}
	recorded, err := quality.Latest(ctx, a.state, "")
	if err != nil {
		return nil, err
	}
	last := map[string]quality.Recorded{}
	for _, r := range recorded {
		last[r.Name] = r
	}
	var due []*project.Check
	for _, c := range a.Workspace.Checks {
		ran := last[c.Name]
		changed, complete := !ran.Passed, true
		for _, name := range c.Tables {
			tables := []string{name}
			if asset, ok := a.Workspace.Graph.Asset(name); ok && asset.Model != nil && asset.Model.Write.Kind == project.WriteView {
				tables = append(tables, a.Workspace.Graph.Inputs(name)...) // a view changes with what it reads
			}
			for _, table := range tables {
				at, exists := updated[schema.Fold(table)]
				complete = complete && exists
				changed = changed || at.After(ran.At)
			}
		}
		if complete && changed {
			due = append(due, c)
		}
	}
	return due, nil
}

// Status tells where every asset stands. Of the tables behind a source's wildcard these are the ones that were copied.
func (a *App) Status(ctx context.Context) (orchestrate.StatusInfo, error) {
	if err := a.remember(ctx); err != nil {
		return orchestrate.StatusInfo{}, err
	}
	return a.orchestrator.Status(ctx)
}

// Logs returns what the tasks of a run logged.
func (a *App) Logs(ctx context.Context, filter orchestrate.LogFilter) ([]orchestrate.LogLine, error) {
	return a.orchestrator.Logs(ctx, filter)
}

// Retry is the request that does again what did not succeed in the last run; see [orchestrate.Orchestrator.Retry].
func (a *App) Retry(ctx context.Context) (orchestrate.Request, error) {
	return a.orchestrator.Retry(ctx, "")
}

// runner does the work of tasks: source tables by ingest, models by build.
type runner struct {
	app *App
}

func (r runner) Run(ctx context.Context, task orchestrate.Task, report orchestrate.Reporter) (orchestrate.Outcome, error) {
	asset, ok := r.app.Workspace.Graph.Asset(task.Asset)
	if !ok {
		return orchestrate.Outcome{}, fmt.Errorf("asset %s is not in the workspace any more", task.Asset)
	}
	effects := catalog.Effects{Fence: &task.Fence}
	var outcome orchestrate.Outcome
	var err error
	if asset.SourceTable != nil {
		outcome, err = r.copy(ctx, asset.SourceTable, task, effects, report)
	} else {
		outcome, err = r.build(ctx, asset.Model, task, effects, report)
	}
	return outcome, advise(err)
}

func (r runner) copy(ctx context.Context, t *project.SourceTable, task orchestrate.Task, effects catalog.Effects, report orchestrate.Reporter) (orchestrate.Outcome, error) {
	effects.Filled = []catalog.Filled{{Asset: task.Asset, Fingerprint: task.Fingerprint, At: time.Now()}}
	// Nothing more is heard until the first rows arrive: files are read as a whole before, to find out their types.
	report.Progress(orchestrate.Progress{Step: "read"})
	progress := func(p ingest.Progress) {
		report.Progress(orchestrate.Progress{Step: "copy", Rows: p.Rows, RowsTotal: p.Expected, Bytes: p.Bytes})
	}
	copyTable := r.app.ingest.Copy
	if task.Forced {
		copyTable = r.app.ingest.CopyAnew
	}
	copied, err := copyTable(ctx, r.app.principal, t, effects, progress)
	if err != nil {
		return orchestrate.Outcome{}, err
	}
	facts := []any{"rows", copied.Rows, "changed", copied.Changed, "files", copied.Files}
	if copied.Note != "" {
		facts = append(facts, "note", copied.Note)
	}
	task.Log.InfoContext(ctx, "copied", facts...)
	return orchestrate.Outcome{
		Rows: copied.Changed, Bytes: copied.Bytes, Files: copied.Files, SnapshotID: copied.SnapshotID,
		Unchanged: copied.SnapshotID == 0, Note: copied.Note,
	}, nil
}

func (r runner) build(ctx context.Context, m *project.Model, task orchestrate.Task, effects catalog.Effects, report orchestrate.Reporter) (orchestrate.Outcome, error) {
	built, err := r.app.builder.Build(ctx, build.Request{
		By: r.app.principal, Model: m, Interval: transform.Interval{Start: task.Start, End: task.End},
		Fingerprint: task.Fingerprint, Effects: effects,
		Task: quality.Task{Run: task.RunID, ID: task.TaskID, Attempt: task.Attempt},
		Progress: func(step string, rows, bytes int64) {
			report.Progress(orchestrate.Progress{Step: step, Rows: rows, Bytes: bytes})
		},
		Log: task.Log,
	})
	if err != nil {
		return orchestrate.Outcome{}, err
	}
	outcome := orchestrate.Outcome{
		Rows: built.Rows, Bytes: built.Bytes, Files: built.Files, SnapshotID: built.SnapshotID, Unchanged: built.Unchanged,
	}
	if warnings := built.Warnings(); len(warnings) > 0 {
		outcome.Note = fmt.Sprintf("%d of %d checks warn: %s", len(warnings), len(built.Checks), warnings[0].Message())
	}
	return outcome, nil
}

// Cancel asks the run at work, in whichever process, to stop. The error is [orchestrate.ErrNotFound] when none is at work.
func (a *App) Cancel(ctx context.Context) (orchestrate.RunInfo, error) {
	return a.orchestrator.Cancel(ctx)
}
