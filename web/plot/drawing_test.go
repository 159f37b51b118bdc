package plot

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

func TestLabelsArePushedApartNoFurtherThanNeeded(t *testing.T) {
	for _, test := range []struct {
		at, want []float64
	}{
		{[]float64{50, 90}, []float64{50, 90}},                  // nothing to do
		{[]float64{50, 54}, []float64{42, 62}},                  // each gives way by half
		{[]float64{50, 50, 50}, []float64{30, 50, 70}},          // around the middle
		{[]float64{2, 3}, []float64{10, 30}},                    // the top holds
		{[]float64{195, 199}, []float64{180, 200}},              // the bottom holds
		{[]float64{50, 54, 150}, []float64{42, 62, 150}},        // a far one stays
		{[]float64{50, 54, 75}, []float64{39.66, 59.66, 79.66}}, // a near one is drawn in
	} {
		labels := make([]label, len(test.at))
		for i, at := range test.at {
			labels[i].at = at
		}
		push(labels, 20, 10, 200)
		for i, want := range test.want {
			if math.Abs(labels[i].y-want) > .01 {
				t.Errorf("push(%v) puts label %d at %.2f, want %.2f", test.at, i, labels[i].y, want)
			}
		}
	}
}

func TestAxisIsRoundAndHoldsTheData(t *testing.T) {
	for _, test := range []struct {
		low, high                   float64
		wantLow, wantHigh, wantStep float64
		decimals                    int
	}{
		{47.6, 81.2, 40, 90, 10, 0},
		{54.7, 78, 50, 80, 10, 0},
		{0, 75, 0, 80, 20, 0},
		{71.2, 78, 70, 78, 2, 0},
		{.1, .3, .1, .3, .05, 2},
		{8620, 12662, 8000, 13000, 1000, 0},
		{-8.7, 5.1, -10, 10, 5, 0},
		{0, 1e12, 0, 1e12, 2e11, 0},
		{0.00012, 0.00055, 0.0001, 0.0006, 0.0001, 4},
	} {
		var s scale
		s.fit(test.low, test.high)
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b)) }
		if !near(s.low, test.wantLow) || !near(s.high, test.wantHigh) || !near(s.step, test.wantStep) || s.decimals != test.decimals {
			t.Errorf("fit(%g, %g) = %g to %g by %g, %d decimals; want %g to %g by %g, %d", test.low, test.high,
				s.low, s.high, s.step, s.decimals, test.wantLow, test.wantHigh, test.wantStep, test.decimals)
		}
	}
}

func TestNumbersAreWrittenAsPeopleReadThem(t *testing.T) {
	for _, test := range []struct {
		got  []byte
		want string
	}{
		{appendValue(nil, 80.74, 1), "80.7"},
		{appendValue(nil, 11490, 0), "11,490"},
		{appendValue(nil, 999, 0), "999"},
		{appendValue(nil, 1234567.25, 1), "1,234,567.2"},
		{appendValue(nil, -5.04, 1), "−5.0"},
		{appendValue(nil, -0.04, 1), "0.0"},
		{appendValue(nil, -1234, 0), "−1,234"},
		{appendTrimmed(nil, 78, 2), "78"},
		{appendTrimmed(nil, 2.5, 2), "2.5"},
		{appendTrimmed(nil, 0.126, 2), "0.13"},
		{appendLarge(nil, 1.684e9, 0, 1e7), "1.68bn"},
		{appendLarge(nil, 8e8, 0, 1e7), "800m"},
		{appendLarge(nil, 12345678, 0, 1e7), "12.3m"},
		{appendLarge(nil, 130713, 0, 1e5), "131k"},
		{appendLarge(nil, 130713, 0, 1e7), "130,713"},
	} {
		if string(test.got) != test.want {
			t.Errorf("written %q, want %q", test.got, test.want)
		}
	}
}

func TestCoordinatesCarryOneDecimalAtMost(t *testing.T) {
	for v, want := range map[float64]string{1: "1", 1.04: "1", 1.05: "1.1", -0.04: "0", -0.5: "-0.5", -12.34: "-12.3", 442: "442"} {
		var w pen
		w.n(v)
		if string(w.b) != want {
			t.Errorf("n(%g) = %q, want %q", v, w.b, want)
		}
	}
}

func TestGrainIsFoundFromDates(t *testing.T) {
	day := func(y, m, d int) int32 { return int32(measures.DateOf(y, m, d)) }
	for _, test := range []struct {
		name string
		x    []int32
		want measures.Grain
	}{
		{"months", []int32{day(2025, 1, 1), day(2025, 2, 1), day(2025, 5, 1)}, measures.Month},
		{"quarters", []int32{day(2025, 1, 1), day(2025, 4, 1), day(2025, 10, 1)}, measures.Quarter},
		{"years", []int32{day(2020, 4, 1), day(2021, 4, 1), day(2023, 4, 1)}, measures.FinancialYear},
		{"weeks", []int32{day(2025, 1, 6), day(2025, 1, 13), day(2025, 2, 3)}, measures.Week},
		{"any day", []int32{day(2025, 1, 6), day(2025, 1, 9), day(2025, 2, 3)}, ""},
		{"one month", []int32{day(2025, 1, 1)}, measures.Month},
	} {
		if got, _ := guessGrain(test.x); got != test.want {
			t.Errorf("%s: grain is %q, want %q", test.name, got, test.want)
		}
	}
}

// TestNoLabelCrossesALineOrALabel throws many events at the lanes. Whatever
// words had to go, those that stay are readable.
func TestNoLabelCrossesALineOrALabel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		d := drawing{frame: &frames[round%2]}
		for i := range 1 + random.IntN(12) {
			m := mark{x: 50 + random.Float64()*(d.width-60), text: "words of an event"[:4+random.IntN(13)]}
			if i > 0 {
				m.letter = letter(i)
			}
			d.marks = append(d.marks, m)
		}
		lanes := d.findLanes()
		if lanes > d.lanes {
			t.Fatalf("round %d uses %d lanes of %d", round, lanes, d.lanes)
		}
		for i, a := range d.marks {
			for k, b := range d.marks {
				if i == k || a.text == "" {
					continue
				}
				if b.x > a.lo && b.x < a.hi && b.lane >= a.lane {
					t.Fatalf("round %d: label %q in lane %d is crossed by a line from lane %d", round, a.text, a.lane, b.lane)
				}
				if b.text != "" && a.lane == b.lane && a.lo < b.hi && b.lo < a.hi {
					t.Fatalf("round %d: two labels overlap in lane %d", round, a.lane)
				}
			}
			if a.text != "" && (a.lo < 0 && !a.flip || a.hi > d.width) {
				t.Fatalf("round %d: label from %.0f to %.0f leaves the picture", round, a.lo, a.hi)
			}
		}
	}
}

func TestTextIsCutAtAWord(t *testing.T) {
	for _, test := range []struct {
		text    string
		letters int
		want    string
	}{
		{"Flu", 20, "Flu"},
		{"New electronic record for the whole trust", 36, "New electronic record for the whole…"},
		{"Streaming nurse at the front door", 20, "Streaming nurse at…"},
		{"Señalización extraordinaria", 10, "Señalizac…"},
		{"  two\n words ", 20, "two words"},
	} {
		if got := cut(test.text, test.letters); got != test.want {
			t.Errorf("cut(%q, %d) = %q, want %q", test.text, test.letters, got, test.want)
		}
	}
}

func TestLettersGoOnAfterZ(t *testing.T) {
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA"} {
		if got := letter(i); got != want {
			t.Errorf("letter(%d) = %s, want %s", i, got, want)
		}
	}
}

func ExampleSize() {
	for _, f := range frames {
		fmt.Println(f.class, f.width, f.height)
	}
	// Output:
	// chart chart-wide 1120 500
	// chart chart-mid 640 440
	// chart chart-narrow 288 330
}
