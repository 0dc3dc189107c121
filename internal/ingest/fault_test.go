package ingest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/hosu-io/hosu/internal/catalog"
	"github.com/hosu-io/hosu/internal/failpoint"
	"github.com/hosu-io/hosu/internal/govern"
	"github.com/hosu-io/hosu/internal/ingest"
	"github.com/hosu-io/hosu/internal/project"
)

// steps are all at which a copy can stop: its own, the lake's and the catalog's.
var steps = []string{
	ingest.StepOpened, "publish.file_written", ingest.StepRead, "publish.manifest_written",
	"commit.metadata_written", "commit.pointer_swapped", ingest.StepCommitted,
}

const firstOrders = createOrders + `INSERT INTO orders VALUES
	(1, 1, 'a', '2024-01-01 00:00:00'), (2, 2, 'b', '2024-01-01 10:00:00'), (3, 3, 'c', '2024-01-01 10:30:00');`

const moreOrders = `UPDATE orders SET amount = 20, updated_at = '2024-01-01 10:40:00' WHERE id = 2;
	INSERT INTO orders VALUES (4, 4, 'd', '2024-01-01 10:35:00'), (5, 5, 'e', '2024-01-01 10:21:00')`

var allOrders = []string{"1|1.00|a|2024-01-01 00:00:00", "2|20.00|b|2024-01-01 10:40:00", "3|3.00|c|2024-01-01 10:30:00",
	"4|4.00|d|2024-01-01 10:35:00", "5|5.00|e|2024-01-01 10:21:00"}

// modes are the ways to copy a table.
var modes = map[string]func(t *project.SourceTable){
	"full":        func(*project.SourceTable) {},
	"incremental": incremental,
}

// TestInterruptedCopies fails a copy at each step and makes it again: no row is lost and none is there twice.
func TestInterruptedCopies(t *testing.T) {
	t.Parallel()
	onEachSystem(t, func(t *testing.T, e *env) {
		e.exec(firstOrders)
		broken := errors.New("broken on purpose")
		hits := map[string]int{}
		for name, mode := range modes {
			for i, step := range steps {
				orders := e.table("orders", func(t *project.SourceTable) { mode(t); t.Target = fmt.Sprintf("raw_shop.%s_%d", name, i) })
				ctx := failpoint.With(t.Context(), failpoint.NewSet(map[string]failpoint.Action{step: func(string) error {
					hits[step]++
					return broken
				}}))
				interrupted := func() {
					t.Helper()
					_, err := e.ingest.Copy(ctx, govern.Owner(), orders, catalog.Effects{}, nil)
					// Behind the swap the catalog finds out that the commit has happened.
					if (err == nil) != (step == "commit.pointer_swapped") {
						t.Errorf("%s: the copy that fails at %s: %v", name, step, err)
					}
				}
				interrupted()
				e.copy(orders)
				e.exec(moreOrders)
				interrupted()
				e.copy(orders)
				e.rows(orders.Target, allOrders...)
				e.idle(orders)
				e.exec(`DROP TABLE orders;` + firstOrders)
			}
		}
		for _, step := range steps {
			if hits[step] < 4 {
				t.Errorf("step %s was reached %d times", step, hits[step])
			}
		}
	})
}

// killed tells the child process of TestKilledCopies what to copy and at which step to kill itself.
type killed struct {
	Dir, Kind, Address, Mode, Step string
}

const killedVariable = "HOSU_TEST_KILLED_COPY"

// TestKilledCopies kills the process that copies, at each step, and lets another go on: a full copy when it makes the
// table, an incremental one when it merges into it.
func TestKilledCopies(t *testing.T) {
	t.Parallel()
	onEachSystem(t, func(t *testing.T, e *env) {
		for name, mode := range modes {
			for _, step := range steps {
				if e.system.kind == "postgres" && !strings.HasPrefix(step, "ingest.") {
					continue // where rows come from is past
				}
				e.exec(`DROP TABLE IF EXISTS orders;` + firstOrders)
				dir := t.TempDir()
				next := func() {
					t.Helper()
					again := newEnv(t, e.system, dir)
					again.copy(again.table("orders", mode))
				}
				if name == "full" {
					killAt(t, killed{Dir: dir, Kind: e.system.kind, Address: e.system.address, Mode: name, Step: step})
				}
				next()
				e.exec(moreOrders)
				if name == "incremental" {
					killAt(t, killed{Dir: dir, Kind: e.system.kind, Address: e.system.address, Mode: name, Step: step})
				}
				next()
				again := newEnv(t, e.system, dir)
				again.rows("raw_shop.orders", allOrders...)
				again.idle(again.table("orders", mode))
			}
		}
	})
}

// killAt runs a process that copies until it is killed.
func killAt(t *testing.T, spec killed) {
	t.Helper()
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledChild$", "-test.v")
	child.Env = append(os.Environ(), killedVariable+"="+string(text))
	out, err := child.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child was not killed by itself: %+v: %v\n%s", spec, err, out)
	}
}

// TestKilledChild is the process that TestKilledCopies kills; by itself it has nothing to do.
func TestKilledChild(t *testing.T) {
	text := os.Getenv(killedVariable)
	if text == "" {
		return
	}
	var spec killed
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&spec); err != nil {
		t.Fatal(err)
	}
	e := newEnv(t, system{kind: spec.Kind, address: spec.Address}, spec.Dir)
	ctx := failpoint.With(t.Context(), failpoint.NewSet(map[string]failpoint.Action{spec.Step: func(string) error {
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}}))
	copied, err := e.ingest.Copy(ctx, govern.Owner(), e.table("orders", modes[spec.Mode]), catalog.Effects{}, nil)
	t.Fatalf("the copy was not killed: %+v, %v", copied, err)
}
