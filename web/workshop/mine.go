package workshop

import (
	"context"
	"net/http"
	"slices"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// mine is what somebody has brought, and what became of it.
type mine struct {
	page    layout.Page
	bring   bool
	drafts  bool // the reader has a place for drafts
	plugins []ownPlugin
}

// ownPlugin is a plugin of the reader's, in all its versions.
type ownPlugin struct {
	id, title  string
	versions   []releaseLine
	out        bool // one of them is, or was, published
	talk       sharing.Talk
	unanswered int
	adopters   []adopter
}

// adopter is an organisation that took up a release, and what it says became of it.
type adopter struct {
	name, version string
	stage         string // of an adoption here; empty where it is only known by its evidence
	results       []registry.Evidence
}

// Mine is the page of an author: their releases, who adopted them, what became of it,
// how often they went wrong, and what is asked.
func (p *Pages) Mine(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Your releases", toCatalogue, toReleases)
	all, err := p.Making.Life.All(r.Context())
	if err != nil {
		return err
	}
	v := mine{page: page, drafts: p.may(r.Context(), actor, policy.PluginTry)}
	v.bring, _ = p.Making.Life.May(r.Context(), actor, policy.ReleaseSubmit, unborn())
	live, err := p.Shared.Adoptions(r.Context())
	if err != nil {
		return err
	}
	for i := range all {
		s := &all[i]
		if !slices.Contains(s.Authors(), actor.ID) {
			continue
		}
		at := slices.IndexFunc(v.plugins, func(o ownPlugin) bool { return o.id == s.Manifest.ID })
		if at < 0 {
			own, err := p.ownPlugin(r.Context(), s, live)
			if err != nil {
				return err
			}
			at, v.plugins = len(v.plugins), append(v.plugins, own)
		}
		o := &v.plugins[at]
		line := p.releaseLine(r.Context(), actor, s)
		line.said = standingText(s)
		o.versions = append(o.versions, line)
		o.out = o.out || slices.ContainsFunc(s.Steps, func(step postgres.ReleaseStep) bool { return step.Step == postgres.Published })
	}
	return minePage(v).Render(r.Context(), w)
}

// ownPlugin gathers what became of a plugin.
func (p *Pages) ownPlugin(ctx context.Context, s *sharing.Standing, live []postgres.Adoption) (ownPlugin, error) {
	o := ownPlugin{id: s.Manifest.ID, title: s.Manifest.Title}
	var err error
	if o.talk, err = p.Making.Asking.Talk(ctx, o.id); err != nil {
		return o, err
	}
	for _, t := range o.talk.Threads {
		if len(t.Replies) == 0 {
			o.unanswered++
		}
	}
	for _, a := range live {
		if a.Plugin != o.id {
			continue
		}
		name, err := p.Making.Asking.Name(ctx, a.Organisation)
		if err != nil {
			return o, err
		}
		version := ""
		if kept, err := p.Making.Life.Standing(ctx, a.Digest); err == nil {
			version = kept.Manifest.Version
		}
		o.adopters = append(o.adopters, adopter{name: name, version: version, stage: string(a.Stage)})
	}
	for _, e := range o.talk.Evidence {
		o.witness(e)
	}
	return o, nil
}

// witness puts evidence beside the organisation that sends it.
func (o *ownPlugin) witness(e registry.Evidence) {
	at := slices.IndexFunc(o.adopters, func(a adopter) bool { return a.name == e.OrganisationName })
	if at < 0 {
		at, o.adopters = len(o.adopters), append(o.adopters, adopter{name: e.OrganisationName, version: e.Version})
	}
	o.adopters[at].results = append(o.adopters[at].results, e)
}

// sentence says how many adopted a plugin, and what their evidence is: the bad beside
// the good.
func (o *ownPlugin) sentence() string {
	if !o.out {
		return "It is not published yet."
	}
	if len(o.adopters) == 0 {
		return "Nobody has adopted it yet."
	}
	text := capital(counted(len(o.adopters), "organisation", "organisations")) + " adopted it"
	counts := map[registry.Result]int{}
	for _, a := range o.adopters {
		for _, e := range a.results {
			counts[e.Result]++
		}
	}
	for _, one := range resultWords {
		if n := counts[one.is]; n > 0 {
			text += ", " + counted(n, one.words, one.words)
		}
	}
	return text + "."
}

// resultWords are what evidence says, in words, the order of the pages.
var resultWords = []struct {
	is    registry.Result
	words string
}{
	{registry.Improved, "improved"}, {registry.MostlyMix, "improved, mostly by who is counted"}, {registry.Unchanged, "unchanged"},
	{registry.Concern, "of concern"}, {registry.Changed, "changed"}, {registry.Unclear, "unclear"},
}

func resultText(r registry.Result) string {
	for _, one := range resultWords {
		if one.is == r {
			return one.words
		}
	}
	return string(r)
}
