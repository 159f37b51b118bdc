// Package evidence judges what became of a measure at one organisation since it
// adopted a release: the points after against limits that the baseline makes,
// which was locked at adoption. It is pure arithmetic over figures that disclosure
// control has let through, so that nothing it says hangs on a hidden number, and
// whoever has the points can judge again.
package evidence

import (
	"errors"
	"fmt"
	"math"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/mix"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// ErrCase says that a before and after cannot be told apart: the periods make no
// sense, or there are no figures at all.
var ErrCase = errors.New("no before and after")

// The fewest points that a result rests on. With fewer it is unclear, whatever the
// rules say of them.
const (
	FewestBefore = 12
	FewestAfter  = 8
)

// A change stands while at least two of the last three points are a signal. One
// good month does not bring it back, nor does one bad month end it.
const (
	lastPoints = 3
	ofThem     = 2
)

// Case is what is judged.
type Case struct {
	Measure *measures.Measure // as the organisation has it
	Kind    measures.Kind
	Rules   measures.RuleSet
	// Figure holds the figures as they may leave the organisation: X, States,
	// Numerator and Denominator are read of it. Its own lines are not, because a
	// phase may have been begun since the baseline was locked.
	Figure disclosure.Figure
	// From and To are the first and the last period of the baseline, and Locked is how
	// many measured points it had when it was locked; 0: nobody knows.
	From, To measures.Date
	Locked   int
	First    measures.Date // the first period that counts as after
	Events   []measures.Event
	// Split is the change by the measure's strata; nil where there is none, and
	// SplitErr says why, if the measure declares strata.
	Split    *mix.Split
	SplitErr error
}

// Judged is what was found, and the chart that shows it: from the first period of
// the baseline on, with no run of points across the adoption.
type Judged struct {
	registry.Evidence // without its subject and its terms
	Drawn             measures.Chart
}

// Judge says what became of a measure. The result is unclear where points are too
// few, where a merger or another definition lies among them, or where the rules see
// one thing and the means another. Otherwise it is what stands at the end: a gain
// that was lost again is no improvement.
func Judge(c Case) (Judged, error) {
	if c.First <= c.To || c.To < c.From {
		return Judged{}, fmt.Errorf("%s: %w: the baseline goes from %s to %s, and what is after begins %s", c.Measure.ID, ErrCase, c.From, c.To, c.First)
	}
	j := &judge{Case: c}
	j.out.Measure, j.out.Title, j.out.Unit, j.out.Direction = c.Measure.ID, c.Measure.Title, c.Measure.Unit, c.Measure.Direction
	j.out.Adopted, j.out.Chart, j.out.Rules, j.out.Signals = c.First, c.Kind, c.Rules.String(), []string{}
	if err := j.draw(); err != nil {
		return Judged{}, err
	}
	j.stretches()
	j.out.Points = j.points()
	if t := j.out.Drawn.Target; !measures.IsMissing(t) {
		j.out.Target = &t
	}
	j.split()
	j.judge()
	return j.out, nil
}

// judge is a case while it is being judged.
type judge struct {
	Case
	out   Judged
	after int  // the first point of the drawn chart that counts as after
	runs  bool // the runs test finds something among the points after
}

// stretches takes the mean of what is plotted before and after.
func (j *judge) stretches() {
	c := &j.out.Drawn
	j.out.Before, j.out.After = registry.Stretch{From: j.From, To: j.To}, registry.Stretch{From: j.First, To: j.First}
	var sums [2]float64
	for i := range c.X {
		x := measures.Date(c.X[i])
		if x >= j.First {
			j.out.After.To = x
		}
		switch {
		case !j.counts(i):
		case x <= j.To:
			j.out.Before.Points++
			sums[0] += c.Y[i]
		case x >= j.First:
			j.out.After.Points++
			sums[1] += c.Y[i]
		}
	}
	j.out.Before.Mean = j.mean(sums[0], j.out.Before.Points)
	j.out.After.Mean = j.mean(sums[1], j.out.After.Points)
}

func (j *judge) mean(sum float64, points int) *float64 {
	if points == 0 {
		return nil
	}
	v := j.written(sum / float64(points))
	return &v
}

// written is a value with one decimal more than the measure is shown with: enough
// to see every difference, and too little to find counts behind it.
func (j *judge) written(v float64) float64 {
	scale := math.Pow(10, float64(j.Measure.Unit.Decimals+1))
	return math.Round(v*scale) / scale
}

func (j *judge) points() []registry.EvidencePoint {
	c := &j.out.Drawn
	list := make([]registry.EvidencePoint, c.Len())
	for i := range list {
		list[i].Period = measures.Date(c.X[i])
		if !measures.IsMissing(c.Y[i]) {
			v := j.written(c.Y[i])
			list[i].Value = &v
		}
	}
	return list
}

// counts reports whether a point was measured, may be seen, and takes part.
func (j *judge) counts(i int) bool {
	c := &j.out.Drawn
	return !measures.IsMissing(c.Y[i]) && c.States[i] != measures.Excluded
}

// split turns the split of the change into plotted units.
func (j *judge) split() {
	if j.Split == nil || j.Measure.Mix == nil {
		return
	}
	by := j.Measure.Unit.Multiply
	j.out.Mix = &registry.MixShare{Of: j.Measure.Mix.Of, Within: j.written(j.Split.Within * by), Between: j.written(j.Split.Mix * by),
		Passed: j.Split.HalfWithin()}
}

// settings are those that the measure's own chart is made with.
func (j *judge) settings() spc.Parameters {
	p := spc.Defaults(j.Kind, j.Rules)
	p.Direction, p.Multiply = j.Measure.Direction, j.Measure.Unit.Multiply
	return p
}
