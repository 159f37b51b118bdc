package wire

import "github.com/signalbox-health/signalbox/measures"

// sampleRequest is the worked example of docs/plug-socket.md: two wards, one of
// which did not count in February.
func sampleRequest() Request {
	return Request{
		Measure: "falls", Entry: "run", Inputs: []string{"numerator", "denominator"},
		Parameters: []Parameter{Text("rules", "anhoej"), Number("multiply", 1000), Truth("median", true), DateOf("seen", measures.DateOf(2026, 4, 1))},
		Series: []measures.Series{
			{
				Organisation: "ZZ1", Stratum: "Ward 1",
				Periods: []measures.Date{measures.DateOf(2026, 1, 1), measures.DateOf(2026, 2, 1), measures.DateOf(2026, 3, 1)},
				States:  []measures.State{measures.Final, measures.NotMeasured, measures.Provisional},
				Columns: [][]float64{{4, measures.Missing, 2}, {800, measures.Missing, 640}},
				Phases:  []measures.Phase{{Start: measures.DateOf(2026, 1, 1), Baseline: 2}},
				Targets: []measures.Target{{Value: 3.5}},
			},
			{
				Organisation: "ZZ1", Stratum: "Ward 2",
				Periods: []measures.Date{measures.DateOf(2026, 3, 1)},
				States:  []measures.State{measures.Excluded},
				Columns: [][]float64{{1}, {500}},
			},
		},
	}
}

// sampleAnswer answers sampleRequest.
func sampleAnswer() Answer {
	const none = measures.NoNumber
	missing := measures.Missing
	return Answer{Charts: []measures.Chart{
		{
			Series: 0, Kind: measures.Run, Rules: measures.Anhoej, Direction: measures.Decrease, XIsDate: true,
			X: []int32{20454, 20485, 20513}, Y: []float64{5, missing, 3.125}, N: []float64{800, missing, 640},
			Centre: []float64{4.0625, 4.0625, 4.0625}, Phase: []int32{1, 1, 1},
			Signals: []measures.Signals{measures.ShiftAbove, 0, 0},
			Causes:  []measures.Cause{measures.Concern, measures.NoCause, measures.Common},
			Phases:  []measures.PhaseStatistics{{N: 3, Useful: 2, LongestRun: 1, LongestRunMax: 4, Crossings: 1, CrossingsMin: 0, Runs: none, RunsLow: none, RunsHigh: none}},
			Target:  3.5, Variation: measures.CommonCause,
			Notes: []measures.Note{{Code: "few-points", Text: "Two months are too few to judge by."}},
		},
		{
			Series: 1, Kind: measures.Run, Rules: measures.Anhoej, Direction: measures.Decrease, XIsDate: true,
			X: []int32{20513}, Y: []float64{2}, N: []float64{500}, Centre: []float64{missing}, Phase: []int32{1},
			Signals: []measures.Signals{0}, Causes: []measures.Cause{measures.Common},
			Phases: []measures.PhaseStatistics{{LongestRun: none, LongestRunMax: none, Crossings: none, CrossingsMin: none, Runs: none, RunsLow: none, RunsHigh: none}},
			Target: missing,
		},
	}}
}
