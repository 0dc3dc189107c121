package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hosu-io/hosu/internal/engine"
)

// probeArgument makes the test binary confine itself like a sandbox process and then try to break out.
const probeArgument = "sandbox-probe"

// probeInput tells the probe where things are.
type probeInput struct {
	Grant                    grant
	Inside, Outside, Scratch string // a file it may read, one it may not, and its folder
	TCP, UDP, Unix, Abstract string // addresses of listeners of the parent
	Parent                   int
}

// attempt is something a confined process must not, or must, be able to do.
type attempt struct {
	name    string
	allowed bool
	try     func(probeInput) error
}

var attempts = []attempt{
	{"read a file it was given", true, func(in probeInput) error { return read(in.Inside) }},
	{"write in its scratch folder", true, func(in probeInput) error {
		return os.WriteFile(filepath.Join(in.Scratch, "spill"), []byte("x"), 0o600)
	}},
	{"remove from its scratch folder", true, func(in probeInput) error { return os.Remove(filepath.Join(in.Scratch, "spill")) }},
	{"start a thread", true, func(probeInput) error { return onNewThread(func() error { return nil }) }},
	{"signal itself", true, func(probeInput) error { return unix.Kill(os.Getpid(), 0) }},

	{"read its limits", true, func(probeInput) error {
		var limit unix.Rlimit
		return unix.Prlimit(0, unix.RLIMIT_NOFILE, nil, &limit)
	}},

	{"read another file", false, func(in probeInput) error { return read(in.Outside) }},
	{"read another file on a new thread", false, func(in probeInput) error { return onNewThread(func() error { return read(in.Outside) }) }},
	{"read /etc/passwd", false, func(probeInput) error { return read("/etc/passwd") }},
	{"list the root folder", false, func(probeInput) error { _, err := os.ReadDir("/"); return err }},
	{"read its own environment", false, func(probeInput) error { return read("/proc/self/environ") }},
	{"read its own maps", false, func(probeInput) error { return read("/proc/self/maps") }},
	{"read the parent's environment", false, func(in probeInput) error { return read(fmt.Sprintf("/proc/%d/environ", in.Parent)) }},
	{"open the parent's memory", false, func(in probeInput) error { return read(fmt.Sprintf("/proc/%d/mem", in.Parent)) }},
	{"read the parent's memory", false, func(in probeInput) error {
		var b [8]byte
		local := []unix.Iovec{{Base: &b[0], Len: 8}}
		_, err := unix.ProcessVMReadv(in.Parent, local, []unix.RemoteIovec{{Base: 0x400000, Len: 8}}, 0)
		return err
	}},
	{"write over a file it may read", false, func(in probeInput) error { return os.WriteFile(in.Inside, nil, 0) }},
	{"truncate a file it may read", false, func(in probeInput) error { return os.Truncate(in.Inside, 0) }},
	{"remove a file it may read", false, func(in probeInput) error { return os.Remove(in.Inside) }},
	{"change the mode of a file it may read", false, func(in probeInput) error { return os.Chmod(in.Inside, 0o777) }},
	{"change the times of a file it may read", false, func(in probeInput) error { return os.Chtimes(in.Inside, time.Unix(0, 0), time.Unix(0, 0)) }},
	{"write beside the other file", false, func(in probeInput) error {
		return os.WriteFile(filepath.Join(filepath.Dir(in.Outside), "new"), nil, 0o600)
	}},
	{"move the other file to its scratch folder", false, func(in probeInput) error { return os.Rename(in.Outside, filepath.Join(in.Scratch, "stolen")) }},
	{"link the other file into its scratch folder", false, func(in probeInput) error { return os.Link(in.Outside, filepath.Join(in.Scratch, "link")) }},
	{"make a symbolic link", false, func(in probeInput) error { return os.Symlink(in.Outside, filepath.Join(in.Scratch, "symlink")) }},
	{"make a device", false, func(in probeInput) error {
		return unix.Mknod(filepath.Join(in.Scratch, "mem"), unix.S_IFCHR|0o600, int(unix.Mkdev(1, 1)))
	}},

	{"connect by TCP", false, func(in probeInput) error { return dial("tcp", in.TCP) }},
	{"send by UDP", false, func(in probeInput) error { return dial("udp", in.UDP) }},
	{"connect to a Unix socket", false, func(in probeInput) error { return dial("unix", in.Unix) }},
	{"connect to an abstract socket", false, func(in probeInput) error { return dial("unix", in.Abstract) }},
	{"listen on TCP", false, func(probeInput) error { _, err := net.Listen("tcp", "127.0.0.1:0"); return err }},
	{"open a raw socket", false, func(probeInput) error {
		_, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
		return err
	}},
	{"open a netlink socket", false, func(probeInput) error {
		_, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, 0)
		return err
	}},
	{"set up io_uring", false, func(probeInput) error {
		return raw(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&[120]byte{})), 0)
	}},

	{"run a program", false, func(probeInput) error { return exec.Command("/bin/true").Run() }},
	{"become a program", false, func(probeInput) error { return unix.Exec("/bin/true", []string{"true"}, nil) }},
	{"fork", false, func(probeInput) error { return raw(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0) }},
	{"signal the parent", false, func(in probeInput) error { return unix.Kill(in.Parent, 0) }},
	{"signal a thread of the parent", false, func(in probeInput) error { return unix.Tgkill(in.Parent, in.Parent, 0) }},
	{"signal everybody", false, func(probeInput) error { return unix.Kill(-1, 0) }},
	{"trace the parent", false, func(in probeInput) error { return unix.PtraceAttach(in.Parent) }},
	{"open the parent as a descriptor", false, func(in probeInput) error { _, err := unix.PidfdOpen(in.Parent, 0); return err }},
	{"change the parent's limits", false, func(in probeInput) error {
		return unix.Prlimit(in.Parent, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 8, Max: 8}, nil)
	}},
	{"become traceable again", false, func(probeInput) error { return unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) }},
	{"raise its memory wall", false, func(in probeInput) error {
		wall := uint64(in.Grant.Wall)
		return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: 2 * wall, Max: 2 * wall})
	}},

	{"mount", false, func(in probeInput) error { return unix.Mount("none", in.Scratch, "tmpfs", 0, "") }},
	{"make a user namespace", false, func(probeInput) error { return unix.Unshare(unix.CLONE_NEWUSER) }},
	{"change its root", false, func(in probeInput) error { return unix.Chroot(in.Scratch) }},
	{"load a BPF program", false, func(probeInput) error { return raw(unix.SYS_BPF, 0, 0, 0) }},
	{"read the kernel log", false, func(probeInput) error { _, err := unix.Klogctl(3, make([]byte, 64)); return err }},
	{"type into the terminal", false, func(probeInput) error { return unix.IoctlSetInt(2, unix.TIOCSTI, 0) }},
	{"make shared memory", false, func(probeInput) error {
		id, err := unix.SysvShmGet(unix.IPC_PRIVATE, 4096, unix.IPC_CREAT)
		if err != nil {
			return err
		}
		// The kernel would keep it beyond this process, and has room for so many.
		_, err = unix.SysvShmCtl(id, unix.IPC_RMID, nil)
		return err
	}},
}

func read(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Read(make([]byte, 1))
	return err
}

func dial(network, address string) error {
	conn, err := net.DialTimeout(network, address, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.Write([]byte("x"))
	return err
}

func raw(number, a, b, c uintptr) error {
	r, _, errno := unix.RawSyscall(number, a, b, c)
	if errno != 0 {
		return errno
	}
	if number == unix.SYS_CLONE && r == 0 {
		unix.Exit(0) // the child that should not be
	}
	return nil
}

// onNewThread runs fn on an operating system thread that was started after confinement.
func onNewThread(fn func() error) error {
	result := make(chan error)
	for range 4 { // threads that are parked are used first
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			result <- fn()
		}()
	}
	var errs []error
	for range 4 {
		if err := <-result; err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 && len(errs) < 4 {
		return fmt.Errorf("only some threads were refused: %v", errs)
	}
	return errors.Join(errs...)
}

// runProbe is the process that tries: it prints an error, or nothing, for every attempt.
func runProbe() (bool, error) {
	var in probeInput
	if err := json.Unmarshal([]byte(os.Args[2]), &in); err != nil {
		return true, err
	}
	if err := shield(); err != nil {
		return true, err
	}
	// Threads of DuckDB are there before, as in a sandbox process.
	db, err := engine.Open(engine.Options{Threads: 4})
	if err != nil {
		return true, err
	}
	if _, err := restrict(in.Grant); err != nil {
		return true, err
	}
	outcomes := map[string]string{}
	for _, a := range attempts {
		if err := a.try(in); err != nil {
			outcomes[a.name] = err.Error()
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(outcomes); err != nil {
		return true, err
	}
	return true, db.Close()
}

// TestConfinement proves, one by one, what a confined process can do, and that the kernel refuses the rest.
func TestConfinement(t *testing.T) {
	t.Parallel()
	if !confinementComplete(t) {
		return
	}
	in := listenersAndFiles(t)
	outcomes := probeOutcomes(t, in)
	for _, a := range attempts {
		failure, refused := outcomes[a.name]
		switch {
		case a.allowed && refused:
			t.Errorf("%s: %s", a.name, failure)
		case !a.allowed && !refused:
			t.Errorf("a confined process can %s", a.name)
		case !a.allowed && !strings.Contains(failure, "permission denied") && !strings.Contains(failure, "operation not permitted"):
			t.Errorf("%s: failed, but not because the kernel refused: %s", a.name, failure)
		}
	}
}

// TestAttemptsWork sees that what is refused above would work: without confinement, the network and files are there.
func TestAttemptsWork(t *testing.T) {
	t.Parallel()
	in := listenersAndFiles(t)
	harmless := []string{
		"read another file", "read /etc/passwd", "list the root folder", "read the parent's environment", "connect by TCP",
		"send by UDP", "connect to a Unix socket", "connect to an abstract socket", "listen on TCP", "run a program",
		"signal the parent", "make a symbolic link", "open the parent as a descriptor", "make shared memory",
	}
	tried := 0
	for _, a := range attempts {
		for _, name := range harmless {
			if a.name == name {
				tried++
				if err := a.try(in); err != nil {
					t.Errorf("%s, without confinement: %v", a.name, err)
				}
			}
		}
	}
	if tried != len(harmless) {
		t.Errorf("tried %d of %d", tried, len(harmless))
	}
}

func listenersAndFiles(t *testing.T) probeInput {
	t.Helper()
	dir := t.TempDir()
	in := probeInput{
		Inside:   filepath.Join(dir, "table", "a.parquet"),
		Outside:  filepath.Join(dir, "other", "b.parquet"),
		Scratch:  filepath.Join(dir, "scratch"),
		Abstract: "@hosu-sandbox-test-" + strconv.Itoa(os.Getpid()) + "-" + filepath.Base(dir) + strconv.FormatInt(time.Now().UnixNano(), 36),
		Parent:   os.Getpid(),
	}
	for _, folder := range []string{filepath.Dir(in.Inside), filepath.Dir(in.Outside), in.Scratch} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{in.Inside, in.Outside} {
		if err := os.WriteFile(file, []byte("data"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sockets, err := os.MkdirTemp("", "hosu") // a path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(sockets) })
	in.Unix = filepath.Join(sockets, "s")
	in.TCP = listen(t, "tcp", "127.0.0.1:0")
	listen(t, "unix", in.Unix)
	listen(t, "unix", in.Abstract)
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { udp.Close() })
	in.UDP = udp.LocalAddr().String()
	in.Grant = grant{
		ReadDirs:  []string{filepath.Dir(in.Inside)},
		WriteDirs: []string{in.Scratch},
		Wall:      memoryWall(256 << 20),
	}
	return in
}

func listen(t *testing.T, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func probeOutcomes(t *testing.T, in probeInput) map[string]string {
	t.Helper()
	argument, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], probeArgument, string(argument))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("the probe failed: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	outcomes := map[string]string{}
	if err := json.Unmarshal(out, &outcomes); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	return outcomes
}

// confinementComplete reports whether this kernel has what a test is about. A build server must have it; elsewhere
// the rest of the package's tests still hold.
func confinementComplete(t *testing.T) bool {
	t.Helper()
	c := probe()
	if c.Complete() {
		return true
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("CI=true wants a kernel with the whole confinement: %s", c)
	}
	t.Logf("not tested on this machine: %s", c)
	return false
}
