package policy

import (
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// lint refuses what the compiler allows and a careful reader would not.
func lint(m Module, module *ast.Module) error {
	where := func(l *ast.Location, problem string) error {
		return fmt.Errorf("%w: %s:%d: %s", ErrBadPolicy, m.Name, l.Row, problem)
	}
	pkg := strings.TrimPrefix(module.Package.Path.String(), "data.")
	if pkg != "signalbox" && !strings.HasPrefix(pkg, "signalbox.") {
		// Only there does the schema of the input hold.
		return where(module.Package.Location, "package "+pkg+" is not below signalbox")
	}
	for _, a := range module.Annotations {
		if len(a.Schemas) > 0 && pkg != "signalbox" {
			return where(a.Location, "only package signalbox may say what schema holds")
		}
	}
	if pkg == "signalbox" && len(module.Rules) > 0 {
		return where(module.Rules[0].Location, "package signalbox holds the schemas and no rules")
	}
	if pkg == "signalbox.facts" || m.isTest() {
		return nil
	}
	var problem error
	ast.WalkRefs(module, func(ref ast.Ref) bool {
		// facts.rego turns reference data into facts that always have a value.
		// A rule that looks for itself could trip over a misspelt field.
		if problem == nil && readsReference(ref) && ref[0].Location != nil {
			problem = where(ref[0].Location, "only package signalbox.facts reads data.reference")
		}
		return false
	})
	return problem
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

// dangling finds references to rules that do not exist. OPA takes them for
// data that may come later; here they would be undefined for ever, and "not"
// over one of them always true.
func dangling(compiler *ast.Compiler) error {
	var problem error
	for name, module := range compiler.Modules {
		ast.WalkRefs(module, func(ref ast.Ref) bool {
			if problem == nil && ref.HasPrefix(ast.MustParseRef("data.signalbox")) && !resolves(compiler.RuleTree, ref) {
				problem = fmt.Errorf("%w: %s:%d: undefined ref: %s", ErrBadPolicy, name, ref[0].Location.Row, ref)
			}
			return false
		})
		if problem != nil {
			return problem
		}
	}
	return nil
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
