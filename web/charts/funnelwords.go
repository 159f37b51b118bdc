package charts

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/web/layout"
)

// stretch names the periods that were added up: "June 2025 to May 2026".
func (v *funnelView) stretch() string {
	f := &v.funnel
	last := words.Period(int32(f.Last), v.measure.Grain)
	if f.First == f.Last {
		return last
	}
	return words.Period(int32(f.First), v.measure.Grain) + " to " + last
}

// where is the line below the title.
func (v *funnelView) where() string {
	var parts []string
	if v.measure.Scope != "" {
		parts = append(parts, v.measure.Scope)
	}
	parts = append(parts, countText(len(v.funnel.Groups), "trust", "trusts"))
	if len(v.funnel.Groups) > 0 {
		parts = append(parts, v.stretch())
	}
	if n := v.funnel.Provisional; n > 0 {
		parts = append(parts, "provisional at "+countText(n, "trust", "trusts"))
	}
	return strings.Join(append(parts, drawnBy(v.funnel.Receipt)...), " · ")
}

// funnelRow is one trust in the table.
type funnelRow struct {
	index                  int
	code                   measures.ODSCode
	name, href             string
	own                    bool
	numerator, denominator string
	value, inner, outer    string // with the limits that hold for a trust of its size
	cause                  measures.Cause
	lies                   string
}

func (v *funnelView) row(i int) funnelRow {
	f, c, unit := &v.funnel, &v.funnel.Chart, v.measure.Unit
	code := f.Groups[i]
	r := funnelRow{index: i, code: code, name: v.subject.Groups[i], href: v.chartAt(code, v.measure.ID), own: code == v.own,
		numerator: figure(f.Numerator, i), denominator: figure(f.Denominator, i), value: absent(c, i, v.subject.Hidden),
		inner: "–", outer: "–", cause: c.Causes[i], lies: "Hidden"}
	if measures.IsMissing(c.Y[i]) {
		return r
	}
	r.value, r.lies = words.Value(c.Y[i], unit), liesText(c, i)
	if !measures.IsMissing(c.NearUpper[i] - c.NearLower[i]) {
		r.inner = words.Limits(c.NearLower[i], c.NearUpper[i], unit)
	}
	if !measures.IsMissing(c.Upper[i] - c.Lower[i]) {
		r.outer = words.Limits(c.Lower[i], c.Upper[i], unit)
	}
	return r
}

// liesText says where a trust lies among its limits. Only the outer ones make a
// signal: of a hundred trusts that chance alone tells apart, five lie beyond the
// inner ones.
func liesText(c *measures.Chart, i int) string {
	switch y := c.Y[i]; {
	case c.Signals[i]&measures.OutsideUpper != 0:
		return "Above 99.8%"
	case c.Signals[i]&measures.OutsideLower != 0:
		return "Below 99.8%"
	case y > c.NearUpper[i]:
		return "Above 95%"
	case y < c.NearLower[i]:
		return "Below 95%"
	case measures.IsMissing(c.NearUpper[i] - c.NearLower[i]):
		return "No limits"
	}
	return "Within 95%"
}

// outlier is a trust beyond the outer limits, in words.
type outlier struct{ name, href, text string }

// outliersShown is how long a list of trusts stands open: limits for chance alone
// may leave nearly all outside.
const outliersShown = 24

// outliers are those above, or those below, in order of name.
func (v *funnelView) outliers(side measures.Signals) []outlier {
	said := words.Outliers(v.subject, &v.funnel.Chart)
	var list []outlier
	for i := range v.rows {
		r := &v.rows[i]
		if v.funnel.Chart.Signals[r.index]&side == 0 {
			continue
		}
		o := outlier{name: r.name, href: r.href, text: r.value}
		for _, line := range said {
			if text, found := strings.CutPrefix(line, r.name+": "); found {
				o.text = text
			}
		}
		list = append(list, o)
	}
	return list
}

// ownText says where the marked trust lies, or why it is not there.
func (v *funnelView) ownText() string {
	if v.own == "" {
		return ""
	}
	for i := range v.rows {
		if r := &v.rows[i]; r.own {
			if v.funnel.Chart.States[r.index] == measures.Suppressed {
				return r.name + " is hidden, because its numbers are small."
			}
			return fmt.Sprintf("%s: %s of %s, %s. %s limits for its size.", r.name, r.numerator, r.denominator, r.value, ownPlace[r.lies])
		}
	}
	for _, out := range v.funnel.LeftOut {
		if out.Organisation == v.own {
			return v.name(v.own) + " is left out: " + v.omission(out) + "."
		}
	}
	return ""
}

var ownPlace = map[string]string{"Above 99.8%": "Above the 99.8%", "Below 99.8%": "Below the 99.8%", "Above 95%": "Between the upper 95% and 99.8%",
	"Below 95%": "Between the lower 95% and 99.8%", "Within 95%": "Within the 95%", "No limits": "There are no"}

// omission says why a trust is left out.
func (v *funnelView) omission(out analysis.LeftOut) string {
	n, grain := v.funnel.Comparison.Periods, periodWords[v.measure.Grain]
	switch {
	case out.Why == analysis.NothingToSee:
		return "its denominator adds up to zero"
	case out.Why == analysis.MoreThanAll:
		return "its numerator is larger than its denominator, which cannot be; whoever loads the figures can mend it"
	case out.Measured > 0:
		return fmt.Sprintf("figures for %d of %d %ss only", out.Measured, n, grain)
	case out.Latest != 0:
		return "no figures since " + words.Period(int32(out.Latest), v.measure.Grain)
	}
	return "no figures in these " + grain + "s"
}

var periodWords = map[measures.Grain]string{measures.Day: "day", measures.Week: "week", measures.Month: "month",
	measures.Quarter: "quarter", measures.FinancialYear: "year"}

// leftOut lists the trusts that are not in the funnel, in order of name.
func (v *funnelView) leftOut() []outlier {
	var list []outlier
	for _, out := range v.funnel.LeftOut {
		text := v.omission(out) + "."
		for _, t := range v.takeovers {
			if t.Old == out.Organisation {
				text += " Part of " + v.name(t.New) + " since " + t.From.DayName() + "."
			}
		}
		list = append(list, outlier{v.name(out.Organisation), v.chartAt(out.Organisation, v.measure.ID), text})
	}
	slices.SortStableFunc(list, func(a, b outlier) int { return strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name)) })
	return list
}

// happened tells, of the stretch, which trusts took others over and the events
// that somebody wrote down: figures from before and after may not be alike.
func (v *funnelView) happened() []outlier {
	var list []outlier
	for _, t := range v.takeovers {
		if t.From >= v.funnel.First && v.trusts[t.Old] != nil && v.compared(t.New) {
			list = append(list, outlier{v.name(t.New), v.chartAt(t.New, v.measure.ID),
				"took over " + v.name(t.Old) + " (" + string(t.Old) + ") on " + t.From.DayName() + ". Its figures are of one trust before and of two after."})
		}
	}
	for _, e := range v.funnel.Events {
		o := outlier{text: capital(shortName(e.Text)) + ", " + eventSpan(e) + "."}
		if e.Organisation != "" {
			if e.Kind == measures.Merger && slices.ContainsFunc(v.takeovers, func(t postgres.Takeover) bool { return t.New == e.Organisation }) {
				continue // told above
			}
			o.name, o.href = v.name(e.Organisation), v.chartAt(e.Organisation, v.measure.ID)
		}
		list = append(list, o)
	}
	return list
}

// compared reports whether a trust is in the funnel, or was to be.
func (v *funnelView) compared(code measures.ODSCode) bool {
	return slices.Contains(v.funnel.Groups, code) ||
		slices.ContainsFunc(v.funnel.LeftOut, func(out analysis.LeftOut) bool { return out.Organisation == code })
}

// limitsText says how the limits were made, and why so.
func (v *funnelView) limitsText() string {
	f := &v.funnel
	scale := "Rates are compared on a logarithmic scale"
	if f.Parameters.Ratio == spc.Proportion {
		scale = "Shares are compared on the arcsine scale"
	}
	text := scale + ", each with the limits for its own size. "
	spread := ""
	if phi := f.Chart.Phi; !measures.IsMissing(phi) {
		spread = " (mean squared score " + words.Number(phi, 1) + ", where chance alone gives 1)"
	}
	n := len(f.Groups)
	switch {
	case f.Parameters.Additive && f.Chart.Tau2 > 0:
		text += "The trusts differ by more than chance in the counts" + spread + ", for many reasons at once: who comes, how it is counted, how care is given. The limits allow for that, so what lies outside stands out from this spread too."
		if n < groupsForSpread {
			text += " With " + countText(n, "trust", "trusts") + ", how far they differ is known only roughly."
		}
	case f.Parameters.Additive:
		text += "The trusts differ by no more than chance in the counts" + spread + ", so there is nothing more for the limits to allow for."
	case f.Comparison.Dispersion == analysis.Judged:
		text += "The limits are for chance in the counts alone, because " + countText(n, "trust is", "trusts are") + " too few to tell how far trusts differ beyond it."
	default:
		text += "The limits are for chance in the counts alone, as was asked for"
		if f.Chart.Phi > 1 {
			text += "; the trusts differ by more than that" + spread + ", and most that lie outside may do so for reasons common to many"
		}
		text += "."
	}
	return text
}

// groupsForSpread is how many trusts it takes to know well how far they differ
// (see internal/analysis).
const groupsForSpread = 10

// otherLimits leads to the same funnel with the other kind of limits.
func (v *funnelView) otherLimits() (href, text string) {
	if v.funnel.Parameters.Additive {
		return v.address("", "od", "none"), "Limits for chance in the counts alone"
	}
	return v.address("", "od", "additive"), "Limits that allow for differences between trusts"
}

// lengthOptions, endOptions and trustOptions fill the form.
func (v *funnelView) lengthOptions() []layout.Option {
	var list []layout.Option
	for _, n := range v.lengths {
		word := periodWords[v.measure.Grain]
		list = append(list, layout.Option{Value: fmt.Sprint(n), Name: countText(n, word, word+"s"), Chosen: n == v.funnel.Comparison.Periods})
	}
	return list
}

func (v *funnelView) endOptions() []layout.Option {
	var list []layout.Option
	known := false
	for _, last := range v.funnel.Available {
		known = known || last == v.funnel.Last
		list = append(list, layout.Option{Value: last.String(), Name: words.Period(int32(last), v.measure.Grain), Chosen: last == v.funnel.Last})
	}
	if !known && v.funnel.Last != 0 {
		last := v.funnel.Last
		list = append([]layout.Option{{Value: last.String(), Name: words.Period(int32(last), v.measure.Grain), Chosen: true}}, list...)
	}
	return list
}

func (v *funnelView) trustOptions() []layout.Option {
	list := []layout.Option{{Name: "None"}}
	for i := range v.rows {
		r := &v.rows[i]
		list = append(list, layout.Option{Value: string(r.code), Name: r.name, Chosen: r.own})
	}
	return list
}

// ReasonOfNoFunnel is why a measure has no funnel, for a reader: the error without the words of the error before it.
func ReasonOfNoFunnel(err error) string {
	if errors.Is(err, analysis.ErrNoFunnel) {
		return strings.TrimPrefix(err.Error(), analysis.ErrNoFunnel.Error()+": ") + "."
	}
	return capital(err.Error()) + "."
}

// facts is the receipt of the funnel.
func (v *funnelView) facts() []layout.Fact {
	f := &v.funnel
	ratio, dispersion := "rates", "chance alone"
	if f.Parameters.Ratio == spc.Proportion {
		ratio = "proportions"
	}
	if f.Parameters.Additive {
		dispersion = "additive over-dispersion"
	}
	text := v.stretch() + "; " + ratio + ", " + dispersion
	if tau2 := f.Chart.Tau2; f.Parameters.Additive && !measures.IsMissing(tau2) {
		text += fmt.Sprintf(", tau² %.4g", tau2)
	}
	return receiptFacts(f.Receipt, []layout.Fact{{Term: "Compared", Value: countText(len(f.Groups), "trust", "trusts") + "; " + text}})
}

// inputTitle heads the column of an input in the table.
func (v *funnelView) inputTitle(name string) string {
	for _, input := range v.measure.Inputs {
		if input.Name == name && input.Title != "" {
			return input.Title
		}
	}
	return capital(name)
}

// valueTitle heads the column of what is plotted.
func (v *funnelView) valueTitle() string {
	if v.funnel.Parameters.Ratio == spc.Proportion {
		return "Share"
	}
	return "Rate"
}
