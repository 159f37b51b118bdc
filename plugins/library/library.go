// Package library holds the plugins and measures that come with Signalbox.
// They are plugins like any other: modules built from this repository, run in
// the sandbox, and packs of measures that are manifests alone.
package library

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// ErrNotBuilt says that the program was compiled before its plugins were.
var ErrNotBuilt = errors.New("the library's plugins have not been built; run \"make plugins\" and build the program again")

//go:embed */manifest.json
var manifests embed.FS

//go:embed all:built
var built embed.FS

// Index lists what plugins/library/build made, and the packs that it left out
// because the machine had no compiler for them, with the reason.
type Index struct {
	Plugins []Built           `json:"plugins"`
	LeftOut map[string]string `json:"left_out,omitempty"`
}

// Built is one module in the folder built.
type Built struct {
	ID     string         `json:"id"`
	File   string         `json:"file"`
	Digest plugins.Digest `json:"digest"`
}

// Library is what was embedded, checked.
type Library struct {
	releases []plugins.Release
	modules  map[plugins.Digest][]byte
	measures []*measures.Measure
	leftOut  map[string]string             // packs and measures
	gone     map[measures.MeasureID]string // measures, those of left-out packs included
}

// Open reads what is embedded in the program and checks all of it: digests,
// manifests, and that every measure names a plugin and an entry that exist.
func Open() (*Library, error) { return open(manifests, built) }

func open(manifests, built fs.FS) (*Library, error) {
	l := &Library{modules: map[plugins.Digest][]byte{}, gone: map[measures.MeasureID]string{}}
	if err := l.openModules(built); err != nil {
		return nil, err
	}
	names, err := fs.Glob(manifests, "*/manifest.json")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(placeOf(a), placeOf(b)), cmp.Compare(a, b))
	})
	var problems []error
	for _, name := range names {
		problems = append(problems, l.openManifest(manifests, name))
	}
	l.leaveOut()
	problems = append(problems, l.checkUses())
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("plugins of the library: %w", err)
	}
	return l, nil
}

func (l *Library) openModules(built fs.FS) error {
	text, err := fs.ReadFile(built, "built/index.json")
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotBuilt
	} else if err != nil {
		return err
	}
	var index Index
	if err := json.Unmarshal(text, &index); err != nil {
		return fmt.Errorf("%w (its index: %v)", ErrNotBuilt, err)
	}
	l.leftOut = index.LeftOut
	for _, b := range index.Plugins {
		module, err := fs.ReadFile(built, path.Join("built", b.File))
		if err != nil {
			return fmt.Errorf("%w (%v)", ErrNotBuilt, err)
		}
		if digest := plugins.DigestOf(module); digest != b.Digest {
			return fmt.Errorf("library plugin %s is %s, its index says %s; run \"make plugins\"", b.ID, digest, b.Digest)
		}
		manifest, err := plugins.ManifestOf(module)
		if err != nil {
			return fmt.Errorf("library plugin %s: %w", b.ID, err)
		}
		l.modules[b.Digest] = module
		l.releases = append(l.releases, plugins.Release{Manifest: manifest, Digest: b.Digest})
	}
	return nil
}

// openManifest takes one pack. A pack with code has its manifest inside its
// module; the file is what it was built from and has to say the same.
func (l *Library) openManifest(from fs.FS, name string) error {
	text, err := fs.ReadFile(from, name)
	if err != nil {
		return err
	}
	m, err := plugins.ParseManifest(text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if folder := path.Dir(name); folder != m.ID {
		return fmt.Errorf("%s: its id is %q; it should be that of its folder", name, m.ID)
	}
	if err := m.Check(); err != nil {
		return err
	}
	if why := l.leftOut[m.ID]; why != "" {
		for i := range m.Measures {
			l.gone[m.Measures[i].ID] = why
		}
		return nil
	}
	for i := range m.Measures {
		l.measures = append(l.measures, &m.Measures[i])
	}
	release, isBuilt := l.Release(m.ID)
	switch {
	case m.ABI == 0 && !isBuilt:
		// A pack without code is named by its manifest.
		l.releases = append(l.releases, plugins.Release{Manifest: m, Digest: plugins.DigestOf(text)})
	case m.ABI != 0 && !isBuilt:
		return fmt.Errorf("%s: %w", m.ID, ErrNotBuilt)
	case release.Manifest.Version != m.Version || !slices.Equal(release.Manifest.Entries, m.Entries):
		return fmt.Errorf("%s has changed since it was built: %w", name, ErrNotBuilt)
	}
	return nil
}

// order is that of the packs wherever they are listed: what somebody at a trust
// looks for first comes first. Those that are not named here follow, by name.
var order = []string{"urgent-care", "elective", "safety", "staff", "digital"}

func placeOf(manifest string) int {
	if at := slices.Index(order, path.Dir(manifest)); at >= 0 {
		return at
	}
	return len(order)
}

// leaveOut takes away the measures of other packs that are computed by a plugin
// that was left out, and their variants, and says which.
func (l *Library) leaveOut() {
	for again := true; again; {
		again = false
		l.measures = slices.DeleteFunc(l.measures, func(m *measures.Measure) bool {
			why := l.missing(m)
			if why == "" {
				return false
			}
			l.leftOut[string(m.ID)], l.gone[m.ID] = why, why
			again = true
			return true
		})
	}
	for i := range l.releases {
		m := &l.releases[i].Manifest
		m.Measures = slices.DeleteFunc(slices.Clone(m.Measures), func(m measures.Measure) bool { return l.gone[m.ID] != "" })
	}
}

// missing says why a measure cannot be offered in this program, if so.
func (l *Library) missing(m *measures.Measure) string {
	if why := l.leftOut[m.Uses.Plugin]; why != "" {
		return fmt.Sprintf("it is computed by %s, which was left out: %s", m.Uses.Plugin, why)
	}
	if why := l.gone[m.Family]; why != "" && m.Family != m.ID {
		return fmt.Sprintf("it is a variant of %s, which was left out: %s", m.Family, why)
	}
	return ""
}

func (l *Library) checkUses() error {
	var problems []error
	seen := map[measures.MeasureID]bool{}
	for _, m := range l.measures {
		if seen[m.ID] {
			problems = append(problems, fmt.Errorf("two packs bring a measure %q", m.ID))
		}
		seen[m.ID] = true
		release, ok := l.Release(m.Uses.Plugin)
		if !ok || !slices.Contains(release.Manifest.Entries, m.Uses.Entry) {
			problems = append(problems, fmt.Errorf("measure %q uses entry %q of plugin %q, which does not exist", m.ID, m.Uses.Entry, m.Uses.Plugin))
		}
	}
	for _, m := range l.measures {
		if m.Family != "" && !seen[m.Family] {
			problems = append(problems, fmt.Errorf("measure %q is a variant of %q, which does not exist", m.ID, m.Family))
		}
	}
	return errors.Join(problems...)
}

// Releases lists every plugin of the library, those without code included.
func (l *Library) Releases() []plugins.Release { return slices.Clone(l.releases) }

// Release finds a plugin of the library by its name.
func (l *Library) Release(id string) (plugins.Release, bool) {
	for _, r := range l.releases {
		if r.Manifest.ID == id {
			return r, true
		}
	}
	return plugins.Release{}, false
}

// Module gives the code of a release. The caller must not change it.
func (l *Library) Module(digest plugins.Digest) ([]byte, error) {
	module, ok := l.modules[digest]
	if !ok {
		return nil, fmt.Errorf("the library has no module %s", digest)
	}
	return module, nil
}

// Modules lists the digests of all modules, in the order of their plugins.
func (l *Library) Modules() []plugins.Digest {
	var list []plugins.Digest
	for _, r := range l.releases {
		if _, ok := l.modules[r.Digest]; ok {
			list = append(list, r.Digest)
		}
	}
	return list
}

// Measures lists every measure of the library, pack by pack.
func (l *Library) Measures() []*measures.Measure { return slices.Clone(l.measures) }

// LeftOut gives the packs, and the measures of other packs, that this program was
// built without, and why.
func (l *Library) LeftOut() map[string]string { return maps.Clone(l.leftOut) }

// String names the library's plugins for a log line.
func (l *Library) String() string {
	var names []string
	for _, r := range l.releases {
		names = append(names, r.Manifest.ID+" "+r.Manifest.Version)
	}
	return strings.Join(names, ", ")
}
