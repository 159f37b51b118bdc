package child

import "golang.org/x/sys/unix"

func init() {
	attempts["an old fork"] = attempt{do: raw(unix.SYS_FORK), running: ended}
	attempts["ports of the machine"] = attempt{do: raw(unix.SYS_IOPL, 3), running: ended}
	attempts["a call by its number in x32"] = attempt{do: raw(unix.SYS_GETPID | 0x4000_0000), running: ended}
}
