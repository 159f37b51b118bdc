package wire

import (
	"encoding/binary"
	"unsafe"
)

// fixed are the types of columns: numbers of a fixed width.
type fixed interface {
	~uint8 | ~int32 | ~uint32 | ~float64
}

// sameOrder reports whether this machine holds numbers as the payload does:
// little-endian. WebAssembly always does.
var sameOrder = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// appendRaw appends the values as they lie in memory. One move of the whole
// column is many times quicker in a plugin than one append a value.
func appendRaw[T fixed](to []byte, values []T) []byte {
	if sameOrder {
		return append(to, bytesOf(values)...)
	}
	to, err := binary.Append(to, le, values)
	if err != nil {
		panic(err) // it cannot be: the types are of fixed width
	}
	return to
}

// readRaw fills the values from the bytes, of which there are enough.
func readRaw[T fixed](to []T, data []byte) {
	if sameOrder {
		copy(bytesOf(to), data)
		return
	}
	if _, err := binary.Decode(data, le, to); err != nil {
		panic(err) // it cannot be: lengths were compared before
	}
}

func bytesOf[T fixed](values []T) []byte {
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), len(values)*int(unsafe.Sizeof(one)))
}
