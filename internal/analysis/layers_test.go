package analysis_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// baselineOf is a stretch of months.
func baselineOf(from, to measures.Date, points int) *postgres.Baseline {
	return &postgres.Baseline{From: from, To: to, Points: points}
}

func layersOf(layer postgres.Layer) postgres.Layers {
	return postgres.Layers{Measures: map[measures.MeasureID]postgres.Layer{"falls-bundle": layer}}
}

func TestLimitsComeFromTheBaselineThatWasLocked(t *testing.T) {
	h, one, _ := sharing(t)
	h.shared.Adoptions[0].Layers = layersOf(postgres.Layer{Baseline: baselineOf(measures.DateOf(2023, 7, 1), measures.DateOf(2024, 12, 1), 18)})
	h.lookAgain(t)
	c, _ := h.chart(t, chartOf(clinician("RAA"), one.Manifest.Measures[0].ID, "RAA"))
	want, n := 0.0, 0
	for i, x := range c.Chart.X {
		if d := measures.Date(x); d >= measures.DateOf(2023, 7, 1) && d <= measures.DateOf(2024, 12, 1) {
			want, n = want+c.Chart.Y[i], n+1
		}
	}
	last := c.Chart.Len() - 1
	if n != 18 || !almost(c.Chart.Centre[last], want/18) || c.Chart.Phase[0] != 1 || c.Chart.Phase[last] != 2 {
		t.Errorf("the centre is %v, the mean of the %d months is %v; phases %v", c.Chart.Centre[last], n, want/18, c.Chart.Phase)
	}
	phase := c.Decided[len(c.Decided)-1]
	if phase.Author != "lead-raa" || phase.Decided != measures.DateOf(2026, 8, 15) || !strings.Contains(phase.Reason, "July 2023 to December 2024") {
		t.Errorf("the phase says %+v", phase)
	}
	// Whoever asks for the end only is shown the baseline too: limits of what is left
	// would be other limits.
	late := chartOf(clinician("RAA"), "falls-bundle", "RAA")
	late.Everything, late.Period.From = false, measures.DateOf(2025, 3, 1)
	short, receipt := h.chart(t, late)
	if !almost(short.Chart.Centre[short.Chart.Len()-1], want/18) || receipt.Period.From != measures.DateOf(2023, 7, 1) {
		t.Errorf("from March 2025 the centre is %v; it begins %s", short.Chart.Centre[short.Chart.Len()-1], receipt.Period.From)
	}
}

func almost(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

func TestPhasesThatPeopleDecidedOnStandBesideTheLockedBaseline(t *testing.T) {
	locked := &analysis.Definition{Measure: falls, Layer: postgres.Layer{Baseline: baselineOf(measures.DateOf(2024, 1, 1), measures.DateOf(2024, 12, 1), 12)}}
	var months []measures.Date
	for i := range 36 {
		months = append(months, measures.DateOf(2023, 1+i, 1))
	}
	at := func(year, month int) measures.Phase {
		return measures.Phase{Start: measures.DateOf(year, month, 1), Reason: "decided"}
	}
	for name, c := range map[string]struct {
		decided []measures.Phase
		months  []measures.Date
		want    []measures.Phase // start and baseline
	}{
		"none decided": {nil, months, []measures.Phase{{Start: measures.DateOf(2024, 1, 1), Baseline: 12}}},
		"before":       {[]measures.Phase{at(2023, 5)}, months, []measures.Phase{at(2023, 5), {Start: measures.DateOf(2024, 1, 1), Baseline: 12}}},
		"within":       {[]measures.Phase{at(2024, 1), at(2024, 6), at(2024, 12)}, months, []measures.Phase{{Start: measures.DateOf(2024, 1, 1), Baseline: 12}}},
		"after":        {[]measures.Phase{at(2025, 1)}, months, []measures.Phase{{Start: measures.DateOf(2024, 1, 1), Baseline: 12}, at(2025, 1)}},
		"too few":      {nil, months[15:], []measures.Phase{{Start: measures.DateOf(2024, 1, 1), Baseline: 0}}},
		"no figures":   {[]measures.Phase{at(2023, 5)}, nil, []measures.Phase{at(2023, 5)}},
	} {
		got := analysis.LockedPhases(locked, &measures.Series{Periods: c.months}, c.decided)
		if !slices.EqualFunc(got, c.want, func(a, b measures.Phase) bool { return a.Start == b.Start && a.Baseline == b.Baseline }) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestLocalTargetAndStrataAreLaidOverALockedCore(t *testing.T) {
	h, _, _ := sharing(t)
	target := []measures.Target{{Value: 4.5, Label: "agreed by the falls group"}}
	h.shared.Adoptions[0].Layers = layersOf(postgres.Layer{Targets: target, Stratifiers: []string{"site"}, Note: "Both sites."})
	h.lookAgain(t)
	d, err := h.Catalogue.MeasureAt("falls-bundle", "RAA")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Targets, target) || !slices.Equal(d.Stratifiers, []string{"site"}) || d.Layer.Note != "Both sites." {
		t.Errorf("laid on: %+v, %v", d.Targets, d.Stratifiers)
	}
	if len(d.Core.Targets) != 0 || !slices.Equal(d.Core.Stratifiers, []string{"ward"}) {
		t.Errorf("the core has %+v, %v", d.Core.Targets, d.Core.Stratifiers)
	}
	var lines []string
	for _, l := range d.Laid() {
		lines = append(lines, l.What+": "+l.Core+" -> "+l.Here)
	}
	want := []string{"Target: none -> 4.5, agreed by the falls group", "Split by: ward -> site", "Note: none -> Both sites."}
	if !slices.Equal(lines, want) {
		t.Errorf("the difference reads %q", lines)
	}
	if c, _ := h.chart(t, chartOf(clinician("RAA"), "falls-bundle", "RAA")); c.Chart.Target != 4.5 {
		t.Errorf("the chart's target is %v", c.Chart.Target)
	}
	other, err := h.Catalogue.MeasureAt("falls-bundle", "RBB")
	if err != nil || len(other.Targets) != 0 || len(other.Laid()) != 0 {
		t.Errorf("RBB has %+v, %v", other.Laid(), err)
	}
}

// RAA keeps its falls under a name of its own. The release reads them there, behind
// the same policy, and nothing else of RAA's.
func TestADatasetUnderAnotherNameIsReadWithinItsOwnScope(t *testing.T) {
	h := open(t)
	h.trusts(t)
	text, err := os.ReadFile(fallsOf(t, "RAA", 30))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(tidyHeader)
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		b.WriteString(strings.Replace(line, "falls,", "slips,", 1) + "\n")
	}
	h.load(t, "RAA", write(t, "slips.csv", b.String()))
	h.load(t, "RBB", fallsOf(t, "RBB", 30))
	k := h.version(t, "1.0.0", func(*measures.Measure) {})
	h.shared.Releases = []analysis.Kept{k}
	h.adopt("RAA", k, postgres.Layers{Datasets: map[measures.DatasetID]measures.DatasetID{"falls": "slips"}})
	h.adopt("RBB", k, postgres.Layers{})
	h.lookAgain(t)
	for code, dataset := range map[measures.ODSCode]measures.DatasetID{"RAA": "slips", "RBB": "falls"} {
		answer := h.ask(t, chartOf(clinician(code), "falls-bundle", code))
		if answer.Err != nil || len(answer.Charts) != 1 || answer.Dataset.ID != dataset {
			t.Fatalf("%s: %v, %d charts of %s", code, answer.Err, len(answer.Charts), answer.Dataset.ID)
		}
		book := h.book(t)
		if asked := book[len(book)-2].Decision.Input.Resource.Dataset; asked != dataset {
			t.Errorf("%s: the policy was asked for %s", code, asked)
		}
	}
	if got := reasons(t, h.ask(t, chartOf(clinician("RBB"), "falls-bundle", "RAA")).Err); len(got) == 0 {
		t.Error("RBB reads the slips of RAA")
	}
	// A preview may map too, and what it maps to is named to the policy.
	h.shared.Adoptions = nil
	h.lookAgain(t)
	q := chartOf(lead("RAA"), "falls-bundle", "RAA")
	q.Preview = &analysis.Preview{Release: plugins.Release{Digest: k.Digest},
		Layers: postgres.Layers{Datasets: map[measures.DatasetID]measures.DatasetID{"falls": "slips"}}}
	answer := h.ask(t, q)
	if answer.Err != nil || len(answer.Charts) != 1 || answer.Dataset.ID != "slips" {
		t.Errorf("looked at: %v, %d charts of %s", answer.Err, len(answer.Charts), answer.Dataset.ID)
	}
}

// A mapping opens nothing that the policy keeps closed: a release that was adopted
// for one dataset cannot be turned on another by a layer that the policy has not
// heard of.
func TestAMappingThatThePolicyHasNotHeardOfIsBarred(t *testing.T) {
	h, one, _ := sharing(t)
	h.load(t, "RAA", write(t, "deaths.csv", tidyHeader+"deaths,RAA,2025-01-01,3,100,,,,,\n"))
	h.lookAgain(t)
	moved := h.shared
	moved.Adoptions = slices.Clone(moved.Adoptions)
	moved.Adoptions[0].Layers.Datasets = map[measures.DatasetID]measures.DatasetID{"falls": "deaths"}
	if err := h.Catalogue.Share(moved); err != nil {
		t.Fatal(err)
	}
	if got := reasons(t, h.ask(t, chartOf(clinician("RAA"), one.Manifest.Measures[0].ID, "RAA")).Err); !slices.Contains(got, "plugin_dataset") {
		t.Errorf("barred by %v", got)
	}
}

func TestADatasetWithoutTheColumnsIsAnError(t *testing.T) {
	h, _, _ := sharing(t)
	h.load(t, "RAA", write(t, "noise.csv", tidyHeader+"noise,RAA,2025-01-01,,,41.5,,,,\n"))
	h.shared.Adoptions[0].Layers.Datasets = map[measures.DatasetID]measures.DatasetID{"falls": "noise"}
	h.lookAgain(t)
	answer := h.ask(t, chartOf(clinician("RAA"), "falls-bundle", "RAA"))
	if answer.Err == nil || len(answer.Charts) > 0 {
		t.Errorf("%d charts, %v", len(answer.Charts), answer.Err)
	}
	if errors.Is(answer.Err, policy.ErrUnavailable) {
		t.Error("the policy broke")
	}
}
