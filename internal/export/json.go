package export

import (
	"encoding/json"
	"io"
	"math"
	"strconv"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// JSON writes charts as one document, {"charts":[...]}. Numbers have full
// precision; what is missing is null.
func JSON(w io.Writer, items ...Item) error {
	b := []byte(`{"charts":[`)
	for i := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendChart(b, &items[i])
	}
	_, err := w.Write(append(b, "]}\n"...))
	return err
}

func appendChart(b []byte, item *Item) []byte {
	c := item.Chart
	b = append(b, '{')
	if item.Title != "" {
		b = append(appendString(append(b, `"title":`...), item.Title), ',')
	}
	if item.Organisation != "" {
		b = append(appendString(append(b, `"organisation":`...), item.Organisation), ',')
	}
	b = appendString(append(b, `"kind":`...), c.Kind.String())
	b = appendString(append(b, `,"rules":`...), c.Rules.String())
	if c.Kind == measures.Funnel {
		b = appendDispersion(b, c)
	}
	b = append(b, `,"points":[`...)
	for i := range c.X {
		if i > 0 {
			b = append(b, ',')
		}
		if c.Kind == measures.Funnel {
			b = appendGroup(b, item, i)
		} else {
			b = appendPoint(b, c, i)
		}
	}
	b = append(b, `],"phases":[`...)
	for i := range c.Phases {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendPhase(b, &c.Phases[i], c.Rules)
	}
	b = appendString(append(b, `],"variation":`...), c.Variation.String())
	b = appendString(append(b, `,"assurance":`...), c.Assurance.String())
	b = appendString(append(b, `,"sentence":`...), words.Sentence(item.Words, c).String())
	b = appendString(append(b, `,"paragraph":`...), words.Paragraph(item.Words, c))
	b = append(b, `,"notes":[`...)
	for i, note := range c.Notes {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"code":`...), note.Code)
		b = append(appendString(append(b, `,"text":`...), note.Text), '}')
	}
	return append(b, "]}"...)
}

func appendPoint(b []byte, c *measures.Chart, i int) []byte {
	b = append(b, `{"x":`...)
	if c.XIsDate {
		b = appendString(b, c.XText(i))
	} else {
		b = strconv.AppendInt(b, int64(c.X[i]), 10)
	}
	b = appendNumber(append(b, `,"y":`...), c.Y[i])
	b = appendNumber(append(b, `,"n":`...), c.N[i])
	b = strconv.AppendInt(append(b, `,"phase":`...), int64(c.Phase[i]), 10)
	b = appendNumber(append(b, `,"centre":`...), c.Centre[i])
	b = appendNumber(append(b, `,"lower":`...), c.Lower[i])
	b = appendNumber(append(b, `,"upper":`...), c.Upper[i])
	b = appendNumber(append(b, `,"near_lower":`...), c.NearLower[i])
	b = appendNumber(append(b, `,"near_upper":`...), c.NearUpper[i])
	for _, column := range ownColumns(c) {
		b = append(append(append(b, `,"`...), column.name...), `":`...)
		b = appendNumber(b, at(column.values, i))
	}
	return appendJudgement(b, c, i)
}

// ownColumn is a column that only some kinds of chart have.
type ownColumn struct {
	name   string
	values []float64
}

// ownColumns are those of the chart's kind, absent ones too, and whatever else a
// chart of kind custom brings. A column may be nil: nothing in it was measured.
func ownColumns(c *measures.Chart) []ownColumn {
	ewma := c.Kind == measures.EWMA
	vlad := c.Kind == measures.VLAD
	cusum := c.Kind == measures.CUSUM || c.Kind == measures.Bernoulli || vlad
	var columns []ownColumn
	for _, column := range [...]struct {
		own    bool
		name   string
		values []float64
	}{{ewma, "ewma", c.EWMA}, {cusum, "cusum_high", c.CusumHigh}, {cusum, "cusum_low", c.CusumLow}, {vlad, "vlad", c.VLAD}, {false, "z", c.Z}} {
		if column.own || column.values != nil {
			columns = append(columns, ownColumn{column.name, column.values})
		}
	}
	return columns
}

func at(column []float64, i int) float64 {
	if column == nil {
		return measures.Missing
	}
	return column[i]
}

// appendGroup writes one group of a funnel. It stands at no point in time, and
// its limits are named by how much of chance they hold.
func appendGroup(b []byte, item *Item, i int) []byte {
	c := item.Chart
	b = appendString(append(b, `{"group":`...), item.group(i))
	b = appendNumber(append(b, `,"y":`...), c.Y[i])
	b = appendNumber(append(b, `,"n":`...), c.N[i])
	b = appendNumber(append(b, `,"z":`...), at(c.Z, i))
	b = appendNumber(append(b, `,"lower95":`...), c.NearLower[i])
	b = appendNumber(append(b, `,"upper95":`...), c.NearUpper[i])
	b = appendNumber(append(b, `,"lower998":`...), c.Lower[i])
	b = appendNumber(append(b, `,"upper998":`...), c.Upper[i])
	return appendJudgement(b, c, i)
}

// appendDispersion writes what all groups of a funnel have in common. Of no
// group at all there is nothing to say.
func appendDispersion(b []byte, c *measures.Chart) []byte {
	centre, phi, tau2 := measures.Missing, measures.Missing, measures.Missing
	if last := c.Last(); last >= 0 {
		centre, phi, tau2 = c.Centre[last], c.Phi, c.Tau2
	}
	b = appendNumber(append(b, `,"centre":`...), centre)
	b = appendNumber(append(b, `,"phi":`...), phi)
	return appendNumber(append(b, `,"tau2":`...), tau2)
}

// appendJudgement ends a point with its signals, its cause and its state.
func appendJudgement(b []byte, c *measures.Chart, i int) []byte {
	b = append(b, `,"signals":[`...)
	for k, name := range c.Signals[i].Names() {
		if k > 0 {
			b = append(b, ',')
		}
		b = appendString(b, name)
	}
	b = append(b, `],"cause":`...)
	if c.Causes[i] == measures.NoCause {
		b = append(b, "null"...)
	} else {
		b = appendString(b, c.Causes[i].String())
	}
	// Why there is no number, or that it may still change, is part of the figure.
	if state := stateOf(c, i); state != measures.Final && state != measures.Excluded {
		b = appendString(append(b, `,"state":`...), state.String())
	}
	return append(b, '}')
}

func appendPhase(b []byte, p *measures.PhaseStatistics, rules measures.RuleSet) []byte {
	b = strconv.AppendInt(append(b, `{"n":`...), int64(p.N), 10)
	b = appendCount(append(b, `,"n_useful":`...), p.Useful)
	b = appendCount(append(b, `,"longest_run":`...), p.LongestRun)
	b = appendCount(append(b, `,"longest_run_max":`...), p.LongestRunMax)
	b = appendCount(append(b, `,"crossings":`...), p.Crossings)
	b = appendCount(append(b, `,"crossings_min":`...), p.CrossingsMin)
	if rules == measures.IHI {
		b = appendCount(append(b, `,"runs":`...), p.Runs)
		b = appendCount(append(b, `,"runs_low":`...), p.RunsLow)
		b = appendCount(append(b, `,"runs_high":`...), p.RunsHigh)
	}
	b = strconv.AppendBool(append(b, `,"runs_signal":`...), p.Signal)
	return append(b, '}')
}

func stateOf(c *measures.Chart, i int) measures.State {
	if i < len(c.States) {
		return c.States[i]
	}
	return measures.Final
}

func appendCount(b []byte, n int32) []byte {
	if n < 0 {
		return append(b, "null"...)
	}
	return strconv.AppendInt(b, int64(n), 10)
}

// appendNumber writes the shortest text that reads back as the same number. An
// infinite number cannot come here; it would be written as missing, since JSON
// has no word for it.
func appendNumber(b []byte, v float64) []byte {
	if measures.IsMissing(v) || math.IsInf(v, 0) {
		return append(b, "null"...)
	}
	if v == 0 {
		return append(b, '0') // never -0
	}
	format := byte('f')
	if a := math.Abs(v); a < 1e-6 || a >= 1e21 {
		format = 'e'
	}
	return strconv.AppendFloat(b, v, format, -1, 64)
}

func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(s) // strings always marshal
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
