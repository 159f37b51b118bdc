package postgres

import (
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

// KeptRelease is a release that this installation has, and who stood behind it
// when it came.
type KeptRelease struct {
	registry.Release // the contents only where one release is read
	Digest           plugins.Digest
	Artifact         plugins.Digest
	Publisher        string // as the list of publishers names it
	Signers          []registry.Signer
	Issued           time.Time
	Origin           Origin
	At               time.Time
	By               string
}

// Origin is how a release came.
type Origin string

const (
	FromHub    Origin = "hub"
	FromBundle Origin = "bundle"
	MadeHere   Origin = "here"
)

// ReleaseStep is one step in the life of a release that was made here.
type ReleaseStep struct {
	Digest plugins.Digest
	Step   Step
	At     time.Time
	By     string
	Note   string        // what changed, what was found, why
	Until  measures.Date // of a deprecation; 0 otherwise
	Found  []check.Step  // of the check
	// Cost is what one answer took at the check, at the most.
	Cost   policy.ReleaseCost
	Record int64
}

// Step is where a release is in its life.
type Step string

const (
	Submitted  Step = "submitted"
	Checked    Step = "checked"
	Refused    Step = "refused"
	Published  Step = "published"
	Deprecated Step = "deprecated"
	Withdrawn  Step = "withdrawn"
)

// Adoption is a release that runs on the figures of one organisation, pinned by
// its digest, with what the organisation has laid over it.
type Adoption struct {
	ID           int64
	Organisation measures.ODSCode
	Plugin       string
	Digest       plugins.Digest
	Stage        Stage
	Layers       Layers
	First        measures.Date // the first period that counts as after
	Sends        bool          // evidence is sent back
	At           time.Time
	By           string
	Record       int64
	Replaces     int64 // the adoption before, of the same plugin; 0: none
	// Ended is when it ended; zero while it runs.
	Ended   time.Time
	EndedBy string
	Reason  string
}

// Stage is how far an organisation has gone with a release.
type Stage string

const (
	Pilot   Stage = "pilot"
	Adopted Stage = "adopted"
)

// Layers are what an organisation lays over the definitions of a release, which
// themselves are locked: anything that would change what is counted is a new
// measure.
type Layers struct {
	// Datasets says under which name the organisation keeps what the release asks
	// for; what is not named has the same name.
	Datasets map[measures.DatasetID]measures.DatasetID `json:"datasets,omitempty"`
	Measures map[measures.MeasureID]Layer              `json:"measures,omitempty"`
}

// Layer is what is laid over one measure.
type Layer struct {
	Targets []measures.Target `json:"targets,omitzero"` // in the place of the release's own; nil: those
	// Baseline is locked at adoption: limits are made of the points in it.
	Baseline *Baseline `json:"baseline,omitempty"`
	// Stratifiers that are shown; nil: those of the release.
	Stratifiers []string `json:"stratifiers,omitzero"`
	Note        string   `json:"note,omitempty"` // what readers here should know
}

// Baseline is the stretch of periods, both ends included, that an adopter compares
// with, and how many measured points it had when it was locked.
type Baseline struct {
	From   measures.Date `json:"from"`
	To     measures.Date `json:"to"`
	Points int           `json:"points"`
}

// HubState is what this installation knows of its hub.
type HubState struct {
	List        *registry.Envelope // as signed; nil before the first
	ListSerial  int64
	IndexSerial int64
	Expires     time.Time // of the index
	Synced      time.Time // when an index was last believed; zero: never
	Tried       time.Time
	Problem     string // why the last try failed; empty if it did not
}

// ListingQuery asks the catalogue of what others have published.
type ListingQuery struct {
	Words     string // of problem, title, id, publisher
	Area      string
	Publisher string
	Dataset   measures.DatasetID
	Evidence  registry.Result      // only those with such evidence; empty: all
	Own       []measures.DatasetID // what the reader's organisation has: releases that run on it come first
	Limit     int
	Offset    int
}

// FoundListing is a listing, and what the catalogue knows of it.
type FoundListing struct {
	registry.Listing
	Runs                         bool // on data that the reader's organisation has
	Improved, Unchanged, Concern int  // organisations with evidence
}

// Saying is something signed that goes to the hub: evidence, a question, a reply,
// faults.
type Saying struct {
	ID           int64
	Organisation measures.ODSCode
	Kind         string // evidence, question, reply, faults
	Plugin       string
	Digest       plugins.Digest
	Artifact     plugins.Digest
	Envelope     registry.Envelope
	At           time.Time
	By           string
	Record       int64
	Sent         time.Time // zero: it waits
	Problem      string    // why the last try failed
}
