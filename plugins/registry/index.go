package registry

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/plugins"
)

const (
	indexType = "application/vnd.signalbox.index.v1+json"
	// maxIndexPayload is enough for some 50,000 releases.
	maxIndexPayload = 64 << 20 // bytes
)

// MaxIndex and MaxList are how many bytes an index of releases and a list of
// publishers may have as they travel, signed. Whoever fetches one reads no more.
const (
	MaxIndex = maxIndexPayload/3*4 + maxEnvelope
	MaxList  = maxList/3*4 + maxEnvelope
)

// DecodeIndex reads the envelope of an index, and believes nothing of it.
func DecodeIndex(text []byte) (Envelope, error) {
	return decodeEnvelope(text, "index of releases", MaxIndex)
}

// Index is what a hub is besides a registry: a signed list of the releases there
// are. It is one file, the same for everybody, so anybody may keep a copy and
// serve it.
type Index struct {
	Serial  int64     `json:"serial"` // grows with each index that is issued
	Issued  time.Time `json:"issued"`
	Expires time.Time `json:"expires"` // after which a node asks for a newer one, and says so
	// Publishers is the serial number of the list of publishers that the hub
	// checked the releases against.
	Publishers int64     `json:"publishers"`
	Releases   []Listing `json:"releases"` // in order of id and version
}

// Listing is one release in an index.
type Listing struct {
	ID        string         `json:"id"`
	Version   string         `json:"version"`
	Publisher string         `json:"publisher"`
	Title     string         `json:"title"`
	Problem   string         `json:"problem"` // which problem the first of its measures is about
	Areas     []string       `json:"areas"`
	Datasets  []string       `json:"datasets"` // what it computes from
	Contents  plugins.Digest `json:"contents"` // what a node pins and runs
	Artifact  plugins.Digest `json:"artifact"` // what it fetches
	Change    string         `json:"change"`   // what changed since the version before, in a sentence
	State     State          `json:"state"`
	// Until is the day on which a deprecated release ends; zero otherwise.
	Until time.Time `json:"until,omitzero"`
	// Reason says why a release is deprecated or withdrawn; empty otherwise.
	Reason string `json:"reason,omitempty"`
	// DerivedFrom names the measure of another plugin whose logic was changed, as
	// "plugin/measure"; empty where there is none.
	DerivedFrom string `json:"derived_from,omitempty"`
	// Said are evidence, questions, replies and faults, each signed by who says it, so
	// that whoever has the index need not take the hub's word for them.
	Said []Envelope `json:"said,omitempty"`
}

// State is where a release is in its life, as the hub tells it.
type State string

const (
	Published  State = "published"
	Deprecated State = "deprecated" // there is a better one; it ends on a day
	Withdrawn  State = "withdrawn"  // nobody should run it any more
)

// Seal signs an index.
func (x Index) Seal(key Key) (Envelope, error) {
	if err := x.check(); err != nil {
		return Envelope{}, err
	}
	text, err := json.Marshal(x)
	if err != nil {
		return Envelope{}, fmt.Errorf("index: %w", err)
	}
	return Seal(indexType, text, key), nil
}

// OpenIndex reads an index that the list's index keys have signed or, where it
// names none, the root keys. One that is older than the one that is known is
// refused, because whoever replays it hides a withdrawal. One that has expired is
// given with an error that matches ErrStale: what it withdraws holds, but nobody
// can say what has been withdrawn since.
func (r Root) OpenIndex(list *List, e Envelope, known int64, now time.Time) (*Index, error) {
	signers := r
	if list.Index != nil {
		signers = *list.Index
	}
	var x Index
	if err := signers.open(e, indexType, maxIndexPayload, &x); err != nil {
		return nil, fmt.Errorf("index of releases: %w", err)
	}
	switch {
	case list.Expired(now):
		return nil, fmt.Errorf("index of releases number %d: %w: the list of publishers, which says who signs it, expired %s; fetch a newer one",
			x.Serial, ErrStale, list.Expires.Format(time.RFC3339))
	case list.Serial < x.Publishers:
		return nil, fmt.Errorf("index of releases number %d: %w: it goes with list %d of publishers, and this is %d; fetch that first",
			x.Serial, ErrStale, x.Publishers, list.Serial)
	case x.Serial < known:
		return nil, fmt.Errorf("index of releases number %d: %w: number %d", x.Serial, ErrStale, known)
	case x.Issued.After(now.Add(clockSkew)):
		return nil, fmt.Errorf("index of releases issued %s: %w; look at the clock of this machine, which says %s",
			x.Issued.Format(time.RFC3339), ErrFuture, now.UTC().Format(time.RFC3339))
	}
	if err := x.check(); err != nil {
		return nil, err
	}
	if now.After(x.Expires.Add(clockSkew)) {
		return &x, fmt.Errorf("index of releases number %d: %w: it expired %s", x.Serial, ErrStale, x.Expires.Format(time.RFC3339))
	}
	return &x, nil
}

// IndexOf reads what an envelope says, for whoever issues the next index. It
// believes nothing: see Root.OpenIndex.
func IndexOf(e Envelope) (*Index, error) {
	if e.PayloadType != indexType {
		return nil, fmt.Errorf("index of releases: %w: it is a %q, and %q is wanted", ErrMalformed, e.PayloadType, indexType)
	}
	var x Index
	if err := strictly(e.Payload, &x); err != nil {
		return nil, fmt.Errorf("index of releases: %w", err)
	}
	return &x, x.check()
}

func (x *Index) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("index of releases number %d: %w: "+format, append([]any{x.Serial, ErrMalformed}, args...)...)
	}
	if x.Serial < 1 || x.Issued.IsZero() || !x.Expires.After(x.Issued) {
		return bad("a number from 1, a day of issue and a later day of expiry are wanted")
	}
	for i, l := range x.Releases {
		switch {
		case !isWord(l.ID) || !isWord(l.Version) || !isWord(l.Publisher) || !l.Contents.Valid() || !l.Artifact.Valid():
			return bad("release %d lacks an id, a version, a publisher or a digest", i+1)
		case l.State == Deprecated && (l.Until.IsZero() || l.Reason == ""):
			return bad("%s %s is deprecated without a day or a reason", l.ID, l.Version)
		case l.State == Withdrawn && l.Reason == "":
			return bad("%s %s is withdrawn without a reason", l.ID, l.Version)
		case l.State != Published && l.State != Deprecated && l.State != Withdrawn:
			return bad("%s %s is %q", l.ID, l.Version, l.State)
		case i > 0 && compareListings(x.Releases[i-1], l) >= 0:
			return bad("%s %s is out of order, or there twice", l.ID, l.Version)
		}
	}
	return nil
}

// Sort puts the releases in the order of an index.
func (x *Index) Sort() { slices.SortFunc(x.Releases, compareListings) }

func compareListings(a, b Listing) int {
	if order := strings.Compare(a.ID, b.ID); order != 0 {
		return order
	}
	return strings.Compare(a.Version, b.Version)
}

// Find gives a release by id and version.
func (x *Index) Find(id, version string) (Listing, bool) {
	i, found := slices.BinarySearchFunc(x.Releases, Listing{ID: id, Version: version}, compareListings)
	if !found {
		return Listing{}, false
	}
	return x.Releases[i], true
}
