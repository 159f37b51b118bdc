package words

import "github.com/signalbox-health/signalbox/measures"

// SetText explains one rule set.
type SetText struct {
	Set  measures.RuleSet
	Name string // as in "the rules of Making Data Count"
	Text string
}

// Code is the id of the rule set on the glossary page.
func (s SetText) Code() string { return "set-" + s.Set.String() }

// RuleSetExplained gives the text of a rule set.
func RuleSetExplained(set measures.RuleSet) SetText {
	for _, text := range setTexts {
		if text.Set == set {
			return text
		}
	}
	return SetText{Set: set, Name: set.String()}
}

// RuleSets gives the texts of all rule sets.
func RuleSets() []SetText { return append([]SetText(nil), setTexts...) }

var setTexts = []SetText{
	{measures.MDC, "Making Data Count", "The rules of NHS England's Making Data Count team as it has had them since late 2023: a point outside the limits, " +
		"seven in a row on one side of the mean, seven in a row rising or falling, two of three near a limit. Where a point is improvement and concern " +
		"at once, improvement is shown. Limits and icons need 13 points."},
	{measures.MDCR022, "Making Data Count (R)", "The same rules as the R package NHSRplotthedots 0.2.2 has them, to compare with charts " +
		"made there: points outside the limits do not count as near one, and large jumps are left out of the limits."},
	{measures.Anhoej, "Anhøj", "Two questions to a phase as a whole: is its longest run unusually long, and does the line cross the centre unusually " +
		"seldom? Both limits follow the number of points. No single point is special, save one outside the limits where there are any."},
	{measures.IHI, "IHI run charts", "What improvement training teaches for run charts: six in a row on one side of the median, five in a row rising or " +
		"falling, too few or too many runs. Points on the median and repeated values are passed over."},
	{measures.WesternElectric, "Western Electric", "Four tests from the Western Electric handbook of 1956, on thirds of the way from mean to limit: one point " +
		"outside, two of three in the outer third, four of five beyond the inner third, eight in a row on one side. The point that completes a pattern is marked."},
	{measures.Nelson, "Nelson", "Eight tests from Lloyd Nelson's paper of 1984. Together they find much, and give a false alarm more often than any other " +
		"set here. The point that completes a pattern is marked."},
	{measures.PowerBI, "PowerBI-SPC", "As the PowerBI-SPC visual has its rules: a point outside, seven in a row on one side, five in a row rising or falling, " +
		"two of three near a limit. Each is kept by itself."},
	{measures.NoRules, "No rules", "The chart is drawn and nothing is judged."},
}
