package analysis_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/internal/analysis"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/advice"
	"github.com/signalbox-health/signalbox/policy/disclosure"
)

// a measure with another kind of chart as its own.
func drawnAs(entry string, inputs ...string) *measures.Measure {
	m := *falls
	m.ID, m.Uses.Entry, m.Inputs, m.Unit.Multiply, m.Baseline = measures.MeasureID("falls-"+entry), entry, nil, 1, 0
	for _, name := range inputs {
		m.Inputs = append(m.Inputs, measures.Input{Name: name, Plus: []string{name}})
	}
	return &m
}

// kindsHouse has the falls of two trusts, 30 months and 11, as every kind of chart.
func kindsHouse(t *testing.T) *house {
	more := []*measures.Measure{falls}
	for _, entry := range []string{"p", "pp", "u", "up", "ip", "np", "xmr", "run", "ewma", "cusum"} {
		more = append(more, drawnAs(entry, "numerator", "denominator"))
	}
	for _, entry := range []string{"c", "g", "t", "xbar", "s"} {
		more = append(more, drawnAs(entry, "numerator"))
	}
	h := open(t, more...)
	h.trusts(t)
	h.load(t, "RAA", fallsOf(t, "RAA", 30))
	h.load(t, "RBB", fallsOf(t, "RBB", 11))
	h.lookAgain(t)
	return h
}

func TestEveryKindOfChartComesThroughTheHouse(t *testing.T) {
	h := kindsHouse(t)
	for _, entry := range []string{"p", "pp", "u", "up", "ip", "np", "xmr", "run", "ewma", "cusum", "c", "g", "t"} {
		id := measures.MeasureID("falls-" + entry)
		long, receipt := h.chart(t, chartOf(clinician("RAA"), id, "RAA"))
		if long.Chart.Kind.String() != entry || long.Chart.Len() != 30 || receipt.Methods[0].Entry != entry {
			t.Errorf("%s: a %s chart of %d points, drawn by %v", entry, long.Chart.Kind, long.Chart.Len(), receipt.Methods)
		}
		// Eleven points are too few for limits, whatever the kind; np has no run chart
		// of its own number.
		want := "run"
		if entry == "np" {
			want = entry
		}
		short, receipt := h.chart(t, chartOf(clinician("RBB"), id, "RBB"))
		if short.Chart.Kind.String() != want || want != entry && receipt.Methods[0].Rules != measures.Anhoej {
			t.Errorf("%s: 11 points give a %s chart under %s", entry, short.Chart.Kind, receipt.Methods[0].Rules)
		}
	}
}

func TestAnotherDrawingIsDrawnAndTheReceiptSaysSo(t *testing.T) {
	h := fallsHouse(t)
	m, err := h.Catalogue.MeasureAt("falls", "RAA")
	if err != nil {
		t.Fatal(err)
	}
	kinds := h.Catalogue.Drawings(m)
	if want := []measures.Kind{measures.XmR, measures.UPrime, measures.U, measures.IPrime, measures.Run, measures.EWMA, measures.CUSUM}; !slices.Equal(kinds, want) {
		t.Fatalf("falls can be drawn as %v, want %v", kinds, want)
	}
	own, _ := h.chart(t, chartOf(clinician("RAA"), "falls", "RAA"))
	for _, kind := range kinds {
		for _, rules := range analysis.RuleSets(kind) {
			q := chartOf(clinician("RAA"), "falls", "RAA")
			q.Drawing = analysis.Drawing{Kind: kind.String(), Rules: rules.String()}
			c, receipt := h.chart(t, q)
			if c.Chart.Kind != kind || c.Chart.Rules != rules || receipt.Drawing != q.Drawing || receipt.Rules != rules ||
				receipt.Methods[0] != (analysis.Method{Entry: kind.String(), Rules: rules, Series: 1}) {
				t.Errorf("asked for %+v: a %s chart under %s, receipt %+v", q.Drawing, c.Chart.Kind, c.Chart.Rules, receipt.Methods)
			}
			if !slices.Equal(c.Chart.Y, own.Chart.Y) && kind != measures.CUSUM {
				t.Errorf("%s plots other values", kind)
			}
		}
	}
}

func TestDrawingThatDoesNotSuitIsRefusedBeforeAnythingIsAsked(t *testing.T) {
	h := fallsHouse(t)
	for _, d := range []analysis.Drawing{{Kind: "pie"}, {Kind: "c"}, {Kind: "p"}, {Kind: "funnel"}, {Kind: "mr"}, {Rules: "gut feeling"},
		{Kind: "run", Rules: "mdc"}, {Kind: "ewma", Rules: "nelson"}, {Kind: "cusum", Rules: "none"}} {
		q := chartOf(clinician("RAA"), "falls", "RAA")
		q.Drawing = d
		if answer := h.ask(t, q); !errors.Is(answer.Err, analysis.ErrNoDrawing) {
			t.Errorf("%+v: %v", d, answer.Err)
		}
	}
	if n := len(h.book(t)); n != 0 {
		t.Errorf("%d entries in the ledger for questions that make no sense", n)
	}
}

func TestMovingRangesStandBesideTheChart(t *testing.T) {
	h := fallsHouse(t)
	q := chartOf(clinician("RAA"), "falls", "RAA")
	q.Ranges = true
	c, _ := h.chart(t, q)
	if c.Ranges == nil || c.Ranges.Chart.Kind != measures.MR || c.Chart.Kind != measures.XmR {
		t.Fatalf("ranges %+v", c.Ranges)
	}
	for i := 1; i < c.Chart.Len(); i++ {
		if want := math.Abs(c.Chart.Y[i] - c.Chart.Y[i-1]); math.Abs(c.Ranges.Chart.Y[i]-want) > 1e-12 {
			t.Errorf("range %d is %v, want %v", i, c.Ranges.Chart.Y[i], want)
		}
	}
	q.Drawing.Kind = "up"
	if c, _ := h.chart(t, q); c.Ranges != nil {
		t.Error("a chart of another kind has ranges")
	}
}

// shifting writes months of falls that jump up after two years, with some months
// of few if small.
func shifting(t *testing.T, code measures.ODSCode, small bool) string {
	var b strings.Builder
	b.WriteString(tidyHeader)
	for i := range 36 {
		n := 1000 + (i*137)%83
		if i >= 24 {
			n += 300
		}
		if small && i%9 == 4 {
			n = 3
		}
		fmt.Fprintf(&b, "falls,%s,%s,%d,%d,,,,,\n", code, measures.DateOf(2023, 1+i, 1), n, 190000+(i*53)%400)
	}
	return write(t, "shift-"+string(code)+".csv", b.String())
}

func TestAdviceComesWithTheChart(t *testing.T) {
	h := open(t, falls)
	h.trusts(t)
	h.load(t, "RAA", shifting(t, "RAA", false))
	h.lookAgain(t)
	c, _ := h.chart(t, chartOf(clinician("RAA"), "falls", "RAA"))
	k := slices.IndexFunc(c.Advice, func(n measures.Note) bool { return n.Code == advice.RebaseShift })
	if k < 0 || !strings.Contains(c.Advice[k].Text, "The last 13 months, from December 2024, lie above the mean of 5.47") {
		t.Fatalf("advice %v", c.Advice)
	}
	if tail := c.Chart.Notes[len(c.Chart.Notes)-len(c.Advice):]; !slices.Equal(tail, c.Advice) {
		t.Errorf("notes %v do not end with the advice %v", c.Chart.Notes, c.Advice)
	}
	// From the cache the notes are there once, not twice.
	again, _ := h.chart(t, chartOf(clinician("RAA"), "falls", "RAA"))
	if !slices.Equal(again.Chart.Notes, c.Chart.Notes) {
		t.Errorf("the second time the notes are %v", again.Chart.Notes)
	}
	if c.Chart.Variation != measures.ConcernHigh || c.Chart.Len() != 36 {
		t.Errorf("advice changed the chart")
	}
}

// TestAdviceTellsNoSmallNumber: a partner sees rounded figures with small ones
// hidden; the advice beside them carries no number made from the true ones.
func TestAdviceTellsNoSmallNumber(t *testing.T) {
	for _, small := range []bool{false, true} {
		h := open(t, falls)
		h.trusts(t)
		h.load(t, "RAA", shifting(t, "RAA", small))
		h.lookAgain(t, agreement{"RAA", "RBB", "falls"})
		q := chartOf(clinician("RBB"), "falls", "RAA")
		q.Ranges = true
		c, receipt := h.chart(t, q)
		if disclosure.Open(receipt.Disclosure) {
			t.Fatalf("the agreement hides nothing: %+v", receipt.Disclosure)
		}
		hidden := slices.Contains(c.Chart.States, measures.Suppressed)
		if hidden != small || (c.Ranges == nil) != small {
			t.Errorf("small numbers %v: hidden %v, ranges %v", small, hidden, c.Ranges != nil)
		}
		for _, n := range c.Advice {
			if small && (n.Code == advice.RebaseShift || n.Code == advice.MixedDirections || strings.ContainsAny(n.Text, "0123456789")) {
				t.Errorf("beside hidden points: %+v", n)
			}
			if strings.Contains(n.Text, "mean of ") || strings.Contains(n.Text, "correlation") || strings.Contains(n.Text, "%") {
				t.Errorf("a number made from true figures: %+v", n)
			}
		}
		if !small && !slices.ContainsFunc(c.Advice, func(n measures.Note) bool { return n.Code == advice.RebaseShift }) {
			t.Errorf("rounding alone leaves the shift to be said: %v", c.Advice)
		}
	}
}
