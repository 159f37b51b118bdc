package disclosure

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// month is a number of one month, as a measure of some columns tells it.
func month(load int32, hide bool, v float64, columns ...string) []Telling {
	return Tell(national, Counts{Organisation: "RQW", X: []int32{0}, Numerator: []float64{v}}, []bool{hide}, load, Sum{Plus: columns}, Sum{})
}

// inWard is a number of one stratum.
func inWard(load int32, hide bool, v float64, name string) []Telling {
	t := month(load, hide, v, "falls")
	t[0].Sum.Stratifier, t[0].Sum.Stratum = "ward", name
	return t
}

func after(answers ...[]Telling) (known []Telling) {
	for _, answer := range answers {
		known, _ = Learnt(known, answer)
	}
	return known
}

func TestSecondTableThatTellsAHiddenNumberIsFound(t *testing.T) {
	for _, test := range []struct {
		name     string
		known    []Telling
		revealed string // columns of what is revealed; empty: nothing
	}{
		{"a sum and one of its two parts tell the other", after(month(1, false, 17, "minor"), month(1, true, 7, "major"), month(1, false, 24, "major", "minor")), "major"},
		{"in whatever order they are asked for", after(month(1, false, 24, "major", "minor"), month(1, false, 17, "minor"), month(1, true, 7, "major")), "major"},
		{"a sum and a part that leave all of them possible", after(month(1, false, 45, "minor"), month(1, true, 4, "major"), month(1, false, 49, "major", "minor")), ""},
		{"a sum alone", after(month(1, true, 7, "major"), month(1, false, 24, "major", "minor")), ""},
		{"two sums that differ by it", after(month(1, false, 17, "a", "b"), month(1, false, 24, "a", "b", "c"), month(1, true, 7, "c")), "c"},
		{"by way of a third", after(month(1, false, 17, "b"), month(1, false, 41, "a", "b", "c"), month(1, false, 17, "a"), month(1, true, 7, "c")), "c"},
		{"the strata of a total", after(month(1, false, 40, "falls"), inWard(1, false, 12, "north"), inWard(1, false, 22, "south"), inWard(1, true, 6, "west")), "falls"},
		{"two hidden among them", after(month(1, false, 40, "falls"), inWard(1, false, 12, "north"), inWard(1, true, 22, "south"), inWard(1, true, 6, "west")), ""},
		{"unless one of the two was seen before the other was revised",
			after(month(1, false, 47, "falls"), inWard(1, false, 12, "north"), inWard(1, false, 22, "south"), inWard(1, false, 13, "west"),
				month(2, false, 40, "falls"), inWard(2, false, 12, "north"), inWard(2, true, 22, "south"), inWard(2, true, 6, "west")), "falls"},
		{"a number that was revised is known as it is now", after(month(1, false, 30, "falls"), month(2, true, 5, "falls")), ""},
		{"also where the older load is asked for later", after(month(2, true, 5, "falls"), month(1, false, 30, "falls")), ""},
	} {
		found := Reveals(national, true, test.known)
		got := ""
		if len(found) > 0 {
			got = strings.Join(found[0].Sum.Plus, "+")
		}
		if len(found) > 1 || got != test.revealed {
			t.Errorf("%s: found %+v, want %q", test.name, found, test.revealed)
		}
	}
}

// TestOrdinaryReadingIsNeverRefused reads totals, all their strata in two divisions,
// in any order: what Hide hides must be enough for the history to have nothing
// against it.
func TestOrdinaryReadingIsNeverRefused(t *testing.T) {
	random := rand.New(rand.NewPCG(41, 42))
	hiddenSmall := 0
	for range 4000 {
		groups := [][]Counts{division(random, "ward"), nil}
		groups[1] = divideAgain(random, groups[0])
		total := 0.0
		for _, s := range groups[0] {
			total += s.Numerator[0]
		}
		known := month(1, total > 0 && total < 8, total, "falls")
		for k, group := range groups {
			_, hide := Hide(national, group)
			for i, s := range group {
				known, _ = Learnt(known, Tell(national, s, hide[i], 1, Sum{Plus: []string{"falls"}, Stratifier: []string{"ward", "age"}[k], Stratum: s.Stratum}, Sum{}))
				if hide[i][0] {
					hiddenSmall++
				}
			}
		}
		if found := Reveals(national, true, known); len(found) > 0 && total >= 8 {
			t.Fatalf("%+v are refused for %+v\n%+v", groups, found, known)
		}
	}
	if hiddenSmall < 1000 {
		t.Errorf("only %d strata were hidden", hiddenSmall)
	}
}

func TestComplementsAreTold(t *testing.T) {
	seen, asked := Sum{Plus: []string{"seen"}}, Sum{Plus: []string{"asked"}}
	told := Tell(national, Counts{Organisation: "RQW", X: []int32{0, 1}, Numerator: []float64{92, 40}, Denominator: []float64{98, 90}}, []bool{true, false}, 3, seen, asked)
	if len(told) != 3 || len(told[0].Told) != 2 || len(told[1].Told) != 2 || len(told[2].Told) != 1 || !told[2].Told[0].Small || told[2].Sum.Key() != asked.less(seen).Key() {
		t.Fatalf("%+v", told)
	}
	// Another measure counts those not seen, and yet another those asked.
	known := after(told, month(3, false, 98, "asked"), month(3, false, 92, "seen"))
	if found := Reveals(national, false, known); len(found) != 1 || found[0].Low != 6 {
		t.Errorf("%+v", found)
	}
}

func BenchmarkReveals(b *testing.B) {
	random := rand.New(rand.NewPCG(43, 44))
	var known []Telling
	for _, s := range smallHospital(random, true) {
		_, hide := Hide(national, []Counts{s})
		known, _ = Learnt(known, Tell(national, s, hide[0], 1, Sum{Plus: []string{"falls"}, Stratifier: "ward", Stratum: s.Stratum}, Sum{Plus: []string{"days"}, Stratifier: "ward", Stratum: s.Stratum}))
	}
	b.ReportAllocs()
	for b.Loop() {
		Reveals(national, true, known)
	}
}
