package session

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/layout"
)

var errNobody = errors.New("nobody of that name may sign in here")

// signIn is the sign-in page.
type signIn struct {
	page   layout.Page
	people []Person
	names  map[measures.ODSCode]string
	to     string
	fault  []layout.Fault
	at     string
}

// SignInPage offers the people of the demonstration, one press each.
func (s *Sessions) SignInPage(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, http.StatusOK, signIn{to: onThisSite(r.FormValue("to"))})
}

func (s *Sessions) show(w http.ResponseWriter, r *http.Request, status int, v signIn) error {
	v.page = layout.Page{Title: "Sign in", Assets: s.assets}
	v.people = s.people
	v.names = map[measures.ODSCode]string{}
	for _, person := range s.people {
		if name, err := s.organisations.OrganisationName(r.Context(), person.Actor.ODS); err == nil {
			v.names[person.Actor.ODS] = name
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	return signInPage(v).Render(r.Context(), w)
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
	if err := s.SignIn(r, r.PostFormValue("person"), at); err != nil {
		if errors.Is(err, errNobody) {
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
			return nil
		}
		return fmt.Errorf("sign in: %w", err)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// SignOutPerson ends the session.
func (s *Sessions) SignOutPerson(w http.ResponseWriter, r *http.Request) error {
	if err := s.SignOut(r); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
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
