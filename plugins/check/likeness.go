package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// near is the likeness from which a measure is told that it exists already.
const near = 0.75

// likeness looks for measures that are already there under another name. It is
// advice: sometimes a second definition is wanted.
func (c *checking) likeness(s *Step) {
	for i := range c.release.Manifest.Measures {
		m := &c.release.Manifest.Measures[i]
		var closest *measures.Measure
		best := 0.0
		for _, known := range c.o.Known {
			if known.ID == m.ID || known.Family != "" && known.Family == m.Family || derivedFrom(m, known) {
				continue
			}
			if l := Likeness(m, known); l > best {
				closest, best = known, l
			}
		}
		if best >= near {
			s.find(Finding{"likeness", fmt.Sprintf("measure %q is %.0f%% like %q (%s).", m.ID, 100*best, closest.ID, closest.Title),
				"extend that one, or say in the problem what it does not answer; a variant names it as its family, and one with other logic sets derived_from.", true})
		}
	}
}

// Likeness is how much of two measures is the same, from 0 to 1: half for what
// they are computed from (dataset and columns), a third for the words of their
// definitions, the rest for unit and direction.
func Likeness(a, b *measures.Measure) float64 {
	from := 0.0
	if a.Dataset == b.Dataset {
		from = shared(a.Columns(), b.Columns())
	}
	words := shared(wordsOf(a), wordsOf(b))
	ways := 0.0
	if a.Direction == b.Direction {
		ways += 0.5
	}
	if a.Unit.Multiply == b.Unit.Multiply {
		ways += 0.5
	}
	return from/2 + words/3 + ways/6
}

// shared is the part of two sets that is in both (Jaccard).
func shared(a, b []string) float64 {
	both := 0
	for _, x := range a {
		if slices.Contains(b, x) {
			both++
		}
	}
	if all := len(a) + len(b) - both; all > 0 {
		return float64(both) / float64(all)
	}
	return 0
}

// wordsOf are the words of a definition that carry meaning.
func wordsOf(m *measures.Measure) []string {
	var list []string
	for _, word := range strings.FieldsFunc(strings.ToLower(m.Title+" "+m.Numerator+" "+m.Denominator), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	}) {
		if len(word) > 3 && !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	return list
}
