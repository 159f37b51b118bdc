package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/signalbox-health/signalbox/measures"
)

// compilePolicy compiles the baseline and the trusts' policies together. A
// trust's files live in a folder and a package of its own, so that they can
// name the baseline but not add to it.
func compilePolicy(p Policy) (*rules, error) {
	national := p.National
	if national == nil {
		var err error
		if national, err = Baseline(); err != nil {
			return nil, err
		}
	}
	if err := bounded(national); err != nil {
		return nil, err
	}
	var modules []Module
	for _, m := range national {
		if !m.isTest() {
			modules = append(modules, m)
		}
	}
	entries := []string{nationalEntry}
	for _, code := range slices.Sorted(maps.Keys(p.Trusts)) {
		if !code.Valid() || code == Everyone {
			return nil, fmt.Errorf("%w: %q is no ODS code of a trust", ErrBadPolicy, code)
		}
		if err := bounded(p.Trusts[code]); err != nil {
			return nil, err
		}
		entry := trustEntry(code)
		for _, m := range p.Trusts[code] {
			if m.isTest() {
				continue
			}
			if err := staysIn(m, entry[:len(entry)-1]); err != nil {
				return nil, err
			}
			modules = append(modules, Module{Name: string(code) + "/" + m.Name, Source: m.Source})
		}
		entries = append(entries, entry.String())
	}
	return compile(modules, entries...)
}

// staysIn refuses a trust's file that would write into another package.
func staysIn(m Module, home ast.Ref) error {
	pkg, err := packageOf(m)
	if err != nil {
		return err
	}
	if pkg != home.String() && !strings.HasPrefix(pkg, home.String()+".") {
		return fmt.Errorf("%w: %s must be in package %s", ErrBadPolicy, m.Name, strings.TrimPrefix(home.String(), "data."))
	}
	return nil
}

// prepare joins rules and data into what decides.
func prepare(ctx context.Context, p Policy, compiled *rules, data ReferenceData) (*live, error) {
	data = data.complete()
	if err := data.check(); err != nil {
		return nil, err
	}
	store, revision, err := dataStore(data)
	if err != nil {
		return nil, err
	}
	l := &live{rules: compiled, policy: p, data: data, store: store, dataRevision: revision,
		trusts: map[measures.ODSCode]rego.PreparedEvalQuery{}, codes: slices.Sorted(maps.Keys(p.Trusts)), answers: newCache()}
	if l.known, err = knownFrom(ctx, store); err != nil {
		return nil, err
	}
	query := func(entry string) (rego.PreparedEvalQuery, error) {
		return rego.New(rego.Query(entry), rego.Compiler(compiled.compiler), rego.Store(store),
			rego.StrictBuiltinErrors(true), rego.Capabilities(capabilities())).PrepareForEval(ctx)
	}
	if l.national, err = query(nationalEntry); err != nil {
		return nil, fmt.Errorf("prepare the national baseline: %w", err)
	}
	for _, code := range l.codes {
		if l.trusts[code], err = query(trustEntry(code).String()); err != nil {
			return nil, fmt.Errorf("prepare the policy of %s: %w", code, err)
		}
	}
	return l, nil
}

// dataStore gives the policies the reference data, under data.reference.
func dataStore(data ReferenceData) (storage.Store, string, error) {
	text, revision, err := data.encode()
	if err != nil {
		return nil, "", err
	}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, "", err
	}
	store := inmem.NewFromObjectWithOpts(map[string]any{"reference": document},
		inmem.OptRoundTripOnWrite(false), inmem.OptReturnASTValuesOnRead(true))
	return store, revision, nil
}
