package policy

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// stated is what the rules of the baseline say in their titles, told again in Go
// by somebody who read the titles and not the Rego. It knows nothing of rights,
// facts or grounds. It gives whether a question is answered yes and below which
// number counts are then hidden.
func stated(data ReferenceData, r Request) (allow bool, threshold int) {
	s := statement{data: data, r: r}
	if s.barred() {
		return false, 0
	}
	terms := s.grounds()
	if len(terms) == 0 {
		return false, 0
	}
	return true, slices.Min(terms) // every ground is enough by itself
}

type statement struct {
	data ReferenceData
	r    Request
}

// barred: what no ground helps against.
func (s statement) barred() bool {
	r, m := s.r, s.r.Resource
	dataset, catalogued := s.data.Datasets[m.Dataset]
	_, registered := s.data.Organisations[m.ODS]
	_, purpose := s.data.Purposes[r.Actor.Purpose]
	switch {
	case r.Actor.ID == "": // nobody reads without having signed in
		return true
	case !purpose: // every request has a purpose that governance knows
		return true
	case m.Grain != "aggregate": // there is no access to the data of single people
		return true
	case r.Action.AboutPlugin():
		return m.Dataset != "" || m.ODS != "" || len(m.Columns) > 0
	case r.Action.AboutRelease() || r.Action.AboutWork():
		return m.Dataset != "" || len(m.Columns) > 0 || s.misstep()
	case m.ODS != Everyone && !registered: // only organisations in the register
		return true
	case r.Action.AboutGovernance():
		return m.Dataset != "" || m.ODS == "" || len(m.Columns) > 0 || m.ODS == Everyone || s.ownChange()
	case !catalogued: // only datasets in the catalogue
		return true
	case s.misfit(): // only plugins that are approved, on the data that their manifests name
		return true
	}
	return slices.ContainsFunc(m.Columns, func(c string) bool { return !dataset.Columns[c] })
}

// ownChange: nobody decides on their own work, approves twice or appoints themselves.
func (s statement) ownChange() bool {
	c, me := s.r.Change, s.r.Actor.ID
	deciding := s.r.Action == PolicyApprove || s.r.Action == AccessDecide
	return (deciding || s.r.Action == PeopleAppoint) && c.Author == me ||
		deciding && slices.Contains(c.Approvers, me) ||
		s.r.Action == PeopleAppoint && c.Ref == me
}

// misfit: only plugins that are approved, that the organisation has adopted or looks
// at before it does, and on the data that their manifests name.
func (s statement) misfit() bool {
	if s.r.Plugin.Digest == "" {
		return s.r.Action == ChartRead || s.r.Action == EvidenceSend // a chart is drawn by a plugin
	}
	plugin := s.data.Plugins[s.r.Plugin.Digest]
	at := s.r.Resource.ODS
	if at == Everyone {
		at = s.r.Actor.ODS // whose release draws for all of them
	}
	adopted, runs := plugin.Adopters[at]
	looks := s.r.Action == ChartRead && s.r.Plugin.Approval == "preview" && plugin.Offered && s.own() &&
		s.is("improvement_lead", "governance_lead", "caldicott_guardian")
	reads := plugin.Datasets
	if reads != nil && looks && s.r.Release.Digest == s.r.Plugin.Digest {
		reads = slices.Concat(reads, s.r.Release.Datasets) // the names that they would give
	} else if reads != nil && !looks && adopted.Datasets != nil {
		reads = adopted.Datasets
	}
	return !plugin.Approved || plugin.State == ReleaseWithdrawn || plugin.Adopters != nil && !runs && !looks ||
		reads != nil && !slices.Contains(reads, s.r.Resource.Dataset)
}

// own: it is about an organisation of theirs.
func (s statement) own() bool {
	return s.r.Resource.ODS != Everyone && slices.Contains(s.homes(), s.r.Resource.ODS)
}

// trained: the last data security training was in the 365 days before today.
func (s statement) trained() bool {
	today := measures.Date(s.r.Now / 86400)
	return s.r.Actor.TrainedOn != 0 && today-s.r.Actor.TrainedOn <= 365 && s.r.Actor.TrainedOn <= today
}

func (s statement) reading() bool { return s.r.Action == ChartRead || s.r.Action == DataExport }

func (s statement) is(roles ...Role) bool {
	return slices.ContainsFunc(s.r.Actor.Roles, func(r Role) bool { return slices.Contains(roles, r) })
}

func (s statement) staff() bool {
	return s.is("clinician", "improvement_lead", "analyst", "data_manager", "governance_lead", "caldicott_guardian")
}

func (s statement) homes() []measures.ODSCode {
	if s.r.Actor.ODS == "" {
		return s.r.Actor.Orgs
	}
	return append(slices.Clone(s.r.Actor.Orgs), s.r.Actor.ODS)
}

func (s statement) belongsToA(kind string) bool {
	return slices.ContainsFunc(s.homes(), func(c measures.ODSCode) bool { return s.data.Organisations[c].Kind == kind })
}

func (s statement) cameFor(purposes ...Purpose) bool {
	return slices.Contains(purposes, s.r.Actor.Purpose)
}

// grounds gives the threshold of every ground on which the answer is yes.
func (s statement) grounds() []int {
	m, least := s.r.Resource, s.data.Suppression.MinCellCount
	dataset := s.data.Datasets[m.Dataset]
	open := dataset.Published && s.data.Licences[dataset.Licence].Open
	own := s.own()
	leads := own && s.is("improvement_lead", "governance_lead", "caldicott_guardian") && s.cameFor("improvement", "governance")
	makes := s.is("innovator", "improvement_lead", "governance_lead", "caldicott_guardian")
	analysing := s.is("analyst", "improvement_lead")
	var terms []int
	on := func(holds bool, threshold int) {
		if holds {
			terms = append(terms, threshold)
		}
	}
	switch {
	case s.r.Action.AboutPlugin():
		on(s.r.Action != PluginLift && s.is("innovator"), 0)
		on(s.r.Action == PluginTry && s.is("governance_lead", "caldicott_guardian", "plugin_checker"), 0)
		on(s.r.Action == PluginLift && s.is("governance_lead", "caldicott_guardian", "operator"), 0)
	case s.r.Action.AboutGovernance():
		on(own && s.is("governance_lead", "caldicott_guardian") && s.cameFor("governance"), 0)
		on(s.r.Action == PeopleAppoint && s.is("operator"), 0)
	case s.r.Action.AboutAdoption():
		on(leads, 0)
	case s.r.Action == EvidenceSend:
		on(leads && open, 0)
		on(leads && !open && s.trained(), least)
	case s.r.Action == JobsManage:
		on(s.is("operator"), 0)
	case s.r.Action == ReleaseSubmit:
		on(makes, 0)
	case s.r.Action == ReleaseCheck:
		on(s.is("plugin_checker"), 0)
	case s.r.Action == ReleasePublish || s.r.Action == ReleaseDeprecate || s.r.Action == ReleaseWithdraw:
		on(s.is("plugin_checker", "operator"), 0)
		on(makes && (slices.Contains(s.r.Release.Authors, s.r.Actor.ID) || s.r.Change.Author == s.r.Actor.ID), 0)
	case s.r.Action == ReleasePush:
		on(makes || s.is("plugin_checker", "operator"), 0)
	case s.r.Action == ReleasePull:
		on(true, 0)
	case s.r.Action == ReleaseTake:
		on(makes || s.is("data_manager", "operator"), 0)
	case s.r.Action == DataLoad:
		on(own && s.is("data_manager"), 0)
		on(s.is("operator"), 0)
	case s.reading():
		system := m.ODS != Everyone && s.belongsToA("icb") && slices.Contains(s.homes(), s.data.Organisations[m.ODS].ICB)
		on(open, 0)
		on(dataset.Synthetic && s.is("innovator") && s.r.Action == ChartRead, least)
		if !s.trained() {
			break // staff read what is not open to everybody while their training is in date
		}
		on(own && s.staff() && s.cameFor("improvement", "governance"), 0)
		on(dataset.Published && !open && s.staff() && s.r.Action == ChartRead, least)
		on(system && analysing && s.cameFor("improvement", "governance", "planning"), least)
		on(s.belongsToA("national") && analysing && s.cameFor("improvement", "governance", "planning"), least)
		for _, partner := range s.homes() {
			a, some := s.data.Agreements[KeyOf(m.ODS, partner, m.Dataset)]
			running := minute(s.r.Now) < minute(a.Expires)
			covers := s.r.Action == ChartRead || a.Export
			on(some && running && covers && slices.Contains(a.Purposes, s.r.Actor.Purpose) && s.staff(), max(a.MinCellCount, least))
		}
	}
	return terms
}

// country is a larger reference than that of the other tests, with something of
// every kind.
func country(t testing.TB, random *rand.Rand) ReferenceData {
	data := reference(t)
	for code, icb := range map[measures.ODSCode]measures.ODSCode{"RAA": "QM7", "RBB": "QXX", "RCC": "QXX", "RDD": ""} {
		data.Organisations[code] = OrganisationFacts{Name: "Trust " + string(code), Kind: "trust", ICB: icb}
	}
	data.Organisations["QXX"] = OrganisationFacts{Name: "Elsewhere Board", Kind: "icb"}
	data.Organisations["Y61"] = OrganisationFacts{Name: "East of England", Kind: "region"}
	data.Datasets["both"] = DatasetFacts{Title: "Both", Licence: "CC0-1.0", Published: true, Synthetic: true, Columns: map[string]bool{"seen": true}}
	data.Plugins["sha256:of-ae"] = PluginFacts{ID: "of-ae", Approved: true, Datasets: []measures.DatasetID{"ae", "made_up"}}
	data.Plugins["sha256:of-none"] = PluginFacts{ID: "of-none", Approved: true, Datasets: []measures.DatasetID{}}
	data.Plugins["sha256:refused"] = PluginFacts{ID: "refused"}
	for i, state := range []ReleaseState{ReleasePublished, ReleasePublished, ReleaseDeprecated, ReleaseWithdrawn} {
		facts := PluginFacts{ID: "pressure", Approved: i != 1 || random.IntN(3) > 0, Publisher: "northvale", State: state, Offered: state != ReleaseWithdrawn && random.IntN(4) > 0,
			Adopters: map[measures.ODSCode]AdopterFacts{}, Datasets: pick(random, [][]measures.DatasetID{nil, {"diagnostics"}, {"ae", "diagnostics"}})}
		for range random.IntN(5) {
			facts.Adopters[pick(random, []measures.ODSCode{"RQW", "RWG", "RXX", "RAA", "RBB", "QM7", "X26"})] = AdopterFacts{Stage: "adopted",
				Datasets: pick(random, [][]measures.DatasetID{nil, nil, {"made_up", "ae"}, {"diagnostics"}})}
		}
		data.Plugins[fmt.Sprint("sha256:shared-", i)] = facts
	}
	codes := []measures.ODSCode{"RQW", "RWG", "RXX", "RAA", "RBB", "RCC", "QM7", "X26", Everyone}
	for i := range 60 {
		data.Agreements[KeyOf(pick(random, codes), pick(random, codes), pick(random, []measures.DatasetID{"diagnostics", "restricted", "made_up"}))] = Agreement{
			Ref: fmt.Sprint("DSA-", i), Expires: noon + pick(random, []int64{-86400, -60, 0, 30, 60, 61, 86400}),
			Purposes: pick(random, [][]Purpose{{"improvement"}, {"governance", "planning"}, {}, {"improvement", "development"}}),
			Export:   random.IntN(2) == 0, MinCellCount: pick(random, []int{0, 8, 20}),
		}
	}
	return data
}

// anyRequest draws a question of any kind, mostly a sensible one.
func anyRequest(random *rand.Rand) Request {
	seldom := func(n int) bool { return random.IntN(n) == 0 }
	codes := []measures.ODSCode{"RQW", "RWG", "RXX", "RAA", "RBB", "RCC", "RDD", "QM7", "QXX", "X26", "Y61", "ZZZ"}
	who := Actor{ID: pick(random, []string{"amina", "ben", "cara"}), ODS: pick(random, codes), Purpose: pick(random, []Purpose{"improvement", "governance", "planning", "development"}),
		TrainedOn: measures.Date(noon/86400) - pick(random, []measures.Date{0, 1, 200, 364, 365, 366, 900})}
	for range 1 + random.IntN(2) {
		who.Roles = append(who.Roles, pick(random, []Role{"clinician", "improvement_lead", "analyst", "data_manager", "governance_lead", "caldicott_guardian", "innovator", "plugin_checker", "operator", "porter"}))
	}
	for range random.IntN(3) {
		who.Orgs = append(who.Orgs, pick(random, codes))
	}
	switch random.IntN(40) {
	case 0:
		who.ID = ""
	case 1:
		who.Purpose = pick(random, []Purpose{"", "curiosity"})
	case 2:
		who.TrainedOn = 0
	case 3:
		who.ODS = ""
	case 4:
		who.TrainedOn = measures.Date(noon/86400) + 1
	}
	r := read(who, pick(random, []measures.DatasetID{"ae", "restricted", "diagnostics", "diagnostics", "made_up", "both", "rumours"}), pick(random, append(codes, Everyone, who.ODS)))
	r.Now += random.Int64N(120)
	r.Resource.Columns = pick(random, [][]string{{"seen"}, {"seen"}, {"seen", "total"}, {}, {"names"}})
	r.Action = pick(random, []Action{ChartRead, ChartRead, ChartRead, DataExport, DataExport, DataLoad, PluginUpload, PluginTry, PluginLift,
		PolicyWrite, PolicyApprove, PolicyRollback, AccessDecide, PeopleAppoint, LogRead, EvidenceSend, EvidenceSend, "data.delete", ""})
	if seldom(3) {
		r.Action = pick(random, append(releaseSteps, JobsManage))
	}
	if seldom(4) {
		r.Plugin.Digest = pick(random, []string{"sha256:of-ae", "sha256:of-none", "sha256:refused", "sha256:unknown", "sha256:shared-0", "sha256:shared-1", "sha256:shared-2", "sha256:shared-3"})
		if !seldom(3) {
			r.Plugin.Approval = "preview"
		}
	}
	if r.Action == EvidenceSend && !seldom(3) { // somebody who may have a say in it
		r.Actor.Roles, r.Resource.ODS = append(r.Actor.Roles, "improvement_lead"), r.Actor.ODS
	}
	if seldom(12) || !r.Action.OpensData() {
		r.Plugin = Plugin{}
	}
	if seldom(30) {
		r.Resource.Grain = "person"
	}
	if r.Action.AboutRelease() || seldom(10) {
		r.Release, r.Change = anyRelease(random), Change{}
		if r.Release.Digest == r.Plugin.Digest || !seldom(6) {
			r.Change = Change{Kind: "release", Ref: r.Release.Digest, Author: pick(random, []string{"", "amina", "ben", "dan"}),
				Approvers: pick(random, [][]string{{}, {"eve"}, {"eve"}, {"cara"}, {"eve", "ben"}})}
		}
	}
	if (r.Action.AboutRelease() || r.Action.AboutWork()) && !seldom(10) {
		at := r.Resource.ODS
		if !r.Action.AboutAdoption() {
			at = ""
		} else if !seldom(3) {
			r.Actor.Roles, at = append(r.Actor.Roles, pick(random, []Role{"improvement_lead", "governance_lead"})), r.Actor.ODS
		}
		r.Resource = Resource{Columns: []string{}, ODS: at, Grain: "aggregate", Stratifiers: []string{}}
	}
	if r.Action == ReleaseCheck && !seldom(3) {
		r.Actor.Roles = append(r.Actor.Roles, "plugin_checker")
	}
	if r.Action == ReleaseSubmit && !seldom(3) {
		r.Release.State = ReleaseDraft
	}
	if (r.Action == ReleasePilot || r.Action == ReleaseAdopt) && !seldom(3) {
		r.Release.State, r.Release.Verified = ReleasePublished, true
	}
	if r.Action == ReleasePublish && !seldom(3) { // mostly one that may be
		r.Release.State, r.Release.Errors, r.Change.Approvers = ReleaseChecked, 0, []string{"eve"}
	}
	if r.Action.AboutPlugin() && !seldom(10) {
		r.Resource = Resource{Columns: []string{}, Grain: "aggregate", Stratifiers: []string{}}
	}
	if r.Action.AboutGovernance() && !seldom(2) { // somebody who may have a say in it
		r.Actor.Roles, r.Actor.Purpose, r.Resource.ODS = append(r.Actor.Roles, pick(random, []Role{"governance_lead", "caldicott_guardian"})), "governance", r.Actor.ODS
	}
	if r.Action.AboutGovernance() && !seldom(10) {
		r.Resource = Resource{Columns: []string{}, ODS: r.Resource.ODS, Grain: "aggregate", Stratifiers: []string{}}
		r.Change = Change{Kind: "policy", Ref: pick(random, []string{"sha256:1", "amina", "ben"}), Author: pick(random, []string{"amina", "ben", "dan"}),
			Approvers: pick(random, [][]string{{}, {}, {"cara"}, {"amina", "ben"}})}
	}
	return r
}

// TestRandomRequestsAreAnsweredAsTheRulesAreStated compares the engine with the
// oracle, both ways: nothing is opened that the stated rules do not open, and
// nothing is closed that they open.
func TestRandomRequestsAreAnsweredAsTheRulesAreStated(t *testing.T) {
	total := 20_000
	if n, err := strconv.Atoi(os.Getenv("SIGNALBOX_REQUESTS")); err == nil {
		total = n
	}
	const workers, countries = 2, 8
	var mu sync.Mutex
	allowed, wrong := map[Action]int{}, 0
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			for c := range countries {
				random := rand.New(rand.NewPCG(uint64(worker), uint64(c)))
				data := country(t, random)
				e := engine(t, func(o *EngineOptions) { o.Data = data })
				for range total / workers / countries {
					r := anyRequest(random)
					problem, yes := compare(e, data, r)
					mu.Lock()
					if yes {
						allowed[r.Action]++
					}
					if problem != "" {
						if wrong++; wrong < 6 {
							t.Errorf("%s\n%+v", problem, r)
						}
					}
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d requests, answered yes: %v; %d answered otherwise than the rules are stated", total, allowed, wrong)
	for _, action := range Actions() {
		if allowed[action] < total/2000 {
			t.Errorf("%s was answered yes %d times: too seldom to prove anything", action, allowed[action])
		}
	}
}

func compare(e *Engine, data ReferenceData, r Request) (problem string, allowed bool) {
	d, err := e.Decide(context.Background(), r)
	if err != nil {
		return err.Error(), false
	}
	allow, threshold := stated(data, r)
	switch {
	case d.Allow && !allow:
		return fmt.Sprintf("WIDER: yes on the grounds of %v", d.Grants), true
	case !d.Allow && allow:
		return fmt.Sprintf("narrower: no, for %v", codes(d)), false
	case !allow:
		return "", false
	case d.Disclosure.MinCellCount != threshold:
		return fmt.Sprintf("counts are hidden below %d, by the rules below %d (%v)", d.Disclosure.MinCellCount, threshold, d.Grants), true
	case !r.Action.OpensData() && len(d.Rows)+len(d.Columns) > 0:
		return "an answer that opens no data has rows or columns", true
	case r.Action.OpensData() && !slices.Equal(filled(d.Columns), r.Resource.Columns):
		return fmt.Sprintf("columns %v", d.Columns), true
	case r.Action.OpensData() && !slices.Equal(d.Scope, []measures.ODSCode{r.Resource.ODS}):
		return fmt.Sprintf("scope %v", d.Scope), true
	case r.Action.OpensData() && (len(d.Rows) != 1 || fmt.Sprint(d.Rows[0]) != fmt.Sprint(asked(r.Resource))):
		return fmt.Sprintf("rows %v", d.Rows), true
	}
	return "", true
}
