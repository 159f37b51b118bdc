package analysis_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

func TestRareEventsAreChartedOnTheirDays(t *testing.T) {
	h := open(t)
	h.trusts(t)
	var b strings.Builder
	b.WriteString(tidyHeader)
	day := measures.DateOf(2023, 1, 9)
	for i := range 20 {
		apart := 11 + (i*37)%53
		day += measures.Date(apart)
		fmt.Fprintf(&b, "never-events-between,RAA,%s,,,%d,,,,\n", day, apart)
	}
	for _, f := range h.load(t, "RAA", write(t, "never.csv", b.String())) {
		if !f.Committed || f.Refused != 0 {
			t.Fatalf("%+v", f)
		}
	}
	h.lookAgain(t)
	c, receipt := h.chart(t, chartOf(clinician("RAA"), "never-events-between", "RAA"))
	if c.Chart.Kind != measures.T || c.Chart.Len() != 20 || int(c.Chart.X[19]) != int(day) || receipt.Methods[0].Entry != "t" {
		t.Errorf("a %s chart of %d points to %v by %+v", c.Chart.Kind, c.Chart.Len(), measures.Date(c.Chart.X[c.Chart.Len()-1]), receipt.Methods)
	}
	for i, state := range c.Chart.States {
		if state != measures.Final || measures.IsMissing(c.Chart.Y[i]) {
			t.Errorf("point %d: %v, %v: no day between events is missing", i, state, c.Chart.Y[i])
		}
	}
	// Every point is one event: nobody else sees them, not even hidden in part.
	h.lookAgain(t, agreement{"RAA", "RBB", "never_events_between"})
	other, _ := h.chart(t, chartOf(clinician("RBB"), "never-events-between", "RAA"))
	if other.Chart.Last() >= 0 || len(other.Chart.Notes) == 0 || other.Chart.Notes[0].Code != "chart_withheld" {
		t.Errorf("a partner sees %v, notes %+v", other.Chart.Y, other.Chart.Notes)
	}
}

// programmes are two programmes in one table, of a trust.
const programmes = `measure_id,org_code,period,value_percent,numerator,denominator,source
epr_coverage,RAA,2022-02-24,80,,,a
epr_coverage,RAA,2023-11-14,90,189,,b
dscr_coverage,RAA,2022-08-31,50,,,c
`

func TestAMeasureOfOneStratumReadsThatStratumAlone(t *testing.T) {
	pack(t, "digital")
	h := open(t)
	h.trusts(t)
	h.load(t, "", write(t, "programmes.csv", programmes))
	h.lookAgain(t)
	c, receipt := h.chart(t, chartOf(clinician("RBB"), "epr-coverage", "RAA"))
	if fmt.Sprint(c.Chart.Y) != "[80 90]" || c.Stratum != "" || c.Chart.Kind != measures.Custom || receipt.Release.Manifest.ID != "digital" {
		t.Errorf("values %v of %q, a %s chart by %s", c.Chart.Y, c.Stratum, c.Chart.Kind, receipt.Release.Manifest.ID)
	}
	if got := note(&c.Chart, "on_course"); !strings.HasPrefix(got, "On course: 90 on 14 November 2023") {
		t.Errorf("notes %+v", c.Chart.Notes)
	}
	split := chartOf(clinician("RBB"), "epr-coverage", "RAA")
	split.Stratifier = "measure"
	if answer := h.ask(t, split); !errors.Is(answer.Err, analysis.ErrPart) {
		t.Errorf("split further: %d charts, %v", len(answer.Charts), answer.Err)
	}
}

// One stratum that is hidden must take a second with it, which a single one cannot.
func TestOneStratumIsNotShownWhereSmallNumbersAreHidden(t *testing.T) {
	one := *falls
	one.ID, one.Family, one.Part = "falls-ward-1", "falls-ward-1", &measures.Part{Stratifier: "ward", Stratum: "Ward 1"}
	h := open(t, &one)
	h.trusts(t)
	h.load(t, "RAA", write(t, "falls.csv", tidyHeader+"falls,RAA,2026-01-01,9,900,,ward,Ward 1,,\nfalls,RAA,2026-01-01,3,300,,ward,Ward 2,,\n"))
	h.lookAgain(t, agreement{"RAA", "RBB", "falls"})
	if c, _ := h.chart(t, chartOf(clinician("RAA"), "falls-ward-1", "RAA")); len(c.Numerator) != 1 || c.Numerator[0] != 9 {
		t.Errorf("its own staff see %v", c.Numerator)
	}
	if answer := h.ask(t, chartOf(clinician("RBB"), "falls-ward-1", "RAA")); !errors.Is(answer.Err, analysis.ErrPart) || len(answer.Charts) != 0 {
		t.Errorf("a partner gets %d charts, %v", len(answer.Charts), answer.Err)
	}
}

func TestThePublishedProgrammeIsBehindItsCourse(t *testing.T) {
	pack(t, "digital")
	h := open(t)
	h.load(t, "", shared(t, "programme_series.csv"))
	h.lookAgain(t)
	q := chartOf(clinician("RAA"), "epr-coverage", measures.England)
	q.Action = policy.ChartRead
	c, _ := h.chart(t, q)
	rows := 0
	for _, row := range records(t, "programme_series.csv") {
		if row["measure_id"] == "epr_coverage" {
			if fmt.Sprint(c.Chart.Y[rows]) != row["value_percent"] || measures.Date(c.Chart.X[rows]).String() != row["period"] {
				t.Errorf("point %d is %v on %v, published is %s on %s", rows, c.Chart.Y[rows], measures.Date(c.Chart.X[rows]), row["value_percent"], row["period"])
			}
			rows++
		}
	}
	if rows != c.Chart.Len() || !strings.Contains(note(&c.Chart, "behind"), "3.2 below the course") {
		t.Errorf("%d points of %d; notes %+v", c.Chart.Len(), rows, c.Chart.Notes)
	}
}
