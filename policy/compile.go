package policy

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// ErrBadPolicy says that a policy was refused before it went live.
var ErrBadPolicy = errors.New("bad policy")

// Limits of one policy, the baseline or that of one trust, so that compiling it
// cannot take for ever.
const (
	maxPolicyBytes = 256 << 10
	maxPolicyFiles = 64
)

// Module is one file of a policy.
type Module struct {
	Name   string // as reasons and test reports name it: own_trust.rego
	Source string
}

//go:embed rego/*.rego
var baseline embed.FS

// Baseline gives the files of the national baseline, tests included.
func Baseline() ([]Module, error) {
	folder, err := fs.Sub(baseline, "rego")
	if err != nil {
		return nil, err
	}
	return ReadModules(folder)
}

// ReadModules reads all .rego files of a folder and the folders in it, in order
// of path.
func ReadModules(from fs.FS) ([]Module, error) {
	var modules []Module
	size := 0
	err := fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".rego" {
			return err
		}
		source, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		if size += len(source); size > maxPolicyBytes {
			return fmt.Errorf("%w: more than %d bytes", ErrBadPolicy, maxPolicyBytes)
		}
		modules = append(modules, Module{Name: name, Source: string(source)})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read policy files: %w", err)
	}
	return modules, nil
}

func (m Module) isTest() bool { return strings.HasSuffix(m.Name, "_test.rego") }

// rules is a compiled policy.
type rules struct {
	compiler *ast.Compiler
	places   map[string]string // file and line that give a reason its code
	revision string
}

// compile checks and compiles modules under the allow-list of builtins and the
// schemas. Each entrypoint must exist, because what does not exist is merely
// undefined when it is asked.
func compile(modules []Module, entrypoints ...string) (*rules, error) {
	parsed, err := parse(modules)
	if err != nil {
		return nil, err
	}
	compiler, err := newCompiler()
	if err != nil {
		return nil, err
	}
	places := reasonPlaces(parsed)
	if compiler.Compile(parsed); compiler.Failed() {
		return nil, fmt.Errorf("%w: %w", ErrBadPolicy, compiler.Errors)
	}
	if err := dangling(compiler); err != nil {
		return nil, err
	}
	for _, entrypoint := range entrypoints {
		if len(compiler.GetRulesExact(ast.MustParseRef(entrypoint))) == 0 {
			return nil, fmt.Errorf("%w: there is no rule %s; check the name of its package", ErrBadPolicy, entrypoint)
		}
	}
	return &rules{compiler: compiler, places: places, revision: revisionOf(modules)}, nil
}

// newCompiler knows only the allowed builtins and checks input and reference
// data against their schemas.
func newCompiler() (*ast.Compiler, error) {
	set, err := schemaSet()
	if err != nil {
		return nil, err
	}
	return ast.NewCompiler().WithCapabilities(capabilities()).WithStrict(true).
		WithSchemas(set).WithUseTypeCheckAnnotations(true), nil
}

// bounded holds the files of one policy to the limits.
func bounded(modules []Module) error {
	size := 0
	for _, m := range modules {
		size += len(m.Source)
	}
	if len(modules) > maxPolicyFiles || size > maxPolicyBytes {
		return fmt.Errorf("%w: %d files and %d bytes; the most are %d and %d", ErrBadPolicy, len(modules), size, maxPolicyFiles, maxPolicyBytes)
	}
	return nil
}

func parse(modules []Module) (map[string]*ast.Module, error) {
	parsed := map[string]*ast.Module{}
	for _, m := range modules {
		module, err := ast.ParseModuleWithOpts(m.Name, m.Source,
			ast.ParserOptions{ProcessAnnotation: true, Capabilities: capabilities(), RegoVersion: ast.RegoV1})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBadPolicy, err)
		}
		if _, twice := parsed[m.Name]; twice || module == nil {
			return nil, fmt.Errorf("%w: %s is empty or there twice", ErrBadPolicy, m.Name)
		}
		if err := lint(m, module); err != nil {
			return nil, err
		}
		parsed[m.Name] = module
	}
	return parsed, nil
}

// revisionOf names a policy by content, in the order of file names. Tests
// decide nothing and do not count.
func revisionOf(modules []Module) string {
	var parts [][]byte
	for _, m := range slices.SortedFunc(slices.Values(modules), func(a, b Module) int { return strings.Compare(a.Name, b.Name) }) {
		if !m.isTest() {
			parts = append(parts, []byte(m.Name), []byte(m.Source))
		}
	}
	return digest(parts...)
}

// reasonPlaces finds the file and line that give each reason its code, so that
// nobody has to keep line numbers by hand.
func reasonPlaces(modules map[string]*ast.Module) map[string]string {
	places := map[string]string{}
	code := ast.StringTerm("code")
	for name, module := range modules {
		if (Module{Name: name}).isTest() {
			continue
		}
		ast.WalkTerms(module, func(t *ast.Term) bool {
			object, ok := t.Value.(ast.Object)
			if !ok {
				return false
			}
			value := object.Get(code)
			if value == nil || object.Get(ast.StringTerm("message")) == nil {
				return false
			}
			if text, ok := value.Value.(ast.String); ok && value.Location != nil {
				places[string(text)] = fmt.Sprintf("%s:%d", name, value.Location.Row)
			}
			return false
		})
	}
	return places
}
