package words

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

var share = measures.Unit{Multiply: 100, Symbol: "%", Words: "of attendances", Decimals: 1}

func TestSplitOfAChangeInWords(t *testing.T) {
	for _, test := range []struct {
		total, within, mix float64
		half               bool
		want               string
	}{
		{5.92, .61, 5.31, false, "Of the rise of 5.9 points between A and B, 0.6 came within the types of department and 5.3 went with a change of their shares, above all a larger share of Type 3 (31.0% before, 48.2% after). Most of the change goes with a change of who is counted, and not with how those of each of the types of department fared."},
		{5.84999, .59413, 5.25586, false, "Of the rise of 5.9 points between A and B, 0.6 came within the types of department and 5.3 went with a change of their shares, above all a larger share of Type 3 (31.0% before, 48.2% after). Most of the change goes with a change of who is counted, and not with how those of each of the types of department fared."},
		{20.6, 15.6, 5.0, true, "Of the rise of 20.6 points between A and B, 15.6 came within the types of department and 5.0 went with a change of their shares, above all a larger share of Type 3 (31.0% before, 48.2% after). At least half of the change lies within the types of department."},
		{18.6, 17.6, 1.0, true, "Of the rise of 18.6 points between A and B, nearly all lies within the types of department (+17.6, and +1.0 with their shares). It is not a change of who is counted."},
		{7.6, 14.8, -7.2, true, "It rose by 7.6 points between A and B. Within the types of department it rose by 14.8; 7.2 downwards went with a change of their shares, above all a larger share of Type 3 (31.0% before, 48.2% after). A part of the change within is hidden by a change of who is counted."},
		{2.0, -.5, 2.5, false, "It rose by 2.0 points between A and B. Within the types of department it fell by 0.5; 2.5 upwards went with a change of their shares, above all a larger share of Type 3 (31.0% before, 48.2% after). The rise of the whole goes with a change of who is counted, and within the types of department it went the other way."},
		{9.2, -.1, 9.3, false, "Of the rise of 9.2 points between A and B, next to nothing lies within the types of department (−0.1); 9.3 went with a change of their shares, above all a larger share of Type 3 (31.0% before, 48.2% after). It is a change of who is counted."},
		{-.1, 6.5, -6.6, false, "The whole hardly moved between A and B (−0.1). Within the types of department it rose by 6.5; 6.6 downwards went with a change of their shares, above all a larger share of Type 3 (31.0% before, 48.2% after). A change within is hidden by a change of who is counted."},
		{-3.2, -3.2, 0, true, "The whole fall of 3.2 points between A and B lies within the types of department. It is not a change of who is counted."},
		{0, -.1, .1, false, "Little changed between A and B: −0.1 within the types of department and +0.1 with their shares, together 0.0 points. It is no more than chance gives."},
		{0.01, 0.01, 0, true, "Nothing changed between A and B: neither the whole, nor what lies within the types of department, nor what goes with their shares."},
	} {
		got := Mixed(Change{Unit: share, Of: "type of department", Before: "A", After: "B", Total: test.total, Within: test.within, Mix: test.mix,
			HalfWithin: test.half, Chance: .4, Moved: "Type 3", ShareBefore: .31, ShareThen: .482}).String()
		if got != test.want {
			t.Errorf("%v = %v + %v\n got %s\nwant %s", test.total, test.within, test.mix, got, test.want)
		}
		if strings.Contains(got, "cause") || strings.Contains(got, "because") {
			t.Errorf("it says why: %s", got)
		}
	}
	for of, want := range map[string]string{"ward": "wards", "kind of test": "kinds of test", "fifth of deprivation": "fifths of deprivation", "city": "cities"} {
		if got := Strata(of); got != want {
			t.Errorf("Strata(%q) = %q", of, got)
		}
	}
}

func TestRoundedPartsAddUp(t *testing.T) {
	for _, test := range []struct {
		parts []float64
		total float64
		want  []float64
	}{
		{[]float64{.25, .25, .25, .25}, 1, []float64{.3, .3, .2, .2}},
		{[]float64{-.25, -.25, .5}, 0, []float64{-.2, -.3, .5}},
		{[]float64{14.84, -7.16}, 7.7, []float64{14.9, -7.2}},
		{[]float64{1, 2}, 3, []float64{1, 2}},
		{nil, 0, []float64{}},
	} {
		if got := AddUp(test.parts, test.total, 1); !slices.EqualFunc(got, test.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
			t.Errorf("AddUp(%v, %v) = %v, want %v", test.parts, test.total, got, test.want)
		}
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		c := Change{Within: random.NormFloat64() * 5, Mix: random.NormFloat64() * 5}
		c.Total = c.Within + c.Mix
		whole, within, mix := c.Rounded()
		if math.Abs(whole-within-mix) > 1e-9 || math.Abs(whole-c.Total) > .1 || math.Abs(within-c.Within) > .1 || math.Abs(mix-c.Mix) > .1 {
			t.Fatalf("%+v becomes %v = %v + %v", c, whole, within, mix)
		}
		parts := make([]float64, 1+random.IntN(9))
		total := 0.
		for i := range parts {
			parts[i] = random.NormFloat64() * 5
			total += parts[i]
		}
		rounded, sum := math.Round(total*10)/10, 0.
		for i, v := range AddUp(parts, rounded, 1) {
			sum += v
			if math.Abs(v-parts[i]) > .1+1e-9 {
				t.Fatalf("%v becomes %v", parts[i], v)
			}
		}
		if math.Abs(sum-rounded) > 1e-9 {
			t.Fatalf("%v add up to %v, want %v", parts, sum, rounded)
		}
	}
}

func TestWhetherStrataLieApart(t *testing.T) {
	for _, test := range []struct {
		d    Distance
		want string
	}{
		{Distance{Points: 12, Above: 12, Mean: 8.44}, "It was above the whole trust in each of the last 12 months, by 8.4 points on average: apart by more than chance."},
		{Distance{Points: 12, Below: 12, Mean: -3}, "It was below the whole trust in each of the last 12 months, by 3.0 points on average: apart by more than chance."},
		{Distance{Points: 12, Above: 11, Below: 1, Mean: 3}, "It was above the whole trust in 11 of the last 12 months: not in all, so chance is not ruled out."},
		{Distance{Points: 12, Above: 2, Below: 9, Mean: -3}, "It was below the whole trust in nine of the last 12 months: not in all, so chance is not ruled out."},
		{Distance{Points: 11, Above: 11, Mean: 3}, "Only 11 months can be held against the whole trust: too few to tell."},
		{Distance{}, "No month can be held against the whole trust."},
	} {
		test.d.Unit, test.d.Grain, test.d.Against = share, measures.Month, "the whole trust"
		if got := test.d.Said().String(); got != test.want {
			t.Errorf("%+v\n got %s\nwant %s", test.d, got, test.want)
		}
	}
}
