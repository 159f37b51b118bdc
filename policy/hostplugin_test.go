package policy

import (
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// pressure is a release that inn has written and brought here, and chk has checked.
func pressure(state ReleaseState) Release {
	return Release{ID: "pressure", Version: "2.1.0", Digest: adopted, Publisher: "northvale", Authors: []string{"inn"},
		Signers: []ReleaseSigner{{"inn", "author"}, {"chk", "checker"}}, Threshold: 2, Verified: true, State: state,
		Datasets: []measures.DatasetID{"diagnostics", "ae"}, Advice: 1, Cost: ReleaseCost{Milliseconds: 40, Mebibytes: 6}}
}

func lead() Actor {
	who := clinician()
	who.ID, who.Roles = "imp", []Role{"improvement_lead"}
	return who
}

// step asks for a step in the life of pressure; at an organisation where it is named.
func step(who Actor, action Action, state ReleaseState, at measures.ODSCode) Request {
	r := Request{ID: "request-1", Now: noon, Action: action, Actor: who, Release: pressure(state),
		Resource: Resource{ODS: at, Grain: "aggregate", Columns: []string{}, Stratifiers: []string{}}}
	r.Change = Change{Kind: ReleaseChange, Ref: r.Release.Digest, Author: "inn", Approvers: []string{"chk"}}
	return r
}

// yesToAll is a baseline that nobody would write: it says yes to everything.
func yesToAll(t *testing.T) *Engine {
	const rules = `package signalbox.national

decision := {"allow": true, "reasons": [], "grants": [], "ods_scope": scope, "rows": [{"all": true}], "visible_columns": input.resource.columns,
	"disclosure": {"min_cell_count": 0, "round_to": 1, "secondary": false, "zero_visible": true}, "obligations": ["audit"], "cache_seconds": 60}

scope := [input.resource.ods] if input.resource.ods != ""

scope := [] if input.resource.ods == ""
`
	baseline, err := Baseline()
	if err != nil {
		t.Fatal(err)
	}
	modules := []Module{{Name: "decision.rego", Source: rules}}
	for _, m := range baseline {
		if m.Name == "schemas.rego" {
			modules = append(modules, m)
		}
	}
	return engine(t, withPolicy(Policy{National: modules}))
}

// TestNoBaselineOpensWhatTheHostBars asks under a baseline that says yes to everything,
// so that every no is one of the program itself.
func TestNoBaselineOpensWhatTheHostBars(t *testing.T) {
	e := yesToAll(t)
	draw := func(who Actor, digest string, ods measures.ODSCode, approval string) Request {
		r := read(who, "diagnostics", ods)
		r.Plugin = Plugin{ID: "pressure", Digest: digest, Approval: approval}
		return r
	}
	with := func(r Request, change func(*Request)) Request { change(&r); return r }
	partner := lead()
	partner.ODS, partner.Orgs = "RWG", []measures.ODSCode{"RWG"}
	withdrawnToo := draw(clinician(), shipped, "RQW", "approved")
	both := partner
	both.Orgs = []measures.ODSCode{"RWG", "RQW"}
	other := Actor{ID: "dan", Purpose: "improvement"}
	author := lead()
	author.ID = "inn"
	for name, c := range map[string]struct {
		ask  Request
		want string // the code of the bar; empty: it is open
	}{
		"what comes with the program":                {draw(partner, approved, "RWG", "approved"), ""},
		"where it was adopted":                       {draw(clinician(), adopted, "RQW", "approved"), ""},
		"asked from elsewhere":                       {draw(partner, adopted, "RQW", "approved"), ""},
		"where it was not":                           {draw(partner, adopted, "RWG", "approved"), "plugin_not_adopted"},
		"of all, for an adopter":                     {draw(clinician(), adopted, Everyone, "approved"), ""},
		"of all, for another":                        {draw(partner, adopted, Everyone, "approved"), "plugin_not_adopted"},
		"of all, for one who acts for another":       {draw(both, adopted, Everyone, "approved"), "plugin_not_adopted"},
		"withdrawn":                                  {draw(clinician(), withdrawn, "RQW", "approved"), "plugin_withdrawn"},
		"withdrawn, before adopting":                 {draw(lead(), withdrawn, "RQW", PreviewApproval), "plugin_withdrawn"},
		"withdrawn, though it came with the program": {withdrawnToo, "plugin_withdrawn"},
		"unknown":                                  {draw(clinician(), "sha256:9", "RQW", "approved"), "plugin_not_approved"},
		"before adopting":                          {draw(partner, adopted, "RWG", PreviewApproval), ""},
		"before adopting, on another's figures":    {draw(lead(), adopted, "RWG", PreviewApproval), "plugin_preview"},
		"before adopting, of all":                  {draw(partner, adopted, Everyone, PreviewApproval), "plugin_preview"},
		"before adopting, by a clinician":          {with(draw(partner, adopted, "RWG", PreviewApproval), func(r *Request) { r.Actor.Roles = []Role{"clinician"} }), "plugin_preview"},
		"before adopting, taken away":              {with(draw(partner, adopted, "RWG", PreviewApproval), func(r *Request) { r.Action = DataExport }), "plugin_preview"},
		"evidence of one's own":                    {with(draw(clinician(), adopted, "RQW", "approved"), func(r *Request) { r.Action = EvidenceSend }), ""},
		"evidence of another":                      {with(draw(partner, adopted, "RQW", "approved"), func(r *Request) { r.Action = EvidenceSend }), "evidence_not_own"},
		"evidence of all":                          {with(draw(clinician(), adopted, Everyone, "approved"), func(r *Request) { r.Action = EvidenceSend }), "evidence_not_own"},
		"evidence of what is not adopted":          {with(draw(partner, adopted, "RWG", "approved"), func(r *Request) { r.Action = EvidenceSend }), "plugin_not_adopted"},
		"evidence of what nobody drew":             {with(draw(clinician(), adopted, "RQW", "approved"), func(r *Request) { r.Action, r.Plugin = EvidenceSend, Plugin{} }), "plugin_not_approved"},
		"a check":                                  {step(other, ReleaseCheck, ReleaseSubmitted, ""), ""},
		"a check of one's own":                     {step(author, ReleaseCheck, ReleaseSubmitted, ""), "own_release"},
		"a check of what one brought":              {with(step(other, ReleaseCheck, ReleaseSubmitted, ""), func(r *Request) { r.Change.Author = "dan" }), "own_release"},
		"publishing":                               {step(author, ReleasePublish, ReleaseChecked, ""), ""},
		"publishing what nobody checked":           {with(step(author, ReleasePublish, ReleaseChecked, ""), func(r *Request) { r.Change.Approvers = nil }), "release_second_person"},
		"publishing what its author checked":       {with(step(author, ReleasePublish, ReleaseChecked, ""), func(r *Request) { r.Change.Approvers = []string{"chk", "inn"} }), "release_second_person"},
		"publishing the unsigned":                  {with(step(author, ReleasePublish, ReleaseChecked, ""), func(r *Request) { r.Release.Verified = false }), "release_unverified"},
		"taking the unsigned":                      {with(step(other, ReleaseTake, ReleasePublished, ""), func(r *Request) { r.Release.Verified = false }), "release_unverified"},
		"taking, before anybody here had a hand":   {with(step(other, ReleaseTake, ReleasePublished, ""), func(r *Request) { r.Change = Change{} }), ""},
		"bringing":                                 {with(step(author, ReleaseSubmit, ReleaseDraft, ""), func(r *Request) { r.Change = Change{} }), ""},
		"checking, with nobody who brought it":     {with(step(other, ReleaseCheck, ReleaseSubmitted, ""), func(r *Request) { r.Change = Change{} }), "release_unnamed"},
		"checking another than was brought":        {with(step(other, ReleaseCheck, ReleaseSubmitted, ""), func(r *Request) { r.Change.Ref = "sha256:9" }), "release_unnamed"},
		"checking something else":                  {with(step(other, ReleaseCheck, ReleaseSubmitted, ""), func(r *Request) { r.Change.Kind = "policy" }), "release_unnamed"},
		"a step of nothing":                        {with(step(other, ReleaseTake, ReleasePublished, ""), func(r *Request) { r.Release, r.Change = Release{}, Change{} }), "release_unnamed"},
		"the registry, and nothing in it":          {with(step(other, ReleasePull, "", ""), func(r *Request) { r.Release, r.Change = Release{}, Change{} }), ""},
		"a step at an organisation":                {step(other, ReleaseCheck, ReleaseSubmitted, "RQW"), "release_not_data"},
		"a step that asks for data":                {with(step(other, ReleaseCheck, ReleaseSubmitted, ""), func(r *Request) { r.Resource.Dataset = "ae" }), "release_not_data"},
		"jobs that ask for data":                   {with(step(other, JobsManage, "", ""), func(r *Request) { r.Resource.Columns = []string{"seen"} }), "release_not_data"},
		"adopting":                                 {step(lead(), ReleaseAdopt, ReleasePublished, "RQW"), ""},
		"adopting nowhere":                         {step(lead(), ReleaseAdopt, ReleasePublished, ""), "release_not_data"},
		"adopting one's own":                       {step(author, ReleaseAdopt, ReleasePublished, "RQW"), "own_release"},
		"trying one's own":                         {step(author, ReleasePilot, ReleasePublished, "RQW"), ""},
		"adopting the withdrawn":                   {step(lead(), ReleaseAdopt, ReleaseWithdrawn, "RQW"), "release_withdrawn"},
		"leaving the withdrawn":                    {step(lead(), ReleaseLeave, ReleaseWithdrawn, "RQW"), ""},
		"adopting the unsigned":                    {with(step(lead(), ReleaseAdopt, ReleasePublished, "RQW"), func(r *Request) { r.Release.Verified = false }), "release_unverified"},
		"adopting data as well":                    {with(step(lead(), ReleaseAdopt, ReleasePublished, "RQW"), func(r *Request) { r.Resource.Columns = []string{"seen"} }), "release_not_data"},
		"a step of somebody who has not signed in": {with(step(other, ReleasePull, "", ""), func(r *Request) { r.Actor.ID, r.Change = "", Change{} }), "not_signed_in"},
	} {
		d := decide(t, e, c.ask)
		if c.want == "" && !d.Allow || c.want != "" && (d.Allow || !slices.Contains(codes(d), c.want)) {
			t.Errorf("%s: allowed %v for %q, want %q", name, d.Allow, codes(d), c.want)
		}
		if d.Allow && !c.ask.Action.OpensData() && len(d.Rows)+len(d.Columns) > 0 {
			t.Errorf("%s opens %v and %v", name, d.Rows, d.Columns)
		}
	}
}

// What leaves an organisation is hidden as between organisations, whatever a baseline
// says; published figures are as they are.
func TestEvidenceIsHiddenAsBetweenOrganisations(t *testing.T) {
	for dataset, want := range map[measures.DatasetID]int{"diagnostics": floorAcross, "ae": 0} {
		r := read(lead(), dataset, "RQW")
		r.Action, r.Plugin.Digest = EvidenceSend, adopted
		for name, e := range map[string]*Engine{"a baseline that hides nothing": yesToAll(t), "the baseline": engine(t)} {
			if d := decide(t, e, r); !d.Allow || d.Disclosure.MinCellCount != want {
				t.Errorf("%s of %s: %v, hidden below %d, want %d; %q", dataset, name, d.Allow, d.Disclosure.MinCellCount, want, codes(d))
			}
		}
	}
}

// A trust that forbids its evidence to leave is obeyed, and its other answers stay.
func TestATrustMayKeepItsEvidence(t *testing.T) {
	const rules = `package signalbox.trusts.RQW

import data.signalbox.national

decision := national.decision if input.action != "evidence.send"

decision := object.union(national.decision, {"allow": false, "reasons": [{"code": "evidence_stays", "message": "It stays here.", "help": "Ask us."}]}) if {
	input.action == "evidence.send"
}
`
	e := engine(t, withPolicy(Policy{Trusts: map[measures.ODSCode][]Module{"RQW": {{Name: "sharing.rego", Source: rules}}}}))
	r := read(lead(), "diagnostics", "RQW")
	r.Plugin.Digest = adopted
	if d := decide(t, e, r); !d.Allow {
		t.Errorf("the chart is closed: %q", codes(d))
	}
	r.Action = EvidenceSend
	if d := decide(t, e, r); d.Allow || !slices.Equal(codes(d), []string{"evidence_stays"}) {
		t.Errorf("evidence: %v, %q", d.Allow, codes(d))
	}
}

// A release without a list of adopters would draw for everybody.
func TestReferenceDataNamesWhoAdoptedARelease(t *testing.T) {
	for name, change := range map[string]func(*ReferenceData){
		"a release for everybody":       func(d *ReferenceData) { d.Plugins["sha256:9"] = PluginFacts{Approved: true, Publisher: "northvale"} },
		"a state and no adopters":       func(d *ReferenceData) { d.Plugins["sha256:9"] = PluginFacts{Approved: true, State: ReleasePublished} },
		"adopted by all at once":        func(d *ReferenceData) { d.Plugins[adopted].Adopters[Everyone] = AdopterFacts{} },
		"adopted by no code":            func(d *ReferenceData) { d.Plugins[adopted].Adopters["no code"] = AdopterFacts{} },
		"no limit of what a call takes": func(d *ReferenceData) { d.Releases = ReleaseLimits{} },
	} {
		data := reference(t)
		if err := engine(t).SetData(t.Context(), data); err != nil {
			t.Fatal(err)
		}
		change(&data)
		if err := engine(t).SetData(t.Context(), data); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
