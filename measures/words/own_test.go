package words

import (
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// own is a chart of a plugin's own kind on days that nobody planned.
func own(notes ...measures.Note) *measures.Chart {
	missing := []float64{measures.Missing, measures.Missing}
	return &measures.Chart{Kind: measures.Custom, XIsDate: true, Direction: measures.Increase, Target: measures.Missing,
		X: []int32{int32(measures.DateOf(2025, 2, 4)), int32(measures.DateOf(2025, 5, 8))}, Y: []float64{90, 91}, N: missing,
		Centre: missing, Lower: missing, Upper: missing, NearLower: missing, NearUpper: missing, Phase: []int32{1, 1},
		Signals: make([]measures.Signals, 2), Causes: make([]measures.Cause, 2), States: make([]measures.State, 2),
		Phases: []measures.PhaseStatistics{{N: 2}}, Notes: notes}
}

func TestAChartOfAPluginsOwnSpeaksInThePluginsWords(t *testing.T) {
	s := Subject{Grain: measures.Irregular, Unit: measures.Unit{Symbol: "%"}}
	for name, test := range map[string]struct {
		notes []measures.Note
		want  string
	}{
		"the first sentence of the first note": {[]measures.Note{{Code: "behind", Text: "Behind: 91 lies 3.2 below the course. There is more."}, {Text: "Another."}},
			"91% on 8 May 2025. Its plugin says: Behind: 91 lies 3.2 below the course."},
		"no note":      {nil, "91% on 8 May 2025. Two points: too few to tell change from chance."},
		"far too long": {[]measures.Note{{Text: strings.Repeat("ä", 201) + "."}}, "91% on 8 May 2025. Two points: too few to tell change from chance."},
	} {
		if got := Sentence(s, own(test.notes...)).String(); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if icon := Variation(s, own()); !strings.Contains(icon.Text, "the plugin gives no icon") {
		t.Errorf("icon %+v", icon)
	}
}

func TestAReadingTakenWhenSomebodyTookItHasItsDay(t *testing.T) {
	if got := Period(int32(measures.DateOf(2025, 5, 8)), measures.Irregular); got != "8 May 2025" {
		t.Errorf("%q", got)
	}
}
