package analysis_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/postgres"
	"github.com/signalbox-health/signalbox/internal/postgres/pgtest"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// bits writes every number of a chart by its bits, so that "the same" means the
// same to the last one.
func bits(c *analysis.Chart) string {
	var b strings.Builder
	for _, column := range [][]float64{c.Numerator, c.Denominator, c.Chart.Y, c.Chart.N, c.Chart.Centre, c.Chart.Lower, c.Chart.Upper, c.Chart.NearLower, c.Chart.NearUpper} {
		for _, v := range column {
			fmt.Fprintf(&b, "%x ", math.Float64bits(v))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintln(&b, c.Chart.X, c.Chart.Phase, c.Chart.Signals, c.Chart.Causes, c.Chart.States, c.Chart.Variation, c.Chart.Assurance)
	return b.String()
}

func TestSameQuestionTwiceRunsThePluginOnce(t *testing.T) {
	h := fallsHouse(t)
	first, _ := h.chart(t, chartOf(clinician("RAA"), "falls", "RAA"))
	second, _ := h.chart(t, chartOf(clinician("RAA"), "falls", "RAA"))
	if n := h.runs.n.Load(); n != 1 {
		t.Errorf("the plugin ran %d times for the same bytes, want 1", n)
	}
	if bits(first) != bits(second) {
		t.Errorf("the chart from the cache differs:\n%s\n%s", bits(first), bits(second))
	}
	// Whoever answers from the cache has been asked, and recorded, all the same.
	book := h.book(t)
	if len(book) != 4 || book[1].Result.Digest != book[3].Result.Digest {
		t.Errorf("the ledger holds %+v", book)
	}
	if h.reads.n.Load() != 2 {
		t.Errorf("%d readings, want 2: the cache keeps what plugins answered, not what the database holds", h.reads.n.Load())
	}

	// Another house, with nothing in its cache, makes the same bits.
	h.Analysis = &analysis.Analysis{Catalogue: h.Catalogue, Policy: h.Policy, Ledger: h.db, Data: h.reads, Plugins: h.runs, Now: now}
	again, _ := h.chart(t, chartOf(clinician("RAA"), "falls", "RAA"))
	if h.runs.n.Load() != 2 || bits(again) != bits(first) {
		t.Errorf("computed again (%d runs) the chart differs", h.runs.n.Load())
	}
}

func TestRevisedDataGivesANewChartAndAsOfGivesTheOld(t *testing.T) {
	h := fallsHouse(t)
	question := chartOf(clinician("RAA"), "falls", "RAA")
	before, old := h.chart(t, question)
	file := h.load(t, "RAA", write(t, "revised.csv", tidyHeader+"falls,RAA,2024-02-01,300,19000,,,,,\n"))[0]
	if file.Revised != 1 {
		t.Fatalf("the revised file: %+v", file)
	}
	after, fresh := h.chart(t, question)
	if n := h.runs.n.Load(); n != 2 {
		t.Errorf("the plugin ran %d times, want 2: the data changed", n)
	}
	at := 13 // February 2024
	if after.Numerator[at] != 300 || before.Numerator[at] == 300 || after.Chart.Centre[0] == before.Chart.Centre[0] {
		t.Errorf("February 2024 was %g and is %g, the mean was %g and is %g", before.Numerator[at], after.Numerator[at], before.Chart.Centre[0], after.Chart.Centre[0])
	}
	if old.DataVersion == fresh.DataVersion {
		t.Errorf("both receipts name the data %q", old.DataVersion)
	}
	question.AsOf = file.Load - 1
	asOf, receipt := h.chart(t, question)
	if bits(asOf) != bits(before) {
		t.Errorf("as of load %d the chart is\n%s\nand not as it was\n%s", question.AsOf, bits(asOf), bits(before))
	}
	if receipt.AsOf != question.AsOf || receipt.DataVersion != old.DataVersion || h.runs.n.Load() != 2 {
		t.Errorf("the receipt names %q as of %d, want %q; %d runs", receipt.DataVersion, receipt.AsOf, old.DataVersion, h.runs.n.Load())
	}
}

func TestReceiptNamesWhatMadeTheChart(t *testing.T) {
	h := fallsHouse(t)
	_, receipt := h.chart(t, chartOf(clinician("RAA"), "falls", "RAA"))
	shipped, _ := h.books.Release("spc")
	book := h.book(t)
	decision := book[0].Decision
	switch {
	case receipt.Release.Digest != shipped.Digest || !strings.HasPrefix(string(receipt.Release.Digest), "sha256:"):
		t.Errorf("plugin %s, want %s", receipt.Release.Digest, shipped.Digest)
	case receipt.Release.Manifest.Version != shipped.Manifest.Version:
		t.Errorf("plugin version %q", receipt.Release.Manifest.Version)
	case receipt.Record != book[0].Sequence || receipt.Request != book[0].ID:
		t.Errorf("record %d, request %q; the ledger has %d, %q", receipt.Record, receipt.Request, book[0].Sequence, book[0].ID)
	case receipt.PolicyRevision == "" || receipt.PolicyRevision != decision.PolicyRevision || receipt.DataRevision != decision.DataRevision:
		t.Errorf("policy %q with data %q; the ledger has %q with %q", receipt.PolicyRevision, receipt.DataRevision, decision.PolicyRevision, decision.DataRevision)
	case decision.Input.Plugin == nil || decision.Input.Plugin.Digest != string(shipped.Digest):
		t.Errorf("the ledger names plugin %+v", decision.Input.Plugin)
	case len(receipt.Grants) != 1 || receipt.Grants[0].Code != "own_organisation":
		t.Errorf("grants %+v", receipt.Grants)
	case receipt.DataVersion == "":
		t.Error("no data version")
	case receipt.Measure != "falls" || receipt.Rules != measures.MDC || receipt.Direction != measures.Decrease:
		t.Errorf("parameters %+v", receipt)
	case !reflect.DeepEqual(receipt.Methods, []analysis.Method{{Entry: "xmr", Rules: measures.MDC, Series: 1}}):
		t.Errorf("methods %+v", receipt.Methods)
	case receipt.Period.To != measures.DateOf(2026, 8, 15):
		t.Errorf("period %+v", receipt.Period)
	}
}

// The board's analyst and the partner of an agreement see the trust's falls with
// small numbers hidden, in every list of figures that leaves; its own staff see all.
func TestSuppressionHappensBeforeAnythingLeaves(t *testing.T) {
	h := open(t, falls)
	h.trusts(t)
	var b strings.Builder
	b.WriteString(tidyHeader)
	small := []int{3, 8, 14, 20, 27} // months with 1 to 7 falls
	for i := range 30 {
		n := 40 + i*7%13
		if slices.Contains(small, i) {
			n = 1 + i%7
		}
		fmt.Fprintf(&b, "falls,RBB,%s,%d,%d,,,,,\n", measures.DateOf(2023, 1+i, 1), n, 10003+i)
	}
	h.load(t, "RBB", write(t, "falls.csv", b.String()))
	h.lookAgain(t, agreement{owner: "RBB", partner: "RCC", dataset: "falls"})

	own, _ := h.chart(t, chartOf(clinician("RBB"), "falls", "RBB"))
	analyst := policy.Actor{ID: "analyst", ODS: "QNW", Orgs: []measures.ODSCode{"QNW"}, Roles: []policy.Role{"analyst"}, Purpose: "planning", Assurance: "aal2", TrainedOn: trained}
	for name, actor := range map[string]policy.Actor{"the board's analyst": analyst, "a partner's clinician": clinician("RCC")} {
		for _, action := range []policy.Action{policy.ChartRead, policy.DataExport} {
			question := chartOf(actor, "falls", "RBB")
			question.Action = action
			answer := h.ask(t, question)
			if action == policy.DataExport && actor.ID != "analyst" {
				if answer.Err == nil {
					t.Errorf("%s took figures away that the agreement lets them only look at", name)
				}
				continue
			}
			if answer.Err != nil {
				t.Fatalf("%s: %v", name, answer.Err)
			}
			seen := &answer.Charts[0]
			if answer.Receipt.Disclosure.MinCellCount != 8 {
				t.Errorf("%s: terms %+v", name, answer.Receipt.Disclosure)
			}
			for i := range seen.Numerator {
				hidden := slices.Contains(small, i)
				for what, v := range map[string]float64{"numerator": seen.Numerator[i], "denominator": seen.Denominator[i], "value": seen.Chart.Y[i], "n": seen.Chart.N[i]} {
					if hidden != measures.IsMissing(v) {
						t.Errorf("%s: %s of month %d is %g, with %g falls", name, what, i, v, own.Numerator[i])
					}
				}
				if hidden != (seen.Chart.States[i] == measures.Suppressed) {
					t.Errorf("%s: month %d is %s", name, i, seen.Chart.States[i])
				}
				if !hidden && (math.Mod(seen.Numerator[i], 5) != 0 || math.Mod(seen.Denominator[i], 5) != 0) {
					t.Errorf("%s: month %d shows %g of %g, not rounded to 5", name, i, seen.Numerator[i], seen.Denominator[i])
				}
			}
		}
	}
	// The cache holds true figures and is shared: what one reader may not see
	// must not be gone for the other.
	if again, _ := h.chart(t, chartOf(clinician("RBB"), "falls", "RBB")); bits(again) != bits(own) {
		t.Error("after the others looked, the trust's own chart is changed")
	}
	hidden := 0
	for _, entry := range h.book(t) {
		if entry.Result != nil && entry.Result.Suppressed > 0 {
			hidden++
			if entry.Result.Suppressed != int64(len(small)) {
				t.Errorf("the ledger counts %d hidden points, want %d", entry.Result.Suppressed, len(small))
			}
		}
	}
	if hidden != 3 {
		t.Errorf("%d results with hidden points in the ledger, want 3", hidden)
	}
}

func TestMissingMonthsStayGaps(t *testing.T) {
	h := open(t, falls)
	h.trusts(t)
	var b strings.Builder
	b.WriteString(tidyHeader)
	for i := range 36 {
		switch month := measures.DateOf(2023, 1+i, 1); {
		case i >= 10 && i < 13: // no rows at all
		case i == 20: // people at risk, and nobody counted
			fmt.Fprintf(&b, "falls,RAA,%s,,19000,,,,,\n", month)
		case i == 25: // counted, and there were none
			fmt.Fprintf(&b, "falls,RAA,%s,0,19000,,,,,\n", month)
		default:
			fmt.Fprintf(&b, "falls,RAA,%s,%d,19000,,,,,\n", month, 100+i*37%23)
		}
	}
	h.load(t, "RAA", write(t, "falls.csv", b.String()))
	h.lookAgain(t)
	c, _ := h.chart(t, chartOf(clinician("RAA"), "falls", "RAA"))
	if c.Chart.Len() != 36 {
		t.Fatalf("%d points, want a place for each of 36 months", c.Chart.Len())
	}
	for i := range 36 {
		gap := i >= 10 && i < 13 || i == 20
		if gap != measures.IsMissing(c.Chart.Y[i]) || gap != (c.Chart.States[i] == measures.NotMeasured) {
			t.Errorf("month %d: %g, %s", i, c.Chart.Y[i], c.Chart.States[i])
		}
		if gap && (c.Chart.Signals[i] != 0 || c.Chart.Causes[i] != measures.NoCause) {
			t.Errorf("month %d was not measured and is judged %v", i, c.Chart.Signals[i].Names())
		}
	}
	if c.Chart.Y[25] != 0 || c.Chart.States[25] != measures.Final || c.Chart.Signals[25]&measures.OutsideLower == 0 {
		t.Errorf("nobody fell in month 25, and it is %g, %s, %v", c.Chart.Y[25], c.Chart.States[25], c.Chart.Signals[25].Names())
	}
}

func TestExcludedMonthsDoNotCount(t *testing.T) {
	h := open(t, falls)
	h.trusts(t)
	lines := func(wave int) string {
		var b strings.Builder
		b.WriteString(tidyHeader)
		for i := range 30 {
			n := 100 + i*37%23
			if i == 5 || i == 6 {
				n = wave
			}
			fmt.Fprintf(&b, "falls,RAA,%s,%d,19000,,,,,\n", measures.DateOf(2023, 1+i, 1), n)
		}
		return write(t, "falls.csv", b.String())
	}
	h.load(t, "RAA", lines(900))
	h.lookAgain(t)
	question := chartOf(clinician("RAA"), "falls", "RAA")
	with, _ := h.chart(t, question)
	h.load(t, "", write(t, "events.csv", "org_code,start,end,kind,text,basis\n*,2023-06-01,2023-07-01,exclude_from_baseline,A wave,test\nRBB,2023-01-01,2023-12-01,exclude_from_baseline,Of another trust,test\n"))
	without, _ := h.chart(t, question)
	if without.Chart.Centre[0] >= with.Chart.Centre[0] || without.Chart.Upper[0] >= with.Chart.Upper[0] {
		t.Errorf("the wave still counts: mean %g, before the event %g", without.Chart.Centre[0], with.Chart.Centre[0])
	}
	for i, state := range without.Chart.States {
		if (i == 5 || i == 6) != (state == measures.Excluded) {
			t.Errorf("month %d is %s", i, state)
		}
	}
	if without.Chart.Y[5] != 900.0/19000*1000 || without.Chart.Signals[5]&measures.OutsideUpper == 0 {
		t.Errorf("an excluded month is drawn and held against the limits: it is %g, %v", without.Chart.Y[5], without.Chart.Signals[5].Names())
	}
	if len(without.Events) != 1 || without.Events[0].Text != "A wave" {
		t.Errorf("events %+v, want the one that concerns everybody", without.Events)
	}
	// Whatever the excluded months held, the statistics are the same.
	h.load(t, "RAA", lines(400))
	milder, _ := h.chart(t, question)
	if milder.Chart.Centre[0] != without.Chart.Centre[0] || milder.Chart.Upper[0] != without.Chart.Upper[0] {
		t.Errorf("excluded figures move the limits: %g to %g", without.Chart.Upper[0], milder.Chart.Upper[0])
	}
}

func TestRunChartFromTenPointsLimitsFromThirteen(t *testing.T) {
	for _, test := range []struct {
		months int
		kind   measures.Kind
		rules  measures.RuleSet
		limits bool
	}{
		{3, measures.Run, measures.NoRules, false},
		{9, measures.Run, measures.NoRules, false},
		{10, measures.Run, measures.Anhoej, false},
		{12, measures.Run, measures.Anhoej, false},
		{13, measures.XmR, measures.MDC, true},
		{36, measures.XmR, measures.MDC, true},
	} {
		t.Run(fmt.Sprint(test.months), func(t *testing.T) {
			t.Parallel()
			h := open(t, falls)
			h.trusts(t)
			h.load(t, "RAA", fallsOf(t, "RAA", test.months))
			h.lookAgain(t)
			c, receipt := h.chart(t, chartOf(clinician("RAA"), "falls", "RAA"))
			if c.Chart.Kind != test.kind || c.Chart.Rules != test.rules || receipt.Methods[0].Rules != test.rules {
				t.Errorf("a chart %s with rules %s, want %s with %s", c.Chart.Kind, c.Chart.Rules, test.kind, test.rules)
			}
			if got := !measures.IsMissing(c.Chart.Upper[test.months-1]); got != test.limits {
				t.Errorf("limits: %v, want %v", got, test.limits)
			}
			if (c.Chart.Variation == measures.VariationEmpty) != (test.rules == measures.NoRules) {
				t.Errorf("variation %s", c.Chart.Variation)
			}
		})
	}
}

func TestAllOrganisationsAreChartedEachByItsOwnPoints(t *testing.T) {
	h := open(t)
	h.trusts(t)
	h.load(t, "", published(t, "RAA", 36))
	h.load(t, "", published(t, "RBB", 11))
	h.load(t, "", published(t, "RCC", 4))
	h.lookAgain(t)
	answer := h.ask(t, chartOf(clinician("RAA"), "ae-4h", policy.Everyone))
	if answer.Err != nil {
		t.Fatal(answer.Err)
	}
	got := ""
	for i := range answer.Charts {
		c := &answer.Charts[i]
		got += fmt.Sprintf("%s %s %s %d; ", c.Organisation, c.Chart.Kind, c.Chart.Rules, c.Chart.Len())
	}
	if got != "RAA xmr mdc 36; RBB run anhoej 11; RCC run none 4; " {
		t.Errorf("charts: %s", got)
	}
	if len(answer.Receipt.Methods) != 3 || h.runs.n.Load() != 3 {
		t.Errorf("methods %+v in %d runs", answer.Receipt.Methods, h.runs.n.Load())
	}
}

func TestPhasesComeFromPeopleOrElseFromTheDefinition(t *testing.T) {
	h := fallsHouse(t)
	question := chartOf(clinician("RAA"), "falls", "RAA")
	c, _ := h.chart(t, question)
	if len(c.Decided) != 1 || c.Decided[0].Baseline != 24 || c.Decided[0].Start != measures.DateOf(2023, 1, 1) || len(c.Chart.Phases) != 1 {
		t.Errorf("without a decision: %+v", c.Decided)
	}
	pgtest.SQL(t, h.url, `INSERT INTO phase (trust_id, measure, start, baseline, reason, author, approver, decided)
		SELECT trust_id, 'falls', DATE '2024-07-01', 12, 'New wards', 'M. Ferrier', 'I. Verrow', DATE '2024-08-01' FROM organisation WHERE ods IN ('RAA', 'RBB')
		UNION SELECT trust_id, 'falls', DATE '2025-03-01', 0, 'Other trust', 'B. Oakes', '', DATE '2025-03-02' FROM organisation WHERE ods = 'RBB'
		UNION SELECT trust_id, 'other', DATE '2025-01-01', 0, 'Other measure', 'M. Ferrier', '', DATE '2025-03-02' FROM organisation WHERE ods = 'RAA'`)
	c, _ = h.chart(t, question)
	if len(c.Decided) != 2 || len(c.Chart.Phases) != 2 {
		t.Fatalf("phases %+v", c.Decided)
	}
	second := c.Decided[1]
	if c.Decided[0].Baseline != 0 || second.Start != measures.DateOf(2024, 7, 1) || second.Baseline != 12 || second.Reason != "New wards" || second.Author != "M. Ferrier" || second.Approver != "I. Verrow" {
		t.Errorf("phases %+v", c.Decided)
	}
	for i, phase := range c.Chart.Phase {
		if want := int32(1 + i/18); phase != want {
			t.Errorf("month %d is in phase %d, want %d", i, phase, want)
		}
	}
	if c.Chart.Centre[0] == c.Chart.Centre[35] {
		t.Error("both phases have one mean")
	}
	// A chart that begins within the second phase has it alone.
	question.Everything, question.Period.From = false, measures.DateOf(2024, 9, 1)
	c, _ = h.chart(t, question)
	if len(c.Decided) != 1 || c.Decided[0].Reason != "New wards" || c.Chart.Len() != 16 {
		t.Errorf("from September 2024: %d points, %+v", c.Chart.Len(), c.Decided)
	}
}

// A column of figures that nobody has defined is a chart all the same, with no
// judgement of which way is better.
func TestLoadedFiguresWithoutADefinitionAreAMeasure(t *testing.T) {
	h := open(t)
	h.trusts(t)
	var b strings.Builder
	b.WriteString(tidyHeader)
	for i := range 20 {
		month := measures.DateOf(2024, 1+i, 1)
		fmt.Fprintf(&b, "hand-washing,RAA,%s,%d,60,,,,,\nnight-noise,RAA,%s,,,%d.5,,,,\n", month, 30+i*7%20, month, 40+i*3%7)
	}
	h.load(t, "RAA", write(t, "audit.csv", b.String()))
	if _, err := h.Catalogue.Measure("hand-washing"); err == nil {
		t.Error("the measure was there before the catalogue looked")
	}
	h.lookAgain(t)
	rate, _ := h.chart(t, chartOf(clinician("RAA"), "hand-washing", "RAA"))
	if rate.Chart.Y[0] != 50 || rate.Denominator[0] != 60 || rate.Chart.Direction != measures.Neutral || rate.Chart.Kind != measures.XmR {
		t.Errorf("hand-washing: %g of %g, %s, %s", rate.Chart.Y[0], rate.Denominator[0], rate.Chart.Direction, rate.Chart.Kind)
	}
	m, err := h.Catalogue.Measure("night-noise")
	if err != nil {
		t.Fatal(err)
	}
	if m.Title != "night-noise" || m.Unit.Symbol != "" {
		t.Errorf("night-noise: %+v", m)
	}
	answer := h.ask(t, chartOf(clinician("RBB"), "hand-washing", "RAA"))
	if answer.Err == nil {
		t.Error("what a trust loads as its own is open to another")
	}
	value := h.ask(t, chartOf(clinician("RAA"), "night-noise", "RAA"))
	if value.Err != nil || value.Charts[0].Chart.Y[1] != 43.5 {
		t.Errorf("night-noise: %v", value.Err)
	}
	if m, err := h.Catalogue.Measure("hand-washing"); err != nil || m.Dataset != "hand_washing" {
		t.Errorf("the measure made from the dataset: %+v, %v", m, err)
	}
	// The library's own measures come first and are not made a second time.
	seen := map[measures.MeasureID]int{}
	for _, m := range h.Catalogue.Measures() {
		seen[m.ID]++
	}
	if seen["ae-4h"] != 1 || seen["hand-washing"] != 1 {
		t.Errorf("the catalogue lists %v", seen)
	}
}

var _ analysis.Register = (*postgres.DB)(nil)
