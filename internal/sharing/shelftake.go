package sharing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// Unsound is a release that was not taken, because of what its check has found.
type Unsound struct {
	ID, Version string
	Steps       []check.Step
}

func (u *Unsound) Error() string {
	for _, step := range u.Steps {
		for _, f := range step.Findings {
			if !f.Advice {
				return fmt.Sprintf("%s %s: %v: %s", u.ID, u.Version, ErrUnsound, f)
			}
		}
	}
	return fmt.Sprintf("%s %s: %v: its check did not come to an end", u.ID, u.Version, ErrUnsound)
}

func (u *Unsound) Unwrap() error { return ErrUnsound }

// Take brings a release here, to look at what it would show: verified against whom
// this installation believes, tried on a bench, kept, and stood ready. Whoever is
// stopped in between has either nothing or all of it. One that is here already only
// gains the signatures that it came with.
func (s *Shelf) Take(ctx context.Context, grant policy.Grant, release registry.Release, origin postgres.Origin) (postgres.KeptRelease, error) {
	none := postgres.KeptRelease{}
	fail := func(err error) (postgres.KeptRelease, error) {
		return none, fmt.Errorf("take %s %s: %w", release.Manifest.ID, release.Manifest.Version, err)
	}
	of := release.Digest()
	if err := grant.ForRelease(policy.ReleaseTake, string(of)); err != nil {
		return fail(fmt.Errorf("%w: %w", postgres.ErrOutOfScope, err))
	}
	so, err := s.believed(ctx, release)
	if err != nil {
		return fail(err)
	}
	if _, err := s.Store.KeptRelease(ctx, of); errors.Is(err, postgres.ErrNotFound) {
		found, err := s.Examine(ctx, release)
		if err != nil {
			return fail(err)
		}
		if !found.sound() {
			return none, &Unsound{release.Manifest.ID, release.Manifest.Version, found.Steps}
		}
	} else if err != nil {
		return fail(err)
	}
	artifact, err := release.Artifact(ctx)
	if err != nil {
		return fail(err)
	}
	kept := postgres.KeptRelease{Release: release, Digest: of, Artifact: artifact, Publisher: so.Publisher.ID, Signers: so.Signers,
		Issued: so.Statement.Release.Issued, Origin: origin}
	if err := s.Store.KeepRelease(ctx, grant, kept); err != nil {
		return none, err
	}
	if err := s.Ready(ctx, of); err != nil {
		return fail(err)
	}
	return s.Store.KeptRelease(ctx, of)
}

// believed verifies a release against a list that is in force, and against what the
// hub says of it.
func (s *Shelf) believed(ctx context.Context, release registry.Release) (registry.Verified, error) {
	list, err := s.List(ctx)
	if err != nil {
		return registry.Verified{}, err
	}
	so, err := list.Check(release, s.Now())
	if err != nil {
		return so, err
	}
	told, err := s.Store.ListedStates(ctx, release.Digest())
	if err == nil && told[release.Digest()] == registry.Withdrawn {
		err = postgres.ErrWithdrawn
	}
	return so, err
}

// Coming are the facts that the policy is told of a release that is not here yet.
func (s *Shelf) Coming(ctx context.Context, release registry.Release) (policy.Release, error) {
	facts := policy.Release{ID: release.Manifest.ID, Version: release.Manifest.Version, Digest: string(release.Digest()), State: policy.ReleasePublished}
	told, err := s.Store.ListedStates(ctx, release.Digest())
	if err != nil {
		return facts, err
	}
	switch told[release.Digest()] {
	case registry.Withdrawn:
		facts.State = policy.ReleaseWithdrawn
	case registry.Deprecated:
		facts.State = policy.ReleaseDeprecated
	}
	so, doubt := s.behind(ctx, release)
	facts.Verified, facts.Publisher, facts.Threshold = doubt == nil, so.Publisher.ID, so.Publisher.Threshold
	for _, signer := range so.Signers {
		facts.Signers = append(facts.Signers, policy.ReleaseSigner{Holder: signer.Holder, Role: signer.Role})
	}
	facts.Datasets = []measures.DatasetID{}
	for _, n := range needsOf(&release.Manifest) {
		facts.Datasets = append(facts.Datasets, n.Dataset)
	}
	return facts, nil
}

// MayTake says whether somebody could take a release that the hub lists, if it is
// signed as it should be, which nobody knows before it is fetched. Nothing is done on
// the strength of it.
func (s *Shelf) MayTake(ctx context.Context, actor policy.Actor, l registry.Listing) bool {
	datasets := []measures.DatasetID{}
	for _, id := range l.Datasets {
		datasets = append(datasets, measures.DatasetID(id))
	}
	decision, err := s.Policy.Decide(ctx, s.takes(actor, policy.Release{ID: l.ID, Version: l.Version, Digest: string(l.Contents), Publisher: l.Publisher,
		State: policy.ReleaseState(l.State), Verified: true, Datasets: datasets}))
	return err == nil && decision.Allow
}

// takes is the question whether somebody may take a release.
func (s *Shelf) takes(actor policy.Actor, release policy.Release) policy.Request {
	return policy.Request{ID: rand.Text()[:12], Now: s.Now().Unix(), Action: policy.ReleaseTake, Actor: actor, Release: release,
		Change: policy.Change{Kind: policy.ReleaseChange, Ref: release.Digest}, Resource: policy.Resource{Grain: "aggregate"}}
}

// Bring asks the policy whether somebody may take a release, records that, and takes
// it. A denial matches policy.ErrDenied; what was found wrong is an *Unsound.
func (s *Shelf) Bring(ctx context.Context, actor policy.Actor, release registry.Release, origin postgres.Origin) (postgres.KeptRelease, error) {
	none := postgres.KeptRelease{}
	// What nobody should believe is refused with its reason and not as a denial.
	if _, err := s.believed(ctx, release); err != nil {
		return none, fmt.Errorf("take %s %s: %w", release.Manifest.ID, release.Manifest.Version, err)
	}
	facts, err := s.Coming(ctx, release)
	if err != nil {
		return none, err
	}
	decision, err := s.Policy.Decide(ctx, s.takes(actor, facts))
	if err != nil {
		return none, err
	}
	records, err := s.Ledger.RecordAll(ctx, []policy.Decision{decision})
	if err != nil {
		return none, fmt.Errorf("record the decision about taking %s %s: %w", facts.ID, facts.Version, err)
	}
	grant, err := records[0].Grant()
	if err != nil {
		return none, err
	}
	kept, err := s.Take(ctx, grant, release, origin)
	result := postgres.Result{Record: grant.Record(), Digest: facts.Digest}
	if err != nil {
		result.Digest, result.Problem = "", "it could not be done"
	}
	if recorded := s.Ledger.RecordResults(context.WithoutCancel(ctx), []postgres.Result{result}); recorded != nil && err == nil {
		err = fmt.Errorf("record what became of taking %s %s: %w", facts.ID, facts.Version, recorded)
	}
	if err != nil {
		return none, err
	}
	return kept, s.Refresh(ctx)
}

// ErrNoRegistry says that there is nowhere to fetch releases from.
var ErrNoRegistry = errors.New("this installation has no hub to fetch releases from; bring the release in a file")

// FromHub fetches a release that the index lists and brings it here. What comes has
// to be what the index pins, whatever the registry says of it.
func (s *Shelf) FromHub(ctx context.Context, actor policy.Actor, l registry.Listing) (postgres.KeptRelease, error) {
	none := postgres.KeptRelease{}
	if s.Pull == nil {
		return none, ErrNoRegistry
	}
	release, err := s.Pull(ctx, l.ID, l.Artifact)
	if err != nil {
		return none, err
	}
	switch got := release.Digest(); {
	case got != l.Contents:
		return none, fmt.Errorf("take %s %s: %w: the index pins %s, and this is %s", l.ID, l.Version, registry.ErrReplaced, l.Contents.Short(), got.Short())
	case release.Manifest.ID != l.ID || release.Manifest.Version != l.Version:
		return none, fmt.Errorf("take %s %s: %w: its manifest says %s %s", l.ID, l.Version, registry.ErrMisnamed, release.Manifest.ID, release.Manifest.Version)
	}
	return s.Bring(ctx, actor, release, postgres.FromHub)
}
