// Package people is where the governance team of an organisation, or whoever
// operates the installation, gives and takes roles, enters training, invites
// people and ends their sessions. Each act is asked of the policy and recorded.
package people

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/governing"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// Names finds what organisations are called.
type Names interface {
	OrganisationName(ctx context.Context, code measures.ODSCode) (string, error)
}

// Entrance is how people come in here.
type Entrance interface {
	// Invites reports whether people are invited by links; else a provider knows them.
	Invites() bool
	// NewLink makes a link that enrols a passkey, and the digest of it that is kept.
	NewLink() (link string, hash []byte, expires time.Time)
	// Mapping is the digest of the provider's mapping in force.
	Mapping() string
}

// Pages are the pages about people.
type Pages struct {
	DB        *postgres.DB
	Desk      *governing.Desk
	Entrance  Entrance
	Names     Names
	Reference policy.ReferenceData
	Reader    func(*http.Request) (policy.Actor, layout.Page)
	Now       func() time.Time
}

// at is where a page is about: who asks, and for which organisation.
type at struct {
	actor policy.Actor
	page  layout.Page
	owner measures.ODSCode // empty: it has to be chosen first
	name  string
}

func (a at) operator() bool { return slices.Contains(a.actor.Roles, postgres.OperatorRole) }

// at reads the organisation from ?at=, which is the reader's own unless told.
func (p *Pages) at(r *http.Request, title string) at {
	actor, page := p.Reader(r)
	page.Title, page.Door = title, layout.Governance
	page.Crumbs = []layout.Crumb{{Name: "Governance", URL: "/governance"}}
	a := at{actor: actor, page: page, owner: actor.ODS}
	if code := measures.ODSCode(strings.ToUpper(strings.TrimSpace(r.FormValue("at")))); code != "" {
		a.owner = code
	}
	a.page.Demo = demo.Fictional(a.owner)
	a.name = string(a.owner)
	if name, err := p.Names.OrganisationName(r.Context(), a.owner); err == nil {
		a.name = strings.TrimPrefix(name, demo.Label) + " (" + string(a.owner) + ")"
	}
	return a
}

// look asks whether the reader may look at the people of the organisation.
func (p *Pages) look(ctx context.Context, a at) (policy.Grant, error) {
	return p.Desk.Ask(ctx, a.actor, policy.PeopleAppoint, a.owner, policy.Change{Kind: postgres.PeopleChange, Ref: postgres.PeopleList})
}

// act asks whether the reader may change something of a person. The person counts
// as the author: nobody changes their own roles.
func (p *Pages) act(ctx context.Context, a at, person string) (policy.Grant, error) {
	return p.Desk.Ask(ctx, a.actor, policy.PeopleAppoint, a.owner, policy.Change{Kind: postgres.PeopleChange, Ref: person, Author: person})
}

// roles are those that the reader may give, by title.
func (p *Pages) roles(a at, chosen string) []layout.Option {
	var list []layout.Option
	for role, facts := range p.Reference.Roles {
		if role != postgres.OperatorRole || a.operator() {
			list = append(list, layout.Option{Value: string(role), Name: facts.Title, Chosen: string(role) == chosen})
		}
	}
	slices.SortFunc(list, func(x, y layout.Option) int { return strings.Compare(x.Name, y.Name) })
	return list
}

func (p *Pages) title(role policy.Role) string {
	if facts, ok := p.Reference.Roles[role]; ok {
		return facts.Title
	}
	return string(role)
}

// list is the page of all people of an organisation.
type list struct {
	at
	members []member
	invites bool
	form    form
	faults  []layout.Fault
}

// member is one person as the list shows them.
type member struct {
	postgres.Member
	roles   string
	trained string
	late    bool // no training within a year
	seen    string
}

// ListPage lists the people of an organisation, and offers to invite.
func (p *Pages) ListPage(w http.ResponseWriter, r *http.Request) error {
	a := p.at(r, "People")
	if a.owner == "" {
		return p.show(w, r, http.StatusOK, list{at: a})
	}
	return p.list(w, r, http.StatusOK, a, form{}, nil)
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request, status int, a at, f form, faults []layout.Fault) error {
	grant, err := p.look(r.Context(), a)
	if err != nil {
		return err
	}
	found, err := p.DB.People(r.Context(), grant, a.owner, p.Entrance.Mapping())
	if err != nil {
		return err
	}
	v := list{at: a, invites: p.Entrance.Invites(), form: f, faults: faults}
	for _, m := range found {
		v.members = append(v.members, p.member(m))
	}
	v.form.roles = p.roles(a, f.role)
	return p.show(w, r, status, v)
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, v list) error {
	w.WriteHeader(status)
	return listPage(v).Render(r.Context(), w)
}

// aYear is how long training counts: the baseline bars unpublished data after it.
const aYear = 365

func (p *Pages) member(m postgres.Member) member {
	out := member{Member: m, trained: "None", seen: "Never"}
	var titles []string
	for _, post := range m.Posts {
		titles = append(titles, p.title(post.Role))
	}
	out.roles = strings.Join(titles, ", ")
	if m.TrainedOn != 0 {
		out.trained = m.TrainedOn.DayName()
	}
	out.late = p.today()-m.TrainedOn > aYear
	if !m.LastIn.IsZero() {
		out.seen = dateOf(m.LastIn).DayName()
	}
	return out
}

func (p *Pages) today() measures.Date { return dateOf(p.Now()) }

func dateOf(t time.Time) measures.Date {
	year, month, day := t.UTC().Date()
	return measures.DateOf(year, int(month), day)
}

// one finds a person of the organisation, for whoever may look.
func (p *Pages) one(r *http.Request, a at) (postgres.Member, error) {
	if a.owner == "" {
		return postgres.Member{}, postgres.ErrNotFound
	}
	grant, err := p.look(r.Context(), a)
	if err != nil {
		return postgres.Member{}, err
	}
	return p.DB.Member(r.Context(), grant, a.owner, r.PathValue("person"), p.Entrance.Mapping())
}

// said turns what the database refuses into words beside the field.
func said(err error, field string) ([]layout.Fault, error) {
	switch {
	case errors.Is(err, postgres.ErrHasRole):
		return []layout.Fault{{Field: field, Message: "This person has that role here already"}}, nil
	case errors.Is(err, postgres.ErrOperatorOnly):
		return []layout.Fault{{Field: field, Message: "Only an operator makes somebody an operator, or ends it"}}, nil
	case errors.Is(err, postgres.ErrHasPasskey):
		return []layout.Fault{{Field: field, Message: "This person has a passkey already. If it is lost, an operator of this Signalbox makes a new link"}}, nil
	}
	return nil, err
}
