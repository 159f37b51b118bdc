package policy

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// builtins that a policy may call. Left out is whatever reaches outside (http,
// net, opa.runtime), gives another answer tomorrow (time.now_ns, rand, uuid),
// or can run past its deadline or fill the memory from a short text: bits.lsh,
// regex.find_n, numbers.range, json and yaml decoding, graph, rego.*.
var builtins = []string{
	// comparison, assignment and arithmetic
	"eq", "equal", "neq", "lt", "lte", "gt", "gte", "assign",
	"plus", "minus", "mul", "div", "rem", "abs", "ceil", "floor", "round",
	// sums over collections
	"count", "sum", "product", "max", "min", "sort",
	// sets, arrays and objects
	"and", "or", "union", "intersection",
	"array.concat", "array.reverse", "array.slice",
	"object.get", "object.keys", "object.remove", "object.filter", "object.subset", "object.union", "object.union_n",
	"internal.member_2", "internal.member_3",
	// text
	"concat", "contains", "startswith", "endswith", "indexof", "lower", "upper", "substring", "split",
	"trim", "trim_left", "trim_right", "trim_prefix", "trim_suffix", "trim_space", "format_int", "sprintf",
	"strings.any_prefix_match", "strings.any_suffix_match", "strings.count",
	"internal.template_string", "regex.match",
	// types and dates that the caller names
	"is_array", "is_boolean", "is_null", "is_number", "is_object", "is_set", "is_string", "type_name", "to_number",
	"time.add_date", "time.clock", "time.date", "time.diff", "time.format", "time.parse_rfc3339_ns", "time.weekday",
	// tests
	"internal.test_case",
}

// capabilities is the allow-list as OPA takes it.
func capabilities() *ast.Capabilities {
	all := ast.CapabilitiesForThisVersion()
	allowed := *all
	allowed.AllowNet = []string{}
	allowed.Builtins = nil
	for _, builtin := range all.Builtins {
		if slices.Contains(builtins, builtin.Name) {
			allowed.Builtins = append(allowed.Builtins, builtin)
		}
	}
	return &allowed
}
