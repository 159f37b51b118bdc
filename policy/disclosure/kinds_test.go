package disclosure

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
)

// charted is a figure of any kind, computed by the library's own arithmetic.
func charted(t *testing.T, kind measures.Kind, numerator, denominator []float64) Figure {
	t.Helper()
	in := spc.Input{XIsDate: true, Y: numerator, N: denominator}
	for i := range numerator {
		in.X = append(in.X, int32(measures.DateOf(2024, i+1, 1)))
	}
	c, err := spc.Compute(in, spc.Defaults(kind, measures.NoRules))
	if err != nil {
		t.Fatal(err)
	}
	return Figure{Organisation: "RQW", Chart: c, Numerator: numerator, Denominator: denominator, Multiply: 1}
}

// draws are counts and denominators of which one count is small.
func draws(random *rand.Rand, n int) (numerator, denominator []float64, at int) {
	for range n {
		d := float64(300 + random.IntN(300))
		numerator, denominator = append(numerator, math.Floor(d*(.2+.2*random.Float64()))), append(denominator, d)
	}
	at = random.IntN(n)
	numerator[at] = float64(1 + random.IntN(7))
	return numerator, denominator, at
}

func TestEveryKindIsReleasedOrWithheldAsDecided(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	numerator, denominator, at := draws(random, 24)
	for _, test := range []struct {
		kind          measures.Kind
		values, lines bool
	}{
		{measures.Run, true, true}, {measures.XmR, true, true}, {measures.MR, true, true}, {measures.P, true, true}, {measures.U, true, true},
		{measures.PPrime, true, false}, {measures.UPrime, true, false}, {measures.IPrime, true, false}, {measures.NP, true, false},
		{measures.EWMA, false, false}, {measures.CUSUM, false, false}, {measures.T, false, false}, {measures.G, false, false},
	} {
		n, d := numerator, denominator
		if test.kind == measures.T || test.kind == measures.G {
			d = nil
		}
		f := charted(t, test.kind, n, d)
		out := apply(t, national, f)
		c := &out.Chart
		other := (at + 5) % len(n)
		if values := !measures.IsMissing(c.Y[other]); values != test.values {
			t.Errorf("%s: values released %v", test.kind, values)
		}
		if !measures.IsMissing(c.Y[at]) || !measures.IsMissing(out.Numerator[at]) {
			t.Errorf("%s: the small count is released", test.kind)
		}
		if lines := test.kind == measures.Run && !measures.IsMissing(c.Centre[other]) || !measures.IsMissing(c.Upper[other]); lines != test.lines {
			t.Errorf("%s: limits released %v", test.kind, lines)
		}
		if c.EWMA != nil || c.CusumHigh != nil || c.CusumLow != nil || c.VLAD != nil || c.Z != nil {
			t.Errorf("%s: a column that runs through all points is released", test.kind)
		}
		if !test.lines && !slices.ContainsFunc(c.Notes, func(n measures.Note) bool { return n.Code == LinesWithheld || n.Code == ChartWithheld }) {
			t.Errorf("%s: nobody is told that lines are missing: %v", test.kind, c.Notes)
		}
	}
}

// TestLimitsOfAPChartTellOnlyWhatIsReleased: whoever holds the released chart can
// make its limits from the released centre and denominators, so they tell nothing.
func TestLimitsOfAPChartTellOnlyWhatIsReleased(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		numerator, denominator, _ := draws(random, 36)
		for _, kind := range []measures.Kind{measures.P, measures.U} {
			out := apply(t, national, charted(t, kind, numerator, denominator))
			c := &out.Chart
			for i := range c.Y {
				variance := c.Centre[i]
				if kind == measures.P {
					variance *= 1 - c.Centre[i]
				}
				want := c.Centre[i] + 3*math.Sqrt(variance/out.Denominator[i])
				if math.Abs(c.Upper[i]-want) > 1e-12 || measures.IsMissing(c.Upper[i]) != measures.IsMissing(out.Denominator[i]) {
					t.Fatalf("%s: upper limit %v, made from what is released %v", kind, c.Upper[i], want)
				}
				if c.Centre[i] != c.Centre[0] {
					t.Fatalf("%s: the centre is rounded differently at point %d", kind, i)
				}
			}
		}
	}
}
