//go:build wasip1

package sdk

import (
	"runtime/debug"
	"unsafe"
)

// An instance answers one question and is thrown away, memory and all, so
// collecting is only worth its time when memory runs out: the limit of an
// instance is 16 MiB unless it was set otherwise.
func init() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(12 << 20)
}

// input and output are held here so that the collector leaves them alone while
// the host reads and writes. One instance answers one question, so there is
// one of each.
var input, output []byte

// alloc gives the host room for the question. 64-bit words make it 8-aligned.
//
//go:wasmexport sbx_alloc
func alloc(size int32) uint32 {
	if size <= 0 {
		size = 1
	}
	words := make([]uint64, (int(size)+7)/8)
	input = unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), size)
	return address(input)
}

// run answers the question in the room that alloc gave: pointer<<32 | length.
//
//go:wasmexport sbx_run_v1
func run(pointer, length uint32) uint64 {
	if input == nil || pointer != address(input) || int(length) > len(input) {
		panic("sdk: sbx_run_v1 was called without the room that sbx_alloc gave")
	}
	output = Serve(input[:length])
	return uint64(address(output))<<32 | uint64(len(output))
}

func address(b []byte) uint32 { return uint32(uintptr(unsafe.Pointer(&b[0]))) }
