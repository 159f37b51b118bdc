package plugins

import "time"

// Limits bound what a module may be and use. Zero fields are not allowed; begin
// from DefaultLimits.
type Limits struct {
	ModuleBytes int
	Functions   int
	BodyBytes   int // of the code of one function
	Locals      int // of one function
	Table       int // entries
	Memory      int // bytes of an instance, a multiple of 64 KiB

	CompileTime   time.Duration
	CompileMemory int // bytes

	Page time.Duration // to answer for up to PageSeries series
	Job  time.Duration // to answer for more
	// PageSeries is how many series a page asks about at most: every trust.
	PageSeries int
}

// DefaultLimits are those of the handbook, docs/plug-socket.md.
func DefaultLimits() Limits {
	return Limits{
		ModuleBytes: 8 << 20, Functions: 20_000, BodyBytes: 64 << 10, Locals: 4_096, Table: 65_536, Memory: 16 << 20,
		CompileTime: 20 * time.Second, CompileMemory: 1 << 30,
		Page: 250 * time.Millisecond, Job: 2 * time.Second, PageSeries: 250,
	}
}

// Time is how long a plugin may take over so many series.
func (l Limits) Time(series int) time.Duration {
	if series <= l.PageSeries {
		return l.Page
	}
	return l.Job
}

// pageBytes is the size of a page of WebAssembly memory.
const pageBytes = 64 << 10

// MemoryPages is the memory limit in pages.
func (l Limits) MemoryPages() uint32 { return uint32(l.Memory / pageBytes) }
