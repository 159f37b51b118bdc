package spc

import "github.com/signalbox-health/signalbox/measures"

// Missing has many bit patterns as a floating-point number, and which of them
// comes out of a sum differs between processors. So a missing number is never
// the result of arithmetic here: it is always written as measures.Missing.
//
// Every product that is added to something is written float64(a*b) in this
// package. Go may otherwise fuse the two into one rounding on some processors
// (arm64, s390x, amd64 at level v3) and not on others, WebAssembly among them,
// and the host could not check a plugin's limits to the last bit.

// work is one chart being made.
type work struct {
	in   Input
	p    Parameters
	book book
	c    measures.Chart
	err  error // what only the arithmetic of a phase can find wrong
	// sigma of each point, for the zone rules alone and where both of its lines
	// may be cut; else nil.
	sigma []float64
}

// span is one phase: the points from up to but not including to.
type span struct {
	from, to int
	baseline int // rows that make the limits, missing ones counted
}

// Compute charts one series. It is pure: the same input gives the same chart to
// the last bit on every machine, and nothing it returns is shared with the
// input. It returns ErrInput where the series or its settings make no sense, and
// ErrNotBuilt for kinds and rule sets of later versions.
//
// A point is missing where its value is, where a denominator is given and is
// missing or zero, and where its state says that there is none. Excluded points
// are drawn and checked against the limits; they count neither in statistics
// nor in runs, trends and shifts, all of which pass over them.
func Compute(in Input, p Parameters) (measures.Chart, error) {
	if err := check(&in, &p); err != nil {
		return measures.Chart{}, err
	}
	w := work{in: in, p: p, book: bookOf(p.Rules)}
	w.begin()
	phase := 0
	for s := w.next(0); s.from < s.to; s = w.next(s.to) {
		w.number(s, phase)
		w.lines(s)
		w.signals(s)
		w.c.Phases[phase] = w.runsTest(s)
		phase++
	}
	if w.err != nil {
		return measures.Chart{}, w.err
	}
	w.multiply()
	w.judge()
	w.advise()
	w.clamp()
	return w.c, nil
}

// lines fills centre and limits of one phase, each family in a file of its own.
func (w *work) lines(s span) {
	switch w.p.Kind {
	case measures.XmR:
		w.xmr(s)
	case measures.MR:
		w.mr(s)
	case measures.Run:
		w.run(s)
	case measures.P, measures.PPrime, measures.U, measures.UPrime:
		w.rates(s)
	case measures.C:
		w.counted(s)
	case measures.NP:
		w.countedOf(s)
	case measures.G:
		w.between(s)
	case measures.T:
		w.times(s)
	case measures.XBar:
		w.means(s)
	case measures.S:
		w.deviations(s)
	case measures.IPrime:
		w.weighted(s)
	case measures.Funnel:
		w.funnel(s)
	case measures.EWMA:
		w.ewma(s)
	case measures.CUSUM:
		w.cusum(s)
	case measures.Bernoulli:
		w.bernoulli(s)
	case measures.VLAD:
		w.vlad(s)
	}
	if w.few(s) {
		w.limits(s, measures.Missing, measures.Missing, measures.Missing, measures.Missing)
	}
}

// begin makes room for the chart and copies into it what is plotted.
func (w *work) begin() {
	phases := 0
	for s := w.next(0); s.from < s.to; s = w.next(s.to) {
		phases++
	}
	w.c = room(points(&w.in, w.p.Kind), phases)
	w.c.Kind, w.c.Rules, w.c.Direction = w.p.Kind, w.p.Rules, w.p.Direction
	w.c.XIsDate, w.c.Target = w.in.XIsDate, w.target()
	if w.cutsBoth() {
		w.sigma = make([]float64, w.c.Len())
	}
	if subgroups(w.p.Kind) {
		w.group()
		return
	}
	copy(w.c.X, w.in.X)
	copy(w.c.States, w.in.States)
	for i := range w.c.Y {
		y, d := measures.Missing, measures.Missing
		if w.in.N != nil && !measures.IsMissing(w.in.N[i]) && w.c.States[i] != measures.Suppressed {
			d = w.in.N[i]
		}
		if w.present(i) {
			y = w.in.Y[i]
			if w.in.N != nil && plotsRatio(w.p.Kind) {
				y /= d
			}
		}
		w.c.Y[i], w.c.N[i] = y, d
	}
}

// plotsRatio reports whether a kind plots numerators over denominators where it
// is given both. The others plot what they are given.
func plotsRatio(kind measures.Kind) bool {
	switch kind {
	case measures.NP, measures.Funnel, measures.Bernoulli, measures.VLAD:
		return false
	}
	return true
}

// next finds the phase that begins at a point. A phase begins at the first
// point at or after its start; one that meets no point before the next begins
// has none; points before the first phase are a phase of their own.
func (w *work) next(from int) span {
	x, s := w.in.X, span{from: from, to: len(w.in.X)}
	if from == len(x) {
		return s
	}
	for _, phase := range w.in.Phases {
		if int32(phase.Start) <= x[from] {
			s.baseline = phase.Baseline
			continue
		}
		to := from + 1
		for to < len(x) && x[to] < int32(phase.Start) {
			to++
		}
		s.to = to
		break
	}
	return s
}

// base is the part of a phase that makes its limits.
func (s span) base() span {
	if s.baseline > 0 && s.from+s.baseline < s.to {
		s.to = s.from + s.baseline
	}
	return s
}

func (w *work) number(s span, phase int) {
	for i := s.from; i < s.to; i++ {
		w.c.Phase[i] = int32(phase + 1)
	}
}

// counts reports whether a point counts in statistics and runs, if it is there.
func (w *work) counts(i int) bool { return w.c.States[i] != measures.Excluded }

// few reports whether a phase has too few measured points to be shown limits.
// Ranges are counted as the values they come from.
func (w *work) few(s span) bool {
	return w.p.Minimum > 0 && w.measured(s) < w.p.Minimum
}

// measured counts the points of a phase that were measured and not excluded.
func (w *work) measured(s span) int {
	n := 0
	for i := s.from; i < s.to; i++ {
		if w.counts(i) && w.present(i) {
			n++
		}
	}
	return n
}

// present reports whether a value was measured at a point. A range may be
// missing where the value it belongs to is not.
func (w *work) present(i int) bool {
	if s := w.c.States[i]; s == measures.NotMeasured || s == measures.Suppressed {
		return false
	}
	if d := w.in.N; d != nil && !(d[i] > 0) {
		return false
	}
	return !measures.IsMissing(w.in.Y[i])
}

// multiply turns the chart into plotted units, after all statistics and rules.
func (w *work) multiply() {
	by := w.p.Multiply
	if by == 1 {
		return
	}
	c := &w.c
	columns := [...][]float64{c.Y, c.Centre, c.EWMA, c.Lower, c.Upper, c.NearLower, c.NearUpper}
	units := columns[:]
	if w.p.Kind == measures.CUSUM {
		units = columns[:2] // its limits are standard deviations
	}
	for _, column := range units {
		for i, v := range column {
			if !measures.IsMissing(v) {
				column[i] = v * by
			}
		}
	}
}

// given is the centre given from outside in the units of the statistics, or Missing.
func (w *work) given() float64 {
	if measures.IsMissing(w.p.Centre) {
		return measures.Missing
	}
	return w.p.Centre / w.p.Multiply
}
