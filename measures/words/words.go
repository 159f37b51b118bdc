// Package words says what a chart shows. Every sentence is made from the chart
// itself, from the points that a rule flagged and the lines they lie against, so
// that words, icons and picture cannot contradict each other. It says "real
// change" or "chance", never good or bad people, and never why.
package words

import (
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// Subject is what words need to know besides the chart. All of it may be left
// empty: then values are plain numbers and periods are days or points.
type Subject struct {
	Unit  measures.Unit
	Grain measures.Grain // empty: found from the points
	// Phases are the decisions behind the chart, in order of start. Baseline is
	// how many points make the limits where none decides; 0 means all.
	Phases   []measures.Phase
	Baseline int
	Trend    int    // points that make a trend; 0 means 7
	Minimum  int    // points that limits need; 0 means 13
	Centre   string // name of the centre line; empty: "mean", or "median" of a run chart
	Hidden   string // what suppression hides, for example "1 to 7"; may be empty

	Title  string // heads the paragraph: "Seen within 4 hours, Larkfield (ZZA)"
	Method Method // how the lines were made, as far as it is told
	// Event is what g and t charts count between and what bernoulli and vlad
	// charts count, in the singular: "infection", "death". Empty: "event".
	Event string
	// Case is one point of a bernoulli or vlad chart: "operation". Empty: "case".
	Case string
	// Groups names the points of a funnel, one a point, and Group says what each
	// of them is: "trust". Empty: "group", and their numbers.
	Groups []string
	Group  string
}

// Method is how centre and limits were made. What is zero was not told, and
// nothing is said of it.
type Method struct {
	Constant float64 // 2.66 or 1.128, as in package spc
	Screened bool    // large moving ranges were left out of the limits
	Given    bool    // the centre was given from outside
	Median   bool    // the centre is the median

	Lambda    float64 // ewma
	Shift     float64 // cusum, in sd
	Decision  float64 // cusum, in sd; bernoulli and vlad, in log-likelihood
	HeadStart float64 // cusum, in sd
	OddsRatio float64 // bernoulli, vlad

	Ratio    string // funnel: "proportion", "standardised" or "rate"
	Additive bool   // funnel: limits allow for differences beyond chance
	Exact    bool   // funnel: exact limits
}

// Reading is one sentence in its parts. Judgement is the part to set in bold; it
// is empty where nothing is to be judged.
type Reading struct {
	Fact      string // "80.7% in May 2026. 16 months in a row above the mean of 59.1%:"
	Judgement string // "a real change, in the good direction."
	Target    string // "The 78% target lies above these limits; they are the old ones: new limits are due."
}

// String is the whole reading as one text.
func (r Reading) String() string {
	parts := make([]string, 0, 3)
	for _, part := range [...]string{r.Fact, r.Judgement, r.Target} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}

// Sentence reads a chart: value and period, what the rule saw, the judgement,
// and where the target lies.
func Sentence(s Subject, c *measures.Chart) Reading {
	v := look(s, c)
	if v.last < 0 {
		return Reading{Fact: v.nothing()}
	}
	fact, judgement := v.finding()
	return Reading{Fact: v.opening() + " " + fact, Judgement: judgement, Target: v.targetSentence()}
}

// Brief is the reading for a table that shows value, mean and target already.
func Brief(s Subject, c *measures.Chart) string {
	v := look(s, c)
	if v.last < 0 {
		return v.nothing()
	}
	v.brief = true
	fact, judgement := v.finding()
	return Reading{Fact: fact, Judgement: judgement, Target: v.targetBrief()}.String()
}

// nothing is said of a chart without a single measured point.
func (v *view) nothing() string {
	if v.c.Len() == 0 {
		return "Nothing has been loaded yet."
	}
	hidden := 0
	for _, state := range v.c.States {
		if state == measures.Suppressed {
			hidden++
		}
	}
	switch {
	case hidden == v.c.Len():
		return "Every " + v.noun(1) + " is hidden, because the numbers are small" + v.hiddenRange() + "."
	case hidden > 0:
		return "No " + v.noun(1) + " can be shown: " + v.count(hidden) + " hidden because the numbers are small" +
			v.hiddenRange() + ", the others not measured."
	}
	return "No " + v.noun(1) + " has been measured."
}

func (v *view) hiddenRange() string {
	if v.s.Hidden == "" {
		return ""
	}
	return " (" + v.s.Hidden + ")"
}

// opening is the value, its period, and what came after it.
func (v *view) opening() string {
	text := v.named(v.c.Y[v.last]) + " " + v.at(v.last)
	switch v.c.Kind {
	case measures.MR:
		text = v.named(v.c.Y[v.last]) + " from the " + v.noun(1) + " before, " + v.at(v.last)
	case measures.G, measures.T:
		text = v.since()
	case measures.Funnel:
		return v.compared()
	case measures.Bernoulli, measures.VLAD:
		return v.tally()
	}
	switch v.state(v.last) {
	case measures.Provisional:
		text += " (provisional)"
	case measures.Excluded:
		text += " (left out of the limits)"
	}
	text += "."
	if after := v.c.Len() - 1 - v.last; after > 0 {
		text += " " + v.after(after)
	}
	return text
}

// after says why the points after the last measured one are not there.
func (v *view) after(n int) string {
	hidden := 0
	for i := v.last + 1; i < v.c.Len(); i++ {
		if v.state(i) == measures.Suppressed {
			hidden++
		}
	}
	subject, verb := "The "+v.noun(1)+" since", " is "
	if n > 1 {
		subject, verb = "The "+v.count(n)+" since", " are "
	}
	switch hidden {
	case 0:
		return subject + verb + "not measured."
	case n:
		return subject + verb + "hidden, because the numbers are small" + v.hiddenRange() + "."
	}
	return subject + verb + "not measured or hidden."
}
