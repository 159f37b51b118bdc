package policy

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/signalbox-health/signalbox/measures"
)

// maxCacheSeconds is the longest that a policy may let an answer stand.
const maxCacheSeconds = 3600

// obligations that this program carries out. A policy that asks for another
// one would not be obeyed, so its answer is refused.
var obligations = []string{"audit"}

// answer reads the document that a policy gave, by hand and strictly: an
// unknown key, a missing key or a value of another type is an error. The JSON
// decoder of the standard library would forgive capital letters and gaps.
func answer(document any) (Decision, error) {
	var d Decision
	o, err := objectOf("decision", document, "allow", "reasons", "grants", "ods_scope", "rows",
		"visible_columns", "disclosure", "obligations", "cache_seconds")
	if err != nil {
		return d, err
	}
	r := reader{}
	d.Allow = r.boolean("allow", o["allow"])
	for _, item := range r.list("reasons", o["reasons"]) {
		reason := r.object("reason", item, "code", "message", "help")
		d.Reasons = append(d.Reasons, Reason{Code: r.text("code", reason["code"]),
			Message: r.text("message", reason["message"]), Help: r.text("help", reason["help"])})
	}
	for _, item := range r.list("grants", o["grants"]) {
		grant := r.object("grant", item, "code", "ref")
		d.Grants = append(d.Grants, GrantRef{Code: r.text("code", grant["code"]), Ref: r.text("ref", grant["ref"])})
	}
	for _, item := range r.list("ods_scope", o["ods_scope"]) {
		d.Scope = append(d.Scope, measures.ODSCode(r.text("ods_scope", item)))
	}
	for _, item := range r.list("rows", o["rows"]) {
		rule, err := rowRule(item)
		r.note(err)
		d.Rows = append(d.Rows, rule)
	}
	for _, item := range r.list("visible_columns", o["visible_columns"]) {
		d.Columns = append(d.Columns, r.text("visible_columns", item))
	}
	terms := r.object("disclosure", o["disclosure"], "min_cell_count", "round_to", "secondary", "zero_visible")
	d.Disclosure = Disclosure{MinCellCount: r.count("min_cell_count", terms["min_cell_count"]),
		RoundTo:   r.count("round_to", terms["round_to"]),
		Secondary: r.boolean("secondary", terms["secondary"]), ZeroVisible: r.boolean("zero_visible", terms["zero_visible"])}
	for _, item := range r.list("obligations", o["obligations"]) {
		d.Obligations = append(d.Obligations, r.text("obligations", item))
	}
	d.CacheSeconds = r.count("cache_seconds", o["cache_seconds"])
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

func (r *reader) object(what string, value any, keys ...string) map[string]any {
	o, err := objectOf(what, value, keys...)
	r.note(err)
	return o
}

func (r *reader) list(what string, value any) []any {
	list, ok := value.([]any)
	if !ok {
		r.note(fmt.Errorf("%s is %T, want a list", what, value))
	}
	return list
}

func (r *reader) text(what string, value any) string {
	text, ok := value.(string)
	if !ok {
		r.note(fmt.Errorf("%s is %T, want text", what, value))
	}
	return text
}

func (r *reader) boolean(what string, value any) bool {
	b, ok := value.(bool)
	if !ok {
		r.note(fmt.Errorf("%s is %T, want true or false", what, value))
	}
	return b
}

func (r *reader) count(what string, value any) int {
	number, ok := value.(json.Number)
	n, err := number.Int64()
	if !ok || err != nil || n < 0 || n > 1<<31-1 {
		r.note(fmt.Errorf("%s is %v, want a whole number from 0", what, value))
		return 0
	}
	return int(n)
}

func objectOf(what string, value any, keys ...string) (map[string]any, error) {
	o, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s is %T, want an object", what, value)
	}
	for key := range o {
		if !slices.Contains(keys, key) {
			return nil, fmt.Errorf("%s has the unknown key %q", what, key)
		}
	}
	for _, key := range keys {
		if _, ok := o[key]; !ok {
			return nil, fmt.Errorf("%s lacks the key %q", what, key)
		}
	}
	return o, nil
}
