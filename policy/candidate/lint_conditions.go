package candidate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// expressions calls each for every condition of the files that decide.
func (l *linter) expressions(each func(*ast.Expr)) {
	for _, f := range l.rulesOnly() {
		ast.WalkExprs(f.parsed, func(e *ast.Expr) bool { each(e); return false })
	}
}

// negations forbids “not” over what may have no value: then it would hold, and
// nobody meant that.
func (l *linter) negations(rule string) {
	l.expressions(func(e *ast.Expr) {
		if !e.Negated {
			return
		}
		ast.WalkRefs(e, func(ref ast.Ref) bool {
			for _, absent := range []string{"input.plugin", "input.change"} {
				if prefix := ast.MustParseRef(absent); ref.HasPrefix(prefix) && len(ref) > len(prefix) {
					l.note(Fault, e.Location, rule, fmt.Sprintf("“not” stands before %s, which has no value where %s is null, so the condition would hold there.", ref, absent),
						fmt.Sprintf("Ask %s != null on a line before, and compare with != in place of “not”.", absent))
				}
			}
			return false
		})
		for _, name := range l.called(e) {
			if l.mayBeUndefined(name) {
				l.note(Fault, e.Location, rule, fmt.Sprintf("“not” stands before %s, which has no value where its conditions do not hold or cannot be read.", name),
					fmt.Sprintf("Write before its first rule: default %s := false", name))
			}
		}
	})
}

// mayBeUndefined reports whether a rule is a plain value without a default. Sets
// always have a value, and functions say no by having none.
func (l *linter) mayBeUndefined(name string) bool {
	for _, r := range l.rules[name] {
		if r.Default || r.Head.RuleKind() == ast.MultiValue || len(r.Head.Args) > 0 || always(r) {
			return false
		}
	}
	return len(l.rules[name]) > 0
}

// always reports whether a rule has no conditions.
func always(r *ast.Rule) bool {
	for _, e := range r.Body {
		term, ok := e.Terms.(*ast.Term)
		if !ok || e.Negated || !term.Equal(ast.BooleanTerm(true)) {
			return false
		}
	}
	return true
}

// unconditional forbids a yes to everything.
func (l *linter) unconditional(rule string) {
	open := func(r *ast.Rule) {
		l.note(Fault, r.Location, rule, fmt.Sprintf("The rule %s says yes without any condition.", nameOf(r)),
			"Say under which conditions, or begin with national.decision and change what is to be narrower.")
	}
	says := map[string]bool{"allow": true}
	l.objects(func(_ *ast.Term, o ast.Object) {
		if value := field(o, "allow"); value != nil {
			for _, name := range l.called(value) {
				says[name] = true
			}
		}
	})
	for _, name := range slices.Sorted(maps.Keys(l.rules)) {
		for _, r := range l.rules[name] {
			if !always(r) && !r.Default {
				continue
			}
			if name == "ground" {
				open(r)
				continue
			}
			value := r.Head.Value
			if value == nil {
				continue
			}
			if says[name] && value.Equal(ast.BooleanTerm(true)) {
				open(r)
			}
			ast.WalkTerms(value, func(t *ast.Term) bool {
				if o, ok := t.Value.(ast.Object); ok {
					if allow := field(o, "allow"); allow != nil && allow.Equal(ast.BooleanTerm(true)) {
						open(r)
					}
				}
				return false
			})
		}
	}
}

// prints finds what the compiler takes out without a word.
func (l *linter) prints(rule string) {
	for _, f := range l.files {
		ast.WalkExprs(f.parsed, func(e *ast.Expr) bool {
			if e.IsCall() && e.Operator().String() == "print" {
				l.note(Fault, e.Location, rule, "print is for trying things out, and is not part of a policy.", "Take the line out.")
			}
			return false
		})
	}
}

// withs keeps the replacing of facts to tests.
func (l *linter) withs(rule string) {
	l.expressions(func(e *ast.Expr) {
		if len(e.With) > 0 {
			l.note(Fault, e.Location, rule, fmt.Sprintf("“with” replaces %s here, so the rule would decide on facts of its own.", e.With[0].Target), "Use “with” in tests only.")
		}
	})
}

// reach keeps a policy to the baseline, the facts and its own package.
func (l *linter) reach(rule string) {
	if l.owner == policy.Everyone {
		return
	}
	home := ast.MustParseRef("data." + l.home)
	allowed := []ast.Ref{home, ast.MustParseRef("data.signalbox.national"), ast.MustParseRef("data.signalbox.facts")}
	for _, f := range l.rulesOnly() {
		ast.WalkRefs(f.parsed, func(ref ast.Ref) bool {
			if !ref.HasPrefix(ast.DefaultRootRef) || ref[0].Location == nil {
				return false
			}
			within := func(a ast.Ref) bool { return ref.HasPrefix(a) }
			if !slices.ContainsFunc(allowed, within) && !ref.Equal(f.parsed.Package.Path) {
				l.note(Fault, ref[0].Location, rule, fmt.Sprintf("A policy of %s may not read %s.", l.owner, strings.TrimPrefix(ref.String(), "data.")),
					"Use data.signalbox.national, data.signalbox.facts and the rules of your own package.")
			}
			return false
		})
		ast.WalkRefs(f.parsed, func(ref ast.Ref) bool {
			if ref.HasPrefix(ast.MustParseRef("input.request_id")) {
				l.note(Fault, ref[0].Location, rule, "A policy never sees the id of a request: input.request_id is always empty.", "Take the condition out.")
			}
			return false
		})
	}
}

// vocabulary is what a key of a question may be compared with.
type vocabulary struct {
	what  string
	known func(string) bool
	wrong Severity
	list  []string
}

func listed[S ~string](what string, wrong Severity, names ...S) vocabulary {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = string(name)
	}
	return vocabulary{what, func(text string) bool { return slices.Contains(list, text) }, wrong, list}
}

func (l *linter) vocabularies() map[string]vocabulary {
	var rights []string
	for _, role := range l.data.Roles {
		rights = append(rights, role.Rights...)
	}
	slices.Sort(rights)
	org := vocabulary{"code of an organisation", func(text string) bool {
		_, known := l.data.Organisations[measures.ODSCode(text)]
		return measures.ODSCode(text).Valid() && (known || len(l.data.Organisations) == 0 || measures.ODSCode(text) == l.owner || text == string(policy.Everyone))
	}, Advice, nil}
	dataset := vocabulary{"dataset", func(text string) bool {
		_, known := l.data.Datasets[measures.DatasetID(text)]
		return known || len(l.data.Datasets) == 0
	}, Advice, nil}
	return map[string]vocabulary{
		"input.action":                  listed("action", Fault, policy.Actions()...),
		"input.subject.purpose":         listed("purpose", Fault, slices.Sorted(maps.Keys(l.data.Purposes))...),
		"input.subject.roles":           listed("role", Fault, slices.Sorted(maps.Keys(l.data.Roles))...),
		"input.subject.assurance":       listed("assurance", Fault, "aal1", "aal2", "aal3"),
		"input.resource.grain":          listed("grain", Fault, "aggregate"),
		"input.change.kind":             listed("kind of change", Fault, "policy", "access", "people", policy.ReleaseChange),
		"data.signalbox.facts.rights":   listed("right", Fault, slices.Compact(rights)...),
		"input.subject.ods":             org,
		"input.subject.orgs":            org,
		"input.resource.ods":            org,
		"input.resource.dataset":        dataset,
		"data.signalbox.facts.kinds":    listed("kind of organisation", Advice, "trust", "icb", "region", "national", "site", "other"),
		"data.signalbox.facts.own_kind": listed("kind of organisation", Advice, "trust", "icb", "region", "national", "site", "other"),
	}
}

// names finds texts that what they are compared with never is.
func (l *linter) names(rule string) {
	vocabularies := l.vocabularies()
	for _, f := range l.rulesOnly() {
		imports := map[string]ast.Ref{}
		for _, i := range f.parsed.Imports {
			if path, ok := i.Path.Value.(ast.Ref); ok {
				imports[string(i.Name())] = path
			}
		}
		ast.WalkExprs(f.parsed, func(e *ast.Expr) bool {
			if e.IsCall() {
				l.compared(rule, e.Operator().String(), e.Operands(), imports, vocabularies)
			}
			return false
		})
		ast.WalkTerms(f.parsed, func(t *ast.Term) bool {
			if call, ok := t.Value.(ast.Call); ok {
				l.compared(rule, call[0].String(), call[1:], imports, vocabularies)
			}
			return false
		})
	}
}

func (l *linter) compared(rule, operator string, operands []*ast.Term, imports map[string]ast.Ref, vocabularies map[string]vocabulary) {
	if len(operands) != 2 || !slices.Contains([]string{"eq", "equal", "neq", "internal.member_2"}, operator) {
		return
	}
	for i, operand := range operands {
		ref, ok := operand.Value.(ast.Ref)
		if !ok {
			continue
		}
		if path, imported := imports[strings.TrimPrefix(ref[0].String(), "data.")]; imported {
			ref = path.Concat(ref[1:])
		}
		words, known := vocabularies[ref.String()]
		if !known {
			continue
		}
		ast.WalkTerms(operands[1-i], func(t *ast.Term) bool {
			if text, ok := t.Value.(ast.String); ok && !words.known(string(text)) {
				mend := "Check how it is written."
				if len(words.list) > 0 {
					mend = "Check how it is written. There is " + strings.Join(words.list, ", ") + "."
				}
				l.note(words.wrong, t.Location, rule, fmt.Sprintf("There is no %s “%s”, so this comparison never holds.", words.what, string(text)), mend)
			}
			_, isRef := t.Value.(ast.Ref)
			return isRef
		})
	}
}
