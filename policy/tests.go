package policy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
)

// TestReport is what came of the tests of a policy.
type TestReport struct {
	Passed   int
	Failures []TestFailure
	// Coverage is the share of the lines of the rules that tests have reached,
	// from 0 to 100; Uncovered names the others, as file:line.
	Coverage  float64
	Uncovered []string
}

// TestFailure is one test that did not hold.
type TestFailure struct {
	Name    string // package and rule
	Place   string // file and line
	Problem string // why, where it is more than an answer of no
}

func (f TestFailure) String() string {
	return strings.TrimSuffix(fmt.Sprintf("%s: %s: %s", f.Place, f.Name, f.Problem), ": ")
}

// Test runs the tests of a policy, which are the rules named test_ in files
// named _test.rego. Files of the national baseline that the policy does not
// bring itself are put beside it, so that a trust can test its own policy by
// itself. Reference data is that of the baseline; tests put theirs in with
// "with".
func Test(ctx context.Context, modules []Module) (TestReport, error) {
	if err := bounded(modules); err != nil {
		return TestReport{}, err
	}
	modules, err := besideBaseline(modules)
	if err != nil {
		return TestReport{}, err
	}
	if _, err := compile(modules); err != nil {
		return TestReport{}, err
	}
	parsed, err := parse(modules)
	if err != nil {
		return TestReport{}, err
	}
	compiler, err := newCompiler()
	if err != nil {
		return TestReport{}, err
	}
	data, err := NationalReference()
	if err != nil {
		return TestReport{}, err
	}
	store, _, err := dataStore(data)
	if err != nil {
		return TestReport{}, err
	}
	txn, err := store.NewTransaction(ctx, storage.TransactionParams{})
	if err != nil {
		return TestReport{}, fmt.Errorf("policy tests: %w", err)
	}
	defer store.Abort(ctx, txn)
	coverage := cover.New()
	results, err := tester.NewRunner().SetCompiler(compiler).SetStore(store).SetModules(parsed).
		SetCoverageQueryTracer(coverage).RaiseBuiltinErrors(true).SetTimeout(10*time.Second).RunTests(ctx, txn)
	if err != nil {
		return TestReport{}, fmt.Errorf("%w: %w", ErrBadPolicy, err)
	}
	var report TestReport
	for result := range results {
		report.add(result)
	}
	slices.SortFunc(report.Failures, func(a, b TestFailure) int { return cmp.Compare(a.Place, b.Place) })
	report.cover(coverage.Report(parsed), parsed)
	return report, ctx.Err()
}

func (r *TestReport) add(result *tester.Result) {
	if result.Pass() {
		r.Passed++
		return
	}
	failure := TestFailure{Name: strings.TrimPrefix(result.Package, "data.") + "." + result.Name,
		Place: fmt.Sprintf("%s:%d", result.Location.File, result.Location.Row)}
	switch {
	case result.Error != nil:
		failure.Problem = result.Error.Error()
	case result.Skip:
		failure.Problem = "it was skipped" // a test that does not run proves nothing
	}
	r.Failures = append(r.Failures, failure)
}

// beside is where files of the baseline stand that a policy did not bring itself.
const beside = "baseline/"

// cover counts the lines of the rules that the policy brought; those of the tests,
// and of a baseline that merely stands beside it, do not matter.
func (r *TestReport) cover(lines cover.Report, modules map[string]*ast.Module) {
	covered, all := 0, 0
	for name := range modules {
		file := lines.Files[name]
		if (Module{Name: name}).isTest() || file == nil || strings.HasPrefix(name, beside) {
			continue
		}
		covered += file.CoveredLines
		all += file.CoveredLines + file.NotCoveredLines
		for _, gap := range file.NotCovered {
			r.Uncovered = append(r.Uncovered, fmt.Sprintf("%s:%d", name, gap.Start.Row))
		}
	}
	slices.Sort(r.Uncovered)
	if all > 0 {
		r.Coverage = 100 * float64(covered) / float64(all)
	}
}

// besideBaseline adds the packages of the baseline that modules do not bring.
func besideBaseline(modules []Module) ([]Module, error) {
	brought := map[string]bool{}
	for _, m := range modules {
		pkg, err := packageOf(m)
		if err != nil {
			return nil, err
		}
		brought[pkg] = true
	}
	national, err := Baseline()
	if err != nil {
		return nil, err
	}
	out := slices.Clone(modules)
	for _, m := range national {
		pkg, err := packageOf(m)
		if err != nil {
			return nil, err
		}
		if !m.isTest() && !brought[pkg] {
			m.Name = beside + m.Name
			out = append(out, m)
		}
	}
	return out, nil
}

func packageOf(m Module) (string, error) {
	module, err := ast.ParseModuleWithOpts(m.Name, m.Source, ast.ParserOptions{RegoVersion: ast.RegoV1, Capabilities: capabilities()})
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrBadPolicy, err)
	}
	if module == nil {
		return "", fmt.Errorf("%w: %s is empty", ErrBadPolicy, m.Name)
	}
	return module.Package.Path.String(), nil
}
