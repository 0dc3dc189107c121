package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hosu-io/hosu/internal/engine"
	"github.com/hosu-io/hosu/internal/tempdir"
)

// Defaults of [Options], and limits that are nobody's choice.
const (
	defaultSpares   = 2
	defaultMemory   = 1 << 30
	defaultTimeZone = "UTC"
	// defaultTempBytes is what one statement may spill.
	defaultTempBytes = 32 << 30

	// maxIdle is how many confined processes wait for another statement of their own.
	maxIdle = 4
	// maxIdlePlanners is how many planners are kept: one per time zone and concurrent caller.
	maxIdlePlanners = 2
	// idleTime is how long a process waits before it is not worth its memory.
	idleTime = 2 * time.Minute

	// refillAfter is how long the start of a new spare waits, so as not to compete with the statement that took
	// the last: most are done by then.
	refillAfter = 30 * time.Millisecond

	plannerMemory = 256 << 20
	// planTime bounds binding and optimizing, which fold constants and so can run for long.
	planTime = 10 * time.Second
)

// Options configure a [Pool]. The zero value is usable.
type Options struct {
	// Engine parses; nil opens one.
	Engine *engine.Engine
	// Command starts a process that calls [RunChild] first; nil is this program.
	Command []string
	// Spares is how many opened processes wait for their first statement; zero is 2, negative is none.
	Spares int
	// MaxProcs is how many statements run at once, others wait; zero is twice the machine's processors.
	MaxProcs int
	// Memory in bytes is the limit of a job that names none; zero is 1 GiB.
	Memory int64
	// TempBytes is what one process may spill to ScratchDir; zero is 32 GiB.
	TempBytes int64
	// Threads is the number for a job that names none; zero is the machine's processors.
	Threads int
	// ScratchDir is an existing folder for spilled data; empty is the system's. The pool makes one folder in
	// it and removes that when it closes.
	ScratchDir string
	// TimeZone is for jobs and plans that name none; empty is UTC.
	TimeZone string
	// Log is nil for none.
	Log *slog.Logger

	// withoutAllowlist lets every statement through to the processes, so that a test can see the kernel refuse.
	withoutAllowlist bool
	// withoutFence leaves DuckDB's own restrictions out as well.
	withoutFence bool
}

func (o Options) withDefaults() (Options, error) {
	if len(o.Command) == 0 {
		program, err := os.Executable()
		if err != nil {
			return o, fmt.Errorf("find the own program, to start sandbox processes: %w", err)
		}
		o.Command = []string{program}
	}
	o.Command = slices.Clone(o.Command)
	if strings.ContainsRune(o.Command[0], filepath.Separator) { // a child starts in a folder of its own
		program, err := filepath.Abs(o.Command[0])
		if err != nil {
			return o, fmt.Errorf("find the program of sandbox processes: %w", err)
		}
		o.Command[0] = program
	}
	switch {
	case o.Spares == 0:
		o.Spares = defaultSpares
	case o.Spares < 0:
		o.Spares = 0
	}
	if o.MaxProcs == 0 {
		o.MaxProcs = 2 * runtime.NumCPU()
	}
	if o.Memory == 0 {
		o.Memory = defaultMemory
	}
	if o.TempBytes == 0 {
		o.TempBytes = defaultTempBytes
	}
	if o.Threads == 0 {
		o.Threads = runtime.NumCPU()
	}
	if o.TimeZone == "" {
		o.TimeZone = defaultTimeZone
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxProcs < 0 || o.Memory < 0 || o.TempBytes < 0 || o.Threads < 0 {
		return o, errors.New("sandbox: MaxProcs, Memory, TempBytes and Threads must not be negative")
	}
	return o, nil
}

// Confinement is what the kernel enforces on sandbox processes, besides what DuckDB's settings forbid.
type Confinement struct {
	// Landlock is the kernel's ABI version; 0 means that files are guarded by DuckDB's settings alone.
	Landlock int
	// Seccomp says that system calls are filtered: no sockets, no programs, no other processes.
	Seccomp bool
}

// Complete says that both walls stand, including Landlock's for the network (ABI 4).
func (c Confinement) Complete() bool { return c.Landlock >= 4 && c.Seccomp }

// String describes c to the operator.
func (c Confinement) String() string {
	var missing []string
	switch {
	case c.Landlock == 0:
		missing = append(missing, "Landlock (Linux 5.13 or newer, enabled at boot)")
	case c.Landlock < 4:
		missing = append(missing, "Landlock for the network (Linux 6.7 or newer)")
	}
	if !c.Seccomp {
		missing = append(missing, "seccomp")
	}
	if missing == nil {
		return "SQL runs in processes confined by Landlock ABI " + strconv.Itoa(c.Landlock) + " and seccomp"
	}
	return "SQL runs in separate processes, but this system lacks " + strings.Join(missing, " and ")
}

// Pool runs statements in confined child processes; see the package comment. It is safe for concurrent use.
type Pool struct {
	opts        Options
	parser      *engine.Engine
	ownParser   bool // Close closes it
	allowlist   *allowlist
	confinement Confinement
	scratch     *tempdir.Dir  // folder of all the processes' scratch folders
	slots       chan struct{} // a running statement holds one

	ctx    context.Context // ends when the pool closes
	cancel context.CancelFunc
	wg     sync.WaitGroup // children, and goroutines that serve readers

	mu       sync.Mutex
	closed   bool
	sequence int
	spares   []*process // opened or about to be, not confined
	idle     shelf
	planners shelf
	living   map[*process]struct{}
	reaper   *time.Timer // ends processes that were idle for long; nil when there are none
	filler   *time.Timer // starts spares; nil when none is missing
}

var errClosed = errors.New("the SQL sandbox is closed")

// NewPool starts a pool and its spare processes. Close it.
func NewPool(opts Options) (_ *Pool, err error) {
	opts, err = opts.withDefaults()
	if err != nil {
		return nil, err
	}
	p := &Pool{
		opts:        opts,
		parser:      opts.Engine,
		allowlist:   newAllowlist(),
		confinement: probe(),
		slots:       make(chan struct{}, opts.MaxProcs),
		idle:        shelf{max: maxIdle},
		planners:    shelf{max: maxIdlePlanners},
		living:      map[*process]struct{}{},
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if p.parser == nil {
		if p.parser, err = engine.Open(engine.Options{Threads: 1}); err != nil {
			return nil, fmt.Errorf("open a parser for the SQL sandbox: %w", err)
		}
		p.ownParser = true
	}
	// Landlock and DuckDB name files by where they really are.
	parent, err := filepath.EvalSymlinks(cmp.Or(opts.ScratchDir, os.TempDir()))
	if err != nil {
		return nil, fmt.Errorf("start the SQL sandbox: find its scratch folder: %w", err)
	}
	if p.scratch, err = tempdir.Make(parent, "hosu-sandbox-"); err != nil {
		return nil, fmt.Errorf("start the SQL sandbox: %w", err)
	}
	if err := p.refill(); err != nil {
		return nil, err
	}
	return p, nil
}

// Confinement reports what the kernel of this machine enforces. A caller tells its user when it is not Complete.
func (p *Pool) Confinement() Confinement { return p.confinement }

// Close ends every process and every open reader, and removes the scratch folder.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	for _, timer := range []*time.Timer{p.reaper, p.filler} {
		if timer != nil {
			timer.Stop()
		}
	}
	for child := range p.living {
		child.kill()
	}
	p.mu.Unlock()
	p.cancel()
	p.wg.Wait()
	var errs []error
	if p.ownParser {
		errs = append(errs, p.parser.Close())
	}
	if p.scratch != nil {
		errs = append(errs, p.scratch.Remove())
	}
	return errors.Join(errs...)
}

// processKey is what two statements must share to run in one process, besides their files.
type processKey struct {
	planner   bool
	principal string
	timeZone  string
	memory    int64
	threads   int
}

// acquire returns a process that may read readDirs and, when it is not empty, write writeDir, which makes it a new one.
func (p *Pool) acquire(ctx context.Context, key processKey, readDirs []string, writeDir string) (*process, error) {
	if writeDir == "" {
		p.mu.Lock()
		child := p.shelf(key).take(key, readDirs)
		p.mu.Unlock()
		if child != nil {
			return child, nil
		}
	}
	for {
		child, fresh, err := p.takeSpare()
		if err != nil {
			return nil, err
		}
		if err = child.awaitReady(ctx); err == nil {
			err = child.confine(ctx, key, p.grantFor(child, key, readDirs, writeDir))
		}
		if err == nil {
			return child, nil
		}
		child.kill()
		var death *deathError
		// A spare that died while it waited says nothing about this statement.
		if fresh || !errors.As(err, &death) {
			return nil, fmt.Errorf("start a sandbox process: %w", err)
		}
	}
}

func (p *Pool) grantFor(child *process, key processKey, readDirs []string, writeDir string) grant {
	g := grant{
		ReadDirs: readDirs,
		Planner:  key.planner,
		Unfenced: p.opts.withoutFence,
		TimeZone: key.timeZone,
		Memory:   key.memory,
		Wall:     memoryWall(key.memory),
		Threads:  key.threads,
	}
	if !key.planner {
		g.TempDir, g.TempBytes = child.scratch, p.opts.TempBytes
		g.WriteDirs = []string{child.scratch}
	}
	if writeDir != "" {
		g.WriteDirs = append(g.WriteDirs, writeDir)
	}
	return g
}

// memoryWall is where the kernel stops a process with DuckDB's limit at memory: DuckDB does not count all it
// uses (hash tables that grow, strings in flight, Parquet decoders), the Go runtime has its part, and stacks
// of threads count in full.
func memoryWall(memory int64) int64 { return memory + memory/2 + 1<<30 }

// takeSpare returns a process that was not confined yet; fresh says that it was started just now.
func (p *Pool) takeSpare() (child *process, fresh bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.spares) > 0 && child == nil {
		child, p.spares = p.spares[0], p.spares[1:]
		if child.isDead() {
			child = nil
		}
	}
	if child == nil {
		fresh = true
		if child, err = p.spawnLocked(); err != nil {
			return nil, false, err
		}
	}
	if p.opts.Spares > 0 && p.filler == nil {
		p.filler = time.AfterFunc(refillAfter, p.refillLater)
	}
	return child, fresh, nil
}

func (p *Pool) refillLater() {
	p.mu.Lock()
	p.filler = nil
	p.mu.Unlock()
	if err := p.refill(); err != nil && !errors.Is(err, errClosed) {
		p.opts.Log.Warn("no spare sandbox process", "error", err)
	}
}

// refill starts spare processes up to the configured number.
func (p *Pool) refill() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.closed && len(p.spares) < p.opts.Spares {
		child, err := p.spawnLocked()
		if err != nil {
			return err
		}
		p.spares = append(p.spares, child)
	}
	return nil
}

func (p *Pool) spawnLocked() (*process, error) {
	if p.closed {
		return nil, errClosed
	}
	p.sequence++
	p.wg.Add(1)
	child, err := spawn(p.opts.Command, filepath.Join(p.scratch.Path(), strconv.Itoa(p.sequence)), p.forget)
	if err != nil {
		p.wg.Done()
		return nil, err
	}
	p.living[child] = struct{}{}
	return child, nil
}

// forget is called once for every process that died.
func (p *Pool) forget(child *process) {
	defer p.wg.Done()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.living, child)
	p.idle.remove(child)
	p.planners.remove(child)
}

// release takes back a process that finished a statement; one that is not reusable ends.
func (p *Pool) release(child *process, reusable bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !reusable || p.closed || child.isDead() {
		child.kill()
		return
	}
	child.lastUsed = time.Now()
	if evicted := p.shelf(child.key).put(child); evicted != nil {
		evicted.kill()
	}
	if p.reaper == nil {
		p.reaper = time.AfterFunc(idleTime, p.reap)
	}
}

// reap ends processes that were idle for idleTime.
func (p *Pool) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reaper = nil
	if p.closed {
		return
	}
	before := time.Now().Add(-idleTime)
	for _, child := range slices.Concat(p.idle.expire(before), p.planners.expire(before)) {
		child.kill()
	}
	if len(p.idle.children)+len(p.planners.children) > 0 {
		p.reaper = time.AfterFunc(idleTime, p.reap)
	}
}

func (p *Pool) shelf(key processKey) *shelf {
	if key.planner {
		return &p.planners
	}
	return &p.idle
}

// hold waits for the right to run a statement; the returned function gives it back.
func (p *Pool) hold(ctx context.Context) (release func(), err error) {
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, contextError(ctx)
	}
}

// keyOf returns what job asks of its process.
func (p *Pool) keyOf(job engine.Job) processKey {
	key := processKey{
		principal: job.Principal,
		timeZone:  job.TimeZone,
		memory:    job.Limits.Memory,
		threads:   job.Limits.Threads,
	}
	if key.timeZone == "" {
		key.timeZone = p.opts.TimeZone
	}
	if key.memory == 0 {
		key.memory = p.opts.Memory
	}
	if key.threads == 0 {
		key.threads = p.opts.Threads
	}
	return key
}

// readDirs returns the folders of the files that relations are made of, sorted. A folder and not the single file is
// granted, so that the process can serve the next snapshot of the same tables.
func readDirs(relations []engine.Relation) ([]string, error) {
	seen := map[string]struct{}{}
	add := func(file string) error {
		if !filepath.IsAbs(file) {
			return fmt.Errorf("the data file %q is not named by an absolute path", file)
		}
		seen[filepath.Dir(file)] = struct{}{}
		return nil
	}
	for _, relation := range relations {
		for _, file := range relation.Files {
			if err := add(file); err != nil {
				return nil, err
			}
		}
		for _, del := range relation.Deletes {
			if err := add(del.Path); err != nil {
				return nil, err
			}
		}
	}
	dirs := make([]string, 0, len(seen))
	for dir := range seen {
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	return dirs, nil
}
