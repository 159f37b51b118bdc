package session

import (
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/web/layout"
)

// frame starts a page that nobody need be signed in for.
func (s *Sessions) frame(title string) layout.Page {
	return layout.Page{Title: title, Assets: s.assets}
}

// signedFrame starts a page of somebody who is signed in, settled or not.
func (s *Sessions) signedFrame(r *http.Request, title string) layout.Page {
	page := s.frame(title)
	v := s.visit(r)
	page.Who = s.Who(r, v.actor)
	page.Who.Name = v.person.Name
	page.Demo = len(s.people) > 0
	return page
}

func (s *Sessions) write(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-store")
	w.WriteHeader(status)
	return page.Render(r.Context(), w)
}

// signInURL is the sign-in page that leads on to an address.
func signInURL(to string) string {
	if to == "" || to == "/" {
		return "/sign-in"
	}
	return "/sign-in?to=" + url.QueryEscape(to)
}

// Limit holds down how often an address may begin to sign in, set up or make
// tokens. Those of a demonstration prove nothing, so nobody can guess there.
func (s *Sessions) Limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := s.address(r)
		wait, ok := s.misses.open("sign-in " + address)
		if ok && len(s.people) == 0 {
			wait, ok = s.tries.take("sign-in " + address)
		}
		if ok {
			next.ServeHTTP(w, r)
			return
		}
		if err := s.tooMany(w, r, wait); err != nil {
			s.log.Error("write a page", "path", r.URL.Path, "error", err)
		}
	})
}

// missed counts a try that failed, of the address and of whoever it was for.
func (s *Sessions) missed(r *http.Request, person string) {
	s.misses.take("sign-in " + s.address(r))
	if person != "" {
		s.misses.take("person " + person)
	}
}

func (s *Sessions) tooMany(w http.ResponseWriter, r *http.Request, wait time.Duration) error {
	w.Header().Set("Retry-After", seconds(wait))
	v := trouble{page: s.frame("Too many tries"), title: "Too many tries",
		text: "There were more tries to sign in from your address, or for this account, than people make.",
		help: "Wait " + words(wait) + " and try again. Nobody is locked out for longer."}
	return s.write(w, r, http.StatusTooManyRequests, troublePage(v))
}

// words says roughly how long to wait.
func words(wait time.Duration) string {
	if wait > time.Minute {
		return "some minutes"
	}
	return "up to a minute"
}
