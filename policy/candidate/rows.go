package candidate

import (
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// row is one figure, as far as a row rule can tell figures apart.
type row struct {
	ods     measures.ODSCode
	dataset measures.DatasetID
	period  measures.Date
	// Of a part of an organisation: what it is split by, and which part; both are
	// empty for the whole.
	stratifier, stratum string
}

func (r row) String() string {
	if r.stratum == "" {
		return fmt.Sprintf("%s of %s, %s", r.dataset, r.ods, r.period)
	}
	return fmt.Sprintf("%s of %s, %s, %s", r.dataset, r.ods, r.stratum, r.period)
}

// shows reports whether an answer lets a row through: its rows do, and so does
// the scope that the database holds it to.
func shows(d policy.Decision, r row) bool {
	if !d.Allow || !slices.Contains(d.Scope, policy.Everyone) && !slices.Contains(d.Scope, r.ods) {
		return false
	}
	return slices.ContainsFunc(d.Rows, func(rule policy.RowRule) bool { return lets(rule, r) })
}

// lets says for one row what the database says in SQL. A condition that it would
// refuse lets nothing through here either.
func lets(rule policy.RowRule, r row) bool {
	if rule.All {
		return true
	}
	for _, c := range rule.Conditions {
		if !meets(c, r) {
			return false
		}
	}
	return len(rule.Conditions) > 0
}

func meets(c policy.Condition, r row) bool {
	value, null := "", false
	switch c.Field {
	case "ods":
		value = string(r.ods)
	case "dataset":
		value = string(r.dataset)
	case "period":
		value = r.period.String()
	case "stratifier":
		value, null = r.stratifier, r.stratifier == ""
	case "stratum":
		value, null = r.stratum, r.stratum == ""
	default:
		return false
	}
	if c.Op == "is_null" {
		return len(c.Values) == 1 && c.Values[0] == null
	}
	if null {
		return false
	}
	one, ok := "", false
	if len(c.Values) == 1 {
		one, ok = c.Values[0].(string)
	}
	switch c.Op {
	case "in":
		return slices.Contains(c.Values, any(value))
	case "eq":
		return ok && one == value
	}
	if !ok || c.Field != "period" {
		return false
	}
	switch c.Op { // days written year first sort as they follow each other
	case "gte":
		return value >= one
	case "gt":
		return value > one
	case "lte":
		return value <= one
	case "lt":
		return value < one
	}
	return false
}

// milder reports whether small numbers are hidden less under a than under b.
func milder(a, b policy.Disclosure) bool {
	exact := func(d policy.Disclosure) int { return max(d.RoundTo, 1) }
	return a.MinCellCount < b.MinCellCount || exact(a) < exact(b) || b.Secondary && !a.Secondary || a.ZeroVisible && !b.ZeroVisible
}

// more reports whether a has something that b has not.
func more[T comparable](a, b []T) bool {
	return slices.ContainsFunc(a, func(v T) bool { return !slices.Contains(b, v) })
}
