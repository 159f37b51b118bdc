package demo

import "github.com/signalbox-health/signalbox/measures"

// announced is one figure that somebody made known, as programmes do: now and then.
type announced struct {
	at    measures.Date
	value float64 // percent, or a number
}

// programmes are the figures of the board ZZQNW, as the published national ones
// are of England: a few in some years.
var programmes = []struct {
	id      string
	percent bool
	of      int // all there are; 0: nobody said
	figures []announced
}{
	{"epr_coverage", true, 0, []announced{{measures.DateOf(2022, 3, 31), 62}, {measures.DateOf(2023, 6, 30), 81}, {measures.DateOf(2023, 12, 31), 91},
		{measures.DateOf(2025, 1, 31), 93}, {measures.DateOf(2025, 11, 30), 94}}},
	{"dscr_coverage", true, 0, []announced{{measures.DateOf(2022, 2, 28), 38}, {measures.DateOf(2023, 9, 30), 57}, {measures.DateOf(2025, 5, 31), 76}}},
	{"nhs_app_adults", false, 1_184_000, []announced{{measures.DateOf(2022, 1, 31), 515_000}, {measures.DateOf(2022, 10, 31), 634_000},
		{measures.DateOf(2023, 7, 31), 742_000}, {measures.DateOf(2024, 2, 29), 869_000}}},
	{"nhs_app_registered", false, 0, []announced{{measures.DateOf(2022, 1, 31), 571_000}, {measures.DateOf(2024, 2, 29), 948_000}}},
	{"fdp_signed_acute", false, 0, []announced{{measures.DateOf(2024, 9, 30), 2}, {measures.DateOf(2025, 9, 30), 4}}},
	{"fdp_live_trusts", false, 0, []announced{{measures.DateOf(2024, 11, 30), 1}, {measures.DateOf(2025, 9, 30), 3}}},
}

// programmeFile has the columns of the published figures of digital programmes.
// Large numbers of people vary a little with the seed.
func programmeFile(seed uint64) []byte {
	f := newTable("measure_id", "org_code", "period", "value_percent", "numerator", "denominator", "source")
	for _, p := range programmes {
		people := noiseFor(seed, "ZZQNW", p.id)
		for _, a := range p.figures {
			value, percent, of := round(a.value), "", ""
			switch {
			case p.percent:
				percent = whole(value)
			case a.value >= 1000:
				value = people.count(a.value)
			}
			number := whole(value)
			if p.percent {
				number = ""
			}
			if p.of > 0 {
				of = whole(p.of)
			}
			f.row(p.id, "ZZQNW", a.at.String(), percent, number, of, "demonstration")
		}
	}
	return f.bytes()
}
