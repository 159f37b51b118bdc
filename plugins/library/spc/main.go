// Command spc is the library's own plugin: statistical process control charts
// and run charts. It is built for WebAssembly and runs in the sandbox like any
// other; its arithmetic is in measures/spc.
package main

import (
	"errors"
	"fmt"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/sdk"
)

func init() {
	for _, kind := range []measures.Kind{measures.XmR, measures.MR, measures.Run, measures.P, measures.PPrime, measures.U, measures.UPrime,
		measures.C, measures.NP, measures.G, measures.T, measures.XBar, measures.S, measures.IPrime, measures.EWMA, measures.CUSUM,
		measures.Funnel, measures.Bernoulli, measures.VLAD} {
		sdk.Handle(kind.String(), func(q sdk.Question) (sdk.Answer, error) {
			charts, err := sdk.ComputeCharts(kind, &q.Request)
			if errors.Is(err, spc.ErrNotBuilt) {
				err = fmt.Errorf("%w: %v", sdk.ErrUnsupported, err)
			}
			return sdk.Answer{Charts: charts}, err
		})
	}
}

func main() {}
