package host_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// TestFunnelsAndSumsAreTheSameToTheLastBitInTheSandbox: logarithms, sines, gamma
// functions and the chances of counts are ours because those of the language
// differ between processors. Verify compares every column with the host's own.
func TestFunnelsAndSumsAreTheSameToTheLastBitInTheSandbox(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	release := install(t, h, built(t, spcFolder))
	for name, p := range settingsApart() {
		t.Run(name, func(t *testing.T) {
			q := requestApart(rand.New(rand.NewPCG(8, 9)), p)
			charts, err := h.Run(within(t, 60*time.Second), release.Digest, q)
			if err != nil {
				t.Fatal(err)
			}
			if err := plugins.Verify(release, &q, charts); err != nil {
				t.Error(err)
			}
			signals := measures.Signals(0)
			for i := range charts {
				for _, s := range charts[i].Signals {
					signals |= s
				}
			}
			if signals == 0 {
				t.Error("no chart had a signal, so that limits were hardly tried")
			}
		})
	}
}

// settingsApart are the kinds whose limits are not of their values, in every form.
func settingsApart() map[string]spc.Parameters {
	list := map[string]spc.Parameters{}
	for _, kind := range []measures.Kind{measures.EWMA, measures.CUSUM, measures.Bernoulli, measures.VLAD} {
		p := spc.Defaults(kind, measures.Anhoej)
		p.Lambda, p.HeadStart, p.OddsRatio = 0.3, 1.1, 1.7
		p.Decision = min(p.Decision, 4) / 2 // phases are short
		list[kind.String()] = p
	}
	for _, ratio := range []spc.Ratio{spc.Proportion, spc.Standardised, spc.Rate} {
		for _, form := range []string{"chance", "additive", "exact", "log", "log additive"} {
			p := spc.Defaults(measures.Funnel, measures.Anhoej)
			p.Ratio, p.Multiply = ratio, 1000.0/7
			p.Additive, p.Exact = form == "additive" || form == "log additive", form == "exact"
			if form[0] == 'l' {
				p.Transform = spc.Log
			}
			if p.Check() == nil { // not every form goes with every ratio
				list[fmt.Sprintf("funnel %s %s", ratio, form)] = p
			}
		}
	}
	return list
}

// requestApart asks for charts of values that suit the settings and that no
// decimal writes exactly, with gaps and excluded points.
func requestApart(random *rand.Rand, p spc.Parameters) wire.Request {
	q := wire.Request{Measure: "apart", Entry: p.Kind.String(), Inputs: []string{sdk.InputNumerator, sdk.InputDenominator},
		Parameters: sdk.ChartParameters(p), Whole: true}
	if p.Kind == measures.Bernoulli {
		q.Inputs = q.Inputs[:1]
	}
	for range 40 {
		one := measures.Series{Organisation: "RXX"}
		if p.Kind != measures.Funnel {
			one.Phases = []measures.Phase{{Start: 1, Baseline: 14}, {Start: 31}}
		}
		size := math.Exp(random.Float64() * 12)
		var y, n []float64
		for x := range 60 {
			state := measures.Final
			if random.IntN(15) == 0 {
				state = measures.Excluded
			}
			one.Periods, one.States = append(one.Periods, measures.Date(x+1)), append(one.States, state)
			a, b := pointApart(random, p, size*(0.1+random.Float64()))
			y, n = append(y, a), append(n, b)
		}
		one.Columns = [][]float64{y, n}[:len(q.Inputs)]
		q.Series = append(q.Series, one)
	}
	return q
}

func pointApart(random *rand.Rand, p spc.Parameters, size float64) (y, n float64) {
	switch {
	case p.Kind == measures.Bernoulli, p.Kind == measures.VLAD:
		y, n = float64(random.IntN(3)/2), random.Float64()/2
	case p.Exact && p.Ratio == spc.Proportion:
		n = math.Ceil(size)
		y = math.Floor(n * random.Float64())
	case p.Kind == measures.Funnel && p.Ratio == spc.Standardised:
		y, n = math.Floor(size*math.Exp(random.NormFloat64()/5)), size
	default:
		y, n = size*random.Float64(), size
	}
	if random.IntN(20) == 0 {
		y = measures.Missing
	}
	return y, n
}
