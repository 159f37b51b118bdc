package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// RegisterData is what is loaded that is no figures, as the policy is asked about
// it: organisations, their successions, and events.
func RegisterData() measures.Dataset {
	return measures.Dataset{ID: "register", Title: "The register of organisations and events"}
}

// permits reports what is wrong, if anything, with the grants of a load: there must
// be one for each dataset, given for this organisation, and it must open every
// column and every organisation of the file. What opens a part of a file opens none.
func (h *LoadHeader) permits(datasets []measures.Dataset, organisations []measures.ODSCode) error {
	for i := range datasets {
		d := &datasets[i]
		at := slices.IndexFunc(h.Grants, func(g policy.Grant) bool {
			r := g.Record().Decision().Request
			return g.Valid() && r.Action == policy.DataLoad && r.Resource.ODS == h.As && r.Resource.Dataset == d.ID
		})
		if at < 0 {
			return fmt.Errorf("%w: nobody has decided on loading %s for %s", ErrOutOfScope, d.ID, h.As)
		}
		grant := h.Grants[at]
		for _, c := range d.Columns {
			if !grant.Sees(c.Name) {
				return fmt.Errorf("%w: the policy does not let column %s of %s be loaded", ErrOutOfScope, c.Name, d.ID)
			}
		}
		closed := slices.DeleteFunc(slices.Clone(organisations), func(code measures.ODSCode) bool {
			return code == h.As || writes(grant.Rows(), code)
		})
		if len(closed) > 0 {
			return fmt.Errorf("%w: the policy does not let %s of %s be loaded", ErrOutOfScope, d.ID, shortened(closed))
		}
	}
	return nil
}

// writes reports whether row rules let all rows of an organisation be written. A
// rule about anything else than the organisation opens a part, and so nothing.
func writes(rules []policy.RowRule, code measures.ODSCode) bool {
	return slices.ContainsFunc(rules, func(r policy.RowRule) bool {
		return r.All || len(r.Conditions) > 0 && !slices.ContainsFunc(r.Conditions, func(c policy.Condition) bool {
			return c.Field != "ods" || c.Op != "in" && c.Op != "eq" || !slices.Contains(c.Values, any(string(code)))
		})
	})
}

// shortened names a few of many.
func shortened(codes []measures.ODSCode) string {
	const shown = 5
	names := make([]string, 0, shown)
	for _, code := range codes[:min(shown, len(codes))] {
		names = append(names, string(code))
	}
	if more := len(codes) - shown; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}
