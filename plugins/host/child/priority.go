//go:build unix

package child

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// standBack lowers the priority of every thread of this process by so much, from
// what it inherited: a program that was started with nice keeps its place. It is
// a group of its own, and a group is what reaches all threads: by its number Linux
// would change the first one only.
func standBack(by int) error {
	if by == 0 || unix.Getpgrp() != unix.Getpid() {
		return nil
	}
	now, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return err
	}
	if runtime.GOOS == "linux" {
		now = 20 - now // the call itself counts the other way round, so as never to give -1
	}
	return unix.Setpriority(unix.PRIO_PGRP, 0, min(now+by, 19))
}
