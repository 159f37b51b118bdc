package policy

import (
	"fmt"
	"slices"
)

// floorAcross is the least threshold for small numbers of unpublished data that
// crosses from one organisation to another: counts from 1 to 7 are hidden, as
// NHS Digital does for Hospital Episode Statistics since September 2018.
const floorAcross = 8

// bars are the invariants that no policy can switch off, as reasons against.
// They stand in Go so that a mistake in a policy cannot lose them.
func (l *live) bars(r Request) []Reason {
	var reasons []Reason
	bar := func(code, message, help string) {
		reasons = append(reasons, Reason{Code: code, Message: message, Help: help, Rule: "host"})
	}
	if r.Action != ChartRead && r.Action != DataLoad && r.Action != DataExport && r.Action != EvidenceSend && r.Action.OpensData() {
		bar("action_unknown", fmt.Sprintf("This program cannot do %q.", r.Action), "Tell the people who run this Signalbox.")
	}
	if r.Actor.ID == "" {
		bar("not_signed_in", "You are not signed in.", "Sign in, and ask again.")
	}
	if r.Resource.Grain != "aggregate" {
		bar("aggregates_only", "Signalbox gives counts and sums, never the data of single people.", "Ask for the measure as an aggregate.")
	}
	if m := r.Resource; r.Action.AboutPlugin() && (m.Dataset != "" || m.ODS != "" || len(m.Columns) > 0) {
		bar("plugin_not_data", "A question about a plugin cannot ask for data as well.", "Tell the people who run this Signalbox.")
	}
	if m := r.Resource; r.Action.AboutGovernance() && (m.Dataset != "" || m.ODS == "" || len(m.Columns) > 0) {
		bar("governance_not_data", "A question about governance names one organisation, and asks for no data.", "Tell the people who run this Signalbox.")
	}
	if c := r.Change; c.Kind != "" && c.Author == r.Actor.ID && (r.Action == PolicyApprove || r.Action == AccessDecide || r.Action == PeopleAppoint) {
		bar("own_work", "Nobody decides on what they wrote or asked for themselves.", "Ask a second person who may decide.")
	}
	l.barPlugin(r, bar)
	barRelease(r, bar)
	return reasons
}

// within holds a decision to the host's invariants. It only narrows.
func (l *live) within(d Decision) Decision {
	r := d.Request
	reasons := l.bars(r)
	if d.Allow && (!slices.Contains(d.Scope, Everyone) || r.Resource.ODS != Everyone) {
		for _, code := range d.Scope {
			if r.Resource.ODS != Everyone && code != r.Resource.ODS {
				reasons = append(reasons, wider(fmt.Sprintf("data of %s", code)))
			}
		}
	}
	for _, column := range d.Columns {
		if d.Allow && !slices.Contains(r.Resource.Columns, column) {
			reasons = append(reasons, wider(fmt.Sprintf("the column %q", column)))
		}
	}
	if len(reasons) > 0 {
		for _, reason := range reasons {
			if !slices.ContainsFunc(d.Reasons, func(have Reason) bool { return have.Code == reason.Code }) {
				d.Reasons = append(d.Reasons, reason)
			}
		}
		return d.closed()
	}
	if !d.Allow {
		return d.closed()
	}
	if !r.Action.OpensData() {
		d.Rows, d.Columns = nil, nil
		return d
	}
	asked := asked(r.Resource)
	var rows []RowRule
	for _, rule := range d.Rows {
		if narrowed, some := both(rule, asked); some {
			rows = append(rows, narrowed)
		}
	}
	d.Rows = rows
	d.Disclosure.MinCellCount = max(d.Disclosure.MinCellCount, l.floor(r))
	return d
}

func wider(what string) Reason {
	return Reason{Code: "wider_than_asked", Rule: "host",
		Message: "The policy would have opened " + what + ", which nobody asked for, so nothing is opened.",
		Help:    "Tell the people who write this policy."}
}

// asked is the request as a row rule: the widest that an answer can be.
func asked(m Resource) RowRule {
	var rule RowRule
	if m.ODS != Everyone {
		rule.Conditions = append(rule.Conditions, Condition{Field: "ods", Op: "in", Values: []any{string(m.ODS)}})
	}
	if m.Period.From != 0 {
		rule.Conditions = append(rule.Conditions, Condition{Field: "period", Op: "gte", Values: []any{m.Period.From.String()}})
	}
	if m.Period.To != 0 {
		rule.Conditions = append(rule.Conditions, Condition{Field: "period", Op: "lte", Values: []any{m.Period.To.String()}})
	}
	if len(rule.Conditions) == 0 {
		rule.All = true
	}
	return rule
}

// floor is the least threshold for small numbers: none for published data, none for
// loading, which releases nothing, and none for people's own organisations, unless
// what they see is to leave them.
func (l *live) floor(r Request) int {
	switch {
	case r.Action == DataLoad, l.data.Datasets[r.Resource.Dataset].Published:
		return 0
	case r.Action != EvidenceSend && r.own():
		return 0
	}
	return floorAcross
}
