// Package advice says what a reader of a chart ought to bear in mind and cannot
// see: that the chart is of the wrong kind for its figures, that rules will ring
// too often, that a new phase may be due. It looks at a verified chart and
// changes nothing: every piece of advice is a text with a code, and somebody has
// to act on it.
//
// Whatever is found by a test of chance is found so that about one chart in a
// hundred that shows nothing but chance gets the advice; the tests of the package
// count them.
package advice

import "github.com/signalbox-health/signalbox/measures"

// Codes of notes. Programs may rely on them.
const (
	OverDispersed    = "over_dispersed"    // more variation between periods than counting alone makes
	UnderDispersed   = "under_dispersed"   // less than counting alone makes
	RareEvents       = "rare_events"       // more than half of the periods are empty
	DenominatorsVary = "denominators_vary" // one width of limits does not fit all points
	RebaseMerger     = "rebase_merger"     // a merger or a change of definition, and no phase begins there
	RebaseShift      = "rebase_shift"      // a shift that has lasted: a new phase may be due
	MixedDirections  = "mixed_directions"  // rules fired both ways
	Seasonal         = "seasonal"          // the same months are high or low every year
	Autocorrelated   = "autocorrelated"    // neighbouring points resemble each other
	Alternating      = "alternating"       // points go up and down in turn
)

// most is how many pieces of advice are given; a reader of more would read none.
const most = 4

// Detail is how much a text may say of the figures behind it.
type Detail uint8

const (
	Full      Detail = iota
	NoNumbers        // no number made from values: they are rounded in the chart
	NoPoints         // nor anything about single points: some of them are hidden
)

// About is what advice needs to know besides the chart. All of it may be empty.
type About struct {
	Grain   measures.Grain // empty: found from the points
	Unit    measures.Unit  // Multiply 0 stands for 1
	Share   bool           // the numerator is part of the denominator
	Events  []measures.Event
	Decided []measures.Phase // in order of start, with their baselines
	Detail  Detail

	// Value and Period write values and periods; package words has both. Where
	// they are nil, numbers and dates are written plainly.
	Value  func(v float64, unit measures.Unit) string
	Period func(x int32, grain measures.Grain) string
}

// Of gives the advice about a chart, the most important first, at most four
// pieces. Charts of moving ranges, of spread, of cumulative risk and funnels get
// none: their points are not independent figures in order of time. It allocates
// nothing where there is nothing to say.
func Of(c *measures.Chart, about About) []measures.Note {
	if !suited(c.Kind) || c.Last() < 0 {
		return nil
	}
	v := look(c, &about)
	var notes []measures.Note
	add := func(n measures.Note) {
		if n.Code != "" && len(notes) < most {
			notes = append(notes, n)
		}
	}
	wrongWidth := v.dispersion()
	shift := v.shift()
	season := v.season()
	// A chart of the wrong kind comes first, for all else is read off it. What is
	// to be decided comes before what is to be borne in mind.
	add(wrongWidth)
	add(v.rareEvents())
	add(v.denominators())
	add(v.merger(shift))
	add(v.rebase(shift))
	if wrongWidth.Code == "" {
		add(v.directions(shift))
	}
	add(season)
	// A season and a lasting change both make neighbours alike, and are the better
	// explanation.
	if season.Code == "" && shift.points == 0 {
		add(v.neighbours())
	}
	return notes
}

// suited reports whether a kind plots independent figures in order of time.
func suited(kind measures.Kind) bool {
	switch kind {
	case measures.Run, measures.XmR, measures.IPrime, measures.P, measures.PPrime, measures.U, measures.UPrime,
		measures.C, measures.NP, measures.G, measures.T, measures.XBar, measures.EWMA, measures.CUSUM:
		return true
	}
	return false
}
