package candidate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// titles asks for a title above the rules of each name that have conditions: it is
// what people read where the rule decided.
func (l *linter) titles(rule string) {
	for _, name := range slices.Sorted(maps.Keys(l.rules)) {
		titled := slices.ContainsFunc(l.rules[name], func(r *ast.Rule) bool {
			return always(r) || slices.ContainsFunc(r.Annotations, func(a *ast.Annotations) bool { return strings.TrimSpace(a.Title) != "" })
		})
		if !titled {
			l.note(Advice, l.rules[name][0].Location, rule, fmt.Sprintf("The rule %s has no title.", name),
				"Write above it “# METADATA” and “# title: ” with what it does in plain words; it is shown where the rule decides.")
		}
	}
}

// farReview is how long a policy may stand before somebody looks at it again.
const farReview = 3 * 366 * day

// owners asks who answers for the package and when it is looked at again.
func (l *linter) owners(rule string) {
	var owner, review string
	var at *ast.Location
	for _, f := range l.rulesOnly() {
		if at == nil {
			at = f.parsed.Package.Location
		}
		for _, a := range f.parsed.Annotations {
			if a.Compile != nil || len(a.Labels) > 0 {
				l.note(Fault, a.Location, rule, "The METADATA says things that mean nothing here.", "Keep title, description, scope, entrypoint and custom: owner and review.")
			}
			if len(a.Organizations) > 0 && !slices.Equal(a.Organizations, []string{string(l.owner)}) {
				l.note(Fault, a.Location, rule, fmt.Sprintf("The METADATA names %s, and this is the policy of %s.", strings.Join(a.Organizations, ", "), l.owner), "Take the line organizations: out.")
			}
			if a.Entrypoint && !l.isEntrypoint(a) {
				l.note(Fault, a.Location, rule, "The METADATA calls a rule an entrypoint that nobody asks.", "Only the rule decision is asked. Take the line entrypoint: out.")
			}
			if a.Scope != "package" && a.Scope != "subpackages" {
				continue
			}
			if text, _ := a.Custom["owner"].(string); strings.TrimSpace(text) != "" {
				owner = text
			}
			if value := a.Custom["review"]; value != nil {
				review, at = strings.TrimSpace(fmt.Sprint(value)), a.Location
			}
		}
	}
	if owner == "" {
		l.note(Advice, at, rule, "The policy does not say who answers for it.", "Write above the package: “# METADATA”, “# custom:”, “#   owner: ” with a team or an office.")
	}
	l.review(rule, at, review)
}

func (l *linter) review(rule string, at *ast.Location, text string) {
	now := l.now
	if now == 0 {
		now = time.Now().Unix()
	}
	if text == "" {
		l.note(Advice, at, rule, "The policy does not say when it is looked at again.", "Write above the package, below “# custom:”, “#   review: ” with a day such as 2027-04-01.")
		return
	}
	date, err := measures.ParseDate(text[:min(len(text), len("2006-01-02"))])
	switch {
	case err != nil:
		l.note(Fault, at, rule, fmt.Sprintf("%q is not a day on which the policy is looked at again.", text), "Write it like 2027-04-01.")
	case int64(date)*day < now:
		l.note(Advice, at, rule, fmt.Sprintf("The policy was to be looked at again by %s.", date), "Look at it, and write the next day.")
	case int64(date)*day > now+farReview:
		l.note(Fault, at, rule, fmt.Sprintf("The policy would be looked at again only on %s.", date), "Choose a day within three years.")
	}
}

// isEntrypoint reports whether an annotation stands above a rule that is asked.
func (l *linter) isEntrypoint(a *ast.Annotations) bool {
	path := a.GetTargetPath()
	name := strings.Trim(path[len(path)-1].String(), `"`)
	return name == "decision" || l.owner == policy.Everyone && name == "checks"
}

// unused finds rules that no answer depends on.
func (l *linter) unused(rule string) {
	if l.owner == policy.Everyone {
		return // its packages call each other, and its checks are asked apart
	}
	reached := map[string]bool{"decision": true}
	for queue := []string{"decision"}; len(queue) > 0; queue = queue[1:] {
		for _, r := range l.rules[queue[0]] {
			for _, name := range l.called(r) {
				if !reached[name] {
					reached[name] = true
					queue = append(queue, name)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.rules)) {
		if !reached[name] && !strings.HasPrefix(name, "test_") {
			l.note(Advice, l.rules[name][0].Location, rule, fmt.Sprintf("No decision depends on the rule %s.", name), "Use it in the decision, or take it out.")
		}
	}
}

// shadows finds names inside a rule that hide a rule of the same name.
func (l *linter) shadows(rule string) {
	l.expressions(func(e *ast.Expr) {
		var terms []*ast.Term
		if e.IsAssignment() {
			terms = e.Operands()[:1]
		}
		if some, ok := e.Terms.(*ast.SomeDecl); ok {
			terms = some.Symbols
			if call, in := terms[0].Value.(ast.Call); in { // some x in xs, some i, x in xs
				terms = call[1 : len(call)-1]
			}
		}
		for _, term := range terms {
			ast.WalkVars(term, func(v ast.Var) bool {
				if _, hides := l.rules[string(v)]; hides {
					l.note(Advice, e.Location, rule, fmt.Sprintf("The name %s hides the rule %s here.", v, v), "Choose another name.")
				}
				return false
			})
		}
	})
}

// begins advises to build on the baseline's answer.
func (l *linter) begins(rule string) {
	if l.owner == policy.Everyone {
		return
	}
	uses := false
	for _, f := range l.rulesOnly() {
		ast.WalkRefs(f.parsed, func(ref ast.Ref) bool {
			uses = uses || ref.HasPrefix(ast.MustParseRef("data.signalbox.national"))
			return uses
		})
	}
	if !uses && len(l.rules["decision"]) > 0 {
		l.note(Advice, l.rules["decision"][0].Location, rule, "The decision does not begin with what the national baseline answers.",
			"Import data.signalbox.national, and write object.union(national.decision, {…}) with what is to be narrower.")
	}
}

// testPlaces finds tests that are never run.
func (l *linter) testPlaces(rule string) {
	for _, name := range slices.Sorted(maps.Keys(l.rules)) {
		if strings.HasPrefix(name, "test_") {
			l.note(Advice, l.rules[name][0].Location, rule, fmt.Sprintf("The test %s is never run: its file does not end in _test.rego.", name), "Move it into a file named _test.rego.")
		}
	}
}
