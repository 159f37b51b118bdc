package demo

import (
	"fmt"

	"github.com/signalbox-health/signalbox/measures"
)

// When the three flows of planned care begin, as their published files do.
var (
	firstCancer = measures.DateOf(2023, 10, 1)
	firstList   = measures.DateOf(2024, 6, 1)
)

// tests are the diagnostics of the monthly return, with the part of all waiting
// people that waits for each, in thousandths.
var tests = []struct {
	name string
	part int
}{
	{"audiology", 62}, {"colonoscopy", 66}, {"ct", 118}, {"cystoscopy", 22}, {"dexa", 54}, {"echocardiography", 122},
	{"electrophysiology", 2}, {"gastroscopy", 64}, {"mri", 188}, {"neurophysiology", 18}, {"nuclear_medicine", 14},
	{"sigmoidoscopy", 20}, {"sleep_studies", 17}, {"ultrasound", 223}, {"urodynamics", 10},
}

// cancerFile has the columns of the 62-day standard. Counts come in halves.
func cancerFile(seed uint64) []byte {
	f := newTable("org_code", "org_name", "period", "numerator", "denominator", "breaches")
	for i := range trusts {
		t := &trusts[i]
		people, share := noiseFor(seed, t.code, "cancer treated"), noiseFor(seed, t.code, "cancer in time")
		for _, month := range monthsFrom(firstCancer) {
			if !t.open(month) || len(t.cancer) == 0 {
				break
			}
			treated := max(2, people.count(2*t.cancer.at(month)*season(month)))
			late := round(float64(treated) * (1 - min(t.within62.at(month)+share.next(0.028), 1)))
			f.row(string(t.code), t.nameIn(month), month.String(), halves(treated-late), halves(treated), halves(late))
		}
	}
	return f.bytes()
}

// diagnosticsFile has the columns of the waits for tests, by test.
func diagnosticsFile(seed uint64) []byte {
	f := newTable("org_code", "org_name", "period", "test", "waiting_total", "over_6w", "over_13w")
	for i := range trusts {
		t := &trusts[i]
		if len(t.tests) == 0 {
			continue
		}
		for k, test := range tests {
			people, share := noiseFor(seed, t.code, "waiting for "+test.name), noiseFor(seed, t.code, "late for "+test.name)
			// Some tests are always harder to get than others.
			hard := 0.75 + float64(0.5*float64(k%5)/4)
			for _, month := range monthsFrom(firstList) {
				if !t.open(month) {
					break
				}
				waiting := people.count(t.tests.at(month) * float64(test.part) / 1000)
				late := round(float64(waiting) * max(0, float64(t.over6w.at(month)*hard)+share.next(0.015)))
				f.row(string(t.code), t.nameIn(month), month.String(), test.name, whole(waiting), whole(late), whole(late/4))
			}
		}
	}
	return f.bytes()
}

// listFile has the columns of the waiting list for planned care.
func listFile(seed uint64) []byte {
	f := newTable("org_code", "org_name", "period", "incomplete_total", "within_18w", "over_18w", "over_52w", "over_65w", "median_wait_weeks")
	for i := range trusts {
		t := &trusts[i]
		people, share := noiseFor(seed, t.code, "list"), noiseFor(seed, t.code, "list in time")
		year := noiseFor(seed, t.code, "list over a year")
		for _, month := range monthsFrom(firstList) {
			if !t.open(month) || len(t.waiting) == 0 {
				break
			}
			total := round(t.waiting.at(month) * (1 + people.next(0.008)))
			part := t.within18.at(month) + share.next(0.006)
			within := round(float64(total) * part)
			long := year.wait(t.over52.at(month) * float64(total) / 3)
			// Half of all wait less than the median: read off a straight line to 18 weeks.
			median := 18 * 0.5 / part
			f.row(string(t.code), t.nameIn(month), month.String(), whole(total), whole(within), whole(total-within),
				whole(long), whole(long/12), fmt.Sprintf("%.1f", median))
		}
	}
	return f.bytes()
}
