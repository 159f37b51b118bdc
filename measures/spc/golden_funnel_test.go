package spc

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

// funnelCase is one funnel computed by PowerBI-Funnels or FunnelPlotR, or one
// table of exact limits.
type funnelCase struct {
	Chart string
	Input struct {
		Numerator, Denominator []*float64
		Adjust                 string `json:"od_adjust"`
		Theta                  float64
		N, Expected            []float64
	}
	Expect struct {
		Ratio, SE, ZScore  []*float64
		ZScoreOD           []*float64 `json:"zscore_od"`
		Target             float64
		Phi, Tau2          *float64
		Lower95, Upper95   []*float64
		Lower998, Upper998 []*float64
		ODLower95          []*float64 `json:"od_lower95"`
		ODUpper95          []*float64 `json:"od_upper95"`
		ODLower998         []*float64 `json:"od_lower998"`
		ODUpper998         []*float64 `json:"od_upper998"`
		Transformed        []*float64 `json:"y_transformed"`
		ScoresWinsorised   []*float64 `json:"zscore_winsorised_or_truncated"`
		Used               int        `json:"n_used"`
	}
}

func TestGoldenFunnelsOfInventedSeries(t *testing.T) {
	runFunnels(t, sharedFolder(t, "golden", "invented"), 6)
}

func TestGoldenFunnelsOfRealSeries(t *testing.T) {
	runFunnels(t, sharedFolder(t, "golden", "real"), 30)
}

func runFunnels(t *testing.T, folder string, atLeast int) {
	files, err := filepath.Glob(filepath.Join(folder, "*funnel_*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var g funnelCase
			if err := json.Unmarshal(text, &g); err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(file)
			switch {
			case strings.HasPrefix(name, "funnel_exact_"):
				g.checkExact(t)
			case strings.HasPrefix(name, "pbifunnel_"):
				g.checkPowerBI(t, name)
			default:
				g.checkFunnelPlotR(t, name)
			}
		})
	}
	if len(files) < atLeast {
		t.Errorf("%d cases, want at least %d", len(files), atLeast)
	}
}

// question reads the kind of funnel from the name of a case.
func (g *funnelCase) question(name string, additive bool) (Input, Parameters) {
	p := Defaults(measures.Funnel, measures.MDC)
	p.Additive = additive
	switch {
	case strings.Contains(name, "_RC"):
		p.Ratio = Rate
	case strings.Contains(name, "_SR_SHMI"):
		p.Ratio, p.Transform = Standardised, Log
	case strings.Contains(name, "_SR_"):
		p.Ratio = Standardised
	}
	in := Input{Y: numbers(g.Input.Numerator), N: numbers(g.Input.Denominator)}
	for i := range in.Y {
		in.X = append(in.X, int32(i+1))
	}
	return in, p
}

// column compares to a relative difference.
func column(t *testing.T, what string, got []float64, want []*float64, relative float64) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%s: %d numbers, want %d", what, len(got), len(want))
		return
	}
	worst := 0.0
	for i, w := range numbers(want) {
		if g := got[i]; !near(g, w, relative) {
			t.Errorf("%s[%d] = %.15g, want %.15g (off by %.1e)", what, i, g, w, off(g, w))
			return
		}
		if w != 0 && !measures.IsMissing(w) {
			worst = max(worst, off(got[i], w))
		}
	}
	t.Logf("%s: off by at most %.1e", what, worst)
}

const (
	rateLimits = "13: limits of rates take the events that the target gives an exposure; the peers put the exposure in the place of the events"
	rounded196 = "13: the peer's limits stand at 1.959964 and 3.090232, ours at the quantiles themselves; they agree to 1e-6"
	unsquared  = "13: the peer leaves limits of square roots unsquared and compares them with ratios; ours are squared"
	peerChi    = "13: the peer's chi-square chances are off by up to 2e-4, give no score beyond 38, and its limits by 4e-9; ours agree with R's and are right to 1e-12"
	roundedE   = "13: the case gives expected numbers to two decimals and a ratio of those before rounding"
	exactZ     = "13: the peer's score without over-dispersion is that of the transformed ratio, ours the exact one"
)

func (g *funnelCase) checkPowerBI(t *testing.T, name string) {
	additive := g.Input.Adjust == "auto"
	in, p := g.question(name, additive)
	c := compute(t, in, p)
	e := &g.Expect
	if off(c.Centre[0], e.Target) > 1e-12 || !near(c.Tau2, *e.Tau2, 1e-12) {
		t.Errorf("target %.15g, tau2 %.15g; want %.15g, %.15g", c.Centre[0], c.Tau2, e.Target, *e.Tau2)
	}
	relative := 1e-9
	if p.Ratio == Standardised && !additive {
		deviates(t, peerChi)
		relative = 1e-8
		for i, want := range e.ZScore {
			if z := c.Z[i]; want == nil && !(math.Abs(z) > 38) || want != nil && !(math.Abs(z-*want) < 2e-4) {
				t.Errorf("z[%d] = %.15g, want %v", i, z, want)
			}
		}
	} else {
		column(t, "z", c.Z, e.ZScore, 1e-9)
	}
	if p.Ratio == Rate {
		deviates(t, rateLimits)
		g.limitsOfRates(t, &c)
		return
	}
	column(t, "lower 99.8", c.Lower, e.Lower998, relative)
	column(t, "upper 99.8", c.Upper, e.Upper998, relative)
	column(t, "lower 95", c.NearLower, e.Lower95, relative)
	column(t, "upper 95", c.NearUpper, e.Upper95, relative)
}

// limitsOfRates checks our own answer where both peers are wrong: a group that
// stood exactly on a limit would have the score that the limit stands for.
func (g *funnelCase) limitsOfRates(t *testing.T, c *measures.Chart) {
	tau2 := 0.0
	if g.Input.Adjust == "auto" {
		tau2 = c.Tau2
	}
	for i, n := range numbers(g.Input.Denominator) {
		events := c.Centre[i] * n
		s := math.Sqrt(events/(events+0.5)/(events+0.5) + n/(n+0.5)/(n+0.5) + tau2)
		for _, line := range []struct{ got, score float64 }{
			{c.Lower[i], -3.090232306167813541}, {c.Upper[i], 3.090232306167813541},
			{c.NearLower[i], -1.959963984540054}, {c.NearUpper[i], 1.959963984540054},
		} {
			if score := math.Log(line.got/c.Centre[i]) / s; off(score, line.score) > 1e-9 {
				t.Errorf("group %d: a limit stands at %g standard deviations, want %g", i+1, score, line.score)
			}
		}
	}
}

func (g *funnelCase) checkFunnelPlotR(t *testing.T, name string) {
	in, p := g.question(name, false)
	c := compute(t, in, p)
	e := &g.Expect
	ratios := 1e-9
	if p.Transform == Log {
		deviates(t, roundedE)
		ratios = 2e-4
	}
	column(t, "ratio", c.Y, e.Ratio, ratios)
	if off(c.Centre[0], e.Target) > 1e-12 || !near(c.Tau2, *e.Tau2, 1e-12) || !near(c.Phi, *e.Phi, 1e-12) {
		t.Errorf("target %.15g, phi %.15g, tau2 %.15g; want %.15g, %.15g, %.15g", c.Centre[0], c.Phi, c.Tau2, e.Target, *e.Phi, *e.Tau2)
	}
	f := funnelOf(&p, c.Centre[0])
	transformed, se, z := []float64{}, []float64{}, []float64{}
	for i := range in.Y {
		y, variance := f.transformed(in.Y[i], in.N[i])
		transformed, se = append(transformed, y), append(se, math.Sqrt(variance))
		z = append(z, (y-f.origin())/math.Sqrt(variance))
	}
	column(t, "transformed", transformed, e.Transformed, 1e-9)
	column(t, "standard error", se, e.SE, 1e-9)
	column(t, "z of the transformed ratio", z, e.ZScore, 1e-9)
	if p.Transform == Log {
		if kept, _ := truncated(z, make([]float64, len(z))); len(kept) != e.Used {
			t.Errorf("%d groups are left after truncation, want %d", len(kept), e.Used)
		}
	} else {
		winsorise(z)
		column(t, "winsorised", z, e.ScoresWinsorised, 1e-9)
	}
	if p.Ratio == Standardised {
		deviates(t, exactZ)
	}
	g.linesOfFunnelPlotR(t, &c, p, e.Lower998, e.Lower95, e.Upper95, e.Upper998)

	p.Additive = true
	c = compute(t, in, p)
	column(t, "z with over-dispersion", c.Z, e.ZScoreOD, 1e-9)
	if p.Ratio == Standardised && p.Transform == Sqrt {
		deviates(t, unsquared)
		for _, lines := range [][]float64{c.Lower, c.NearLower, c.NearUpper, c.Upper} {
			for i, v := range lines {
				lines[i] = math.Sqrt(v)
			}
		}
	}
	g.linesOfFunnelPlotR(t, &c, p, e.ODLower998, e.ODLower95, e.ODUpper95, e.ODUpper998)
}

func (g *funnelCase) linesOfFunnelPlotR(t *testing.T, c *measures.Chart, p Parameters, lower998, lower95, upper95, upper998 []*float64) {
	t.Helper()
	if p.Ratio == Rate {
		deviates(t, rateLimits)
		return
	}
	relative := 1e-9
	if p.Additive || p.Ratio == Proportion {
		deviates(t, rounded196)
		relative = 1e-6
	}
	column(t, "lower 99.8", c.Lower, lower998, relative)
	column(t, "upper 99.8", c.Upper, upper998, relative)
	column(t, "lower 95", c.NearLower, lower95, relative)
	column(t, "upper 95", c.NearUpper, upper95, relative)
}

// checkExact compares one limit after another; the tables clamp lower ones at 0
// and leave upper ones as they come out.
func (g *funnelCase) checkExact(t *testing.T) {
	var lines [4][]float64
	add := func(i int, v float64) { lines[i] = append(lines[i], v) }
	for _, n := range append(g.Input.N, g.Input.Expected...) {
		for i, level := range []tail{tail998, tail95} {
			switch g.Chart {
			case "funnel_binomial_exact", "funnel_poisson_interpolated":
				var d discrete = binomial{n, g.Input.Theta}
				if g.Chart == "funnel_poisson_interpolated" {
					d = poisson{n}
				}
				add(i, max(0, interpolated(d, level.chance, -level.score)/n))
				add(3-i, interpolated(d, 1-level.chance, level.score)/n)
			case "funnel_poisson_exact":
				f := funnel{ratio: Standardised, target: 1}
				limits := f.interval(n, level)
				add(i, limits[0])
				add(3-i, limits[1])
			default:
				t.Fatalf("unknown chart %s", g.Chart)
			}
		}
	}
	e := &g.Expect
	column(t, "lower 99.8", lines[0], e.Lower998, 1e-9)
	column(t, "lower 95", lines[1], e.Lower95, 1e-9)
	column(t, "upper 95", lines[2], e.Upper95, 1e-9)
	column(t, "upper 99.8", lines[3], e.Upper998, 1e-9)
}
