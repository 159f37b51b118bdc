package host_test

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/signalbox-health/signalbox/plugins"
)

// guest is a module that is written by hand, for tests of what no compiler would
// make. Its zero value has the shape that the socket demands and answers with
// nothing. Code is instructions as they are encoded, without the last end.
type guest struct {
	memory  string   // limits of its memory; "" means four pages
	imports []string // names of inert functions, numbered from 0
	alloc   string   // sbx_alloc, the first function behind the imports
	run     string   // sbx_run_v1, the next
	init    string   // _initialize, the next; "" means there is none
	locals  string   // of run, as runs of a type: vec(leb(3)+i32Type)

	functions []string // functions of type () -> () behind these: locals and code
	types     []string // types behind those that are used here
	tables    []string
	globals   []string
	exports   []string
	start     string // the number of the function that an engine would start
	elements  []string
	data      []string
	before    string // whole sections before all others
	after     string // and behind them
}

// Types of values, and the types that every guest has.
const (
	i32Type, i64Type, f64Type = "\x7f", "\x7e", "\x7c"

	procType  = 0 // () -> ()
	allocType = 1 // (i32) -> i32
	runType   = 2 // (i32, i32) -> i64
	firstType = 3 // of an import, or of guest.types
)

// Instructions.
const (
	opUnreachable = "\x00"
	opLoop        = "\x03\x40"
	opBlock       = "\x02\x40"
	opIf          = "\x04\x40"
	opEnd         = "\x0b"
	opReturn      = "\x0f"
	opDrop        = "\x1a"
	opAdd         = "\x6a"
	opSub         = "\x6b"
	opMul         = "\x6c"
	opAnd         = "\x71"
	opOr          = "\x72"
	opShiftRight  = "\x76"
	opEqual       = "\x46"
	opDiffers     = "\x47"
	opLess        = "\x49" // unsigned
	opIsZero      = "\x45"
	opGrow        = "\x40\x00"
	opFill        = "\xfc\x0b\x00"
	opCopy        = "\xfc\x0a\x00\x00"
	opLoad        = "\x28\x02\x00" // i32
	opLoad8       = "\x2d\x00\x00"
	opLoad64      = "\x29\x00\x00"
	opStore       = "\x36\x02\x00"
	opStore8      = "\x3a\x00\x00"
	opStore64     = "\x37\x00\x00"
	forever       = "\x03\x40\x0c\x00\x0b" // loop, br 0, end
)

func leb(v int) string { return string(binary.AppendUvarint(nil, uint64(v))) }

func signed(v int64) string {
	var out []byte
	for {
		b := byte(v & 0x7f)
		v >>= 7
		if v == 0 && b&0x40 == 0 || v == -1 && b&0x40 != 0 {
			return string(append(out, b))
		}
		out = append(out, b|0x80)
	}
}

func i32(v int64) string { return "\x41" + signed(v) }

func i64(v int64) string { return "\x42" + signed(v) }

func f64(v float64) string {
	return "\x44" + string(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
}

func get(local int) string { return "\x20" + leb(local) }

func set(local int) string { return "\x21" + leb(local) }

func call(function int) string { return "\x10" + leb(function) }

func branch(depth int) string { return "\x0c" + leb(depth) }

func branchIf(depth int) string { return "\x0d" + leb(depth) }

// text is a name in a module.
func text(s string) string { return leb(len(s)) + s }

// vec is a vector of things that are encoded already.
func vec(items ...string) string { return leb(len(items)) + strings.Join(items, "") }

func section(id byte, body string) string { return string([]byte{id}) + text(body) }

func custom(name, body string) string { return section(0, text(name)+body) }

// function is one entry of the code section.
func function(locals, code string) string {
	if locals == "" {
		locals = vec()
	}
	return text(locals + code + opEnd)
}

// bytesAt is a plain segment of data.
func bytesAt(at int, data string) string { return "\x00" + i32(int64(at)) + opEnd + text(data) }

// result is what sbx_run_v1 gives back for an answer at an address.
func result(at, length int) string {
	return i64(int64(uint64(uint32(at))<<32 | uint64(uint32(length))))
}

// room is where the question goes, by default: behind the first two pages.
const room = 2 << 16

// signature gives a type as plugins.Inert writes it.
func signature(s string) string {
	names := strings.NewReplacer("i", i32Type, "I", i64Type)
	in, out, _ := strings.Cut(s, ":")
	return "\x60" + leb(len(in)) + names.Replace(in) + leb(len(out)) + names.Replace(out)
}

// bytes encodes the module.
func (g guest) bytes() []byte {
	if g.memory == "" {
		g.memory = "\x00\x04"
	}
	if g.alloc == "" {
		g.alloc = i32(room)
	}
	if g.run == "" {
		g.run = i64(0)
	}
	types := []string{signature(":"), signature("i:i"), signature("ii:I")}
	var imports []string
	for _, name := range g.imports {
		imports = append(imports, text(plugins.InertModule)+text(name)+"\x00"+leb(len(types)))
		types = append(types, signature(plugins.Inert[name]))
	}
	first := len(imports)
	declared := []string{leb(allocType), leb(runType)}
	code := []string{function("", g.alloc), function(g.locals, g.run)}
	exports := []string{text("memory") + "\x02\x00", text("sbx_alloc") + "\x00" + leb(first), text("sbx_run_v1") + "\x00" + leb(first+1)}
	if g.init != "" {
		declared, code = append(declared, leb(procType)), append(code, function("", g.init))
		exports = append(exports, text("_initialize")+"\x00"+leb(first+2))
	}
	for _, body := range g.functions {
		declared, code = append(declared, leb(procType)), append(code, text(body+opEnd))
	}
	out := "\x00asm\x01\x00\x00\x00" + g.before + section(1, vec(append(types, g.types...)...))
	for _, s := range []struct {
		id    byte
		items []string
	}{{2, imports}, {3, declared}, {4, g.tables}, {5, []string{g.memory}}, {6, g.globals}, {7, append(exports, g.exports...)},
		{8, nil}, {9, g.elements}, {10, code}, {11, g.data}} {
		if s.id == 8 && g.start != "" {
			out += section(8, g.start)
		}
		if len(s.items) > 0 {
			out += section(s.id, vec(s.items...))
		}
	}
	return []byte(out + g.after)
}

// answering is a guest that gives the same bytes whatever it is asked. They lie
// at an address of 8.
func answering(payload string) guest {
	at := 64
	pages := (at+len(payload)+7)/(64<<10) + 4
	return guest{memory: "\x00" + leb(pages), alloc: i32(int64(at+len(payload)+15) &^ 7), run: result(at, len(payload)),
		data: []string{bytesAt(at, payload)}}
}
