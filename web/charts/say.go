package charts

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// whereText is the line below the name of an organisation.
func whereText(o *measures.Organisation, charts int) string {
	parts := []string{string(o.ODS)}
	if o.ICB.Name != "" {
		parts = append(parts, shortName(o.ICB.Name))
	}
	if o.Region.Name != "" && o.Region.Name != o.ICB.Name {
		parts = append(parts, shortName(o.Region.Name))
	}
	if o.Closed != 0 {
		parts = append(parts, "closed "+o.Closed.DayName())
	}
	if charts > 0 {
		parts = append(parts, countText(charts, "measure", "measures"))
	}
	return strings.Join(parts, " · ")
}

// foundText says which organisation a search result is, old names included.
func foundText(o *measures.Organisation) string {
	parts := []string{string(o.ODS)}
	if o.Kind != measures.Trust {
		parts = append(parts, string(o.Kind))
	}
	if o.Region.Name != "" {
		parts = append(parts, shortName(o.Region.Name))
	}
	if o.Closed != 0 {
		text := "closed " + o.Closed.DayName()
		for _, s := range o.Successors {
			text += fmt.Sprintf(", now part of %s (%s)", s.Other.Name, s.Other.ODS)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " · ")
}

func countText(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return words.Number(float64(n), 0) + " " + many
}

// newsWord heads a change on the home page.
func newsWord(l line) string {
	switch groupOf(&l.chart.Chart) {
	case improvement:
		return "A real improvement"
	case concern:
		return "A concern"
	default:
		if l.chart.Chart.Kind == measures.Run {
			return "A change that chance does not explain"
		}
		return "A change, neither good nor bad"
	}
}

func newsClass(l line) string {
	switch groupOf(&l.chart.Chart) {
	case improvement:
		return "imp"
	case concern:
		return "con"
	default:
		return "neu"
	}
}

// newsText is the sentence of a change; its judgement stands above it.
func newsText(l line) string {
	reading := words.Sentence(l.subject, &l.chart.Chart)
	reading.Target = "" // one glance, one thing: the target is on the chart's page
	return reading.String()
}

// quietText says what chance keeps a measure to, or why nobody can tell yet.
func quietText(l line) string {
	c := &l.chart.Chart
	said := l.variation.Text
	switch {
	case l.limits != "":
		said = "Mean " + l.centre + ", chance keeps it between " + strings.Replace(l.limits, " to ", " and ", 1) + l.measure.Unit.Symbol
	case c.Kind == measures.Run && c.Rules != measures.NoRules:
		said = capital(countWord(measuredPoints(c))) + " months to " + l.month + ": too few for limits, so a run chart with median " + l.centre
	case c.Last() >= 0:
		said = countText(measuredPoints(c), "point", "points") + " to " + l.month + ": too few to tell"
	}
	if l.measure.Scope == "" {
		return said
	}
	return l.measure.Scope + ". " + said
}

// oldText says which measures have figures too old to be news.
func oldText(lines []line) string {
	names := make([]string, len(lines))
	for i, l := range lines {
		names[i] = l.name + " (to " + l.month + ")"
	}
	return "Too old to be news: " + strings.Join(names, ", ") + "."
}

func measuredPoints(c *measures.Chart) int {
	n := 0
	for _, y := range c.Y {
		if !measures.IsMissing(y) {
			n++
		}
	}
	return n
}

func (e everyone) heading() string {
	if e.filter.Region != "" {
		return e.measure.Title + ": " + e.filter.Region
	}
	return e.measure.Title
}

// whereText is the line below the name of a measure across trusts.
func (e everyone) whereText() string {
	parts := []string{}
	if e.measure.Scope != "" {
		parts = append(parts, e.measure.Scope)
	}
	parts = append(parts, countText(len(e.lines), "trust", "trusts"))
	if e.measure.Start != 0 {
		parts = append(parts, "from "+e.measure.Start.MonthName())
	}
	if e.measure.Baseline > 0 {
		parts = append(parts, fmt.Sprintf("baseline the first %d months", e.measure.Baseline))
	}
	if e.target != "" {
		parts = append(parts, "target "+e.target)
	}
	return strings.Join(append(parts, drawnBy(e.receipt)...), " · ")
}

// problemText is what a reader is told of a chart that could not be made.
func problemText(err error) string {
	switch {
	case errors.Is(err, plugins.ErrUnsuited):
		return "The plugin says that these figures do not suit it."
	case errors.Is(err, plugins.ErrQuarantined):
		return "The plugin that computes it went wrong several times, and is not run until somebody has looked into it. The figures are safe; other charts go on."
	case errors.Is(err, plugins.ErrFault), errors.Is(err, plugins.ErrRefused):
		return "The plugin that computes it went wrong and was stopped. The figures are safe; other charts go on."
	default:
		return "It could not be made just now. The figures are safe. Please try again in a minute."
	}
}

// keyOf is the legend for many charts: all that any of them shows. Its picture
// is one chart of all their points, which is never drawn.
func keyOf(lines []line) plot.Picture {
	all := measures.Chart{Target: measures.Missing}
	for i := range lines {
		c := &lines[i].chart.Chart
		from := max(0, c.Len()-36) // what a sparkline shows
		all.Kind, all.Direction = c.Kind, max(all.Direction, c.Direction)
		all.Y = append(all.Y, c.Y[from:]...)
		all.Centre, all.Lower, all.Upper = append(all.Centre, c.Centre[from:]...), append(all.Lower, c.Lower[from:]...), append(all.Upper, c.Upper[from:]...)
		all.Signals, all.Causes, all.States = append(all.Signals, c.Signals[from:]...), append(all.Causes, c.Causes[from:]...), append(all.States, c.States[from:]...)
		if !measures.IsMissing(c.Target) {
			all.Target = c.Target
		}
	}
	n := len(all.Y)
	all.X, all.Phase = make([]int32, n), make([]int32, n)
	all.N, all.NearLower, all.NearUpper = make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range all.X {
		all.X[i], all.Phase[i] = int32(i), 1
	}
	return plot.Picture{Chart: &all}
}

// receiptFacts writes a receipt.
func receiptFacts(r analysis.Receipt, extra []layout.Fact) []layout.Fact {
	facts := []layout.Fact{
		{Term: "Plugin", Value: r.Release.Manifest.ID + " " + r.Release.Manifest.Version, Code: r.Release.Digest.Short()},
		{Term: "Data", Value: r.DataVersion},
		{Term: "Policy", Value: grantText(r), Code: shortRevision(r.PolicyRevision)},
		{Term: "Parameters", Value: parameterText(r)},
	}
	facts = append(facts, pinnedFacts(r)...)
	return append(append(facts, extra...), layout.Fact{Term: "Record", Value: fmt.Sprintf("number %d", r.Record), Code: r.Request})
}

func grantText(r analysis.Receipt) string {
	var codes []string
	for _, g := range r.Grants {
		codes = append(codes, strings.ReplaceAll(g.Code, "_", " "))
	}
	text := strings.Join(codes, ", ")
	if r.Disclosure.MinCellCount > 1 {
		text += fmt.Sprintf("; counts from %s are hidden", hiddenRange(r.Disclosure))
	} else {
		text += "; nothing hidden"
	}
	return text
}

func parameterText(r analysis.Receipt) string {
	var parts []string
	for _, m := range r.Methods {
		parts = append(parts, m.Entry+", rules "+m.Rules.String())
	}
	if !r.Drawing.Own() {
		parts = append(parts, "drawn as the reader asked, not as the measure's definition says")
	}
	parts = append(parts, r.Direction.String(), "from "+fromText(r)+" to "+r.Period.To.DayName())
	if r.AsOf > 0 {
		parts = append(parts, fmt.Sprintf("as of load %d", r.AsOf))
	}
	return strings.Join(parts, " · ")
}

func fromText(r analysis.Receipt) string {
	if r.Period.From == 0 {
		return "the beginning"
	}
	return r.Period.From.DayName()
}

// shortRevision is a digest for eyes.
func shortRevision(revision string) string { return plugins.Digest(revision).Short() }

// boardFacts is one receipt for many charts: what they share, and the range of
// their records.
func boardFacts(receipts []analysis.Receipt) []layout.Fact {
	first, last := receipts[0], receipts[len(receipts)-1]
	var versions, computed []string
	add := func(list *[]string, text string) {
		if !slices.Contains(*list, text) {
			*list = append(*list, text)
		}
	}
	for _, r := range receipts {
		add(&versions, string(r.Measure)+": "+r.DataVersion)
		add(&computed, releaseText(r.Release))
		if r.Defined.Digest != "" && r.Defined.Digest != r.Release.Digest {
			add(&computed, releaseText(r.Defined))
		}
	}
	return []layout.Fact{
		{Term: "Plugin", Value: strings.Join(computed, " · ")},
		{Term: "Data", Value: strings.Join(versions, "; ")},
		{Term: "Policy", Value: grantText(first), Code: shortRevision(first.PolicyRevision)},
		{Term: "Records", Value: fmt.Sprintf("numbers %d to %d", first.Record, last.Record)},
	}
}

// releaseText names a release and, for eyes, its digest.
func releaseText(r plugins.Release) string {
	return r.Manifest.ID + " " + r.Manifest.Version + " " + r.Digest.Short()
}
