//go:build !linux

package candidate

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// confine bounds processor time, files and descriptors. Memory has no bound here
// that Go's runtime would survive; the parent's deadline remains.
func confine(l limits) error {
	for resource, most := range map[int]uint64{unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_CPU: l.Seconds} {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("limit resource %d to %d: %w", resource, most, err)
		}
	}
	return nil
}
