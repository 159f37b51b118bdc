package sharing

import (
	"maps"
	"slices"

	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// Need is a dataset that a release computes from, and what an organisation has in
// its place.
type Need struct {
	Dataset measures.DatasetID // as the release names it
	Columns []string           // that are read of it
	// Stratifiers are those without which the release has nothing to read.
	Stratifiers []string
	Grain       measures.Grain
	Measures    []measures.MeasureID // that need it
	MixOnly     bool                 // they can be charted without it; only the mix check reads it
	Uses        measures.DatasetID   // what is read in its place; empty: nothing
	Title       string               // of what is read, or of what is lacking where anybody has described it
	Coverage    postgres.Coverage    // of what is read
	Lacks       []string             // columns and stratifiers that it does not have
	// Fits are the organisation's datasets of other names that could be read in its
	// place: they have what is needed.
	Fits []Fit
}

// Fit is a dataset that an organisation has, and from when to when.
type Fit struct {
	measures.Dataset
	Coverage postgres.Coverage
}

// Met reports whether there is something to compute from.
func (n *Need) Met() bool { return n.Uses != "" && len(n.Lacks) == 0 }

// needsOf lists what the measures of a release are computed from, in order of the
// names of the datasets.
func needsOf(m *plugins.Manifest) []Need {
	needs := map[measures.DatasetID]*Need{}
	want := func(of *measures.Measure, id measures.DatasetID, columns []string, stratifiers ...string) {
		n := needs[id]
		if n == nil {
			n = &Need{Dataset: id, Grain: of.Grain, MixOnly: true}
			needs[id] = n
		}
		n.Columns = append(n.Columns, columns...)
		n.Stratifiers = append(n.Stratifiers, stratifiers...)
		n.Measures = append(n.Measures, of.ID)
		n.MixOnly = n.MixOnly && id != of.Dataset
	}
	for i := range m.Measures {
		of := &m.Measures[i]
		want(of, of.Dataset, of.Columns())
		if of.Part != nil {
			want(of, of.Dataset, nil, of.Part.Stratifier)
		}
		if x := of.Mix; x != nil && x.Stratifier == "" {
			for _, s := range x.Strata {
				want(of, x.Dataset, measures.ColumnsOf([]measures.Input{s.Numerator, s.Denominator}))
			}
		}
	}
	list := make([]Need, 0, len(needs))
	for _, id := range slices.Sorted(maps.Keys(needs)) {
		n := needs[id]
		n.Columns, n.Stratifiers, n.Measures = unique(n.Columns), unique(n.Stratifiers), unique(n.Measures)
		list = append(list, *n)
	}
	return list
}

func unique[T ~string](list []T) []T {
	slices.Sort(list)
	return slices.Compact(list)
}

// lacks says what a dataset does not have of what is needed.
func (n *Need) lacks(d *measures.Dataset) []string {
	lacks := []string{}
	for _, name := range n.Columns {
		if !slices.ContainsFunc(d.Columns, func(c measures.Column) bool { return c.Name == name }) {
			lacks = append(lacks, name)
		}
	}
	for _, name := range n.Stratifiers {
		if !slices.Contains(d.Stratifiers, name) {
			lacks = append(lacks, name)
		}
	}
	if d.Grain != n.Grain {
		lacks = append(lacks, "figures of each "+string(n.Grain))
	}
	return lacks
}

// meet finds what an organisation has in the place of what is needed: what it chose,
// else the dataset of that name, else the only other one that fits. Where several
// fit, a person says which: columns of the same name may count different things.
func (n *Need) meet(has []Fit, chosen measures.DatasetID) {
	n.Uses, n.Lacks, n.Fits = "", nil, nil
	for _, f := range has {
		if f.ID != n.Dataset && len(n.lacks(&f.Dataset)) == 0 {
			n.Fits = append(n.Fits, f)
		}
	}
	wanted := chosen
	switch same := slices.ContainsFunc(has, func(f Fit) bool { return f.ID == n.Dataset }); {
	case wanted != "":
	case same:
		wanted = n.Dataset
	case len(n.Fits) == 1:
		wanted = n.Fits[0].ID
	}
	for _, f := range has {
		if f.ID == wanted {
			n.Uses, n.Title, n.Coverage, n.Lacks = f.ID, f.Title, f.Coverage, n.lacks(&f.Dataset)
		}
	}
}
