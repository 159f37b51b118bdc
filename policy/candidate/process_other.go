//go:build !linux

package candidate

import "golang.org/x/sys/unix"

const lowest = 19

// behindOthers gives a process the lowest priority.
func behindOthers(pid int) error { return unix.Setpriority(unix.PRIO_PROCESS, pid, lowest) }
