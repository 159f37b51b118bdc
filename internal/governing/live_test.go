package governing

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

func TestAPolicyIsLiveFromItsTimeAndInEveryProgram(t *testing.T) {
	s := desk(t)
	other := reopen(t, s.url)
	later := start.Add(time.Hour)
	s.publish(t, "From 2025", since("2025-01-01"), later)
	if s.from(t) != "" || !s.Next().Equal(later) {
		t.Errorf("before its time it shows from %q; next %v", s.from(t), s.Next())
	}
	for _, program := range []*team{s, other} {
		program.clock.Store(later.Unix())
		if err := program.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := program.from(t); got != "2025-01-01" {
			t.Errorf("at its time it shows from %q", got)
		}
	}
	if again := reopen(t, s.url); again.from(t) != "" { // its clock stands before
		t.Error("a program that starts before its time shows it as live")
	}
}

func TestRollingBackTakesBackWhatIsToCome(t *testing.T) {
	s := desk(t)
	s.publish(t, "From 2024", since("2024-01-01"), time.Time{})
	s.clock.Add(60)
	s.publish(t, "From 2025", since("2025-01-01"), start.Add(time.Hour))
	// Nothing may slip under what is to come.
	d := s.draft(t, "isla", "From 2023", since("2023-01-01"), time.Time{})
	if _, err := s.approve(t, "odile", d.Draft); err != nil {
		t.Fatal(err)
	}
	if _, err := s.approve(t, "tamsin", d.Draft); !errors.Is(err, ErrNotReady) {
		t.Errorf("published before one that is to come: %v", err)
	}
	if err := s.RollBack(t.Context(), governor("isla"), trust, 1, "Not yet."); err != nil {
		t.Fatal(err)
	}
	s.clock.Store(start.Add(2 * time.Hour).Unix())
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.from(t); got != "2024-01-01" {
		t.Errorf("it shows from %q", got)
	}
	if err := s.RollBack(t.Context(), governor("isla"), trust, 9, "x"); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("back to a revision that was never there: %v", err)
	}
	clinician := reading().Actor
	if err := s.RollBack(t.Context(), clinician, trust, 0, "x"); !errors.Is(err, policy.ErrDenied) {
		t.Errorf("a clinician rolls back: %v", err)
	}
}

func TestAFaultFoundAtTheLastMomentLeavesTheLastGoodPolicyLive(t *testing.T) {
	s := desk(t)
	s.publish(t, "From 2024", since("2024-01-01"), time.Time{})
	s.clock.Add(60)
	d := s.draft(t, "isla", "From 2025", since("2025-01-01"), time.Time{})
	if _, err := s.approve(t, "odile", d.Draft); err != nil {
		t.Fatal(err)
	}
	s.quick.fault.Store(&candidate.Finding{Severity: candidate.Fault, File: "own.rego", Line: 1, Problem: "It has become bad."})
	refused := (*Refused)(nil)
	if _, err := s.approve(t, "tamsin", d.Draft); !errors.As(err, &refused) {
		t.Errorf("published: %v", err)
	}
	if got := s.from(t); got != "2024-01-01" {
		t.Errorf("it shows from %q", got)
	}
	s.quick.fault.Store(nil)
	if revision, err := s.approve(t, "tamsin", d.Draft); err != nil || revision != 2 {
		t.Errorf("once it is good again: revision %d, %v", revision, err)
	}
}

func TestAProposalThatTheLivePolicyHasOvertakenIsNotApproved(t *testing.T) {
	s := desk(t)
	d := s.draft(t, "isla", "From 2025", since("2025-01-01"), time.Time{})
	s.publish(t, "From 2024", since("2024-01-01"), time.Time{})
	if _, err := s.approve(t, "odile", d.Draft); !errors.Is(err, ErrNotReady) {
		t.Errorf("approved as it was shown before: %v", err)
	}
	if !s.dossier(t, d.Draft).Stale() {
		t.Error("it does not say that it is stale")
	}
}

// TestAPolicyThatCannotBeUsedOpensNothing is what happens after an upgrade, or after
// somebody has changed files in the database.
func TestAPolicyThatCannotBeUsedOpensNothing(t *testing.T) {
	s := desk(t)
	s.publish(t, "From 2024", since("2024-01-01"), time.Time{})
	pgtest.Exec(t, s.url, `UPDATE policy_revision SET files = '{"own.rego":"package signalbox.trusts.RAA\n\ndecision := nonsense.of_an_older_version\n"}',
		digest = 'sha256:`+broken()+`'`)
	for what, program := range map[string]*team{"running": s, "started": reopen(t, s.url)} {
		if err := program.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := program.from(t); got != "denied: policy_unusable" {
			t.Errorf("%s: it shows %q", what, got)
		}
		if _, why := program.InForce(trust); why == "" {
			t.Errorf("%s: the page does not say why", what)
		}
		elsewhere := reading()
		elsewhere.Actor.ODS, elsewhere.Actor.Orgs, elsewhere.Resource.ODS = "RBB", nil, "RBB"
		if d, err := program.Engine.Decide(t.Context(), elsewhere); err != nil || !d.Allow {
			t.Errorf("%s: another trust is closed too: %+v, %v", what, d.Reasons, err)
		}
	}
	// The governance team can still act.
	s.clock.Add(60)
	if err := s.RollBack(t.Context(), governor("isla"), trust, 0, "It broke."); err != nil || s.from(t) != "" {
		t.Errorf("rolling back: %v, shows %q", err, s.from(t))
	}
}

func broken() string {
	files := []policy.Module{{Name: "own.rego", Source: "package signalbox.trusts.RAA\n\ndecision := nonsense.of_an_older_version\n"}}
	return policy.FilesDigest(files)[len("sha256:"):]
}

func TestFilesThatNobodyApprovedAreNotUsed(t *testing.T) {
	s := desk(t)
	s.publish(t, "From 2024", since("2024-01-01"), time.Time{})
	pgtest.Exec(t, s.url, `UPDATE policy_revision SET files = '{"own.rego":"package signalbox.trusts.RAA\n\nimport data.signalbox.national\n\ndecision := national.decision\n"}'`)
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.from(t); got != "denied: policy_unusable" {
		t.Errorf("it shows %q", got)
	}
}

func TestNoRequestFailsWhilePoliciesAreExchanged(t *testing.T) {
	s := desk(t)
	revisions := map[string]bool{}
	name := func() {
		live, _ := s.Engine.Revisions()
		revisions[live] = true
	}
	name()
	s.publish(t, "From 2024", since("2024-01-01"), time.Time{})
	name()
	s.clock.Add(60)
	s.publish(t, "From 2025", since("2025-01-01"), time.Time{})
	name()
	ctx, stop := context.WithCancel(t.Context())
	var asked atomic.Int64
	seen := make([]map[string]bool, 2)
	var asking sync.WaitGroup
	for i := range seen {
		seen[i] = map[string]bool{}
		asking.Go(func() {
			for ctx.Err() == nil {
				r := reading()
				r.Now = start.Unix() + asked.Add(1)*60 // never from the cache
				d, err := s.Engine.Decide(t.Context(), r)
				if err != nil || !d.Allow {
					t.Errorf("a decision failed: %v, %+v", err, d.Reasons)
					return
				}
				seen[i][d.PolicyRevision] = true
			}
		})
	}
	for i := range 6 {
		s.clock.Add(60)
		if err := s.RollBack(t.Context(), governor("isla"), trust, i%3, "To and fro."); err != nil {
			t.Error(err)
		}
	}
	stop()
	asking.Wait()
	for _, by := range seen {
		for revision := range by {
			if !revisions[revision] {
				t.Errorf("a decision names %s, which was never live", revision)
			}
		}
	}
	if asked.Load() < 100 {
		t.Errorf("only %d decisions were asked for meanwhile", asked.Load())
	}
}

func TestADraftInShadowIsAskedAfterwardsAndHasNoSay(t *testing.T) {
	s := desk(t)
	d := s.draft(t, "isla", "From 2025", since("2025-01-01"), time.Time{})
	if err := s.SetShadow(t.Context(), governor("isla"), d, true); err != nil {
		t.Fatal(err)
	}
	watched := Watched{s.Engine, s.Policies}
	for range 7 {
		if got, err := watched.Decide(t.Context(), reading()); err != nil || !got.Allow || len(got.Rows[0].Conditions) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	elsewhere := reading()
	elsewhere.Resource.ODS = "RBB"
	if _, err := watched.Decide(t.Context(), elsewhere); err != nil {
		t.Fatal(err)
	}
	s.clock.Add(10)
	if err := s.RunShadows(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.dossier(t, d.Draft).Shadow; got == nil || got.Decisions != 7 || got.Dropped != 0 || !got.Until.IsZero() {
		t.Errorf("in shadow: %+v", got)
	}
	for range shadowQueue + 5 {
		if _, err := watched.Decide(t.Context(), reading()); err != nil {
			t.Fatal(err)
		}
	}
	s.clock.Add(10)
	if err := s.RunShadows(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.dossier(t, d.Draft).Shadow; got.Decisions != 7+shadowQueue || got.Dropped != 5 {
		t.Errorf("when too much comes at once: %+v", got)
	}
	s.clock.Add(10)
	if err := s.SetShadow(t.Context(), governor("isla"), d, false); err != nil {
		t.Fatal(err)
	}
	if got := s.dossier(t, d.Draft).Shadow; got.Until.IsZero() {
		t.Errorf("ended: %+v", got)
	}
}
