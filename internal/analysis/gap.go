package analysis

import (
	"fmt"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/measures/words"
)

// Gap is how far one stratum lies from another, or from the whole, over time.
type Gap struct {
	// Chart is of the differences, with limits where there are points enough. It
	// has no direction: towards zero is better, and zero may lie on either side.
	Chart    measures.Chart
	Baseline int // how many points make the limits; 0: all
	Distance words.Distance
}

// GapOf makes the gap between two charts as they were released, so that it tells
// nothing more than they do: where either is hidden there is no difference. It has
// one phase, from the first point to the last, because strata have no phases
// agreed upon for their difference; its baseline is the measure's, or all there is
// where too few points of that can be seen.
func GapOf(m *measures.Measure, of, against *Chart, name string) (Gap, error) {
	in, row := spc.Input{XIsDate: true}, map[int32]int{}
	for j, x := range against.Chart.X {
		row[x] = j
	}
	measured := 0
	for i, x := range of.Chart.X {
		j, there := row[x]
		if !there {
			continue
		}
		state := max(of.Chart.States[i], against.Chart.States[j])
		y := of.Chart.Y[i] - against.Chart.Y[j]
		switch {
		case of.Chart.States[i] == measures.Suppressed || against.Chart.States[j] == measures.Suppressed:
			y, state = measures.Missing, measures.Suppressed
		case measures.IsMissing(y):
			state = measures.NotMeasured
		default:
			measured++
		}
		in.X, in.Y, in.States = append(in.X, x), append(in.Y, y), append(in.States, state)
	}
	way := method{measures.XmR.String(), measures.MDC}
	switch {
	case measured < pointsForRun:
		way = method{measures.Run.String(), measures.NoRules}
	case measured < pointsForLimits:
		way = method{measures.Run.String(), measures.Anhoej}
	}
	kind := measures.XmR
	if way.entry == measures.Run.String() {
		kind = measures.Run
	}
	baseline := 0
	if enough(in.Y[:min(m.Baseline, len(in.Y))]) {
		baseline = m.Baseline
	}
	if len(in.X) > 0 {
		in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: baseline}}
	}
	p := spc.Defaults(kind, way.rules)
	p.Direction = measures.Neutral
	chart, err := spc.Compute(in, p)
	if err != nil {
		return Gap{}, fmt.Errorf("gap in %s between %s and %s: %w", m.ID, of.Stratum, name, err)
	}
	if way.rules == measures.NoRules {
		chart.Variation = measures.VariationEmpty
	}
	return Gap{Chart: chart, Baseline: baseline, Distance: distance(m, &chart, name)}, nil
}

// enough reports whether values can make limits, though some of them be hidden.
func enough(values []float64) bool {
	measured := 0
	for _, v := range values {
		if !measures.IsMissing(v) {
			measured++
		}
	}
	return measured >= pointsForLimits
}

// distance counts on which side of zero the latest differences lie.
func distance(m *measures.Measure, c *measures.Chart, against string) words.Distance {
	d := words.Distance{Unit: m.Unit, Grain: m.Grain, Against: against}
	for i := c.Len() - 1; i >= 0 && d.Points < words.PointsApart; i-- {
		y := c.Y[i]
		if measures.IsMissing(y) {
			continue
		}
		d.Points++
		d.Mean += y
		if y > 0 {
			d.Above++
		} else if y < 0 {
			d.Below++
		}
	}
	if d.Points > 0 {
		d.Mean /= float64(d.Points)
	}
	return d
}
