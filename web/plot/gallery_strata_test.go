package plot_test

import (
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/web/plot"
)

// strata are small multiples of one measure: one stratum with few cases and
// hidden months, one that begins late, one not measured at all.
func strata() plot.MultiplesPicture {
	p := plot.MultiplesPicture{ID: "strata", Label: "Seen within 4 hours by age", Unit: percent, Grain: measures.Month, Hidden: "1 to 7"}
	add := func(name string, c *measures.Chart) {
		p.Panels = append(p.Panels, plot.Panel{Name: name, Chart: c, Href: "#strata-" + name})
	}
	of := func(level, width float64) *measures.Chart {
		y := wave(36, level, width)
		c := made("unused", percent, measures.XmR, measures.MDC, spc.Input{Y: y}, measures.Increase).Chart
		c.Target = 78
		return c
	}
	add("Under 18", of(84, 4))
	add("18 to 64", made("unused", percent, measures.XmR, measures.MDC, spc.Input{Y: append(wave(24, 74, 4), wave(12, 81, 3)...)}, measures.Increase).Chart)
	worse := made("unused", percent, measures.XmR, measures.MDC, spc.Input{Y: append(wave(24, 70, 4), wave(12, 61, 3)...)}, measures.Increase).Chart
	add("65 to 79", worse)
	few := of(58, 9)
	for _, i := range []int{4, 9, 10, 17, 28, 35} {
		few.Y[i], few.States[i], few.Causes[i] = none, measures.Suppressed, measures.NoCause
	}
	add("Not known or not stated by the person", few)
	late := made("unused", percent, measures.XmR, measures.MDC, spc.Input{Y: wave(20, 66, 5)}, measures.Increase).Chart
	for i := range late.X {
		late.X[i] = int32(measures.DateOf(2024, 10, 1).AddMonths(i))
	}
	add("80 and over", late)
	holes := of(76, 4)
	for i := 12; i < 19; i++ {
		holes.Y[i], holes.States[i] = none, measures.NotMeasured
	}
	add("Holes", holes)
	sizes := wave(36, 60, 40)
	add("Limits by point", made("unused", percent, measures.P, measures.MDC, spc.Input{Y: scaled(sizes, .7), N: rounded(sizes)}, measures.Increase).Chart)
	nothing := of(1, 1)
	for i := range nothing.Y {
		nothing.Y[i], nothing.Centre[i], nothing.Lower[i], nothing.Upper[i], nothing.States[i] = none, none, none, none, measures.NotMeasured
	}
	add("Nothing", nothing)
	p.Panels[2].Own = true
	p.Panels[1].Note = "mostly mix"
	return p
}

func scaled(sizes []float64, by float64) []float64 {
	y := make([]float64, len(sizes))
	for i, n := range sizes {
		y[i] = n * by
	}
	return rounded(y)
}

// gapsBetween are differences over time: of two strata, and of many from the whole.
func gapsBetween() []plot.GapPicture {
	x := make([]int32, 36)
	for i := range x {
		x[i] = int32(measures.DateOf(2023, 6, 1).AddMonths(i))
	}
	one := wave(36, -6, 4)
	states := make([]measures.State, 36)
	for i := range states {
		states[i] = measures.Final
	}
	for _, i := range []int{7, 8, 20} {
		one[i], states[i] = none, measures.Suppressed
	}
	one[14], states[14] = none, measures.NotMeasured
	pair := plot.GapPicture{ID: "gap-pair", Title: "Gap in seen within 4 hours", Organisation: "Northmoor", Unit: percent, Grain: measures.Month, X: x,
		Lines: []plot.GapLine{{Name: "Aged 80 and over", Y: one, States: states}}, Against: "under 80", Hidden: "1 to 7",
		Events: []measures.Event{{Start: measures.DateOf(2025, 2, 3), Text: "Frailty team at the front door"}}}
	many := plot.GapPicture{ID: "gap-many", Title: "Gap in seen within 4 hours", Organisation: "Northmoor", Unit: percent, Grain: measures.Month, X: x, Against: "the whole trust"}
	for k, name := range []string{"Under 18", "18 to 64", "65 to 79", "80 and over", "Most deprived fifth", "Not known"} {
		y := wave(36+k, 8-float64(k)*3.1, 2)[k:]
		if k == 3 {
			y[11], y[12], y[35] = none, none, none
		}
		many.Lines = append(many.Lines, plot.GapLine{Name: name, Y: y})
	}
	empty := plot.GapPicture{ID: "gap-none", Title: "Gap", Unit: percent, X: x, Lines: []plot.GapLine{{Name: "A", Y: wave(36, none, 1)}}}
	return []plot.GapPicture{pair, many, empty}
}

// mixes are changes parted into within and mix.
func mixes() []plot.MixPicture {
	return []plot.MixPicture{
		{ID: "mix-two", Title: "Where the change came from", Before: "June 2023 to May 2024", After: "June 2025 to May 2026", Unit: percent,
			Parts: []plot.MixPart{{"Type 1 departments", 15.2, -.9}, {"Type 3 departments", 2.4, 1.9}}},
		{ID: "mix-many", Title: "Where the change came from", Before: "2023/24", After: "2025/26", Unit: percent,
			Parts: []plot.MixPart{{"Under 18", -2.21, .4}, {"18 to 64", -3.02, -1.7}, {"65 to 79", .04, 1.1}, {"80 and over, living at home or elsewhere", -1.4, .33}, {"Not known", 0, -.02}}},
		{ID: "mix-none", Title: "No change", Unit: percent, Parts: []plot.MixPart{{"All", 0, 0}}},
	}
}
