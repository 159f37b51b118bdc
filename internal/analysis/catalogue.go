package analysis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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
	writing sync.Mutex // of loaded: one part of it must not undo another
}

type shelves struct {
	measures map[measures.MeasureID]*Definition // that everybody has
	datasets map[measures.DatasetID]measures.Dataset
	order    []*Definition
	derived  map[measures.MeasureID]bool // from a dataset, because nobody has defined it
	pins     *pins
}

// NewCatalogue makes a catalogue that knows the library, and no dataset until
// Refresh is called.
func NewCatalogue(library Library) *Catalogue {
	c := &Catalogue{library: library}
	c.loaded.Store(c.shelve(nil, &pins{}))
	return c
}

// Refresh takes notice of the datasets that there are now.
func (c *Catalogue) Refresh(ctx context.Context, data Datasets) error {
	datasets, err := data.Datasets(ctx)
	if err != nil {
		return fmt.Errorf("datasets for the catalogue: %w", err)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	c.loaded.Store(c.shelve(datasets, c.loaded.Load().pins))
	return nil
}

// Share takes notice of the releases that are kept now, and of who runs them.
func (c *Catalogue) Share(shared Shared) error {
	pins, err := c.pin(shared)
	if err != nil {
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	s := *c.loaded.Load()
	s.pins = pins
	c.loaded.Store(&s)
	return nil
}

func (c *Catalogue) shelve(datasets []measures.Dataset, pins *pins) *shelves {
	s := &shelves{measures: map[measures.MeasureID]*Definition{}, datasets: map[measures.DatasetID]measures.Dataset{},
		derived: map[measures.MeasureID]bool{}, pins: pins}
	used := map[measures.DatasetID]bool{}
	for _, m := range c.library.Measures() {
		s.add(c.shipped(m))
		used[m.Dataset] = true
	}
	for _, d := range datasets {
		s.datasets[d.ID] = d
		if used[d.ID] {
			continue
		}
		if m := derive(d); m != nil && s.measures[m.ID] == nil {
			s.add(c.shipped(m))
			s.derived[m.ID] = true
		}
	}
	return s
}

func (s *shelves) add(d *Definition) {
	s.measures[d.ID] = d
	s.order = append(s.order, d)
}

// shipped is the definition of a measure that everybody has.
func (c *Catalogue) shipped(m *measures.Measure) *Definition {
	release, err := c.Release(m)
	return &Definition{Measure: m, Core: m, Release: release, Computes: release, problem: err}
}

// Measure finds a measure that everybody has, by its name. MeasureAt finds it as one
// organisation has it.
func (c *Catalogue) Measure(id measures.MeasureID) (*measures.Measure, error) {
	if d := c.loaded.Load().measures[id]; d != nil {
		return d.Measure, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrNoMeasure, id)
}

// Dataset finds a dataset by its name. A measure may be defined long before
// its data arrive, so a dataset can be absent.
func (c *Catalogue) Dataset(id measures.DatasetID) (measures.Dataset, bool) {
	d, ok := c.loaded.Load().datasets[id]
	return d, ok
}

// Measures lists every measure that everybody has: the library's in its order, then
// those derived from datasets.
func (c *Catalogue) Measures() []*measures.Measure {
	var list []*measures.Measure
	for _, d := range c.loaded.Load().order {
		list = append(list, d.Measure)
	}
	return list
}

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
