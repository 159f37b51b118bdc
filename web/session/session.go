// Package session knows who is reading: it signs people in and out, by a provider,
// by a passkey or as the invented people of the demonstration, and gives each
// request its actor. A session holds only names of things: the person, their
// roles and their training are looked up for every request.
package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/session/passkey"
	"github.com/signalbox-health/signalbox/web/session/provider"
)

// lifetime ends a session, used or not. There is no idle time-out: it would
// write to the database on every page that is only read.
const lifetime = 12 * time.Hour

// claimsLast is how long a provider's word about somebody's roles counts for
// their tokens, after they last signed in.
const claimsLast = 30 * 24 * time.Hour

// Person is somebody who may sign in to the demonstration.
type Person struct {
	Actor  policy.Actor
	Job    string // "Emergency medicine consultant"
	Story  string // what this person comes to do
	Second policy.Role
}

// Organisations finds organisations by code.
type Organisations interface {
	OrganisationName(ctx context.Context, code measures.ODSCode) (string, error)
}

// Options are what sessions are made of.
type Options struct {
	Store         scs.Store
	DB            *postgres.DB
	Organisations Organisations
	Assets        layout.Assets
	// Reference says which roles and purposes there are.
	Reference policy.ReferenceData
	// Demo are the people of the demonstration; none where there is none.
	Demo []Person
	// Provider signs people in; nil where passkeys do.
	Provider *provider.Provider
	// Origin is how readers address the site, such as https://signalbox.example.
	Origin string
	// BehindProxy takes the readers' addresses from X-Forwarded-For.
	BehindProxy bool
	Now         func() time.Time
	Log         *slog.Logger
}

// Sessions keeps who is signed in, in the database.
type Sessions struct {
	manager       *scs.SessionManager
	db            *postgres.DB
	people        []Person
	provider      *provider.Provider
	keys          *passkey.Keys // nil where people sign in otherwise
	organisations Organisations
	assets        layout.Assets
	reference     policy.ReferenceData
	origin        string
	behindProxy   bool
	now           func() time.Time
	log           *slog.Logger

	// tries is of whatever begins or ends a sign-in; misses of what went wrong; parts of
	// what clients of the registry ask for.
	tries, misses, parts *limit
}

// The key of what is remembered in a session.
const (
	keySignIn  = "sign-in" // the id of the row in the database
	keyPost    = "post"
	keyPurpose = "purpose"
	keyAt      = "at"    // the organisation that somebody of the demonstration is at
	keyRights  = "right" // what the token was made for: see renew
	keyAttempt = "attempt"
	keyTo      = "to"
	keyPasskey = "passkey"
)

// New makes sessions. Passkeys are offered where there is no provider and no
// demonstration.
func New(o Options) (*Sessions, error) {
	manager := scs.New()
	manager.Store = o.Store
	manager.Lifetime = lifetime
	manager.HashTokenInStore = true
	manager.Cookie.Name = "signalbox"
	manager.Cookie.HttpOnly = true
	manager.Cookie.SameSite = http.SameSiteLaxMode
	manager.Cookie.Secure = strings.HasPrefix(o.Origin, "https://")
	if manager.Cookie.Secure {
		// The name makes browsers refuse one that another host of the domain set.
		manager.Cookie.Name = "__Host-signalbox"
	}
	s := &Sessions{manager: manager, db: o.DB, people: o.Demo, provider: o.Provider, organisations: o.Organisations, assets: o.Assets,
		reference: o.Reference, origin: o.Origin, behindProxy: o.BehindProxy, now: o.Now, log: o.Log,
		tries: newLimit(500*time.Millisecond, 60, 20_000, o.Now), misses: newLimit(20*time.Second, 10, 20_000, o.Now),
		parts: newLimit(20*time.Millisecond, 1000, 20_000, o.Now)}
	manager.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		s.log.Error("read or keep a session", "path", r.URL.Path, "error", err)
		http.Error(w, "Signalbox cannot tell who you are just now. Please try again in a minute.", http.StatusServiceUnavailable)
	}
	if o.Provider != nil && len(o.Demo) > 0 {
		return nil, errors.New("a demonstration lets anybody in, so it does not go with an identity provider")
	}
	if o.Provider == nil && len(o.Demo) == 0 {
		keys, err := passkey.New(o.Origin)
		if err != nil {
			return nil, err
		}
		s.keys = keys
	}
	return s, nil
}

// mapping is the digest of the claim mapping in force.
func (s *Sessions) mapping() string {
	if s.provider == nil {
		return ""
	}
	return s.provider.MappingDigest()
}

// Handler gives every request its session. A request with a token has none, and
// its cookie is not looked at: it must not be able to do more than the token.
func (s *Sessions) Handler(next http.Handler) http.Handler {
	withCookie := s.manager.LoadAndSave(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := &visit{}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		if r.Header.Get("Authorization") == "" {
			withCookie.ServeHTTP(w, r)
			return
		}
		s.byToken(w, r, v, next)
	})
}

// Who is the reader as the page's frame names them.
func (s *Sessions) Who(r *http.Request, actor policy.Actor) layout.Who {
	who := layout.Who{Name: actor.Name, Purpose: string(actor.Purpose)}
	if actor.ODS != "" {
		who.Organisation = s.named(r.Context(), actor.ODS)
	}
	// Only who has several roles needs to be told which one this is.
	if v := s.visit(r); len(v.posts) > 1 {
		who.Role = strings.ToLower(s.roleTitle(v.post.Role))
	}
	return who
}

// named is the name of an organisation with its code, or the code.
func (s *Sessions) named(ctx context.Context, code measures.ODSCode) string {
	if code == policy.Everyone {
		return "this installation"
	}
	name, err := s.organisations.OrganisationName(ctx, code)
	if err != nil {
		return string(code)
	}
	return strings.TrimPrefix(name, demo.Label) + " (" + string(code) + ")"
}

func (s *Sessions) roleTitle(role policy.Role) string {
	if facts, ok := s.reference.Roles[role]; ok {
		return facts.Title
	}
	return string(role)
}

func (s *Sessions) purposeTitle(purpose policy.Purpose) string {
	if facts, ok := s.reference.Purposes[purpose]; ok {
		return facts.Title
	}
	return string(purpose)
}

// begin starts a session for a person, in the place of whatever session the
// browser had: a token that was planted before is worth nothing.
func (s *Sessions) begin(r *http.Request, person, how, assurance string, first func([]postgres.Post) int64) error {
	ctx := r.Context()
	if err := s.endThis(ctx); err != nil {
		return err
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return fmt.Errorf("begin a session: %w", err)
	}
	known, err := s.db.Person(ctx, person)
	if err != nil {
		return err
	}
	posts, err := s.db.Posts(ctx, person, s.mapping())
	if err != nil {
		return err
	}
	row := postgres.SignIn{ID: newID(), Person: person, Begun: s.now(), Expires: s.now().Add(lifetime), How: how, Assurance: assurance}
	if err := s.db.BeginSignIn(ctx, row); err != nil {
		return err
	}
	post := first(posts)
	if post == 0 {
		post = known.Post
	}
	s.manager.Put(ctx, keySignIn, row.ID)
	s.manager.Put(ctx, keyPost, post)
	s.manager.Put(ctx, keyPurpose, string(known.Purpose))
	v := &visit{signIn: row, person: known, posts: s.knownRoles(posts)}
	if s.settle(v, post, known.Purpose, ""); v.ready {
		s.manager.Put(ctx, keyRights, v.rights())
	}
	s.forget(r)
	return nil
}

// endThis ends the browser's own session, if it has one, in the database too.
func (s *Sessions) endThis(ctx context.Context) error {
	if id := s.manager.GetString(ctx, keySignIn); id != "" {
		row, person, _, err := s.db.SignedIn(ctx, id, "")
		if err == nil {
			err = s.db.EndSignIn(ctx, person.ID, row.ID)
		}
		if err != nil && !errors.Is(err, postgres.ErrNotFound) {
			return err
		}
	}
	if err := s.manager.Clear(ctx); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}
