package main

import (
	"fmt"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// wobble is how the example's figures go up and down, a digit a month: so that no
// rule of a chart finds anything in them.
const wobble = "417350628142635071846203517482603715"

// exampleFigures are three years of invented figures in which something changed.
func exampleFigures() string {
	var b strings.Builder
	b.WriteString("x,y,n\n")
	for i := range len(wobble) {
		n := 9000 + (i*7919)%1700
		share := 60 + int(wobble[i]-'0') // percent
		if i >= 26 {
			share += 9
		}
		fmt.Fprintf(&b, "%s,%d,%d\n", measures.DateOf(2023, 6+i, 1), n*share/100, n)
	}
	return b.String()
}

// cases puts a case beside the plugin that anybody can work out again.
func (n *beginning) cases() {
	figures, expected := "x,y,n\n", []string{}
	point := func(i int, y float64, line string) {
		x := measures.DateOf(2025, 1+i, 1)
		figures += fmt.Sprintf("%s,%v,100\n", x, y)
		expected = append(expected, fmt.Sprintf("\t\t\t{\"x\": %q, \"y\": %v, %s}", x, y, line))
	}
	if n.language == nil {
		// Up and down by 2: the mean is 11, the mean moving range 2, and the limits
		// lie 2.66 times as far from the mean.
		for i := range 14 {
			point(i, float64(10+2*(i%2)), `"centre": 11, "lower": 5.68, "upper": 16.32, "signals": []`)
		}
	} else {
		// In order of size 10 11 11 12 12 12 13 40: the quartiles are 11 and 12.25, and
		// the fences lie one and a half times their distance beyond them.
		for i, y := range []float64{10, 12, 11, 13, 12, 11, 40, 12} {
			signals := "[]"
			if y == 40 {
				signals = `["outside_upper"]`
			}
			point(i, y, `"centre": 12, "lower": 9.125, "upper": 14.125, "signals": `+signals)
		}
	}
	n.files["cases/worked.csv"] = figures
	n.files["cases/worked.json"] = "{\n\t\"charts\": [{\n\t\t\"points\": [\n" + strings.Join(expected, ",\n") + "\n\t\t]\n\t}]\n}\n"
}

func (n *beginning) readme() string {
	text := `# ` + n.id + `

Replace this by what the measure answers, and for whom.

- ` + "`manifest.json`" + ` says what the measure is: the problem, numerator and denominator in words, the data it reads, who wrote and who checked it.
`
	if n.language != nil {
		text += "- `" + n.language.Source + "` computes the chart. It is given figures and gives a chart back; it has no files, no network and no clock.\n"
	} else {
		text += "- There is no code: `uses` names the arithmetic, an xmr chart of the plugin spc. Others are run, p, pp, u, up, c, g and t.\n"
	}
	return text + `- ` + "`cases/`" + ` holds figures whose chart is known: NAME.csv with the columns x,y,n, and NAME.json with what is expected. Only what is given is compared.
- ` + "`data.csv`" + ` holds figures to look at. They are invented.

    signalbox plugin watch          draw the chart, again at every save
    signalbox plugin run --open     in the browser, as the site draws it
    signalbox plugin run --demo ZZB on an invented trust
    signalbox plugin run --file small.csv --record small
                                    keep what is drawn as a case
    signalbox plugin check          what is still to be written, and what is wrong
    signalbox plugin build          the one file that is passed on

The id is for ever. A change of the version says that something changed.
`
}
