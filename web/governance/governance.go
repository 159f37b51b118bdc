// Package governance is the third door: what people have asked to see and what was
// decided, the rules in force, and the record of it all.
package governance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
	"github.com/signalbox-health/signalbox/web/layout"
)

// Ledger is the record: how long it is, its head, and what became of a decision.
type Ledger interface {
	LedgerHead(context.Context) (ledger.Head, error)
	RecordResults(context.Context, []postgres.Result) error
}

// Access keeps requests for access and agreements.
type Access interface {
	DeniedTo(ctx context.Context, actor string, sequence int64) (policy.Document, error)
	AskAccess(ctx context.Context, actor policy.Actor, denied int64, measure measures.MeasureID, why string) (int64, error)
	OpenAccess(ctx context.Context, d policy.Decision) (postgres.AccessRequest, error)
	OwnAccess(ctx context.Context, actor string) ([]postgres.AccessRequest, error)
	OwnAccessRequest(ctx context.Context, actor string, number int64) (postgres.AccessRequest, error)
	WithdrawAccess(ctx context.Context, actor string, number int64) error

	AccessWaiting(context.Context, policy.Grant) ([]postgres.AccessRequest, error)
	AccessRequestAt(ctx context.Context, grant policy.Grant, number int64) (postgres.AccessRequest, error)
	AccessReach(ctx context.Context, grant policy.Grant, supposed policy.Decision) (postgres.Reach, error)
	GrantAccess(context.Context, policy.Grant, *postgres.AccessRequest, postgres.Terms) error
	RefuseAccess(ctx context.Context, grant policy.Grant, r *postgres.AccessRequest, reason string) error

	AgreementsOf(ctx context.Context, owner measures.ODSCode) ([]postgres.Agreement, error)
	AgreementByRequest(ctx context.Context, number int64) (postgres.Agreement, error)
	AgreementByRef(ctx context.Context, ref string) (postgres.Agreement, error)
	EndAgreement(ctx context.Context, grant policy.Grant, ref string) error
}

// Names finds what organisations are called.
type Names interface {
	OrganisationName(ctx context.Context, code measures.ODSCode) (string, error)
}

// Pages are the pages behind the third door.
type Pages struct {
	Engine   *policy.Engine
	Desk     *governing.Desk
	Ledger   Ledger
	Access   Access
	National policy.ReferenceData // the tables that come with the baseline
	// Catalogue knows what measures and datasets are called.
	Catalogue   *analysis.Catalogue
	Names       Names
	Quarantined func() []plugins.Quarantine
	// Due is a notice of what the reader's organisation has to act on among the plugins
	// that it runs; it is empty where there is nothing.
	Due func(*http.Request) (templ.Component, error)
	// Proposals gives the drafts of a policy that wait for somebody's yes or no.
	Proposals func(context.Context, policy.Actor) ([]Proposal, error)
	// Refresh makes the policy take notice at once of what was decided here.
	Refresh func(context.Context) error
	Reader  func(*http.Request) (policy.Actor, layout.Page)
	Now     func() time.Time
}

// Proposal is a draft of an organisation's policy that waits for approval.
type Proposal struct {
	Title, URL string
	Since      time.Time
	Yes        int // who have approved it
}

// frame starts a page behind this door.
func (p *Pages) frame(r *http.Request, title string, crumbs ...layout.Crumb) (policy.Actor, layout.Page) {
	actor, page := p.Reader(r)
	page.Title, page.Door, page.Crumbs = title, layout.Governance, crumbs
	return actor, page
}

// unlabelled takes the label of the demonstration off names in running text.
func unlabelled(text string) string { return strings.ReplaceAll(text, demo.Label, "") }

// Home is the inbox of those who govern, and for everybody else what they may see
// and have asked for.
func (p *Pages) Home(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "Governance")
	if p.decides(r.Context(), actor) {
		return p.inbox(w, r, actor, page)
	}
	v, err := p.baseline(r.Context(), page)
	if err != nil {
		return err
	}
	requests, err := p.own(r.Context(), actor.ID)
	if err != nil {
		return err
	}
	due, err := p.Due(r)
	if err != nil {
		return err
	}
	return homePage(v, requests, due, p.operates(r.Context(), actor)).Render(r.Context(), w)
}

// decides says whether a page should offer what a governance team does. Nothing is
// done on the strength of it: whoever takes the offer is decided about then.
func (p *Pages) decides(ctx context.Context, actor policy.Actor) bool {
	d, err := p.Engine.Decide(ctx, policy.Request{ID: "offer", Now: p.Now().Unix(), Action: policy.AccessDecide, Actor: actor,
		Change: policy.Change{Kind: "access", Ref: postgres.AccessInbox}, Resource: policy.Resource{ODS: actor.ODS, Grain: "aggregate"}})
	return err == nil && d.Allow
}

// operates says whether a page should offer what operators do, as decides does.
func (p *Pages) operates(ctx context.Context, actor policy.Actor) bool {
	d, err := p.Engine.Decide(ctx, policy.Request{ID: "offer", Now: p.Now().Unix(), Action: policy.JobsManage, Actor: actor,
		Resource: policy.Resource{Grain: "aggregate"}})
	return err == nil && d.Allow
}

// done records what became of a decision that was to be carried out, and makes
// the policy take notice of it.
func (p *Pages) done(ctx context.Context, grant policy.Grant, err error) error {
	result := postgres.Result{Record: grant.Record()}
	if err != nil {
		result.Problem = "it could not be done"
	}
	ctx = context.WithoutCancel(ctx) // whoever sent it may have gone; what was done stands
	if recorded := p.Ledger.RecordResults(ctx, []postgres.Result{result}); recorded != nil && err == nil {
		return fmt.Errorf("record what became of %s: %w", grant.Record().Decision().Request.Action, recorded)
	}
	if err != nil {
		return err
	}
	if err := p.Refresh(ctx); err != nil {
		return fmt.Errorf("it is done and kept, but the policy could not be told at once, and will look again within seconds: %w", err)
	}
	return nil
}
