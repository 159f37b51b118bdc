package words

import "github.com/signalbox-health/signalbox/measures"

// PointsApart is over how many points two series are held against each other.
const PointsApart = 12

// Distance is how one stratum lies from another, or from the whole, in the latest
// points that both have.
type Distance struct {
	Unit         measures.Unit
	Grain        measures.Grain
	Against      string // "the whole trust"
	Points       int    // that both have, PointsApart at most
	Above, Below int    // of them
	Mean         float64
}

// Apart reports whether they lie apart by more than chance: on the same side in
// every one of the last twelve points. Were they alike, each point would fall on
// either side as a coin does, and twelve on one side come once in 2,048 times.
// Points that hang together in time make that less rare, and a month that is
// unusual for both does not matter; nothing is assumed of how values spread.
func (d Distance) Apart() bool {
	return d.Points == PointsApart && (d.Above == PointsApart || d.Below == PointsApart)
}

// Said tells it in a sentence: how often above or below, by how much, and whether
// that is more than chance.
func (d Distance) Said() Reading {
	noun := plural(grainNoun(d.Grain), 2)
	switch {
	case d.Points == 0:
		return Reading{Fact: "No " + grainNoun(d.Grain) + " can be held against " + d.Against + "."}
	case d.Points < PointsApart:
		return Reading{Fact: "Only " + inWords(d.Points) + " " + plural(grainNoun(d.Grain), d.Points) + " can be held against " + d.Against + ": too few to tell."}
	}
	amount := Value(abs(d.Mean), Difference(d.Unit))
	side, n := "above", d.Above
	if d.Below > d.Above {
		side, n = "below", d.Below
	}
	if d.Apart() {
		return Reading{Fact: "It was " + side + " " + d.Against + " in each of the last 12 " + noun + ", by " + amount + " on average:", Judgement: "apart by more than chance."}
	}
	return Reading{Fact: "It was " + side + " " + d.Against + " in " + inWords(n) + " of the last 12 " + noun + ": not in all, so chance is not ruled out."}
}

func abs(v float64) float64 {
	if v < 0 {
		return -v
	}
	return v
}

func grainNoun(g measures.Grain) string {
	switch g {
	case measures.Day, measures.Week, measures.Month, measures.Quarter:
		return string(g)
	case measures.FinancialYear:
		return "year"
	}
	return "point"
}
