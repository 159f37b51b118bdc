package policy

import (
	"context"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// question is a request as the evaluator is asked it, and what rules have given
// so far. A trust's policy begins with the baseline's answer, which so need not be
// found twice. It belongs to one goroutine.
type question struct {
	request Request
	input   ast.Value
	found   topdown.VirtualCache
}

func questionOf(r Request) *question {
	return &question{r, inputValue(r), topdown.NewVirtualCache()}
}

// ask puts a request to one entrypoint.
func (l *live) ask(ctx context.Context, query rego.PreparedEvalQuery, r Request) (Decision, error) {
	return l.put(ctx, query, questionOf(r))
}

// put puts a question to one entrypoint. Whatever is not a plain answer is a
// denial that says what went wrong, except a lack of time, which is no answer.
func (l *live) put(ctx context.Context, query rego.PreparedEvalQuery, q *question) (Decision, error) {
	r := q.request
	document, err := l.evaluate(ctx, query, q)
	switch {
	case err != nil && (ctx.Err() != nil || topdown.IsCancel(err)):
		return Decision{}, fmt.Errorf("%w: %w", ErrUnavailable, errors.Join(err, context.Cause(ctx)))
	case err != nil:
		return broken(r, "policy_error", "The policy failed while it was asked: "+err.Error()), nil
	case document == nil:
		return broken(r, "policy_undefined", "The policy has no answer to this question."), nil
	}
	d, err := answer(document)
	for i := 0; err == nil && i < len(d.Rows); i++ {
		err = d.Rows[i].Check(l.data.Datasets[r.Resource.Dataset])
	}
	if err != nil {
		return broken(r, "decision_malformed", "The policy gave an answer that cannot be read: "+err.Error()), nil
	}
	for i, reason := range d.Reasons {
		d.Reasons[i].Rule = l.rules.places[reason.Code]
	}
	d.Request = r
	return d, nil
}

// evaluate gives the value of an entrypoint, nil where it has none. What is
// spared here, a goroutine, timers and a turn through JSON, would take a fifth of
// the time of a decision.
func (l *live) evaluate(ctx context.Context, query rego.PreparedEvalQuery, q *question) (ast.Value, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	stop := topdown.NewCancel()
	defer context.AfterFunc(ctx, stop.Cancel)()
	options := []rego.EvalOption{rego.EvalParsedInput(q.input), rego.EvalVirtualCache(q.found), rego.EvalExternalCancel(stop),
		rego.EvalGenerateJSON(asItIs), rego.EvalMetrics(metrics.NoOp())}
	if l.txn != nil {
		options = append(options, rego.EvalTransaction(l.txn))
	} else {
		options = append(options, rego.EvalBaseCache(l.known))
	}
	results, err := query.Eval(ctx, options...)
	if err != nil || len(results) == 0 {
		return nil, err
	}
	return results[0].Expressions[0].Value.(ast.Value), nil
}

// asItIs gives the evaluator's own value in place of what JSON would make of it.
func asItIs(t *ast.Term, _ *rego.EvalContext) (any, error) { return t.Value, nil }

// broken is the denial when a policy did not answer as it must.
func broken(r Request, code, message string) Decision {
	return Decision{Request: r, Obligations: []string{"audit"}, Reasons: []Reason{{Code: code, Message: message,
		Help: "Nothing you can mend: tell the people who write this policy, and name the record of this decision.", Rule: "engine"}}}
}
