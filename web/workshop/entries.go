package workshop

import (
	"net/http"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// entry is one measure that comes with the program.
type entry struct {
	*measures.Measure
	pack     plugins.Release // that defines it; zero where none does
	own      bool            // the reader's organisation has figures of its dataset
	open     bool            // published, so that anybody may see it at all trusts
	loaded   bool            // somebody has figures
	verified bool
	computes string // the plugin that computes it, by name
	overdue  bool   // its review
}

// state says in a few words who can see it here.
func (e entry) state() string {
	switch {
	case e.own:
		return "You have its figures"
	case e.open:
		return "Published"
	case e.loaded:
		return "Each trust's own"
	default:
		return "Waiting for data"
	}
}

// rank puts first what a reader can look at now.
func (e entry) rank() int {
	switch {
	case e.own:
		return 0
	case e.open:
		return 1
	case e.loaded:
		return 2
	default:
		return 3
	}
}

// area is the pack that a measure belongs to, by name.
func (e entry) area() string { return e.pack.Manifest.Title }

// owned are the datasets that the reader's organisation has figures of.
func (p *Pages) owned(r *http.Request, actor policy.Actor) (map[measures.DatasetID]bool, error) {
	owned := map[measures.DatasetID]bool{}
	if actor.ODS == "" {
		return owned, nil
	}
	coverage, err := p.Register.DatasetsWithData(r.Context(), actor.ODS)
	if err != nil {
		return nil, err
	}
	for _, c := range coverage {
		owned[c.Dataset] = true
	}
	return owned, nil
}

// entries are all measures that come with the program, and those derived from what
// somebody loaded.
func (p *Pages) entries(owned map[measures.DatasetID]bool) []entry {
	var all []entry
	for _, m := range p.Catalogue.Measures() {
		all = append(all, p.entry(m, owned))
	}
	return all
}

func (p *Pages) entry(m *measures.Measure, owned map[measures.DatasetID]bool) entry {
	d, loaded, _ := p.dataset(m.Dataset)
	e := entry{Measure: m, own: owned[m.Dataset], open: loaded && d.Published, loaded: loaded, verified: verified(m),
		overdue: m.ReviewDate != 0 && m.ReviewDate < p.today(), computes: m.Uses.Plugin}
	e.pack, _ = p.pack(m.ID)
	if release, err := p.Catalogue.Release(m); err == nil {
		e.computes = release.Manifest.Title
	}
	return e
}

// pack finds the release that defines a measure.
func (p *Pages) pack(id measures.MeasureID) (plugins.Release, bool) {
	for _, release := range p.Library.Releases() {
		if slices.ContainsFunc(release.Manifest.Measures, func(m measures.Measure) bool { return m.ID == id }) {
			return release, true
		}
	}
	return plugins.Release{}, false
}

// answers reports whether a measure of the program is what was asked for. Nobody
// has sent evidence about what has no adopters.
func (p *Pages) answers(e entry, a asked) bool {
	switch {
	case a.evidence != "",
		a.area != "" && a.area != e.pack.Manifest.ID && !strings.EqualFold(a.area, e.area()),
		a.publisher != "" && a.publisher != e.pack.Manifest.Publisher,
		a.dataset != "" && a.dataset != string(e.Dataset):
		return false
	}
	d, _, _ := p.dataset(e.Dataset)
	return saysAll(strings.Join([]string{string(e.ID), e.Title, e.Problem, e.Why, e.Numerator, e.Denominator, e.Scope, e.Inclusions, e.area(), d.Title}, " "), a.words)
}
