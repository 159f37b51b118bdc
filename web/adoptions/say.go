package adoptions

import (
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/internal/sharing"
	"github.com/signalbox-health/signalbox/internal/sharing/evidence"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/plugins/registry"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/web/layout"
)

// causeOf is the judgement that a result stands for, for its shape.
func causeOf(r registry.Result) measures.Cause {
	switch r {
	case registry.Improved:
		return measures.Improvement
	case registry.Concern:
		return measures.Concern
	case registry.Changed:
		return measures.NeutralHigh
	}
	return measures.Common
}

// resultWord names a result in a table.
func resultWord(r registry.Result) string {
	switch r {
	case registry.Improved:
		return "Improved"
	case registry.MostlyMix:
		return "Mostly mix"
	case registry.Unchanged:
		return "Unchanged"
	case registry.Concern:
		return "Concern"
	case registry.Changed:
		return "Changed"
	}
	return "Unclear"
}

// judgement is the bold part of what is said of a result.
func judgement(r registry.Result) string {
	switch r {
	case registry.Improved:
		return "A real change, in the good direction."
	case registry.MostlyMix:
		return "It went in the good direction, but mostly because others are counted."
	case registry.Unchanged:
		return "No change beyond chance."
	case registry.Concern:
		return "A real change, in the wrong direction."
	case registry.Changed:
		return "A real change, neither good nor bad."
	}
	return "It is too early, or too uncertain, to say."
}

// fact says before and after in numbers.
func fact(e *registry.Evidence, grain measures.Grain) string {
	before := "no figures that may be told over the baseline"
	if e.Before.Mean != nil {
		before = words.Line(*e.Before.Mean, e.Unit) + " over the " + counted(e.Before.Points, grain) + " to " + words.Period(int32(e.Before.To), grain)
	}
	if e.After.Mean == nil {
		return "There are no figures yet from " + words.Period(int32(e.Adopted), grain) + " on; " + before + " before that."
	}
	return capital(measured(*e.After.Mean, e.Unit) + " on average over the " + counted(e.After.Points, grain) + " since " + words.Period(int32(e.Adopted), grain) + ", and " + before + ".")
}

// measured writes a value with what it is of: "277 per 1,000 attendances".
func measured(v float64, u measures.Unit) string {
	return strings.TrimSpace(words.Line(v, u) + " " + u.Words)
}

// held says for how long a change has stood.
func held(e *registry.Evidence, grain measures.Grain) string {
	switch e.Result {
	case registry.Unchanged, registry.Unclear:
		return ""
	}
	if e.Kept == 0 {
		return "The last " + noun(grain, 1) + " lies on the other side of the old mean."
	}
	return "It has held for " + counted(e.Kept, grain) + ", up to the last."
}

// mixed says how much of a change lies within strata.
func mixed(e *registry.Evidence) string {
	if e.Mix == nil {
		return ""
	}
	return "Within each " + e.Mix.Of + " it changed by " + points(e.Mix.Within, e.Unit) + "; " + points(e.Mix.Between, e.Unit) + " went with a change of who was counted."
}

// points writes a change with its sign.
func points(v float64, u measures.Unit) string {
	text := words.Value(v, words.Difference(u))
	if v > 0 && strings.ContainsAny(text, "123456789") {
		return "+" + text
	}
	return text
}

func noun(grain measures.Grain, n int) string {
	word := "point"
	switch grain {
	case measures.Day, measures.Week, measures.Month, measures.Quarter:
		word = string(grain)
	case measures.FinancialYear:
		word = "financial year"
	}
	if n != 1 {
		word += "s"
	}
	return word
}

func counted(n int, grain measures.Grain) string { return strconv.Itoa(n) + " " + noun(grain, n) }

// rulesText names what the rules found, in words.
func rulesText(e *registry.Evidence) string {
	if len(e.Signals) == 0 {
		return "none"
	}
	list := make([]string, len(e.Signals))
	for i, s := range e.Signals {
		list[i] = strings.ReplaceAll(s, "_", " ")
	}
	return strings.Join(list, ", ")
}

// controlText says what was hidden on the way out.
func controlText(e *registry.Evidence) string {
	if !sharing.Hides(e) {
		return "The figures are published, so nothing is hidden."
	}
	return "Numbers " + hiddenText(e) + " are hidden, and all others rounded to the nearest " + strconv.Itoa(max(e.RoundTo, 1)) + " before anything was computed."
}

func hiddenText(e *registry.Evidence) string {
	if e.MinCellCount <= 1 {
		return ""
	}
	return "1 to " + strconv.Itoa(e.MinCellCount-1)
}

func layersText(list []string) string {
	named := make([]string, len(list))
	for i, l := range list {
		named[i] = "own " + l
	}
	return strings.Join(named, ", ")
}

func stageText(a *sharing.Adopter) string {
	text := "Adopted"
	if a.Stage == "pilot" {
		text = "On trial since"
	}
	return text + " " + day(a.At)
}

func sentText(s *sharing.Sent) string {
	switch {
	case !s.Saying.Sent.IsZero():
		return "The hub has it, since " + day(s.Saying.Sent)
	case s.Problem != "":
		return "It waits: the hub could not be reached"
	}
	return "It waits for the next delivery"
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// plainText is what an error says without what was being done.
func plainText(err error) string {
	text := err.Error()
	if _, after, found := strings.Cut(text, ": "); found {
		return after
	}
	return text
}

// tallied writes counts as a list: the number and its words, results without any left
// out, but for the first three, whose absence says something too.
type tallied struct {
	n    int
	word string
}

func talliedOf(count map[registry.Result]int) []tallied {
	var list []tallied
	for i, r := range evidence.Results() {
		if n := count[r]; n > 0 || i < 3 {
			list = append(list, tallied{n, tallyWord(r, n)})
		}
	}
	return list
}

func tallyWord(r registry.Result, n int) string {
	switch r {
	case registry.Improved:
		return "improved beyond chance"
	case registry.Unchanged:
		return "unchanged"
	case registry.Concern:
		if n == 1 {
			return "shows concern"
		}
		return "show concern"
	case registry.MostlyMix:
		return "improved, but mostly by case mix"
	case registry.Changed:
		return "changed, neither well nor badly"
	}
	return "too early or too uncertain to say"
}

func leftOutText(n int) string {
	if n == 1 {
		return "One more thing was sent and is not shown: it was changed on the way, or no installation that may speak for its organisation has signed it."
	}
	return strconv.Itoa(n) + " more things were sent and are not shown: they were changed on the way, or no installation that may speak for their organisation has signed them."
}

// plainEvent is the text of an event, without what every text of the demonstration
// begins with.
func plainEvent(e measures.Event) string { return capital(strings.TrimPrefix(e.Text, demo.Label)) }

// muteText says why somebody may not send evidence.
func muteText(why []policy.Reason) string {
	if len(why) == 0 {
		return "You cannot send it as evidence."
	}
	return "You cannot send it as evidence. " + why[0].Message
}

func meanText(mean *float64, u measures.Unit) string {
	if mean == nil {
		return "hidden"
	}
	return words.Line(*mean, u)
}

func lowerStage(a *sharing.Adopter) string {
	text := stageText(a)
	return strings.ToLower(text[:1]) + text[1:]
}

// sentence counts what became of all that runs.
func (v *trust) sentence() string {
	n := 0
	for _, a := range v.running {
		n += len(a.measures)
	}
	text := v.name + " runs " + releases(len(v.running)) + " of others, with " + measuresText(n) + "."
	if v.shown() == 0 {
		return text + " What became of them is not shown to you."
	}
	return text
}

func releases(n int) string {
	if n == 1 {
		return "one release"
	}
	return strconv.Itoa(n) + " releases"
}

func measuresText(n int) string {
	if n == 1 {
		return "one measure"
	}
	return strconv.Itoa(n) + " measures"
}

// lines are what is said below a chart, besides the reasons for doubt.
func (b became) lines() []string {
	e := &b.Judged.Evidence
	var list []string
	for _, line := range []string{held(e, b.Measure.Grain), mixed(e)} {
		if line != "" {
			list = append(list, line)
		}
	}
	if len(e.Layered) > 0 {
		list = append(list, "On top of the release’s own definition lie: "+layersText(e.Layered)+".")
	}
	return list
}

// says lists what the document tells, in words.
func (v *leaving) says() []layout.Fact {
	e, grain := &v.Prepared.Evidence, v.Became.Measure.Grain
	facts := []layout.Fact{
		{Term: "Of whom", Value: e.OrganisationName + " (" + string(e.Organisation) + ")"},
		{Term: "Of what", Value: e.Title + ", as " + e.Plugin + " " + e.Version + " defines it"},
		{Term: "Before", Value: meanText(e.Before.Mean, e.Unit) + ", " + counted(e.Before.Points, grain) + " from " + words.Period(int32(e.Before.From), grain) + " to " + words.Period(int32(e.Before.To), grain)},
		{Term: "After", Value: meanText(e.After.Mean, e.Unit) + ", " + counted(e.After.Points, grain) + " from " + words.Period(int32(e.Adopted), grain) + " on"},
		{Term: "Result", Value: resultWord(e.Result)},
		{Term: "Rules that found something", Value: rulesText(e)},
	}
	if text := held(e, grain); text != "" {
		facts = append(facts, layout.Fact{Term: "Held", Value: text})
	}
	if text := mixed(e); text != "" {
		facts = append(facts, layout.Fact{Term: "Mix", Value: text})
	}
	for _, reason := range e.Reasons {
		facts = append(facts, layout.Fact{Term: "Also", Value: reason})
	}
	points := "None"
	if !v.bare {
		points = counted(len(e.Points), grain) + ", as plotted; hidden ones without a value"
	}
	return append(facts, layout.Fact{Term: "Points", Value: points}, layout.Fact{Term: "Small numbers", Value: controlText(e)})
}

func (v *leaving) amounts() []layout.Option {
	return []layout.Option{
		{Value: "yes", Name: "With its points", Hint: "Others see a small chart, and can judge again by the same rules.", Chosen: !v.bare},
		{Value: bareWord, Name: "Only before, after and the result", Hint: "Others have to take the result as it is.", Chosen: v.bare},
	}
}

func (v *leaving) sendText() string {
	if v.bare {
		return "Sign and send, without its points"
	}
	return "Sign and send"
}

func (v *leaving) receipt() []layout.Fact {
	r := &v.Became.Answer.Receipt
	return []layout.Fact{
		{Term: "Allowed by", Value: allowedText(r.Grants), Code: "record " + strconv.FormatInt(r.Record, 10)},
		{Term: "Signed by", Value: v.Node},
		{Term: "Release", Value: v.Adopter.Plugin + " " + v.Adopter.Release.Manifest.Version, Code: v.Adopter.Digest.Short()},
		{Term: "Data", Code: r.DataVersion},
		{Term: "What it says", Code: v.Prepared.Digest.Short()},
	}
}

func allowedText(grants []policy.GrantRef) string {
	var list []string
	for _, g := range grants {
		list = append(list, strings.ReplaceAll(g.Code, "_", " "))
	}
	return strings.Join(list, ", ")
}
