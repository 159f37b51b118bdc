package sharing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// Life is how a release comes to others: brought with its author's signature,
// checked by a second person, published, and one day deprecated or withdrawn. Each
// step is asked of the policy and recorded before it is taken.
type Life struct {
	Policy analysis.Policy
	Ledger analysis.Ledger
	Store  *postgres.DB
	// List is whom this installation believes; one that has expired comes with an error.
	List func(context.Context) (*registry.List, error)
	// Push brings a release to the registry from which others fetch it.
	Push func(context.Context, registry.Release) (plugins.Digest, error)
	// Refresh lets the charts and the policy take notice of a step.
	Refresh func(context.Context) error
	Now     func() time.Time
}

// ErrUnsound says that the check of a release has found faults, so it was not kept.
var ErrUnsound = errors.New("the check found something that has to be mended")

// Examined is what the check of a release has found.
type Examined struct {
	Steps []check.Step
	Cost  policy.ReleaseCost
}

// sound reports whether nothing was found but advice.
func (e *Examined) sound() bool {
	for i := range e.Steps {
		if !e.Steps[i].Sound() {
			return false
		}
	}
	return len(e.Steps) > 0
}

// Submit brings a signed release, to have it checked by a second person. It is
// examined once the policy has said yes, and kept only if nothing has to be mended: a
// version never changes, and one that was kept with a fault would be lost to its
// author. The note says what is new.
func (l *Life) Submit(ctx context.Context, actor policy.Actor, release registry.Release, note string,
	examine func(context.Context, registry.Release) (Examined, error)) (*Standing, error) {
	note = strings.TrimSpace(note)
	if note == "" {
		return nil, &Misfit{Field: "note", Message: "Say in a sentence what is new: those who run the version before will read it"}
	}
	s, err := l.brought(ctx, actor, release)
	if err != nil {
		return nil, err
	}
	grant, err := l.Ask(ctx, actor, policy.ReleaseSubmit, s)
	if err != nil {
		return nil, err
	}
	found, err := examine(ctx, release)
	if err == nil && !found.sound() {
		err = fmt.Errorf("%s %s: %w", release.Manifest.ID, release.Manifest.Version, ErrUnsound)
	}
	if err == nil {
		err = l.Store.KeepRelease(ctx, grant, s.KeptRelease)
	}
	if err == nil {
		err = l.Store.StepRelease(ctx, grant, postgres.ReleaseStep{Digest: s.Digest, Step: postgres.Submitted, Note: note, Found: found.Steps, Cost: found.Cost})
	}
	if err = l.done(ctx, grant, s.Digest, err); err != nil {
		return nil, err
	}
	return l.Standing(ctx, s.Digest)
}

// brought is a release as it comes, or as it is known if it was here before.
func (l *Life) brought(ctx context.Context, actor policy.Actor, release registry.Release) (*Standing, error) {
	list, err := l.List(ctx)
	if err != nil {
		return nil, err
	}
	so, lacks, err := behind(list, release, l.Now())
	if err != nil {
		return nil, err
	}
	known, err := l.Standing(ctx, release.Digest())
	if err == nil {
		known.Contents, known.SBOM, known.Signed, known.Signers = release.Contents, release.SBOM, release.Signed, so.Signers
		known.Behind, known.Doubt = so, lacks
		return known, nil
	}
	if !errors.Is(err, postgres.ErrNotFound) {
		return nil, err
	}
	artifact, err := release.Artifact(ctx)
	return &Standing{Behind: so, Doubt: lacks, KeptRelease: postgres.KeptRelease{Release: release, Digest: release.Digest(), Artifact: artifact,
		Publisher: so.Publisher.ID, Signers: so.Signers, Issued: so.Statement.Release.Issued, Origin: postgres.MadeHere, By: actor.ID}}, err
}

// Standing reads a release that is kept here, with its contents, and holds its
// signatures against whom this installation believes today.
func (l *Life) Standing(ctx context.Context, of plugins.Digest) (*Standing, error) {
	kept, err := l.Store.KeptRelease(ctx, of)
	if err != nil {
		return nil, err
	}
	s := &Standing{KeptRelease: kept}
	if s.Steps, err = l.Store.ReleaseSteps(ctx, of); err != nil {
		return nil, err
	}
	// What was published has to be withdrawn even where nobody can say any more whom to
	// believe, so that a doubt is no error here.
	list, err := l.List(ctx)
	if list == nil {
		s.Doubt = err
		return s, nil
	}
	so, lacks, refused := behind(list, kept.Release, l.Now())
	s.Behind = so
	for _, s.Doubt = range []error{refused, err, lacks} {
		if s.Doubt != nil {
			break
		}
	}
	return s, nil
}

// Find reads the release that a plugin and a version name.
func (l *Life) Find(ctx context.Context, plugin, version string) (*Standing, error) {
	all, err := l.Store.KeptReleases(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		if k.Manifest.ID == plugin && k.Manifest.Version == version {
			return l.Standing(ctx, k.Digest)
		}
	}
	return nil, fmt.Errorf("release %s %s: %w", plugin, version, postgres.ErrNotFound)
}

// All lists the releases that were brought here, those of which something happened
// last first. They come without their contents, and nobody's signature was checked.
func (l *Life) All(ctx context.Context) ([]Standing, error) {
	kept, err := l.Store.KeptReleases(ctx)
	if err != nil {
		return nil, err
	}
	steps, err := l.Store.ReleaseSteps(ctx)
	if err != nil {
		return nil, err
	}
	return standings(kept, steps), nil
}

// Ask decides whether somebody may take a step with a release, and records it. A denial
// is an error that matches policy.ErrDenied.
func (l *Life) Ask(ctx context.Context, actor policy.Actor, action policy.Action, s *Standing) (policy.Grant, error) {
	decision, err := l.Policy.Decide(ctx, l.request(actor, action, s))
	if err != nil {
		return policy.Grant{}, err
	}
	records, err := l.Ledger.RecordAll(ctx, []policy.Decision{decision})
	if err != nil {
		return policy.Grant{}, fmt.Errorf("record the decision about %s of %s %s: %w", action, s.Manifest.ID, s.Manifest.Version, err)
	}
	return records[0].Grant()
}

func (l *Life) request(actor policy.Actor, action policy.Action, s *Standing) policy.Request {
	change := policy.Change{Kind: policy.ReleaseChange, Ref: string(s.Digest), Author: s.Submission().By, Approvers: s.Checkers()}
	if change.Author == "" {
		change.Author = s.By
	}
	return policy.Request{ID: rand.Text()[:12], Now: l.Now().Unix(), Action: action, Actor: actor, Change: change, Release: s.Facts(),
		Resource: policy.Resource{Grain: "aggregate"}}
}

// May says whether a page should offer a step, and what stands against it. Nothing is
// done on the strength of it: whoever takes the offer is decided about then.
func (l *Life) May(ctx context.Context, actor policy.Actor, action policy.Action, s *Standing) (bool, []policy.Reason) {
	decision, err := l.Policy.Decide(ctx, l.request(actor, action, s))
	return err == nil && decision.Allow, decision.Reasons
}

// done records what became of a step that was decided on, and lets everything take
// notice of it.
func (l *Life) done(ctx context.Context, grant policy.Grant, digest plugins.Digest, err error) error {
	result := postgres.Result{Record: grant.Record(), Digest: string(digest)}
	if err != nil {
		result.Digest, result.Problem = "", "it could not be done"
	}
	recorded := l.Ledger.RecordResults(context.WithoutCancel(ctx), []postgres.Result{result})
	switch {
	case err != nil:
		return err
	case recorded != nil:
		return fmt.Errorf("record what became of %s: %w", grant.Record().Decision().Request.Action, recorded)
	}
	return l.Refresh(ctx)
}
