package policy

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// Operators that a condition may use. All but is_null compare with one value;
// in compares with a list.
var operators = []string{"eq", "in", "gte", "gt", "lte", "lt", "is_null"}

// MarshalJSON writes {"all":true} or {"ods":{"in":["RQW"]}}, fields and
// operators in alphabetical order, so that equal rules have equal bytes.
func (r RowRule) MarshalJSON() ([]byte, error) {
	if r.All {
		if len(r.Conditions) > 0 {
			return nil, fmt.Errorf("row rule says all rows and also names conditions")
		}
		return []byte(`{"all":true}`), nil
	}
	fields := map[string]map[string]any{}
	for _, c := range r.Conditions {
		if fields[c.Field] == nil {
			fields[c.Field] = map[string]any{}
		}
		if _, twice := fields[c.Field][c.Op]; twice {
			return nil, fmt.Errorf("row rule names %s %s twice", c.Field, c.Op)
		}
		switch {
		case c.Op == "in":
			fields[c.Field][c.Op] = filled(c.Values)
		case len(c.Values) == 1:
			fields[c.Field][c.Op] = c.Values[0]
		default:
			return nil, fmt.Errorf("row rule %s %s has %d values, want one", c.Field, c.Op, len(c.Values))
		}
	}
	return json.Marshal(fields)
}

// UnmarshalJSON reads what MarshalJSON writes and refuses anything else.
func (r *RowRule) UnmarshalJSON(text []byte) error {
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		return err
	}
	rule, err := rowRule(document)
	if err != nil {
		return err
	}
	*r = rule
	return nil
}

// rowRule reads one row rule of a decision, strictly.
func rowRule(document any) (RowRule, error) {
	object, ok := document.(map[string]any)
	if !ok {
		return RowRule{}, fmt.Errorf("row rule is %T, want an object", document)
	}
	if all, found := object["all"]; found {
		if all != true || len(object) != 1 {
			return RowRule{}, fmt.Errorf(`row rule with "all" must be exactly {"all":true}`)
		}
		return RowRule{All: true}, nil
	}
	if len(object) == 0 {
		return RowRule{}, fmt.Errorf(`row rule without conditions; all rows are {"all":true}`)
	}
	var rule RowRule
	for field, tests := range object {
		named, ok := tests.(map[string]any)
		if !ok || len(named) == 0 {
			return RowRule{}, fmt.Errorf("row rule for %q has no operator", field)
		}
		for op, value := range named {
			condition, err := condition(field, op, value)
			if err != nil {
				return RowRule{}, err
			}
			rule.Conditions = append(rule.Conditions, condition)
		}
	}
	slices.SortFunc(rule.Conditions, func(a, b Condition) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Op, b.Op))
	})
	return rule, nil
}

func condition(field, op string, value any) (Condition, error) {
	if !slices.Contains(operators, op) {
		return Condition{}, fmt.Errorf("row rule for %q has operator %q; known are %q", field, op, operators)
	}
	values := []any{value}
	if op == "in" {
		list, ok := value.([]any)
		if !ok {
			return Condition{}, fmt.Errorf("row rule %s in: value is %T, want a list", field, value)
		}
		values = list
	}
	for i, v := range values {
		if n, ok := v.(json.Number); ok {
			number, err := n.Float64()
			if err != nil {
				return Condition{}, fmt.Errorf("row rule %s %s: %w", field, op, err)
			}
			values[i] = number
		}
		switch values[i].(type) {
		case bool:
			if op != "eq" && op != "is_null" {
				return Condition{}, fmt.Errorf("row rule %s %s cannot compare with true or false", field, op)
			}
		case string, float64:
			if op == "is_null" {
				return Condition{}, fmt.Errorf("row rule %s is_null must be true or false", field)
			}
		default:
			return Condition{}, fmt.Errorf("row rule %s %s compares with %T", field, op, v)
		}
	}
	return Condition{Field: field, Op: op, Values: values}, nil
}
