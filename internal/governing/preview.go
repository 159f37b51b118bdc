package governing

import (
	"context"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

// Preview says what files would change that nobody has saved as a draft, for
// teams that write elsewhere. It is decided on and recorded as writing is, and
// keeps nothing: before it is proposed, a draft is looked at again.
func (p *Policies) Preview(ctx context.Context, actor policy.Actor, owner measures.ODSCode, files []policy.Module, days int) (candidate.Impact, error) {
	grant, err := p.Desk.Ask(ctx, actor, policy.PolicyWrite, owner, change(policy.FilesDigest(files), actor.ID))
	if err != nil {
		return candidate.Impact{}, err
	}
	now := p.Desk.Now()
	impact, err := func() (candidate.Impact, error) {
		var recorded []policy.Document
		for document, err := range p.Store.Documents(ctx, grant, owner, now.AddDate(0, 0, -days), maxReplayed) {
			if err != nil {
				return candidate.Impact{}, err
			}
			recorded = append(recorded, document)
		}
		slices.Reverse(recorded) // the newest last
		impact, err := p.Bench.Impact(ctx, p.question(owner, files, recorded, now))
		if err != nil {
			return impact, err
		}
		if err := p.countRows(ctx, grant, owner, impact.Changed); err != nil {
			return impact, err
		}
		return impact, p.countRows(ctx, grant, owner, impact.ChangedGenerated)
	}()
	return impact, p.done(ctx, grant, "", err)
}
