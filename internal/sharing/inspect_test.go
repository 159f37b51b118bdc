package sharing_test

import (
	"context"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/library"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
)

func inspector(t testing.TB, l *library.Library) *sharing.Inspector {
	t.Helper()
	datasets, err := intake.Datasets()
	if err != nil {
		t.Fatal(err)
	}
	return &sharing.Inspector{Bench: func(context.Context) (sharing.TrialBench, error) { return newBench(t), nil }, Twins: twins(t, l),
		Options: func(context.Context) (check.Options, error) {
			return check.Options{Datasets: append(datasets, demo.Own()...), Libraries: l.Releases()}, nil
		}}
}

// module is the library's code under another name, with a measure of its own.
func module(t testing.TB, l *library.Library, change func(*measures.Measure)) registry.Release {
	t.Helper()
	spc, _ := l.Release("spc")
	code, err := l.Module(spc.Digest)
	if err != nil {
		t.Fatal(err)
	}
	manifest := like(t, l, "ae-4h", change)
	manifest.ABI, manifest.Entries, manifest.Publisher, manifest.Licence = 1, spc.Manifest.Entries, "A charity", "MIT"
	manifest.Measures[0].Uses.Plugin = manifest.ID
	if code, err = plugins.WithManifest(code, *manifest); err != nil {
		t.Fatal(err)
	}
	r, err := registry.ReleaseOf(code)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnInspectionTellsFaultsTwinsAndWhatAnAnswerCosts(t *testing.T) {
	l := shipped(t)
	x := inspector(t, l)
	var told []check.Step
	found, err := x.Inspect(t.Context(), module(t, l, nil), func(s check.Step) { told = append(told, s) })
	if err != nil || len(told) != len(found.Steps) || len(told) < 6 {
		t.Fatalf("%d steps, of which %d were told: %v", len(found.Steps), len(told), err)
	}
	for _, s := range found.Steps {
		if !s.Sound() {
			t.Errorf("%s: %v", s.Name, s.Findings)
		}
	}
	last := found.Steps[len(found.Steps)-1]
	if len(last.Findings) != 1 || last.Findings[0].Rule != "twin" {
		t.Errorf("the last step says %+v", last)
	}
	limits, err := policy.NationalReference()
	if err != nil {
		t.Fatal(err)
	}
	if found.Cost.Milliseconds < 1 || found.Cost.Mebibytes < 1 || found.Cost.Milliseconds > limits.Releases.MaxMilliseconds || found.Cost.Mebibytes > limits.Releases.MaxMebibytes {
		t.Errorf("the library's own code costs %+v", found.Cost)
	}
	t.Logf("it costs %+v", found.Cost)
}

func TestAnInspectionOfAFaultyReleaseEndsThere(t *testing.T) {
	l := shipped(t)
	found, err := inspector(t, l).Inspect(t.Context(), module(t, l, func(m *measures.Measure) { m.Problem = "" }), func(check.Step) {})
	if err != nil || len(found.Steps) == 0 || found.Steps[len(found.Steps)-1].Name == "It tells what no other measure tells already" {
		t.Fatalf("%+v, %v", found.Steps, err)
	}
	said := ""
	for _, s := range found.Steps {
		for _, f := range s.Findings {
			if !f.Advice {
				said += f.String()
			}
		}
	}
	if !strings.Contains(said, "problem") {
		t.Errorf("it was found that %s", said)
	}
}
