package governance

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// endsSoon is how many days before its end an agreement stands in the inbox.
const endsSoon = 60

// shownRequests is how many requests stand in the inbox at once: what each would do
// is asked of the policy.
const shownRequests = 50

// inbox is what waits for a governance team.
type inbox struct {
	page        layout.Page
	Owner       string
	requests    []waiting
	more        int // requests that wait and are not shown
	proposals   []Proposal
	ending      []agreementLine
	agreements  int // in force, all together
	quarantined int
	now         time.Time
	due         templ.Component
}

// waiting is a request that waits, with what granting it as asked would do.
type waiting struct {
	postgres.AccessRequest
	Title, Partner string
	effect         effect
	own            bool // the reader asked for it and cannot decide
}

// inbox shows what waits. Whoever may decide sees it; that they looked is recorded.
func (p *Pages) inbox(w http.ResponseWriter, r *http.Request, actor policy.Actor, page layout.Page) error {
	ctx := r.Context()
	grant, err := p.Desk.Ask(ctx, actor, policy.AccessDecide, actor.ODS, policy.Change{Kind: "access", Ref: postgres.AccessInbox})
	if err != nil {
		return err
	}
	v := inbox{page: page, Owner: p.name(ctx, actor.ODS), quarantined: len(p.Quarantined()), now: p.Now()}
	if v.due, err = p.Due(r); err != nil {
		return err
	}
	list, err := p.Access.AccessWaiting(ctx, grant)
	if err != nil {
		return err
	}
	v.more = max(0, len(list)-shownRequests)
	for i := range list[:len(list)-v.more] {
		one, err := p.waiting(ctx, grant, &list[i], actor)
		if err != nil {
			return err
		}
		v.requests = append(v.requests, one)
	}
	if v.proposals, err = p.Proposals(ctx, actor); err != nil {
		return err
	}
	agreements, err := p.agreements(ctx, actor.ODS)
	if err != nil {
		return err
	}
	for _, a := range agreements {
		if !a.InForce(v.now) {
			continue
		}
		v.agreements++
		if a.Until <= p.today()+endsSoon {
			v.ending = append(v.ending, a)
		}
	}
	return inboxPage(v).Render(ctx, w)
}

func (p *Pages) waiting(ctx context.Context, grant policy.Grant, r *postgres.AccessRequest, actor policy.Actor) (waiting, error) {
	before, err := p.standing(ctx, r)
	if err != nil {
		return waiting{}, err
	}
	would, err := p.effect(ctx, grant, r, p.proposed(r, before))
	return waiting{AccessRequest: *r, Title: p.about(r), Partner: p.name(ctx, r.Partner), effect: would, own: r.By == actor.ID}, err
}

// said is how far the approval of a draft has come.
func (p *Proposal) said() string {
	if p.Yes == 0 {
		return "Proposed on " + day(p.Since)
	}
	return "Proposed on " + day(p.Since) + "; " + counted(int64(p.Yes), "person has", "people have") + " approved it"
}

func (v *inbox) held() string {
	if v.quarantined == 0 {
		return "None"
	}
	return counted(int64(v.quarantined), "is", "are") + " not run until somebody has looked into it"
}

func (v *inbox) inForce() string {
	if v.agreements == 0 {
		return "None is in force"
	}
	return counted(int64(v.agreements), "is", "are") + " in force"
}

// sentence says what waits, in one.
func (v *inbox) sentence() string {
	if len(v.requests) == 0 {
		return "Nobody is waiting for " + v.Owner + " to decide."
	}
	since := "since " + day(v.requests[0].At)
	if len(v.requests) == 1 {
		return "One request waits for " + v.Owner + ", " + since + "."
	}
	return counted(int64(len(v.requests)+v.more), "request", "requests") + " wait for " + v.Owner + ", the oldest " + since + "."
}
