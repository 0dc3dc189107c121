package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/iceberg-go"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/inspect"
	"github.com/hosu-io/hosu/internal/lineage"
	"github.com/hosu-io/hosu/internal/metric"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/server"
	"github.com/hosu-io/hosu/internal/state"
	"github.com/hosu-io/hosu/internal/storage"
	"github.com/hosu-io/hosu/internal/testenv/pgtest"
)

// lab is a server over a real state database and catalog, whose runs do what a test says.
type lab struct {
	t        testing.TB
	url      string
	http     *httptest.Server
	server   *server.Server
	state    *state.DB
	catalog  *catalog.Catalog
	services *server.Services
	runs     *labRuns
	// work is what a task does before it counts as done; nil is nothing.
	work func(ctx context.Context, task orchestrate.Task, report orchestrate.Reporter) error
}

// databases are the two kinds of state database.
func databases(t *testing.T, test func(t *testing.T, address string)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, sqliteURL(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, pgtest.Database(t)) })
}

func sqliteURL(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "state.db") }

func newLab(t testing.TB, address string, assets ...*project.Asset) *lab {
	t.Helper()
	l := &lab{t: t}
	store, err := storage.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if l.state, err = state.Open(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.state.Close() })
	l.catalog = catalog.New(l.state, store, catalog.Options{})
	graph, err := project.NewGraph(assets)
	if err != nil {
		t.Fatal(err)
	}
	ws := &project.Workspace{Name: "lab", Graph: graph, Location: time.UTC, TimeZone: "UTC"}
	for _, a := range assets {
		if a.Model != nil {
			ws.Models = append(ws.Models, a.Model)
		}
	}
	l.runs = &labRuns{lab: l, watching: map[chan struct{}]string{}}
	orchestrator, err := orchestrate.New(orchestrate.Config{
		Graph: graph, State: l.state, Tables: l.catalog, Runner: labRunner{l}, Observe: l.runs.observe,
		FirstPause: time.Millisecond, LongestPause: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	l.services = &server.Services{
		Workspace: ws, Orchestrator: orchestrator, Runs: l.runs, Lineage: lineage.New(ws, &metric.Set{}, nil),
		Inspect: inspect.New(inspect.Options{Catalog: l.catalog, Workspace: ws, State: l.state, Runs: orchestrator}),
	}
	s, err := server.New(server.Options{Services: func() *server.Services { return l.services }})
	if err != nil {
		t.Fatal(err)
	}
	l.server = s
	l.http = httptest.NewServer(s.Handler())
	l.url = l.http.URL + "/api/v1"
	t.Cleanup(func() {
		l.http.Close() // waits for every request that is at work
		l.runs.end()
	})
	return l
}

func model(name string, upstream ...string) *project.Asset {
	return &project.Asset{Name: name, Fingerprint: "1", Upstream: upstream, Model: &project.Model{
		Name: name, Write: project.Write{Kind: project.WriteFull}, Tables: upstream, Retries: -1,
	}}
}

// create makes empty tables, many in a commit.
func (l *lab) create(names ...string) {
	l.t.Helper()
	const batch = 100
	for len(names) > 0 {
		commit := catalog.Commit{By: govern.Owner()}
		for _, name := range names[:min(batch, len(names))] {
			ident, err := catalog.ParseIdent(name)
			if err != nil {
				l.t.Fatal(err)
			}
			fields := make([]iceberg.NestedField, 20)
			for i := range fields {
				fields[i] = iceberg.NestedField{ID: i + 1, Name: fmt.Sprintf("column_%d", i), Type: iceberg.PrimitiveTypes.Int64}
			}
			commit.Changes = append(commit.Changes, catalog.Change{Ident: ident, Create: &catalog.CreateTable{Schema: iceberg.NewSchema(0, fields...)}})
		}
		if _, err := l.catalog.Commit(l.t.Context(), commit); err != nil {
			l.t.Fatal(err)
		}
		names = names[len(commit.Changes):]
	}
}

// labRunner does what the lab says, and fills the ledger as builds do.
type labRunner struct{ lab *lab }

func (r labRunner) Run(ctx context.Context, task orchestrate.Task, report orchestrate.Reporter) (orchestrate.Outcome, error) {
	task.Log.Info("working", "attempt", task.Attempt)
	if r.lab.work != nil {
		if err := r.lab.work(ctx, task, report); err != nil {
			return orchestrate.Outcome{}, err
		}
	}
	err := r.lab.state.Update(ctx, func(tx *state.Tx) error {
		return tx.RecordFilled(state.Filled{Asset: task.Asset, Fingerprint: task.Fingerprint, At: time.Now()})
	})
	return orchestrate.Outcome{Rows: 1}, err
}

// labRuns are the runs of this process.
type labRuns struct {
	lab  *lab
	work sync.WaitGroup

	mu       sync.Mutex
	active   *orchestrate.Active
	progress map[string]orchestrate.Progress
	watching map[chan struct{}]string
	left     chan string // has the run that somebody does not watch any more, if a test wants to know
}

func (r *labRuns) Start(ctx context.Context, req orchestrate.Request) (orchestrate.RunInfo, error) {
	active, err := r.lab.services.Orchestrator.Begin(ctx, req)
	if err != nil {
		return orchestrate.RunInfo{}, err
	}
	r.mu.Lock()
	r.active, r.progress = active, map[string]orchestrate.Progress{}
	r.mu.Unlock()
	r.work.Go(func() {
		_, _ = active.Work(context.WithoutCancel(ctx), orchestrate.Around{}) // it is recorded
	})
	return active.Info(), nil
}

// end cancels what is at work and waits for it.
func (r *labRuns) end() {
	r.mu.Lock()
	if r.active != nil {
		r.active.Cancel()
	}
	r.mu.Unlock()
	r.work.Wait()
}

func (r *labRuns) Plan(ctx context.Context, req orchestrate.Request) (server.Plan, error) {
	tasks, err := r.lab.services.Orchestrator.Plan(ctx, req)
	return server.Plan{Tasks: tasks, UpToDate: 1, Unreached: []server.Unreached{{Source: "shop", Error: "refused"}}}, err
}

func (r *labRuns) Cancel(ctx context.Context, run string) (orchestrate.RunInfo, error) {
	info, err := r.lab.services.Orchestrator.CancelRun(ctx, run)
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.active.Cancel()
	}
	return info, err
}

func (r *labRuns) Progress(run string) map[string]orchestrate.Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	copied := map[string]orchestrate.Progress{}
	if r.active != nil && r.active.Info().ID == run {
		for task, p := range r.progress {
			copied[task] = p
		}
	}
	return copied
}

func (r *labRuns) Watch(run string) (<-chan struct{}, func()) {
	signal := make(chan struct{}, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watching[signal] = run
	return signal, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.watching, signal)
		if r.left != nil {
			r.left <- run
		}
	}
}

func (r *labRuns) watchers() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.watching)
}

func (r *labRuns) observe(e orchestrate.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Kind == orchestrate.TaskProgress {
		r.progress[e.Task.ID] = e.Progress
	}
	for signal := range r.watching {
		select {
		case signal <- struct{}{}:
		default:
		}
	}
}

// call asks the API; into may be nil. It returns the status.
func (l *lab) call(method, path, body string, into any) int {
	l.t.Helper()
	request, err := http.NewRequestWithContext(l.t.Context(), method, l.url+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		l.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			l.t.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return response.StatusCode
}

// get asks for something that is there.
func (l *lab) get(path string, into any) {
	l.t.Helper()
	if status := l.call("GET", path, "", into); status != http.StatusOK {
		l.t.Fatalf("GET %s: %d", path, status)
	}
}

// event is one of a stream.
type event struct {
	name, id, data string
}

// stream is a client that follows a run.
type stream struct {
	t      testing.TB
	body   io.ReadCloser
	lines  *bufio.Scanner
	cancel context.CancelFunc
}

func (l *lab) follow(path, lastID string) *stream {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 30*time.Second)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url+path, http.NoBody)
	if err != nil {
		l.t.Fatal(err)
	}
	request.Header.Set("Last-Event-ID", lastID)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		l.t.Fatal(err)
	}
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != "text/event-stream" {
		l.t.Fatalf("follow %s: %d %s", path, response.StatusCode, got)
	}
	s := &stream{t: l.t, body: response.Body, lines: bufio.NewScanner(response.Body), cancel: cancel}
	s.lines.Buffer(nil, 1<<20)
	l.t.Cleanup(s.close)
	return s
}

func (s *stream) close() {
	s.cancel()
	_ = s.body.Close()
}

// next is the next event; false at the end of the stream.
func (s *stream) next() (e event, ok bool) {
	s.t.Helper()
	for s.lines.Scan() {
		field, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch field {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			e.data = value
		case "":
			if e.name != "" {
				return e, true
			}
		}
	}
	if err := s.lines.Err(); err != nil {
		s.t.Fatalf("the stream broke off: %v", err)
	}
	return e, false
}

// until reads events up to the first that matches.
func (s *stream) until(what string, matches func(event) bool) event {
	s.t.Helper()
	var seen []string
	for {
		e, ok := s.next()
		if !ok {
			s.t.Fatalf("the stream ended without %s, after:\n%s", what, strings.Join(seen, "\n"))
		}
		if matches(e) {
			return e
		}
		seen = append(seen, e.name+" "+e.data)
	}
}

// all reads events until each of some was seen, in whichever order.
func (s *stream) all(matches ...func(event) bool) {
	s.t.Helper()
	missing := len(matches)
	seen := make([]bool, missing)
	s.until("all that is expected", func(e event) bool {
		for i, match := range matches {
			if !seen[i] && match(e) {
				seen[i] = true
				missing--
			}
		}
		return missing == 0
	})
}
