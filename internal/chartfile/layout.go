package chartfile

import (
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// layout is the columns that a kind of chart takes.
type layout struct {
	required, optional []string
	y, n               string            // the names of the two columns of figures
	none               bool              // there is no n; a column of it may stand there empty
	alias              map[string]string // other names that columns may have
}

// overTime are columns that any chart of a series may have.
var overTime = []string{"target", "trajectory"}

func layoutOf(kind measures.Kind) layout {
	switch kind {
	case measures.Funnel:
		return layout{required: []string{"group", "numerator", "denominator"}, y: "numerator", n: "denominator"}
	case measures.P, measures.PPrime, measures.U, measures.UPrime, measures.NP, measures.IPrime:
		return layout{required: []string{"x", "y", "n"}, optional: overTime, y: "y", n: "n"}
	case measures.VLAD:
		return layout{required: []string{"x", "y", "n"}, y: "y", n: "n", alias: map[string]string{"expected": "n"}}
	case measures.C, measures.G, measures.T:
		return layout{required: []string{"x", "y"}, optional: append([]string{"n"}, overTime...), y: "y", n: "n", none: true}
	case measures.XBar, measures.S, measures.Bernoulli:
		return layout{required: []string{"x", "y"}, optional: []string{"n"}, y: "y", n: "n", none: true}
	}
	return layout{required: []string{"x", "y"}, optional: append([]string{"n"}, overTime...), y: "y", n: "n"}
}

func (l *layout) columns() []string { return slices.Concat(l.required, l.optional) }

// wanted says which header belongs in the file.
func (l *layout) wanted() string {
	text := `a header is needed: "` + strings.Join(l.required, ",") + `"`
	if !l.none && slices.Contains(l.optional, "n") {
		text += ` or "x,y,n"`
	}
	if l.alias != nil {
		text += ` or "x,y,expected"`
	}
	return text
}

// unknown says why a column cannot be taken.
func (l *layout) unknown(kind measures.Kind, name string) string {
	switch {
	case slices.Contains(overTime, name):
		return "a chart of kind " + kind.String() + " takes no such column"
	case name == "group" || name == "numerator" || name == "denominator":
		return "this column belongs to a file for --kind funnel; " + l.wanted()
	case kind == measures.Funnel && (name == "x" || name == "y" || name == "n"):
		return "a funnel compares groups and not points in time; " + l.wanted()
	}
	return "not a column of a chart; " + l.wanted()
}
