package policy

import (
	"strings"
	"testing"
)

func TestOutlinePartsAFileIntoItsRulesInWords(t *testing.T) {
	source := `# METADATA
# title: The policy of a trust
package signalbox.trusts.RQW

import data.signalbox.national

# METADATA
# title: Nothing from before 2025
# description: >
#   The old system counted
#   otherwise.
decision := object.union(national.decision, {
	"rows": [{"period": {"gte": "2025-01-01"}}],
})

helper := 1

# METADATA
# title: Second
second if true
`
	rules := Outline(Module{"own.rego", source})
	if len(rules) != 3 || !rules[0].Head || rules[1].Head {
		t.Fatalf("%+v", rules)
	}
	if r := rules[1]; r.Title != "Nothing from before 2025" || r.Description != "The old system counted otherwise." || r.Line != 12 ||
		len(r.Source) != 5 || r.Source[4] != "helper := 1" {
		t.Errorf("%+v", r)
	}
	lines := strings.Split(source, "\n")
	for _, r := range rules {
		if lines[r.Line-1] != r.Source[0] {
			t.Errorf("line %d is %q, and the rule begins with %q", r.Line, lines[r.Line-1], r.Source[0])
		}
	}
}

func FuzzOutlineLosesNoLine(f *testing.F) {
	f.Add("package a\n\n# METADATA\n# title: x\nallow if true\n")
	f.Add("# METADATA\n# METADATA\n\n\nx")
	f.Add("not rego {{{")
	f.Fuzz(func(t *testing.T, source string) {
		lines := strings.Split(source, "\n")
		for _, r := range Outline(Module{"x.rego", source}) {
			for i, line := range r.Source {
				if lines[r.Line-1+i] != line {
					t.Fatalf("line %d is %q, not %q", r.Line+i, lines[r.Line-1+i], line)
				}
			}
		}
	})
}
