package plot

import (
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
)

// FunnelPicture is one chart of kind funnel and what is written around it.
type FunnelPicture struct {
	Chart      *measures.Chart
	Parameters spc.Parameters // that made the chart: the smooth lines come from them
	Groups     []Group        // one a point of the chart

	Title        string // names the measure
	Organisation string // who is compared, and over which time: "119 trusts, June 2025 to May 2026"
	Description  string // the sentence about the funnel; one is made when empty
	Source       string // attribution, written below pictures outside the page
	Unit         measures.Unit

	Size   string // what the denominator counts: "Attendances in 12 months"; empty: "Size of the group"
	Centre string // name of the centre line; empty: "All together", "As expected" of a standardised ratio, or "Given" of one given from outside
	Noun   string // what a point is, in the singular: "trust"; empty: "group"
	Hidden string // what suppression hides, for example "1 to 7"; may be empty
	ID     string // prefix of the ids in the page; must be unique in it
}

// Group is one point of a funnel.
type Group struct {
	Name  string // in full, for the link
	Short string // written beside the point; empty: Name
	Href  string // where the point leads; empty: it is no link
	Own   bool   // marked by a ring, and always named
}

// MultiplesPicture is one measure in many places or strata, each in a panel of
// its own, all on one scale.
type MultiplesPicture struct {
	Panels []Panel // in the order in which they stand; by name, as a rule
	Unit   measures.Unit
	Grain  measures.Grain // empty: found from the points
	Hidden string         // what suppression hides, for example "1 to 7"; may be empty
	Label  string         // names the list for screen readers: "Seen within 4 hours by age"
	ID     string         // prefix of the ids in the page; must be unique in it
}

// Panel is one of the charts. Below it stand its latest value and what that is.
type Panel struct {
	Chart *measures.Chart
	Name  string
	Href  string // empty: no link
	Own   bool   // marked by a ring
	Note  string // added to the words below: "mostly mix"
}

// GapPicture is how far strata lie from something over time: from one other
// stratum, or each from the whole.
type GapPicture struct {
	Title        string // "Gap in seen within 4 hours by age"
	Organisation string
	Description  string // the sentence about the gap; one is made when empty
	Source       string
	Unit         measures.Unit // of the difference; its symbol is written as "points" where it is "%"
	Grain        measures.Grain

	X     []int32 // days since 1970-01-01, rising
	Lines []GapLine
	// Against is what the differences are from: "the whole trust", "under 65".
	// It names the line at zero.
	Against string
	Events  []measures.Event
	Hidden  string
	ID      string
}

// GapLine is one stratum's value less that of what it is held against.
type GapLine struct {
	Name   string
	Y      []float64        // one entry an x; measures.Missing where there is none
	States []measures.State // nil: missing values are not measured
}

// MixPicture is a change between two times, parted into what changed within
// strata and what changed because strata have another share in the whole.
type MixPicture struct {
	Title         string
	Description   string // the sentence about the change; one is made when empty
	Before, After string // the two times: "June 2023 to May 2024"
	Parts         []MixPart
	Unit          measures.Unit // of the change; its symbol is written as "points" where it is "%"
	ID            string
}

// MixPart is what one stratum contributes. All parts add up to the whole change.
type MixPart struct {
	Name        string
	Within, Mix float64
}
