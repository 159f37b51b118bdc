package session

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/session/provider"
)

// signIn is the sign-in page.
type signIn struct {
	page      layout.Page
	people    []Person
	names     map[measures.ODSCode]string
	provider  string // what people call it; empty where there is none
	keys      bool   // passkeys are offered
	elsewhere string // the site's address by name, where this one is bare
	to        string
	fault     []layout.Fault
	at        string
}

// SignInPage offers what this installation signs people in by.
func (s *Sessions) SignInPage(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, http.StatusOK, signIn{to: onThisSite(r.FormValue("to"))})
}

func (s *Sessions) show(w http.ResponseWriter, r *http.Request, status int, v signIn) error {
	v.page = s.frame("Sign in")
	v.people = s.people
	v.names = map[measures.ODSCode]string{}
	for _, person := range s.people {
		if name, err := s.organisations.OrganisationName(r.Context(), person.Actor.ODS); err == nil {
			v.names[person.Actor.ODS] = name
		}
	}
	if s.provider != nil {
		v.provider = s.provider.Name
		origin, err := s.provider.Origin(r.Context())
		if err != nil {
			return s.providerTrouble(w, r, err, v.to)
		}
		// The form of this page leads on to the provider, which browsers count as
		// sending the form there.
		allowForm(w, origin)
	}
	if s.keys != nil {
		v.keys = true
		v.page.Scripts = []string{"passkey.js"}
		v.elsewhere = s.elsewhere(r)
	}
	return s.write(w, r, status, signInPage(v))
}

// allowForm lets the forms of this one page lead to an origin besides this site.
func allowForm(w http.ResponseWriter, origin string) {
	h := w.Header()
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "form-action 'self'", "form-action 'self' "+origin, 1))
}

// elsewhere is where the site has to be opened for its passkeys to work, if not here.
func (s *Sessions) elsewhere(r *http.Request) string {
	u, err := url.Parse(s.origin)
	if err != nil || strings.EqualFold(u.Host, r.Host) {
		return ""
	}
	return s.origin + r.URL.RequestURI()
}

// SignInPerson signs a person of the demonstration in: at their own
// organisation, or at the one whose code was typed.
func (s *Sessions) SignInPerson(w http.ResponseWriter, r *http.Request) error {
	to := onThisSite(r.PostFormValue("to"))
	at := measures.ODSCode(strings.ToUpper(strings.TrimSpace(r.PostFormValue("at"))))
	if at != "" {
		if _, err := s.organisations.OrganisationName(r.Context(), at); err != nil {
			return s.show(w, r, http.StatusUnprocessableEntity, signIn{to: to, at: string(at),
				fault: []layout.Fault{{Field: "at", Message: fmt.Sprintf("No organisation here has the code %s. Leave it empty, or enter a code such as ZZA.", at)}}})
		}
	}
	for _, person := range s.people {
		if person.Actor.ID != r.PostFormValue("person") {
			continue
		}
		if err := s.begin(r, person.Actor.ID, "demo", person.Actor.Assurance, remembered); err != nil {
			return fmt.Errorf("sign in: %w", err)
		}
		s.manager.Put(r.Context(), keyAt, string(at))
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// remembered begins a session in the role of the last one.
func remembered([]postgres.Post) int64 { return 0 }

// SignOutPerson ends the session.
func (s *Sessions) SignOutPerson(w http.ResponseWriter, r *http.Request) error {
	if err := s.endThis(r.Context()); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	if err := s.manager.Destroy(r.Context()); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// SignInByProvider sends the browser to the provider.
func (s *Sessions) SignInByProvider(w http.ResponseWriter, r *http.Request) error {
	if s.provider == nil {
		return s.SignInPage(w, r)
	}
	to := onThisSite(r.PostFormValue("to"))
	address, attempt, err := s.provider.Begin(r.Context())
	if err != nil {
		return s.providerTrouble(w, r, err, to)
	}
	ctx := r.Context()
	s.manager.Put(ctx, keyAttempt, attempt.State+" "+attempt.Nonce+" "+attempt.Verifier)
	s.manager.Put(ctx, keyTo, to)
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// Return is where the provider sends the browser back to. An attempt is good
// once: it is taken out of the session before anything else.
func (s *Sessions) Return(w http.ResponseWriter, r *http.Request) error {
	if s.provider == nil {
		return s.SignInPage(w, r)
	}
	ctx := r.Context()
	to := onThisSite(s.manager.PopString(ctx, keyTo))
	var attempt provider.Attempt
	if parts := strings.Fields(s.manager.PopString(ctx, keyAttempt)); len(parts) == 3 {
		attempt = provider.Attempt{State: parts[0], Nonce: parts[1], Verifier: parts[2]}
	}
	id, err := s.provider.Finish(ctx, attempt, r.URL.Query())
	if err != nil {
		return s.providerTrouble(w, r, err, to)
	}
	person, err := s.takeIdentity(r, id)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	err = s.begin(r, person, "provider", id.Assurance, func(posts []postgres.Post) int64 {
		for _, p := range posts {
			if id.Selected != "" && p.Claimed && p.Ref == id.Selected {
				return p.ID
			}
		}
		return 0
	})
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// takeIdentity keeps who signed in and what the provider says of them.
func (s *Sessions) takeIdentity(r *http.Request, id provider.Identity) (string, error) {
	p := postgres.Person{ID: newID(), Name: id.Name, Issuer: s.provider.Issuer, Subject: id.Subject}
	for _, got := range id.Received {
		p.Received = append(p.Received, postgres.Received(got))
	}
	person, err := s.db.PutPerson(r.Context(), p)
	if err != nil {
		return "", err
	}
	claims := postgres.Claims{Mapping: s.mapping(), By: s.provider.Issuer, Until: s.now().Add(claimsLast)}
	for _, post := range id.Posts {
		claims.Posts = append(claims.Posts, postgres.Post{ODS: post.ODS, Role: post.Role, Ref: post.Ref})
	}
	if id.CutShort {
		s.log.Warn("the provider left groups out of the claims because there were too many; use app roles instead", "person", person)
	}
	return person, s.db.TakeClaims(r.Context(), person, claims)
}

// trouble is a page that says what stopped a sign-in, and the way on.
type trouble struct {
	page              layout.Page
	title, text, help string
	to                string
}

// providerTrouble says what became of a sign-in by the provider. What an operator
// needs goes to the log.
func (s *Sessions) providerTrouble(w http.ResponseWriter, r *http.Request, err error, to string) error {
	v := trouble{to: to}
	status := http.StatusForbidden
	name := s.provider.Name
	switch {
	case errors.Is(err, provider.ErrUnavailable):
		s.log.Error("the identity provider does not answer", "error", err)
		w.Header().Set("Retry-After", seconds(4*time.Second))
		status = http.StatusServiceUnavailable
		v.title, v.text = name+" does not answer", "You cannot sign in until it does. Nobody has refused you, and Signalbox itself is running."
		v.help = "Try again in a minute. If it goes on, ask your service desk whether " + name + " is down."
	case errors.Is(err, provider.ErrDeclined):
		s.log.Info("the identity provider declined", "error", err)
		v.title, v.text = "You are not signed in", name+" says that the sign-in was cancelled or not allowed."
		v.help = "Try again. If " + name + " does not let you in, ask your service desk for access to Signalbox."
	case errors.Is(err, provider.ErrRefused):
		s.log.Warn("an answer of the identity provider was refused", "error", err)
		v.title, v.text = "This sign-in cannot be used", "What came back from "+name+" does not belong to a sign-in that began in this browser, or it is too old."
		v.help = "It happens when a page was left open, or was reloaded or opened twice. Begin again here."
	default:
		return err
	}
	v.page = s.frame(v.title)
	return s.write(w, r, status, troublePage(v))
}

// onThisSite is the address to go to after signing in: one of our own, never
// another site's. It must be as plain as the addresses that this site makes:
// browsers drop tabs and line ends and take a backslash for a slash, so that
// "/<tab>/elsewhere.example" would lead away.
func onThisSite(to string) string {
	parsed, err := url.Parse(to) // refuses control characters
	if err != nil || parsed.Scheme != "" || parsed.Host != "" || parsed.Opaque != "" ||
		!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, `\`) || strings.HasPrefix(parsed.Path, "/sign-") ||
		strings.HasPrefix(parsed.Path, "/set-up") || parsed.Path == "/account/choose" {
		return "/"
	}
	return to
}

// where names a person's organisation.
func (v signIn) where(p Person) string {
	if name := v.names[p.Actor.ODS]; name != "" {
		return strings.TrimPrefix(name, demo.Label) + " (" + string(p.Actor.ODS) + ")"
	}
	if p.Actor.ODS != "" {
		return string(p.Actor.ODS)
	}
	return "no NHS organisation"
}

// atField is the field for another organisation's code.
func (v signIn) atField() layout.Field {
	f := layout.Field{ID: "at", Name: "at", Label: "At another organisation (optional)", Value: v.at, Autocomplete: "off",
		Hint: "Its ODS code, for looking at real data that you have loaded. Leave empty to be at the person's own."}
	if len(v.fault) > 0 {
		f.Fault = v.fault[0].Message
	}
	return f
}
