package sharing_test

import (
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// month sends what is due, and says what waits for the hub then.
func (h *adopter) month(t testing.TB) (sharing.Monthly, int) {
	t.Helper()
	live, err := h.db.Adoptions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done, err := h.witness.SendDue(t.Context(), live)
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := h.db.UnsentSayings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return done, len(waiting)
}

// sendsTheFirst looks at the evidence, without its points, and sends it by hand.
func (h *adopter) sendsTheFirst(t testing.TB) {
	t.Helper()
	live, err := h.db.Adoptions(t.Context())
	if err != nil || len(live) != 1 {
		t.Fatalf("adoptions: %v, %v", live, err)
	}
	p, err := h.witness.Evidence(t.Context(), lead("RAA"), "RAA", live[0].ID, bellmereFalls, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.witness.Send(t.Context(), lead("RAA"), "RAA", live[0].ID, bellmereFalls, false, p.Digest); err != nil {
		t.Fatal(err)
	}
}

func TestEvidenceIsSentEachMonthForThoseWhoSaidSo(t *testing.T) {
	h := newAdopter(t, falls(0, 30, fewer))
	if done, waiting := h.month(t); done.Unseen != 1 || waiting != 0 {
		t.Errorf("on the day of the adoption: %+v, %d wait", done, waiting)
	}
	h.now = time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC)
	h.load(t, "RAA", falls(30, 40, fewer))
	h.look(t)
	if done, waiting := h.month(t); done != (sharing.Monthly{Unseen: 1}) || waiting != 0 {
		t.Fatalf("after ten months nobody has seen one, and it left: %+v, %d wait", done, waiting)
	}
	h.sendsTheFirst(t)
	history, err := h.witness.History(t.Context(), "RAA")
	if err != nil || len(history) != 1 || len(history[0].Evidence.Points) != 0 || history[0].Evidence.Result != registry.Improved || history[0].By != "lead-raa" {
		t.Fatalf("what was sent: %+v, %v", history, err)
	}
	h.isRecorded(t, history[0].Record)
	if done, waiting := h.month(t); done != (sharing.Monthly{}) || waiting != 1 {
		t.Errorf("the same day again: %+v, %d wait", done, waiting)
	}
	h.now = h.now.AddDate(0, 0, 29)
	h.look(t)
	if done, waiting := h.month(t); done.Same != 1 || waiting != 1 {
		t.Errorf("a month later, without new figures: %+v, %d wait", done, waiting)
	}
	h.load(t, "RAA", falls(40, 41, fewer))
	h.look(t)
	if done, waiting := h.month(t); done.Sent != 1 || waiting != 2 {
		t.Errorf("a month later, with new figures: %+v, %d wait", done, waiting)
	}
}

func TestNothingIsSentEachMonthWhereItMayNotLeaveAnyMore(t *testing.T) {
	for name, change := range map[string]func(*adopter){
		"the policy forbids it now": func(h *adopter) {
			h.own = map[measures.ODSCode][]policy.Module{"RAA": {{Name: "own.rego", Source: keepsToItself}}}
		},
		"their training has run out": func(h *adopter) { h.now = h.now.AddDate(0, 1, 0) },
	} {
		h := newAdopter(t, falls(0, 30, fewer))
		h.aYearLater(t, fewer)
		h.sendsTheFirst(t)
		h.now = h.now.AddDate(0, 0, 29)
		change(h)
		h.look(t)
		before := h.reads.Load()
		if done, waiting := h.month(t); done.Denied != 1 || waiting != 1 || h.reads.Load() != before {
			t.Errorf("%s: %+v, %d wait, %d readings", name, done, waiting, h.reads.Load()-before)
		}
	}
}
