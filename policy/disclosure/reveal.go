package disclosure

import (
	"cmp"
	"math"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Revealed is a hidden number that would not stay hidden: of all that it may be,
// only what lies between Low and High is left.
type Revealed struct {
	Organisation measures.ODSCode
	X            int32
	Sum          Sum
	Low, High    float64
}

// Reveals finds hidden numbers that could be worked out from all that a reader
// knows: by taking what is known of the parts from what is known of a sum, and so
// on until nothing more follows. A hidden number must be free to be anything that
// small numbers are. additive says that the whole of a column is the sum of its
// strata.
//
// It knows of counts and their sums. What charts tell beside them, lines and
// signals, hangs on no hidden count, see Hide.
func Reveals(terms policy.Disclosure, additive bool, known []Telling) []Revealed {
	type spot struct {
		organisation measures.ODSCode
		x            int32
	}
	spots := map[spot]*knowledge{}
	for _, t := range known {
		for _, told := range t.Told {
			at := spot{t.Organisation, told.X}
			if spots[at] == nil {
				spots[at] = &knowledge{cells: map[cell]int{}}
			}
			spots[at].add(t.Sum, told)
		}
	}
	var list []Revealed
	for at, s := range spots {
		s.addDifferences()
		if additive {
			s.addWholes()
		}
		for _, r := range s.solve(smallest(terms)) {
			r.Organisation, r.X = at.organisation, at.x
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b Revealed) int {
		return cmp.Or(cmp.Compare(a.Organisation, b.Organisation), cmp.Compare(a.X, b.X), cmp.Compare(a.Sum.Key(), b.Sum.Key()))
	})
	return list
}

// cell is one column of one stratum; all that is known are sums of cells.
type cell struct{ column, stratifier, stratum string }

// knowledge is what is known of an organisation in one period.
type knowledge struct {
	cells     map[cell]int
	low, high []float64 // of every cell and every sum
	equations [][]term
	targets   []target
}

// term is a number and how often it counts; the terms of an equation add up to nothing.
type term struct {
	number int
	sign   float64
}

type target struct {
	number int
	sum    Sum
}

func (s *knowledge) number(low, high float64) int {
	s.low, s.high = append(s.low, low), append(s.high, high)
	return len(s.low) - 1
}

func (s *knowledge) cell(column, stratifier, stratum string) int {
	name := cell{column, stratifier, stratum}
	i, known := s.cells[name]
	if !known {
		i = s.number(0, math.Inf(1))
		s.cells[name] = i
	}
	return i
}

func (s *knowledge) add(of Sum, told Told) {
	total := s.number(told.Low, told.High)
	equation := []term{{total, -1}}
	for _, column := range of.Plus {
		equation = append(equation, term{s.cell(column, of.Stratifier, of.Stratum), 1})
	}
	for _, column := range of.Minus {
		equation = append(equation, term{s.cell(column, of.Stratifier, of.Stratum), -1})
	}
	s.equations = append(s.equations, equation)
	if told.Small {
		s.targets = append(s.targets, target{total, of})
	}
}

// addDifferences takes each sum from each other that has cells in common with it:
// two sums tell what they differ by, whatever is in both.
func (s *knowledge) addDifferences() {
	direct := len(s.equations)
	for i := range direct {
		for j := range i {
			signs := map[int]float64{}
			for _, t := range s.equations[i] {
				signs[t.number] += t.sign
			}
			for _, t := range s.equations[j] {
				signs[t.number] -= t.sign
			}
			var rest []term
			for number, sign := range signs {
				if sign != 0 {
					rest = append(rest, term{number, sign})
				}
			}
			if len(rest) < len(s.equations[i])+len(s.equations[j]) {
				s.equations = append(s.equations, rest)
			}
		}
	}
}

// addWholes says of every column that its strata add up to it. What is known of a
// division is known of all its strata, because they are shown together.
func (s *knowledge) addWholes() {
	divisions := map[cell][]term{}
	for name, i := range s.cells {
		if name.stratifier != "" {
			whole := cell{name.column, name.stratifier, ""}
			divisions[whole] = append(divisions[whole], term{i, 1})
		}
	}
	for whole, strata := range divisions {
		s.equations = append(s.equations, append(strata, term{s.cell(whole.column, "", ""), -1}))
	}
}

// solve narrows every number by the equations that it stands in. An equation that
// cannot hold tells nothing: then the figures do not add up.
func (s *knowledge) solve(least, most float64) []Revealed {
	if len(s.targets) == 0 {
		return nil
	}
	const rounds = 100 // each narrows something by one at least, and few take more than five
	for changed, round := true, 0; changed && round < rounds; round++ {
		changed = false
		for _, equation := range s.equations {
			for i, t := range equation {
				low, high := s.rest(equation, i)
				if t.sign > 0 {
					low, high = -high, -low
				}
				low, high = low/math.Abs(t.sign), high/math.Abs(t.sign)
				low, high = max(s.low[t.number], math.Ceil(low-1e-9)), min(s.high[t.number], math.Floor(high+1e-9))
				if low > high {
					continue
				}
				changed = changed || low > s.low[t.number] || high < s.high[t.number]
				s.low[t.number], s.high[t.number] = low, high
			}
		}
	}
	var list []Revealed
	for _, t := range s.targets {
		if s.low[t.number] > least || s.high[t.number] < most {
			list = append(list, Revealed{Sum: t.sum, Low: s.low[t.number], High: s.high[t.number]})
		}
	}
	return list
}

// rest is what the other terms of an equation add up to, at least and at most.
func (s *knowledge) rest(equation []term, but int) (low, high float64) {
	for i, t := range equation {
		switch {
		case i == but:
		case t.sign > 0:
			low, high = low+t.sign*s.low[t.number], high+t.sign*s.high[t.number]
		default:
			low, high = low+t.sign*s.high[t.number], high+t.sign*s.low[t.number]
		}
	}
	return low, high
}
