package sharing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
)

const (
	// near is the likeness, of definition and behaviour together, from which a measure
	// is told that it exists already. Of the library's own measures no two reach it.
	near = 0.75
	// same is the agreement from which behaviour alone is enough, whatever the words.
	same = 0.98
	// told is how many signals there must be before their agreement says anything: two
	// quiet charts agree, whatever they are about.
	told = 12
)

// Twin is a measure that exists, seen beside a new one that reads the same dataset.
type Twin struct {
	New, Known *measures.Measure
	Definition float64 // likeness of inputs, words and units, from 0 to 1
	// Behaviour is what both said of the demonstration's figures, where there are any.
	Behaviour Behaviour
}

// behaves is the agreement of behaviour, where it says something.
func (t *Twin) behaves() (agreement float64, known bool) {
	if t.Behaviour.Signals.Of < told {
		return 0, false
	}
	return t.Behaviour.Agreement()
}

// Likeness is how much of the two is the same, from 0 to 1: half for how they are
// defined and half for what they say, or the first alone where nobody knows the other.
func (t *Twin) Likeness() float64 {
	if agreement, known := t.behaves(); known {
		return (t.Definition + agreement) / 2
	}
	return t.Definition
}

// Near reports whether the author should think of extending the other instead.
func (t *Twin) Near() bool {
	agreement, _ := t.behaves()
	return t.Likeness() >= near || agreement >= same
}

// TwinRule is the rule of findings that name a near twin.
const TwinRule = "twin"

// Bench is a sandbox in which releases are examined that nobody depends on yet.
type Bench interface {
	check.Box
	analysis.Sandbox
}

// Twins looks for measures that exist already under another name.
type Twins struct {
	Known func() []*measures.Measure
	// Release and Module give the plugin that computes a known measure.
	Release func(*measures.Measure) (plugins.Release, error)
	Module  func(plugins.Digest) ([]byte, error)
	// Figures gives what measures are tried on, which no policy guards: one series of
	// the measure's inputs an organisation. None is no error.
	Figures func(*measures.Measure) ([]measures.Series, error)
}

// Find looks at every measure that reads the same dataset as a new one, the most
// alike first. Those that the new one names as its family or as what it was derived
// from, and the version before it, are no twins. Module is nil for a release without code.
func (t *Twins) Find(ctx context.Context, box Bench, manifest *plugins.Manifest, module []byte) ([]Twin, error) {
	var found []Twin
	for i := range manifest.Measures {
		m := &manifest.Measures[i]
		mine, err := t.charted(ctx, box, m, manifest.ID, module)
		if err != nil {
			return nil, fmt.Errorf("try %s: %w", m.ID, err)
		}
		for _, known := range t.Known() {
			said := known.Family != "" && known.Family == m.Family || strings.HasSuffix(m.DerivedFrom, "/"+string(known.ID))
			if known.Dataset != m.Dataset || known.ID == m.ID || said {
				continue
			}
			twin := Twin{New: m, Known: known, Definition: check.Likeness(m, known)}
			if len(mine.Charts) > 0 {
				other, err := t.charted(ctx, box, known, "", nil)
				if err != nil {
					return nil, fmt.Errorf("try %s: %w", known.ID, err)
				}
				twin.Behaviour = Behave(mine, other)
			}
			found = append(found, twin)
		}
	}
	slices.SortStableFunc(found, func(a, b Twin) int {
		switch x, y := a.Likeness(), b.Likeness(); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return found, nil
}

// charted runs a measure on the figures there are. One that declines them, or goes
// wrong on them, has no charts: the check says so in its own place.
func (t *Twins) charted(ctx context.Context, box Bench, m *measures.Measure, own string, module []byte) (Charted, error) {
	series, err := t.Figures(m)
	if err != nil || len(series) == 0 {
		return Charted{Measure: m}, err
	}
	if m.Uses.Plugin != own || module == nil {
		known, err := t.Release(m)
		if err != nil {
			return Charted{Measure: m}, nil // the check says that its plugin is not here
		}
		if module, err = t.Module(known.Digest); err != nil {
			return Charted{}, err
		}
	}
	release, err := box.Install(ctx, module)
	if err != nil {
		return Charted{}, err
	}
	c, err := Chart(ctx, box, release, m, series)
	if errors.Is(err, plugins.ErrUnsuited) || errors.Is(err, plugins.ErrFault) {
		return Charted{Measure: m}, nil
	}
	return c, err
}

// shown is how many twins of one release are told of: the rest would say the same.
const shown = 3

// Examine tells of near twins as a step of a check. All of it is advice.
func (t *Twins) Examine(ctx context.Context, box Bench, manifest *plugins.Manifest, module []byte) (check.Step, error) {
	step := check.Step{Name: "It tells what no other measure tells already"}
	began := time.Now()
	twins, err := t.Find(ctx, box, manifest, module)
	if err != nil {
		return step, err
	}
	for i := range twins {
		if len(step.Findings) < shown && twins[i].Near() {
			step.Findings = append(step.Findings, twins[i].finding())
		}
	}
	step.Took = time.Since(began)
	step.Detail = fmt.Sprintf("held against %d that read the same datasets", len(twins))
	return step, nil
}

// finding puts a twin into words for its author.
func (t *Twin) finding() check.Finding {
	problem := fmt.Sprintf("measure %q is %.0f%% like %q (%s): extend that one instead? What they count and how they are described is %.0f%% alike",
		t.New.ID, 100*t.Likeness(), t.Known.ID, t.Known.Title, 100*t.Definition)
	if agreement, known := t.behaves(); known {
		b := t.Behaviour
		problem += fmt.Sprintf("; on the demonstration's figures of %d organisations they tell %.0f%% the same: %d of %d signals, and the same about the latest months at %d of %d",
			b.Organisations, 100*agreement, b.Signals.Same, b.Signals.Of, b.Variation.Same, b.Variation.Of)
		if b.Assurance.Of > 0 {
			problem += fmt.Sprintf(" and about the target at %d of %d", b.Assurance.Same, b.Assurance.Of)
		}
	} else {
		problem += "; the demonstration has too few figures of them to say whether they tell the same"
	}
	return check.Finding{Rule: TwinRule, Problem: problem + ".", Advice: true,
		Mend: "ask its author for what it lacks; or say in the problem what it does not answer; a variant names it as its family."}
}
