package spc

import (
	"math"
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

func TestUnevenSubgroupsPoolTheirDeviations(t *testing.T) {
	// Deviations 1 (of 3 values) and sqrt(8) (of 2): pooled, (2*1 + 1*8)/3.
	in := subgrouped([]float64{9, 10, 11}, []float64{14, 18})
	pooled := math.Sqrt(10.0 / 3)
	c := compute(t, in, Defaults(measures.XBar, measures.Anhoej))
	wantLines(t, &c, 0, 12.4, 12.4-1.9544100476*pooled, 12.4+1.9544100476*pooled)
	wantLines(t, &c, 1, 12.4, 12.4-2.6586807764*pooled, 12.4+2.6586807764*pooled)
	if !slices.Equal(c.Y, []float64{10, 16}) || !slices.Equal(c.N, []float64{3, 2}) {
		t.Errorf("means %v of %v", c.Y, c.N)
	}
	s := compute(t, in, Defaults(measures.S, measures.Anhoej))
	wantLines(t, &s, 0, pooled, 0, 2.5681696026*pooled)
}

func TestRowWithoutAValueIsPassedOverInItsSubgroup(t *testing.T) {
	in := subgrouped([]float64{9, measures.Missing, 11}, []float64{4}, []float64{measures.Missing}, []float64{14, 18})
	c := compute(t, in, Defaults(measures.XBar, measures.Anhoej))
	if !slices.Equal(c.N, []float64{2, 1, 0, 2}) || c.Y[0] != 10 || c.Y[1] != 4 || !measures.IsMissing(c.Y[2]) {
		t.Errorf("means %v of %v", c.Y, c.N)
	}
	if !measures.IsMissing(c.Upper[1]) || measures.IsMissing(c.Upper[0]) {
		t.Errorf("upper limits %v: one value has no limits, two have", c.Upper)
	}
	s := compute(t, in, Defaults(measures.S, measures.Anhoej))
	if !measures.IsMissing(s.Y[1]) || !close9(s.Y[0], math.Sqrt2) {
		t.Errorf("deviations %v", s.Y)
	}
}

func TestStateOfASubgroupIsThatOfItsRows(t *testing.T) {
	in := subgrouped([]float64{1, 2}, []float64{3, 4}, []float64{5, 6}, []float64{7, 8}, []float64{9, 9})
	in.States = []measures.State{
		measures.Final, measures.Excluded,
		measures.Final, measures.Provisional,
		measures.NotMeasured, measures.Final,
		measures.NotMeasured, measures.NotMeasured,
		measures.Final, measures.Final,
	}
	c := compute(t, in, Defaults(measures.XBar, measures.Anhoej))
	if want := []measures.State{measures.Excluded, measures.Provisional, measures.Final, measures.NotMeasured, measures.Final}; !slices.Equal(c.States, want) {
		t.Errorf("states %v, want %v", c.States, want)
	}
	if c.Y[0] != 1.5 || c.Y[2] != 6 || c.N[2] != 1 || !measures.IsMissing(c.Y[3]) {
		t.Errorf("means %v of %v", c.Y, c.N)
	}
	// The centre leaves out the excluded subgroup as a whole.
	if want := (3.5*2 + 6*1 + 9*2) / 5.0; !close9(c.Centre[0], want) {
		t.Errorf("centre %g, want %g", c.Centre[0], want)
	}
}

func TestPhasesAndBaselinesCountSubgroups(t *testing.T) {
	in := subgrouped([]float64{1, 3}, []float64{2, 4}, []float64{50, 60}, []float64{5, 7}, []float64{6, 8}, []float64{90, 95})
	in.Phases = []measures.Phase{{Start: 1, Baseline: 2}, {Start: 4, Baseline: 2}}
	c := compute(t, in, Defaults(measures.XBar, measures.Anhoej))
	if !slices.Equal(c.Phase, []int32{1, 1, 1, 2, 2, 2}) || c.Centre[2] != 2.5 || c.Centre[5] != 6.5 {
		t.Errorf("phases %v, centres %v", c.Phase, c.Centre)
	}
}

func TestSubgroupChartSharesNothingWithItsInput(t *testing.T) {
	in := kindSeries(measures.XBar, 20)
	before := slices.Clone(in.Y)
	p := Defaults(measures.XBar, measures.Anhoej)
	p.Multiply = 100
	c := compute(t, in, p)
	c.X[0], c.States[0] = -5, measures.Suppressed
	if !slices.Equal(before, in.Y) || in.X[0] == -5 {
		t.Error("the input changed")
	}
}

func TestConstantsOfSubgroupsAreThoseOfTheTable(t *testing.T) {
	var g struct {
		Input  struct{ N []float64 }
		Expect struct {
			C4, A3 []float64
			B3, B4 []float64
		}
	}
	readGolden(t, "testdata/golden/constants_c4_A3_B3_B4.json", &g)
	if len(g.Input.N) < 20 {
		t.Fatalf("%d sizes", len(g.Input.N))
	}
	for i, n := range g.Input.N {
		c := c4(n)
		wide := 3 * math.Sqrt(1-c*c) / c
		for _, constant := range []struct {
			name      string
			got, want float64
		}{{"c4", c, g.Expect.C4[i]}, {"A3", 3 / (c * math.Sqrt(n)), g.Expect.A3[i]}, {"B3", max(0, 1-wide), g.Expect.B3[i]}, {"B4", 1 + wide, g.Expect.B4[i]}} {
			if !close9(constant.got, constant.want) {
				t.Errorf("%s(%g) = %.12g, want %.12g", constant.name, n, constant.got, constant.want)
			}
		}
	}
}

func TestC4AgreesWithTheLogarithmOfGamma(t *testing.T) {
	for _, n := range []float64{2, 3, 10, 50, 99, 100, 101, 1000, 1e4} {
		a, _ := math.Lgamma(n / 2)
		b, _ := math.Lgamma((n - 1) / 2)
		if want := math.Sqrt(2/(n-1)) * math.Exp(a-b); !near(c4(n), want, 1e-11) {
			t.Errorf("c4(%g) = %.16g, want %.16g", n, c4(n), want)
		}
	}
	// Where the series takes over from the recurrence, both must agree.
	if before, at, after := c4(99), c4(100), c4(101); !(before < at && at < after) {
		t.Errorf("c4 does not rise: %.17g, %.17g, %.17g", before, at, after)
	}
	g := 1 / math.Sqrt(math.Pi)
	for m := 2.0; m < 100; m++ {
		g = (m - 1) / 2 / g
	}
	if !near(c4(100), math.Sqrt(2.0/99)*g, 1e-14) {
		t.Errorf("the series gives %.17g, the recurrence %.17g", c4(100), math.Sqrt(2.0/99)*g)
	}
}
