package words

import "github.com/signalbox-health/signalbox/measures"

// zoneRules are the rules of Western Electric besides the one on points outside.
// A run chart has no zones.
func (v *view) zoneRules() []Rule {
	if v.c.Kind == measures.Run {
		return []Rule{v.shiftRule()}
	}
	return []Rule{v.nearRule(), v.fourRule(), v.shiftRule()}
}

// nelsonRules are those of Nelson besides the one on points outside.
func (v *view) nelsonRules() []Rule {
	rules := []Rule{v.shiftRule(), v.trendRule(), v.patternRule("rule-nelson-4", "Up and down in turn.", alternates, 14,
		"of stretches of 14, about "+oneIn(alternating(14))+".", "go up and down in turn")}
	if v.c.Kind == measures.Run {
		return rules
	}
	return append(rules, v.nearRule(), v.fourRule(),
		v.patternRule("rule-nelson-7", "Fifteen near the centre.", hugs, 15,
			"of stretches of 15, about "+oneIn(most(15, 15, 1-2*beyondSigma(1)))+".", "lie within one sigma of the "+v.centreWord()),
		v.patternRule("rule-nelson-8", "Eight away from the centre.", shuns, 8,
			"of stretches of eight, about "+oneIn(mixed())+".", "all lie more than one sigma from the "+v.centreWord()+", on both sides"))
}

func (v *view) fourRule() Rule {
	r := v.rule(v.code("", "rule-we-3", "rule-nelson-6"), "Four of five beyond one sigma.", "of fives, about "+oneIn(2*most(4, 5, beyondSigma(1)))+".")
	if !v.hasLimits() {
		return r.not("Not asked: there are no limits yet.")
	}
	at := v.latest(fours)
	if at < 0 {
		return r.not("Not fired: no four of five " + v.noun(5) + " in a row lie beyond one sigma on the same side.")
	}
	return r.by(v, v.completed(at)+" four of five "+sideWord(v.signals[at]&fourAbove != 0)+" the "+v.centreWord()+" by more than one sigma.", at)
}

// patternRule is a rule about so many points in a row that has no side.
func (v *view) patternRule(code, title string, signal measures.Signals, points int, chance, do string) Rule {
	r := v.rule(code, title, chance)
	if signal != alternates && !v.hasLimits() {
		return r.not("Not asked: there are no limits yet.")
	}
	at := v.latest(signal)
	if at < 0 {
		return r.not("Not fired: no " + v.count(points) + " in a row " + do + ".")
	}
	return r.by(v, v.completed(at)+" "+v.count(points)+" in a row that "+do+".", at)
}

// completed is "May 2026 completes", the point that zone rules flag.
func (v *view) completed(at int) string { return capital(v.period(at)) + " completes" }
