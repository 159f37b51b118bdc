package plot_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/plot"
)

var sizes = []plot.Size{plot.Wide, plot.Medium, plot.Narrow}

// sound fails the test unless text is well-formed XML without what must never
// be in it: style attributes, which the policy forbids, and numbers that are not.
func sound(t *testing.T, name, text string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Errorf("%s is not well-formed: %v", name, err)
			return
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range element.Attr {
			if a.Name.Local == "style" {
				t.Errorf("%s has a style attribute: %s", name, a.Value)
			}
			if a.Name.Local != "id" && a.Name.Local != "aria-labelledby" && (strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf")) {
				t.Errorf("%s: %s has %s=%q", name, element.Name.Local, a.Name.Local, a.Value)
			}
		}
	}
}

func TestEveryPictureIsSound(t *testing.T) {
	for _, h := range gallery() {
		for _, size := range sizes {
			sound(t, fmt.Sprint(h.name, " in size ", size), string(plot.Append(nil, h.Picture, size)))
		}
		sound(t, h.name+" standing alone", string(plot.Standalone(h.Picture)))
		sound(t, h.name+" as a sparkline", string(plot.AppendSparkline(nil, h.Chart, 148, 40)))
	}
	for v := measures.VariationEmpty; v <= measures.ShiftLow; v++ {
		sound(t, "variation "+v.String(), string(plot.AppendVariationIcon(nil, v, 56)))
	}
	for a := measures.AssuranceEmpty; a <= measures.HitOrMiss; a++ {
		for _, wanted := range []measures.Direction{measures.Increase, measures.Decrease} {
			sound(t, "assurance "+a.String(), string(plot.AppendAssuranceIcon(nil, a, wanted, 56)))
		}
	}
}

func TestTextFromOutsideCannotBecomeMarkup(t *testing.T) {
	p := ordinary()
	p.Title, p.Organisation, p.Source = `</title><script>alert("1")</script>`, `A & B <b>`, `"><script>`
	p.Unit.Symbol, p.Hidden, p.ID = `<%>`, "<i>", `x" onload="y`
	p.Description = "</desc><script>\x00"
	p.Events[0].Text, p.Phases[1].Reason = "<script>", "</text><script>"
	for name, text := range map[string]string{
		"chart":      string(plot.Append(nil, p, plot.Wide)),
		"standalone": string(plot.Standalone(p)),
		"figure":     rendered(t, plot.Figure(p)),
	} {
		if strings.Contains(text, "<script>") || strings.Contains(text, "<b>") || strings.Contains(text, ` onload="`) {
			t.Errorf("%s lets markup through", name)
		}
		if name != "figure" {
			sound(t, name, text)
		}
	}
}

func TestEveryMeasuredPointIsDrawnOnceAndNamed(t *testing.T) {
	for _, h := range gallery() {
		measured := 0
		for _, y := range h.Chart.Y {
			if !measures.IsMissing(y) {
				measured++
			}
		}
		text := string(plot.Append(nil, h.Picture, plot.Wide))
		hidden := strings.Count(text, `<circle class="p-hidden"`)
		if h.Chart.Kind == measures.Bernoulli || h.Chart.Kind == measures.VLAD && measured > 100 {
			continue // a line of hundreds of cases has points only where something is found
		}
		if got := strings.Count(text, "</title></path>"); got != measured {
			t.Errorf("%s: %d points are named, %d were measured", h.name, got, measured)
		}
		suppressed := 0
		for _, s := range h.Chart.States {
			if s == measures.Suppressed {
				suppressed++
			}
		}
		if hidden != suppressed {
			t.Errorf("%s: %d dashed rings for %d suppressed values", h.name, hidden, suppressed)
		}
	}
}

func TestSpecialCausesAreInEverySize(t *testing.T) {
	c := monthly(measures.DateOf(2024, 1, 1), wave(24, 50, 5)...)
	c.Causes[20], c.Causes[21], c.Causes[22] = measures.Improvement, measures.Concern, measures.NeutralHigh
	for _, size := range sizes {
		text := string(plot.Append(nil, picture("p", c, percent), size))
		for _, class := range []string{"p-improvement", "p-concern", "p-neutral", "p-common"} {
			if !strings.Contains(text, `class="`+class+`"`) {
				t.Errorf("size %d has no %s", size, class)
			}
		}
	}
}

func TestTrianglePointsTheWayTheValueWent(t *testing.T) {
	for _, test := range []struct {
		wanted measures.Direction
		want   string // from the tip to the next corner: downwards is positive
	}{{measures.Increase, "l6.4-11.2"}, {measures.Decrease, "l6.4 11.2"}} {
		got := rendered(t, plot.Glyph(measures.Concern, test.wanted, 16))
		got = regexp.MustCompile(`l([\d.]+) (-?[\d.]+)`).ReplaceAllString(got, "l$1 $2")
		down := strings.Contains(got, " -11.2")
		if down != (test.wanted == measures.Increase) {
			t.Errorf("concern where %s is wanted is drawn %s", test.wanted, got)
		}
	}
}

var seriesPath = regexp.MustCompile(`class="ser" d="([^"]*)"`)

// strokes counts the separate lines of the data line.
func strokes(t *testing.T, p plot.Picture) int {
	t.Helper()
	found := seriesPath.FindStringSubmatch(string(plot.Append(nil, p, plot.Wide)))
	if found == nil {
		t.Fatal("the chart has no data line")
	}
	return strings.Count(found[1], "M")
}

func TestLineStopsAtWhatIsMissingAndAtANewPhase(t *testing.T) {
	whole := monthly(measures.DateOf(2024, 1, 1), 1, 2, 3, 4, 5, 6)
	holed := monthly(measures.DateOf(2024, 1, 1), 1, 2, none, 4, 5, 6)
	phased := monthly(measures.DateOf(2024, 1, 1), 1, 2, 3, 4, 5, 6)
	phase(phased, 2, 3, 6, 1, 2, 3)
	absent := monthly(measures.DateOf(2024, 1, 1), 1, 2, 3, 4, 5, 6)
	for i := 3; i < 6; i++ {
		absent.X[i] = int32(measures.DateOf(2024, i+3, 1))
	}
	for _, test := range []struct {
		name  string
		chart *measures.Chart
		want  int
	}{{"whole", whole, 1}, {"one value missing", holed, 2}, {"two phases", phased, 2}, {"two months without any point", absent, 2}} {
		if got := strokes(t, picture("p", test.chart, count)); got != test.want {
			t.Errorf("%s: the line has %d strokes, want %d", test.name, got, test.want)
		}
	}
	if text := string(plot.Append(nil, picture("p", absent, count), plot.Wide)); !strings.Contains(text, `class="gap"`) || !strings.Contains(text, "April 2024 to May 2024") {
		t.Error("months without any point are not marked as not measured")
	}
}

func TestSuppressedValuesTellNothingOfTheirSize(t *testing.T) {
	p := hidden()
	want := string(plot.Append(nil, p, plot.Wide))
	if !strings.Contains(want, "hidden: 1 to 7") || strings.Contains(want, `class="gap"`) {
		t.Error("a suppressed value is not said to be hidden, or is shown as not measured")
	}
}

func TestLimitsThatNeverChangeAreOneStraightLine(t *testing.T) {
	text := string(plot.Append(nil, waits(), plot.Wide))
	lines := regexp.MustCompile(`class="mean" d="([^"]*)"`).FindStringSubmatch(text)
	if lines == nil || strings.Count(lines[1], "H") != 1 || strings.Contains(lines[1], "V") {
		t.Errorf("the mean is drawn as %v, want one straight line", lines)
	}
	stairs := regexp.MustCompile(`class="lim stepped" d="([^"]*)"`).FindStringSubmatch(string(plot.Append(nil, stepped(), plot.Wide)))
	if stairs == nil || strings.Count(stairs[1], "V") < 30 {
		t.Error("limits that change from point to point are not a staircase")
	}
}

func TestAxisDoesNotFollowLimitsWhereNoValueCanBe(t *testing.T) {
	text := string(plot.Append(nil, waits(), plot.Wide)) // its lower limit is -20
	if strings.Contains(text, "−") || strings.Contains(text, "Lower limit") {
		t.Error("a count's axis goes below zero")
	}
	c := monthly(measures.DateOf(2024, 1, 1), wave(24, 97, 3)...)
	for i := range c.Y {
		c.Y[i] = math.Min(c.Y[i], 100)
	}
	phase(c, 1, 0, 24, 92, 97, 102)
	if text := string(plot.Append(nil, picture("p", c, percent), plot.Wide)); strings.Contains(text, "102") || strings.Contains(text, ">105%") {
		t.Error("a share's axis goes above 100%")
	}
}

func TestNarrowChartShowsTheLast36(t *testing.T) {
	p := changingTargets() // 84 months
	text := string(plot.Append(nil, p, plot.Narrow))
	if n := strings.Count(seriesPath.FindStringSubmatch(text)[1], "L") + 1; n != 36 {
		t.Errorf("the narrow chart shows %d points, want 36", n)
	}
	if strings.Contains(text, ">2022<") {
		t.Error("the narrow chart's axis reaches back further than its points")
	}
}

func TestScaleMakesNoRoomForATargetReplacedBeforeItBegins(t *testing.T) {
	c := monthly(measures.DateOf(2020, 1, 1), wave(60, 50, 10)...)
	p := picture("p", c, percent)
	p.Targets = []measures.Target{{Value: 75}, {From: measures.DateOf(2021, 1, 1), Value: 55}}
	for size, want := range map[plot.Size]bool{plot.Wide: true, plot.Narrow: false} {
		text := string(plot.Append(nil, p, size))
		if got := strings.Contains(text, ">80%<"); got != want {
			t.Errorf("size %d: an axis up to 80%% is %t, want %t", size, got, want)
		}
	}
}

func TestEventsKeepTheirLettersInEverySizeAndInTheList(t *testing.T) {
	p := tenEvents()
	letters := plot.Letters(p)
	if len(letters) != 11 { // the twelfth lies after the end
		t.Fatalf("%d events have letters, want 11", len(letters))
	}
	for i := 1; i < len(letters); i++ {
		if letters[i].Event.Start < letters[i-1].Event.Start {
			t.Errorf("event %s comes before %s", letters[i].Letter, letters[i-1].Letter)
		}
	}
	for _, size := range sizes {
		text := string(plot.Append(nil, p, size))
		for _, l := range letters {
			if !strings.Contains(text, `<tspan class="evk">`+l.Letter+`</tspan>`) {
				t.Errorf("size %d has no letter %s", size, l.Letter)
			}
		}
		if strings.Contains(text, "not drawn") {
			t.Errorf("size %d shows an event after the end", size)
		}
	}
}

func TestTargetFarAwayIsSaidToBeOffTheScale(t *testing.T) {
	for _, h := range gallery() {
		if h.ID != "far" {
			continue
		}
		text := string(plot.Append(nil, h.Picture, plot.Wide))
		if strings.Contains(text, `class="target"`) || !strings.Contains(text, "↑ 95%") {
			t.Error("a target far above the data is drawn on its scale")
		}
		if got := plot.Caption(h.Picture); !strings.Contains(got, "The target lies above the scale.") {
			t.Errorf("the caption says %q", got)
		}
		if key := rendered(t, plot.Key(h.Picture)); strings.Contains(key, "Target") {
			t.Error("the legend names a line that is not drawn")
		}
	}
}

func TestLegendNamesWhatIsPresentAndNothingElse(t *testing.T) {
	for _, test := range []struct {
		name     string
		picture  plot.Picture
		has, not []string
	}{
		{"ordinary", ordinary(), []string{"Improvement", "Common cause: within chance", "Mean", "Process limits", "Target"}, []string{"Concern", "Changed", "Hidden", "Not measured", "Median"}},
		{"run chart", runChart(), []string{"Measured", "Median"}, []string{"Mean", "Process limits", "Common cause", "Target"}},
		{"hidden", hidden(), []string{"Hidden: 1 to 7. Not zero, not missing"}, []string{"Not measured"}},
		{"gaps", gaps(), []string{"Not measured"}, []string{"Hidden", "Target"}},
		{"provisional", provisional(), []string{"Provisional", "Left out of the limits"}, nil},
	} {
		key := rendered(t, plot.Key(test.picture))
		for _, word := range test.has {
			if !strings.Contains(key, word) {
				t.Errorf("%s: the legend does not name %q", test.name, word)
			}
		}
		for _, word := range test.not {
			if strings.Contains(key, word) {
				t.Errorf("%s: the legend names %q", test.name, word)
			}
		}
	}
}

func TestCaptionSaysWhereTheScaleStarts(t *testing.T) {
	if got, want := plot.Caption(ordinary()), "XmR chart; limits are the mean ± 2.66 × the mean moving range of the baseline. The scale starts at 40%."; got != want {
		t.Errorf("caption is %q, want %q", got, want)
	}
	if got := plot.Caption(waits()); strings.Contains(got, "starts") {
		t.Errorf("caption of a chart from zero is %q", got)
	}
}

func TestStandalonePictureNeedsNothingFromOutside(t *testing.T) {
	text := string(plot.Standalone(ordinary()))
	if strings.Contains(text, "var(--") {
		t.Error("the picture asks for colours of a page it is not in")
	}
	if n := strings.Count(text, "http"); n != 1 {
		t.Errorf("the picture holds %d addresses, want only the name of SVG", n)
	}
	for _, want := range []string{"Seen within 4 hours", "Northmoor General Hospital NHS Trust", "Open Government Licence", "Process limits", ".p-improvement"} {
		if !strings.Contains(text, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
}

func TestIdsOfOnePageDiffer(t *testing.T) {
	var all bytes.Buffer
	for _, h := range gallery() {
		all.WriteString(rendered(t, plot.Figure(h.Picture)))
	}
	for _, h := range funnels() {
		all.WriteString(rendered(t, plot.Funnel(h.FunnelPicture)))
	}
	for _, p := range gapsBetween() {
		all.WriteString(rendered(t, plot.Gap(p)))
	}
	for _, p := range mixes() {
		all.WriteString(rendered(t, plot.Mix(p)))
	}
	seen := map[string]bool{}
	for _, found := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(all.String(), -1) {
		if seen[found[1]] {
			t.Errorf("id %s stands twice", found[1])
		}
		seen[found[1]] = true
	}
}

func TestDrawingTheSameChartGivesTheSameBytes(t *testing.T) {
	for _, h := range gallery() {
		if a, b := plot.Append(nil, h.Picture, plot.Wide), plot.Append(nil, h.Picture, plot.Wide); !bytes.Equal(a, b) {
			t.Errorf("%s differs from drawing to drawing", h.name)
		}
	}
}

func FuzzAnyChartIsWellFormed(f *testing.F) {
	f.Add(uint8(3), int16(0), 50.0, 10.0, uint8(1), uint8(0))
	f.Add(uint8(122), int16(19000), -1e300, 1e300, uint8(4), uint8(3))
	f.Add(uint8(1), int16(-5), 0.0, 0.0, uint8(0), uint8(5))
	f.Add(uint8(40), int16(20000), 1e-300, 1e-301, uint8(9), uint8(2))
	f.Fuzz(func(t *testing.T, n uint8, start int16, level, width float64, phases, grain uint8) {
		if math.IsNaN(level) || math.IsInf(level, 0) || math.IsNaN(width) || math.IsInf(width, 0) {
			return // measures promises numbers or Missing
		}
		c := monthly(0, wave(int(n), level, width)...)
		grains := []measures.Grain{"", measures.Day, measures.Week, measures.Month, measures.Quarter, measures.FinancialYear}
		for i := range c.X {
			c.X[i] = int32(start) + int32(i)*int32(1+grain)
			if phases > 0 {
				phase(c, int32(1+i*int(phases%5)/len(c.X)), i, i+1, level-width, level, level+width)
			}
			if math.IsInf(c.Y[i], 0) || math.IsInf(c.Upper[i], 0) || math.IsInf(c.Lower[i], 0) {
				return
			}
			if i%11 == 7 {
				c.Y[i], c.States[i] = none, measures.State(2+i%2)
			}
		}
		c.XIsDate, c.Target = grain%7 != 6, level*1.01
		p := picture("fuzz", c, percent)
		p.Grain = grains[int(grain)%len(grains)]
		p.Events = []measures.Event{{Start: measures.Date(start) + 3, Text: "x"}, {Start: measures.Date(start) + 4, End: measures.Date(start) + 90, Text: "y < z"}}
		for _, size := range sizes {
			sound(t, "the chart", string(plot.Append(nil, p, size)))
		}
		sound(t, "the sparkline", string(plot.AppendSparkline(nil, c, 148, 40)))
		if _, err := json.Marshal(plot.Options(p)); err != nil {
			t.Errorf("the options cannot be written: %v", err)
		}
	})
}

func long() plot.Picture {
	c := monthly(measures.DateOf(2016, 4, 1), wave(122, 84, 7)...)
	phase(c, 1, 0, 60, 79, 84, 89)
	phase(c, 2, 60, 122, 80, 85, 90)
	c.Target = 95
	p := picture("long", c, percent)
	p.Events = tenEvents().Events
	return p
}

func BenchmarkChart(b *testing.B) {
	p := long()
	for _, size := range sizes {
		b.Run([]string{"wide", "medium", "narrow"}[size], func(b *testing.B) {
			b.ReportAllocs()
			buffer := make([]byte, 0, 64<<10)
			for b.Loop() {
				buffer = plot.Append(buffer[:0], p, size)
			}
			b.ReportMetric(float64(len(buffer)), "bytes")
		})
	}
}

func BenchmarkSparkline(b *testing.B) {
	p := long()
	b.ReportAllocs()
	buffer := make([]byte, 0, 8<<10)
	for b.Loop() {
		buffer = plot.AppendSparkline(buffer[:0], p.Chart, 148, 40)
	}
	b.ReportMetric(float64(len(buffer)), "bytes")
}

func BenchmarkOptions(b *testing.B) {
	p := long()
	b.ReportAllocs()
	for b.Loop() {
		plot.Options(p)
	}
}
