package child

import "golang.org/x/sys/unix"

const (
	architecture = unix.AUDIT_ARCH_AARCH64
	statNumber   = unix.SYS_FSTATAT
)

// This architecture has one set of numbers, and no old calls.
var (
	otherNumbers filter
	hostileHere  []uint32
)
