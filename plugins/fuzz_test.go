package plugins

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// FuzzManifest: what is read of a manifest is what stands in the module that it
// is put into, and judging it never fails.
func FuzzManifest(f *testing.F) {
	seed, err := json.Marshal(sampleManifest())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"id":"../../x","version":"1e999","abi":-1,"measures":[{"id":"a","unit":{"multiply":1e308},"mix":{"strata":[{}]}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ParseManifest(text)
		if err != nil {
			return
		}
		problems := m.Check()
		module, err := WithManifest(sound, m)
		if err != nil {
			return // what JSON cannot write, such as a grain of its own
		}
		again, err := ManifestOf(module)
		if err != nil {
			t.Fatalf("a manifest that was read is not read again: %v", err)
		}
		if (again.Check() == nil) != (problems == nil) || again.ID != m.ID || len(again.Measures) != len(m.Measures) {
			t.Fatalf("a manifest changed on its way: %+v, %+v", m, again)
		}
		twice, err := WithManifest(module, again)
		if err != nil || !bytes.Equal(twice, module) {
			t.Fatalf("the same manifest has two digests (%v)", err)
		}
	})
}

// FuzzMergeData: the memory of an instance is the same afterwards, and a sound
// module stays sound.
func FuzzMergeData(f *testing.F) {
	f.Add(module(section(dataSection, 3, 0, 0x41, 8, 0x0b, 2, 'a', 'b', 0, 0x41, 0, 0x0b, 1, 'c', 0, 0x41, 40, 0x0b, 1, 'd')))
	f.Add(module(section(dataSection, 2, 0, 0x41, 8, 0x0b, 2, 'a', 'b', 0, 0x41, 9, 0x0b, 1, 'c')))
	f.Add(module(section(countSection, 1), section(dataSection, 1, 1, 1, 'a')))
	f.Fuzz(func(t *testing.T, b []byte) {
		merged, err := MergeData(b)
		if err != nil {
			return
		}
		if Preflight(b, DefaultLimits()) == nil {
			if err := Preflight(merged, DefaultLimits()); err != nil {
				t.Fatalf("a sound module is not sound any more: %v", err)
			}
		}
		before, plain := laidOut(b)
		after, still := laidOut(merged)
		if plain && (!still || !reflect.DeepEqual(before, after)) {
			t.Fatalf("memory was %v and is %v", before, after)
		}
		if again, err := MergeData(merged); err != nil || !bytes.Equal(again, merged) {
			t.Fatalf("merged twice it is another module (%v)", err)
		}
	})
}

// laidOut gives the bytes that data sections put into memory, those that are
// not zero, where all are plain.
func laidOut(module []byte) (map[int64]byte, bool) {
	memory, plain := map[int64]byte{}, true
	err := sections(module, func(id byte, body []byte) error {
		if id != dataSection {
			return nil
		}
		r := &cursor{body}
		n, err := r.count()
		plain = plain && err == nil
		for range n {
			s, ok := readSegment(r)
			if plain = plain && ok; !plain {
				return nil
			}
			for i, v := range s.data {
				if delete(memory, s.offset+int64(i)); v != 0 {
					memory[s.offset+int64(i)] = v
				}
			}
		}
		return nil
	})
	return memory, err == nil && plain
}

// FuzzVerify forges an answer that is true. What passes for an answer to the
// question and for true says the same as the true one.
func FuzzVerify(f *testing.F) {
	q := wire.Request{Measure: "m", Entry: "xmr", Inputs: []string{sdk.InputValue}, Parameters: sdk.ChartParameters(spc.Defaults(measures.XmR, measures.MDC))}
	for s := range 2 {
		one := measures.Series{Organisation: "ZZ1"}
		column := []float64{}
		for i := range 14 {
			one.Periods, one.States = append(one.Periods, measures.DateOf(2025, 1+i, 1)), append(one.States, measures.Final)
			column = append(column, float64(20+(i*7+s*3)%11))
		}
		column[5], one.States[5] = measures.Missing, measures.NotMeasured
		one.Columns = [][]float64{column}
		q.Series = append(q.Series, one)
	}
	truth, err := sdk.ComputeCharts(measures.XmR, &q)
	if err != nil {
		f.Fatal(err)
	}
	payload, err := wire.AppendAnswer(nil, &wire.Answer{Charts: truth})
	if err != nil {
		f.Fatal(err)
	}
	for i := range truth {
		truth[i].Notes = nil
	}
	f.Add(uint16(0x200), uint32(0x3ff00000), uint16(0), byte(0))
	f.Add(uint16(0x84), uint32(measures.Custom), uint16(0x88), byte(1))
	f.Fuzz(func(t *testing.T, at uint16, value uint32, flip uint16, bits byte) {
		b := bytes.Clone(payload)
		if i := int(at) &^ 3; i+4 <= len(b) {
			binary.LittleEndian.PutUint32(b[i:], value)
		}
		b[int(flip)%len(b)] ^= bits
		a, err := wire.DecodeAnswer(b)
		if err != nil || a.Accept(&q) != nil || a.Status != wire.OK || Verify(Release{}, &q, a.Charts) != nil {
			return
		}
		for i := range a.Charts {
			c, want := &a.Charts[i], &truth[i]
			if c.Kind == measures.Custom {
				continue // taken on its shape
			}
			if what := difference(c, want); what != "" || c.Series != want.Series || c.Kind != want.Kind && c.Kind != measures.MR {
				t.Fatalf("chart %d passed for true: %s", i, what)
			}
		}
	})
}
