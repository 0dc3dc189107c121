package orchestrate

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/hosu-io/hosu/internal/failpoint"
	"github.com/hosu-io/hosu/internal/project"
)

// The environment of a test process that is to be killed: the state database, and where it stops.
const (
	envState  = "HOSU_ORCHESTRATE_STATE"
	envStopAt = "HOSU_ORCHESTRATE_STOP_AT"
)

// TestDoomedRun is not a test of its own but what the child process of TestKilledRun does. It does nothing in the
// tests' own process.
func TestDoomedRun(t *testing.T) {
	address := os.Getenv(envState)
	if address == "" {
		return
	}
	b := newBench(t, address, shop(), nil)
	stopAt := os.Getenv(envStopAt)
	die := func() error {
		fmt.Println("ready to die")
		select {} // until the parent kills this process
	}
	b.worker.before = func(_ context.Context, task Task) error {
		if stopAt == "before "+task.Asset {
			return die()
		}
		return nil
	}
	ctx := t.Context()
	if name, ok := strings.CutPrefix(stopAt, "failpoint "); ok {
		ctx = failpoint.With(ctx, failpoint.NewSet(map[string]failpoint.Action{name: func(string) error { return die() }}))
	}
	_, err := b.Run(ctx, Request{})
	t.Fatalf("the run ended: %v", err)
}

// A run that is killed is continued by the next one, at once and without doing again what was filled.
func TestKilledRun(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		stopAt string
		// filled are assets that were certainly filled before the kill.
		filled []string
	}{
		{"before core.lines", []string{"raw.orders"}},
		{"before marts.kpi", []string{"raw.orders", "raw.members", "core.lines", "core.people", "marts.sales"}},
		{"failpoint task.row_written", nil},
	} {
		t.Run(tc.stopAt, func(t *testing.T) {
			t.Parallel()
			databases(t, func(t *testing.T, address string) { testKilledRun(t, address, tc.stopAt, tc.filled) })
		})
	}
}

func testKilledRun(t *testing.T, address, stopAt string, filled []string) {
	child := exec.Command(os.Args[0], "-test.run=^TestDoomedRun$")
	child.Env = append(os.Environ(), envState+"="+address, envStopAt+"="+stopAt)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		said = append(said, scanner.Text())
		if scanner.Text() == "ready to die" {
			break
		}
	}
	if !slices.Contains(said, "ready to die") {
		t.Fatalf("the child ended early: %v, %q", child.Wait(), said)
	}

	// While it lives its lease is respected, by this process as by any other.
	b := newBench(t, address, shop(), nil)
	_, err = b.Run(t.Context(), Request{})
	var busy *BusyError
	if !errors.As(err, &busy) || busy.PID() != child.Process.Pid {
		t.Fatalf("a run beside the living child: %v", err)
	}

	if err := child.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	result := b.run(t)
	runs, err := b.Runs(t.Context(), 0)
	if err != nil || len(runs) != 2 || runs[1].Status != Interrupted || runs[1].ID != busy.Run() {
		t.Fatalf("runs %+v, %v", runs, err)
	}
	tasks, err := b.Tasks(t.Context(), runs[1].ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		if !task.Status.Finished() {
			t.Errorf("%s of the killed run is still %s", task.Asset, task.Status)
		}
	}
	again := b.worker.order()
	for _, name := range filled {
		if a, _ := b.cfg.Graph.Asset(name); a.SourceTable == nil && slices.Contains(again, name) {
			t.Errorf("%s was filled already and ran again", name)
		}
	}
	for _, a := range b.cfg.Graph.Assets() {
		if _, ok := b.snapshot(t, a); !ok {
			t.Errorf("%s does not exist after the second run", a.Name)
		}
	}
	if result.Run.Status != Succeeded {
		t.Errorf("the second run is %s", result.Run.Status)
	}
	if last := b.run(t); !last.Idle() {
		t.Errorf("a third run did %s", statuses(last.Tasks))
	}
}

func (b *bench) snapshot(t *testing.T, a *project.Asset) (int64, bool) {
	t.Helper()
	entries, err := b.worker.tables.Tables(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Ident.String() == a.Name {
			return e.SnapshotID, true
		}
	}
	return 0, false
}

func TestHolder(t *testing.T) {
	t.Parallel()
	me := thisProcess("r", SystemClock{}.Now())
	gone := exec.Command(os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	change := func(fn func(*holder)) holder {
		h := me
		fn(&h)
		return h
	}
	for _, tc := range []struct {
		name string
		h    holder
		dead bool
	}{
		{"this process", me, false},
		{"a process that has ended", change(func(h *holder) { h.PID = gone.Process.Pid }), true},
		{"the pid was given out again", change(func(h *holder) { h.Started = "1" }), true},
		{"before a reboot: cannot be told", change(func(h *holder) { h.Boot = "other"; h.PID = gone.Process.Pid }), false},
		{"another container: cannot be told", change(func(h *holder) { h.PIDSpace = "pid:[1]"; h.PID = gone.Process.Pid }), false},
	} {
		read, ok := parseHolder(tc.h.String())
		if !ok {
			t.Fatalf("%s: cannot be read back", tc.name)
		}
		if got := read.dead(); got != tc.dead {
			t.Errorf("%s: dead is %v", tc.name, got)
		}
	}
}
