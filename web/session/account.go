package session

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/layout"
)

// account is the page on which somebody reads what Signalbox knows of them.
type account struct {
	page     layout.Page
	facts    []fact
	posts    []row
	settled  bool
	keys     bool
	passkeys []row
	tokens   []row
	sessions []row
	mayToken bool
	fault    []layout.Fault
}

type fact struct{ term, value string }

// row is one line of a list on the account page.
type row struct {
	id, head, rest string
	ended          bool
}

// AccountPage shows everything that Signalbox knows of the reader.
func (s *Sessions) AccountPage(w http.ResponseWriter, r *http.Request) error {
	return s.account(w, r, http.StatusOK, "", "")
}

func (s *Sessions) account(w http.ResponseWriter, r *http.Request, status int, field, message string) error {
	v := s.visit(r)
	if v.err != nil {
		return v.err
	}
	if !v.known() {
		return s.toSignIn(w, r, "/account")
	}
	page := account{page: s.signedFrame(r, "Your account"), settled: v.ready, keys: v.person.Issuer == postgres.PasskeyIssuer, mayToken: v.ready && v.actor.ODS != ""}
	if message != "" {
		page.fault = []layout.Fault{{Field: field, Message: message}}
	}
	page.facts = s.facts(r, v)
	for _, p := range v.posts {
		page.posts = append(page.posts, row{head: s.postTitle(r, p), rest: s.givenBy(r, p), ended: p.ID == v.post.ID && v.ready})
	}
	if page.keys {
		page.page.Scripts = []string{"passkey.js"}
		if err := s.listPasskeys(r, v, &page); err != nil {
			return err
		}
	}
	if err := s.listTokens(r, v, &page); err != nil {
		return err
	}
	if err := s.listSessions(r, v, &page); err != nil {
		return err
	}
	return s.write(w, r, status, accountPage(page))
}

// facts are what is known of the person and the session.
func (s *Sessions) facts(r *http.Request, v *visit) []fact {
	list := []fact{{"Name", v.person.Name}, {"Signed in", s.how(v.signIn) + ", " + when(v.signIn.Begun) + "; it ends " + when(v.signIn.Expires)}}
	if v.post.ID != 0 {
		list = append(list, fact{"Role now", s.postTitle(r, v.post)})
	}
	if v.ready {
		list = append(list, fact{"Purpose", capital(s.purposeTitle(v.actor.Purpose))})
	}
	trained := "None is held. Your governance team enters it"
	if v.person.TrainedOn != 0 {
		trained = v.person.TrainedOn.DayName()
	}
	return append(list, fact{"Data security training", trained}, fact{"Strength of sign-in", strings.ToUpper(v.signIn.Assurance)}, fact{"In the record as", v.person.ID})
}

func (s *Sessions) how(row postgres.SignIn) string {
	switch {
	case row.How == "provider" && s.provider != nil:
		return "By " + s.provider.Name
	case row.How == "passkey":
		return "By passkey"
	}
	return "In the demonstration"
}

// givenBy says where a role comes from and until when it lasts.
func (s *Sessions) givenBy(r *http.Request, p postgres.Post) string {
	text := "Since " + day(p.Since)
	switch {
	case p.Claimed && s.provider != nil:
		text += ", as " + s.provider.Name + " says at each sign-in"
	case p.GivenBy != "":
		by := p.GivenBy
		if giver, err := s.db.Person(r.Context(), p.GivenBy); err == nil {
			by = giver.Name
		}
		text += ", given by " + by
	}
	if !p.Until.IsZero() && !p.Claimed {
		text += ", until " + day(p.Until)
	}
	return text + "."
}

// when writes a moment for people, in the time of the machine.
func when(t time.Time) string { return day(t) + " at " + t.Local().Format("15:04") }

func day(t time.Time) string { return dateOf(t.Local()).DayName() }

// usedOn says when something was last used.
func usedOn(on measures.Date) string {
	if on == 0 {
		return "never used"
	}
	return "last used on " + on.DayName()
}

func (s *Sessions) listPasskeys(r *http.Request, v *visit, page *account) error {
	list, err := s.db.Passkeys(r.Context(), v.person.ID)
	for _, k := range list {
		page.passkeys = append(page.passkeys, row{id: keyID.EncodeToString(k.ID), head: k.Name, rest: "Added on " + day(k.Added) + ", " + usedOn(k.Used) + "."})
	}
	return err
}

func (s *Sessions) listSessions(r *http.Request, v *visit, page *account) error {
	list, err := s.db.OpenSignIns(r.Context(), v.person.ID)
	for _, one := range list {
		line := row{head: s.how(one), rest: "Begun on " + when(one.Begun) + ", ends on " + when(one.Expires) + "."}
		if one.ID == v.signIn.ID {
			line.head += " (this one)"
		}
		page.sessions = append(page.sessions, line)
	}
	return err
}

// SignOutEverywhere ends all sessions of who is signed in, on every device.
func (s *Sessions) SignOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if v.err != nil {
		return v.err
	}
	if v.known() {
		if err := s.db.EndSignIns(r.Context(), v.person.ID); err != nil {
			return err
		}
		s.log.Info("signed out everywhere", "person", v.person.ID)
	}
	return s.SignOutPerson(w, r)
}

// count writes a number of things.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
