package sharing

import (
	"context"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// Behaviour is how far two measures say the same of the same figures. Words can
// be changed; what a chart tells its reader cannot, without being another measure.
type Behaviour struct {
	Organisations int // whose figures both have charted
	// Signals counts what the rules found: a rule at a period of an organisation.
	// Quiet points do not count, or any two measures would agree on most.
	Signals Share
	// Variation counts organisations of which either chart has something to say at its
	// end; Assurance those where both have a target to say it about.
	Variation, Assurance Share
}

// Share is how many of some are the same.
type Share struct{ Same, Of int }

func (s *Share) count(same bool) {
	s.Of++
	if same {
		s.Same++
	}
}

// The weights of an agreement. Signals are what a reader acts on, and there are
// many of them; of the other two there is one a chart.
const (
	signalWeight = 2
	iconWeight   = 1
)

// Agreement is how much two measures say alike, from 0 to 1. It is not known where
// neither has anything to say.
func (b Behaviour) Agreement() (agreement float64, known bool) {
	sum, weights := 0.0, 0.0
	for _, part := range []struct {
		share  Share
		weight float64
	}{{b.Signals, signalWeight}, {b.Variation, iconWeight}, {b.Assurance, iconWeight}} {
		if part.share.Of > 0 {
			sum += part.weight * float64(part.share.Same) / float64(part.share.Of)
			weights += part.weight
		}
	}
	if weights == 0 {
		return 0, false
	}
	return sum / weights, true
}

// Charted is a measure and its charts of some organisations.
type Charted struct {
	Measure *measures.Measure
	Charts  []analysis.Chart
}

// Chart runs a measure on figures that no policy guards, see analysis.Sketch.
func Chart(ctx context.Context, box analysis.Sandbox, release plugins.Release, m *measures.Measure, series []measures.Series) (Charted, error) {
	charts, err := analysis.Sketch(ctx, box, release, m, series, false)
	return Charted{Measure: m, Charts: charts}, err
}

// Behave holds the charts of two measures against each other, for the organisations
// and periods that both have. Where both have a wanted direction, what counts is
// whether things get better or worse: the share of people who were late says the
// same as the share of those who were not.
func Behave(a, b Charted) Behaviour {
	found := Behaviour{}
	turned := a.Measure.Direction != measures.Neutral && b.Measure.Direction != measures.Neutral && a.Measure.Direction != b.Measure.Direction
	others := map[measures.ODSCode]*measures.Chart{}
	for i := range b.Charts {
		others[b.Charts[i].Organisation] = &b.Charts[i].Chart
	}
	for i := range a.Charts {
		one := &a.Charts[i].Chart
		other := others[a.Charts[i].Organisation]
		if other == nil {
			continue
		}
		found.Organisations++
		found.signals(one, other, turned)
		if one.Variation != measures.VariationEmpty || other.Variation != measures.VariationEmpty {
			found.Variation.count(sense(one.Variation, turned) == sense(other.Variation, turned))
		}
		if one.Assurance != measures.AssuranceEmpty && other.Assurance != measures.AssuranceEmpty {
			found.Assurance.count(one.Assurance == other.Assurance)
		}
	}
	return found
}

// signals compares point by point what the rules found.
func (b *Behaviour) signals(one, other *measures.Chart, turned bool) {
	at := map[int32]int{}
	for i, x := range other.X {
		at[x] = i
	}
	for i, x := range one.X {
		j, there := at[x]
		if !there {
			continue
		}
		theirs := other.Signals[j]
		if turned {
			theirs = mirrored(theirs)
		}
		for bit := measures.Signals(1); bit <= measures.AllSignals && bit != 0; bit <<= 1 {
			if mine, its := one.Signals[i]&bit != 0, theirs&bit != 0; mine || its {
				b.Signals.count(mine && its)
			}
		}
	}
}

// The rules that come in pairs, of which one looks up and its neighbour down.
const (
	upward   = measures.OutsideUpper | measures.TrendIncreasing | measures.TwoInThreeAbove | measures.ShiftAbove
	downward = measures.OutsideLower | measures.TrendDecreasing | measures.TwoInThreeBelow | measures.ShiftBelow
)

// mirrored are the signals of a chart seen upside down.
func mirrored(s measures.Signals) measures.Signals {
	return s&^(upward|downward) | s&upward<<1 | s&downward>>1
}

// sense is a variation without its side, where the sides are turned.
func sense(v measures.Variation, turned bool) measures.Variation {
	switch {
	case turned && v == measures.ImprovementLow:
		return measures.ImprovementHigh
	case turned && v == measures.ConcernLow:
		return measures.ConcernHigh
	}
	return v
}
