package wire

import (
	"bytes"
	"testing"
)

// tamper writes two numbers into a payload and mends its total, so that the
// fuzzer gets past the envelope and at offsets and counts.
func tamper(b []byte, at uint16, value uint32, also uint16, other uint32) []byte {
	b = bytes.Clone(b)
	if len(b) < envelopeSize {
		return b
	}
	for _, change := range []struct {
		at    uint16
		value uint32
	}{{at, value}, {also, other}} {
		if i := int(change.at) &^ 3; i+4 <= len(b) {
			le.PutUint32(b[i:], change.value)
		}
	}
	copy(b, magic)
	le.PutUint32(b[8:], uint32(len(b)))
	return b
}

func FuzzDecodeRequest(f *testing.F) {
	f.Add(goldens(f)["request"], uint16(0x228), uint32(1), uint16(0x124), uint32(2))
	f.Add([]byte("SBX1\x01\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"), uint16(0), uint32(0), uint16(0), uint32(0))
	f.Fuzz(func(t *testing.T, b []byte, at uint16, value uint32, also uint16, other uint32) {
		b = tamper(b, at, value, also, other)
		q, err := DecodeRequest(b)
		if err != nil {
			return
		}
		// What was read can be written, and then reads the same.
		first, err := AppendRequest(nil, &q)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeRequest(first)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := AppendRequest(nil, &again); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("a request changed on its way (%v)", err)
		}
	})
}

func FuzzDecodeAnswer(f *testing.F) {
	f.Add(goldens(f)["answer"], uint16(0x98), uint32(1), uint16(0x20), uint32(64))
	f.Add(goldens(f)["refusal"], uint16(12), uint32(2), uint16(0), uint32(0))
	q := sampleRequest()
	f.Fuzz(func(t *testing.T, b []byte, at uint16, value uint32, also uint16, other uint32) {
		b = tamper(b, at, value, also, other)
		a, err := DecodeAnswer(b)
		if err != nil {
			return
		}
		first, err := AppendAnswer(nil, &a)
		if err != nil {
			t.Fatal(err)
		}
		again, err := DecodeAnswer(first)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := AppendAnswer(nil, &again); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("an answer changed on its way (%v)", err)
		}
		if err := a.Accept(&q); err == nil && a.Status == OK && len(a.Charts) < len(q.Series) {
			t.Fatalf("%d charts were accepted for %d series", len(a.Charts), len(q.Series))
		}
	})
}

// FuzzAccept holds one payload against another as answer and question. What is
// accepted is safe to draw: every column of a chart has as many entries as x.
func FuzzAccept(f *testing.F) {
	golden := goldens(f)
	f.Add(golden["request"], golden["answer"], uint16(0), uint32(0), uint16(0x98), uint32(1))
	f.Add(golden["request"], golden["refusal"], uint16(0x124), uint32(2), uint16(0), uint32(0))
	f.Fuzz(func(t *testing.T, question, answer []byte, at uint16, value uint32, also uint16, other uint32) {
		q, err := DecodeRequest(tamper(question, at, value, 0, le.Uint32([]byte(magic))))
		if err != nil {
			return
		}
		a, err := DecodeAnswer(tamper(answer, also, other, 0, le.Uint32([]byte(magic))))
		if err != nil || a.Accept(&q) != nil {
			return
		}
		if a.Status != OK {
			if a.Message == "" || len(a.Charts) != 0 {
				t.Fatalf("declined with message %q and %d charts", a.Message, len(a.Charts))
			}
			return
		}
		asked := map[int]bool{}
		for i := range a.Charts {
			c := &a.Charts[i]
			asked[c.Series] = true
			n := len(c.X)
			if len(c.States) != n || len(c.Phase) != n || len(c.Signals) != n || len(c.Causes) != n || n > 0 && int(c.Phase[n-1]) != len(c.Phases) {
				t.Fatalf("chart %d: %+v", i, c)
			}
			for _, column := range columnsOf(c) {
				if *column != nil && len(*column) != n {
					t.Fatalf("chart %d has a column of %d numbers for %d points", i, len(*column), n)
				}
			}
		}
		if len(asked) != len(q.Series) {
			t.Fatalf("charts of %d series were accepted for %d", len(asked), len(q.Series))
		}
	})
}
