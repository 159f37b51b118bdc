//go:build unix

package child

import (
	"context"
	"syscall"

	"github.com/tetratelabs/wazero/experimental"
)

// withMemory has instances take their memory from the system and not from Go's
// heap: pages arrive zeroed and only when touched, growing copies nothing, and
// nothing is left for the collector.
func withMemory(ctx context.Context) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(allocate))
}

// allocate reserves the most that the memory may become. The engine has bounded
// that by the limit of an instance.
func allocate(_, most uint64) experimental.LinearMemory {
	b, err := syscall.Mmap(-1, 0, int(most), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic("no memory for an instance: " + err.Error())
	}
	return &mapped{b}
}

type mapped struct{ b []byte }

// Reallocate gives the first bytes of what was reserved: the engine never asks
// for more.
func (m *mapped) Reallocate(size uint64) []byte {
	if size > uint64(len(m.b)) {
		return nil
	}
	return m.b[:size:len(m.b)]
}

func (m *mapped) Free() {
	if m.b != nil {
		syscall.Munmap(m.b)
		m.b = nil
	}
}
