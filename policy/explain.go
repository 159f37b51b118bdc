package policy

import (
	"context"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

const checksEntry = "data.signalbox.national.checks"

var checkKeys = keysOf("code", "text", "met")

// Check is one thing that the baseline looked at, in words for the reader.
type Check struct {
	Code string
	Text string
	Met  bool
}

// Explain says what the baseline looks at for a request and whether it holds,
// for the page of a denial. It decides nothing, and is asked only when somebody
// wants to know. The time of the request must be that of the decision; ask with
// Decision.Request.
func (e *Engine) Explain(ctx context.Context, r Request) ([]Check, error) {
	ctx, cancel := context.WithTimeout(ctx, e.deadline)
	defer cancel()
	l := e.live.Load()
	results, err := rego.New(rego.Query(checksEntry), rego.Compiler(l.rules.compiler), rego.Store(l.store),
		rego.StrictBuiltinErrors(true), rego.GenerateJSON(asItIs), rego.ParsedInput(inputValue(r))).Eval(ctx)
	if err != nil || len(results) == 0 {
		return nil, fmt.Errorf("explain %s of %s at %s: %w", r.Action, r.Resource.Dataset, r.Resource.ODS, orUndefined(err))
	}
	read := reader{}
	var checks []Check
	read.list("checks", results[0].Expressions[0].Value.(ast.Value), func(item ast.Value) {
		o := read.object("check", item, checkKeys)
		checks = append(checks, Check{Code: read.text("code", o[0]), Text: read.text("text", o[1]), Met: read.boolean("met", o[2])})
	})
	if read.err != nil {
		return nil, fmt.Errorf("explain %s: %w", r.Action, read.err)
	}
	return checks, nil
}

func orUndefined(err error) error {
	if err == nil {
		err = fmt.Errorf("there is no rule %s", checksEntry)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
