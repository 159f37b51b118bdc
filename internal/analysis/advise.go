package analysis

import (
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/advice"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// disclosed replaces the charts by what may be released, with the advice about
// them, and gives the number of points that are hidden in them. Advice is found
// on the true figures, as signals are, and says no more of them than the released
// chart: where counts are rounded it carries no number made from values, where
// points are hidden it names no point, and of a chart that is withheld nothing is
// said but what is known of events.
func disclosed(terms policy.Disclosure, m *measures.Measure, charts []Chart) (hidden int) {
	truth := make([]measures.Chart, len(charts))
	for i := range charts {
		truth[i] = charts[i].Chart
	}
	hidden = disclose(terms, charts)
	for i := range charts {
		c := &charts[i]
		c.Ranges = ranges(terms, c)
		if slices.ContainsFunc(c.Chart.Notes, isWithheld) {
			continue
		}
		c.Advice = advice.Of(&truth[i], advice.About{
			Grain: m.Grain, Unit: m.Unit, Share: Share(m), Events: c.Events, Decided: c.Decided,
			Detail: detail(terms, &c.Chart), Value: words.Line, Period: words.Period,
		})
		// Charts from the cache share their notes, so they are never appended to.
		c.Chart.Notes = slices.Concat(c.Chart.Notes, c.Advice)
	}
	return hidden
}

func isWithheld(n measures.Note) bool { return n.Code == disclosure.ChartWithheld }

func detail(terms policy.Disclosure, released *measures.Chart) advice.Detail {
	switch {
	case disclosure.Open(terms):
		return advice.Full
	case slices.Contains(released.States, measures.Suppressed):
		return advice.NoPoints
	default:
		return advice.NoNumbers
	}
}

// ranges gives the moving ranges beside a chart as they may be released, or nil.
// Their mean is what the limits are made from; seen rounded in two places it
// would be known more closely than either tells. So where a point is hidden there
// are no ranges to see.
func ranges(terms policy.Disclosure, c *Chart) *disclosure.Figure {
	if c.Ranges == nil || slices.Contains(c.Chart.States, measures.Suppressed) && !disclosure.Open(terms) {
		return nil
	}
	released, hidden := disclosure.Apply(terms, []disclosure.Figure{*c.Ranges})
	if hidden > 0 {
		return nil
	}
	// A target for the values is none for how they differ.
	released[0].Chart.Target, released[0].Chart.Assurance = measures.Missing, measures.AssuranceEmpty
	return &released[0]
}
