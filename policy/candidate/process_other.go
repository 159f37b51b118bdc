//go:build !linux

package candidate

import "golang.org/x/sys/unix"

const behind = 10

// behindOthers gives a process a low priority.
func behindOthers(pid int) error { return unix.Setpriority(unix.PRIO_PROCESS, pid, behind) }
