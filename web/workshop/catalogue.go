package workshop

import (
	"net/http"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// catalogue is every measure there is, by the pack that defines it.
type catalogue struct {
	page   layout.Page
	asked  string // words
	area   string // id of a pack, or empty for all
	areas  []layout.Option
	groups []group
	found  int
	code   []plugins.Release // what computes the measures
	// What this reader may do besides reading.
	upload, drafts bool
	quarantined    int
}

// group is a pack and those of its measures that were asked for.
type group struct {
	release plugins.Release // zero for measures that no pack defines
	entries []entry
}

func (g group) title() string {
	if g.release.Digest == "" {
		return "Without a pack"
	}
	return g.release.Manifest.Title
}

// own reports whether any of its measures has figures of the reader's.
func (g group) own() bool { return slices.ContainsFunc(g.entries, func(e entry) bool { return e.own }) }

// entry is one measure of the catalogue.
type entry struct {
	*measures.Measure
	own      bool // the reader's organisation has figures of its dataset
	open     bool // published, so that anybody may see it at all trusts
	loaded   bool // somebody has figures
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

// Plugins is the catalogue: ?q= words, ?area= pack.
func (p *Pages) Plugins(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Workshop")
	c := catalogue{page: page, asked: strings.TrimSpace(r.FormValue("q")), area: r.FormValue("area"), quarantined: len(p.Host.Quarantined())}
	c.upload, c.drafts = p.may(r.Context(), actor, policy.PluginUpload), p.may(r.Context(), actor, policy.PluginTry)
	owned, err := p.owned(r, actor)
	if err != nil {
		return err
	}
	c.areas = []layout.Option{{Value: "", Name: "All areas"}}
	for _, g := range p.groups(owned) {
		c.areas = append(c.areas, layout.Option{Value: g.release.Manifest.ID, Name: g.title(), Chosen: c.area != "" && c.area == g.release.Manifest.ID})
		if c.area != "" && c.area != g.release.Manifest.ID {
			continue
		}
		g.entries = slices.DeleteFunc(g.entries, func(e entry) bool { return !p.matches(e, g.title(), c.asked) })
		if len(g.entries) > 0 {
			c.groups = append(c.groups, g)
			c.found += len(g.entries)
		}
	}
	for _, release := range p.Library.Releases() {
		if len(release.Manifest.Entries) > 0 {
			c.code = append(c.code, release)
		}
	}
	return cataloguePage(c).Render(r.Context(), w)
}

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

// groups are all measures by their packs; those that the reader has figures of
// come first, in the list of packs and in each.
func (p *Pages) groups(owned map[measures.DatasetID]bool) []group {
	var groups []group
	at := map[string]int{}
	for _, m := range p.Catalogue.Measures() {
		pack, _ := p.pack(m.ID)
		i, there := at[pack.Manifest.ID]
		if !there {
			i = len(groups)
			at[pack.Manifest.ID] = i
			groups = append(groups, group{release: pack})
		}
		groups[i].entries = append(groups[i].entries, p.entry(m, owned))
	}
	for _, g := range groups {
		slices.SortStableFunc(g.entries, func(a, b entry) int { return a.rank() - b.rank() })
	}
	slices.SortStableFunc(groups, func(a, b group) int { return a.rank() - b.rank() })
	return groups
}

func (g group) rank() int {
	if g.own() {
		return 0
	}
	return 1
}

func (p *Pages) entry(m *measures.Measure, owned map[measures.DatasetID]bool) entry {
	d, loaded, _ := p.dataset(m.Dataset)
	e := entry{Measure: m, own: owned[m.Dataset], open: loaded && d.Published, loaded: loaded, verified: verified(m),
		overdue: m.ReviewDate != 0 && m.ReviewDate < p.today(), computes: m.Uses.Plugin}
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

// matches reports whether all words that were asked for occur in what is said of
// a measure.
func (p *Pages) matches(e entry, area, asked string) bool {
	d, _, _ := p.dataset(e.Dataset)
	said := strings.ToLower(strings.Join([]string{string(e.ID), e.Title, e.Problem, e.Why, e.Numerator, e.Denominator, e.Scope, e.Inclusions, area, d.Title}, " "))
	for _, word := range strings.Fields(strings.ToLower(asked)) {
		if !strings.Contains(said, word) {
			return false
		}
	}
	return true
}

// heading is how many measures there are.
func (c catalogue) heading() string {
	if c.asked == "" && c.area == "" {
		return ""
	}
	return counted(c.found, "measure", "measures") + " found"
}
