// Package policies is where a governance team writes, tests, foresees, approves and
// takes back its organisation's own rules, behind the third door. Its pages show
// what internal/governing has decided on, and decide nothing themselves.
package policies

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// Names knows what organisations are called.
type Names interface {
	OrganisationName(context.Context, measures.ODSCode) (string, error)
}

// Datasets knows what datasets are called.
type Datasets interface {
	Dataset(measures.DatasetID) (measures.Dataset, bool)
}

// Pages are the pages of the policies desk.
type Pages struct {
	Policies *governing.Policies
	Names    Names
	Datasets Datasets
	Reader   func(*http.Request) (policy.Actor, layout.Page)
	Now      func() time.Time
	Log      *slog.Logger
}

const root = "/governance/policies"

func addressOf(owner measures.ODSCode) string { return root + "/" + string(owner) }

func draftAddress(owner measures.ODSCode, draft int) string {
	return addressOf(owner) + "/drafts/" + strconv.Itoa(draft)
}

var (
	toGovernance = layout.Crumb{Name: "Governance", URL: "/governance"}
	toPolicies   = layout.Crumb{Name: "Policies", URL: root}
)

// visit is one request about the policy of one organisation.
type visit struct {
	actor policy.Actor
	page  layout.Page
	owner measures.ODSCode
	name  string // of the organisation
	// writes, approves and rollsBack say what the page should offer.
	writes, approves, rollsBack bool
}

// enter begins a page about an organisation's policy. Live rules may be read by
// everybody who belongs to the organisation; drafts by those who may write or
// approve them, and for anybody else asking is an act that is decided and recorded.
func (p *Pages) enter(r *http.Request, title string, drafts bool) (*visit, error) {
	v := &visit{owner: measures.ODSCode(r.PathValue("ods"))}
	v.actor, v.page = p.Reader(r)
	v.page.Title, v.page.Door = title, layout.Governance
	v.page.Demo = v.page.Demo || demo.Fictional(v.owner)
	if !v.owner.Valid() {
		return nil, notHere(v.owner)
	}
	name, err := p.Names.OrganisationName(r.Context(), v.owner)
	if err != nil {
		return nil, err
	}
	v.name = plain(name)
	v.page.Crumbs = []layout.Crumb{toGovernance, toPolicies, {Name: v.name, URL: addressOf(v.owner)}}
	desk := p.Policies.Desk
	v.writes = desk.May(r.Context(), v.actor, policy.PolicyWrite, v.owner, policy.Change{})
	v.approves = desk.May(r.Context(), v.actor, policy.PolicyApprove, v.owner, policy.Change{})
	v.rollsBack = desk.May(r.Context(), v.actor, policy.PolicyRollback, v.owner, policy.Change{})
	switch {
	case drafts && !v.writes && !v.approves:
		_, err := desk.Ask(r.Context(), v.actor, policy.PolicyWrite, v.owner, policy.Change{})
		return nil, errors.Join(err, notHere(v.owner))
	case !drafts && !v.writes && !v.approves && !v.belongs():
		return nil, notHere(v.owner)
	}
	return v, nil
}

// belongs reports whether the reader is of the organisation.
func (v *visit) belongs() bool {
	return v.actor.ODS == v.owner || slices.Contains(v.actor.Orgs, v.owner)
}

func notHere(owner measures.ODSCode) error {
	return &layout.Trouble{Status: http.StatusNotFound, Title: "This policy is not yours to read",
		Text: "The rules of " + string(owner) + " are read by its own people. The national baseline, which holds for everybody, is open to all.",
		Help: "Policies lists those that you can read."}
}

// dossier finds the draft that an address names.
func (p *Pages) dossier(r *http.Request, v *visit) (*governing.Dossier, error) {
	number, err := strconv.Atoi(r.PathValue("draft"))
	if err != nil || number < 1 {
		return nil, noDraft(r.PathValue("draft"))
	}
	d, err := p.Policies.Dossier(r.Context(), v.owner, number)
	if errors.Is(err, postgres.ErrNotFound) {
		return nil, noDraft(r.PathValue("draft"))
	}
	return d, err
}

// openDraft is for acts that change a draft: one that nobody has published yet.
func (p *Pages) openDraft(r *http.Request) (*visit, *governing.Dossier, error) {
	v, err := p.enter(r, "", true)
	if err != nil {
		return nil, nil, err
	}
	d, err := p.dossier(r, v)
	if err == nil && d.Revision > 0 {
		err = published(d)
	}
	return v, d, err
}

func noDraft(number string) error {
	return &layout.Trouble{Status: http.StatusNotFound, Title: "There is no such draft",
		Text: "The organisation has no draft " + number + " of its policy.", Help: "Its drafts are listed on the page of its policy."}
}

// mended turns what a form has to put right, or has to wait for, into lines above
// the form; any other error is passed on.
func mended(err error, field string) ([]layout.Fault, error) {
	misfit, refused := (*governing.Misfit)(nil), (*governing.Refused)(nil)
	switch {
	case err == nil:
		return nil, nil
	case errors.As(err, &misfit):
		return []layout.Fault{{Field: misfit.Field, Message: misfit.Message}}, nil
	case errors.As(err, &refused):
		return []layout.Fault{{Field: field, Message: "It was not published, and the live policy goes on: " + refused.Error()}}, nil
	case errors.Is(err, governing.ErrNotReady):
		return []layout.Fault{{Field: field, Message: sentenceOf(err, governing.ErrNotReady)}}, nil
	case errors.Is(err, postgres.ErrChanged):
		return []layout.Fault{{Field: field, Message: "Somebody else was quicker: this has changed since you opened the page. Look at it as it is now; nothing of yours was done"}}, nil
	}
	return nil, err
}

func faultOf(faults []layout.Fault, field string) string {
	for _, f := range faults {
		if f.Field == field {
			return f.Message
		}
	}
	return ""
}
