package plot_test

import (
	"fmt"
	"math"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
	"github.com/signalbox-health/signalbox/web/plot"
)

// compared is one picture of the gallery that compares groups.
type compared struct {
	name string
	plot.FunnelPicture
}

var towns = strings.Fields("Larkfield Northmoor Eastwick Harrowby Millbrook Stonecross Wexley Ashbourne Oakhaven Redcliff Fernhill Kingsmere")

// funnels are made-up groups, from a dozen to hundreds.
func funnels() []compared {
	var list []compared
	add := func(name string, p plot.FunnelPicture) { list = append(list, compared{name, p}) }
	p := funnelOf("funnel-od", 120, func(p *spc.Parameters) { p.Additive = true }, apart(120, .7, .05, 12000, 500000))
	p.Groups[17].Own = true
	add("funnel that allows for over-dispersion", p)
	p = funnelOf("funnel-chance", 120, nil, apart(120, .7, .05, 12000, 500000))
	p.Groups[5].Own = true
	unlink(&p)
	add("funnel of chance alone, most groups outside", p)
	p = funnelOf("funnel-few", 14, nil, apart(14, .2, .01, 150, 900))
	for i := 3; i < 6; i++ {
		p.Chart.Y[i], p.Chart.States[i] = none, measures.Suppressed
	}
	p.Chart.Y[9], p.Chart.States[9] = none, measures.NotMeasured
	p.Hidden, p.Noun, p.Size = "1 to 7", "ward", "Patients in 12 months"
	add("a dozen groups, some hidden", p)
	p = funnelOf("funnel-hundreds", 600, func(p *spc.Parameters) { p.Direction = measures.Neutral }, apart(600, .3, .012, 60, 9000))
	unlink(&p)
	add("hundreds of groups", p)
	o, e := apart(130, 1, .16, 2, 4000)()
	for i := range o {
		o[i] = math.Round(o[i] * 1.02)
	}
	p = funnelOf("funnel-smr", 130, func(p *spc.Parameters) {
		p.Ratio, p.Transform, p.Multiply, p.Direction = spc.Standardised, spc.Log, 1, measures.Decrease
	}, func() ([]float64, []float64) { return o, e })
	p.Unit, p.Size, p.Noun = measures.Unit{Decimals: 2}, "Expected deaths", "hospital"
	unlink(&p)
	add("standardised ratios from 2 to 4,000 expected", p)
	p = funnelOf("funnel-one", 1, nil, apart(1, .5, 0, 400, 500))
	add("one group", p)
	p = funnelOf("funnel-none", 2, nil, apart(2, .5, 0, 400, 500))
	p.Chart.Y[0], p.Chart.Y[1] = none, none
	p.Chart.States[0], p.Chart.States[1] = measures.Suppressed, measures.Suppressed
	add("no group that may be shown", p)
	return list
}

// unlink leaves the groups of a funnel without pages of their own.
func unlink(p *plot.FunnelPicture) {
	for i := range p.Groups {
		p.Groups[i].Href = ""
	}
}

// apart makes groups that differ by more than chance, sized between two numbers.
func apart(n int, level, spread, least, most float64) func() ([]float64, []float64) {
	return func() (y, size []float64) {
		for i := range n {
			u := math.Mod(float64(i)*.6180339887+.13, 1)
			d := math.Round(least * math.Pow(most/least, u))
			z := math.Sin(float64(i)*12.9898) * 1.7
			if i%19 == 7 {
				z *= 2.6
			}
			rate := level + spread*z + math.Sqrt(level*math.Max(.02, 1-level)/d)*math.Sin(float64(i)*78.233)*1.6
			size = append(size, d)
			y = append(y, math.Max(0, math.Round(rate*d)))
		}
		return y, size
	}
}

func funnelOf(id string, n int, edit func(*spc.Parameters), groups func() (y, size []float64)) plot.FunnelPicture {
	in := spc.Input{}
	in.Y, in.N = groups()
	p := plot.FunnelPicture{ID: id, Title: "Seen within 4 hours", Organisation: fmt.Sprint(n, " trusts, June 2025 to May 2026"), Unit: percent,
		Noun: "trust", Size: "Attendances in 12 months", Source: "Made up for this test."}
	for i := range n {
		in.X = append(in.X, int32(i+1))
		town := towns[i%len(towns)]
		if i >= len(towns) {
			town += " " + string(rune('A'+i/len(towns)%26))
		}
		p.Groups = append(p.Groups, plot.Group{Name: town + " University Hospitals NHS Foundation Trust", Short: town, Href: fmt.Sprint("#", id, "-", i)})
	}
	p.Parameters = spc.Defaults(measures.Funnel, measures.MDC)
	p.Parameters.Multiply, p.Parameters.Direction = 100, measures.Increase
	if edit != nil {
		edit(&p.Parameters)
	}
	c, err := spc.Compute(in, p.Parameters)
	if err != nil {
		panic(id + ": " + err.Error())
	}
	p.Chart = &c
	return p
}
