package host

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes puts a child into a group of its own, so that Ctrl-C at the
// terminal reaches the server and not its children, and ends it with the server.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// widen makes a pipe hold a mebibyte, so that large questions take fewer turns.
// It is a favour that the system may decline.
func widen(pipe *os.File) {
	if raw, err := pipe.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
}
