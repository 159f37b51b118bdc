package plugins

import (
	"bytes"
	"slices"
	"testing"
)

// body is one function's code: no locals, the instructions, and the end.
func body(instructions ...byte) []byte {
	return slices.Concat(appendLEB(nil, uint64(len(instructions)+2)), []byte{0}, instructions, []byte{end})
}

// withCode is a module whose sbx_alloc does this besides.
func withCode(instructions ...byte) []byte {
	both := slices.Concat([]byte{2}, body(append(instructions, 0x41, 0x80, 0x08)...), body(0x42, 0))
	return module(someTypes, functions, memory, section(globalSection, []byte("\x03\x7f\x01\x41\x07\x0b\x7e\x00\x42\x01\x0b\x7c\x01\x44\x00\x00\x00\x00\x00\x00\x00\x00\x0b")...),
		exports, section(codeSection, both...))
}

func TestAModuleThatChangesMemoryAndGlobalsOnlyIsRestorable(t *testing.T) {
	for name, code := range map[string][]byte{
		"nothing":                {},
		"a branch table":         {0x02, 0x40, 0x41, 0, 0x0e, 1, 0, 0, 0x0b},
		"stores and growing":     {0x41, 0, 0x41, 0, 0x36, 2, 0, 0x41, 1, 0x40, 0, 0x1a},
		"numbers like opcodes":   {0x41, 0xfc, 0x1c, 0x1a, 0x44, 0xfc, 0x0e, 0xfc, 0x0c, 0xfc, 0x0d, 0x26, 0x26, 0x1a},
		"copying and filling":    {0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 0, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 11, 0},
		"converting":             {0x43, 0, 0, 0, 0, 0xfc, 0, 0x1a},
		"its number in 3 bytes":  {0x43, 0, 0, 0, 0, 0xfc, 0x80, 0x80, 0x00, 0x1a},
		"a block of many values": {0x02, 0xff, 0xff, 0x03, 0x0b},
	} {
		m := withCode(code...)
		r, ok := MakeRestorable(m)
		if !ok || !slices.Equal(r.Globals, []string{"signalbox.global.0", "signalbox.global.2"}) {
			t.Errorf("%s: %v, %q", name, ok, r.Globals)
			continue
		}
		if err := Preflight(r.Module, DefaultLimits()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, again := MakeRestorable(r.Module); again {
			t.Errorf("%s: a module that has such exports already was taken", name)
		}
		if !bytes.Contains(r.Module, []byte("signalbox.global.2\x03\x02")) {
			t.Errorf("%s: global 2 is not exported", name)
		}
	}
}

func TestAModuleThatCouldChangeAnythingElseIsNotRestorable(t *testing.T) {
	for name, code := range map[string][]byte{
		"table.set":                        {0x26, 0},
		"table.get":                        {0x25, 0},
		"data.drop":                        {0xfc, 9, 0},
		"table.init":                       {0xfc, 12, 0, 0},
		"elem.drop":                        {0xfc, 13, 0},
		"table.copy":                       {0xfc, 14, 0, 0},
		"table.copy, its number in 2":      {0xfc, 0x8e, 0x00, 0, 0},
		"table.grow":                       {0xfc, 15, 0},
		"table.fill":                       {0xfc, 17, 0},
		"a vector":                         {0xfd, 0},
		"an atomic":                        {0xfe, 0},
		"a tail call":                      {0x12, 0},
		"an exception":                     {0x08, 0},
		"a number without end":             {0x41, 0x80},
		"memory 1":                         {0x3f, 1},
		"memory 0, its number in two":      {0x3f, 0x80, 0x00},
		"a branch table longer than there": {0x0e, 0x7f},
	} {
		if _, ok := MakeRestorable(withCode(code...)); ok {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestAGlobalWhoseExpressionNeverEndsIsNotReadForEver(t *testing.T) {
	for _, body := range [][]byte{{1, 0x7f, 1}, {1, 0x7f, 1, 0x41, 0}, {2, 0x7f, 1, 0x41, 0, 0x0b, 0x7f, 1, 0x01}} {
		endless := module(someTypes, functions, memory, section(globalSection, body...), exports, code)
		if err := Preflight(endless, DefaultLimits()); err != nil {
			t.Fatal(err)
		}
		if _, ok := MakeRestorable(endless); ok {
			t.Errorf("globals %x were taken", body)
		}
	}
}

func FuzzMakeRestorable(f *testing.F) {
	f.Add(sound)
	f.Add(withCode(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		sound := Preflight(b, DefaultLimits()) == nil
		r, ok := MakeRestorable(b)
		if !ok || !sound {
			return
		}
		if err := Preflight(r.Module, DefaultLimits()); err != nil {
			t.Fatalf("a sound module is not sound any more: %v", err)
		}
		if len(r.Globals) > 0 {
			if _, again := MakeRestorable(r.Module); again {
				t.Fatal("restorable twice over")
			}
		}
	})
}
