package export

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
)

// column is one column of a CSV file: its name, and its cell for one point.
type column struct {
	name string
	cell func(item *Item, point int) string
}

// CSV writes one row a point. What is said of the chart as a whole is repeated
// in every row, so that a row still means something after sorting and filtering.
// Columns that only some kinds of chart have are there if one of the charts has
// them; a funnel has groups for points in time.
func CSV(w io.Writer, items ...Item) error {
	out := csv.NewWriter(w)
	columns := columnsOf(items)
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = c.name
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for i := range items {
		sentence, notes := text(words.Sentence(items[i].Words, items[i].Chart).String()), notesOf(items[i].Chart)
		for k := range items[i].Chart.X {
			for n, c := range columns {
				switch {
				case c.name == "sentence":
					row[n] = sentence
				case c.name == "notes":
					row[n] = notes
				default:
					row[n] = c.cell(&items[i], k)
				}
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func columnsOf(items []Item) []column {
	columns := []column{
		{"organisation", func(i *Item, _ int) string { return text(i.Organisation) }},
		{"title", func(i *Item, _ int) string { return text(i.Title) }},
		{"kind", func(i *Item, _ int) string { return i.Chart.Kind.String() }},
		{"rules", func(i *Item, _ int) string { return i.Chart.Rules.String() }},
	}
	if len(items) > 0 && !slices.ContainsFunc(items, func(i Item) bool { return i.Chart.Kind != measures.Funnel }) {
		columns = append(columns, groupColumns()...)
	} else {
		columns = append(columns, pointColumns()...)
		for _, own := range [...]string{"ewma", "cusum_high", "cusum_low", "vlad", "z"} {
			if slices.ContainsFunc(items, func(i Item) bool { return i.has(own) }) {
				columns = append(columns, number(own, func(i *Item) []float64 { return i.own(own) }))
			}
		}
	}
	return append(columns,
		column{"state", func(i *Item, k int) string { return stateOf(i.Chart, k).String() }},
		column{"signals", func(i *Item, k int) string { return strings.Join(i.Chart.Signals[k].Names(), " ") }},
		column{"cause", func(i *Item, k int) string { return i.Chart.Causes[k].String() }},
		column{"variation", func(i *Item, _ int) string { return i.Chart.Variation.String() }},
		column{"assurance", func(i *Item, _ int) string { return i.Chart.Assurance.String() }},
		column{"target", func(i *Item, _ int) string { return cell(i.Chart.Target) }},
		// Once for the whole chart. New columns come last: some who read these files
		// count columns.
		column{"sentence", nil}, column{"notes", nil})
}

// notesOf gives what a chart says of itself and the advice on reading it, each
// with its code as in JSON, in one cell.
func notesOf(c *measures.Chart) string {
	var all []string
	for _, note := range c.Notes {
		all = append(all, note.Code+": "+note.Text)
	}
	return text(strings.Join(all, " | "))
}

func pointColumns() []column {
	return []column{
		{"x", func(i *Item, k int) string { return i.Chart.XText(k) }},
		number("y", func(i *Item) []float64 { return i.Chart.Y }),
		number("n", func(i *Item) []float64 { return i.Chart.N }),
		{"phase", func(i *Item, k int) string { return strconv.Itoa(int(i.Chart.Phase[k])) }},
		number("centre", func(i *Item) []float64 { return i.Chart.Centre }),
		number("lower", func(i *Item) []float64 { return i.Chart.Lower }),
		number("upper", func(i *Item) []float64 { return i.Chart.Upper }),
		number("near_lower", func(i *Item) []float64 { return i.Chart.NearLower }),
		number("near_upper", func(i *Item) []float64 { return i.Chart.NearUpper }),
	}
}

func groupColumns() []column {
	return []column{
		{"group", func(i *Item, k int) string { return text(i.group(k)) }},
		number("y", func(i *Item) []float64 { return i.Chart.Y }),
		number("n", func(i *Item) []float64 { return i.Chart.N }),
		number("z", func(i *Item) []float64 { return i.Chart.Z }),
		number("centre", func(i *Item) []float64 { return i.Chart.Centre }),
		number("lower95", func(i *Item) []float64 { return i.Chart.NearLower }),
		number("upper95", func(i *Item) []float64 { return i.Chart.NearUpper }),
		number("lower998", func(i *Item) []float64 { return i.Chart.Lower }),
		number("upper998", func(i *Item) []float64 { return i.Chart.Upper }),
	}
}

func (item *Item) has(own string) bool {
	return slices.ContainsFunc(ownColumns(item.Chart), func(c ownColumn) bool { return c.name == own })
}

// own finds a column that only some kinds have, or nil.
func (item *Item) own(name string) []float64 {
	for _, c := range ownColumns(item.Chart) {
		if c.name == name {
			return c.values
		}
	}
	return nil
}

func number(name string, of func(*Item) []float64) column {
	return column{name, func(i *Item, k int) string {
		return cell(at(of(i), k))
	}}
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
