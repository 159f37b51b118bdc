package candidate

import (
	"fmt"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// maxDescriptors is how many files may be open: three pipes, and what Go's
// runtime waits with.
const maxDescriptors = 32

// confine gives up what examining a policy does not need. The list of allowed
// functions already keeps a policy from files and sockets; this bounds what its
// evaluation may use up. There is no bound on the number of processes: Linux
// counts those by user, threads included.
func confine(l limits) error {
	for resource, most := range map[int]uint64{
		unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_MEMLOCK: 0,
		unix.RLIMIT_NOFILE: maxDescriptors, unix.RLIMIT_CPU: l.Seconds, unix.RLIMIT_DATA: l.Memory,
	} {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("limit resource %d to %d: %w", resource, most, err)
		}
	}
	if _, _, errno := psx.Syscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("give up new privileges: %w", errno)
	}
	return nil
}
