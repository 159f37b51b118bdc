package plot_test

import (
	"math"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/web/plot"
)

// kinds are pictures of every kind of chart, made by package spc.
func kinds() []hung {
	var list []hung
	add := func(name string, p plot.Picture) { list = append(list, hung{name, p}) }

	share := measures.Unit{Multiply: 100, Symbol: "%", Words: "of cases", Decimals: 1}
	rate := measures.Unit{Multiply: 1000, Decimals: 2, Words: "per 1,000 bed days"}
	counts := measures.Unit{Words: "falls"}

	sizes := wave(36, 60, 90)
	for i := range sizes {
		sizes[i] = math.Max(math.Round(sizes[i]), 5)
	}
	part := func(level float64) []float64 {
		y := wave(36, level, .08)
		for i := range y {
			y[i] = math.Max(0, math.Min(sizes[i], math.Round(y[i]*sizes[i])))
		}
		return y
	}
	add("p chart, clamped at 0 and with a month without cases", made("kind-p", share, measures.P, measures.MDC, spc.Input{Y: part(.12), N: zeroAt(sizes, 11)}, measures.Decrease))
	add("p chart near 100%", made("kind-p100", share, measures.P, measures.MDC, spc.Input{Y: part(.95), N: sizes}, measures.Increase))
	add("p prime chart", made("kind-pp", share, measures.PPrime, measures.MDC, spc.Input{Y: part(.4), N: sizes}, measures.Increase))
	days := wave(36, 9000, 4000)
	add("u chart", made("kind-u", rate, measures.U, measures.MDC, spc.Input{Y: rounded(wave(36, 44, 26)), N: days}, measures.Decrease))
	add("u prime chart, two phases", phased(made("kind-up", rate, measures.UPrime, measures.MDC, spc.Input{Y: rounded(append(wave(18, 60, 20), wave(18, 30, 12)...)), N: days,
		Phases: []measures.Phase{{Start: measures.DateOf(2023, 6, 1)}, {Start: measures.DateOf(2024, 12, 1), Baseline: 13, Reason: "new beds"}}}, measures.Decrease)))
	add("c chart", made("kind-c", counts, measures.C, measures.MDC, spc.Input{Y: rounded(wave(36, 9, 9))}, measures.Decrease))
	add("np chart", made("kind-np", counts, measures.NP, measures.MDC, spc.Input{Y: part(.3), N: sizes}, measures.Decrease))
	add("i prime chart", made("kind-ip", share, measures.IPrime, measures.MDC, spc.Input{Y: part(.4), N: sizes}, measures.Increase))
	add("g chart of numbered events", numbered(made("kind-g", measures.Unit{Words: "operations between infections"}, measures.G, measures.MDC, spc.Input{Y: rounded(skewed(40, 30))}, measures.Increase)))
	add("t chart by date of the event", dated(made("kind-t", measures.Unit{Words: "days between falls"}, measures.T, measures.MDC, spc.Input{Y: skewed(30, 20)}, measures.Increase)))
	add("x-bar chart of subgroups", numbered(subgroups("kind-xbar", measures.XBar)))
	add("s chart of subgroups", numbered(subgroups("kind-s", measures.S)))
	add("moving range chart alone", made("kind-mr", percent, measures.MR, measures.MDC, spc.Input{Y: wave(36, 70, 8)}, measures.Increase))
	add("XmR chart with its moving ranges", withRanges())
	add("XmR chart with a floor", floored())
	shifted := append(wave(24, 70, 6), wave(16, 75, 6)...)
	add("EWMA chart", made("kind-ewma", percent, measures.EWMA, measures.MDC, spc.Input{Y: holed(shifted), Phases: held(24)}, measures.Increase))
	add("CUSUM chart", made("kind-cusum", percent, measures.CUSUM, measures.MDC, spc.Input{Y: holed(shifted), Phases: held(24)}, measures.Increase))
	add("CUSUM chart, both sums pass", made("kind-cusum-both", percent, measures.CUSUM, measures.MDC, spc.Input{Y: append(append(wave(20, 70, 6), wave(9, 62, 5)...), wave(12, 78, 5)...), Phases: held(20)}, measures.Increase))
	outcomes, chances := operations(400)
	add("Bernoulli CUSUM", numbered(made("kind-bernoulli", measures.Unit{Decimals: 0}, measures.Bernoulli, measures.MDC, spc.Input{Y: outcomes}, measures.Decrease)))
	add("VLAD with risk-adjusted sums", numbered(made("kind-vlad", measures.Unit{Decimals: 0, Words: "deaths"}, measures.VLAD, measures.MDC, spc.Input{Y: outcomes, N: chances}, measures.Decrease)))
	add("VLAD of months", made("kind-vlad-months", measures.Unit{Decimals: 0, Words: "deaths"}, measures.VLAD, measures.MDC, spc.Input{Y: rounded(wave(36, 9, 7)), N: wave(36, 9, 2)}, measures.Decrease))

	long := append(append(wave(9, 80, 3), wave(9, 72, 3)...), wave(10, 81, 3)...)
	add("run chart with unusual runs (anhoej)", made("kind-anhoej", percent, measures.Run, measures.Anhoej, spc.Input{Y: long}, measures.Increase))
	add("XmR chart with few crossings in one phase of two (anhoej)", phased(made("kind-anhoej-xmr", percent, measures.XmR, measures.Anhoej, spc.Input{Y: append(wave(20, 60, 7), long...),
		Phases: []measures.Phase{{Start: measures.DateOf(2023, 6, 1)}, {Start: measures.DateOf(2025, 2, 1)}}}, measures.Increase)))
	add("run chart with too few runs (ihi)", made("kind-ihi", percent, measures.Run, measures.IHI, spc.Input{Y: long}, measures.Increase))
	add("Western Electric rules", made("kind-we", percent, measures.XmR, measures.WesternElectric, spc.Input{Y: shifted, Phases: held(24)}, measures.Increase))
	add("Nelson's rules", made("kind-nelson", percent, measures.XmR, measures.Nelson, spc.Input{Y: append(zigzag(20), shifted...)}, measures.Neutral))
	add("trajectory and changing targets", planned())
	return list
}

// made computes a chart of monthly values and gives it a picture.
func made(id string, unit measures.Unit, kind measures.Kind, rules measures.RuleSet, in spc.Input, wanted measures.Direction) plot.Picture {
	if in.X == nil {
		in.XIsDate = true
		for i := range in.Y {
			in.X = append(in.X, int32(measures.DateOf(2023, 6, 1).AddMonths(i)))
		}
	}
	p := spc.Defaults(kind, rules)
	p.Direction = wanted
	if unit.Multiply != 0 && in.N != nil {
		p.Multiply = unit.Multiply
	}
	c, err := spc.Compute(in, p)
	if err != nil {
		panic(id + ": " + err.Error())
	}
	picture := picture(id, &c, unit)
	picture.Constant = p.Constant
	if !in.XIsDate {
		picture.Grain = ""
	}
	picture.Phases = in.Phases
	return picture
}

func phased(p plot.Picture) plot.Picture { return p }

func held(n int) []measures.Phase {
	return []measures.Phase{{Start: measures.DateOf(2023, 6, 1), Baseline: n}}
}

func rounded(y []float64) []float64 {
	for i := range y {
		y[i] = math.Max(0, math.Round(y[i]))
	}
	return y
}

func zeroAt(y []float64, i int) []float64 {
	y = append([]float64(nil), y...)
	y[i] = 0
	return y
}

func holed(y []float64) []float64 {
	y = append([]float64(nil), y...)
	y[7], y[8] = none, none
	return y
}

func zigzag(n int) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = 70 + 3*float64(1-2*(i%2)) + float64(i%5)*.2
	}
	return y
}

// skewed are numbers like times between rare events.
func skewed(n int, mean float64) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = math.Max(1, math.Round(-mean*math.Log(math.Mod(float64(i)*.6180339887+.31, 1)+.004)))
	}
	y[n-4] = mean * 7
	return y
}

// numbered charts the same values by number.
func numbered(p plot.Picture) plot.Picture {
	c := *p.Chart
	c.XIsDate = false
	c.X = make([]int32, len(p.Chart.X))
	for i := range c.X {
		c.X[i] = int32(i + 1)
	}
	p.Chart, p.Grain = &c, ""
	return p
}

// dated puts each point at the day of its event.
func dated(p plot.Picture) plot.Picture {
	c := *p.Chart
	c.X = make([]int32, len(p.Chart.X))
	day := int32(measures.DateOf(2024, 1, 9))
	for i := range c.X {
		day += int32(p.Chart.Y[i])
		c.X[i] = day
	}
	p.Chart, p.Grain = &c, measures.Irregular
	return p
}

func subgroups(id string, kind measures.Kind) plot.Picture {
	in := spc.Input{}
	for g := range 30 {
		for k := range 3 + g*7%4 {
			in.X = append(in.X, int32(g+1))
			in.Y = append(in.Y, 42+4*math.Sin(float64(g*5+k*k*3))+float64(g/25)*9)
		}
	}
	return made(id, measures.Unit{Decimals: 1, Words: "minutes"}, kind, measures.MDC, in, measures.Decrease)
}

func withRanges() plot.Picture {
	y := append(wave(24, 60, 7), wave(18, 72, 6)...)
	y[14] = none
	in := spc.Input{Y: y, Phases: []measures.Phase{{Start: measures.DateOf(2023, 6, 1)}, {Start: measures.DateOf(2025, 6, 1), Baseline: 13, Reason: "new ward"}}}
	p := made("kind-xmr-mr", percent, measures.XmR, measures.MDC, in, measures.Increase)
	ranges := made("unused", percent, measures.MR, measures.MDC, in, measures.Increase)
	p.Ranges = ranges.Chart
	p.Events = []measures.Event{{Start: measures.DateOf(2025, 3, 3), Text: "Streaming nurse at the front door"}}
	return p
}

func floored() plot.Picture {
	in := spc.Input{XIsDate: true, Y: wave(36, 4, 5)}
	for i := range in.Y {
		in.X = append(in.X, int32(measures.DateOf(2023, 6, 1).AddMonths(i)))
		in.Y[i] = math.Max(0, in.Y[i])
	}
	p := spc.Defaults(measures.XmR, measures.MDC)
	p.Floor, p.Direction = 0, measures.Decrease
	c, err := spc.Compute(in, p)
	if err != nil {
		panic(err)
	}
	return picture("kind-floor", &c, measures.Unit{Words: "people"})
}

// operations are outcomes and the chance that each had.
func operations(n int) (outcomes, chances []float64) {
	for i := range n {
		p := .02 + .1*math.Mod(float64(i)*.7548776662, 1)
		worse := 1.0
		if i > 220 && i < 330 {
			worse = 3
		}
		outcome := 0.0
		if math.Mod(float64(i)*.5698402910+.1, 1) < p*worse {
			outcome = 1
		}
		outcomes, chances = append(outcomes, outcome), append(chances, p)
	}
	return outcomes, chances
}

func planned() plot.Picture {
	p := made("kind-plan", percent, measures.XmR, measures.MDC, spc.Input{Y: wave(36, 66, 7)}, measures.Increase)
	p.Targets = []measures.Target{{Value: 76}, {From: measures.DateOf(2025, 4, 1), Value: 78}}
	p.Chart.Target = 78
	p.Trajectory = make([]float64, p.Chart.Len())
	for i := range p.Trajectory {
		p.Trajectory[i] = none
		if i >= 12 && i < 34 {
			p.Trajectory[i] = 64 + float64(i-12)*.6
		}
	}
	return p
}
