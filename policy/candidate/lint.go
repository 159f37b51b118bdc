package candidate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/signalbox-health/signalbox/policy"
)

// linter looks for what compiles and still deserves a second look.
type linter struct {
	*candidate
	data     policy.ReferenceData
	now      int64
	rules    map[string][]*ast.Rule // of the candidate, tests apart, by name within the package
	findings []Finding
}

// lintRules are the checks, in the order in which they run. Each has a test
// named after it.
var lintRules = []struct {
	name  string
	check func(*linter, string)
}{
	{"reasons", (*linter).reasons},
	{"code", (*linter).codes},
	{"row_rules", (*linter).rowRules},
	{"row_fields", (*linter).rowFields},
	{"not", (*linter).negations},
	{"unconditional", (*linter).unconditional},
	{"with", (*linter).withs},
	{"function", (*linter).prints},
	{"reach", (*linter).reach},
	{"name", (*linter).names},
	{"title", (*linter).titles},
	{"owner", (*linter).owners},
	{"unused_rule", (*linter).unused},
	{"shadow", (*linter).shadows},
	{"baseline", (*linter).begins},
	{"test_place", (*linter).testPlaces},
}

func (c *candidate) lint(t task) []Finding {
	l := &linter{candidate: c, data: t.Reference, now: t.Now, rules: map[string][]*ast.Rule{}}
	for _, f := range l.rulesOnly() {
		for _, r := range f.parsed.Rules {
			l.rules[nameOf(r)] = append(l.rules[nameOf(r)], r)
		}
	}
	for _, rule := range lintRules {
		rule.check(l, rule.name)
	}
	return l.findings
}

// rulesOnly are the files that decide.
func (c *candidate) rulesOnly() []file {
	return slices.DeleteFunc(slices.Clone(c.files), func(f file) bool { return f.IsTest() })
}

func (l *linter) note(severity Severity, at *ast.Location, rule, problem, mend string) {
	f := Finding{Severity: severity, Rule: rule, Problem: problem, Mend: mend}
	if at != nil {
		f.File, f.Line = at.File, at.Row
	}
	if !slices.Contains(l.findings, f) {
		l.findings = append(l.findings, f)
	}
}

// nameOf is the first part of a rule's name.
func nameOf(r *ast.Rule) string {
	ref := r.Head.Ref()
	if len(ref) == 0 {
		return ""
	}
	switch name := ref[0].Value.(type) {
	case ast.Var:
		return string(name)
	case ast.String:
		return string(name)
	}
	return ref[0].String()
}

// objects calls each for the object literals of the files that decide.
func (l *linter) objects(each func(*ast.Term, ast.Object)) {
	for _, f := range l.rulesOnly() {
		ast.WalkTerms(f.parsed, func(t *ast.Term) bool {
			if o, ok := t.Value.(ast.Object); ok {
				each(t, o)
			}
			return false
		})
	}
}

func field(o ast.Object, key string) *ast.Term { return o.Get(ast.StringTerm(key)) }

// reasons asks that each reason says what, why and what to do.
func (l *linter) reasons(rule string) {
	l.objects(func(t *ast.Term, o ast.Object) {
		message, help := field(o, "message"), field(o, "help")
		if message == nil && help == nil {
			return
		}
		for _, key := range []string{"code", "message", "help"} {
			value := field(o, key)
			text, constant := ast.String(""), false
			if value != nil {
				text, constant = value.Value.(ast.String)
			}
			if value == nil || constant && strings.TrimSpace(string(text)) == "" {
				l.note(Fault, t.Location, rule, fmt.Sprintf("This reason has no %s.", key),
					"Every reason needs a code, a message that says why not, and help that says who can change it.")
			}
		}
	})
}

// codes asks for codes that can be searched for.
func (l *linter) codes(rule string) {
	l.objects(func(t *ast.Term, o ast.Object) {
		code := field(o, "code")
		if code == nil {
			return
		}
		if text, ok := code.Value.(ast.String); ok && !plainCode(string(text)) {
			l.note(Fault, code.Location, rule, fmt.Sprintf("%q is no code.", string(text)), "Write it in small letters, digits and underscores: training_expired.")
		}
	})
}

func plainCode(text string) bool {
	if text == "" || text[0] < 'a' || text[0] > 'z' || len(text) > 60 {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' })
}

// rowRules forbids default and else in what becomes rows: the row that a chain
// of cases was not written for would fall into the last of them.
func (l *linter) rowRules(rule string) {
	names := map[string]bool{"rows": true}
	l.objects(func(_ *ast.Term, o ast.Object) {
		if value := field(o, "rows"); value != nil {
			for _, name := range l.called(value) {
				names[name] = true
			}
		}
	})
	for grown := true; grown; {
		grown = false
		for name := range names {
			for _, r := range l.rules[name] {
				for _, next := range l.called(r) {
					if _, ours := l.rules[next]; ours && next != "decision" && !names[next] && l.makesRows(next) {
						names[next], grown = true, true
					}
				}
			}
		}
	}
	for name := range names {
		for _, r := range l.rules[name] {
			if r.Default {
				l.note(Fault, r.Location, rule, fmt.Sprintf("The rows of %s have a default.", name), "Write one rule for each case, with its own conditions; where none holds, there should be no rows.")
			}
			if r.Else != nil {
				l.note(Fault, r.Else.Location, rule, fmt.Sprintf("The rows of %s have an “else”.", name), "Write a second rule with conditions of its own.")
			}
		}
	}
}

// makesRows tells rules that give rows from the conditions they are given under.
func (l *linter) makesRows(name string) bool {
	return slices.ContainsFunc(l.rules[name], func(r *ast.Rule) bool {
		if r.Head.Value == nil {
			return r.Head.Key != nil
		}
		_, boolean := r.Head.Value.Value.(ast.Boolean)
		return !boolean
	})
}

// called lists the rules of the candidate that a part of it names.
func (l *linter) called(part any) []string {
	var names []string
	add := func(name string) {
		if _, ours := l.rules[name]; ours {
			names = append(names, name)
		}
	}
	home := ast.MustParseRef("data." + l.home)
	ast.WalkTerms(part, func(t *ast.Term) bool {
		switch v := t.Value.(type) {
		case ast.Var:
			add(string(v))
		case ast.Ref:
			if head, ok := v[0].Value.(ast.Var); ok {
				add(string(head))
			}
			if v.HasPrefix(home) && len(v) > len(home) {
				if name, ok := v[len(home)].Value.(ast.String); ok {
					add(string(name))
				}
			}
		}
		return false
	})
	return unique(names)
}

// rowFields asks for fields and operators that figures have.
func (l *linter) rowFields(rule string) {
	l.objects(func(_ *ast.Term, o ast.Object) {
		rows := field(o, "rows")
		if rows == nil {
			return
		}
		ast.WalkTerms(rows, func(t *ast.Term) bool {
			list, ok := t.Value.(*ast.Array)
			if !ok {
				return false
			}
			list.Foreach(func(item *ast.Term) {
				if one, ok := item.Value.(ast.Object); ok {
					l.rowRule(rule, item, one)
				}
			})
			return false
		})
	})
}

func (l *linter) rowRule(rule string, at *ast.Term, o ast.Object) {
	_ = o.Iter(func(key, tests *ast.Term) error {
		name, ok := key.Value.(ast.String)
		if !ok || name == "all" {
			return nil
		}
		fields := policy.RowFields()
		i := slices.IndexFunc(fields, func(f policy.RowField) bool { return f.Name == string(name) })
		if i < 0 {
			names := make([]string, len(fields))
			for j, f := range fields {
				names[j] = f.Name
			}
			l.note(Fault, at.Location, rule, fmt.Sprintf("Rows have no field “%s”.", string(name)), "There is "+strings.Join(names, ", ")+".")
			return nil
		}
		if named, ok := tests.Value.(ast.Object); ok {
			known := fields[i].Operators()
			for _, op := range named.Keys() {
				if text, ok := op.Value.(ast.String); ok && !slices.Contains(known, string(text)) {
					l.note(Fault, at.Location, rule, fmt.Sprintf("“%s” does not compare the field %s.", string(text), string(name)), "There is "+strings.Join(known, ", ")+".")
				}
			}
		}
		return nil
	})
}
