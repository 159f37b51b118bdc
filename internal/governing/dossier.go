package governing

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

// Dossier is all that is known of one draft, by its newest version.
type Dossier struct {
	postgres.PolicyVersion
	Versions  []postgres.PolicyVersion // the newest first
	Report    *candidate.Report        // nil: not checked yet
	CheckedAt time.Time
	Impact    *postgres.PolicyImpact // nil: nobody has looked yet
	// Proposal is that of this version; nil where there is none.
	Proposal *postgres.PolicySubmission
	// Earlier are proposals of earlier versions, the newest first: what was said to
	// them is void.
	Earlier  []postgres.PolicySubmission
	Revision int                     // that it has become; 0: none
	Live     postgres.PolicyRevision // what decides now; revision 0 is the baseline alone
	Closed   string                  // why the organisation's data is shown to nobody, if so
	Shadow   *Shadow                 // nil: it has not run in shadow
}

// Authors are those who have saved a version, the first first. None of them
// approves.
func (d *Dossier) Authors() (ids []string) {
	for _, v := range slices.Backward(d.Versions) {
		if !slices.Contains(ids, v.By) {
			ids = append(ids, v.By)
		}
	}
	return ids
}

// Tested reports whether the newest version has passed its check.
func (d *Dossier) Tested() bool { return d.Report != nil && d.Report.Sound() }

// Reviewed reports whether somebody has seen what the newest version would change
// of the policy that is live now.
func (d *Dossier) Reviewed() bool { return d.Impact != nil && d.Impact.Live == d.Live.Revision }

// Open reports whether the newest version waits for people to say yes or no.
func (d *Dossier) Open() bool { return d.Proposal != nil && !d.Proposal.SentBack() && d.Revision == 0 }

// Stale reports whether the live policy is another than when this was proposed, so
// that what approvers were shown is not what would happen.
func (d *Dossier) Stale() bool { return d.Open() && d.Proposal.Live != d.Live.Revision }

// authorFor is who the policy is told has written the draft: the reader, if they
// have had any hand in it, because nobody approves their own work.
func (d *Dossier) authorFor(id string) string {
	authors := d.Authors()
	if slices.Contains(authors, id) {
		return id
	}
	return authors[0]
}

// approvers are those who have said yes to the proposal.
func (d *Dossier) approvers() []string {
	ids := []string{}
	if d.Proposal != nil {
		for _, v := range d.Proposal.Verdicts {
			if v.Approves {
				ids = append(ids, v.By)
			}
		}
	}
	return ids
}

// Dossier gathers what is known of a draft.
func (p *Policies) Dossier(ctx context.Context, owner measures.ODSCode, draft int) (*Dossier, error) {
	versions, err := p.Store.PolicyVersions(ctx, owner, draft)
	if err != nil {
		return nil, err
	}
	d := &Dossier{PolicyVersion: versions[0], Versions: versions}
	d.Live, d.Closed = p.InForce(owner)
	report, at, err := p.Store.PolicyCheck(ctx, d.PolicyVersion)
	switch {
	case err == nil:
		d.Report, d.CheckedAt = &report, at
	case !errors.Is(err, postgres.ErrNotFound):
		return nil, err
	}
	impact, err := p.Store.PolicyImpact(ctx, d.PolicyVersion)
	switch {
	case err == nil:
		d.Impact = &impact
	case !errors.Is(err, postgres.ErrNotFound):
		return nil, err
	}
	if err := p.proposals(ctx, d); err != nil {
		return nil, err
	}
	d.Shadow, err = p.shadow(ctx, d.PolicyVersion)
	return d, err
}

func (p *Policies) proposals(ctx context.Context, d *Dossier) error {
	proposed, err := p.Store.PolicySubmissions(ctx, d.Owner, d.Draft)
	if err != nil {
		return err
	}
	for i, s := range proposed {
		if i == 0 && s.Version == d.Version {
			d.Proposal = &proposed[i]
		} else {
			d.Earlier = append(d.Earlier, s)
		}
	}
	revisions, err := p.Store.PolicyRevisions(ctx, d.Owner)
	for _, r := range revisions {
		if d.Proposal != nil && r.Submission == d.Proposal.Submission {
			d.Revision = r.Revision
		}
	}
	return err
}

// Drafts lists the newest version of each draft, the newest draft first.
func (p *Policies) Drafts(ctx context.Context, owner measures.ODSCode) ([]*Dossier, error) {
	newest, err := p.Store.PolicyVersions(ctx, owner, 0)
	if err != nil {
		return nil, err
	}
	var list []*Dossier
	for _, v := range newest {
		d, err := p.Dossier(ctx, owner, v.Draft)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}
