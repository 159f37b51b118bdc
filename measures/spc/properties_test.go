package spc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// anySeries makes a series of small whole numbers, so that ties and points on
// the mean occur, with gaps and runs.
func anySeries(r *rand.Rand) Input {
	y := make([]float64, 1+r.IntN(60))
	level := 0.0
	for i := range y {
		if r.IntN(12) == 0 {
			level = float64(r.IntN(9) - 4)
		}
		y[i] = level + float64(r.IntN(7))
		if r.IntN(25) == 0 {
			y[i] = measures.Missing
		}
	}
	in := months(y...)
	in.States = make([]measures.State, len(y))
	for i := range in.States {
		if r.IntN(25) == 0 {
			in.States[i] = measures.Excluded
		}
	}
	return in
}

func anyRules(r *rand.Rand, kind measures.Kind) Parameters {
	rules := []measures.RuleSet{measures.MDC, measures.MDCR022, measures.Anhoej}
	p := Defaults(kind, rules[r.IntN(len(rules))])
	p.Direction = increase
	return p
}

var kindsBuilt = []measures.Kind{measures.XmR, measures.MR, measures.Run}

func TestSignalsDoNotDependOnUnits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		in, p := anySeries(r), anyRules(r, kindsBuilt[r.IntN(3)])
		a := compute(t, in, p)
		// By powers of two and whole numbers, so that nothing is rounded anew
		// where nothing was before.
		scale, move := 8.0, 0.0
		if a.Kind == measures.Run {
			move = 1024
		}
		for i := range in.Y {
			in.Y[i] = in.Y[i]*scale + move
		}
		b := compute(t, in, p)
		if !slices.Equal(a.Signals, b.Signals) || !slices.Equal(a.Causes, b.Causes) || a.Variation != b.Variation {
			t.Fatalf("%s: signals change when %v is scaled by %g and moved by %g", a.Kind, a.Y, scale, move)
		}
		for i := range a.Upper {
			if !near(a.Upper[i]*scale+move, b.Upper[i], 1e-12) || !near(a.Centre[i]*scale+move, b.Centre[i], 1e-12) {
				t.Fatalf("%s: lines do not scale", a.Kind)
			}
		}
	}
}

func TestMovingASeriesMovesItsLines(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		in, p := anySeries(r), anyRules(r, measures.XmR)
		a := compute(t, in, p)
		for i := range in.Y {
			in.Y[i] += 1000
		}
		b := compute(t, in, p)
		for i := range a.Upper {
			if !near(a.Upper[i]+1000, b.Upper[i], 1e-11) || !near(a.Lower[i]+1000, b.Lower[i], 1e-11) || !near(a.Centre[i]+1000, b.Centre[i], 1e-11) {
				t.Fatalf("lines %g %g %g became %g %g %g", a.Lower[i], a.Centre[i], a.Upper[i], b.Lower[i], b.Centre[i], b.Upper[i])
			}
		}
	}
}

// mirrored swaps the two signals of every pair.
func mirrored(s measures.Signals) measures.Signals {
	const up = measures.OutsideUpper | measures.TrendIncreasing | measures.TwoInThreeAbove | measures.ShiftAbove
	return s&up<<1 | s>>1&up
}

func TestMirroredSeriesHasMirroredSignals(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		in, p := anySeries(r), anyRules(r, []measures.Kind{measures.XmR, measures.Run}[r.IntN(2)])
		a := compute(t, in, p)
		for i := range in.Y {
			in.Y[i] = -in.Y[i]
		}
		p.Direction = measures.Decrease
		b := compute(t, in, p)
		for i := range a.Signals {
			if mirrored(a.Signals[i]) != b.Signals[i] || a.Causes[i] != b.Causes[i] {
				t.Fatalf("point %d: %q, %s became %q, %s", i+1, a.Signals[i].Names(), a.Causes[i], b.Signals[i].Names(), b.Causes[i])
			}
		}
		if a.Phases[0] != b.Phases[0] {
			t.Fatalf("runs %+v became %+v", a.Phases[0], b.Phases[0])
		}
	}
}

func TestPhasesAreChartsOfTheirOwn(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		in, p := anySeries(r), anyRules(r, kindsBuilt[r.IntN(3)])
		cut := r.IntN(len(in.X))
		in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 12}, {Start: measures.Date(in.X[cut]), Baseline: 14}}
		both := compute(t, in, p)
		for k, part := range [][2]int{{0, cut}, {cut, len(in.X)}} {
			from, to := part[0], part[1]
			if from == to {
				continue
			}
			alone := compute(t, Input{X: in.X[from:to], XIsDate: true, Y: in.Y[from:to], States: in.States[from:to],
				Phases: in.Phases[k : k+1]}, p)
			if !slices.Equal(alone.Signals, both.Signals[from:to]) || !sameBits(alone.Upper, both.Upper[from:to]) ||
				!sameBits(alone.Centre, both.Centre[from:to]) || !sameBits(alone.Y, both.Y[from:to]) {
				t.Fatalf("%s: phase %d differs from the same points alone", p.Kind, k+1)
			}
			if alone.Phases[0] != both.Phases[both.Phase[from]-1] {
				t.Fatalf("%s: runs test differs", p.Kind)
			}
		}
	}
}

// Missing has one bit pattern only, or a plugin's chart could differ from the
// host's in numbers that are not there.
func TestMissingHasOneBitPattern(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 1000 {
		in, p := anySeries(r), anyRules(r, kindsBuilt[r.IntN(3)])
		p.Multiply = 100
		for i, y := range in.Y {
			if measures.IsMissing(y) {
				in.Y[i] = math.Float64frombits(0xfff8000000000123)
			}
		}
		c := compute(t, in, p)
		for _, column := range [][]float64{c.Y, c.N, c.Centre, c.Lower, c.Upper, c.NearLower, c.NearUpper} {
			for _, v := range column {
				if measures.IsMissing(v) && math.Float64bits(v) != math.Float64bits(measures.Missing) {
					t.Fatalf("%s: a missing number is written %x", p.Kind, math.Float64bits(v))
				}
			}
		}
	}
}

func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}
