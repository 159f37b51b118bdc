package policy

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

func suppose(t testing.TB, e *Engine, r Request, agreements map[AgreementKey]*Agreement) Decision {
	t.Helper()
	d, err := e.Suppose(context.Background(), r, agreements)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAnAgreementIsSupposedAndNotMade(t *testing.T) {
	e := engine(t)
	ask := read(clinician(), "diagnostics", "RWG")
	key := KeyOf("RWG", "RQW", "diagnostics")
	shared := &Agreement{Ref: "DSA-9", Expires: noon + 86400, Purposes: []Purpose{"improvement"}, MinCellCount: 20}
	d := suppose(t, e, ask, map[AgreementKey]*Agreement{key: shared})
	if !d.Allow || len(d.Grants) != 1 || d.Grants[0].Ref != "DSA-9" || d.Disclosure.MinCellCount != 20 {
		t.Errorf("with an agreement the answer would be %+v", d)
	}
	if grant, err := Recorded(d, 1).Grant(); err == nil {
		t.Errorf("what was supposed became a key: %+v", grant)
	}
	if d := decide(t, e, ask); d.Allow {
		t.Errorf("what was supposed has stayed: %+v", d)
	}
	if d := suppose(t, e, ask, nil); d.Allow {
		t.Errorf("the next supposition still has it: %+v", d)
	}
}

func TestWhatAnAgreementCannotHelpStaysDenied(t *testing.T) {
	e := engine(t)
	shared := map[AgreementKey]*Agreement{KeyOf("RWG", "RQW", "diagnostics"): {Ref: "DSA-9", Expires: noon + 86400, Purposes: []Purpose{"improvement"}}}
	untrained, innovator, unapproved, export := read(clinician(), "diagnostics", "RWG"), read(clinician(), "diagnostics", "RWG"),
		read(clinician(), "diagnostics", "RWG"), read(clinician(), "diagnostics", "RWG")
	untrained.Actor.TrainedOn = measures.DateOf(2024, 1, 1)
	innovator.Actor.Roles = []Role{"innovator"}
	unapproved.Plugin.Digest = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
	export.Action = DataExport
	for name, r := range map[string]Request{"without training": untrained, "an innovator": innovator, "another plugin": unapproved, "to take away what may be looked at": export} {
		if d := suppose(t, e, r, shared); d.Allow {
			t.Errorf("%s: an agreement would open it: %+v", name, d)
		}
	}
}

func TestAnAgreementIsSupposedAway(t *testing.T) {
	e := engine(t)
	ask := read(clinician(), "diagnostics", "RXX")
	if !decide(t, e, ask).Allow {
		t.Fatal("the agreement of the reference data does not open anything")
	}
	gone := map[AgreementKey]*Agreement{KeyOf("RXX", "RQW", "diagnostics"): nil, KeyOf("RXX", "RWG", "diagnostics"): nil}
	if d := suppose(t, e, ask, gone); d.Allow {
		t.Errorf("without the agreement the answer would be %+v", d)
	}
	if !decide(t, e, ask).Allow {
		t.Error("the agreement is gone")
	}
	if _, err := e.Suppose(context.Background(), ask, map[AgreementKey]*Agreement{"RXX|RQW": nil}); err == nil {
		t.Error("a key of two parts was taken")
	}
}

func TestSuppositionsDoNotMeetEachOtherOrTheLivePolicy(t *testing.T) {
	e := engine(t)
	ask := read(clinician(), "diagnostics", "RWG")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			ref := fmt.Sprint("DSA-", i)
			for range 20 {
				d, err := e.Suppose(context.Background(), ask, map[AgreementKey]*Agreement{KeyOf("RWG", "RQW", "diagnostics"): {Ref: ref, Expires: noon + 86400, Purposes: []Purpose{"improvement"}}})
				if err != nil || !d.Allow || d.Grants[0].Ref != ref {
					t.Errorf("%s: %+v, %v", ref, d.Grants, err)
				}
				if live, err := e.Decide(context.Background(), ask); err != nil || live.Allow {
					t.Errorf("the live policy: %+v, %v", live, err)
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkSuppose(b *testing.B) {
	for _, agreements := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("%d_agreements", agreements), func(b *testing.B) {
			e := engine(b, func(o *EngineOptions) { o.Data = large(b, agreements) })
			ask := read(clinician(), "diagnostics", "RWG")
			added := map[AgreementKey]*Agreement{KeyOf("RWG", "RQW", "diagnostics"): {Ref: "DSA-9", Expires: noon + 86400, Purposes: []Purpose{"improvement"}}}
			b.ReportAllocs()
			for b.Loop() {
				if d, err := e.Suppose(context.Background(), ask, added); err != nil || !d.Allow {
					b.Fatal(d, err)
				}
			}
		})
	}
}
