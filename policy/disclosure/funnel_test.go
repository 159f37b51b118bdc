package disclosure

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// funnelOf draws a funnel of proportions with limits at three standard errors,
// the dispersion among them: everything that could give a count away.
func funnelOf(numerator, denominator []float64) (measures.Chart, error) {
	c := measures.Chart{Kind: measures.Funnel, Direction: measures.Increase, Target: gone}
	n := len(numerator)
	c.Signals, c.Causes, c.States = make([]measures.Signals, n), make([]measures.Cause, n), make([]measures.State, n)
	all, of := 0.0, 0.0
	for i := range numerator {
		all, of = all+numerator[i], of+denominator[i]
	}
	centre := all / of
	for i := range numerator {
		y, se := numerator[i]/denominator[i], math.Sqrt(centre*(1-centre)/denominator[i])
		c.X, c.Y, c.N, c.Phase = append(c.X, int32(i+1)), append(c.Y, 100*y), append(c.N, denominator[i]), append(c.Phase, 1)
		c.Z, c.Centre = append(c.Z, (y-centre)/se), append(c.Centre, 100*centre)
		c.Lower, c.Upper = append(c.Lower, 100*(centre-3*se)), append(c.Upper, 100*(centre+3*se))
		c.NearLower, c.NearUpper = append(c.NearLower, 100*(centre-2*se)), append(c.NearUpper, 100*(centre+2*se))
		c.Causes[i] = measures.Common
		if c.Z[i] > 3 {
			c.Signals[i], c.Causes[i] = measures.OutsideUpper, measures.Improvement
		}
		c.Phi += c.Z[i] * c.Z[i] / float64(n)
	}
	c.Tau2 = c.Phi / 1000
	return c, nil
}

func sums(numerator, denominator []float64) Figure {
	return Figure{Organisation: policy.Everyone, Numerator: numerator, Denominator: denominator, Multiply: 100}
}

func funnel(t *testing.T, terms policy.Disclosure, numerator, denominator []float64) (Figure, int) {
	t.Helper()
	f, hidden, err := Funnel(terms, sums(numerator, denominator), funnelOf)
	if err != nil {
		t.Fatal(err)
	}
	return f, hidden
}

func TestFunnelOfOpenFiguresIsDrawnOnThemAsTheyAre(t *testing.T) {
	numerator, denominator := []float64{3, 52, 81.5}, []float64{10, 101, 203}
	want, _ := funnelOf(numerator, denominator)
	f, hidden := funnel(t, policy.Disclosure{RoundTo: 1, ZeroVisible: true}, numerator, denominator)
	if hidden != 0 || !same(f.Chart.Y, want.Y) || !same(f.Chart.Z, want.Z) || !same(f.Numerator, numerator) || len(f.Chart.Notes) != 0 {
		t.Errorf("hidden %d, drawn %v, scores %v", hidden, f.Chart.Y, f.Chart.Z)
	}
}

func TestHiddenGroupOfAFunnelHasNeitherValueNorScoreNorLimits(t *testing.T) {
	f, hidden := funnel(t, national, []float64{3, 5, 52, 81, 99}, []float64{40, 62, 101, 203, 301})
	c := &f.Chart
	if hidden != 2 || c.Len() != 5 {
		t.Fatalf("%d hidden of %d", hidden, c.Len())
	}
	for i := range c.X {
		absent := i < 2
		for name, column := range map[string][]float64{"numerator": f.Numerator, "denominator": f.Denominator, "y": c.Y, "n": c.N, "z": c.Z,
			"lower": c.Lower, "upper": c.Upper, "near lower": c.NearLower, "near upper": c.NearUpper} {
			if measures.IsMissing(column[i]) != absent {
				t.Errorf("group %d: %s is %v", i+1, name, column[i])
			}
		}
		if (c.States[i] == measures.Suppressed) != absent || absent && (c.Causes[i] != measures.NoCause || c.Signals[i] != 0) {
			t.Errorf("group %d is %v, %v, %v", i+1, c.States[i], c.Causes[i], c.Signals[i])
		}
		if measures.IsMissing(c.Centre[i]) {
			t.Errorf("group %d has no centre", i+1)
		}
	}
	if f.Numerator[2] != 50 || f.Denominator[2] != 100 || c.Y[2] != 50 {
		t.Errorf("52 of 101 is released as %g of %g, %g%%", f.Numerator[2], f.Denominator[2], c.Y[2])
	}
	if len(c.Notes) != 3 || c.Notes[0].Code != SomeHidden || c.Notes[1].Code != ManyHidden || c.Notes[2].Code != Rounded {
		t.Errorf("notes %+v", c.Notes)
	}
}

func TestGroupHiddenAloneIsNotAlone(t *testing.T) {
	for _, test := range []struct {
		name      string
		numerator []float64
		secondary bool
		want      []int
	}{
		{"the next smallest goes with it", []float64{3, 40, 30, 90}, true, []int{0, 2}},
		{"a zero hides nothing", []float64{3, 40, 0, 90}, true, []int{0, 1}},
		{"two hide each other", []float64{3, 40, 5, 90}, true, []int{0, 2}},
		{"none needs no other", []float64{13, 40, 15, 90}, true, nil},
		{"unless the terms say so", []float64{3, 40, 30, 90}, false, []int{0}},
	} {
		terms := national
		terms.Secondary = test.secondary
		f, _ := funnel(t, terms, test.numerator, []float64{200, 200, 200, 200})
		var got []int
		for i, state := range f.Chart.States {
			if state == measures.Suppressed {
				got = append(got, i)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%s: hidden %v, want %v", test.name, got, test.want)
		}
	}
}

// Somebody who knows every other count exactly, and the method, learns nothing of
// a hidden one: whatever it is, the very same funnel is released.
func TestNothingReleasedOfAFunnelHangsOnAHiddenCount(t *testing.T) {
	denominator := []float64{63, 101, 203, 301, 512, 98, 77}
	for _, test := range []struct {
		name        string
		of          func(hidden float64) []float64
		first, last float64
	}{
		{"the only one", func(v float64) []float64 { return []float64{v, 52, 81, 140, 260, 44, 31} }, 1, 7},
		{"one of two", func(v float64) []float64 { return []float64{v, 52, 81, 140, 260, 2, 31} }, 1, 7},
		{"a decimal", func(v float64) []float64 { return []float64{v + .5, 52, 81, 140, 260, 44, 31} }, 0, 7},
		{"all but a few", func(v float64) []float64 { return []float64{63 - v, 52, 81, 140, 260, 44, 31} }, 1, 7},
	} {
		var first string
		for v := test.first; v <= test.last; v++ {
			f, hidden := funnel(t, national, test.of(v), denominator)
			if hidden < 2 {
				t.Fatalf("%s: %d hidden", test.name, hidden)
			}
			// As text, because what is missing does not equal itself.
			if all := fmt.Sprintf("%+v", f); first == "" {
				first = all
			} else if all != first {
				t.Errorf("%s: with %g hidden the funnel is\n%s\nwith %g it is\n%s", test.name, v, all, test.first, first)
			}
		}
	}
}

func TestFunnelOfHiddenGroupsKeepsTheCentreOfAll(t *testing.T) {
	var numerator, denominator []float64
	for range 40 { // half of them small, all with the same share
		numerator, denominator = append(numerator, 4, 40), append(denominator, 100, 1000)
	}
	f, _ := funnel(t, national, numerator, denominator)
	if c := f.Chart.Centre[0]; math.Abs(c-4) > 0.1 {
		t.Errorf("the centre is %g%%, every group has 4%%", c)
	}
}

func TestFunnelWhoseDrawingFailsIsNotReleased(t *testing.T) {
	broken := errors.New("broken")
	f, _, err := Funnel(national, sums([]float64{3, 52}, []float64{40, 101}), func([]float64, []float64) (measures.Chart, error) {
		return measures.Chart{}, broken
	})
	if !errors.Is(err, broken) || f.Numerator != nil {
		t.Errorf("error %v with %+v", err, f)
	}
}
