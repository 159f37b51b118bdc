package analysis

import (
	"fmt"

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

// asked finds the measure of a question.
func (c *Catalogue) asked(q *Question) (*Definition, error) {
	switch {
	case q.Preview != nil:
		return c.preview(q.Preview, q.Measure)
	case q.Organisation == policy.Everyone:
		return c.MeasureOfAll(q.Measure, q.Actor.ODS)
	}
	return c.MeasureAt(q.Measure, q.Organisation)
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
