package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// serving is a hosu process that serves.
type serving struct {
	*process
	t       *testing.T
	url     string
	printed string // until it served
}

var address = regexp.MustCompile(`^Serving workspace (\S+) at (http://127\.0\.0\.1:\d+) `)

// serve starts a command that serves and waits until it does.
func (w *workspace) serve(t *testing.T, args ...string) *serving {
	t.Helper()
	s := &serving{process: w.prepare("", args...), t: t}
	s.Stdout = nil
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.ProcessState == nil {
			_ = s.Process.Kill()
			_ = s.Wait()
		}
	})
	timeout := time.AfterFunc(time.Minute, func() { _ = s.Process.Kill() })
	defer timeout.Stop()
	for lines := bufio.NewReader(out); ; {
		line, err := lines.ReadString('\n')
		s.printed += line
		if found := address.FindStringSubmatch(line); found != nil {
			s.url = found[2]
			return s
		}
		if err != nil {
			_ = s.Wait()
			t.Fatalf("it does not serve: %v\n%s%s", err, s.printed, &s.stderr)
		}
	}
}

// query is the answer to a statement.
func (s *serving) query(sql string) string {
	s.t.Helper()
	response, err := http.Post(s.url+"/api/v1/query", "application/json", strings.NewReader(`{"sql":"`+sql+`"}`))
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: status %d, %v: %s", sql, response.StatusCode, err, text)
	}
	return string(text)
}

// interrupt is Ctrl-C; it must end the command well.
func (s *serving) interrupt() {
	s.t.Helper()
	if err := s.Process.Signal(os.Interrupt); err != nil {
		s.t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		s.t.Fatalf("interrupted: %v\n%s", err, &s.stderr)
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "sqlite", map[string]string{
		"sources/drops.yaml":   "type: files\npath: drops\ninto: raw\ntables: {orders: {path: orders.csv}}\n",
		"drops/orders.csv":     "id,amount\n1,2.50\n2,4.00\n",
		"models/m/revenue.sql": "select sum(amount)::decimal(18,2) as revenue from raw.orders",
	})
	s := w.serve(t, "serve", "--listen", "127.0.0.1:0")
	w.hosu("run") // by another process
	if got := s.query("from m.revenue"); !strings.Contains(got, "\"rows\":[\n[6.50]]") {
		t.Error(got)
	}
	taken := w.end(w.start("", "serve", "--listen", strings.TrimPrefix(s.url, "http://")))
	if taken.status.ExitStatus() != exitFailed || !strings.Contains(taken.stderr, "the port is in use") || !strings.Contains(taken.stderr, "--listen") {
		t.Error(taken)
	}
	everybody := w.end(w.start("", "serve", "--listen", "0.0.0.0:0"))
	if everybody.status.ExitStatus() != exitFailed || !strings.Contains(everybody.stderr, "no sign-in yet") {
		t.Error(everybody)
	}
	s.interrupt()
	if left, err := os.ReadDir(filepath.Join(w.dir, ".hosu", "scratch")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A demo is for looking at: it finds a port.
func TestDemoServes(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	w := newWorkspace(t, "sqlite", nil)
	_, port, _ := net.SplitHostPort(busy.Addr().String())
	s := w.serve(t, "demo", "--dir", filepath.Join(w.dir, "shop"), "--scale", "0.01", "--listen", "127.0.0.1:"+port)
	if strings.HasSuffix(s.url, ":"+port) {
		t.Errorf("serves at %s", s.url)
	}
	if !strings.Contains(s.printed, "marts.daily_sales") {
		t.Errorf("printed\n%s", s.printed)
	}
	if got := s.query("select count(*) > 100 as many from raw_shop.orders"); !strings.Contains(got, "[true]") {
		t.Error(got)
	}
	s.interrupt()
	if !strings.Contains(s.stderr.String(), "Port "+port+" is in use; another one was chosen.") {
		t.Errorf("printed\n%s", &s.stderr)
	}
}
