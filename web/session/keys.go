package session

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/web/session/passkey"
)

// noScript says what somebody without scripts reads who presses a passkey button.
var noScript = trouble{title: "Passkeys need JavaScript",
	text: "Browsers give passkeys to scripts only, and no script ran on the page that you come from.",
	help: "Allow JavaScript for this site, or use another browser. Every page but this one works without."}

// sayBegin answers the script that asks for the options of a passkey.
func sayBegin(w http.ResponseWriter, options []byte) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(options)
	return err
}

// scriptTrouble tells the script, and by it the reader, why there are no options.
func scriptTrouble(w http.ResponseWriter, status int, text string) error {
	http.Error(w, text, status)
	return nil
}

// BeginPasskey gives the options for signing in with a passkey.
func (s *Sessions) BeginPasskey(w http.ResponseWriter, r *http.Request) error {
	if s.keys == nil {
		return scriptTrouble(w, http.StatusNotFound, "Nobody signs in with passkeys here.")
	}
	options, ceremony, err := s.keys.Ask()
	if err != nil {
		return err
	}
	s.manager.Put(r.Context(), keyPasskey, string(ceremony))
	return sayBegin(w, options)
}

// SignInByPasskey signs in whoever's passkey it was.
func (s *Sessions) SignInByPasskey(w http.ResponseWriter, r *http.Request) error {
	if s.keys == nil {
		return s.SignInPage(w, r)
	}
	to := onThisSite(r.PostFormValue("to"))
	answer := r.PostFormValue("answer")
	if answer == "" {
		return s.sayTrouble(w, r, http.StatusUnprocessableEntity, noScript, to)
	}
	ceremony := s.manager.PopString(r.Context(), keyPasskey)
	tried := ""
	used, err := s.keys.Answered([]byte(ceremony), answer, func(id string) (passkey.Person, error) {
		tried = id
		return s.passkeyPerson(r, id)
	})
	if errors.Is(err, passkey.ErrRefused) {
		s.missed(r, tried)
		s.log.Warn("a passkey was refused", "person", tried, "error", err)
		return s.sayTrouble(w, r, http.StatusForbidden, trouble{title: "This passkey is not known here",
			text: "It may have been removed, or belong to another Signalbox, or the page was open for too long.",
			help: "Try again. If it does not work, ask your information governance team for a new invitation."}, to)
	}
	if err != nil {
		return fmt.Errorf("sign in with a passkey: %w", err)
	}
	if wait, ok := s.misses.open("person " + used.Person); !ok {
		return s.tooMany(w, r, wait)
	}
	if err := s.db.UsedPasskey(r.Context(), used.ID, used.JSON); err != nil {
		return err
	}
	if err := s.begin(r, used.Person, "passkey", "aal2", remembered); err != nil {
		return fmt.Errorf("sign in with a passkey: %w", err)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// passkeyPerson is a person with the passkeys that they may use.
func (s *Sessions) passkeyPerson(r *http.Request, id string) (passkey.Person, error) {
	person, err := s.db.Person(r.Context(), id)
	if err != nil {
		return passkey.Person{}, err
	}
	if person.Issuer != postgres.PasskeyIssuer {
		return passkey.Person{}, fmt.Errorf("person %s signs in by %s", id, person.Issuer)
	}
	keys, err := s.db.Passkeys(r.Context(), id)
	if err != nil {
		return passkey.Person{}, err
	}
	p := passkey.Person{ID: person.ID, Name: person.Name}
	for _, k := range keys {
		p.Credentials = append(p.Credentials, k.Credential)
	}
	return p, nil
}

// sayTrouble writes a page about a sign-in that stopped.
func (s *Sessions) sayTrouble(w http.ResponseWriter, r *http.Request, status int, v trouble, to string) error {
	v.page, v.to = s.frame(v.title), to
	return s.write(w, r, status, troublePage(v))
}

// BeginAdding gives the options for another passkey of who is signed in.
func (s *Sessions) BeginAdding(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.keys == nil || !v.known() {
		return scriptTrouble(w, http.StatusForbidden, "Sign in first, and open your account again.")
	}
	person, err := s.passkeyPerson(r, v.person.ID)
	if err != nil {
		return err
	}
	options, ceremony, err := s.keys.Enrol(person)
	if err != nil {
		return err
	}
	s.manager.Put(r.Context(), keyPasskey, string(ceremony))
	return sayBegin(w, options)
}

// AddPasskey keeps another passkey of who is signed in.
func (s *Sessions) AddPasskey(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.keys == nil || !v.known() {
		return s.toSignIn(w, r, "/account")
	}
	answer := r.PostFormValue("answer")
	if answer == "" {
		return s.sayTrouble(w, r, http.StatusUnprocessableEntity, noScript, "/account")
	}
	person, err := s.passkeyPerson(r, v.person.ID)
	if err != nil {
		return err
	}
	made, err := s.keys.Enrolled(person, []byte(s.manager.PopString(r.Context(), keyPasskey)), answer)
	if errors.Is(err, passkey.ErrRefused) {
		s.log.Warn("a passkey was refused", "person", v.person.ID, "error", err)
		return s.sayTrouble(w, r, http.StatusForbidden, trouble{title: "The passkey was not taken",
			text: "What the browser sent does not belong to the page that you come from, or that page was open for too long.",
			help: "Go back to your account and try again."}, "/account")
	}
	if err != nil {
		return err
	}
	key := postgres.Passkey{ID: made.ID, Person: v.person.ID, Name: keyName(r), Credential: made.JSON}
	if err := s.db.AddPasskey(r.Context(), key); err != nil {
		return err
	}
	// There is another way in from now on: the token of before is worth nothing.
	if err := s.manager.RenewToken(r.Context()); err != nil {
		return err
	}
	s.log.Info("a passkey was added", "person", v.person.ID)
	http.Redirect(w, r, "/account#passkeys", http.StatusSeeOther)
	return nil
}

// keyName is what a person calls a passkey, to tell it from others.
func keyName(r *http.Request) string {
	name := []rune(strings.Join(strings.Fields(r.PostFormValue("key")), " "))
	if len(name) == 0 {
		return "Passkey"
	}
	return string(name[:min(len(name), 60)])
}

// keyID writes a credential's id for an address or a field, and reads it.
var keyID = base64.RawURLEncoding

// RemovePasskey takes a passkey out of use.
func (s *Sessions) RemovePasskey(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if !v.known() {
		return s.toSignIn(w, r, "/account")
	}
	id, err := keyID.DecodeString(r.PostFormValue("passkey"))
	if err == nil {
		err = s.db.RemovePasskey(r.Context(), v.person.ID, id)
	}
	if errors.Is(err, postgres.ErrLastPasskey) {
		return s.account(w, r, http.StatusUnprocessableEntity, "passkeys", "This is your only passkey. Add another before you remove it, or you could not sign in again.")
	}
	if err != nil {
		return err
	}
	s.log.Info("a passkey was removed", "person", v.person.ID)
	http.Redirect(w, r, "/account#passkeys", http.StatusSeeOther)
	return nil
}

func (s *Sessions) toSignIn(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, signInURL(to), http.StatusSeeOther)
	return nil
}

// Passkeys reports whether people sign in with passkeys here.
func (s *Sessions) Passkeys() bool { return s.keys != nil }
