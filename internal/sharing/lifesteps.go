package sharing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// standings puts releases and their steps together; those of releases that came from
// elsewhere are left out.
func standings(kept []postgres.KeptRelease, steps []postgres.ReleaseStep) []Standing {
	var list []Standing
	for _, k := range kept {
		s := Standing{KeptRelease: k}
		for _, step := range steps {
			if step.Digest == k.Digest {
				s.Steps = append(s.Steps, step)
			}
		}
		if len(s.Steps) > 0 {
			list = append(list, s)
		}
	}
	slices.SortStableFunc(list, func(a, b Standing) int { return b.Last().At.Compare(a.Last().At) })
	return list
}

// Verdict is what a second person says of a release.
type Verdict struct {
	Approves bool
	Note     string // what was looked at, or what has to be mended
	// Signed is the release with the checker's signature, as their own machine wrote it;
	// nil where they have signed before, or sign later. Keys never come here.
	Signed *registry.Release
}

// Check takes the verdict of a second person. Their signature may come with it.
func (l *Life) Check(ctx context.Context, actor policy.Actor, s *Standing, v Verdict) error {
	v.Note = strings.TrimSpace(v.Note)
	if v.Note == "" {
		return &Misfit{Field: "note", Message: "Write a sentence of your own: what you looked at, or what has to be mended"}
	}
	grant, err := l.Ask(ctx, actor, policy.ReleaseCheck, s)
	if err != nil {
		return err
	}
	step := postgres.ReleaseStep{Digest: s.Digest, Step: postgres.Refused, Note: v.Note}
	if v.Approves {
		step.Step = postgres.Checked
		err = l.countersigned(ctx, grant, s, v.Signed)
	}
	if err == nil {
		err = l.Store.StepRelease(ctx, grant, step)
	}
	return l.done(ctx, grant, s.Digest, err)
}

// countersigned keeps the signatures that a file adds to those of a release.
func (l *Life) countersigned(ctx context.Context, grant policy.Grant, s *Standing, signed *registry.Release) error {
	if signed == nil {
		return nil
	}
	if got := signed.Digest(); got != s.Digest {
		return &Misfit{Field: "release", Message: fmt.Sprintf("Sign the file from this page: the one that you chose is of %s %s with the contents %s, and this is %s",
			signed.Manifest.ID, signed.Manifest.Version, got.Short(), s.Digest.Short())}
	}
	list, err := l.List(ctx)
	if err != nil {
		return err
	}
	both := s.Release
	both.Signed = registry.Joined(slices.Concat(s.Signed, signed.Signed))
	so, _, err := behind(list, both, l.Now())
	switch {
	case err != nil:
		return err
	case len(so.Signers) <= len(s.Behind.Signers):
		return &Misfit{Field: "release", Message: "Sign the file first: no signature of anybody who signs for " + so.Publisher.Name +
			" has come to those that were there"}
	}
	return l.Store.SignRelease(ctx, grant, s.Digest, signed.Signed, so.Signers)
}

// Publish lets others have a release: it is pushed to the registry, and then the step
// is taken, from which the index is made. Whoever is stopped between the two may do it
// again; pushing a release that is there already changes nothing.
func (l *Life) Publish(ctx context.Context, actor policy.Actor, s *Standing) error {
	grant, err := l.Ask(ctx, actor, policy.ReleasePublish, s)
	if err != nil {
		return err
	}
	return l.done(ctx, grant, s.Digest, l.publish(ctx, grant, s))
}

func (l *Life) publish(ctx context.Context, grant policy.Grant, s *Standing) error {
	if s.Doubt != nil {
		return s.Doubt // whatever a policy may have said
	}
	artifact, err := l.Push(ctx, s.Release)
	if err != nil {
		return err
	}
	if artifact != s.Artifact {
		return fmt.Errorf("publish %s %s: %w: the registry has artifact %s, and it should be %s", s.Manifest.ID, s.Manifest.Version,
			registry.ErrReplaced, artifact.Short(), s.Artifact.Short())
	}
	return l.Store.StepRelease(ctx, grant, postgres.ReleaseStep{Digest: s.Digest, Step: postgres.Published, Note: s.Submission().Note})
}

// NoticeDays is how long a deprecated release lasts at the least: those who run it
// choose when to go to another, and need some time to. What cannot wait is withdrawn.
const NoticeDays = 30

// Deprecate says that there is a better release, and until when this one lasts.
func (l *Life) Deprecate(ctx context.Context, actor policy.Actor, s *Standing, until measures.Date, reason string) error {
	reason = strings.TrimSpace(reason)
	year, month, day := l.Now().UTC().Date()
	soonest := measures.DateOf(year, int(month), day) + NoticeDays
	switch {
	case until < soonest:
		return &Misfit{Field: "until", Message: fmt.Sprintf("Enter %s or a later day: those who run it need %d days. If it cannot wait, withdraw it", soonest.DayName(), NoticeDays)}
	case reason == "":
		return &Misfit{Field: "reason", Message: "Say why, and what to run in its place: everybody who runs it will read it"}
	}
	grant, err := l.Ask(ctx, actor, policy.ReleaseDeprecate, s)
	if err != nil {
		return err
	}
	return l.done(ctx, grant, s.Digest, l.Store.StepRelease(ctx, grant, postgres.ReleaseStep{Digest: s.Digest, Step: postgres.Deprecated, Until: until, Note: reason}))
}

// Withdraw says that nobody should run a release any more. Every installation stops
// at its next sync. It cannot be taken back: a mended version is another.
func (l *Life) Withdraw(ctx context.Context, actor policy.Actor, s *Standing, reason string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return &Misfit{Field: "reason", Message: "Say why: everybody who runs it will read it, and has to act"}
	}
	grant, err := l.Ask(ctx, actor, policy.ReleaseWithdraw, s)
	if err != nil {
		return err
	}
	return l.done(ctx, grant, s.Digest, l.Store.StepRelease(ctx, grant, postgres.ReleaseStep{Digest: s.Digest, Step: postgres.Withdrawn, Note: reason}))
}

// Untrusted reports whether an error says that a release, or a signature, is not to
// be believed, and its reader can do something about it.
func Untrusted(err error) bool {
	for _, reason := range []error{registry.ErrUnsigned, registry.ErrTooFew, registry.ErrStranger, registry.ErrRevoked, registry.ErrBadSignature,
		registry.ErrMisnamed, registry.ErrReplaced, registry.ErrStale, registry.ErrFuture} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}
