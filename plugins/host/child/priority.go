//go:build unix

package child

import "golang.org/x/sys/unix"

// standBack lowers the priority of every thread of this process. It is a group
// of its own, and a group is what reaches all threads: by its number Linux would
// change the first one only.
func standBack(nice int) error {
	if nice == 0 || unix.Getpgrp() != unix.Getpid() {
		return nil
	}
	return unix.Setpriority(unix.PRIO_PGRP, 0, nice)
}
