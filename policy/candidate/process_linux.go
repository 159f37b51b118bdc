package candidate

import "golang.org/x/sys/unix"

// lowest is the priority of a process that works only when nobody else does.
const lowest = 19

// behindOthers gives a whole group the lowest priority: threads that its process
// has already made as well.
func behindOthers(pid int) error { return unix.Setpriority(unix.PRIO_PGRP, pid, lowest) }
