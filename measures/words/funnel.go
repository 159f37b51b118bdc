package words

import "github.com/signalbox-health/signalbox/measures"

// funnelFinding reads a funnel as a whole: how many groups lie outside it. No
// group is the last one, so none is judged by itself.
func (v *view) funnelFinding() (fact, judgement string) {
	limited, high, low := v.outOfFunnel()
	switch {
	case v.c.Rules == measures.NoRules:
		return "No rules were asked for, so nothing is judged.", ""
	case limited == 0:
		return "No limits could be made, so nothing is judged.", ""
	case high+low == 0:
		return "All lie within what " + v.explains() + " (99.8%).", ""
	}
	text := capital(inWords(high)) + " " + lie(high) + " above"
	switch {
	case high == 0:
		text = capital(inWords(low)) + " " + lie(low) + " below"
	case low > 0:
		text += " and " + inWords(low) + " below"
	}
	return text + " what " + v.explains() + " (99.8%).", ""
}

// explains names what the limits allow for.
func (v *view) explains() string {
	if v.s.Method.Additive {
		return "chance and the usual differences between groups explain"
	}
	return "chance alone explains"
}

// outOfFunnel counts the groups that have limits, and those beyond them.
func (v *view) outOfFunnel() (limited, high, low int) {
	for i := range v.c.Y {
		if measures.IsMissing(v.c.Y[i]) {
			continue
		}
		if !measures.IsMissing(v.c.Upper[i]) || !measures.IsMissing(v.c.Lower[i]) {
			limited++
		}
		switch s := v.signals[i]; {
		case s&measures.OutsideUpper != 0:
			high++
		case s&measures.OutsideLower != 0:
			low++
		}
	}
	return limited, high, low
}

// compared is the opening of a funnel: "133 trusts, 68.3% together."
func (v *view) compared() string {
	n := 0
	for _, y := range v.c.Y {
		if !measures.IsMissing(y) {
			n++
		}
	}
	text := capital(v.count(n)) + " compared"
	if centre := v.c.Centre[v.last]; !measures.IsMissing(centre) && v.s.Method.Ratio != "standardised" {
		text += ", " + v.named(centre) + " together"
	}
	if absent := v.c.Len() - n; absent > 0 {
		text += "; " + inWords(absent) + " without a figure"
	}
	return text + "."
}

// dispersed says how much more groups differ than chance gives, where it is
// enough to matter: twice its variance.
func (v *view) dispersed() string {
	const worthSaying = 2
	if v.c.Kind != measures.Funnel || !(v.c.Phi >= worthSaying) {
		return ""
	}
	text := capital(v.noun(2)) + " differ more than chance gives: the spread of their scores is " + Number(v.c.Phi, 1) + " times that of chance"
	if v.s.Method.Additive {
		return text + ". The limits allow for that."
	}
	return text + ". The limits do not allow for it, so more lie outside than are out of the ordinary."
}
