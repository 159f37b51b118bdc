package plugins

import (
	"fmt"
	"math"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// Verify computes the charts of a question again, with the host's own copy of
// the arithmetic, and compares them to the last bit. It is the only place
// outside a sandbox where a chart is computed, and what it computes is thrown
// away. A difference is a fault of the plugin. Charts of kind custom are taken
// on their shape: nobody else knows their limits, and their page says so.
func Verify(release Release, q *wire.Request, charts []measures.Chart) error {
	fault := func(format string, args ...any) error {
		return &Fault{Digest: release.Digest, Kind: ErrFault, Manner: Untrue, Cause: "untrue answer: " + fmt.Sprintf(format, args...)}
	}
	again := recomputed{question: q, charts: map[measures.Kind]map[int]*measures.Chart{}}
	for i := range charts {
		c := &charts[i]
		if c.Kind == measures.Custom {
			continue
		}
		native, err := again.chart(c.Kind)
		if err != nil {
			return fault("a %s chart, where this host finds none: %v", c.Kind, err)
		}
		want := native[c.Series]
		if want == nil {
			return fault("a chart of series %d; there are %d", c.Series, len(q.Series))
		}
		if what := difference(c, want); what != "" {
			return fault("%s chart of series %d (%s): %s", c.Kind, c.Series, q.Series[c.Series].Organisation, what)
		}
	}
	return nil
}

// recomputed holds the host's own charts of one question, by kind and series.
type recomputed struct {
	question *wire.Request
	charts   map[measures.Kind]map[int]*measures.Chart
}

// chart gives the charts of one kind. What the question's own entry makes goes
// first: under its settings a second chart of each series may be asked for, such
// as the moving ranges beside an xmr chart.
func (r *recomputed) chart(kind measures.Kind) (map[int]*measures.Chart, error) {
	var entry measures.Kind
	if len(r.charts) == 0 && entry.UnmarshalText([]byte(r.question.Entry)) == nil && entry != kind {
		if err := r.compute(entry); err != nil {
			return nil, err
		}
	}
	if r.charts[kind] == nil {
		if err := r.compute(kind); err != nil {
			return nil, err
		}
	}
	return r.charts[kind], nil
}

func (r *recomputed) compute(kind measures.Kind) error {
	list, err := sdk.ComputeCharts(kind, r.question)
	if err != nil {
		return err
	}
	for i := range list {
		c := &list[i]
		if r.charts[c.Kind] == nil {
			r.charts[c.Kind] = map[int]*measures.Chart{}
		}
		r.charts[c.Kind][c.Series] = c
	}
	return nil
}

// difference says in what two charts differ, or nothing.
func difference(got, want *measures.Chart) string {
	if got.Rules != want.Rules || got.Direction != want.Direction {
		return fmt.Sprintf("made under rules %s and direction %s, asked for were %s and %s", got.Rules, got.Direction, want.Rules, want.Direction)
	}
	if got.Variation != want.Variation || got.Assurance != want.Assurance {
		return fmt.Sprintf("judged %s and %s, it is %s and %s", got.Variation, got.Assurance, want.Variation, want.Assurance)
	}
	if !same(got.Target, want.Target) {
		return fmt.Sprintf("its target is %v, asked for was %v", got.Target, want.Target)
	}
	if !same(got.Phi, want.Phi) || !same(got.Tau2, want.Tau2) {
		return fmt.Sprintf("its phi and tau2 are %v and %v, computed again %v and %v", got.Phi, got.Tau2, want.Phi, want.Tau2)
	}
	if got.Len() != want.Len() {
		return fmt.Sprintf("it has %d points, there are %d", got.Len(), want.Len())
	}
	columns := []struct {
		name      string
		got, want []float64
	}{
		{"y", got.Y, want.Y}, {"n", got.N, want.N}, {"centre", got.Centre, want.Centre},
		{"lower limit", got.Lower, want.Lower}, {"upper limit", got.Upper, want.Upper},
		{"near lower line", got.NearLower, want.NearLower}, {"near upper line", got.NearUpper, want.NearUpper},
		{"weighted mean", got.EWMA, want.EWMA}, {"upper cumulative sum", got.CusumHigh, want.CusumHigh},
		{"lower cumulative sum", got.CusumLow, want.CusumLow}, {"sum of expected less observed", got.VLAD, want.VLAD}, {"z", got.Z, want.Z},
	}
	for i := range got.X {
		if got.X[i] != want.X[i] {
			return fmt.Sprintf("point %d: x is %d, it should be %d", i, got.X[i], want.X[i])
		}
		for _, c := range columns {
			if a, b := at(c.got, i), at(c.want, i); !same(a, b) {
				return fmt.Sprintf("point %d: the %s is %v, computed again it is %v", i, c.name, a, b)
			}
		}
		if got.Phase[i] != want.Phase[i] || got.Signals[i] != want.Signals[i] || got.Causes[i] != want.Causes[i] {
			return fmt.Sprintf("point %d: phase %d, signals %q, cause %q; computed again: %d, %q, %q", i,
				got.Phase[i], got.Signals[i].Names(), got.Causes[i], want.Phase[i], want.Signals[i].Names(), want.Causes[i])
		}
	}
	if len(got.Phases) != len(want.Phases) {
		return fmt.Sprintf("it has statistics of %d phases, there are %d", len(got.Phases), len(want.Phases))
	}
	for i := range got.Phases {
		if got.Phases[i] != want.Phases[i] {
			return fmt.Sprintf("phase %d: statistics %+v, computed again %+v", i+1, got.Phases[i], want.Phases[i])
		}
	}
	return ""
}

// at reads a column that may be absent, which means missing throughout.
func at(column []float64, i int) float64 {
	if column == nil {
		return measures.Missing
	}
	return column[i]
}

// same compares to the last bit, except that missing equals missing: which of
// its many bit patterns a missing number has differs between processors.
func same(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || measures.IsMissing(a) && measures.IsMissing(b)
}
