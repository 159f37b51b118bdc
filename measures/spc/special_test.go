package spc

import (
	"math"
	"testing"
)

// Values to 17 figures, from an arithmetic of 60 figures; quantiles agree with
// Abramowitz and Stegun, tables 26.5 to 26.8.
func TestElementaryFunctionsAgreeWithPackageMath(t *testing.T) {
	for i := -4000; i <= 4000; i++ {
		x := float64(i) * 0.17431
		if got, want := exp(x), math.Exp(x); !near(got, want, 1e-15) && want > 1e-300 {
			t.Fatalf("exp(%g) = %.17g, want %.17g", x, got, want)
		}
		v := math.Exp(x)
		if got, want := log(v), math.Log(v); v > 0 && !math.IsInf(v, 1) && !near(got, want, 1e-15) {
			t.Fatalf("log(%g) = %.17g, want %.17g", v, got, want)
		}
		u := math.Exp(-math.Abs(x)) * 0.999
		for _, u := range []float64{u, -u, u * 3} {
			if got, want := log1p(u), math.Log1p(u); math.Abs(got-want) > 1e-15*math.Abs(want) {
				t.Fatalf("log1p(%g) = %.17g, want %.17g", u, got, want)
			}
		}
		p := float64(i+4000) / 8000
		if got, want := arcsineRoot(p), math.Asin(math.Sqrt(p)); !near(got, want, 1e-15) {
			t.Fatalf("arcsineRoot(%g) = %.17g, want %.17g", p, got, want)
		}
		if got := squaredSine(arcsineRoot(p)); !near(got, p, 1e-15) {
			t.Fatalf("squaredSine(arcsineRoot(%g)) = %.17g", p, got)
		}
	}
}
