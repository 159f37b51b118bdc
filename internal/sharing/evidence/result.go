package evidence

import (
	"fmt"
	"math"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

// judge finds the result, and what stands against it.
func (j *judge) judge() {
	e := &j.out
	e.Signals = j.signals()
	stands := j.stands()
	e.Result = resultOf(stands)
	if e.Result == registry.Improved && e.Mix != nil && !e.Mix.Passed {
		e.Result = registry.MostlyMix
	}
	against := j.against()
	if len(against) == 0 && e.Result != registry.Unchanged && !j.agrees(stands) {
		against = append(against, "At the end the rules see the one thing, and the means before and after say the other.")
	}
	if len(against) > 0 {
		e.Result = registry.Unclear
	}
	if e.Result != registry.Unchanged && e.Result != registry.Unclear {
		e.Kept = j.kept(stands)
	}
	e.Reasons = append(against, j.remarks()...)
}

// signals are the rules that found something among the points after.
func (j *judge) signals() []string {
	var all measures.Signals
	for i := j.after; i < j.out.Drawn.Len(); i++ {
		if j.counts(i) {
			all |= j.out.Drawn.Signals[i]
		}
	}
	names := all.Names()
	if j.runs {
		names = append(names, "runs_test")
	}
	return names
}

// last gives the last points after that count, the newest first.
func (j *judge) last() []int {
	var list []int
	for i := j.out.Drawn.Len() - 1; i >= j.after && len(list) < lastPoints; i-- {
		if j.counts(i) {
			list = append(list, i)
		}
	}
	return list
}

// stands is the cause that most of the last points have, or, where the runs test
// finds something, what their side of the centre means.
func (j *judge) stands() measures.Cause {
	c := &j.out.Drawn
	count := map[measures.Cause]int{}
	above, below := 0, 0
	for _, i := range j.last() {
		count[c.Causes[i]]++
		switch {
		case c.Y[i] > c.Centre[i]:
			above++
		case c.Y[i] < c.Centre[i]:
			below++
		}
	}
	for _, cause := range []measures.Cause{measures.Improvement, measures.Concern, measures.NeutralHigh, measures.NeutralLow} {
		if count[cause] >= ofThem {
			return cause
		}
	}
	switch {
	case j.runs && above >= ofThem:
		return j.sideways(true)
	case j.runs && below >= ofThem:
		return j.sideways(false)
	}
	return measures.Common
}

// sideways is what lying on a side of the centre means for the measure.
func (j *judge) sideways(up bool) measures.Cause {
	switch d := j.Measure.Direction; {
	case d == measures.Neutral && up:
		return measures.NeutralHigh
	case d == measures.Neutral:
		return measures.NeutralLow
	case (d == measures.Increase) == up:
		return measures.Improvement
	}
	return measures.Concern
}

func resultOf(stands measures.Cause) registry.Result {
	switch stands {
	case measures.Improvement:
		return registry.Improved
	case measures.Concern:
		return registry.Concern
	case measures.NeutralHigh, measures.NeutralLow:
		return registry.Changed
	}
	return registry.Unchanged
}

// up reports whether a cause speaks of high values.
func (j *judge) up(cause measures.Cause) bool {
	switch cause {
	case measures.Improvement:
		return j.Measure.Direction == measures.Increase
	case measures.Concern:
		return j.Measure.Direction == measures.Decrease
	}
	return cause == measures.NeutralHigh
}

// agrees reports whether the mean went the way that the rules see.
func (j *judge) agrees(stands measures.Cause) bool {
	before, after := j.out.Before.Mean, j.out.After.Mean
	return before != nil && after != nil && *after != *before && (*after > *before) == j.up(stands)
}

// kept counts the points after on the side of the change, back from the last.
func (j *judge) kept(stands measures.Cause) int {
	c := &j.out.Drawn
	up, n := j.up(stands), 0
	for i := c.Len() - 1; i >= j.after; i-- {
		if !j.counts(i) {
			continue
		}
		if c.Y[i] == c.Centre[i] || (c.Y[i] > c.Centre[i]) != up {
			break
		}
		n++
	}
	return n
}

// against is what makes a result unclear.
func (j *judge) against() []string {
	var list []string
	if n := j.out.Before.Points; n < FewestBefore {
		list = append(list, fmt.Sprintf("The baseline has %s that may be told, and %d are needed.", points(n), FewestBefore))
	}
	if n := j.out.After.Points; n < FewestAfter {
		list = append(list, fmt.Sprintf("There are %s since the adoption, and %d are needed.", points(n), FewestAfter))
	}
	if j.Rules == measures.NoRules {
		list = append(list, "No rules were applied.")
	}
	end := measures.Date(j.out.Drawn.X[j.out.Drawn.Len()-1])
	for _, e := range j.Events {
		if e.Start <= j.From || e.Start > end {
			continue
		}
		when := j.period(e.Start)
		switch {
		case e.Kind == measures.Merger:
			list = append(list, fmt.Sprintf("A merger, %s, lies between what is compared.", when))
		case e.Kind == measures.DefinitionChange:
			list = append(list, fmt.Sprintf("What is counted was defined anew, %s, between what is compared.", when))
		case e.Rebase && e.Kind != measures.Intervention:
			list = append(list, fmt.Sprintf("Something that makes figures hard to compare happened, %s.", when))
		}
	}
	return list[:min(len(list), mostReasons/2)]
}

// mostReasons is how many reasons evidence carries.
const mostReasons = 8

// remarks are what a reader ought to know besides, whatever the result.
func (j *judge) remarks() []string {
	e := &j.out
	var list []string
	if j.Locked > 0 && j.Locked != e.Before.Points {
		list = append(list, fmt.Sprintf("The baseline had %s when it was locked, and %d may be told now.", points(j.Locked), e.Before.Points))
	}
	if n := j.hidden(); n > 0 {
		list = append(list, fmt.Sprintf("%s left out because their numbers are small.", was(n)))
	}
	switch from, to, some := j.passed(); {
	case !some || e.Result != registry.Unchanged:
	case from == to:
		list = append(list, fmt.Sprintf("A change was seen in %s, and did not last.", j.period(from)))
	default:
		list = append(list, fmt.Sprintf("A change was seen between %s and %s, and did not last.", j.period(from), j.period(to)))
	}
	if mix := j.Measure.Mix; mix != nil && e.Mix == nil {
		list = append(list, fmt.Sprintf("How much of it lies within each %s could not be told.", mix.Of))
	}
	if e.Mix != nil && e.Result == registry.Unchanged && math.Abs(e.Mix.Within) > j.chance() {
		list = append(list, fmt.Sprintf("A change within each %s is hidden by a change of who was counted.", e.Mix.Of))
	}
	if e.Mix != nil && !e.Mix.Passed && e.Result == registry.Concern {
		list = append(list, fmt.Sprintf("Most of the change goes with who was counted, by %s.", e.Mix.Of))
	}
	return list
}

// chance is about the most that the two means differ by chance, in plotted units: two
// standard errors, by the limits, which lie three standard deviations from the centre.
// A limit that is cut off lies nearer, so the farther one counts. Without limits any
// change may be chance.
func (j *judge) chance() float64 {
	c, e := &j.out.Drawn, &j.out
	upper, lower, centre := c.Upper[0], c.Lower[0], c.Centre[0]
	if measures.IsMissing(upper) || measures.IsMissing(lower) || e.Before.Points == 0 || e.After.Points == 0 {
		return math.Inf(1)
	}
	return 2 * max(upper-centre, centre-lower) / 3 * math.Sqrt(1/float64(e.Before.Points)+1/float64(e.After.Points))
}

// hidden counts the points of both stretches that may not be told.
func (j *judge) hidden() int {
	n := 0
	for i, state := range j.out.Drawn.States {
		if x := measures.Date(j.out.Drawn.X[i]); state == measures.Suppressed && (x <= j.To || x >= j.First) {
			n++
		}
	}
	return n
}

// passed gives the first and the last point after that a rule marked.
func (j *judge) passed() (from, to measures.Date, some bool) {
	c := &j.out.Drawn
	for i := j.after; i < c.Len(); i++ {
		if !j.counts(i) || c.Causes[i] == measures.Common {
			continue
		}
		if !some {
			from = measures.Date(c.X[i])
		}
		to, some = measures.Date(c.X[i]), true
	}
	return from, to, some
}

func (j *judge) period(day measures.Date) string {
	return words.Period(int32(day), j.Measure.Grain)
}

func points(n int) string {
	if n == 1 {
		return "1 point"
	}
	return fmt.Sprintf("%d points", n)
}

func was(n int) string {
	if n == 1 {
		return "1 point is"
	}
	return fmt.Sprintf("%d points are", n)
}

// Results lists the results in the order in which they are told.
func Results() []registry.Result {
	return []registry.Result{registry.Improved, registry.Unchanged, registry.Concern, registry.MostlyMix, registry.Changed, registry.Unclear}
}
