package workshop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// drafts is what the reader may see of what authors have brought.
type drafts struct {
	page   layout.Page
	list   []postgres.Draft
	reader policy.Actor
	upload bool
}

// draft is one of them.
type draft struct {
	page     layout.Page
	draft    postgres.Draft
	reader   policy.Actor
	manifest string
}

// draftAddress is the address of a draft's page.
func draftAddress(id int64) string { return "/plugins/drafts/" + strconv.FormatInt(id, 10) }

var toDrafts = layout.Crumb{Name: "Drafts", URL: "/plugins/drafts"}

// DraftList lists drafts: an author's own, or everybody's for governance.
func (p *Pages) DraftList(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Drafts", toCatalogue)
	grant, err := p.decide(r.Context(), actor, policy.PluginTry, policy.Plugin{ID: "drafts", Approval: "draft"})
	if err != nil {
		return err
	}
	v := drafts{page: page, reader: actor, upload: p.may(r.Context(), actor, policy.PluginUpload)}
	if v.list, err = p.Drafts.Drafts(r.Context(), grant); err != nil {
		return err
	}
	return draftsPage(v).Render(r.Context(), w)
}

// openDraft reads the draft that an address names, for somebody who may see it.
func (p *Pages) openDraft(r *http.Request, actor policy.Actor) (postgres.Draft, policy.Grant, error) {
	id, err := strconv.ParseInt(r.PathValue("draft"), 10, 64)
	if err != nil {
		return postgres.Draft{}, policy.Grant{}, fmt.Errorf("draft %q: %w", r.PathValue("draft"), postgres.ErrNotFound)
	}
	plugin := policy.Plugin{ID: "draft " + strconv.FormatInt(id, 10), Approval: "draft"}
	grant, err := p.decide(r.Context(), actor, policy.PluginTry, plugin)
	if err != nil {
		return postgres.Draft{}, grant, err
	}
	found, err := p.Drafts.Draft(r.Context(), grant, id)
	return found, grant, err
}

// Draft shows a draft: what was found, what it promises, and how to try it.
func (p *Pages) Draft(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Draft", toCatalogue, toDrafts)
	found, _, err := p.openDraft(r, actor)
	if err != nil {
		return err
	}
	v := draft{page: page, draft: found, reader: actor, manifest: manifestText(found.Manifest)}
	v.page.Title = "Draft of " + v.title()
	return draftPage(v).Render(r.Context(), w)
}

// Forget removes a draft of the reader's own.
func (p *Pages) Forget(w http.ResponseWriter, r *http.Request) error {
	actor, _ := p.Reader(r)
	found, grant, err := p.openDraft(r, actor)
	if err != nil {
		return err
	}
	if err := p.done(r.Context(), grant, found.Digest, p.Drafts.ForgetDraft(r.Context(), grant, found.ID)); err != nil {
		return err
	}
	p.leaveNothing(r.Context(), found.Digest)
	http.Redirect(w, r, "/plugins/drafts", http.StatusSeeOther)
	return nil
}

// forgetTime is how long a bench may take to forget a draft.
const forgetTime = 3 * time.Second

// leaveNothing has the compiled code of a draft removed. The draft is forgotten
// already: where no bench is free the code goes with the next clearing of theirs.
func (p *Pages) leaveNothing(ctx context.Context, digest plugins.Digest) {
	ctx, cancel := context.WithTimeout(ctx, forgetTime)
	defer cancel()
	bench, err := p.Bench(ctx)
	if err == nil {
		err = errors.Join(bench.Forget(digest), bench.Close())
	}
	if err != nil {
		p.Log.Warn("the compiled code of a forgotten draft is still there", "plugin", digest, "error", err)
	}
}

// title is what a draft calls itself, or else its file.
func (v draft) title() string { return draftTitle(&v.draft) }

func draftTitle(d *postgres.Draft) string {
	for _, name := range []string{d.Manifest.Title, d.Manifest.ID} {
		if strings.TrimSpace(name) != "" {
			return name
		}
	}
	return d.FileName
}

// own reports whether the reader brought it.
func (v draft) own() bool { return v.draft.By == v.reader.ID }

// by says who brought a draft, as its reader may know it.
func by(d *postgres.Draft, reader policy.Actor) string {
	if d.By == reader.ID {
		return "you"
	}
	return d.By
}

// choices are what can be tried: the measures, or the entries of a plugin that
// brings none.
func choices(m *plugins.Manifest) []layout.Option {
	var list []layout.Option
	for i := range m.Measures {
		list = append(list, layout.Option{Value: string(m.Measures[i].ID), Name: m.Measures[i].Title})
	}
	if len(list) > 0 {
		return list
	}
	for _, entry := range m.Entries {
		list = append(list, layout.Option{Value: entry, Name: "Entry " + entry})
	}
	return list
}

// chosen is the measure that an address asks to try; the first unless told. An
// entry of a plugin that brings no measures is tried as a measure of its own.
func chosen(m *plugins.Manifest, asked string) (*measures.Measure, bool) {
	for i := range m.Measures {
		if asked == "" || string(m.Measures[i].ID) == asked {
			return &m.Measures[i], true
		}
	}
	if len(m.Measures) > 0 {
		return nil, false
	}
	for _, entry := range m.Entries {
		if asked == "" || entry == asked {
			return &measures.Measure{ID: "draft", Title: "Entry " + entry, Grain: measures.Month, Rules: measures.MDC,
				Inputs: []measures.Input{{Name: "numerator", Title: "Value"}}, Unit: measures.Unit{Multiply: 1, Decimals: 1},
				Uses: measures.Uses{Plugin: m.ID, Entry: entry}}, true
		}
	}
	return nil, false
}
