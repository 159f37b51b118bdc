package words

import (
	"math"
)

// RuleText explains one rule, whatever the chart.
type RuleText struct {
	Code   string // id on the glossary page: "rule-shift"
	Name   string
	Text   string // what it looks for, and what it means when found
	Chance string // how often chance alone does that
}

// ruleCodes are the rules of the signals, in the order of their bits.
var ruleCodes = [...]string{"rule-outside", "rule-outside", "rule-trend", "rule-trend", "rule-two-in-three", "rule-two-in-three",
	"rule-shift", "rule-shift", "rule-we-1", "rule-we-2", "rule-we-3", "rule-we-4", "rule-nelson-1", "rule-nelson-2",
	"rule-nelson-3", "rule-nelson-4", "rule-nelson-5", "rule-nelson-6", "rule-nelson-7", "rule-nelson-8"}

// RuleTexts explains every rule there is, those of all rule sets.
func RuleTexts() []RuleText {
	return []RuleText{
		{"rule-outside", "Outside the limits", "One point beyond a process limit. Something unusual happened there: an odd month, or the beginning of a change.",
			"About " + oneIn(2*beyondSigma(3)) + " points; on a g chart about " + oneIn(math.Exp(-4)) + "."},
		{"rule-shift", "A run on one side", "Seven points in a row on one side of the centre (six under the IHI rules): the level has moved. A point on the centre ends a run, " +
			"except under the IHI rules, which pass over it.", "Of stretches of seven, " + exactlyOneIn(sameSide(7)) + "; of six, " + exactlyOneIn(sameSide(6)) + "."},
		{"rule-trend", "A trend", "Seven points in a row that rise, or fall (five under the IHI and PowerBI rules): the level is moving.",
			"Of stretches of seven, " + exactlyOneIn(monotone(7)) + "; of five, " + exactlyOneIn(monotone(5)) + "."},
		{"rule-two-in-three", "Two of three near a limit", "Two of three points in a row in the outer third, near the same limit. Often the first sign of a change.",
			"Of threes, about " + oneIn(twoOfThreeOneSide()) + "."},
		{"rule-longest-run", "A long run", "The longest run on one side of the centre is longer than chance gives in so many points. Points on the centre are left out.",
			"In " + Number(100*longerRun(24, 8), 0) + " of 100 charts of 24 points."},
		{"rule-crossings", "Few crossings", "The line crosses the centre less often than chance gives in so many points: it stays too long on each side.",
			"In " + Number(100*fewerCrossings(24, 8), 0) + " of 100 charts of 24 points."},
		{"rule-runs", "Too few or too many runs", "A run is a stretch on one side of the median. Too few of them mean that the level moved; too many, that two different things take turns.",
			"In about " + inWords(int(100*runsChance(24, 8, 18)+0.5)) + " of 100 charts of 24 points."},
		{"rule-we-1", "Western Electric 1", "One point beyond three sigma, that is, outside the limits.", "About " + oneIn(2*beyondSigma(3)) + " points."},
		{"rule-we-2", "Western Electric 2", "Two of three points in a row beyond two sigma, on the same side.", "Of threes, about " + oneIn(2*most(2, 3, beyondSigma(2))) + "."},
		{"rule-we-3", "Western Electric 3", "Four of five points in a row beyond one sigma, on the same side.", "Of fives, about " + oneIn(2*most(4, 5, beyondSigma(1))) + "."},
		{"rule-we-4", "Western Electric 4", "Eight points in a row on one side of the centre.", "Of stretches of eight, " + exactlyOneIn(sameSide(8)) + "."},
		{"rule-nelson-1", "Nelson 1", "One point beyond three sigma, that is, outside the limits.", "About " + oneIn(2*beyondSigma(3)) + " points."},
		{"rule-nelson-2", "Nelson 2", "Nine points in a row on one side of the centre.", "Of stretches of nine, " + exactlyOneIn(sameSide(9)) + "."},
		{"rule-nelson-3", "Nelson 3", "Six points in a row that rise, or fall.", "Of stretches of six, " + exactlyOneIn(monotone(6)) + "."},
		{"rule-nelson-4", "Nelson 4", "Fourteen points in a row that go up and down in turn: two different things may take turns.", "Of stretches of 14, about " + oneIn(alternating(14)) + "."},
		{"rule-nelson-5", "Nelson 5", "Two of three points in a row beyond two sigma, on the same side.", "Of threes, about " + oneIn(2*most(2, 3, beyondSigma(2))) + "."},
		{"rule-nelson-6", "Nelson 6", "Four of five points in a row beyond one sigma, on the same side.", "Of fives, about " + oneIn(2*most(4, 5, beyondSigma(1))) + "."},
		{"rule-nelson-7", "Nelson 7", "Fifteen points in a row within one sigma of the centre: steadier than the limits say. The limits may be too wide, or each point may mix several sources.",
			"Of stretches of 15, about " + oneIn(most(15, 15, 1-2*beyondSigma(1))) + "."},
		{"rule-nelson-8", "Nelson 8", "Eight points in a row beyond one sigma, on both sides: the middle is missing, so two different things may be mixed.",
			"Of stretches of eight, about " + oneIn(mixed()) + "."},
		{"rule-funnel", "Outside the funnel", "A group beyond the outer limits of 99.8 percent. Beyond the inner limits of 95 percent many lie by chance, so they are drawn and judge nothing.",
			"One in 500 groups beyond the outer limits; one in 20 beyond the inner."},
		{"rule-decision", "Past the decision limit", "A cumulative sum that crosses its decision limit: small differences in the same direction have added up to more than chance gives.",
			"With a shift of one sd to find and a limit of five sd, a false alarm about once in " + Number(twoDigits(cusumLength(0.5, 5)), 0) + " points."},
		{"rule-ewma", "The weighted mean leaves its limits", "The smooth line of an EWMA chart lies beyond its limits: the level has moved.",
			"With a weight of 0.2, a false alarm about once in 560 points (Lucas and Saccucci 1990)."},
	}
}

// runsChance is the chance that n points make fewer runs than low or more than
// high, each step a coin.
func runsChance(n, low, high int) float64 {
	return fewerCrossings(n, low-1) + most(high, n-1, 0.5)
}
