package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/library"
)

// fileOf invents a file of forty points, or of forty groups, that a kind can chart.
func fileOf(kind string, r *rand.Rand) (header string, rows []string) {
	for i := range 40 {
		date := fmt.Sprintf("20%02d-%02d-01", 22+i/12, 1+i%12)
		n := 50 + r.IntN(500)
		switch kind {
		case "p", "pp", "np":
			header, rows = "x,y,n", append(rows, fmt.Sprintf("%s,%d,%d", date, r.IntN(n), n))
		case "u", "up", "ip":
			header, rows = "x,y,n", append(rows, fmt.Sprintf("%s,%d,%d", date, r.IntN(30), n))
		case "xbar", "s":
			header = "x,y"
			for range 3 + r.IntN(3) {
				rows = append(rows, fmt.Sprintf("%s,%.3f", date, 20+5*r.NormFloat64()))
			}
		case "bernoulli":
			header, rows = "x,y", append(rows, fmt.Sprintf("%d,%d", i+1, r.IntN(4)/3))
		case "vlad":
			header, rows = "x,y,expected", append(rows, fmt.Sprintf("%d,%d,%.3f", i+1, r.IntN(8)/7, .02+.2*r.Float64()))
		case "funnel":
			header, rows = "group,numerator,denominator", append(rows, fmt.Sprintf("\"Trust \"\"%c%d\"\", the\",%d,%d", 'A'+i%26, i, r.IntN(n), n))
		default:
			header, rows = "x,y", append(rows, fmt.Sprintf("%s,%d", date, 1+r.IntN(40)))
		}
	}
	return header, rows
}

var allKinds = []string{"xmr", "mr", "run", "p", "pp", "u", "up", "c", "np", "g", "t", "xbar", "s", "ip", "ewma", "cusum", "bernoulli", "vlad", "funnel"}

func TestEveryKindIsDrawnInEveryFormat(t *testing.T) {
	run := chartCommand(t)
	for _, kind := range allKinds {
		header, rows := fileOf(kind, rand.New(rand.NewPCG(1, 2)))
		file := header + "\n" + strings.Join(rows, "\n") + "\n"
		for format, check := range map[string]func(string) bool{
			"text": func(out string) bool { return strings.Contains(out, "┤") && !strings.Contains(out, "NaN") },
			"svg":  func(out string) bool { return strings.HasPrefix(out, "<svg ") && !strings.Contains(out, "NaN") },
			"csv": func(out string) bool {
				records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
				return err == nil && len(records) == 41 && slices.Contains(records[0], "signals")
			},
			"json": func(out string) bool {
				var charts commandCharts
				return json.Unmarshal([]byte(out), &charts) == nil && charts.Charts[0].Kind == kind && len(charts.Charts[0].Points) == 40
			},
		} {
			out, err := run(file, "--kind", kind, "--format", format, "-")
			if err != nil || !check(out) {
				t.Errorf("%s as %s: %v\n%.1500s", kind, format, err, out)
			}
		}
	}
}

func TestOwnColumnsOfKindsAreInTheirPoints(t *testing.T) {
	run := chartCommand(t)
	for kind, want := range map[string]string{
		"xmr":       "x y n phase centre lower upper near_lower near_upper signals cause",
		"run":       "x y n phase centre lower upper near_lower near_upper signals cause",
		"ewma":      "x y n phase centre lower upper near_lower near_upper ewma signals cause",
		"cusum":     "x y n phase centre lower upper near_lower near_upper cusum_high cusum_low signals cause",
		"bernoulli": "x y n phase centre lower upper near_lower near_upper cusum_high cusum_low signals cause",
		"vlad":      "x y n phase centre lower upper near_lower near_upper cusum_high cusum_low vlad signals cause",
		"funnel":    "group y n z lower95 upper95 lower998 upper998 signals cause",
	} {
		header, rows := fileOf(kind, rand.New(rand.NewPCG(3, 4)))
		out, err := run(header+"\n"+strings.Join(rows, "\n")+"\n", "--kind", kind, "--format", "json", "-")
		if err != nil {
			t.Fatal(kind, err)
		}
		var charts struct {
			Charts []struct{ Points []json.RawMessage }
		}
		if err := json.Unmarshal([]byte(out), &charts); err != nil {
			t.Fatal(kind, err)
		}
		for _, point := range charts.Charts[0].Points {
			if got := keysInOrder(t, point); got != want {
				t.Errorf("%s: a point has %q, want %q", kind, got, want)
				break
			}
		}
	}
}

// keysInOrder lists the keys of an object as they stand.
func keysInOrder(t *testing.T, object []byte) string {
	t.Helper()
	var keys []string
	d := json.NewDecoder(bytes.NewReader(object))
	depth := 0
	for key := true; ; {
		token, err := d.Token()
		if err != nil {
			return strings.Join(keys, " ")
		}
		switch token {
		case json.Delim('{'):
			depth++
		case json.Delim('['):
			depth++
		case json.Delim(']'), json.Delim('}'):
			if depth--; depth == 1 {
				key = true
			}
		default:
			if depth > 1 {
				continue
			}
			if key {
				keys = append(keys, token.(string))
			}
			key = !key
		}
	}
}

func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	run := chartCommand(t)
	r := rand.New(rand.NewPCG(5, 6))
	for _, kind := range allKinds {
		header, rows := fileOf(kind, r)
		ask := func() string {
			out, err := run(header+"\n"+strings.Join(rows, "\n")+"\n", "--kind", kind, "--exclude", "7,20", "--format", "json", "-")
			if err != nil {
				t.Fatal(kind, err)
			}
			return out
		}
		if kind == "funnel" {
			continue // its groups keep the order of the file: see below
		}
		want := ask()
		for range 3 {
			r.Shuffle(len(rows), func(i, k int) { rows[i], rows[k] = rows[k], rows[i] })
			if got := ask(); got != want {
				t.Errorf("%s: another order of rows gave\n%.600s\nnot\n%.600s", kind, got, want)
			}
		}
	}
}

func TestGroupsOfAFunnelAreTheSameInAnyOrder(t *testing.T) {
	run := chartCommand(t)
	r := rand.New(rand.NewPCG(7, 8))
	header, rows := fileOf("funnel", r)
	ask := func() map[any]map[string]any {
		out, err := run(header+"\n"+strings.Join(rows, "\n")+"\n", "--kind", "funnel", "--od", "additive", "--format", "json", "-")
		if err != nil {
			t.Fatal(err)
		}
		var charts commandCharts
		if err := json.Unmarshal([]byte(out), &charts); err != nil {
			t.Fatal(err)
		}
		groups := map[any]map[string]any{"": {"phi": *charts.Charts[0].Phi, "tau2": *charts.Charts[0].Tau2, "centre": *charts.Charts[0].Centre}}
		for _, p := range charts.Charts[0].Points {
			groups[p["group"]] = p
		}
		return groups
	}
	want := ask()
	r.Shuffle(len(rows), func(i, k int) { rows[i], rows[k] = rows[k], rows[i] })
	got := ask()
	if len(got) != 41 || got["Trust \"A0\", the"] == nil {
		t.Fatalf("%d groups: %v", len(got)-1, got)
	}
	for group, w := range want {
		for key, v := range w {
			if f, ok := v.(float64); ok && !near(numberOf(got[group][key]), f) {
				t.Errorf("%s of %v: %v, want %v", key, group, got[group][key], f)
			}
		}
	}
}

func TestExcludedSubgroupIsLeftOutWhole(t *testing.T) {
	run := chartCommand(t)
	file := "x,y\n"
	for x := 1; x <= 14; x++ {
		for k := range 3 {
			y := 10 + x%3 + k
			if x == 5 {
				y += 90
			}
			file += fmt.Sprintf("%d,%d\n", x, y)
		}
	}
	out, err := run(file, "--kind", "xbar", "--exclude", "5", "--format", "json", "-")
	if err != nil {
		t.Fatal(err)
	}
	c := parse(t, out).Charts[0]
	if len(c.Points) != 14 || *c.Points[4].Y < 100 || *c.Points[4].N != 3 || *c.Points[0].Centre > 14 || c.Phases[0].N != 13 ||
		strings.Join(c.Points[4].Signals, " ") != "outside_upper" {
		t.Errorf("point 5 %+v, phase %+v", c.Points[4], c.Phases[0])
	}
}

func TestDrawingOfAFunnelNamesItsGroups(t *testing.T) {
	run := chartCommand(t)
	out, err := run("group,numerator,denominator\nNorth & West,95,100\nSouth,48,100\nEast,55,110\nMid,60,120\n", "--kind", "funnel", "--format", "svg", "-")
	if err != nil || !strings.Contains(out, "North &amp; West") || !strings.Contains(out, "99.8%") {
		t.Errorf("%v\n%.1500s", err, out)
	}
}

func TestRangesStandBesideTheirChart(t *testing.T) {
	run := chartCommand(t)
	out, err := run(twenty, "--ranges", "--format", "json", "-")
	if err != nil {
		t.Fatal(err)
	}
	var charts commandCharts
	if err := json.Unmarshal([]byte(out), &charts); err != nil || len(charts.Charts) != 2 || charts.Charts[0].Kind != "xmr" || charts.Charts[1].Kind != "mr" {
		t.Fatalf("%v in %s", err, out)
	}
	if y := charts.Charts[1].Points[1]["y"]; y != 2.0 {
		t.Errorf("second range %v, want 2", y)
	}
}

func TestTargetsOfTheFileCountFromTheirPoints(t *testing.T) {
	run := chartCommand(t)
	file := "x,y,target\n"
	for i := range 20 {
		target := ""
		switch i {
		case 0:
			target = "12"
		case 15:
			target = "50"
		}
		file += fmt.Sprintf("%d,%d,%s\n", i+1, 10+i%3, target)
	}
	out, err := run(file, "--direction", "increase", "--format", "json", "-")
	if err != nil {
		t.Fatal(err)
	}
	if c := parse(t, out).Charts[0]; c.Assurance != "fail" {
		t.Errorf("assurance %s, want that of the latest target", c.Assurance)
	}
	if _, err := run(file, "--target", "5", "-"); err == nil || !strings.Contains(err.Error(), "--target: the file has a column target already") {
		t.Errorf("error %v", err)
	}
}

// moduleWith is the library's module under a manifest with other entries.
func moduleWith(t *testing.T, entries ...string) string {
	t.Helper()
	l, err := library.Open()
	if errors.Is(err, library.ErrNotBuilt) {
		t.Skip(err)
	}
	release, _ := l.Release("spc")
	module, err := l.Module(release.Digest)
	if err != nil {
		t.Fatal(err)
	}
	release.Manifest.Entries = entries
	if module, err = plugins.WithManifest(module, release.Manifest); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "mine.wasm")
	if err := os.WriteFile(file, module, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestEntryOfAPluginIsTheKindOrTheOnlyOneOrTheOneNamed(t *testing.T) {
	run := chartCommand(t)
	one, two := moduleWith(t, "c"), moduleWith(t, "mr", "c")
	for _, test := range []struct {
		args []string
		kind string // or the error
	}{
		{[]string{"--plugin", one}, "c"},
		{[]string{"--plugin", two, "--kind", "mr"}, "mr"},
		{[]string{"--plugin", two, "--entry", "c"}, "c"},
		{[]string{"--plugin", two}, "it has no entry xmr; choose one with --entry: mr, c"},
		{[]string{"--plugin", two, "--entry", "median"}, "--entry median: plugin " + two + " has no such entry; it has mr, c"},
	} {
		out, err := run(twenty, append(test.args, "--format", "json", "-")...)
		if err != nil {
			if exit := (*exitError)(nil); !errors.As(err, &exit) || exit.status != 2 || !strings.Contains(err.Error(), test.kind) {
				t.Errorf("%v: %v, want %s", test.args, err, test.kind)
			}
			continue
		}
		if c := parse(t, out).Charts[0]; c.Kind != test.kind {
			t.Errorf("%v: a chart of kind %s, want %s", test.args, c.Kind, test.kind)
		}
	}
}

func TestHelpHasEveryFlagAndAnExampleOfEveryFamily(t *testing.T) {
	run := chartCommand(t)
	out, err := run("", "--help")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"xbar", "ewma", "cusum", "bernoulli", "vlad", "funnel", "g", "t", "pp", "u", "run"} {
		if !strings.Contains(out, "signalbox chart --kind "+kind) {
			t.Errorf("no example of kind %s", kind)
		}
	}
	for _, g := range append(new(chartFlags).groups(), new(storedChart).group()) {
		if !strings.Contains(out, "\n"+g.title+":\n") {
			t.Errorf("no group %q", g.title)
		}
		for _, line := range strings.Split(strings.TrimSpace(g.set.FlagUsages()), "\n") {
			if flag, _, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(flag, "--") && !strings.Contains(out, flag+" ") {
				t.Errorf("no flag %s", flag)
			}
		}
	}
	for line := range strings.Lines(out) {
		if len([]rune(line)) > helpColumns+1 {
			t.Errorf("a line of %d letters: %s", len([]rune(line)), line)
		}
	}
}

func TestMeasuresOfTheDatabaseTakeNoSettingsOfAFile(t *testing.T) {
	run := chartCommand(t)
	_, err := run("", "--measure", "ae-4h", "--at", "RQW", "--kind", "p")
	if exit := (*exitError)(nil); !errors.As(err, &exit) || exit.status != 2 || !strings.Contains(err.Error(), "--kind is for charts of a file") {
		t.Errorf("error %v", err)
	}
}

func TestFolderForAFileIsTold(t *testing.T) {
	run := chartCommand(t)
	folder := t.TempDir()
	_, err := run("", folder)
	if exit := (*exitError)(nil); !errors.As(err, &exit) || exit.status != 2 || err.Error() != "read "+folder+": is a directory" {
		t.Errorf("error %v", err)
	}
}
