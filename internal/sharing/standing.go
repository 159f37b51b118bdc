package sharing

import (
	"errors"
	"slices"
	"time"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// Standing is a release that was made here: how far it has come, and who stands
// behind it today.
type Standing struct {
	postgres.KeptRelease
	Steps  []postgres.ReleaseStep // in the order in which they were taken
	Behind registry.Verified      // whose signatures hold; of nobody where Doubt says why
	Doubt  error                  // why it cannot be believed, or not yet; nil if it can
}

// Last is the step that was taken last; its zero value where none was.
func (s *Standing) Last() postgres.ReleaseStep {
	if len(s.Steps) == 0 {
		return postgres.ReleaseStep{}
	}
	return s.Steps[len(s.Steps)-1]
}

// Submission is the step by which it was last brought.
func (s *Standing) Submission() postgres.ReleaseStep {
	if round := s.round(); len(round) > 0 {
		return round[0]
	}
	return postgres.ReleaseStep{}
}

// round are the steps since it was last submitted: whoever checked what was refused
// since has to look again.
func (s *Standing) round() []postgres.ReleaseStep {
	for i := len(s.Steps) - 1; i >= 0; i-- {
		if s.Steps[i].Step == postgres.Submitted {
			return s.Steps[i:]
		}
	}
	return nil
}

// Checkers are the accounts that have said yes since it was last submitted.
func (s *Standing) Checkers() []string {
	var list []string
	for _, step := range s.round() {
		if step.Step == postgres.Checked {
			list = append(list, step.By)
		}
	}
	return list
}

// Authors are the accounts that have brought it. One that was made elsewhere has
// none here: whoever took it in has written nothing of it.
func (s *Standing) Authors() []string {
	list := []string{}
	if s.Origin == postgres.MadeHere {
		list = append(list, s.By)
	}
	for _, step := range s.Steps {
		if step.Step == postgres.Submitted && !slices.Contains(list, step.By) {
			list = append(list, step.By)
		}
	}
	return list
}

// State is where it is in its life. One that a checker has sent back is a draft again.
func (s *Standing) State() policy.ReleaseState {
	if state, known := policyStates[s.Last().Step]; known {
		return state
	}
	return policy.ReleaseDraft // nobody has brought it yet
}

// Facts are what the policy is told of it.
func (s *Standing) Facts() policy.Release {
	submission := s.Submission()
	facts := policy.Release{ID: s.Manifest.ID, Version: s.Manifest.Version, Digest: string(s.Digest), Publisher: s.Publisher, Authors: s.Authors(),
		Threshold: s.Behind.Publisher.Threshold, Verified: s.Doubt == nil, State: s.State(), Cost: submission.Cost}
	for _, signer := range s.Behind.Signers {
		facts.Signers = append(facts.Signers, policy.ReleaseSigner{Holder: signer.Holder, Role: signer.Role})
	}
	for _, need := range needsOf(&s.Manifest) {
		facts.Datasets = append(facts.Datasets, need.Dataset)
	}
	for i := range submission.Found {
		for _, f := range submission.Found[i].Findings {
			if f.Advice {
				facts.Advice++
			} else {
				facts.Errors++
			}
		}
	}
	return facts
}

// Signatures is how many people have signed, and how many of the publisher's must.
func (s *Standing) Signatures() (have, want int) {
	return len(s.Behind.Signers), s.Behind.Publisher.Threshold
}

// Ends is the day until which a deprecated release lasts; 0 for all others.
func (s *Standing) Ends() measures.Date {
	if last := s.Last(); last.Step == postgres.Deprecated {
		return last.Until
	}
	return 0
}

// behind says who has signed a release so far, and what it still lacks before it can
// be believed. An error is a release that nobody should look at.
func behind(list *registry.List, release registry.Release, now time.Time) (so registry.Verified, lacks, err error) {
	so, err = list.Check(release, now)
	if !errors.Is(err, registry.ErrTooFew) {
		return so, nil, err
	}
	lacks = err
	// Everything else about it is to be right already, as if one name were enough.
	one := *list
	one.Publishers = slices.Clone(list.Publishers)
	for i := range one.Publishers {
		one.Publishers[i].Threshold = 1
	}
	if so, err = one.Check(release, now); err != nil {
		return so, nil, err
	}
	if p, known := list.Publisher(so.Publisher.ID); known {
		so.Publisher = *p
	}
	return so, lacks, nil
}
