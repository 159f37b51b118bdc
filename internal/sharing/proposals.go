package sharing

import (
	"fmt"
	"math"
	"slices"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
)

const (
	// fewestBefore is how many measured points a baseline has at least: with fewer,
	// one point more would move the limits too far.
	fewestBefore = 12
	// mostBefore keeps a baseline to what a team still remembers: two years of months,
	// so that each season is in it twice.
	mostBefore = 24
	// reached is the share of baseline points that have reached a target which is
	// taken from an organisation's own history: it has been done, and not by chance once.
	reached = 0.25
)

// measuredPoints are the periods of a chart with a value that can be seen.
func measuredPoints(c *measures.Chart) (periods []measures.Date, values []float64) {
	for i, y := range c.Y {
		if !measures.IsMissing(y) {
			periods, values = append(periods, measures.Date(c.X[i])), append(values, y)
		}
	}
	return periods, values
}

// baselineBefore is the stretch that is compared with: of the last 12 to 24 measured
// points before a period the longest on one level, because limits over two levels fit
// neither. Where there is none, it is as long as may be. It is nil where there are too
// few points.
func baselineBefore(c *measures.Chart, first measures.Date) *postgres.Baseline {
	periods, values := measuredPoints(c)
	end, _ := slices.BinarySearch(periods, first)
	if end < fewestBefore {
		return nil
	}
	longest := max(0, end-mostBefore)
	from := longest
	for from <= end-fewestBefore && !quiet(values[from:end]) {
		from++
	}
	if from > end-fewestBefore {
		from = longest
	}
	return &postgres.Baseline{From: periods[from], To: periods[end-1], Points: end - from}
}

// quiet reports whether some points lie on one level: none is outside limits of their
// own, no run on one side of the mean or median is too long, and they cross it often
// enough.
func quiet(values []float64) bool {
	in := spc.Input{Y: values}
	for i := range values {
		in.X = append(in.X, int32(i))
	}
	limits, err := spc.Compute(in, spc.Defaults(measures.XmR, measures.MDC))
	if err != nil {
		return false
	}
	runs, err := spc.Compute(in, spc.Defaults(measures.Run, measures.Anhoej))
	return err == nil && !slices.ContainsFunc(runs.Phases, func(p measures.PhaseStatistics) bool { return p.Signal }) &&
		!slices.ContainsFunc(limits.Signals, func(s measures.Signals) bool { return s&unsettling != 0 })
}

const unsettling = measures.OutsideUpper | measures.OutsideLower | measures.ShiftAbove | measures.ShiftBelow

// valuesWithin are the measured points of a baseline.
func valuesWithin(c *measures.Chart, b *postgres.Baseline) (within []float64) {
	periods, values := measuredPoints(c)
	for i, p := range periods {
		if p >= b.From && p <= b.To {
			within = append(within, values[i])
		}
	}
	return within
}

// targetFromHistory proposes what an organisation has reached in a quarter of its
// baseline. Where neither direction is better, there is nothing to reach.
func targetFromHistory(m *measures.Measure, c *measures.Chart, b *postgres.Baseline) (measures.Target, bool) {
	if b == nil || m.Direction == measures.Neutral {
		return measures.Target{}, false
	}
	before := valuesWithin(c, b)
	if len(before) == 0 {
		return measures.Target{}, false
	}
	slices.Sort(before)
	if m.Direction == measures.Increase {
		slices.Reverse(before)
	}
	best := before[int(math.Ceil(reached*float64(len(before))))-1]
	scale := math.Pow10(m.Unit.Decimals)
	return measures.Target{Value: math.Round(best*scale) / scale, Label: fmt.Sprintf("reached in a quarter of %d points before", len(before))}, true
}
