package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Slip is something that the compiler allows and a careful reader would not. No
// policy with one goes live.
type Slip struct {
	File    string
	Line    int
	Rule    string // of those that it breaks: package, schemas, reference, undefined
	Problem string
	Mend    string
}

func (s Slip) Error() string { return fmt.Sprintf("%s:%d: %s", s.File, s.Line, s.Problem) }

// lint refuses a file with a slip.
func lint(m Module, module *ast.Module) error {
	if slips := Slips(m, module); len(slips) > 0 {
		return fmt.Errorf("%w: %w", ErrBadPolicy, slips[0])
	}
	return nil
}

// Slips finds what is wrong with one file, apart from the rest of its policy.
func Slips(m Module, module *ast.Module) []Slip {
	var slips []Slip
	slip := func(l *ast.Location, rule, problem, mend string) {
		slips = append(slips, Slip{File: m.Name, Line: l.Row, Rule: rule, Problem: problem, Mend: mend})
	}
	pkg := strings.TrimPrefix(module.Package.Path.String(), "data.")
	if pkg != "signalbox" && !strings.HasPrefix(pkg, "signalbox.") {
		// Only there does the schema of the input hold.
		slip(module.Package.Location, "package", "package "+pkg+" is not below signalbox",
			"Begin the file with the package of your organisation: package signalbox.trusts. and its code.")
	}
	for _, a := range module.Annotations {
		if len(a.Schemas) > 0 && pkg != "signalbox" {
			slip(a.Location, "schemas", "only package signalbox may say what schema holds", "Take the line schemas: out of the METADATA.")
		}
	}
	if pkg == "signalbox" && len(module.Rules) > 0 {
		slip(module.Rules[0].Location, "package", "package signalbox holds the schemas and no rules", "Move the rule into the package of your organisation.")
	}
	if pkg == "signalbox.facts" || m.isTest() {
		return slips
	}
	ast.WalkRefs(module, func(ref ast.Ref) bool {
		// facts.rego turns reference data into facts that always have a value.
		// A rule that looks for itself could trip over a misspelt field.
		if readsReference(ref) && ref[0].Location != nil {
			slip(ref[0].Location, "reference", "only package signalbox.facts reads data.reference",
				"Import data.signalbox.facts, and use what it tells of the people, the data and the plugin.")
		}
		return false
	})
	return slips
}

// readsReference also catches data alone and data[x], which could reach it.
func readsReference(ref ast.Ref) bool {
	if !ref.HasPrefix(ast.DefaultRootRef) {
		return false
	}
	if len(ref) == 1 {
		return true
	}
	name, ok := ref[1].Value.(ast.String)
	return !ok || name == "reference"
}

// dangling refuses a policy with references to rules that do not exist.
func dangling(compiler *ast.Compiler) error {
	if slips := Dangling(compiler); len(slips) > 0 {
		return fmt.Errorf("%w: %w", ErrBadPolicy, slips[0])
	}
	return nil
}

// Dangling finds references to rules that do not exist. OPA takes them for data
// that may come later; here they would be undefined for ever, and "not" over one
// of them always true.
func Dangling(compiler *ast.Compiler) []Slip {
	var slips []Slip
	for _, name := range slices.Sorted(maps.Keys(compiler.Modules)) {
		ast.WalkRefs(compiler.Modules[name], func(ref ast.Ref) bool {
			if ref.HasPrefix(ast.MustParseRef("data.signalbox")) && !resolves(compiler.RuleTree, ref) {
				slips = append(slips, Slip{File: name, Line: ref[0].Location.Row, Rule: "undefined", Problem: "undefined ref: " + ref.String(),
					Mend: "There is no rule of this name. Check how it is written, and that its file is part of the policy."})
			}
			return false
		})
	}
	return slips
}

// resolves reports whether a reference leads to a rule, or to a package that
// is read as a whole.
func resolves(node *ast.TreeNode, ref ast.Ref) bool {
	for _, part := range ref {
		if len(node.Values) > 0 {
			return true // the type checker knows the rest
		}
		if _, isName := part.Value.(ast.String); !isName && part.Value.Compare(ast.DefaultRootDocument.Value) != 0 {
			return true // a variable: whatever is there
		}
		next := node.Child(part.Value)
		if next == nil {
			return false
		}
		node = next
	}
	return true
}

// NewCompiler gives the compiler that every policy has to pass: it knows only the
// allowed builtins, and checks input and reference data against their schemas.
func NewCompiler() (*ast.Compiler, error) { return newCompiler() }

// ParserOptions are those that every policy is read with.
func ParserOptions() ast.ParserOptions {
	return ast.ParserOptions{ProcessAnnotation: true, Capabilities: capabilities(), RegoVersion: ast.RegoV1}
}

// IsTest reports whether a file holds tests, which decide nothing.
func (m Module) IsTest() bool { return m.isTest() }

// Limits of one policy, tests included: files, and bytes of text.
const (
	MaxFiles = maxPolicyFiles
	MaxBytes = maxPolicyBytes
)
