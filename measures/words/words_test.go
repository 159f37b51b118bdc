package words

import (
	"slices"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
)

const missing = 1e9 // stands for a missing value in tables of tests

func chart(t testing.TB, kind measures.Kind, rules measures.RuleSet, direction measures.Direction, y []float64, edit func(*spc.Input, *spc.Parameters)) *measures.Chart {
	t.Helper()
	in := spc.Input{XIsDate: true}
	for i, v := range y {
		if v == missing {
			v = measures.Missing
		}
		in.X, in.Y = append(in.X, int32(measures.DateOf(2025, 1+i, 1))), append(in.Y, v)
	}
	in.States = make([]measures.State, len(y))
	p := spc.Defaults(kind, rules)
	p.Direction = direction
	if edit != nil {
		edit(&in, &p)
	}
	c, err := spc.Compute(in, p)
	if err != nil {
		t.Fatal(err)
	}
	return &c
}

func join(parts ...[]float64) []float64 { return slices.Concat(parts...) }

func wave(low, high float64, n int) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = low
		if i%2 == 1 {
			y[i] = high
		}
	}
	return y
}

func target(v float64) func(*spc.Input, *spc.Parameters) {
	return func(in *spc.Input, _ *spc.Parameters) { in.Targets = []measures.Target{{Value: v}} }
}

func TestSentences(t *testing.T) {
	people := Subject{Unit: measures.Unit{Multiply: 1, Words: "people"}}
	for name, test := range map[string]struct {
		s    Subject
		c    *measures.Chart
		want string
	}{
		"nothing loaded":   {people, chart(t, measures.XmR, measures.MDC, measures.Increase, nil, nil), "Nothing has been loaded yet."},
		"nothing measured": {people, chart(t, measures.XmR, measures.MDC, measures.Increase, []float64{missing, missing}, nil), "No month has been measured."},
		"all hidden": {Subject{Hidden: "1 to 7"}, chart(t, measures.XmR, measures.MDC, measures.Increase, []float64{5, 6}, func(in *spc.Input, _ *spc.Parameters) {
			in.States[0], in.States[1] = measures.Suppressed, measures.Suppressed
		}), "Every month is hidden, because the numbers are small (1 to 7)."},
		"too few": {people, chart(t, measures.XmR, measures.MDC, measures.Increase, wave(1200, 1300, 9), nil),
			"1,200 people in September 2025. Nine months in this phase: limits and icons need 13."},
		"chance, no target, no direction": {people, chart(t, measures.XmR, measures.MDC, measures.Neutral, wave(1200, 1300, 16), nil),
			"1,300 people in April 2026. It moves only by chance around 1,250."},
		"last months not measured": {people, chart(t, measures.XmR, measures.MDC, measures.Increase, join(wave(12, 14, 14), []float64{missing, missing}), nil),
			"14 people in February 2026. The two months since are not measured. It moves only by chance around 13."},
		"neutral shift": {people, chart(t, measures.XmR, measures.MDC, measures.Neutral, join(wave(20, 28, 20), wave(18, 22, 8)), nil),
			"22 people in April 2027. Eight months in a row below the mean of 23."},
		"one odd month": {people, chart(t, measures.XmR, measures.MDC, measures.Decrease, join(wave(20, 22, 20), []float64{40}), nil),
			"40 people in September 2026. It lies above the upper limit of 29: more than chance alone, in the wrong direction."},
		"earlier signal": {people, chart(t, measures.XmR, measures.MDC, measures.Decrease, join(wave(20, 24, 15), []float64{60}, wave(20, 24, 9)), func(in *spc.Input, _ *spc.Parameters) {
			in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 14}}
		}),
			"20 people in January 2027. It lies within chance of the mean of 22; the latest signal was in April 2026."},
		"improving but still outside": {people, chart(t, measures.XmR, measures.MDC, measures.Decrease, join(wave(10, 12, 30), []float64{40, 37, 34, 31, 28, 25, 22}), func(in *spc.Input, _ *spc.Parameters) {
			in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 24}}
		}), "22 people in January 2028. Seven months in a row falling: a real change, in the good direction; yet it still lies above the upper limit of 16."},
		"target met": {people, chart(t, measures.XmR, measures.MDC, measures.Decrease, wave(20, 22, 14), target(40)),
			"22 people in February 2026. It moves only by chance around 21. The 40 target lies above the limits: without a change it will be met."},
		"run chart, nothing": {people, chart(t, measures.Run, measures.Anhoej, measures.Increase, wave(20, 22, 14), nil),
			"22 people in February 2026. No run is unusually long, so no sign of change around the median of 21."},
		"run chart, shift": {people, chart(t, measures.Run, measures.Anhoej, measures.Increase, join(wave(1, 2, 12), wave(8, 9, 12)), nil),
			"9 people in December 2026. 12 months in a row on one side of the median of 5, where chance gives at most eight: more than chance, so something has changed."},
		"whole numbers": {people, chart(t, measures.XmR, measures.MDC, measures.Increase, wave(20, 22, 14), func(in *spc.Input, _ *spc.Parameters) {
			in.XIsDate = false
			for i := range in.X {
				in.X[i] = int32(i + 1)
			}
		}), "22 people at point 14. It moves only by chance around 21."},
		"excluded last": {people, chart(t, measures.XmR, measures.MDC, measures.Increase, join(wave(20, 22, 14), []float64{21}), func(in *spc.Input, _ *spc.Parameters) {
			in.States[14] = measures.Excluded
		}), "21 people in March 2026 (left out of the limits). It moves only by chance around 21."},
		"moving range": {people, chart(t, measures.MR, measures.MDC, measures.Increase, wave(20, 22, 14), nil),
			"2 people from the month before, in February 2026. That is no more than chance allows, up to 7."},
		"no rules": {people, chart(t, measures.XmR, measures.NoRules, measures.Increase, wave(20, 22, 14), nil),
			"22 people in February 2026. No rules were asked for, so nothing is judged."},
	} {
		if got := Sentence(test.s, test.c).String(); got != test.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, test := range []struct {
		v        float64
		decimals int
		want     string
	}{
		{1234567.891, 1, "1,234,567.9"}, {999, 0, "999"}, {1000, 0, "1,000"}, {-1234.5, 1, "−1,234.5"},
		{-0.04, 1, "0.0"}, {0, 0, "0"}, {measures.Missing, 2, "–"}, {59.14, 1, "59.1"},
	} {
		if got := Number(test.v, test.decimals); got != test.want {
			t.Errorf("Number(%v, %d) = %q, want %q", test.v, test.decimals, got, test.want)
		}
	}
	percent := measures.Unit{Symbol: "%", Decimals: 1}
	for v, want := range map[float64]string{78: "78%", 92.5: "92.5%", 1500: "1,500%"} {
		if got := Target(v, percent); got != want {
			t.Errorf("Target(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestDecimalsTellPointsApart(t *testing.T) {
	for _, test := range []struct {
		y    []float64
		want int
	}{
		{nil, 0}, {[]float64{measures.Missing}, 0}, {[]float64{5, 5}, 0}, {[]float64{0, 0}, 0}, {[]float64{0.25}, 3},
		{[]float64{900, 1200}, 0}, {[]float64{2, 9}, 1}, {[]float64{52.2, 80.7}, 1}, {[]float64{0.55, 0.81}, 3}, {[]float64{1e-90, 2e-90}, 6},
	} {
		if got := Decimals(&measures.Chart{Y: test.y}); got != test.want {
			t.Errorf("Decimals of %v = %d, want %d", test.y, got, test.want)
		}
	}
}

func TestPeriods(t *testing.T) {
	x := int32(measures.DateOf(2025, 4, 1))
	for grain, want := range map[measures.Grain]string{
		measures.Month: "April 2025", measures.Day: "1 April 2025", measures.Week: "the week of 1 April 2025",
		measures.Quarter: "April 2025 to June 2025", measures.FinancialYear: "2025/26", "": "point 20179",
	} {
		if got := Period(x, grain); got != want {
			t.Errorf("%q: %q, want %q", grain, got, want)
		}
	}
}

func TestTableWordsOfSignals(t *testing.T) {
	for s, want := range map[measures.Signals]string{
		0:                        "–",
		measures.TrendDecreasing: "Trend down",
		measures.OutsideLower | measures.TwoInThreeBelow | measures.ShiftBelow: "Below the limit; 2 of 3; run below",
		measures.WE2: "Western Electric 2",
	} {
		if got := Rules(s); got != want {
			t.Errorf("Rules(%q) = %q, want %q", s.Names(), got, want)
		}
	}
}

func TestLimitIsWrittenSoThatItLiesApartFromTheValue(t *testing.T) {
	v := &view{s: Subject{Unit: measures.Unit{Symbol: "%", Decimals: 1}}}
	if got := v.apart(65.94, 65.91); got != "65.94%" {
		t.Errorf("limit written %q beside 65.9%%", got)
	}
}
