package sharing

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
)

// Adopting is how an organisation comes to run a release that somebody else has
// published: what it needs, what its charts would say, and then one act, which can
// be undone.
type Adopting struct {
	Store    Pins
	Register Coverage
	Charts   Foresight
	// Catalogue knows the datasets that are here.
	Catalogue *analysis.Catalogue
	Policy    analysis.Policy
	Ledger    analysis.Ledger
	// Facts are what the policy is told of a release that is kept here.
	Facts func(context.Context, plugins.Digest) (policy.Release, error)
	// Refresh lets the charts and the policy take notice of what has changed.
	Refresh func(context.Context) error
	Now     func() time.Time
}

// Pins keeps which release each organisation runs.
type Pins interface {
	KeptRelease(context.Context, plugins.Digest) (postgres.KeptRelease, error)
	Adoptions(context.Context) ([]postgres.Adoption, error)
	AdoptionsOf(context.Context, measures.ODSCode) ([]postgres.Adoption, error)
	Adopt(context.Context, policy.Grant, postgres.Adoption) (int64, error)
	EndAdoption(ctx context.Context, grant policy.Grant, id int64, reason string) error
	UndoAdoption(ctx context.Context, grant policy.Grant, id int64) (back int64, err error)
}

// Coverage knows what data an organisation has, though not what it says.
type Coverage interface {
	DatasetsWithData(context.Context, measures.ODSCode) ([]postgres.Coverage, error)
}

// Charts answers questions about figures.
type Charts interface {
	Ask(context.Context, ...analysis.Question) ([]analysis.Answer, error)
}

// Foresight answers questions about figures, and says what would become of the
// answers.
type Foresight interface {
	Charts
	Difference(context.Context, analysis.Question, analysis.Preview) (analysis.Side, error)
}

// Choice is what somebody wants of a release for their organisation. Layers that it
// does not have are proposed.
type Choice struct {
	Digest plugins.Digest
	Stage  postgres.Stage
	Layers postgres.Layers
	First  measures.Date // the first period that counts as after; 0: as proposed
	Sends  bool          // evidence goes back
}

// Misfit is something in a choice that has to be put right.
type Misfit struct {
	Measure measures.MeasureID // empty where it is about the release as a whole
	Field   string             // dataset, baseline, target, first, note
	Message string
}

func (m *Misfit) Error() string { return m.Message }

// Live finds the adoption by which an organisation runs a plugin now.
func (a *Adopting) Live(ctx context.Context, at measures.ODSCode, plugin string) (*postgres.Adoption, error) {
	all, err := a.Store.Adoptions(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Organisation == at && all[i].Plugin == plugin {
			return &all[i], nil
		}
	}
	return nil, nil
}

// ask decides whether somebody may do something with a release at their own
// organisation, and records it. The grant opens no data.
func (a *Adopting) ask(ctx context.Context, actor policy.Actor, action policy.Action, release policy.Release) (policy.Grant, error) {
	request := policy.Request{ID: rand.Text()[:12], Now: a.Now().Unix(), Action: action, Actor: actor, Release: release,
		Change:   policy.Change{Kind: policy.ReleaseChange, Ref: release.Digest},
		Resource: policy.Resource{ODS: actor.ODS, Grain: "aggregate"}}
	decision, err := a.Policy.Decide(ctx, request)
	if err != nil {
		return policy.Grant{}, err
	}
	records, err := a.Ledger.RecordAll(ctx, []policy.Decision{decision})
	if err != nil {
		return policy.Grant{}, fmt.Errorf("record the decision about %s of %s at %s: %w", action, release.ID, actor.ODS, err)
	}
	return records[0].Grant()
}

// May says whether somebody could do something with a release at their own
// organisation. Nothing is done on the strength of it.
func (a *Adopting) May(ctx context.Context, actor policy.Actor, action policy.Action, release policy.Release) (bool, []policy.Reason) {
	decision, err := a.Policy.Decide(ctx, policy.Request{ID: rand.Text()[:12], Now: a.Now().Unix(), Action: action, Actor: actor, Release: release,
		Change:   policy.Change{Kind: policy.ReleaseChange, Ref: release.Digest},
		Resource: policy.Resource{ODS: actor.ODS, Grain: "aggregate"}})
	return err == nil && decision.Allow, decision.Reasons
}

// done records what became of an act that was decided on, and lets everything take
// notice of it.
func (a *Adopting) done(ctx context.Context, grant policy.Grant, digest plugins.Digest, err error) error {
	result := postgres.Result{Record: grant.Record(), Digest: string(digest)}
	if err != nil {
		result.Digest, result.Problem = "", "it could not be done"
	}
	recorded := a.Ledger.RecordResults(ctx, []postgres.Result{result})
	switch {
	case err != nil:
		return err
	case recorded != nil:
		return fmt.Errorf("record what became of %s: %w", grant.Record().Decision().Request.Action, recorded)
	}
	return a.Refresh(ctx)
}
