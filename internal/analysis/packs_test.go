package analysis_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/conformance"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// pack gives a pack of the library that has code, in its sandbox. Where this
// machine had no compiler for it the test is skipped.
func pack(t *testing.T, id string) (*host.Host, plugins.Release, []byte) {
	t.Helper()
	boxes, err := sandboxes()
	if err != nil {
		t.Fatal(err)
	}
	release, ok := boxes.library.Release(id)
	if !ok {
		t.Skipf("the library was built without %s: %s", id, boxes.library.LeftOut()[id])
	}
	module, err := boxes.library.Module(release.Digest)
	if err != nil {
		t.Fatal(err)
	}
	return boxes.host, release, module
}

// reading is one row of a series: a date and its numbers.
type reading struct {
	date    string
	numbers []float64
}

// seriesOf makes a series of rows.
func seriesOf(t *testing.T, rows ...reading) measures.Series {
	t.Helper()
	s := measures.Series{Organisation: "ZZA", Columns: make([][]float64, len(rows[0].numbers))}
	for _, row := range rows {
		date, err := measures.ParseDate(row.date)
		if err != nil {
			t.Fatal(err)
		}
		s.Periods, s.States = append(s.Periods, date), append(s.States, measures.Final)
		for i, number := range row.numbers {
			s.Columns[i] = append(s.Columns[i], number)
		}
	}
	return s
}

func settings(direction measures.Direction, multiply float64) []wire.Parameter {
	return sdk.MeasureParameters(&measures.Measure{Direction: direction, Unit: measures.Unit{Multiply: multiply}})
}

// trajectory charts one series of values with the pack digital.
func trajectory(t *testing.T, direction measures.Direction, s measures.Series) measures.Chart {
	t.Helper()
	box, release, _ := pack(t, "digital")
	return one(t, box, release, wire.Request{Measure: "m", Entry: "trajectory", Inputs: []string{"value"},
		Parameters: settings(direction, 1), Series: []measures.Series{s}})
}

// share charts the waves of a survey with the pack staff.
func share(t *testing.T, direction measures.Direction, s measures.Series) measures.Chart {
	t.Helper()
	box, release, _ := pack(t, "staff")
	return one(t, box, release, wire.Request{Measure: "m", Entry: "share", Inputs: []string{"numerator", "denominator"},
		Parameters: settings(direction, 100), Series: []measures.Series{s}})
}

func one(t *testing.T, box *host.Host, release plugins.Release, q wire.Request) measures.Chart {
	t.Helper()
	charts, err := box.Run(t.Context(), release.Digest, q)
	if err != nil {
		t.Fatal(err)
	}
	if err := plugins.Verify(release, &q, charts); err != nil || len(charts) != 1 || charts[0].Kind != measures.Custom {
		t.Fatalf("%d charts, %v", len(charts), err)
	}
	return charts[0]
}

func note(c *measures.Chart, code string) string {
	for _, n := range c.Notes {
		if n.Code == code {
			return n.Text
		}
	}
	return ""
}

func wantNote(t *testing.T, c *measures.Chart, code, want string) {
	t.Helper()
	if got := note(c, code); got != want {
		t.Errorf("note %s:\n%q, want\n%q; all are %+v", code, got, want, c.Notes)
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) < 0.00005) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

var (
	endOf2023  = measures.Target{From: measures.DateOf(2023, 12, 31), Value: 90}
	springOf26 = measures.Target{From: measures.DateOf(2026, 3, 31), Value: 97}
)

func TestACourseRunsStraightFromTargetToTarget(t *testing.T) {
	s := seriesOf(t, reading{"2022-02-24", []float64{80}}, reading{"2023-11-14", []float64{90}},
		reading{"2025-02-04", []float64{91}}, reading{"2025-05-08", []float64{91}})
	s.Targets = []measures.Target{endOf2023, springOf26}
	c := trajectory(t, measures.Increase, s)
	// 24 February 2022 to 31 December 2023 is 675 days, of which 628 had passed; from
	// there to 31 March 2026 is 821 days, of which 401 and 494 had passed.
	for i, want := range []float64{80, 80 + 10*628.0/675, 90 + 7*401.0/821, 90 + 7*494.0/821} {
		near(t, s.Periods[i].String(), c.Centre[i], want)
	}
	wantNote(t, &c, "behind", "Behind: 91 on 8 May 2025 lies 3.2 below the course, which stands at 94.2.")
	// 6 in 327 days, and 11 in 1,169 days, by the month of 30.4375 days.
	wantNote(t, &c, "pace", "To reach 97 on 31 March 2026 it takes 0.56 a month up. From the first value to the latest it was 0.29 a month up.")
	wantNote(t, &c, "expected", "At the pace of all values 97 would be reached in February 2027; at that of the last two, never.")
	wantNote(t, &c, "few_points", "4 values: too few to tell chance from change. This is no SPC chart.")
	for i := range c.X {
		if c.Signals[i] != 0 || c.Causes[i] != measures.NoCause || !measures.IsMissing(c.Upper[i]) || !measures.IsMissing(c.Lower[i]) {
			t.Errorf("point %d is judged as on an SPC chart: %v, %v, limits %v and %v", i, c.Signals[i].Names(), c.Causes[i], c.Lower[i], c.Upper[i])
		}
	}
	if c.Variation != measures.VariationEmpty || c.Assurance != measures.AssuranceEmpty || c.Target != 90 {
		t.Errorf("icons %v and %v, target %v", c.Variation, c.Assurance, c.Target)
	}
}

func TestWhatATrajectorySays(t *testing.T) {
	for _, test := range []struct {
		name       string
		direction  measures.Direction
		values     []float64 // on the first of January of 2020 and of each year after
		targets    []measures.Target
		code, text string
	}{
		{"on course, and fewer is better", measures.Decrease, []float64{40, 30}, []measures.Target{{From: measures.DateOf(2024, 1, 1), Value: 20}},
			"on_course", "On course: 30 on 1 January 2021 lies 5 below the course, which stands at 35."},
		{"exactly on it", measures.Decrease, []float64{40, 35}, []measures.Target{{From: measures.DateOf(2022, 1, 2), Value: 30}},
			"on_course", "On course: 35 on 1 January 2021 lies on the course."},
		{"neither way is better", measures.Neutral, []float64{10, 30}, []measures.Target{{From: measures.DateOf(2022, 1, 2), Value: 30}},
			"course", "30 on 1 January 2021 lies 10 above the course, which stands at 20."},
		{"due and missed", measures.Increase, []float64{10, 20, 30}, []measures.Target{{From: measures.DateOf(2021, 6, 1), Value: 40}},
			"due", "The target of 40 was due on 1 June 2021 and was missed."},
		{"due and met", measures.Increase, []float64{10, 20, 40}, []measures.Target{{From: measures.DateOf(2021, 6, 1), Value: 40}},
			"due", "The target of 40 was due on 1 June 2021 and was met."},
		{"reached early", measures.Increase, []float64{10, 45}, []measures.Target{{From: measures.DateOf(2024, 1, 1), Value: 40}},
			"early", "The target of 40, due on 1 January 2024, is reached already."},
		{"no date", measures.Increase, []float64{11500, 20000}, []measures.Target{{Value: 23000}},
			"no_course", "No date has been set for the target of 23000, so there is no course. 20000 is 3000 short of it."},
		{"no date, reached", measures.Increase, []float64{23000.4}, []measures.Target{{Value: 23000}},
			"no_course", "23000.4 reaches the target of 23000."},
		{"no target", measures.Increase, []float64{11}, nil, "no_course", "No target has been set, so there is no course."},
		{"the wrong way", measures.Increase, []float64{50, 40}, []measures.Target{{From: measures.DateOf(2024, 1, 1), Value: 60}},
			"expected", "At the pace so far 60 would be reached never."},
		{"enough for SPC", measures.Increase, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, nil,
			"enough_points", "12 values: enough for an SPC chart, which would tell chance from change."},
	} {
		t.Run(test.name, func(t *testing.T) {
			var rows []reading
			for i, v := range test.values {
				rows = append(rows, reading{measures.DateOf(2020+i, 1, 1).String(), []float64{v}})
			}
			s := seriesOf(t, rows...)
			s.Targets = test.targets
			c := trajectory(t, test.direction, s)
			wantNote(t, &c, test.code, test.text)
		})
	}
}

func TestAPointThatIsLeftOutHasNoPartInTheCourse(t *testing.T) {
	s := seriesOf(t, reading{"2020-01-01", []float64{99}}, reading{"2021-01-01", []float64{10}}, reading{"2022-01-01", []float64{20}})
	s.States[0] = measures.Excluded
	s.Targets = []measures.Target{{From: measures.DateOf(2023, 1, 1), Value: 30}}
	c := trajectory(t, measures.Increase, s)
	if c.Y[0] != 99 || !measures.IsMissing(c.Centre[0]) || c.Centre[1] != 10 || c.Centre[2] != 20 {
		t.Errorf("values %v, course %v", c.Y, c.Centre)
	}
	wantNote(t, &c, "on_course", "On course: 20 on 1 January 2022 lies on the course.")
}

// The figures are those of Newcombe's tables I (1998, Statistics in Medicine
// 17:857) and II (17:873), to the four places printed there.
func TestSharesHaveWilsonsInterval(t *testing.T) {
	for _, test := range []struct{ agreed, asked, lower, upper float64 }{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}, {20, 20, 1 - 0.1611, 1},
	} {
		c := share(t, measures.Increase, seriesOf(t, reading{"2026-01-10", []float64{test.agreed, test.asked}}))
		near(t, "share", c.Y[0], 100*test.agreed/test.asked)
		if math.Abs(c.Lower[0]-100*test.lower) > 0.0051 || math.Abs(c.Upper[0]-100*test.upper) > 0.0051 {
			t.Errorf("%v of %v: %v to %v, want %v to %v", test.agreed, test.asked, c.Lower[0], c.Upper[0], 100*test.lower, 100*test.upper)
		}
		if c.Lower[0] < 0 || c.Upper[0] > 100 || c.N[0] != test.asked {
			t.Errorf("%v of %v: %+v", test.agreed, test.asked, c)
		}
	}
}

func TestAWaveIsHeldAgainstTheWaveBefore(t *testing.T) {
	for _, test := range []struct {
		name        string
		before, now [2]float64
		direction   measures.Direction
		cause       measures.Cause
		text        string // within the note
	}{
		// Newcombe, table II: 56/70 less 48/80 is 0.2000, from 0.0524 to 0.3339.
		{"better", [2]float64{48, 80}, [2]float64{56, 70}, measures.Increase, measures.Improvement,
			"80.0% of 70 answers, 60.0% of 80 in the wave before: better, by more than chance. The difference of +20.0 points could be +5.2 to +33.4 by chance, the latest share 69.2% to 87.7%."},
		{"the same where fewer is better", [2]float64{48, 80}, [2]float64{56, 70}, measures.Decrease, measures.Concern, "worse, by more than chance."},
		{"and where nothing is", [2]float64{48, 80}, [2]float64{56, 70}, measures.Neutral, measures.NeutralHigh, "higher, by more than chance."},
		{"the other way round", [2]float64{56, 70}, [2]float64{48, 80}, measures.Increase, measures.Concern,
			"worse, by more than chance. The difference of -20.0 points could be -33.4 to -5.2 by chance"},
		// 9/10 less 3/10 is 0.6, from 0.1705 to 0.8090; 5/56 less 0/29 is 0.0893, from -0.0381 to 0.1926.
		{"few answers, a large change", [2]float64{3, 10}, [2]float64{9, 10}, measures.Increase, measures.Improvement,
			"could be +17.1 to +80.9 by chance"},
		{"chance", [2]float64{0, 29}, [2]float64{5, 56}, measures.Increase, measures.Common,
			"no more than chance explains. The difference of +8.9 points could be -3.8 to +19.3 by chance"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := share(t, test.direction, seriesOf(t, reading{"2025-10-01", test.before[:]}, reading{"2026-01-10", test.now[:]}))
			text := note(&c, "beyond_chance") + note(&c, "within_chance")
			if !strings.Contains(text, test.text) {
				t.Errorf("%q does not say %q", text, test.text)
			}
			if c.Causes[0] != measures.NoCause || c.Causes[1] != test.cause || c.Signals[1] != 0 || c.Variation != measures.VariationEmpty {
				t.Errorf("causes %v, want %v; signals %v, icon %v", c.Causes, test.cause, c.Signals[1].Names(), c.Variation)
			}
			few := test.before[1] < 30 || test.now[1] < 30
			if (note(&c, "few_answers") != "") != few {
				t.Errorf("few answers: %+v", c.Notes)
			}
		})
	}
}

func TestAWaveOfANewPhaseIsComparedWithNothing(t *testing.T) {
	s := seriesOf(t, reading{"2025-01-01", []float64{10, 100}}, reading{"2025-06-01", []float64{90, 100}}, reading{"2026-01-01", []float64{91, 100}})
	s.Phases = []measures.Phase{{Start: s.Periods[0]}, {Start: s.Periods[1]}}
	c := share(t, measures.Increase, s)
	if c.Causes[0] != measures.NoCause || c.Causes[1] != measures.NoCause || c.Causes[2] != measures.Common {
		t.Errorf("causes %v", c.Causes)
	}
	s = seriesOf(t, reading{"2025-01-01", []float64{101, 100}})
	box, release, _ := pack(t, "staff")
	_, err := box.Run(t.Context(), release.Digest, wire.Request{Measure: "m", Entry: "share", Inputs: []string{"numerator", "denominator"}, Series: []measures.Series{s}})
	if err == nil || !strings.Contains(err.Error(), "More people agreed than answered") {
		t.Errorf("error %v", err)
	}
}

func TestThePacksWithCodePassTheConformanceKit(t *testing.T) {
	for _, id := range []string{"digital", "staff"} {
		t.Run(id, func(t *testing.T) {
			box, release, module := pack(t, id)
			boxes, _ := sandboxes()
			for step := range check.Module(t.Context(), box, module, check.Options{Libraries: boxes.library.Releases(), Within: 2 * time.Minute}) {
				for _, finding := range step.Findings {
					if !finding.Advice {
						t.Errorf("%s: %s", step.Name, finding)
					}
				}
			}
			for i := range release.Manifest.Measures {
				conform(t, box, release, &release.Manifest.Measures[i])
			}
		})
	}
}

// conform asks all vectors about one measure of a pack.
func conform(t *testing.T, box *host.Host, release plugins.Release, m *measures.Measure) {
	t.Helper()
	if m.Uses.Plugin != release.Manifest.ID {
		return
	}
	var inputs []string
	for _, in := range m.Inputs {
		inputs = append(inputs, in.Name)
	}
	for _, v := range conformance.Vectors(m.Uses.Entry, inputs, sdk.MeasureParameters(m)) {
		if _, err := box.Run(t.Context(), release.Digest, v.Request); err != nil && !v.Empty {
			t.Errorf("%s, %s: %v", m.ID, v.Name, err)
		}
	}
}
