package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hosu-io/hosu/internal/inspect"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
)

func (s *Server) registerRuns(api huma.API) {
	tagged := func(op huma.Operation, description string) huma.Operation {
		op.Tags, op.Description = []string{"runs"}, description
		return op
	}
	accepted := func(op huma.Operation, description string) huma.Operation {
		op = tagged(op, description)
		op.DefaultStatus = http.StatusAccepted
		return op
	}
	register(api, tagged(get("/runs", "listRuns", "The runs"), "Newest first, those of other processes too."), s.listRuns)
	register(api, accepted(post("/runs", "startRun", "Bring assets up to date"),
		"Answers as soon as the run is recorded; it goes on by itself. One run at a time works on a workspace: while another is at work the error is run_busy, and names it."), s.startRun)
	register(api, tagged(get("/runs/{id}", "getRun", "A run and its tasks"),
		"With the edges among the assets that it worked on, and the results of checks that belong to no task."), s.getRun)
	register(api, accepted(post("/runs/{id}/cancel", "cancelRun", "Stop a run"),
		"Asks the run to stop, in whichever process it is; it does within two seconds. What it has published stays."), s.cancelRun)
	register(api, accepted(post("/runs/{id}/retry", "retryRun", "Do again what failed in a run"),
		"Begins a new run of the assets that failed, were cancelled or waited for such a one."), s.retryRun)
	register(api, tagged(get("/runs/{id}/tasks/{task}", "getTask", "A task, its attempts and its checks"), ""), s.getTask)
	register(api, tagged(get("/runs/{id}/logs", "listLogs", "What the tasks of a run logged"),
		"In the order in which the lines became visible. A cursor is the number of a line: whoever has read up to it misses none."), s.listLogs)
}

// latest is the id that stands for the newest run.
const latest = "latest"

// RunID is the run that a route is about.
type RunID struct {
	ID string `path:"id" doc:"Of the run; latest is the newest one." example:"20240601-030000-1a2b3c"`
}

// run is the id as the orchestrator knows it.
func (r RunID) run() string {
	if r.ID == latest {
		return ""
	}
	return r.ID
}

// runProblem gives errors about runs a code of their own.
func runProblem(err error) error {
	switch {
	case errors.Is(err, orchestrate.ErrNothingFailed):
		return fail(http.StatusConflict, "nothing_failed", err.Error(), "")
	case errors.Is(err, orchestrate.ErrNotFound):
		return fail(http.StatusNotFound, "run_not_found", err.Error(), "")
	}
	return err
}

func (s *Server) listRuns(ctx context.Context, in *Page) (*answer[list[orchestrate.RunInfo]], error) {
	// A cursor is the last id of the page before it: new runs come in front.
	runs, err := s.services().Orchestrator.RunsBefore(ctx, in.Cursor, in.Limit+1)
	if errors.Is(err, orchestrate.ErrNotFound) {
		return nil, badCursor(in.Cursor)
	} else if err != nil {
		return nil, err
	}
	next := ""
	if len(runs) > in.Limit {
		runs = runs[:in.Limit]
		next = runs[in.Limit-1].ID
	}
	return listOf(runs, next), nil
}

// runRequest is what a run, or a plan, is asked to do.
type runRequest struct {
	Selectors []string `json:"selectors,omitempty" doc:"What to bring up to date: a name, a pattern (marts.*), tag:kpi, source:shop; + before it is everything it needs, + behind it everything that needs it. None is everything." example:"[\"+marts.daily_sales\"]"`
	Force     bool     `json:"force,omitempty" doc:"Fill again what is filled already."`
	From      string   `json:"from,omitempty" doc:"Fill again the intervals from this day or time on, in the workspace's time zone." example:"2024-01-01"`
	To        string   `json:"to,omitempty" doc:"The end of those intervals: the day behind the last one." example:"2024-02-01"`
}

// request reads a request as the orchestrator understands it.
func (r runRequest) request(ws *project.Workspace) (orchestrate.Request, error) {
	req := orchestrate.Request{Selectors: r.Selectors, Force: r.Force}
	var err error
	if req.From, err = moment("body.from", r.From, ws.Location); err != nil {
		return req, err
	}
	if req.To, err = moment("body.to", r.To, ws.Location); err != nil {
		return req, err
	}
	if !req.From.IsZero() && !req.To.IsZero() && !req.From.Before(req.To) {
		return req, invalid("body.from: "+r.From+" is not before "+r.To, "to is the day behind the last one")
	}
	// Naming intervals is asking for them.
	req.Force = req.Force || !req.From.IsZero() || !req.To.IsZero()
	return req, nil
}

// moment reads a day or a time.
func moment(location, text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime, "2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, invalid(location+": "+strconv.Quote(text)+" is no day and no time", "write 2024-01-31, 2024-01-31 09:00 or 2024-01-31T09:00:00+09:00")
}

func (s *Server) startRun(ctx context.Context, in *struct{ Body runRequest }) (*answer[orchestrate.RunInfo], error) {
	services := s.services()
	req, err := in.Body.request(services.Workspace)
	if err != nil {
		return nil, err
	}
	run, err := services.Runs.Start(ctx, req)
	if err != nil {
		return nil, err
	}
	return &answer[orchestrate.RunInfo]{Body: run}, nil
}

func (s *Server) cancelRun(ctx context.Context, in *RunID) (*answer[orchestrate.RunInfo], error) {
	services := s.services()
	id := in.ID
	if id == latest {
		run, _, err := services.Orchestrator.RunTasks(ctx, "")
		if err != nil {
			return nil, runProblem(err)
		}
		id = run.ID
	}
	run, err := services.Runs.Cancel(ctx, id)
	if errors.Is(err, orchestrate.ErrNotFound) {
		return nil, fail(http.StatusConflict, "run_not_at_work", err.Error(), "")
	} else if err != nil {
		return nil, err
	}
	return &answer[orchestrate.RunInfo]{Body: run}, nil
}

func (s *Server) retryRun(ctx context.Context, in *RunID) (*answer[orchestrate.RunInfo], error) {
	services := s.services()
	req, err := services.Orchestrator.Retry(ctx, in.run())
	if err != nil {
		return nil, runProblem(err)
	}
	run, err := services.Runs.Start(ctx, req)
	if err != nil {
		return nil, err
	}
	return &answer[orchestrate.RunInfo]{Body: run}, nil
}

// runDetail is a run and what belongs to it.
type runDetail struct {
	Run    orchestrate.RunInfo    `json:"run"`
	Tasks  []orchestrate.TaskInfo `json:"tasks" doc:"In the order they began. An asset has one for each interval that it worked on; one that was up to date has none."`
	Edges  []assetEdge            `json:"edges" doc:"Among the assets of the tasks; what lies between them and has no task is passed over."`
	Checks []inspect.CheckResult  `json:"checks" doc:"Of the checks folder."`
}

// assetEdge says that one asset reads another.
type assetEdge struct {
	From string `json:"from"`
	To   string `json:"to" doc:"What reads."`
}

func (s *Server) getRun(ctx context.Context, in *RunID) (*answer[runDetail], error) {
	services := s.services()
	run, tasks, err := services.Orchestrator.RunTasks(ctx, in.run())
	if err != nil {
		return nil, runProblem(err)
	}
	checks, err := services.Inspect.TaskChecks(ctx, run.ID, "")
	if err != nil {
		return nil, err
	}
	if tasks == nil {
		tasks = []orchestrate.TaskInfo{}
	}
	return &answer[runDetail]{Body: runDetail{Run: run, Tasks: tasks, Edges: edgesAmong(services.Workspace.Graph, tasks), Checks: checks}}, nil
}

// edgesAmong are the edges among the assets of tasks. What lies between two of them and has no task itself, because it was up to
// date, is passed over.
func edgesAmong(graph *project.Graph, tasks []orchestrate.TaskInfo) []assetEdge {
	shown := map[string]bool{}
	var names []string
	for _, t := range tasks {
		if !shown[t.Asset] {
			shown[t.Asset] = true
			names = append(names, t.Asset)
		}
	}
	edges := []assetEdge{}
	for _, name := range names {
		seen := map[string]bool{}
		var visit func(string)
		visit = func(at string) {
			asset, ok := graph.Asset(at)
			if !ok {
				return
			}
			for _, up := range slices.Concat(asset.Upstream, asset.After) {
				switch {
				case seen[up]:
				case shown[up]:
					seen[up] = true
					edges = append(edges, assetEdge{From: up, To: name})
				default:
					seen[up] = true
					visit(up)
				}
			}
		}
		visit(name)
	}
	return edges
}

// taskDetail is a task and what belongs to it.
type taskDetail struct {
	Task     orchestrate.TaskInfo  `json:"task"`
	Attempts []orchestrate.Attempt `json:"attempts" doc:"The first one first."`
	Checks   []inspect.CheckResult `json:"checks" doc:"Of all attempts."`
}

// TaskID is the task that a route is about.
type TaskID struct {
	Task string `path:"task" doc:"The id of the task in its run." example:"00001"`
}

func (s *Server) getTask(ctx context.Context, in *struct {
	RunID
	TaskID
}) (*answer[taskDetail], error) {
	services := s.services()
	changes, err := services.Orchestrator.Changes(ctx, orchestrate.Watch{Run: in.run(), Task: in.Task, WithoutLog: true}, orchestrate.Mark{})
	if err != nil {
		return nil, runProblem(err)
	}
	detail := taskDetail{Task: changes.Tasks[0]}
	if detail.Attempts, err = services.Orchestrator.Attempts(ctx, changes.Run.ID, in.Task); err != nil {
		return nil, err
	}
	if detail.Attempts == nil {
		detail.Attempts = []orchestrate.Attempt{}
	}
	if detail.Checks, err = services.Inspect.TaskChecks(ctx, changes.Run.ID, in.Task); err != nil {
		return nil, err
	}
	return &answer[taskDetail]{Body: detail}, nil
}

func (s *Server) listLogs(ctx context.Context, in *struct {
	RunID
	Task string `query:"task" doc:"The id of a task; all when it is absent."`
	Page
}) (*answer[list[orchestrate.LogLine]], error) {
	after := int64(0)
	if in.Cursor != "" {
		var err error
		if after, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil {
			return nil, badCursor(in.Cursor)
		}
	}
	lines, err := s.services().Orchestrator.Logs(ctx, orchestrate.LogFilter{Run: in.run(), Task: in.Task, After: after, Limit: in.Limit + 1})
	if err != nil {
		return nil, runProblem(err)
	}
	next := ""
	if len(lines) > in.Limit {
		lines = lines[:in.Limit]
		next = strconv.FormatInt(lines[in.Limit-1].Line, 10)
	}
	return listOf(lines, next), nil
}
