package plugins

import (
	"fmt"
	"slices"
	"strconv"
)

// Restorable is a module of which an instance can be put back to where it was
// before it saw any data: everything that can change in one is its memory, and
// the mutable globals that are exported under the names here.
type Restorable struct {
	Module  []byte
	Globals []string
}

// restoredGlobal begins the names under which globals are exported.
const restoredGlobal = "signalbox.global."

// MakeRestorable gives the module with its mutable globals exported. It gives
// none where the module could change something else: a table, or which of its
// data and elements are still there. Whatever the code decoder here does not
// know it takes for such a change. The digest of a plugin remains that of the
// module that its author made.
func MakeRestorable(module []byte) (Restorable, bool) {
	var globals []uint32
	names := map[string]bool{}
	still := true
	err := sections(module, func(id byte, body []byte) (err error) {
		r := &cursor{body}
		switch id {
		case globalSection:
			globals, err = mutableGlobals(r)
		case exportSection:
			err = eachExport(r, func(name string) { names[name] = true })
		case codeSection:
			still = changesMemoryOnly(r)
		}
		return err
	})
	if err != nil || !still {
		return Restorable{}, false
	}
	out := Restorable{Module: []byte(wasmHeader)}
	for _, index := range globals {
		name := restoredGlobal + strconv.Itoa(int(index))
		if names[name] {
			return Restorable{}, false
		}
		out.Globals = append(out.Globals, name)
	}
	err = sections(module, func(id byte, body []byte) (err error) {
		if id == exportSection {
			if body, err = withGlobals(body, globals, out.Globals); err != nil {
				return err
			}
		}
		out.Module = appendSection(out.Module, id, body)
		return nil
	})
	return out, err == nil
}

// mutableGlobals gives the indexes of those that may change. None are imported:
// preflight has seen to that.
func mutableGlobals(r *cursor) ([]uint32, error) {
	n, err := r.count()
	if err != nil {
		return nil, err
	}
	var mutable []uint32
	for i := range n {
		kind, changes := r.byte(), r.byte()
		if valueTypes[kind] == 0 || changes > 1 {
			return nil, fmt.Errorf("global %d is of type %#x", i, kind)
		}
		if changes == 1 {
			mutable = append(mutable, uint32(i))
		}
		for instruction := byte(0); instruction != end; {
			if len(r.b) == 0 {
				return nil, errShort // an expression without an end
			}
			if instruction = r.byte(); !skipImmediates(r, instruction) {
				return nil, errShort
			}
		}
	}
	return mutable, nil
}

func eachExport(r *cursor, f func(name string)) error {
	n, err := r.count()
	if err != nil {
		return err
	}
	for range n {
		name, err := r.bytes()
		if err != nil {
			return err
		}
		r.byte()
		if _, err := r.u32(); err != nil {
			return err
		}
		f(string(name))
	}
	return nil
}

// withGlobals gives the body of an export section with globals added.
func withGlobals(body []byte, globals []uint32, names []string) ([]byte, error) {
	r := &cursor{body}
	n, err := r.count()
	if err != nil {
		return nil, err
	}
	out := slices.Concat(appendLEB(nil, uint64(n+len(globals))), r.b)
	for i, index := range globals {
		out = append(appendLEB(out, uint64(len(names[i]))), names[i]...)
		out = appendLEB(append(out, globalKind), uint64(index))
	}
	return out, nil
}

// changesMemoryOnly reports whether the code of all functions changes nothing
// but memory, globals and locals.
func changesMemoryOnly(r *cursor) bool {
	n, err := r.count()
	if err != nil {
		return false
	}
	for range n {
		body, err := r.bytes()
		if err != nil || !instructions(&cursor{body}) {
			return false
		}
	}
	return len(r.b) == 0
}

// instructions reads the locals of a function and its code to the last byte.
func instructions(r *cursor) bool {
	runs, err := r.count()
	if err != nil {
		return false
	}
	for range runs {
		if _, err := r.u32(); err != nil {
			return false
		}
		r.byte()
	}
	last := byte(0)
	for len(r.b) > 0 {
		last = r.byte()
		if !skipImmediates(r, last) {
			return false
		}
	}
	return last == end
}

// What follows an instruction.
const (
	unwanted   = iota // unknown, or it could change something else than memory, globals and locals
	plain             // nothing follows
	oneNumber         // a number
	twoNumbers        // two
	oneZero           // the number of the only memory
	fourBytes
	eightBytes
	branches // how many, so many numbers, and one more
	long     // the rest of the instruction
)

// following says by instruction what follows it.
var following = func() (f [256]byte) {
	set := func(what byte, from, to int) {
		for i := from; i <= to; i++ {
			f[i] = what
		}
	}
	set(plain, 0x00, 0x01)     // unreachable, nop
	set(oneNumber, 0x02, 0x04) // block, loop, if
	set(plain, 0x05, 0x05)     // else
	set(plain, end, end)
	set(oneNumber, 0x0c, 0x0d) // br, br_if
	set(branches, 0x0e, 0x0e)
	set(plain, 0x0f, 0x0f) // return
	set(oneNumber, 0x10, 0x10)
	set(twoNumbers, 0x11, 0x11) // call_indirect
	set(plain, 0x1a, 0x1b)      // drop, select
	set(oneNumber, 0x20, 0x24)  // locals and globals
	set(twoNumbers, 0x28, 0x3e) // loads and stores
	set(oneZero, 0x3f, 0x40)    // memory.size, memory.grow
	set(oneNumber, 0x41, 0x42)  // constants
	set(fourBytes, 0x43, 0x43)
	set(eightBytes, 0x44, 0x44)
	set(plain, 0x45, 0xc4) // arithmetic
	set(long, 0xfc, 0xfc)
	return f
}()

// skipImmediates reads what follows an instruction, and reports whether the
// instruction is known and changes nothing but memory, globals and locals.
func skipImmediates(r *cursor, instruction byte) bool {
	switch following[instruction] {
	case plain:
		return true
	case oneNumber:
		return r.skipNumber()
	case twoNumbers:
		first := r.skipNumber()
		return first && r.skipNumber()
	case oneZero:
		return r.skipZeros(1)
	case fourBytes:
		return r.skip(4)
	case eightBytes:
		return r.skip(8)
	case branches:
		n, err := r.count()
		for i := 0; i <= n && err == nil; i++ {
			_, err = r.u32()
		}
		return err == nil
	case long:
		return skipLong(r)
	}
	return false
}

// skipLong reads the rest of an instruction of two parts. Those that drop data
// or elements, or change tables, are not wanted.
func skipLong(r *cursor) bool {
	part, err := r.u32()
	switch {
	case err != nil:
		return false
	case part <= 7: // conversions that do not trap
		return true
	case part == 8: // memory.init
		return r.skipNumber() && r.skipZeros(1)
	case part == 10: // memory.copy
		return r.skipZeros(2)
	case part == 11: // memory.fill
		return r.skipZeros(1)
	}
	return false
}

// skipNumber reads a LEB128 number of any size.
func (r *cursor) skipNumber() bool {
	for i := 0; i < len(r.b) && i < 10; i++ {
		if r.b[i]&0x80 == 0 {
			r.b = r.b[i+1:]
			return true
		}
	}
	return false
}

func (r *cursor) skip(n int) bool {
	if len(r.b) < n {
		return false
	}
	r.b = r.b[n:]
	return true
}

// skipZeros reads bytes that have to be 0: the number of the only memory.
func (r *cursor) skipZeros(n int) bool {
	for range n {
		if len(r.b) == 0 || r.byte() != 0 {
			return false
		}
	}
	return true
}
