//go:build !linux

package host

import (
	"os"
	"syscall"
	"time"
)

// attributes puts a child into a group of its own, so that Ctrl-C at the
// terminal reaches the server and not its children.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// keepDescriptors sees to it that no child inherits what this process inherited
// from a shell or a supervisor. Go closes what it opened itself.
func keepDescriptors() {
	const many = 1024
	for fd := 3; fd < many; fd++ {
		syscall.CloseOnExec(fd)
	}
}

func widen(*os.File) {}

// processorTime is not told here, so a deadline is the clock on the wall.
func processorTime(int) (time.Duration, bool) { return 0, false }

// residentMemory is not told here either.
func residentMemory(int) uint64 { return 0 }

// times are when a file was changed in any way, and when it was written.
func times(stat *syscall.Stat_t) (changed, wrote syscall.Timespec) {
	return stat.Ctimespec, stat.Mtimespec
}
