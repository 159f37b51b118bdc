package charts

import (
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/layout"
)

// pinnedText says since when the organisation has the definition, and how far it has
// gone with it.
func (v chartView) pinnedText() string {
	a := v.definition.Adoption
	if a == nil {
		return "It is only looked at: nobody here has adopted it."
	}
	did := " adopted it on "
	if a.Stage == postgres.Pilot {
		did = " has it on trial since "
	}
	year, month, day := a.At.UTC().Date()
	return v.organisation.Name + did + measures.DateOf(year, int(month), day).DayName() + "."
}

// note is what the organisation wants its readers to know of the measure.
func (v chartView) note() string {
	if v.definition == nil {
		return ""
	}
	return v.definition.Layer.Note
}

// drawnBy says whose definition draws all organisations, where it does not come with
// the program.
func drawnBy(r analysis.Receipt) []string {
	if r.Defined.Digest == "" {
		return nil
	}
	return []string{"drawn by " + r.Defined.Manifest.Title + " " + r.Defined.Manifest.Version + ", as your organisation runs it"}
}

// pinnedFacts name the release that defines a chart, and what was laid over it; none
// where the definition comes with the program.
func pinnedFacts(r analysis.Receipt) []layout.Fact {
	if r.Defined.Digest == "" {
		return nil
	}
	facts := []layout.Fact{{Term: "Definition", Value: r.Defined.Manifest.ID + " " + r.Defined.Manifest.Version, Code: r.Defined.Digest.Short()}}
	var laid []string
	for _, l := range r.Laid {
		laid = append(laid, l.What+": "+l.Here)
	}
	if len(laid) > 0 {
		facts = append(facts, layout.Fact{Term: "Laid over it", Value: strings.Join(laid, " · ")})
	}
	return facts
}
