package orchestrate

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/hosu-io/hosu/internal/state"
)

const (
	levelWarn  = "WARN"
	levelError = "ERROR"
	// logDelay is how long a line may wait for company before it is stored; a crash loses no more than that.
	logDelay = 500 * time.Millisecond
)

// logBuffer holds the log lines of running tasks until they are stored: with the row of their task
// when that changes, and else after logDelay, so that a task costs no transaction per line.
type logBuffer struct {
	clock   Clock
	mu      sync.Mutex
	waiting map[*taskLog]struct{}
	wake    chan struct{} // has room for one: lines are waiting
	// storing is held from taking lines to having stored them, so that they become visible in the order of their numbers.
	storing sync.Mutex
	line    int64 // the last number given; under storing
}

func newLogBuffer(clock Clock) *logBuffer {
	return &logBuffer{clock: clock, waiting: map[*taskLog]struct{}{}, wake: make(chan struct{}, 1)}
}

// taskLog is the waiting lines of one attempt.
type taskLog struct {
	buffer  *logBuffer
	taskID  string
	attempt int
	seq     int64
	pending []LogLine
}

func (b *logBuffer) open(taskID string, attempt int) *taskLog {
	return &taskLog{buffer: b, taskID: taskID, attempt: attempt}
}

func (l *taskLog) line(at time.Time, level, message string) {
	l.add(at, level, message, json.RawMessage("{}"))
}

func (l *taskLog) add(at time.Time, level, message string, attrs json.RawMessage) {
	b := l.buffer
	b.mu.Lock()
	l.seq++
	l.pending = append(l.pending, LogLine{Attempt: l.attempt, Seq: l.seq, At: at, Level: level, Message: message, Attrs: attrs})
	b.waiting[l] = struct{}{}
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take removes, numbers and returns the waiting lines. The caller holds storing.
func (l *taskLog) take() []LogLine {
	l.buffer.mu.Lock()
	defer l.buffer.mu.Unlock()
	lines := l.pending
	l.buffer.number(lines)
	l.pending = nil
	delete(l.buffer.waiting, l)
	return lines
}

// takeAll removes, numbers and returns all waiting lines by task. The caller holds storing.
func (b *logBuffer) takeAll() map[string][]LogLine {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := map[string][]LogLine{}
	for l := range b.waiting {
		b.number(l.pending)
		all[l.taskID] = append(all[l.taskID], l.pending...)
		l.pending = nil
		delete(b.waiting, l)
	}
	return all
}

// startLogs stores waiting lines now and then until the returned function is called, which stores the rest.
func (r *run) startLogs(ctx context.Context) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	store := func() {
		r.logs.storing.Lock()
		defer r.logs.storing.Unlock()
		all := r.logs.takeAll()
		if len(all) == 0 {
			return
		}
		if err := r.storeLogs(ctx, all); err != nil {
			r.o.cfg.Log.Warn("store log lines of tasks", "run", r.info.ID, "error", err)
		}
	}
	go func() {
		defer close(done)
		defer store()
		for {
			select {
			case <-quit:
				return
			case <-r.logs.wake:
			}
			delay, stopTimer := r.o.cfg.Clock.After(logDelay)
			select {
			case <-quit:
				stopTimer()
				return
			case <-delay:
			}
			store()
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// number gives lines their numbers. The caller holds storing.
func (b *logBuffer) number(lines []LogLine) {
	for i := range lines {
		b.line++
		lines[i].Line = b.line
	}
}

func (r *run) storeLogs(ctx context.Context, all map[string][]LogLine) error {
	return r.o.cfg.State.Update(ctx, func(tx *state.Tx) error {
		for task, lines := range all {
			if err := (store{tx}).insertLogs(r.info.ID, task, lines); err != nil {
				return err
			}
		}
		return nil
	})
}

// logger is a logger whose lines end in l.
func (l *taskLog) logger() *slog.Logger { return slog.New(&logHandler{log: l}) }

// logHandler is a [slog.Handler] over a taskLog. Groups become prefixes: "group.key".
type logHandler struct {
	log    *taskLog
	prefix string
	attrs  []slog.Attr
}

// Enabled implements [slog.Handler]: debug lines are not kept.
func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

// Handle implements [slog.Handler].
func (h *logHandler) Handle(_ context.Context, record slog.Record) error {
	values := map[string]any{}
	for _, a := range h.attrs {
		putAttr(values, "", a)
	}
	record.Attrs(func(a slog.Attr) bool {
		putAttr(values, h.prefix, a)
		return true
	})
	attrs, err := json.Marshal(values)
	if err != nil {
		return err
	}
	h.log.add(record.Time, record.Level.String(), record.Message, attrs)
	return nil
}

func putAttr(values map[string]any, prefix string, a slog.Attr) {
	value := a.Value.Resolve()
	switch value.Kind() {
	case slog.KindGroup:
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, inner := range value.Group() {
			putAttr(values, prefix, inner)
		}
	case slog.KindDuration:
		values[prefix+a.Key] = value.Duration().String()
	case slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindBool:
		values[prefix+a.Key] = value.Any()
	case slog.KindTime:
		values[prefix+a.Key] = value.Time().Format(time.RFC3339Nano)
	default:
		values[prefix+a.Key] = value.String()
	}
}

// WithAttrs implements [slog.Handler].
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.attrs = append([]slog.Attr(nil), h.attrs...)
	for _, a := range attrs {
		with.attrs = append(with.attrs, slog.Attr{Key: h.prefix + a.Key, Value: a.Value})
	}
	return &with
}

// WithGroup implements [slog.Handler].
func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	with := *h
	with.prefix += name + "."
	return &with
}
