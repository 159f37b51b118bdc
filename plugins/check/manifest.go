package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// Todo begins a text that the author has still to write. What "signalbox plugin
// new" makes is full of them.
const Todo = "TODO"

const manifestRule = "manifest"

func (c *checking) manifest(s *Step) {
	m, err := plugins.ManifestOf(c.module)
	if err != nil {
		s.find(Finding{manifestRule, sentence(err.Error()),
			"write manifest.json beside the source and build with \"signalbox plugin build\", which puts it inside the module.", false})
		return
	}
	c.release.Manifest = m
	c.manifestAlone(s)
	if m.ABI == 0 {
		s.find(Finding{manifestRule, "the manifest says that there is no code, and here it is inside a module.", "set abi to 1 and name the entries, or leave the module out.", false})
	}
}

// manifestAlone holds the manifest against what has to stand in one, and its
// measures against the plugins and the data that there are.
func (c *checking) manifestAlone(s *Step) {
	m := &c.release.Manifest
	s.Detail = fmt.Sprintf("%s %s by %s", m.ID, m.Version, m.Publisher)
	for _, problem := range problems(m.Check()) {
		problem = strings.TrimPrefix(problem, fmt.Sprintf("manifest of %q: ", m.ID))
		s.find(Finding{manifestRule, sentence(problem), "correct it in manifest.json; docs/manifest.schema.json describes every field.", false})
	}
	for _, place := range unwritten(m) {
		s.find(Finding{manifestRule, place + " is still to be written.", "replace the text that begins with " + Todo + " in manifest.json.", false})
	}
	for i := range m.Measures {
		measure := &m.Measures[i]
		c.uses(s, measure)
		c.data(s, measure)
		c.logic(s, measure)
		advise(s, measure)
	}
}

// problems are the parts of a joined error.
func problems(err error) []string {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var list []string
		for _, e := range joined.Unwrap() {
			list = append(list, problems(e)...)
		}
		return list
	}
	return []string{err.Error()}
}

// unwritten lists the places of a manifest that still hold a text to be replaced:
// publisher, measures[0].problem.
func unwritten(m *plugins.Manifest) []string {
	text, err := json.Marshal(m)
	if err != nil {
		return nil // Check has said what is wrong with the numbers
	}
	var tree any
	if json.Unmarshal(text, &tree) != nil {
		return nil
	}
	var places []string
	walk(tree, "", func(place, text string) {
		if strings.Contains(text, Todo) {
			places = append(places, place)
		}
	})
	slices.Sort(places)
	return places
}

// walk calls f with every text of a JSON value, and where it stands.
func walk(v any, at string, f func(place, text string)) {
	switch v := v.(type) {
	case string:
		f(at, v)
	case []any:
		for i, element := range v {
			walk(element, fmt.Sprintf("%s[%d]", at, i), f)
		}
	case map[string]any:
		for key, element := range v {
			walk(element, strings.TrimPrefix(at+"."+key, "."), f)
		}
	}
}

// uses checks that a measure names a plugin and an entry that there are.
func (c *checking) uses(s *Step, m *measures.Measure) {
	if m.Uses.Plugin == "" || m.Uses.Entry == "" {
		return // said already
	}
	there := c.o.Libraries
	if own := c.release.Manifest; own.ABI != 0 {
		there = append([]plugins.Release{{Manifest: own}}, there...)
	}
	var names []string
	for _, r := range there {
		if r.Manifest.ID != m.Uses.Plugin {
			if r.Manifest.ABI != 0 {
				names = append(names, r.Manifest.ID)
			}
			continue
		}
		if !slices.Contains(r.Manifest.Entries, m.Uses.Entry) {
			s.find(Finding{"uses", fmt.Sprintf("measure %q asks plugin %q for %q, which it does not compute.", m.ID, m.Uses.Plugin, m.Uses.Entry),
				"set uses.entry to one of " + strings.Join(r.Manifest.Entries, ", ") + ".", false})
		}
		return
	}
	s.find(Finding{"uses", fmt.Sprintf("measure %q asks plugin %q, which is not here.", m.ID, m.Uses.Plugin),
		"set uses.plugin to one of " + strings.Join(names, ", ") + ".", false})
}

// data checks that the columns a measure reads exist.
func (c *checking) data(s *Step, m *measures.Measure) {
	if c.o.Datasets == nil || m.Dataset == "" {
		return
	}
	at := slices.IndexFunc(c.o.Datasets, func(d measures.Dataset) bool { return d.ID == m.Dataset })
	if at < 0 {
		var names []string
		for _, d := range c.o.Datasets {
			names = append(names, string(d.ID))
		}
		s.find(Finding{"data", fmt.Sprintf("measure %q reads dataset %q, which nobody has described here.", m.ID, m.Dataset),
			"if that was meant, its figures have to be loaded with \"signalbox load\" before there is a chart; known are " + strings.Join(names, ", ") + ".", true})
		return
	}
	var columns []string
	for _, column := range c.o.Datasets[at].Columns {
		columns = append(columns, column.Name)
	}
	for _, wanted := range m.Columns() {
		if !slices.Contains(columns, wanted) {
			s.find(Finding{"data", fmt.Sprintf("measure %q reads column %q, which dataset %q does not have.", m.ID, wanted, m.Dataset),
				"its columns are " + strings.Join(columns, ", ") + ".", false})
		}
	}
}

// advise says what is allowed and seldom meant.
func advise(s *Step, m *measures.Measure) {
	if m.Direction == measures.Neutral {
		s.find(Finding{manifestRule, fmt.Sprintf("measure %q has no wanted direction, so its chart can say that something changed and not whether that is good.", m.ID),
			"set direction to increase or decrease, unless either can be right.", true})
	}
	if m.AuthoredBy != "" && m.AuthoredBy == m.CheckedBy && !strings.Contains(m.CheckedBy, Todo) {
		s.find(Finding{manifestRule, fmt.Sprintf("measure %q was checked by the one who wrote it.", m.ID), "ask somebody else to read it and to work a case out by hand.", true})
	}
}
