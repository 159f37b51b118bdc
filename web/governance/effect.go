package governance

import (
	"context"
	"fmt"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// effect is what granting a request would do, found by asking the policy as if the
// agreement were in force.
type effect struct {
	Sentence string // in plain words
	Files    string // whether figures could be taken away, as a sentence
	Today    string // what is so without it
	Futile   string // why it would not open what was asked for; empty where it would
}

// question is what was denied, asked now and of all periods: an agreement is about
// a dataset, and not about the part of it that somebody looked at.
func (p *Pages) question(ctx context.Context, asker string, denied int64) (policy.Request, error) {
	document, err := p.Access.DeniedTo(ctx, asker, denied)
	if err != nil {
		return policy.Request{}, err
	}
	r := document.Input.Request()
	r.Now, r.Resource.Period = p.Now().Unix(), policy.Period{}
	return r, nil
}

// agreed is an agreement on terms, for the engine to suppose.
func agreed(terms postgres.Terms) *policy.Agreement {
	return &policy.Agreement{Ref: "as asked", Expires: (int64(terms.Until) + 1) * 86400, Purposes: terms.Purposes, Export: terms.Export, MinCellCount: terms.MinCellCount}
}

// helps reports whether an agreement could open what was denied: not where
// something else is missing too. It gives the answer that there would be.
func (p *Pages) helps(ctx context.Context, r policy.Request) (policy.Decision, error) {
	if r.Actor.ODS == "" || r.Resource.ODS == "" || r.Resource.ODS == policy.Everyone || r.Resource.ODS == r.Actor.ODS || !r.Action.OpensData() || r.Action == policy.DataLoad {
		return policy.Decision{}, nil
	}
	terms := p.asAsked(r.Action, r.Actor.Purpose)
	key := policy.KeyOf(r.Resource.ODS, r.Actor.ODS, r.Resource.Dataset)
	return p.Engine.Suppose(ctx, r, map[policy.AgreementKey]*policy.Agreement{key: agreed(terms)})
}

// asAsked are the terms that give what was asked for and no more, for a year.
func (p *Pages) asAsked(action policy.Action, purpose policy.Purpose) postgres.Terms {
	return postgres.Terms{Purposes: []policy.Purpose{purpose}, Export: action == policy.DataExport,
		MinCellCount: p.National.Suppression.MinCellCount, Until: p.today().AddMonths(12)}
}

// effect works out what an agreement on terms would do for the asker of a request.
func (p *Pages) effect(ctx context.Context, grant policy.Grant, r *postgres.AccessRequest, terms postgres.Terms) (effect, error) {
	asked, err := p.question(ctx, r.By, r.Denied)
	if err != nil {
		return effect{}, fmt.Errorf("what request %d would do: %w", r.Number, err)
	}
	key := policy.KeyOf(r.Owner, r.Partner, r.Dataset)
	suppose := func(action policy.Action, agreements map[policy.AgreementKey]*policy.Agreement) policy.Decision {
		if err != nil {
			return policy.Decision{}
		}
		question := asked
		question.Action = action
		var d policy.Decision
		d, err = p.Engine.Suppose(ctx, question, agreements)
		return d
	}
	granted := map[policy.AgreementKey]*policy.Agreement{key: agreed(terms)}
	view, export, before := suppose(policy.ChartRead, granted), suppose(policy.DataExport, granted), suppose(policy.ChartRead, nil)
	if err != nil {
		return effect{}, fmt.Errorf("what request %d would do: %w", r.Number, err)
	}
	wanted := view
	if r.Action == policy.DataExport {
		wanted = export
	}
	if !wanted.Allow {
		return effect{Futile: p.futile(ctx, r, wanted)}, nil
	}
	reach, err := p.Access.AccessReach(ctx, grant, wanted)
	if err != nil {
		return effect{}, err
	}
	e := effect{Sentence: p.opens(ctx, r, terms, wanted.Disclosure, reach), Files: "They could look at charts, and take no figures away.", Today: "Today they see nothing of it."}
	if export.Allow {
		e.Files = "They could also take the figures away, as files."
	}
	if before.Allow {
		e.Today = "Today they see its charts, with " + hiding(before.Disclosure) + "."
	}
	return e, nil
}

// opens is the effect as a sentence.
func (p *Pages) opens(ctx context.Context, r *postgres.AccessRequest, terms postgres.Terms, d policy.Disclosure, reach postgres.Reach) string {
	grain := measures.Month
	if set, known := p.Catalogue.Dataset(r.Dataset); known {
		grain = set.Grain
	}
	one, many := each(grain)
	return fmt.Sprintf("Staff of %s could see “%s” of %s, %s by %s, with %s, until %s, for %s: %s, %s.",
		p.name(ctx, r.Partner), p.title(r.Dataset), p.name(ctx, r.Owner), one, one, hiding(d), terms.Until.DayName(),
		purposes(terms.Purposes, p.National.Purposes), counted(reach.Periods, one, many), counted(reach.Rows, "row", "rows"))
}

// futile says why an agreement would not open what was asked for.
func (p *Pages) futile(ctx context.Context, r *postgres.AccessRequest, d policy.Decision) string {
	said := "no rule would open it"
	if len(d.Reasons) > 0 {
		said = "to them the answer would still be: “" + unlabelled(d.Reasons[0].Message) + "”"
	}
	return fmt.Sprintf("On these terms nothing would open for %s: %s", r.Name, said)
}
