package sharing_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

const bellmereFalls = measures.MeasureID("bellmere-falls")

// text is a document as it is signed.
func text(t testing.TB, e registry.Evidence) string {
	t.Helper()
	b, err := json.MarshalIndent(e, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEvidenceLeavesAsItWasLookedAtAndSigned(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	id := h.aYearLater(t, fewer)
	p, err := h.witness.Evidence(t.Context(), lead("RAA"), "RAA", id, bellmereFalls, true)
	if err != nil {
		t.Fatal(err)
	}
	e := p.Evidence
	if e.Result != registry.Improved || e.Kept != 12 || e.Before.Points != 24 || e.After.Points != 12 || e.Adopted != measures.DateOf(2025, 7, 1) ||
		e.MinCellCount != 8 || e.RoundTo != 5 || len(e.Points) != 36 || e.Mix == nil || !e.Mix.Passed || e.Version != "1.0.0" || e.Node != "ashford" || e.OrganisationName != "Ashford Trust" {
		t.Errorf("%s", text(t, e))
	}
	if waiting, err := h.db.UnsentSayings(t.Context()); err != nil || len(waiting) != 0 {
		t.Fatalf("looking alone sends: %v, %v", waiting, err)
	}
	if _, err := h.witness.Send(t.Context(), lead("RAA"), "RAA", id, bellmereFalls, true, p.Digest); err != nil {
		t.Fatal(err)
	}
	waiting, err := h.db.UnsentSayings(t.Context())
	if err != nil || len(waiting) != 1 {
		t.Fatalf("%d things wait for the hub: %v", len(waiting), err)
	}
	got, err := h.list.OpenEvidence(waiting[0].Envelope, h.now)
	if err != nil || text(t, got) != text(t, e) {
		t.Errorf("what was signed is not what was looked at: %v\n%s", err, text(t, got))
	}
	if s := waiting[0]; s.Organisation != "RAA" || s.Plugin != "bellmere-falls" || s.By != "lead-raa" || s.Artifact != p.Adopter.Release.Artifact {
		t.Errorf("%+v", s)
	}
	h.isRecorded(t, waiting[0].Record)
	if history, err := h.witness.History(t.Context(), "RAA"); err != nil || len(history) != 1 || history[0].Evidence.Result != registry.Improved {
		t.Errorf("history: %v, %v", history, err)
	}
}

// isRecorded holds the ledger to one decision for what was sent, and to what it
// released.
func (h *adopter) isRecorded(t testing.TB, sequence int64) {
	t.Helper()
	lines, err := h.db.LedgerEntries(t.Context(), 0, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	released := false
	for _, line := range lines {
		entry, err := ledger.Decode(line)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case entry.Sequence == sequence && (entry.Decision == nil || entry.Decision.Input.Action != policy.EvidenceSend || entry.Decision.Input.Subject.ID != "lead-raa"):
			t.Errorf("record %d is %+v", sequence, entry.Decision)
		case entry.Result != nil && entry.Result.Record == sequence:
			released = entry.Result.Digest != ""
		}
	}
	if !released {
		t.Errorf("nothing says what record %d released", sequence)
	}
}

func TestWhatHasChangedSinceItWasLookedAtIsNotSent(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	id := h.aYearLater(t, fewer)
	p, err := h.witness.Evidence(t.Context(), lead("RAA"), "RAA", id, bellmereFalls, true)
	if err != nil {
		t.Fatal(err)
	}
	h.load(t, "RAA", falls(35, 42, func(month int) [3]int { n := fewer(month); n[0] += 60; return n }))
	h.look(t)
	again, err := h.witness.Send(t.Context(), lead("RAA"), "RAA", id, bellmereFalls, true, p.Digest)
	if !errors.Is(err, sharing.ErrMoved) || again == nil || again.Digest == p.Digest {
		t.Errorf("%v", err)
	}
	if _, err := h.witness.Send(t.Context(), lead("RAA"), "RAA", id, bellmereFalls, false, p.Digest); !errors.Is(err, sharing.ErrMoved) {
		t.Errorf("without its points it is something else: %v", err)
	}
	if waiting, err := h.db.UnsentSayings(t.Context()); err != nil || len(waiting) != 0 {
		t.Errorf("%v, %v", waiting, err)
	}
}

func TestWithoutItsPointsOnlyMeansAndResultLeave(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	id := h.aYearLater(t, fewer)
	p, err := h.witness.Evidence(t.Context(), lead("RAA"), "RAA", id, bellmereFalls, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Evidence.Points) != 0 || p.Evidence.Before.Mean == nil || strings.Contains(text(t, p.Evidence), "period") {
		t.Errorf("%s", text(t, p.Evidence))
	}
}

// keepsToItself is a policy of RAA that lets no evidence out.
const keepsToItself = `package signalbox.trusts.RAA

import data.signalbox.national

decision := object.union(national.decision, {
	"allow": false, "grants": [], "ods_scope": [], "rows": [], "visible_columns": [],
	"reasons": [{"code": "no_evidence", "message": "Ashford Trust sends no evidence.", "help": "Ask its governance team."}],
}) if input.action == "evidence.send"

decision := national.decision if input.action != "evidence.send"
`

func TestATrustThatForbidsItSendsNothing(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	id := h.aYearLater(t, fewer)
	h.own = map[measures.ODSCode][]policy.Module{"RAA": {{Name: "own.rego", Source: keepsToItself}}}
	h.look(t)
	before := h.reads.Load()
	for _, err := range []error{
		errorOf(h.witness.Evidence(t.Context(), lead("RAA"), "RAA", id, bellmereFalls, true)),
		errorOf(h.witness.Send(t.Context(), lead("RAA"), "RAA", id, bellmereFalls, true, "")),
	} {
		if because(err) != "no_evidence" {
			t.Errorf("%v", err)
		}
	}
	if waiting, err := h.db.UnsentSayings(t.Context()); err != nil || len(waiting) != 0 || h.reads.Load() != before {
		t.Errorf("%d readings, %v, %v", h.reads.Load()-before, waiting, err)
	}
	// Their own people go on seeing it, and are told that it cannot be sent.
	found := h.became(t, lead("RAA"))
	if found.Err != nil || found.Judged.Result != registry.Improved {
		t.Errorf("%v, %s", found.Err, found.Judged.Result)
	}
	if may, why := h.witness.May(t.Context(), &found); may || len(why) != 1 || why[0].Code != "no_evidence" {
		t.Errorf("they may send it: %v, %v", may, why)
	}
	h.own = nil
	h.look(t)
	if may, why := h.witness.May(t.Context(), &found); !may {
		t.Errorf("they may not send it: %v", why)
	}
}

func errorOf[T any](_ T, err error) error { return err }

// became is what somebody sees of the one measure that RAA has adopted.
func (h *adopter) became(t testing.TB, actor policy.Actor) sharing.Became {
	t.Helper()
	all, err := h.witness.Adopters(t.Context(), "RAA")
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	found, err := h.witness.Look(t.Context(), actor, all...)
	if err != nil || len(found) != 1 || len(found[0]) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	return found[0][0]
}

func TestOthersNeitherSeeNorSend(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	id := h.aYearLater(t, fewer)
	clinician := lead("RAA")
	clinician.Roles = []policy.Role{"clinician"}
	for name, actor := range map[string]policy.Actor{"adopting_elsewhere": lead("RBB"), "adopting_role": clinician} {
		if _, err := h.witness.Evidence(t.Context(), actor, "RAA", id, bellmereFalls, true); !strings.Contains(because(err), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if found := h.became(t, lead("RBB")); because(found.Err) == "" {
		t.Errorf("another trust is shown %+v", found.Judged)
	}
	if _, err := h.witness.Evidence(t.Context(), lead("RAA"), "RAA", id+100, bellmereFalls, true); !errors.Is(err, sharing.ErrNoAdoption) {
		t.Errorf("an adoption that there is not: %v", err)
	}
	if err := h.adopting.Leave(t.Context(), lead("RAA"), "bellmere-falls", "We stop"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.witness.Evidence(t.Context(), lead("RAA"), "RAA", id, bellmereFalls, true); !errors.Is(err, sharing.ErrNoAdoption) {
		t.Errorf("an adoption that has ended: %v", err)
	}
}

// TestNobodyReadsFiguresForWhomNobodyWouldBelieve asks for the voice first.
func TestNobodyReadsFiguresForWhomNobodyWouldBelieve(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	id := h.aYearLater(t, fewer)
	listed := slices.Clone(h.list.Nodes)
	for name, change := range map[string]func(*registry.Node){
		"another key":          func(n *registry.Node) { n.Key = newKey(t).Public() },
		"revoked":              func(n *registry.Node) { n.Revoked = "it was lost" },
		"not any more":         func(n *registry.Node) { n.Until = n.From.AddDate(0, 1, 0) },
		"another organisation": func(n *registry.Node) { n.Organisations = []measures.ODSCode{"RBB"} },
	} {
		h.list.Nodes = slices.Clone(listed)
		change(&h.list.Nodes[0])
		before := h.reads.Load()
		if _, err := h.witness.Evidence(t.Context(), lead("RAA"), "RAA", id, bellmereFalls, true); !errors.Is(err, sharing.ErrNoVoice) || h.reads.Load() != before {
			t.Errorf("%s: %v, %d readings", name, err, h.reads.Load()-before)
		}
	}
}

// TestEvidenceHangsOnNoHiddenNumber makes two worlds that differ in nothing but
// counts from 1 to 7, and holds their evidence to be the same to the letter.
func TestEvidenceHangsOnNoHiddenNumber(t *testing.T) {
	for name, falling := range map[string]func(month, small int) [3]int{
		"a small ward, the rest on another": func(month, small int) [3]int {
			n := fewer(month)
			if month%3 == 0 {
				n[1], n[2] = n[1]+n[2]-small, small
			}
			return n
		},
		"a small trust": func(month, small int) [3]int {
			if month%4 == 0 {
				return [3]int{small}
			}
			return [3]int{12 + (month*23)%19}
		},
	} {
		var sent, seen [2][]string
		for world, small := range []int{1, 7} {
			count := func(month int) [3]int { return falling(month, small) }
			h := newAdopter(t, falls(0, 30, count))
			id := h.aYearLater(t, count)
			for _, points := range []bool{true, false} {
				p, err := h.witness.Evidence(t.Context(), lead("RAA"), "RAA", id, bellmereFalls, points)
				if err != nil {
					t.Fatal(err)
				}
				sent[world] = append(sent[world], text(t, p.Evidence))
			}
			seen[world] = append(seen[world], text(t, h.became(t, lead("RAA")).Judged.Evidence))
		}
		if !slices.Equal(sent[0], sent[1]) {
			t.Errorf("%s: two worlds that differ in hidden counts are told apart:\n%s\n%s", name, sent[0][1], sent[1][1])
		}
		if slices.Equal(seen[0], seen[1]) {
			t.Errorf("%s: the worlds do not differ even for their own people: the test proves nothing", name)
		}
	}
}
