package charts

import (
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/measures/words"
)

// methodOf says how the lines of a measure's chart were made: by the defaults of
// its kind and rules, which is how the site asks the library's plugin for them.
// Of another plugin's lines nothing is said.
func methodOf(m *measures.Measure, kind measures.Kind, rules measures.RuleSet) words.Method {
	if m.Uses.Plugin != "spc" || kind == measures.Custom {
		return words.Method{}
	}
	p := spc.Defaults(kind, rules)
	return words.Method{Constant: p.Constant, Screened: p.Screen, Median: p.Median,
		Lambda: p.Lambda, Shift: p.Shift, Decision: p.Decision, OddsRatio: p.OddsRatio}
}

// ownKind reports whether a plugin drew the chart in a way of its own, whose lines
// the host could not compute again.
func (v chartView) ownKind() bool { return v.chart.Chart.Kind == measures.Custom }

// plugin names what computed the chart: "What staff say (staff 1.0.0)".
func (v chartView) plugin() string {
	m := v.receipt.Release.Manifest
	return m.Title + " (" + m.ID + " " + m.Version + ")"
}
