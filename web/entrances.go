package web

import (
	"errors"
	"net/http"

	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/session"
)

// entrances are the pages by which people come in, and those about themselves.
// They see to it by themselves who is signed in, since somebody without a role
// must be able to read what is known of them.
func (s *Site) entrances(open *http.ServeMux) {
	open.Handle("GET /sign-in", s.page(s.Sessions.SignInPage))
	limited := func(pattern string, h handler) { open.Handle(pattern, s.Sessions.Limit(s.page(h))) }
	limited("POST /sign-in", s.Sessions.SignInPerson) // of the demonstration
	limited("POST /sign-in/provider", s.Sessions.SignInByProvider)
	limited("GET /sign-in/return", s.Sessions.Return) // from the provider: ?code= ?state=
	limited("POST /sign-in/passkey", s.Sessions.SignInByPasskey)
	limited("POST /sign-in/passkey/begin", s.Sessions.BeginPasskey) // for the script
	limited("GET /set-up", s.Sessions.SetUpPage)                    // ?token=
	limited("POST /set-up", s.Sessions.SetUp)
	limited("POST /set-up/begin", s.Sessions.BeginSetUp)
	open.Handle("POST /sign-out", s.page(s.Sessions.SignOutPerson))

	// The reader's own: what is known of them, and in which role they are here.
	open.Handle("GET /account", s.page(s.Sessions.AccountPage))
	open.Handle("GET /account/choose", s.page(s.Sessions.ChoosePage))
	open.Handle("POST /account/choose", s.page(s.Sessions.Choose))
	limited("POST /account/passkeys", s.Sessions.AddPasskey)
	limited("POST /account/passkeys/begin", s.Sessions.BeginAdding)
	open.Handle("POST /account/passkeys/remove", s.page(s.Sessions.RemovePasskey))
	open.Handle("GET /account/tokens/new", s.page(s.Sessions.NewTokenPage))
	limited("POST /account/tokens/new", s.Sessions.MakeToken)
	open.Handle("POST /account/tokens/revoke", s.page(s.Sessions.RevokeToken))
	open.Handle("POST /account/sign-out-everywhere", s.page(s.Sessions.SignOutEverywhere))
}

// refuse tells a program that came with a token what went wrong.
func (s *Site) refuse(w http.ResponseWriter, r *http.Request, err error) {
	denial := (*policy.Denial)(nil)
	switch {
	case errors.Is(err, session.ErrOutsideToken):
		s.Log.Info("a token was used for what it was not made for", "path", r.URL.Path, "error", err)
		session.WriteRefusal(w, http.StatusForbidden, err.Error(), 0)
	case errors.As(err, &denial):
		s.Log.Info("denied", "record", denial.Record.Sequence(), "path", r.URL.Path)
		session.WriteRefusal(w, http.StatusForbidden, denial.Error(), 0)
	default:
		t := troubleOf(err)
		if t.status >= 500 {
			s.Log.Error("file for a token failed", "path", r.URL.Path, "error", err)
		}
		session.WriteRefusal(w, t.status, t.title+". "+t.text, 0)
	}
}
