package plot_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/plot"
)

func kindNamed(t *testing.T, id string) plot.Picture {
	t.Helper()
	for _, h := range kinds() {
		if h.ID == id {
			return h.Picture
		}
	}
	t.Fatalf("no picture %s", id)
	return plot.Picture{}
}

func wide(p plot.Picture) string { return string(plot.Append(nil, p, plot.Wide)) }

func wants(t *testing.T, name, text string, list ...string) {
	t.Helper()
	for _, want := range list {
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %s", name, want)
		}
	}
}

func TestEveryKindHasAPictureInTheGallery(t *testing.T) {
	seen := map[measures.Kind]bool{measures.Custom: true}
	for _, h := range gallery() {
		seen[h.Chart.Kind] = true
	}
	for _, h := range funnels() {
		seen[h.Chart.Kind] = true
	}
	for k := measures.Run; k <= measures.VLAD; k++ {
		if !seen[k] {
			t.Errorf("nobody has looked at a chart of kind %s", k)
		}
	}
}

func TestCusumIsTwoLinesAboutZeroWithLimitsInStandardDeviations(t *testing.T) {
	p := kindNamed(t, "kind-cusum-both")
	p.Targets, p.Trajectory = []measures.Target{{Value: 78}, {From: 1, Value: 79}}, p.Chart.Y
	text := wide(p)
	wants(t, "the chart", text, `>5.0 sd</tspan> Decision limit`, `>−5.0 sd</tspan> Decision limit`, "Higher values", "Lower values", "; sums ", " sd and ", "%; sums")
	if n := strings.Count(text, `<path class="ser"`); n != 2 {
		t.Errorf("%d lines, want two", n)
	}
	if strings.Contains(text, "Target") || strings.Contains(text, "Trajectory") {
		t.Error("a target of the values stands on a scale of standard deviations")
	}
	// A signal of the lower sum is a shape on the lower line.
	height := func(class string) float64 {
		found := regexp.MustCompile(`class="` + class + `"><path d="M[\d.]+ ([\d.]+)`).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("no point of class %s", class)
		}
		y, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return y
	}
	if concern, improvement := height("p-concern"), height("p-improvement"); concern <= improvement {
		t.Errorf("concern stands at %v, improvement at %v: not below", concern, improvement)
	}
}

func TestEwmaStandsBeforeItsValues(t *testing.T) {
	p := kindNamed(t, "kind-ewma")
	text := wide(p)
	wants(t, "the chart", text, `class="ser main"`, `class="raw"`, `class="lim stepped"`, "; weighted mean ", "</tspan> Weighted mean")
	if strings.Index(text, `class="raw"`) > strings.Index(text, `class="ser main"`) {
		t.Error("the values cover the weighted mean")
	}
	wants(t, "the legend", rendered(t, plot.Key(p)), "Each value")
}

func TestVladHasALineAtWhatWasExpectedAndItsSumsBelow(t *testing.T) {
	p := kindNamed(t, "kind-vlad")
	all := drawings(rendered(t, plot.Charts(p)))
	if len(all) != 6 {
		t.Fatalf("%d drawings, want three sizes of two", len(all))
	}
	wants(t, "the line", all[0], ">0</tspan> As expected", " more than expected, concern", "Case")
	wants(t, "what stands below", all[3], "Risk-adjusted sums", ">4.5</tspan> Decision limit", "More events", "Fewer events")
	if strings.Contains(all[0], "Decision") {
		t.Error("the line has limits, which it does not have of its own")
	}
	axis := regexp.MustCompile(`class="axis" d="(M[\d.]+ )[\d.]+(H[\d.]+)`)
	for size := range 3 {
		a, b := axis.FindStringSubmatch(all[size]), axis.FindStringSubmatch(all[size+3])
		if a[1] != b[1] || a[2] != b[2] {
			t.Errorf("size %d: the axes are %v and %v: the same case stands at two places", size, a[1:], b[1:])
		}
	}
	if n := len(drawings(rendered(t, plot.Charts(kindNamed(t, "kind-vlad-months"))))); n != 3 {
		t.Errorf("a VLAD of months has %d drawings, want no sums below", n)
	}
}

func TestMovingRangesStandBelowOnTheSameMonths(t *testing.T) {
	p := kindNamed(t, "kind-xmr-mr")
	all := drawings(rendered(t, plot.Charts(p)))
	if len(all) != 6 {
		t.Fatalf("%d drawings, want three sizes of two", len(all))
	}
	wants(t, "what stands below", all[3], "Moving range: how far each value lies from the one before", `viewBox="0 0 1120 230"`)
	if strings.Contains(all[3], `class="event"`) || strings.Contains(all[3], "Lower limit") {
		t.Error("events stand twice, or ranges have a lower limit")
	}
	text := string(plot.Standalone(p))
	wants(t, "the picture that stands alone", text, "Moving range", "Mean")
	sound(t, "the picture that stands alone", text)
}

func TestRunsBeyondChanceAreSeenAndSaidAtTheCentreLine(t *testing.T) {
	for id, want := range map[string]string{
		"kind-anhoej": "Longest run 10, by chance at most 8", "kind-anhoej-xmr": "Longest run 10, by chance at most 8", "kind-ihi": "6 runs, by chance 10 to 20",
	} {
		p := kindNamed(t, id)
		text := wide(p)
		wants(t, id, text, `class="mean runs"`, want)
		wants(t, "the legend of "+id, rendered(t, plot.Key(p)), "dashed: runs beyond chance")
	}
	two := wide(kindNamed(t, "kind-anhoej-xmr"))
	wants(t, "the phase without a signal", two, `class="mean" d=`)
	for _, h := range gallery() {
		signal := false
		for _, s := range h.Chart.Phases {
			signal = signal || s.Signal
		}
		if strings.Contains(wide(h.Picture), `class="mean runs"`) != signal {
			t.Errorf("%s: a dashed centre line is %t", h.name, !signal)
		}
	}
}

func TestTrajectoryIsALineOfItsOwn(t *testing.T) {
	p := kindNamed(t, "kind-plan")
	wants(t, "the chart", wide(p), `class="traj"`, ">76.6%</tspan> Trajectory", `class="target"`)
	wants(t, "the legend", rendered(t, plot.Key(p)), "Trajectory", "Target")
	p.Trajectory = nil
	if strings.Contains(wide(p)+rendered(t, plot.Key(p)), "Trajectory") {
		t.Error("a chart without a trajectory names one")
	}
}

func TestLimitsThatChangeAreStepsAndTheirLastValuesStandAtTheEnd(t *testing.T) {
	for _, id := range []string{"kind-p", "kind-p100", "kind-pp", "kind-u", "kind-up", "kind-np", "kind-ip", "kind-xbar", "kind-s"} {
		p := kindNamed(t, id)
		for _, size := range sizes {
			stairs := regexp.MustCompile(`class="lim stepped" d="([^"]*)"`).FindStringSubmatch(string(plot.Append(nil, p, size)))
			if stairs == nil || strings.Count(stairs[1], "V") < 8 {
				t.Errorf("%s, size %d: limits are no staircase", id, size)
			}
		}
	}
	p := kindNamed(t, "kind-u")
	last := p.Chart.Len() - 1
	wants(t, "the end of a u chart", wide(p), ">"+string(appendNumber(p.Chart.Upper[last]))+"</tspan> Upper limit")
	wants(t, "the g chart", wide(kindNamed(t, "kind-g")), "</tspan> Median", "event 40", ">Event</text>")
}

func TestReadingsTakenAtAnyTimeHaveNoGaps(t *testing.T) {
	if text := wide(kindNamed(t, "kind-t")); strings.Contains(text, `class="gap"`) || strings.Contains(text, "not measured") {
		t.Error("days between events are drawn as not measured")
	}
}

func appendNumber(v float64) []byte { return strconv.AppendFloat(nil, v, 'f', 2, 64) }
