package policy

import (
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/signalbox-health/signalbox/measures"
)

// maxCacheSeconds is the longest that a policy may let an answer stand.
const maxCacheSeconds = 3600

// obligations that this program carries out. A policy that asks for another
// one would not be obeyed, so its answer is refused.
var obligations = []string{"audit"}

// The keys of an answer and of what is in it, as the evaluator writes them.
var (
	decisionKeys   = keysOf("allow", "reasons", "grants", "ods_scope", "rows", "visible_columns", "disclosure", "obligations", "cache_seconds")
	reasonKeys     = keysOf("code", "message", "help")
	grantKeys      = keysOf("code", "ref")
	disclosureKeys = keysOf("min_cell_count", "round_to", "secondary", "zero_visible")
)

// answer reads the document that a policy gave, by hand and strictly: an
// unknown key, a missing key or a value of another type is an error. A set
// stands for the list of its members in order.
func answer(document ast.Value) (Decision, error) {
	var d Decision
	o, err := objectOf("decision", document, decisionKeys)
	if err != nil {
		return d, err
	}
	r := reader{}
	d.Allow = r.boolean("allow", o[0])
	r.list("reasons", o[1], func(item ast.Value) {
		reason := r.object("reason", item, reasonKeys)
		d.Reasons = append(d.Reasons, Reason{Code: r.text("code", reason[0]), Message: r.text("message", reason[1]), Help: r.text("help", reason[2])})
	})
	r.list("grants", o[2], func(item ast.Value) {
		grant := r.object("grant", item, grantKeys)
		d.Grants = append(d.Grants, GrantRef{Code: r.text("code", grant[0]), Ref: r.text("ref", grant[1])})
	})
	r.list("ods_scope", o[3], func(item ast.Value) { d.Scope = append(d.Scope, measures.ODSCode(r.text("ods_scope", item))) })
	r.list("rows", o[4], func(item ast.Value) {
		plain, err := ast.JSON(item)
		r.note(err)
		rule, err := rowRule(plain)
		r.note(err)
		d.Rows = append(d.Rows, rule)
	})
	r.list("visible_columns", o[5], func(item ast.Value) { d.Columns = append(d.Columns, r.text("visible_columns", item)) })
	terms := r.object("disclosure", o[6], disclosureKeys)
	d.Disclosure = Disclosure{MinCellCount: r.count("min_cell_count", terms[0]), RoundTo: r.count("round_to", terms[1]),
		Secondary: r.boolean("secondary", terms[2]), ZeroVisible: r.boolean("zero_visible", terms[3])}
	r.list("obligations", o[7], func(item ast.Value) { d.Obligations = append(d.Obligations, r.text("obligations", item)) })
	d.CacheSeconds = r.count("cache_seconds", o[8])
	r.note(d.sound())
	return d, r.err
}

// sound finds answers that are well formed and cannot be meant.
func (d Decision) sound() error {
	for _, o := range d.Obligations {
		if !slices.Contains(obligations, o) {
			return fmt.Errorf("obligation %q is not one that can be carried out; known are %q", o, obligations)
		}
	}
	for _, reason := range d.Reasons {
		if reason.Code == "" || reason.Message == "" || reason.Help == "" {
			return fmt.Errorf("reason %q lacks a code, a message or help", reason.Code)
		}
	}
	for _, code := range d.Scope {
		if !code.Valid() {
			return fmt.Errorf("ods_scope: %q is no ODS code", code)
		}
	}
	switch {
	case !d.Allow && len(d.Reasons) == 0:
		return fmt.Errorf("a denial without a reason")
	case d.Allow && !slices.Contains(d.Obligations, "audit"):
		return fmt.Errorf(`an answer of yes without the obligation "audit"`)
	case d.CacheSeconds > maxCacheSeconds:
		return fmt.Errorf("cache_seconds is %d; the most is %d", d.CacheSeconds, maxCacheSeconds)
	}
	return nil
}

// reader keeps the first error, so that reading goes straight down.
type reader struct{ err error }

func (r *reader) note(err error) {
	if r.err == nil {
		r.err = err
	}
}

// object gives the values of an object in the order of the keys; they are nil
// after an error.
func (r *reader) object(what string, value ast.Value, keys []*ast.Term) []ast.Value {
	values, err := objectOf(what, value, keys)
	if r.note(err); err != nil {
		return make([]ast.Value, len(keys))
	}
	return values
}

func (r *reader) list(what string, value ast.Value, each func(ast.Value)) {
	switch list := value.(type) {
	case *ast.Array:
		list.Foreach(func(t *ast.Term) { each(t.Value) })
	case ast.Set:
		list.Foreach(func(t *ast.Term) { each(t.Value) })
	default:
		r.note(fmt.Errorf("%s is %v, want a list", what, value))
	}
}

func (r *reader) text(what string, value ast.Value) string {
	text, ok := value.(ast.String)
	if !ok {
		r.note(fmt.Errorf("%s is %v, want text", what, value))
	}
	return string(text)
}

func (r *reader) boolean(what string, value ast.Value) bool {
	b, ok := value.(ast.Boolean)
	if !ok {
		r.note(fmt.Errorf("%s is %v, want true or false", what, value))
	}
	return bool(b)
}

func (r *reader) count(what string, value ast.Value) int {
	number, ok := value.(ast.Number)
	n, exact := number.Int64()
	if !ok || !exact || n < 0 || n > 1<<31-1 {
		r.note(fmt.Errorf("%s is %v, want a whole number from 0", what, value))
		return 0
	}
	return int(n)
}

// objectOf gives the values of an object that has these keys and no others.
func objectOf(what string, value ast.Value, keys []*ast.Term) ([]ast.Value, error) {
	o, ok := value.(ast.Object)
	if !ok {
		return nil, fmt.Errorf("%s is %v, want an object", what, value)
	}
	values := make([]ast.Value, len(keys))
	for i, key := range keys {
		found := o.Get(key)
		if found == nil {
			return nil, fmt.Errorf("%s lacks the key %v", what, key)
		}
		values[i] = found.Value
	}
	if o.Len() == len(keys) {
		return values, nil
	}
	unknown := slices.DeleteFunc(o.Keys(), func(key *ast.Term) bool { return slices.ContainsFunc(keys, key.Equal) })
	return nil, fmt.Errorf("%s has the unknown key %v", what, unknown[0])
}

func keysOf(names ...string) []*ast.Term {
	keys := make([]*ast.Term, len(names))
	for i, name := range names {
		keys[i] = ast.StringTerm(name)
	}
	return keys
}
