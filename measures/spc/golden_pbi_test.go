package spc

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// pbiGolden is a case of PowerBI-SPC: one array of none, upper or lower a rule.
type pbiGolden struct {
	Chart string
	Input struct {
		X         []string
		Y, N      []*float64
		Direction string
		Target    *float64
		Splits    []int `json:"split_starts"`
		First     int   `json:"subset_first_n"`
		Keep      bool  `json:"keep_outliers_in_limits"`
		Shift     int   `json:"shift_n"`
		Trend     int   `json:"trend_n"`
		WholeTwo  bool  `json:"two_in_three_highlight_series"`
	}
	Expect struct {
		Y, Centre, Lower, Upper []*float64
		NearLower               []*float64 `json:"lower_2sigma"`
		NearUpper               []*float64 `json:"upper_2sigma"`
		Astronomical            []string
		Shift, Trend            []string
		TwoInThree              []string `json:"two_in_three"`
		Variation               []string `json:"variation_icons_last_point"`
		Assurance               string   `json:"assurance_icon"`
	}
}

// pbiDeviations are cases in which we mean to differ from PowerBI-SPC.
var pbiDeviations = map[string]struct {
	reason string
	check  func(*testing.T, *measures.Chart)
}{
	"pbi_edge_constant": {"1: screening a constant series leaves no moving range, so the peer draws no limits",
		func(t *testing.T, c *measures.Chart) { wantLines(t, c, 0, 10, 10, 10); wantNoSignals(t, c) }},
	"pbi_edge_constant_then_one": {"2: screening leaves ranges of zero only, and then every point is an outlier",
		func(t *testing.T, c *measures.Chart) {
			width := 3 / 1.128 * 20 / 19 // ranges of 10 and 10 among 19
			wantLines(t, c, 0, 99.5, 99.5-width, 99.5+width)
			for i, s := range c.Signals {
				if outside := s&(measures.OutsideLower|measures.OutsideUpper) != 0; outside != (c.Y[i] == 90) {
					t.Errorf("outside[%d] = %v at %g", i, outside, c.Y[i])
				}
			}
		}},
}

func TestGoldenCasesOfPowerBI(t *testing.T) {
	kinds := map[string]measures.Kind{"i": measures.XmR, "i_m": measures.XmR}
	eachGolden(t, "pbi", 15, 57, func(t *testing.T, name string, g *pbiGolden) {
		kind, known := kinds[g.Chart]
		if !known && kind.UnmarshalText([]byte(g.Chart)) != nil {
			notRunnable(t, "there is no chart of kind "+g.Chart+": limits by median ranges are another tool's")
		}
		if g.Input.Shift != shiftLength {
			notRunnable(t, "a shift is seven points, here "+strconv.Itoa(g.Input.Shift))
		}
		in, p := g.question(t, kind)
		c := computeBuilt(t, in, p)
		if kind == measures.MR {
			c = fromTheSecond(c) // where the peer's chart of ranges begins
		}
		if d, known := pbiDeviations[name]; known {
			deviates(t, d.reason)
			d.check(t, &c)
			return
		}
		g.checkLines(t, &c)
		g.checkSignals(t, &c)
		g.checkIcons(t, &c)
	})
}

func fromTheSecond(c measures.Chart) measures.Chart {
	c.X, c.Y, c.Centre, c.Signals, c.Causes = c.X[1:], c.Y[1:], c.Centre[1:], c.Signals[1:], c.Causes[1:]
	c.Lower, c.Upper, c.NearLower, c.NearUpper = c.Lower[1:], c.Upper[1:], c.NearLower[1:], c.NearUpper[1:]
	return c
}

func (g *pbiGolden) question(t *testing.T, kind measures.Kind) (Input, Parameters) {
	t.Helper()
	p := Defaults(kind, measures.PowerBI)
	p.Trend, p.Median = g.Input.Trend, p.Median || g.Chart == "i_m"
	p.Screen = p.Screen && !g.Input.Keep
	if err := p.Direction.UnmarshalText([]byte(g.Input.Direction)); err != nil {
		t.Fatal(err)
	}
	in := numbered(numbers(g.Input.Y))
	for i, x := range g.Input.X {
		if strings.Contains(x, "-") {
			in.X[i], in.XIsDate = xOf(t, x)
		}
	}
	if g.Input.N != nil {
		in.N = numbers(g.Input.N)
	}
	if g.Input.Target != nil {
		in.Targets = []measures.Target{{Value: *g.Input.Target}}
	}
	in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: g.Input.First}}
	for _, i := range g.Input.Splits {
		in.Phases = append(in.Phases, measures.Phase{Start: measures.Date(in.X[i])})
	}
	return in, p
}

func (g *pbiGolden) checkLines(t *testing.T, c *measures.Chart) {
	t.Helper()
	e := &g.Expect
	same(t, "y", c.Y, e.Y)
	same(t, "centre", c.Centre, e.Centre)
	for _, line := range []struct {
		name string
		got  []float64
		want []*float64
	}{{"lower", c.Lower, e.Lower}, {"upper", c.Upper, e.Upper}, {"near lower", c.NearLower, e.NearLower}, {"near upper", c.NearUpper, e.NearUpper}} {
		if line.want == nil { // a run chart
			line.want = make([]*float64, len(line.got))
		}
		same(t, line.name, line.got, line.want)
	}
}

func (g *pbiGolden) checkSignals(t *testing.T, c *measures.Chart) {
	t.Helper()
	e := &g.Expect
	rules := []struct {
		name         string
		want         []string
		upper, lower measures.Signals
	}{
		{"outside", e.Astronomical, measures.OutsideUpper, measures.OutsideLower},
		{"shift", e.Shift, measures.ShiftAbove, measures.ShiftBelow},
		{"trend", e.Trend, measures.TrendIncreasing, measures.TrendDecreasing},
		{"two in three", e.TwoInThree, measures.TwoInThreeAbove, measures.TwoInThreeBelow},
	}
	switch {
	case c.Kind == measures.MR:
		deviates(t, "9: ranges overlap, so they have no pattern; the peer looks for two in three among them")
		for i, s := range c.Signals {
			if s&^(measures.OutsideUpper|measures.OutsideLower) != 0 {
				t.Errorf("range %d has %q", i+1, s.Names())
			}
		}
		rules = rules[:1]
	case g.Input.WholeTwo:
		deviates(t, "10: only points beyond the near line are flagged; the peer can be set to flag the third too")
		for i, s := range c.Signals {
			want := measures.Signals(0)
			if c.Y[i] == 12.9 {
				want = measures.TwoInThreeAbove
			}
			if s != want {
				t.Errorf("point %d, %g, has %q", i+1, c.Y[i], s.Names())
			}
		}
		rules = rules[:3]
	}
	for _, rule := range rules {
		for i, want := range rule.want {
			pair := c.Signals[i] & (rule.upper | rule.lower)
			got := map[measures.Signals]string{0: "none", rule.upper: "upper", rule.lower: "lower"}[pair]
			if got != want {
				t.Errorf("%s at point %d: %q, want %q", rule.name, i+1, got, want)
			}
		}
	}
}

// pbiIcons are the peer's words for what we say of the last point and the target.
var pbiIcons = map[string]string{
	"commonCause": "common_cause", "improvementHigh": "improvement_high", "improvementLow": "improvement_low",
	"concernHigh": "concern_high", "concernLow": "concern_low", "neutralHigh": "neutral_high", "neutralLow": "neutral_low",
	"none": "empty", "inconsistent": "hit_or_miss", "consistentPass": "pass", "consistentFail": "fail",
}

// checkIcons: the peer may show several icons for one point, ours is the one of
// the first rule that fired.
func (g *pbiGolden) checkIcons(t *testing.T, c *measures.Chart) {
	t.Helper()
	var shown []string
	for _, icon := range g.Expect.Variation {
		shown = append(shown, pbiIcons[icon])
	}
	if c.Kind != measures.MR && !slices.Contains(shown, c.Variation.String()) {
		t.Errorf("variation %s, the peer shows %v", c.Variation, shown)
	}
	assurance := pbiIcons[g.Expect.Assurance]
	if measures.IsMissing(c.Upper[c.Len()-1]) {
		assurance = "empty" // the peer says hit or miss without limits: trap 6
	}
	if c.Assurance.String() != assurance {
		t.Errorf("assurance %s, want %s", c.Assurance, assurance)
	}
}
