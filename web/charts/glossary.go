package charts

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// glossary is the page that explains what charts and their words mean.
type glossary struct {
	page     layout.Page
	sections []words.Section
}

// letterGroup is the words that begin with one letter.
type letterGroup struct {
	letter  string
	entries []words.Entry
}

// Glossary explains every word, icon, kind of chart and rule. It holds nobody's
// data, so anybody may read it.
func (p *Pages) Glossary(w http.ResponseWriter, r *http.Request) error {
	_, page := p.frame(r, "Glossary", layout.Crumb{Name: "What changed", URL: "/"})
	return glossaryPage(glossary{page: page, sections: words.Glossary()}).Render(r.Context(), w)
}

// byLetter divides entries, which are in the order of the alphabet.
func byLetter(entries []words.Entry) []letterGroup {
	var groups []letterGroup
	for _, e := range entries {
		letter := strings.ToUpper(e.Word[:1])
		if n := len(groups); n == 0 || groups[n-1].letter != letter {
			groups = append(groups, letterGroup{letter: letter})
		}
		g := &groups[len(groups)-1]
		g.entries = append(g.entries, e)
	}
	return groups
}

// drawings are the icons that an entry is about.
func drawings(code string) []templ.Component {
	const px = 40
	variations := map[string][]measures.Variation{
		"icon-improvement":  {measures.ImprovementHigh, measures.ImprovementLow},
		"icon-concern":      {measures.ConcernHigh, measures.ConcernLow},
		"icon-changed":      {measures.ShiftHigh, measures.ShiftLow},
		"icon-common-cause": {measures.CommonCause},
		"icon-none":         {measures.VariationEmpty},
	}
	assurances := map[string]measures.Assurance{"icon-pass": measures.Pass, "icon-fail": measures.Fail, "icon-hit-or-miss": measures.HitOrMiss}
	var icons []templ.Component
	for _, v := range variations[code] {
		icons = append(icons, plot.VariationIcon(v, px))
	}
	if a, is := assurances[code]; is {
		icons = append(icons, plot.AssuranceIcon(a, measures.Increase, px))
	}
	return icons
}
