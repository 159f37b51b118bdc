package spc

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// FuzzCompute: whatever the input, no panic, no infinity, no missing mark but
// the one there is, and columns that fit together.
func FuzzCompute(f *testing.F) {
	for kind := measures.Run; kind.Known(); kind++ {
		f.Add([]byte("01234567abcdefgh0123456789\x00\x01\xff~~"), uint8(kind), uint8(kind)%8, uint8(1), false, 1.0, int16(12), int16(5))
	}
	f.Add([]byte("01234567abcdefgh01234567"), uint8(1), uint8(1), uint8(1), true, 1.0, int16(12), int16(5))
	f.Add(make([]byte, 400), uint8(2), uint8(2), uint8(2), true, 100.0, int16(0), int16(-3))
	f.Add(binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.Inf(1))), uint8(0), uint8(3), uint8(0), true, 1e99, int16(1), int16(0))
	f.Add(binary.LittleEndian.AppendUint64(nil, math.Float64bits(1e100)), uint8(1), uint8(3), uint8(0), true, 1e100, int16(1), int16(0))
	f.Fuzz(func(t *testing.T, data []byte, kind, rules, direction uint8, raw bool, multiply float64, baseline, start int16) {
		p := Defaults(measures.Kind(kind), measures.RuleSet(rules))
		p.Direction, p.Multiply = measures.Direction(direction), multiply
		p.Screen = p.Screen != (start%2 == 0)
		in := smallNumbers(data, p.Kind)
		if raw {
			in = rawNumbers(data, baseline%3 == 0)
		}
		in.Phases = []measures.Phase{{Start: measures.Date(start), Baseline: int(baseline)}, {Start: measures.Date(start) + 7}}
		in.Targets = []measures.Target{{Value: multiply}}
		c, err := Compute(in, p)
		if err != nil {
			if !errors.Is(err, ErrInput) && !errors.Is(err, ErrNotBuilt) {
				t.Fatal(err)
			}
			return
		}
		wantFinite(t, &c)
		for i, s := range c.Signals {
			if s&^measures.AllSignals != 0 || !c.Causes[i].Known() || (c.Causes[i] == measures.NoCause) != measures.IsMissing(c.Y[i]) {
				t.Fatalf("point %d: signals %b, cause %s, y %g", i+1, s, c.Causes[i], c.Y[i])
			}
		}
	})
}

// rawNumbers takes every eight bytes for a number, whatever it is.
func rawNumbers(data []byte, denominators bool) Input {
	var in Input
	for i := 0; i+8 <= len(data); i += 8 {
		v := math.Float64frombits(binary.LittleEndian.Uint64(data[i:]))
		in.X = append(in.X, int32(i/8))
		in.Y = append(in.Y, v)
		in.States = append(in.States, measures.State(data[i]%5))
		if denominators {
			in.N = append(in.N, math.Abs(v)/3)
		}
	}
	return in
}

// smallNumbers takes every byte for a point of the sort that a kind is made
// from: few different values, so that ties and gaps are many.
func smallNumbers(data []byte, kind measures.Kind) Input {
	var in Input
	n := make([]float64, len(data))
	for i, b := range data {
		y := float64(b % 16)
		if b%61 == 60 {
			y = measures.Missing
		}
		in.X, in.Y = append(in.X, int32(i)), append(in.Y, y)
		in.States = append(in.States, measures.State(b/64))
		n[i] = float64(b / 8 % 8 * 4)
	}
	switch kind {
	case measures.P, measures.PPrime, measures.NP:
		for i := range in.Y {
			in.Y[i] = min(in.Y[i], n[i])
		}
		in.N = n
	case measures.U, measures.UPrime, measures.IPrime, measures.Funnel:
		in.N = n
	case measures.T:
		for i := range in.Y {
			in.Y[i] = in.Y[i]/4 + 0.25
		}
	case measures.XBar, measures.S:
		in.group(1 + len(data)%5)
	case measures.Bernoulli, measures.VLAD:
		for i := range in.Y {
			in.Y[i] = min(in.Y[i], 1)
			n[i] = (n[i] + 1) / 32
		}
		if kind == measures.VLAD {
			in.N = n
		}
	}
	return in
}
