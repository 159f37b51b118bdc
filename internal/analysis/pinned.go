package analysis

import (
	"fmt"
	"maps"
	"slices"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// MeasureAt finds a measure as one organisation has it: as the release that it has
// pinned defines it, with its layers laid on, or as it comes with the program.
func (c *Catalogue) MeasureAt(id measures.MeasureID, ods measures.ODSCode) (*Definition, error) {
	return c.find(id, &c.pinnedAt(ods).laid)
}

// MeasuresAt lists the measures that one organisation has: those that come with the
// program in their order, each replaced where the organisation has pinned another
// definition of it, then those that it has adopted besides. A dataset that an
// adopted measure reads needs none derived from it.
func (c *Catalogue) MeasuresAt(ods measures.ODSCode) []*Definition {
	return c.with(&c.pinnedAt(ods).laid)
}

// MeasureOfAll finds a measure for comparing all organisations: as the reader's own
// has pinned it, without what is laid over it there but the names of datasets,
// because a local target is none for others.
func (c *Catalogue) MeasureOfAll(id measures.MeasureID, reader measures.ODSCode) (*Definition, error) {
	return c.find(id, &c.pinnedAt(reader).plain)
}

// MeasuresOfAll lists the measures that a reader of an organisation can compare all
// organisations in.
func (c *Catalogue) MeasuresOfAll(reader measures.ODSCode) []*Definition {
	return c.with(&c.pinnedAt(reader).plain)
}

// MeasureFor finds a measure as a reader of an organisation sees it at another, or at
// all of them.
func (c *Catalogue) MeasureFor(id measures.MeasureID, ods, reader measures.ODSCode) (*Definition, error) {
	if ods == policy.Everyone {
		return c.MeasureOfAll(id, reader)
	}
	return c.MeasureAt(id, ods)
}

// asked finds the measure of a question.
func (c *Catalogue) asked(q *Question) (*Definition, error) {
	if q.Preview != nil {
		return c.preview(q.Preview, q.Measure)
	}
	return c.MeasureFor(q.Measure, q.Organisation, q.Actor.ODS)
}

func (c *Catalogue) pinnedAt(ods measures.ODSCode) *pinned {
	if p := c.loaded.Load().pins.at[ods]; p != nil {
		return p
	}
	return &pinned{}
}

// find looks among what is pinned, and then among what everybody has.
func (c *Catalogue) find(id measures.MeasureID, own *bookcase) (*Definition, error) {
	d := own.byID[id]
	if d == nil {
		d = c.loaded.Load().measures[id]
	}
	if d == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoMeasure, id)
	}
	return d, d.problem
}

// with lists what everybody has, and what is pinned.
func (c *Catalogue) with(own *bookcase) []*Definition {
	s := c.loaded.Load()
	list := make([]*Definition, 0, len(s.order)+len(own.order))
	read := map[measures.DatasetID]bool{}
	for _, d := range own.order {
		read[d.Dataset] = true
	}
	for _, d := range s.order {
		switch pinned := own.byID[d.ID]; {
		case pinned != nil:
			list = append(list, pinned)
		case !s.derived[d.ID] || !read[d.Dataset]:
			list = append(list, d)
		}
	}
	for _, d := range own.order {
		if s.measures[d.ID] == nil {
			list = append(list, d)
		}
	}
	return list
}

// Everywhere lists every definition that is charted by anybody here: those that come
// with the program, and then those that organisations have adopted, laid out as they
// have them, in order of their codes.
func (c *Catalogue) Everywhere() []*Definition {
	s := c.loaded.Load()
	list := slices.Clone(s.order)
	for _, code := range slices.Sorted(maps.Keys(s.pins.at)) {
		list = append(list, s.pins.at[code].laid.order...)
	}
	return list
}

// Known lists the measures whose ids are taken: those that come with the program, and
// those of every release kept here that was ever published. One that is still on its
// way binds nobody.
func (c *Catalogue) Known() []*measures.Measure {
	list := c.Measures()
	kept := c.loaded.Load().pins.kept
	for _, digest := range slices.Sorted(maps.Keys(kept)) {
		switch k := kept[digest]; k.State {
		case postgres.Published, postgres.Deprecated, postgres.Withdrawn:
			for i := range k.Manifest.Measures {
				list = append(list, &k.Manifest.Measures[i])
			}
		}
	}
	return list
}

// Named finds a measure to name it: as it comes with the program, as anybody here has
// adopted it, or as a release has it that nobody runs yet. What an organisation has
// laid over it does not show.
func (c *Catalogue) Named(id measures.MeasureID) (*Definition, error) {
	s := c.loaded.Load()
	if d := s.measures[id]; d != nil {
		return d, nil
	}
	for _, code := range slices.Sorted(maps.Keys(s.pins.at)) {
		if d := s.pins.at[code].laid.byID[id]; d != nil {
			return c.core(d.Kept, id), nil
		}
	}
	for _, digest := range slices.Sorted(maps.Keys(s.pins.kept)) {
		if kept := s.pins.kept[digest]; kept.Offered() && c.core(kept, id) != nil {
			return c.core(kept, id), nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrNoMeasure, id)
}

// core is the definition of a measure as its release has it; nil where it has none.
func (c *Catalogue) core(kept *Kept, id measures.MeasureID) *Definition {
	i := slices.IndexFunc(kept.Manifest.Measures, func(m measures.Measure) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return c.define(kept, i, postgres.Layers{}, nil)
}
