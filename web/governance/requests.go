package governance

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

const (
	// longestAgreement is how many months an agreement lasts at most. It is our own
	// judgement: whoever shares should look again within two years.
	longestAgreement = 24
	longestReason    = 1000
	mostHidden       = 1000 // the highest threshold that anybody would mean
)

// deciding is one request as those who decide see it.
type deciding struct {
	page     layout.Page
	request  postgres.AccessRequest
	grant    policy.Grant // to read it
	Title    string       // of what was asked for
	Owner    string
	Partner  string
	terms    postgres.Terms
	effect   effect
	replaces *postgres.Agreement // whose place a new one would take
	own      bool                // the reader asked for it and cannot decide
	outcome  *ownRequest         // how it was decided, if it was
	faults   []layout.Fault
	until    layout.Field
	hidden   layout.Field
	reason   layout.Field
	national policy.ReferenceData
}

// Request shows one request to those who decide, with the effect of the terms
// that the address names, or of those that were asked for.
func (p *Pages) Request(w http.ResponseWriter, r *http.Request) error {
	v, err := p.deciding(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Has("until") {
		v.read(p, r.URL.Query())
	}
	return p.showRequest(w, r, v)
}

// deciding reads a request for somebody of the owner's governance team. Reading is
// decided and recorded as well: it says what somebody wrote about their work.
func (p *Pages) deciding(r *http.Request) (*deciding, error) {
	n, err := numberOf(r)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	actor, page := p.frame(r, "Request", layout.Crumb{Name: "Inbox", URL: "/governance"})
	grant, err := p.Desk.Ask(ctx, actor, policy.AccessDecide, actor.ODS, policy.Change{Kind: "access", Ref: postgres.AccessInbox})
	if err != nil {
		return nil, err
	}
	request, err := p.Access.AccessRequestAt(ctx, grant, n)
	if err != nil {
		return nil, err
	}
	v := &deciding{page: page, request: request, grant: grant, Title: p.about(&request), Owner: p.name(ctx, request.Owner), Partner: p.name(ctx, request.Partner),
		own: request.By == actor.ID, national: p.National}
	v.page.Title, v.page.Demo = "Request "+request.Ref(), page.Demo || demo.Fictional(request.Owner)
	if request.State != postgres.AccessWaiting {
		outcome, err := p.ownRequest(ctx, request)
		v.outcome = &outcome
		return v, err
	}
	if v.replaces, err = p.standing(ctx, &request); err != nil {
		return nil, err
	}
	v.terms = p.proposed(&request, v.replaces)
	v.fields()
	return v, nil
}

// standing is the agreement that a new one would take the place of, if any.
func (p *Pages) standing(ctx context.Context, r *postgres.AccessRequest) (*postgres.Agreement, error) {
	list, err := p.Access.AgreementsOf(ctx, r.Owner)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if a := &list[i]; a.Partner == r.Partner && a.Dataset == r.Dataset && a.InForce(p.Now()) {
			return a, nil
		}
	}
	return nil, nil
}

// proposed are the terms that the form begins with: what was asked for, and what
// is agreed already.
func (p *Pages) proposed(r *postgres.AccessRequest, before *postgres.Agreement) postgres.Terms {
	terms := p.asAsked(r.Action, r.Purpose)
	if before == nil {
		return terms
	}
	for _, purpose := range before.Purposes {
		if !slices.Contains(terms.Purposes, purpose) {
			terms.Purposes = append(terms.Purposes, purpose)
		}
	}
	terms.Export = terms.Export || before.Export
	terms.MinCellCount = max(terms.MinCellCount, before.MinCellCount)
	terms.Until = max(terms.Until, before.Until)
	return terms
}

// fields fills the form in.
func (v *deciding) fields() {
	v.until = layout.Field{ID: "until", Name: "until", Label: "Until", Type: "date", Value: v.terms.Until.String(), Required: true,
		Hint: "The last day. At most two years from now."}
	v.hidden = layout.Field{ID: "hidden", Name: "hidden", Label: "Hide counts below", Type: "number", Value: strconv.Itoa(v.terms.MinCellCount), Required: true,
		Hint: "At least " + strconv.Itoa(v.national.Suppression.MinCellCount) + ", as nationally. Others are rounded to the nearest " + strconv.Itoa(v.national.Suppression.RoundTo) + "."}
	v.reason = layout.Field{ID: "reason", Name: "reason", Label: "Why not?", Hint: "The person who asked reads this. Say what would change your mind, and name no patient.", Required: true}
}

// read takes terms from a form, and says what is wrong with them.
func (v *deciding) read(p *Pages, form map[string][]string) {
	get := func(name string) string {
		if list := form[name]; len(list) > 0 {
			return strings.TrimSpace(list[0])
		}
		return ""
	}
	fault := func(f *layout.Field, message string) {
		f.Fault = message
		v.faults = append(v.faults, layout.Fault{Field: f.ID, Message: message})
	}
	v.until.Value, v.hidden.Value = get("until"), get("hidden")
	until, err := measures.ParseDate(v.until.Value)
	today := p.today()
	switch {
	case err != nil:
		fault(&v.until, "Enter a date, for example "+today.AddMonths(12).String())
	case until <= today:
		fault(&v.until, "Enter a day that is still to come")
	case until > today.AddMonths(longestAgreement):
		fault(&v.until, "Enter a day within two years, "+today.AddMonths(longestAgreement).DayName()+" at the latest")
	}
	hidden, err := strconv.Atoi(v.hidden.Value)
	if least := v.national.Suppression.MinCellCount; err != nil || hidden < least || hidden > mostHidden {
		fault(&v.hidden, "Enter a whole number from "+strconv.Itoa(least)+" to "+strconv.Itoa(mostHidden))
	}
	var chosen []policy.Purpose
	for _, purpose := range form["purpose"] {
		if _, known := v.national.Purposes[policy.Purpose(purpose)]; known && !slices.Contains(chosen, policy.Purpose(purpose)) {
			chosen = append(chosen, policy.Purpose(purpose))
		}
	}
	if len(chosen) == 0 {
		v.faults = append(v.faults, layout.Fault{Field: "purpose", Message: "Choose at least one purpose"})
	}
	v.terms = postgres.Terms{Purposes: chosen, Export: get("export") == "yes", MinCellCount: hidden, Until: until}
}

// showRequest shows a request with the effect of its terms, where they can be.
func (p *Pages) showRequest(w http.ResponseWriter, r *http.Request, v *deciding) error {
	if v.outcome == nil && len(v.faults) == 0 {
		var err error
		if v.effect, err = p.effect(r.Context(), v.grant, &v.request, v.terms); err != nil {
			return err
		}
	}
	if len(v.faults) > 0 {
		w.WriteHeader(http.StatusUnprocessableEntity)
	}
	return requestPage(v).Render(r.Context(), w)
}

// Grant grants a request on the terms of the form.
func (p *Pages) Grant(w http.ResponseWriter, r *http.Request) error {
	return p.decide(w, r, func(v *deciding) { v.read(p, r.PostForm) }, func(ctx context.Context, grant policy.Grant, v *deciding) error {
		return p.Access.GrantAccess(ctx, grant, &v.request, v.terms)
	})
}

// Refuse refuses a request, with a reason that its asker reads.
func (p *Pages) Refuse(w http.ResponseWriter, r *http.Request) error {
	reason := ""
	return p.decide(w, r, func(v *deciding) {
		reason = strings.TrimSpace(r.PostFormValue("reason"))
		v.reason.Value, v.reason.Fault = reason, faultOfReason(reason)
		if v.reason.Fault != "" {
			v.faults = []layout.Fault{{Field: v.reason.ID, Message: v.reason.Fault}}
		}
	}, func(ctx context.Context, grant policy.Grant, v *deciding) error {
		return p.Access.RefuseAccess(ctx, grant, &v.request, reason)
	})
}

func faultOfReason(reason string) string {
	switch {
	case reason == "":
		return "Say why not: the person who asked has a right to know"
	case utf8.RuneCountInString(reason) > longestReason:
		return "Say it in at most " + strconv.Itoa(longestReason) + " characters"
	}
	return personalFault(reason)
}

// decide reads what was sent and does it, by a decision about this very request
// and its asker that stands in the ledger before anything is done.
func (p *Pages) decide(w http.ResponseWriter, r *http.Request, read func(*deciding), do func(context.Context, policy.Grant, *deciding) error) error {
	if err := r.ParseForm(); err != nil {
		return &layout.Trouble{Status: http.StatusBadRequest, Title: "The form did not arrive whole", Text: "Nothing was decided.", Help: "Send it again."}
	}
	v, err := p.deciding(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if v.request.State != postgres.AccessWaiting {
		return p.showRequest(w, r, v) // somebody was quicker: the page says who, and what
	}
	if read(v); len(v.faults) > 0 {
		return p.showRequest(w, r, v)
	}
	actor, _ := p.Reader(r)
	grant, err := p.Desk.Ask(ctx, actor, policy.AccessDecide, v.request.Owner, policy.Change{Kind: "access", Ref: v.request.Ref(), Author: v.request.By})
	if err != nil {
		return err
	}
	if err := p.done(ctx, grant, do(ctx, grant, v)); err != nil && !errors.Is(err, postgres.ErrAccessClosed) {
		return err
	}
	http.Redirect(w, r, "/governance/requests/"+v.request.Ref(), http.StatusSeeOther)
	return nil
}

func (v *deciding) purposeField() layout.Field {
	f := layout.Field{ID: "purpose", Name: "purpose", Label: "For", Hint: "Whoever comes for another purpose sees nothing."}
	for _, fault := range v.faults {
		if fault.Field == f.ID {
			f.Fault = fault.Message
		}
	}
	return f
}

func (v *deciding) purposeOptions() []layout.Option {
	var options []layout.Option
	for _, purpose := range slices.Sorted(maps.Keys(v.national.Purposes)) {
		options = append(options, layout.Option{Value: string(purpose), Name: capital(v.national.Purposes[purpose].Title), Chosen: slices.Contains(v.terms.Purposes, purpose)})
	}
	return options
}

func (v *deciding) exportOptions() []layout.Option {
	return []layout.Option{{Value: "no", Name: "May be looked at, and not taken away", Chosen: !v.terms.Export},
		{Value: "yes", Name: "May be taken away as files too", Hint: "What has left cannot be called back.", Chosen: v.terms.Export}}
}
