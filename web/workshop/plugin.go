package workshop

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/web/layout"
)

// listing is a plugin and the measures that it computes, or that it defines
// for another plugin to compute.
type listing struct {
	page       layout.Page
	release    plugins.Release
	entries    []entry
	quarantine *plugins.Quarantine
	cost       *cost // nil where it has no code, or was not asked yet
	manifest   string
}

// code reports whether the plugin brings code, and not only definitions.
func (l listing) code() bool { return len(l.release.Manifest.Entries) > 0 }

// heading is what the list of measures is called.
func (l listing) heading() string {
	verb := "Defines "
	if l.code() {
		verb = "Computes "
	}
	if len(l.entries) == 1 {
		return verb + "one measure"
	}
	return verb + strconv.Itoa(len(l.entries)) + " measures"
}

// shippedPlugin shows a plugin that comes with the program: what it computes, who made
// it, its digest.
func (p *Pages) shippedPlugin(w http.ResponseWriter, r *http.Request, release plugins.Release, asFile bool) error {
	if asFile {
		return manifestFile(w, release)
	}
	actor, page := p.frame(r, release.Manifest.Title, toCatalogue)
	owned, err := p.owned(r, actor)
	if err != nil {
		return err
	}
	l := listing{page: page, release: release, quarantine: p.quarantine(release.Digest), manifest: manifestText(release.Manifest)}
	for _, m := range p.Catalogue.Measures() {
		if defines(release.Manifest, m.ID) || l.code() && m.Uses.Plugin == release.Manifest.ID {
			l.entries = append(l.entries, p.entry(m, owned))
		}
	}
	if u := p.usage(release.Digest); u != nil {
		c := costOf(u)
		l.cost = &c
	}
	return pluginPage(l).Render(r.Context(), w)
}

func defines(m plugins.Manifest, id measures.MeasureID) bool {
	for i := range m.Measures {
		if m.Measures[i].ID == id {
			return true
		}
	}
	return false
}

// shipped finds a plugin that comes with the program.
func (p *Pages) shipped(id string) (plugins.Release, bool) {
	for _, release := range p.Library.Releases() {
		if release.Manifest.ID == id {
			return release, true
		}
	}
	return plugins.Release{}, false
}

// manifestText is a manifest as its author would write it.
func manifestText(m plugins.Manifest) string {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		// A manifest was read from JSON, which knows no number that cannot be written.
		return err.Error()
	}
	return string(text)
}

func manifestFile(w http.ResponseWriter, release plugins.Release) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="`+release.Manifest.ID+"-"+release.Manifest.Version+`.json"`)
	_, err := w.Write(append([]byte(manifestText(release.Manifest)), '\n'))
	return err
}
