package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/hosu-io/hosu/internal/app"
	"github.com/hosu-io/hosu/internal/orchestrate"
	"github.com/hosu-io/hosu/internal/query/history"
	"github.com/hosu-io/hosu/internal/server"
)

// endless is a statement whose first rows come at once and whose last never do.
const endless = "select i, i % 7 as day, 'row ' || i as text from range(1000000000000) t(i)"

// small is a workspace with a source and a model.
func small(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"hosu.yaml":             "name: lake\ntimezone: Asia/Seoul\n",
		"sources/drops.yaml":    "type: files\npath: drops\ninto: raw\ntables:\n  orders: {path: orders.csv, mode: full}\n",
		"drops/orders.csv":      "id,store,amount\n1,강남,2.50\n2,부산,10.25\n3,강남,0.75\n",
		"models/marts/sold.sql": "select store, sum(amount)::decimal(18,2) as amount from raw.orders group by store",
	})
	return dir
}

// served is a workspace that is served.
type served struct {
	t    testing.TB
	url  string
	stop func() error // and wait for the end, once
}

// serve opens and serves the workspace in dir, until the test ends or stop is called.
func serve(t testing.TB, dir string) *served {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Dir: dir, WithoutSources: true})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, listener, "1.2.3") }()
	s := &served{t: t, url: "http://" + listener.Addr().String()}
	s.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				return err
			}
		case <-time.After(20 * time.Second):
			return fmt.Errorf("serving does not end")
		}
		return a.Close()
	})
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stop serving: %v", err)
		}
	})
	return s
}

// do sends a request and returns the answer, whose body the caller closes.
func (s *served) do(ctx context.Context, method, path string, body any, header ...string) *http.Response {
	s.t.Helper()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, s.url+"/api/v1"+path, content)
	if err != nil {
		s.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return response
}

// call sends a request, checks the status of the answer and decodes it.
func (s *served) call(method, path string, body any, status int, into any) {
	s.t.Helper()
	response := s.do(s.t.Context(), method, path, body)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		s.t.Fatalf("%s %s: status %d, want %d (%v)\n%s", method, path, response.StatusCode, status, err, text)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			s.t.Fatalf("%s %s: %v\n%s", method, path, err, text)
		}
	}
}

// queryAnswer is the JSON form of a result.
type queryAnswer struct {
	ID      string
	Columns []struct{ Name, Type string }
	Rows    [][]any
	Stats   history.QueryInfo
	Error   *problem
}

type problem struct {
	Status       int
	Code, Detail string
	Position     *history.Position
}

func (s *served) query(sql string) queryAnswer {
	s.t.Helper()
	var a queryAnswer
	s.call("POST", "/query", map[string]any{"sql": sql}, 200, &a)
	return a
}

// arrow begins a statement and returns its Arrow stream.
func (s *served) arrow(ctx context.Context, body map[string]any) (*http.Response, *ipc.Reader) {
	s.t.Helper()
	response := s.do(ctx, "POST", "/query", body, "Accept", "application/vnd.apache.arrow.stream")
	if response.StatusCode != 200 {
		text, _ := io.ReadAll(response.Body)
		s.t.Fatalf("query: status %d: %s", response.StatusCode, text)
	}
	reader, err := ipc.NewReader(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response, reader
}

// within waits until a condition holds; it is to hold soon.
func within(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %s still not: %s", limit, what)
		}
	}
}

// fill runs the workspace in dir in this process, beside whatever serves it.
func fill(t *testing.T, dir string) {
	t.Helper()
	if _, err := openWorkspace(t, dir, nil).Run(t.Context(), orchestrate.Request{}); err != nil {
		t.Fatal(err)
	}
}
