package host_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
)

// counting is a guest that runs some code, which leaves a number of 32 bits on
// the stack, and answers with it.
func counting(g guest, number string) []byte {
	const at = 64
	g.run = i32(at) + number + opStore + result(at, 4)
	return g.bytes()
}

// inMemory adds one to a word of memory and leaves the sum.
func inMemory(at int64) string {
	return i32(at) + i32(at) + opLoad + i32(1) + opAdd + opStore + i32(at) + opLoad
}

// whatever is the answer of a guest whose first answer nobody foretells.
const whatever = 1 << 40

// rememberer is a plugin that tries to remember: it counts its calls in one of
// the places that an instance has.
type rememberer struct {
	module     []byte
	first      uint64 // what it answers when it is called for the first time
	restorable bool   // an instance can be put back
}

var rememberers = map[string]rememberer{
	"memory":                      {counting(guest{}, inMemory(1024)), 1, true},
	"the last word of its memory": {counting(guest{}, inMemory(4<<16-4)), 1, true},
	"its data":                    {counting(guest{data: []string{bytesAt(1024, "\x07\x00\x00\x00")}}, inMemory(1024)), 8, true},
	"what _initialize wrote":      {counting(guest{init: i32(1024) + i32(100) + opStore}, inMemory(1024)), 101, true},
	"a global": {counting(guest{globals: []string{i32Type + "\x01" + i32(5) + opEnd}},
		"\x23\x00"+i32(1)+opAdd+"\x24\x00\x23\x00"), 6, true},
	"a global of 64 bits": {counting(guest{globals: []string{i32Type + "\x00" + i32(5) + opEnd, i64Type + "\x01" + i64(-3) + opEnd}},
		"\x23\x01"+i64(1)+"\x7c\x24\x01\x23\x01\xa7"), 1<<32 - 2, true},
	"a global that is no integer": {counting(guest{globals: []string{f64Type + "\x01" + f64(0.5) + opEnd}},
		"\x23\x00"+f64(1)+"\xa0\x24\x00\x23\x00\xab"), 1, true},
	"a global that _initialize set": {counting(guest{globals: []string{i32Type + "\x01" + i32(5) + opEnd}, init: i32(50) + "\x24\x00"},
		"\x23\x00"+i32(1)+opAdd+"\x24\x00\x23\x00"), 51, true},
	"the size of its memory":   {counting(guest{}, i32(1)+opGrow+opDrop+"\x3f\x00"), 5, true},
	"memory that it grew":      {counting(guest{}, i32(1)+opGrow+opDrop+inMemory(4<<16+8)), 1, true},
	"all the memory there is":  {counting(guest{}, i32(252)+opGrow+opDrop+inMemory(256<<16-8)), 1, true},
	"whether memory can grow":  {counting(guest{}, i32(150)+opGrow), 4, true},
	"random numbers":           {counting(guest{imports: []string{"random_get"}}, i32(1024)+i32(4)+call(0)+opDrop+i32(1024)+opLoad), whatever, true},
	"the clock":                {counting(guest{imports: []string{"clock_time_get"}}, i32(0)+i64(0)+i32(1024)+call(0)+opDrop+i32(1024)+opLoad), whatever, true},
	"a file that it writes to": {counting(guest{imports: []string{"fd_write", "fd_read"}}, writeAndRead), 0, true},
	"a table that it changes": {counting(tabled(vec(leb(2), leb(3)), "\x00"+i32(0)+opEnd),
		callEntry+i32(0)+i32(1)+i32(1)+"\xfc\x0e\x00\x00"+i32(1024)+opLoad), 1, false},
	"elements that it drops": {counting(tabled(vec(leb(2), leb(3)), "\x00"+i32(0)+opEnd),
		"\xfc\x0d\x00"+callEntry+i32(1024)+opLoad), 1, false},
	"data that it drops": {withCount(counting(guest{data: []string{"\x01" + text("\x09\x00\x00\x00")}},
		i32(1024)+i32(0)+i32(4)+"\xfc\x08\x00\x00"+"\xfc\x09\x00"+i32(1024)+opLoad)), 9, false},
}

// writeAndRead writes a word to standard output and reads what is in standard
// input, whose length it leaves.
const writeAndRead = "\x41\x01\x41\x80\x08\x41\x01\x41\x80\x10\x10\x00\x1a" + "\x41\x00\x41\x80\x08\x41\x01\x41\x80\x10\x10\x01\x1a" + "\x41\x80\x10\x28\x02\x00"

// callEntry calls the first function of the table.
var callEntry = i32(0) + "\x11" + leb(procType) + leb(0)

// tabled is a guest with a table of two functions, the first of which writes 1
// and the second 2 into a word of memory.
func tabled(functions, how string) guest {
	write := func(n int64) string { return leb(0) + i32(1024) + i32(n) + opStore }
	return guest{tables: []string{"\x70\x00\x02"}, elements: []string{how + functions}, functions: []string{write(1), write(2)}}
}

// withCount puts the number of data segments before the code, as a module needs
// whose code speaks of them.
func withCount(module []byte) []byte {
	r := bytes.NewReader(module[8:])
	for {
		at := len(module) - r.Len()
		id, err := r.ReadByte()
		if err != nil {
			panic(err)
		}
		if id == 10 {
			return bytes.Join([][]byte{module[:at], []byte(section(12, leb(1))), module[at:]}, nil)
		}
		length, err := binary.ReadUvarint(r)
		if err != nil {
			panic(err)
		}
		r.Seek(int64(length), 1)
	}
}

func TestNoPluginCanRememberWhatItWasAskedBefore(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	for name, r := range rememberers {
		t.Run(name, func(t *testing.T) {
			if _, ok := plugins.MakeRestorable(r.module); ok != r.restorable {
				t.Fatalf("an instance of it can be put back: %v; wanted is %v", ok, r.restorable)
			}
			digest := install(t, h, r.module).Digest
			want := r.first
			for call := range 8 {
				answer, err := h.RunPayload(within(t, time.Minute), digest, []byte("a question"), 1, 10*time.Second)
				if err != nil || len(answer) != 4 {
					t.Fatalf("call %d: %x, %v", call, answer, err)
				}
				got := uint64(binary.LittleEndian.Uint32(answer))
				if want == whatever {
					want = got
				}
				if got != want {
					t.Errorf("call %d: it answered %d; the first time %d", call, got, want)
				}
			}
		})
	}
}

func TestNothingOfAQuestionIsLeftForTheNext(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient(); o.Children = 1 })
	// It answers with a word that lies behind a short question, and beyond a long
	// one: in the memory that it had from the start, and in what it grew.
	for name, module := range map[string][]byte{
		"in its memory":      counting(guest{}, i32(room+8192)+opLoad),
		"in what it grew":    counting(guest{alloc: i32(6) + opGrow + opDrop + i32(room)}, i32(8<<16)+opLoad),
		"on the stack of it": counting(guest{locals: vec(leb(500) + i32Type)}, get(300)+"\x41\x7f"+set(300)),
	} {
		t.Run(name, func(t *testing.T) {
			digest := install(t, h, module).Digest
			secret := bytes.Repeat([]byte{0xff}, 7<<16)
			for range 4 {
				if _, err := h.RunPayload(within(t, time.Minute), digest, secret[:16<<10], 1, 10*time.Second); err != nil {
					t.Fatal(err)
				}
				if name == "in what it grew" {
					if _, err := h.RunPayload(within(t, time.Minute), digest, secret, 1, 10*time.Second); err != nil {
						t.Fatal(err)
					}
				}
				answer, err := h.RunPayload(within(t, time.Minute), digest, []byte("short"), 1, 10*time.Second)
				if err != nil || !bytes.Equal(answer, []byte{0, 0, 0, 0}) {
					t.Errorf("%x, %v", answer, err)
				}
			}
		})
	}
}

func TestAnInstanceThatWentWrongIsNotUsedAgain(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient(); o.Children = 1 })
	// It counts, and traps where the question begins with 1.
	trap := get(0) + opLoad8 + i32(1) + opEqual + opIf + opUnreachable + opEnd
	digest := install(t, h, counting(guest{}, inMemory(1024)+opDrop+trap+inMemory(1024))).Digest
	for range 3 {
		_, err := h.RunPayload(within(t, time.Minute), digest, []byte{1}, 1, 10*time.Second)
		wantCause(t, err, plugins.ErrFault, "trap: unreachable")
		answer, err := h.RunPayload(within(t, time.Minute), digest, []byte{0}, 1, 10*time.Second)
		if err != nil || !bytes.Equal(answer, []byte{2, 0, 0, 0}) {
			t.Errorf("%x, %v", answer, err)
		}
	}
}

func TestAMemoryThatWasTakenBackEndsWhereItDidBefore(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient(); o.Children = 1 })
	// Asked with 1 it grows its memory by a page. Then it reads from there.
	grow := get(0) + opLoad8 + i32(1) + opEqual + opIf + i32(1) + opGrow + opDrop + opEnd
	digest := install(t, h, counting(guest{}, grow+i32(4<<16)+opLoad)).Digest
	for range 3 {
		if answer, err := h.RunPayload(within(t, time.Minute), digest, []byte{1}, 1, 10*time.Second); err != nil || !bytes.Equal(answer, []byte{0, 0, 0, 0}) {
			t.Errorf("with a page more: %x, %v", answer, err)
		}
		_, err := h.RunPayload(within(t, time.Minute), digest, []byte{0}, 1, 10*time.Second)
		wantCause(t, err, plugins.ErrFault, "out of bounds memory access")
	}
}
