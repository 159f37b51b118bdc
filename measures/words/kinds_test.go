package words

import (
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
)

// outcomes are single cases: so many without the event, one with it, and so on.
func outcomes(between ...int) []float64 {
	var y []float64
	for _, n := range between {
		y = append(y, make([]float64, n)...)
		y = append(y, 1)
	}
	return y
}

func constant(v float64, n int) []float64 {
	y := make([]float64, n)
	for i := range y {
		y[i] = v
	}
	return y
}

func with(n []float64) func(*spc.Input, *spc.Parameters) {
	return func(in *spc.Input, _ *spc.Parameters) {
		in.N, in.XIsDate = n, false
		for i := range in.X {
			in.X[i] = int32(i + 1)
		}
	}
}

func TestSentencesOfEachKind(t *testing.T) {
	rate := Subject{Unit: measures.Unit{Multiply: 1000, Words: "per 1,000 bed days", Decimals: 1}}
	infections := Subject{Event: "infection", Unit: measures.Unit{Words: "procedures"}}
	deaths := Subject{Event: "death", Case: "operation"}
	perThousand := func(in *spc.Input, p *spc.Parameters) { in.N, p.Multiply = constant(1000, len(in.Y)), 1000 }
	for name, test := range map[string]struct {
		s    Subject
		c    *measures.Chart
		want string
	}{
		"u": {rate, chart(t, measures.U, measures.MDC, measures.Decrease, wave(5, 7, 16), perThousand),
			"7.0 per 1,000 bed days in April 2026. It moves only by chance around 6.0."},
		"np follows its denominator": {Subject{}, chart(t, measures.NP, measures.MDC, measures.Decrease, wave(10, 20, 16), func(in *spc.Input, _ *spc.Parameters) { in.N = wave(100, 200, 16) }),
			"20 in April 2026. It moves only by chance around the mean of each month."},
		"p, each to its own limit": {Subject{Unit: measures.Unit{Symbol: "%"}}, chart(t, measures.P, measures.Anhoej, measures.Decrease, join(wave(10, 22, 16), []float64{40, 60}), func(in *spc.Input, p *spc.Parameters) {
			in.N, p.Multiply, p.Centre = join(wave(100, 200, 16), []float64{100, 200}), 100, 10
		}), "30% in June 2026. The last two months lie above their upper limits: a real change, in the wrong direction."},
		"g, chance": {infections, chart(t, measures.G, measures.Anhoej, measures.Increase, wave(20, 40, 16), nil),
			"40 procedures before the infection in April 2026. It moves only by chance, up to 121; about half lie below 30."},
		"g, rarer": {infections, chart(t, measures.G, measures.IHI, measures.Increase, join(wave(10, 14, 10), wave(40, 50, 6)), nil),
			"50 procedures before the infection in April 2026. Six intervals in a row above the median of 14: a real change, in the good direction: infections have become rarer."},
		"t, one odd time": {Subject{Event: "fall", Unit: measures.Unit{Words: "days"}}, chart(t, measures.T, measures.Anhoej, measures.Increase, join(wave(20, 30, 16), []float64{90}), func(in *spc.Input, p *spc.Parameters) {
			in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 16}}
		}), "90 days before the fall in May 2026. It lies above the upper limit of 63: more than chance alone, in the good direction: an unusually long time without one."},
		"too few runs under IHI": {Subject{}, chart(t, measures.Run, measures.IHI, measures.Increase, []float64{1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 9}, nil),
			"9 in April 2026. 16 runs about the median of 5, where chance gives five to 13: more than chance, so something has changed."},
		"nelson, up and down": {Subject{}, chart(t, measures.XmR, measures.Nelson, measures.Increase, wave(20, 22, 16), nil),
			"22 in April 2026. The last 14 months went up and down in turn: more than chance alone, neither good nor bad."},
		"western electric, eight": {Subject{}, chart(t, measures.XmR, measures.WesternElectric, measures.Decrease, join(wave(20, 28, 20), wave(18, 22, 8)), nil),
			"22 in April 2027. Eight months in a row below the mean of 23: a real change, in the good direction."},
		"cusum": {Subject{}, chart(t, measures.CUSUM, measures.MDC, measures.Decrease, join(wave(20, 22, 24), constant(24, 5)), func(in *spc.Input, p *spc.Parameters) {
			in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 24}}
		}), "24 in May 2027. Since December 2026 differences above the mean of 21 have added up to 6.0 sd, past the decision limit of 5: a real change, in the wrong direction."},
		"ewma": {Subject{Unit: measures.Unit{Decimals: 1}}, chart(t, measures.EWMA, measures.MDC, measures.Increase, join(wave(20, 22, 24), constant(24, 5)), func(in *spc.Input, p *spc.Parameters) {
			in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 24}}
		}), "24.0 in May 2027. Its weighted mean of 23.1, for the second month in a row, lies above its upper limit of 22.8: a real change, in the good direction."},
		"bernoulli": {deaths, chart(t, measures.Bernoulli, measures.MDC, measures.Decrease, outcomes(9, 9, 9, 9, 9, 0, 0, 0, 0, 0, 0), with(nil)),
			"11 deaths in 56 operations. Since point 50 there have been more deaths than expected, and their sum of 3.6 has reached its decision limit of 3.5: a real change, in the wrong direction."},
		"vlad": {deaths, chart(t, measures.VLAD, measures.MDC, measures.Decrease, outcomes(30, 30), with(constant(0.1, 62))),
			"4.2 fewer deaths than expected over 62 operations (2 deaths). Neither sum is past its decision limit of 4.5: it moves only by chance."},
		"vlad of months": {Subject{Event: "death"}, chart(t, measures.VLAD, measures.MDC, measures.Decrease, wave(3, 5, 16), func(in *spc.Input, _ *spc.Parameters) { in.N = constant(4.5, 16) }),
			"8.0 fewer deaths than expected over 16 months (64 deaths). Only single cases could say whether that is more than chance."},
	} {
		if got := Sentence(test.s, test.c).String(); got != test.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

func TestFunnelIsReadAsAWholeAndInOrderOfName(t *testing.T) {
	y, n := constant(100, 24), constant(1000, 24)
	y[3], y[7], y[9] = 160, 150, 40
	c := chart(t, measures.Funnel, measures.MDC, measures.Decrease, y, with(n))
	s := Subject{Group: "trust", Groups: make([]string, 24), Unit: measures.Unit{Symbol: "%", Decimals: 1}}
	for i := range s.Groups {
		s.Groups[i] = "Trust " + string(rune('X'-i))
	}
	for i := range c.Y { // as multiply would
		for _, column := range [][]float64{c.Y, c.Centre, c.Lower, c.Upper, c.NearLower, c.NearUpper} {
			column[i] *= 100
		}
	}
	want := "24 trusts compared, 10.2% together. Two lie above and one below what chance alone explains (99.8%)."
	if got := Sentence(s, c).String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	lines := Outliers(s, c)
	if len(lines) != 3 || !slices.IsSorted(lines) || !strings.Contains(lines[0], "4.0%, below its limit of ") {
		t.Errorf("outliers %q", lines)
	}
	if s.Method.Additive = true; !strings.Contains(Sentence(s, c).String(), "chance and the usual differences between groups explain") {
		t.Errorf("additive: %q", Sentence(s, c))
	}
	if got := Outliers(s, chart(t, measures.XmR, measures.MDC, measures.Increase, y, nil)); got != nil {
		t.Errorf("outliers of an XmR chart: %q", got)
	}
}

func TestParagraphTellsTheWholeChart(t *testing.T) {
	s, charts := seenWithin4Hours(t)
	s.Title, s.Method = "Seen within 4 hours, RQW", Method{Constant: 2.66}
	const want = "Seen within 4 hours, RQW. XmR chart of 36 months, June 2023 to May 2026. All were measured. " +
		"The centre is the mean of the baseline; limits lie 2.66 mean moving ranges from it. " +
		"Mean 59.1%, limits 52.2–65.9%, made from the first 24 months. Held against the rules of Making Data Count, it shows "
	got := Paragraph(s, charts["RQW"])
	if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "new limits are due.") {
		t.Errorf("got %q", got)
	}
}
