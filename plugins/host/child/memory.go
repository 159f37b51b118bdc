//go:build unix

package child

import (
	"context"
	"runtime"
	"syscall"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// withMemory has an instance take its memory from the system and not from Go's
// heap: pages arrive zeroed and only when touched, growing copies nothing, and
// nothing is left for the collector. It gives the memory before it is there.
func withMemory(ctx context.Context) (context.Context, *mapped) {
	m := &mapped{}
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(m.allocate)), m
}

// mapped is the memory of one instance.
type mapped struct {
	b []byte
	// back is what the engine gets when it next asks for more, in place of that.
	back int
}

// allocate reserves the most that the memory may become. The engine has bounded
// that by the limit of an instance.
func (m *mapped) allocate(_, most uint64) experimental.LinearMemory {
	b, err := syscall.Mmap(-1, 0, int(most), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic("no memory for an instance: " + err.Error())
	}
	m.b = b
	return m
}

// Reallocate gives the first bytes of what was reserved: the engine never asks
// for more than that.
func (m *mapped) Reallocate(size uint64) []byte {
	if m.back > 0 {
		size, m.back = uint64(m.back), 0
	}
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

// shrink takes back what a memory has grown. WebAssembly has no such thing, but
// the engine takes whatever size it is given when it asks for more. It gives
// false where that did not work out: at its limit a memory asks for nothing.
func (m *mapped) shrink(memory api.Memory, size int) bool {
	if int(memory.Size()) > size {
		m.back = size
		memory.Grow(1)
		m.back = 0
	}
	return int(memory.Size()) == size
}

// keep is the longest stretch of memory that is filled with zeros and kept. To
// have the kernel bring a page again takes ten times as long as to clear it.
const keep = 8 << 20

// wipe fills whole pages of an instance's memory with zeros. Linux gives zeros for
// pages that were given back; other systems may give what was there.
func wipe(b []byte) {
	if len(b) <= keep || runtime.GOOS != "linux" || unix.Madvise(b, unix.MADV_DONTNEED) != nil {
		clear(b)
	}
}
