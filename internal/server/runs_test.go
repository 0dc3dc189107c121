package server_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/server"
)

// elsewhere makes the lab's server one that knows of runs only what is recorded, as of those of other processes.
type elsewhere struct{ server.Runs }

func (elsewhere) Progress(string) map[string]orchestrate.Progress { return nil }
func (elsewhere) Watch(string) (<-chan struct{}, func())          { return nil, func() {} }

// has says that the data of an event holds texts.
func has(name string, texts ...string) func(event) bool {
	return func(e event) bool {
		for _, text := range texts {
			if !strings.Contains(e.data, text) {
				return false
			}
		}
		return e.name == name
	}
}

// A failing task is retried while its log is watched: in this process, and in another one.
func TestFollowingARetriedTask(t *testing.T) {
	t.Parallel()
	for _, here := range []bool{true, false} {
		t.Run(map[bool]string{true: "here", false: "elsewhere"}[here], func(t *testing.T) {
			t.Parallel()
			databases(t, func(t *testing.T, address string) {
				l := newLab(t, address, model("core.a"), model("core.b", "core.a"))
				if !here {
					runs := l.services.Runs
					services := *l.services
					services.Runs = elsewhere{runs}
					l.services = &services
				}
				seen := make(chan struct{})
				l.work = func(ctx context.Context, task orchestrate.Task, report orchestrate.Reporter) error {
					switch {
					case task.Asset != "core.a":
						return nil
					case task.Attempt == 1:
						return errors.New("connection reset")
					}
					report.Progress(orchestrate.Progress{Step: "copy", Rows: 70, RowsTotal: 100, Bytes: 7})
					select {
					case <-seen: // the watcher has seen that it is at work again
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				}
				var run orchestrate.RunInfo
				if status := l.call("POST", "/runs", `{}`, &run); status != http.StatusAccepted || run.ID == "" || run.Status != orchestrate.Running {
					t.Fatalf("start: %d %+v", status, run)
				}
				s := l.follow("/runs/latest/events", "")
				expected := []func(event) bool{
					has("log", "trying again", "connection reset", `"attempt":1`),
					has("task", "core.a", `"attempt":2`, `"running"`),
				}
				if here {
					expected = append(expected, has("task", "core.a", `"progress":{"step":"copy","rows":70,"rows_total":100,"bytes":7}`))
				}
				s.all(expected...)
				close(seen)
				logged := 0
				end := s.until("the end", func(e event) bool {
					if e.name == "log" {
						logged++
					}
					return e.name == "end"
				})
				if end.data != "{}" || logged == 0 {
					t.Errorf("ended with %+v after %d lines", end, logged)
				}
				if _, more := s.next(); more {
					t.Error("there is something behind the end")
				}
				l.checkRetried(t, run.ID)

				// What has ended is replayed: all of it, or what is behind the last line that a client has.
				lines := func(lastID string) (n int) {
					query := ""
					if lastID != "" {
						query = "&after=1" // less than the client tells in the other way
					}
					s := l.follow("/runs/"+run.ID+"/events?task=00001"+query, lastID)
					s.until("the end", func(e event) bool {
						if e.name == "log" {
							n++
							if !strings.Contains(e.data, `"task":"00001"`) {
								t.Errorf("a line of another task: %s", e.data)
							}
						}
						return e.name == "end"
					})
					return n
				}
				if all := lines(""); all != 3 || lines("2") != 1 {
					t.Errorf("%d lines, and %d behind the second", all, lines("2"))
				}
			})
		})
	}
}

// checkRetried checks what is told of the run of [TestFollowingARetriedTask] when it has ended.
func (l *lab) checkRetried(t *testing.T, id string) {
	t.Helper()
	var run struct {
		Run   orchestrate.RunInfo
		Tasks []orchestrate.TaskInfo
		Edges []struct{ From, To string }
	}
	l.get("/runs/"+id, &run)
	if run.Run.Status != orchestrate.Succeeded || len(run.Tasks) != 2 || len(run.Edges) != 1 || run.Edges[0].To != "core.b" {
		t.Errorf("%+v", run)
	}
	var task struct {
		Task     orchestrate.TaskInfo
		Attempts []orchestrate.Attempt
		Checks   []any
	}
	l.get("/runs/latest/tasks/00001", &task)
	if task.Task.Asset != "core.a" || len(task.Attempts) != 2 || task.Attempts[0].Error != "connection reset" ||
		task.Attempts[0].Status != orchestrate.Failed || task.Attempts[1].Status != orchestrate.Succeeded || task.Checks == nil {
		t.Errorf("%+v", task)
	}
	var page struct {
		Items []orchestrate.LogLine
		Next  string
	}
	l.get("/runs/"+id+"/logs?limit=2", &page)
	if len(page.Items) != 2 || page.Next == "" {
		t.Errorf("%+v", page)
	}
	next := page.Next
	page.Next = ""
	l.get("/runs/"+id+"/logs?limit=2&cursor="+next, &page)
	if len(page.Items) != 2 || page.Next != "" {
		t.Errorf("behind %s: %+v", next, page)
	}
}

// A client that goes away leaves nothing behind, and no run waits for one.
func TestFollowersLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	l := newLab(t, sqliteURL(t), model("core.a"))
	release := make(chan struct{})
	l.work = func(ctx context.Context, _ orchestrate.Task, _ orchestrate.Reporter) error {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return ctx.Err()
	}
	var run orchestrate.RunInfo
	l.call("POST", "/runs", `{}`, &run)
	var streams []*stream
	for range 5 {
		s := l.follow("/runs/"+run.ID+"/events", "")
		s.until("the run", has("run", run.ID))
		streams = append(streams, s)
	}
	if n := l.runs.watchers(); n != 5 {
		t.Errorf("%d watch", n)
	}
	for _, s := range streams {
		s.close()
	}
	l.http.Close() // returns when no request is at work any more
	if n := l.runs.watchers(); n != 0 {
		t.Errorf("%d watch although their clients are gone", n)
	}
	close(release)
}

// A client that does not read is dropped: nothing is kept for it, and nothing waits for it.
func TestFollowersThatDoNotReadAreDropped(t *testing.T) {
	t.Parallel()
	l := newLab(t, sqliteURL(t), model("core.a"))
	l.server.SetLongestWrite(50 * time.Millisecond)
	l.runs.left = make(chan string, 1)
	l.work = func(_ context.Context, task orchestrate.Task, _ orchestrate.Reporter) error {
		for range 64 { // more than the network holds
			task.Log.Info(strings.Repeat("x", 1<<20))
		}
		return nil
	}
	var run orchestrate.RunInfo
	l.call("POST", "/runs", `{}`, &run)
	conn, err := net.Dial("tcp", l.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "GET /api/v1/runs/%s/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", run.ID); err != nil {
		t.Fatal(err)
	}
	select {
	case <-l.runs.left:
	case <-time.After(30 * time.Second):
		t.Fatal("the client is still there")
	}
	l.runs.work.Wait() // the run did not wait for it
	l.get("/runs/"+run.ID, &struct{ Run *orchestrate.RunInfo }{&run})
	if run.Status != orchestrate.Succeeded {
		t.Errorf("%+v", run)
	}
}

func TestRunsOverHTTP(t *testing.T) {
	t.Parallel()
	l := newLab(t, sqliteURL(t), model("core.a"), model("core.b", "core.a"), model("core.c", "core.b"))
	var failing bool
	l.work = func(_ context.Context, task orchestrate.Task, _ orchestrate.Reporter) error {
		if failing && task.Asset == "core.b" {
			return permanent{errors.New("bad row")}
		}
		return nil
	}
	var problem server.Problem
	if status := l.call("GET", "/runs/latest", "", &problem); status != 404 || problem.Code != "run_not_found" {
		t.Errorf("without a run: %d %+v", status, problem)
	}
	wait := func(run orchestrate.RunInfo) {
		t.Helper()
		l.follow("/runs/"+run.ID+"/events?logs=false", "").until("the end", func(e event) bool {
			if e.name == "log" {
				t.Error("a line, which was not asked for")
			}
			return e.name == "end"
		})
	}
	var planned struct {
		Items     []orchestrate.PlannedTask
		Unreached []server.Unreached
	}
	l.call("POST", "/plan", `{"selectors": ["core.b"]}`, &planned)
	if len(planned.Items) != 1 || planned.Items[0].Reasons[0].Code != orchestrate.NeverBuilt || planned.Unreached[0].Source != "shop" {
		t.Errorf("plan %+v", planned)
	}
	failing = true
	var first, second orchestrate.RunInfo
	l.call("POST", "/runs", `{"selectors": ["core.*"]}`, &first)
	wait(first)
	l.get("/runs/latest", &struct{ Run *orchestrate.RunInfo }{&first})
	if first.Status != orchestrate.Failed || first.Tasks[orchestrate.Skipped] != 1 || first.Error == "" {
		t.Errorf("%+v", first)
	}
	var overview struct {
		Assets   struct{ Failed int }
		Failures []struct{ Asset, Run, Error string }
	}
	l.get("/overview", &overview)
	if overview.Assets.Failed != 1 || len(overview.Failures) != 1 || overview.Failures[0].Error != "bad row" || overview.Failures[0].Run != first.ID {
		t.Errorf("overview %+v", overview)
	}
	failing = false
	if status := l.call("POST", "/runs/"+first.ID+"/retry", "", &second); status != 202 || len(second.Selectors) != 2 || second.ID == first.ID {
		t.Errorf("retry: %d %+v", status, second)
	}
	wait(second)
	if status := l.call("POST", "/runs/latest/retry", "", &problem); status != 409 || problem.Code != "nothing_failed" {
		t.Errorf("retry of what has succeeded: %d %+v", status, problem)
	}
	var assets struct {
		Items []struct{ Asset, Status string }
	}
	l.get("/assets", &assets)
	if fmt.Sprint(assets.Items) != "[{core.a fresh} {core.b fresh} {core.c fresh}]" {
		t.Errorf("assets %v", assets.Items)
	}
	var page struct {
		Items []orchestrate.RunInfo
		Next  string
	}
	l.get("/runs?limit=1", &page)
	if len(page.Items) != 1 || page.Items[0].ID != second.ID || page.Next == "" {
		t.Errorf("the first page %+v", page)
	}
	next := page.Next
	page.Next = ""
	l.get("/runs?limit=1&cursor="+next, &page)
	if len(page.Items) != 1 || page.Items[0].ID != first.ID || page.Next != "" {
		t.Errorf("the last page %+v", page)
	}
	problem = server.Problem{}
	if status := l.call("GET", "/runs?cursor=nothing", "", &problem); status != 400 || !strings.Contains(problem.Detail, `"nothing"`) {
		t.Errorf("a cursor of another list: %d %+v", status, problem)
	}
	for body, detail := range map[string]string{
		`{"from": "2024-13-01"}`: "body.from", `{"from": "2024-02-01", "to": "2024-01-01"}`: "not before", `{"selector": "x"}`: "selector",
	} {
		problem = server.Problem{}
		if status := l.call("POST", "/runs", body, &problem); status != 400 && status != 422 || !strings.Contains(problem.Detail, detail) {
			t.Errorf("%s: %d %+v", body, status, problem)
		}
	}
}

type permanent struct{ error }

func (permanent) Permanent() bool { return true }

func TestCancellingOverHTTP(t *testing.T) {
	t.Parallel()
	l := newLab(t, sqliteURL(t), model("core.a"))
	l.work = func(ctx context.Context, _ orchestrate.Task, _ orchestrate.Reporter) error {
		<-ctx.Done()
		return ctx.Err()
	}
	var run orchestrate.RunInfo
	l.call("POST", "/runs", `{}`, &run)
	s := l.follow("/runs/"+run.ID+"/events", "")
	s.until("the task", has("task", `"running"`))
	var problem server.Problem
	if status := l.call("POST", "/runs", `{}`, &problem); status != 409 || problem.Code != "run_busy" || problem.Run != run.ID {
		t.Errorf("another run meanwhile: %d %+v", status, problem)
	}
	if status := l.call("POST", "/runs/20200101-000000-aaaaaa/cancel", "", &problem); status != 409 || problem.Code != "run_not_at_work" {
		t.Errorf("cancelling another run: %d %+v", status, problem)
	}
	if status := l.call("POST", "/runs/latest/cancel", "", &run); status != 202 || run.Status != orchestrate.Cancelling {
		t.Errorf("cancel: %d %+v", status, run)
	}
	s.until("the cancelled task", has("task", `"cancelled"`))
	s.until("the end", has("end"))
	l.get("/runs/latest", &struct{ Run *orchestrate.RunInfo }{&run})
	if run.Status != orchestrate.Cancelled {
		t.Errorf("%+v", run)
	}
}
