package governing

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

// TestAPolicyIsWrittenTestedForeseenApprovedByTwoAndRolledBack walks the whole life,
// with the child process that examines policies.
func TestAPolicyIsWrittenTestedForeseenApprovedByTwoAndRolledBack(t *testing.T) {
	s := desk(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if s.Bench, err = candidate.New(candidate.Options{Executable: bencher(self), Reference: s.Reference}); err != nil {
		t.Fatal(err)
	}
	read, err := s.Engine.Decide(t.Context(), reading())
	if err == nil {
		_, err = s.Store.Record(t.Context(), read)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.clock.Add(60)
	files, err := policy.Template(trust, measures.DateOf(2027, 6, 15))
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range files {
		if m.Name == "narrower.rego" {
			files[i].Source += `
# METADATA
# title: Falls are shown from 2025
condition contains {"period": {"gte": "2025-01-01"}} if input.resource.dataset == "falls"
`
		}
	}
	d := s.draft(t, "isla", "Falls from 2025", files, time.Time{})
	found := d.Impact.Impact
	if found.Replayed != 1 || len(found.Changed) != 1 || found.Changed[0].Direction != candidate.Narrower || found.Generated == 0 {
		t.Errorf("the impact is %d replayed, %+v, %d generated", found.Replayed, found.Changed, found.Generated)
	}
	if s.from(t) != "" {
		t.Error("a draft decides")
	}
	if _, err := s.approve(t, "odile", d.Draft); err != nil {
		t.Fatal(err)
	}
	if s.from(t) != "" {
		t.Error("one approval is enough")
	}
	if revision, err := s.approve(t, "tamsin", d.Draft); err != nil || revision != 1 {
		t.Fatalf("revision %d, %v", revision, err)
	}
	if got := s.from(t); got != "2025-01-01" {
		t.Errorf("live, it shows figures from %q", got)
	}
	s.clock.Add(60)
	if err := s.RollBack(t.Context(), governor("odile"), trust, 0, ""); err != nil {
		t.Fatal(err)
	}
	if got := s.from(t); got != "" {
		t.Errorf("rolled back, it shows figures from %q", got)
	}
	if faults, err := s.Store.VerifyPolicies(t.Context()); err != nil || len(faults) > 0 {
		t.Errorf("the store and the ledger disagree: %v, %v", faults, err)
	}
}

func TestNobodyApprovesWhatTheyHadAHandInOrTwice(t *testing.T) {
	s := desk(t)
	d := s.draft(t, "isla", "First", since("2025-01-01"), time.Time{})
	denied := func(who, why string) {
		t.Helper()
		_, err := s.approve(t, who, d.Draft)
		var denial *policy.Denial
		if !errors.As(err, &denial) || denial.Record.Decision().Reasons[0].Code != why {
			t.Errorf("%s approves: %v, want a recorded denial by %s", who, err, why)
		}
	}
	denied("isla", "own_work")
	// A co-author is an author, whoever began it.
	v := d.PolicyVersion
	v.Files, v.Title = since("2025-02-01"), "Second"
	if _, _, err := s.Save(t.Context(), governor("odile"), v); err != nil {
		t.Fatal(err)
	}
	d = s.dossier(t, d.Draft)
	if _, err := s.Foresee(t.Context(), governor("odile"), d); err != nil {
		t.Fatal(err)
	}
	if err := s.Propose(t.Context(), governor("odile"), s.dossier(t, d.Draft), time.Time{}); err != nil {
		t.Fatal(err)
	}
	denied("isla", "own_work")
	denied("odile", "own_work")
	if _, err := s.approve(t, "tamsin", d.Draft); err != nil {
		t.Fatal(err)
	}
	denied("tamsin", "approved_before")
	outsider := governor("bram")
	outsider.ODS, outsider.Orgs = "RBB", []measures.ODSCode{"RBB"}
	again := s.dossier(t, d.Draft)
	if _, err := s.Judge(t.Context(), outsider, again, Answer{Approves: true, Reason: "Why not.", Digest: again.Digest}); !errors.Is(err, policy.ErrDenied) {
		t.Errorf("another trust's governance approves: %v", err)
	}
	if s.from(t) != "" {
		t.Error("it is live without two approvals")
	}
}

func TestAnyChangeAfterProposingVoidsApprovals(t *testing.T) {
	s := desk(t)
	d := s.draft(t, "isla", "First", since("2025-01-01"), time.Time{})
	if _, err := s.approve(t, "odile", d.Draft); err != nil {
		t.Fatal(err)
	}
	seen := s.dossier(t, d.Draft) // what Tamsin has on her screen
	v := seen.PolicyVersion
	v.Files = since("2020-01-01")
	if _, _, err := s.Save(t.Context(), governor("isla"), v); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Judge(t.Context(), governor("tamsin"), seen, Answer{Approves: true, Reason: "Fine.", Digest: seen.Digest}); !errors.Is(err, postgres.ErrChanged) {
		t.Errorf("she approves what is not there any more: %v", err)
	}
	now := s.dossier(t, d.Draft)
	if now.Open() || len(now.Earlier) != 1 || now.Reviewed() {
		t.Errorf("the draft is open %v, reviewed %v", now.Open(), now.Reviewed())
	}
	if _, err := s.Judge(t.Context(), governor("tamsin"), now, Answer{Approves: true, Reason: "Fine.", Digest: now.Digest}); !errors.Is(err, postgres.ErrChanged) {
		t.Errorf("she approves what nobody has proposed: %v", err)
	}
	// Two people saving at once: the second is told, and overwrites nothing.
	if _, _, err := s.Save(t.Context(), governor("tamsin"), v); !errors.Is(err, postgres.ErrChanged) {
		t.Errorf("a save over a later version: %v", err)
	}
	if s.from(t) != "" {
		t.Error("it is live")
	}
}

func TestADraftIsSentBackWithAReason(t *testing.T) {
	s := desk(t)
	d := s.draft(t, "isla", "First", since("2025-01-01"), time.Time{})
	misfit := (*Misfit)(nil)
	if _, err := s.Judge(t.Context(), governor("odile"), d, Answer{Reason: " ", Digest: d.Digest}); !errors.As(err, &misfit) || misfit.Field != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := s.Judge(t.Context(), governor("odile"), d, Answer{Reason: "Too early.", Digest: d.Digest}); err != nil {
		t.Fatal(err)
	}
	d = s.dossier(t, d.Draft)
	if d.Open() || !d.Proposal.SentBack() || d.Proposal.Verdicts[0].Reason != "Too early." {
		t.Errorf("%+v", d.Proposal)
	}
	if _, err := s.approve(t, "tamsin", d.Draft); !errors.Is(err, postgres.ErrChanged) {
		t.Errorf("approved after it was sent back: %v", err)
	}
	if err := s.Propose(t.Context(), governor("isla"), d, time.Time{}); err != nil {
		t.Errorf("it cannot be proposed anew: %v", err)
	}
}

func TestADraftGoesStepByStep(t *testing.T) {
	s := desk(t)
	bad := since("2025-01-01")
	bad[0].Source += "\nbroken :="
	v, report, err := s.Save(t.Context(), governor("isla"), postgres.PolicyVersion{Owner: trust, Title: "First", Files: bad})
	if err != nil || report.Sound() {
		t.Fatalf("%v, sound %v", err, report.Sound())
	}
	refused := func(what string) {
		t.Helper()
		if err := s.Propose(t.Context(), governor("isla"), s.dossier(t, v.Draft), time.Time{}); !errors.Is(err, ErrNotReady) {
			t.Errorf("%s is proposed: %v", what, err)
		}
	}
	refused("a draft with a fault")
	v.Files = since("2025-01-01")
	if v, _, err = s.Save(t.Context(), governor("isla"), v); err != nil || v.Version != 2 {
		t.Fatalf("version %d, %v", v.Version, err)
	}
	refused("a draft whose impact nobody has seen")
	if _, err := s.Foresee(t.Context(), governor("isla"), s.dossier(t, v.Draft)); err != nil {
		t.Fatal(err)
	}
	misfit := (*Misfit)(nil)
	if err := s.Propose(t.Context(), governor("isla"), s.dossier(t, v.Draft), start.Add(-time.Hour)); !errors.As(err, &misfit) || misfit.Field != "from" {
		t.Errorf("to be live in the past: %v", err)
	}
	for name, v := range map[string]postgres.PolicyVersion{
		"title": {Owner: trust, Files: since("2025-01-01")},
		"files": {Owner: trust, Title: "x", Files: []policy.Module{{Name: "../x.rego"}}},
		"twice": {Owner: trust, Title: "x", Files: []policy.Module{{Name: "x.rego"}, {Name: "x.rego"}}},
		"none":  {Owner: trust, Title: "x"},
		"large": {Owner: trust, Title: "x", Files: []policy.Module{{Name: "x.rego", Source: strings.Repeat("#\n", policy.MaxBytes)}}},
	} {
		if _, _, err := s.Save(t.Context(), governor("isla"), v); !errors.As(err, &misfit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
