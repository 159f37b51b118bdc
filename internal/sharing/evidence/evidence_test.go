package evidence

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/mix"
	"github.com/signalbox-health/signalbox/plugins/registry"
)

func judged(t testing.TB, c Case) Judged {
	t.Helper()
	got, err := Judge(c)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// steady is a baseline of months that move by chance around 50, and what follows.
func steady(before int, after ...float64) Case {
	c := Case{Measure: &measures.Measure{ID: "falls", Title: "Falls", Grain: measures.Month, Direction: measures.Decrease,
		Unit: measures.Unit{Multiply: 1}}, Kind: measures.XmR, Rules: measures.MDC, From: measures.DateOf(2024, 1, 1)}
	wobble := []float64{50, 53, 48, 51, 47, 52, 49, 54, 46, 50}
	var values []float64
	for i := range before {
		values = append(values, wobble[i%len(wobble)])
	}
	values = append(values, after...)
	for i, v := range values {
		c.Figure.Chart.X = append(c.Figure.Chart.X, int32(c.From.AddMonths(i)))
		c.Figure.Chart.States = append(c.Figure.Chart.States, measures.Final)
		c.Figure.Numerator = append(c.Figure.Numerator, v)
	}
	c.First = c.From.AddMonths(before)
	c.To = c.From.AddMonths(before - 1)
	return c
}

func same(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }

func TestWhatBecameOfAMeasure(t *testing.T) {
	neutral := func(c Case) Case { c.Measure.Direction = measures.Neutral; return c }
	wanted := func(c Case) Case { c.Measure.Direction = measures.Increase; return c }
	rules := func(kind measures.Kind, set measures.RuleSet, c Case) Case { c.Kind, c.Rules = kind, set; return c }
	event := func(kind measures.EventKind, month int, c Case) Case {
		c.Events = append(c.Events, measures.Event{Kind: kind, Start: c.From.AddMonths(month), Text: "Wards 3 and 4 became one"})
		return c
	}
	split := func(within, between float64, c Case) Case {
		c.Measure.Mix = &measures.Mix{Of: "ward"}
		c.Split = &mix.Split{Change: within + between, Within: within, Mix: between}
		return c
	}
	for name, test := range map[string]struct {
		c      Case
		want   registry.Result
		kept   int
		reason string
	}{
		"lower, and lower was wanted":                 {steady(20, same(10, 40)...), registry.Improved, 10, ""},
		"lower, and higher was wanted":                {wanted(steady(20, same(10, 40)...)), registry.Concern, 10, ""},
		"lower, and nothing was wanted":               {neutral(steady(20, same(10, 40)...)), registry.Changed, 10, ""},
		"the same as before":                          {steady(20, 51, 48, 50, 52, 49, 51, 47, 50), registry.Unchanged, 0, ""},
		"a gain that was lost again":                  {steady(20, 20, 21, 20, 22, 51, 52, 49, 51, 48, 53), registry.Unchanged, 0, "between September 2025 and December 2025, and did not last"},
		"one bad month at the end is no end":          {steady(20, 40, 40, 40, 40, 40, 40, 40, 40, 40, 53), registry.Improved, 0, ""},
		"one good month at the end is no gain":        {steady(20, 51, 48, 50, 52, 49, 51, 47, 20), registry.Unchanged, 0, "in April 2026, and did not last"},
		"seven points after":                          {steady(20, same(7, 40)...), registry.Unclear, 0, "7 points since the adoption, and 8 are needed"},
		"eleven points before":                        {steady(11, same(10, 40)...), registry.Unclear, 0, "11 points that may be told, and 12 are needed"},
		"a merger after the adoption":                 {event(measures.Merger, 22, steady(20, same(10, 40)...)), registry.Unclear, 0, "A merger, November 2025"},
		"a merger in the baseline":                    {event(measures.Merger, 5, steady(20, same(10, 40)...)), registry.Unclear, 0, "A merger, June 2024"},
		"a merger before all that":                    {event(measures.Merger, 0, steady(20, same(10, 40)...)), registry.Improved, 10, ""},
		"another definition":                          {event(measures.DefinitionChange, 21, steady(20, same(10, 40)...)), registry.Unclear, 0, "defined anew, October 2025"},
		"an intervention is what it is about":         {event(measures.Intervention, 21, steady(20, same(10, 40)...)), registry.Improved, 10, ""},
		"no rules":                                    {rules(measures.Run, measures.NoRules, steady(20, same(10, 40)...)), registry.Unclear, 0, "No rules"},
		"a run chart, by its longest run":             {rules(measures.Run, measures.Anhoej, steady(20, 48, 47, 48, 46, 49, 48, 47, 48, 46, 48)), registry.Improved, 10, ""},
		"a run chart that nothing is seen in":         {rules(measures.Run, measures.Anhoej, steady(20, 48, 53, 48, 53, 49, 52, 47, 53, 46, 52)), registry.Unchanged, 0, ""},
		"rising again towards the end, and still low": {wanted(steady(20, 20, 22, 24, 26, 28, 30, 32, 34, 36)), registry.Unclear, 0, "the means before and after say the other"},
		"mostly who was counted":                      {split(-0.2, -0.8, steady(20, same(10, 40)...)), registry.MostlyMix, 10, ""},
		"a change within, hidden by who was counted":  {split(-10, 10, steady(20, 51, 48, 50, 52, 49, 51, 47, 50)), registry.Unchanged, 0, "A change within each ward is hidden"},
		"mostly within":                               {split(-0.8, -0.2, steady(20, same(10, 40)...)), registry.Improved, 10, ""},
		"a concern that is mostly who was counted":    {split(0.2, 0.8, steady(20, same(10, 60)...)), registry.Concern, 10, "goes with who was counted, by ward"},
	} {
		got := judged(t, test.c)
		if got.Result != test.want || got.Kept != test.kept || !strings.Contains(strings.Join(got.Reasons, " "), test.reason) || test.reason == "" && len(got.Reasons) > 0 {
			t.Errorf("%s: %s, kept %d, %q; want %s, kept %d, %q", name, got.Result, got.Kept, got.Reasons, test.want, test.kept, test.reason)
		}
	}
}

// TestTheTextOfAnEventStaysAtHome holds what is free text back: only its kind and
// its month are told.
func TestTheTextOfAnEventStaysAtHome(t *testing.T) {
	c := steady(20, same(10, 40)...)
	c.Events = []measures.Event{{Kind: measures.Merger, Start: c.First, Text: "Sister Marlow retired"}}
	if text, err := json.Marshal(judged(t, c).Evidence); err != nil || strings.Contains(string(text), "Marlow") {
		t.Errorf("%s, %v", text, err)
	}
}

// TestARunThatBeganBeforeTheAdoptionIsNotCountedForIt ends the baseline with six
// low points and begins what is after with two: eight in a row make a shift, but two
// after the adoption do not.
func TestARunThatBeganBeforeTheAdoptionIsNotCountedForIt(t *testing.T) {
	after := []float64{48, 48, 52, 51, 53, 48, 52, 49}
	c := steady(20, slices.Concat(same(6, 48), after)...)
	c.First, c.To = c.From.AddMonths(26), c.From.AddMonths(25)
	if got := judged(t, c); len(got.Signals) > 0 || got.Result != registry.Unchanged {
		t.Errorf("%v, %s", got.Signals, got.Result)
	}
	c.First, c.To = c.From.AddMonths(20), c.From.AddMonths(19)
	if got := judged(t, c); !slices.Equal(got.Signals, []string{"shift_below"}) {
		t.Errorf("adopted before the run: %v", got.Signals)
	}
}

// TestALaterPhaseDoesNotMoveTheLimits gives the judge a chart whose own centre was
// moved after the adoption.
func TestALaterPhaseDoesNotMoveTheLimits(t *testing.T) {
	c := steady(20, same(10, 40)...)
	before := judged(t, c)
	c.Figure.Chart.Centre, c.Figure.Chart.Phase = same(30, 40), slices.Repeat([]int32{2}, 30)
	if got := judged(t, c); got.Drawn.Centre[29] != before.Drawn.Centre[0] || got.Result != registry.Improved {
		t.Errorf("centre %v, %s", got.Drawn.Centre[29], got.Result)
	}
}

// TestHiddenPointsAreMissing hides points as disclosure control does.
func TestHiddenPointsAreMissing(t *testing.T) {
	c := steady(20, same(10, 40)...)
	for _, i := range []int{3, 25} {
		c.Figure.Numerator[i], c.Figure.Chart.States[i] = measures.Missing, measures.Suppressed
	}
	c.Locked = 20
	got := judged(t, c)
	if got.Before.Points != 19 || got.After.Points != 9 || got.Points[3].Value != nil || got.Points[25].Value != nil || got.Points[4].Value == nil {
		t.Errorf("%+v, %+v, %v", got.Before, got.After, got.Points[3])
	}
	want := []string{"The baseline had 20 points when it was locked, and 19 may be told now.", "2 points are left out because their numbers are small."}
	if !slices.Equal(got.Reasons, want) {
		t.Errorf("%q", got.Reasons)
	}
}

// TestPeriodsBetweenCountForNeither leaves four months between the baseline and
// the first that counts.
func TestPeriodsBetweenCountForNeither(t *testing.T) {
	c := steady(20, slices.Concat(same(4, 90), same(10, 40))...)
	c.First = c.From.AddMonths(24)
	if got := judged(t, c); got.Before.Points != 20 || got.After.Points != 10 || *got.After.Mean != 40 || got.Result != registry.Improved || len(got.Points) != 34 {
		t.Errorf("%+v %+v %s", got.Before, got.After, got.Result)
	}
}

func TestWhatHasNoBeforeAndAfterIsRefused(t *testing.T) {
	late := steady(20, same(10, 40)...)
	late.First = late.To
	empty := steady(20)
	empty.From, empty.To, empty.First = empty.From.AddMonths(40), empty.To.AddMonths(40), empty.First.AddMonths(40)
	spread := steady(20, same(10, 40)...)
	spread.Kind = measures.S
	for name, c := range map[string]Case{"after before before": late, "no figures": empty, "a chart of spread": spread} {
		if _, err := Judge(c); !errors.Is(err, ErrCase) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWhoeverReadsEvidenceSeesTheSameChart draws it again from its points alone.
func TestWhoeverReadsEvidenceSeesTheSameChart(t *testing.T) {
	c := steady(20, same(10, 40)...)
	c.Measure.Targets = []measures.Target{{Value: 45}}
	got := judged(t, c)
	drawn, err := Drawn(&got.Evidence)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(drawn.Y, got.Drawn.Y) || !slices.Equal(drawn.Causes, got.Drawn.Causes) || !slices.Equal(drawn.Upper, got.Drawn.Upper) || drawn.Target != 45 {
		t.Errorf("%v\n%v", drawn, got.Drawn)
	}
	got.Chart = measures.PPrime // its limits hang on denominators
	if drawn, err = Drawn(&got.Evidence); err != nil || !measures.IsMissing(drawn.Upper[0]) || drawn.Causes[29] != measures.Common {
		t.Errorf("%v, %v", drawn, err)
	}
}

// FuzzDrawn draws whatever strangers may have signed.
func FuzzDrawn(f *testing.F) {
	got, err := Judge(steady(14, same(8, 40)...))
	if err != nil {
		f.Fatal(err)
	}
	text, err := json.Marshal(got.Evidence)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"chart":"p","rules":"anhoej","points":[{"period":"2024-01-01","value":1e308}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var e registry.Evidence
		if json.Unmarshal(text, &e) != nil {
			return
		}
		if c, err := Drawn(&e); err == nil && c.Len() != len(e.Points) && c.Len() == 0 {
			t.Errorf("%d points drawn of %d", c.Len(), len(e.Points))
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	c := steady(24, same(12, 40)...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Judge(c); err != nil {
			b.Fatal(err)
		}
	}
}
