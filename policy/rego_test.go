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
