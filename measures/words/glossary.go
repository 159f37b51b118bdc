package words

import (
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// Entry is one thing explained.
type Entry struct {
	Code string // its id on the page: "term-baseline", "rule-shift", "kind-xmr"
	Word string
	Text string
	More []Detail
}

// Detail is a part of an explanation with a name: "When to use it".
type Detail struct{ Name, Text string }

// Section is one part of the glossary.
type Section struct {
	Code    string // "terms"
	Title   string
	Lead    string // what the section is about
	Entries []Entry
}

// Glossary is all that the charts are explained with: the page /glossary,
// GLOSSARY.md and the links of every chart come from it.
func Glossary() []Section {
	return []Section{
		{"terms", "Words", "What the words on charts mean.", terms},
		{"icons", "Icons", "Two icons stand beside every chart: what the latest point says, and what the target may expect.", icons},
		{"kinds", "Kinds of chart", "Which chart for which figures, how to read it, and what has to hold for it to tell the truth.", kindEntries()},
		{"sets", "Rule sets", "A chart is held against one set of rules, and says which.", setEntries()},
		{"rules", "Rules", "What each rule looks for, and how often chance alone does that when nothing changes. The odds take points as independent and, " +
			"where limits count, as spread in the shape of a bell; real figures are only roughly so.", ruleEntries()},
	}
}

func kindEntries() []Entry {
	entries := make([]Entry, len(kindTexts))
	for i, k := range kindTexts {
		entries[i] = Entry{k.Code(), k.Name, k.What, []Detail{{"When to use it", k.When}, {"How to read it", k.Read}, {"What it assumes", k.Assumes}}}
	}
	return entries
}

func setEntries() []Entry {
	entries := make([]Entry, len(setTexts))
	for i, s := range setTexts {
		entries[i] = Entry{Code: s.Code(), Word: s.Name, Text: s.Text}
	}
	return entries
}

func ruleEntries() []Entry {
	rules := RuleTexts()
	entries := make([]Entry, len(rules))
	for i, r := range rules {
		entries[i] = Entry{r.Code, r.Name, r.Text, []Detail{{"By chance alone", r.Chance}}}
	}
	return entries
}

// anchors lead from codes that are not ids themselves to what explains them.
var anchors = map[string]string{
	"neutral": "term-direction", "increase": "term-direction", "decrease": "term-direction",
	"common": "term-common-cause", "common_cause": "icon-common-cause", "improvement": "icon-improvement", "concern": "icon-concern",
	"improvement_high": "icon-improvement", "improvement_low": "icon-improvement", "concern_high": "icon-concern", "concern_low": "icon-concern",
	"neutral_high": "icon-changed", "neutral_low": "icon-changed", "empty": "icon-none", "pass": "icon-pass", "fail": "icon-fail", "hit_or_miss": "icon-hit-or-miss",
	"few_points": "term-limits", "flat": "term-limits", "phase_moved": "term-phase", "phase_empty": "term-phase", "last_missing": "term-not-measured",
	"screened": "term-screening", "screening_kept": "term-screening", "over_dispersed": "term-over-dispersion", "overdispersion": "term-over-dispersion",
	"under_dispersed": "term-over-dispersion", "rare_events": "kind-g", "denominators_vary": "term-weight", "rebase_merger": "term-rebase",
	"rebase_shift": "term-rebase", "mixed_directions": "term-signal", "seasonal": "term-season", "autocorrelated": "term-autocorrelation", "alternating": "term-autocorrelation",
	"no_limits": "term-limits", "few_groups": "term-tau", "aggregated": "kind-vlad", "clamped": "term-limits",
	"laney": "term-prime", "tau2": "term-tau", "final": "", "outliers": "rule-funnel",
}

// Anchor is the place on the glossary page that explains a code: the name of a
// signal, rule, kind of chart, rule set, icon, state or term, or the code of a
// note. Anchor("shift_above") is "rule-shift". A code that the glossary does not
// explain gives "", so that nobody links to nowhere.
func Anchor(code string) string {
	for i := range ruleCodes {
		if names := measures.Signals(1 << i).Names(); names[0] == code {
			return ruleCodes[i]
		}
	}
	if id, known := anchors[code]; known {
		return id
	}
	code = strings.ReplaceAll(code, "_", "-")
	sections := Glossary()
	for _, prefix := range [...]string{"", "rule-", "kind-", "set-", "icon-", "term-"} {
		if explained(sections, prefix+code) {
			return prefix + code
		}
	}
	return ""
}

func explained(sections []Section, id string) bool {
	for _, section := range sections {
		for _, entry := range section.Entries {
			if entry.Code == id {
				return true
			}
		}
	}
	return false
}
