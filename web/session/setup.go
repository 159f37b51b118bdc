package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/session/passkey"
)

const (
	// setUpLasts is how long the link that makes an operator is good.
	setUpLasts = 15 * time.Minute
	// invitationLasts is how long somebody has to open an invitation.
	invitationLasts = 72 * time.Hour
)

// newLink makes the secret of a link that enrols a passkey, and the digest of it
// that is kept.
func newLink(origin string) (link string, hash []byte) {
	secret := rand.Text()
	sum := sha256.Sum256([]byte(secret))
	return origin + "/set-up?token=" + url.QueryEscape(secret), sum[:]
}

// SetUpLink makes a link that makes an operator, once, within 15 minutes.
func SetUpLink(ctx context.Context, db *postgres.DB, origin string, now time.Time) (string, error) {
	link, hash := newLink(origin)
	if err := db.MakeSetUp(ctx, hash, now.Add(setUpLasts)); err != nil {
		return "", err
	}
	return link, nil
}

// setUp is the page of a link that enrols a passkey.
type setUp struct {
	page      layout.Page
	token     string
	name      string
	invited   bool // the person is known already
	elsewhere string
	fault     []layout.Fault
}

func (v setUp) nameField() layout.Field {
	f := layout.Field{ID: "name", Name: "name", Label: "Your name", Value: v.name, Autocomplete: "name", Required: true,
		Hint: "As colleagues know you. It stands beside what you decide."}
	for _, fault := range v.fault {
		f.Fault = fault.Message
	}
	return f
}

var keyField = layout.Field{ID: "key", Name: "key", Label: "What to call this passkey", Value: "", Autocomplete: "off",
	Hint: "For example: work laptop. It helps you tell it from others later."}

// badLink says that a link is not good, without saying whether it ever was.
var badLink = trouble{title: "This link is no longer good",
	text: "A link of this kind works once, and only for a short time.",
	help: "Ask whoever sent it for a new one. On the machine itself, signalbox setup-link prints one that makes an operator."}

// hashOf is the digest by which a link's secret is kept.
func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// invitation finds the link of a request. A bad one counts as a miss.
func (s *Sessions) invitation(r *http.Request) (postgres.Invitation, error) {
	if s.keys == nil {
		return postgres.Invitation{}, postgres.ErrNotFound
	}
	found, err := s.db.Invitation(r.Context(), hashOf(r.FormValue("token")))
	if errors.Is(err, postgres.ErrNotFound) {
		s.missed(r, "")
	}
	return found, err
}

// SetUpPage shows what a link is for.
func (s *Sessions) SetUpPage(w http.ResponseWriter, r *http.Request) error {
	found, err := s.invitation(r)
	if errors.Is(err, postgres.ErrNotFound) {
		return s.sayTrouble(w, r, http.StatusNotFound, badLink, "")
	}
	if err != nil {
		return err
	}
	return s.showSetUp(w, r, http.StatusOK, found, nil)
}

func (s *Sessions) showSetUp(w http.ResponseWriter, r *http.Request, status int, found postgres.Invitation, faults []layout.Fault) error {
	v := setUp{page: s.frame("Make your passkey"), token: r.FormValue("token"), name: found.Person.Name, invited: found.Person.ID != "",
		elsewhere: s.elsewhere(r), fault: faults}
	v.page.Scripts = []string{"passkey.js"}
	if !v.invited {
		v.name = r.PostFormValue("name")
	}
	return s.write(w, r, status, setUpPage(v))
}

// personOf is who a link makes or invites. Somebody new is given an id when they
// begin, since the passkey will carry it.
func personOf(found postgres.Invitation, r *http.Request, id string) passkey.Person {
	if found.Person.ID != "" {
		return passkey.Person{ID: found.Person.ID, Name: found.Person.Name}
	}
	name := []rune(strings.Join(strings.Fields(r.PostFormValue("name")), " "))
	return passkey.Person{ID: id, Name: string(name[:min(len(name), 100)])}
}

// BeginSetUp gives the options for the passkey of a link.
func (s *Sessions) BeginSetUp(w http.ResponseWriter, r *http.Request) error {
	found, err := s.invitation(r)
	if errors.Is(err, postgres.ErrNotFound) {
		return scriptTrouble(w, http.StatusNotFound, "This link is no longer good. Ask for a new one.")
	}
	if err != nil {
		return err
	}
	person := personOf(found, r, newID())
	if person.Name == "" {
		return scriptTrouble(w, http.StatusUnprocessableEntity, "Enter your name first.")
	}
	if found.Person.ID != "" {
		if person, err = s.passkeyPerson(r, person.ID); err != nil {
			return err
		}
	}
	options, ceremony, err := s.keys.Enrol(person)
	if err != nil {
		return err
	}
	s.manager.Put(r.Context(), keyPasskey, person.ID+" "+string(ceremony))
	return sayBegin(w, options)
}

// SetUp spends a link: the passkey is kept, and its owner is signed in.
func (s *Sessions) SetUp(w http.ResponseWriter, r *http.Request) error {
	found, err := s.invitation(r)
	if errors.Is(err, postgres.ErrNotFound) {
		return s.sayTrouble(w, r, http.StatusNotFound, badLink, "")
	}
	if err != nil {
		return err
	}
	id, ceremony, _ := strings.Cut(s.manager.PopString(r.Context(), keyPasskey), " ")
	person := personOf(found, r, id)
	answer := r.PostFormValue("answer")
	switch {
	case person.Name == "":
		return s.showSetUp(w, r, http.StatusUnprocessableEntity, found, []layout.Fault{{Field: "name", Message: "Enter your name, as colleagues know you."}})
	case answer == "":
		return s.sayTrouble(w, r, http.StatusUnprocessableEntity, noScript, "")
	}
	made, err := s.keys.Enrolled(person, []byte(ceremony), answer)
	if errors.Is(err, passkey.ErrRefused) {
		s.missed(r, "")
		s.log.Warn("a passkey was refused at set-up", "error", err)
		return s.sayTrouble(w, r, http.StatusForbidden, trouble{title: "The passkey was not taken",
			text: "What the browser sent does not belong to the page that you come from, or that page was open for too long.",
			help: "Open the link again. It has not been used up."}, "")
	}
	if err != nil {
		return err
	}
	return s.enrol(w, r, found, person, postgres.Passkey{ID: made.ID, Name: keyName(r), Credential: made.JSON})
}

func (s *Sessions) enrol(w http.ResponseWriter, r *http.Request, found postgres.Invitation, person passkey.Person, key postgres.Passkey) error {
	newcomer := postgres.Person{ID: person.ID, Name: person.Name}
	who, err := s.db.UseInvitation(r.Context(), found.Hash, newcomer, key)
	if errors.Is(err, postgres.ErrNotFound) {
		return s.sayTrouble(w, r, http.StatusNotFound, badLink, "")
	}
	if err != nil {
		return err
	}
	s.log.Info("a set-up link was used", "person", who, "operator", found.Person.ID == "")
	if err := s.begin(r, who, "passkey", "aal2", remembered); err != nil {
		return fmt.Errorf("sign in after set-up: %w", err)
	}
	http.Redirect(w, r, "/account/choose", http.StatusSeeOther)
	return nil
}

// Entrance is how people come in, for the pages on which they are invited.
type Entrance struct{ *Sessions }

// Invites reports whether people are invited by links.
func (e Entrance) Invites() bool { return e.keys != nil }

// NewLink makes the link of an invitation.
func (e Entrance) NewLink() (link string, hash []byte, expires time.Time) {
	link, hash = newLink(e.origin)
	return link, hash, e.now().Add(invitationLasts)
}

// Mapping is the digest of the claim mapping in force.
func (e Entrance) Mapping() string { return e.mapping() }
