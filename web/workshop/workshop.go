// Package workshop is the second door: the plugins that this installation runs,
// and the measures they bring.
package workshop

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// Pages are the pages behind the second door.
type Pages struct {
	Catalogue *analysis.Catalogue
	Releases  []plugins.Release
	Reader    func(*http.Request) (policy.Actor, layout.Page)
}

// listing is a plugin and the measures that it computes, or that it defines
// for another plugin to compute.
type listing struct {
	page     layout.Page
	release  plugins.Release
	measures []entry
}

// entry is one measure of a plugin.
type entry struct {
	*measures.Measure
	open bool // published, so that anybody may see it at all trusts
}

// code reports whether the plugin brings code, and not only definitions.
func (l listing) code() bool { return len(l.release.Manifest.Entries) > 0 }

// heading is what the list of measures is called.
func (l listing) heading() string {
	verb := "Defines "
	if l.code() {
		verb = "Computes "
	}
	if len(l.measures) == 1 {
		return verb + "one measure"
	}
	return verb + strconv.Itoa(len(l.measures)) + " measures"
}

type catalogue struct {
	page     layout.Page
	listings []listing
}

// Plugins lists what is installed.
func (p *Pages) Plugins(w http.ResponseWriter, r *http.Request) error {
	_, page := p.Reader(r)
	page.Title, page.Door = "Plugins", layout.Workshop
	c := catalogue{page: page}
	for _, release := range p.Releases {
		c.listings = append(c.listings, p.list(page, release))
	}
	return cataloguePage(c).Render(r.Context(), w)
}

// Plugin shows one plugin: what it computes, who made it, its digest.
func (p *Pages) Plugin(w http.ResponseWriter, r *http.Request) error {
	_, page := p.Reader(r)
	for _, release := range p.Releases {
		if release.Manifest.ID != r.PathValue("id") {
			continue
		}
		page.Title, page.Door = release.Manifest.Title, layout.Workshop
		page.Crumbs = []layout.Crumb{{Name: "Plugins", URL: "/plugins"}}
		return pluginPage(p.list(page, release)).Render(r.Context(), w)
	}
	return fmt.Errorf("plugin %q: %w", r.PathValue("id"), postgres.ErrNotFound)
}

func (p *Pages) list(page layout.Page, release plugins.Release) listing {
	l := listing{page: page, release: release}
	defines := map[measures.MeasureID]bool{}
	for i := range release.Manifest.Measures {
		defines[release.Manifest.Measures[i].ID] = true
	}
	for _, m := range p.Catalogue.Measures() {
		if defines[m.ID] || l.code() && m.Uses.Plugin == release.Manifest.ID {
			d, known := p.Catalogue.Dataset(m.Dataset)
			l.measures = append(l.measures, entry{m, known && d.Published})
		}
	}
	return l
}
