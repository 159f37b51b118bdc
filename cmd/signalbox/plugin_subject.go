package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/chartfile"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/sdk"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// subject is one measure that is tried, and the code that computes it.
type subject struct {
	measure *measures.Measure
	module  []byte
	// bare says that nobody defined the measure: an entry is tried by itself, with
	// whatever inputs the figures have.
	bare bool
}

// subject finds what is to be tried: the measure that was named, or an entry by
// itself, or else the plugin's first measure, or its first entry.
func (w *written) subject(measure, entry string) (*subject, error) {
	switch m := w.manifest; {
	case m == nil:
		return nil, badInput(fmt.Errorf("%s has no manifest inside, so nobody knows what to ask it; build it with \"signalbox plugin build\"", w.path))
	case measure != "" && entry != "":
		return nil, badInput(fmt.Errorf("a measure has its entry; name %s or %s and not both", measure, entry))
	case measure != "":
		at := slices.IndexFunc(m.Measures, func(m measures.Measure) bool { return string(m.ID) == measure })
		if at < 0 {
			return nil, badInput(fmt.Errorf("%s brings no measure %q; it has %s", w.path, measure, orNone(measureNames(m))))
		}
		return w.measured(&m.Measures[at])
	case entry == "" && len(m.Measures) > 0:
		return w.measured(&m.Measures[0])
	case entry == "" && len(m.Entries) > 0:
		entry = m.Entries[0]
	}
	if !slices.Contains(w.manifest.Entries, entry) {
		return nil, badInput(fmt.Errorf("%s computes no %q; it has %s", w.path, entry, orNone(w.manifest.Entries)))
	}
	return &subject{bare: true, module: w.module, measure: &measures.Measure{
		ID: "file", Title: w.manifest.Title, Unit: measures.Unit{Multiply: 1, Decimals: 1},
		Uses: measures.Uses{Plugin: w.manifest.ID, Entry: entry}, Rules: measures.MDC,
	}}, nil
}

// measured is a measure with the code that it uses: the plugin's own, or one of
// the library's.
func (w *written) measured(m *measures.Measure) (*subject, error) {
	if w.manifest.ABI != 0 && m.Uses.Plugin == w.manifest.ID {
		if !slices.Contains(w.manifest.Entries, m.Uses.Entry) {
			return nil, fmt.Errorf("measure %s asks for entry %q, which its plugin does not name; it has %s", m.ID, m.Uses.Entry, orNone(w.manifest.Entries))
		}
		return &subject{measure: m, module: w.module}, nil
	}
	l, err := library.Open()
	if err != nil {
		return nil, err
	}
	release, ok := l.Release(m.Uses.Plugin)
	if !ok || release.Manifest.ABI == 0 || !slices.Contains(release.Manifest.Entries, m.Uses.Entry) {
		return nil, fmt.Errorf("measure %s uses entry %q of plugin %q, which is neither its own nor the library's; the library has %s",
			m.ID, m.Uses.Entry, m.Uses.Plugin, strings.Join(pluginNames(l), ", "))
	}
	module, err := l.Module(release.Digest)
	return &subject{measure: m, module: module}, err
}

func measureNames(m *plugins.Manifest) []string {
	var names []string
	for i := range m.Measures {
		names = append(names, string(m.Measures[i].ID))
	}
	return names
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// shape is what a file of figures for the subject may hold.
func (s *subject) shape() chartfile.Shape {
	kind := measures.XmR
	_ = kind.UnmarshalText([]byte(s.measure.Uses.Entry)) // an entry of its own takes what an xmr chart takes
	return chartfile.Shape{Kind: kind}
}

// question asks about the figures of a file: y is the measure's first input, n its
// second.
func (s *subject) question(d *chartfile.Data) (wire.Request, error) {
	m := s.measure
	settings := chartSettings{parameters: spc.Defaults(s.shape().Kind, m.Rules), target: measures.Missing, baseline: m.Baseline}
	q, err := settings.question(d)
	if err != nil {
		return q, err
	}
	if s.bare {
		m.Inputs = nil
		for _, name := range q.Inputs {
			m.Inputs = append(m.Inputs, measures.Input{Name: name, Title: strings.ToUpper(name[:1]) + name[1:], Plus: []string{name}})
		}
	}
	if len(m.Inputs) != len(q.Inputs) {
		wants := "x,y"
		if len(m.Inputs) > 1 {
			wants = "x,y,n"
		}
		if len(m.Inputs) > 2 {
			return q, fmt.Errorf("measure %s takes %d inputs, and a file has two columns of figures at most; try it with --demo", m.ID, len(m.Inputs))
		}
		return q, fmt.Errorf("measure %s takes %s, so the file has to have the columns %s", m.ID, strings.Join(inputNames(m), " and "), wants)
	}
	s.ask(&q)
	if len(q.Series[0].Targets) == 0 {
		q.Series[0].Targets = m.Targets
	}
	return q, nil
}

// ask makes a question one of the subject's measure, put as the site puts it.
func (s *subject) ask(q *wire.Request) {
	m := s.measure
	entry, rules := analysis.Way(m, &q.Series[0])
	q.Measure, q.Entry, q.Inputs = string(m.ID), entry, inputNames(m)
	q.Parameters = sdk.Settings(m, entry, rules, false)
}

func inputNames(m *measures.Measure) []string {
	var names []string
	for _, in := range m.Inputs {
		names = append(names, in.Name)
	}
	return names
}
