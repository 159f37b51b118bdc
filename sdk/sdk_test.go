package sdk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/sdk/wire"
)

func TestChartParametersComeBackAsTheyWere(t *testing.T) {
	for rules := measures.NoRules; rules.Known(); rules++ {
		for kind := measures.Run; kind.Known(); kind++ {
			p := spc.Defaults(kind, rules)
			p.Direction, p.Multiply, p.Trend, p.Minimum = measures.Decrease, 1000, 6, 5
			p.Centre, p.Floor, p.Ceiling = 12.5, 0, 100
			p.Screen, p.Median = !p.Screen, !p.Median
			switch kind {
			case measures.XmR:
				p.Ranges = true
			case measures.EWMA:
				p.Lambda = 0.3
			case measures.CUSUM:
				p.Shift, p.Decision, p.HeadStart = 2, 4, 2.5
			case measures.Bernoulli, measures.VLAD:
				p.OddsRatio, p.Decision = 1.5, 3
			case measures.Funnel:
				p.Ratio, p.Transform, p.Additive, p.Exact = spc.Standardised, spc.Log, true, true
			}
			got, err := ParseChartParameters(kind, ChartParameters(p))
			if err != nil || got != p {
				t.Errorf("%v, %v: %+v, wanted %+v (%v)", kind, rules, got, p, err)
			}
		}
	}
}

func TestSettingsLeftOutHaveTheDefaultsOfTheirRules(t *testing.T) {
	got, err := ParseChartParameters(measures.XmR, []wire.Parameter{wire.Text("rules", "mdc")})
	want := spc.Defaults(measures.XmR, measures.MDC)
	if err != nil || got.Constant != want.Constant || got.Minimum != want.Minimum || !measures.IsMissing(got.Centre) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestSettingsThatCannotBeReadAreRefused(t *testing.T) {
	for _, p := range []wire.Parameter{
		wire.Text("rules", "mine"), wire.Number("rules", 1), wire.Text("direction", "sideways"), wire.Number("screen", 1),
		wire.Truth("constant", true), wire.Number("trend", 6.5), wire.Number("minimum", 1e300), wire.Text("colour", "blue"),
	} {
		if _, err := ParseChartParameters(measures.XmR, []wire.Parameter{p}); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%+v: error %v", p, err)
		}
	}
}

func TestInputsOfAChart(t *testing.T) {
	series := []measures.Series{{Periods: []measures.Date{1}, States: []measures.State{0}, Columns: [][]float64{{8}, {9}}}}
	for _, test := range []struct {
		inputs []string
		want   string
	}{
		{[]string{"numerator", "denominator"}, ""},
		{[]string{"denominator", "value"}, ""},
		{[]string{"value", "numerator"}, "both a value and a numerator"},
		{[]string{"denominator", "denominator"}, "a chart needs an input"},
		{[]string{"value", "weight"}, `input "weight"`},
	} {
		_, err := ChartInput(&wire.Request{Inputs: test.inputs, Series: series}, 0)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v", test.inputs, err)
		}
	}
}

func TestServeAnswersWithAStatusWhateverItIsGiven(t *testing.T) {
	defer func(before map[string]Handler) { handlers = before }(handlers)
	handlers = map[string]Handler{}
	Handle("fine", func(q Question) (Answer, error) { return Answer{}, nil })
	Handle("declines", func(q Question) (Answer, error) { return Answer{}, errors.New("there is nothing to count") })
	Handle("cannot", func(q Question) (Answer, error) { return Answer{}, ErrUnsupported })
	for _, test := range []struct {
		entry   string
		status  wire.Status
		message string
	}{
		{"fine", wire.OK, ""},
		{"declines", wire.Unsuited, "there is nothing to count"},
		{"cannot", wire.Unsupported, "not supported"},
		{"absent", wire.Unsupported, `no entry "absent"`},
	} {
		payload, err := wire.AppendRequest(nil, &wire.Request{Entry: test.entry})
		if err != nil {
			t.Fatal(err)
		}
		a, err := wire.DecodeAnswer(Serve(payload))
		if err != nil || a.Status != test.status || !strings.Contains(a.Message, test.message) {
			t.Errorf("%s: %+v, %v", test.entry, a, err)
		}
	}
	if a, err := wire.DecodeAnswer(Serve([]byte("nonsense"))); err != nil || a.Status != wire.Unsupported {
		t.Errorf("nonsense: %+v, %v", a, err)
	}
	defer func() {
		if recover() == nil {
			t.Error("an entry could be handled twice")
		}
	}()
	Handle("fine", nil)
}

func TestALongRefusalIsCutBetweenCharacters(t *testing.T) {
	defer func(before map[string]Handler) { handlers = before }(handlers)
	handlers = map[string]Handler{}
	Handle("long", func(q Question) (Answer, error) {
		return Answer{}, errors.New("line\n" + strings.Repeat("é", wire.MaxMessage))
	})
	payload, err := wire.AppendRequest(nil, &wire.Request{Entry: "long"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := wire.DecodeAnswer(Serve(payload))
	if err != nil || a.Status != wire.Unsuited || !slices.Contains([]int{wire.MaxMessage, wire.MaxMessage - 1}, len(a.Message)) {
		t.Errorf("%d bytes, status %d, %v", len(a.Message), a.Status, err)
	}
}

func TestAnEntryIsToldTheSettingsOfItsKindOrOfItsMeasure(t *testing.T) {
	m := measures.Measure{Direction: measures.Decrease, Unit: measures.Unit{Multiply: 1000}}
	p, err := ParseChartParameters(measures.XmR, Settings(&m, "xmr", measures.MDC, true))
	want := spc.Defaults(measures.XmR, measures.MDC)
	want.Direction, want.Multiply, want.Ranges = measures.Decrease, 1000, true
	if err != nil || fmt.Sprint(p) != fmt.Sprint(want) {
		t.Errorf("an xmr chart is told %+v, %v; want %+v", p, err, want)
	}
	own := Settings(&m, "median", measures.MDC, true)
	if len(own) != 2 || own[0] != wire.Text("direction", "decrease") || own[1] != wire.Number("multiply", 1000) {
		t.Errorf("an entry of its own is told %+v", own)
	}
}
