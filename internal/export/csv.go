package export

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

var csvHeader = []string{"organisation", "title", "kind", "rules", "x", "y", "n", "phase", "centre", "lower", "upper",
	"near_lower", "near_upper", "state", "signals", "cause", "variation", "assurance", "target", "sentence"}

// CSV writes one row a point. What is said of the chart as a whole is repeated
// in every row, so that a row still means something after sorting and filtering.
func CSV(w io.Writer, items ...Item) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	for i := range items {
		item := &items[i]
		c := item.Chart
		sentence := words.Sentence(item.Words, c).String()
		for k := range c.X {
			row := []string{text(item.Organisation), text(item.Title), c.Kind.String(), c.Rules.String(), c.XText(k),
				cell(c.Y[k]), cell(c.N[k]), strconv.Itoa(int(c.Phase[k])), cell(c.Centre[k]), cell(c.Lower[k]), cell(c.Upper[k]),
				cell(c.NearLower[k]), cell(c.NearUpper[k]), stateOf(c, k).String(), strings.Join(c.Signals[k].Names(), " "),
				c.Causes[k].String(), c.Variation.String(), c.Assurance.String(), cell(c.Target), text(sentence)}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func cell(v float64) string {
	if measures.IsMissing(v) {
		return ""
	}
	return string(appendNumber(nil, v))
}

// text makes a text safe for spreadsheets, which run a cell that begins like a
// formula. Numbers are written by cell and need no such care.
func text(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(s[0])) {
		return "'" + s
	}
	return s
}
