package session

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// mostTokens is how many tokens one person has at a time that have not ended.
const mostTokens = 20

// tokenDays are the lives that a token may be given; the second is what is offered.
var tokenDays = []int{7, 90, 180, 365}

// tokenForm is the page on which a token is made.
type tokenForm struct {
	page       layout.Page
	role       string
	name, orgs string
	actions    []layout.Option
	datasets   []layout.Option
	days       []layout.Option
	purposes   []layout.Option
	fault      []layout.Fault
	made       string // the token itself, shown once
	facts      []fact
	// What the token is for, and with that which examples are shown.
	figures, plugins bool
	example, shop    string
}

func (v tokenForm) field(id, label, hint, value string) layout.Field {
	f := layout.Field{ID: id, Name: id, Label: label, Hint: hint, Value: value, Autocomplete: "off"}
	for _, fault := range v.fault {
		if fault.Field == id {
			f.Fault = fault.Message
		}
	}
	return f
}

func (s *Sessions) listTokens(r *http.Request, v *visit, page *account) error {
	list, err := s.db.Tokens(r.Context(), v.person.ID)
	for _, t := range list {
		line := row{id: t.ID, head: t.Name, rest: s.tokenLine(r, t), ended: !t.Revoked.IsZero() || s.now().After(t.Expires)}
		page.tokens = append(page.tokens, line)
	}
	return err
}

// tokenLine says what a token may do and when it was used.
func (s *Sessions) tokenLine(r *http.Request, t postgres.Token) string {
	text := tokenMark + t.ID + "…, " + s.roleTitle(t.Role) + " at " + s.named(r.Context(), t.ODS) + ", for " + s.purposeTitle(t.Purpose) + "; " + scopeWords(t) + "; "
	switch {
	case !t.Revoked.IsZero():
		text += "revoked on " + day(t.Revoked)
	case s.now().After(t.Expires):
		text += "ended on " + day(t.Expires)
	default:
		text += "ends on " + day(t.Expires)
	}
	return text + ", " + usedOn(t.Used) + "."
}

// tokenActions are what a token may be made for, in the order of the form.
var tokenActions = []policy.Action{policy.DataExport, policy.ChartRead, policy.ReleasePull, policy.ReleasePush}

// tokenWords say each of them, as a choice and in a sentence about a token.
var tokenWords = map[policy.Action]struct{ choice, does string }{
	policy.ChartRead:   {"Read charts", "reads"},
	policy.DataExport:  {"Take figures away as files", "takes figures away"},
	policy.ReleasePull: {"Fetch plugins from the registry of this installation", "fetches plugins"},
	policy.ReleasePush: {"Send plugins, and what is said of them, to the registry of this installation", "sends plugins"},
}

// scopeWords is the scope of a token in words.
func scopeWords(t postgres.Token) string {
	var does []string
	for _, action := range t.Actions {
		does = append(does, tokenWords[action].does)
	}
	text := strings.Join(does, " and ")
	if !slices.ContainsFunc(t.Actions, policy.Action.OpensData) {
		return text
	}
	if len(t.Datasets) > 0 {
		text += " of " + strings.Join(texts(t.Datasets), ", ")
	} else {
		text += " of every dataset that you may have"
	}
	if len(t.Organisations) > 0 {
		text += " at " + strings.Join(texts(t.Organisations), ", ")
	}
	return text
}

func texts[T ~string](list []T) []string {
	var out []string
	for _, one := range list {
		out = append(out, string(one))
	}
	return out
}

// NewTokenPage asks what a token is to be for.
func (s *Sessions) NewTokenPage(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if v.err != nil {
		return v.err
	}
	if !v.ready {
		return s.toSignIn(w, r, "/account/tokens/new")
	}
	form, err := s.tokenForm(r, v, postgres.Token{Purpose: v.actor.Purpose, Actions: []policy.Action{policy.DataExport}}, 90)
	if err != nil {
		return err
	}
	return s.write(w, r, http.StatusOK, newTokenPage(form))
}

func (s *Sessions) tokenForm(r *http.Request, v *visit, t postgres.Token, life int) (tokenForm, error) {
	form := tokenForm{page: s.signedFrame(r, "Make a token"), role: s.postTitle(r, v.post), name: t.Name, orgs: strings.Join(texts(t.Organisations), ", ")}
	for _, action := range tokenActions {
		form.actions = append(form.actions, layout.Option{Value: string(action), Name: tokenWords[action].choice, Chosen: slices.Contains(t.Actions, action)})
	}
	form.page.Crumbs = []layout.Crumb{{Name: "Your account", URL: "/account"}}
	list, err := s.db.Datasets(r.Context())
	if err != nil {
		return form, err
	}
	for _, d := range list {
		form.datasets = append(form.datasets, layout.Option{Value: string(d.ID), Name: d.Title, Chosen: slices.Contains(t.Datasets, d.ID)})
	}
	for _, n := range tokenDays {
		form.days = append(form.days, layout.Option{Value: strconv.Itoa(n), Name: count(n, "day", "days"), Chosen: n == life})
	}
	for purpose, facts := range s.reference.Purposes {
		form.purposes = append(form.purposes, layout.Option{Value: string(purpose), Name: capital(facts.Title), Chosen: purpose == t.Purpose})
	}
	slices.SortFunc(form.purposes, func(a, b layout.Option) int { return strings.Compare(a.Name, b.Name) })
	return form, nil
}

// MakeToken makes a token and shows it, once.
func (s *Sessions) MakeToken(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if v.err != nil {
		return v.err
	}
	if !v.ready {
		return s.toSignIn(w, r, "/account/tokens/new")
	}
	t, life, faults, err := s.readTokenForm(r, v)
	if err != nil {
		return err
	}
	form, err := s.tokenForm(r, v, t, life)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		form.fault = faults
		return s.write(w, r, http.StatusUnprocessableEntity, newTokenPage(form))
	}
	token, id, hash := newToken()
	t.ID, t.Hash = id, hash
	if err := s.db.MakeToken(r.Context(), t); err != nil {
		return err
	}
	s.log.Info("a token was made", "person", v.person.ID, "token", id)
	form.made, form.page.Title = token, "Your new token"
	form.facts = []fact{{"For", t.Name}, {"Acts as", form.role}, {"Purpose", capital(s.purposeTitle(t.Purpose))}, {"May", "It " + scopeWords(t)}, {"Ends", day(t.Expires)}}
	form.figures = slices.ContainsFunc(t.Actions, policy.Action.OpensData)
	form.plugins = slices.Contains(t.Actions, policy.ReleasePull) || slices.Contains(t.Actions, policy.ReleasePush)
	_, host, _ := strings.Cut(s.origin, "://")
	form.shop = host + "/signalbox"
	form.example = s.origin + "/trusts/" + string(t.ODS) + "/measures/ae-4h.csv"
	return s.write(w, r, http.StatusOK, tokenPage(form))
}

// readTokenForm checks what was asked for. A token acts in the role that its person
// is in while they make it.
func (s *Sessions) readTokenForm(r *http.Request, v *visit) (t postgres.Token, life int, faults []layout.Fault, err error) {
	say := func(field, message string) { faults = append(faults, layout.Fault{Field: field, Message: message}) }
	if err := r.ParseForm(); err != nil {
		return t, 0, nil, err
	}
	t = postgres.Token{Person: v.person.ID, Name: strings.Join(strings.Fields(r.PostFormValue("name")), " "), ODS: v.post.ODS, Role: v.post.Role,
		Purpose: policy.Purpose(r.PostFormValue("purpose")), Assurance: v.signIn.Assurance, Made: s.now()}
	if t.Name == "" || len(t.Name) > 100 {
		say("name", "Enter what the token is for, in up to 100 letters")
	}
	if _, known := s.reference.Purposes[t.Purpose]; !known {
		say("purpose", "Choose a purpose")
	}
	for _, action := range tokenActions {
		if slices.Contains(r.PostForm["action"], string(action)) {
			t.Actions = append(t.Actions, action)
		}
	}
	if len(t.Actions) == 0 {
		say("action", "Choose at least one thing that the token may do")
	}
	if life, _ = strconv.Atoi(r.PostFormValue("days")); !slices.Contains(tokenDays, life) {
		say("days", "Choose how long the token lasts")
		life = 90
	}
	t.Expires = t.Made.Add(time.Duration(life) * 24 * time.Hour)
	for _, id := range r.PostForm["dataset"] {
		t.Datasets = append(t.Datasets, measures.DatasetID(id))
	}
	for _, code := range strings.FieldsFunc(strings.ToUpper(r.PostFormValue("orgs")), func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t' }) {
		if !measures.ODSCode(code).Valid() {
			say("orgs", "Enter ODS codes such as RAA, with commas between them; “"+code+"” is none")
			break
		}
		t.Organisations = append(t.Organisations, measures.ODSCode(code))
	}
	before, err := s.db.Tokens(r.Context(), v.person.ID)
	if good := slices.DeleteFunc(before, func(t postgres.Token) bool { return !t.Revoked.IsZero() || s.now().After(t.Expires) }); len(good) >= mostTokens {
		say("name", "You have "+strconv.Itoa(mostTokens)+" tokens. Revoke one that you do not need on your account page")
	}
	return t, life, faults, err
}

// RevokeToken ends a token at once.
func (s *Sessions) RevokeToken(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if v.err != nil {
		return v.err
	}
	if !v.known() {
		return s.toSignIn(w, r, "/account")
	}
	if err := s.db.RevokeToken(r.Context(), v.person.ID, r.PostFormValue("token"), v.person.ID); err != nil {
		return err
	}
	s.log.Info("a token was revoked", "person", v.person.ID, "token", r.PostFormValue("token"))
	http.Redirect(w, r, "/account#tokens", http.StatusSeeOther)
	return nil
}
