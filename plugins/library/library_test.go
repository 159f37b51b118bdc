package library

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// ready gives the library, or says how to build it.
func ready(t *testing.T) *Library {
	t.Helper()
	l, err := Open()
	if errors.Is(err, ErrNotBuilt) && os.Getenv("SIGNALBOX_TOOLCHAINS") != "required" {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestEveryMeasureOfTheLibraryIsCompleteAndComputable(t *testing.T) {
	l := ready(t)
	if len(l.Measures()) < 7 {
		t.Errorf("%d measures", len(l.Measures()))
	}
	for _, m := range l.Measures() {
		if release, ok := l.Release(m.Uses.Plugin); !ok || !release.Digest.Valid() {
			t.Errorf("%s: no release of %s", m.ID, m.Uses.Plugin)
		}
	}
	for _, digest := range l.Modules() {
		module, err := l.Module(digest)
		if err != nil {
			t.Fatal(err)
		}
		if err := plugins.Preflight(module, plugins.DefaultLimits()); err != nil {
			t.Errorf("%s: %v", digest, err)
		}
		if m, err := plugins.ManifestOf(module); err != nil || m.Check() != nil {
			t.Errorf("%s: manifest %v, %v", digest, err, m.Check())
		}
	}
}

// TestNothingIsLeftOutWhereAllCompilersAre: what a machine without one leaves out
// must not go unnoticed where tests are to run with all of them.
func TestNothingIsLeftOutWhereAllCompilersAre(t *testing.T) {
	if os.Getenv("SIGNALBOX_TOOLCHAINS") != "required" {
		t.Skip("compilers are optional here: SIGNALBOX_TOOLCHAINS is not \"required\"")
	}
	if left := ready(t).LeftOut(); len(left) > 0 {
		t.Errorf("the program was built without %v; run \"make plugins\"", left)
	}
}

func TestPacksStandInTheOrderInWhichTheyAreLookedFor(t *testing.T) {
	var packs []string
	for _, m := range ready(t).Measures() {
		for _, release := range ready(t).Releases() {
			if slices.ContainsFunc(release.Manifest.Measures, func(o measures.Measure) bool { return o.ID == m.ID }) && !slices.Contains(packs, release.Manifest.ID) {
				packs = append(packs, release.Manifest.ID)
			}
		}
	}
	left := ready(t).LeftOut()
	want := slices.DeleteFunc([]string{"urgent-care", "elective", "safety", "staff", "digital"}, func(pack string) bool { return left[pack] != "" })
	if !slices.Equal(packs, want) {
		t.Errorf("packs stand as %q, want %q", packs, want)
	}
}

// aPack is a manifest with measures that are each computed by a plugin, some as
// variants of another.
func aPack(id string, of ...[3]string) *fstest.MapFile {
	var all []string
	for _, m := range of {
		family := ""
		if m[2] != "" {
			family = `"family":"` + m[2] + `",`
		}
		all = append(all, `{"id":"`+m[0]+`","title":"t","problem":"p","why":"w","numerator":"n","inclusions":"i","dataset":"xs","grain":"month",`+family+`
			"inputs":[{"name":"value","plus":["value"]}],"unit":{"multiply":1},"type":"outcome","direction":"neutral","rules":"mdc",
			"uses":{"plugin":"`+m[1]+`","entry":"xmr"},"authored_by":"a","checked_by":"c","review_date":"2027-01-01"}`)
	}
	return &fstest.MapFile{Data: []byte(`{"id":"` + id + `","version":"1.0.0","abi":0,"title":"X","publisher":"X","licence":"X","measures":[` + strings.Join(all, ",") + `]}`)}
}

// A measure of a pack that is there may be computed by a plugin of one that is
// not. It is left out by itself, with its variants, and the rest is offered.
func TestAMeasureIsLeftOutWithThePluginThatComputesIt(t *testing.T) {
	l, err := open(fstest.MapFS{
		"x-pack/manifest.json": aPack("x-pack", [3]string{"x-one", "absent"}, [3]string{"x-part", "present", "x-one"}, [3]string{"x-far", "present", "far-one"}),
		"far/manifest.json":    aPack("far", [3]string{"far-one", "present"}),
	}, fstest.MapFS{"built/index.json": {Data: []byte(`{"left_out":{"absent":"no compiler for Rust","present":"nor for this","far":"nor this"}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	left := l.LeftOut()
	if len(l.Measures()) > 0 || left["x-one"] != "it is computed by absent, which was left out: no compiler for Rust" ||
		!strings.Contains(left["x-part"], "left out") || !strings.Contains(left["x-far"], "left out") {
		t.Errorf("%d measures; left out %q", len(l.Measures()), left)
	}
	if release, ok := l.Release("x-pack"); !ok || len(release.Manifest.Measures) > 0 {
		t.Errorf("the pack still promises %d measures", len(release.Manifest.Measures))
	}
}

func TestALibraryThatWasNotBuiltSaysHowToBuildIt(t *testing.T) {
	_, err := open(manifests, fstest.MapFS{"built/.gitkeep": {}})
	if !errors.Is(err, ErrNotBuilt) || !strings.Contains(err.Error(), "make plugins") {
		t.Errorf("error %v", err)
	}
}

func TestAModuleThatIsNotTheOneInTheIndexIsRefused(t *testing.T) {
	_, err := open(manifests, fstest.MapFS{
		"built/index.json": {Data: []byte(`{"plugins":[{"id":"spc","file":"spc.wasm","digest":"sha256:00"}]}`)},
		"built/spc.wasm":   {Data: []byte("\x00asm\x01\x00\x00\x00")},
	})
	if err == nil || !strings.Contains(err.Error(), "its index says sha256:00") {
		t.Errorf("error %v", err)
	}
}

func TestAMeasureThatUsesWhatDoesNotExistIsRefused(t *testing.T) {
	const pack = `{"id":"x-pack","version":"1.0.0","abi":0,"title":"X","publisher":"X","licence":"X","measures":[{
		"id":"x-one","title":"t","problem":"p","why":"w","numerator":"n","inclusions":"i","dataset":"xs","grain":"month",
		"inputs":[{"name":"value","plus":["value"]}],"unit":{"multiply":1},"type":"outcome","direction":"neutral","rules":"mdc",
		"uses":{"plugin":"nobody","entry":"xmr"},"authored_by":"a","checked_by":"c","review_date":"2027-01-01"}]}`
	_, err := open(fstest.MapFS{"x-pack/manifest.json": {Data: []byte(pack)}}, fstest.MapFS{"built/index.json": {Data: []byte(`{}`)}})
	if err == nil || !strings.Contains(err.Error(), `uses entry "xmr" of plugin "nobody"`) {
		t.Errorf("error %v", err)
	}
}
