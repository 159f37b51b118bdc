package analysis_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/plugins"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

// funnelOf asks for a funnel up to a month.
func funnelOf(measure measures.MeasureID, periods int, last measures.Date) analysis.Comparison {
	return analysis.Comparison{Actor: clinician("RQW"), Action: policy.ChartRead, Measure: measure, Periods: periods, Last: last}
}

func (h *house) funnel(t testing.TB, c analysis.Comparison) analysis.Funnel {
	t.Helper()
	f, err := h.Compare(t.Context(), c)
	if err != nil {
		t.Fatalf("funnel of %s over %d to %s: %v", c.Measure, c.Periods, c.Last, err)
	}
	return f
}

// summed adds the published file up, month by month and organisation by
// organisation; those that lack a month are not in it.
func summed(t *testing.T, first, last measures.Date) (groups []measures.ODSCode, in spc.Input) {
	t.Helper()
	type sum struct {
		n, d   float64
		months int
	}
	sums := map[measures.ODSCode]*sum{}
	want := 0
	for month := first; month <= last; month = month.AddMonths(1) {
		want++
	}
	for _, row := range records(t, "ae_4h_trust_monthly_2016_2026.csv") {
		period, err := measures.ParseDate(row["period"])
		if err != nil {
			t.Fatal(err)
		}
		if period < first || period > last || row["numerator"] == "" || row["denominator"] == "" {
			continue
		}
		code := measures.ODSCode(row["org_code"])
		if sums[code] == nil {
			sums[code] = &sum{}
		}
		s := sums[code]
		s.n, s.d, s.months = s.n+number(t, row["numerator"]), s.d+number(t, row["denominator"]), s.months+1
	}
	for code, s := range sums {
		if s.months == want && s.d > 0 {
			groups = append(groups, code)
		}
	}
	slices.Sort(groups)
	for i, code := range groups {
		in.X, in.Y, in.N = append(in.X, int32(i+1)), append(in.Y, sums[code].n), append(in.N, sums[code].d)
	}
	return groups, in
}

func TestFunnelOfPublishedFiguresIsTheFileComputedDirectly(t *testing.T) {
	h := national(t)
	march, may := measures.DateOf(2019, 3, 1), measures.DateOf(2026, 5, 1)
	for _, test := range []struct {
		name        string
		periods     int
		last, asked measures.Date
		dispersion  analysis.Dispersion
		additive    bool
	}{
		{"one month", 1, march, march, analysis.Judged, true},
		{"one month for chance alone", 1, march, march, analysis.Ignored, false},
		{"three months", 3, march, march, analysis.Allowed, true},
		{"the latest year", 12, may, 0, analysis.Judged, true},
	} {
		question := funnelOf("ae-4h", test.periods, test.asked)
		question.Dispersion = test.dispersion
		f := h.funnel(t, question)
		groups, in := summed(t, test.last.AddMonths(1-test.periods), test.last)
		p := spc.Defaults(measures.Funnel, measures.MDC)
		p.Direction, p.Multiply, p.Ratio, p.Additive = measures.Increase, 100, spc.Proportion, test.additive
		want, err := spc.Compute(in, p)
		if err != nil {
			t.Fatal(err)
		}
		if len(groups) < 100 || !slices.Equal(f.Groups, groups) {
			t.Errorf("%s: %d groups, the file has %d", test.name, len(f.Groups), len(groups))
			continue
		}
		if f.First != test.last.AddMonths(1-test.periods) || f.Last != test.last || f.Parameters.Additive != test.additive || f.Parameters.Ratio != spc.Proportion {
			t.Errorf("%s: from %s to %s, additive %v, ratio %s", test.name, f.First, f.Last, f.Parameters.Additive, f.Parameters.Ratio)
		}
		if outside := countOutside(&f.Chart); outside == 0 || test.additive && outside > 20 {
			t.Errorf("%s: %d trusts lie outside", test.name, outside)
		}
		if got, want := drawn(&f.Chart), drawn(&want); got != want {
			t.Errorf("%s: the funnel is\n%s\nand directly\n%s", test.name, got, want)
		}
		for i := range in.Y {
			if f.Numerator[i] != in.Y[i] || f.Denominator[i] != in.N[i] {
				t.Errorf("%s: %s has %g of %g, the file %g of %g", test.name, groups[i], f.Numerator[i], f.Denominator[i], in.Y[i], in.N[i])
			}
		}
	}
}

func countOutside(c *measures.Chart) (n int) {
	for _, s := range c.Signals {
		if s&(measures.OutsideLower|measures.OutsideUpper) != 0 {
			n++
		}
	}
	return n
}

// drawn writes a funnel by its bits.
func drawn(c *measures.Chart) string {
	var b strings.Builder
	for _, column := range [][]float64{c.Y, c.N, c.Centre, c.Lower, c.Upper, c.NearLower, c.NearUpper, c.Z, {c.Phi, c.Tau2}} {
		for _, v := range column {
			fmt.Fprintf(&b, "%x ", math.Float64bits(v))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintln(&b, c.X, c.Signals, c.Causes, c.States)
	return b.String()
}

// overheard keeps what a plugin is given.
type overheard struct {
	analysis.Sandbox
	requests []wire.Request
}

func (o *overheard) Run(ctx context.Context, digest plugins.Digest, q wire.Request) ([]measures.Chart, error) {
	o.requests = append(o.requests, q)
	return o.Sandbox.Run(ctx, digest, q)
}

// wards are so many trusts with infections in three months of 2025, the last of
// which has them in the numbers given.
func wards(t testing.TB, last []int) (*house, *overheard) {
	t.Helper()
	infections := *falls
	infections.ID, infections.Dataset, infections.Title = "infections", "infections", "Infections"
	h := open(t, &infections)
	var register, figures strings.Builder
	register.WriteString("ods_code,name,trust_type,region,ics_short,icb_code,icb_name,predecessor_codes,merger_date,has_ae_series\n")
	figures.WriteString(tidyHeader)
	for i, n := range last {
		code := fmt.Sprintf("R%02d", i)
		fmt.Fprintf(&register, "%s,Trust %d,Acute,London,,QLD,South Board,,,y\n", code, i)
		for month, n := range []int{40 + i, 35 + i, n} {
			if n < 0 {
				continue // not reported
			}
			fmt.Fprintf(&figures, "infections,%s,%s,%d,%d,,,,,\n", code, measures.DateOf(2025, 1+month, 1), n, 9003+100*i)
		}
	}
	h.load(t, "", write(t, "trusts.csv", register.String()))
	definition := &measures.Dataset{ID: "infections", Title: "Infections", Grain: measures.Month, Licence: "For NHS staff", Published: true, Source: "made up", Owner: "made up",
		Columns:     []measures.Column{{Name: "numerator", Title: "Infections", Type: "count", Role: "numerator"}, {Name: "denominator", Title: "Bed days", Type: "count", Role: "denominator"}},
		Stratifiers: []string{}}
	if _, err := intake.Load(t.Context(), h.db, intake.Options{Gate: h.gate(), Files: []string{write(t, "infections.csv", figures.String())}, Dataset: "infections",
		Definition: definition, By: "test", RefusedDir: t.TempDir(), Now: now}); err != nil {
		t.Fatal(err)
	}
	h.lookAgain(t)
	ears := &overheard{Sandbox: h.runs}
	h.Plugins = ears
	return h, ears
}

func TestPluginOfAFunnelLearnsNoNames(t *testing.T) {
	h, ears := wards(t, []int{40, 41, 42, 43})
	f := h.funnel(t, funnelOf("infections", 1, 0))
	if len(ears.requests) != 1 || len(f.Groups) != 4 {
		t.Fatalf("%d calls for %d groups", len(ears.requests), len(f.Groups))
	}
	q := ears.requests[0]
	if q.Entry != "funnel" || !q.Whole || len(q.Series) != 1 || q.Series[0].Organisation != "" || q.Series[0].Stratum != "" {
		t.Errorf("the plugin was given %+v", q)
	}
	if !slices.Equal(q.Series[0].Periods, []measures.Date{1, 2, 3, 4}) {
		t.Errorf("the groups are numbered %v", q.Series[0].Periods)
	}
	if f.Parameters.Ratio != spc.Rate || f.Parameters.Additive {
		t.Errorf("four rates per 1,000 are compared as %s, additive %v", f.Parameters.Ratio, f.Parameters.Additive)
	}
}

// A partner who may see published figures with small numbers hidden learns none
// of them, neither from the funnel nor from what the plugin is given.
func TestFunnelUnderSuppressionHangsOnNoHiddenCount(t *testing.T) {
	others := []int{41, 52, 63, 38, 47, 55, 49, 60, 44, 71, 58}
	var first string
	for _, small := range []int{1, 4, 7} {
		h, ears := wards(t, append([]int{small}, others...))
		f := h.funnel(t, funnelOf("infections", 1, 0))
		if f.Receipt.Disclosure.MinCellCount != 8 {
			t.Fatalf("the terms are %+v", f.Receipt.Disclosure)
		}
		if f.Chart.States[0] != measures.Suppressed || f.Chart.States[4] != measures.Suppressed {
			t.Errorf("states %v, want the first and, against totals known elsewhere, the next smallest hidden", f.Chart.States)
		}
		if !measures.IsMissing(f.Chart.Y[0]) || !measures.IsMissing(f.Chart.Z[0]) || !measures.IsMissing(f.Numerator[0]) || !measures.IsMissing(f.Chart.Upper[0]) {
			t.Errorf("hidden with value %g, score %g, numerator %g, limit %g", f.Chart.Y[0], f.Chart.Z[0], f.Numerator[0], f.Chart.Upper[0])
		}
		seen := drawn(&f.Chart) + fmt.Sprint(f.Numerator, f.Denominator, ears.requests)
		if first == "" {
			first = seen
		} else if seen != first {
			t.Errorf("with %d hidden the funnel is\n%s\nwith 1 it is\n%s", small, seen, first)
		}
		if book := h.book(t); book[len(book)-1].Result.Suppressed != 2 {
			t.Errorf("the ledger says %+v", book[len(book)-1].Result)
		}
	}
}

func TestWhoDidNotReportTheWholeStretchIsLeftOutAndListed(t *testing.T) {
	h, _ := wards(t, []int{40, -1, 42, 0})
	f := h.funnel(t, funnelOf("infections", 3, 0))
	if !slices.Equal(f.Groups, []measures.ODSCode{"R00", "R02", "R03"}) {
		t.Errorf("compared are %v", f.Groups)
	}
	want := []analysis.LeftOut{{Organisation: "R01", Why: analysis.Incomplete, Measured: 2, Latest: measures.DateOf(2025, 2, 1)}}
	if !slices.Equal(f.LeftOut, want) {
		t.Errorf("left out are %+v, want %+v", f.LeftOut, want)
	}
	if f.First != measures.DateOf(2025, 1, 1) || f.Last != measures.DateOf(2025, 3, 1) {
		t.Errorf("from %s to %s", f.First, f.Last)
	}
}

// Fifteen tests make up the whole, and every one counts in the sum.
func TestFunnelOfADatasetOfStrataComparesWholes(t *testing.T) {
	h := national(t)
	last := measures.DateOf(2025, 7, 1)
	f := h.funnel(t, funnelOf("diagnostics-6w", 1, last))
	want, seen := map[measures.ODSCode][2]float64{}, map[string]bool{}
	for _, row := range records(t, "diagnostics_6wk_trust_monthly.csv") {
		code := measures.ODSCode(row["org_code"])
		if key := row["org_code"] + row["test"]; row["period"] == last.String() && !seen[key] {
			seen[key] = true // some lines are in the file twice
			sum := want[code]
			want[code] = [2]float64{sum[0] + number(t, row["over_6w"]), sum[1] + number(t, row["waiting_total"])}
		}
	}
	if len(f.Groups) < 100 {
		t.Errorf("%d trusts", len(f.Groups))
	}
	for i, code := range f.Groups {
		if got := [2]float64{f.Numerator[i], f.Denominator[i]}; got != want[code] {
			t.Errorf("%s: %v, the file adds up to %v", code, got, want[code])
		}
	}
}

func TestMeasureThatCannotBeComparedSaysWhyAndReadsNothing(t *testing.T) {
	h := national(t)
	for _, test := range []struct {
		question analysis.Comparison
		says     string
	}{
		{funnelOf("ae-attendances", 1, 0), "a count without a denominator"},
		{funnelOf("rtt-18w", 3, 0), "the same people would be counted again"},
		{funnelOf("ae-4h", 0, 0), "0 periods"},
		{funnelOf("ae-4h", 1, measures.DateOf(2026, 5, 2)), "begins on 2026-05-02"},
	} {
		f, err := h.Compare(t.Context(), test.question)
		if !errors.Is(err, analysis.ErrNoFunnel) || !strings.Contains(err.Error(), test.says) || len(f.Groups) != 0 {
			t.Errorf("%s over %d to %s: %v", test.question.Measure, test.question.Periods, test.question.Last, err)
		}
	}
	if h.reads.n.Load() != 0 {
		t.Errorf("%d readings", h.reads.n.Load())
	}
}

func TestDeniedFunnelIsRecordedAndReadsNothing(t *testing.T) {
	h := fallsHouse(t)
	f, err := h.Compare(t.Context(), funnelOf("falls", 1, 0))
	if !errors.Is(err, policy.ErrDenied) || len(f.Groups) != 0 || h.reads.n.Load() != 0 || h.runs.n.Load() != 0 {
		t.Errorf("%v with %d groups, %d readings, %d runs", err, len(f.Groups), h.reads.n.Load(), h.runs.n.Load())
	}
	if book := h.book(t); len(book) != 1 || book[0].Decision.Allow || book[0].Decision.Input.Resource.ODS != policy.Everyone {
		t.Errorf("the ledger holds %+v", book)
	}
}

func TestFunnelIsRecordedBeforeItIsRead(t *testing.T) {
	h, _ := wards(t, []int{40, 41, 42})
	h.reads.before = func() {
		if book := h.book(t); len(book) != 1 || book[0].Kind != ledger.DecisionMade || !book[0].Decision.Allow {
			t.Errorf("at the moment of reading the ledger holds %+v", book)
		}
	}
	h.funnel(t, funnelOf("infections", 3, 0))
	book := h.book(t)
	if len(book) != 2 || book[1].Result.Record != book[0].Sequence || book[1].Result.Rows != 9 || book[1].Result.Digest == "" {
		t.Errorf("afterwards the ledger holds %+v", book)
	}
	full := errors.New("no space left on device")
	h.Ledger, h.reads.before = brokenLedger{full}, nil
	before := h.reads.n.Load()
	if f, err := h.Compare(t.Context(), funnelOf("infections", 3, 0)); !errors.Is(err, full) || len(f.Groups) != 0 || h.reads.n.Load() != before {
		t.Errorf("without a ledger: %v, %d groups, %d readings more", err, len(f.Groups), h.reads.n.Load()-before)
	}
}
