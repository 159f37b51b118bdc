// Command example is a plugin to begin from: where the middle half of the
// figures lies, and which lie far beyond it. The examples in C, Rust and
// AssemblyScript compute the same and give the same bytes.
//
// Its lines are the quartiles and Tukey's fences (Tukey, Exploratory Data
// Analysis, 1977): a figure further than one and a half times the middle half
// beyond it is marked. It asks nothing of how the figures are distributed.
package main

import (
	"errors"
	"slices"
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/sdk"
)

// leastPoints is how many figures a phase needs before it has lines.
const leastPoints = 8

func init() { sdk.Handle("fences", fences) }

func main() {}

// fences charts every series of the question.
func fences(q sdk.Question) (sdk.Answer, error) {
	var answer sdk.Answer
	multiply := q.Number("multiply", 1)
	measured := 0
	for series := range q.Series {
		values, denominators, err := q.Values(series)
		if err != nil {
			return answer, err
		}
		chart := q.Chart(series, measures.Custom)
		for i, v := range values {
			if !measures.IsMissing(v) {
				chart.Y[i] = v * multiply
				measured++
			}
			if denominators != nil {
				chart.N[i] = denominators[i]
			}
		}
		for number, span := range q.Spans(series) {
			lines(&q, &chart, number, span)
		}
		judge(&chart)
		answer.Charts = append(answer.Charts, chart)
	}
	if measured == 0 {
		//lint:ignore ST1005 the reader is shown it as it stands
		return sdk.Answer{}, errors.New("Nothing was measured.")
	}
	return answer, nil
}

// lines draws the median, the quartiles and the fences of one phase.
func lines(q *sdk.Question, c *measures.Chart, number int, span sdk.Span) {
	var sorted []float64
	base := span.Base()
	for i := base.From; i < base.To; i++ {
		if !measures.IsMissing(c.Y[i]) && q.Counts(c.Series, i) {
			sorted = append(sorted, c.Y[i])
		}
	}
	if len(sorted) < leastPoints {
		c.Notes = append(c.Notes, measures.Note{Code: "few_points",
			Text: "Phase " + strconv.Itoa(number+1) + " has " + strconv.Itoa(len(sorted)) + " figures; lines are drawn from " + strconv.Itoa(leastPoints) + "."})
		return
	}
	slices.Sort(sorted)
	low, middle, high := quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)
	fence := float64(1.5 * (high - low)) // rounded here, so that no processor joins it to what follows
	for i := span.From; i < span.To; i++ {
		c.Centre[i], c.NearLower[i], c.NearUpper[i] = middle, low, high
		c.Lower[i], c.Upper[i] = low-fence, high+fence
	}
}

// quantile lies between the two figures beside its place (Hyndman and Fan 1996,
// definition 7).
func quantile(sorted []float64, p float64) float64 {
	place := float64(p * float64(len(sorted)-1))
	i := int(place)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + float64((place-float64(i))*(sorted[i+1]-sorted[i]))
}

// judge marks the figures beyond the fences, and says what the last one means.
func judge(c *measures.Chart) {
	for i, y := range c.Y {
		switch {
		case measures.IsMissing(y):
			continue
		case y > c.Upper[i]:
			c.Signals[i], c.Causes[i] = measures.OutsideUpper, sdk.CauseOf(true, c.Direction)
		case y < c.Lower[i]:
			c.Signals[i], c.Causes[i] = measures.OutsideLower, sdk.CauseOf(false, c.Direction)
		default:
			c.Causes[i] = measures.Common
		}
	}
	if last := c.Last(); last >= 0 && !measures.IsMissing(c.Centre[last]) {
		c.Variation = sdk.VariationOf(c.Causes[last], c.Direction)
	}
}
