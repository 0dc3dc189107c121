package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/hosu-io/hosu/internal/orchestrate"
)

const eventStream = "text/event-stream"

const (
	// lookAgain is how often the state database is asked about a run at work: those of other processes are seen only so.
	lookAgain = 500 * time.Millisecond
	// lookSoonest is the time between two looks, however much happens in this process.
	lookSoonest = 100 * time.Millisecond
	// heartbeat is how often a client hears something, so that it and what is between notice a dead connection.
	heartbeat = 15 * time.Second
	// longestWrite is how long a client may take to accept what it is sent, beyond what the network holds. One that does not is dropped: nothing is kept for
	// it, and when it comes back it gets the state as it is then.
	longestWrite = 10 * time.Second
)

func (s *Server) registerEvents(api huma.API) {
	op := get("/runs/{id}/events", "followRun", "Follow a run")
	op.Tags = []string{"runs"}
	op.Description = "Server-sent events. The present state comes first, then what changes: `run` (RunInfo), `task` (TaskEvent), `log` (LogLine), and when the " +
		"run has ended and everything was sent, `end` ({}): close the source then. A client that was cut off and comes back with Last-Event-ID gets only " +
		"the log lines behind those it has."
	register(api, op, s.followRun)
	schemas := api.OpenAPI().Components.Schemas
	api.OpenAPI().Paths[op.Path].Get.Responses["200"] = &huma.Response{
		Description: "The data of the events.",
		Content: map[string]*huma.MediaType{eventStream: {Schema: &huma.Schema{OneOf: []*huma.Schema{
			schemas.Schema(typeOf[orchestrate.RunInfo](), true, ""), schemas.Schema(typeOf[taskEvent](), true, ""), schemas.Schema(typeOf[orchestrate.LogLine](), true, ""),
		}}}},
	}
}

// taskEvent is a task and, while it is at work in this process, how far it is.
type taskEvent struct {
	orchestrate.TaskInfo
	Progress *taskProgress `json:"progress,omitempty" doc:"Of a task at work in the process that answers."`
}

// taskProgress is how far a task is.
type taskProgress struct {
	Step      string `json:"step" example:"copy"`
	Rows      int64  `json:"rows"`
	RowsTotal int64  `json:"rows_total" doc:"0: not known."`
	Bytes     int64  `json:"bytes"`
}

func (s *Server) followRun(ctx context.Context, in *struct {
	RunID
	Task        string `query:"task" doc:"The id of a task: only it and its log; all when it is absent."`
	Logs        bool   `query:"logs" default:"true" doc:"Whether to send log lines."`
	After       int64  `query:"after" minimum:"0" doc:"As Last-Event-ID, for clients that cannot send headers."`
	LastEventID string `header:"Last-Event-ID" doc:"The number of the last log line that the client has."`
}) (*huma.StreamResponse, error) {
	services := s.services()
	f := &follower{
		services: services, longestWrite: s.longestWrite, sent: map[string][]byte{},
		watch: orchestrate.Watch{Run: in.run(), Task: in.Task, WithoutLog: !in.Logs},
	}
	last, err := strconv.ParseInt(in.LastEventID, 10, 64)
	if err != nil {
		last = 0 // it is no line of ours
	}
	f.mark = orchestrate.MarkBehind(max(last, in.After))
	if err := f.look(ctx); err != nil {
		return nil, runProblem(err)
	}
	f.watch.Run = f.changes.Run.ID // whatever run begins meanwhile
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", eventStream)
		hc.SetHeader("Cache-Control", "no-store")
		hc.SetHeader("X-Accel-Buffering", "no") // for proxies that would collect the answer
		_, f.w = humago.Unwrap(hc)
		f.controller = http.NewResponseController(f.w)
		if err := f.follow(hc.Context()); err != nil && hc.Context().Err() == nil {
			logger(hc.Context()).DebugContext(hc.Context(), "a client that follows a run was dropped", "run", f.watch.Run, "error", err)
		}
	}}, nil
}

// follower sends one client what happens in a run. It holds no more than the last state that was sent.
type follower struct {
	services     *Services
	watch        orchestrate.Watch
	w            http.ResponseWriter
	controller   *http.ResponseController
	longestWrite time.Duration

	mark    orchestrate.Mark
	changes orchestrate.Changes
	sent    map[string][]byte // the last data of what there is one of: "run", and each task by id
	out     bytes.Buffer      // events that are sent together
}

// look reads what has happened.
func (f *follower) look(ctx context.Context) error {
	changes, err := f.services.Orchestrator.Changes(ctx, f.watch, f.mark)
	if err != nil {
		return err
	}
	f.changes, f.mark = changes, changes.Mark
	return nil
}

// follow sends until the run has ended, the client is gone, or it does not read.
func (f *follower) follow(ctx context.Context) error {
	changed, stop := f.services.Runs.Watch(f.watch.Run)
	defer stop()
	f.out.WriteString("retry: 2000\n\n")
	spoken := time.Now()
	for {
		if err := f.tell(); err != nil {
			return err
		}
		ended := f.changes.Run.Status.Finished() && !f.changes.More
		if ended {
			f.out.WriteString("event: end\ndata: {}\n\n")
		} else if f.out.Len() == 0 && time.Since(spoken) >= heartbeat {
			f.out.WriteString(": still here\n\n")
		}
		if f.out.Len() > 0 {
			if err := f.send(); err != nil {
				return err
			}
			spoken = time.Now()
		}
		if ended {
			return nil
		}
		if !f.changes.More {
			if err := pause(ctx, changed); err != nil {
				return err
			}
		}
		if err := f.look(ctx); err != nil {
			return err
		}
	}
}

// pause waits until it is time to look again.
func pause(ctx context.Context, changed <-chan struct{}) error {
	soonest, latest := time.NewTimer(lookSoonest), time.NewTimer(lookAgain)
	defer soonest.Stop()
	defer latest.Stop()
	select {
	case <-soonest.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-changed:
	case <-latest.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// tell writes what is new to out.
func (f *follower) tell() error {
	if err := f.event("run", "run", f.changes.Run); err != nil {
		return err
	}
	progress := f.services.Runs.Progress(f.watch.Run)
	for _, t := range f.changes.Tasks {
		event := taskEvent{TaskInfo: t}
		if p, ok := progress[t.ID]; ok && t.Status == orchestrate.Running {
			event.Progress = &taskProgress{Step: p.Step, Rows: p.Rows, RowsTotal: p.RowsTotal, Bytes: p.Bytes}
		}
		if err := f.event("task", t.ID, event); err != nil {
			return err
		}
	}
	for _, line := range f.changes.Lines {
		data, err := json.Marshal(line)
		if err != nil {
			return err
		}
		fmt.Fprintf(&f.out, "event: log\nid: %d\ndata: %s\n\n", line.Line, data)
	}
	return nil
}

// event writes the state of something when it is not what was sent last.
func (f *follower) event(name, key string, state any) error {
	data, err := json.Marshal(state)
	if err != nil {
		return err
	}
	if bytes.Equal(f.sent[key], data) {
		return nil
	}
	f.sent[key] = data
	fmt.Fprintf(&f.out, "event: %s\ndata: %s\n\n", name, data)
	return nil
}

// send gives the client what was written.
func (f *follower) send() error {
	// Not to be had where a test has no connection.
	_ = f.controller.SetWriteDeadline(time.Now().Add(f.longestWrite))
	defer func() { _ = f.controller.SetWriteDeadline(time.Time{}) }()
	if _, err := f.w.Write(f.out.Bytes()); err != nil {
		return err
	}
	f.out.Reset()
	return f.controller.Flush()
}
