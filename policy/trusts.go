package policy

import (
	"context"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/signalbox-health/signalbox/measures"
)

// askTrusts narrows a yes of the baseline by the trusts' own policies. A trust
// that would not show all the columns is left out of a question to everybody,
// rather than taking them from everybody.
func (l *live) askTrusts(ctx context.Context, d Decision, q *question) (Decision, error) {
	if d.Request.Resource.ODS != Everyone {
		query, has := l.trusts[d.Request.Resource.ODS]
		if !has {
			return d, nil
		}
		own, err := l.put(ctx, query, q)
		if err != nil {
			return Decision{}, err
		}
		return Intersect(d, own), nil
	}
	if len(l.codes) == 0 {
		return d, nil
	}
	out := d
	out.Scope, out.Rows = narrowScope(d.Scope, l.withoutPolicy()), nil
	out.Rows = narrowRows(d.Rows, out.Scope)
	for _, code := range l.codes {
		r := d.Request
		r.Resource.ODS = code
		own, err := l.ask(ctx, l.trusts[code], r)
		if err != nil {
			return Decision{}, err
		}
		narrowed := Intersect(d, own)
		named := slices.Contains(narrowed.Scope, code) || slices.Contains(narrowed.Scope, Everyone)
		if !narrowed.Allow || !named || len(narrowed.Columns) < len(d.Columns) {
			continue
		}
		out.Scope = append(out.Scope, code)
		out.Obligations = union(out.Obligations, narrowed.Obligations)
		out.Rows = append(out.Rows, narrowRows(narrowed.Rows, []measures.ODSCode{code})...)
		out.Disclosure = stricter(out.Disclosure, narrowed.Disclosure)
		out.CacheSeconds = min(out.CacheSeconds, narrowed.CacheSeconds)
	}
	return out, nil
}

// withoutPolicy lists the organisations that have no policy of their own.
func (l *live) withoutPolicy() []measures.ODSCode {
	var codes []measures.ODSCode
	for _, code := range slices.Sorted(maps.Keys(l.data.Organisations)) {
		if _, has := l.trusts[code]; !has && code != Everyone {
			codes = append(codes, code)
		}
	}
	return codes
}

func narrowRows(rows []RowRule, to []measures.ODSCode) []RowRule {
	values := make([]any, len(to))
	for i, code := range to {
		values[i] = string(code)
	}
	within := RowRule{Conditions: []Condition{{Field: "ods", Op: "in", Values: values}}}
	var out []RowRule
	for _, rule := range rows {
		if narrowed, some := both(rule, within); some {
			out = append(out, narrowed)
		}
	}
	return out
}

func trustEntry(code measures.ODSCode) ast.Ref {
	return ast.Ref{ast.DefaultRootDocument, ast.StringTerm("signalbox"), ast.StringTerm("trusts"),
		ast.StringTerm(string(code)), ast.StringTerm("decision")}
}
