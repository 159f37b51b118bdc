package governance

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// agreementLine is an agreement with its names.
type agreementLine struct {
	postgres.Agreement
	Title, PartnerName string
	national           policy.ReferenceData
}

type agreementList struct {
	page  layout.Page
	Owner string
	live  []agreementLine
	over  []agreementLine
}

func (p *Pages) agreements(ctx context.Context, owner measures.ODSCode) ([]agreementLine, error) {
	list, err := p.Access.AgreementsOf(ctx, owner)
	if err != nil {
		return nil, err
	}
	lines := make([]agreementLine, len(list))
	for i := range list {
		lines[i] = agreementLine{list[i], p.title(list[i].Dataset), p.name(ctx, list[i].Partner), p.National}
	}
	return lines, nil
}

// Agreements lists what the reader's organisation has agreed to show, and had.
func (p *Pages) Agreements(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	actor, page := p.frame(r, "Agreements", layout.Crumb{Name: "Inbox", URL: "/governance"})
	if _, err := p.Desk.Ask(ctx, actor, policy.AccessDecide, actor.ODS, policy.Change{Kind: "access", Ref: postgres.AccessInbox}); err != nil {
		return err
	}
	lines, err := p.agreements(ctx, actor.ODS)
	if err != nil {
		return err
	}
	v := agreementList{page: page, Owner: p.name(ctx, actor.ODS)}
	for _, line := range lines {
		if line.InForce(p.Now()) {
			v.live = append(v.live, line)
		} else {
			v.over = append(v.over, line)
		}
	}
	return agreementsPage(v).Render(ctx, w)
}

// EndAgreement ends an agreement, in one press. It is closed from the next request on.
func (p *Pages) EndAgreement(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	actor, _ := p.Reader(r)
	ref := r.PathValue("ref")
	agreement, err := p.Access.AgreementByRef(ctx, ref)
	if err != nil {
		return err
	}
	grant, err := p.Desk.Ask(ctx, actor, policy.AccessDecide, agreement.Owner, policy.Change{Kind: "access", Ref: ref})
	if err != nil {
		return err
	}
	// One that somebody else has ended meanwhile is ended.
	if err := p.done(ctx, grant, p.Access.EndAgreement(ctx, grant, ref)); err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return err
	}
	http.Redirect(w, r, "/governance/agreements", http.StatusSeeOther)
	return nil
}

// ended says how an agreement came to its end.
func (a *agreementLine) ended() string {
	if a.EndedAt.IsZero() {
		return "Ran out on " + day(a.Expires.Add(-time.Second))
	}
	return "Ended on " + day(a.EndedAt)
}

// terms says what an agreement allows, in words.
func (a *agreementLine) terms() string {
	text := "charts only"
	if a.Export {
		text = "charts and figures"
	}
	return text + ", for " + purposes(a.Purposes, a.national.Purposes) + ", " +
		hiding(policy.Disclosure{MinCellCount: a.MinCellCount, RoundTo: a.national.Suppression.RoundTo})
}
