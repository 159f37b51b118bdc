//go:build !linux

package host

import (
	"os"
	"syscall"
)

// attributes puts a child into a group of its own, so that Ctrl-C at the
// terminal reaches the server and not its children.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func widen(*os.File) {}
