package analysis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// ErrNoMeasure says that nobody has defined the measure that was asked for.
var ErrNoMeasure = errors.New("no such measure")

// Library knows the plugins and measures that this installation ships.
type Library interface {
	Measures() []*measures.Measure
	Release(plugin string) (plugins.Release, bool)
}

// Datasets knows the datasets that this installation holds.
type Datasets interface {
	Datasets(context.Context) ([]measures.Dataset, error)
}

// Catalogue is every measure that can be asked for: the library's own, and one
// derived for each dataset that somebody loaded without a definition, so that
// a column of figures gives a chart before anybody writes a manifest.
type Catalogue struct {
	library Library
	loaded  atomic.Pointer[shelves]
}

type shelves struct {
	measures map[measures.MeasureID]*measures.Measure
	datasets map[measures.DatasetID]measures.Dataset
	order    []*measures.Measure
}

// NewCatalogue makes a catalogue that knows the library, and no dataset until
// Refresh is called.
func NewCatalogue(library Library) *Catalogue {
	c := &Catalogue{library: library}
	c.shelve(nil)
	return c
}

// Refresh takes notice of the datasets that there are now.
func (c *Catalogue) Refresh(ctx context.Context, data Datasets) error {
	datasets, err := data.Datasets(ctx)
	if err != nil {
		return fmt.Errorf("datasets for the catalogue: %w", err)
	}
	c.shelve(datasets)
	return nil
}

func (c *Catalogue) shelve(datasets []measures.Dataset) {
	s := &shelves{measures: map[measures.MeasureID]*measures.Measure{}, datasets: map[measures.DatasetID]measures.Dataset{}}
	used := map[measures.DatasetID]bool{}
	for _, m := range c.library.Measures() {
		s.measures[m.ID] = m
		s.order = append(s.order, m)
		used[m.Dataset] = true
	}
	for _, d := range datasets {
		s.datasets[d.ID] = d
		if used[d.ID] {
			continue
		}
		if m := derive(d); m != nil && s.measures[m.ID] == nil {
			s.measures[m.ID] = m
			s.order = append(s.order, m)
		}
	}
	c.loaded.Store(s)
}

// Measure finds a measure by its name.
func (c *Catalogue) Measure(id measures.MeasureID) (*measures.Measure, error) {
	if m := c.loaded.Load().measures[id]; m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrNoMeasure, id)
}

// Dataset finds a dataset by its name. A measure may be defined long before
// its data arrive, so a dataset can be absent.
func (c *Catalogue) Dataset(id measures.DatasetID) (measures.Dataset, bool) {
	d, ok := c.loaded.Load().datasets[id]
	return d, ok
}

// Measures lists every measure: the library's in its order, then those derived
// from datasets.
func (c *Catalogue) Measures() []*measures.Measure { return slices.Clone(c.loaded.Load().order) }

// Release is the plugin release that computes a measure.
func (c *Catalogue) Release(m *measures.Measure) (plugins.Release, error) {
	release, ok := c.library.Release(m.Uses.Plugin)
	if !ok {
		return plugins.Release{}, fmt.Errorf("measure %s: no plugin %q is installed", m.ID, m.Uses.Plugin)
	}
	return release, nil
}

// derive makes the measure of a dataset that has none: its value, or its
// numerator over its denominator as a percentage, with no judgement of which
// way is better, because nobody has said.
func derive(d measures.Dataset) *measures.Measure {
	roles := map[string]string{}
	for _, column := range d.Columns {
		if _, taken := roles[column.Role]; !taken {
			roles[column.Role] = column.Name
		}
	}
	m := &measures.Measure{
		ID:        measures.MeasureID(strings.ReplaceAll(string(d.ID), "_", "-")),
		Title:     d.Title,
		Dataset:   d.ID,
		Grain:     d.Grain,
		Type:      "outcome",
		Uses:      measures.Uses{Plugin: "spc", Entry: "xmr"},
		Rules:     measures.MDC,
		Direction: measures.Neutral,
		Unit:      measures.Unit{Multiply: 1, Decimals: 1},
	}
	m.Family, m.Stratifiers = m.ID, slices.Clone(d.Stratifiers)
	switch {
	case roles["numerator"] != "" && roles["denominator"] != "":
		m.Inputs = []measures.Input{{Name: "numerator", Plus: []string{roles["numerator"]}}, {Name: "denominator", Plus: []string{roles["denominator"]}}}
		m.Unit = measures.Unit{Multiply: 100, Symbol: "%", Decimals: 1}
		if d.Additive && len(d.Stratifiers) > 0 { // the whole is the sum of these strata
			m.Mix = &measures.Mix{Of: d.Stratifiers[0], Stratifier: d.Stratifiers[0]}
		}
	case roles["value"] != "":
		m.Inputs = []measures.Input{{Name: "numerator", Plus: []string{roles["value"]}}}
	case roles["numerator"] != "":
		m.Inputs = []measures.Input{{Name: "numerator", Plus: []string{roles["numerator"]}}}
	default:
		return nil
	}
	return m
}
