package sdk_test

import (
	"fmt"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// A plugin with one entry, and the question that a host would ask it. In a
// plugin Handle is called in init, main is empty, and the host does the rest.
func Example() {
	sdk.Handle("latest", func(q sdk.Question) (sdk.Answer, error) {
		var a sdk.Answer
		for i := range q.Series {
			s := &q.Series[i]
			if len(s.Periods) == 0 {
				return a, fmt.Errorf("%s has no figures", s.Organisation)
			}
			c := measures.Chart{Series: i, Kind: measures.Custom, XIsDate: !q.Whole, Target: measures.Missing,
				Phases: []measures.PhaseStatistics{{}}}
			for k, period := range s.Periods {
				c.X = append(c.X, int32(period))
				c.Y = append(c.Y, s.Columns[0][k])
				c.Phase = append(c.Phase, 1)
				c.Signals = append(c.Signals, 0)
				c.Causes = append(c.Causes, measures.Common)
			}
			a.Charts = append(a.Charts, c)
		}
		return a, nil
	})

	question, err := wire.AppendRequest(nil, &wire.Request{
		Measure: "falls", Entry: "latest", Inputs: []string{"value"},
		Series: []measures.Series{{
			Organisation: "ZZ1",
			Periods:      []measures.Date{measures.DateOf(2026, 1, 1), measures.DateOf(2026, 2, 1)},
			States:       []measures.State{measures.Final, measures.Final},
			Columns:      [][]float64{{4, 2}},
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := wire.DecodeAnswer(sdk.Serve(question))
	if err != nil {
		fmt.Println(err)
		return
	}
	c := answer.Charts[0]
	fmt.Println(c.XText(c.Last()), c.Y[c.Last()])
	// Output: 2026-02-01 2
}
