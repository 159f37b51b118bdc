package demo

import (
	"fmt"

	"github.com/signalbox-health/signalbox/measures"
)

// waves are the days on which the surveys of the demonstration closed: three a
// year, and not to the day.
var waves = []measures.Date{
	measures.DateOf(2023, 10, 13), measures.DateOf(2024, 2, 9), measures.DateOf(2024, 6, 14), measures.DateOf(2024, 10, 11),
	measures.DateOf(2025, 2, 14), measures.DateOf(2025, 6, 13), measures.DateOf(2025, 10, 10), measures.DateOf(2026, 2, 13),
}

// staffGroups are the professions that answer in these parts, in percent.
var staffGroups = []struct {
	name string
	part int
}{{"nurses and midwives", 46}, {"doctors", 14}, {"all others", 40}}

// surveys say what part agrees at the two trusts that ask. At ZZA something was
// done in the summer of 2025; ZZB is small in answers, so little can be told.
var surveys = []struct {
	measure  string
	zza, zzb plan
}{
	{"staff-recommend-work", step(0.57, 2025, 7, 0.66), level(0.55)},
	{"staff-speak-up", step(0.61, 2025, 7, 0.70), step(0.63, 2025, 7, 0.55)},
	{"staff-time-to-care", level(0.42), level(0.45)},
	{"staff-tools", step(0.14, 2025, 7, 0.31), level(0.16)},
	{"staff-systems-joined", level(0.33), level(0.28)},
}

// staffFiles are tidy, one for each question that is asked.
func staffFiles(seed uint64) []File {
	var files []File
	for _, s := range surveys {
		t := newTidy(s.measure)
		t.answers(seed, "ZZA", 640, s.zza)
		t.answers(seed, "ZZB", 54, s.zzb)
		files = append(files, t.file())
	}
	return files
}

// answers writes each wave by group, and all groups together.
func (t *tidyTable) answers(seed uint64, code measures.ODSCode, people float64, agree plan) {
	for _, wave := range waves {
		agreed, answered := 0, 0
		for _, group := range staffGroups {
			came, said := t.noise(seed, code, "answers of "+group.name), t.noise(seed, code, t.measure+" "+group.name)
			n := came.count(people * float64(group.part) / 100)
			share := agree.at(wave)
			yes := min(n, max(0, round(float64(float64(n)*share)+float64(said.next(0.018)*float64(n)))))
			agreed, answered = agreed+yes, answered+n
			t.stratum(code, wave, whole(yes), whole(n), "profession", group.name)
		}
		t.share(code, wave, whole(agreed), whole(answered))
	}
}

// digitalFiles are tidy: what a trust counts of its own digital work.
func digitalFiles(seed uint64) []File {
	login, tools, barrier, hours := newTidy("login-minutes"), newTidy("basic-tools"), newTidy("interoperability-barrier"), newTidy("nursing-hours-released")
	for _, trust := range []struct {
		code    measures.ODSCode
		minutes plan
		tools   plan
	}{{"ZZA", step(2.4, 2025, 9, 1.1), plan{{waves[0], 0.12}, {waves[7], 0.34}}}, {"ZZB", level(2.1), level(0.17)}} {
		slow, sampled := noiseFor(seed, trust.code, "slow log-ins"), noiseFor(seed, trust.code, "log-ins sampled")
		for _, month := range monthsFrom(measures.DateOf(2024, 6, 1)) {
			n := max(50, sampled.count(72))
			login.share(trust.code, month, fmt.Sprintf("%.1f", float64(n)*trust.minutes.at(month)*(1+slow.next(0.07))), whole(n))
		}
		have, name := noiseFor(seed, trust.code, "doctors with tools"), noiseFor(seed, trust.code, "doctors who name a barrier")
		for _, wave := range waves[3:] {
			n := have.count(95)
			tools.share(trust.code, wave, whole(min(n, have.count(float64(n)*trust.tools.at(wave)))), whole(n))
			barrier.share(trust.code, wave, whole(min(n, round(float64(n)*(0.68+name.next(0.03))))), whole(n))
		}
	}
	for i, saved := range []float64{1900, 4600, 8800, 11700, 15300} {
		at := measures.DateOf(2024, 3+6*i, 31)
		hours.value("ZZA", at, whole(noiseFor(seed, "ZZA", "nursing hours to "+at.String()).count(saved)))
	}
	return []File{login.file(), tools.file(), barrier.file(), hours.file()}
}
