package plot_test

import (
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/web/plot"
)

// hung is one picture of the gallery.
type hung struct {
	name string
	plot.Picture
}

// gallery holds the pictures that are easy to get wrong, and one or more of every
// kind of chart. They are drawn by the tests and looked at by people: run
// TestScreenshots with SIGNALBOX_SCREENSHOTS.
func gallery() []hung { return append(cases(), kinds()...) }

// cases are the pictures that are easy to get wrong.
func cases() []hung {
	day := measures.DateOf
	var list []hung
	add := func(name string, p plot.Picture) { list = append(list, hung{name, p}) }

	add("two phases, held limits, three events", ordinary())

	c := monthly(day(2026, 5, 1), 71.2)
	add("one point", picture("one", c, percent))

	c = monthly(day(2026, 4, 1), 71.2, 73)
	c.Kind, c.Target = measures.Run, 78
	add("two points", picture("two", c, percent))

	c = monthly(day(2025, 6, 1), slices.Repeat([]float64{none}, 12)...)
	add("all missing", picture("missing", c, percent))

	add("no points", picture("nothing", monthly(day(2025, 6, 1)), percent))

	c = monthly(day(2024, 6, 1), slices.Repeat([]float64{42}, 24)...)
	phase(c, 1, 0, 24, 42, 42, 42)
	add("constant series", picture("constant", c, count))

	c = monthly(day(2023, 6, 1), wave(36, -2, 6)...)
	c.Direction = measures.Neutral
	phase(c, 1, 0, 36, -7, -2, 3)
	add("negative values", picture("negative", c, measures.Unit{Decimals: 1, Words: "points"}))

	c = monthly(day(2016, 4, 1), wave(122, 84, 5)...)
	phase(c, 1, 0, 122, 79, 84, 89)
	c.Target = 95
	add("122 months", picture("long", c, percent))

	c = monthly(day(2023, 6, 1), wave(36, 1.2e9, 4e8)...)
	c.Direction = measures.Neutral
	phase(c, 1, 0, 36, 8e8, 1.2e9, 1.6e9)
	add("huge numbers", picture("huge", c, measures.Unit{Words: "pounds"}))

	c = monthly(day(2023, 6, 1), wave(36, 120000, 9000)...)
	c.Direction = measures.Neutral
	phase(c, 1, 0, 36, 113000, 120000, 127000)
	add("large counts", picture("large", c, count))

	c = monthly(day(2023, 6, 1), wave(36, 12, 2)...)
	c.Target = 95
	phase(c, 1, 0, 36, 10, 12, 14)
	add("target far outside", picture("far", c, percent))

	c = monthly(day(2023, 6, 1), wave(36, 77.6, 6)...)
	c.Target = 78
	phase(c, 1, 0, 36, 72, 77.6, 83.2)
	c.Y[35] = 77.9
	c.Causes[35] = measures.Common
	add("labels that would collide", picture("collide", c, percent))

	add("three phases", threePhases())
	add("gap at start and end", gaps())
	add("ten events, one at the right edge", tenEvents())
	add("small numbers hidden", hidden())
	add("limits by point", stepped())
	add("limits by point, two phases, held", steppedPhases())
	add("run chart", runChart())
	add("lower is better, clipped at 0", waits())
	add("provisional and left out", provisional())
	add("whole numbers", numbers())
	add("weeks", weekly())
	add("days", daily())
	add("irregular dates", irregular())
	add("years and changing targets", changingTargets())
	return list
}

func ordinary() plot.Picture {
	y := append(wave(14, 56, 5), wave(24, 59, 6)...)
	for i := range 12 {
		y = append(y, 66+float64(i)*1.6)
	}
	for i := 41; i < 50; i++ {
		y[i] = 79.5 + float64(i%3)*.8
	}
	c := monthly(measures.DateOf(2022, 4, 1), y...)
	c.Target = 78
	phase(c, 1, 0, 14, 47.6, 55.8, 63.9)
	phase(c, 2, 14, 50, 52.2, 59.1, 65.9)
	p := picture("ordinary", c, percent)
	p.Phases = []measures.Phase{
		{Start: measures.DateOf(2022, 4, 1), Baseline: 0, Reason: "first 14 months"},
		{Start: measures.DateOf(2023, 6, 1), Baseline: 24, Reason: "one start for all trusts"},
	}
	p.Events = []measures.Event{
		{Start: measures.DateOf(2023, 9, 1), Kind: measures.DefinitionChange, Text: "Type 3 attendances first counted"},
		{Start: measures.DateOf(2025, 6, 3), Text: "Streaming nurse at the front door"},
		{Start: measures.DateOf(2025, 8, 18), Text: "Same-day care open to 10 pm"},
	}
	p.Source = "Contains public sector information licensed under the Open Government Licence v3.0."
	return p
}

func threePhases() plot.Picture {
	y := append(append(wave(18, 40, 4), wave(16, 62, 5)...), wave(16, 71, 2)...)
	c := monthly(measures.DateOf(2022, 4, 1), y...)
	c.Target = 78
	phase(c, 1, 0, 18, 35, 40, 45)
	phase(c, 2, 18, 34, 56, 62, 68)
	phase(c, 3, 34, 50, 68, 71, 74)
	p := picture("three", c, percent)
	p.Phases = []measures.Phase{
		{Start: measures.DateOf(2022, 4, 1)},
		{Start: measures.DateOf(2023, 10, 1), Baseline: 13, Reason: "the new front door opened and the whole pathway changed with it"},
		{Start: measures.DateOf(2025, 2, 1), Reason: "merger"},
	}
	return p
}

func gaps() plot.Picture {
	y := wave(60, 70, 8)
	for i := range y {
		if i < 5 || i >= 20 && i < 34 || i == 40 || i >= 45 && i < 48 || i >= 57 {
			y[i] = none
		}
	}
	c := monthly(measures.DateOf(2021, 6, 1), y...)
	phase(c, 1, 0, 34, 60, 70, 80)
	phase(c, 2, 34, 60, 61, 69, 77)
	p := picture("gaps", c, percent)
	p.Phases = []measures.Phase{{Start: measures.DateOf(2021, 6, 1)}, {Start: measures.DateOf(2024, 4, 1), Baseline: 12}}
	return p
}

func tenEvents() plot.Picture {
	p := ordinary()
	p.ID = "events"
	for i, text := range []string{"Winter ward", "Junior doctors' strike", "New electronic record for the whole trust goes live", "Ward 5 closed",
		"Discharge lounge", "Ambulance handover in 15 minutes", "Flu"} {
		p.Events = append(p.Events, measures.Event{Start: measures.DateOf(2023, 7+4*i, 10), Text: text})
	}
	p.Events[4].End = measures.DateOf(2024, 3, 1)
	p.Events = append(p.Events, measures.Event{Start: measures.DateOf(2026, 5, 20), Text: "Urgent treatment centre opened"},
		measures.Event{Start: measures.DateOf(2027, 5, 20), Text: "after the end: not drawn"})
	return p
}

func hidden() plot.Picture {
	c := monthly(measures.DateOf(2024, 8, 1), 15, 0, 0, none, none, 45, 75, 55, 55, 45, none, none)
	c.Kind, c.Direction = measures.Run, measures.Decrease
	for _, i := range []int{3, 4, 10, 11} {
		c.States[i] = measures.Suppressed
	}
	p := picture("hidden", c, count)
	p.Hidden = "1 to 7"
	return p
}

func stepped() plot.Picture {
	c := monthly(measures.DateOf(2023, 6, 1), wave(36, 12, 3)...)
	c.Kind, c.Direction, c.Target = measures.P, measures.Decrease, 10
	for i := range c.X {
		w := 1.5 + float64((i*7)%5)*.5
		phase(c, 1, i, i+1, 12-w, 12, 12+w)
	}
	return picture("stepped", c, percent)
}

func steppedPhases() plot.Picture {
	y := append(wave(16, 12, 3), wave(24, 7, 2)...)
	y[9] = none
	c := monthly(measures.DateOf(2023, 2, 1), y...)
	c.Kind, c.Direction = measures.U, measures.Decrease
	for i := range c.X {
		w, centre, number := 1.5+float64((i*7)%5)*.5, 12.0, int32(1)
		if i >= 16 {
			centre, number = 7, 2
		}
		if i != 9 {
			phase(c, number, i, i+1, centre-w, centre, centre+w)
		}
	}
	p := picture("stepped-phases", c, measures.Unit{Multiply: 1000, Decimals: 1, Words: "per 1,000 bed days"})
	p.Phases = []measures.Phase{{Start: measures.DateOf(2023, 2, 1)}, {Start: measures.DateOf(2024, 6, 1), Baseline: 13, Reason: "new beds"}}
	return p
}

func runChart() plot.Picture {
	c := monthly(measures.DateOf(2024, 8, 1), wave(12, 79, 5)...)
	c.Kind = measures.Run
	for i := range c.Centre {
		c.Centre[i] = 79.6
	}
	return picture("run", c, percent)
}

func waits() plot.Picture {
	y := wave(36, 120, 90)
	for i := 25; i < 36; i++ {
		y[i] = 210 + float64(i*13%7)*14
	}
	for i := range y {
		y[i] = max(y[i], 4)
	}
	c := monthly(measures.DateOf(2023, 6, 1), y...)
	c.Direction = measures.Decrease
	phase(c, 1, 0, 36, -20, 134, 288)
	for i := 25; i < 36; i++ {
		c.Causes[i] = measures.Concern
	}
	p := picture("waits", c, count)
	p.Baseline = 24
	return p
}

func provisional() plot.Picture {
	c := monthly(measures.DateOf(2024, 6, 1), wave(24, 70, 8)...)
	phase(c, 1, 0, 24, 64, 70, 76)
	c.States[5], c.States[6] = measures.Excluded, measures.Excluded
	for i := 20; i < 24; i++ {
		c.States[i] = measures.Provisional
	}
	return picture("provisional", c, percent)
}

func numbers() plot.Picture {
	c := monthly(0, wave(25, 9, 2)...)
	c.XIsDate = false
	for i := range c.X {
		c.X[i] = int32(i + 1)
	}
	phase(c, 1, 0, 25, 5, 9, 13)
	p := picture("numbers", c, measures.Unit{Decimals: 1})
	p.Grain = ""
	return p
}

func weekly() plot.Picture {
	c := monthly(0, wave(60, 300, 40)...)
	for i := range c.X {
		c.X[i] = int32(measures.DateOf(2025, 3, 3)) + int32(7*i)
	}
	phase(c, 1, 0, 60, 260, 300, 340)
	p := picture("weekly", c, count)
	p.Grain = measures.Week
	p.Events = []measures.Event{{Start: measures.DateOf(2025, 9, 10), Text: "New rota"}}
	return p
}

func daily() plot.Picture {
	c := monthly(0, wave(45, 30, 9)...)
	for i := range c.X {
		c.X[i] = int32(measures.DateOf(2025, 12, 3)) + int32(i)
	}
	phase(c, 1, 0, 45, 20, 30, 40)
	p := picture("daily", c, count)
	p.Grain = measures.Day
	return p
}

func irregular() plot.Picture {
	c := monthly(0, wave(18, 14, 6)...)
	at := int32(measures.DateOf(2025, 1, 9))
	for i := range c.X {
		at += int32(5 + i*7%23)
		c.X[i] = at
	}
	c.Kind, c.Direction = measures.T, measures.Increase
	phase(c, 1, 0, 18, 2, 14, 29)
	p := picture("irregular", c, measures.Unit{Words: "days between"})
	p.Grain = ""
	return p
}

func changingTargets() plot.Picture {
	c := monthly(measures.DateOf(2019, 4, 1), wave(84, 82, 9)...)
	c.Target = 78
	phase(c, 1, 0, 84, 74, 82, 90)
	p := picture("targets", c, percent)
	p.Targets = []measures.Target{{Value: 95}, {From: measures.DateOf(2023, 4, 1), Value: 76}, {From: measures.DateOf(2025, 4, 1), Value: 78}}
	return p
}
