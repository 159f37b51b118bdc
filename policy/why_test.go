package policy_test

import (
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// keeps is a policy of Ashford Trust that shows others nothing from before 2025,
// and nothing at all to who comes for planning.
const keeps = `package signalbox.trusts.RAA

import data.signalbox.facts
import data.signalbox.national

decision := national.decision if not national.decision.allow

decision := object.union(national.decision, {"rows": recent}) if {
	national.decision.allow
	count(objection) == 0
}

decision := object.union(national.decision, {"allow": false, "reasons": [one | some one in objection]}) if {
	national.decision.allow
	count(objection) > 0
}

# METADATA
# title: Others see nothing from before 2025
recent contains {"period": {"gte": "2025-01-01"}} if not facts.own

recent contains {"ods": {"in": ["RAA"]}} if facts.own

# METADATA
# title: Planners ask us first
objection contains {
	"code": "ask_first",
	"message": "Ashford Trust wants to be asked before its data is used for planning.",
	"help": "Write to its information governance team.",
} if {
	input.subject.purpose == "planning"
}
`

func TestWhyNamesTheFloorTheRuleAndTheMissingFact(t *testing.T) {
	engine := explaining(t)
	ask := func(change func(*policy.Request)) policy.Request {
		r := policy.Request{ID: "r1", Now: explainNoon, Action: policy.ChartRead,
			Actor: policy.Actor{ID: "ann", ODS: "RAA", Orgs: []measures.ODSCode{"RAA"}, Roles: []policy.Role{"clinician"}, Purpose: "improvement",
				Assurance: "aal2", TrainedOn: measures.Date(explainNoon/86400 - 20)},
			Plugin:   policy.Plugin{ID: "spc", Version: "1.0.0", Digest: "sha256:1", Approval: "approved"},
			Resource: policy.Resource{Dataset: "falls", Columns: []string{"total"}, ODS: "RAA", Grain: "aggregate"}}
		change(&r)
		return r
	}
	for _, test := range []struct {
		name   string
		change func(*policy.Request)
		want   policy.Why
	}{
		{"own staff", func(*policy.Request) {}, policy.Why{Allowed: true, Floor: "national", Rule: "own_organisation", File: "own_trust.rego",
			Title: "Staff may read all data of their own organisation, exactly as it is"}},
		{"another trust with an agreement", func(r *policy.Request) { r.Actor.ODS, r.Actor.Orgs = "RCC", []measures.ODSCode{"RCC"} },
			policy.Why{Allowed: true, Floor: "trust", Rule: "agreement", File: "RAA/sharing.rego", Title: "Others see nothing from before 2025"}},
		{"an analyst of the board who plans", func(r *policy.Request) {
			r.Actor.ODS, r.Actor.Orgs, r.Actor.Roles, r.Actor.Purpose = "QAA", []measures.ODSCode{"QAA"}, []policy.Role{"analyst"}, "planning"
		}, policy.Why{Floor: "trust", Rule: "ask_first", File: "RAA/sharing.rego", Title: "Planners ask us first",
			Missing: "Ashford Trust wants to be asked before its data is used for planning.",
			Nearest: "Analysts of an integrated care board may read its organisations' data, small numbers hidden"}},
		{"own staff for planning", func(r *policy.Request) { r.Actor.Purpose = "planning" }, policy.Why{Floor: "national", Rule: "purpose_not_allowed", File: "own_trust.rego",
			Title: "Staff may read all data of their own organisation, exactly as it is", Nearest: "Staff may read all data of their own organisation, exactly as it is",
			Missing: "Your own organisation's data may be read for improvement or governance, and you came for planning and commissioning."}},
		{"a clinician of the board", func(r *policy.Request) {
			r.Actor.ODS, r.Actor.Orgs, r.Actor.Purpose = "QAA", []measures.ODSCode{"QAA"}, "planning"
		}, policy.Why{Floor: "national", Rule: "system_role_missing", File: "same_system.rego",
			Title:   "Analysts of an integrated care board may read its organisations' data, small numbers hidden",
			Nearest: "Analysts of an integrated care board may read its organisations' data, small numbers hidden",
			Missing: "Ashford Trust belongs to your integrated care board, but only its analysts and improvement leads may read this."}},
		{"a plugin that is not approved", func(r *policy.Request) { r.Plugin.Digest = "sha256:2" }, policy.Why{Floor: "national", Rule: "plugin_not_approved", File: "bars.rego",
			Title:   "Only plugins that governance has approved, by digest",
			Nearest: "Staff may read all data of their own organisation, exactly as it is",
			Missing: "The plugin that would draw this chart is not approved here."}},
		{"an action that nobody can do", func(r *policy.Request) { r.Action = "data.sell" }, policy.Why{Floor: "national", Rule: "no_ground", File: "decision.rego",
			Title: "When nothing comes near", Missing: "No rule lets you do this."}},
		{"approving without the purpose", func(r *policy.Request) {
			r.Action, r.Plugin, r.Resource = policy.PolicyApprove, policy.Plugin{}, policy.Resource{ODS: "RAA", Grain: "aggregate"}
			r.Actor.Roles, r.Change = []policy.Role{"governance_lead"}, policy.Change{Kind: "policy", Ref: "d", Author: "ben"}
		}, policy.Why{Floor: "national", Rule: "governance_purpose", File: "governance.rego",
			Title:   "The governance team says yes or no to drafts that somebody else has written",
			Nearest: "The governance team says yes or no to drafts that somebody else has written"}},
		{"publishing on one's own word", func(r *policy.Request) { release(r, policy.ReleasePublish, policy.ReleaseChecked, "") },
			policy.Why{Floor: "national", Rule: "release_second_person", File: "releases.rego", Title: "A second person has checked it",
				Nearest: "Whoever stands behind a release publishes it, says that it is outdated, or withdraws it",
				Missing: "Nobody but those who wrote it or brought it here has said yes to this release."}},
		{"a clinician who would adopt", func(r *policy.Request) {
			release(r, policy.ReleaseAdopt, policy.ReleasePublished, "RAA")
			r.Release.Authors = nil
			r.Change.Author = ""
		},
			policy.Why{Floor: "national", Rule: "adopting_role", File: "adopting.rego", Title: "Improvement leads and the governance team decide what their own organisation runs",
				Nearest: "Improvement leads and the governance team decide what their own organisation runs",
				Missing: "What Ashford Trust runs is for its improvement leads and its governance team to say."}},
		{"evidence of one's own", func(r *policy.Request) {
			r.Action, r.Actor.Roles = policy.EvidenceSend, []policy.Role{"improvement_lead"}
		},
			policy.Why{Allowed: true, Floor: "national", Rule: "evidence", File: "adopting.rego",
				Title: "An organisation's improvement leads and governance team may send others what became of its other figures, small numbers hidden"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := engine.Decide(t.Context(), ask(test.change))
			if err != nil {
				t.Fatal(err)
			}
			got, err := engine.Why(t.Context(), d.Document())
			if err != nil {
				t.Fatal(err)
			}
			if test.want.Missing == "" {
				test.want.Missing = got.Missing
			}
			if got.Allowed != test.want.Allowed || got.Floor != test.want.Floor || got.Rule != test.want.Rule || got.Title != test.want.Title ||
				got.File != test.want.File || got.Nearest != test.want.Nearest || got.Missing != test.want.Missing {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
			if got.Line == 0 || !got.SameRevision || !got.SameAnswer || len(got.Checks) == 0 {
				t.Errorf("%+v", got)
			}
			if got.Allowed != (got.Grant != nil) {
				t.Errorf("grant %v", got.Grant)
			}
		})
	}
}

func TestWhySaysWhereTheRulesAreNoLongerThose(t *testing.T) {
	engine := explaining(t)
	d, err := engine.Decide(t.Context(), policy.Request{ID: "r1", Now: explainNoon, Action: policy.ChartRead, Actor: policy.Actor{ID: "ann"},
		Resource: policy.Resource{Dataset: "falls", ODS: "RAA", Grain: "aggregate"}})
	if err != nil {
		t.Fatal(err)
	}
	document := d.Document()
	document.PolicyRevision, document.Allow = "sha256:another", true
	why, err := engine.Why(t.Context(), document)
	if err != nil || why.SameRevision || why.SameAnswer || !why.Allowed {
		t.Errorf("%v %+v", err, why)
	}
}

const explainNoon = 1781524800 // noon on 15 June 2026

func explaining(t testing.TB) *policy.Engine {
	t.Helper()
	data, err := policy.NationalReference()
	if err != nil {
		t.Fatal(err)
	}
	data.Organisations = map[measures.ODSCode]policy.OrganisationFacts{"RAA": {Name: "Ashford Trust", Kind: "trust", ICB: "QAA"},
		"RCC": {Name: "Cedarhill Trust", Kind: "trust", ICB: "QCC"}, "QAA": {Name: "Southern Board", Kind: "icb"}}
	data.Datasets = map[measures.DatasetID]policy.DatasetFacts{"falls": {Title: "Falls on wards", Columns: map[string]bool{"total": true}}}
	data.Plugins = map[string]policy.PluginFacts{"sha256:1": {ID: "spc", Version: "1.0.0", Approved: true}, "sha256:2": {ID: "spc", Version: "1.0.1"}}
	data.Agreements = map[policy.AgreementKey]policy.Agreement{policy.KeyOf("RAA", "RCC", "falls"): {Ref: "DSA-1", Expires: explainNoon + 1000, Purposes: []policy.Purpose{"improvement"}, MinCellCount: 8}}
	engine, err := policy.NewEngine(t.Context(), policy.EngineOptions{Data: data, Policy: policy.Policy{
		Trusts: map[measures.ODSCode][]policy.Module{"RAA": {{Name: "sharing.rego", Source: keeps}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// BenchmarkWhy explains a denial; the target is 5 ms.
func BenchmarkWhy(b *testing.B) {
	engine := explaining(b)
	d, err := engine.Decide(b.Context(), policy.Request{ID: "r1", Now: explainNoon, Action: policy.ChartRead,
		Actor:  policy.Actor{ID: "ann", ODS: "RCC", Orgs: []measures.ODSCode{"RCC"}, Roles: []policy.Role{"clinician"}, Purpose: "planning"},
		Plugin: policy.Plugin{ID: "spc", Digest: "sha256:1"}, Resource: policy.Resource{Dataset: "falls", Columns: []string{"total"}, ODS: "RAA", Grain: "aggregate"}})
	if err != nil {
		b.Fatal(err)
	}
	document := d.Document()
	b.ReportAllocs()
	for b.Loop() {
		if why, err := engine.Why(b.Context(), document); err != nil || !strings.Contains(why.Missing, "purpose") {
			b.Fatal(err, why)
		}
	}
}

// release makes a request one about a release that the asker has written.
func release(r *policy.Request, action policy.Action, state policy.ReleaseState, at measures.ODSCode) {
	r.Action, r.Plugin, r.Resource = action, policy.Plugin{}, policy.Resource{ODS: at, Grain: "aggregate"}
	r.Actor.Roles = append(r.Actor.Roles, "innovator")
	r.Release = policy.Release{ID: "pressure", Version: "2.1.0", Digest: "sha256:5", Authors: []string{r.Actor.ID}, Threshold: 1, Verified: true, State: state,
		Signers: []policy.ReleaseSigner{{Holder: "Ada", Role: "author"}}}
	r.Change = policy.Change{Kind: policy.ReleaseChange, Ref: "sha256:5", Author: r.Actor.ID}
}
