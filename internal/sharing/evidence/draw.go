package evidence

import (
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// Suits reports whether a kind of chart can show a before and after: one that plots
// single figures in order of time, whose limits come from them.
func Suits(kind measures.Kind) bool {
	switch kind {
	case measures.Run, measures.XmR, measures.IPrime, measures.P, measures.PPrime, measures.U, measures.UPrime,
		measures.C, measures.NP, measures.G, measures.T:
		return true
	}
	return false
}

// draw charts the figures from the baseline on, with limits from the baseline
// alone. A row without a figure stands between before and after while the rules
// look: missing points end every pattern, so a run that began before the adoption
// is not counted for it.
func (j *judge) draw() error {
	if !Suits(j.Kind) {
		return fmt.Errorf("%s: %w: it is drawn as a chart of kind %s, which has none", j.Measure.ID, ErrCase, j.Kind)
	}
	in, last := j.input()
	if len(in.X) == 0 {
		return fmt.Errorf("%s: %w: there are no figures from %s on", j.Measure.ID, ErrCase, j.From)
	}
	j.after, _ = slices.BinarySearch(in.X, int32(j.First))
	rows, _ := slices.BinarySearch(in.X, int32(j.To)+1)
	if rows < FewestBefore {
		rows = 0 // too few for limits, and the result will say so: they are made of all points
	}
	dates := in.X
	gap(&in, j.after)
	in.Phases = []measures.Phase{{Baseline: rows}}
	chart, err := spc.Compute(in, j.settings())
	if err != nil {
		return fmt.Errorf("before and after of %s: %w", j.Measure.ID, err)
	}
	ungap(&chart, j.after)
	chart.X, chart.XIsDate, chart.Notes = dates, true, nil
	chart.Target = targetAt(j.Measure.Targets, last)
	j.out.Drawn = chart
	return j.testRuns(in)
}

// input is the series from the first period of the baseline on, and its last period.
func (j *judge) input() (in spc.Input, last measures.Date) {
	f := &j.Figure
	from, _ := slices.BinarySearch(f.Chart.X, int32(j.From))
	in = spc.Input{X: slices.Clone(f.Chart.X[from:]), Y: slices.Clone(f.Numerator[from:]), States: slices.Clone(f.Chart.States[from:])}
	if f.Denominator != nil {
		in.N = slices.Clone(f.Denominator[from:])
	}
	if n := len(in.X); n > 0 {
		last = measures.Date(in.X[n-1])
	}
	return in, last
}

// gap puts a row without a figure at a place, and numbers the rows.
func gap(in *spc.Input, at int) {
	in.Y = slices.Insert(in.Y, at, measures.Missing)
	in.States = slices.Insert(in.States, at, measures.NotMeasured)
	if in.N != nil {
		in.N = slices.Insert(in.N, at, measures.Missing)
	}
	in.X = make([]int32, len(in.Y))
	for i := range in.X {
		in.X[i] = int32(i)
	}
}

// ungap takes the row out of a chart again.
func ungap(c *measures.Chart, at int) {
	for _, column := range []*[]float64{&c.Y, &c.N, &c.Centre, &c.Lower, &c.Upper, &c.NearLower, &c.NearUpper} {
		*column = slices.Delete(*column, at, at+1)
	}
	c.Phase = slices.Delete(c.Phase, at, at+1)
	c.Signals = slices.Delete(c.Signals, at, at+1)
	c.Causes = slices.Delete(c.Causes, at, at+1)
	c.States = slices.Delete(c.States, at, at+1)
}

// testRuns does the runs test over the points after alone, about the centre of the
// baseline, for the rule sets that have one of a whole phase.
func (j *judge) testRuns(in spc.Input) error {
	c := &j.out.Drawn
	if j.Rules != measures.Anhoej && j.Rules != measures.IHI || j.after == c.Len() || measures.IsMissing(c.Centre[0]) {
		return nil
	}
	from := j.after + 1 // the gap is still in the input
	in.X, in.Y, in.States = in.X[from:], in.Y[from:], in.States[from:]
	if in.N != nil {
		in.N = in.N[from:]
	}
	in.Phases = nil
	p := j.settings()
	p.Centre = c.Centre[0]
	alone, err := spc.Compute(in, p)
	if err != nil {
		return fmt.Errorf("after of %s: %w", j.Measure.ID, err)
	}
	j.runs = len(alone.Phases) > 0 && alone.Phases[0].Signal
	return nil
}

// targetAt is the target that holds on a day, or measures.Missing.
func targetAt(targets []measures.Target, day measures.Date) float64 {
	v := measures.Missing
	for _, t := range targets {
		if t.From <= day {
			v = t.Value
		}
	}
	return v
}

// Drawn makes the chart of evidence again from its points, for whoever reads it.
// Where limits hang on denominators, which evidence does not tell, the chart has
// the mean of the baseline alone, and no point of it is judged.
func Drawn(e *registry.Evidence) (measures.Chart, error) {
	c := Case{Measure: &measures.Measure{ID: e.Measure, Unit: measures.Unit{Multiply: 1, Decimals: e.Unit.Decimals}, Direction: e.Direction},
		Kind: e.Chart, From: e.Before.From, To: e.Before.To, First: e.Adopted}
	if err := c.Rules.UnmarshalText([]byte(e.Rules)); err != nil {
		return measures.Chart{}, fmt.Errorf("evidence of %s about %s: %w", e.Organisation, e.Measure, err)
	}
	if c.Kind != measures.XmR && c.Kind != measures.Run && c.Kind != measures.C {
		c.Kind, c.Rules = measures.Run, measures.NoRules
	}
	if e.Target != nil {
		c.Measure.Targets = []measures.Target{{Value: *e.Target}}
	}
	f := &c.Figure
	for _, p := range e.Points {
		v, state := measures.Missing, measures.NotMeasured
		if p.Value != nil {
			v, state = *p.Value, measures.Final
		}
		f.Chart.X = append(f.Chart.X, int32(p.Period))
		f.Chart.States, f.Numerator = append(f.Chart.States, state), append(f.Numerator, v)
	}
	judged, err := Judge(c)
	return judged.Drawn, err
}
