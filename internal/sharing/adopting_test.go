package sharing_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// runs is what an organisation runs of the release of these tests; nil for nothing.
func (h *adopter) runs(t testing.TB, at measures.ODSCode) *postgres.Adoption {
	t.Helper()
	live, err := h.adopting.Live(t.Context(), at, "bellmere-falls")
	if err != nil {
		t.Fatal(err)
	}
	return live
}

// next is the same release in another version.
func next(t testing.TB, version string, change func(*measures.Measure)) registry.Release {
	t.Helper()
	manifest := wards(t).Manifest
	manifest.Version = version
	if change != nil {
		change(&manifest.Measures[0])
	}
	text, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.ReleaseOf(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAdoptingLocksABaselineThatNobodyCanMove(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	live := h.runs(t, "RAA")
	layer := live.Layers.Measures["bellmere-falls"]
	if layer.Baseline == nil || layer.Baseline.To != measures.DateOf(2025, 6, 1) || layer.Baseline.Points < 12 || live.First != measures.DateOf(2025, 7, 1) {
		t.Fatalf("the baseline is %+v and what counts as after begins %v, want it until June 2025 and what follows", layer.Baseline, live.First)
	}
	want := *layer.Baseline
	if len(layer.Targets) != 1 || !strings.Contains(layer.Targets[0].Label, "reached in a quarter of") {
		t.Errorf("the target is %+v, want one from the trust's own history", layer.Targets)
	}
	answers, err := h.main.Ask(t.Context(), analysis.Question{Actor: lead("RAA"), Action: policy.ChartRead, Measure: "bellmere-falls", Organisation: "RAA"})
	if err != nil || answers[0].Err != nil || len(answers[0].Charts) != 1 {
		t.Fatalf("its chart: %v, %v", err, answers[0].Err)
	}
	h.aYearLater(t, fewer)
	offer, err := h.adopting.Offer(t.Context(), lead("RAA"), h.bring(t, next(t, "1.1.0", nil)).Digest)
	if err != nil {
		t.Fatal(err)
	}
	if got := offer.Proposal.Choice.Layers.Measures["bellmere-falls"].Baseline; got == nil || *got != want || offer.Proposal.Choice.First != live.First {
		t.Errorf("with another version the baseline would be %+v from %v, want it locked", got, offer.Proposal.Choice.First)
	}
	if side := offer.Sides[0]; side.Difference == nil || !side.Difference.None() {
		t.Errorf("the same logic would change the chart: %+v", side.Difference)
	}
}

func TestATrustChoosesByWhichStrataItShowsAMeasure(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	whole := h.bring(t, next(t, "1.1.0", func(m *measures.Measure) { m.Stratifiers, m.Mix = nil, nil }))
	choose := func(of plugins.Digest, strata ...string) *sharing.Proposal {
		t.Helper()
		p, err := h.adopting.Propose(t.Context(), lead("RAA"), sharing.Choice{Digest: of, Stage: postgres.Adopted,
			Layers: postgres.Layers{Measures: map[measures.MeasureID]postgres.Layer{"bellmere-falls": {Stratifiers: append([]string{}, strata...)}}}})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := choose(h.runs(t, "RAA").Digest); p.Measures[0].Layer.Stratifiers != nil || len(p.Misfits) > 0 {
		t.Errorf("the mix needs its strata, and there would be %q", p.Measures[0].Layer.Stratifiers)
	}
	if p := choose(whole.Digest, "nowhere"); len(p.Misfits) != 1 || p.Misfits[0].Field != "strata" {
		t.Errorf("split by what there is not: %+v", p.Misfits)
	}
	p := choose(whole.Digest, "ward")
	if len(p.Misfits) > 0 || !slices.Equal(p.Measures[0].Layer.Stratifiers, []string{"ward"}) {
		t.Fatalf("split by ward: %+v, %q", p.Misfits, p.Measures[0].Layer.Stratifiers)
	}
	if _, err := h.adopting.Adopt(t.Context(), lead("RAA"), p.Choice); err != nil {
		t.Fatal(err)
	}
	answers, err := h.main.Ask(t.Context(), analysis.Question{Actor: lead("RAA"), Action: policy.ChartRead, Measure: "bellmere-falls", Organisation: "RAA", Stratifier: "ward"})
	if err != nil || answers[0].Err != nil || len(answers[0].Charts) != 3 {
		t.Errorf("charts of the wards: %d, %v, %v", len(answers[0].Charts), err, answers[0].Err)
	}
}

func TestAChoiceIsHeldAgainstTheFigures(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	digest := h.runs(t, "RAA").Digest
	if err := h.adopting.Undo(t.Context(), lead("RAA"), "bellmere-falls"); err != nil {
		t.Fatal(err)
	}
	from := func(year, month int) measures.Date { return measures.DateOf(year, month, 1) }
	for name, test := range map[string]struct {
		first, begin, end measures.Date
		field             string
		points            int
	}{
		"as long as a baseline must be":    {0, from(2024, 7), from(2025, 6), "", 12},
		"too short":                        {0, from(2024, 8), from(2025, 6), "baseline", 0},
		"it ends before it begins":         {0, from(2025, 6), from(2023, 6), "baseline", 0},
		"it reaches into what comes after": {0, from(2024, 7), from(2025, 7), "baseline", 0},
		"what was seen would be after":     {from(2025, 6), from(2023, 7), from(2025, 5), "first", 0},
		"a later beginning":                {from(2025, 9), from(2023, 7), from(2025, 6), "", 24},
	} {
		t.Run(name, func(t *testing.T) {
			choice := sharing.Choice{Digest: digest, Stage: postgres.Pilot, First: test.first, Layers: postgres.Layers{Measures: map[measures.MeasureID]postgres.Layer{
				"bellmere-falls": {Baseline: &postgres.Baseline{From: test.begin, To: test.end, Points: 99}}}}}
			_, err := h.adopting.Adopt(t.Context(), lead("RAA"), choice)
			misfit := (*sharing.Misfit)(nil)
			switch errors.As(err, &misfit); {
			case test.field != "" && (misfit == nil || misfit.Field != test.field):
				t.Fatalf("error %v, want one about %s", err, test.field)
			case test.field != "":
				if h.runs(t, "RAA") != nil {
					t.Error("it runs all the same")
				}
				return
			case err != nil:
				t.Fatal(err)
			}
			live := h.runs(t, "RAA")
			if got := live.Layers.Measures["bellmere-falls"].Baseline.Points; got != test.points || live.Stage != postgres.Pilot {
				t.Errorf("%d points are locked at stage %s, want the %d that there are", got, live.Stage, test.points)
			}
			if err := h.adopting.Undo(t.Context(), lead("RAA"), "bellmere-falls"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestUndoGoesBackToWhatRanBeforeAndLeavingWantsAReason(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	first := h.runs(t, "RAA")
	later := h.bring(t, next(t, "1.1.0", nil))
	if _, err := h.adopting.Adopt(t.Context(), lead("RAA"), sharing.Choice{Digest: later.Digest, Stage: postgres.Adopted}); err != nil {
		t.Fatal(err)
	}
	if live := h.runs(t, "RAA"); live.Digest != later.Digest || live.Replaces != first.ID {
		t.Fatalf("it runs %+v, want the later version in the place of adoption %d", live, first.ID)
	}
	if err := h.adopting.Undo(t.Context(), lead("RAA"), "bellmere-falls"); err != nil {
		t.Fatal(err)
	}
	back := h.runs(t, "RAA")
	if back == nil || back.Digest != first.Digest || back.First != first.First {
		t.Fatalf("after the undo it runs %+v, want what ran before", back)
	}
	misfit := (*sharing.Misfit)(nil)
	if err := h.adopting.Leave(t.Context(), lead("RAA"), "bellmere-falls", "  "); !errors.As(err, &misfit) {
		t.Errorf("leaving without a reason: %v", err)
	}
	if err := h.adopting.Leave(t.Context(), lead("RAA"), "bellmere-falls", "The wards measure it in another way."); err != nil {
		t.Fatal(err)
	}
	if live := h.runs(t, "RAA"); live != nil {
		t.Errorf("it runs %+v", live)
	}
	for what, err := range map[string]error{"undo": h.adopting.Undo(t.Context(), lead("RAA"), "bellmere-falls"),
		"leave": h.adopting.Leave(t.Context(), lead("RAA"), "bellmere-falls", "Again.")} {
		if !errors.Is(err, sharing.ErrNotRunning) {
			t.Errorf("%s of what does not run: %v", what, err)
		}
	}
	answers, err := h.main.Ask(t.Context(), analysis.Question{Actor: lead("RAA"), Action: policy.ChartRead, Measure: "bellmere-falls", Organisation: "RAA"})
	if err != nil || !errors.Is(answers[0].Err, analysis.ErrNoMeasure) {
		t.Errorf("the chart of what was left: %v, %v", err, answers[0].Err)
	}
}

func TestWithoutFiguresNothingIsAskedAndNothingAdopted(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	digest := h.runs(t, "RAA").Digest
	reads := h.reads.Load()
	p, err := h.adopting.Propose(t.Context(), lead("RBB"), sharing.Choice{Digest: digest})
	if err != nil {
		t.Fatal(err)
	}
	if p.Met() || h.reads.Load() != reads || !errors.Is(p.Measures[0].Answer.Err, sharing.ErrNotMet) {
		t.Errorf("met: %v, %d times read, answer %v", p.Met(), h.reads.Load()-reads, p.Measures[0].Answer.Err)
	}
	if _, err := h.adopting.Adopt(t.Context(), lead("RBB"), sharing.Choice{Digest: digest, Stage: postgres.Adopted}); !errors.Is(err, sharing.ErrNotMet) {
		t.Errorf("adopting it: %v", err)
	}
}

func TestFiguresUnderAnotherNameAreMapped(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	digest := h.runs(t, "RAA").Digest
	own := strings.NewReplacer("falls,RAA", "slips,RBB").Replace(falls(0, 30, fewer))
	h.load(t, "RBB", own)
	h.look(t)
	p, err := h.adopting.Propose(t.Context(), lead("RBB"), sharing.Choice{Digest: digest})
	if err != nil || !p.Met() || p.Needs[0].Uses != "slips" || p.Measures[0].Answer.Err != nil {
		t.Fatalf("needs %+v, answer %v, %v", p.Needs, p.Measures[0].Answer.Err, err)
	}
	adoption, err := h.adopting.Adopt(t.Context(), lead("RBB"), sharing.Choice{Digest: digest, Stage: postgres.Adopted})
	if err != nil || adoption.Layers.Datasets["falls"] != "slips" {
		t.Fatalf("adopted with %v: %v", adoption.Layers.Datasets, err)
	}
	answers, err := h.main.Ask(t.Context(), analysis.Question{Actor: lead("RBB"), Action: policy.ChartRead, Measure: "bellmere-falls", Organisation: "RBB"})
	if err != nil || answers[0].Err != nil || len(answers[0].Charts) != 1 || answers[0].Dataset.ID != "slips" {
		t.Errorf("its chart is from %q: %v, %v", answers[0].Dataset.ID, err, answers[0].Err)
	}
}

func TestOnlyThoseWhoImproveOrGovernAdoptAndOnlyAtHome(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	digest := h.runs(t, "RAA").Digest
	clinician := lead("RAA")
	clinician.ID, clinician.Roles = "clinician", []policy.Role{"clinician"}
	nobody := lead("RAA")
	nobody.ODS, nobody.Orgs = "RBB", []measures.ODSCode{"RBB"}
	if _, err := h.adopting.Adopt(t.Context(), clinician, sharing.Choice{Digest: digest, Stage: postgres.Adopted}); !errors.Is(err, policy.ErrDenied) {
		t.Errorf("a clinician adopts: %v", err)
	}
	for name, actor := range map[string]policy.Actor{"a clinician": clinician} {
		if err := h.adopting.Undo(t.Context(), actor, "bellmere-falls"); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("%s undoes it: %v", name, err)
		}
	}
	if err := h.adopting.Undo(t.Context(), nobody, "bellmere-falls"); !errors.Is(err, sharing.ErrNotRunning) {
		t.Errorf("somebody of another trust undoes it: %v", err)
	}
	if h.runs(t, "RAA") == nil {
		t.Error("it does not run any more")
	}
}
