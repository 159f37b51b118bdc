package spc

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// Kinds whose lines move and grow with their values. Those of counts do not:
// ten times as many events vary by three times as much.
var (
	kindsThatScale = []measures.Kind{measures.Run, measures.XmR, measures.MR, measures.XBar, measures.S, measures.IPrime}
	kindsThatMove  = []measures.Kind{measures.Run, measures.XmR, measures.XBar, measures.IPrime}
)

func TestSignalsDoNotDependOnUnits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 4000 {
		kind := one(r, kindsThatScale...)
		in, p := anySeries(r, kind), anyRules(r, kind)
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
		wantSameSignals(t, &a, &b)
		for i := range a.Upper {
			if !near(a.Upper[i]*scale+move, b.Upper[i], 1e-12) || !near(a.Centre[i]*scale+move, b.Centre[i], 1e-12) {
				t.Fatalf("%s: lines do not scale", a.Kind)
			}
		}
	}
}

func TestMultiplyingChangesUnitsOnly(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	kinds := everyKind(t)
	for range 4000 {
		kind := one(r, kinds...)
		if countsOutcomes(kind) {
			continue
		}
		in, p := anySeries(r, kind), anyRules(r, kind)
		a := compute(t, in, p)
		p.Multiply = 1000
		b := compute(t, in, p)
		wantSameSignals(t, &a, &b)
		by := p.Multiply
		lines := by
		if kind == measures.CUSUM { // its sums and limits are in standard deviations
			lines = 1
		}
		for i := range a.Upper {
			if !near(a.Upper[i]*lines, b.Upper[i], 1e-12) || !near(a.Lower[i]*lines, b.Lower[i], 1e-12) ||
				!near(a.Centre[i]*by, b.Centre[i], 1e-12) || !near(a.Y[i]*by, b.Y[i], 1e-12) {
				t.Fatalf("%s: lines %g %g %g became %g %g %g", kind, a.Lower[i], a.Centre[i], a.Upper[i], b.Lower[i], b.Centre[i], b.Upper[i])
			}
		}
	}
}

// countsOutcomes reports whether a kind adds up single outcomes, which have no
// units to multiply.
func countsOutcomes(kind measures.Kind) bool {
	return kind == measures.Bernoulli || kind == measures.VLAD
}

func TestMovingASeriesMovesItsLines(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		kind := one(r, kindsThatMove...)
		in, p := anySeries(r, kind), anyRules(r, kind)
		a := compute(t, in, p)
		for i := range in.Y {
			move := 1000.0
			if in.N != nil {
				move *= in.N[i]
			}
			in.Y[i] += move
		}
		b := compute(t, in, p)
		for i := range a.Upper {
			if !near(a.Upper[i]+1000, b.Upper[i], 1e-11) || !near(a.Lower[i]+1000, b.Lower[i], 1e-11) || !near(a.Centre[i]+1000, b.Centre[i], 1e-11) {
				t.Fatalf("%s: lines %g %g %g became %g %g %g", kind, a.Lower[i], a.Centre[i], a.Upper[i], b.Lower[i], b.Centre[i], b.Upper[i])
			}
		}
	}
}

// mirrored swaps the two signals of every pair; the zone rules have one for both.
func mirrored(s measures.Signals) measures.Signals {
	const up = measures.OutsideUpper | measures.TrendIncreasing | measures.TwoInThreeAbove | measures.ShiftAbove
	const paired = up | up<<1
	return s&up<<1 | s>>1&up | s&^paired
}

// mirroredCause: what is good stays good, since the wanted direction turns too.
func mirroredCause(c measures.Cause) measures.Cause {
	switch c {
	case measures.NeutralHigh:
		return measures.NeutralLow
	case measures.NeutralLow:
		return measures.NeutralHigh
	}
	return c
}

// Values turn over about 0, and the parts of a whole into its other part.
func TestMirroredSeriesHasMirroredSignals(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 6000 {
		kind := one(r, measures.XmR, measures.Run, measures.XBar, measures.IPrime, measures.P, measures.PPrime, measures.NP)
		in, p := anySeries(r, kind), anyRules(r, kind)
		for i := range in.N {
			if kind == measures.NP { // counts out of wholes of different size have no mirror
				in.N[i] = 32
			}
		}
		a := compute(t, in, p)
		for i := range in.Y {
			switch kind {
			case measures.P, measures.PPrime, measures.NP:
				in.Y[i] = in.N[i] - in.Y[i]
			default:
				in.Y[i] = -in.Y[i]
			}
		}
		p.Direction = measures.Decrease
		b := compute(t, in, p)
		for i := range a.Signals {
			if mirrored(a.Signals[i]) != b.Signals[i] || mirroredCause(a.Causes[i]) != b.Causes[i] {
				t.Fatalf("%s, %s, point %d: %q, %s became %q, %s\n%v", kind, p.Rules, i+1, a.Signals[i].Names(), a.Causes[i], b.Signals[i].Names(), b.Causes[i], a.Y)
			}
		}
		if a.Phases[0] != b.Phases[0] {
			t.Fatalf("%s: runs %+v became %+v", kind, a.Phases[0], b.Phases[0])
		}
	}
}

func TestPhasesAreChartsOfTheirOwn(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	kinds := everyKind(t)
	for range 6000 {
		kind := one(r, kinds...)
		in, p := anySeries(r, kind), anyRules(r, kind)
		cut := r.IntN(len(in.X))
		for cut > 0 && in.X[cut] == in.X[cut-1] {
			cut--
		}
		in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 12}, {Start: measures.Date(in.X[cut]), Baseline: 14}}
		both := compute(t, in, p)
		done := 0
		for k, part := range [][2]int{{0, cut}, {cut, len(in.X)}} {
			if part[0] == part[1] {
				continue
			}
			rows := in.part(part[0], part[1])
			rows.Phases = in.Phases[k : k+1]
			alone := compute(t, rows, p)
			from, to := done, done+alone.Len()
			done = to
			if !slices.Equal(alone.Signals, both.Signals[from:to]) || !slices.Equal(alone.Causes, both.Causes[from:to]) {
				t.Fatalf("%s, %s: signals of phase %d differ from those of the same points alone", kind, p.Rules, k+1)
			}
			whole := columnsOf(&both)
			for name, column := range columnsOf(&alone) {
				if !sameBits(column, whole[name][from:to]) {
					t.Fatalf("%s: %s of phase %d is %v, alone %v", kind, name, k+1, whole[name][from:to], column)
				}
			}
			if alone.Phases[0] != both.Phases[both.Phase[from]-1] {
				t.Fatalf("%s: runs test differs", kind)
			}
		}
	}
}

func TestRowsOfASubgroupHaveNoOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 1000 {
		kind := one(r, measures.XBar, measures.S)
		in, p := anySeries(r, kind), anyRules(r, kind)
		in.States = nil
		a := compute(t, in, p)
		for from, i := 0, 1; i <= len(in.X); i++ {
			if i == len(in.X) || in.X[i] != in.X[from] {
				slices.Reverse(in.Y[from:i])
				from = i
			}
		}
		b := compute(t, in, p)
		for i := range a.Y {
			if !near(a.Y[i], b.Y[i], 1e-12) || !near(a.Upper[i], b.Upper[i], 1e-12) {
				t.Fatalf("%s: point %d, %g below %g, became %g below %g", kind, i+1, a.Y[i], a.Upper[i], b.Y[i], b.Upper[i])
			}
		}
	}
}

// Missing has one bit pattern only, or a plugin's chart could differ from the
// host's in numbers that are not there.
func TestMissingHasOneBitPattern(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	kinds := everyKind(t)
	for range 4000 {
		kind := one(r, kinds...)
		in, p := anySeries(r, kind), anyRules(r, kind)
		if !countsOutcomes(kind) {
			p.Multiply = 100
		}
		for i, y := range in.Y {
			if measures.IsMissing(y) {
				in.Y[i] = math.Float64frombits(0xfff8000000000123)
			}
		}
		c := compute(t, in, p)
		wantFinite(t, &c)
	}
}

// wantFinite: every number of a chart is finite or the one missing mark.
func wantFinite(t *testing.T, c *measures.Chart) {
	t.Helper()
	for name, column := range columnsOf(c) {
		if len(column) != c.Len() {
			t.Fatalf("%s: %s has %d entries, want %d", c.Kind, name, len(column), c.Len())
		}
		for i, v := range column {
			if math.IsInf(v, 0) || measures.IsMissing(v) && math.Float64bits(v) != math.Float64bits(measures.Missing) {
				t.Fatalf("%s: %s[%d] is %g, bits %x", c.Kind, name, i, v, math.Float64bits(v))
			}
		}
	}
}

func wantSameSignals(t *testing.T, a, b *measures.Chart) {
	t.Helper()
	if !slices.Equal(a.Signals, b.Signals) || !slices.Equal(a.Causes, b.Causes) || a.Variation != b.Variation {
		t.Fatalf("%s, %s: signals change with the units of %v", a.Kind, a.Rules, a.Y)
	}
}

func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}
