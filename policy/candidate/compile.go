package candidate

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/signalbox-health/signalbox/measures"
	"github.com/signalbox-health/signalbox/policy"
)

// candidate is a policy that is examined.
type candidate struct {
	owner    measures.ODSCode
	home     string // the package that its rules stand in
	files    []file
	baseline []file
	compiler *ast.Compiler
}

// file is one file, read.
type file struct {
	policy.Module
	parsed *ast.Module
}

// errorLimit is how many errors the compiler looks for.
const errorLimit = 50

// homeOf is the package of an owner's rules.
func homeOf(owner measures.ODSCode) string {
	if owner == policy.Everyone {
		return "signalbox"
	}
	return "signalbox.trusts." + string(owner)
}

// Owner is whose policy files are, as their packages say: an organisation, or
// policy.Everyone for the national baseline and for what names nobody.
func Owner(files []policy.Module) measures.ODSCode {
	for _, m := range files {
		parsed, err := ast.ParseModuleWithOpts(m.Name, m.Source, policy.ParserOptions())
		if err != nil || parsed == nil || m.IsTest() {
			continue
		}
		if rest, ok := strings.CutPrefix(parsed.Package.Path.String(), "data.signalbox.trusts."); ok {
			code, _, _ := strings.Cut(rest, ".")
			return measures.ODSCode(code)
		}
	}
	return policy.Everyone
}

// read parses the files, as many as can be.
func read(t task) (*candidate, []Finding) {
	c := &candidate{owner: t.Owner, home: homeOf(t.Owner)}
	var findings []Finding
	for _, m := range t.Draft {
		parsed, err := ast.ParseModuleWithOpts(m.Name, m.Source, policy.ParserOptions())
		if err != nil {
			findings = append(findings, explained(err, m.Name)...)
			continue
		}
		if parsed == nil {
			findings = append(findings, Finding{Severity: Fault, File: m.Name, Rule: "file", Problem: "The file holds nothing but remarks.", Mend: "Write a rule into it, or leave it out."})
			continue
		}
		c.files = append(c.files, file{m, parsed})
		findings = append(findings, c.atHome(m, parsed)...)
		for _, slip := range policy.Slips(m, parsed) {
			findings = append(findings, ofSlip(slip))
		}
	}
	return c, findings
}

func ofSlip(s policy.Slip) Finding {
	problem := s.Problem
	if s.Rule == "undefined" {
		problem = fmt.Sprintf("There is no rule %s.", strings.TrimPrefix(strings.TrimPrefix(problem, "undefined ref: "), "data."))
	}
	return Finding{Severity: Fault, File: s.File, Line: s.Line, Rule: s.Rule, Problem: sentence(problem), Mend: s.Mend}
}

// atHome asks that a trust's rules stand in its own package, and its tests there
// or in the package named _test beside it.
func (c *candidate) atHome(m policy.Module, parsed *ast.Module) []Finding {
	pkg := strings.TrimPrefix(parsed.Package.Path.String(), "data.")
	at := func(home string) bool { return pkg == home || strings.HasPrefix(pkg, home+".") }
	if at(c.home) || m.IsTest() && at(c.home+"_test") {
		return nil
	}
	return []Finding{{Severity: Fault, File: m.Name, Line: parsed.Package.Location.Row, Rule: "package",
		Problem: fmt.Sprintf("The file is in package %s, and this policy is that of %s.", pkg, c.home),
		Mend:    fmt.Sprintf("Begin the file with: package %s", c.home)}}
}

// compile compiles the candidate beside the baseline.
func (c *candidate) compile() []Finding {
	compiler, err := policy.NewCompiler()
	if err != nil {
		return []Finding{{Severity: Fault, Rule: "compile", Problem: err.Error(), Mend: "Tell the people who run this Signalbox."}}
	}
	modules := map[string]*ast.Module{}
	for _, f := range c.files {
		modules[f.Name] = f.parsed
	}
	if c.owner != policy.Everyone {
		national, err := policy.Baseline()
		for _, m := range national {
			if m.IsTest() {
				continue
			}
			var parsed *ast.Module
			if parsed, err = ast.ParseModuleWithOpts("baseline/"+m.Name, m.Source, policy.ParserOptions()); err != nil {
				break
			}
			modules["baseline/"+m.Name] = parsed
			c.baseline = append(c.baseline, file{m, parsed})
		}
		if err != nil {
			return []Finding{{Severity: Fault, Rule: "compile", Problem: "The baseline cannot be read: " + err.Error(), Mend: "Tell the people who run this Signalbox."}}
		}
	}
	compiler.SetErrorLimit(errorLimit).Compile(modules)
	c.compiler = compiler
	if compiler.Failed() {
		return explained(compiler.Errors, "")
	}
	var findings []Finding
	for _, slip := range policy.Dangling(compiler) {
		findings = append(findings, ofSlip(slip))
	}
	return append(findings, c.entrypoint()...)
}

// entrypoint asks for the rule that is asked: what does not exist is merely
// undefined, and undefined denies everything.
func (c *candidate) entrypoint() []Finding {
	entry := "data." + c.home + ".decision"
	if c.owner == policy.Everyone {
		entry = "data.signalbox.national.decision"
	}
	if len(c.compiler.GetRulesExact(ast.MustParseRef(entry))) > 0 {
		return nil
	}
	return []Finding{{Severity: Fault, Rule: "entrypoint",
		Problem: fmt.Sprintf("There is no rule decision in package %s, so this policy would answer nothing.", strings.TrimSuffix(strings.TrimPrefix(entry, "data."), ".decision")),
		Mend:    "Add the rule decision, as in the template; check how its name and its package are written."}}
}

// explained turns errors of the parser and the compiler into findings.
func explained(err error, file string) []Finding {
	var several ast.Errors
	var one *ast.Error
	switch {
	case errors.As(err, &several):
	case errors.As(err, &one):
		several = ast.Errors{one}
	default:
		return []Finding{{Severity: Fault, File: file, Rule: "compile", Problem: sentence(err.Error()), Mend: "Look at the file again."}}
	}
	byPlace := map[string]Finding{}
	for _, e := range several {
		f := inWords(e)
		if f.File == "" {
			f.File = file
		}
		if _, has := byPlace[f.String()]; !has {
			byPlace[f.String()] = f
		}
	}
	return slices.SortedFunc(maps.Values(byPlace), func(a, b Finding) int { return strings.Compare(a.String(), b.String()) })
}

// String is one line: file:line: rule: problem; mend.
func (f Finding) String() string {
	where := ""
	switch {
	case f.File != "" && f.Line > 0:
		where = fmt.Sprintf("%s:%d: ", f.File, f.Line)
	case f.File != "":
		where = f.File + ": "
	}
	return fmt.Sprintf("%s%s: %s %s", where, f.Rule, f.Problem, f.Mend)
}

// sentence begins with a capital letter and ends with a full stop.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return text
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}
