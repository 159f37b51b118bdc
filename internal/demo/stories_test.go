package demo

import (
	"math"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
)

var chartsBegin = measures.DateOf(2023, 6, 1)

// series is one organisation's numerator and denominator by month.
type series struct {
	months       []measures.Date
	y, n         []float64
	states       []measures.State
	baseline     int
	target       float64
	direction    measures.Direction
	ratioTimes   float64 // what y/n is multiplied with; 0 plots y alone
	rebaseMonths []measures.Date
}

func (s *series) add(month measures.Date, y, n float64) {
	state := measures.Final
	if measures.IsMissing(y) {
		state = measures.NotMeasured
	}
	s.months, s.y, s.n, s.states = append(s.months, month), append(s.y, y), append(s.n, n), append(s.states, state)
}

// chart draws a series with the rules that the shipped measures use.
func (s *series) chart(t *testing.T, kind measures.Kind) measures.Chart {
	t.Helper()
	in := spc.Input{XIsDate: true, Y: s.y, States: s.states}
	for _, m := range s.months {
		in.X = append(in.X, int32(m))
	}
	p := spc.Defaults(kind, measures.MDC)
	p.Direction = s.direction
	if s.ratioTimes != 0 {
		in.N, p.Multiply = s.n, s.ratioTimes
	}
	if s.target != 0 {
		in.Targets = []measures.Target{{Value: s.target}}
	}
	in.Phases = []measures.Phase{{Start: s.months[0], Baseline: min(s.baseline, len(s.months))}}
	for _, month := range s.rebaseMonths {
		in.Phases[len(in.Phases)-1].Baseline = 0
		in.Phases = append(in.Phases, measures.Phase{Start: month})
	}
	c, err := spc.Compute(in, p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fourHours is the share seen within 4 hours, of all types or of type 1, from
// the month at which the shipped measure begins.
func fourHours(t *testing.T, seed uint64, code string, type1 bool) *series {
	t.Helper()
	s := &series{baseline: 24, target: 78, direction: measures.Increase, ratioTimes: 100}
	suffix := "_total"
	if type1 {
		suffix = "_type1"
	}
	for _, row := range read(t, providerFile(seed)) {
		month, err := measures.ParseDate(row["period"])
		if err != nil {
			t.Fatal(err)
		}
		if row["org_code"] == code && month >= chartsBegin {
			n := number(t, row["attendances"+suffix])
			s.add(month, n-number(t, row["over4h"+suffix]), n)
		}
	}
	if len(s.months) == 0 {
		t.Fatalf("no figures for %s", code)
	}
	return s
}

func eachSeed(t *testing.T, story func(t *testing.T, seed uint64)) {
	t.Helper()
	for _, seed := range seeds {
		t.Run(whole(int(seed)), func(t *testing.T) { story(t, seed) })
	}
}

func want(t *testing.T, c measures.Chart, variation measures.Variation, assurance measures.Assurance) {
	t.Helper()
	if c.Variation != variation || c.Assurance != assurance {
		t.Errorf("variation %v and assurance %v, want %v and %v", c.Variation, c.Assurance, variation, assurance)
	}
}

func TestRealImprovement(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64) {
		want(t, fourHours(t, seed, "ZZA", false).chart(t, measures.XmR), measures.ImprovementHigh, measures.Fail)
		want(t, fourHours(t, seed, "ZZA", true).chart(t, measures.XmR), measures.ImprovementHigh, measures.Fail)
	})
}

func TestConcern(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64) {
		want(t, fourHours(t, seed, "ZZB", false).chart(t, measures.XmR), measures.ConcernLow, measures.Fail)
		waits := &series{baseline: 24, direction: measures.Decrease}
		for _, row := range read(t, providerFile(seed)) {
			if month, _ := measures.ParseDate(row["period"]); row["org_code"] == "ZZB" && month >= chartsBegin {
				waits.add(month, number(t, row["dta_waits_over12h"]), measures.Missing)
			}
		}
		want(t, waits.chart(t, measures.XmR), measures.ConcernHigh, measures.AssuranceEmpty)
	})
}

func TestHitAndMiss(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64) {
		c := fourHours(t, seed, "ZZC", false).chart(t, measures.XmR)
		want(t, c, measures.CommonCause, measures.HitOrMiss)
		hits := 0
		for _, y := range c.Y {
			if y >= 78 {
				hits++
			}
		}
		if hits < 6 || hits > len(c.Y)-6 {
			t.Errorf("%d of %d months hit the target: not much of a hit-and-miss", hits, len(c.Y))
		}
	})
}

func TestMergerJumpsAndTheTakenOverSeriesStops(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64) {
		s := fourHours(t, seed, "ZZD", false)
		at := monthsBetween(chartsBegin, merger)
		if s.months[at] != merger || s.n[at] < 1.4*s.n[at-1] {
			t.Errorf("attendances go from %v to %v in the month of the merger", s.n[at-1], s.n[at])
		}
		if c := s.chart(t, measures.XmR); c.Variation == measures.CommonCause {
			t.Error("without a rebase the merger must look like a change")
		}
		s.rebaseMonths = []measures.Date{merger}
		want(t, s.chart(t, measures.XmR), measures.CommonCause, measures.Fail)

		gone := fourHours(t, seed, "ZZM", false)
		if last := gone.months[len(gone.months)-1]; last != merger.AddMonths(-1) {
			t.Errorf("the taken-over trust reports until %v", last)
		}
		names := map[string]bool{}
		for _, row := range read(t, providerFile(seed)) {
			if row["org_code"] == "ZZD" {
				names[row["org_name"]] = true
			}
		}
		if len(names) != 2 {
			t.Errorf("the successor has names %v, want one before and one after", names)
		}
	})
}

func TestGapIsNotMeasuredAndNotZero(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64) {
		s := fourHours(t, seed, "ZZE", false)
		missing := 0
		for i, y := range s.y {
			if measures.IsMissing(y) {
				missing++
				if s.n[i] < 1000 {
					t.Errorf("%v: attendances %v, want them there although the result is not", s.months[i], s.n[i])
				}
			}
		}
		if missing != 7 {
			t.Errorf("%d months missing, want 7", missing)
		}
		want(t, s.chart(t, measures.XmR), measures.CommonCause, measures.Fail)
		blank := 0
		for _, row := range read(t, fourHourFile(seed)) {
			if row["status"] == "not_measured" {
				blank++
				if row["numerator"] != "" || row["denominator"] == "" || row["org_code"] != "ZZE" {
					t.Errorf("not measured: %v", row)
				}
			}
		}
		if blank != 7 {
			t.Errorf("%d tidy rows not measured, want 7", blank)
		}
	})
}

// A p chart takes every person for an independent throw of a coin. With 48,000
// of them a month its limits are a fraction of a point, and it cries wolf.
func TestOverdispersion(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64) {
		s := fourHours(t, seed, "ZZF", false)
		var seen, all float64
		for i := range s.y {
			seen, all = seen+s.y[i], all+s.n[i]
		}
		p := seen / all
		outside := 0
		for i := range s.y {
			if math.Abs(s.y[i]/s.n[i]-p) > 3*math.Sqrt(p*(1-p)/s.n[i]) {
				outside++
			}
		}
		if outside < len(s.y)/2 {
			t.Errorf("a p chart has %d of %d months outside, want at least half", outside, len(s.y))
		}
		c := s.chart(t, measures.XmR)
		want(t, c, measures.CommonCause, measures.Fail)
		for i, signals := range c.Signals {
			if signals&(measures.OutsideLower|measures.OutsideUpper) != 0 {
				t.Errorf("an XmR chart has %v outside", s.months[i])
			}
		}
	})
}

func TestMixFeignsAnImprovement(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64) {
		want(t, fourHours(t, seed, "ZZG", false).chart(t, measures.XmR), measures.ImprovementHigh, measures.Fail)
		want(t, fourHours(t, seed, "ZZG", true).chart(t, measures.XmR), measures.CommonCause, measures.Fail)
		share := shareOfType1(t, seed, "ZZG")
		if share[0] < 0.70 || share[1] > 0.55 {
			t.Errorf("type 1 is %.2f of all before and %.2f after", share[0], share[1])
		}
	})
}

func TestMixHidesAnImprovement(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64) {
		if c := fourHours(t, seed, "ZZK", false).chart(t, measures.XmR); c.Variation != measures.CommonCause {
			t.Errorf("all types: %v, want the gain hidden", c.Variation)
		}
		want(t, fourHours(t, seed, "ZZK", true).chart(t, measures.XmR), measures.ImprovementHigh, measures.Fail)
	})
}

// shareOfType1 compares the first 24 months of the charts with the last 6.
func shareOfType1(t *testing.T, seed uint64, code string) [2]float64 {
	one, all := fourHours(t, seed, code, true), fourHours(t, seed, code, false)
	part := func(from, to int) float64 {
		var a, b float64
		for i := from; i < to; i++ {
			a, b = a+one.n[i], b+all.n[i]
		}
		return a / b
	}
	return [2]float64{part(0, 24), part(len(one.n)-6, len(one.n))}
}

func TestSmallNumbers(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64) {
		for i, n := range fourHours(t, seed, "ZZH", false).n {
			if n > 200 {
				t.Errorf("month %d has %v attendances", i, n)
			}
		}
		below8, halves := 0, 0
		for _, row := range read(t, cancerFile(seed)) {
			if n := number(t, row["denominator"]); row["org_code"] == "ZZH" && n < 8 {
				below8++
			} else if n != math.Trunc(n) {
				halves++
			}
		}
		if below8 < 24 || halves == 0 {
			t.Errorf("%d months with fewer than 8 people, %d counts with a half", below8, halves)
		}
	})
}

func TestSteadyBelowAndAboveTheTarget(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64) {
		want(t, fourHours(t, seed, "ZZI", false).chart(t, measures.XmR), measures.CommonCause, measures.Fail)
		want(t, fourHours(t, seed, "ZZJ", false).chart(t, measures.XmR), measures.CommonCause, measures.Pass)
	})
}

func TestExactlyOnTheTargetByCommonCause(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64) {
		s := fourHours(t, seed, "ZZL", false)
		c := s.chart(t, measures.XmR)
		want(t, c, measures.CommonCause, measures.HitOrMiss)
		if last := len(s.y) - 1; 100*s.y[last] != 78*s.n[last] {
			t.Errorf("the last month is %v of %v, want exactly 78%%", s.y[last], s.n[last])
		}
	})
}

func TestFallsAreUnpublishedAndGetFewerAtOneTrust(t *testing.T) {
	if d := Falls(); d.Published || d.Synthetic {
		t.Error("the falls are open to everybody: no denial to be seen")
	}
	eachSeed(t, func(t *testing.T, seed uint64) {
		for code, variation := range map[measures.ODSCode]measures.Variation{"ZZA": measures.ImprovementLow, "ZZB": measures.CommonCause} {
			s := &series{baseline: 24, direction: measures.Decrease, ratioTimes: 1000}
			for _, row := range read(t, fallsFile(seed, code)) {
				month, err := measures.ParseDate(row["period"])
				if err != nil || row["org_code"] != string(code) {
					t.Fatalf("%v: %v", row, err)
				}
				s.add(month, number(t, row["numerator"]), number(t, row["denominator"]))
			}
			want(t, s.chart(t, measures.XmR), variation, measures.AssuranceEmpty)
		}
	})
}

// The gap between the most and the least deprived fifth narrows at one trust and
// stays at the other, whose numbers are small.
func TestMissedAppointmentsByDeprivation(t *testing.T) {
	if d := Missed(); d.Published || d.Synthetic || !d.Additive {
		t.Errorf("%+v", d)
	}
	eachSeed(t, func(t *testing.T, seed uint64) {
		small := 0
		for code, narrows := range map[measures.ODSCode]bool{"ZZA": true, "ZZB": false} {
			sums := map[string]*[4]float64{}
			for _, row := range read(t, missedFile(seed, code)) {
				n, d := number(t, row["numerator"]), number(t, row["denominator"])
				if n > d || row["stratifier"] != "deprivation" || row["org_code"] != string(code) {
					t.Fatalf("%v", row)
				}
				if code == "ZZB" && n > 0 && n < 8 {
					small++
				}
				sum := sums[row["stratum"]]
				if sum == nil {
					sum = new([4]float64)
					sums[row["stratum"]] = sum
				}
				after := 0
				if row["period"] >= "2025-10-01" {
					after = 2
				} else if row["period"] >= "2025-06-01" {
					continue
				}
				sum[after], sum[after+1] = sum[after]+n, sum[after+1]+d
			}
			if len(sums) != 5 {
				t.Fatalf("%d strata", len(sums))
			}
			gap := func(at int) float64 {
				most, least := sums["1 most deprived"], sums["5 least deprived"]
				return most[at]/most[at+1] - least[at]/least[at+1]
			}
			if before, after := gap(0), gap(2); before < 0.13 || (after < 0.14) != narrows {
				t.Errorf("%s: the gap goes from %.3f to %.3f", code, before, after)
			}
		}
		if small < 30 {
			t.Errorf("%d small numbers", small)
		}
	})
}

func TestLastMonthIsProvisional(t *testing.T) {
	provisional := 0
	for _, row := range read(t, fourHourFile(DefaultSeed)) {
		if last := row["period"] == lastMonth.String(); last != (row["status"] == "provisional") {
			t.Errorf("%v", row)
		} else if last {
			provisional++
		}
	}
	if provisional != len(trusts)-1 {
		t.Errorf("%d trusts have a provisional month, want all %d that are open", provisional, len(trusts)-1)
	}
}
