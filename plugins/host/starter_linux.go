package host

import (
	"bytes"
	"math"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// attributes puts a child into a group of its own, so that Ctrl-C at the
// terminal reaches the server and not its children, and ends it with the server.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// keepDescriptors sees to it that no child inherits what this process inherited:
// Go closes what it opened itself, and a shell or a supervisor may have left
// other descriptors open.
func keepDescriptors() {
	if unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return
	}
	// Kernels before 5.11 have no such call.
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, entry := range entries {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}

// widen makes a pipe hold a mebibyte, so that large questions take fewer turns.
// It is a favour that the system may decline.
func widen(pipe *os.File) {
	if raw, err := pipe.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
}

// processorTime is how long a process has run, in itself and in the kernel.
func processorTime(pid int) (time.Duration, bool) {
	// The number of the clock of a process, as clock_getcpuclockid makes it.
	const scheduled = 2
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduled), &t); err != nil {
		return 0, false
	}
	return time.Duration(t.Nano()), true
}

// residentMemory is how many bytes a process has in memory, or 0 where that is
// not told.
func residentMemory(pid int) uint64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}

// times are when a file was changed in any way, and when it was written.
func times(stat *syscall.Stat_t) (changed, wrote syscall.Timespec) { return stat.Ctim, stat.Mtim }
