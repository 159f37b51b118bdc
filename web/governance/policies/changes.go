package policies

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
	"github.com/signalbox-health/signalbox/policy/candidate"
)

// tallies are what an impact comes to.
type tallies struct {
	allowed, wider, denied, narrower int
	gained, lost                     int64
	same                             int
}

func tally(list []candidate.Changed, same int) tallies {
	t := tallies{same: same}
	for _, c := range list {
		switch c.Direction {
		case candidate.NowAllowed:
			t.allowed += c.Times
		case candidate.NowWider:
			t.wider += c.Times
		case candidate.NowDenied:
			t.denied += c.Times
		case candidate.Narrower:
			t.narrower += c.Times
		}
		switch {
		case c.Rows == nil:
		case *c.Rows > 0:
			t.gained += *c.Rows
		default:
			t.lost -= *c.Rows
		}
	}
	return t
}

func (t tallies) changed() int { return t.allowed + t.wider + t.denied + t.narrower }

// sentence says in one breath what would change.
func (t tallies) sentence(days int) string {
	since := "of the last " + strconv.Itoa(days) + " days"
	n := t.changed()
	if n == 0 && t.same == 0 {
		return "Nobody has asked for this organisation’s data in the last " + strconv.Itoa(days) + " days, so there is nothing to compare with."
	}
	if n == 0 {
		return "No request " + since + " would have had another answer."
	}
	var parts []string
	say := func(n int, what string) {
		if n > 0 {
			parts = append(parts, figure(n)+" "+what)
		}
	}
	say(t.allowed, "now allowed")
	say(t.wider, "would show more")
	say(t.denied, "now denied")
	say(t.narrower, "would show less")
	text := counted(n, "request ", "requests ") + since + " would change: " + strings.Join(parts, ", ")
	var rows []string
	if t.gained > 0 {
		rows = append(rows, counted(t.gained, "row", "rows")+" gained")
	}
	if t.lost > 0 {
		rows = append(rows, counted(t.lost, "row", "rows")+" lost")
	}
	if len(rows) > 0 {
		text += "; " + strings.Join(rows, ", ")
	}
	return text + "."
}

// changeRow is one group of answers that would change, for a table.
type changeRow struct {
	would   string
	widens  bool
	times   int
	who     string
	asked   string
	because string
	rows    string
}

var wouldBe = map[candidate.Direction]string{
	candidate.NowAllowed: "Allowed", candidate.NowWider: "More", candidate.NowDenied: "Denied", candidate.Narrower: "Less"}

var directions = []candidate.Direction{candidate.NowAllowed, candidate.NowWider, candidate.NowDenied, candidate.Narrower}

// changeRows writes changes for a table, widening first.
func (p *Pages) changeRows(list []candidate.Changed, name func(measures.ODSCode) string) []changeRow {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b candidate.Changed) int {
		return slices.Index(directions, a.Direction) - slices.Index(directions, b.Direction)
	})
	var rows []changeRow
	for _, c := range list {
		in := c.Before.Input
		row := changeRow{would: wouldBe[c.Direction], widens: c.Direction == candidate.NowAllowed || c.Direction == candidate.NowWider,
			times: c.Times, who: who(in.Subject, name), asked: p.asked(in), because: because(c), rows: "not counted"}
		if c.Rows != nil {
			row.rows = signed(*c.Rows)
		}
		rows = append(rows, row)
	}
	return rows
}

// who says who asks, without a name: what counts is what they are.
func who(s policy.Subject, name func(measures.ODSCode) string) string {
	text := "Somebody"
	if len(s.Roles) > 0 {
		text = strings.ReplaceAll(string(s.Roles[0]), "_", " ")
	}
	if s.ODS != nil {
		text += ", " + name(*s.ODS)
	}
	return sentenceStart(text) + ", for " + string(s.Purpose)
}

func sentenceStart(text string) string { return strings.TrimSuffix(sentence(text), ".") }

// asked says what was asked for.
func (p *Pages) asked(in policy.Input) string {
	text := string(in.Resource.Dataset)
	if d, known := p.Datasets.Dataset(in.Resource.Dataset); known {
		text = plain(d.Title)
	}
	switch in.Action {
	case policy.DataExport:
		text += ", taken away"
	case policy.DataLoad:
		text += ", to load it"
	case policy.EvidenceSend:
		text += ", sent as evidence"
	}
	if in.Resource.ODS == policy.Everyone {
		text += ", all organisations"
	}
	switch span := in.Resource.Period; {
	case span.From != nil && span.To != nil:
		text += ", " + span.From.MonthName() + " to " + span.To.MonthName()
	case span.From != nil:
		text += ", from " + span.From.MonthName()
	}
	return text
}

// because says what makes the difference.
func because(c candidate.Changed) string {
	if len(c.Reasons) > 0 {
		text := c.Reasons[0].Message
		if c.Reasons[0].Rule != "" {
			text += " (" + c.Reasons[0].Rule + ")"
		}
		return text
	}
	var parts []string
	before, after := c.Before, c.After
	if len(before.Columns) != len(after.Columns) {
		parts = append(parts, strconv.Itoa(len(after.Columns))+" columns, and not "+strconv.Itoa(len(before.Columns)))
	}
	if before.Disclosure != after.Disclosure {
		parts = append(parts, hiding(after.Disclosure)+", and not "+hiding(before.Disclosure))
	}
	if rows := rowsSaid(before.Rows, after.Rows); rows != "" {
		parts = append(parts, rows)
	}
	if len(parts) == 0 {
		parts = append(parts, "other rows")
	}
	return sentenceStart(strings.Join(parts, "; "))
}

// rowsSaid says which conditions on rows are new, and which are no more.
func rowsSaid(before, after []policy.RowRule) string {
	var parts []string
	if added := conditionsBeyond(before, after); len(added) > 0 {
		parts = append(parts, "only "+listed(added))
	}
	if gone := conditionsBeyond(after, before); len(gone) > 0 {
		parts = append(parts, "no longer only "+listed(gone))
	}
	return strings.Join(parts, "; ")
}

// conditionsBeyond are those of the second rules that the first do not have.
func conditionsBeyond(first, second []policy.RowRule) (list []string) {
	has := map[string]bool{}
	for _, rule := range first {
		for _, c := range rule.Conditions {
			has[conditionSaid(c)] = true
		}
	}
	for _, rule := range second {
		for _, c := range rule.Conditions {
			if said := conditionSaid(c); !has[said] {
				has[said] = true
				list = append(list, said)
			}
		}
	}
	return list
}

var orders = map[string]string{"gte": "from", "gt": "after", "lte": "to", "lt": "before", "in": "among", "eq": "equal to"}

func conditionSaid(c policy.Condition) string {
	field := map[string]string{"ods": "organisations", "period": "periods", "stratum": "strata", "dataset": "datasets"}[c.Field]
	if field == "" {
		field = c.Field
	}
	if c.Op == "is_null" {
		if len(c.Values) == 1 && c.Values[0] == true {
			return "rows without " + field
		}
		return "rows with " + field
	}
	var values []string
	for _, v := range c.Values {
		values = append(values, fmt.Sprint(v))
	}
	return field + " " + orders[c.Op] + " " + listed(values)
}

func hiding(d policy.Disclosure) string {
	if d.MinCellCount < 2 && d.RoundTo < 2 {
		return "every number as it is"
	}
	text := "counts under " + strconv.Itoa(d.MinCellCount) + " hidden"
	if d.RoundTo > 1 {
		text += ", others to the nearest " + strconv.Itoa(d.RoundTo)
	}
	return text
}
