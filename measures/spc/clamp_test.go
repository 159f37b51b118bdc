package spc

import (
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

func TestFloorAndCeilingMoveLinesAndNothingElse(t *testing.T) {
	in := months(97, 99, 96, 100, 98, 99, 97, 100, 99, 98, 96, 99, 100, 80)
	in.Targets = []measures.Target{{Value: 100}}
	p := xmr(measures.MDC)
	free := compute(t, in, p)
	p.Floor, p.Ceiling = 95, 100
	c := compute(t, in, p)
	if free.Upper[0] <= 100 || free.Lower[0] >= 95 {
		t.Fatalf("the limits %g and %g lie within the bounds: this test tests nothing", free.Lower[0], free.Upper[0])
	}
	if c.Upper[0] != 100 || c.Lower[0] != 95 || c.Centre[0] != free.Centre[0] {
		t.Errorf("lines %g %g %g", c.Lower[0], c.Centre[0], c.Upper[0])
	}
	if !slices.Equal(c.Signals, free.Signals) || !slices.Equal(c.Causes, free.Causes) || c.Variation != free.Variation || c.Assurance != free.Assurance {
		t.Error("a bound changed a judgement")
	}
	if !slices.Equal(noteCodes(&c), []string{NoteClamped}) || !strings.Contains(c.Notes[0].Text, "lower limit, upper limit") {
		t.Errorf("notes %v", c.Notes)
	}
}

func TestBoundsThatMoveNothingAreNotNoted(t *testing.T) {
	p := xmr(measures.MDC)
	p.Floor, p.Ceiling = -1000, 1000
	c := compute(t, months(1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2), p)
	if len(c.Notes) != 0 {
		t.Errorf("notes %v", c.Notes)
	}
}

func TestBoundsAreInPlottedUnitsAndHoldInEveryKindThatPlotsTheMeasure(t *testing.T) {
	for _, kind := range []measures.Kind{measures.Run, measures.XmR, measures.P, measures.PPrime, measures.U, measures.UPrime, measures.C,
		measures.NP, measures.G, measures.T, measures.XBar, measures.IPrime} {
		in, p := kindSeries(kind, 20), Defaults(kind, measures.Anhoej)
		p.Multiply = 10
		free := compute(t, in, p)
		p.Ceiling = free.Centre[0] * 0.999
		p.Floor = p.Ceiling * 0.99
		c := compute(t, in, p)
		for i := range c.Centre {
			for _, v := range [...]float64{c.Centre[i], c.Lower[i], c.Upper[i], c.NearLower[i], c.NearUpper[i]} {
				if v < p.Floor || v > p.Ceiling {
					t.Errorf("%s: a line at %g, outside %g to %g", kind, v, p.Floor, p.Ceiling)
				}
			}
		}
		if !slices.Equal(free.Y, c.Y) {
			t.Errorf("%s: points moved", kind)
		}
	}
}

// The floor of a temperature is no floor of its standard deviation.
func TestBoundsOfAMeasureSayNothingOfItsRangesAndDeviations(t *testing.T) {
	for _, kind := range []measures.Kind{measures.MR, measures.S} {
		in, p := kindSeries(kind, 20), Defaults(kind, measures.Anhoej)
		free := compute(t, in, p)
		p.Floor, p.Ceiling = 35, 42
		c := compute(t, in, p)
		if !sameBits(free.Upper, c.Upper) || !sameBits(free.Centre, c.Centre) || len(c.Notes) != len(free.Notes) {
			t.Errorf("%s: lines moved to %g and %g", kind, c.Centre[0], c.Upper[0])
		}
	}
}
