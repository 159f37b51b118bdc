package sharing_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/library"
)

// shipped is the library, whose tests are skipped where it was not built.
func shipped(t testing.TB) *library.Library {
	t.Helper()
	l, err := library.Open()
	if errors.Is(err, library.ErrNotBuilt) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// twins looks among the measures of the library, on the demonstration's figures.
func twins(t testing.TB, l *library.Library) *sharing.Twins {
	t.Helper()
	datasets, err := intake.Datasets()
	if err != nil {
		t.Fatal(err)
	}
	datasets = append(datasets, demo.Own()...)
	files := demo.Files(demo.DefaultSeed)
	read := map[measures.DatasetID][]measures.Series{}
	figures := func(m *measures.Measure) ([]measures.Series, error) {
		at := slices.IndexFunc(datasets, func(d measures.Dataset) bool { return d.ID == m.Dataset })
		if at < 0 {
			return nil, nil
		}
		for _, file := range files {
			if file.Dataset == m.Dataset && read[m.Dataset] == nil {
				if read[m.Dataset], err = intake.LookAtAll(file.Name, bytes.NewReader(file.Content), datasets[at]); err != nil {
					return nil, err
				}
			}
		}
		var list []measures.Series
		for _, s := range read[m.Dataset] {
			if s.Stratum == "" {
				if s, err = analysis.Inputs(m, datasets[at], s); err != nil {
					return nil, err
				}
				list = append(list, s)
			}
		}
		return list, nil
	}
	return &sharing.Twins{Known: l.Measures, Module: l.Module, Figures: figures,
		Release: func(m *measures.Measure) (plugins.Release, error) {
			r, _ := l.Release(m.Uses.Plugin)
			return r, nil
		}}
}

// like is a measure of the library under another name, told in other words.
func like(t testing.TB, l *library.Library, id measures.MeasureID, change func(*measures.Measure)) *plugins.Manifest {
	t.Helper()
	for _, m := range l.Measures() {
		if m.ID == id {
			other := *m
			other.ID, other.Family, other.Title = "seen-promptly", "seen-promptly", "People seen promptly"
			other.Numerator, other.Denominator = "Patients whose stay ended before the limit", "Everyone who came"
			if change != nil {
				change(&other)
			}
			return &plugins.Manifest{ID: "seen-promptly", Version: "1.0.0", Title: "People seen promptly", Measures: []measures.Measure{other}}
		}
	}
	t.Fatalf("the library has no measure %s", id)
	return nil
}

func TestTwinsAreFoundByWhatTheyCountAndWhatTheyTell(t *testing.T) {
	l := shipped(t)
	look, box := twins(t, l), newBench(t)
	for _, test := range []struct {
		name   string
		like   measures.MeasureID
		change func(*measures.Measure)
		twin   measures.MeasureID // empty: none is near
	}{
		{"other words", "ae-4h", nil, "ae-4h"},
		{"the other way round", "ae-4h", func(m *measures.Measure) { // those who waited longer, of the same people
			m.Inputs = slices.Clone(m.Inputs)
			of := m.Inputs[1]
			m.Inputs[0] = measures.Input{Name: "numerator", Title: "Longer", Plus: of.Plus, Minus: m.Inputs[0].Plus}
			m.Direction, m.Targets = measures.Decrease, nil
		}, "ae-4h"},
		{"another question of the same data", "ae-4h", func(m *measures.Measure) {
			m.Inputs = []measures.Input{{Name: "numerator", Title: "Attendances", Plus: m.Inputs[1].Plus}}
			m.Direction, m.Targets, m.Unit = measures.Neutral, nil, measures.Unit{Multiply: 1}
		}, ""},
		{"a variant that says so", "ae-4h", func(m *measures.Measure) { m.Family = "ae-4h" }, ""},
	} {
		found, err := look.Find(t.Context(), box, like(t, l, test.like, test.change), nil)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		var nearest measures.MeasureID
		if len(found) > 0 && found[0].Near() {
			nearest = found[0].Known.ID
		}
		if nearest != test.twin {
			t.Errorf("%s: its twin is %q, want %q", test.name, nearest, test.twin)
		}
		for _, twin := range found {
			agreement, _ := twin.Behaviour.Agreement()
			t.Logf("%s: %.0f%% like %s (defined %.0f%%, told %.0f%%: %+v)", test.name, 100*twin.Likeness(), twin.Known.ID, 100*twin.Definition, 100*agreement, twin.Behaviour)
		}
	}
}

func TestNoTwoMeasuresOfTheLibraryAreTwins(t *testing.T) {
	l := shipped(t)
	look, box := twins(t, l), newBench(t)
	for _, release := range l.Releases() {
		if len(release.Manifest.Measures) == 0 {
			continue
		}
		found, err := look.Find(t.Context(), box, &release.Manifest, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, twin := range found {
			if twin.Near() {
				t.Errorf("%s is told to be %.0f%% like %s", twin.New.ID, 100*twin.Likeness(), twin.Known.ID)
			}
		}
	}
}

func TestATwinIsToldInWordsThatHelp(t *testing.T) {
	l := shipped(t)
	step, err := twins(t, l).Examine(t.Context(), newBench(t), like(t, l, "ae-4h", nil), nil)
	if err != nil || len(step.Findings) == 0 || !step.Sound() {
		t.Fatalf("%+v, %v", step, err)
	}
	for _, words := range []string{`"seen-promptly" is `, `% like "ae-4h"`, "extend that one instead?", "signals", "13 organisations"} {
		if !strings.Contains(step.Findings[0].Problem, words) {
			t.Errorf("%q is missing in: %s", words, step.Findings[0].Problem)
		}
	}
	t.Log(step.Findings[0].Problem)
}

// BenchmarkTwins looks for twins of one measure on a bench that is warm.
func BenchmarkTwins(b *testing.B) {
	l := shipped(b)
	look, box := twins(b, l), newBench(b)
	manifest := like(b, l, "ae-4h", nil)
	if _, err := look.Find(b.Context(), box, manifest, nil); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		found, err := look.Find(b.Context(), box, manifest, nil)
		if err != nil {
			b.Fatal(err)
		}
		n = len(found)
	}
	b.ReportMetric(float64(n), "measures")
}
