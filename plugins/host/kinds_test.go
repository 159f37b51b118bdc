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

// TestEveryShewhartKindIsTheSameToTheLastBitInTheSandbox: WebAssembly rounds as
// the host does only where the arithmetic leaves neither a choice, so roots,
// powers and weights are tried on many uneven series.
func TestEveryShewhartKindIsTheSameToTheLastBitInTheSandbox(t *testing.T) {
	h := newHost(t, func(o *host.Options) { o.Limits = patient() })
	release := install(t, h, built(t, spcFolder))
	random := rand.New(rand.NewPCG(3, 6))
	for _, kind := range []measures.Kind{measures.XmR, measures.MR, measures.Run, measures.P, measures.PPrime, measures.U, measures.UPrime, measures.C,
		measures.NP, measures.G, measures.T, measures.XBar, measures.S, measures.IPrime} {
		for _, rules := range []measures.RuleSet{measures.MDC, measures.MDCR022, measures.Anhoej} {
			t.Run(fmt.Sprintf("%s/%s", kind, rules), func(t *testing.T) {
				q := unevenRequest(random, kind, rules)
				charts, err := h.Run(within(t, 30*time.Second), release.Digest, q)
				if err != nil {
					t.Fatal(err)
				}
				if err := plugins.Verify(release, &q, charts); err != nil {
					t.Error(err)
				}
				for i := range charts {
					if charts[i].Kind != kind || charts[i].Last() < 0 {
						t.Fatalf("chart %d is of kind %s, its last point %d", i, charts[i].Kind, charts[i].Last())
					}
				}
			})
		}
	}
}

// unevenRequest asks for charts of series with gaps, excluded points, two phases
// and baselines, in numbers that no decimal writes exactly.
func unevenRequest(random *rand.Rand, kind measures.Kind, rules measures.RuleSet) wire.Request {
	p := spc.Defaults(kind, rules)
	p.Multiply, p.Floor = 1000.0/7, 1.0/3
	q := wire.Request{Measure: "uneven", Entry: kind.String(), Inputs: []string{sdk.InputValue}, Parameters: sdk.ChartParameters(p), Whole: true}
	rows, ratio := 1, false
	switch kind {
	case measures.XBar, measures.S:
		rows = 6
	case measures.P, measures.PPrime, measures.U, measures.UPrime, measures.NP, measures.IPrime:
		ratio = true
		q.Inputs = []string{sdk.InputNumerator, sdk.InputDenominator}
	}
	for range 60 {
		one := measures.Series{Organisation: "RXX", Phases: []measures.Phase{{Start: 1, Baseline: 14}, {Start: 31}}}
		level := math.Exp(random.Float64() * 8)
		var y, n []float64
		for x := range 50 {
			state := measures.Final
			if random.IntN(15) == 0 {
				state = measures.Excluded
			}
			for range 1 + random.IntN(rows) {
				one.Periods, one.States = append(one.Periods, measures.Date(x+1)), append(one.States, state)
				d := level * (1 + random.Float64())
				n, y = append(n, d), append(y, d*random.Float64()+1e-9)
				if random.IntN(20) == 0 {
					y[len(y)-1] = measures.Missing
				}
			}
		}
		one.Columns = [][]float64{y}
		if ratio {
			for i := range y {
				y[i] = math.Min(y[i], n[i])
			}
			one.Columns = append(one.Columns, n)
		}
		q.Series = append(q.Series, one)
	}
	return q
}
