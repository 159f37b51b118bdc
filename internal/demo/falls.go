package demo

import (
	"encoding/json"
	"fmt"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/plugins"
)

// Falls is a dataset that is not published: each trust's own, until its policy
// says otherwise. It is here so that a denial can be seen.
//
// It is not marked synthetic: that would open it to innovators by policy, and
// then the one unpublished dataset of the demonstration would be open to them.
func Falls() measures.Dataset {
	return measures.Dataset{
		ID: "demo_falls", Title: "Falls in hospital (demonstration)", Grain: measures.Month,
		Columns: []measures.Column{
			{Name: "numerator", Title: "Falls of people in hospital", Type: "count", Role: "numerator"},
			{Name: "denominator", Title: "Occupied bed days", Type: "count", Role: "denominator"},
		},
		Stratifiers: []string{},
		Source:      source,
		Licence:     "Not published",
		Attribution: attribution,
		Owner:       "Each trust, for its own figures",
		OptOuts:     "Does not apply: invented",
	}
}

// Manifest brings the measures that are drawn from Falls and Missed.
func Manifest() plugins.Manifest {
	return plugins.Manifest{
		ID: "demonstration", Version: "1.0.0", Title: "Measures of the demonstration",
		Publisher: "Signalbox library", Licence: "Apache-2.0",
		Measures: []measures.Measure{{
			ID: "demo-falls", Title: "Falls in hospital (demonstration)",
			Problem:   "People who are in hospital fall and are hurt.",
			Why:       "A fall can end a recovery; many can be prevented by ordinary care.",
			Numerator: "Falls that were reported", Denominator: "Occupied bed days",
			Inclusions: "All wards; invented figures", Scope: "Inpatients, all wards",
			Dataset:   Falls().ID,
			Inputs:    []measures.Input{{Name: "numerator", Plus: []string{"numerator"}}, {Name: "denominator", Plus: []string{"denominator"}}},
			Grain:     measures.Month,
			Unit:      measures.Unit{Multiply: 1000, Words: "per 1,000 bed days", Decimals: 2},
			Direction: measures.Decrease, Type: "outcome", Family: "demo-falls",
			Uses: measures.Uses{Plugin: "spc", Entry: "xmr"}, Rules: measures.MDC, Baseline: 24,
			AuthoredBy: "Signalbox library", CheckedBy: "Signalbox library",
			ReviewDate: measures.DateOf(2027, 11, 1),
		}, missedMeasure()},
	}
}

// Release is the manifest as a pack without code, named by its text.
func Release() (plugins.Release, error) {
	m := Manifest()
	text, err := json.Marshal(m)
	if err != nil {
		return plugins.Release{}, fmt.Errorf("manifest of the demonstration: %w", err)
	}
	return plugins.Release{Manifest: m, Digest: plugins.DigestOf(text)}, nil
}

var firstFalls = measures.DateOf(2023, 6, 1)

// wards say how many bed days and falls two trusts have.
var wards = map[measures.ODSCode]struct{ bedDays, falls plan }{
	"ZZA": {level(19500), ramp(6.1, 2025, 6, 4, 4.2)},
	"ZZB": {level(24800), level(5.4)},
}

// fallsFile is tidy; falls are per 1,000 bed days in wards.
func fallsFile(seed uint64, code measures.ODSCode) []byte {
	f := newTable(tidyHeader...)
	days, falls, ward := noiseFor(seed, code, "bed days"), noiseFor(seed, code, "falls"), wards[code]
	for _, month := range monthsFrom(firstFalls) {
		occupied := round(ward.bedDays.at(month) * (1 + days.next(0.02)))
		fell := falls.count(ward.falls.at(month) * float64(occupied) / 1000)
		status := "final"
		if month == lastMonth {
			status = "provisional"
		}
		f.row("demo-falls", string(code), month.String(), whole(fell), whole(occupied), "", "", "", status, "")
	}
	return f.bytes()
}
