package registry

import (
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// Node is an installation whose word about releases is believed, for the
// organisations that it runs for. The list of publishers names it.
type Node struct {
	ID            string             `json:"id"`
	Name          string             `json:"name"`
	Organisations []measures.ODSCode `json:"organisations"`
	Key           PublicKey          `json:"key"`
	From          time.Time          `json:"from"`
	Until         time.Time          `json:"until,omitzero"`
	Revoked       string             `json:"revoked,omitempty"` // why; empty: it is not
}

// Subject names the release that something is said of, and who says it.
type Subject struct {
	Contents plugins.Digest `json:"contents"`
	Plugin   string         `json:"plugin"`
	Version  string         `json:"version"`
	Node     string         `json:"node"` // whose key signs
	Issued   time.Time      `json:"issued"`
	// Organisation is whose figures or whose question it is.
	Organisation     measures.ODSCode `json:"organisation"`
	OrganisationName string           `json:"organisation_name"`
}

// Evidence is what became of a measure at one organisation since it adopted a
// release, from its own figures, behind its own policy, with small numbers hidden.
// It is associated with the adoption; it does not say that the one caused the
// other.
type Evidence struct {
	Subject
	Measure   measures.MeasureID `json:"measure"`
	Title     string             `json:"title"`
	Unit      measures.Unit      `json:"unit"`
	Direction measures.Direction `json:"direction"`
	Adopted   measures.Date      `json:"adopted"` // the first period that counts as after
	Before    Stretch            `json:"before"`  // the baseline, locked at adoption
	After     Stretch            `json:"after"`
	Result    Result             `json:"result"`
	// Signals are the rules that found something after adoption, in the words of
	// design.md 8: "shift_above".
	Signals []string `json:"signals"`
	// Kept is for how many periods in a row, up to the last, the change has held.
	Kept int `json:"kept"`
	// Mix says how much of the change lies within the measure's strata; nil where it
	// declares none, or where it may not be told.
	Mix *MixShare `json:"mix,omitempty"`
	// Points are what is plotted, hidden ones null; none where the organisation's
	// policy keeps them.
	Points []EvidencePoint `json:"points,omitempty"`
	// Reasons say what stood against a clear result: a merger, too few points.
	Reasons []string `json:"reasons,omitempty"`
	// Chart is the kind of chart that the rules were applied to, Rules their set.
	Chart measures.Kind `json:"chart"`
	Rules string        `json:"rules"`
	// Target is the one that held at the last point, in plotted units; nil: there is none.
	Target *float64 `json:"target,omitempty"`
	// Layered names what the organisation laid over the release's own definition:
	// "target", "baseline", "strata", "dataset".
	Layered []string `json:"layered,omitempty"`
	// MinCellCount and RoundTo are the disclosure control that it passed through.
	MinCellCount int `json:"min_cell_count"`
	RoundTo      int `json:"round_to"`
}

// Stretch is a number of periods and what is plotted over them, on average.
type Stretch struct {
	From   measures.Date `json:"from"`
	To     measures.Date `json:"to"`
	Points int           `json:"points"` // measured ones
	Mean   *float64      `json:"mean"`   // in plotted units; null where it may not be told
}

// MixShare is a change split: plotted units within strata, and from their shares.
type MixShare struct {
	Of      string  `json:"of"`
	Within  float64 `json:"within"`
	Between float64 `json:"between"`
	Passed  bool    `json:"passed"` // at least half of the change lies within, with the same sign
}

// EvidencePoint is one period.
type EvidencePoint struct {
	Period measures.Date `json:"period"`
	Value  *float64      `json:"value"`
}

// Result is what the rules make of a before and after.
type Result string

const (
	Improved  Result = "improved"   // special cause in the wanted direction
	MostlyMix Result = "mostly_mix" // the same, but less than half of it within strata
	Unchanged Result = "unchanged"  // nothing beyond chance
	Concern   Result = "concern"    // special cause in the other direction
	Changed   Result = "changed"    // special cause, where neither direction is better
	Unclear   Result = "unclear"    // too few points, a merger, another definition
)

// Question is what somebody who runs a release, or thinks of it, asks its author;
// Reply is what the publisher answers.
type Question struct {
	Subject
	ID   string `json:"id"` // chosen at random by who asks
	Text string `json:"text"`
}

// Reply answers a question. It is signed with a key of the publisher.
type Reply struct {
	Contents  plugins.Digest `json:"contents"`
	Plugin    string         `json:"plugin"`
	Version   string         `json:"version"`
	Publisher string         `json:"publisher"`
	Question  string         `json:"question"`
	Issued    time.Time      `json:"issued"`
	Text      string         `json:"text"`
}

// Faults is how often a release went wrong at an installation, and how: numbers
// of runs, and nothing of the data that it was given.
type Faults struct {
	Subject
	Since  time.Time                `json:"since"`
	Runs   int64                    `json:"runs"`
	Counts map[plugins.Manner]int64 `json:"counts"`
}
