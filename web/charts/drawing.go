package charts

import (
	"net/url"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/advice"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/web/plot"
)

// keptKeys are what the address of a chart may ask besides everything there is.
var keptKeys = []string{"by", "stratum", "from", "to", "load", "kind", "rules"}

// with is the address of this chart with some of what it asks changed: pairs of
// key and value, where an empty value asks for it no more.
func (v chartView) with(format string, changes ...string) string {
	form := v.kept()
	for i := 0; i+1 < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return v.addressOf(format, form)
}

// kept is what the address asks, with the stratum that is shown.
func (v chartView) kept() url.Values {
	form := url.Values{}
	for _, key := range keptKeys {
		form.Set(key, v.asked.Get(key))
	}
	if v.chart != nil {
		form.Set("stratum", v.chart.Stratum)
	}
	if v.whole {
		form.Set("all", "all")
	}
	return form
}

func (v chartView) addressOf(format string, form url.Values) string {
	address := chartAddress(v.organisation.ODS, v.measure.ID)
	if format != "" {
		address += "." + format
	}
	var parts []string
	if form.Get("all") != "" {
		parts = append(parts, "all")
	}
	for _, key := range keptKeys {
		if value := form.Get(key); value != "" {
			parts = append(parts, key+"="+url.QueryEscape(value))
		}
	}
	if len(parts) == 0 {
		return address
	}
	return address + "?" + strings.Join(parts, "&")
}

// hidden are the questions that a form about some keys has to carry along.
func (v chartView) hidden(but ...string) []pair {
	form := v.kept()
	var list []pair
	for _, key := range append([]string{"all"}, keptKeys...) {
		if value := form.Get(key); value != "" && !slices.Contains(but, key) {
			list = append(list, pair{key, value})
		}
	}
	return list
}

// pair is a key and its value in an address.
type pair struct{ key, value string }

// drawn is how the chart was asked to be drawn.
func (v chartView) drawn() analysis.Drawing { return v.receipt.Drawing }

// kindShown is the kind that the form has chosen: what was asked for, which a
// short series does not get.
func (v chartView) kindShown() measures.Kind {
	kind := v.kinds[0]
	if asked := v.drawn().Kind; asked != "" {
		_ = kind.UnmarshalText([]byte(asked)) // a name that the answer has accepted
	}
	return kind
}

// otherwise says what was drawn instead of the measure's own, and what that is.
func (v chartView) otherwise() (text string) {
	c := &v.chart.Chart
	text = "You asked for " + described(v.kindShown(), v.receipt.Rules) + "."
	if c.Kind != v.kindShown() {
		text += " There are too few points for it, so it is " + article(words.KindName(c.Kind)) + "."
	}
	return text + " The measure's own is " + described(v.kinds[0], v.measure.Rules) + "; boards and lists go by that one, and so should a judgement."
}

// described is "an XmR chart under the rules of Making Data Count". The rules are
// named where there is a choice.
func described(kind measures.Kind, rules measures.RuleSet) string {
	text := article(words.KindName(kind))
	if len(analysis.RuleSets(kind)) > 1 {
		text += " under " + rulesName(rules)
	}
	return text
}

// rulesName is "the rules of Making Data Count".
func rulesName(set measures.RuleSet) string {
	if set == measures.NoRules {
		return "no rules"
	}
	return "the rules of " + words.RuleSetExplained(set).Name
}

// article puts a or an before a name, by its sound: an XmR chart, an EWMA chart.
func article(name string) string {
	for _, start := range []string{"Xm", "EWMA", "i", "np", "s chart", "x̄"} {
		if strings.HasPrefix(name, start) {
			return "an " + name
		}
	}
	return "a " + lower(name)
}

// lower writes the first letter of a word small, but not of an abbreviation.
func lower(name string) string {
	if len(name) > 1 && name[0] >= 'A' && name[0] <= 'Z' && name[1] >= 'a' && name[1] <= 'z' {
		return string(name[0]-'A'+'a') + name[1:]
	}
	return name
}

// rangesPicture is the chart of moving ranges below the chart.
func (v chartView) rangesPicture() plot.Picture {
	p := v.picture
	c := &v.chart.Ranges.Chart
	subject := v.subject
	subject.Title = ""
	p.Chart, p.Low, p.ID, p.Events, p.Targets = c, true, "ranges", nil, nil
	p.Title = v.picture.Title + ": moving ranges"
	p.Description = words.Sentence(subject, c).String()
	return p
}

// jumps reports whether a moving range lies above its limit: then the limits of
// the chart may rest on it, and the reader ought to see it unasked.
func (v chartView) jumps() bool {
	return slices.ContainsFunc(v.chart.Ranges.Chart.Signals, func(s measures.Signals) bool { return s&measures.OutsideUpper != 0 })
}

// counsel is one piece of advice with what a reader can do about it here.
type counsel struct {
	text       string
	link, href string
	term       string // names it on the glossary page
	anchor     string // its place there
}

func (v chartView) counsels() []counsel {
	var list []counsel
	for _, n := range v.chart.Advice {
		c := counsel{text: capital(strings.ReplaceAll(n.Text, demo.Label, ""))}
		c.link, c.href = v.remedy(n.Code)
		c.term, c.anchor = strings.ReplaceAll(n.Code, "_", " "), words.Anchor(n.Code)
		list = append(list, c)
	}
	return list
}

// remedy is the link of a piece of advice, where there is one.
func (v chartView) remedy(code string) (text, href string) {
	switch code {
	case advice.OverDispersed, advice.UnderDispersed, advice.DenominatorsVary:
		for _, kind := range []measures.Kind{measures.PPrime, measures.UPrime, measures.XmR} {
			if kind != v.chart.Chart.Kind && slices.Contains(v.kinds, kind) {
				return "Draw it as " + article(words.KindName(kind)), v.with("", "kind", kind.String(), "rules", "")
			}
		}
	case advice.RebaseShift, advice.RebaseMerger:
		return "The phases as they are", "#phase"
	case advice.MixedDirections:
		if len(v.measure.Stratifiers) > 0 && len(v.strata) == 0 {
			return "Look at it by " + v.measure.Stratifiers[0], v.with("", "by", v.measure.Stratifiers[0])
		}
	case advice.Seasonal:
		if v.measure.Start != 0 && !v.whole {
			return "See the same months of all years there are", v.with("", "all", "all", "from", "", "to", "")
		}
	}
	return "", ""
}

// notes are what the chart says of itself, without the advice at their end.
func (v chartView) notes() []measures.Note {
	return v.chart.Chart.Notes[:len(v.chart.Chart.Notes)-len(v.chart.Advice)]
}
