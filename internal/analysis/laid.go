package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// Laid is one thing that an organisation has laid over the core of a measure, in
// words: what it is, as the core has it, and as it is here.
type Laid struct{ What, Core, Here string }

// none is what a core says where it says nothing.
const none = "none"

// Laid lists what is laid over the core of the measure, as a difference; empty where
// nothing is.
func (d *Definition) Laid() []Laid {
	var list []Laid
	add := func(what, core, here string) {
		if core != here {
			list = append(list, Laid{what, core, here})
		}
	}
	add("Dataset", string(d.Core.Dataset), string(d.Dataset))
	if d.Core.Mix != nil && d.Mix != nil {
		add("Dataset of the mix check", string(d.Core.Mix.Dataset), string(d.Mix.Dataset))
	}
	if d.Layer.Targets != nil {
		add("Target", targets(d.Core.Targets, d.Unit), targets(d.Layer.Targets, d.Unit))
	}
	if b := d.Layer.Baseline; b != nil {
		add("Baseline", baseline(d.Core), fmt.Sprintf("%s to %s, %d points, locked", b.From.MonthName(), b.To.MonthName(), b.Points))
	}
	if d.Layer.Stratifiers != nil {
		add("Split by", listed(d.Core.Stratifiers), listed(d.Layer.Stratifiers))
	}
	if d.Layer.Note != "" {
		add("Note", none, d.Layer.Note)
	}
	return list
}

// Locked reports whether the organisation compares with a baseline of its own.
func (d *Definition) Locked() bool { return d.Layer.Baseline != nil }

func targets(list []measures.Target, unit measures.Unit) string {
	var texts []string
	for _, t := range slices.Backward(list) { // the one that holds now first
		texts = append(texts, words.TargetOf(t, unit))
	}
	return listed(texts)
}

func baseline(core *measures.Measure) string {
	if core.Baseline == 0 {
		return "all points"
	}
	return fmt.Sprintf("the first %d points", core.Baseline)
}

func listed(texts []string) string {
	if len(texts) == 0 {
		return none
	}
	return strings.Join(texts, "; ")
}
