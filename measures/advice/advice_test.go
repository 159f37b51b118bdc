package advice

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/measures/words"
)

// months are the first days of n months from January 2020.
func months(n int) []int32 {
	x := make([]int32, n)
	for i := range x {
		x[i] = int32(measures.DateOf(2020, 1+i, 1))
	}
	return x
}

func days(n int) []int32 {
	x := make([]int32, n)
	for i := range x {
		x[i] = int32(measures.DateOf(2024, 1, 1)) + int32(i) // a Monday
	}
	return x
}

func chart(t testing.TB, kind measures.Kind, in spc.Input) *measures.Chart {
	t.Helper()
	rules := measures.MDC
	if kind == measures.Run {
		rules = measures.Anhoej
	}
	p := spc.Defaults(kind, rules)
	p.Direction = measures.Increase
	c, err := spc.Compute(in, p)
	if err != nil {
		t.Fatal(err)
	}
	return &c
}

func codes(notes []measures.Note) []string {
	var list []string
	for _, n := range notes {
		list = append(list, n.Code)
	}
	return list
}

// noise is the same n draws from a normal distribution at every call, with no
// pattern in it that advice would be about.
func noise(n int) []float64 {
	random := rand.New(rand.NewPCG(7, 11))
	y := make([]float64, n)
	for i := range y {
		y[i] = random.NormFloat64()
	}
	return y
}

// from makes n values by their index.
func from(n int, f func(i int, noise float64) float64) []float64 {
	y := noise(n)
	for i := range y {
		y[i] = f(i, y[i])
	}
	return y
}

func same(n int, v float64) []float64 {
	return from(n, func(int, float64) float64 { return v })
}

// binomial and poisson draw counts.
func binomial(random *rand.Rand, n int, p float64) float64 {
	count := 0.0
	for range n {
		if random.Float64() < p {
			count++
		}
	}
	return count
}

func poisson(random *rand.Rand, mean float64) float64 {
	count, product, end := 0.0, random.Float64(), math.Exp(-mean)
	for product > end {
		count++
		product *= random.Float64()
	}
	return count
}

func TestAdviceOnMadeSeries(t *testing.T) {
	july := func(i int) int32 { return months(i + 1)[i] }
	random := rand.New(rand.NewPCG(3, 4))
	for _, test := range []struct {
		name  string
		kind  measures.Kind
		in    spc.Input
		about About
		code  string // "" means that nothing is said at all, "not x" that x is not
		says  []string
	}{
		{name: "nothing but chance", kind: measures.XmR, in: spc.Input{X: months(48), Y: from(48, func(i int, e float64) float64 { return 50 + e })}},
		{name: "no figures at all", kind: measures.XmR, in: spc.Input{X: months(20), Y: same(20, measures.Missing)}},
		{name: "always the same", kind: measures.XmR, in: spc.Input{X: months(48), Y: same(48, 100)}},
		{name: "shares of many that vary by themselves", kind: measures.P,
			in:   spc.Input{X: months(24), Y: from(24, func(i int, e float64) float64 { return math.Round(6000 + 300*e) }), N: same(24, 10000)},
			code: OverDispersed, says: []string{"times as much", "p chart", "p' chart", "XmR"}},
		{name: "rates of many that vary by themselves", kind: measures.U,
			in:   spc.Input{X: months(24), Y: from(24, func(i int, e float64) float64 { return math.Round(6000 + 300*e) }), N: same(24, 10000)},
			code: OverDispersed, says: []string{"u chart", "u' chart"}},
		{name: "counts of many that vary by themselves", kind: measures.C,
			in:   spc.Input{X: months(24), Y: from(24, func(i int, e float64) float64 { return math.Round(6000 + 300*e) })},
			code: OverDispersed, says: []string{"c chart", "XmR chart"}},
		{name: "the same shares drawn as p'", kind: measures.PPrime,
			in: spc.Input{X: months(24), Y: from(24, func(i int, e float64) float64 { return math.Round(6000 + 300*e) }), N: same(24, 10000)}},
		{name: "shares managed to a number", kind: measures.P,
			in:   spc.Input{X: months(24), Y: from(24, func(i int, e float64) float64 { return math.Round(500 + e) }), N: same(24, 1000)},
			code: UnderDispersed, says: []string{"only 0.1 times", "too wide", "p' chart"}},
		{name: "mostly no event", kind: measures.C,
			in:   spc.Input{X: months(30), Y: from(30, func(i int, e float64) float64 { return map[bool]float64{true: 1}[e > .6] })},
			code: RareEvents, says: []string{"of 30 months have no case", "t chart", "g chart"}},
		{name: "small denominators among large", kind: measures.XmR,
			in: spc.Input{X: months(36), N: from(36, func(i int, _ float64) float64 { return []float64{20, 2000, 2000, 2000, 2000, 2000}[i%6] }),
				Y: from(36, func(i int, e float64) float64 {
					n := []float64{20, 2000, 2000, 2000, 2000, 2000}[i%6]
					return n/2 + e*math.Sqrt(n)/2
				})},
			about: About{Share: true}, code: DenominatorsVary, says: []string{"6 months of 36", "p' chart"}},
		{name: "a shift that lasts", kind: measures.XmR,
			in: spc.Input{X: months(36), Phases: []measures.Phase{{Start: measures.Date(july(0)), Baseline: 24}},
				Y: from(36, func(i int, e float64) float64 { return 50 + e + map[bool]float64{true: 6}[i >= 24] })},
			code: RebaseShift, says: []string{"The last 14 months, from November 2021, lie above the mean of 50.23", "their own mean is 55.25", "four questions", "is the reason known"}},
		{name: "a shift below", kind: measures.Run,
			in:   spc.Input{X: months(30), Y: from(30, func(i int, e float64) float64 { return 50 + e - map[bool]float64{true: 6}[i >= 18] })},
			code: RebaseShift, says: []string{"lie below the median"}},
		{name: "a shift that goes on", kind: measures.XmR,
			in: spc.Input{X: months(40), Phases: []measures.Phase{{Start: measures.Date(july(0)), Baseline: 20}},
				Y: from(40, func(i int, e float64) float64 { return 50 + .3*e + max(0, float64(i-22)) })},
			code: RebaseShift, says: []string{"still moving away", "When they level off"}},
		{name: "a shift that took its time and settled", kind: measures.XmR,
			in: spc.Input{X: months(44), Phases: []measures.Phase{{Start: measures.Date(july(0)), Baseline: 20}},
				Y: from(44, func(i int, e float64) float64 { return 50 + .3*e + 2*min(6, max(0, float64(i-22))) })},
			code: RebaseShift, says: []string{"From May 2022 on they keep to a new level; their mean is 62", "a new phase from May 2022 may be due"}},
		{name: "a shift of eight", kind: measures.XmR,
			in: spc.Input{X: months(24), Phases: []measures.Phase{{Start: measures.Date(july(0)), Baseline: 16}},
				Y: []float64{50, 52, 49, 51, 50, 48, 51, 53, 50, 49, 52, 51, 49, 50, 52, 48, 60, 61, 59, 60, 62, 60, 61, 60}},
			code: "not " + RebaseShift},
		{name: "a shift where a phase was decided", kind: measures.XmR,
			in: spc.Input{X: months(36), Phases: []measures.Phase{{Start: measures.Date(july(0))}, {Start: measures.Date(july(24))}},
				Y: from(36, func(i int, e float64) float64 { return 50 + e + map[bool]float64{true: 6}[i >= 24] })}},
		{name: "a shift with an event at its beginning", kind: measures.XmR,
			in: spc.Input{X: months(36), Phases: []measures.Phase{{Start: measures.Date(july(0)), Baseline: 24}},
				Y: from(36, func(i int, e float64) float64 { return 50 + e + map[bool]float64{true: 6}[i >= 24] })},
			about: About{Events: []measures.Event{{Start: measures.Date(july(23)) + 14, Text: "New rota"}}},
			code:  RebaseShift, says: []string{"Recorded about then: New rota."}},
		{name: "a merger", kind: measures.XmR, in: spc.Input{X: months(48), Y: from(48, func(i int, e float64) float64 { return 50 + e })},
			about: About{Events: []measures.Event{{Start: measures.Date(july(12)), Kind: measures.Merger, Text: "Took over ZZ2"}}},
			code:  RebaseMerger, says: []string{"Took over ZZ2, January 2021", "takes a reason and a name"}},
		{name: "a merger that shifted the figures", kind: measures.XmR,
			in: spc.Input{X: months(36), Phases: []measures.Phase{{Start: measures.Date(july(0)), Baseline: 24}},
				Y: from(36, func(i int, e float64) float64 { return 50 + e + map[bool]float64{true: 6}[i >= 24] })},
			about: About{Events: []measures.Event{{Start: measures.Date(july(24)), Kind: measures.Merger, Text: "Took over ZZ2"}}},
			code:  RebaseMerger, says: []string{"They did change: the last 14 months, from November 2021, lie above the mean of 50.23; since then their mean is 55.86"}},
		{name: "a merger that shifted the figures is one thing, not two", kind: measures.XmR,
			in: spc.Input{X: months(36), Phases: []measures.Phase{{Start: measures.Date(july(0)), Baseline: 24}},
				Y: from(36, func(i int, e float64) float64 { return 50 + e + map[bool]float64{true: 6}[i >= 24] })},
			about: About{Events: []measures.Event{{Start: measures.Date(july(24)), Kind: measures.Merger, Text: "Took over ZZ2"}}},
			code:  "not " + RebaseShift},
		{name: "a definition that changed, and an earlier one", kind: measures.XmR, in: spc.Input{X: months(48), Y: from(48, func(i int, e float64) float64 { return 50 + e })},
			about: About{Events: []measures.Event{{Start: measures.Date(july(30)), Kind: measures.DefinitionChange, Text: "Booked patients count"},
				{Start: measures.Date(july(12)), Kind: measures.OutsideEvent, Rebase: true, Text: "Unit moved"}}},
			code: RebaseMerger, says: []string{"Booked patients count", "one earlier event"}},
		{name: "a merger with its phase", kind: measures.XmR,
			in: spc.Input{X: months(48), Y: from(48, func(i int, e float64) float64 { return 50 + e }),
				Phases: []measures.Phase{{Start: measures.Date(july(0))}, {Start: measures.Date(july(12))}}},
			about: About{Events: []measures.Event{{Start: measures.Date(july(12)), Kind: measures.Merger, Text: "Took over ZZ2"}}}},
		{name: "a merger before the chart", kind: measures.XmR, in: spc.Input{X: months(48), Y: from(48, func(i int, e float64) float64 { return 50 + e })},
			about: About{Events: []measures.Event{{Start: measures.DateOf(2019, 1, 1), Kind: measures.Merger, Text: "Took over ZZ2"}}}},
		{name: "up and down within the year", kind: measures.XmR,
			in:   spc.Input{X: months(30), Y: from(30, func(i int, e float64) float64 { return 50 + .3*e + map[int]float64{20: -12, 27: 12}[i] })},
			code: MixedDirections, says: []string{"improvement (April 2022) after concern (September 2021)", "mixed in this figure"}},
		{name: "low winters", kind: measures.XmR,
			in:   spc.Input{X: months(60), Y: from(60, func(i int, e float64) float64 { return 50 + e - 6*math.Cos(2*math.Pi*float64(i)/12) })},
			code: Seasonal, says: []string{"January", "are low", "July", "are high", "December 2024", "December 2023"}},
		{name: "low winters on the way up", kind: measures.XmR,
			in:   spc.Input{X: months(48), Y: from(48, func(i int, e float64) float64 { return 50 + e + .3*float64(i) - 6*math.Cos(2*math.Pi*float64(i)/12) })},
			code: Seasonal},
		{name: "short Februaries", kind: measures.XmR,
			in: spc.Input{X: months(72), Y: from(72, func(i int, e float64) float64 {
				return math.Round(float64(2000+60*e) - map[bool]float64{true: 400}[i%12 == 1])
			})},
			code: Seasonal, says: []string{"February is low", "shortest month"}},
		{name: "quiet Sundays", kind: measures.XmR,
			in:   spc.Input{X: days(70), Y: from(70, func(i int, e float64) float64 { return 50 + 2*e - map[int]float64{5: 12, 6: 25}[i%7] })},
			code: Seasonal, says: []string{"Saturday and Sunday are low", "week before"}},
		{name: "neighbours alike", kind: measures.XmR,
			in: spc.Input{X: months(60), Y: func() []float64 {
				y, e := make([]float64, 60), 0.0
				for i, u := range noise(60) {
					e = .8*e + u
					y[i] = 50 + e
				}
				return y
			}()},
			code: Autocorrelated, says: []string{"correlation 0.", "too narrow by about"}},
		{name: "a steady rise is no resemblance", kind: measures.MR, in: spc.Input{X: months(40), Y: from(40, func(i int, e float64) float64 { return 50 + e + float64(i) })}},
		{name: "two sources in turn", kind: measures.XmR,
			in:   spc.Input{X: months(30), Y: from(30, func(i int, e float64) float64 { return 50 + e + map[bool]float64{true: 5}[i%2 == 0] })},
			code: Alternating, says: []string{"in turn", "take turns"}},
		{name: "shares with nothing but counting", kind: measures.P,
			in: spc.Input{X: months(36), N: same(36, 400), Y: from(36, func(int, float64) float64 { return binomial(random, 400, .3) })}},
	} {
		test.in.XIsDate = true
		test.about.Decided, test.about.Period = test.in.Phases, words.Period
		notes := Of(chart(t, test.kind, test.in), test.about)
		if test.code == "" {
			if len(notes) > 0 {
				t.Errorf("%s: %v", test.name, notes)
			}
			continue
		}
		if never, found := strings.CutPrefix(test.code, "not "); found {
			if slices.Contains(codes(notes), never) {
				t.Errorf("%s: %v", test.name, notes)
			}
			continue
		}
		k := slices.IndexFunc(notes, func(n measures.Note) bool { return n.Code == test.code })
		if k < 0 {
			t.Errorf("%s: %v, %s is wanted", test.name, codes(notes), test.code)
			continue
		}
		for _, say := range test.says {
			if !strings.Contains(notes[k].Text, say) {
				t.Errorf("%s: %q does not say %q", test.name, notes[k].Text, say)
			}
		}
	}
}

// TestChanceAloneSeldomGetsAdvice draws charts that show nothing but chance and
// counts how many get each piece of advice: about one in a hundred at most.
func TestChanceAloneSeldomGetsAdvice(t *testing.T) {
	const charts = 3000
	random := rand.New(rand.NewPCG(1, 2))
	normal := func(int) (y, n float64) { return 50 + random.NormFloat64(), measures.Missing }
	for _, test := range []struct {
		name  string
		kind  measures.Kind
		n     int
		draw  func(i int) (y, n float64)
		grain measures.Grain
	}{
		{"24 months", measures.XmR, 24, normal, measures.Month},
		{"36 months", measures.XmR, 36, normal, measures.Month},
		{"120 months", measures.XmR, 120, normal, measures.Month},
		{"run chart of 60 months", measures.Run, 60, normal, measures.Month},
		{"140 days", measures.XmR, 140, normal, measures.Day},
		{"shares", measures.P, 36, func(int) (y, n float64) {
			n = float64(100 + random.IntN(100))
			return binomial(random, int(n), .3), n
		}, measures.Month},
		{"small shares", measures.P, 36, func(int) (y, n float64) { return binomial(random, 60, .05), 60 }, measures.Month},
		{"rates", measures.U, 48, func(int) (y, n float64) { return poisson(random, 20), 1 }, measures.Month},
		{"small counts", measures.C, 24, func(int) (y, n float64) { return poisson(random, 2), measures.Missing }, measures.Month},
		{"skewed values", measures.XmR, 36, func(int) (y, n float64) { return random.ExpFloat64(), measures.Missing }, measures.Month},
	} {
		found := map[string]int{}
		for range charts {
			in := spc.Input{X: months(test.n), XIsDate: true}
			if test.grain == measures.Day {
				in.X = days(test.n)
			}
			for i := range in.X {
				y, n := test.draw(i)
				in.Y, in.N = append(in.Y, y), append(in.N, n)
			}
			if measures.IsMissing(in.N[0]) {
				in.N = nil
			}
			for _, n := range Of(chart(t, test.kind, in), About{Grain: test.grain}) {
				found[n.Code]++
			}
		}
		t.Logf("%s: %v of %d", test.name, found, charts)
		for code, n := range found {
			if rate := float64(n) / charts; rate > .015 && code != MixedDirections {
				t.Errorf("%s: %s at %.1f%% of charts that show nothing but chance", test.name, code, 100*rate)
			}
		}
	}
}

// TestSeasonIsNoTrendAndNoStep: a rise, a sudden change of level and neighbours
// that resemble each other order the months of some years alike, and are no
// season.
func TestSeasonIsNoTrendAndNoStep(t *testing.T) {
	const charts = 2000
	random := rand.New(rand.NewPCG(5, 6))
	for name, shape := range map[string]func(i int) float64{
		"rise":             func(i int) float64 { return .2 * float64(i) },
		"step":             func(i int) float64 { return map[bool]float64{true: 5}[i >= 18] },
		"step at new year": func(i int) float64 { return map[bool]float64{true: 5}[i >= 24] },
		"rise that ends":   func(i int) float64 { return .3 * min(18, float64(i)) },
	} {
		for _, n := range []int{36, 60} {
			for _, carry := range []float64{0, .5} {
				found := 0
				for range charts {
					in, e := spc.Input{X: months(n), XIsDate: true}, 0.0
					for i := range n {
						e = carry*e + random.NormFloat64()
						in.Y = append(in.Y, 50+e+shape(i))
					}
					if slices.Contains(codes(Of(chart(t, measures.XmR, in), About{Grain: measures.Month})), Seasonal) {
						found++
					}
				}
				if rate := float64(found) / charts; rate > .02 {
					t.Errorf("%s, %d months, correlation %.1f: a season in %.1f%% of charts", name, n, carry, 100*rate)
				}
			}
		}
	}
}

func TestAdviceSaysNoMoreThanItMay(t *testing.T) {
	start := measures.Date(months(1)[0])
	in := spc.Input{X: months(60), XIsDate: true, Phases: []measures.Phase{{Start: start, Baseline: 36}},
		N: same(60, 20000), Y: from(60, func(i int, e float64) float64 {
			return math.Round(9000 + 400*e - 1500*math.Cos(2*math.Pi*float64(i)/12) + map[bool]float64{true: 4000}[i >= 42])
		})}
	c := chart(t, measures.P, in)
	about := About{Decided: in.Phases, Events: []measures.Event{{Start: start.AddMonths(20), Kind: measures.Merger, Text: "Took over ZZ"}}, Period: words.Period}
	all := []string{OverDispersed, RebaseMerger, RebaseShift, Seasonal}
	for _, test := range []struct {
		detail  Detail
		want    []string
		numbers bool
		periods bool
	}{
		{Full, all, true, true},
		{NoNumbers, all, false, true},
		{NoPoints, []string{OverDispersed, RebaseMerger, Seasonal}, false, false},
	} {
		about.Detail = test.detail
		notes := Of(c, about)
		if !slices.Equal(codes(notes), test.want) {
			t.Errorf("detail %d: %v", test.detail, codes(notes))
		}
		for _, n := range notes {
			if n.Code == RebaseMerger {
				continue // what is known of the event, nothing of the figures
			}
			if dot := strings.ContainsAny(strings.ReplaceAll(n.Text, ". ", ""), ".0123456789") && strings.Contains(n.Text, "times"); dot && !test.numbers {
				t.Errorf("detail %d: a number in %q", test.detail, n.Text)
			}
			if strings.ContainsAny(n.Text, "0123456789") && !test.periods {
				t.Errorf("detail %d: a period in %q", test.detail, n.Text)
			}
			for _, value := range []string{"0.4", "0.5", "0.6"} {
				if strings.Contains(n.Text, value) && !test.numbers {
					t.Errorf("detail %d: a value in %q", test.detail, n.Text)
				}
			}
		}
	}
}

func TestAtMostFourPiecesOfAdvice(t *testing.T) {
	in := spc.Input{X: months(60), XIsDate: true, N: same(60, 20000), Phases: []measures.Phase{{Start: measures.Date(months(1)[0]), Baseline: 36}},
		Y: from(60, func(i int, e float64) float64 {
			return math.Round(9000 + 400*e - 1500*math.Cos(2*math.Pi*float64(i)/12) + map[bool]float64{true: 4000}[i >= 42])
		})}
	about := About{Decided: in.Phases, Events: []measures.Event{{Start: in.Phases[0].Start.AddMonths(20), Rebase: true}}}
	if notes := Of(chart(t, measures.P, in), about); len(notes) > most {
		t.Errorf("%v", codes(notes))
	}
}

func TestSilenceIsFree(t *testing.T) {
	c := chart(t, measures.XmR, spc.Input{X: months(48), XIsDate: true, Y: from(48, func(i int, e float64) float64 { return 50 + e })})
	about := About{Grain: measures.Month, Decided: []measures.Phase{{Baseline: 24}}, Value: words.Line, Period: words.Period}
	if allocs := testing.AllocsPerRun(100, func() { Of(c, about) }); allocs != 0 {
		t.Errorf("%v allocations to say nothing", allocs)
	}
}

func BenchmarkSilent36(b *testing.B) {
	c := chart(b, measures.XmR, spc.Input{X: months(36), XIsDate: true, Y: from(36, func(i int, e float64) float64 { return 50 + e })})
	about := About{Grain: measures.Month, Value: words.Line, Period: words.Period}
	if notes := Of(c, about); notes != nil {
		b.Fatal(notes)
	}
	b.ReportAllocs()
	for b.Loop() {
		Of(c, about)
	}
}
