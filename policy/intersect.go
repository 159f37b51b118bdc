package policy

import (
	"cmp"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// Intersect gives the decision that allows only what both allow: the rows and
// columns that both let through, the stricter disclosure, every obligation. It
// never lets through more than either. Request and revisions are those of a.
func Intersect(a, b Decision) Decision {
	out := a
	out.Allow = a.Allow && b.Allow
	out.Reasons = slices.Concat(a.Reasons, b.Reasons)
	out.Obligations = union(a.Obligations, b.Obligations)
	out.CacheSeconds = min(a.CacheSeconds, b.CacheSeconds)
	out.sealed = false
	if !out.Allow {
		return out.closed()
	}
	out.Grants = union(a.Grants, b.Grants)
	out.Scope = narrowScope(a.Scope, b.Scope)
	out.Columns = common(a.Columns, b.Columns)
	out.Disclosure = stricter(a.Disclosure, b.Disclosure)
	out.Rows = nil
	for _, left := range a.Rows {
		for _, right := range b.Rows {
			if rule, some := both(left, right); some {
				out.Rows = append(out.Rows, rule)
			}
		}
	}
	return out
}

// closed takes everything out of a denial that could be read as a permission.
func (d Decision) closed() Decision {
	d.Allow, d.Grants, d.Scope, d.Rows, d.Columns, d.Disclosure, d.CacheSeconds = false, nil, nil, nil, nil, Disclosure{}, 0
	return d
}

// narrowScope knows that ENG stands for every organisation.
func narrowScope(a, b []measures.ODSCode) []measures.ODSCode {
	switch {
	case slices.Contains(a, Everyone):
		return slices.Clone(b)
	case slices.Contains(b, Everyone):
		return slices.Clone(a)
	}
	return common(a, b)
}

func stricter(a, b Disclosure) Disclosure {
	return Disclosure{MinCellCount: max(a.MinCellCount, b.MinCellCount), RoundTo: max(a.RoundTo, b.RoundTo),
		Secondary: a.Secondary || b.Secondary, ZeroVisible: a.ZeroVisible && b.ZeroVisible}
}

// both joins two row rules with AND, or reports that no row can match.
func both(a, b RowRule) (RowRule, bool) {
	switch {
	case a.All:
		return b, true
	case b.All:
		return a, true
	}
	var out RowRule
	for _, c := range slices.Concat(a.Conditions, b.Conditions) {
		i := slices.IndexFunc(out.Conditions, func(o Condition) bool { return o.Field == c.Field && o.Op == c.Op })
		if i < 0 {
			out.Conditions = append(out.Conditions, c)
			continue
		}
		merged, some := merge(out.Conditions[i], c)
		if !some {
			return RowRule{}, false
		}
		out.Conditions[i] = merged
	}
	slices.SortFunc(out.Conditions, func(a, b Condition) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Op, b.Op))
	})
	return out, true
}

// merge joins two conditions of one field and operator. Values of two types
// have no order, so no row can meet both.
func merge(a, b Condition) (Condition, bool) {
	switch a.Op {
	case "in":
		values := common(a.Values, b.Values)
		return Condition{Field: a.Field, Op: a.Op, Values: values}, len(values) > 0
	case "gte", "gt", "lte", "lt":
		order, comparable := compareValues(a.Values[0], b.Values[0])
		if !comparable {
			return Condition{}, false
		}
		if lower := a.Op[0] == 'l'; lower == (order < 0) || order == 0 {
			return a, true
		}
		return b, true
	}
	return a, a.Values[0] == b.Values[0] // eq, is_null
}

func compareValues(a, b any) (order int, comparable bool) {
	switch left := a.(type) {
	case string:
		right, ok := b.(string)
		return cmp.Compare(left, right), ok
	case float64:
		right, ok := b.(float64)
		return cmp.Compare(left, right), ok
	}
	return 0, false
}

func common[T comparable](a, b []T) []T {
	var out []T
	for _, v := range a {
		if slices.Contains(b, v) {
			out = append(out, v)
		}
	}
	return out
}

func union[T comparable](a, b []T) []T {
	out := slices.Clone(a)
	for _, v := range b {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}
