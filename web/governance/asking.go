package governance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

const (
	// longestWhy is how much anybody needs to say why they need something.
	longestWhy = 1000
	// mostWaiting keeps one person from filling the inboxes of others.
	mostWaiting = 20
)

// Ask is the form for asking, filled in from a denial.
type Ask struct {
	Record  int64
	Measure measures.MeasureID
	Owner   string // whose data, by name
	Title   string // of what
	Action  policy.Action
	Purpose string
	Partner string // whose staff would see it, by name
	Why     layout.Field
	// Open is the request that waits for the same thing already; 0 if none does.
	Open int64
}

// AskFor fills the form in for somebody who was denied. It gives nil where no
// agreement could help: the page of the denial says what else does.
func (p *Pages) AskFor(ctx context.Context, record policy.Record, measure measures.MeasureID) (*Ask, error) {
	decision := record.Decision()
	request := decision.Request
	request.Now, request.Resource.Period = p.Now().Unix(), policy.Period{}
	would, err := p.helps(ctx, request)
	if err != nil || !would.Allow {
		return nil, err
	}
	ask := p.ask(ctx, request, record.Sequence(), measure)
	open, err := p.Access.OpenAccess(ctx, decision)
	if err == nil {
		ask.Open = open.Number
	} else if !errors.Is(err, postgres.ErrNotFound) {
		return nil, err
	}
	return ask, nil
}

func (p *Pages) ask(ctx context.Context, r policy.Request, record int64, measure measures.MeasureID) *Ask {
	ask := &Ask{Record: record, Measure: measure, Owner: p.name(ctx, r.Resource.ODS), Title: p.title(r.Resource.Dataset), Action: r.Action,
		Purpose: purposes([]policy.Purpose{r.Actor.Purpose}, p.National.Purposes), Partner: p.name(ctx, r.Actor.ODS),
		Why: layout.Field{ID: "why", Name: "why", Label: "Why do you need it?", Hint: "One or two sentences. Please name no patient.", Required: true}}
	if m, err := p.Catalogue.Named(measure); err == nil && m.Dataset == r.Resource.Dataset {
		ask.Title = m.Title
	} else {
		ask.Measure = ""
	}
	return ask
}

// asking is the form on a page of its own, with what was wrong with it.
type asking struct {
	page   layout.Page
	ask    *Ask
	faults []layout.Fault
}

// SendRequest takes the form of a denial.
func (p *Pages) SendRequest(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	actor, page := p.frame(r, "Ask for access", layout.Crumb{Name: "What you asked for", URL: "/access/requests"})
	record, err := strconv.ParseInt(r.PostFormValue("record"), 10, 64)
	if err != nil {
		return noDenial
	}
	request, err := p.question(ctx, actor.ID, record)
	if errors.Is(err, postgres.ErrNoDenial) {
		return noDenial
	}
	if err != nil {
		return err
	}
	would, err := p.helps(ctx, request)
	if err != nil {
		return err
	}
	if !would.Allow {
		return &layout.Trouble{Status: http.StatusConflict, Title: "An agreement would not help here",
			Text: "Something else is missing, or it is open to you by now.", Help: "Open the chart again: its page says how things stand."}
	}
	v := asking{page: page, ask: p.ask(ctx, request, record, measures.MeasureID(r.PostFormValue("measure")))}
	v.ask.Why.Value = strings.TrimSpace(r.PostFormValue("why"))
	if v.ask.Why.Fault = faultOf(v.ask.Why.Value); v.ask.Why.Fault != "" {
		v.faults = []layout.Fault{{Field: "why", Message: v.ask.Why.Fault}}
		v.page.Demo = v.page.Demo || demo.Fictional(request.Resource.ODS)
		w.WriteHeader(http.StatusUnprocessableEntity)
		return askingPage(v).Render(ctx, w)
	}
	if err := p.fewWait(ctx, actor.ID); err != nil {
		return err
	}
	number, err := p.Access.AskAccess(ctx, actor, record, v.ask.Measure, v.ask.Why.Value)
	if err != nil {
		return err
	}
	http.Redirect(w, r, requestAddress(number), http.StatusSeeOther)
	return nil
}

var noDenial = &layout.Trouble{Status: http.StatusUnprocessableEntity, Title: "Which denial this is about is not clear",
	Text: "A request stands on the record of a denial of yours.", Help: "Open the chart that you want to see: its page has the form, filled in."}

// faultOf is what must be mended in somebody's own words. What it seems to have
// found is named, and never repeated.
func faultOf(why string) string {
	switch {
	case why == "":
		return "Say in a sentence or two why you need it: those who decide know nothing else of you"
	case utf8.RuneCountInString(why) > longestWhy:
		return fmt.Sprintf("Say it in at most %d characters: these are %d", longestWhy, utf8.RuneCountInString(why))
	}
	return personalFault(why)
}

// personalFault is what to do about words that seem to say who a patient is.
func personalFault(words string) string {
	if what := intake.Personal(words); what != "" {
		return "Take out what looks like " + what + ": nothing here may say who a patient is"
	}
	return ""
}

// fewWait refuses one request too many.
func (p *Pages) fewWait(ctx context.Context, actor string) error {
	own, err := p.Access.OwnAccess(ctx, actor)
	if err != nil {
		return err
	}
	waiting := 0
	for i := range own {
		if own[i].State == postgres.AccessWaiting {
			waiting++
		}
	}
	if waiting < mostWaiting {
		return nil
	}
	return &layout.Trouble{Status: http.StatusTooManyRequests, Title: "Many of your requests are waiting already",
		Text: fmt.Sprintf("%d of them have not been answered yet.", waiting), Help: "Wait for answers, or withdraw those that you need no longer."}
}

func requestAddress(number int64) string { return "/access/requests/" + strconv.FormatInt(number, 10) }

// numberOf reads the number at the end of an address.
func numberOf(r *http.Request) (int64, error) {
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("request %q: %w", r.PathValue("n"), postgres.ErrNotFound)
	}
	return n, nil
}
