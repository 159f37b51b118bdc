package words

import (
	"strings"
	"unicode/utf8"

	"github.com/signalbox-health/signalbox/measures"
)

// longestSaying is how many characters of a plugin's own words fit into a sentence.
const longestSaying = 200

// pluginSays is the first sentence of a chart's first note, told as somebody else's:
// of a chart in a plugin's own way, under none of our rules, nobody here can say
// what it found. It is empty for every other chart, and where there is no note that
// is short enough.
func (v *view) pluginSays() string {
	if v.c.Kind != measures.Custom || v.c.Rules != measures.NoRules || len(v.c.Notes) == 0 {
		return ""
	}
	said := strings.TrimSpace(v.c.Notes[0].Text)
	if first, _, more := strings.Cut(said, ". "); more {
		said = first + "."
	}
	if said == "" || utf8.RuneCountInString(said) > longestSaying {
		return ""
	}
	return "Its plugin says: " + said
}
