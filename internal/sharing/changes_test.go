package sharing_test

import (
	"fmt"
	"testing"

	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

func TestChangesTellWhatAVersionDefinesOtherwise(t *testing.T) {
	falls := measures.Measure{ID: "falls", Title: "Falls", Dataset: "falls", Inputs: []measures.Input{{Name: "numerator", Plus: []string{"all"}, Minus: []string{"bank"}}}}
	wider := falls
	wider.Inputs = []measures.Input{{Name: "numerator", Plus: []string{"all"}}}
	wider.Problem = "People fall."
	of := func(list ...measures.Measure) *plugins.Manifest { return &plugins.Manifest{Measures: list} }
	for _, test := range []struct {
		name          string
		before, after *plugins.Manifest
		want          string
	}{
		{"the same", of(falls), of(falls), "[]"},
		{"other words and other numbers", of(falls), of(wider),
			"[{falls Problem  People fall. false} {falls Computed from numerator = all − bank numerator = all true}]"},
		{"one came", of(), of(falls), "[{falls New measure  Falls true}]"},
		{"one went", of(falls), of(), "[{falls No longer there Falls  true}]"},
	} {
		if got := fmt.Sprint(sharing.Changes(test.before, test.after)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
