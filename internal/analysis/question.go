package analysis

import (
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// Question asks for the charts of one measure.
type Question struct {
	Actor   policy.Actor
	Action  policy.Action // ChartRead, or DataExport where the answer leaves as a file
	Measure measures.MeasureID
	// Organisation is the one asked about, or policy.Everyone.
	Organisation measures.ODSCode
	// Stratifier splits the answer into one chart a stratum; empty asks for
	// the whole organisation. It names one of Divisions.
	Stratifier string
	// Period is what to chart. A zero From means from the measure's own start,
	// a zero To until today.
	Period policy.Period
	// Everything charts all there is, whatever start the measure has.
	Everything bool
	// AsOf is the vintage to chart: a load's number, or 0 for the present.
	AsOf int32
	// Drawing is another way to draw the measure than its own; see Catalogue.Drawings.
	Drawing Drawing
	// Ranges asks for the moving ranges beside a chart of kind xmr.
	Ranges bool
	// Preview charts the measure of a release that is kept here and that the
	// organisation has not adopted. The policy knows that it is only looked at.
	Preview *Preview
	// Split asks of the chart of a whole what of its change lies within the
	// measure's strata. It takes a decision of its own.
	Split bool
	// Between are the stretches that the split compares; nil: those that the chart's
	// own story is told by.
	Between *Between
}

// Between is a stretch before and one after. What is after goes on until the last
// period where its To is zero.
type Between struct{ Before, After policy.Period }

// Answer is what the reader may see.
type Answer struct {
	Question Question
	Measure  *measures.Measure
	// Definition says which release the measure is of, and what was laid over it. For
	// all organisations together it is that of the reader's own.
	Definition *Definition
	Dataset    measures.Dataset
	Charts     []Chart
	Receipt    Receipt
	// Split is the change of the whole, split, where it was asked for; SplitErr says
	// why there is none, and leaves the chart as it is.
	Split    *Mix
	SplitErr error
	// Err says why there are no charts: a *policy.Denial, a *plugins.Fault or
	// something that broke. Other answers of the same call are untouched.
	Err error

	grant    policy.Grant
	way      method // how the question asks to draw it
	division Division
	material *material // read for the answer, until the split is made
	split    bool      // not to be charted: the strata of another answer's split
	whole    bool      // periods are whole numbers and no dates; never so of what is stored
}

// Grant is the recorded decision behind an answer, as a key to keep what was made of
// it: evidence that goes out. Its zero value belongs to an answer that was denied.
func (a *Answer) Grant() policy.Grant { return a.grant }

// Chart is one series as it may be shown: the chart and the figures behind it
// after disclosure control, with what people have said about it.
type Chart struct {
	disclosure.Figure
	Events []measures.Event
	// Decided are the phases as asked for, with who decided them and why.
	Decided []measures.Phase
	// Ranges are the moving ranges of a chart of kind xmr, where they were asked
	// for and may be shown.
	Ranges *disclosure.Figure
	// Advice is what to bear in mind; it stands at the end of the chart's notes too.
	Advice []measures.Note
}

// Receipt names all that a chart was made of: enough to draw it again.
type Receipt struct {
	Request string // the number of the request, as on the denial page
	Record  int64  // where the ledger holds the decision
	Release plugins.Release
	// Defined is the release of others that defines the measure; its zero value is
	// none, because the definition comes with the program. Laid is what the
	// organisation has laid over it.
	Defined        plugins.Release
	Laid           []Laid
	Methods        []Method
	DataVersion    string
	PolicyRevision string
	DataRevision   string // of the reference data that the policy used
	Grants         []policy.GrantRef
	Disclosure     policy.Disclosure
	Measure        measures.MeasureID
	Drawing        Drawing // that the reader chose instead of the measure's own
	Rules          measures.RuleSet
	Direction      measures.Direction
	Period         policy.Period
	AsOf           int32
}

// Method is one way of charting that an answer needed.
type Method struct {
	Entry  string // of the plugin
	Rules  measures.RuleSet
	Series int // how many series were charted so
}
