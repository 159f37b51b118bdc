package words

import "github.com/signalbox-health/signalbox/measures"

// runsRules are the two limits of the Anhøj test of the last phase. Their odds
// are those of just so many points.
func (v *view) runsRules() []Rule {
	statistics, tested := v.statistics()
	if !tested {
		return []Rule{v.rule("rule-longest-run", "Unusual runs.", "").not("Not asked: no " + v.noun(1) + " lies off the " + v.centreWord() + ".")}
	}
	useful := int(statistics.Useful)
	charts := " charts of " + v.count(useful) + "."
	longest := v.rule("rule-longest-run", "A long run.", inHundred(longerRun(useful, int(statistics.LongestRunMax)))+charts)
	few := v.rule("rule-crossings", "Few crossings.", inHundred(fewerCrossings(useful, int(statistics.CrossingsMin)))+charts)
	longest.Text = "The longest run has " + v.count(int(statistics.LongestRun)) + " on one side of the " + v.centreWord() +
		"; chance gives at most " + inWords(int(statistics.LongestRunMax)) + "."
	few.Text = "The line crosses the " + v.centreWord() + " " + times(int(statistics.Crossings)) + "; chance gives at least " +
		inWords(int(statistics.CrossingsMin)) + "."
	return []Rule{
		v.ofPhase(longest, statistics.LongestRun > statistics.LongestRunMax),
		v.ofPhase(few, statistics.Crossings < statistics.CrossingsMin),
	}
}

// runsTableRule is the IHI rule on the number of runs.
func (v *view) runsTableRule() Rule {
	statistics, tested := v.statistics()
	r := v.rule("rule-runs", "Too few or too many runs.", "")
	if !tested || statistics.RunsLow == measures.NoNumber {
		return r.not("Not asked: its table goes from ten to 30 " + v.noun(2) + " off the " + v.centreWord() + ".")
	}
	low, high, useful := int(statistics.RunsLow), int(statistics.RunsHigh), int(statistics.Useful)
	r.Chance = "By chance alone: " + inHundred(runsChance(useful, low, high)) + " charts of " + v.count(useful) + "."
	r.Text = capital(inWords(int(statistics.Runs))) + " " + plural("run", int(statistics.Runs)) + " about the " + v.centreWord() + "; chance gives " +
		inWords(low) + " to " + inWords(high) + "."
	return v.ofPhase(r, statistics.Runs < statistics.RunsLow || statistics.Runs > statistics.RunsHigh)
}

// ofPhase ends what is said of a rule about a phase as a whole.
func (v *view) ofPhase(r Rule, fired bool) Rule {
	if r.Fired = fired; fired {
		r.Cause = v.c.Causes[v.last]
		return r
	}
	r.Text = "Not fired: " + string(r.Text[0]-'A'+'a') + r.Text[1:]
	return r
}
