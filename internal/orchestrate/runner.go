// Package orchestrate brings assets up to date: it plans what is missing, runs tasks in dependency order, retries, and
// survives being killed. It knows work only as a [Runner].
package orchestrate

import (
	"context"
	"log/slog"
	"time"

	"github.com/hosu-io/hosu/internal/catalog"
)

// Runner does the work of one task.
type Runner interface {
	// Run brings task.Asset up to date for the task's interval. It commits its result with task.Effects among the
	// commit's effects, so that a repeated Run after a crash at any point does no harm.
	Run(ctx context.Context, task Task, report Reporter) (Outcome, error)
}

// Task is one asset × interval.
type Task struct {
	RunID, TaskID string
	Asset         string
	Attempt       int       // from 1
	Start, End    time.Time // zero for an asset without intervals
	Forced        bool      // asked for, although nothing else may call for it: a copy starts over
	Fingerprint   string    // of the asset's definition
	Fence         catalog.Fence
	Log           *slog.Logger // lines are kept in the state database
}

// Reporter receives live progress; safe for concurrent use.
type Reporter interface {
	Progress(p Progress)
}

// Progress of a task so far. Totals are 0 when unknown.
type Progress struct {
	Step            string // "read", "write", "check", "publish"
	Rows, RowsTotal int64
	Bytes           int64
}

// Outcome is what a task did.
type Outcome struct {
	Rows, Bytes int64
	Files       int
	SnapshotID  int64  // 0: nothing was committed to a table
	Unchanged   bool   // nothing new was found
	Note        string // one line for people
}

// Failure kinds let the scheduler decide; a Runner wraps its errors with them.
type Permanent interface{ Permanent() bool }
