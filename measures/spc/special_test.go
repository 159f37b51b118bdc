package spc

import (
	"math"
	"testing"
)

// The figures in this file come from an arithmetic of 60 figures; the quantiles
// are those of Abramowitz and Stegun, tables 26.7 and 26.8, carried further.

// off says by how much, relative to what it should be, a number is off.
func off(got, want float64) float64 {
	if got == want {
		return 0
	}
	return math.Abs(got-want) / math.Abs(want)
}

func TestElementaryFunctionsAreRightToTheLastFigures(t *testing.T) {
	check := func(name string, x, got, want float64) {
		t.Helper()
		if !(off(got, want) <= 2e-15) {
			t.Errorf("%s(%.17g) = %.17g, want %.17g", name, x, got, want)
		}
	}
	for i := -4000; i <= 4000; i++ {
		x := float64(i) * 0.17431
		if want := math.Exp(x); want > 1e-300 {
			check("exp", x, exp(x), want)
			check("log", want, log(want), math.Log(want))
		}
		u := math.Exp(-math.Abs(x)) * 0.999
		for _, u := range []float64{u, -u, u * 3} {
			check("log1p", u, log1p(u), math.Log1p(u))
		}
		p := float64(i+4000) / 8000
		check("arcsineRoot", p, arcsineRoot(p), math.Asin(math.Sqrt(p)))
		if got := squaredSine(arcsineRoot(p)); math.Abs(got-p) > 1e-15 {
			t.Errorf("squaredSine(arcsineRoot(%g)) = %.17g", p, got)
		}
		check("squaredSine", u, squaredSine(u*1e-3), math.Sin(u*1e-3)*math.Sin(u*1e-3))
	}
	check("exp", 800, exp(800), math.Inf(1))
	check("exp", -800, exp(-800), 0)
	check("log", 0, log(0), math.Inf(-1))
	check("arcsineRoot", 1e-40, arcsineRoot(1e-40), 1e-20)
}

func TestStirlingErrors(t *testing.T) {
	for a, want := range map[float64]float64{
		1e-5: 4.83764355646068846, 0.3: 0.236064900748215581, 1: 0.0810614667953272582, 2.5: 0.0331628735199362875,
		7: 0.0118967099458917701, 15.9: 0.00524039988075610829, 16: 0.00520765591960964044, 100: 0.000833330555634914683,
	} {
		if got := stirlingError(a); off(got, want) > 1e-14 {
			t.Errorf("stirlingError(%g) = %.17g, want %.17g", a, got, want)
		}
	}
}

func TestNormalTails(t *testing.T) {
	for x, want := range map[float64]float64{
		0: -0.693147180559945309, 0.1: -0.776154592730273321, 0.5: -1.17591176159361861, 1: -1.84102164500926351,
		1.959963984540054: -3.68887945411393575, 2.4999: -5.08136600735404795, 2.5: -5.0816482772786905,
		3: -6.60772622151034954, 5: -15.0649983939887257, 8: -35.0134371599145499, 20: -203.917155371097264,
		38: -726.55721601882013, 60: -1805.01356068056714,
	} {
		if got, _ := logNormalTail(x); off(got, want) > 2e-14 {
			t.Errorf("logNormalTail(%g) = %.17g, want %.17g", x, got, want)
		}
		if got := tailScore(want); math.Abs(got-x) > 2e-14*max(x, 1) {
			t.Errorf("tailScore(%g) = %.17g, want %g", want, got, x)
		}
	}
}

func TestTheQuantilesOfTheLimitsAreThoseOfTheirChances(t *testing.T) {
	for _, level := range []tail{tail95, tail998} {
		if off(math.Log(level.chance), level.log) > 1e-15 || off(tailScore(level.log), level.score) > 1e-14 {
			t.Errorf("%+v: the logarithm of the chance is %.17g, the score %.17g", level, math.Log(level.chance), tailScore(level.log))
		}
	}
}

func TestIncompleteGammaFunctions(t *testing.T) {
	for _, test := range []struct{ a, x, lower, upper float64 }{
		{0.5, 0.1, -1.06340204715452866, -0.423546323475965725},
		{0.5, 3, -0.0144091940451034784, -4.24708474678558974},
		{1, 1, -0.458675145387081891, -1},
		{205.296115848584, 198, -1.16685111885406813, -0.373016006526078134},
		{180.169742125745, 284, -1.64653873941482376e-11, -24.82976067204341},
		{1000, 1000, -0.684771863290310146, -0.701593236645972496},
		{1000, 700, -59.8514785129252405, -1.01585833453332164e-26},
		{12345.6, 12000, -7.06594035073332896, -0.000854056375457874833},
		{5000, 7400, 0, -444.234424891648594},
		{99999, 100600, -0.0292860425059744494, -3.54525152660393233},
	} {
		lower, upper := logGammaTails(test.a, test.x)
		// The greater of two chances is known from the lesser.
		least, want := lower, test.lower
		if upper < lower {
			least, want = upper, test.upper
		}
		if off(least, want) > 1e-12 {
			t.Errorf("the lesser tail of %g, %g is %.17g, want %.17g", test.a, test.x, least, want)
		}
		if sum := math.Exp(lower) + math.Exp(upper); off(sum, 1) > 1e-14 {
			t.Errorf("P + Q of %g, %g is 1%+g", test.a, test.x, sum-1)
		}
	}
}

func TestGammaQuantiles(t *testing.T) {
	for _, test := range []struct{ a, lower95, upper95, lower998, upper998 float64 }{
		{0.01, 3.5226859973137457e-161, 3.7098800723067022, 5.6607381470618812e-301, 6.9340879341043705},
		{0.3, 3.185679031739167e-6, 4.2937771108635788, 6.9726990967833502e-11, 7.6623628851777237},
		{0.5, 0.00049103455858762796, 4.6742018022480739, 7.8539857463124494e-7, 8.1331180981190655},
		{1, 0.025317807984289875, 5.5716433909388986, 0.0010005003335835335, 9.2334134764515857},
		{2.7, 0.49368844964801432, 8.3129772611502705, 0.13631091527005974, 12.524783303198979},
		{5, 1.6234863901184205, 11.66833207932267, 0.73937173191783252, 16.454745203680107},
		{9.9, 4.726638703278383, 18.260457019944731, 2.9086286169926088, 23.987317005974555},
		{10.5, 5.141448891261431, 19.037813625177903, 3.2233382816086592, 24.864116233215748},
		{31.25, 21.268978484869369, 44.295383401262737, 16.771576594214727, 52.676248667709572},
		{100, 81.36399125092314, 121.62679379242639, 71.921397495000407, 134.92431906126448},
		{999.5, 938.48851654592537, 1063.4366455565284, 904.64522248438808, 1101.1025241371365},
		{12345.6, 12128.775615877748, 12565.327498720877, 12005.089796578221, 12692.823734736461},
		{99999, 99380.155762730352, 100620.74164077374, 99024.636776595926, 100980.06779195923},
		{100001, 99382.149564774604, 100622.74783869852, 99026.627004430341, 100982.07756407611},
		{250000, 249020.96550432125, 250981.93076097713, 248457.73325284434, 251548.9695246505},
	} {
		for _, q := range []struct{ got, want float64 }{
			{gammaLower(test.a, tail95), test.lower95}, {gammaUpper(test.a+1, tail95), test.upper95},
			{gammaLower(test.a, tail998), test.lower998}, {gammaUpper(test.a+1, tail998), test.upper998},
		} {
			if off(q.got, q.want) > 2e-13 {
				t.Errorf("shape %g: %.17g, want %.17g (off by %.1e)", test.a, q.got, q.want, off(q.got, q.want))
			}
		}
	}
	if got := gammaLower(1e-3, tail95); got != 0 {
		t.Errorf("the lower quantile of a thousandth of an event is %g; it is too small to write", got)
	}
}

func TestGammaScores(t *testing.T) {
	for _, test := range []struct{ a, x, want float64 }{
		{205.296115848584, 198, -0.49203927318163094}, {180.169742125745, 284, 6.6328314640231617},
		{1000, 1400, 11.282118033702813}, {50, 50, 0.04716293394671197}, {5000, 7400, 29.662247989166114},
		{4000, 1200, -63.490638688999467}, {12345.6, 12000, -3.1369102998334276},
	} {
		if got := gammaScore(test.a, test.x); off(got, test.want) > 1e-12 {
			t.Errorf("score of %g, %g = %.17g, want %.17g", test.a, test.x, got, test.want)
		}
	}
}

func TestScoresOfLargeShapesGoOnWhereSmallOnesEnd(t *testing.T) {
	for _, sd := range []float64{-40, -3, -1e-3, -1e-9, 0, 1e-9, 0.2, 3, 40} {
		a := largeShape
		x := a + sd*math.Sqrt(a)
		if sum, expansion := gammaScore(a, x), largeGammaScore(a, x); math.Abs(sum-expansion) > 1e-11*max(1, math.Abs(sum)) {
			t.Errorf("at %g standard deviations: by sums %.15g, by the expansion %.15g", sd, sum, expansion)
		}
	}
}

func TestQuantilesAndScoresUndoEachOther(t *testing.T) {
	for a := 0.2; a < 1e6; a *= 1.7 {
		for _, level := range []tail{tail95, tail998} {
			if got := gammaScore(a, gammaLower(a, level)); off(got, -level.score) > 1e-11 {
				t.Errorf("shape %g: the score of the lower quantile is %.15g, want %.15g", a, got, -level.score)
			}
			if got := gammaScore(a+1, gammaUpper(a+1, level)); off(got, level.score) > 1e-11 {
				t.Errorf("shape %g: the score of the upper quantile is %.15g, want %.15g", a+1, got, level.score)
			}
		}
	}
}

func TestBinomialChances(t *testing.T) {
	for _, test := range []struct{ r, n, p, mass, cumulative float64 }{
		{0, 10, 0.01, 0.90438207500880449, 0.90438207500880449},
		{3, 10, 0.5, 0.1171875, 0.171875},
		{10, 1000, 0.01, 0.12574021112620738, 0.58304080330109818},
		{500, 1000, 0.5, 0.025225018178360802, 0.5126125090891804},
		{12, 5000, 0.0012, 0.011237428607837446, 0.99121303882813302},
		{5000, 100000, 0.05, 0.0057883662644645234, 0.50376240480466228},
		{0, 1000, 0.001, 0.36769542477096404, 0.36769542477096404},
	} {
		b := binomial{test.n, test.p}
		if got := b.mass(test.r); off(got, test.mass) > 1e-13 {
			t.Errorf("%+v: mass %.17g, want %.17g", test, got, test.mass)
		}
		if got := cumulative(b, test.r); off(got, test.cumulative) > 1e-13 {
			t.Errorf("%+v: cumulative %.17g, want %.17g", test, got, test.cumulative)
		}
	}
}

func TestPoissonChances(t *testing.T) {
	for _, test := range []struct{ r, m, mass, cumulative float64 }{
		{0, 0.5, 0.60653065971263342, 0.60653065971263342},
		{3, 2.5, 0.21376301724973645, 0.75757613313306596},
		{100, 120, 0.0068042948039043008, 0.034668034694424962},
		{1000, 1000, 0.0126146113487215, 0.50840936716850599},
		{1050, 1000, 0.0035994904048036478, 0.94397116163632662},
	} {
		p := poisson{test.m}
		if got := p.mass(test.r); off(got, test.mass) > 1e-13 {
			t.Errorf("%+v: mass %.17g, want %.17g", test, got, test.mass)
		}
		if got := cumulative(p, test.r); off(got, test.cumulative) > 1e-13 {
			t.Errorf("%+v: cumulative %.17g, want %.17g", test, got, test.cumulative)
		}
		// The chance of at most r is one of the gamma numbers.
		if _, upper := logGammaTails(test.r+1, test.m); off(math.Exp(upper), test.cumulative) > 1e-13 {
			t.Errorf("%+v: by the gamma function %.17g", test, math.Exp(upper))
		}
	}
}

func TestCountQuantilesAreTheSmallestCountsWithTheirChance(t *testing.T) {
	for _, d := range []discrete{binomial{1, 0.01}, binomial{17, 0.3}, binomial{900, 0.999}, binomial{1e6, 2e-6}, binomial{5e3, 0.4},
		poisson{0.01}, poisson{3.3}, poisson{4e3}} {
		total := 0.0
		for r := max(0, math.Floor(d.mean()-12*d.deviation())); r <= min(d.most(), d.mean()+12*d.deviation()+40); r++ {
			total += d.mass(r)
		}
		if off(total, 1) > 1e-11 {
			t.Errorf("%+v: the chances of all counts add up to 1%+g", d, total-1)
		}
		for _, p := range []float64{0.001, 0.025, 0.5, 0.975, 0.999} {
			for _, z := range []float64{-3, 0, 3} { // wherever the walk begins
				r, chance := quantile(d, p, z)
				if math.Abs(chance-cumulative(d, r)) > 1e-13 || chance < p || cumulative(d, r-1) >= p {
					t.Errorf("%+v: quantile(%g) = %g, where the chance is %g", d, p, r, chance)
				}
			}
		}
	}
}
