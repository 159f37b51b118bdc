package candidate

import "golang.org/x/sys/unix"

// behind is the priority of a process that lets others go first, without starving.
const behind = 10

// behindOthers gives a whole group a low priority: threads that its process
// has already made as well.
func behindOthers(pid int) error { return unix.Setpriority(unix.PRIO_PGRP, pid, behind) }
