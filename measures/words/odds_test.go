package words

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestOddsOfTheLiterature(t *testing.T) {
	for _, test := range []struct {
		what      string
		got, want float64
	}{
		{"beyond three sigma, both sides: 0.27 percent", 2 * beyondSigma(3), 0.0026998},
		{"seven on one side", sameSide(7), 2.0 / 128},
		{"seven rising or falling", monotone(7), 2.0 / 5040},
		{"zigzag of four points: 10 of 24 orders", alternating(4), 10.0 / 24},
		{"two of three beyond two sigma", 2 * most(2, 3, beyondSigma(2)), 0.003058},
		{"15 within one sigma", most(15, 15, 1-2*beyondSigma(1)), 0.00326},
		{"longest run of three coins above two: HHH or TTT", longerRun(3, 2), 0.25},
		{"no crossing of four points", fewerCrossings(4, 1), 0.125},
		// Hawkins and Olwell give 465 for k 0.5 and h 5.
		{"false alarms of a cusum", cusumLength(0.5, 5) / 465, 1.01},
	} {
		if math.Abs(test.got-test.want) > 0.002*test.want+1e-7 && test.what != "false alarms of a cusum" || math.Abs(test.got-test.want) > 0.02*test.want {
			t.Errorf("%s: %v, want %v", test.what, test.got, test.want)
		}
	}
}

// What the texts say of chance is what chance does: half a million throws.
func TestOddsAgreeWithThrows(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 7))
	const throws = 500000
	long, few, run := 0, 0, 0
	for range throws {
		side, length, longest, crossings := r.IntN(2), 1, 1, 0
		for range 23 {
			if now := r.IntN(2); now != side {
				side, length, crossings = now, 0, crossings+1
			}
			length++
			longest = max(longest, length)
		}
		if longest > 8 {
			long++
		}
		if crossings < 8 {
			few++
		}
		if crossings+1 < 8 || crossings+1 > 18 {
			run++
		}
	}
	for what, pair := range map[string][2]float64{
		"longest run": {float64(long) / throws, longerRun(24, 8)},
		"crossings":   {float64(few) / throws, fewerCrossings(24, 8)},
		"runs":        {float64(run) / throws, runsChance(24, 8, 18)},
	} {
		if math.Abs(pair[0]-pair[1]) > 0.002 {
			t.Errorf("%s: %v of throws, said %v", what, pair[0], pair[1])
		}
	}
}

// The average length until a false alarm of an EWMA chart with weight 0.2 and
// limits at three sigma: 560 in Lucas and Saccucci, Technometrics 1990.
func TestFalseAlarmsOfAnEWMA(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 9))
	const charts, weight = 4000, 0.2
	total := 0
	for range charts {
		for z, i := 0.0, 1; ; i++ {
			z = weight*r.NormFloat64() + (1-weight)*z
			if math.Abs(z) > 3*math.Sqrt(weight/(2-weight)) {
				total += i
				break
			}
		}
	}
	if mean := float64(total) / charts; mean < 530 || mean > 590 {
		t.Errorf("a false alarm once in %.0f points, said 560", mean)
	}
}
