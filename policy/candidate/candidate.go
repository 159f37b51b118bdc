// Package candidate looks at a policy before anybody depends on it: whether it
// compiles, reads well and passes its tests, and what it would change. A
// candidate may be hostile or merely endless, so all of this happens in a child
// process with limits; the live policy never notices.
package candidate

import (
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Severity says what a finding does to a candidate.
type Severity string

const (
	Fault  Severity = "fault"  // it cannot be proposed
	Advice Severity = "advice" // its author should look again
)

// Finding is one thing that is wrong, or could be better, with a candidate.
type Finding struct {
	Severity Severity `json:"severity"`
	File     string   `json:"file"` // empty: about the policy as a whole
	Line     int      `json:"line"` // from 1; 0 about the file as a whole
	Rule     string   `json:"rule"` // of the checks: compile, format, type, no_default, ...
	Problem  string   `json:"problem"`
	Mend     string   `json:"mend"`
}

// Report is what a check of a candidate found. It is Sound if no finding is a
// fault and no test fails.
type Report struct {
	Digest    string            `json:"digest"` // of the rules, as the record names them
	Findings  []Finding         `json:"findings"`
	Formatted []policy.Module   `json:"formatted"` // each file as it would be formatted
	Tests     policy.TestReport `json:"tests"`
	Wider     []Wider           `json:"wider"`    // must be empty: where the policy opened more than it says
	Compared  int               `json:"compared"` // rows x personas that Wider was looked for in
}

// Sound reports whether the candidate may be proposed.
func (r Report) Sound() bool {
	for _, f := range r.Findings {
		if f.Severity == Fault {
			return false
		}
	}
	return len(r.Tests.Failures) == 0 && len(r.Wider) == 0
}

// Wider is one row that a row rule lets through although the policy, asked about
// that row alone, does not.
type Wider struct {
	Persona string `json:"persona"`
	Asked   string `json:"asked"`
	Row     string `json:"row"`
}

// Direction says how an answer would change.
type Direction string

// In the order in which they should be read.
const (
	NowAllowed Direction = "allowed"
	NowWider   Direction = "wider" // still allowed: more rows or columns, or milder disclosure
	NowDenied  Direction = "denied"
	Narrower   Direction = "narrower"
)

// Changed is a group of recorded decisions, or of generated questions, that a
// draft would answer otherwise in the same way.
type Changed struct {
	Direction Direction       `json:"direction"`
	Times     int             `json:"times"`
	Before    policy.Document `json:"before"`  // of the latest of them, as it would be answered now
	After     policy.Document `json:"after"`   // by the draft
	Reasons   []policy.Reason `json:"reasons"` // of the denial, before or after
	Rows      *int64          `json:"rows"`    // gained (positive) or lost, counted in the database; nil: not counted
}

// Impact is what a draft would change.
type Impact struct {
	Owner            measures.ODSCode `json:"owner"`
	Live             string           `json:"live"` // digests of the rules that were compared
	Draft            string           `json:"draft"`
	Replayed         int              `json:"replayed"` // recorded decisions
	Same             int              `json:"same"`
	Changed          []Changed        `json:"changed"`   // recorded decisions: allowed, wider, denied, narrower
	Generated        int              `json:"generated"` // personas x datasets x purposes that nobody has asked yet
	ChangedGenerated []Changed        `json:"changed_generated"`
}
