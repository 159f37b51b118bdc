package session

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// choose is the page on which somebody says in which role and for which purpose
// they are here.
type choose struct {
	page     layout.Page
	first    bool // nothing was chosen before
	posts    []layout.Option
	purposes []layout.Option
	to       string
	fault    []layout.Fault
}

// field is the one with a fault, if it has one.
func (v choose) field(id, label, hint string) layout.Field {
	f := layout.Field{ID: id, Name: id, Label: label, Hint: hint}
	for _, fault := range v.fault {
		if fault.Field == id {
			f.Fault = fault.Message
		}
	}
	return f
}

// ChoosePage asks for the role, where there are several, and the purpose.
func (s *Sessions) ChoosePage(w http.ResponseWriter, r *http.Request) error {
	return s.showChoose(w, r, http.StatusOK, nil)
}

func (s *Sessions) showChoose(w http.ResponseWriter, r *http.Request, status int, faults []layout.Fault) error {
	v := s.visit(r)
	switch {
	case v.err != nil:
		return v.err
	case !v.known():
		return s.toSignIn(w, r, onThisSite(r.FormValue("to")))
	case len(v.posts) == 0:
		return s.noRole(w, r, v)
	}
	page := choose{page: s.signedFrame(r, "Your role and purpose"), first: !v.ready, to: onThisSite(r.FormValue("to")), fault: faults}
	if len(v.posts) > 1 {
		for _, p := range v.posts {
			page.posts = append(page.posts, layout.Option{Value: strconv.FormatInt(p.ID, 10), Name: s.postTitle(r, p), Hint: s.canDo(p.Role), Chosen: p.ID == v.post.ID})
		}
	}
	now := v.actor.Purpose
	if now == "" {
		now = policy.Purpose(s.manager.GetString(r.Context(), keyPurpose))
	}
	for _, purpose := range slices.Sorted(maps.Keys(s.reference.Purposes)) {
		page.purposes = append(page.purposes, layout.Option{Value: string(purpose), Name: capital(s.purposeTitle(purpose)), Hint: purposeHints[purpose], Chosen: purpose == now})
	}
	return s.write(w, r, status, choosePage(page))
}

// purposeHints say more of the purposes that come with the program.
var purposeHints = map[policy.Purpose]string{
	"improvement": "Looking at your own organisation's care, to make it better.",
	"governance":  "Answering for who sees what: policies, requests, people, the log.",
	"planning":    "Planning and commissioning services for an area.",
	"development": "Writing a measure, on published and invented figures.",
}

// canDo is what a role lets somebody do, by its rights.
func (s *Sessions) canDo(role policy.Role) string {
	said := map[string]string{"staff": "sees the organisation's own figures", "compare": "compares organisations", "load": "loads figures",
		"govern": "answers for who sees what", "innovate": "brings plugins", "operate": "runs this Signalbox and invites people"}
	var words []string
	for _, right := range s.reference.Roles[role].Rights {
		if said[right] != "" {
			words = append(words, said[right])
		}
	}
	return capital(strings.Join(words, ", ")) + "."
}

// postTitle is a role and where it is.
func (s *Sessions) postTitle(r *http.Request, p postgres.Post) string {
	return s.roleTitle(p.Role) + ", " + s.named(r.Context(), p.ODS)
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// Choose takes the choice, remembers it for the next session, and leads on. The
// session gets a new token: it may do something else from here on.
func (s *Sessions) Choose(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	switch {
	case v.err != nil:
		return v.err
	case !v.known():
		return s.toSignIn(w, r, onThisSite(r.PostFormValue("to")))
	case len(v.posts) == 0:
		return s.noRole(w, r, v)
	}
	var faults []layout.Fault
	post := v.posts[0].ID
	if len(v.posts) > 1 {
		id, _ := strconv.ParseInt(r.PostFormValue("post"), 10, 64)
		i := slices.IndexFunc(v.posts, func(p postgres.Post) bool { return p.ID == id })
		if i < 0 {
			faults = append(faults, layout.Fault{Field: "post", Message: "Choose the role that you are here in"})
		} else {
			post = id
		}
	}
	purpose := policy.Purpose(r.PostFormValue("purpose"))
	if _, known := s.reference.Purposes[purpose]; !known {
		faults = append(faults, layout.Fault{Field: "purpose", Message: "Choose what you are here for"})
	}
	if len(faults) > 0 {
		return s.showChoose(w, r, http.StatusUnprocessableEntity, faults)
	}
	ctx := r.Context()
	if err := s.db.RememberChoice(ctx, v.person.ID, purpose, post); err != nil {
		return err
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return err
	}
	s.manager.Put(ctx, keyPost, post)
	s.manager.Put(ctx, keyPurpose, string(purpose))
	next := &visit{signIn: v.signIn, person: v.person, posts: v.posts}
	if s.settle(next, post, purpose, measures.ODSCode(s.manager.GetString(ctx, keyAt))); next.ready {
		s.manager.Put(ctx, keyRights, next.rights())
	}
	http.Redirect(w, r, onThisSite(r.PostFormValue("to")), http.StatusSeeOther)
	return nil
}

// noRole is the page for somebody whom the provider knows and who has no role here.
type noRole struct {
	page     layout.Page
	received []receivedRow
	helpers  []string
	provider string
}

// receivedRow is one role as the provider named it.
type receivedRow struct{ at, name, here string }

// noRole says what was received, and who can help.
func (s *Sessions) noRole(w http.ResponseWriter, r *http.Request, v *visit) error {
	page := noRole{page: s.signedFrame(r, "You have no role here yet")}
	if s.provider != nil {
		page.provider = s.provider.Name
	}
	var codes []measures.ODSCode
	for _, got := range v.person.Received {
		codes = append(codes, got.ODS)
		row := receivedRow{at: s.named(r.Context(), got.ODS), name: got.Name, here: "Gives nothing here"}
		if row.name == "" {
			row.name = "No role was named"
		}
		if got.Role != "" {
			row.here = s.roleTitle(got.Role) + ", at an organisation that is not in the register here"
		}
		page.received = append(page.received, row)
	}
	var governing []policy.Role
	for role, facts := range s.reference.Roles {
		if slices.Contains(facts.Rights, "govern") {
			governing = append(governing, role)
		}
	}
	var err error
	if page.helpers, err = s.db.Helpers(r.Context(), codes, governing, s.mapping()); err != nil {
		return err
	}
	return s.write(w, r, http.StatusForbidden, noRolePage(page))
}
