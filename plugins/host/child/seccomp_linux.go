//go:build amd64 || arm64

package child

import (
	"fmt"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// What the kernel does with a call. One that no honest child can make ends the
// process, so that whoever broke out of the engine has one attempt and the host
// hears of it. Anything else that is not on the list fails as if it were not
// permitted: a later runtime of Go may try a call that is only nice to have.
const (
	allow  = unix.SECCOMP_RET_ALLOW
	end    = unix.SECCOMP_RET_KILL_PROCESS
	refuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	absent = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
)

// Where the kernel puts a call before a filter: its number, the architecture,
// and six arguments of 8 bytes, of which the low half comes first here.
const (
	atNumber       = 0
	atArchitecture = 4
	atArguments    = 16
)

// harmless is what Go's runtime, the C library's threads and the engine need
// whatever their arguments: their own memory, time, threads and open files.
var harmless = []uint32{
	unix.SYS_FUTEX, unix.SYS_READ, unix.SYS_WRITE, unix.SYS_NANOSLEEP, unix.SYS_EPOLL_PWAIT, unix.SYS_CLOCK_GETTIME,
	unix.SYS_MADVISE, unix.SYS_MUNMAP, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK,
	unix.SYS_RT_SIGACTION, unix.SYS_GETTID, unix.SYS_GETPID, unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY,
	unix.SYS_GETRUSAGE, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_RESTART_SYSCALL, unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
	unix.SYS_BRK, unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ, unix.SYS_GETRANDOM,
	unix.SYS_CLOSE, unix.SYS_FSTAT, unix.SYS_LSEEK, unix.SYS_PREAD64, unix.SYS_GETDENTS64,
	unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_CTL, unix.SYS_EVENTFD2,
}

// writing is what the child that compiles needs besides, in its one folder.
var writing = []uint32{unix.SYS_MKDIRAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT, unix.SYS_FSYNC}

// hostile is what nothing in here could have a reason to call.
var hostile = []uint32{
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
	unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG, unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_RECVMMSG,
	unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
	unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD, unix.SYS_PIDFD_SEND_SIGNAL, unix.SYS_KCMP, unix.SYS_PROCESS_MADVISE,
	unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT,
	unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR,
	unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER, unix.SYS_IO_SETUP,
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_REBOOT,
	unix.SYS_SETUID, unix.SYS_SETGID, unix.SYS_SETRESUID, unix.SYS_SETRESGID, unix.SYS_SETGROUPS, unix.SYS_CAPSET,
	unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_MEMFD_CREATE, unix.SYS_MEMFD_SECRET, unix.SYS_SHMGET, unix.SYS_SHMAT, unix.SYS_MSGGET, unix.SYS_SEMGET,
	unix.SYS_SWAPON, unix.SYS_ACCT, unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME, unix.SYS_PERSONALITY,
}

// filter is being written: a program that looks at one call.
type filter []bpf.Instruction

// is decides about a call by its number alone.
func (f *filter) is(number, verdict uint32) {
	*f = append(*f, bpf.JumpIf{Cond: bpf.JumpEqual, Val: number, SkipFalse: 1}, bpf.RetConstant{Val: verdict})
}

// test decides about a call by one of its arguments: otherwise unless the
// condition holds of its low half, and then.
func (f *filter) test(number uint32, argument int, cond bpf.JumpTest, value, then, otherwise uint32) {
	*f = append(*f,
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: number, SkipFalse: 4},
		bpf.LoadAbsolute{Off: uint32(atArguments + 8*argument), Size: 4},
		bpf.JumpIf{Cond: cond, Val: value, SkipFalse: 1},
		bpf.RetConstant{Val: then},
		bpf.RetConstant{Val: otherwise})
}

// oneOf allows a call where one of its arguments is one of the values.
func (f *filter) oneOf(number uint32, argument int, values ...uint32) {
	n := uint8(len(values))
	*f = append(*f,
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: number, SkipFalse: n + 3},
		bpf.LoadAbsolute{Off: uint32(atArguments + 8*argument), Size: 4})
	for i, value := range values {
		*f = append(*f, bpf.JumpIf{Cond: bpf.JumpEqual, Val: value, SkipTrue: n - uint8(i)})
	}
	*f = append(*f, bpf.RetConstant{Val: refuse}, bpf.RetConstant{Val: allow})
}

// Threads are made with these flags at least; any flag beyond those that Go and
// the C library use would make a process or a namespace.
const (
	threadFlags = unix.CLONE_VM | unix.CLONE_SIGHAND | unix.CLONE_THREAD
	usualFlags  = threadFlags | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SYSVSEM | unix.CLONE_SETTLS |
		unix.CLONE_PARENT_SETTID | unix.CLONE_CHILD_CLEARTID | unix.CLONE_CHILD_SETTID | unix.CLONE_DETACHED
)

// opensToWrite are the flags of an open file that could change anything. The
// last is O_TMPFILE without O_DIRECTORY, whose number depends on the processor.
const opensToWrite = unix.O_ACCMODE | unix.O_CREAT | unix.O_TRUNC | 0x400000

// program gives the filter of a child. Self is its process.
func program(self uint32, compile bool) filter {
	f := filter{
		bpf.LoadAbsolute{Off: atArchitecture, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: architecture, SkipTrue: 1},
		bpf.RetConstant{Val: end},
		bpf.LoadAbsolute{Off: atNumber, Size: 4},
	}
	f = append(f, otherNumbers...)
	for _, number := range harmless {
		f.is(number, allow)
	}
	// Memory is written or executed, not both; new memory is never executable.
	f.test(unix.SYS_MMAP, 2, bpf.JumpBitsSet, unix.PROT_EXEC, refuse, allow)
	f.protect()
	f.thread()
	f.is(unix.SYS_CLONE3, absent) // its flags are out of sight; the C library falls back to clone
	f.is(unix.SYS_OPENAT2, absent)
	f.test(unix.SYS_TGKILL, 0, bpf.JumpEqual, self, allow, refuse)
	f.oneOf(unix.SYS_PRCTL, 0, unix.PR_SET_VMA)
	// Not F_SETOWN, by which an open file sends signals to others.
	f.oneOf(unix.SYS_FCNTL, 1, unix.F_GETFL, unix.F_SETFL, unix.F_GETFD, unix.F_SETFD, unix.F_DUPFD_CLOEXEC)
	f.is(statNumber, allow)
	if compile {
		f.is(unix.SYS_OPENAT, allow)
		for _, number := range writing {
			f.is(number, allow)
		}
	} else {
		f.test(unix.SYS_OPENAT, 2, bpf.JumpBitsSet, opensToWrite, refuse, allow)
	}
	for _, number := range append(hostile, hostileHere...) {
		f.is(number, end)
	}
	return append(f, bpf.RetConstant{Val: refuse})
}

// protect lets memory become executable that is not writable.
func (f *filter) protect() {
	*f = append(*f,
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_MPROTECT, SkipFalse: 5},
		bpf.LoadAbsolute{Off: atArguments + 8*2, Size: 4},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: unix.PROT_WRITE | unix.PROT_EXEC},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.PROT_WRITE | unix.PROT_EXEC, SkipFalse: 1},
		bpf.RetConstant{Val: refuse},
		bpf.RetConstant{Val: allow})
}

// thread lets clone make threads, and ends whoever makes anything else.
func (f *filter) thread() {
	*f = append(*f,
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.SYS_CLONE, SkipFalse: 6},
		bpf.LoadAbsolute{Off: atArguments, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: ^uint32(usualFlags), SkipTrue: 3},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: threadFlags},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: threadFlags, SkipFalse: 1},
		bpf.RetConstant{Val: allow},
		bpf.RetConstant{Val: end})
}

// filterCalls has the kernel hold every thread of this process to the program,
// for good.
func filterCalls(compile bool) error {
	raw, err := bpf.Assemble(program(uint32(unix.Getpid()), compile))
	if err != nil {
		return fmt.Errorf("write the filter: %w", err)
	}
	code := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		code[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	whole := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&whole)))
	switch {
	case errno != 0:
		return errno
	case thread != 0:
		return fmt.Errorf("thread %d has a filter of its own", thread)
	}
	return nil
}
