package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/measures/words"
)

// sample is a year and a half with a shift, a gap, an excluded point and a target.
func sample(t testing.TB) Item {
	t.Helper()
	in := spc.Input{XIsDate: true, Targets: []measures.Target{{Value: 30}}}
	for i, y := range []float64{20, 22, 21, 23, 20, 22, 99, 21, 20, 23, 22, 21, measures.Missing, 20, 28, 29, 28, 30, 29, 28, 31} {
		in.X = append(in.X, int32(measures.DateOf(2025, 1+i, 1)))
		in.Y = append(in.Y, y)
	}
	in.States = make([]measures.State, len(in.X))
	in.States[6], in.States[12], in.States[20] = measures.Excluded, measures.NotMeasured, measures.Provisional
	in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 14}}
	p := spc.Defaults(measures.XmR, measures.MDC)
	p.Direction = measures.Increase
	c, err := spc.Compute(in, p)
	if err != nil {
		t.Fatal(err)
	}
	return Item{Chart: &c, Words: words.Subject{Unit: measures.Unit{Multiply: 1, Words: "people"}, Phases: in.Phases}}
}

func TestJSONHasTheKeysOfTheContractAndFullPrecision(t *testing.T) {
	item := sample(t)
	var b bytes.Buffer
	if err := JSON(&b, item); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Charts []map[string]any
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, b.String())
	}
	chart := got.Charts[0]
	keys(t, "chart", chart, "kind rules points phases variation assurance sentence paragraph notes")
	points := chart["points"].([]any)
	keys(t, "point", points[0].(map[string]any), "x y n phase centre lower upper near_lower near_upper signals cause")
	keys(t, "phase", chart["phases"].([]any)[0].(map[string]any),
		"n n_useful longest_run longest_run_max crossings crossings_min runs_signal")
	for i, p := range points {
		point := p.(map[string]any)
		for key, column := range map[string][]float64{"y": item.Chart.Y, "n": item.Chart.N, "centre": item.Chart.Centre, "upper": item.Chart.Upper} {
			switch v := point[key].(type) {
			case nil:
				if !measures.IsMissing(column[i]) {
					t.Errorf("%s of point %d is null, not %g", key, i+1, column[i])
				}
			case float64:
				if v != column[i] {
					t.Errorf("%s of point %d = %v, want %v", key, i+1, v, column[i])
				}
			}
		}
		if point["signals"] == nil || (point["cause"] == nil) != (item.Chart.Causes[i] == measures.NoCause) {
			t.Errorf("point %d: signals %v, cause %v", i+1, point["signals"], point["cause"])
		}
	}
	if x := points[0].(map[string]any)["x"]; x != "2025-01-01" {
		t.Errorf("x = %v", x)
	}
}

func keys(t *testing.T, what string, got map[string]any, want string) {
	t.Helper()
	for _, key := range strings.Fields(want) {
		if _, ok := got[key]; !ok {
			t.Errorf("%s has no key %q", what, key)
		}
	}
	if len(got) != len(strings.Fields(want)) {
		t.Errorf("%s has keys %v, want %s", what, got, want)
	}
}

func TestJSONWritesNumbersAsJSONDoes(t *testing.T) {
	for _, v := range []float64{0, math.Copysign(0, -1), 1, -2.5, 1.0 / 3, 1e-7, 1e21, 123456789.125, 5e-324} {
		var back float64
		if err := json.Unmarshal(appendNumber(nil, v), &back); err != nil || back != v {
			t.Errorf("%v is written %s", v, appendNumber(nil, v))
		}
	}
	if got := string(appendNumber(nil, measures.Missing)); got != "null" {
		t.Errorf("missing is written %s", got)
	}
}

func TestEmptyChartIsStillAChart(t *testing.T) {
	c, err := spc.Compute(spc.Input{}, spc.Defaults(measures.XmR, measures.MDC))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := JSON(&b, Item{Chart: &c}); err != nil {
		t.Fatal(err)
	}
	want := `{"charts":[{"kind":"xmr","rules":"mdc","points":[],"phases":[],"variation":"empty","assurance":"empty",` +
		`"sentence":"Nothing has been loaded yet.","paragraph":"Nothing has been loaded yet.","notes":[]}]}` + "\n"
	if b.String() != want {
		t.Errorf("got %s", b.String())
	}
	b.Reset()
	if err := Text(&b, TextOptions{}, Item{Chart: &c}); err != nil || !strings.Contains(b.String(), "Nothing has been loaded yet.") {
		t.Errorf("text %q, %v", b.String(), err)
	}
}

func TestCSVHasOneRowAPointAndStartsNoFormula(t *testing.T) {
	item := sample(t)
	item.Title, item.Organisation = "=cmd|' /C calc'!A0", "@SUM(1)"
	item.Chart.Y[1] = -3
	item.Chart.Notes = []measures.Note{{Code: "few_points", Text: "Fewer than 12 points."}, {Code: "season", Text: "Winter, again"}}
	var b bytes.Buffer
	if err := CSV(&b, item); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 1+item.Chart.Len() {
		t.Fatalf("%d records for %d points", len(records), item.Chart.Len())
	}
	column := map[string]int{}
	for i, name := range records[0] {
		column[name] = i
	}
	row := func(i int, name string) string { return records[i+1][column[name]] }
	for what, pair := range map[string][2]string{
		"title":            {row(0, "title"), "'=cmd|' /C calc'!A0"},
		"organisation":     {row(0, "organisation"), "'@SUM(1)"},
		"a negative value": {row(1, "y"), "-3"},
		"a missing value":  {row(12, "y"), ""},
		"its state":        {row(12, "state"), "not_measured"},
		"its cause":        {row(12, "cause"), ""},
		"the last signals": {row(20, "signals"), strings.Join(item.Chart.Signals[20].Names(), " ")},
		"the last cause":   {row(20, "cause"), "improvement"},
		"variation":        {row(0, "variation"), "improvement_high"},
		"sentence":         {row(5, "sentence"), words.Sentence(item.Words, item.Chart).String()},
		"notes":            {row(5, "notes"), "few_points: Fewer than 12 points. | season: Winter, again"},
		"the last column":  {records[0][len(records[0])-1], "notes"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", what, pair[0], pair[1])
		}
	}
}

func TestTextCallsALineWhatItIs(t *testing.T) {
	for kind, name := range map[measures.Kind]string{measures.XmR: "mean", measures.Run: "median", measures.G: "median", measures.T: "centre", measures.Custom: "centre"} {
		item := sample(t)
		item.Chart.Kind = kind
		var b bytes.Buffer
		if err := Text(&b, TextOptions{Columns: 80}, item); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), " "+name+"\n") {
			t.Errorf("the line of a chart of kind %s is not called %q:\n%s", kind, name, b.String())
		}
	}
}

func TestTextDrawsAChartThatFitsTheTerminal(t *testing.T) {
	item := sample(t)
	item.Title, item.Organisation = "Falls", "Ward 7"
	for _, columns := range []int{40, 60, 80, 132} {
		var b bytes.Buffer
		if err := Text(&b, TextOptions{Columns: columns}, item); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > columns {
				t.Errorf("%d columns: %q is %d wide", columns, line, n)
			}
		}
		for _, want := range []string{"Falls, Ward 7", "31 people in September 2026", "◆ improvement", "● common cause", "○ left out",
			"× no value", "Improvement, higher.", "Outside the limits."} {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
				t.Errorf("%d columns: no %q in\n%s", columns, want, text)
			}
		}
		if strings.Contains(text, "\x1b") || !utf8.ValidString(text) {
			t.Errorf("%d columns: escape codes or broken letters", columns)
		}
		if columns >= 60 && !(strings.Contains(text, "upper limit") && strings.Contains(text, " mean\n") && strings.Contains(text, " target\n")) {
			t.Errorf("%d columns: lines have no labels\n%s", columns, text)
		}
		// Seven months of improvement stand above the upper limit's row.
		if got := strings.Count(text, "◆"); got < 7 {
			t.Errorf("%d columns: %d shapes of improvement", columns, got)
		}
	}
}

func TestColourRepeatsTheShapesAndChangesNoLetter(t *testing.T) {
	item := sample(t)
	var plain, coloured bytes.Buffer
	if Text(&plain, TextOptions{}, item) != nil || Text(&coloured, TextOptions{Colour: true}, item) != nil {
		t.Fatal("text cannot be written")
	}
	stripped := coloured.String()
	for {
		start := strings.Index(stripped, "\x1b[")
		if start < 0 {
			break
		}
		stripped = stripped[:start] + stripped[start+strings.IndexByte(stripped[start:], 'm')+1:]
	}
	trim := func(text string) string {
		var b strings.Builder
		for line := range strings.Lines(text) {
			b.WriteString(strings.TrimRight(line, " \n") + "\n")
		}
		return b.String()
	}
	if trim(stripped) != plain.String() {
		t.Errorf("with colours taken off:\n%s\nplain:\n%s", stripped, plain.String())
	}
	if !strings.Contains(coloured.String(), "\x1b[1ma real change, in the good direction.") {
		t.Error("the judgement is not bold")
	}
}

func TestLabelsOfLinesOnOneRowArePushedApart(t *testing.T) {
	got := apart([]label{{3, "a"}, {3, "b"}, {3, "c"}, {9, "d"}, {9, "e"}}, 10)
	for i, want := range []int{2, 3, 4, 8, 9} {
		if got[i].row != want {
			t.Errorf("label %d on row %d, want %d", i, got[i].row, want)
		}
	}
}

func TestAxisStepsAreRound(t *testing.T) {
	for step, want := range map[float64]float64{0.9: 1, 1: 1, 1.1: 2, 3: 5, 7: 10, 0.013: 0.02, 420: 500} {
		if got, decimals := roundStep(step); math.Abs(got-want) > want*1e-9 || decimals < 0 {
			t.Errorf("roundStep(%g) = %g, want %g", step, got, want)
		}
	}
}

// textOf draws one chart of some values, and checks that it fits.
func textOf(t *testing.T, kind measures.Kind, in spc.Input, subject words.Subject, columns int) string {
	t.Helper()
	c, err := spc.Compute(in, spc.Defaults(kind, measures.MDC))
	if err != nil {
		t.Fatal(kind, err)
	}
	var b bytes.Buffer
	subject.Unit.Decimals = words.Decimals(&c)
	if err := Text(&b, TextOptions{Columns: columns}, Item{Chart: &c, Words: subject}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > columns {
			t.Errorf("%s: %q is %d wide", kind, line, n)
		}
	}
	return b.String()
}

func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}

func TestFunnelIsDrawnBySizeAndTellsWhoLiesOutside(t *testing.T) {
	in := spc.Input{}
	var groups []string
	for i := range 30 {
		n := float64(100 + 60*i)
		y := n / 2
		if i == 20 {
			y = n * .75
		}
		in.X, in.Y, in.N = append(in.X, int32(i+1)), append(in.Y, y), append(in.N, n)
		groups = append(groups, "Ward "+string(rune('A'+i)))
	}
	for _, columns := range []int{40, 80, 120} {
		text := textOf(t, measures.Funnel, in, words.Subject{Groups: groups}, columns)
		wants(t, text, "Funnel plot\n", "■ beyond 99.8%", "■ Ward U: ", "above its limit of", "1,000")
		if strings.Contains(text, "Variation") || columns > 60 && !strings.Contains(text, " 95%\n") {
			t.Errorf("text\n%s", text)
		}
	}
}

func TestSumsAreDrawnAboutNoughtWithTheirOwnLimits(t *testing.T) {
	in := spc.Input{}
	for i := range 40 {
		y := float64(10 + i%2)
		if i > 25 {
			y = 16
		}
		in.X, in.Y = append(in.X, int32(i+1)), append(in.Y, y)
	}
	wants(t, textOf(t, measures.CUSUM, in, words.Subject{}, 80), "CUSUM chart\n", " 5.0 upper decision limit", "−5.0 lower decision limit", "■ changed")
	wants(t, textOf(t, measures.EWMA, in, words.Subject{}, 80), "EWMA chart\n", " weighted mean\n", "+ single values", " upper limit\n")
}

func TestOutcomesShareColumnsAndKeepTheirSignals(t *testing.T) {
	in := spc.Input{}
	for i := range 400 {
		y := float64(i % 20 / 19)
		if i > 330 {
			y = float64(i % 2)
		}
		in.X, in.Y, in.N = append(in.X, int32(i+1)), append(in.Y, y), append(in.N, .05)
	}
	text := textOf(t, measures.VLAD, in, words.Subject{}, 80)
	wants(t, text, "VLAD chart\n", " as expected\n", "Its two sums, of evidence for worse and for better:\n", "share a column.", " 4.5 upper decision limit", "■")
}

func TestPhasesAndPlansAreTold(t *testing.T) {
	item := sample(t)
	item.Chart.Phase = slices.Clone(item.Chart.Phase)
	for i := 14; i < item.Chart.Len(); i++ {
		item.Chart.Phase[i] = 2
	}
	item.Chart.Phases = append(slices.Clone(item.Chart.Phases), item.Chart.Phases[0])
	item.Trajectory = make([]float64, item.Chart.Len())
	for i := range item.Trajectory {
		item.Trajectory[i] = 35
	}
	item.Targets = []measures.Target{{Value: 25}, {From: measures.DateOf(2026, 3, 1), Value: 30}}
	var b bytes.Buffer
	if err := Text(&b, TextOptions{}, item); err != nil {
		t.Fatal(err)
	}
	wants(t, b.String(), "Phase 1  Jan 25 to Feb 26, 14 points: mean 21, limits 17–26.\n", "Phase 2  Mar 26 to Sep 26, 7 points:", "~ planned", " planned\n", "30 target\n")
}

func FuzzText(f *testing.F) {
	f.Add([]byte{1, 2, 3, 200, 4}, uint8(measures.XmR), int16(80), 3.5)
	f.Add([]byte{0, 0, 0}, uint8(measures.Run), int16(0), 1e90)
	f.Add([]byte{9, 1, 7, 3, 8, 2}, uint8(measures.Funnel), int16(60), 1.0)
	f.Add([]byte{9, 1, 7, 3, 8, 2}, uint8(measures.CUSUM), int16(60), 1.0)
	f.Add([]byte{1, 0, 1, 1, 1}, uint8(measures.VLAD), int16(60), 1.0)
	f.Fuzz(func(t *testing.T, y []byte, kind uint8, columns int16, scale float64) {
		in := spc.Input{}
		needsN := false
		switch measures.Kind(kind) {
		case measures.P, measures.PPrime, measures.U, measures.UPrime, measures.NP, measures.IPrime, measures.Funnel, measures.VLAD:
			needsN = true
		}
		for i, v := range y {
			in.X, in.Y = append(in.X, int32(i)), append(in.Y, float64(v)*scale)
			if v == 0 {
				in.Y[i] = measures.Missing
			}
			if needsN {
				in.N = append(in.N, float64(v)*scale*float64(1+i%3))
			}
		}
		c, err := spc.Compute(in, spc.Defaults(measures.Kind(kind), measures.MDC))
		if err != nil {
			return
		}
		var b bytes.Buffer
		item := Item{Chart: &c, Words: words.Subject{Unit: measures.Unit{Decimals: words.Decimals(&c)}}}
		if err := Text(&b, TextOptions{Columns: int(columns)}, item); err != nil {
			t.Fatal(err)
		}
		if !utf8.ValidString(b.String()) || strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
			t.Errorf("text %q", b.String())
		}
		b.Reset()
		if err := JSON(&b, item); err != nil || !json.Valid(b.Bytes()) {
			t.Errorf("JSON %q, %v", b.String(), err)
		}
		if err := CSV(&b, item); err != nil {
			t.Error(err)
		}
	})
}
