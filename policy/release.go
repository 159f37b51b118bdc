package policy

import (
	"fmt"

	"github.com/signalbox-health/signalbox/measures"
)

// ReleaseChange is the Kind of a Change that is about a release. Its Ref is the
// release's digest, its Author the account that submitted it here (empty where it
// was not submitted here), and its Approvers the accounts that have checked it.
const ReleaseChange = "release"

// Release is what the policy is told of a release that a request is about. Its zero
// value is none.
type Release struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Digest  string `json:"digest"` // of its contents
	// Publisher is its id in the list of publishers.
	Publisher string `json:"publisher"`
	// Authors are accounts of this installation, as Actor.ID names them.
	Authors []string        `json:"authors"`
	Signers []ReleaseSigner `json:"signers"`
	// Threshold is how many people have to sign for the publisher, from 1; 0 where the
	// publisher is not in the list.
	Threshold int `json:"threshold"`
	// Verified says that the signatures hold against the list of publishers today.
	Verified bool         `json:"verified"`
	State    ReleaseState `json:"state"`
	// Datasets are those that it would read, under the names that the organisation
	// asked about gives them.
	Datasets []measures.DatasetID `json:"datasets"`
	// Errors and Advice count what the check of the module has found.
	Errors int         `json:"errors"`
	Advice int         `json:"advice"`
	Cost   ReleaseCost `json:"cost"`
}

// ReleaseSigner is somebody whose signature under a release holds.
type ReleaseSigner struct {
	Holder string `json:"holder"`
	Role   string `json:"role"` // author, checker
}

// ReleaseCost is what one call of the module took at its check, at the most.
type ReleaseCost struct {
	Milliseconds int `json:"milliseconds"`
	Mebibytes    int `json:"mebibytes"`
}

// ReleaseState is where a release is in its life.
type ReleaseState string

const (
	ReleaseDraft      ReleaseState = "draft"
	ReleaseSubmitted  ReleaseState = "submitted"
	ReleaseChecked    ReleaseState = "checked"
	ReleasePublished  ReleaseState = "published"
	ReleaseDeprecated ReleaseState = "deprecated"
	ReleaseWithdrawn  ReleaseState = "withdrawn"
)

// none reports whether a request is about no release.
func (r Release) none() bool { return r.ID == "" && r.Digest == "" }

// ForRelease reports what is wrong, if anything, with a grant as the key to a step in
// the life of a release: it must have been given for that action and that digest,
// and at no organisation. For is the one for a step at an organisation, with
// ReleaseChange and the digest.
func (g Grant) ForRelease(action Action, digest string) error {
	r := g.record.decision.Request
	switch {
	case !g.Valid():
		return fmt.Errorf("%s of release %q: the grant is empty", action, digest)
	case !action.AboutRelease(), action.AboutAdoption():
		return fmt.Errorf("%s of release %q: it is no step that a release takes by itself", action, digest)
	case r.Action != action, r.Release.Digest != digest, r.Resource.ODS != "":
		return fmt.Errorf("%s of release %q: the grant is for %s of release %q", action, digest, r.Action, r.Release.Digest)
	}
	return nil
}

// AdopterFacts is what governance knows of a release at an organisation that runs it.
type AdopterFacts struct {
	Stage string `json:"stage"` // pilot, adopted
	// Datasets are those that it reads there, under the organisation's own names; nil
	// means those of the manifest.
	Datasets []measures.DatasetID `json:"datasets"`
}

// PreviewApproval is the Approval of a Plugin that an organisation looks at before it
// adopts it, on its own figures.
const PreviewApproval = "preview"

// filled gives a release without null lists.
func (r Release) filled() Release {
	r.Authors, r.Signers, r.Datasets = filled(r.Authors), filled(r.Signers), filled(r.Datasets)
	return r
}
