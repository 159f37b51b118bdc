package analysis

import (
	"context"
	"math"

	"github.com/signalbox-health/signalbox/measures"
)

// Difference is what becomes of a chart when it is made in another way: by another
// version of its release, or with other layers over it. It is found on charts as
// they were released, so it tells nothing more than they do.
type Difference struct {
	Points    []Changed // only those that differ, in order of period
	Kind      [2]measures.Kind
	Rules     [2]measures.RuleSet
	Target    [2]float64 // the latest; Missing where there is none
	Variation [2]measures.Variation
	Assurance [2]measures.Assurance
	// Added and Gone count the points that only the second, or only the first, chart
	// has; the others count those of both that differ in it.
	Added, Gone, Values, Limits, Signals, States int
}

// Changed is a point that differs between two charts.
type Changed struct {
	X             int32
	Before, After int // its index in each chart; -1 where it is not there
	// What differs, where it is in both.
	Value, Limits, Signals, State bool
}

// None reports whether the two charts look the same to a reader.
func (d *Difference) None() bool {
	return len(d.Points) == 0 && d.Kind[0] == d.Kind[1] && d.Rules[0] == d.Rules[1] && near(d.Target[0], d.Target[1]) && !d.Judgement()
}

// Judgement reports whether what is said of the last point is another.
func (d *Difference) Judgement() bool {
	return d.Variation[0] != d.Variation[1] || d.Assurance[0] != d.Assurance[1]
}

// DifferenceOf compares two charts of the same organisation and stratum.
func DifferenceOf(before, after *measures.Chart) Difference {
	d := Difference{Kind: [2]measures.Kind{before.Kind, after.Kind}, Rules: [2]measures.RuleSet{before.Rules, after.Rules},
		Target:    [2]float64{before.Target, after.Target},
		Variation: [2]measures.Variation{before.Variation, after.Variation}, Assurance: [2]measures.Assurance{before.Assurance, after.Assurance}}
	i, j := 0, 0
	for i < before.Len() || j < after.Len() {
		switch {
		case j == after.Len() || i < before.Len() && before.X[i] < after.X[j]:
			d.Gone++
			d.Points = append(d.Points, Changed{X: before.X[i], Before: i, After: -1})
			i++
		case i == before.Len() || after.X[j] < before.X[i]:
			d.Added++
			d.Points = append(d.Points, Changed{X: after.X[j], Before: -1, After: j})
			j++
		default:
			d.point(before, after, i, j)
			i, j = i+1, j+1
		}
	}
	return d
}

func (d *Difference) point(before, after *measures.Chart, i, j int) {
	c := Changed{X: before.X[i], Before: i, After: j,
		Value:   !near(before.Y[i], after.Y[j]),
		Limits:  !near(before.Centre[i], after.Centre[j]) || !near(before.Lower[i], after.Lower[j]) || !near(before.Upper[i], after.Upper[j]),
		Signals: before.Signals[i] != after.Signals[j] || before.Causes[i] != after.Causes[j],
		State:   before.States[i] != after.States[j],
	}
	if !c.Value && !c.Limits && !c.Signals && !c.State {
		return
	}
	d.Points = append(d.Points, c)
	for _, count := range []struct {
		differs bool
		n       *int
	}{{c.Value, &d.Values}, {c.Limits, &d.Limits}, {c.Signals, &d.Signals}, {c.State, &d.States}} {
		if count.differs {
			*count.n++
		}
	}
}

// near reports whether two numbers are the same to a reader: both missing, or not
// further apart than the last bits of an arithmetic that was done in another order.
func near(a, b float64) bool {
	if measures.IsMissing(a) || measures.IsMissing(b) {
		return measures.IsMissing(a) && measures.IsMissing(b)
	}
	return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b))
}

// Side is a chart as it is and as it would be.
type Side struct {
	Before, After Answer
	// Difference is of the first chart of each; nil where either has none.
	Difference *Difference
}

// Difference asks a question twice, as things are and as a preview would have them,
// and compares what may be shown of the two. Either answer may carry an error of
// its own: a measure that only the preview has is ErrNoMeasure before.
func (a *Analysis) Difference(ctx context.Context, q Question, p Preview) (Side, error) {
	then := q
	q.Preview, then.Preview = nil, &p
	answers, err := a.Ask(ctx, q, then)
	if err != nil {
		return Side{}, err
	}
	s := Side{Before: answers[0], After: answers[1]}
	if len(s.Before.Charts) > 0 && len(s.After.Charts) > 0 {
		d := DifferenceOf(&s.Before.Charts[0].Chart, &s.After.Charts[0].Chart)
		s.Difference = &d
	}
	return s, nil
}
