package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// goldenCase is one case computed by another tool, or by a reference
// calculation. The families write their expectations each in its own way.
type goldenCase struct {
	name, family string
	Chart        string
	Input        map[string]any
	Expect       map[string]any
}

// commandCharts is the JSON that the command writes, as a program elsewhere
// would read it.
type commandCharts struct {
	Charts []commandChart
}

type commandChart struct {
	Kind, Rules, Variation, Assurance string
	Centre, Phi, Tau2                 *float64
	Points                            []map[string]any
	Phases                            []map[string]any
}

// goldenCases reads the cases of a folder.
func goldenCases(t *testing.T, folder string) []goldenCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []goldenCase
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		g := goldenCase{name: strings.TrimSuffix(filepath.Base(file), ".json")}
		if err := json.Unmarshal(text, &g); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		g.family, _, _ = strings.Cut(g.name, "_")
		cases = append(cases, g)
	}
	return cases
}

// TestGoldenCasesThroughTheCommand takes the figures of other tools all the way
// that a reader's file goes: CSV, flags, sandbox, JSON. The arithmetic has tests
// of its own in measures/spc, with what we answer where we differ on purpose;
// here it is enough that such a case does differ.
func TestGoldenCasesThroughTheCommand(t *testing.T) {
	run := chartCommand(t)
	t.Run("copied", func(t *testing.T) {
		rehearse(t, run, filepath.Join("..", "..", "measures", "spc", "testdata", "golden"), 150)
	})
	t.Run("invented", func(t *testing.T) { rehearse(t, run, sharedFile(t, filepath.Join("..", "golden", "invented")), 163) })
	t.Run("real", func(t *testing.T) { rehearse(t, run, sharedFile(t, filepath.Join("..", "golden", "real")), 254) })
}

type chartCommandFunc func(stdin string, args ...string) (string, error)

func rehearse(t *testing.T, run chartCommandFunc, folder string, atLeast int) {
	cases := goldenCases(t, folder)
	if len(cases) < atLeast {
		t.Errorf("%d cases in %s, want at least %d", len(cases), folder, atLeast)
	}
	for i := range cases {
		g := &cases[i]
		t.Run(g.name, func(t *testing.T) {
			if reason := g.notRunnable(); reason != "" {
				t.Skip("not runnable: " + reason)
			}
			problems := g.play(t, run)
			if reason, differs := commandDeviations[g.name]; differs {
				if len(problems) == 0 {
					t.Errorf("it agrees, though docs/deviations.md says that we differ: %s", reason)
				}
				return
			}
			for _, problem := range problems {
				t.Error(problem)
			}
		})
	}
}

// play runs the command as the family's profile has it, and lists what differs.
func (g *goldenCase) play(t *testing.T, run chartCommandFunc) []string {
	t.Helper()
	ask := func(args ...string) *commandChart {
		t.Helper()
		out, err := run(g.csv(), append(append(g.flags(), args...), "--format", "json", "-")...)
		if err != nil {
			t.Fatalf("%v %v: %v", g.flags(), args, err)
		}
		var charts commandCharts
		if err := json.Unmarshal([]byte(out), &charts); err != nil || len(charts.Charts) != 1 {
			t.Fatalf("%v in %s", err, out)
		}
		return &charts.Charts[0]
	}
	if g.Expect["error"] != nil {
		if _, err := run(g.csv(), append(g.flags(), "--format", "json", "-")...); err == nil {
			return []string{fmt.Sprintf("no error, want one like %v", g.Expect["error"])}
		}
		return nil
	}
	switch g.family {
	case "ptd":
		return g.likePTD(ask())
	case "mdc2023":
		return g.likeMDC(ask())
	case "qic":
		return g.likeQIC(ask())
	case "pbi":
		return g.likePowerBI(ask())
	case "ihi":
		return g.likeIHI(ask())
	case "qcc":
		if g.Chart == "cusum" || g.Chart == "ewma" {
			return g.likeSums(ask())
		}
		return g.likeZones(ask("--rules", "western-electric"), ask("--rules", "nelson"))
	case "pbifunnel":
		return g.likePowerBIFunnel(ask())
	}
	if strings.Contains(g.Chart, "exact") {
		return g.likeLimits(ask(), "")
	}
	return g.likeFunnelPlotR(ask(), ask("--od", "additive"))
}

// cell writes a value of a case as a cell of a file.
func cell(v any) string {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return v
	}
	return ""
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func (g *goldenCase) has(key string) bool { return g.Input[key] != nil }

// csv writes the file that the case is about.
func (g *goldenCase) csv() string {
	var b strings.Builder
	if groups := list(g.Input["group"]); groups != nil {
		b.WriteString("group,numerator,denominator\n")
		for i, name := range groups {
			b.WriteString(cell(name) + "," + cell(list(g.Input["numerator"])[i]) + "," + cell(list(g.Input["denominator"])[i]) + "\n")
		}
		return b.String()
	}
	for _, key := range []string{"n", "expected"} { // the limits alone, of groups of so many
		if sizes := list(g.Input[key]); sizes != nil && !g.has("y") {
			b.WriteString("group,numerator,denominator\n")
			for i, n := range sizes {
				b.WriteString(strconv.Itoa(i) + ",0," + cell(n) + "\n")
			}
			return b.String()
		}
	}
	b.WriteString("x,y")
	n := list(g.Input["n"])
	if n != nil {
		b.WriteString(",n")
	}
	for i, y := range list(g.Input["y"]) {
		rows := list(y) // of a subgroup
		if rows == nil {
			rows = []any{y}
		}
		for _, y := range rows {
			b.WriteString("\n" + g.x(i) + "," + cell(y))
			if n != nil {
				b.WriteString("," + cell(n[i]))
			}
		}
	}
	return b.String() + "\n"
}

// x is the x of a row as the file has it: numbers where the case has none, or
// has labels that are neither dates nor numbers.
func (g *goldenCase) x(i int) string {
	given := list(g.Input["x"])
	if given == nil {
		return strconv.Itoa(i + 1)
	}
	text := cell(given[i])
	if _, err := strconv.Atoi(text); err != nil && strings.Count(text, "-") != 2 {
		return strconv.Itoa(i + 1)
	}
	return text
}

// flags are the settings of the family's profile and of the case.
func (g *goldenCase) flags() []string {
	args := []string{"--kind", g.kind()}
	add := func(flag, value string) {
		if value != "" {
			args = append(args, flag, value)
		}
	}
	screen := func(key string, on bool) { add("--screen="+strconv.FormatBool((g.Input[key] == true) == on), " ") }
	switch g.family {
	case "ptd":
		add("--rules", "mdc-r022")
		screen("screen_outliers", true)
	case "mdc2023":
		add("--rules", "mdc")
		screen("screen_outliers", true)
	case "qic":
		add("--rules", "anhoej")
		screen("screened_mr", true)
	case "pbi":
		add("--rules", "powerbi")
		add("--trend", cell(g.Input["trend_n"]))
		screen("keep_outliers_in_limits", false)
		if g.Chart == "i_m" {
			add("--centre", "median")
		}
	case "ihi":
		add("--rules", "ihi")
	case "funnel", "pbifunnel":
		args = append(args, g.funnelFlags()...)
	}
	for _, setting := range [][2]string{{"direction", "--direction"}, {"target", "--target"}, {"fix_after_n_points", "--baseline"}, {"freeze", "--baseline"},
		{"subset_first_n", "--baseline"}, {"cl", "--centre"}, {"theta", "--centre"}, {"multiply", "--multiply"}, {"lambda", "--lambda"},
		{"se_shift", "--shift"}, {"decision_interval", "--decision"}, {"head_start", "--head-start"}} {
		add(setting[1], cell(g.Input[setting[0]]))
	}
	if g.Input["y.neg"] == false {
		add("--floor", "0")
	}
	for _, x := range list(g.Input["rebase"]) {
		add("--rebase", cell(x))
	}
	if last, ok := g.Input["part"].(float64); ok { // of the first part
		add("--rebase", g.x(int(last)))
	}
	for _, first := range list(g.Input["split_starts"]) {
		add("--rebase", g.x(int(first.(float64))))
	}
	for _, i := range list(g.Input["exclude"]) {
		add("--exclude", cell(i))
	}
	return slices.DeleteFunc(args, func(arg string) bool { return arg == " " })
}

func (g *goldenCase) funnelFlags() []string {
	args := []string{"--ratio", "proportion"}
	switch {
	case strings.Contains(g.Chart, "RC"):
		args[1] = "rate"
	case strings.Contains(g.Chart, "SR"), strings.Contains(g.Chart, "poisson"):
		args[1] = "standardised"
	}
	if strings.Contains(g.Chart, "SHMI") {
		args = append(args, "--transform", "log")
	}
	if g.Chart == "funnel_binomial_exact" {
		args = append(args, "--exact")
	}
	if g.Input["od_adjust"] == "auto" && g.Expect["od_applied"] == true {
		args = append(args, "--od", "additive")
	}
	return args
}

func (g *goldenCase) kind() string {
	switch g.Chart {
	case "i", "i_m", "xbar.one":
		return "xmr"
	case "S":
		return "s"
	}
	if strings.HasPrefix(g.Chart, "funnel") {
		return "funnel"
	}
	return g.Chart
}

// number reads a value that may be missing.
func numberOf(v any) float64 {
	if f, ok := v.(float64); ok {
		return f
	}
	return math.NaN()
}

// near is equality to 1e-9 relative, and to 1e-12 beside zero.
func near(a, b float64) bool { return nearly(a, b, 1e-9) }

func nearly(a, b, relative float64) bool {
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.IsNaN(a) && math.IsNaN(b)
	}
	d := math.Abs(a - b)
	return d <= relative*math.Max(math.Abs(a), math.Abs(b)) || d <= 1e-12
}

// column compares one column of the points with a list of the case, or with one
// number for all points. It tells the first difference only.
func (c *commandChart) column(key string, want any) []string {
	values := list(want)
	if values != nil && len(values) != len(c.Points) {
		return []string{fmt.Sprintf("%s: %d points, want %d", key, len(c.Points), len(values))}
	}
	for i, p := range c.Points {
		w := numberOf(want)
		if values != nil {
			w = numberOf(values[i])
		}
		if got := numberOf(p[key]); !near(got, w) {
			return []string{fmt.Sprintf("%s of point %d: %.12g, want %.12g", key, i+1, got, w)}
		}
	}
	return nil
}

// columns compares several columns, each named as here and as in the case.
func (g *goldenCase) columns(c *commandChart, pairs ...string) (problems []string) {
	for i := 0; i < len(pairs); i += 2 {
		want, ok := g.Expect[pairs[i+1]]
		if !ok {
			problems = append(problems, "the case has no "+pairs[i+1])
			continue
		}
		problems = append(problems, c.column(pairs[i], want)...)
	}
	return problems
}

func (c *commandChart) signals(point int) []string {
	var names []string
	for _, name := range list(c.Points[point]["signals"]) {
		names = append(names, name.(string))
	}
	return names
}

// fired reports whether one of some signals is at a point.
func (c *commandChart) fired(point int, names ...string) bool {
	return slices.ContainsFunc(c.signals(point), func(name string) bool { return slices.Contains(names, name) })
}

// flagged compares a list of flags with whether one of some signals is there.
func (c *commandChart) flagged(what string, want any, names ...string) (problems []string) {
	flags := list(want)
	if flags != nil && len(flags) != len(c.Points) {
		return []string{fmt.Sprintf("%s: %d points, want %d", what, len(c.Points), len(flags))}
	}
	for i, w := range flags {
		if got := c.fired(i, names...); got != (w == true) {
			problems = append(problems, fmt.Sprintf("%s at point %d: %v, want %v", what, i+1, got, w))
		}
	}
	return problems
}
