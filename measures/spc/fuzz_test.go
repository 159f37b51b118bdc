package spc

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// FuzzCompute: whatever the input, no panic, no infinity, no missing mark but
// the one there is, and columns that fit together.
func FuzzCompute(f *testing.F) {
	f.Add([]byte("01234567abcdefgh01234567"), uint8(1), uint8(1), uint8(1), 1.0, int16(12), int16(5))
	f.Add(make([]byte, 400), uint8(2), uint8(2), uint8(2), 100.0, int16(0), int16(-3))
	f.Add(binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.Inf(1))), uint8(0), uint8(3), uint8(0), 1e99, int16(1), int16(0))
	f.Add(binary.LittleEndian.AppendUint64(nil, math.Float64bits(1e100)), uint8(1), uint8(3), uint8(0), 1e100, int16(1), int16(0))
	f.Fuzz(func(t *testing.T, data []byte, kind, rules, direction uint8, multiply float64, baseline, start int16) {
		p := Defaults(measures.Kind(kind), measures.RuleSet(rules))
		p.Direction, p.Multiply = measures.Direction(direction), multiply
		p.Screen = kind%2 == 0
		var in Input
		for i := 0; i+8 <= len(data); i += 8 {
			v := math.Float64frombits(binary.LittleEndian.Uint64(data[i:]))
			in.X = append(in.X, int32(i/8))
			in.Y = append(in.Y, v)
			in.States = append(in.States, measures.State(data[i]%5))
			if baseline%3 == 0 {
				in.N = append(in.N, math.Abs(v)/3)
			}
		}
		in.Phases = []measures.Phase{{Start: measures.Date(start), Baseline: int(baseline)}, {Start: measures.Date(start) + 7}}
		in.Targets = []measures.Target{{Value: multiply}}
		c, err := Compute(in, p)
		if err != nil {
			return
		}
		for name, column := range map[string][]float64{"y": c.Y, "n": c.N, "centre": c.Centre, "lower": c.Lower,
			"upper": c.Upper, "near lower": c.NearLower, "near upper": c.NearUpper} {
			if len(column) != len(in.X) {
				t.Fatalf("%s has %d entries, want %d", name, len(column), len(in.X))
			}
			for i, v := range column {
				if math.IsInf(v, 0) {
					t.Fatalf("%s[%d] is infinite", name, i)
				}
			}
		}
		for i, s := range c.Signals {
			if s&^measures.AllSignals != 0 || !c.Causes[i].Known() || (c.Causes[i] == measures.NoCause) != measures.IsMissing(c.Y[i]) {
				t.Fatalf("point %d: signals %b, cause %s, y %g", i+1, s, c.Causes[i], c.Y[i])
			}
		}
	})
}
