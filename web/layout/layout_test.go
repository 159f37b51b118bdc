package layout_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/layout"
	"github.com/signalbox-health/signalbox/web/plot"
)

// named gives every asset an address that shows its name.
type named struct{}

func (named) URL(name string) string { return "/assets/" + name }

func html(t *testing.T, c templ.Component, children string) string {
	t.Helper()
	var b strings.Builder
	inside := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, children)
		return err
	})
	if err := c.Render(templ.WithChildren(context.Background(), inside), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// holds fails the test for every text that is not in the page, or is in it
// although it should not be.
func holds(t *testing.T, page string, wanted, unwanted []string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, not := range unwanted {
		if strings.Contains(page, not) {
			t.Errorf("the page holds %s", not)
		}
	}
}

func TestShellNamesPageReaderAndPlace(t *testing.T) {
	page := layout.Page{Title: "Seen within 4 hours", Door: layout.Workshop, Assets: named{}, Zoom: true, Demo: true,
		Crumbs:      []layout.Crumb{{Name: "What changed", URL: "/"}},
		Who:         layout.Who{Name: "A. Reader", Role: "nurse", Organisation: "Northmoor (XN01)", Purpose: "improvement"},
		Attribution: []string{"Source: NHS England."}}
	holds(t, html(t, layout.Shell(page), "<h1>The page</h1>"), []string{
		`<html lang="en-GB">`, "<title>Seen within 4 hours – Signalbox</title>", `class="skip" href="#main"`, `<main id="main"`,
		`<a href="/plugins" aria-current="true">Workshop</a>`, `<a href="/">Charts</a>`, "<h1>The page</h1>",
		"A. Reader, nurse · Northmoor (XN01) · improvement", `<form action="/sign-out" method="post">`,
		`<a href="/">What changed</a>`, "Source: NHS England.", "<strong>Demonstration.</strong>",
		`src="/assets/chart.js"`, `data-echarts="/assets/echarts.js"`, `href="/assets/licences.txt"`,
	}, []string{"style="})
}

func TestShellOfAStrangerHasNoDoorsAndNoScript(t *testing.T) {
	holds(t, html(t, layout.Shell(layout.Page{Title: "Sign in", Assets: named{}}), ""),
		[]string{"Signalbox"}, []string{"<nav", "Sign out", "<script", "Demonstration"})
}

func TestTextInPiecesIsEscaped(t *testing.T) {
	const bad = `<script>alert(1)</script>`
	for name, page := range map[string]string{
		"shell":   html(t, layout.Shell(layout.Page{Title: bad, Assets: named{}, Attribution: []string{bad}, Who: layout.Who{Name: bad}}), ""),
		"receipt": html(t, layout.Receipt(bad, []layout.Fact{{Term: bad, Value: bad, Code: bad}}), ""),
		"field":   html(t, layout.Input(layout.Field{ID: bad, Label: bad, Hint: bad, Value: bad, Fault: bad}), ""),
		"summary": html(t, layout.ErrorSummary([]layout.Fault{{Field: "x", Message: bad}}), ""),
	} {
		if strings.Contains(page, bad) {
			t.Errorf("%s lets markup through", name)
		}
	}
}

func TestFaultIsTiedToItsField(t *testing.T) {
	field := layout.Field{ID: "why", Name: "why", Label: "Why?", Hint: "One sentence.", Fault: "Say why", Value: "kept"}
	holds(t, html(t, layout.TextArea(field), ""), []string{
		`<label for="why">Why?</label>`, `aria-describedby="why-hint why-fault"`, `aria-invalid="true"`,
		`id="why-hint"`, `id="why-fault"`, `class="wrong"`, ">kept</textarea>"}, nil)
	holds(t, html(t, layout.ErrorSummary([]layout.Fault{{Field: "why", Message: "Say why"}}), ""),
		[]string{`role="alert"`, `<a href="#why">Say why</a>`}, nil)
	if got := html(t, layout.ErrorSummary(nil), ""); got != "" {
		t.Errorf("without faults the summary is %q, want nothing", got)
	}
	field.Fault, field.Hint = "", ""
	holds(t, html(t, layout.Input(field), ""), nil, []string{"aria-describedby", "aria-invalid", "wrong"})
}

func TestPointStateSaysWhatIsWrongWithANumberFirst(t *testing.T) {
	c := &measures.Chart{Kind: measures.XmR, Y: []float64{1, 2, measures.Missing, measures.Missing, 5},
		States: []measures.State{measures.Final, measures.Provisional, measures.NotMeasured, measures.Suppressed, measures.Excluded},
		Causes: []measures.Cause{measures.Concern, measures.Common, measures.NoCause, measures.NoCause, measures.Improvement}}
	for i, want := range []string{"Concern", "Common cause, provisional", "Not measured", "Hidden", "Left out of the limits"} {
		if got := html(t, layout.PointState(c, i), ""); !strings.Contains(got, want) {
			t.Errorf("point %d is %s, want the words %q", i, got, want)
		}
	}
	c.Kind = measures.Run // judges the line, and no point of it
	if got := html(t, layout.PointState(c, 1), ""); !strings.Contains(got, "Measured, provisional") {
		t.Errorf("a point of a run chart is %s", got)
	}
}

func TestWideTableCanBeScrolledByKey(t *testing.T) {
	holds(t, html(t, layout.Box("Phases"), "<table></table>"), []string{`role="region"`, `aria-label="Phases"`, `tabindex="0"`}, nil)
}

func TestCheckHasAMarkThatIsNoDataShape(t *testing.T) {
	for _, s := range []plot.Status{plot.Done, plot.Waiting, plot.Attention} {
		holds(t, html(t, layout.Check(s, "Complete."), "50 of 50."), []string{"<strong>Complete.</strong>", "50 of 50.", `aria-hidden="true"`}, []string{`class="p-`})
	}
}
