package child

import (
	"fmt"
	"syscall"
	"unsafe"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"

	"github.com/signalbox-health/signalbox/plugins/host"
)

const (
	// maxFile bounds a file that a child writes: compiled code is about four
	// times its module.
	maxFile = 128 << 20
	// maxDescriptors is how many files may be open: three pipes, what Go's
	// runtime waits with, and one that is being read.
	maxDescriptors = 64
)

// confine gives up what this process could do, as far as the kernel allows, and
// says what is in force and what is not. The filter of calls comes last: what
// stands before it needs calls that it does not allow.
//
// There is no bound on the number of processes: Linux counts those by user,
// threads included, so that a child's bound would depend on what else the user
// runs. The filter of calls lets it make no process at all.
func confine(start host.Start) host.Hello {
	var hello host.Hello
	note := func(what string, err error) {
		if err != nil {
			hello.Missing = append(hello.Missing, fmt.Sprintf("%s: %v", what, err))
		} else {
			hello.InForce = append(hello.InForce, what)
		}
	}
	file := uint64(0)
	if start.Compile {
		file = maxFile
	}
	note("no core dumps", limit(unix.RLIMIT_CORE, 0))
	note(fmt.Sprintf("files of at most %d bytes", file), limit(unix.RLIMIT_FSIZE, file))
	note(fmt.Sprintf("%d open files", maxDescriptors), limit(unix.RLIMIT_NOFILE, maxDescriptors))
	note("no locked memory", limit(unix.RLIMIT_MEMLOCK, 0))
	note(fmt.Sprintf("%d s of processor time", start.CPU), limit(unix.RLIMIT_CPU, start.CPU))
	note(fmt.Sprintf("%d bytes of data", start.Memory), limit(unix.RLIMIT_DATA, start.Memory))
	note("no_new_privs", llsyscall.AllThreadsPrctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	note("closed to other processes of this user", unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0))
	note("no capabilities", dropCapabilities())

	rule := landlock.RODirs(start.Dir)
	if start.Compile {
		rule = landlock.RWDirs(start.Dir)
	}
	version, err := llsyscall.LandlockGetABIVersion()
	if err == nil {
		err = landlock.V10.BestEffort().Restrict(rule)
	}
	note(fmt.Sprintf("Landlock %d: one folder", version), err)
	for _, part := range []struct {
		since int
		what  string
	}{{4, "no TCP"}, {6, "no signals and no abstract sockets to others"}} {
		if err == nil && version < part.since {
			note("Landlock: "+part.what, fmt.Errorf("this kernel has version %d; it came with %d", version, part.since))
		}
	}
	note("seccomp: no sockets, programs, processes, namespaces or other processes' memory", filterCalls(start.Compile))
	return hello
}

func limit(resource int, most uint64) error {
	return unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most})
}

// dropCapabilities takes from every thread what a program that runs as root, or
// in a container, may do beyond its user.
func dropCapabilities() error {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if _, _, errno := psx.Syscall3(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&head)), uintptr(unsafe.Pointer(&none)), 0); errno != 0 {
		return errno
	}
	return nil
}

// cpuSeconds is the processor time that this process has used.
func cpuSeconds() uint64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return uint64(usage.Utime.Sec + usage.Stime.Sec)
}
