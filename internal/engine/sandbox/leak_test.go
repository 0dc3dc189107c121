package sandbox

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/testenv/stopwatch"
)

// TestNoLeaks runs a pool through everything that ends a process and counts what is left. It is not parallel: it counts
// for the whole program.
func TestNoLeaks(t *testing.T) {
	// Not counted: the first time the program opens what it keeps, as the descriptors with which Go waits for all others.
	endEverything(t)
	before := resources(t)
	endEverything(t)
	after := resources(t)
	for deadline := time.After(10 * time.Second); after.goroutines > before.goroutines; after = resources(t) {
		select { // goroutines that were told to end are counted until they did
		case <-deadline:
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines before, %d after:\n%s", before.goroutines, after.goroutines, stacks[:runtime.Stack(stacks, true)])
		default:
			runtime.Gosched()
		}
	}
	if after.files > before.files {
		t.Errorf("%d open files before, %d after", before.files, after.files)
	}
	if after.children > 0 {
		t.Errorf("%d child processes are left", after.children)
	}
}

// endEverything opens a pool, has its processes end in every way, and closes it.
func endEverything(t *testing.T) {
	t.Helper()
	scratch := t.TempDir()
	pool, err := NewPool(Options{ScratchDir: scratch})
	if err != nil {
		t.Fatal(err)
	}
	orders := table(t, "s", "orders", "select range as id from range(10)")
	ctx, cancel := context.WithCancel(context.Background())
	for range 3 {
		_ = drain(pool.Query(ctx, engine.Job{SQL: "from s.orders", Relations: []engine.Relation{orders}}))
		_ = drain(pool.Query(ctx, engine.Job{SQL: "from nowhere"}))
		_ = drain(pool.Query(ctx, engine.Job{SQL: crossJoin, Limits: engine.Limits{Time: 20 * time.Millisecond}}))
		_ = drain(pool.Query(ctx, engine.Job{SQL: "from range(100000)", Limits: engine.Limits{ResultRows: 1}}))
		_, _ = pool.Plan(ctx, "select 1", nil, nil, "")
		_, _ = pool.Build(ctx, engine.Job{SQL: "select 1"}, engine.Output{Dir: t.TempDir()})
		rows, err := pool.Query(ctx, engine.Job{SQL: "from range(1000000000)"})
		if err != nil {
			t.Fatal(err)
		}
		rows.Release()
	}
	abandoned, err := pool.Query(ctx, engine.Job{SQL: "from range(1000000000)"})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	abandoned.Release()
	if left, err := os.ReadDir(scratch); err != nil || len(left) > 0 {
		t.Errorf("left in the scratch folder: %v (%v)", left, err)
	}
}

type resourceCount struct{ goroutines, files, children int }

func resources(t *testing.T) resourceCount {
	t.Helper()
	c := resourceCount{goroutines: runtime.NumGoroutine()}
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	c.files = len(files)
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stats {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it ended meanwhile
		}
		// pid (name) state ppid …; the name may hold anything.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if fields[1] == strconv.Itoa(os.Getpid()) {
			c.children++
		}
	}
	return c
}

// TestOrphan sees that a child ends by itself when its parent is gone, even in the middle of a statement.
func TestOrphan(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"", "from range(1000000000)", crossJoin} {
		stopwatch.Within(t, 2*time.Second, "the end of a child without a parent", func() time.Duration { return orphaned(t, program, statement) })
	}
}

// orphaned is how long a child that runs a statement lives on without its parent.
func orphaned(t *testing.T, program, statement string) time.Duration {
	t.Helper()
	child, err := spawn([]string{program}, filepath.Join(t.TempDir(), "scratch"), func(*process) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := child.awaitReady(context.Background()); err != nil {
		t.Fatal(err)
	}
	if statement != "" {
		key := processKey{memory: 64 << 20, threads: 1}
		if err := child.confine(context.Background(), key, grant{Memory: key.memory, Wall: memoryWall(key.memory), Threads: 1}); err != nil {
			t.Fatal(err)
		}
		if err := writeMessage(child.conn, frameQuery, engine.Job{SQL: statement}); err != nil {
			t.Fatal(err)
		}
	}
	gone := time.Now()
	if err := child.conn.Close(); err != nil { // as the kernel does for a parent that was killed
		t.Fatal(err)
	}
	select {
	case <-child.dead:
		if !child.cmd.ProcessState.Exited() {
			t.Errorf("%q: the child did not end by itself: %s", statement, child.cmd.ProcessState)
		}
	case <-time.After(10 * time.Second):
		child.kill()
		<-child.dead
		t.Fatalf("%q: the child lives on without a parent", statement)
	}
	return time.Since(gone)
}
