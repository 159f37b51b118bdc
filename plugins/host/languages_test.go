package host_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/toolchain"
	"github.com/signalbox-health/signalbox/sdk/conformance"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// examples are the folders of one measure, written in each language.
var examples = map[string]string{
	"go": "../../sdk/example", "c": "../../sdk/c/example", "rust": "../../sdk/rust/example", "assemblyscript": "../../sdk/assemblyscript/example",
}

// example compiles the example in a language. Where the compiler is not there
// the test is skipped, unless SIGNALBOX_TOOLCHAINS says that it has to be.
func example(t testing.TB, language string) []byte {
	t.Helper()
	module, err := compileExample(t, language)
	if err != nil {
		t.Skip(err)
	}
	return module
}

// compileExample is the same where a missing compiler is no reason to skip a
// test: its only error is toolchain.ErrNoCompiler.
func compileExample(t testing.TB, language string) ([]byte, error) {
	t.Helper()
	module, err := toolchain.Compile(t.Context(), examples[language], filepath.Dir(examples[language]))
	if errors.Is(err, toolchain.ErrNoCompiler) && os.Getenv("SIGNALBOX_TOOLCHAINS") != "required" {
		return nil, err
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := plugins.Preflight(module, plugins.DefaultLimits()); err != nil {
		t.Fatal(err)
	}
	return module, nil
}

// exampleVectors are questions to the example, as a share and as a count.
func exampleVectors() []conformance.Vector {
	settings := []wire.Parameter{wire.Text("direction", "increase"), wire.Number("multiply", 100)}
	list := conformance.Vectors("fences", []string{"numerator", "denominator"}, settings)
	for _, v := range conformance.Vectors("fences", []string{"value"}, []wire.Parameter{wire.Text("direction", "decrease")}) {
		v.Name = "as a count: " + v.Name
		list = append(list, v)
	}
	list = append(list,
		conformance.Vector{Name: "an entry that there is not", Request: wire.Request{Measure: "m", Entry: "hedges", Inputs: []string{"value"}}},
		conformance.Vector{Name: "no series", Request: wire.Request{Measure: "m", Entry: "fences", Inputs: []string{"value"}}})
	other := conformance.Vectors("fences", []string{"other"}, nil)[0]
	other.Name = "an input that it does not know"
	return append(list, other)
}

func TestTheExamplesInAllLanguagesGiveTheSameBytes(t *testing.T) {
	h := newHost(t, nil)
	model := install(t, h, example(t, "go")).Digest
	vectors := exampleVectors()
	want := make([][]byte, len(vectors))
	for i, v := range vectors {
		want[i] = answerTo(t, h.RunPayload, model, v)
		answer, err := wire.DecodeAnswer(want[i])
		if err == nil {
			err = answer.Accept(&v.Request)
		}
		if err != nil {
			t.Fatalf("go, %s: %v", v.Name, err)
		}
	}
	for language := range examples {
		if language == "go" {
			continue
		}
		t.Run(language, func(t *testing.T) {
			digest := install(t, h, example(t, language)).Digest
			for i, v := range vectors {
				if got := answerTo(t, h.RunPayload, digest, v); !bytes.Equal(got, want[i]) {
					t.Errorf("%s: %d bytes, in Go %d, which differ from byte %d on", v.Name, len(got), len(want[i]), firstDifference(got, want[i]))
				}
			}
		})
	}
}

func TestTheExampleFindsWhatLiesFarBeyondTheMiddleHalf(t *testing.T) {
	h := newHost(t, nil)
	digest := install(t, h, example(t, "go")).Digest
	s := measures.Series{Organisation: "ZZ1"}
	column := []float64{10, 12, 11, 13, 12, 11, 40, 12}
	for i := range column {
		s.Periods, s.States = append(s.Periods, measures.DateOf(2026, 1+i, 1)), append(s.States, measures.Final)
	}
	s.Columns = [][]float64{column}
	charts, err := h.Run(within(t, time.Minute), digest, wire.Request{Measure: "m", Entry: "fences", Inputs: []string{"value"},
		Parameters: []wire.Parameter{wire.Text("direction", "decrease")}, Series: []measures.Series{s}})
	if err != nil {
		t.Fatal(err)
	}
	// Sorted: 10 11 11 12 12 12 13 40. Quartiles at places 1.75 and 5.25.
	c := charts[0]
	if c.Centre[0] != 12 || c.NearLower[0] != 11 || c.NearUpper[0] != 12.25 || c.Upper[0] != 12.25+1.875 {
		t.Errorf("centre %v, quartiles %v and %v, upper fence %v", c.Centre[0], c.NearLower[0], c.NearUpper[0], c.Upper[0])
	}
	if c.Signals[6] != measures.OutsideUpper || c.Causes[6] != measures.Concern || c.Variation != measures.CommonCause {
		t.Errorf("signals %v, cause %v, variation %v", c.Signals[6].Names(), c.Causes[6], c.Variation)
	}
}

func answerTo(t *testing.T, run func(context.Context, plugins.Digest, []byte, int, time.Duration) ([]byte, error), digest plugins.Digest, v conformance.Vector) []byte {
	t.Helper()
	payload, err := wire.AppendRequest(nil, &v.Request)
	if err != nil {
		t.Fatalf("%s: %v", v.Name, err)
	}
	answer, err := run(within(t, time.Minute), digest, payload, v.Request.Rows(), 2*time.Second)
	if err != nil {
		t.Fatalf("%s: %v", v.Name, err)
	}
	return answer
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
