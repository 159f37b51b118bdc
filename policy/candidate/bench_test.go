package candidate

import (
	"testing"
)

func TestASoundPolicyMayBeProposed(t *testing.T) {
	report, err := bench(t, Options{}).Check(t.Context(), "RAA", sound())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Log(f)
	}
	for _, w := range report.Wider {
		t.Log(w)
	}
	if !report.Sound() {
		t.Errorf("it may not: %+v", report.Tests)
	}
	if report.Compared < enoughRows {
		t.Errorf("%d rows compared, want %d", report.Compared, enoughRows)
	}
	t.Logf("%d rows, %d passed, %v %%", report.Compared, report.Tests.Passed, report.Tests.Coverage)
}
