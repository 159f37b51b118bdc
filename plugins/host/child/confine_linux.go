package child

import (
	"fmt"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"

	"github.com/signalbox-health/signalbox/plugins/host"
)

// maxFile bounds a file that a child writes: compiled code is about four times
// its module.
const maxFile = 128 << 20

// confine gives up what this process could do, as far as the kernel allows, and
// says what is in force and what is not.
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
	note(fmt.Sprintf("%d s of processor time", start.CPU), limit(unix.RLIMIT_CPU, start.CPU))
	note(fmt.Sprintf("%d bytes of data", start.Memory), limit(unix.RLIMIT_DATA, start.Memory))
	note("no_new_privs", llsyscall.AllThreadsPrctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))

	rule := landlock.RODirs(start.Dir)
	if start.Compile {
		rule = landlock.RWDirs(start.Dir)
	}
	version, err := llsyscall.LandlockGetABIVersion()
	if err == nil {
		err = landlock.V6.BestEffort().Restrict(rule)
	}
	note(fmt.Sprintf("Landlock %d: one folder", version), err)
	if err == nil && version < 4 {
		note("Landlock: no network", fmt.Errorf("this kernel has version %d; it came with 4", version))
	}
	return hello
}

func limit(resource int, most uint64) error {
	return unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most})
}

// cpuSeconds is the processor time that this process has used.
func cpuSeconds() uint64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return uint64(usage.Utime.Sec + usage.Stime.Sec)
}
