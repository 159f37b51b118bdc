package demo

import (
	"path"
	"slices"
	"strings"
	"testing"
)

func TestSharedReleasesAreCompleteAndTheirPublishersMayNameThem(t *testing.T) {
	publishers := map[string]Publisher{}
	for _, p := range Publishers() {
		publishers[p.ID] = p
	}
	seen := map[string]bool{}
	for _, s := range SharedReleases() {
		m := s.Manifest
		if err := m.Check(); err != nil {
			t.Error(err)
		}
		p, there := publishers[s.Publisher]
		if !there || !slices.ContainsFunc(p.Names, func(pattern string) bool { ok, _ := path.Match(pattern, m.ID); return ok }) {
			t.Errorf("%s may not publish %s", s.Publisher, m.ID)
		}
		if m.Publisher != p.Name || !strings.HasSuffix(p.Name, "(fictional)") {
			t.Errorf("%s names %q as its publisher", m.ID, m.Publisher)
		}
		if key := m.ID + " " + m.Version; seen[key] {
			t.Errorf("%s is there twice", key)
		} else {
			seen[key] = true
		}
		if s.Outdated != "" && s.Ends.IsZero() {
			t.Errorf("%s ends on no day", m.ID)
		}
	}
}
