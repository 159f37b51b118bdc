// Package measures names what Signalbox is about: organisations, measures,
// series of observations, and the charts made from them. It uses the standard
// library only and builds for WebAssembly, because plugins speak these nouns too.
package measures

import (
	"errors"
	"math"
	"slices"
)

// ErrBadChart says that a chart breaks its own rules: columns of unequal
// length, a number that is not finite where one is promised, an unknown signal.
var ErrBadChart = errors.New("bad chart")

// ODSCode names an NHS organisation, as the Organisation Data Service does.
// Codes have 3 to 10 characters, A-Z and 0-9.
type ODSCode string

// Valid reports whether the code has the shape of an ODS code. Whether such an
// organisation exists is a question for the register.
func (c ODSCode) Valid() bool {
	if len(c) < 3 || len(c) > 10 {
		return false
	}
	for i := 0; i < len(c); i++ {
		if b := c[i]; (b < 'A' || b > 'Z') && (b < '0' || b > '9') {
			return false
		}
	}
	return true
}

// MeasureID names a measure for ever, as in an address: lower case, digits and
// hyphens, for example "ae-4h".
type MeasureID string

// DatasetID names a data flow: lower case, digits and underscores, for example
// "ae_attendances".
type DatasetID string

// Missing is how a number that is not there is held inside the program. It is
// not zero, and it never leaves the program: outside it is written as null or
// an empty cell.
var Missing = math.NaN()

// IsMissing reports whether a number is not there.
func IsMissing(v float64) bool { return v != v }

// State says how much a point may be relied on.
type State uint8

const (
	Final State = iota
	Provisional
	NotMeasured // nobody measured it: drawn as a gap
	Suppressed  // measured, and hidden because the number is small
	Excluded    // measured, but left out of statistics and runs
)

var stateNames = []string{"final", "provisional", "not_measured", "suppressed", "excluded"}

// StateOfAll is the state of a point made of several rows, such as a subgroup. A
// row that is excluded excludes the point, since leaving out a part of it would
// be a choice of figures; one that is provisional may still change it; and one
// that was measured is enough for it to be measured.
func StateOfAll(rows []State) State {
	for _, s := range [...]State{Excluded, Provisional, Final, Suppressed} {
		if slices.Contains(rows, s) {
			return s
		}
	}
	return NotMeasured
}

// Series is what one plugin call is given for one organisation and stratum:
// columns of equal length, in order of period.
type Series struct {
	Organisation ODSCode
	Stratum      string // empty for the whole organisation
	Periods      []Date
	States       []State
	Columns      [][]float64 // one for each input of the measure, in its order; Missing where null
	Phases       []Phase     // in order of start; empty means one phase
	Targets      []Target    // in order of From
}

// Phase is a stretch of a series that shares one set of limits.
type Phase struct {
	Start    Date // the first point at or after it begins the phase
	Baseline int  // the first so many points make the limits; 0 means all
	Reason   string
	Author   string
	Approver string
	Decided  Date
}

// Target is a value to reach, from a date on. From zero means always.
type Target struct {
	From  Date    `json:"from,omitempty"`
	Value float64 `json:"value"`
	Label string  `json:"label,omitempty"`
}

// EventKind says what an event asks of the charts it concerns.
type EventKind uint8

const (
	Intervention EventKind = iota
	Merger
	DefinitionChange
	OutsideEvent
)

var eventKindNames = []string{"intervention", "merger", "definition_change", "outside_event"}

// Event is something that happened, shown on every chart it concerns.
type Event struct {
	ID           int64
	Organisation ODSCode   // empty: every organisation
	Dataset      DatasetID // empty: every dataset
	Start, End   Date      // End zero: a moment, or still going on
	Kind         EventKind
	Text         string
	Source       string
	Rebase       bool // a new phase is proposed here
	Exclude      bool // points within it are left out of baselines
}
