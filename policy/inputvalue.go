package policy

import (
	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/signalbox-health/signalbox/measures"
)

// inputValue builds the input for the evaluator directly; going through JSON
// would cost more than the decision. A test holds it to Request.Input. The id
// of the request is left empty: no decision may depend on it.
func inputValue(r Request) ast.Value {
	in := r.Input()
	plugin, change, release, ods := ast.NullTerm(), ast.NullTerm(), ast.NullTerm(), ast.NullTerm()
	if p := in.Plugin; p != nil {
		plugin = object("id", text(p.ID), "version", text(p.Version), "digest", text(p.Digest),
			"signers", texts(p.Signers), "approval", text(p.Approval))
	}
	if c := in.Change; c != nil {
		change = object("kind", text(c.Kind), "ref", text(c.Ref), "author", text(c.Author), "approvers", texts(c.Approvers))
	}
	if in.Release != nil {
		release = releaseTerm(*in.Release)
	}
	if in.Subject.ODS != nil {
		ods = text(*in.Subject.ODS)
	}
	return object(
		"v", ast.InternedTerm(in.V),
		"now", ast.InternedTerm(in.Now),
		"request_id", text(""),
		"action", text(in.Action),
		"subject", object("id", text(in.Subject.ID), "ods", ods, "orgs", texts(in.Subject.Orgs),
			"roles", texts(in.Subject.Roles), "purpose", text(in.Subject.Purpose), "assurance", text(in.Subject.Assurance),
			"trained_on", date(in.Subject.TrainedOn)),
		"plugin", plugin,
		"change", change,
		"release", release,
		"resource", object("dataset", text(in.Resource.Dataset), "columns", texts(in.Resource.Columns),
			"ods", text(in.Resource.ODS), "grain", text(in.Resource.Grain),
			"stratifiers", texts(in.Resource.Stratifiers), "period", object("from", date(in.Resource.Period.From), "to", date(in.Resource.Period.To))),
	).Value
}

func releaseTerm(r Release) *ast.Term {
	signers := make([]*ast.Term, len(r.Signers))
	for i, s := range r.Signers {
		signers[i] = object("holder", text(s.Holder), "role", text(s.Role))
	}
	return object("id", text(r.ID), "version", text(r.Version), "digest", text(r.Digest), "publisher", text(r.Publisher),
		"authors", texts(r.Authors), "signers", ast.ArrayTerm(signers...), "threshold", ast.InternedTerm(r.Threshold),
		"verified", ast.InternedTerm(r.Verified), "state", text(r.State), "datasets", texts(r.Datasets),
		"errors", ast.InternedTerm(r.Errors), "advice", ast.InternedTerm(r.Advice),
		"cost", object("milliseconds", ast.InternedTerm(r.Cost.Milliseconds), "mebibytes", ast.InternedTerm(r.Cost.Mebibytes)))
}

// inputKeys are the names of all keys, made once. Nothing changes a term.
var inputKeys = func() map[string]*ast.Term {
	keys := map[string]*ast.Term{}
	for _, name := range []string{"v", "now", "request_id", "action", "subject", "plugin", "resource", "id", "ods", "orgs", "roles",
		"purpose", "assurance", "version", "digest", "signers", "approval", "dataset", "columns", "grain", "stratifiers", "period", "from", "to", "trained_on", "change", "kind", "ref", "author", "approvers",
		"release", "publisher", "authors", "holder", "role", "threshold", "verified", "state", "datasets", "errors", "advice", "cost", "milliseconds", "mebibytes"} {
		keys[name] = ast.StringTerm(name)
	}
	return keys
}()

// object makes an object of keys and values in turn.
func object(pairs ...any) *ast.Term {
	items := make([][2]*ast.Term, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		items = append(items, [2]*ast.Term{inputKeys[pairs[i].(string)], pairs[i+1].(*ast.Term)})
	}
	return ast.ObjectTerm(items...)
}

func text[S ~string](s S) *ast.Term { return ast.StringTerm(string(s)) }

func texts[S ~string](list []S) *ast.Term {
	terms := make([]*ast.Term, len(list))
	for i, s := range list {
		terms[i] = text(s)
	}
	return ast.ArrayTerm(terms...)
}

func date(d *measures.Date) *ast.Term {
	if d == nil {
		return ast.NullTerm()
	}
	return text(d.String())
}
