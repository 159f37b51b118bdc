package policy

import (
	"testing"

	"github.com/open-policy-agent/opa/v1/format"
)

func TestBaselineIsFormatted(t *testing.T) {
	modules, err := Baseline()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		formatted, err := format.Source(m.Name, []byte(m.Source))
		if err != nil {
			t.Fatal(err)
		}
		if string(formatted) != m.Source {
			t.Errorf("%s is not as opa fmt would write it:\n%s", m.Name, formatted)
		}
	}
}

func TestBaselineTests(t *testing.T) {
	modules, err := Baseline()
	if err != nil {
		t.Fatal(err)
	}
	report, err := Test(t.Context(), modules)
	if err != nil {
		t.Fatal(err)
	}
	for _, failure := range report.Failures {
		t.Error(failure)
	}
	for _, line := range report.Uncovered {
		t.Errorf("no test reaches %s", line)
	}
	if report.Passed < 50 {
		t.Errorf("only %d tests were found", report.Passed)
	}
	t.Logf("%d passed, coverage %.1f %%", report.Passed, report.Coverage)
}
