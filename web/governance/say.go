package governance

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signalbox-health/signalbox/internal/demo"
	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/measures/words"
	"github.com/signalbox-health/signalbox/policy"
)

// name is what an organisation is called in running text. The label of the
// demonstration stands at the top of the page and need not be said again.
func (p *Pages) name(ctx context.Context, code measures.ODSCode) string {
	name, err := p.Names.OrganisationName(ctx, code)
	if err != nil {
		return string(code) // the page is about a decision, and not about a name
	}
	return strings.TrimPrefix(name, demo.Label)
}

// title is what a dataset is called.
func (p *Pages) title(id measures.DatasetID) string {
	if d, known := p.Catalogue.Dataset(id); known {
		return d.Title
	}
	return string(id)
}

// day is the civil day of a moment.
func day(t time.Time) string { return dateOf(t).DayName() }

func dateOf(t time.Time) measures.Date {
	year, month, day := t.UTC().Date()
	return measures.DateOf(year, int(month), day)
}

func (p *Pages) today() measures.Date { return dateOf(p.Now()) }

// counted writes a number with what it counts.
func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return words.Number(float64(n), 0) + " " + many
}

// listed joins words as one says them: a, b and c.
func listed(items []string) string {
	switch n := len(items); n {
	case 0:
		return ""
	case 1:
		return items[0]
	default:
		return strings.Join(items[:n-1], ", ") + " and " + items[n-1]
	}
}

// purposes names purposes as the baseline calls them, in its order.
func purposes(list []policy.Purpose, facts map[policy.Purpose]policy.PurposeFacts) string {
	var names []string
	for _, purpose := range slices.Sorted(slices.Values(list)) {
		name := string(purpose)
		if fact, known := facts[purpose]; known {
			name = fact.Title
		}
		names = append(names, name)
	}
	return listed(names)
}

// hiding says how small numbers are hidden.
func hiding(d policy.Disclosure) string {
	switch {
	case d.MinCellCount < 2 && d.RoundTo < 2:
		return "every number as it is"
	case d.MinCellCount < 2:
		return "counts rounded to the nearest " + strconv.Itoa(d.RoundTo)
	case d.RoundTo < 2:
		return "counts under " + strconv.Itoa(d.MinCellCount) + " hidden"
	}
	return "counts under " + strconv.Itoa(d.MinCellCount) + " hidden and others rounded to the nearest " + strconv.Itoa(d.RoundTo)
}

// each names the stretch of time of which there is one number.
func each(g measures.Grain) (one, many string) {
	switch g {
	case measures.Day:
		return "day", "days"
	case measures.Week:
		return "week", "weeks"
	case measures.Quarter:
		return "quarter", "quarters"
	case measures.FinancialYear:
		return "financial year", "financial years"
	}
	return "month", "months"
}

// roles names roles in words: "clinician".
func roles(list []policy.Role, facts map[policy.Role]policy.RoleFacts) string {
	var names []string
	for _, role := range list {
		name := string(role)
		if fact, known := facts[role]; known {
			name = strings.ToLower(fact.Title[:1]) + fact.Title[1:]
		}
		names = append(names, name)
	}
	return listed(names)
}

func one(purpose policy.Purpose) []policy.Purpose { return []policy.Purpose{purpose} }

func capital(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
