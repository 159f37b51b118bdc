package words

import (
	"strings"

	"github.com/signalbox-health/signalbox/measures"
)

// shortRules are the rules as the column of a table has them, in the order of
// the signals' bits.
var shortRules = [...]string{"above the limit", "below the limit", "trend up", "trend down", "2 of 3", "2 of 3",
	"run above", "run below", "Western Electric 1", "Western Electric 2", "Western Electric 3", "Western Electric 4",
	"Nelson 1", "Nelson 2", "Nelson 3", "Nelson 4", "Nelson 5", "Nelson 6", "Nelson 7", "Nelson 8"}

// Rules names the rules that fired at a point, for a table: "Above the limit; 2
// of 3; run above". A dash stands for none.
func Rules(s measures.Signals) string {
	if s == 0 {
		return "–"
	}
	var names []string
	for i, name := range shortRules {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return capital(strings.Join(names, "; "))
}

// Cause names a judgement on one point, for a table.
func Cause(c measures.Cause) string {
	switch c {
	case measures.Common:
		return "Common cause"
	case measures.Improvement:
		return "Improvement"
	case measures.Concern:
		return "Concern"
	case measures.NeutralHigh:
		return "Changed, higher"
	case measures.NeutralLow:
		return "Changed, lower"
	}
	return "–"
}

// State names the state of a point that is not simply final, or is empty.
func State(s measures.State, hidden string) string {
	switch s {
	case measures.Provisional:
		return "provisional"
	case measures.NotMeasured:
		return "not measured"
	case measures.Suppressed:
		if hidden != "" {
			return "hidden: " + hidden
		}
		return "hidden, a small number"
	case measures.Excluded:
		return "left out of the limits"
	}
	return ""
}
