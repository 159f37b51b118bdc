package words

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
)

var update = flag.Bool("update", false, "write the texts of this package into GLOSSARY.md")

// ruleText finds the text of a rule.
func ruleText(code string) RuleText {
	for _, r := range RuleTexts() {
		if r.Code == code {
			return r
		}
	}
	return RuleText{Code: code}
}

// between these lines GLOSSARY.md holds what this package says.
const (
	begins = "<!-- from measures/words: go test ./measures/words -run GLOSSARY -update -->\n"
	ends   = "<!-- end of measures/words -->\n"
)

// markdown writes the glossary as the tables of GLOSSARY.md.
func markdown() string {
	var b strings.Builder
	for _, s := range Glossary() {
		b.WriteString("\n## " + s.Title + "\n\n" + s.Lead + "\n\n| word | meaning |\n|---|---|\n")
		for _, e := range s.Entries {
			text := e.Text
			for _, d := range e.More {
				text += " *" + d.Name + ":* " + d.Text
			}
			b.WriteString("| " + e.Word + " | " + text + " |\n")
		}
	}
	return b.String()
}

func TestGLOSSARYHoldsTheTextsOfThePage(t *testing.T) {
	path := filepath.Join("..", "..", "GLOSSARY.md")
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, opened := strings.Cut(string(file), begins)
	held, after, closed := strings.Cut(rest, ends)
	if !opened || !closed {
		t.Fatalf("GLOSSARY.md has no place for the texts: it needs the lines %q and %q", begins, ends)
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+begins+markdown()+"\n"+ends+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if held != markdown()+"\n" {
		t.Error("GLOSSARY.md and package words differ: go test ./measures/words -run GLOSSARY -update")
	}
}

func TestGlossaryExplainsEverything(t *testing.T) {
	for kind := measures.Run; kind.Known(); kind++ {
		text := KindExplained(kind)
		if text.Kind != kind || text.What == "" || text.When == "" || text.Read == "" || text.Assumes == "" || Anchor(kind.String()) == "" {
			t.Errorf("kind %s is not explained: %+v", kind, text)
		}
	}
	for set := measures.NoRules; set.Known(); set++ {
		if text := RuleSetExplained(set); text.Text == "" || Anchor("set-"+set.String()) == "" {
			t.Errorf("rule set %s is not explained", set)
		}
	}
	for i := range ruleCodes {
		for _, name := range measures.Signals(1 << i).Names() {
			if Anchor(name) != ruleCodes[i] || ruleText(ruleCodes[i]).Text == "" {
				t.Errorf("signal %s leads to %q", name, Anchor(name))
			}
		}
	}
	for v := measures.VariationEmpty; v <= measures.ShiftLow; v++ {
		if !strings.HasPrefix(Anchor(v.String()), "icon-") {
			t.Errorf("icon %s leads to %q", v, Anchor(v.String()))
		}
	}
	for code, want := range map[string]string{"shift_above": "rule-shift", "baseline": "term-baseline", "suppressed": "term-suppressed",
		"not_measured": "term-not-measured", "pass": "icon-pass", "xmr": "kind-xmr", "nelson_4": "rule-nelson-4", "rule-funnel": "rule-funnel", "nothing": ""} {
		if got := Anchor(code); got != want {
			t.Errorf("Anchor(%q) = %q, want %q", code, got, want)
		}
	}
}

func TestGlossaryIsInOrderAndLeadsNowhereElse(t *testing.T) {
	sections, seen := Glossary(), map[string]bool{}
	for _, s := range sections {
		for _, e := range s.Entries {
			if seen[e.Code] || e.Code == "" || e.Word == "" || !strings.HasSuffix(e.Text, ".") {
				t.Errorf("%s: %+v", s.Code, e)
			}
			seen[e.Code] = true
			for _, d := range e.More {
				if d.Text == "" || !strings.HasSuffix(d.Text, ".") {
					t.Errorf("%s: %+v", e.Code, d)
				}
			}
		}
	}
	if !slices.IsSortedFunc(terms, func(a, b Entry) int { return strings.Compare(strings.ToLower(a.Word), strings.ToLower(b.Word)) }) {
		t.Error("the words are not in the order of the alphabet")
	}
	for code, id := range anchors {
		if id != "" && !seen[id] {
			t.Errorf("%q leads to %q, which is not there", code, id)
		}
	}
}

// Every rule that a chart is held against leads to its place in the glossary.
func TestEveryRuleThatIsToldIsExplained(t *testing.T) {
	y := join(wave(20, 22, 24), wave(30, 34, 12))
	for _, kind := range []measures.Kind{measures.Run, measures.XmR, measures.C, measures.G, measures.EWMA, measures.CUSUM} {
		for set := measures.MDC; set.Known(); set++ {
			for _, rule := range Explain(Subject{}, chart(t, kind, set, measures.Increase, y, nil)) {
				if Anchor(rule.Code) != rule.Code {
					t.Errorf("%s, %s: rule %q of code %q is not explained", kind, set, rule.Title, rule.Code)
				}
			}
		}
	}
}
