package candidate

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// world is the people, organisations and data that a candidate is asked about:
// from the reference data, and from what the candidate itself names.
type world struct {
	owner    measures.ODSCode
	data     policy.ReferenceData
	now      int64
	plugin   policy.Plugin
	orgs     []measures.ODSCode // owner, one of its board, one elsewhere, its board, a national body; those named
	datasets []measures.DatasetID
	days     []measures.Date // where a period may begin or end
	strata   []string
	personas []persona
}

// persona is somebody who could ask.
type persona struct {
	name  string // "clinician at RAA for improvement"
	actor policy.Actor
}

// day is a day in seconds.
const day = 24 * 60 * 60

// imagine makes the world of a check. What the reference data does not have is
// invented, so that every kind of question is asked also where nothing has been
// loaded yet.
func imagine(t task, literals []string) *world {
	w := &world{owner: t.Owner, data: t.Reference, now: t.Now}
	if w.now == 0 {
		w.now = time.Now().Unix()
	}
	w.data.Organisations = copyOf(w.data.Organisations)
	w.data.Datasets = copyOf(w.data.Datasets)
	w.data.Plugins = copyOf(w.data.Plugins)
	w.data.Agreements = copyOf(w.data.Agreements)
	w.settle(literals, true)
	w.shareData()
	return w
}

// survey makes the world of an impact: of what there is, and nothing else.
func survey(t task, literals []string) *world {
	w := &world{owner: t.Owner, data: t.Reference, now: t.Now}
	w.settle(literals, false)
	return w
}

func (w *world) settle(literals []string, invent bool) {
	w.neighbours(invent)
	w.catalogue(invent)
	w.choosePlugin(invent)
	w.take(literals)
	w.people()
}

func copyOf[K comparable, V any](m map[K]V) map[K]V {
	out := make(map[K]V, len(m)+8)
	maps.Copy(out, m)
	return out
}

// neighbours chooses the owner, an organisation of the same board, one of
// another, the board itself and a national body.
func (w *world) neighbours(invent bool) {
	if w.owner == policy.Everyone { // the baseline: any trust stands for the owner
		for _, code := range slices.Sorted(maps.Keys(w.data.Organisations)) {
			if f := w.data.Organisations[code]; f.Kind == "trust" && f.ICB != "" {
				w.orgs = append(w.orgs, code)
				break
			}
		}
	} else {
		w.orgs = append(w.orgs, w.owner)
	}
	if len(w.orgs) == 0 {
		w.orgs = append(w.orgs, "ZZ1")
	}
	own, known := w.data.Organisations[w.orgs[0]]
	if invent && !known {
		own = policy.OrganisationFacts{Name: "The organisation of this policy", Kind: "trust", ICB: "QZ1"}
		w.data.Organisations[w.orgs[0]] = own
	}
	kinds := []struct {
		code measures.ODSCode
		as   policy.OrganisationFacts
		is   func(measures.ODSCode, policy.OrganisationFacts) bool
	}{
		{"ZZ2", policy.OrganisationFacts{Name: "An invented neighbour", Kind: "trust", ICB: own.ICB},
			func(_ measures.ODSCode, f policy.OrganisationFacts) bool {
				return f.Kind == "trust" && f.ICB == own.ICB
			}},
		{"ZZ3", policy.OrganisationFacts{Name: "An invented trust elsewhere", Kind: "trust", ICB: "QZ2"},
			func(_ measures.ODSCode, f policy.OrganisationFacts) bool {
				return f.Kind == "trust" && f.ICB != own.ICB
			}},
		{cmp.Or(own.ICB, "QZ1"), policy.OrganisationFacts{Name: "An invented board", Kind: "icb"},
			func(code measures.ODSCode, f policy.OrganisationFacts) bool {
				return f.Kind == "icb" && code == own.ICB
			}},
		{"XZ1", policy.OrganisationFacts{Name: "An invented national body", Kind: "national"},
			func(_ measures.ODSCode, f policy.OrganisationFacts) bool { return f.Kind == "national" }},
	}
	for _, kind := range kinds {
		found := false
		for _, code := range slices.Sorted(maps.Keys(w.data.Organisations)) {
			if found = !slices.Contains(w.orgs, code) && kind.is(code, w.data.Organisations[code]); found {
				w.orgs = append(w.orgs, code)
				break
			}
		}
		if !found && invent {
			w.data.Organisations[kind.code] = kind.as
			w.orgs = append(w.orgs, kind.code)
		}
	}
}

// catalogue chooses a dataset of each kind.
func (w *world) catalogue(invent bool) {
	open := func(f policy.DatasetFacts) bool { return w.data.Licences[f.Licence].Open }
	licence := ""
	for _, name := range slices.Sorted(maps.Keys(w.data.Licences)) {
		if w.data.Licences[name].Open {
			licence = name
			break
		}
	}
	columns := map[string]bool{"numerator": true, "denominator": true}
	kinds := []struct {
		id measures.DatasetID
		as policy.DatasetFacts
		is func(policy.DatasetFacts) bool
	}{
		{"invented_unpublished", policy.DatasetFacts{Title: "Invented unpublished data"},
			func(f policy.DatasetFacts) bool { return !f.Published && !f.Synthetic }},
		{"invented_published", policy.DatasetFacts{Title: "Invented published data", Licence: licence, Published: true},
			func(f policy.DatasetFacts) bool { return f.Published && open(f) }},
		{"invented_restricted", policy.DatasetFacts{Title: "Invented data under a closed licence", Licence: "closed", Published: true},
			func(f policy.DatasetFacts) bool { return f.Published && !open(f) }},
		{"invented_synthetic", policy.DatasetFacts{Title: "Invented synthetic data", Synthetic: true},
			func(f policy.DatasetFacts) bool { return f.Synthetic }},
	}
	for _, kind := range kinds {
		found := false
		for _, id := range slices.Sorted(maps.Keys(w.data.Datasets)) {
			if found = kind.is(w.data.Datasets[id]); found {
				w.datasets = append(w.datasets, id)
				break
			}
		}
		if !found && invent {
			kind.as.Columns, kind.as.Stratifiers = columns, []string{"department"}
			w.data.Datasets[kind.id] = kind.as
			w.datasets = append(w.datasets, kind.id)
		}
	}
}

// choosePlugin finds an approved plugin that may be given any dataset, and that draws
// for everybody.
func (w *world) choosePlugin(invent bool) {
	digest := ""
	for _, d := range slices.Sorted(maps.Keys(w.data.Plugins)) {
		if f := w.data.Plugins[d]; f.Approved && f.Datasets == nil && f.Adopters == nil {
			digest = d
			break
		}
	}
	if digest == "" && invent {
		digest = "sha256:" + strings.Repeat("0", 64)
		w.data.Plugins[digest] = policy.PluginFacts{ID: "invented", Version: "1.0.0", Approved: true}
	}
	if f, has := w.data.Plugins[digest]; has {
		w.plugin = policy.Plugin{ID: f.ID, Version: f.Version, Digest: digest, Approval: "approved"}
	}
}

// take adds what a candidate names itself: where it draws a line, questions on
// both sides of the line are asked.
func (w *world) take(literals []string) {
	w.days = []measures.Date{}
	for _, text := range []string{"2019-04-01", "2022-04-01", "2024-01-01", "2025-06-01", "2026-01-01"} {
		d, _ := measures.ParseDate(text)
		w.days = append(w.days, d)
	}
	w.strata = []string{""}
	for _, text := range literals {
		if d, err := measures.ParseDate(text); err == nil && len(w.days) < 24 {
			w.days = append(w.days, d, d.AddMonths(-1), d.AddMonths(1))
			continue
		}
		if _, known := w.data.Organisations[measures.ODSCode(text)]; known && len(w.orgs) < 12 {
			w.orgs = append(w.orgs, measures.ODSCode(text))
		}
		if _, known := w.data.Datasets[measures.DatasetID(text)]; known && len(w.datasets) < 10 {
			w.datasets = append(w.datasets, measures.DatasetID(text))
		}
		if len(w.strata) < 6 {
			w.strata = append(w.strata, text)
		}
	}
	if len(w.strata) == 1 {
		w.strata = append(w.strata, "type-1")
	}
	w.orgs, w.datasets = unique(w.orgs), unique(w.datasets)
	slices.Sort(w.days)
	w.days = slices.Compact(w.days)
}

func unique[T comparable](list []T) []T {
	var out []T
	for _, v := range list {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// people puts every role into every kind of organisation, each purpose in turn;
// staff of the owner come for every purpose.
func (w *world) people() {
	roles := slices.Sorted(maps.Keys(w.data.Roles))
	purposes := slices.Sorted(maps.Keys(w.data.Purposes))
	if len(purposes) == 0 {
		return
	}
	trained := measures.Date(w.now/day - 30)
	add := func(role policy.Role, org measures.ODSCode, purpose policy.Purpose, on measures.Date) {
		a := policy.Actor{ID: "persona-" + string(role), ODS: org, Roles: []policy.Role{role}, Purpose: purpose, Assurance: "aal2", TrainedOn: on}
		name := string(role) + " at " + string(org)
		if org == "" {
			name = string(role) + " of no organisation"
		} else {
			a.Orgs = []measures.ODSCode{org}
		}
		if on == 0 {
			name += ", untrained,"
		}
		w.personas = append(w.personas, persona{name + " for " + string(purpose), a})
	}
	n := 0
	for _, role := range roles {
		for i, org := range append(slices.Clone(w.orgs), "") {
			if i == 0 {
				for _, purpose := range purposes {
					add(role, org, purpose, trained)
				}
				continue
			}
			add(role, org, purposes[n%len(purposes)], trained)
			add(role, org, purposes[(n+1)%len(purposes)], trained)
			n++
		}
	}
	add(roles[0], w.orgs[0], purposes[0], 0)
}

// shareData has the owner agree with the others about unpublished data, so that
// agreements that hold and that have ended are both asked about.
func (w *world) shareData() {
	ends := w.now + 400*day
	for i, partner := range w.orgs[1:] {
		for _, dataset := range w.datasets {
			if f := w.data.Datasets[dataset]; f.Published || f.Synthetic {
				continue
			}
			key := policy.KeyOf(w.orgs[0], partner, dataset)
			if _, has := w.data.Agreements[key]; has {
				continue
			}
			a := policy.Agreement{Ref: "INVENTED-" + string(partner), Expires: ends, Export: i%2 == 0, MinCellCount: 8,
				Purposes: slices.Sorted(maps.Keys(w.data.Purposes))}
			if i%3 == 2 {
				a.Expires = w.now - day
			}
			w.data.Agreements[key] = a
		}
	}
}

// literalsOf are the texts that a candidate compares with, in the order of files
// and without those of its reasons, which are sentences.
func literalsOf(modules []*ast.Module) []string {
	var found []string
	for _, module := range modules {
		ast.WalkTerms(module, func(t *ast.Term) bool {
			if text, ok := t.Value.(ast.String); ok && len(text) <= 40 && !strings.ContainsAny(string(text), " “") {
				found = append(found, string(text))
			}
			return false
		})
	}
	return unique(found)
}
