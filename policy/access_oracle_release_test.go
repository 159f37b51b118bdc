package policy

import (
	"math/rand/v2"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// misstep: what stands against a step in the life of a release, whoever takes it.
func (s statement) misstep() bool {
	r := s.r
	_, registered := s.data.Organisations[r.Resource.ODS]
	hands := append(slices.Clone(r.Release.Authors), r.Change.Author) // who wrote it or brought it here
	brought := r.Change.Kind == "release" && r.Change.Ref == r.Release.Digest && r.Release.Digest != ""
	in := func(states ...ReleaseState) bool { return slices.Contains(states, r.Release.State) }
	out := in("published", "deprecated")
	switch r.Action {
	case ReleasePilot, ReleaseAdopt, ReleaseLeave:
		if !registered || r.Resource.ODS == Everyone {
			return true
		}
	default:
		if r.Resource.ODS != "" {
			return true
		}
	}
	switch r.Action {
	case JobsManage, ReleasePush, ReleasePull:
		return false
	case ReleaseSubmit:
		return !(brought || r.Release.Digest != "" && r.Change.Kind == "") || !in("draft")
	case ReleaseTake: // only what is published, and signed
		return !(brought || r.Release.Digest != "" && r.Change.Kind == "") || !out || !r.Release.Verified
	case ReleaseCheck: // by a second person, once
		return !brought || !in("submitted", "checked") || slices.Contains(hands, r.Actor.ID) || slices.Contains(r.Change.Approvers, r.Actor.ID)
	case ReleasePublish: // once somebody else has checked it, enough have signed, and it is sound and cheap
		names := map[string]bool{}
		for _, signer := range r.Release.Signers {
			names[signer.Holder] = true
		}
		alone := len(r.Change.Approvers) == 0 || slices.ContainsFunc(r.Change.Approvers, func(who string) bool { return slices.Contains(hands, who) })
		return !brought || !in("checked") || alone || !r.Release.Verified || r.Release.Threshold < 1 || len(names) < r.Release.Threshold ||
			r.Release.Errors > 0 || r.Release.Cost.Milliseconds > 250 || r.Release.Cost.Mebibytes > 16
	case ReleaseDeprecate:
		return !brought || !out
	case ReleaseWithdraw:
		return !brought || !out && !in("submitted", "checked")
	case ReleasePilot:
		return !brought || !out || !r.Release.Verified
	case ReleaseAdopt: // of what somebody else has written
		return !brought || !out || !r.Release.Verified || slices.Contains(hands, r.Actor.ID)
	}
	return !brought // to leave is always open
}

var releaseSteps = []Action{ReleaseSubmit, ReleaseCheck, ReleasePublish, ReleasePublish, ReleaseDeprecate, ReleaseWithdraw,
	ReleasePush, ReleasePull, ReleaseTake, ReleasePilot, ReleaseAdopt, ReleaseLeave}

// anyRelease draws a release, mostly one in order, or none.
func anyRelease(random *rand.Rand) Release {
	seldom := func(n int) bool { return random.IntN(n) == 0 }
	if seldom(12) {
		return Release{}
	}
	return Release{ID: "pressure", Digest: pick(random, []string{"sha256:shared-0", "sha256:shared-1", "sha256:shared-2", "sha256:1", ""}),
		Authors: pick(random, [][]string{{"ben"}, {"dan"}, {"dan", "eli"}, {}}), Datasets: pick(random, [][]measures.DatasetID{{}, {"made_up"}, {"both", "ae"}}),
		Signers:   pick(random, [][]ReleaseSigner{{{"dan", "author"}, {"eve", "checker"}}, {{"dan", "author"}, {"eve", "checker"}}, {{"dan", "author"}, {"dan", "checker"}}, {}}),
		Threshold: pick(random, []int{0, 1, 2, 2}), Verified: !seldom(5), Errors: pick(random, []int{0, 0, 0, 2}), Advice: random.IntN(2),
		State: pick(random, []ReleaseState{"", "draft", "submitted", "checked", "checked", "published", "published", "deprecated", "withdrawn"}),
		Cost:  ReleaseCost{Milliseconds: pick(random, []int{0, 40, 250, 251}), Mebibytes: pick(random, []int{0, 16, 16, 17})}}
}
