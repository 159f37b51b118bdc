// Package session knows who is reading: it signs people in and out, and gives
// each request its actor. With --demo the people are invented ones; sign-in
// through an identity provider takes the same place.
package session

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// lifetime ends a session, used or not. There is no idle time-out: it would
// write to the database on every page that is only read.
const lifetime = 12 * time.Hour

// Person is somebody who may sign in to the demonstration.
type Person struct {
	Actor policy.Actor
	Job   string // "Emergency medicine consultant"
	Story string // what this person comes to do
}

// Organisations finds organisations by code.
type Organisations interface {
	OrganisationName(ctx context.Context, code measures.ODSCode) (string, error)
}

// Sessions keeps who is signed in, in the database.
type Sessions struct {
	manager       *scs.SessionManager
	people        []Person // empty: there is no demonstration
	organisations Organisations
	assets        layout.Assets
}

// New makes sessions kept in store. Secure cookies are for https; on loopback
// without it a browser would not send them back.
func New(store scs.Store, people []Person, organisations Organisations, assets layout.Assets, secure bool) *Sessions {
	manager := scs.New()
	manager.Store = store
	manager.Lifetime = lifetime
	manager.HashTokenInStore = true
	manager.Cookie.Name = "signalbox"
	manager.Cookie.HttpOnly = true
	manager.Cookie.SameSite = http.SameSiteLaxMode
	manager.Cookie.Secure = secure
	return &Sessions{manager: manager, people: people, organisations: organisations, assets: assets}
}

// Handler gives every request its session.
func (s *Sessions) Handler(next http.Handler) http.Handler { return s.manager.LoadAndSave(next) }

// Who is the reader as the page's frame names them.
func (s *Sessions) Who(ctx context.Context, actor policy.Actor) layout.Who {
	who := layout.Who{Name: actor.Name, Purpose: string(actor.Purpose)}
	if actor.ODS != "" {
		who.Organisation = string(actor.ODS)
		if name, err := s.organisations.OrganisationName(ctx, actor.ODS); err == nil {
			who.Organisation = strings.TrimPrefix(name, demo.Label) + " (" + string(actor.ODS) + ")"
		}
	}
	return who
}

// Actor is who sends the request, if anybody is signed in.
func (s *Sessions) Actor(r *http.Request) (policy.Actor, bool) {
	id := s.manager.GetString(r.Context(), "actor")
	for _, person := range s.people {
		if person.Actor.ID != id {
			continue
		}
		actor := person.Actor
		if at := measures.ODSCode(s.manager.GetString(r.Context(), "ods")); at != "" {
			actor.ODS, actor.Orgs = at, []measures.ODSCode{at}
		}
		return actor, true
	}
	return policy.Actor{}, false
}

// Require sends readers who are not signed in to the sign-in page, and back to
// where they wanted to go afterwards.
func (s *Sessions) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := s.Actor(r); ok {
			next.ServeHTTP(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "Please sign in first.", http.StatusUnauthorized)
			return
		}
		http.Redirect(w, r, "/sign-in?to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
	})
}

// SignIn starts a session for a person of the demonstration, at the
// organisation given or, where none is, at the person's own.
func (s *Sessions) SignIn(r *http.Request, id string, at measures.ODSCode) error {
	ctx := r.Context()
	for _, person := range s.people {
		if person.Actor.ID != id {
			continue
		}
		// A new token on sign-in: one that was planted before is worth nothing.
		if err := s.manager.RenewToken(ctx); err != nil {
			return err
		}
		s.manager.Put(ctx, "actor", id)
		s.manager.Put(ctx, "ods", string(at))
		return nil
	}
	return errNobody
}

// SignOut ends the session.
func (s *Sessions) SignOut(r *http.Request) error { return s.manager.Destroy(r.Context()) }

// onThisSite is the address to go to after signing in: one of our own, never
// another site's. It must be as plain as the addresses that this site makes:
// browsers drop tabs and line ends and take a backslash for a slash, so that
// "/<tab>/elsewhere.example" would lead away.
func onThisSite(to string) string {
	parsed, err := url.Parse(to) // refuses control characters
	if err != nil || parsed.Scheme != "" || parsed.Host != "" || parsed.Opaque != "" ||
		!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, `\`) || strings.HasPrefix(parsed.Path, "/sign-") {
		return "/"
	}
	return to
}
