package orchestrate

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/hosu-io/hosu/internal/project"
	"github.com/hosu-io/hosu/internal/testenv/stopwatch"
)

// An idle run over a large workspace costs a few queries, not a few per asset.
func TestIdleRunOfManyAssets(t *testing.T) {
	const many = 500
	assets := []*project.Asset{source("raw.orders")}
	for i := range many {
		assets = append(assets, model(fmt.Sprintf("m.a%03d", i), assets[i/10].Name))
	}
	b := newBench(t, sqliteURL(t), assets, nil)
	start := time.Now()
	b.run(t)
	first := time.Since(start)
	// 50 ms were measured for 2,000 assets.
	idle := stopwatch.Within(t, time.Second, "an idle run", func() time.Duration {
		start := time.Now()
		result := b.run(t)
		took := time.Since(start)
		if !result.Idle() || result.Fresh != many {
			t.Fatalf("idle %v, %d fresh", result.Idle(), result.Fresh)
		}
		return took
	})
	t.Logf("%d assets: first run %v, idle run %v", len(assets), first, idle)
}

// A run leaves no goroutine behind, however it ends.
func TestNothingIsLeftRunning(t *testing.T) {
	b := newBench(t, sqliteURL(t), shop(), nil)
	b.run(t)
	b.worker.before = failing("core.lines")
	if _, err := b.Run(t.Context(), Request{Selectors: []string{"core.lines+"}, Force: true}); err == nil {
		t.Fatal("the run did not fail")
	}
	left := func() (found []string) {
		var stacks bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&stacks, 2); err != nil {
			t.Fatal(err)
		}
		for stack := range strings.SplitSeq(stacks.String(), "\n\n") {
			if strings.Contains(stack, "orchestrate.(*run)") {
				found = append(found, stack)
			}
		}
		return found
	}
	// One that has said its last word may still be on its way out.
	found := left()
	for deadline := time.Now().Add(10 * time.Second); len(found) > 0 && time.Now().Before(deadline); found = left() {
		runtime.Gosched()
	}
	for _, stack := range found {
		t.Errorf("left behind:\n%s", stack)
	}
}
