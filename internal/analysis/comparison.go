package analysis

import (
	"errors"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// ErrNoFunnel says that organisations cannot be compared in a measure, or not
// over the stretch that was asked for. Its text says why, for the reader.
var ErrNoFunnel = errors.New("no funnel")

// Comparison asks how organisations differ in one measure over a stretch of time.
type Comparison struct {
	Actor   policy.Actor
	Action  policy.Action // ChartRead, or DataExport where the answer leaves as a file
	Measure measures.MeasureID
	// Periods is how many periods of the measure are added up, and Last the
	// first day of the last of them; zero: the latest that most organisations have.
	Periods int
	Last    measures.Date
	// Among picks, of the organisations that have figures, those to compare.
	Among      func([]measures.ODSCode) []measures.ODSCode
	Dispersion Dispersion
	// AsOf is the vintage to compare: a load's number, or 0 for the present.
	AsOf int32
}

// Dispersion is whether the limits of a funnel allow for differences between
// organisations that chance in the counts does not explain.
type Dispersion uint8

const (
	// Judged allows for them where there are enough organisations to tell.
	Judged Dispersion = iota
	Ignored
	Allowed
)

// groupsForDispersion is how many organisations it takes to tell how far they
// differ beyond chance; with fewer, the estimate itself is mostly chance.
const groupsForDispersion = 10

// Funnel is how organisations differ over a stretch, as it may be shown.
type Funnel struct {
	Comparison Comparison
	Measure    *measures.Measure
	Dataset    measures.Dataset
	// Figure is the chart, one point an organisation, with the sums behind it
	// after disclosure control. Its points have the order of Groups.
	disclosure.Figure
	Groups      []measures.ODSCode
	LeftOut     []LeftOut
	First, Last measures.Date // the first and the last period added up
	// Available are the periods that can be the last, newest first.
	Available   []measures.Date
	Provisional int // organisations whose sums hold figures that may still change
	Events      []measures.Event
	Parameters  spc.Parameters // that the funnel was drawn with
	Receipt     Receipt
}

// LeftOut is an organisation that is not in the funnel, and why.
type LeftOut struct {
	Organisation measures.ODSCode
	Why          Omission
	Measured     int           // periods of the stretch that have figures
	Latest       measures.Date // the latest period with figures, before or in the stretch; zero: none
}

// Omission is a reason for leaving an organisation out of a funnel.
type Omission uint8

const (
	Incomplete   Omission = iota // not every period of the stretch has figures
	NothingToSee                 // its denominators add up to zero
	MoreThanAll                  // its numerator is larger than its denominator
)
