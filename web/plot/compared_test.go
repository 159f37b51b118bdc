package plot_test

import (
	"encoding/xml"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/web/plot"
)

func funnelNamed(t *testing.T, id string) plot.FunnelPicture {
	t.Helper()
	for _, h := range funnels() {
		if h.ID == id {
			return h.FunnelPicture
		}
	}
	t.Fatalf("no funnel %s", id)
	return plot.FunnelPicture{}
}

func TestEveryComparisonIsSound(t *testing.T) {
	for _, h := range funnels() {
		sound(t, h.name, "<div>"+rendered(t, plot.Funnel(h.FunnelPicture))+rendered(t, plot.FunnelKey(h.FunnelPicture))+"</div>")
		sound(t, h.name+" standing alone", string(plot.StandaloneFunnel(h.FunnelPicture)))
	}
	sound(t, "strata", "<div>"+rendered(t, plot.Multiples(strata()))+rendered(t, plot.MultiplesKey(strata()))+"</div>")
	for _, p := range gapsBetween() {
		sound(t, p.ID, "<div>"+rendered(t, plot.Gap(p))+rendered(t, plot.GapKey(p))+"</div>")
		sound(t, p.ID+" standing alone", string(plot.StandaloneGap(p)))
	}
	for _, p := range mixes() {
		sound(t, p.ID, "<div>"+rendered(t, plot.Mix(p))+rendered(t, plot.MixKey(p))+"</div>")
		sound(t, p.ID+" standing alone", string(plot.StandaloneMix(p)))
	}
}

// drawings parts the three sizes of a component.
func drawings(text string) []string {
	return regexp.MustCompile(`(?s)<svg [^>]*class="chart.*?</svg>`).FindAllString(text, -1)
}

func TestFunnelLinksEveryGroupFromTheSmallestToTheLargest(t *testing.T) {
	p := funnelNamed(t, "funnel-od")
	all := drawings(rendered(t, plot.Funnel(p)))
	if len(all) != 3 {
		t.Fatalf("%d drawings, want 3", len(all))
	}
	link := regexp.MustCompile(`<a href="#funnel-od-(\d+)"><title>([^<]*)</title>`)
	for _, text := range all {
		found := link.FindAllStringSubmatch(text, -1)
		if len(found) != len(p.Groups) {
			t.Fatalf("%d links for %d groups", len(found), len(p.Groups))
		}
		before := 0.0
		for _, f := range found {
			var i int
			fmt.Sscan(f[1], &i)
			if p.Chart.N[i] < before {
				t.Errorf("%s stands after a larger group", f[2])
			}
			before = p.Chart.N[i]
			if !strings.HasPrefix(f[2], p.Groups[i].Name+": ") || !strings.Contains(f[2], " limits") {
				t.Errorf("the link of %s says %q", p.Groups[i].Name, f[2])
			}
		}
	}
}

func TestFunnelNamesEveryGroupBeyondTheLimitsOrSaysHowManyItCannot(t *testing.T) {
	for _, h := range funnels() {
		beyond := 0
		for i, s := range h.Chart.Signals {
			if s&(measures.OutsideUpper|measures.OutsideLower) != 0 && !measures.IsMissing(h.Chart.Y[i]) {
				beyond++
			}
		}
		for size, text := range drawings(rendered(t, plot.Funnel(h.FunnelPicture))) {
			named := 0
			for i, s := range h.Chart.Signals {
				if s&(measures.OutsideUpper|measures.OutsideLower) != 0 && strings.Contains(text, ">"+h.Groups[i].Short+"</text>") {
					named++
				}
			}
			said := 0
			if found := regexp.MustCompile(`>(\d+) \w+ beyond the limits`).FindStringSubmatch(text); found != nil {
				fmt.Sscan(found[1], &said)
			}
			// One town's name may be another's cut short, so names are counted generously.
			if named+said < beyond {
				t.Errorf("%s, size %d: %d beyond the limits, %d named, %d said to have no room", h.name, size, beyond, named, said)
			}
		}
	}
	if text := rendered(t, plot.Funnel(funnelNamed(t, "funnel-od"))); strings.Contains(text, "without room") {
		t.Error("a few groups beyond the limits find no room")
	}
}

func TestHiddenGroupsAreNotDrawnButCounted(t *testing.T) {
	p := funnelNamed(t, "funnel-few")
	for _, text := range drawings(rendered(t, plot.Funnel(p))) {
		if n := strings.Count(text, "<a href"); n != 10 {
			t.Errorf("%d groups are drawn, want 10 of 14", n)
		}
		words := strings.Join(regexp.MustCompile(`<text[^>]*>([^<]*)</text>`).FindAllString(text, -1), " ")
		words = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(words, "")
		for _, want := range []string{"3 wards not drawn: hidden, 1 to 7.", "1 ward not drawn: not measured."} {
			if !strings.Contains(words, want) {
				t.Errorf("the drawing does not say %q: %s", want, words)
			}
		}
	}
}

func TestFunnelSaysWhatItsLimitsAllowForAndHowItsAxisRuns(t *testing.T) {
	for id, want := range map[string][]string{
		"funnel-od":     {"Limits allow for differences beyond chance (over-dispersion)", "(square-root scale)"},
		"funnel-chance": {"Limits allow for chance alone, and trusts differ", "times as much as chance gives"},
		"funnel-smr":    {"As expected", "Expected deaths (logarithmic scale)"},
		"funnel-few":    {"Limits allow for chance alone", "Patients in 12 months"},
	} {
		text := string(plot.StandaloneFunnel(funnelNamed(t, id)))
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s does not say %q", id, w)
			}
		}
		if strings.Contains(text, "<a ") || strings.Contains(text, "var(--") {
			t.Errorf("%s standing alone has links or asks for colours", id)
		}
	}
}

func TestSmoothLimitsPassThroughTheLimitsOfThePoints(t *testing.T) {
	p := funnelNamed(t, "funnel-od")
	for i, n := range p.Chart.N {
		lower, near, nearer, upper := spc.FunnelLimits(p.Chart, p.Parameters, n)
		for k, pair := range [][2]float64{{lower, p.Chart.Lower[i]}, {near, p.Chart.NearLower[i]}, {nearer, p.Chart.NearUpper[i]}, {upper, p.Chart.Upper[i]}} {
			if math.Abs(pair[0]-pair[1]) > 1e-9 {
				t.Fatalf("limit %d at %v is %v on the line and %v at the point", k, n, pair[0], pair[1])
			}
		}
	}
}

func TestMixAddsUpToTheWholeChange(t *testing.T) {
	p := mixes()[0]
	within, mix := p.Totals()
	if math.Abs(within-17.6) > 1e-12 || math.Abs(mix-1) > 1e-12 {
		t.Fatalf("totals are %v and %v", within, mix)
	}
	for i, text := range drawings(rendered(t, plot.Mix(p))) {
		for _, want := range []string{"+17.6", "+1.0", "+18.6", "within", "mix", "change", "−0.9"} {
			if !strings.Contains(text, want) {
				t.Errorf("size %d does not say %s", i, want)
			}
		}
	}
}

func TestGapTellsItsLinesApartWithoutColour(t *testing.T) {
	p := gapsBetween()[1]
	for i, text := range drawings(rendered(t, plot.Gap(p))) {
		for k, l := range p.Lines {
			if !strings.Contains(text, fmt.Sprintf(`class="ser gap%d"`, k+1)) {
				t.Errorf("size %d: line %s has no dashes of its own", i, l.Name)
			}
			if i == 0 && !strings.Contains(text, "</tspan> "+l.Name+"</text>") {
				t.Errorf("line %s has no name at its end", l.Name)
			}
		}
		if !strings.Contains(text, ">0</tspan> As the whole") {
			t.Errorf("size %d: the line at zero has no name", i)
		}
	}
}

func TestPanelsShareOneScaleAndHideWhatIsHidden(t *testing.T) {
	p := strata()
	text := rendered(t, plot.Multiples(p))
	grids := regexp.MustCompile(`class="grid" d="([^"]*)"`).FindAllStringSubmatch(text, -1)
	if len(grids) != len(p.Panels) {
		t.Fatalf("%d panels drawn, want %d", len(grids), len(p.Panels))
	}
	for _, g := range grids[1:] {
		if g[1] != grids[0][1] {
			t.Error("panels have different gridlines")
		}
	}
	if n := strings.Count(text, `class="p-hidden"`); n != 6+1 { // and one beside the words
		t.Errorf("%d dashed rings for 6 hidden months, the last one said in words too", n)
	}
	for _, want := range []string{"Hidden: 1 to 7", "Not measured", "mostly mix", "(marked)", ">100%</text>", ">20%</text>"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q stands %d times, want once", want, strings.Count(text, want))
		}
	}
}

func TestTextFromOutsideCannotBecomeMarkupInComparisons(t *testing.T) {
	const bad = `"><script>x</script>`
	f := funnelNamed(t, "funnel-few")
	f.Title, f.Size, f.Centre, f.Noun, f.Hidden, f.ID, f.Description, f.Unit.Symbol = bad, bad, bad, bad, bad, bad, bad, "<"
	for i := range f.Groups {
		f.Groups[i] = plot.Group{Name: bad, Short: bad, Href: bad}
	}
	m := strata()
	m.Label, m.Hidden = bad, bad
	m.Panels[0].Name, m.Panels[0].Href, m.Panels[0].Note = bad, bad, bad
	g := gapsBetween()[1]
	g.Title, g.Against, g.ID, g.Lines[0].Name, g.Lines[1].Name, g.Hidden = bad, bad, bad, bad, bad, bad
	x := mixes()[0]
	x.Title, x.Before, x.Parts[0].Name, x.ID = bad, bad, bad, bad
	for name, text := range map[string]string{
		"funnel": rendered(t, plot.Funnel(f)) + rendered(t, plot.FunnelKey(f)), "funnel alone": string(plot.StandaloneFunnel(f)),
		"multiples": rendered(t, plot.Multiples(m)) + rendered(t, plot.MultiplesKey(m)), "gap": rendered(t, plot.Gap(g)) + rendered(t, plot.GapKey(g)),
		"mix": rendered(t, plot.Mix(x)) + string(plot.StandaloneMix(x)),
	} {
		if strings.Contains(text, "<script") {
			t.Errorf("%s lets markup through", name)
		}
		if err := xml.Unmarshal([]byte("<div>"+text+"</div>"), new(struct{})); err != nil {
			t.Errorf("%s is not well-formed: %v", name, err)
		}
	}
}

func FuzzAnyFunnelIsWellFormed(f *testing.F) {
	f.Add(uint8(5), .5, .1, 10.0, 1000.0, uint8(0))
	f.Add(uint8(90), 1.0, .9, .001, 1e9, uint8(7))
	f.Add(uint8(1), 0.0, 0.0, 1.0, 1.0, uint8(2))
	f.Fuzz(func(t *testing.T, n uint8, level, spread, least, most float64, options uint8) {
		if !(least > 0 && most >= least && most < 1e12 && level >= 0 && level < 1e6 && spread >= 0 && spread < 1e6) || n == 0 {
			return
		}
		in := spc.Input{}
		in.Y, in.N = apart(int(n), level, spread, least, most)()
		p := spc.Defaults(measures.Funnel, measures.MDC)
		p.Ratio, p.Additive, p.Direction = spc.Ratio(options%3), options&4 != 0, measures.Direction(options%3)
		if p.Ratio == spc.Proportion {
			for i := range in.Y {
				in.Y[i] = math.Min(in.Y[i], in.N[i])
			}
		}
		for i := range in.Y {
			in.X = append(in.X, int32(i+1))
		}
		c, err := spc.Compute(in, p)
		if err != nil {
			return
		}
		picture := plot.FunnelPicture{Chart: &c, Parameters: p, ID: "fuzz", Unit: percent}
		for i := range c.X {
			picture.Groups = append(picture.Groups, plot.Group{Name: fmt.Sprint("group ", i), Own: i%7 == 3})
		}
		sound(t, "the funnel", "<div>"+rendered(t, plot.Funnel(picture))+"</div>")
	})
}

func BenchmarkFunnel(b *testing.B) {
	p := funnels()[0].FunnelPicture
	b.ReportAllocs()
	for b.Loop() {
		if err := plot.Funnel(p).Render(b.Context(), discard{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMultiples(b *testing.B) {
	p := strata()
	b.ReportAllocs()
	for b.Loop() {
		if err := plot.Multiples(p).Render(b.Context(), discard{}); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
