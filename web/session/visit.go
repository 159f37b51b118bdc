package session

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// visitKey finds the visit of a request in its context.
type visitKey struct{}

// visit is one request and who sends it. It is looked up once, when first asked for.
type visit struct {
	once   sync.Once
	err    error // the database did not say
	signIn postgres.SignIn
	person postgres.Person
	posts  []postgres.Post // all that the person has
	post   postgres.Post   // the one they act in; without an id, none is chosen
	actor  policy.Actor    // whole only where ready
	token  *postgres.Token // of a program; nil where a browser asks
	ready  bool            // role and purpose are settled
}

// known reports whether somebody is signed in, settled or not.
func (v *visit) known() bool { return v.person.ID != "" }

func newID() string { return strings.ToLower(rand.Text()) }

// visit gives who sends a request. Requests that did not pass through Handler
// come from nobody.
func (s *Sessions) visit(r *http.Request) *visit {
	v, ok := r.Context().Value(visitKey{}).(*visit)
	if !ok {
		return &visit{}
	}
	v.once.Do(func() {
		if v.token == nil {
			s.lookUp(r.Context(), v)
		}
	})
	return v
}

// forget makes the next visit of the same request look again, after a change.
func (s *Sessions) forget(r *http.Request) {
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok {
		*v = visit{}
	}
}

// lookUp finds the person of a browser's session and what they may act in.
func (s *Sessions) lookUp(ctx context.Context, v *visit) {
	id := s.manager.GetString(ctx, keySignIn)
	if id == "" {
		return
	}
	row, person, posts, err := s.db.SignedIn(ctx, id, s.mapping())
	if errors.Is(err, postgres.ErrNotFound) {
		return
	}
	if err != nil {
		v.err = err
		return
	}
	if !s.trusts(person.Issuer) {
		return
	}
	v.signIn, v.person, v.posts = row, person, s.knownRoles(posts)
	purpose := policy.Purpose(s.manager.GetString(ctx, keyPurpose))
	s.settle(v, s.manager.GetInt64(ctx, keyPost), purpose, measures.ODSCode(s.manager.GetString(ctx, keyAt)))
}

// trusts reports whether people of an issuer may be here as the program was
// started now: those of a demonstration only in one, those of a provider only
// while it is the one that is configured.
func (s *Sessions) trusts(issuer string) bool {
	switch issuer {
	case postgres.DemoIssuer:
		return len(s.people) > 0
	case postgres.PasskeyIssuer:
		return s.keys != nil
	}
	return s.provider != nil && issuer == s.provider.Issuer
}

// knownRoles leaves out roles that the policy's reference data do not know.
func (s *Sessions) knownRoles(posts []postgres.Post) []postgres.Post {
	return slices.DeleteFunc(slices.Clone(posts), func(p postgres.Post) bool {
		_, known := s.reference.Roles[p.Role]
		return !known
	})
}

// settle makes the actor, if the role and the purpose are clear: the role that
// was chosen and is still there, or the only one.
func (s *Sessions) settle(v *visit, chosen int64, purpose policy.Purpose, at measures.ODSCode) {
	i := slices.IndexFunc(v.posts, func(p postgres.Post) bool { return p.ID == chosen })
	if i < 0 && len(v.posts) == 1 {
		i = 0
	}
	if i < 0 {
		return
	}
	v.post = v.posts[i]
	v.actor = s.actor(v, at)
	if _, known := s.reference.Purposes[purpose]; known {
		v.actor.Purpose, v.ready = purpose, true
	}
}

// actor is a person in one of their roles. Roles that are nobody's staff, such as
// an innovator's, belong to no organisation, though one answers for them.
func (s *Sessions) actor(v *visit, at measures.ODSCode) policy.Actor {
	a := policy.Actor{ID: v.person.ID, Name: v.person.Name, Roles: []policy.Role{v.post.Role}, Orgs: []measures.ODSCode{},
		Assurance: v.signIn.Assurance, TrainedOn: v.person.TrainedOn}
	if !slices.Contains(s.reference.Roles[v.post.Role].Rights, "staff") || v.post.ODS == policy.Everyone {
		return a
	}
	a.ODS = v.post.ODS
	if at != "" && v.person.Issuer == postgres.DemoIssuer {
		a.ODS = at
	}
	a.Orgs = append(a.Orgs, a.ODS)
	return a
}

// Actor is who sends the request, if anybody is signed in whose role and purpose
// are settled.
func (s *Sessions) Actor(r *http.Request) (policy.Actor, bool) {
	v := s.visit(r)
	if !v.ready {
		return policy.Actor{}, false
	}
	return v.actor, true
}

// Require lets through who is signed in and settled. Others go to the sign-in page,
// or to the choice of role and purpose, and back to where they wanted to go
// afterwards; who has no role here is told so. Errors go to fail.
func (s *Sessions) Require(next http.Handler, fail func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(r)
		if v.err != nil {
			fail(w, r, v.err)
			return
		}
		if v.ready {
			if err := s.renew(r, v); err != nil {
				fail(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		if v.known() && len(v.posts) == 0 {
			if err := s.noRole(w, r, v); err != nil {
				fail(w, r, err)
			}
			return
		}
		to, page := r.URL.RequestURI(), "/sign-in"
		if v.known() {
			page = "/account/choose"
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			if !v.known() {
				http.Error(w, "Please sign in first.", http.StatusUnauthorized)
				return
			}
			to = "/"
		}
		http.Redirect(w, r, page+"?to="+url.QueryEscape(to), http.StatusSeeOther)
	})
}

// rights names what the session may do, for renew.
func (v *visit) rights() string {
	return strconv.FormatInt(v.post.ID, 10) + " " + string(v.post.Role) + " " + string(v.actor.Purpose)
}

// renew gives the session a new token when what its person may do has changed
// since the token was made: one that was watched before is worth nothing after.
func (s *Sessions) renew(r *http.Request, v *visit) error {
	if v.token != nil {
		return nil
	}
	rights := v.rights()
	before := s.manager.GetString(r.Context(), keyRights)
	if before == rights {
		return nil
	}
	if before != "" {
		if err := s.manager.RenewToken(r.Context()); err != nil {
			return err
		}
	}
	s.manager.Put(r.Context(), keyRights, rights)
	return nil
}
