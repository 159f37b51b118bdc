package words

import "math"

// How often chance alone does what a rule looks for, when nothing changes and
// points are independent. Rules about sides take each side as a throw of a coin;
// rules about limits and zones take values as bell-shaped, which counts and
// times between events are only roughly.

// beyondSigma is the share of points so many sigma or more above their mean.
func beyondSigma(sigma float64) float64 { return math.Erfc(sigma/math.Sqrt2) / 2 }

// sameSide is the share of stretches of n points that lie on one side, either.
func sameSide(n int) float64 { return math.Ldexp(1, 1-n) }

// monotone is the share of stretches of n points that only rise or only fall.
func monotone(n int) float64 { return 2 / math.Gamma(float64(n)+1) }

// most is the chance that at least k of n points lie where one does with chance p.
func most(k, n int, p float64) float64 {
	sum := 0.0
	for ; k <= n; k++ {
		sum += choose(n, k) * math.Pow(p, float64(k)) * math.Pow(1-p, float64(n-k))
	}
	return sum
}

func choose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(a - b - c)
}

// twoOfThreeOneSide is the share of threes, all on one side of the mean, of
// which two or more lie beyond two sigma.
func twoOfThreeOneSide() float64 {
	p := beyondSigma(2)
	return 2 * (3*p*p*(0.5-p) + p*p*p)
}

// alternating is the share of stretches of n points that go up and down in
// turn: twice Euler's zigzag number over n factorial (André 1879). The numbers
// come from Entringer's triangle, each row the running sums of the one before
// it backwards.
func alternating(n int) float64 {
	row := []float64{1}
	for k := 1; k <= n; k++ {
		next := make([]float64, k+1)
		for i := 1; i <= k; i++ {
			next[i] = next[i-1] + row[k-i]
		}
		row = next
	}
	return 2 * row[n] / math.Gamma(float64(n)+1)
}

// mixed is the share of stretches of eight points that all lie beyond one sigma,
// on both sides.
func mixed() float64 {
	p := beyondSigma(1)
	return math.Pow(2*p, 8) - 2*math.Pow(p, 8)
}

// longerRun is the chance that the longest run of n points, each on either side
// like a coin, is longer than most.
func longerRun(n, longest int) float64 {
	if n <= longest {
		return 0
	}
	now := make([]float64, longest+2) // by length of the current run, all runs so far allowed
	now[1] = 1
	for range n - 1 {
		all := 0.0
		for length := longest; length >= 1; length-- {
			all += now[length]
			now[length+1] = now[length] / 2
		}
		now[longest+1], now[1] = 0, all/2
	}
	within := 0.0
	for _, p := range now {
		within += p
	}
	return 1 - within
}

// fewerCrossings is the chance that n points cross the centre less often than
// fewest: each step crosses like a coin (Chen 2010).
func fewerCrossings(n, fewest int) float64 { return 1 - most(fewest, n-1, 0.5) }

// cusumLength is how many points pass on average before a pair of cumulative
// sums gives a false alarm: Siegmund's approximation (1985; Montgomery,
// Introduction to Statistical Quality Control, 9.1), allowance k and decision
// limit h in sd.
func cusumLength(k, h float64) float64 {
	b := h + 1.166
	one := (math.Exp(2*k*b) - 2*k*b - 1) / (2 * k * k)
	return one / 2
}

// oneIn is "one in 370": two digits are all that such a number can bear.
func oneIn(p float64) string { return "one in " + Number(twoDigits(1/p), 0) }

// exactlyOneIn is oneIn for shares that are known exactly.
func exactlyOneIn(p float64) string { return "one in " + Number(1/p, 0) }

// twoDigits rounds to two digits, or to a whole number where there are fewer.
func twoDigits(v float64) float64 {
	size := max(1, math.Pow(10, math.Floor(math.Log10(v))-1))
	return math.Round(v/size) * size
}

// inHundred is "in 4 of 100", for what happens once a chart.
func inHundred(p float64) string {
	switch n := math.Round(100 * p); {
	case n < 1:
		return "in fewer than one of 100"
	default:
		return "in about " + inWords(int(n)) + " of 100"
	}
}
