// Package workshop is the second door: the measures that this installation
// offers and who stands behind each, the plugins that compute them, drafts that
// authors bring to have them checked and tried, and plugins in quarantine. No
// page of it reads anybody's figures.
package workshop

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// Policy decides.
type Policy interface {
	Decide(context.Context, policy.Request) (policy.Decision, error)
}

// Register knows what data an organisation has, though not what it says.
type Register interface {
	DatasetsWithData(ctx context.Context, code measures.ODSCode) ([]postgres.Coverage, error)
}

// Drafts keeps what authors have brought.
type Drafts interface {
	KeepDraft(context.Context, policy.Grant, postgres.Draft) (int64, error)
	Drafts(context.Context, policy.Grant) ([]postgres.Draft, error)
	Draft(ctx context.Context, grant policy.Grant, id int64) (postgres.Draft, error)
	ForgetDraft(ctx context.Context, grant policy.Grant, id int64) error
}

// Host runs the plugins that readers wait for.
type Host interface {
	Quarantined() []plugins.Quarantine
	Lift(ctx context.Context, digest plugins.Digest, who string) error
	Usage() []host.Usage
}

// Bench is a sandbox of its own in which drafts are checked and tried: what a
// draft does there touches no plugin that readers wait for. Close ends it.
type Bench interface {
	check.Box
	analysis.Sandbox
	Forget(plugins.Digest) error
	Close() error
}

// Shipped is what the program brings: releases, and the modules of those with code.
type Shipped interface {
	Releases() []plugins.Release
	Module(plugins.Digest) ([]byte, error)
}

// Pages are the pages behind the second door.
type Pages struct {
	Catalogue *analysis.Catalogue
	Library   Shipped
	// Datasets are those that anybody has described, loaded or not.
	Datasets []measures.Dataset
	Policy   Policy
	Ledger   analysis.Ledger
	Register Register
	Drafts   Drafts
	Host     Host
	Shared   Shared
	// Shelf fetches releases of others, and Adopting lets the reader's organisation run them.
	Shelf    *sharing.Shelf
	Adopting *sharing.Adopting
	// Happened is what became of a plugin where it was adopted, from all its versions;
	// nil where this installation does not show it.
	Happened func(*http.Request, []registry.Listing) (templ.Component, error)
	// Making is for releases that are made here.
	Making *Making
	// Bench starts a bench; it waits until one is free.
	Bench  func(context.Context) (Bench, error)
	Reader func(*http.Request) (policy.Actor, layout.Page)
	Now    func() time.Time
	Log    *slog.Logger

	known atomic.Pointer[index] // of the hub
}

// frame starts a page behind this door.
func (p *Pages) frame(r *http.Request, title string, crumbs ...layout.Crumb) (policy.Actor, layout.Page) {
	actor, page := p.Reader(r)
	page.Title, page.Door, page.Crumbs = title, layout.Workshop, crumbs
	return actor, page
}

var toCatalogue = layout.Crumb{Name: "Catalogue", URL: "/plugins"}

// today is the civil date on which the page is read.
func (p *Pages) today() measures.Date { return dateOf(p.Now()) }

func dateOf(t time.Time) measures.Date {
	year, month, day := t.UTC().Date()
	return measures.DateOf(year, int(month), day)
}

// request is a question to the policy about a plugin, and about nobody's data.
func (p *Pages) request(actor policy.Actor, action policy.Action, plugin policy.Plugin) policy.Request {
	plugin.Signers = []string{}
	return policy.Request{ID: rand.Text()[:12], Now: p.Now().Unix(), Action: action, Actor: actor, Plugin: plugin,
		Resource: policy.Resource{Grain: "aggregate", Columns: []string{}, Stratifiers: []string{}}}
}

// decide asks the policy and records what it said, before anything is done. A
// denial is an error.
func (p *Pages) decide(ctx context.Context, actor policy.Actor, action policy.Action, plugin policy.Plugin) (policy.Grant, error) {
	decision, err := p.Policy.Decide(ctx, p.request(actor, action, plugin))
	if err != nil {
		return policy.Grant{}, err
	}
	records, err := p.Ledger.RecordAll(ctx, []policy.Decision{decision})
	if err != nil {
		return policy.Grant{}, fmt.Errorf("record %s: %w", action, err)
	}
	return records[0].Grant()
}

// may says whether a page should offer something. Nothing is done on the strength
// of it: whoever takes the offer is decided about then.
func (p *Pages) may(ctx context.Context, actor policy.Actor, action policy.Action) bool {
	decision, err := p.Policy.Decide(ctx, p.request(actor, action, policy.Plugin{}))
	return err == nil && decision.Allow
}

// done records what became of something that was decided on.
func (p *Pages) done(ctx context.Context, grant policy.Grant, digest plugins.Digest, err error) error {
	result := postgres.Result{Record: grant.Record(), Digest: string(digest)}
	if err != nil {
		result.Digest, result.Problem = "", "it could not be done"
	}
	if recorded := p.Ledger.RecordResults(ctx, []postgres.Result{result}); recorded != nil && err == nil {
		return fmt.Errorf("record what became of %s: %w", grant.Record().Decision().Request.Action, recorded)
	}
	return err
}

// dataset finds the description of a dataset: as it was loaded here, or as it
// is known to the program.
func (p *Pages) dataset(id measures.DatasetID) (d measures.Dataset, loaded, known bool) {
	if d, loaded = p.Catalogue.Dataset(id); loaded {
		return d, true, true
	}
	for _, d := range p.Datasets {
		if d.ID == id {
			return d, false, true
		}
	}
	return measures.Dataset{ID: id}, false, false
}

// quarantine tells why a plugin is not run, if so.
func (p *Pages) quarantine(digest plugins.Digest) *plugins.Quarantine {
	for _, q := range p.Host.Quarantined() {
		if q.Digest == digest {
			return &q
		}
	}
	return nil
}

// usage is what a plugin has used since the program was started, if it was asked.
func (p *Pages) usage(digest plugins.Digest) *host.Usage {
	for _, u := range p.Host.Usage() {
		if u.Digest == digest {
			return &u
		}
	}
	return nil
}
