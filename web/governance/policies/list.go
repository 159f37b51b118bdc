package policies

import (
	"net/http"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// shelf lists the policies that a reader can open.
type shelf struct {
	page     layout.Page
	own      []shelved
	national int // rules of the baseline
}

type shelved struct {
	owner    measures.ODSCode
	name     string
	revision int
	title    string
	closed   string
	waiting  int // drafts that wait for people to say yes or no
	drafts   int
	governs  bool
}

// List shows the national baseline and the policies of the reader's own organisations.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.Reader(r)
	page.Title, page.Door, page.Crumbs = "Policies", layout.Governance, []layout.Crumb{toGovernance}
	v := shelf{page: page}
	baseline, err := policy.Baseline()
	if err != nil {
		return err
	}
	for _, rule := range rulesOf(baseline, false) {
		if rule.Title != "" {
			v.national++
		}
	}
	codes := slices.Clone(actor.Orgs)
	if actor.ODS != "" && !slices.Contains(codes, actor.ODS) {
		codes = append(codes, actor.ODS)
	}
	for _, code := range codes {
		s := shelved{owner: code}
		name, err := p.Names.OrganisationName(r.Context(), code)
		if err != nil {
			return err
		}
		s.name = plain(name)
		live, closed := p.Policies.InForce(code)
		s.revision, s.title, s.closed = live.Revision, live.Title, closed
		s.governs = p.Policies.Desk.May(r.Context(), actor, policy.PolicyWrite, code, policy.Change{})
		if s.governs {
			drafts, err := p.Policies.Drafts(r.Context(), code)
			if err != nil {
				return err
			}
			s.drafts = len(drafts)
			s.waiting = len(slices.DeleteFunc(drafts, func(d *governing.Dossier) bool { return !d.Open() }))
		}
		v.own = append(v.own, s)
	}
	return listPage(v).Render(r.Context(), w)
}

// baselineView is the national baseline for its readers.
type baselineView struct {
	page   layout.Page
	files  []baselineFile
	digest string
}

// baselineFile is one subject of the baseline.
type baselineFile struct {
	name         string
	rules, tests []ruleView
}

// National shows the baseline: every rule in words and in Rego, and its tests.
func (p *Pages) National(w http.ResponseWriter, r *http.Request) error {
	_, page := p.Reader(r)
	page.Title, page.Door, page.Crumbs = "The national baseline", layout.Governance, []layout.Crumb{toGovernance, toPolicies}
	modules, err := policy.Baseline()
	if err != nil {
		return err
	}
	v := baselineView{page: page}
	for _, m := range modules {
		if m.IsTest() {
			continue
		}
		f := baselineFile{name: m.Name, rules: titled(rulesOf([]policy.Module{m}, false))}
		for _, test := range modules {
			if test.Name == strings.TrimSuffix(m.Name, ".rego")+"_test.rego" {
				f.tests = rulesOf([]policy.Module{test}, true)
			}
		}
		if len(f.rules) > 0 {
			v.files = append(v.files, f)
		}
	}
	v.digest = rulesDigest(modules)
	return nationalPage(v).Render(r.Context(), w)
}

// titled leaves out what packages begin with, where there are many of them.
func titled(rules []ruleView) []ruleView {
	return slices.DeleteFunc(rules, func(r ruleView) bool { return r.Head })
}

// rulesDigest names rules as records do: tests decide nothing and do not count.
func rulesDigest(modules []policy.Module) string {
	return policy.FilesDigest(slices.DeleteFunc(slices.Clone(modules), policy.Module.IsTest))
}
