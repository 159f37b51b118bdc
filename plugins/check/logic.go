package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

const logicRule = "logic"

// logic holds a measure against those that others know. Charts of years, at many
// trusts, go by the id of a measure, so what is counted never changes under it: other
// logic is a new measure, which says what it was derived from. A measure that nobody
// defined, because it was derived from the columns of a dataset, binds nobody.
func (c *checking) logic(s *Step, m *measures.Measure) {
	for _, known := range c.o.Known {
		if known.AuthoredBy == "" {
			continue
		}
		changed := m.Changed(known)
		switch {
		case known.ID == m.ID && changed != "":
			s.find(Finding{logicRule, fmt.Sprintf("measure %q exists already, and others know another %s under this id.", m.ID, changed),
				fmt.Sprintf("give yours an id of its own, and set derived_from to %q. Words, targets, strata and the way it is drawn may change under the same id.", c.ownerOf(known)+"/"+string(known.ID)), false})
			return
		case derivedFrom(m, known) && changed == "":
			s.find(Finding{logicRule, fmt.Sprintf("measure %q says that it is derived from %q and counts just the same.", m.ID, known.ID),
				fmt.Sprintf("if it is only told or drawn another way, take derived_from out and set family to %q.", known.ID), true})
			return
		}
	}
}

func derivedFrom(m, known *measures.Measure) bool {
	return strings.HasSuffix(m.DerivedFrom, "/"+string(known.ID))
}

// ownerOf names the plugin that brings a measure, as far as anybody knows it here.
func (c *checking) ownerOf(known *measures.Measure) string {
	for _, r := range c.o.Libraries {
		if slices.ContainsFunc(r.Manifest.Measures, func(m measures.Measure) bool { return m.ID == known.ID }) {
			return r.Manifest.ID
		}
	}
	return "the-plugin-that-brings-it"
}
