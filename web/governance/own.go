package governance

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// ownRequest is one request as its asker sees it.
type ownRequest struct {
	postgres.AccessRequest
	Title     string // of the measure, or else of the dataset
	OwnerName string
	Agreement *postgres.Agreement // what came of it, if anything did
	InForce   bool
	national  policy.ReferenceData
}

type ownList struct {
	page     layout.Page
	requests []ownRequest
}

type ownOne struct {
	page layout.Page
	ownRequest
}

// OwnRequests lists what the reader has asked for.
func (p *Pages) OwnRequests(w http.ResponseWriter, r *http.Request) error {
	actor, page := p.frame(r, "What you asked for")
	requests, err := p.own(r.Context(), actor.ID)
	if err != nil {
		return err
	}
	return ownListPage(ownList{page, requests}).Render(r.Context(), w)
}

func (p *Pages) own(ctx context.Context, actor string) ([]ownRequest, error) {
	list, err := p.Access.OwnAccess(ctx, actor)
	if err != nil {
		return nil, err
	}
	requests := make([]ownRequest, len(list))
	for i := range list {
		if requests[i], err = p.ownRequest(ctx, list[i]); err != nil {
			return nil, err
		}
	}
	return requests, nil
}

func (p *Pages) ownRequest(ctx context.Context, r postgres.AccessRequest) (ownRequest, error) {
	own := ownRequest{AccessRequest: r, Title: p.about(&r), OwnerName: p.name(ctx, r.Owner), national: p.National}
	if r.State != postgres.AccessGranted {
		return own, nil
	}
	agreement, err := p.Access.AgreementByRequest(ctx, r.Number)
	if err != nil {
		return own, err
	}
	own.Agreement, own.InForce = &agreement, agreement.InForce(p.Now())
	return own, nil
}

// about is what a request is about: the measure somebody wanted to see, or the
// dataset where that is not known any more.
func (p *Pages) about(r *postgres.AccessRequest) string {
	if m, err := p.Catalogue.Named(r.Measure); err == nil {
		return m.Title
	}
	return p.title(r.Dataset)
}

// OwnRequest shows how far one request has come.
func (p *Pages) OwnRequest(w http.ResponseWriter, r *http.Request) error {
	n, err := numberOf(r)
	if err != nil {
		return err
	}
	actor, page := p.frame(r, "Your request", layout.Crumb{Name: "What you asked for", URL: "/access/requests"})
	request, err := p.Access.OwnAccessRequest(r.Context(), actor.ID, n)
	if err != nil {
		return err
	}
	own, err := p.ownRequest(r.Context(), request)
	if err != nil {
		return err
	}
	page.Title = "Your request " + own.Ref()
	page.Demo = page.Demo || demo.Fictional(own.Owner)
	return ownPage(ownOne{page, own}).Render(r.Context(), w)
}

// Withdraw takes a request of the reader's own back.
func (p *Pages) Withdraw(w http.ResponseWriter, r *http.Request) error {
	n, err := numberOf(r)
	if err != nil {
		return err
	}
	actor, _ := p.Reader(r)
	if _, err := p.Access.OwnAccessRequest(r.Context(), actor.ID, n); err != nil {
		return err
	}
	// Where somebody was quicker to decide, the page says what was decided.
	if err := p.Access.WithdrawAccess(r.Context(), actor.ID, n); err != nil && !errors.Is(err, postgres.ErrAccessClosed) {
		return err
	}
	http.Redirect(w, r, requestAddress(n), http.StatusSeeOther)
	return nil
}

// word is the state in a word.
func (r *ownRequest) word() string {
	switch r.State {
	case postgres.AccessWaiting:
		return "Waiting"
	case postgres.AccessGranted:
		if !r.InForce {
			return "Ended"
		}
		return "Granted"
	case postgres.AccessRefused:
		return "Refused"
	case postgres.AccessWithdrawn:
		return "Withdrawn"
	}
	return "Not answered"
}

// sentence says how things stand, in one.
func (r *ownRequest) sentence() string {
	switch r.State {
	case postgres.AccessWaiting:
		return "It waits for the information governance team of " + r.OwnerName + "."
	case postgres.AccessGranted:
		switch a := r.Agreement; {
		case r.InForce && a.Export:
			return "Granted until " + a.Until.DayName() + ": you may look, and take the figures away."
		case r.InForce:
			return "Granted until " + a.Until.DayName() + ": you may look at the charts, and take no figures away."
		case a.EndedAt.IsZero():
			return "It was granted until " + a.Until.DayName() + ", and that day is over."
		default:
			return "It was granted, and " + r.OwnerName + " ended it on " + day(a.EndedAt) + "."
		}
	case postgres.AccessRefused:
		return "The information governance team of " + r.OwnerName + " refused it."
	case postgres.AccessWithdrawn:
		return "You withdrew it on " + day(r.Closed) + "."
	}
	return "Nobody has answered for " + strconv.Itoa(postgres.AccessDays) + " days, so it waits no longer. You may ask again."
}

// wanted is what was asked for, in words.
func wanted(action policy.Action) string {
	if action == policy.DataExport {
		return "To take the figures away"
	}
	return "To look at the charts"
}

// step is one line of how far a request has come.
type step struct {
	status      plot.Status
	title, note string
}

func (r *ownRequest) steps() []step {
	steps := []step{{plot.Done, "Sent", day(r.At)}}
	switch r.State {
	case postgres.AccessWaiting:
		return append(steps, step{plot.Waiting, "Decided", "By the information governance team of " + r.OwnerName})
	case postgres.AccessGranted:
		steps = append(steps, step{plot.Done, "Granted", day(r.Closed)})
		if !r.InForce {
			steps = append(steps, step{plot.Attention, "Ended", day(r.end())})
		}
		return steps
	}
	return append(steps, step{plot.Attention, r.word(), day(r.Closed)})
}

// end is when the agreement ended.
func (r *ownRequest) end() time.Time {
	if r.Agreement.EndedAt.IsZero() {
		return r.Agreement.Expires.Add(-time.Second)
	}
	return r.Agreement.EndedAt
}

// decision is how a request ended, for those who decide.
func (r *ownRequest) decision() string {
	switch r.State {
	case postgres.AccessGranted:
		if r.InForce {
			return "Granted on " + day(r.Closed) + ", until " + r.Agreement.Until.DayName() + "."
		}
		return "Granted on " + day(r.Closed) + ". The agreement ended on " + day(r.end()) + "."
	case postgres.AccessRefused:
		return "Refused on " + day(r.Closed) + "."
	case postgres.AccessWithdrawn:
		return "The person who asked withdrew it on " + day(r.Closed) + "."
	}
	return "Nobody answered for " + strconv.Itoa(postgres.AccessDays) + " days, so it waits no longer."
}

// records names the entries of the ledger that a request stands on.
func (r *ownRequest) records() []layout.Fact {
	facts := []layout.Fact{{Term: "Denied in", Value: "record " + strconv.FormatInt(r.Denied, 10)}}
	if r.Decided != 0 {
		facts = append(facts, layout.Fact{Term: "Decided in", Value: "record " + strconv.FormatInt(r.Decided, 10)})
	}
	if r.Agreement != nil && r.Agreement.Ended != 0 {
		facts = append(facts, layout.Fact{Term: "Ended in", Value: "record " + strconv.FormatInt(r.Agreement.Ended, 10)})
	}
	return facts
}
