package policy

import (
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// RowField is something that a row rule may say of a row of figures.
type RowField struct {
	Name  string
	Holds Holding
	// Strata says that only datasets with stratifiers have it. For the whole of an
	// organisation, and so for every row of other datasets, it is null.
	Strata bool
}

// Holding is the type of what a field holds.
type Holding string

const (
	HoldsCode Holding = "an ODS code"
	HoldsText Holding = "text"
	HoldsDate Holding = "a date as 2026-06-15"
)

var rowFields = []RowField{
	{Name: "ods", Holds: HoldsCode},
	{Name: "dataset", Holds: HoldsText},
	{Name: "stratifier", Holds: HoldsText, Strata: true},
	{Name: "stratum", Holds: HoldsText, Strata: true},
	{Name: "period", Holds: HoldsDate},
}

// RowFields lists all fields that a row rule may name.
func RowFields() []RowField { return slices.Clone(rowFields) }

// Operators lists those that the field may be compared by. Only dates have an
// order that means something.
func (f RowField) Operators() []string {
	if f.Holds == HoldsDate {
		return slices.Clone(operators)
	}
	return []string{"eq", "in", "is_null"}
}

// takes reports whether a value is of the type of the field.
func (f RowField) takes(value any) bool {
	text, ok := value.(string)
	switch {
	case !ok:
		return false
	case f.Holds == HoldsCode:
		return measures.ODSCode(text).Valid()
	case f.Holds == HoldsDate:
		_, err := measures.ParseDate(text)
		return err == nil
	}
	return true
}

// Check finds what no row of a dataset could be asked: a field that it does not
// have, or a comparison that its type does not know. A rule that cannot be kept
// must open nothing, so a decision with one of them is refused.
func (r RowRule) Check(dataset DatasetFacts) error {
	for _, c := range r.Conditions {
		if err := c.check(dataset); err != nil {
			return fmt.Errorf("row rule %s %s: %w", c.Field, c.Op, err)
		}
	}
	return nil
}

func (c Condition) check(dataset DatasetFacts) error {
	i := slices.IndexFunc(rowFields, func(f RowField) bool { return f.Name == c.Field })
	if i < 0 {
		return fmt.Errorf("rows have no field %q", c.Field)
	}
	field := rowFields[i]
	switch {
	case !slices.Contains(field.Operators(), c.Op):
		return fmt.Errorf("it holds %s, which can be compared by %q", field.Holds, field.Operators())
	case c.Op == "is_null":
		return nil
	case field.Strata && len(dataset.Stratifiers) == 0:
		return fmt.Errorf("the dataset has no strata")
	}
	for _, value := range c.Values {
		if !field.takes(value) {
			return fmt.Errorf("it holds %s and is compared with %v", field.Holds, value)
		}
	}
	if known := dataset.Stratifiers; field.Name == "stratifier" {
		for _, value := range c.Values {
			if !slices.Contains(known, value.(string)) {
				return fmt.Errorf("the dataset has no stratifier %q; it has %q", value, known)
			}
		}
	}
	return nil
}
