package spc

import (
	"math/rand/v2"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

var everyRuleSet = []measures.RuleSet{measures.NoRules, measures.MDC, measures.MDCR022, measures.Anhoej,
	measures.IHI, measures.WesternElectric, measures.Nelson, measures.PowerBI}

// everyKind is the kinds that Compute knows and that chart a series in time.
func everyKind(t *testing.T) []measures.Kind {
	t.Helper()
	var kinds []measures.Kind
	for kind := measures.Run; kind.Known(); kind++ {
		p := Defaults(kind, measures.NoRules)
		if kind != measures.Funnel && built(&p) == nil {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) < 14 {
		t.Fatalf("kinds %v", kinds)
	}
	return kinds
}

// anySeries makes a series of small whole numbers, so that ties and points on
// the mean occur, with gaps and runs, that suits a kind of chart.
func anySeries(r *rand.Rand, kind measures.Kind) Input {
	y := make([]float64, 1+r.IntN(60))
	level, noise := 4.0, 1+r.IntN(7)
	for i := range y {
		if r.IntN(12) == 0 {
			level = float64(r.IntN(9))
		}
		y[i] = level + float64(r.IntN(noise))
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
	in.suit(r, kind)
	return in
}

// suit changes a series into one that a kind of chart is made from.
func (in *Input) suit(r *rand.Rand, kind measures.Kind) {
	n := make([]float64, len(in.Y))
	for i := range n {
		n[i] = float64(int(16) << r.IntN(4))
		if r.IntN(30) == 0 {
			n[i] = 0
		}
	}
	switch kind {
	case measures.P, measures.PPrime, measures.NP:
		in.N = n
		for i := range n {
			in.Y[i] = min(in.Y[i], n[i])
		}
	case measures.U, measures.UPrime, measures.IPrime:
		in.N = n
	case measures.T:
		for i := range in.Y {
			in.Y[i]++
		}
	case measures.XBar, measures.S:
		in.group(1 + r.IntN(4))
	case measures.Bernoulli, measures.VLAD:
		for i, y := range in.Y {
			in.Y[i] = min(y, 1)
			n[i] = 0.1 + 0.2*float64(r.IntN(4))
		}
		if kind == measures.VLAD {
			in.N = n
		}
	}
}

// group gives every so many rows the x of the first of them.
func (in *Input) group(size int) {
	for i := range in.X {
		in.X[i] = in.X[i-i%size]
	}
}

func anyRules(r *rand.Rand, kind measures.Kind) Parameters {
	p := Defaults(kind, everyRuleSet[r.IntN(len(everyRuleSet))])
	p.Direction = increase
	return p
}

// one of some things.
func one[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// part is some rows of a series, as a series of its own.
func (in *Input) part(from, to int) Input {
	cut := Input{X: in.X[from:to], XIsDate: in.XIsDate, Y: in.Y[from:to], States: in.States[from:to]}
	if in.N != nil {
		cut.N = in.N[from:to]
	}
	return cut
}

// columnsOf are the columns of numbers of a chart, by name.
func columnsOf(c *measures.Chart) map[string][]float64 {
	columns := map[string][]float64{"y": c.Y, "n": c.N, "centre": c.Centre, "lower": c.Lower, "upper": c.Upper,
		"near lower": c.NearLower, "near upper": c.NearUpper}
	for name, column := range map[string][]float64{"ewma": c.EWMA, "cusum high": c.CusumHigh, "cusum low": c.CusumLow,
		"vlad": c.VLAD, "z": c.Z} {
		if column != nil {
			columns[name] = column
		}
	}
	return columns
}
