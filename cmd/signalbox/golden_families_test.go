package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// commandDeviations are cases in which we mean to differ. docs/deviations.md
// has the reasons at length, and measures/spc tests what we answer instead.
var commandDeviations = map[string]string{
	"ptd_edge_constant": "screening a constant series leaves no moving range", "ptd_edge_n2_equal": "the same", "pbi_edge_constant": "the same",
	"qic_edge_constant_i": "the same", "qic_edge_all_zero_ip": "the same", "qic_gtt_harmed_i": "the same", "qic_gtt_harmed_ip": "the same",
	"qic_gtt_harmed_pp":                  "the same",
	"ptd_edge_constant_then_one":         "screening would leave ranges of zero only",
	"pbi_edge_constant_then_one":         "the same",
	"ptd_ae_RRK_rebase_date_not_in_data": "a phase begins at the first point at or after its date",
	"ptd_edge_flat_step_between_trends":  "a point of one trend, up, before a flat step",
	"qic_edge_i_part_and_freeze":         "a baseline holds in every phase",
	"qic_cdi_rate_ip_freeze24":           "the baseline alone makes the limits",
	"qcc_const_subgroup5_xbar":           "sigma from standard deviations and not from ranges",
	"funnel_exact_binomial_theta0.01":    "a limit never lies on the wrong side of the centre",
	"pbi_edge_two_in_three_highlight":    "only points beyond the near line are flagged",
}

// notRunnable says why a case asks for something that the command does not have.
func (g *goldenCase) notRunnable() string {
	switch {
	case g.family == "anhoej", g.family == "constants", g.Chart == "funnel_poisson_interpolated":
		return "a table by formula, which measures/spc tests"
	case g.family == "runcharter":
		return "phases are proposed and never made by themselves"
	case g.family == "vlad":
		return "its risk model is an illustration"
	case g.Chart == "i_mm":
		return "limits by median ranges are another tool's"
	case g.Chart == "R":
		return "there is no chart of ranges of subgroups"
	case g.Chart == "bchart":
		return "measures/spc tests it"
	case g.has("x.period"):
		return "months are summed to quarters before a series is charted"
	}
	return ""
}

// reasonSignals are the peer's words for the first rule that fired.
var reasonSignals = map[string]string{
	"Above UCL": "outside_upper", "Below LCL": "outside_lower",
	"7 Point Trend (Increasing)": "trend_increasing", "7 Point Trend (Decreasing)": "trend_decreasing",
	"2 in 3 Above CL": "two_in_three_above", "2 in 3 Below CL": "two_in_three_below",
	"7 Points Above CL": "shift_above", "7 Points Below CL": "shift_below", "Common Cause": "",
}

func (g *goldenCase) likePTD(c *commandChart) []string {
	problems := g.columns(c, "y", "y", "centre", "centre", "lower", "lower", "upper", "upper", "near_lower", "near_lower", "near_upper", "near_upper")
	problems = append(problems, c.flagged("outside", g.Expect["sigma_signal"], "outside_upper", "outside_lower")...)
	phases, reasons, causes := list(g.Expect["phase"]), list(g.Expect["special_cause"]), list(g.Expect["point_type"])
	for i, p := range c.Points {
		first := ""
		if signals := c.signals(i); len(signals) > 0 {
			first = signals[0]
		}
		if want, known := reasonSignals[cell(reasons[i])]; !known || first != want {
			problems = append(problems, fmt.Sprintf("first signal of point %d: %q, want %v", i+1, first, reasons[i]))
		}
		want := strings.TrimPrefix(strings.TrimSuffix(cell(causes[i]), "_cause"), "special_cause_")
		if p["y"] == nil {
			want = "" // the peer says common cause of a missing point
		}
		if got := cell(p["cause"]); got != want {
			problems = append(problems, fmt.Sprintf("cause of point %d: %q, want %v", i+1, got, causes[i]))
		}
		if numberOf(p["phase"]) != numberOf(phases[i])+1 {
			problems = append(problems, fmt.Sprintf("phase of point %d: %v, want %v more than one", i+1, p["phase"], phases[i]))
		}
	}
	return append(problems, g.icons(c, cell(g.Expect["variation_icon"]), cell(g.Expect["assurance_icon"]))...)
}

// icons compares the judgement on the last point and on the target. Without any
// point, or without limits, we show the empty icon where the peers show one.
func (g *goldenCase) icons(c *commandChart, variation, assurance string) (problems []string) {
	measured := slices.ContainsFunc(c.Points, func(p map[string]any) bool { return p["y"] != nil })
	if variation == "" || !measured {
		variation = "empty"
	}
	if c.Variation != variation {
		problems = append(problems, fmt.Sprintf("variation %s, want %s", c.Variation, variation))
	}
	assurance = strings.Replace(assurance, "inconsistent", "hit_or_miss", 1)
	if assurance == "" || c.Points[len(c.Points)-1]["upper"] == nil {
		assurance = "empty"
	}
	if c.Assurance != assurance {
		problems = append(problems, fmt.Sprintf("assurance %s, want %s", c.Assurance, assurance))
	}
	return problems
}

func (g *goldenCase) likeMDC(c *commandChart) []string {
	problems := g.columns(c, "centre", "centre", "lower", "lower", "upper", "upper", "near_lower", "near_lower", "near_upper", "near_upper")
	return append(problems, c.flagged("two in three", g.Expect["two_in_three"], "two_in_three_above", "two_in_three_below")...)
}

func (g *goldenCase) likeQIC(c *commandChart) []string {
	problems := g.columns(c, "y", "y", "centre", "centre", "lower", "lower", "upper", "upper",
		"near_lower", "lower_2sigma", "near_upper", "upper_2sigma", "phase", "part")
	if g.kind() != "run" {
		problems = append(problems, c.flagged("outside", g.Expect["sigma_signal"], "outside_upper", "outside_lower")...)
	}
	pairs := []string{"n", "n_obs", "n_useful", "n_useful", "longest_run", "longest_run", "longest_run_max", "longest_run_max",
		"crossings", "crossings", "crossings_min", "crossings_min"}
	if want := list(g.Expect["n_obs"]); len(c.Phases) != len(want) {
		return append(problems, fmt.Sprintf("%d phases, want %d", len(c.Phases), len(want)))
	}
	for i, phase := range c.Phases {
		for k := 0; k < len(pairs); k += 2 {
			if want := list(g.Expect[pairs[k+1]])[i]; phase[pairs[k]] != want {
				problems = append(problems, fmt.Sprintf("phase %d: %s %v, want %v", i+1, pairs[k], phase[pairs[k]], want))
			}
		}
		if want := list(g.Expect["runs_signal"])[i]; !g.has("method") && phase["runs_signal"] != want { // another method, another signal
			problems = append(problems, fmt.Sprintf("phase %d: signal %v, want %v", i+1, phase["runs_signal"], want))
		}
	}
	return problems
}

// powerBIIcons are the peer's words for what we say of the last point and the target.
var powerBIIcons = map[string]string{
	"commonCause": "common_cause", "improvementHigh": "improvement_high", "improvementLow": "improvement_low",
	"concernHigh": "concern_high", "concernLow": "concern_low", "neutralHigh": "neutral_high", "neutralLow": "neutral_low",
	"none": "empty", "inconsistent": "hit_or_miss", "consistentPass": "pass", "consistentFail": "fail",
}

func (g *goldenCase) likePowerBI(c *commandChart) []string {
	if c.Kind == "mr" {
		c.Points = c.Points[1:] // where the peer's chart of ranges begins
	}
	problems := g.columns(c, "y", "y", "centre", "centre", "lower", "lower", "upper", "upper", "near_lower", "lower_2sigma", "near_upper", "upper_2sigma")
	rules := [][3]string{{"astronomical", "outside_upper", "outside_lower"}, {"shift", "shift_above", "shift_below"},
		{"trend", "trend_increasing", "trend_decreasing"}, {"two_in_three", "two_in_three_above", "two_in_three_below"}}
	if c.Kind == "mr" {
		rules = rules[:1] // docs/deviations.md: ranges overlap, so they have no pattern
	}
	for _, rule := range rules {
		for i, want := range list(g.Expect[rule[0]]) {
			got := "none"
			if c.fired(i, rule[1]) {
				got = "upper"
			} else if c.fired(i, rule[2]) {
				got = "lower"
			}
			if got != want {
				problems = append(problems, fmt.Sprintf("%s at point %d: %s, want %v", rule[0], i+1, got, want))
			}
		}
	}
	// The peer may show several icons for one point; ours is the one of the first
	// rule that fired.
	var shown []string
	for _, icon := range list(g.Expect["variation_icons_last_point"]) {
		shown = append(shown, powerBIIcons[cell(icon)])
	}
	variation := c.Variation
	if !slices.Contains(shown, variation) && c.Kind != "mr" {
		variation = strings.Join(shown, " or ")
	}
	return append(problems, g.icons(c, variation, powerBIIcons[cell(g.Expect["assurance_icon"])])...)
}

func (g *goldenCase) likeIHI(c *commandChart) []string {
	problems := g.columns(c, "centre", "centre")
	problems = append(problems, c.flagged("shift", g.Expect["shift"], "shift_above", "shift_below")...)
	problems = append(problems, c.flagged("trend", g.Expect["trend"], "trend_increasing", "trend_decreasing")...)
	want := map[string]any{"n_useful": g.Expect["n_useful"], "runs": g.Expect["runs"], "runs_low": g.Expect["runs_low"],
		"runs_high": g.Expect["runs_high"], "runs_signal": g.Expect["runs_signal"] == true}
	if want["n_useful"] == 0.0 {
		want["runs"] = nil // no runs of nothing, rather than 0 of them
	}
	for key, w := range want {
		if c.Phases[0][key] != w {
			problems = append(problems, fmt.Sprintf("%s %v, want %v", key, c.Phases[0][key], w))
		}
	}
	return problems
}

func (g *goldenCase) likeZones(we, nelson *commandChart) []string {
	problems := g.columns(we, "y", "y", "centre", "centre", "lower", "lower", "upper", "upper")
	for _, set := range []struct {
		chart       *commandChart
		key, prefix string
	}{{we, "western_electric", "we_"}, {nelson, "nelson", "nelson_"}} {
		rules := g.Expect[set.key].(map[string]any)
		for k := 1; k <= len(rules); k++ {
			n := strconv.Itoa(k)
			problems = append(problems, set.chart.flagged(set.prefix+n, rules["rule"+n], set.prefix+n)...)
		}
	}
	return problems
}

func (g *goldenCase) likeSums(c *commandChart) []string {
	if g.Chart == "ewma" {
		return g.columns(c, "centre", "center", "ewma", "ewma", "lower", "lower", "upper", "upper")
	}
	problems := g.columns(c, "cusum_high", "cusum_pos", "cusum_low", "cusum_neg")
	decision := numberOf(g.Input["decision_interval"])
	problems = append(problems, append(c.column("upper", decision), c.column("lower", -decision)...)...)
	if g.Expect["violations_upper"] == nil {
		return problems
	}
	for i := range c.Points {
		at := any(float64(i + 1))
		if got, want := c.fired(i, "outside_upper"), slices.Contains(list(g.Expect["violations_upper"]), at); got != want {
			problems = append(problems, fmt.Sprintf("outside_upper at point %d: %v, want %v", i+1, got, want))
		}
		if got, want := c.fired(i, "outside_lower"), slices.Contains(list(g.Expect["violations_lower"]), at); got != want {
			problems = append(problems, fmt.Sprintf("outside_lower at point %d: %v, want %v", i+1, got, want))
		}
	}
	return problems
}

// likeLimits compares the four limits of a funnel's groups. FunnelPlotR rounds
// the quantiles of chance to six decimals, which shows in the eighth digit of its
// limits; ours are not rounded. The chi-square of PowerBI-Funnels is off by 4e-9.
func (g *goldenCase) likeLimits(c *commandChart, prefix string) (problems []string) {
	tolerance := 1e-9
	switch {
	case g.family == "funnel" && g.has("trim_by"):
		tolerance = 1e-6
	case g.Chart == "funnel_SR" && g.Expect["od_applied"] != true:
		tolerance = 1e-8
	}
	for _, key := range []string{"lower95", "upper95", "lower998", "upper998"} {
		for i, want := range list(g.Expect[prefix+key]) {
			if got := numberOf(c.Points[i][key]); !nearly(got, numberOf(want), tolerance) {
				problems = append(problems, fmt.Sprintf("%s%s of group %d: %.12g, want %.12g", prefix, key, i+1, got, want))
				break
			}
		}
	}
	return problems
}

// common compares what all groups have in common.
func (g *goldenCase) common(c *commandChart) (problems []string) {
	for _, pair := range []struct {
		name string
		got  *float64
		want any
	}{{"target", c.Centre, g.Expect["target"]}, {"phi", c.Phi, g.Expect["phi"]}, {"tau2", c.Tau2, g.Expect["tau2"]}} {
		if pair.want != nil && (pair.got == nil || !near(*pair.got, numberOf(pair.want))) {
			problems = append(problems, fmt.Sprintf("%s %v, want %v", pair.name, pair.got, pair.want))
		}
	}
	for i, group := range list(g.Input["group"]) {
		if c.Points[i]["group"] != group {
			problems = append(problems, fmt.Sprintf("group %d is %v, want %v", i+1, c.Points[i]["group"], group))
		}
	}
	return problems
}

// likePowerBIFunnel compares a funnel with PowerBI-Funnels. Its exact z is off by
// up to 2e-4, and of rates it takes limits from a spread with O in D's place:
// both are in docs/deviations.md.
func (g *goldenCase) likePowerBIFunnel(c *commandChart) []string {
	problems := g.common(c)
	rates, adjusted := g.Chart == "funnel_RC", g.Expect["od_applied"] == true
	if !rates {
		problems = append(problems, g.likeLimits(c, "")...)
	}
	if g.Chart != "funnel_SR" || adjusted {
		return append(problems, g.columns(c, "z", "zscore")...)
	}
	for i, want := range list(g.Expect["zscore"]) {
		if got := numberOf(c.Points[i]["z"]); want != nil && !(math.Abs(got-numberOf(want)) < 2e-4) {
			problems = append(problems, fmt.Sprintf("z of group %d: %g, want %v to 2e-4", i+1, got, want))
		}
	}
	return problems
}

// likeFunnelPlotR compares a funnel with FunnelPlotR, without and with allowance
// for differences beyond chance.
func (g *goldenCase) likeFunnelPlotR(plain, adjusted *commandChart) []string {
	problems := append(g.common(plain), g.common(adjusted)...)
	if g.Chart != "funnel_SR_SHMI" { // whose ratios are of expected numbers before they were rounded for the case
		problems = append(problems, g.columns(plain, "y", "ratio")...)
	}
	problems = append(problems, g.columns(adjusted, "z", "zscore_od")...)
	rates, standardised := g.Chart == "funnel_RC", strings.HasPrefix(g.Chart, "funnel_SR")
	if !rates { // of rates it takes limits from another spread: docs/deviations.md
		problems = append(problems, g.likeLimits(plain, "")...)
	}
	if !standardised { // whose z we give exactly
		problems = append(problems, g.columns(plain, "z", "zscore")...)
	}
	switch g.Chart {
	case "funnel_RC":
	case "funnel_SR_CQC": // the peer forgets to square these back
		for _, key := range []string{"lower95", "upper95", "lower998", "upper998"} {
			for i, root := range list(g.Expect["od_"+key]) {
				r := numberOf(root)
				if got := numberOf(adjusted.Points[i][key]); !nearly(got, r*max(r, 0), 1e-6) {
					problems = append(problems, fmt.Sprintf("%s of group %d: %g, want the square of %g", key, i+1, got, r))
					break
				}
			}
		}
	default:
		problems = append(problems, g.likeLimits(adjusted, "od_")...)
	}
	return problems
}
