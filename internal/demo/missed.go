package demo

import "github.com/signalbox-health/signalbox/measures"

// Missed is a dataset with strata that a reader looks at for fairness: missed
// appointments by how deprived the place is where people live. Its numbers are
// small, as they are where somebody asks this question of one clinic, so that
// another organisation sees some of them hidden.
func Missed() measures.Dataset {
	return measures.Dataset{
		ID: "demo_missed", Title: "Missed appointments at the diabetes clinic (demonstration)", Grain: measures.Month,
		Columns: []measures.Column{
			{Name: "numerator", Title: "Appointments missed", Type: "count", Role: "numerator"},
			{Name: "denominator", Title: "Appointments", Type: "count", Role: "denominator"},
		},
		Stratifiers: []string{deprivation},
		Source:      source,
		Licence:     "Not published",
		Attribution: attribution,
		Owner:       "Each trust, for its own figures",
		OptOuts:     "Does not apply: invented",
		Additive:    true,
	}
}

// Own are the datasets that nothing else is loaded into.
func Own() []measures.Dataset { return []measures.Dataset{Falls(), Missed()} }

const deprivation = "deprivation"

// fifths are the strata, as the index of multiple deprivation numbers them: 1 is
// the fifth of all places in England that are most deprived.
var fifths = [5]string{"1 most deprived", "2", "3", "4", "5 least deprived"}

// missedMeasure is drawn from Missed.
func missedMeasure() measures.Measure {
	return measures.Measure{
		ID: "demo-missed", Title: "Missed appointments at the diabetes clinic (demonstration)",
		Problem:   "People miss appointments, and those who live in deprived places miss more of them.",
		Why:       "An appointment is missed for a reason: a shift that cannot be changed, a bus that does not run, a letter that did not come. Who has these reasons gets less care.",
		Numerator: "Appointments to which the person did not come and which nobody cancelled", Denominator: "All appointments that were booked",
		Inclusions: "Follow-up appointments in person; deprivation by where the person lives; invented figures", Scope: "Diabetes clinic",
		Dataset: Missed().ID,
		Inputs: []measures.Input{{Name: "numerator", Title: "Missed", Plus: []string{"numerator"}},
			{Name: "denominator", Title: "Appointments", Plus: []string{"denominator"}}},
		Grain: measures.Month, Stratifiers: []string{deprivation}, Mix: &measures.Mix{Of: "fifth of deprivation", Stratifier: deprivation},
		Unit:      measures.Unit{Multiply: 100, Symbol: "%", Words: "of appointments", Decimals: 1},
		Direction: measures.Decrease, Type: "process", Family: "demo-missed",
		Uses: measures.Uses{Plugin: "spc", Entry: "xmr"}, Rules: measures.MDC, Baseline: 24,
		AuthoredBy: "Signalbox library", CheckedBy: "Signalbox library",
		ReviewDate: measures.DateOf(2027, 11, 1),
	}
}

// clinic is how many appointments a fifth has, and which share is missed.
type clinic struct{ booked, missed plan }

// clinics of two trusts, by fifth. At the first, evening clinics opened in August
// 2025 and the most deprived places gained most; at the second the gap stays.
var clinics = map[measures.ODSCode][5]clinic{
	"ZZA": {
		{level(310), ramp(0.28, 2025, 7, 2, 0.19)},
		{level(270), ramp(0.21, 2025, 7, 2, 0.17)},
		{level(250), level(0.15)},
		{level(230), level(0.12)},
		{level(220), level(0.08)},
	},
	"ZZB": {
		{level(64), level(0.25)},
		{level(72), level(0.20)},
		{level(80), level(0.15)},
		{level(85), level(0.11)},
		{level(90), level(0.07)},
	},
}

// missedFile is tidy, a row a month and fifth.
func missedFile(seed uint64, code measures.ODSCode) []byte {
	f := newTable(tidyHeader...)
	for i, fifth := range fifths {
		booked, missed := noiseFor(seed, code, "booked "+fifth), noiseFor(seed, code, "missed "+fifth)
		c := clinics[code][i]
		for _, month := range monthsFrom(firstFalls) {
			n := booked.count(c.booked.at(month))
			status := "final"
			if month == lastMonth {
				status = "provisional"
			}
			f.row("demo-missed", string(code), month.String(), whole(min(n, missed.count(float64(n)*c.missed.at(month)))), whole(n),
				"", deprivation, fifth, status, "")
		}
	}
	return f.bytes()
}
