package sandbox

import (
	"fmt"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// File rights of a child. Neither includes executing, nor making links, sockets, pipes or devices.
const (
	readRights = landlock.AccessFSSet(llsys.AccessFSReadFile | llsys.AccessFSReadDir)

	writeRights = readRights | landlock.AccessFSSet(llsys.AccessFSWriteFile|llsys.AccessFSTruncate|
		llsys.AccessFSMakeReg|llsys.AccessFSMakeDir|llsys.AccessFSRemoveFile|llsys.AccessFSRemoveDir)
)

// probe reports what this kernel can enforce.
func probe() Confinement {
	var c Confinement
	if version, err := llsys.LandlockGetABIVersion(); err == nil {
		c.Landlock = version
	}
	c.Seccomp = seccompAvailable()
	return c
}

// shield is the part of confinement that needs no grant; the child calls it before anything else.
func shield() error {
	// When the machine runs out of memory, one statement goes and not the program: raising the own score
	// needs no privilege. It is a courtesy, without which (a read-only /proc) the limits still hold. It comes
	// first: the files in /proc of a process that is not dumpable belong to root.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	// Not dumpable: other processes of the same user can neither trace it nor read its memory, and it leaves no core.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("make the process undumpable: %w", err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core files: %w", err)
	}
	return nil
}

// restrict gives up, for every thread and for good, all that g does not name.
func restrict(g grant) (confined, error) {
	able := probe()
	var done confined
	if g.Wall > 0 {
		wall := &unix.Rlimit{Cur: uint64(g.Wall), Max: uint64(g.Wall)}
		if err := unix.Setrlimit(unix.RLIMIT_DATA, wall); err != nil {
			return done, fmt.Errorf("limit memory to %d bytes: %w", g.Wall, err)
		}
	}
	if able.Landlock > 0 {
		// Best effort is by what the kernel knows: a newer ABI restricts more (TCP from 4, devices from 5,
		// signals and abstract sockets from 6, UDP and path sockets later).
		err := landlock.V11.BestEffort().Restrict(
			landlock.PathAccess(readRights, g.ReadDirs...),
			landlock.PathAccess(writeRights, g.WriteDirs...),
		)
		if err != nil {
			return done, fmt.Errorf("apply Landlock: %w", err)
		}
		done.Landlock = able.Landlock
	}
	if able.Seccomp {
		if err := installSeccomp(); err != nil {
			return done, err
		}
		done.Seccomp = true
	}
	return done, nil
}
