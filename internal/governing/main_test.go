package governing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

// The child that examines policies is the test itself, started again with one word.
const childWord = "policy-bench-of-a-test"

// bencher is how a bench of policies is started: as this test, or as the program
// that SIGNALBOX_SANDBOX names, because under the race detector a child needs more
// memory than it may have.
func bencher(self string) []string {
	if program := os.Getenv("SIGNALBOX_SANDBOX"); program != "" {
		return []string{program, "policy-bench"}
	}
	return []string{self, childWord}
}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childWord {
		if err := candidate.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const trust measures.ODSCode = "RAA"

// quick compiles and tests in this process, for tests that are not about the child.
// It finds a fault where a test wants one to be found.
type quick struct {
	fault atomic.Pointer[candidate.Finding]
}

// examined keeps what was found in files, because most tests write the same few.
var examined sync.Map

func (q *quick) Check(ctx context.Context, _ measures.ODSCode, draft []policy.Module) (candidate.Report, error) {
	report := candidate.Report{Digest: policy.FilesDigest(draft)}
	if known, ok := examined.Load(report.Digest); ok {
		report = known.(candidate.Report)
	} else {
		tests, err := policy.Test(ctx, draft)
		switch {
		case errors.Is(err, policy.ErrBadPolicy):
			report.Findings = append(report.Findings, candidate.Finding{Severity: candidate.Fault, Problem: err.Error()})
		case err != nil:
			return report, err
		}
		report.Tests = tests
		examined.Store(report.Digest, report)
	}
	if f := q.fault.Load(); f != nil {
		report.Findings = append(slices.Clone(report.Findings), *f)
	}
	return report, nil
}

func (q *quick) Impact(_ context.Context, question candidate.ImpactQuestion) (candidate.Impact, error) {
	n := 0
	for _, err := range question.Recorded {
		if err != nil {
			return candidate.Impact{}, err
		}
		n++
	}
	return candidate.Impact{Owner: question.Owner, Replayed: n, Same: n}, nil
}

// team is a governance team at its desk.
type team struct {
	*Policies
	quick *quick
	url   string
	clock atomic.Int64 // seconds since 1970
}

var start = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

func reference(t testing.TB) policy.ReferenceData {
	t.Helper()
	data, err := policy.NationalReference()
	if err != nil {
		t.Fatal(err)
	}
	data.Organisations = map[measures.ODSCode]policy.OrganisationFacts{
		trust: {Name: "Ashford Trust", Kind: "trust"}, "RBB": {Name: "Birchwood Trust", Kind: "trust"}}
	data.Datasets = map[measures.DatasetID]policy.DatasetFacts{"falls": {Title: "Falls on wards", Licence: "none", Columns: map[string]bool{"total": true}}}
	data.Plugins = map[string]policy.PluginFacts{"sha256:1": {ID: "spc", Version: "1.0.0", Approved: true}}
	return data
}

// desk opens a database and an engine that decides by what is live in it.
func desk(t testing.TB) *team {
	t.Helper()
	url := pgtest.URL(t)
	if err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, url, `INSERT INTO organisation (ods, kind) VALUES ('RAA', 'trust'), ('RBB', 'trust')`)
	return reopen(t, url)
}

// reopen is another program on the same database.
func reopen(t testing.TB, url string) *team {
	t.Helper()
	s := &team{url: url, quick: &quick{}}
	s.clock.Store(start.Unix())
	now := func() time.Time { return time.Unix(s.clock.Load(), 0).UTC() }
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	data := reference(t)
	d := &Desk{Ledger: db, Now: now}
	s.Policies = &Policies{Desk: d, Store: db, Bench: s.quick, Reference: func() policy.ReferenceData { return data },
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	trusts, err := s.Live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Engine, err = policy.NewEngine(t.Context(), policy.EngineOptions{Policy: policy.Policy{Trusts: trusts}, Data: data, Now: now,
		Deadline: time.Minute}) // of a busy machine's tests, and not of policies
	if err != nil {
		t.Fatal(err)
	}
	d.Policy = s.Engine
	return s
}

// governor is somebody of the trust's governance team.
func governor(id string) policy.Actor {
	return policy.Actor{ID: id, Name: strings.ToUpper(id[:1]) + id[1:], ODS: trust, Orgs: []measures.ODSCode{trust}, Roles: []policy.Role{"governance_lead"},
		Purpose: "governance", Assurance: "aal2", TrainedOn: measures.DateOf(2026, 5, 1)}
}

// reading is a clinician's question about the trust's own falls.
func reading() policy.Request {
	return policy.Request{ID: "reading", Action: policy.ChartRead,
		Actor: policy.Actor{ID: "wren", ODS: trust, Orgs: []measures.ODSCode{trust}, Roles: []policy.Role{"clinician"}, Purpose: "improvement",
			Assurance: "aal2", TrainedOn: measures.DateOf(2026, 5, 1)},
		Plugin:   policy.Plugin{ID: "spc", Version: "1.0.0", Digest: "sha256:1", Approval: "approved"},
		Resource: policy.Resource{Dataset: "falls", Columns: []string{"total"}, ODS: trust, Grain: "aggregate"}}
}

// since is a policy that shows nothing from before a day.
func since(day string) []policy.Module {
	return []policy.Module{{Name: "own.rego", Source: `# METADATA
# title: Nothing from before a day
package signalbox.trusts.RAA

import data.signalbox.national

# METADATA
# title: Nothing from before ` + day + `
decision := object.union(national.decision, {"rows": [{"ods": {"in": ["RAA"]}, "period": {"gte": "` + day + `"}}]}) if national.decision.allow

decision := national.decision if not national.decision.allow
`}}
}

// from is the first day that the clinician is shown now: empty if there is no limit,
// "denied" if nothing is shown.
func (s *team) from(t testing.TB) string {
	t.Helper()
	d, err := s.Engine.Decide(t.Context(), reading())
	if err != nil {
		t.Fatal(err)
	}
	if !d.Allow {
		return "denied: " + d.Reasons[0].Code
	}
	for _, c := range d.Rows[0].Conditions {
		if c.Field == "period" {
			return c.Values[0].(string)
		}
	}
	return ""
}

// draft writes a draft and leads it to where it waits for approval.
func (s *team) draft(t testing.TB, author, title string, files []policy.Module, notBefore time.Time) *Dossier {
	t.Helper()
	v, report, err := s.Save(t.Context(), governor(author), postgres.PolicyVersion{Owner: trust, Title: title, Files: files})
	if err != nil || !report.Sound() {
		t.Fatalf("save: %v, %+v", err, report.Findings)
	}
	d := s.dossier(t, v.Draft)
	if _, err := s.Foresee(t.Context(), governor(author), d); err != nil {
		t.Fatal(err)
	}
	if err := s.Propose(t.Context(), governor(author), s.dossier(t, v.Draft), notBefore); err != nil {
		t.Fatal(err)
	}
	return s.dossier(t, v.Draft)
}

func (s *team) dossier(t testing.TB, draft int) *Dossier {
	t.Helper()
	d, err := s.Dossier(t.Context(), trust, draft)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (s *team) approve(t testing.TB, who string, draft int) (int, error) {
	t.Helper()
	d := s.dossier(t, draft)
	return s.Judge(t.Context(), governor(who), d, Answer{Approves: true, Reason: "It is what we agreed.", Digest: d.Digest})
}

// publish leads files from nothing to live.
func (s *team) publish(t testing.TB, title string, files []policy.Module, notBefore time.Time) int {
	t.Helper()
	d := s.draft(t, "isla", title, files, notBefore)
	for i, who := range []string{"odile", "tamsin"} {
		revision, err := s.approve(t, who, d.Draft)
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			return revision
		}
	}
	return 0
}
