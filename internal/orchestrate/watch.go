package orchestrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hosu-io/hosu/internal/state"
)

// Watch says what of a run somebody follows.
type Watch struct {
	Run  string // id; "" is the newest run
	Task string // id; "" is all of them
	// WithoutLog leaves out the lines.
	WithoutLog bool
}

// Mark is how far somebody who follows a run has read. The zero Mark is the beginning.
type Mark struct {
	line     int64
	finished time.Time // of the task that ended last
}

// MarkBehind is the mark of somebody who has the log up to the line with a number, and nothing else.
func MarkBehind(line int64) Mark { return Mark{line: line} }

// Changes are what has happened in a run since a [Mark], as it was recorded at one moment: when the run has ended there, so have
// its tasks, and their log is complete.
type Changes struct {
	Run RunInfo
	// Tasks are those that have changed, those that are not finished, and maybe some that have not changed since; in the
	// order they began.
	Tasks []TaskInfo
	Lines []LogLine // by number
	// More says that there are further lines already.
	More bool
	Mark Mark // to go on from
}

const (
	// mostLines is how many log lines are read at a time, and mostBytes after how many bytes of them no more are.
	mostLines = 1000
	mostBytes = 1 << 20
	// lateRecord bounds how long before it becomes visible the end of a task may lie.
	lateRecord = 30 * time.Second
)

// Changes reads what has happened in a run, of whichever process, since a mark. The error is [ErrNotFound] when there is no such
// run, or no such task in it.
func (o *Orchestrator) Changes(ctx context.Context, w Watch, since Mark) (Changes, error) {
	var c Changes
	err := o.cfg.State.View(ctx, func(tx *state.Tx) error {
		c = Changes{Mark: since}
		s := store{tx}
		id, err := s.resolveRun(w.Run)
		if err != nil {
			return err
		}
		runs, err := s.runs("WHERE id = ?", id)
		if err != nil {
			return err
		}
		if err := s.countTasks(runs); err != nil {
			return err
		}
		c.Run = runs[0]
		c.Tasks, err = s.tasks("WHERE run_id = ? AND (? = '' OR id = ?) AND (finished_at IS NULL OR finished_at >= ?)",
			id, w.Task, w.Task, state.Micros(since.finished.Add(-lateRecord)))
		if err != nil {
			return err
		}
		if since.finished.IsZero() && w.Task != "" && len(c.Tasks) == 0 {
			return notFound(fmt.Sprintf("run %s has no task %s", id, w.Task))
		}
		if w.WithoutLog {
			return nil
		}
		c.Lines, err = s.logs(LogFilter{Run: id, Task: w.Task, Limit: mostLines, After: since.line, bytes: mostBytes})
		return err
	})
	if err != nil {
		if !errors.Is(err, ErrNotFound) {
			err = fmt.Errorf("read what has happened in run %s: %w", w.Run, err)
		}
		return Changes{}, err
	}
	for _, t := range c.Tasks {
		if t.Finished.After(c.Mark.finished) {
			c.Mark.finished = t.Finished
		}
	}
	if n := len(c.Lines); n > 0 {
		size := 0
		for _, l := range c.Lines {
			size += len(l.Message) + len(l.Attrs)
		}
		c.Mark.line, c.More = c.Lines[n-1].Line, n == mostLines || size >= mostBytes
	}
	c.Run.presume(c.Tasks)
	slices.SortStableFunc(c.Tasks, func(a, b TaskInfo) int {
		return cmp.Or(cmp.Compare(state.Micros(a.Started), state.Micros(b.Started)), cmp.Compare(a.ID, b.ID))
	})
	return c, nil
}
