package analysis_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/internal/intake"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/ledger"
)

func mixOf(actor policy.Actor, measure measures.MeasureID, code measures.ODSCode) analysis.Question {
	return analysis.Question{Actor: actor, Action: policy.ChartRead, Measure: measure, Organisation: code, Split: true}
}

// split asks for the split beside a chart.
func (h *house) split(t testing.TB, q analysis.Question) (*analysis.Mix, error) {
	t.Helper()
	answer := h.ask(t, q)
	if (answer.Split == nil) == (answer.SplitErr == nil) {
		t.Errorf("a split %v and an error %v", answer.Split, answer.SplitErr)
	}
	return answer.Split, answer.SplitErr
}

// TestSplitOfEveryTrustAgreesThroughTheWholeHouse takes the published files in,
// asks for every trust's split as a reader would, and holds it against a reckoning
// made elsewhere: the first 24 months from June 2023 against the last 12.
func TestSplitOfEveryTrustAgreesThroughTheWholeHouse(t *testing.T) {
	h := national(t)
	golden := records(t, "mix_check_ae4h.csv")
	if len(golden) < 60 {
		t.Fatalf("%d rows in the golden file", len(golden))
	}
	differ := 0
	for _, want := range golden {
		q := mixOf(clinician("RQW"), "ae-4h", measures.ODSCode(want["org_code"]))
		q.Period.To = measures.DateOf(2026, 5, 31)
		got, err := h.split(t, q)
		if err != nil {
			t.Errorf("%s: %v", want["org_code"], err)
			continue
		}
		for column, value := range map[string]float64{"rate_first_24": got.Split.Before, "rate_last_12": got.Split.After, "change": got.Split.Change,
			"within_type_effect": got.Split.Within, "case_mix_effect": got.Split.Mix,
			"type1_share_first_24": got.Split.Parts[0].ShareBefore, "type1_share_last_12": got.Split.Parts[0].ShareAfter} {
			// The file has four decimals, and three of shares.
			off := 1e-4
			if strings.Contains(column, "share") {
				off = 6e-4
			}
			if w := number(t, want[column]); !(math.Abs(value-w) <= off) {
				t.Errorf("%s: %s = %.5f, want %s", want["org_code"], column, value, want[column])
			}
		}
		if got.Before.Periods != 24 || got.After.Periods != 12 || got.Before.First != measures.DateOf(2023, 6, 1) || got.After.Last != measures.DateOf(2026, 5, 1) {
			t.Errorf("%s: before %+v, after %+v", want["org_code"], got.Before, got.After)
		}
		if got.Differs() {
			differ++
		}
	}
	t.Logf("%d trusts agree to 1e-4; of %d the chart's own figures have another change", len(golden), differ)
}

// A dataset of strata that nobody wrote a measure for is divided and split too, and
// its strata add up to the whole.
func TestDerivedMeasureOfStrataIsSplit(t *testing.T) {
	h := national(t)
	q := mixOf(clinician("RQW"), "ae-types-2016", "RWJ")
	q.Everything = true
	got, err := h.split(t, q)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Strata) < 2 || got.Division.By != "type" || got.Differs() || math.Abs(got.Split.Within+got.Split.Mix-got.Split.Change) > 1e-12 {
		t.Errorf("%+v", got)
	}
	q.Split, q.Stratifier = false, "type"
	if answer := h.ask(t, q); answer.Err != nil || len(answer.Charts) != len(got.Strata) {
		t.Errorf("%d charts of %d strata: %v", len(answer.Charts), len(got.Strata), answer.Err)
	}
}

// wardFalls is a measure with strata, of a dataset that nobody published.
var wardFalls = func() *measures.Measure {
	m := *falls
	m.ID, m.Dataset, m.Title, m.Baseline = "ward-falls", "ward_falls", "Falls by ward", 12
	m.Stratifiers, m.Mix = []string{"ward"}, &measures.Mix{Of: "ward", Stratifier: "ward"}
	return &m
}()

// ward gives falls and bed days of the months before, and of those after.
type ward struct {
	name         string
	falls, after [2]int
	rare         int // falls in the first so many months of each stretch only; 0: in all
}

// wardHouse is a trust with 12 months before and 12 after, and a partner who may
// look with small numbers hidden.
func wardHouse(t testing.TB, wards []ward) *house {
	t.Helper()
	h := open(t, wardFalls)
	h.trusts(t)
	var b strings.Builder
	b.WriteString(tidyHeader)
	for i := range 24 {
		for _, w := range wards {
			counts := w.falls
			if i >= 12 {
				counts = w.after
			}
			if w.rare > 0 && i%12 >= w.rare {
				counts[0] = 0
			}
			if counts[1] > 0 {
				fmt.Fprintf(&b, "ward-falls,RAA,%s,%d,%d,,ward,%s,,\n", measures.DateOf(2024, 1+i, 1), counts[0], counts[1], w.name)
			}
		}
	}
	definition := &measures.Dataset{ID: "ward_falls", Title: "Falls by ward", Grain: measures.Month, Licence: "Not published", Source: "made up", Owner: "made up", Additive: true,
		Columns:     []measures.Column{{Name: "numerator", Title: "Falls", Type: "count", Role: "numerator"}, {Name: "denominator", Title: "Bed days", Type: "count", Role: "denominator"}},
		Stratifiers: []string{"ward"}}
	if _, err := intake.Load(t.Context(), h.db, intake.Options{Gate: h.gate(), Files: []string{write(t, "wards.csv", b.String())}, As: "RAA", Dataset: "ward_falls",
		Definition: definition, By: "test", RefusedDir: t.TempDir(), Now: now}); err != nil {
		t.Fatal(err)
	}
	h.lookAgain(t, agreement{"RAA", "RBB", "ward_falls"})
	return h
}

func TestSplitByTheRowsOfAStratifier(t *testing.T) {
	h := wardHouse(t, []ward{{"acute", [2]int{20, 1000}, [2]int{20, 1000}, 0}, {"day", [2]int{1, 1000}, [2]int{3, 3000}, 0}, {"new", [2]int{}, [2]int{8, 800}, 0}})
	got, err := h.split(t, mixOf(clinician("RAA"), "ward-falls", "RAA"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Before.Periods != 12 || got.After.Periods != 12 || got.After.First != measures.DateOf(2025, 1, 1) {
		t.Errorf("before %+v, after %+v", got.Before, got.After)
	}
	// Rates stand still in both wards that there were; a ward without rows is one
	// without people.
	if math.Abs(got.Split.Within) > 1e-15 || math.Abs(got.Split.Change-(31./4800-21./2000)) > 1e-12 || got.Split.HalfWithin() {
		t.Errorf("%+v", got.Split)
	}
	if math.Abs(got.Own-got.Split.Change) > 1e-12 || got.Differs() {
		t.Errorf("the chart's own change is %v, that of the strata %v", got.Own, got.Split.Change)
	}
	book := h.book(t)
	if len(book) != 4 || book[0].Kind != ledger.DecisionMade || book[1].Kind != ledger.DecisionMade || book[3].Result.Rows != 60 || book[3].Result.Digest == "" {
		t.Errorf("the ledger holds %+v", book)
	}
	if h.runs.n.Load() != 1 {
		t.Errorf("plugins ran %d times, which is for the chart beside it once", h.runs.n.Load())
	}
}

// A partner learns no small number from a split: not by what it shows, nor by what
// is left to the whole.
func TestSplitUnderSuppressionPutsSmallStrataTogether(t *testing.T) {
	var first string
	for _, small := range []int{1, 2, 7} {
		h := wardHouse(t, []ward{{name: "acute", falls: [2]int{50, 2000}, after: [2]int{50, 2000}}, {name: "frailty", falls: [2]int{30, 2000}, after: [2]int{30, 2000}},
			{name: "maternity", falls: [2]int{small, 1000}, after: [2]int{small, 1000}, rare: 1}})
		got, err := h.split(t, mixOf(clinician("RBB"), "ward-falls", "RAA"))
		if err != nil {
			t.Fatal(err)
		}
		if got.Receipt.Disclosure.MinCellCount != 8 || !slices.Equal(got.Together, []string{"frailty", "maternity"}) || len(got.Strata) != 2 {
			t.Fatalf("terms %+v, together %v, strata %+v", got.Receipt.Disclosure, got.Together, got.Strata)
		}
		if !measures.IsMissing(got.Own) {
			t.Errorf("the exact change %v is told", got.Own)
		}
		for _, s := range got.Strata {
			for _, n := range []float64{s.Before.Numerator, s.Before.Denominator, s.After.Numerator, s.After.Denominator} {
				if math.Mod(n, 5) != 0 {
					t.Errorf("%s has %v, which is not rounded", s.Name, n)
				}
			}
		}
		seen := fmt.Sprint(got.Split, got.Strata, got.Together, got.Before, got.After)
		if first == "" {
			first = seen
		} else if seen != first {
			t.Errorf("with %d hidden the split is\n%s\nwith 1 it is\n%s", small, seen, first)
		}
		if own, err := h.split(t, mixOf(clinician("RAA"), "ward-falls", "RAA")); err != nil || len(own.Strata) != 3 {
			t.Errorf("the trust itself sees %+v: %v", own.Strata, err)
		}
	}
}

func TestChangeThatCannotBeSplitSaysWhy(t *testing.T) {
	h := wardHouse(t, []ward{{"one", [2]int{3, 500}, [2]int{3, 500}, 0}, {"two", [2]int{1, 500}, [2]int{1, 500}, 3}})
	noMix := mixOf(clinician("RAA"), "rtt-18w", "RAA")
	short := mixOf(clinician("RAA"), "ward-falls", "RAA")
	short.Period = policy.Period{From: measures.DateOf(2025, 6, 1)}
	for _, test := range []struct {
		question analysis.Question
		says     string
	}{
		{noMix, "nobody has said which strata"},
		{short, "7 points of the current phase have figures for every stratum, and 12 are needed"},
		{mixOf(clinician("RBB"), "ward-falls", "RAA"), "too small to be shown"},
	} {
		got, err := h.split(t, test.question)
		if !errors.Is(err, analysis.ErrNoMix) || !strings.Contains(err.Error(), test.says) || got != nil {
			t.Errorf("%v with %+v; %q is wanted", err, got, test.says)
		}
	}
}

func TestDeniedSplitIsRecordedAndReadsNothing(t *testing.T) {
	h := wardHouse(t, []ward{{"one", [2]int{30, 500}, [2]int{30, 500}, 0}, {"two", [2]int{30, 500}, [2]int{10, 500}, 0}})
	got, err := h.split(t, mixOf(clinician("RCC"), "ward-falls", "RAA"))
	if !errors.Is(err, policy.ErrDenied) || got != nil || h.reads.n.Load() != 0 {
		t.Errorf("%v with %+v, %d readings", err, got, h.reads.n.Load())
	}
	if book := h.book(t); len(book) != 2 || book[0].Decision.Allow || book[1].Decision.Allow {
		t.Errorf("the ledger holds %+v", book)
	}
	full := errors.New("no space left on device")
	h.Ledger = brokenLedger{full}
	if answers, err := h.Ask(t.Context(), mixOf(clinician("RAA"), "ward-falls", "RAA")); !errors.Is(err, full) || answers != nil || h.reads.n.Load() != 0 {
		t.Errorf("without a ledger: %v, %+v, %d readings", err, answers, h.reads.n.Load())
	}
}

// A chart stays what it is where its split is denied, or cannot be made.
func TestChartStandsWhereItsSplitDoesNot(t *testing.T) {
	h := wardHouse(t, []ward{{"one", [2]int{3, 500}, [2]int{3, 500}, 0}, {"two", [2]int{1, 500}, [2]int{1, 500}, 3}})
	q := mixOf(clinician("RAA"), "ward-falls", "RAA")
	q.Period.From = measures.DateOf(2025, 1, 1)
	answer := h.ask(t, q)
	if answer.Err != nil || len(answer.Charts) != 1 || answer.Split == nil {
		t.Fatalf("%v, %d charts, %v", answer.Err, len(answer.Charts), answer.SplitErr)
	}
	q.Period.From = measures.DateOf(2025, 6, 1)
	short := h.ask(t, q)
	if short.Err != nil || len(short.Charts) != 1 || short.Charts[0].Chart.Len() != 7 || !errors.Is(short.SplitErr, analysis.ErrNoMix) {
		t.Errorf("%v, %d charts, %v", short.Err, len(short.Charts), short.SplitErr)
	}
	book := h.book(t)
	if last := book[len(book)-1]; last.Result.Problem == "" || last.Result.Rows != 0 {
		t.Errorf("of a split that was not made the ledger says %+v", last.Result)
	}
}

// Strata that are columns of another dataset are asked for as any others are.
func TestChartsOfStrataThatAreColumnsOfAnotherDataset(t *testing.T) {
	h := national(t)
	q := chartOf(clinician("RQW"), "ae-4h", "RM3")
	q.Stratifier = "type-of-department"
	answer := h.ask(t, q)
	if answer.Err != nil {
		t.Fatal(answer.Err)
	}
	if len(answer.Charts) != 3 || answer.Charts[0].Stratum != "Type 1, major" || answer.Dataset.ID != "ae_provider" {
		t.Fatalf("%d charts, first %+v of %s", len(answer.Charts), answer.Charts[0].Stratum, answer.Dataset.ID)
	}
	alone, _ := h.chart(t, chartOf(clinician("RQW"), "ae-4h-type-1", "RM3"))
	if one := &answer.Charts[0]; bits(one) != bits(alone) {
		t.Errorf("type 1 among the strata is not the measure of type 1:\n%s\n%s", bits(one), bits(alone))
	}
	book := h.book(t)
	if request := book[0].Decision.Input.Resource; request.Dataset != "ae_provider" || len(request.Stratifiers) != 0 || len(request.Columns) != 6 {
		t.Errorf("the policy was asked for %+v", request)
	}
}

// BenchmarkSplit compares a chart with its split to the chart alone, both warm. A
// reader waits for it on every chart that has strata.
func BenchmarkSplit(b *testing.B) {
	h := national(b)
	for _, test := range []struct {
		name  string
		split bool
	}{{"chart", false}, {"chart with split", true}} {
		q := mixOf(clinician("RQW"), "ae-4h", "RWJ")
		q.Everything, q.Split = false, test.split
		h.ask(b, q)
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if answer := h.ask(b, q); answer.Err != nil || (answer.Split != nil) != test.split {
					b.Fatal(answer.Err, answer.SplitErr)
				}
			}
		})
	}
}
