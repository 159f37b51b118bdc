package disclosure

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/policy"
)

// view is one way of many to look at a series: a stretch of it, a kind of chart, a
// rule set.
type view struct {
	from, to int
	kind     measures.Kind
	rules    measures.RuleSet
}

// views are the stretches that a reader may choose, all of those that begin or end
// near a point and some others, under every kind of chart.
func views(random *rand.Rand, points, near int) []view {
	var list []view
	for _, kind := range []measures.Kind{measures.Run, measures.XmR, measures.C, measures.U, measures.P, measures.PPrime, measures.MR, measures.EWMA} {
		for _, rules := range []measures.RuleSet{measures.MDC, measures.Nelson, measures.WesternElectric, measures.Anhoej, measures.IHI} {
			list = append(list, view{0, points, kind, rules})
			for range 6 {
				from := random.IntN(near + 1)
				list = append(list, view{from, near + 1 + random.IntN(points-near), kind, rules})
			}
		}
	}
	return list
}

// cut gives the counts of a stretch.
func (v view) cut(s Counts) Counts {
	s.X, s.Numerator = s.X[v.from:v.to], s.Numerator[v.from:v.to]
	if s.Denominator != nil {
		s.Denominator = s.Denominator[v.from:v.to]
	}
	return s
}

// published is every bit of what a reader from elsewhere sees of some series in
// one view. Without stand-ins it is what was seen before there were any.
func published(v view, standIns bool, series []Counts) string {
	var cut []Counts
	for _, s := range series {
		cut = append(cut, v.cut(s))
	}
	charted, hide := Hide(national, cut)
	if !standIns {
		charted = cut
	}
	var figures []Figure
	for i, s := range charted {
		in := spc.Input{X: s.X, XIsDate: true, N: s.Denominator, Phases: []measures.Phase{{Start: measures.Date(s.X[0])}}}
		f := Figure{Organisation: s.Organisation, Stratum: s.Stratum, Numerator: s.Numerator, Denominator: s.Denominator, Multiply: 1, Hide: hide[i]}
		for j, n := range s.Numerator {
			in.Y = append(in.Y, n)
			if s.Denominator != nil && v.kind != measures.P && v.kind != measures.PPrime && v.kind != measures.U {
				in.Y[j] = n / s.Denominator[j]
			}
		}
		chart, err := spc.Compute(in, spc.Defaults(v.kind, v.rules))
		if err != nil {
			return err.Error()
		}
		f.Chart = chart
		figures = append(figures, f)
	}
	released, hidden := Apply(national, figures)
	return fmt.Sprintf("%d %+v", hidden, bare(released))
}

// bare leaves out what the reader does not see.
func bare(figures []Figure) []Figure {
	for i := range figures {
		figures[i].Hide = nil
	}
	return figures
}

// smallHospital draws a few wards over three years, most of them small.
func smallHospital(random *rand.Rand, denominators bool) []Counts {
	series := make([]Counts, 2+random.IntN(4))
	for i := range series {
		s := &series[i]
		s.Organisation, s.Stratum = "RQW", "ward "+strconv.Itoa(i)
		size := []float64{4, 9, 14, 30, 60}[random.IntN(5)]
		for month := range 36 {
			s.X = append(s.X, int32(measures.DateOf(2024, 1+month, 1)))
			s.Numerator = append(s.Numerator, math.Floor(random.Float64()*size*1.4))
			if denominators {
				s.Denominator = append(s.Denominator, s.Numerator[month]+5+math.Floor(random.Float64()*size*3))
			}
		}
	}
	return series
}

// TestNoViewHangsOnAHiddenCount is the attack that no other could do better than:
// every hidden count is replaced by each other that it may be, and what is published
// in every view, of stretches near it, of every kind, under every rule, must be the
// same to the last bit. Then nothing that anybody works out from them, however
// cleverly, tells one from the other.
func TestNoViewHangsOnAHiddenCount(t *testing.T) {
	random := rand.New(rand.NewPCG(31, 32))
	compared, differed, told := 0, 0, 0
	for trial := range 12 {
		series := smallHospital(random, trial%2 == 0)
		at, month := random.IntN(len(series)), random.IntN(36)
		series[at].Numerator[month] = float64(1 + random.IntN(7))
		if series[at].Denominator != nil {
			series[at].Denominator[month] = 40
		}
		other := append([]Counts(nil), series...)
		other[at].Numerator = append([]float64(nil), series[at].Numerator...)
		for other[at].Numerator[month] == series[at].Numerator[month] {
			other[at].Numerator[month] = float64(1 + random.IntN(7))
		}
		for _, v := range views(random, 36, month) {
			compared++
			if published(v, true, series) != published(v, true, other) {
				if differed++; differed < 4 {
					t.Errorf("trial %d, %v: %v and %v in month %d of %s are told apart", trial, v,
						series[at].Numerator[month], other[at].Numerator[month], month, series[at].Stratum)
				}
			}
			if published(v, false, series) != published(v, false, other) {
				told++
			}
		}
	}
	t.Logf("%d views of hidden counts, %d of them told apart; charted on the hidden counts themselves %d were", compared, differed, told)
	if told == 0 {
		t.Error("charts made of the hidden counts tell nothing either: the test proves nothing")
	}
}

// TestFunnelsAndSplitsHangOnNoHiddenCount does the same to sums over stretches,
// beside the months they are made of.
func TestFunnelsAndSplitsHangOnNoHiddenCount(t *testing.T) {
	random := rand.New(rand.NewPCG(33, 34))
	for range 200 {
		series := smallHospital(random, true)
		at, month := random.IntN(len(series)), random.IntN(36)
		series[at].Numerator[month], series[at].Denominator[month] = 3, 60
		charted, hide := Hide(national, series)
		series[at].Numerator[month] = float64(1 + random.IntN(7))
		again, same := Hide(national, series)
		if fmt.Sprint(charted, hide) != fmt.Sprint(again, same) {
			t.Fatalf("what sums are made of hangs on the hidden count:\n%v\n%v", charted[at], again[at])
		}
	}
}

// interval is what an attacker knows of a number.
type interval struct{ low, high float64 }

// known is an equation that an attacker knows: the sum of some numbers is another.
type known struct {
	parts []int
	total int
}

// narrow works out what follows from the equations, until nothing more does.
func narrow(numbers []interval, equations []known) {
	for changed := true; changed; {
		changed = false
		set := func(i int, low, high float64) {
			if low > numbers[i].low+1e-9 {
				numbers[i].low, changed = math.Ceil(low-1e-9), true
			}
			if high < numbers[i].high-1e-9 {
				numbers[i].high, changed = math.Floor(high+1e-9), true
			}
		}
		for _, e := range equations {
			var low, high float64
			for _, p := range e.parts {
				low, high = low+numbers[p].low, high+numbers[p].high
			}
			set(e.total, low, high)
			for _, p := range e.parts {
				restLow, restHigh := low-numbers[p].low, high-numbers[p].high
				if math.IsInf(high, 1) {
					restHigh = others(numbers, e.parts, p)
				}
				set(p, numbers[e.total].low-restHigh, numbers[e.total].high-restLow)
			}
		}
	}
}

func others(numbers []interval, parts []int, but int) (high float64) {
	for _, p := range parts {
		if p != but {
			high += numbers[p].high
		}
	}
	return high
}

// seen is what a reader from elsewhere is told of one count: where it is shown, the
// counts that round to what is shown; where it is hidden, that it is not nothing.
func seen(v float64, hide bool) interval {
	rounded := nearest(v, 5)
	switch {
	case hide:
		return interval{1, math.Inf(1)}
	case v == 0:
		return interval{0, 0}
	}
	return interval{max(8, rounded-2), rounded + 2}
}

// TestHiddenStrataAreNotFoundByTakingTheOthersFromTotals plays somebody who collects
// the totals and two different divisions of them, solves for what is hidden, and
// knows the rules by which it was hidden. The insider knows all that is shown to the
// last count, and of what is hidden which is small; where a whole division is hidden
// that is more than can be kept from anybody, since the total is what it is.
func TestHiddenStrataAreNotFoundByTakingTheOthersFromTotals(t *testing.T) {
	for _, insider := range []bool{false, true} {
		random := rand.New(rand.NewPCG(35, 36))
		attacked, narrowed, pinned, before, cornered := 0, 0, 0, 0, 0
		for range 6000 {
			groups := [][]Counts{division(random, "ward"), nil}
			groups[1] = divideAgain(random, groups[0])
			for _, stood := range []bool{false, true} { // only the small ones hidden, or protected as they are
				if insider && !open(groups) {
					cornered++ // everything of a division is hidden, and there is no more to hide
					continue
				}
				numbers, equations, small := attacker(groups, insider, stood)
				narrow(numbers, equations)
				for _, i := range small {
					low, high := max(1, numbers[i].low), min(7, numbers[i].high)
					switch {
					case !stood:
						if high-low < 1 {
							before++
						}
						continue
					case high-low < 1:
						pinned++
					case high-low < 6:
						narrowed++
					}
					attacked++
				}
			}
		}
		t.Logf("insider %v: %d hidden counts attacked, %d narrowed, %d pinned (%d divisions hidden whole left out); with small ones alone hidden %d were pinned",
			insider, attacked, narrowed, pinned, cornered, before)
		if pinned > 0 || narrowed > 0 {
			t.Errorf("insider %v: %d hidden counts were pinned and %d narrowed", insider, pinned, narrowed)
		}
		if before == 0 || attacked < 3000 {
			t.Errorf("%d attacked, %d pinned before: the attack proves nothing", attacked, before)
		}
	}
}

// division draws the counts of a month by ward.
func division(random *rand.Rand, name string) []Counts {
	list := make([]Counts, 2+random.IntN(4))
	for i := range list {
		list[i] = Counts{Organisation: "RQW", Stratum: name + strconv.Itoa(i), X: []int32{0}, Numerator: []float64{float64(random.IntN(random.IntN(60) + 2))}}
	}
	return list
}

// divideAgain draws another division of the same total.
func divideAgain(random *rand.Rand, first []Counts) []Counts {
	total := 0
	for _, s := range first {
		total += int(s.Numerator[0])
	}
	list := make([]Counts, 2+random.IntN(3))
	for i := range list {
		n := total
		if i < len(list)-1 {
			n = random.IntN(total + 1)
		}
		total -= n
		list[i] = Counts{Organisation: "RQW", Stratum: "age" + strconv.Itoa(i), X: []int32{0}, Numerator: []float64{float64(n)}}
	}
	return list
}

// attacker writes down all that is published of a total and its divisions, and
// which of the numbers are the small ones that it is after.
func attacker(groups [][]Counts, insider, protected bool) (numbers []interval, equations []known, small []int) {
	total := 0.0
	for _, s := range groups[0] {
		total += s.Numerator[0]
	}
	whole := seen(total, total > 0 && total < 8)
	if insider && total >= 8 {
		whole = interval{total, total}
	}
	numbers = append(numbers, whole)
	for _, group := range groups {
		_, hide := Hide(policy.Disclosure{MinCellCount: 8, RoundTo: 5, Secondary: protected, ZeroVisible: true}, group)
		e := known{total: 0}
		for i, s := range group {
			n := s.Numerator[0]
			told := seen(n, hide[i][0])
			switch tiny := n > 0 && n < 8; {
			case tiny && (insider || !protected):
				told = interval{1, 7}
			case insider && hide[i][0] && n > 0:
				told = interval{8, math.Inf(1)}
			case insider:
				told = interval{n, n}
			}
			if n > 0 && n < 8 && total >= 8 {
				small = append(small, len(numbers))
			}
			e.parts, numbers = append(e.parts, len(numbers)), append(numbers, told)
		}
		equations = append(equations, e)
	}
	return numbers, equations, small
}

// open reports whether something of every division is shown beside what is hidden.
func open(groups [][]Counts) bool {
	for _, group := range groups {
		_, hide := Hide(national, group)
		shown := 0
		for i := range hide {
			if !hide[i][0] && group[i].Numerator[0] > 0 {
				shown++
			}
		}
		if shown == 0 {
			return false
		}
	}
	return true
}
