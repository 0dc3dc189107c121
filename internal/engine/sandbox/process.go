package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// markerVariable in the environment tells a program that it is a child: the only variable a child has
// besides those of its runtime.
const markerVariable = "HOSU_SANDBOX_CHILD"

// childFD is the file descriptor of the child's end of the socket: the first behind standard error.
const childFD = 3

// stderrKept is how much of a child's last words is kept for the message about its death.
const stderrKept = 4 << 10

// process is a child as its parent sees it. One goroutine at a time speaks to it; kill may be called by any.
type process struct {
	cmd     *exec.Cmd
	conn    net.Conn
	frames  frameReader // over conn
	stderr  *tail
	scratch string        // its own folder, removed when it is dead
	dead    chan struct{} // closed when it was waited for
	died    error         // how it ended; set before dead is closed

	killOnce sync.Once

	// Set by confine, before any statement.
	granted  grant
	key      processKey
	confined confined

	lastUsed time.Time
}

// spawn starts a child, which opens DuckDB and says so: see awaitReady. onDeath runs when it is gone.
func spawn(command []string, scratch string, onDeath func(*process)) (*process, error) {
	if err := os.Mkdir(scratch, 0o700); err != nil {
		return nil, fmt.Errorf("make a sandbox's scratch folder: %w", err)
	}
	p, err := start(command, scratch)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start a sandbox process (%s): %w", command[0], err), os.RemoveAll(scratch))
	}
	go func() {
		p.died = p.cmd.Wait()
		p.conn.Close()
		// Best effort: what is left is in the scratch folder of the pool, which Close removes.
		_ = os.RemoveAll(p.scratch)
		close(p.dead)
		onDeath(p)
	}()
	return p, nil
}

func start(command []string, scratch string) (*process, error) {
	conn, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()

	p := &process{conn: conn, frames: frameReader{r: conn}, stderr: &tail{}, scratch: scratch, dead: make(chan struct{})}
	p.cmd = exec.Command(command[0], command[1:]...)
	// Nothing of our environment: it may hold the secrets of every source.
	p.cmd.Env = []string{markerVariable + "=1", "TZ=UTC", "LC_ALL=C.UTF-8"}
	p.cmd.Dir = scratch
	p.cmd.Stderr = p.stderr
	// Whatever holds on to its standard error must not keep us waiting for its end.
	p.cmd.WaitDelay = time.Second
	p.cmd.ExtraFiles = []*os.File{theirs}
	// Its own session: keys pressed on our terminal are ours to handle, and it has none to write to.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := p.cmd.Start(); err != nil {
		conn.Close()
		return nil, err
	}
	return p, nil
}

// sendBuffer is how many bytes the kernel takes from a child before the child waits for us: a frame of rows and a
// part of the next.
const sendBuffer = 2 * fullFrame

// socketPair returns two ends of a Unix stream socket, ours and the one to inherit.
func socketPair() (net.Conn, *os.File, error) {
	// The lock keeps a child that is forked by someone else at this moment from inheriting the ends.
	syscall.ForkLock.RLock()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	// A smaller buffer, where the system allows no such, works as well and is slower.
	_ = syscall.SetsockoptInt(fds[1], syscall.SOL_SOCKET, syscall.SO_SNDBUF, sendBuffer)
	ours, theirs := os.NewFile(uintptr(fds[0]), "sandbox"), os.NewFile(uintptr(fds[1]), "sandbox child")
	defer ours.Close() // FileConn has its own copy
	conn, err := net.FileConn(ours)
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return conn, theirs, nil
}

// kill ends the process at once; dead is closed when it is gone.
func (p *process) kill() {
	p.killOnce.Do(func() {
		p.conn.Close()
		_ = p.cmd.Process.Kill() // it may be gone already
	})
}

func (p *process) isDead() bool {
	select {
	case <-p.dead:
		return true
	default:
		return false
	}
}

// guard kills p when ctx ends, until the returned function is called, which reports whether p lives.
func (p *process) guard(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, p.kill)
}

// awaitReady returns when DuckDB is open in the child.
func (p *process) awaitReady(ctx context.Context) error {
	defer p.guard(ctx)()
	return p.expect(ctx, frameReady, nil)
}

// confine applies g to the child, for good.
func (p *process) confine(ctx context.Context, key processKey, g grant) error {
	defer p.guard(ctx)()
	if err := writeMessage(p.conn, frameConfine, g); err != nil {
		return p.failure(ctx, "confine", err)
	}
	if err := p.expect(ctx, frameConfined, &p.confined); err != nil {
		return err
	}
	p.granted, p.key = g, key
	return nil
}

// expect reads one frame of the given kind into message, which may be nil.
func (p *process) expect(ctx context.Context, kind frameKind, message any) error {
	f, err := p.frames.next()
	if err != nil {
		return p.failure(ctx, "hear from", err)
	}
	switch {
	case f.kind == frameError:
		err, _ := decodeError(f)
		return err
	case f.kind != kind:
		return fmt.Errorf("the sandbox process answered with a %s frame where %s was due", f.kind, kind)
	case message == nil:
		return nil
	}
	return f.decode(message)
}

// failure explains an error of the socket: the end of ctx, or the child's death.
func (p *process) failure(ctx context.Context, doing string, err error) error {
	p.kill()
	<-p.dead
	if ctx.Err() != nil {
		return contextError(ctx)
	}
	return &deathError{doing: doing, state: p.cmd.ProcessState, lastWords: p.stderr.String(), err: err}
}

// deathError is the end of a child that nobody asked for.
type deathError struct {
	doing     string
	state     *os.ProcessState
	lastWords string
	err       error
}

func (e *deathError) Error() string {
	text := fmt.Sprintf("%s the sandbox process: it ended (%s)", e.doing, e.state)
	if e.lastWords != "" {
		line, _, _ := strings.Cut(e.lastWords, "\n")
		text += ": " + line
	}
	return text
}

func (e *deathError) Unwrap() error { return e.err }

// outOfMemory tells that the child was refused memory by the kernel and could not go on.
func (e *deathError) outOfMemory() bool {
	for _, sign := range []string{"out of memory", "cannot allocate memory", "std::bad_alloc", "Resource temporarily unavailable"} {
		if strings.Contains(e.lastWords, sign) {
			return true
		}
	}
	return false
}

// tail keeps the beginning and drops the rest of what is written to it: a crash says first what happened and
// then prints stacks without end. It is safe for concurrent use.
type tail struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if free := stderrKept - t.buffer.Len(); free > 0 {
		t.buffer.Write(p[:min(free, len(p))])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.buffer.String())
}
