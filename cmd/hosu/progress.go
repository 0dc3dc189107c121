package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/hosu-io/hosu/internal/orchestrate"
)

// progress shows a run: on a terminal a bar per running task and one for all assets, and everywhere one line per
// finished task.
type progress struct {
	mu      sync.Mutex // one event at a time
	out     io.Writer
	zone    *time.Location // times of day are shown in it; set before the first event
	bars    *mpb.Progress  // nil when out is not a terminal
	running map[string]*taskBar
	whole   wholeBar
	// drawing guards what bars show. It is never held in a call to bars, which may be drawing at that moment.
	drawing sync.Mutex
}

// refresh is how often bars are drawn.
const refresh = 120 * time.Millisecond

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, zone: time.Local, running: map[string]*taskBar{}, whole: wholeBar{ended: map[string]bool{}}}
	if isTerminal(out) {
		p.bars = mpb.New(mpb.WithOutput(out), mpb.WithRefreshRate(refresh))
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
	p.drawing.Lock()
	p.whole.update(e)
	if b := p.running[e.Task.ID]; b != nil && e.Kind == orchestrate.TaskProgress {
		b.update(e)
	}
	p.drawing.Unlock()
	switch e.Kind {
	case orchestrate.TaskStarted:
		p.start(e)
	case orchestrate.TaskRetrying:
		p.stop(e)
		p.line(e.At, "again", e.Task.Asset, fmt.Sprintf("attempt %d failed: %s", e.Task.Attempt, oneLine(e.Task.Error)))
	case orchestrate.TaskFinished:
		p.stop(e)
		p.line(e.At, verdict(e.Task), e.Task.Asset, taskDetail(e.Task, e.At))
	}
}

// close removes the bars; lines stay.
func (p *progress) close() {
	if p.bars == nil {
		return
	}
	p.mu.Lock()
	for id, b := range p.running {
		b.bar.Abort(true)
		delete(p.running, id)
	}
	if p.whole.bar != nil {
		p.whole.bar.Abort(true)
	}
	p.mu.Unlock()
	p.bars.Wait()
}

func (p *progress) start(e orchestrate.Event) {
	if p.bars == nil {
		return
	}
	if p.whole.bar == nil {
		p.whole.bar = p.add(math.MaxInt, p.whole.row)
	}
	b := &taskBar{asset: e.Task.Asset, started: e.At}
	b.bar = p.add(0, b.row)
	p.running[e.Task.ID] = b
}

// add shows a bar whose row is drawn by draw; those of higher priority are below.
func (p *progress) add(priority int, draw func(width int, now time.Time) string) *mpb.Bar {
	fill := func(w io.Writer, stat decor.Statistics) error {
		if stat.Completed || stat.Aborted {
			return nil // being removed
		}
		p.drawing.Lock()
		defer p.drawing.Unlock()
		_, err := io.WriteString(w, draw(stat.AvailableWidth, time.Now()))
		return err
	}
	options := []mpb.BarOption{mpb.BarFillerTrim(), mpb.BarRemoveOnComplete()}
	if priority != 0 {
		options = append(options, mpb.BarPriority(priority))
	}
	return p.bars.MustAdd(0, mpb.BarFillerFunc(fill), options...)
}

func (p *progress) stop(e orchestrate.Event) {
	if b := p.running[e.Task.ID]; b != nil {
		b.bar.Abort(true)
		delete(p.running, e.Task.ID)
	}
}

func (p *progress) line(at time.Time, verdict, asset, detail string) {
	fmt.Fprintf(p.out, "%s  %-9s  %s  %s\n", at.In(p.zone).Format(time.TimeOnly), verdict, padRight(asset, nameWidth), detail)
}

// nameWidth is the width of a column of assets that is printed before all of them are known.
const nameWidth = 28

// barWidth is how many cells a bar itself is wide.
const barWidth = 20

// taskBar is a running task.
type taskBar struct {
	bar      *mpb.Bar
	asset    string
	started  time.Time
	shown    orchestrate.Progress
	counting time.Time // when the first rows of the step came
}

func (b *taskBar) update(e orchestrate.Event) {
	if e.Progress.Step != b.shown.Step {
		b.counting = time.Time{}
	}
	if b.counting.IsZero() && e.Progress.Rows > 0 {
		b.counting = e.At
	}
	b.shown = e.Progress
}

// row is the task in at most width cells: what it is doing, how much of it, how fast and how long still.
func (b *taskBar) row(width int, now time.Time) string {
	step := b.shown.Step
	if step == "" {
		step = "start"
	}
	done := -1.0
	detail := duration(now.Sub(b.started))
	rows, total := b.shown.Rows, b.shown.RowsTotal
	if rows > 0 {
		detail = count(rows, "row", "rows")
		// An estimate that was passed is none any more.
		if known := total >= rows; known {
			done = float64(rows) / float64(total)
			detail = fmt.Sprintf("%s of %s rows", thousands(rows), thousands(total))
		}
		if counted := now.Sub(b.counting); !b.counting.IsZero() && counted >= time.Second {
			perSecond := float64(rows) / counted.Seconds()
			detail += fmt.Sprintf("  %s/s", thousands(int64(perSecond)))
			if done >= 0 && rows < total {
				detail += "  " + duration(time.Duration(float64(total-rows)/perSecond*float64(time.Second))) + " left"
			}
		}
	}
	name := padRight(cut(b.asset, nameWidth), nameWidth)
	return cut(fmt.Sprintf("%s  %s  %s  %s", name, padRight(step, 7), drawBar(done, now.Sub(b.started)), detail), width)
}

// wholeBar is the run.
type wholeBar struct {
	bar     *mpb.Bar
	assets  int
	ended   map[string]bool
	failed  int
	started time.Time
}

func (b *wholeBar) update(e orchestrate.Event) {
	switch {
	case e.Kind == orchestrate.RunStarted:
		b.assets, b.started = e.Assets, e.At
	case e.Kind == orchestrate.AssetDone, e.Kind == orchestrate.TaskFinished && e.Task.Status != orchestrate.Succeeded:
		b.ended[e.Asset] = true
	}
	if e.Kind == orchestrate.TaskFinished && e.Task.Status == orchestrate.Failed {
		b.failed++
	}
}

func (b *wholeBar) row(width int, now time.Time) string {
	done := len(b.ended)
	elapsed := now.Sub(b.started)
	text := fmt.Sprintf("%d of %s", done, count(int64(b.assets), "asset", "assets"))
	detail := duration(elapsed)
	if b.failed > 0 {
		detail += fmt.Sprintf("  %d failed", b.failed)
	}
	// Assets differ, so the first few say nothing about the rest.
	if done >= 3 && done < b.assets && elapsed >= 2*time.Second {
		left := time.Duration(float64(elapsed) * float64(b.assets-done) / float64(done))
		detail += "  about " + duration(left) + " left"
	}
	share := 0.0
	if b.assets > 0 {
		share = float64(done) / float64(b.assets)
	}
	return cut(fmt.Sprintf("%s  %s  %s", padRight(text, nameWidth+9), drawBar(share, 0), detail), width)
}

// drawBar is a bar of barWidth cells with a share of it done, or one that only moves when share is negative.
func drawBar(share float64, elapsed time.Duration) string {
	if share < 0 {
		const block = 4
		at := int(elapsed/refresh) % (2 * (barWidth - block))
		if at > barWidth-block {
			at = 2*(barWidth-block) - at
		}
		return strings.Repeat("─", at) + strings.Repeat("━", block) + strings.Repeat("─", barWidth-block-at)
	}
	filled := min(barWidth, max(0, int(share*barWidth+0.5)))
	return strings.Repeat("━", filled) + strings.Repeat("─", barWidth-filled)
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
	if t.Started.IsZero() {
		return oneLine(t.Error) // skipped, or never begun
	}
	detail := fmt.Sprintf("%6s", seconds(t.Duration(now)))
	if t.Error != "" {
		return detail + "  " + oneLine(t.Error)
	}
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
		detail += "  " + oneLine(t.Note)
	}
	return detail
}
