package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/signalbox-health/signalbox/internal/export"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/library"
)

// keptSandbox outlives one command, so that tests start one only.
type keptSandbox struct{ *host.Host }

func (keptSandbox) Close() error { return nil }

// chartSandbox is one sandbox for all tests of the command; closeChartSandbox
// ends it, and takes its folder of compiled plugins away.
var chartSandbox = sync.OnceValues(func() (*host.Host, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "signalbox-chart-")
	if err != nil {
		return nil, err
	}
	box, err := host.New(host.Options{Executable: []string{self, childWord}, Children: 1, CacheDir: folder})
	closeChartSandbox = func() {
		if err == nil {
			_ = box.Close()
		}
		_ = os.RemoveAll(folder)
	}
	return box, err
})

var closeChartSandbox = func() {}

// chartCommand runs the command with a real sandbox.
func chartCommand(t *testing.T) func(stdin string, args ...string) (string, error) {
	t.Helper()
	if _, err := library.Open(); errors.Is(err, library.ErrNotBuilt) {
		t.Skip(err)
	}
	start := func() (sandbox, error) {
		box, err := chartSandbox()
		return keptSandbox{box}, err
	}
	return func(stdin string, args ...string) (string, error) {
		cmd := newChartCommand(start, nil, func(io.Writer) export.TextOptions { return export.TextOptions{} })
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		cmd.SetFlagErrorFunc(newRootCommand(&config{}).FlagErrorFunc())
		var out bytes.Buffer
		cmd.SetIn(strings.NewReader(stdin))
		cmd.SetOut(&out)
		cmd.SetArgs(args)
		err := cmd.ExecuteContext(t.Context())
		return out.String(), err
	}
}

// answer is the JSON that the command writes.
type answer struct {
	Charts []struct {
		Kind, Rules, Variation, Assurance, Sentence string
		Points                                      []struct {
			X                          any
			Y, N, Centre, Lower, Upper *float64
			Phase                      int
			NearLower                  *float64 `json:"near_lower"`
			NearUpper                  *float64 `json:"near_upper"`
			Signals                    []string
			Cause                      *string
		}
		Phases []struct {
			N           int
			Useful      *int `json:"n_useful"`
			RunsSignal  bool `json:"runs_signal"`
			LongestRun  *int `json:"longest_run"`
			LongestMax  *int `json:"longest_run_max"`
			Crossings   *int
			CrossingMin *int `json:"crossings_min"`
		}
		Notes []struct{ Code, Text string }
	}
}

func parse(t *testing.T, text string) answer {
	t.Helper()
	var a answer
	if err := json.Unmarshal([]byte(text), &a); err != nil || len(a.Charts) != 1 {
		t.Fatalf("%v in %s", err, text)
	}
	return a
}

func same(got *float64, want float64) bool {
	return got != nil && math.Abs(*got-want) <= 1e-9*math.Abs(want)
}

const twenty = "x,y\n1,10\n2,12\n3,11\n4,13\n5,10\n6,12\n7,11\n8,13\n9,10\n10,12\n11,11\n12,13\n13,10\n14,12\n15,11\n16,13\n17,18\n18,\n19,12\n20,19\n"

func TestChartOfAFileIsComputedInTheSandbox(t *testing.T) {
	run := chartCommand(t)
	out, err := run(twenty, "--direction", "decrease", "--target", "5", "--baseline", "16", "--format", "json", "-")
	if err != nil {
		t.Fatal(err)
	}
	c := parse(t, out).Charts[0]
	// Sixteen points around 11.5; their ranges are 2 1 2 3, over and over.
	mean, limit := 11.5, 2.66*(2+1+2+3+2+1+2+3+2+1+2+3+2+1+2)/15
	first, last := c.Points[0], c.Points[19]
	if c.Kind != "xmr" || c.Rules != "mdc" || !same(first.Centre, mean) || !same(first.Upper, mean+limit) ||
		!same(first.Lower, mean-limit) || !same(first.NearUpper, mean+limit*2/3) {
		t.Errorf("%s under %s: %v %v", c.Kind, c.Rules, *first.Centre, *first.Upper)
	}
	if last.X != 20.0 || strings.Join(last.Signals, " ") != "outside_upper" || *last.Cause != "concern" || c.Variation != "concern_high" || c.Assurance != "fail" {
		t.Errorf("last point %+v, icons %s, %s", last, c.Variation, c.Assurance)
	}
	if gap := c.Points[17]; gap.Y != nil || gap.Cause != nil || gap.Centre == nil {
		t.Errorf("missing point %+v", gap)
	}
	if want := "19.0 at point 20. It lies above the upper limit of "; !strings.HasPrefix(c.Sentence, want) {
		t.Errorf("sentence %q, want it to begin %q", c.Sentence, want)
	}
}

func TestChartSettings(t *testing.T) {
	run := chartCommand(t)
	dated := "x,y,n\n2025-03-01,1,10\n2025-01-01,2,10\n2025-02-01,3,10\n2025-05-01,4,0\n2025-04-01,9,10\n"
	for name, test := range map[string]struct {
		stdin, args string
		check       func(answer) bool
	}{
		"run chart has anhoej rules and a median": {twenty, "--kind run", func(a answer) bool {
			c := a.Charts[0]
			return c.Rules == "anhoej" && same(c.Points[0].Centre, 12) && c.Points[0].Upper == nil && c.Points[0].NearUpper == nil && c.Phases[0].N == 20 && *c.Phases[0].Useful == 14
		}},
		"constant 1.128": {twenty, "--rules anhoej", func(a answer) bool {
			// Seventeen ranges: 2 1 2 3 over and over, then 5, and 7 after the gap.
			p := a.Charts[0].Points[0]
			return same(p.Upper, *p.Centre+3/1.128*41/17)
		}},
		"moving ranges": {twenty, "--kind mr --rules none", func(a answer) bool {
			p := a.Charts[0].Points
			return p[0].Y == nil && *p[1].Y == 2 && p[18].Y == nil && *p[0].Lower == 0
		}},
		"points in order, rates times a factor, zero denominator": {dated, "--multiply 100 --rules none", func(a answer) bool {
			p := a.Charts[0].Points
			return p[0].X == "2025-01-01" && *p[0].Y == 20 && *p[0].N == 10 && p[4].Y == nil && *p[4].N == 0 && same(p[0].Centre, 37.5)
		}},
		"phases begin at the first point at or after": {dated, "--rules none --rebase 2025-02-15,2025-04-01", func(a answer) bool {
			p := a.Charts[0].Points
			return p[1].Phase == 1 && p[2].Phase == 2 && p[3].Phase == 3 && len(a.Charts[0].Phases) == 3
		}},
		"excluded points count in order of x": {dated, "--rules none --exclude 4", func(a answer) bool {
			return same(a.Charts[0].Points[0].Centre, 0.2) && a.Charts[0].Phases[0].N == 4 && *a.Charts[0].Points[3].Y == 0.9
		}},
		"centre given":  {twenty, "--centre 15", func(a answer) bool { return *a.Charts[0].Points[0].Centre == 15 }},
		"centre median": {twenty, "--centre median", func(a answer) bool { return *a.Charts[0].Points[0].Centre == 12 }},
		"screening narrows the limits": {twenty + "21,90\n22,12\n", "--screen=true", func(a answer) bool {
			return len(a.Charts[0].Notes) > 0 && a.Charts[0].Notes[0].Code == "screened"
		}},
		"a trend of three": {"x,y\n1,1\n2,2\n3,3\n4,1\n", "--trend 3", func(a answer) bool {
			p := a.Charts[0].Points
			return len(p[0].Signals) == 1 && p[0].Signals[0] == "trend_increasing" && len(p[3].Signals) == 0
		}},
		"under thirteen points": {"x,y\n1,1\n2,2\n3,3\n", "--target 3 --direction increase", func(a answer) bool {
			c := a.Charts[0]
			return c.Points[0].Upper == nil && c.Variation == "empty" && c.Assurance == "empty" && c.Points[0].Centre != nil
		}},
	} {
		out, err := run(test.stdin, append(strings.Fields(test.args), "--format", "json", "-")...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !test.check(parse(t, out)) {
			t.Errorf("%s: %s", name, out)
		}
	}
}

func TestChartFormats(t *testing.T) {
	run := chartCommand(t)
	file := filepath.Join(t.TempDir(), "falls & slips.csv")
	if err := os.WriteFile(file, []byte(twenty), 0o600); err != nil {
		t.Fatal(err)
	}
	for format, want := range map[string][]string{
		"text": {"falls & slips\n", "19.0 at point 20.", "┤", "● common cause", "Variation  Changed, higher."},
		"csv":  {"organisation,title,kind", "\n,,xmr,mdc,1,10,,1,"},
		"svg":  {"<svg ", "falls &amp; slips", "</svg>"},
		"json": {`{"charts":[{"kind":"xmr"`},
	} {
		out, err := run("", "--format", format, file)
		if err != nil {
			t.Errorf("%s: %v", format, err)
		}
		for _, part := range want {
			if !strings.Contains(out, part) {
				t.Errorf("%s has no %q:\n%.600s", format, part, out)
			}
		}
	}
}

func TestChartMistakesAreOneLineAndStatusTwo(t *testing.T) {
	run := chartCommand(t)
	for args, want := range map[string]string{
		"-":                               "standard input, line 2, column y: \"oops\": a number such as 1234.5 is wanted, or nothing where it is missing",
		"":                                "0 files given, want one; - stands for standard input",
		"none-such.csv":                   "open none-such.csv: no such file or directory",
		"--kind pie -":                    `--kind is "pie", want xmr, mr, run`,
		"--kind p -":                      `standard input, line 1, column n: missing; a header is needed: "x,y,n"`,
		"--rules best -":                  `--rules is "best", want mdc`,
		"--direction up -":                `--direction is "up", want increase, decrease or neutral`,
		"--constant 3 -":                  `--constant is "3", want 2.66 or 1.128`,
		"--target ten -":                  `--target is "ten", want a number such as 12.5`,
		"--target inf -":                  `--target is "inf", want a number such as 12.5`,
		"--centre mean -":                 `--centre is "mean", want a number such as 12.5`,
		"--multiply 0 -":                  "values multiplied by 0; it must be a number above 0",
		"--baseline 11 -":                 "--baseline is 11; the rule set mdc needs at least 12 points",
		"--baseline -1 -":                 "--baseline is -1",
		"--trend 2 -":                     "a trend of 2 points",
		"--format pdf -":                  `--format is "pdf", want text, json, svg or csv`,
		"--shape round -":                 "unknown flag: --shape",
		"--trend many -":                  `--trend is "many", want a whole number such as 12`,
		"--plugin nobody good":            "--plugin nobody: the library has no plugin of this name",
		"--plugin none.wasm good":         "--plugin: open none.wasm: no such file or directory",
		"--exclude 0 good":                `--exclude "0": want a whole number; there are points 1 to 20`,
		"--exclude 21 good":               `--exclude "21": want a whole number; there are points 1 to 20`,
		"--lambda 0.5 good":               "--lambda belongs to --kind ewma; the kind is xmr",
		"--kind ewma --decision 5 -":      "--decision belongs to --kind cusum, bernoulli, vlad; the kind is ewma",
		"--kind run --ranges -":           "--ranges belongs to --kind xmr; the kind is run",
		"--kind funnel --rebase 3 -":      "--rebase does not belong to --kind funnel: a funnel compares groups at one time",
		"--kind funnel --transform log -": "--transform log belongs to --ratio standardised; the ratio is proportion",
		"--kind funnel --od 1 -":          `--od is "1", want none or additive`,
		"--kind funnel --ratio sum -":     `--ratio is "sum", want proportion, standardised or rate`,
		"--kind cusum --screen -":         "--screen: charts of kind cusum are not screened",
		"--kind ewma --constant 2.66 -":   "--constant 2.66: charts of kind ewma have the constant 1.128",
		"--kind ewma --lambda much -":     `--lambda is "much", want a number such as 12.5`,
		"--entry median good":             "--entry belongs to a plugin from a file, --plugin FILE.wasm",
		"--floor 5 --ceiling 3 good":      "the floor, 5, is not below the ceiling, 3",
		"--rebase 2025-01-01 good":        "--rebase: \"2025-01-01\" is not a whole number, as x is in the file",
	} {
		list := strings.Fields(args)
		stdin := "x,y\n1,oops\n"
		if n := len(list); n > 0 && list[n-1] == "good" {
			list[n-1], stdin = "-", twenty
		}
		_, err := run(stdin, list...)
		exit := (*exitError)(nil)
		if !errors.As(err, &exit) || exit.status != 2 || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("chart %s: %v, want status 2 and %q", args, err, want)
		}
	}
}

func TestModuleThatIsNoPluginIsRefused(t *testing.T) {
	run := chartCommand(t)
	file := filepath.Join(t.TempDir(), "not.wasm")
	if err := os.WriteFile(file, []byte("not a module"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := run(twenty, "--plugin", file, "-")
	if exit := (*exitError)(nil); !errors.As(err, &exit) || exit.status != 2 || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}

func TestPluginFromAFileDrawsTheSameChart(t *testing.T) {
	run := chartCommand(t)
	l, err := library.Open()
	if err != nil {
		t.Fatal(err)
	}
	release, _ := l.Release("spc")
	module, err := l.Module(release.Digest)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "mine.wasm")
	if err := os.WriteFile(file, module, 0o600); err != nil {
		t.Fatal(err)
	}
	own, err := run(twenty, "--format", "json", "-")
	if err != nil {
		t.Fatal(err)
	}
	other, err := run(twenty, "--plugin", file, "--format", "json", "-")
	if err != nil || own != other {
		t.Errorf("%v\n%s\n%s", err, own, other)
	}
}
