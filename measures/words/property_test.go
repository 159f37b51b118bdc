package words

import (
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
)

// anyInput makes a series of small numbers with steps, gaps and states, such as
// a kind of chart is made from.
func anyInput(r *rand.Rand, kind measures.Kind) spc.Input {
	in := spc.Input{XIsDate: kind != measures.Funnel && r.IntN(4) > 0, N: []float64{}}
	level, noise := 6.0, 1+r.IntN(8)
	for i := range r.IntN(60) {
		if r.IntN(10) == 0 {
			level = float64(r.IntN(14))
		}
		y, n := level+float64(r.IntN(noise)), float64(int(16)<<r.IntN(4))
		x := int32(i + 1)
		if in.XIsDate {
			x = int32(measures.DateOf(2023, 1+i, 1))
		}
		switch kind {
		case measures.P, measures.PPrime, measures.NP, measures.Funnel:
			y = min(y, n)
		case measures.T:
			y++
		case measures.XBar, measures.S:
			x = int32(1 + i/3)
			in.XIsDate = false
		case measures.Bernoulli, measures.VLAD:
			y, n = min(float64(int(y)/6), 1), 0.1+0.2*float64(r.IntN(4))
		}
		if r.IntN(25) == 0 {
			y = measures.Missing
		}
		in.X, in.Y, in.N = append(in.X, x), append(in.Y, y), append(in.N, n)
		in.States = append(in.States, measures.Final)
		if r.IntN(20) == 0 {
			in.States[i] = measures.State(r.IntN(5))
		}
	}
	switch kind {
	case measures.C, measures.G, measures.T, measures.XBar, measures.S, measures.Bernoulli, measures.Run, measures.XmR, measures.MR, measures.CUSUM, measures.EWMA:
		in.N = nil
	}
	if n := len(in.X); n > 14 && kind != measures.Funnel && r.IntN(2) == 0 {
		in.Phases = []measures.Phase{{Start: measures.Date(in.X[0]), Baseline: 12}, {Start: measures.Date(in.X[r.IntN(n)]), Reason: "a new ward opened"}}
	}
	if r.IntN(2) == 0 {
		in.Targets = []measures.Target{{Value: float64(r.IntN(20))}}
	}
	return in
}

func anyParameters(r *rand.Rand, kind measures.Kind, set measures.RuleSet) spc.Parameters {
	p := spc.Defaults(kind, set)
	p.Direction = measures.Direction(r.IntN(3))
	p.Additive, p.Ratio = r.IntN(2) == 0, spc.Ratio(r.IntN(3))
	return p
}

func subjectFor(r *rand.Rand, in *spc.Input, p *spc.Parameters) Subject {
	return Subject{Unit: measures.Unit{Symbol: "%", Decimals: r.IntN(3)}, Phases: in.Phases, Trend: p.Trend, Event: "injury", Case: "operation", Group: "trust",
		Method: Method{Constant: p.Constant, Screened: p.Screen, Lambda: p.Lambda, Shift: p.Shift, Decision: p.Decision, OddsRatio: p.OddsRatio,
			Ratio: p.Ratio.String(), Additive: p.Additive}}
}

// Whatever the series, kind and rules, the words say what the chart, its icons
// and its signals say, and never a word that judges people or claims a cause.
func TestWordsNeverContradictTheChart(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 26))
	for kind := measures.Run; kind.Known(); kind++ {
		for set := measures.NoRules; set.Known(); set++ {
			for range 15 {
				computed := kind
				if kind == measures.Custom { // lines that a plugin might have made
					computed = measures.XmR
				}
				in, p := anyInput(r, computed), anyParameters(r, computed, set)
				c, err := spc.Compute(in, p)
				if err != nil {
					t.Fatalf("%s, %s: %v", kind, set, err)
				}
				c.Kind = kind
				s := subjectFor(r, &in, &p)
				told := tell(s, &c)
				told.holdsTo(t, &c)
				if t.Failed() {
					t.Fatalf("%s, %s, %s, signals of the last point %q\ny %v\n%s", kind, set, p.Direction, told.last.Names(), c.Y, told.all())
				}
			}
		}
	}
}

// telling is all that is said of a chart.
type telling struct {
	sentence, brief, paragraph, icons, rules string
	reading                                  Reading
	outliers                                 []string
	fired                                    bool
	last                                     measures.Signals
}

func tell(s Subject, c *measures.Chart) telling {
	said := telling{reading: Sentence(s, c), brief: Brief(s, c), paragraph: Paragraph(s, c), outliers: Outliers(s, c)}
	said.sentence = said.reading.String()
	variation, assurance := Variation(s, c), Assurance(s, c)
	said.icons = variation.Heading + ". " + variation.Text + " " + assurance.Heading + ". " + assurance.Text
	var parts []string
	for _, rule := range Explain(s, c) {
		parts = append(parts, rule.Title, rule.Text)
		if rule.Chance != "" {
			parts = append(parts, rule.Chance)
		}
		said.fired = said.fired || rule.Fired
	}
	said.rules = strings.Join(parts, " ")
	if last := c.Last(); last >= 0 {
		said.last = c.Signals[last]
	}
	return said
}

func (said *telling) all() string {
	return strings.Join(append([]string{said.sentence, said.brief, said.icons, said.rules, said.paragraph}, said.outliers...), "\n")
}

var (
	never     = regexp.MustCompile(`NaN|Inf|  |\.\.|;\.|: ?\.|, ?\.| ,|\( |\)\(|%!|–%|\b(red|amber|green|caused|causes|causing|rank\w*|best|worst|blame\w*)\b`)
	causes    = regexp.MustCompile(`\bcause\b`)
	percent   = regexp.MustCompile(`−?[\d,]+(\.\d+)?%`)
	inARow    = regexp.MustCompile(`(?i)(\w+) \w+ in a row (above|below|rising|falling)`)
	oneMonth  = regexp.MustCompile(`\b(?i)(one|1) (months|points|intervals|operations|trusts)\b|\b(two|three|2|3) (month|point|interval|operation|trust)\b`)
	fullStops = regexp.MustCompile(`[.)]$`)
)

// signalsOfWords are what each phrase of a sentence rests on.
var signalsOfWords = []struct {
	phrase *regexp.Regexp
	need   measures.Signals
}{
	{regexp.MustCompile(`lies? above (the|its|their) upper limit`), measures.OutsideUpper | measures.WE1 | measures.Nelson1},
	{regexp.MustCompile(`lies? below (the|its|their) lower limit`), measures.OutsideLower | measures.WE1 | measures.Nelson1},
	{regexp.MustCompile(`in a row above`), measures.ShiftAbove | measures.WE4 | measures.Nelson2 | measures.OutsideUpper},
	{regexp.MustCompile(`in a row below`), measures.ShiftBelow | measures.WE4 | measures.Nelson2 | measures.OutsideLower},
	{regexp.MustCompile(`rising`), measures.TrendIncreasing | measures.Nelson3},
	{regexp.MustCompile(`falling`), measures.TrendDecreasing | measures.Nelson3},
	{regexp.MustCompile(`close to the upper|near the upper`), measures.TwoInThreeAbove | measures.WE2 | measures.Nelson5},
	{regexp.MustCompile(`close to the lower|near the lower`), measures.TwoInThreeBelow | measures.WE2 | measures.Nelson5},
	{regexp.MustCompile(`more than one sigma (above|below)`), measures.WE3 | measures.Nelson6},
	{regexp.MustCompile(`up and down in turn`), measures.Nelson4},
	{regexp.MustCompile(`within one sigma`), measures.Nelson7},
	{regexp.MustCompile(`on both sides`), measures.Nelson8},
	{regexp.MustCompile(`have added up|and their sum`), measures.OutsideUpper | measures.OutsideLower},
	{regexp.MustCompile(`become rarer|unusually long time`), measures.OutsideUpper | measures.ShiftAbove | measures.TrendIncreasing | measures.TwoInThreeAbove | measures.WE1 | measures.WE2 | measures.WE3 | measures.WE4 | measures.Nelson1 | measures.Nelson2 | measures.Nelson3 | measures.Nelson5 | measures.Nelson6},
}

func (said *telling) holdsTo(t *testing.T, c *measures.Chart) {
	t.Helper()
	for _, text := range append([]string{said.sentence, said.brief, said.paragraph, said.rules, said.icons}, said.outliers...) {
		if found := never.FindString(text); found != "" {
			t.Errorf("%q in %q", found, text)
		}
		if found := oneMonth.FindString(text); found != "" {
			t.Errorf("%q in %q", found, text)
		}
		if text != "" && !fullStops.MatchString(text) {
			t.Errorf("%q has no full stop", text)
		}
	}
	for _, text := range []string{said.sentence, said.brief, said.paragraph, said.rules} {
		if causes.MatchString(text) {
			t.Errorf("a cause in %q", text)
		}
	}
	finding := strings.TrimSuffix(said.sentence, said.reading.Target)
	for _, rest := range signalsOfWords {
		if rest.phrase.MatchString(finding) && said.last&rest.need == 0 && c.Kind != measures.Funnel {
			t.Errorf("%q rests on nothing", rest.phrase.FindString(finding))
		}
	}
	for _, match := range inARow.FindAllStringSubmatch(finding, -1) {
		if n := inDigits(match[1]); n < 5 {
			t.Errorf("%q is too few", match[0])
		}
	}
	said.agrees(t, c)
	said.hasItsNumbers(t, c)
}

// agrees holds judgement, chance and target to causes and icons.
func (said *telling) agrees(t *testing.T, c *measures.Chart) {
	t.Helper()
	last := c.Last()
	cause, phase := measures.NoCause, false
	if last >= 0 {
		cause, phase = c.Causes[last], c.Phases[c.Phase[last]-1].Signal
	}
	judged := c.Kind != measures.MR && c.Kind != measures.Funnel // ranges and groups have no good direction
	for words, want := range map[string]bool{
		"in the good direction":  judged && cause == measures.Improvement,
		"in the wrong direction": judged && cause == measures.Concern,
	} {
		if strings.Contains(said.sentence, words) != want {
			t.Errorf("%q of a point of %s", said.sentence, cause)
		}
	}
	good := c.Variation == measures.ImprovementHigh || c.Variation == measures.ImprovementLow
	if judged && good != strings.Contains(said.icons, "in the direction wanted") || good && judged && !strings.Contains(said.sentence, "in the good direction") {
		t.Errorf("%q beside the icon %s, %q", said.sentence, c.Variation, said.icons)
	}
	if c.Kind != measures.Funnel && strings.Contains(said.sentence+said.brief, "only by chance") && (cause != measures.Common || phase || said.last != 0 || said.fired) {
		t.Errorf("only chance, but the last point is %s, its phase a signal %v, and a rule fired %v", cause, phase, said.fired)
	}
	if c.Assurance == measures.HitOrMiss && strings.Contains(said.reading.Target, "above") || c.Assurance == measures.AssuranceEmpty && said.reading.Target != "" {
		t.Errorf("target %q under assurance %s", said.reading.Target, c.Assurance)
	}
	if outside := len(said.outliers); c.Kind == measures.Funnel && strings.Contains(said.sentence, "All lie within") && outside > 0 {
		t.Errorf("all within, and outside %q", said.outliers)
	}
}

// hasItsNumbers holds every number with a unit to one of the chart.
func (said *telling) hasItsNumbers(t *testing.T, c *measures.Chart) {
	t.Helper()
	for _, text := range append([]string{said.sentence, said.brief, said.paragraph, said.rules, said.icons}, said.outliers...) {
		for _, number := range percent.FindAllString(text, -1) {
			if c.Kind == measures.Funnel && (number == "99.8%" || number == "95%") {
				continue
			}
			if !isOf(c, number) {
				t.Errorf("%q is no number of the chart, in %q", number, text)
			}
		}
	}
}

func isOf(c *measures.Chart, number string) bool {
	text := strings.NewReplacer(",", "", "−", "", "%", "").Replace(number)
	_, decimals, _ := strings.Cut(text, ".")
	for _, column := range [][]float64{c.Y, c.Centre, c.Lower, c.Upper, c.EWMA, {c.Target}} {
		for _, v := range column {
			if !measures.IsMissing(v) && strings.TrimPrefix(strconv.FormatFloat(v, 'f', len(decimals), 64), "-") == text {
				return true
			}
		}
	}
	return false
}

func inDigits(word string) int {
	for n, name := range small {
		if strings.EqualFold(name, word) {
			return n
		}
	}
	n, _ := strconv.Atoi(strings.ReplaceAll(word, ",", ""))
	return n
}
