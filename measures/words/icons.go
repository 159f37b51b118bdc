package words

import (
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// Icon is an icon in words: a heading, and what it means for this chart.
type Icon struct {
	Heading string // "Improvement, higher"
	Text    string // "The last point is special cause, in the direction wanted."
	Short   string // for a table: "Improvement", "Missed, at old limits"
	// Old says that the last points contradict the limits the icon rests on.
	Old bool
}

var variationHeadings = map[measures.Variation][2]string{
	measures.VariationEmpty:  {"No icon yet", "None yet"},
	measures.CommonCause:     {"Common cause", "Common cause"},
	measures.ImprovementHigh: {"Improvement, higher", "Improvement"},
	measures.ImprovementLow:  {"Improvement, lower", "Improvement"},
	measures.ConcernHigh:     {"Concern, higher", "Concern"},
	measures.ConcernLow:      {"Concern, lower", "Concern"},
	measures.ShiftHigh:       {"Changed, higher", "Higher"},
	measures.ShiftLow:        {"Changed, lower", "Lower"},
}

// Variation puts the variation icon into words.
func Variation(s Subject, c *measures.Chart) Icon {
	v := look(s, c)
	heading := variationHeadings[c.Variation]
	icon := Icon{Heading: heading[0], Short: heading[1]}
	point := "The last point"
	if v.last >= 0 && v.last < c.Len()-1 {
		point = "The last measured " + v.noun(1) + ", " + v.period(v.last) + ","
	}
	switch c.Variation {
	case measures.VariationEmpty:
		icon.Text = v.whyEmpty()
	case measures.CommonCause:
		icon.Text = v.commonText(point)
		if statistics, tested := v.statistics(); tested && statistics.Signal {
			icon.Heading, icon.Short = "Changed, by its runs", "Changed"
		}
	case measures.ImprovementHigh, measures.ImprovementLow:
		icon.Text = point + " is special cause, in the direction wanted."
	case measures.ConcernHigh, measures.ConcernLow:
		icon.Text = point + " is special cause, against the direction wanted."
	default:
		icon.Text = point + " is special cause. No direction is wanted, so it is neither good nor bad."
		if c.Direction != measures.Neutral {
			icon.Text = point + " is special cause by a pattern that goes neither up nor down, so it is neither good nor bad."
		}
	}
	return icon
}

func (v *view) commonText(point string) string {
	if v.c.Rules == measures.NoRules {
		return "No rules were asked for, so no point is out of the ordinary."
	}
	if statistics, tested := v.statistics(); tested && statistics.Signal {
		return point + " alone is within chance; the runs of the phase as a whole are not."
	}
	return point + " is within what chance alone gives."
}

// whyEmpty says what is missing for the icons.
func (v *view) whyEmpty() string {
	if v.last < 0 {
		return v.nothing()
	}
	if v.c.Kind == measures.Funnel {
		return "No " + v.noun(1) + " is the last one, so a funnel has no icon."
	}
	if v.c.Kind == measures.Custom {
		return "This chart is its plugin's own, and the plugin gives no icon."
	}
	n := v.c.Len()
	if v.c.Phase[v.last] != v.c.Phase[n-1] {
		return "Nothing has been measured in the last phase."
	}
	return "Icons need " + Number(float64(v.s.Minimum), 0) + " measured " + v.noun(v.s.Minimum) +
		" in the last phase; it has " + inWords(v.measured()) + "."
}

// Assurance puts the assurance icon into words: where the target lies against
// the limits, and whether the last points say otherwise.
func Assurance(s Subject, c *measures.Chart) Icon {
	v := look(s, c)
	if c.Assurance == measures.AssuranceEmpty || v.last < 0 {
		return Icon{Heading: "Target not judged", Short: "Not judged", Text: v.whyNoAssurance()}
	}
	end := c.Len() - 1
	target, lower, upper := Target(c.Target, s.Unit), c.Lower[end], c.Upper[end]
	if c.Assurance == measures.HitOrMiss {
		return Icon{Heading: "Target met or missed by chance", Short: "By chance",
			Text: target + " lies within the limits of " + v.value(lower) + " to " + v.value(upper) + "."}
	}
	icon := Icon{Heading: "Target below these limits", Text: target + " lies below " + v.apart(lower, c.Target) + "."}
	if c.Target > upper {
		icon = Icon{Heading: "Target above these limits", Text: target + " lies above " + v.apart(upper, c.Target) + "."}
	}
	icon.Short = "Met"
	if c.Assurance == measures.Fail {
		icon.Short = "Missed"
	}
	return v.withOldLimits(icon)
}

// withOldLimits adds what the last points say where they contradict the limits.
// New limits are due only once a shift shows that it is more than an odd month.
func (v *view) withOldLimits(icon Icon) Icon {
	n := v.against()
	if n == 0 {
		return icon
	}
	who, verb := "the last "+v.noun(1), " missed it"
	if n > 1 {
		who, verb = "the last "+v.count(n), " all missed it"
	}
	if v.c.Assurance == measures.Fail {
		verb = strings.Replace(verb, "missed", "met", 1)
	}
	icon.Text += " Yet " + who + verb
	if v.shifted() {
		icon.Old = true
		icon.Short += ", at old limits"
		icon.Text += ": new limits are due."
		return icon
	}
	icon.Text += "."
	return icon
}

// against counts the last points in a row that contradict the assurance: those
// that met a target which lies out of reach, or missed one that lies within it.
func (v *view) against() int {
	met := func(i int) bool {
		if v.c.Direction == measures.Increase {
			return v.c.Y[i] >= v.c.Target
		}
		return v.c.Y[i] <= v.c.Target
	}
	switch v.c.Assurance {
	case measures.Fail:
		return v.back(v.last, met).points
	case measures.Pass:
		return v.back(v.last, func(i int) bool { return !met(i) }).points
	}
	return 0
}

func (v *view) shifted() bool {
	return v.signals[v.last]&shifts != 0
}

func (v *view) whyNoAssurance() string {
	c := v.c
	switch {
	case v.last < 0:
		return v.nothing()
	case measures.IsMissing(c.Target):
		return "No target is set."
	case c.Direction == measures.Neutral:
		return "No direction is wanted, so a target is neither met nor missed."
	case c.Kind == measures.Run:
		return "A run chart has no limits to hold a target against."
	case v.added(), c.Kind == measures.EWMA:
		return "Its limits are those of sums; they do not say where values will fall."
	case c.Variation == measures.VariationEmpty:
		return v.whyEmpty()
	}
	return "There are no limits to hold the target against."
}
