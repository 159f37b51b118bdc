package disclosure

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/signalbox-health/signalbox/measures/mix"
	"github.com/signalbox-health/signalbox/policy"
)

func stratum(name string, n1, d1, n2, d2 float64) mix.Stratum {
	return mix.Stratum{Name: name, Before: mix.Counts{Numerator: n1, Denominator: d1}, After: mix.Counts{Numerator: n2, Denominator: d2}}
}

func TestStrataWithSmallNumbersStandTogether(t *testing.T) {
	national := policy.Disclosure{MinCellCount: 8, RoundTo: 5, Secondary: true, ZeroVisible: true}
	large, middle, small, empty := stratum("large", 500, 900, 501, 903), stratum("middle", 41, 100, 42, 100), stratum("small", 3, 90, 60, 90), stratum("empty", 0, 0, 0, 0)
	for _, test := range []struct {
		name     string
		terms    policy.Disclosure
		strata   []mix.Stratum
		want     []mix.Stratum
		together []string
	}{
		{"nothing is hidden from those who may see all", policy.Disclosure{ZeroVisible: true}, []mix.Stratum{large, small}, []mix.Stratum{large, small}, nil},
		{"counts are rounded", national, []mix.Stratum{large, middle}, []mix.Stratum{stratum("large", 500, 900, 500, 905), stratum("middle", 40, 100, 40, 100)}, nil},
		{"the next smallest joins, not one without people", national, []mix.Stratum{empty, small, large, middle},
			[]mix.Stratum{empty, stratum("large", 500, 900, 500, 905), stratum("small and middle together", 45, 190, 100, 190)}, []string{"small", "middle"}},
		{"where one alone would be left there is nothing", national, []mix.Stratum{small, large}, nil, nil},
		{"two small ones that make a large one need no third", national, []mix.Stratum{small, stratum("other", 60, 80, 5, 90), large},
			[]mix.Stratum{stratum("large", 500, 900, 500, 905), stratum("small and other together", 65, 170, 65, 180)}, []string{"small", "other"}},
		{"two small ones that are small together take a third", national, []mix.Stratum{stratum("tiny", 1, 90, 60, 90), stratum("small", 3, 90, 60, 90), middle, large},
			[]mix.Stratum{stratum("large", 500, 900, 500, 905), stratum("tiny and small and middle together", 45, 280, 160, 280)}, []string{"tiny", "small", "middle"}},
		{"nearly everybody is a small number too", national, []mix.Stratum{large, middle, stratum("all but two", 98, 100, 80, 100)},
			[]mix.Stratum{stratum("large", 500, 900, 500, 905), stratum("middle and all but two together", 140, 200, 120, 200)}, []string{"middle", "all but two"}},
		{"hiding without rounding rounds by what hides", policy.Disclosure{MinCellCount: 8, ZeroVisible: true}, []mix.Stratum{large, middle},
			[]mix.Stratum{stratum("large", 504, 904, 504, 904), stratum("middle", 40, 104, 40, 104)}, nil},
	} {
		got, together := Strata(test.terms, test.strata, nil)
		if !slices.Equal(got, test.want) || !slices.Equal(together, test.together) {
			t.Errorf("%s: %+v with %v together, want %+v with %v", test.name, got, together, test.want, test.together)
		}
	}
}

func TestNoStratumThatIsReleasedHasASmallNumber(t *testing.T) {
	terms := policy.Disclosure{MinCellCount: 8, RoundTo: 1, ZeroVisible: true}
	random := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		var strata []mix.Stratum
		for i := range 2 + random.IntN(6) {
			counts := func() (n, d float64) {
				d = float64(random.IntN(40))
				return float64(random.IntN(int(d) + 1)), d
			}
			n1, d1 := counts()
			n2, d2 := counts()
			strata = append(strata, stratum(strconv.Itoa(i), n1, d1, n2, d2))
		}
		released, together := Strata(terms, strata, nil)
		if len(together) == 1 {
			t.Fatalf("%+v: %v stands alone as hidden", strata, together)
		}
		for _, s := range released[:max(0, len(released)-1)] {
			at := slices.IndexFunc(strata, func(one mix.Stratum) bool { return one.Name == s.Name })
			if at < 0 || smallStratum(terms, strata[at]) {
				t.Fatalf("%+v: %+v is released", strata, s)
			}
		}
	}
}
