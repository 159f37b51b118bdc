package demo

import (
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// Publisher is somebody invented who publishes measures.
type Publisher struct {
	ID, Name, Class string
	Names           []string // patterns of what it may publish
	Author, Checker string   // who sign
}

// Publishers are a charity, a trust and a society.
func Publishers() []Publisher {
	return []Publisher{
		{ID: "harbour-health-lab", Name: "Harbour Health Lab (fictional)", Class: "charity", Names: []string{"harbour-*"}, Author: "Nell Orchard (fictional)", Checker: "Dr Ansel Pike (fictional)"},
		{ID: "larkfield", Name: "Larkfield Hospitals Trust (fictional)", Class: "trust", Names: []string{"larkfield-*"}, Author: "Maud Ferrier (fictional)", Checker: "Ivo Tansley (fictional)"},
		{ID: "guild-of-theatres", Name: "Guild of Theatre Teams (fictional)", Class: "person", Names: []string{"guild-*"}, Author: "Rufus Calder (fictional)", Checker: "Hester Lowe (fictional)"},
	}
}

// Shared is a release that somebody else has published, and where it is in its life.
type Shared struct {
	Publisher string
	Area      string
	Issued    time.Time
	Change    string // since the version before
	Ends      time.Time
	Withdrawn string // why; empty: it is not
	Outdated  string // why it is deprecated; empty: it is not
	Manifest  plugins.Manifest
}

// SharedReleases are what the hub of the demonstration lists: a measure in three
// versions, one of them withdrawn; one that reads figures that only two trusts
// have; one whose figures nobody has here; one that ends; and one that is newer
// than what it improves on.
func SharedReleases() []Shared {
	const urgent = "Urgent and emergency care"
	day := func(year int, month time.Month, d int) time.Time {
		return time.Date(year, month, d, 9, 0, 0, 0, time.UTC)
	}
	return []Shared{
		{Publisher: "harbour-health-lab", Area: urgent, Issued: day(2024, 9, 11), Change: "The first version.",
			Withdrawn: "It judged the wrong way round: more people still there was shown as an improvement.", Manifest: wrongWayRound()},
		{Publisher: "harbour-health-lab", Area: urgent, Issued: day(2025, 2, 3), Change: "Fewer is better: 1.2.0 had it the wrong way round.",
			Manifest: stillThere("1.3.2", measures.DateOf(2022, 6, 1), 12)},
		{Publisher: "harbour-health-lab", Area: urgent, Issued: day(2025, 5, 20), Change: "Charts begin in June 2023, with two years as their baseline in the place of one. No value changes; limits do.",
			Manifest: stillThere("1.4.0", measures.DateOf(2023, 6, 1), 24)},
		{Publisher: "larkfield", Area: urgent, Issued: day(2025, 3, 14), Change: "The first version.", Manifest: bedWaits()},
		{Publisher: "harbour-health-lab", Area: "Outpatients", Issued: day(2025, 11, 3), Change: "The first version.", Manifest: clinicGap()},
		{Publisher: "guild-of-theatres", Area: "Planned care", Issued: day(2025, 6, 30), Change: "The first version.", Manifest: firstOperation()},
		{Publisher: "guild-of-theatres", Area: "Planned care", Issued: day(2023, 10, 2), Change: "The first version.", Ends: day(2027, 3, 31),
			Outdated: "Cancelled operations are now counted by the measure of late first operations.", Manifest: cancelledOnTheDay()},
	}
}

func pack(id, version, title, publisher string, m measures.Measure) plugins.Manifest {
	m.Family, m.Grain, m.Rules = m.ID, measures.Month, measures.MDC
	m.Uses = measures.Uses{Plugin: "spc", Entry: "xmr"}
	m.ReviewDate = measures.DateOf(2027, 11, 1)
	return plugins.Manifest{ID: id, Version: version, Title: title, Publisher: publisher, Licence: "Apache-2.0", Measures: []measures.Measure{m}}
}

func inputs(numerator, denominator string, over []string, of string) []measures.Input {
	return []measures.Input{{Name: "numerator", Title: numerator, Plus: over}, {Name: "denominator", Title: denominator, Plus: []string{of}}}
}

// stillThere counts those who are still in the department after four hours. What is
// counted stays the same in all versions; they differ in how it is drawn.
func stillThere(version string, start measures.Date, baseline int) plugins.Manifest {
	stratum := func(name, kind string) measures.MixStratum {
		return measures.MixStratum{Name: name,
			Numerator:   measures.Input{Name: "numerator", Title: "Still there", Plus: []string{"over4h_" + kind}},
			Denominator: measures.Input{Name: "denominator", Title: "Attendances", Plus: []string{"attendances_" + kind}}}
	}
	return pack("harbour-still-there", version, "Still in A&E after four hours", "Harbour Health Lab (fictional)", measures.Measure{
		ID: "harbour-still-there", Title: "Still in A&E after four hours",
		Problem:   "A good month in A&E is often chance, and a good year is sometimes only more minor injuries. Teams celebrate, or despair, over neither.",
		Why:       "Who is still in the department after four hours waits for a bed, a scan or a decision. The split by type of department shows whether fewer wait or others came.",
		Numerator: "Attendances that had not ended four hours after arriving", Denominator: "All attendances",
		Inclusions: "As trusts report them each month, by type of department", Scope: "A&E, all types",
		Dataset: "ae_provider", Inputs: inputs("Still there", "Attendances", []string{"over4h_total"}, "attendances_total"),
		Unit: measures.Unit{Multiply: 1000, Words: "per 1,000 attendances", Decimals: 0}, Direction: measures.Decrease, Type: "outcome",
		Mix: &measures.Mix{Of: "type of department", Dataset: "ae_provider", Strata: []measures.MixStratum{stratum("Type 1, major", "type1"),
			stratum("Type 2, one specialty", "type2"), stratum("Type 3, minor injuries and urgent treatment", "type3")}},
		Start: start, StartReason: "Earlier figures are of another time: fewer came, and several trusts did not report their waits.", Baseline: baseline,
		AuthoredBy: "Nell Orchard (fictional)", CheckedBy: "Dr Ansel Pike (fictional)",
	})
}

func wrongWayRound() plugins.Manifest {
	m := stillThere("1.2.0", measures.DateOf(2022, 6, 1), 12)
	m.Measures[0].Direction = measures.Increase
	return m
}

func bedWaits() plugins.Manifest {
	return pack("larkfield-bed-waits", "1.0.0", "Waiting over four hours for a bed", "Larkfield Hospitals Trust (fictional)", measures.Measure{
		ID: "larkfield-bed-waits", Title: "Waiting over four hours for a bed, of those admitted",
		Problem:   "People who need a bed wait for it in corridors, and a count of them rises with every busy month.",
		Why:       "Out of all who are admitted, the share that waits says how well the hospital flows, in a busy month and in a quiet one.",
		Numerator: "People who waited over four hours from the decision to admit", Denominator: "People admitted through A&E",
		Inclusions: "As trusts report them each month", Scope: "Emergency admissions",
		Dataset: "ae_provider", Inputs: inputs("Waited over 4 hours", "Admitted", []string{"dta_waits_over4h"}, "admissions_via_ae"),
		Unit: measures.Unit{Multiply: 100, Symbol: "%", Words: "of people admitted", Decimals: 1}, Direction: measures.Decrease, Type: "balancing",
		Start: measures.DateOf(2023, 6, 1), StartReason: "From June 2023 every trust reports its waits again.", Baseline: 24,
		AuthoredBy: "Maud Ferrier (fictional)", CheckedBy: "Ivo Tansley (fictional)",
	})
}

// clinicGap reads the demonstration's own unpublished figures.
func clinicGap() plugins.Manifest {
	d := Missed()
	return pack("harbour-clinic-kept", "1.0.0", "Missed appointments, most deprived fifth", "Harbour Health Lab (fictional)", measures.Measure{
		ID: "harbour-clinic-kept", Title: "Missed appointments where people are most deprived",
		Problem:   "Reminders help those who could come anyway. Whether they help those who find it hardest is not seen in the whole.",
		Why:       "A clinic that improves for most and not for the most deprived has widened the gap.",
		Numerator: "Appointments missed by people from the most deprived fifth of places", Denominator: "Appointments booked for them",
		Inclusions: "Follow-up appointments in person; invented figures", Scope: "Diabetes clinic, most deprived fifth",
		Dataset: d.ID, Part: &measures.Part{Stratifier: deprivation, Stratum: fifths[0]},
		Inputs: inputs("Missed", "Appointments", []string{"numerator"}, "denominator"),
		Unit:   measures.Unit{Multiply: 100, Symbol: "%", Words: "of appointments", Decimals: 1}, Direction: measures.Decrease, Type: "process", Baseline: 24,
		AuthoredBy: "Nell Orchard (fictional)", CheckedBy: "Dr Ansel Pike (fictional)",
	})
}

func firstOperation() plugins.Manifest {
	return pack("guild-late-first-operation", "1.0.0", "First operation of the day starts late", "Guild of Theatre Teams (fictional)", measures.Measure{
		ID: "guild-late-first-operation", Title: "First operation of the day starts late",
		Problem:   "When the first operation starts late, the last one is cancelled, and somebody who has fasted all day goes home.",
		Why:       "The first start is the one that a team can mend by itself.",
		Numerator: "Lists whose first operation began more than 15 minutes late", Denominator: "Lists with a planned first operation",
		Inclusions: "Planned lists on working days", Scope: "Theatres",
		Dataset: "theatre_lists", Inputs: inputs("Late", "Lists", []string{"late_starts"}, "lists"),
		Unit: measures.Unit{Multiply: 100, Symbol: "%", Words: "of lists", Decimals: 1}, Direction: measures.Decrease, Type: "process", Baseline: 24,
		AuthoredBy: "Rufus Calder (fictional)", CheckedBy: "Hester Lowe (fictional)",
	})
}

func cancelledOnTheDay() plugins.Manifest {
	return pack("guild-cancelled", "2.0.1", "Operations cancelled on the day", "Guild of Theatre Teams (fictional)", measures.Measure{
		ID: "guild-cancelled", Title: "Operations cancelled on the day",
		Problem:   "Operations are cancelled on the day, and nobody sees which of the reasons could have been mended.",
		Why:       "Each is somebody who arranged their life around it.",
		Numerator: "Operations cancelled on the day for other than medical reasons", Denominator: "Operations planned",
		Inclusions: "Planned operations", Scope: "Theatres",
		Dataset: "theatre_lists", Inputs: inputs("Cancelled", "Planned", []string{"cancelled"}, "operations"),
		Unit: measures.Unit{Multiply: 100, Symbol: "%", Words: "of operations", Decimals: 1}, Direction: measures.Decrease, Type: "outcome", Baseline: 24,
		AuthoredBy: "Rufus Calder (fictional)", CheckedBy: "Hester Lowe (fictional)",
	})
}

// Adopter is a trust that took a release up some time ago.
type Adopter struct {
	Organisation    measures.ODSCode
	Plugin, Version string
	Measure         measures.MeasureID
	Before, First   measures.Date // the baseline begins; what counts as after begins
	Points          int           // of the baseline
}

// Adopters are trusts at which different things happened after June 2025: it got
// better or worse, it stayed, only the mix changed, the trust had merged. One runs
// the version before, so that its people can look at what the next would change.
func Adopters() []Adopter {
	var list []Adopter
	for _, code := range []measures.ODSCode{"ZZA", "ZZB", "ZZC", "ZZD", "ZZG", "ZZI", "ZZK"} {
		a := Adopter{Organisation: code, Plugin: "harbour-still-there", Version: "1.4.0", Measure: "harbour-still-there",
			Before: measures.DateOf(2023, 6, 1), First: measures.DateOf(2025, 6, 1), Points: 24}
		if code == "ZZA" {
			a.Version = "1.3.2"
		}
		list = append(list, a)
	}
	return list
}

// Team is who acted for a trust that took a release up.
func Team(at measures.ODSCode) string { return "improvement-team-" + strings.ToLower(string(at)) }
