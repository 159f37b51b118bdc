package disclosure

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// Sum is what a number of a measure is made of: some columns of a dataset less
// others, of the whole organisation or of one stratum.
type Sum struct {
	Plus       []string `json:"plus"`
	Minus      []string `json:"minus,omitempty"`
	Stratifier string   `json:"stratifier,omitempty"`
	Stratum    string   `json:"stratum,omitempty"`
}

// less is one sum less another of the same stratum.
func (s Sum) less(other Sum) Sum {
	s.Plus, s.Minus = slices.Concat(s.Plus, other.Minus), slices.Concat(s.Minus, other.Plus)
	return s
}

// Key is the same for equal sums.
func (s Sum) Key() string {
	s.Plus, s.Minus = slices.Sorted(slices.Values(s.Plus)), slices.Sorted(slices.Values(s.Minus))
	text, _ := json.Marshal(s) // strings always marshal
	return string(text)
}

// Told is what a reader knows of a number in one period: it lies between Low and
// High, because it was shown rounded, or because it was hidden for being small.
type Told struct {
	X         int32
	Load      int32 // the latest load that the answer was made from
	Low, High float64
	Small     bool
}

// Telling is what a reader knows of a number, period by period in order.
type Telling struct {
	Organisation measures.ODSCode
	Sum          Sum
	Told         []Told
}

// Tell writes down what a reader is told by a series under terms: its true counts,
// which of them are hidden, and what they are sums of. Of what is hidden to protect
// something else nothing is told but that it is there.
func Tell(terms policy.Disclosure, s Counts, hide []bool, load int32, numerator, denominator Sum) []Telling {
	list := []Telling{{s.Organisation, numerator, nil}}
	if s.Denominator != nil {
		list = append(list, Telling{s.Organisation, denominator, nil}, Telling{s.Organisation, denominator.less(numerator), nil})
	}
	for i, x := range s.X {
		for k := range list {
			v := parts[k](&s, i)
			switch {
			case measures.IsMissing(v):
			case hide[i] && tooSmall(terms, v):
				least, most := smallest(terms)
				if s.Stratum != "" {
					most = math.Inf(1) // it may be hidden to protect another
				}
				list[k].Told = append(list[k].Told, Told{x, load, least, most, true})
			case k == 2: // the difference of two that are shown follows from them
			case hide[i]: // there is such a number, and no more is said
				list[k].Told = append(list[k].Told, Told{x, load, 0, math.Inf(1), false})
			default:
				low, high := roundedFrom(terms, v)
				list[k].Told = append(list[k].Told, Told{x, load, low, high, false})
			}
		}
	}
	return list
}

// smallest are the least and the largest number that is hidden for being small.
func smallest(terms policy.Disclosure) (least, most float64) {
	if terms.ZeroVisible {
		least = 1
	}
	return least, float64(max(terms.MinCellCount-1, 0))
}

// roundedFrom are the least and the largest count that are shown as this one is.
func roundedFrom(terms policy.Disclosure, v float64) (low, high float64) {
	if terms.RoundTo <= 1 || v == 0 {
		return v, v
	}
	step := float64(terms.RoundTo)
	rounded := nearest(v, step)
	return max(math.Ceil(rounded-step/2), float64(terms.MinCellCount)), math.Ceil(rounded+step/2) - 1
}

// Learnt joins what a reader knew with what an answer would tell, the one about a
// number of an organisation with the other about the same, and gives those that it
// tells something new of. A number that was loaded again with another value is
// known as it is now; what was hidden later without having become small is still
// known as it was.
func Learnt(before, now []Telling) (all, changed []Telling) {
	at := map[string]int{}
	name := func(t Telling) string { return string(t.Organisation) + t.Sum.Key() }
	for i, t := range before {
		at[name(t)] = i
	}
	all = slices.Clone(before)
	for _, t := range now {
		i, known := at[name(t)]
		if !known {
			i = len(all)
			at[name(t)] = i
			all = append(all, Telling{Organisation: t.Organisation, Sum: t.Sum})
		}
		told := joined(all[i].Told, t.Told)
		if !slices.Equal(told, all[i].Told) {
			all[i].Told = told
			changed = append(changed, all[i])
		}
	}
	return all, changed
}

func joined(a, b []Told) []Told {
	out := make([]Told, 0, max(len(a), len(b)))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].X < b[0].X:
			out, a = append(out, a[0]), a[1:]
		case a[0].X > b[0].X:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, both(a[0], b[0])), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// both is what is known of one number that was told twice. The load is the latest
// that told something new.
func both(a, b Told) Told {
	if a.Load > b.Load {
		a, b = b, a
	}
	low, high := max(a.Low, b.Low), min(a.High, b.High)
	switch {
	case low > high, a.Small != b.Small:
		return b
	case low == a.Low && high == a.High:
		return a
	}
	b.Low, b.High = low, high
	return b
}
