package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/hosu-io/hosu/internal/orchestrate"
)

// progress shows a run: a bar per running task on a terminal, and everywhere one line per finished task.
type progress struct {
	mu       sync.Mutex
	out      io.Writer
	zone     *time.Location // times of day are shown in it; set before the first event
	bars     *mpb.Progress  // nil when out is not a terminal
	running  map[string]*bar
	finished int
}

type bar struct {
	bar   *mpb.Bar
	shown orchestrate.Progress
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, zone: time.Local, running: map[string]*bar{}}
	if isTerminal(out) {
		p.bars = mpb.New(mpb.WithOutput(out), mpb.WithWidth(24), mpb.WithRefreshRate(120*time.Millisecond))
		p.out = p.bars
	}
	return p
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// observe is the orchestrator's Observe.
func (p *progress) observe(e orchestrate.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Kind {
	case orchestrate.TaskStarted:
		p.start(e)
	case orchestrate.TaskProgress:
		p.update(e)
	case orchestrate.TaskRetrying:
		p.stop(e)
		p.line(e.At, "again", e.Task.Asset, fmt.Sprintf("attempt %d failed: %s", e.Task.Attempt, oneLine(e.Task.Error)))
	case orchestrate.TaskFinished:
		p.stop(e)
		p.finished++
		p.line(e.At, verdict(e.Task), e.Task.Asset, taskDetail(e.Task, e.At))
	}
}

// close removes the bars; lines stay.
func (p *progress) close() {
	if p.bars != nil {
		p.mu.Lock()
		for id, b := range p.running {
			b.bar.Abort(true)
			delete(p.running, id)
		}
		p.mu.Unlock()
		p.bars.Wait()
	}
}

func (p *progress) start(e orchestrate.Event) {
	if p.bars == nil {
		return
	}
	b := &bar{}
	status := func(decor.Statistics) string {
		p.mu.Lock()
		defer p.mu.Unlock()
		return b.status()
	}
	b.bar = p.bars.New(0, mpb.BarStyle().Lbound("").Filler("━").Tip("━").Padding("─").Rbound(""),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(
			decor.Name(runewidth.FillRight(e.Task.Asset, 28)+" "),
			decor.Any(status, decor.WC{W: 9, C: decor.DindentRight}),
		),
		mpb.AppendDecorators(
			decor.CountersNoUnit(" % d / % d rows", decor.WCSyncSpace),
			decor.AverageSpeed(0, " % .0f rows/s", decor.WCSyncSpace),
			decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace),
		),
	)
	p.running[e.Task.ID] = b
}

func (b *bar) status() string {
	if b.shown.Step == "" {
		return "starting"
	}
	return b.shown.Step
}

func (p *progress) update(e orchestrate.Event) {
	b := p.running[e.Task.ID]
	if b == nil {
		return
	}
	b.shown = e.Progress
	if e.Progress.RowsTotal > 0 {
		// One more than is known, so that the bar ends with the task and not with an estimate.
		b.bar.SetTotal(max(e.Progress.RowsTotal, e.Progress.Rows+1), false)
	}
	b.bar.SetCurrent(e.Progress.Rows)
}

func (p *progress) stop(e orchestrate.Event) {
	if b := p.running[e.Task.ID]; b != nil {
		b.bar.Abort(true)
		delete(p.running, e.Task.ID)
	}
}

func (p *progress) line(at time.Time, verdict, asset, detail string) {
	fmt.Fprintf(p.out, "%s  %-9s  %s  %s\n", at.In(p.zone).Format(time.TimeOnly), verdict, runewidth.FillRight(asset, 28), detail)
}

func verdict(t orchestrate.TaskInfo) string {
	switch {
	case t.Status == orchestrate.Succeeded && t.Unchanged:
		return "unchanged"
	case t.Status == orchestrate.Succeeded:
		return "done"
	default:
		return string(t.Status)
	}
}

func taskDetail(t orchestrate.TaskInfo, now time.Time) string {
	switch {
	case t.Error != "":
		return oneLine(t.Error)
	case t.Status != orchestrate.Succeeded:
		return t.Reason
	}
	detail := fmt.Sprintf("%6s", seconds(t.Duration(now)))
	if t.Rows > 0 {
		detail += "  " + count(t.Rows, "row", "rows")
	}
	if t.Bytes > 0 {
		detail += "  " + bytesText(t.Bytes)
	}
	if !t.Start.IsZero() {
		detail += "  " + intervalText(t.Start, t.End)
	}
	if t.Note != "" {
		detail += "  " + t.Note
	}
	return detail
}
