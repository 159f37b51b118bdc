package candidate

import (
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

func TestTheTemplateIsWithoutFaultAndWithoutAdvice(t *testing.T) {
	review, err := measures.ParseDate("2027-06-01")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]policy.ReferenceData{"a register": country(t), "an empty house": empty(t)} {
		t.Run(name, func(t *testing.T) {
			modules, err := policy.Template("RAA", review)
			if err != nil {
				t.Fatal(err)
			}
			report, err := bench(t, Options{CheckTime: patience, Reference: func() policy.ReferenceData { return data }}).Check(t.Context(), "RAA", modules)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range report.Findings {
				t.Error(f)
			}
			if !report.Sound() || report.Compared < enoughRows {
				t.Errorf("%d rows compared, wider: %+v, tests: %+v", report.Compared, report.Wider, report.Tests)
			}
		})
	}
}

// empty is what a house knows that has loaded nothing.
func empty(t *testing.T) policy.ReferenceData {
	t.Helper()
	data, err := policy.NationalReference()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTheBaselineMayBeProposedAsItIs(t *testing.T) {
	modules, err := policy.Baseline()
	if err != nil {
		t.Fatal(err)
	}
	report, err := bench(t, Options{CheckTime: patience}).Check(t.Context(), policy.Everyone, modules)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		if f.Severity == Fault {
			t.Error(f)
		}
	}
	if !report.Sound() {
		t.Errorf("wider: %+v, tests: %+v", report.Wider, report.Tests)
	}
}
