package check_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/plugins/check"
	"github.com/signalbox-health/signalbox/plugins/host"
	"github.com/signalbox-health/signalbox/plugins/host/child"
	"github.com/signalbox-health/signalbox/plugins/toolchain"
)

// The sandbox of these tests is the test itself, started again with one word.
const childWord = "sandbox-of-a-test"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childWord {
		if err := child.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// newBox starts sandboxes, ended with the test.
func newBox(t testing.TB) *host.Host {
	t.Helper()
	sandbox := []string{os.Getenv("SIGNALBOX_SANDBOX"), "sandbox"}
	if sandbox[0] == "" {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		sandbox = []string{self, childWord}
	}
	h, err := host.New(host.Options{Executable: sandbox, Children: 2, CacheDir: filepath.Join(t.TempDir(), "code"),
		Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// made compiles a plugin in C whose one entry, "own", draws the values of every
// series and then does what the test says to each chart c of q. Where there is no
// compiler the test is skipped, unless SIGNALBOX_TOOLCHAINS says that it must be.
func made(t testing.TB, mischief string, m plugins.Manifest) []byte {
	t.Helper()
	dir := t.TempDir()
	source := `#include "signalbox.h"
static void own(sbx_question *q) {
	for (uint32_t series = 0; series < q->series_count; series++) {
		double *denominators, *values = sbx_values(q, series, &denominators);
		if (!values) return;
		sbx_chart *c = sbx_new_chart(q, series, SBX_CUSTOM);
		for (uint32_t i = 0; i < c->points; i++) c->y[i] = values[i];
		` + mischief + `
	}
}
const sbx_entry sbx_entries[] = {{"own", own}, {0, 0}};
`
	if err := os.WriteFile(filepath.Join(dir, "main.c"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	module, err := toolchain.Compile(t.Context(), dir, filepath.Join("..", "..", "sdk", "c"))
	if errors.Is(err, toolchain.ErrNoCompiler) && os.Getenv("SIGNALBOX_TOOLCHAINS") != "required" {
		t.Skip(err)
	}
	if err == nil {
		module, err = plugins.WithManifest(module, m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// sound is a manifest that nothing is wrong with.
func sound() plugins.Manifest {
	return plugins.Manifest{ID: "own-plugin", Version: "1.0.0", ABI: 1, Title: "A plugin of a test", Publisher: "A trust", Licence: "Apache-2.0",
		Entries: []string{"own"}, Measures: []measures.Measure{{
			ID: "falls-found", Title: "Falls that somebody found", Problem: "People fall and nobody sees it.", Why: "A fall that is not seen is not treated.",
			Numerator: "Falls", Denominator: "Bed days", Inclusions: "All wards", Dataset: "falls",
			Inputs: []measures.Input{{Name: "numerator", Plus: []string{"falls"}}, {Name: "denominator", Plus: []string{"days"}}},
			Grain:  measures.Month, Unit: measures.Unit{Multiply: 1000}, Direction: measures.Decrease, Type: "outcome",
			Uses: measures.Uses{Plugin: "own-plugin", Entry: "own"}, AuthoredBy: "An analyst", CheckedBy: "A nurse", ReviewDate: measures.DateOf(2027, 1, 1),
		}}}
}

var fallsData = []measures.Dataset{{ID: "falls", Columns: []measures.Column{{Name: "falls"}, {Name: "days"}}}}

// findings are all that a check finds, one line each.
func findings(t testing.TB, box check.Box, module []byte, o check.Options) []string {
	t.Helper()
	if o.Datasets == nil {
		o.Datasets = fallsData
	}
	var lines []string
	for step := range check.Module(t.Context(), box, module, o) {
		t.Logf("%s (%s): %d findings in %v", step.Name, step.Detail, len(step.Findings), step.Took)
		for _, f := range step.Findings {
			if f.Problem == "" || f.Mend == "" || strings.Contains(f.String(), "\n") {
				t.Errorf("the finding %+v does not say what is wrong and how to mend it, on one line", f)
			}
			lines = append(lines, f.String())
		}
	}
	return lines
}

// contains reports whether one of the lines has all the words.
func contains(lines []string, words ...string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		for _, word := range words {
			if !strings.Contains(line, word) {
				return false
			}
		}
		return true
	})
}

// altered is a box that changes answers on their way.
type altered struct {
	check.Box
	change func([]byte) []byte
}

func (a altered) RunPayload(ctx context.Context, d plugins.Digest, payload []byte, rows int, limit time.Duration) ([]byte, error) {
	answer, err := a.Box.RunPayload(ctx, d, payload, rows, limit)
	return a.change(answer), err
}

// stuck is a box in which compiling never ends.
type stuck struct{ check.Box }

func (stuck) Install(context.Context, []byte) (plugins.Release, error) { select {} }
