package sharing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// Shelf is the releases of others that this installation has: it takes them in only
// when they are signed, sound and what they say they are, and it stands them ready
// where somebody runs them.
type Shelf struct {
	Store  *postgres.DB
	Policy analysis.Policy
	Ledger analysis.Ledger
	// List is whom this installation believes. A list that has expired comes with an
	// error that matches registry.ErrStale.
	List func(context.Context) (*registry.List, error)
	// Host is the sandbox that readers wait for.
	Host Host
	// Examine tries a release on a bench of its own, apart from the others.
	Examine func(context.Context, registry.Release) (Examined, error)
	// Pull fetches a release from the hub's registry by the digest of its artifact; nil
	// without a hub.
	Pull func(ctx context.Context, plugin string, artifact plugins.Digest) (registry.Release, error)
	// Refresh lets the charts and the policy take notice of what has come.
	Refresh func(context.Context) error
	Now     func() time.Time
	Log     *slog.Logger

	mu      sync.Mutex
	trusted map[plugins.Digest]trust
	warned  map[plugins.Digest]string
}

// Host runs modules; it is a *host.Host.
type Host interface {
	Install(ctx context.Context, module []byte) (plugins.Release, error)
	Release(plugins.Digest) (plugins.Release, error)
	Forget(plugins.Digest) error
}

// Look takes notice of the releases that are here now and of who runs them, whichever
// program brought or adopted them, and stands ready those that somebody runs. A
// release that cannot be stood ready keeps nobody from the others: its charts say so.
func (s *Shelf) Look(ctx context.Context) (analysis.Shared, error) {
	shared, err := s.Shared(ctx)
	if err != nil {
		return shared, err
	}
	states := map[plugins.Digest]postgres.Step{}
	for i := range shared.Releases {
		states[shared.Releases[i].Digest] = shared.Releases[i].State
	}
	running := map[plugins.Digest]bool{}
	for _, a := range shared.Adoptions {
		running[a.Digest] = true
	}
	for of, state := range states {
		if state == postgres.Withdrawn {
			s.putAway(of)
		} else if running[of] {
			s.warn(of, s.Ready(ctx, of))
		}
	}
	return shared, ctx.Err()
}

// Shared gives the releases that are here, where each is in its life and whether its
// signatures hold today, and the adoptions that run.
func (s *Shelf) Shared(ctx context.Context) (analysis.Shared, error) {
	kept, err := s.Store.KeptReleases(ctx)
	if err != nil {
		return analysis.Shared{}, err
	}
	shared := analysis.Shared{}
	if shared.Adoptions, err = s.Store.Adoptions(ctx); err != nil || len(kept) == 0 {
		return shared, err
	}
	states, err := s.states(ctx, kept)
	if err != nil {
		return shared, err
	}
	list, stale := s.List(ctx)
	if list == nil {
		s.warn("", stale)
	}
	for _, k := range kept {
		one := analysis.Kept{KeptRelease: k, State: states[k.Digest]}
		if list != nil {
			t, err := s.trust(ctx, list, &k)
			if err != nil {
				return shared, err
			}
			one.Verified = t.doubt == nil && stale == nil
			if t.revoked {
				one.State = postgres.Withdrawn
			}
		}
		shared.Releases = append(shared.Releases, one)
	}
	return shared, nil
}

// states tells where releases are in their life: by the steps that were taken here,
// and by what the hub says of them. Withdrawn is withdrawn, whoever says so.
func (s *Shelf) states(ctx context.Context, kept []postgres.KeptRelease) (map[plugins.Digest]postgres.Step, error) {
	digests := make([]plugins.Digest, len(kept))
	states := map[plugins.Digest]postgres.Step{}
	for i, k := range kept {
		digests[i] = k.Digest
		states[k.Digest] = postgres.Published // by whoever brought it to us
	}
	steps, err := s.Store.ReleaseSteps(ctx, digests...)
	if err != nil {
		return nil, err
	}
	for _, step := range steps {
		states[step.Digest] = step.Step
	}
	told, err := s.Store.ListedStates(ctx, digests...)
	if err != nil {
		return nil, err
	}
	for of, state := range told {
		switch {
		case state == registry.Withdrawn:
			states[of] = postgres.Withdrawn
		case state == registry.Deprecated && states[of] == postgres.Published:
			states[of] = postgres.Deprecated
		}
	}
	return states, nil
}

// Facts are what the policy is told of a release that is kept here.
func (s *Shelf) Facts(ctx context.Context, of plugins.Digest) (policy.Release, error) {
	kept, err := s.Store.KeptRelease(ctx, of)
	if err != nil {
		return policy.Release{}, err
	}
	steps, err := s.Store.ReleaseSteps(ctx, of)
	if err != nil {
		return policy.Release{}, err
	}
	states, err := s.states(ctx, []postgres.KeptRelease{kept})
	if err != nil {
		return policy.Release{}, err
	}
	standing := Standing{KeptRelease: kept, Steps: steps}
	standing.Behind, standing.Doubt = s.behind(ctx, kept.Release)
	facts := standing.Facts()
	if errors.Is(standing.Doubt, registry.ErrRevoked) {
		states[of] = postgres.Withdrawn
	}
	facts.State = policyStates[states[of]]
	return facts, nil
}

// policyStates are the steps as the policy calls what they lead to. What a checker has
// sent back is a draft again.
var policyStates = map[postgres.Step]policy.ReleaseState{postgres.Submitted: policy.ReleaseSubmitted, postgres.Checked: policy.ReleaseChecked,
	postgres.Refused: policy.ReleaseDraft, postgres.Published: policy.ReleasePublished, postgres.Deprecated: policy.ReleaseDeprecated,
	postgres.Withdrawn: policy.ReleaseWithdrawn}

// behind says whose signatures under a release hold today, and why they are not
// enough, if so.
func (s *Shelf) behind(ctx context.Context, release registry.Release) (registry.Verified, error) {
	list, stale := s.List(ctx)
	if list == nil {
		return registry.Verified{}, stale
	}
	so, lacks, err := behind(list, release, s.Now())
	doubt := errors.Join(err, lacks)
	if doubt != nil && revokedAmong(list, release) {
		doubt = fmt.Errorf("%w: %w", registry.ErrRevoked, doubt)
	}
	return so, errors.Join(doubt, stale)
}

// warn writes a problem into the log the first time that it is seen.
func (s *Shelf) warn(of plugins.Digest, problem error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if problem == nil {
		delete(s.warned, of)
		return
	}
	if s.warned == nil {
		s.warned = map[plugins.Digest]string{}
	}
	if s.warned[of] != problem.Error() {
		s.Log.Warn("a release of others is not ready", "plugin", of, "error", problem)
	}
	s.warned[of] = problem.Error()
}
