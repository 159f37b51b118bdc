package candidate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// maxGroups bounds how many groups of changes are told of each kind: so many as
// somebody reads before signing. What is left out is counted.
const maxGroups = 400

// foresee answers every question by the live policy and by the draft, and tells
// where they differ. It runs in the child.
func foresee(ctx context.Context, t task, recorded *history) (Impact, error) {
	after := policy.Policy{National: t.Live.National, Trusts: copyOf(t.Live.Trusts)}
	switch {
	case t.Owner == policy.Everyone:
		after.National = t.Draft
	case len(t.Draft) == 0:
		delete(after.Trusts, t.Owner)
	default:
		after.Trusts[t.Owner] = t.Draft
	}
	rivals, err := policy.NewRivals(ctx, t.Owner, t.Live, after, t.Reference)
	if err != nil {
		return Impact{}, err
	}
	impact := Impact{Owner: t.Owner}
	impact.Live, impact.Draft = rivals.Revisions()

	replayed, err := replay(ctx, t.Owner, rivals, recorded.asked)
	if err != nil {
		return impact, err
	}
	impact.Replayed, impact.Same, impact.Changed = recorded.total, replayed.same, replayed.told()

	questions := generate(survey(t, literalsOf(parsedOf(t.Draft, t.Live.Trusts[t.Owner]))))
	generated, err := replay(ctx, t.Owner, rivals, questions)
	if err != nil {
		return impact, err
	}
	impact.Generated, impact.ChangedGenerated = len(questions), generated.told()
	return impact, nil
}

// parsedOf reads what can be read, for the names in it.
func parsedOf(policies ...[]policy.Module) []*ast.Module {
	var parsed []*ast.Module
	for _, modules := range policies {
		for _, m := range modules {
			if module, err := ast.ParseModuleWithOpts(m.Name, m.Source, policy.ParserOptions()); err == nil && module != nil && !m.IsTest() {
				parsed = append(parsed, module)
			}
		}
	}
	return parsed
}

// generate asks what nobody may have asked yet: every persona, about each
// dataset of the owner and of everybody, to read, to take away, to load and to send
// as evidence.
func generate(w *world) []asked {
	var questions []asked
	for _, who := range w.personas {
		for _, dataset := range w.datasets {
			for _, action := range dataActions {
				for _, ods := range []measures.ODSCode{w.orgs[0], policy.Everyone} {
					if action == policy.EvidenceSend && ods != who.actor.ODS {
						continue // each organisation sends its own, and the baseline is tested by itself
					}
					questions = append(questions, asked{w.question(who, action, dataset, ods), 1})
				}
			}
		}
	}
	return questions
}

// changes gathers answers that differ, by how they differ.
type changes struct {
	owner  measures.ODSCode
	mu     sync.Mutex
	same   int
	groups map[groupKey]*Changed
	latest map[groupKey]int64
}

// groupKey says which changes are told as one.
type groupKey struct {
	direction Direction
	action    policy.Action
	who       string // roles and organisation
	purpose   policy.Purpose
	dataset   measures.DatasetID
	ods       measures.ODSCode
	reason    string
}

// workers is how many questions are asked at once.
const workers = 2

func replay(ctx context.Context, owner measures.ODSCode, rivals *policy.Rivals, questions []asked) (*changes, error) {
	c := &changes{owner: owner, groups: map[groupKey]*Changed{}, latest: map[groupKey]int64{}}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var running sync.WaitGroup
	for first := range workers {
		running.Go(func() {
			for i := first; i < len(questions); i += workers {
				before, after, err := rivals.Decide(ctx, questions[i].request)
				if err != nil {
					stop(err)
					return
				}
				c.add(questions[i], before, after)
			}
		})
	}
	running.Wait()
	err := context.Cause(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("not all of %d questions could be asked in time; ask about fewer days, or when less is going on", len(questions))
	}
	return c, err
}

func (c *changes) add(a asked, before, after policy.Decision) {
	direction, changed := compareAnswers(about(c.owner, before), about(c.owner, after))
	c.mu.Lock()
	defer c.mu.Unlock()
	if !changed {
		c.same += a.times
		return
	}
	r := a.request
	key := groupKey{direction: direction, action: r.Action, purpose: r.Actor.Purpose, dataset: r.Resource.Dataset, ods: r.Resource.ODS,
		who: fmt.Sprint(r.Actor.Roles, r.Actor.ODS)}
	reasons := after.Reasons
	if direction == NowAllowed {
		reasons = before.Reasons
	}
	var codes []string
	for _, reason := range reasons {
		codes = append(codes, reason.Code)
	}
	key.reason = strings.Join(codes, " ")
	group := c.groups[key]
	if group == nil {
		group = &Changed{Direction: direction}
		c.groups[key] = group
	}
	group.Times += a.times
	if r.Now >= c.latest[key] {
		c.latest[key] = r.Now
		group.Before, group.After = before.Document(), after.Document()
		group.Reasons = append([]policy.Reason{}, reasons...)
	}
}

// directions in the order in which they should be read.
var directions = []Direction{NowAllowed, NowWider, NowDenied, Narrower}

// told lists the groups, of each direction the commonest first.
func (c *changes) told() []Changed {
	type told struct {
		key groupKey
		*Changed
	}
	var list []told
	for key, group := range c.groups {
		list = append(list, told{key, group})
	}
	slices.SortFunc(list, func(a, b told) int {
		return cmp.Or(slices.Index(directions, a.Direction)-slices.Index(directions, b.Direction), b.Times-a.Times,
			strings.Compare(fmt.Sprint(a.key), fmt.Sprint(b.key)))
	})
	out := []Changed{}
	for _, one := range list[:min(len(list), maxGroups)] {
		out = append(out, *one.Changed)
	}
	return out
}

// compareAnswers says how a draft's answer differs. What it opens counts before
// what it closes: an answer with more rows and fewer columns is a wider one.
func compareAnswers(before, after policy.Decision) (Direction, bool) {
	switch {
	case !before.Allow && after.Allow:
		return NowAllowed, true
	case before.Allow && !after.Allow:
		return NowDenied, true
	case !before.Allow:
		return "", false // a denial for other reasons is still a denial
	}
	wider := more(after.Columns, before.Columns) || scopeMore(after.Scope, before.Scope) ||
		rowsMore(after.Rows, before.Rows) || milder(after.Disclosure, before.Disclosure) || more(before.Obligations, after.Obligations)
	narrower := more(before.Columns, after.Columns) || scopeMore(before.Scope, after.Scope) ||
		rowsMore(before.Rows, after.Rows) || milder(before.Disclosure, after.Disclosure) || more(after.Obligations, before.Obligations)
	switch {
	case wider:
		return NowWider, true
	case narrower:
		return Narrower, true
	}
	return "", false
}

// about is the part of an answer to a question to everybody that concerns one
// organisation. Its policy decides about that part alone, and an answer that names
// every organisation says the same as one that says all.
func about(owner measures.ODSCode, d policy.Decision) policy.Decision {
	if d.Request.Resource.ODS != policy.Everyone || owner == policy.Everyone {
		return d
	}
	if slices.Contains(d.Scope, policy.Everyone) || slices.Contains(d.Scope, owner) {
		d.Scope = []measures.ODSCode{owner}
	} else {
		d.Scope = nil
	}
	var rows []policy.RowRule
	for _, rule := range d.Rows {
		names := func(c policy.Condition) bool { return c.Field == "ods" && (c.Op == "in" || c.Op == "eq") }
		if slices.ContainsFunc(rule.Conditions, func(c policy.Condition) bool { return names(c) && !slices.Contains(c.Values, any(string(owner))) }) {
			continue // of others
		}
		rule.Conditions = slices.DeleteFunc(slices.Clone(rule.Conditions), names)
		rule.All = len(rule.Conditions) == 0
		rows = append(rows, rule)
	}
	d.Rows = rows
	return d
}

// scopeMore knows that ENG stands for every organisation.
func scopeMore(a, b []measures.ODSCode) bool {
	if slices.Contains(b, policy.Everyone) {
		return false
	}
	return more(a, b)
}

// rowsMore reports whether rows may be let through by a that are not let through
// by b. Each rule of a must be held by a single rule of b; where that cannot be
// told, it says yes, because a person should look.
func rowsMore(a, b []policy.RowRule) bool {
	return slices.ContainsFunc(a, func(rule policy.RowRule) bool {
		return !slices.ContainsFunc(b, func(by policy.RowRule) bool { return holds(by, rule) })
	})
}

// holds reports whether every row of inner is surely one of outer: each
// condition of outer follows from one of inner.
func holds(outer, inner policy.RowRule) bool {
	switch {
	case outer.All:
		return true
	case inner.All:
		return false
	}
	for _, need := range outer.Conditions {
		if !slices.ContainsFunc(inner.Conditions, func(have policy.Condition) bool { return follows(need, have) }) {
			return false
		}
	}
	return true
}

// follows reports whether a row that meets have surely meets need.
func follows(need, have policy.Condition) bool {
	if need.Field != have.Field {
		return false
	}
	values := map[string]bool{"eq": true, "in": true}
	switch {
	case values[need.Op] && values[have.Op]:
		return len(have.Values) > 0 && !more(have.Values, need.Values)
	case need.Op == "is_null" || have.Op == "is_null":
		if need.Op == have.Op {
			return need.Values[0] == have.Values[0]
		}
		return need.Op == "is_null" && need.Values[0] == false // what equals something is not null
	case values[need.Op]:
		return false
	}
	limit, ok := need.Values[0].(string)
	for _, v := range have.Values {
		text, isText := v.(string)
		if !ok || !isText || !beyond(need.Op, limit, have.Op, text) {
			return false
		}
	}
	return len(have.Values) > 0
}

// beyond reports whether a value that is eq, in, gte, gt, lte or lt text is also
// need limit.
func beyond(need, limit, have, text string) bool {
	exactly := have == "eq" || have == "in"
	up, down := have == "gte" || have == "gt", have == "lte" || have == "lt"
	switch need {
	case "gte":
		return (exactly || up) && text >= limit
	case "gt":
		return exactly && text > limit || up && (text > limit || text == limit && have == "gt")
	case "lte":
		return (exactly || down) && text <= limit
	case "lt":
		return exactly && text < limit || down && (text < limit || text == limit && have == "lt")
	}
	return false
}
