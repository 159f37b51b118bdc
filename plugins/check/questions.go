package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/conformance"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// asked is one entry of the plugin with a way of asking it.
type asked struct {
	entry    string
	inputs   []string
	settings []wire.Parameter
	// measure is the plugin's own that asks so; empty where nobody said how the
	// entry wants to be asked.
	measure measures.MeasureID
}

// questionsFor finds how each entry is to be asked: as the plugin's own measures
// ask it, or, where it has none, as a value and as a share.
//
// A module without a manifest is asked too: what it does is worth knowing.
func questionsFor(m *plugins.Manifest) []asked {
	var list []asked
	entries := m.Entries
	if m.ID == "" {
		entries = []string{measures.XmR.String()}
	}
	for _, entry := range entries {
		own := asOwnMeasures(m, entry)
		if len(own) == 0 {
			usual := measures.Measure{Unit: measures.Unit{Multiply: 1}, Direction: measures.Increase}
			settings := sdk.Settings(&usual, entry, measures.MDC, false)
			own = []asked{{entry, []string{sdk.InputValue}, settings, ""},
				{entry, []string{sdk.InputNumerator, sdk.InputDenominator}, settings, ""}}
		}
		list = append(list, own...)
	}
	return list
}

func asOwnMeasures(m *plugins.Manifest, entry string) []asked {
	var list []asked
	for i := range m.Measures {
		measure := &m.Measures[i]
		if measure.Uses.Plugin != m.ID || measure.Uses.Entry != entry {
			continue
		}
		one := asked{entry: entry, settings: sdk.Settings(measure, entry, measure.Rules, false), measure: measure.ID}
		for _, in := range measure.Inputs {
			one.inputs = append(one.inputs, in.Name)
		}
		if !slices.ContainsFunc(list, func(a asked) bool {
			return slices.Equal(a.inputs, one.inputs) && slices.Equal(a.settings, one.settings)
		}) {
			list = append(list, one)
		}
	}
	return list
}

// vectors are the questions to one entry: the short ones, or those that take
// memory and time.
func (a *asked) vectors(long bool) []conformance.Vector {
	return slices.DeleteFunc(conformance.Vectors(a.entry, a.inputs, a.settings), func(v conformance.Vector) bool {
		return (v.Request.Rows() > short) != long
	})
}

// short is how many points the quick questions have at most.
const short = 1_000

// declined says what it means that an entry declined every question: nothing
// where it was asked in another way too and answered that.
func (c *checking) declined(a *asked, why string, answered map[string]bool) (Finding, bool) {
	inputs := strings.Join(a.inputs, " and ")
	switch {
	case why == "" || c.release.Manifest.ID == "":
	case a.measure != "":
		return Finding{"answers", fmt.Sprintf("entry %q declined every question that measure %q asks, about %s: %s", a.entry, a.measure, inputs, sentence(why)),
			"let the inputs of the measure be those that the code looks for.", false}, true
	case !answered[a.entry]:
		return Finding{"answers", fmt.Sprintf("entry %q declined every question about %s: %s", a.entry, inputs, sentence(why)),
			"if it takes other inputs, bring a measure in the manifest that names them, so that it is asked as it wants to be.", false}, true
	}
	return Finding{}, false
}
