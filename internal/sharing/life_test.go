package sharing_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// maker is an installation where releases are made, with a database, the national
// policy and a registry of its own.
type maker struct {
	*sharing.Life
	db              *postgres.DB
	url             string
	list            registry.List
	author, checker registry.Key
	registry        registry.Remote
	now             time.Time
	refreshed       int
	results         []postgres.Result
}

// remembering is the ledger, and what was recorded of acts that were decided on.
type remembering struct {
	*postgres.DB
	m *maker
}

func (r remembering) RecordResults(ctx context.Context, results []postgres.Result) error {
	r.m.results = append(r.m.results, results...)
	return r.DB.RecordResults(ctx, results)
}

func newMaker(t testing.TB) *maker {
	t.Helper()
	url := pgtest.URL(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	m := &maker{url: url, author: newKey(t), checker: newKey(t), now: noon}
	clock := func() time.Time { return m.now }
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	reference, err := policy.NationalReference()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := policy.NewEngine(t.Context(), policy.EngineOptions{Data: reference, Now: clock, Deadline: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	from := noon.AddDate(-1, 0, 0)
	m.list = registry.List{Serial: 3, Issued: noon.AddDate(0, 0, -1), Expires: noon.AddDate(0, 3, 0), Publishers: []registry.Publisher{{
		ID: "bellmere", Name: "Bellmere Trust (fictional)", Class: "trust", Names: []string{"bellmere-*"}, Threshold: 2,
		Keys: []registry.PublisherKey{{Key: m.author.Public(), Holder: "ward analyst", Role: registry.RoleAuthor, From: from},
			{Key: m.checker.Public(), Holder: "head of audit", Role: registry.RoleChecker, From: from}}}}}
	server := httptest.NewServer(registry.Server(db.Registry(), registry.TrustsNobody))
	t.Cleanup(server.Close)
	m.db, m.registry = db, registry.Remote{Name: strings.TrimPrefix(server.URL, "http://") + "/signalbox", Plain: true, Client: server.Client()}
	m.Life = &sharing.Life{Policy: engine, Ledger: remembering{db, m}, Store: db, Now: clock,
		List:    func(context.Context) (*registry.List, error) { return &m.list, nil },
		Push:    m.registry.Push,
		Refresh: func(context.Context) error { m.refreshed++; return nil }}
	return m
}

// somebody has a role, and works for nobody in particular.
func somebody(id string, role policy.Role) policy.Actor {
	return policy.Actor{ID: id, Name: id, Orgs: []measures.ODSCode{}, Roles: []policy.Role{role}, Purpose: "development", Assurance: "aal2",
		TrainedOn: measures.DateOf(2026, 5, 1)}
}

var (
	innovator = somebody("sol", "innovator")
	second    = somebody("wren", "plugin_checker")
)

// release is signed by those who give their keys.
func (m *maker) release(t testing.TB, id, version string, keys ...registry.Key) registry.Release {
	t.Helper()
	text, err := json.Marshal(plugins.Manifest{ID: id, Version: version, Title: "Falls on wards", Publisher: "Bellmere Trust", Licence: "MIT",
		Measures: []measures.Measure{{ID: "bellmere-falls", Family: "bellmere-falls", Title: "Falls", Dataset: "falls", Grain: measures.Month,
			Inputs: []measures.Input{{Name: "numerator", Plus: []string{"numerator"}}}, Uses: measures.Uses{Plugin: "spc", Entry: "c"}}}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.ReleaseOf(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if r, err = r.Sign(key, "bellmere", registry.Build{}, m.now); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// sound is a check that has found nothing but advice.
func sound(context.Context, registry.Release) (sharing.Examined, error) {
	return sharing.Examined{Steps: []check.Step{{Name: "It starts", Findings: []check.Finding{{Rule: "cases", Advice: true}}}},
		Cost: policy.ReleaseCost{Milliseconds: 3, Mebibytes: 2}}, nil
}

// submitted is a release that its author has brought.
func (m *maker) submitted(t testing.TB, version string) *sharing.Standing {
	t.Helper()
	s, err := m.Submit(t.Context(), innovator, m.release(t, "bellmere-falls", version, m.author), "The first", sound)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checked is one that a second person has checked and signed.
func (m *maker) checked(t testing.TB, version string) *sharing.Standing {
	t.Helper()
	s := m.submitted(t, version)
	signed, err := s.Release.Sign(m.checker, "", registry.Build{}, m.now)
	if err == nil {
		err = m.Check(t.Context(), second, s, sharing.Verdict{Approves: true, Note: "Looked at the charts", Signed: &signed})
	}
	if err != nil {
		t.Fatal(err)
	}
	return m.again(t, s)
}

func (m *maker) again(t testing.TB, s *sharing.Standing) *sharing.Standing {
	t.Helper()
	now, err := m.Standing(t.Context(), s.Digest)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// published is one that others can have.
func (m *maker) published(t testing.TB, version string) *sharing.Standing {
	t.Helper()
	s := m.checked(t, version)
	if err := m.Publish(t.Context(), innovator, s); err != nil {
		t.Fatal(err)
	}
	return m.again(t, s)
}

// because gives the codes of a denial; empty where the error is none.
func because(err error) string {
	var denial *policy.Denial
	if !errors.As(err, &denial) {
		return ""
	}
	var codes []string
	for _, r := range denial.Record.Decision().Reasons {
		codes = append(codes, r.Code)
	}
	return strings.Join(codes, " ")
}

func TestAReleaseGoesFromItsAuthorToEverybody(t *testing.T) {
	m := newMaker(t)
	s := m.submitted(t, "1.0.0")
	if have, want := s.Signatures(); have != 1 || want != 2 || s.State() != policy.ReleaseSubmitted || !errors.Is(s.Doubt, registry.ErrTooFew) {
		t.Fatalf("submitted: %d of %d have signed, it is %s: %v", have, want, s.State(), s.Doubt)
	}
	if facts := s.Facts(); facts.Advice != 1 || facts.Errors != 0 || facts.Cost.Milliseconds != 3 || facts.Verified || !slices.Equal(facts.Authors, []string{"sol"}) ||
		!slices.Equal(facts.Datasets, []measures.DatasetID{"falls"}) {
		t.Errorf("the policy is told %+v", facts)
	}
	s = m.checked(t, "1.0.1")
	if s.State() != policy.ReleaseChecked || s.Doubt != nil || !slices.Equal(s.Checkers(), []string{"wren"}) {
		t.Fatalf("checked: %s by %v: %v", s.State(), s.Checkers(), s.Doubt)
	}
	if err := m.Publish(t.Context(), innovator, s); err != nil {
		t.Fatal(err)
	}
	pulled, err := m.registry.Pull(t.Context(), "bellmere-falls", string(s.Artifact))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := m.list.Check(pulled, m.now); err != nil || len(v.Signers) != 2 {
		t.Errorf("what was published is signed by %v: %v", v.Signers, err)
	}
	until := measures.DateOf(2026, 9, 1)
	if err := m.Deprecate(t.Context(), innovator, m.again(t, s), until, "1.1.0 counts all wards"); err != nil {
		t.Fatal(err)
	}
	if s = m.again(t, s); s.State() != policy.ReleaseDeprecated || s.Ends() != until {
		t.Errorf("deprecated: it is %s until %s", s.State(), s.Ends())
	}
	if err := m.Withdraw(t.Context(), second, s, "It counts wards twice"); err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, step := range m.again(t, s).Steps {
		told = append(told, string(step.Step)+" by "+step.By+": "+step.Note)
		if step.Record == 0 {
			t.Errorf("%s stands in no record", step.Step)
		}
	}
	if got := strings.Join(told, "; "); got != "submitted by sol: The first; checked by wren: Looked at the charts; published by sol: The first; "+
		"deprecated by sol: 1.1.0 counts all wards; withdrawn by wren: It counts wards twice" {
		t.Errorf("its life is %s", got)
	}
	if m.refreshed != 6 {
		t.Errorf("the house took notice %d times", m.refreshed)
	}
}

func TestStepsAreRefusedToThoseWhoMayNotTakeThem(t *testing.T) {
	m := newMaker(t)
	operator, clinician := somebody("lorne", "operator"), somebody("hollis", "clinician")
	clinician.Purpose = "improvement"
	waits, ready, out := m.submitted(t, "1.0.0"), m.checked(t, "2.0.0"), m.published(t, "3.0.0")
	gone := m.published(t, "4.0.0")
	if err := m.Withdraw(t.Context(), operator, gone, "Wrong"); err != nil {
		t.Fatal(err)
	}
	gone = m.again(t, gone)
	yes := sharing.Verdict{Approves: true, Note: "Fine"}
	self := innovator
	self.Roles = append(slices.Clone(self.Roles), "plugin_checker")
	for _, test := range []struct {
		name string
		do   func(context.Context) error
		want string // a code
	}{
		{"a clinician brings one", func(ctx context.Context) error {
			_, err := m.Submit(ctx, clinician, m.release(t, "bellmere-falls", "5.0.0", m.author), "New", sound)
			return err
		}, "release_submit_role"},
		{"its author checks it", func(ctx context.Context) error { return m.Check(ctx, self, waits, yes) }, "own_release"},
		{"an innovator checks it", func(ctx context.Context) error { return m.Check(ctx, somebody("ivo", "innovator"), waits, yes) }, "release_check_role"},
		{"a checker says yes twice", func(ctx context.Context) error { return m.Check(ctx, second, ready, yes) }, "release_checked_before"},
		{"it is published before it was checked", func(ctx context.Context) error { return m.Publish(ctx, innovator, waits) }, "release_state"},
		{"a stranger publishes it", func(ctx context.Context) error { return m.Publish(ctx, somebody("ivo", "innovator"), ready) }, "release_publish_role"},
		{"a stranger withdraws it", func(ctx context.Context) error { return m.Withdraw(ctx, clinician, out, "No") }, "release_publish_role"},
		{"it is deprecated before it was published", func(ctx context.Context) error {
			return m.Deprecate(ctx, innovator, ready, measures.DateOf(2026, 12, 1), "Old")
		}, "release_state"},
		{"it is checked after it was withdrawn", func(ctx context.Context) error { return m.Check(ctx, second, gone, yes) }, "release_withdrawn"},
		{"it is withdrawn twice", func(ctx context.Context) error { return m.Withdraw(ctx, operator, gone, "Again") }, "release_withdrawn"},
	} {
		before := len(m.again(t, waits).Steps) + len(m.again(t, ready).Steps) + len(m.again(t, out).Steps) + len(m.again(t, gone).Steps)
		err := test.do(t.Context())
		if !errors.Is(err, policy.ErrDenied) || !strings.Contains(because(err), test.want) {
			t.Errorf("%s: %v, because %q; want %s", test.name, err, because(err), test.want)
		}
		after := len(m.again(t, waits).Steps) + len(m.again(t, ready).Steps) + len(m.again(t, out).Steps) + len(m.again(t, gone).Steps)
		if after != before {
			t.Errorf("%s: a step was taken all the same", test.name)
		}
	}
}

func TestReleasesThatCannotBeBelievedAreNotTaken(t *testing.T) {
	m := newMaker(t)
	replaced := m.release(t, "bellmere-falls", "1.0.0", m.author)
	replaced.Contents = append(slices.Clone(replaced.Contents), '\n')
	m.submitted(t, "2.0.0")
	other := m.release(t, "bellmere-falls", "2.0.0", m.author)
	other.Manifest.Title = "Other falls"
	other = m.resigned(t, other)
	for _, test := range []struct {
		name    string
		release registry.Release
		want    error
	}{
		{"nobody has signed", m.release(t, "bellmere-falls", "1.0.0"), registry.ErrUnsigned},
		{"a stranger has signed", m.release(t, "bellmere-falls", "1.0.0", newKey(t)), registry.ErrStranger},
		{"another's name", m.release(t, "ashcombe-falls", "1.0.0", m.author), registry.ErrMisnamed},
		{"other contents", replaced, registry.ErrReplaced},
		{"a version that is here with other contents", other, registry.ErrMisnamed},
	} {
		_, err := m.Submit(t.Context(), innovator, test.release, "New", sound)
		if !errors.Is(err, test.want) || !sharing.Untrusted(err) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if all, err := m.All(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("there are %d releases: %v", len(all), err)
	}
}

// resigned makes a release of a changed manifest.
func (m *maker) resigned(t testing.TB, r registry.Release) registry.Release {
	t.Helper()
	text, err := json.Marshal(r.Manifest)
	if err == nil {
		r, err = registry.ReleaseOf(text)
	}
	if err == nil {
		r, err = r.Sign(m.author, "bellmere", registry.Build{}, m.now)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAFaultyReleaseIsNotKeptAndItsVersionStaysFree(t *testing.T) {
	m := newMaker(t)
	faulty := func(context.Context, registry.Release) (sharing.Examined, error) {
		return sharing.Examined{Steps: []check.Step{{Name: "It starts", Findings: []check.Finding{{Rule: "start", Problem: "it does not"}}}}}, nil
	}
	unchecked := func(context.Context, registry.Release) (sharing.Examined, error) { return sharing.Examined{}, nil }
	for name, examine := range map[string]func(context.Context, registry.Release) (sharing.Examined, error){"faults": faulty, "no step at all": unchecked} {
		if _, err := m.Submit(t.Context(), innovator, m.release(t, "bellmere-falls", "1.0.0", m.author), "New", examine); !errors.Is(err, sharing.ErrUnsound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m.submitted(t, "1.0.0")
}

func TestAReleaseThatWasSentBackIsCheckedAnew(t *testing.T) {
	m := newMaker(t)
	s := m.checked(t, "1.0.0")
	if err := m.Check(t.Context(), somebody("tamsin", "plugin_checker"), s, sharing.Verdict{Note: "Says nothing of bank staff"}); err != nil {
		t.Fatal(err)
	}
	if s = m.again(t, s); s.State() != policy.ReleaseDraft {
		t.Fatalf("it is %s", s.State())
	}
	if err := m.Publish(t.Context(), innovator, s); !strings.Contains(because(err), "release_state") {
		t.Errorf("published all the same: %v", err)
	}
	s, err := m.Submit(t.Context(), innovator, s.Release, "It need not: bank staff have no falls", sound)
	if err != nil || len(s.Checkers()) != 0 {
		t.Fatalf("brought again it is checked by %v: %v", s.Checkers(), err)
	}
	if err := m.Check(t.Context(), second, s, sharing.Verdict{Approves: true, Note: "So be it"}); err != nil {
		t.Error(err)
	}
}

func TestTheSignatureOfACheckerIsHeldAgainstTheRelease(t *testing.T) {
	m := newMaker(t)
	s := m.submitted(t, "1.0.0")
	sign := func(r registry.Release, key registry.Key) *registry.Release {
		signed, err := r.Sign(key, "", registry.Build{}, m.now)
		if err != nil {
			t.Fatal(err)
		}
		return &signed
	}
	other := m.release(t, "bellmere-falls", "1.0.1", m.author)
	for name, signed := range map[string]*registry.Release{"nobody has added a name": &s.Release, "the author signed again": sign(s.Release, m.author),
		"a stranger signed": sign(s.Release, newKey(t)), "another release": sign(other, m.checker)} {
		err := m.Check(t.Context(), second, s, sharing.Verdict{Approves: true, Note: "Fine", Signed: signed})
		var misfit *sharing.Misfit
		if !errors.As(err, &misfit) || misfit.Field != "release" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now := m.again(t, s); now.State() != policy.ReleaseSubmitted || len(now.Behind.Signers) != 1 {
		t.Errorf("it is %s, signed by %v", now.State(), now.Behind.Signers)
	}
	// A checker may look first and sign later, with another yes of somebody else.
	if err := m.Check(t.Context(), second, s, sharing.Verdict{Approves: true, Note: "Fine"}); err != nil {
		t.Fatal(err)
	}
	if err := m.Publish(t.Context(), innovator, m.again(t, s)); !strings.Contains(because(err), "release_signers") {
		t.Errorf("published with one name under it: %v", err)
	}
}

func TestAKeyThatIsRevokedStopsWhatIsUnderWay(t *testing.T) {
	m := newMaker(t)
	s := m.checked(t, "1.0.0")
	out := m.published(t, "0.9.0")
	m.list.Publishers[0].Keys[1].Revoked = "lost on a train"
	s, out = m.again(t, s), m.again(t, out)
	if err := m.Publish(t.Context(), innovator, s); !strings.Contains(because(err), "release_unverified") {
		t.Errorf("published: %v", err)
	}
	if err := m.Withdraw(t.Context(), innovator, out, "The checker's key was lost"); err != nil {
		t.Errorf("what is out cannot be withdrawn: %v", err)
	}
}

func TestWhereNobodyKnowsWhomToBelieveNothingIsPublishedButWithdrawn(t *testing.T) {
	m := newMaker(t)
	s, out := m.checked(t, "1.0.0"), m.published(t, "0.9.0")
	lost := errors.New("the list is lost")
	m.List = func(context.Context) (*registry.List, error) { return nil, lost }
	s, out = m.again(t, s), m.again(t, out)
	if err := m.Publish(t.Context(), innovator, s); !errors.Is(err, policy.ErrDenied) || !errors.Is(s.Doubt, lost) {
		t.Errorf("published: %v, in doubt because %v", err, s.Doubt)
	}
	if err := m.Withdraw(t.Context(), innovator, out, "In doubt"); err != nil {
		t.Error(err)
	}
}

func TestARegistryThatIsDownTakesNoStep(t *testing.T) {
	m := newMaker(t)
	s := m.checked(t, "1.0.0")
	push := m.Push
	down := errors.New("connection refused")
	m.Push = func(context.Context, registry.Release) (plugins.Digest, error) { return "", down }
	if err := m.Publish(t.Context(), innovator, s); !errors.Is(err, down) {
		t.Fatalf("said %v", err)
	}
	last := m.results[len(m.results)-1]
	if s = m.again(t, s); s.State() != policy.ReleaseChecked || last.Problem == "" || last.Record.Decision().Request.Action != policy.ReleasePublish {
		t.Errorf("it is %s, and the record says %+v", s.State(), last)
	}
	// Stopped after the push and before the step, it is published again.
	if _, err := push(t.Context(), s.Release); err != nil {
		t.Fatal(err)
	}
	m.Push = push
	if err := m.Publish(t.Context(), innovator, s); err != nil {
		t.Error(err)
	}
}

func TestFormsSayWhatToPutRight(t *testing.T) {
	m := newMaker(t)
	s, out := m.submitted(t, "1.0.0"), m.published(t, "0.9.0")
	for _, test := range []struct {
		name, field string
		do          func(context.Context) error
	}{
		{"a release without a note", "note", func(ctx context.Context) error {
			_, err := m.Submit(ctx, innovator, m.release(t, "bellmere-falls", "5.0.0", m.author), " ", sound)
			return err
		}},
		{"a verdict without a word", "note", func(ctx context.Context) error { return m.Check(ctx, second, s, sharing.Verdict{Approves: true}) }},
		{"no reason", "reason", func(ctx context.Context) error {
			return m.Deprecate(ctx, innovator, out, measures.DateOf(2026, 9, 1), "")
		}},
		{"too soon", "until", func(ctx context.Context) error {
			return m.Deprecate(ctx, innovator, out, measures.DateOf(2026, 7, 14), "Old")
		}},
		{"withdrawn without a reason", "reason", func(ctx context.Context) error { return m.Withdraw(ctx, innovator, out, "\n") }},
	} {
		var misfit *sharing.Misfit
		if err := test.do(t.Context()); !errors.As(err, &misfit) || misfit.Field != test.field {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
