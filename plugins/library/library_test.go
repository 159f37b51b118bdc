package library

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/signalbox-health/signalbox/plugins"
)

// ready gives the library, or says how to build it.
func ready(t *testing.T) *Library {
	t.Helper()
	l, err := Open()
	if errors.Is(err, ErrNotBuilt) {
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
