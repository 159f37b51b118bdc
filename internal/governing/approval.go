package governing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

// furthest is how long a policy may wait for its time after it was proposed: who
// approves should still be there when it begins.
const furthest = 366 * 24 * time.Hour

// notReady is an act that has to wait for another, in words for its reader.
func notReady(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNotReady, fmt.Sprintf(format, args...))
}

// Propose asks others to approve the newest version of a draft, to be live from
// notBefore; the zero time is as soon as two have approved.
func (p *Policies) Propose(ctx context.Context, actor policy.Actor, d *Dossier, notBefore time.Time) error {
	now := p.Desk.Now()
	switch {
	case d.Revision > 0:
		return notReady("this draft is revision %d already. Begin a new draft from it.", d.Revision)
	case d.Open():
		return notReady("it is proposed already.")
	case !d.Tested():
		return notReady("it has not passed its check. Mend what was found, and save it.")
	case !d.Reviewed():
		return notReady("nobody has looked at what this version would change of the live policy. Look at that first.")
	case !notBefore.IsZero() && notBefore.Before(now):
		return &Misfit{"from", "Choose a time that is still to come, or leave it empty: then it is live as soon as two have approved"}
	case notBefore.After(now.Add(furthest)):
		return &Misfit{"from", "Choose a time within a year"}
	}
	grant, err := p.Desk.Ask(ctx, actor, policy.PolicyWrite, d.Owner, change(d.Digest, d.authorFor(actor.ID)))
	if err != nil {
		return err
	}
	_, act, err := p.Store.SubmitPolicy(ctx, grant, postgres.PolicySubmission{Owner: d.Owner, Draft: d.Draft, Version: d.Version,
		Digest: d.Digest, Live: d.Live.Revision, NotBefore: notBefore, At: now, Name: actor.Name})
	return p.done(ctx, grant, act, err)
}

// Answer is what somebody says to a proposal, and to which: an approval is of the
// files that were on the page, and of nothing that came later.
type Answer struct {
	Approves bool
	Reason   string
	Digest   string
}

// Refused is a policy that two people have approved and that was not published,
// because the last check found something. The last good policy stays live.
type Refused struct{ Report candidate.Report }

func (r *Refused) Error() string {
	for _, f := range r.Report.Findings {
		if f.Severity == candidate.Fault {
			return fmt.Sprintf("the last check before publishing found a fault: %s:%d: %s", f.File, f.Line, f.Problem)
		}
	}
	return fmt.Sprintf("the last check before publishing failed: %d tests and %d rows", len(r.Report.Tests.Failures), len(r.Report.Wider))
}

// Judge says yes or no to a proposal. The second yes publishes it, after a last
// check of exactly these files; it gives the number of the revision then, and 0
// otherwise.
func (p *Policies) Judge(ctx context.Context, actor policy.Actor, d *Dossier, a Answer) (revision int, err error) {
	a.Reason = strings.TrimSpace(a.Reason)
	switch {
	case !d.Open():
		return 0, fmt.Errorf("draft %d of %s is not waiting for approval: %w", d.Draft, d.Owner, postgres.ErrChanged)
	case a.Digest != d.Proposal.Digest || a.Digest != d.Digest:
		return 0, fmt.Errorf("the page showed %s and the draft is %s: %w", a.Digest, d.Digest, postgres.ErrChanged)
	case a.Reason == "":
		return 0, &Misfit{"reason", "Write a sentence of your own: it stands in the record beside your name"}
	}
	grant, err := p.Desk.Ask(ctx, actor, policy.PolicyApprove, d.Owner, change(d.Digest, d.authorFor(actor.ID), d.approvers()...))
	if err != nil {
		return 0, err
	}
	verdict := postgres.PolicyVerdict{Name: actor.Name, At: p.Desk.Now(), Approves: a.Approves, Reason: a.Reason, Digest: a.Digest}
	act := ""
	var publish *postgres.PolicyPointer
	if a.Approves {
		publish, err = p.mayPublish(ctx, d, verdict.At)
	}
	if err == nil {
		revision, act, err = p.Store.JudgePolicy(ctx, grant, *d.Proposal, verdict, publish)
	}
	if err = p.done(ctx, grant, act, err); err != nil || revision == 0 {
		return 0, err
	}
	p.Log.Info("policy published", "organisation", d.Owner, "revision", revision, "digest", d.Digest, "from", publish.Effective)
	return revision, p.Refresh(ctx)
}

// mayPublish looks, at a yes, whether this could be published; at the second it
// says from when. What stands against it is said at the first already.
func (p *Policies) mayPublish(ctx context.Context, d *Dossier, now time.Time) (*postgres.PolicyPointer, error) {
	if d.Stale() {
		return nil, notReady("the live policy has changed since this was proposed, so it would change something else than you were shown. Send it back; its author can look again and propose it anew.")
	}
	if len(d.approvers())+1 < Approvals {
		return nil, nil
	}
	report, err := p.Bench.Check(ctx, d.Owner, d.Files)
	switch {
	case err != nil:
		return nil, fmt.Errorf("check draft %d of %s before publishing: %w", d.Draft, d.Owner, err)
	case !report.Sound():
		return nil, &Refused{report}
	}
	if err := p.compilesWith(ctx, d.Owner, d.Files); err != nil {
		return nil, err
	}
	effective := p.Desk.Now() // the check has taken its time
	if d.Proposal.NotBefore.After(effective) {
		effective = d.Proposal.NotBefore
	}
	coming, err := p.coming(ctx, d.Owner, now)
	if err != nil {
		return nil, err
	}
	for _, c := range coming {
		if c.Effective.After(effective) {
			return nil, notReady("revision %d is to be live from %s and would take the place of this one. Roll it back first, or propose this from a later time.",
				c.Revision, c.Effective.Format("2 January 2006, 15:04"))
		}
	}
	return &postgres.PolicyPointer{Effective: effective, Reason: d.Title}, nil
}

// compilesWith tries files together with the policies of all others.
func (p *Policies) compilesWith(ctx context.Context, owner measures.ODSCode, files []policy.Module) error {
	trusts := map[measures.ODSCode][]policy.Module{}
	if live := p.inForce.Load(); live != nil {
		maps.Copy(trusts, live.trusts)
	}
	if trusts[owner] = files; files == nil {
		delete(trusts, owner)
	}
	return compiles(ctx, trusts)
}

// coming lists what is set to become live after now and was not taken back.
func (p *Policies) coming(ctx context.Context, owner measures.ODSCode, now time.Time) ([]postgres.PolicyPointer, error) {
	pointers, err := p.Store.PolicyPointers(ctx, owner)
	if err != nil {
		return nil, err
	}
	var list []postgres.PolicyPointer
	for _, pointer := range pointers { // the newest first
		if pointer.Rollback {
			break
		}
		if pointer.Effective.After(now) {
			list = append(list, pointer)
		}
	}
	return list, nil
}

// RollBack makes a revision live again that has been live before; 0 is the
// national baseline alone. Whatever was to come is taken back with it.
func (p *Policies) RollBack(ctx context.Context, actor policy.Actor, owner measures.ODSCode, revision int, reason string) error {
	now := p.Desk.Now()
	digest, files, err := p.earlier(ctx, owner, revision, now)
	if err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		reason = "No reason was given."
	}
	grant, err := p.Desk.Ask(ctx, actor, policy.PolicyRollback, owner, change(digest, ""))
	if err != nil {
		return err
	}
	act := ""
	if err = p.compilesWith(ctx, owner, files); errors.Is(err, policy.ErrBadPolicy) {
		err = notReady("revision %d does not compile with this version of the program, so it cannot be made live: %v", revision, err)
	}
	if err == nil {
		act, err = p.Store.RollBackPolicy(ctx, grant, postgres.PolicyPointer{Owner: owner, Revision: revision, Effective: now, At: now,
			By: actor.ID, Name: actor.Name, Reason: reason}, digest)
	}
	if err = p.done(ctx, grant, act, err); err != nil {
		return err
	}
	p.Log.Info("policy rolled back", "organisation", owner, "to", revision)
	return p.Refresh(ctx)
}

// noPolicy names the national baseline alone where a digest is asked for.
const noPolicy = "baseline"

// earlier finds a revision that has been live before now.
func (p *Policies) earlier(ctx context.Context, owner measures.ODSCode, revision int, now time.Time) (digest string, files []policy.Module, err error) {
	pointers, err := p.Store.PolicyPointers(ctx, owner)
	if err != nil {
		return "", nil, err
	}
	if revision == 0 && len(pointers) > 0 {
		return noPolicy, nil, nil
	}
	for _, pointer := range pointers {
		if pointer.Revision == revision && !pointer.Effective.After(now) {
			r, err := p.Store.PolicyRevision(ctx, owner, revision)
			if err == nil && policy.FilesDigest(r.Files) != r.Digest {
				err = notReady("the files of revision %d in the database are not those that were approved.", revision)
			}
			return r.Digest, r.Files, err
		}
	}
	return "", nil, fmt.Errorf("revision %d of the policy of %s has never been live: %w", revision, owner, postgres.ErrNotFound)
}
