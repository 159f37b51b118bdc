package demo

import (
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
)

// carefulTrust says how much harm a trust counts. Rates are per 1,000 bed days;
// odds are one in so many operations or days.
type carefulTrust struct {
	code          measures.ODSCode
	wards         []string // that are told apart
	bedDays       float64  // a month, all wards
	falls, ulcers plan
	harmful       float64 // share of falls with moderate harm or worse
	assessed      plan
	watching      plan // hours of one-to-one care per 1,000 bed days
	infected      plan // one operation in so many
	bloodstream   plan // one day in so many
	never         plan // one day in so many
}

// careful are the trusts of the demonstration that count harm.
var careful = []carefulTrust{
	{ // Fewer falls since a new assessment, and not bought by watching.
		code: "ZZA", wards: []string{"Ward 1 (Care of older people)", "Ward 2 (Surgery)", "Ward 3 (Medicine)"}, bedDays: 18400,
		falls: step(6.3, 2025, 7, 4.6), ulcers: level(1.5), harmful: 0.05, assessed: ramp(0.71, 2025, 5, 4, 0.90), watching: level(96),
		infected: step(45, 2024, 6, 130), bloodstream: level(31), never: level(95),
	},
	{ // More pressure ulcers since a ward was opened in haste.
		code: "ZZB", wards: []string{"Ward 7 (Medicine)", "Ward 8 (Stroke)"}, bedDays: 23900,
		falls: level(5.2), ulcers: step(1.3, 2025, 11, 2.3), harmful: 0.045, assessed: level(0.78), watching: level(120),
		infected: level(70), bloodstream: step(24, 2025, 1, 75), never: level(120),
	},
}

// safetyFiles are tidy, one for each dataset of the pack safety.
func safetyFiles(seed uint64) []File {
	var files []File
	for _, one := range []struct {
		measure string
		fill    func(*tidyTable)
	}{
		{"falls-rate", func(t *tidyTable) { t.rates(seed, "falls", true) }},
		{"falls-harm-rate", func(t *tidyTable) { t.rates(seed, "harm", false) }},
		{"pressure-ulcers-rate", func(t *tidyTable) { t.rates(seed, "ulcers", true) }},
		{"falls-assessed", func(t *tidyTable) { t.assessments(seed) }},
		{"enhanced-care-hours", func(t *tidyTable) { t.watching(seed) }},
		{"infection-cases-between", func(t *tidyTable) { t.cases(seed) }},
		{"infection-days-between", func(t *tidyTable) { t.days(seed, "bloodstream") }},
		{"never-events-between", func(t *tidyTable) { t.days(seed, "never") }},
	} {
		t := newTidy(one.measure)
		one.fill(t)
		files = append(files, t.file())
	}
	return files
}

// rates writes the events of each month by ward, and of the whole trust: the wards
// that are told apart and all others.
func (t *tidyTable) rates(seed uint64, what string, byWard bool) {
	for i := range careful {
		c := &careful[i]
		parts := append(append([]string{}, c.wards...), "") // the last is all other wards
		for _, month := range monthsFrom(firstFalls) {
			events, days := 0, 0
			for k, ward := range parts {
				occupied, counted := t.noise(seed, c.code, "days "+ward), t.noise(seed, c.code, what+" "+ward)
				// Wards that are told apart have a twelfth of the beds each.
				beds := c.bedDays / 12
				if ward == "" {
					beds = c.bedDays - float64(beds*float64(len(c.wards)))
				}
				stayed := round(beds * (1 + occupied.next(0.02)))
				happened := counted.count(c.rate(what, k == 0, month) * float64(stayed) / 1000)
				events, days = events+happened, days+stayed
				if byWard && ward != "" {
					t.stratum(c.code, month, whole(happened), whole(stayed), "ward", ward)
				}
			}
			t.share(c.code, month, whole(events), whole(days))
		}
	}
}

// rate is how often something happens on a ward. The first of those that are told
// apart is twice as hard as the others.
func (c *carefulTrust) rate(what string, hard bool, month measures.Date) float64 {
	rate := c.falls.at(month)
	switch what {
	case "harm":
		rate *= c.harmful
	case "ulcers":
		rate = c.ulcers.at(month)
	}
	if hard {
		rate *= 2
	}
	return rate
}

// assessments writes who was assessed in time, of those who reached a ward.
func (t *tidyTable) assessments(seed uint64) {
	for i := range careful {
		c := &careful[i]
		people, late := noiseFor(seed, c.code, "reached a ward"), noiseFor(seed, c.code, "assessed for falls")
		for _, month := range monthsFrom(firstFalls) {
			reached := people.count(c.bedDays / 22)
			missed := min(reached, late.count(float64(reached)*(1-c.assessed.at(month))))
			t.share(c.code, month, whole(reached-missed), whole(reached))
		}
	}
}

// watching writes the hours of one-to-one care.
func (t *tidyTable) watching(seed uint64) {
	for i := range careful {
		c := &careful[i]
		occupied, hours := noiseFor(seed, c.code, "days watched"), noiseFor(seed, c.code, "hours watched")
		for _, month := range monthsFrom(firstFalls) {
			days := round(c.bedDays * (1 + occupied.next(0.02)))
			t.share(c.code, month, whole(round(float64(days)/1000*c.watching.at(month)*(1+hours.next(0.06)))), whole(days))
		}
	}
}

// operations is how many planned joint replacements a trust does a day.
const operations = 3

// cases writes one row for each infected wound: the operations since the last.
func (t *tidyTable) cases(seed uint64) {
	for i := range careful {
		c := &careful[i]
		chance, since := noiseFor(seed, c.code, "infected wounds"), 0
		for day := firstMonth; day < lastMonth.AddMonths(1); day++ {
			for range operations {
				since++
				// Two on one day would be one row: the second is left out.
				if chance.random.Float64()*c.infected.at(day) < 1 && since > operations {
					t.value(c.code, day, whole(since))
					since = 0
				}
			}
		}
	}
}

// days writes one row for each day with an event: the days since the last.
func (t *tidyTable) days(seed uint64, what string) {
	for i := range careful {
		c := &careful[i]
		odds := c.never
		if what == "bloodstream" {
			odds = c.bloodstream
		}
		chance, last := noiseFor(seed, c.code, what), firstMonth-1
		for day := firstMonth; day < lastMonth.AddMonths(1); day++ {
			if chance.random.Float64()*odds.at(day) < 1 {
				t.value(c.code, day, strconv.Itoa(int(day-last)))
				last = day
			}
		}
	}
}
