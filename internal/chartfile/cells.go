package chartfile

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/spc"
)

// x is a date or a whole number, and the same in all rows.
func (r *reader) x(cell string, line int) (int32, error) {
	cell = strings.TrimSpace(cell)
	date, notDate := measures.ParseDate(cell)
	whole, notWhole := strconv.ParseInt(cell, 10, 32)
	if len(r.rows) == 0 {
		r.date = notDate == nil
	}
	switch {
	case r.date && notDate == nil:
		return int32(date), nil
	case !r.date && notWhole == nil:
		return int32(whole), nil
	}
	want := "a whole number is wanted, as in the rows above"
	switch {
	case len(r.rows) == 0:
		want = "a date such as 2026-05-01, or a whole number, is wanted"
	case r.date:
		want = "a date such as 2026-05-01 is wanted, as in the rows above"
	}
	if cell == "" {
		want = "empty; " + want
	}
	return 0, r.fault(line, "x", cell, want)
}

// group is the name of one group of a funnel.
func (r *reader) group(cell string, line int) (string, error) {
	name := strings.TrimSpace(cell)
	switch {
	case name == "":
		return "", r.fault(line, "group", "", "empty; the name of a group is wanted")
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", r.fault(line, "group", name, "the name of a group is one line of text")
	case r.groups[name] > 0:
		return "", r.fault(line, "group", name, "it stands on line "+strconv.Itoa(r.groups[name])+" already, and a funnel has one point for each group")
	}
	r.groups[name] = line
	return name, nil
}

func (r *reader) number(column, cell string, line int) (float64, error) {
	cell = strings.TrimSpace(cell)
	if cell == "" {
		return measures.Missing, nil
	}
	v, err := strconv.ParseFloat(cell, 64)
	plain := strings.Trim(cell, "0123456789.eE+-") == ""
	// What strconv takes beyond plain decimals (hexadecimals, underscores, "inf",
	// "nan") is more likely a mistake than a measurement.
	if err == nil && plain && !tooFar(v) {
		return v, nil
	}
	want := "a number such as 1234.5 is wanted, or nothing where it is missing"
	switch {
	case plain && tooFar(v):
		want += "; it is too large for a chart"
	case strings.Trim(cell, "0123456789.,-") == "" && strings.Contains(cell, ","):
		want += "; write thousands without commas and decimals with a point"
	case strings.HasSuffix(cell, "%"):
		want += "; write the number alone, and give --multiply 100 for percent"
	}
	return 0, r.fault(line, column, cell, want)
}

// possible refuses what cannot have been counted, whatever the other rows say.
func (r *reader) possible(row *row) error {
	y, n := row.y, row.n
	fault := func(column string, v float64, want string) error {
		return r.fault(row.line, column, strconv.FormatFloat(v, 'g', -1, 64), want)
	}
	switch {
	case r.layout.none && !measures.IsMissing(n):
		return fault("n", n, noN(r.shape.Kind))
	case n < 0:
		return fault(r.layout.n, n, "a denominator cannot be below 0")
	case n > 0 && n < smallest:
		return fault(r.layout.n, n, "a denominator so near 0 makes no rate")
	case r.counted() && y < 0:
		return fault(r.layout.y, y, "a count cannot be below 0")
	case r.shareOf() && n > 0 && y > n:
		return fault(r.layout.y, y, "it is above "+strconv.FormatFloat(n, 'g', -1, 64)+", the number it is a part of")
	case r.shape.Kind == measures.T && y <= 0:
		return fault("y", y, "a time between events is above 0; where events share a day, give the time in hours, or count cases between events with --kind g")
	case (r.shape.Kind == measures.Bernoulli || r.shape.Kind == measures.VLAD) && !measures.IsMissing(y) && y != 0 && y != 1:
		return fault("y", y, "an outcome is 1 where it happened and 0 where it did not")
	case r.shape.Kind == measures.VLAD && n > 1:
		return fault("n", n, "the expected risk of one case lies between 0 and 1")
	}
	return nil
}

// counted reports whether y is a count of something.
func (r *reader) counted() bool {
	switch r.shape.Kind {
	case measures.P, measures.PPrime, measures.U, measures.UPrime, measures.NP, measures.C, measures.G, measures.Funnel:
		return true
	}
	return false
}

// shareOf reports whether y is a part of n.
func (r *reader) shareOf() bool {
	switch r.shape.Kind {
	case measures.P, measures.PPrime, measures.NP:
		return true
	case measures.Funnel:
		return r.shape.Ratio == spc.Proportion
	}
	return false
}

// noN says why a kind of chart takes no n, and what to do.
func noN(kind measures.Kind) string {
	switch kind {
	case measures.C:
		return "a chart of kind c takes no n; for a rate choose --kind u or up"
	case measures.XBar, measures.S:
		return "a chart of kind " + kind.String() + " takes no n: rows of the same x are one subgroup"
	}
	return "a chart of kind " + kind.String() + " takes no n"
}
