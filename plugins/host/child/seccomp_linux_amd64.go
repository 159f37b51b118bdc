package child

import (
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

const (
	architecture = unix.AUDIT_ARCH_X86_64
	statNumber   = unix.SYS_NEWFSTATAT
)

// otherNumbers ends whoever calls by the numbers of x32, which are those of this
// architecture with one more bit.
var otherNumbers = filter{
	bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: 0x4000_0000, SkipFalse: 1},
	bpf.RetConstant{Val: end},
}

// hostileHere are old calls that newer architectures do without.
var hostileHere = []uint32{unix.SYS_FORK, unix.SYS_VFORK, unix.SYS_IOPL, unix.SYS_IOPERM, unix.SYS_MODIFY_LDT, unix.SYS_USELIB}
