package workshop

import (
	"errors"
	"net/http"
	"slices"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// ward is every plugin that is not run any more.
type ward struct {
	page layout.Page
	held []held
	may  bool // this reader may end a quarantine
}

// held is one plugin in quarantine.
type held struct {
	plugins.Quarantine
	release plugins.Release // zero where it is none of the library's
	deeds   []deed
	charts  []entry // that are not drawn meanwhile
}

// deed is what a plugin did, and how often.
type deed struct{ did, often string }

// Quarantine lists the plugins that are not run, why, and who may change that.
func (p *Pages) Quarantine(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Plugins in quarantine", toCatalogue)
	v := ward{page: page, may: p.may(r.Context(), actor, policy.PluginLift)}
	for _, q := range p.Host.Quarantined() {
		h := held{Quarantine: q, deeds: deeds(&q)}
		for _, release := range p.Library.Releases() {
			if release.Digest == q.Digest {
				h.release = release
			}
		}
		for _, d := range p.Catalogue.Everywhere() {
			if d.Computes.Digest != q.Digest {
				continue
			}
			h.release = d.Computes
			if !slices.ContainsFunc(h.charts, func(e entry) bool { return e.ID == d.ID }) {
				h.charts = append(h.charts, entry{Measure: d.Measure})
			}
		}
		v.held = append(v.held, h)
	}
	return wardPage(v).Render(r.Context(), w)
}

// name is what the plugin is called.
func (h held) name() string {
	if h.release.Digest == "" {
		return h.Digest.Short()
	}
	return h.release.Manifest.Title
}

func deeds(q *plugins.Quarantine) []deed {
	often := map[plugins.Manner]int{}
	for _, m := range q.Manners {
		often[m]++
	}
	var list []deed
	for _, m := range manners {
		if n := often[m.is]; n > 0 {
			list = append(list, deed{"It " + m.did, times(n)})
			delete(often, m.is)
		}
	}
	for manner, n := range often {
		list = append(list, deed{"It went wrong by " + string(manner), times(n)})
	}
	return list
}

// quarantineCause is what it did, in a clause.
func quarantineCause(q *plugins.Quarantine) string {
	text := ""
	for i, d := range deeds(q) {
		if i > 0 {
			text += "; "
		}
		text += lowerIt(d.did) + " " + d.often
	}
	return text
}

func lowerIt(text string) string { return "i" + text[1:] }

// Lift ends a quarantine, by somebody who may. The decision stands in the ledger
// before it is carried out.
func (p *Pages) Lift(w http.ResponseWriter, r *http.Request) error {
	actor, _ := p.Reader(r)
	digest := plugins.Digest(r.PostFormValue("digest"))
	if !digest.Valid() {
		return &layout.Trouble{Status: http.StatusBadRequest, Title: "Which plugin was meant is not clear",
			Text: "A plugin in quarantine is named by its whole digest.", Help: "Use the button on the page of plugins in quarantine."}
	}
	plugin := policy.Plugin{Digest: string(digest), Approval: "quarantine"}
	for _, release := range p.Library.Releases() {
		if release.Digest == digest {
			plugin.ID, plugin.Version = release.Manifest.ID, release.Manifest.Version
		}
	}
	grant, err := p.decide(r.Context(), actor, policy.PluginLift, plugin)
	if err != nil {
		return err
	}
	err = p.done(r.Context(), grant, digest, p.Host.Lift(r.Context(), digest, actor.ID))
	if err != nil && !errors.Is(err, host.ErrNotQuarantined) { // somebody else was quicker
		return err
	}
	http.Redirect(w, r, "/plugins/quarantine", http.StatusSeeOther)
	return nil
}
