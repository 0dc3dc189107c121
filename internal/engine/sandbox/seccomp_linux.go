package sandbox

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The filter is a list of refusals behind Landlock, and the only wall for what Landlock does not see: every kind
// of socket, starting programs, other processes, file metadata. A refused call fails with EPERM and the
// statement with it; only a foreign instruction set kills the process.

// deniedCalls are refused whatever their arguments; deniedHere adds those of one architecture.
var deniedCalls = []uintptr{
	// The network and every other socket; the one that is open is read and written as a file.
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN,
	unix.SYS_ACCEPT, unix.SYS_ACCEPT4, unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG,
	unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_RECVMMSG,
	// Other programs and processes.
	unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
	unix.SYS_PROCESS_MADVISE, unix.SYS_KCMP, unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD, unix.SYS_PIDFD_SEND_SIGNAL,
	unix.SYS_TKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO,
	unix.SYS_SETRLIMIT, unix.SYS_SETPGID, unix.SYS_SETSID, unix.SYS_SETPRIORITY, unix.SYS_IOPRIO_SET, unix.SYS_SCHED_SETSCHEDULER,
	// Shared memory and queues of System V and POSIX.
	unix.SYS_SHMGET, unix.SYS_SHMAT, unix.SYS_SHMCTL, unix.SYS_MSGGET, unix.SYS_MSGSND, unix.SYS_MSGRCV,
	unix.SYS_SEMGET, unix.SYS_SEMOP, unix.SYS_SEMTIMEDOP, unix.SYS_MQ_OPEN, unix.SYS_MQ_UNLINK,
	// What Landlock does not guard of files: owners, modes, attributes, special files, handles, watches.
	unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHMODAT2, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT, unix.SYS_UTIMENSAT,
	unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_FSETXATTR,
	unix.SYS_REMOVEXATTR, unix.SYS_LREMOVEXATTR, unix.SYS_FREMOVEXATTR,
	unix.SYS_MKNODAT, unix.SYS_SYMLINKAT, unix.SYS_LINKAT,
	unix.SYS_NAME_TO_HANDLE_AT, unix.SYS_OPEN_BY_HANDLE_AT,
	unix.SYS_FANOTIFY_INIT, unix.SYS_FANOTIFY_MARK, unix.SYS_INOTIFY_INIT1, unix.SYS_INOTIFY_ADD_WATCH,
	// The tree of files and namespaces.
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE,
	unix.SYS_FSOPEN, unix.SYS_FSMOUNT, unix.SYS_FSCONFIG, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR,
	unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_QUOTACTL, unix.SYS_ACCT,
	// Rights.
	unix.SYS_SETUID, unix.SYS_SETGID, unix.SYS_SETREUID, unix.SYS_SETREGID, unix.SYS_SETRESUID, unix.SYS_SETRESGID,
	unix.SYS_SETFSUID, unix.SYS_SETFSGID, unix.SYS_SETGROUPS, unix.SYS_CAPSET, unix.SYS_PERSONALITY,
	unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
	// Wide doors into the kernel.
	unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
	unix.SYS_IO_SETUP, unix.SYS_IO_SUBMIT,
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_VMSPLICE,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD,
	unix.SYS_REBOOT, unix.SYS_SYSLOG, unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME,
	unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME, unix.SYS_CLOCK_ADJTIME, unix.SYS_ADJTIMEX,
}

// Offsets in struct seccomp_data.
const (
	dataNumber = 0
	dataArch   = 4
	dataArg0   = 16 // low half, on little-endian machines
	dataArg1   = 24
	dataArg2   = 32
)

const x32Bit = 0x40000000 // calls of the x32 ABI, which amd64 kernels may have

func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

func ret(action uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
}

// jump compares the loaded word with k and skips one of two numbers of instructions.
func jump(operator uint16, k uint32, ifTrue, ifFalse uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | operator | unix.BPF_K, K: k, Jt: ifTrue, Jf: ifFalse}
}

// seccompFilter assembles the program for a process with the given id.
func seccompFilter(pid int) []unix.SockFilter {
	const allow = unix.SECCOMP_RET_ALLOW
	refuse := func(errno unix.Errno) uint32 { return unix.SECCOMP_RET_ERRNO | uint32(errno) }
	self := uint32(pid)

	program := []unix.SockFilter{
		load(dataArch),
		jump(unix.BPF_JEQ, auditArch, 1, 0),
		ret(unix.SECCOMP_RET_KILL_PROCESS),
		load(dataNumber),
		jump(unix.BPF_JGE, x32Bit, 0, 1),
		ret(refuse(unix.EPERM)),
	}
	// when adds instructions for one call; they must end in a return, and the number is still loaded behind them.
	when := func(number uintptr, body ...unix.SockFilter) {
		program = append(program, jump(unix.BPF_JEQ, uint32(number), 0, uint8(len(body))))
		program = append(program, body...)
	}
	for _, calls := range [][]uintptr{deniedCalls, deniedHere} {
		for _, number := range calls {
			when(number, ret(refuse(unix.EPERM)))
		}
	}
	// Threads may be made, processes may not. clone3 hides its flags behind a pointer: without it, libc uses clone.
	when(unix.SYS_CLONE3, ret(refuse(unix.ENOSYS)))
	when(unix.SYS_CLONE, load(dataArg0), jump(unix.BPF_JSET, unix.CLONE_THREAD, 0, 1), ret(allow), ret(refuse(unix.EPERM)))
	// Go's scheduler and abort() signal the own process.
	for _, number := range []uintptr{unix.SYS_KILL, unix.SYS_TGKILL} {
		when(number, load(dataArg0), jump(unix.BPF_JEQ, self, 0, 1), ret(allow), ret(refuse(unix.EPERM)))
	}
	// Limits are read, of the own process, and not set: a null pointer to new ones, in both halves.
	when(unix.SYS_PRLIMIT64, load(dataArg0), jump(unix.BPF_JEQ, 0, 1, 0), jump(unix.BPF_JEQ, self, 0, 5),
		load(dataArg2), jump(unix.BPF_JEQ, 0, 0, 3), load(dataArg2+4), jump(unix.BPF_JEQ, 0, 0, 1),
		ret(allow), ret(refuse(unix.EPERM)))
	when(unix.SYS_PRCTL, load(dataArg0),
		jump(unix.BPF_JEQ, unix.PR_SET_DUMPABLE, 2, 0), jump(unix.BPF_JEQ, unix.PR_SET_PTRACER, 1, 0), ret(allow), ret(refuse(unix.EPERM)))
	// Typing into the terminal of whoever started hosu.
	when(unix.SYS_IOCTL, load(dataArg1),
		jump(unix.BPF_JEQ, unix.TIOCSTI, 2, 0), jump(unix.BPF_JEQ, unix.TIOCLINUX, 1, 0), ret(allow), ret(refuse(unix.EPERM)))
	return append(program, ret(allow))
}

// seccompAvailable reports whether the kernel has filters with error returns.
func seccompAvailable() bool {
	action := uint32(unix.SECCOMP_RET_ERRNO)
	_, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	return errno == 0
}

// installSeccomp puts the filter on every thread of the process.
func installSeccomp() error {
	program := seccompFilter(os.Getpid())
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	// An unprivileged process may only install a filter when it can never gain privileges again.
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	thread, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&filter)))
	if errno != 0 {
		return fmt.Errorf("install the system call filter: %w", errno)
	}
	if thread != 0 {
		return errors.New("install the system call filter: a thread has another filter already")
	}
	return nil
}
