package people

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// form is what was entered about a person.
type form struct {
	name, role, trained, until string
	roles                      []layout.Option
	faults                     []layout.Fault
}

func (f form) field(id, label, hint, value, kind string) layout.Field {
	field := layout.Field{ID: id, Name: id, Label: label, Hint: hint, Value: value, Type: kind, Autocomplete: "off"}
	for _, fault := range f.faults {
		if fault.Field == id {
			field.Fault = fault.Message
		}
	}
	return field
}

// read takes what was entered, and finds what is wrong with a role or a day.
func (p *Pages) read(r *http.Request) (f form, role policy.Role, trained, until measures.Date) {
	f = form{name: strings.Join(strings.Fields(r.PostFormValue("name")), " "), role: r.PostFormValue("role"),
		trained: strings.TrimSpace(r.PostFormValue("trained")), until: strings.TrimSpace(r.PostFormValue("until"))}
	var err error
	if f.trained != "" {
		if trained, err = measures.ParseDate(f.trained); err != nil || trained > p.today() || trained < p.today()-20*aYear {
			f.faults = append(f.faults, layout.Fault{Field: "trained", Message: "Enter the day of the training, not in the future, for example 2026-05-01"})
		}
	}
	if f.until != "" {
		if until, err = measures.ParseDate(f.until); err != nil || until <= p.today() {
			f.faults = append(f.faults, layout.Fault{Field: "until", Message: "Enter a day to come, for example 2027-03-31, or leave it empty"})
		}
	}
	if _, known := p.Reference.Roles[policy.Role(f.role)]; known {
		role = policy.Role(f.role)
	}
	return f, role, trained, until
}

// end is when a role ends that lasts until a day: with that day.
func end(until measures.Date) time.Time {
	if until == 0 {
		return time.Time{}
	}
	return time.Unix((int64(until)+1)*86400, 0)
}

// invited is the page with a link, which is shown once.
type invited struct {
	at
	name, link string
	days       string
}

// Invite makes a person known, gives them a role and shows the link to send them.
func (p *Pages) Invite(w http.ResponseWriter, r *http.Request) error {
	a := p.at(r, "People")
	if !p.Entrance.Invites() || a.owner == "" {
		return postgres.ErrNotFound
	}
	f, role, trained, until := p.read(r)
	if f.name == "" || len(f.name) > 200 {
		f.faults = append(f.faults, layout.Fault{Field: "name", Message: "Enter the person's name, as colleagues know them"})
	}
	if role == "" {
		f.faults = append(f.faults, layout.Fault{Field: "role", Message: "Choose a role"})
	}
	if role == postgres.OperatorRole && !a.operator() {
		f.faults = append(f.faults, layout.Fault{Field: "role", Message: "Only an operator makes somebody an operator"})
	}
	if len(f.faults) > 0 {
		return p.list(w, r, http.StatusUnprocessableEntity, a, f, f.faults)
	}
	ctx, id := r.Context(), strings.ToLower(rand.Text())
	grant, err := p.act(ctx, a, id)
	if err != nil {
		return err
	}
	if _, err := p.DB.PutPerson(ctx, postgres.Person{ID: id, Name: f.name, Issuer: postgres.PasskeyIssuer, Subject: id}); err != nil {
		return err
	}
	if err := p.DB.Appoint(ctx, grant, a.owner, id, role, end(until)); err != nil {
		return err
	}
	if trained != 0 {
		if err := p.DB.EnterTraining(ctx, grant, a.owner, id, trained); err != nil {
			return err
		}
	}
	link, hash, expires := p.Entrance.NewLink()
	if err := p.DB.Invite(ctx, grant, a.owner, id, hash, expires); err != nil {
		return err
	}
	return p.showLink(w, r, a, f.name, link, expires)
}

func (p *Pages) showLink(w http.ResponseWriter, r *http.Request, a at, name, link string, expires time.Time) error {
	a.page.Title = "An invitation"
	a.page.Crumbs = append(a.page.Crumbs, layout.Crumb{Name: "People", URL: a.url("")})
	hours := int(expires.Sub(p.Now()).Round(time.Hour) / time.Hour)
	return invitedPage(invited{at: a, name: name, link: link, days: strconv.Itoa(hours) + " hours"}).Render(r.Context(), w)
}

// url is the address of a page about people of the same organisation.
func (a at) url(path string) string {
	return "/governance/people" + path + "?at=" + url.QueryEscape(string(a.owner))
}

// single is the page of one person.
type single struct {
	at
	member
	posts   []post
	self    bool
	invites bool
	form    form
}

// post is one role as the page shows it.
type post struct {
	id          string
	title, rest string
	mayEnd      bool
}

// PersonPage shows one person, and what can be changed of them.
func (p *Pages) PersonPage(w http.ResponseWriter, r *http.Request) error {
	return p.person(w, r, http.StatusOK, form{})
}

func (p *Pages) person(w http.ResponseWriter, r *http.Request, status int, f form) error {
	a := p.at(r, "People")
	m, err := p.one(r, a)
	if err != nil {
		return err
	}
	v := single{at: a, member: p.member(m), self: m.ID == a.actor.ID, invites: p.Entrance.Invites() && m.Issuer == postgres.PasskeyIssuer, form: f}
	v.page.Title = m.Name
	v.page.Crumbs = append(v.page.Crumbs, layout.Crumb{Name: "People", URL: a.url("")})
	v.form.roles = p.roles(a, f.role)
	for _, one := range m.Posts {
		line := post{id: strconv.FormatInt(one.ID, 10), title: p.title(one.Role), rest: "Since " + dateOf(one.Since).DayName(),
			mayEnd: !one.Claimed && !v.self && (one.Role != postgres.OperatorRole || a.operator())}
		if one.Claimed {
			line.rest += ", as the identity provider says; it is taken away there"
		} else if !one.Until.IsZero() {
			line.rest += ", until " + dateOf(one.Until.Add(-time.Second)).DayName()
		}
		v.posts = append(v.posts, line)
	}
	w.WriteHeader(status)
	return personPage(v).Render(r.Context(), w)
}

// change does one thing about one person: it looks that they belong here, asks, does it, and
// shows the person again. A fault is for the field that is named.
func (p *Pages) change(w http.ResponseWriter, r *http.Request, f form, field string, do func(policy.Grant, at, string) error) error {
	a := p.at(r, "People")
	m, err := p.one(r, a)
	if err != nil {
		return err
	}
	grant, err := p.act(r.Context(), a, m.ID)
	if err != nil {
		return err
	}
	if err := do(grant, a, m.ID); err != nil {
		faults, err := said(err, field)
		if err != nil {
			return err
		}
		f.faults = faults
		return p.person(w, r, http.StatusUnprocessableEntity, f)
	}
	http.Redirect(w, r, a.url("/"+m.ID), http.StatusSeeOther)
	return nil
}

// GiveRole gives a person a role.
func (p *Pages) GiveRole(w http.ResponseWriter, r *http.Request) error {
	f, role, _, until := p.read(r)
	if role == "" {
		f.faults = append(f.faults, layout.Fault{Field: "role", Message: "Choose a role"})
	}
	if len(f.faults) > 0 {
		return p.person(w, r, http.StatusUnprocessableEntity, f)
	}
	return p.change(w, r, f, "role", func(grant policy.Grant, a at, id string) error {
		return p.DB.Appoint(r.Context(), grant, a.owner, id, role, end(until))
	})
}

// TakeRole ends a role.
func (p *Pages) TakeRole(w http.ResponseWriter, r *http.Request) error {
	number, err := strconv.ParseInt(r.PostFormValue("appointment"), 10, 64)
	if err != nil {
		return postgres.ErrNotFound
	}
	return p.change(w, r, form{}, "role", func(grant policy.Grant, a at, id string) error {
		return p.DB.EndAppointment(r.Context(), grant, a.owner, id, number)
	})
}

// EnterTraining keeps the day of a person's training.
func (p *Pages) EnterTraining(w http.ResponseWriter, r *http.Request) error {
	f, _, trained, _ := p.read(r)
	if f.trained == "" {
		f.faults = append(f.faults, layout.Fault{Field: "trained", Message: "Enter the day of the training, for example 2026-05-01"})
	}
	if len(f.faults) > 0 {
		return p.person(w, r, http.StatusUnprocessableEntity, f)
	}
	return p.change(w, r, f, "trained", func(grant policy.Grant, a at, id string) error {
		return p.DB.EnterTraining(r.Context(), grant, a.owner, id, trained)
	})
}

// EndSessions signs a person out everywhere.
func (p *Pages) EndSessions(w http.ResponseWriter, r *http.Request) error {
	return p.change(w, r, form{}, "sessions", func(grant policy.Grant, a at, id string) error {
		return p.DB.EndSignInsOf(r.Context(), grant, a.owner, id)
	})
}

// InviteAgain shows a new link for somebody who has not used the first.
func (p *Pages) InviteAgain(w http.ResponseWriter, r *http.Request) error {
	a := p.at(r, "People")
	m, err := p.one(r, a)
	if err != nil {
		return err
	}
	if !p.Entrance.Invites() || m.Issuer != postgres.PasskeyIssuer {
		return postgres.ErrNotFound
	}
	grant, err := p.act(r.Context(), a, m.ID)
	if err != nil {
		return err
	}
	link, hash, expires := p.Entrance.NewLink()
	if err := p.DB.Invite(r.Context(), grant, a.owner, m.ID, hash, expires); err != nil {
		faults, err := said(err, "invite")
		if err != nil {
			return err
		}
		return p.person(w, r, http.StatusUnprocessableEntity, form{faults: faults})
	}
	return p.showLink(w, r, a, m.Name, link, expires)
}
